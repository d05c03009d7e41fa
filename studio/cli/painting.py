"""The commands that paint: from words, or from a picture and words. One way for all kinds of recipe."""

import argparse
import contextlib
import dataclasses
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from studio.cli.codes import DONE, FAILED, STOPPED
from studio.cli.copies import copy, wanted
from studio.cli.flags import add_flags, wished
from studio.cli.progress import Bar, Lines, Progress
from studio.core.errors import GalleryError, PictureError
from studio.core.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Note,
    Queued,
    Result,
    Step,
)
from studio.core.recipe import Painting
from studio.core.recipes import ImageToImage, Inpaint, Outpaint, Recover, TextToImage

if TYPE_CHECKING:
    from studio.core.settings import Settings
    from studio.service import Run, Studio

OWNER = "cli"

COMMANDS: dict[str, tuple[type[Painting], str]] = {
    "paint": (TextToImage, "paint pictures from words"),
    "stylise": (ImageToImage, "paint a picture anew, or neighbours of it"),
    "inpaint": (Inpaint, "paint a part of a picture anew"),
    "outpaint": (Outpaint, "carry a picture on beyond its edges"),
    "recover": (Recover, "diffuse a picture into noise and recover it from there"),
}
"""Name of the command -> what it makes, and what its help says."""


def add_commands(commands: Any) -> None:
    """Tell the parser of them."""
    for name, (recipe, about) in COMMANDS.items():
        command = commands.add_parser(name, help=about)
        command.set_defaults(command=paint, recipe=recipe)
        add_flags(command, recipe)
        if recipe.inputs:
            command.add_argument(
                "--backdrop",
                default="#ffffff",
                metavar="COLOUR",
                help="What shows through transparent parts. For example #8090a0.",
            )
        add_out(command)


def add_out(command: argparse.ArgumentParser) -> None:
    """The flags that say where a copy goes."""
    command.add_argument(
        "--out",
        type=Path,
        metavar="X.png",
        help="Copy the picture here; several become X-1.png ...",
    )
    command.add_argument("--force", action="store_true", help="Replace what --out names.")


def paint(options: argparse.Namespace, settings: "Settings", studio: Any) -> int:
    """Paint what the flags say; the exit code."""
    recipe = wished(options, options.recipe)
    pictures = len(dataclasses.replace(recipe, seed=recipe.seed or 0).pictures())
    copies = wanted(options.out, pictures, force=options.force)
    progress = progress_of(pictures)
    with contextlib.closing(studio(settings)) as opened, contextlib.closing(progress):
        if recipe.inputs:
            recipe = _with_pictures(opened, recipe, options, progress)
        remark(opened, recipe, progress)
        return follow(opened.submit(recipe, OWNER), progress, copies)


def follow(run: "Run", progress: Progress, copies: list[Path]) -> int:
    """Tell of a run until it ends; the exit code."""
    code = DONE
    with _ctrl_c_cancels(run, progress) as stopped:
        for event in run.events():
            code = max(code, _tell(event, progress, copies))
    return STOPPED if stopped.is_set() else code


def progress_of(pictures: int) -> Progress:
    """A bar on a terminal, plain lines elsewhere."""
    return Bar(pictures) if sys.stderr.isatty() else Lines(pictures)


def _with_pictures(
    studio: "Studio", recipe: Painting, options: argparse.Namespace, progress: Progress
) -> Painting:
    """The recipe with its pictures, by the hash of their content; without words, with the picture's own."""
    with naming(options.source):
        taken = studio.take(options.source, options.backdrop)
    names: dict[str, Any] = {"source": studio.put(taken.image)}
    notices = taken.notices
    if "mask" in recipe.inputs:
        with naming(options.mask):
            mask = studio.take_mask(options.mask, taken.image.size)
        names["mask"] = studio.put(mask.image)
        notices += mask.notices
    for notice in notices:
        progress.say(notice.text)
    prompt = recipe.prompt
    # What went into noise comes back without words; its own would edit it.
    wanting = not prompt and not isinstance(recipe, Recover)
    if wanting and taken.recipe is not None and taken.recipe.prompt:
        prompt = taken.recipe.prompt
        progress.say(f"The picture's own prompt: {prompt}")
    return dataclasses.replace(recipe, prompt=prompt, **names)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say which of the files was refused."""
    try:
        yield
    except PictureError as error:
        raise PictureError(
            "{path}: {what}", hint="{next}", path=str(path), what=str(error), next=error.hint_text
        ) from error


def remark(studio: "Studio", recipe: Painting, progress: Progress) -> None:
    """Say what the model will not understand, and what had better not be kept with a picture."""
    reading = studio.read_prompt(recipe.prompt, recipe.style, recipe.model)
    for word, near in reading.unknown:
        known = f" It knows: {', '.join(near)}." if near else ""
        progress.say(f"The model does not know {word!r}.{known}")
    for secret in reading.secrets:
        progress.say(f"This looks like an access key and is kept with the picture: {secret}")


def _tell(event: Event, progress: Progress, copies: list[Path]) -> int:
    """Show one event; the exit code it calls for."""
    match event:
        case Queued(position=position) if position:
            progress.say(f"Queued: {position} ahead.")
        case Loading(model=model):
            progress.say(f"Loading {model} ...")
        case Step(picture=picture, index=index, total=total):
            progress.step(picture, index, total)
        case Note():
            progress.say(event.text)
        case Failed(error=error):
            progress.say(f"Picture {event.picture + 1}: {error} {error.hint_text}".rstrip())
            return FAILED
        case Finished(result=result) | Cancelled(result=result) if result is not None:
            path = copies[event.picture] if copies else result.path
            try:
                if copies:
                    copy(result.path, path)
            except GalleryError as error:
                progress.say(f"{error} {error.hint_text}")
                return FAILED
            progress.result(f"{path}  seed {result.recipe.seed}{_remarks(result)}")
    return DONE


def _remarks(result: Result) -> str:
    """What stands behind the seed."""
    remarks = ""
    if result.steps_done != result.steps_total:
        remarks += f"  stopped after step {result.steps_done} of {result.steps_total}"
    if result.proof is not None:
        where = "outside the mask" if "mask" in result.recipe.inputs else "of the original"
        remarks += f"  {result.proof.changed_outside} pixels changed {where}"
    if result.recovery is not None:
        found = result.recovery
        remarks += f"  PSNR {_decibels(found.round_trip_psnr)} against the autoencoder's round trip"
        remarks += f", {_decibels(found.original_psnr)} against the picture"
        remarks += f"  {result.steps_done} passes"
    return remarks


def _decibels(psnr: float | None) -> str:
    return "infinite, every pixel is equal," if psnr is None else f"{psnr:.1f} dB"


@contextlib.contextmanager
def _ctrl_c_cancels(run: "Run", progress: Progress) -> Iterator[threading.Event]:
    """The first Ctrl+C stops the run, which keeps what exists; the second one ends the program as usual."""
    stopped = threading.Event()

    def cancel() -> None:
        progress.say("Stopping; what exists is kept. Ctrl+C again leaves at once.")
        run.cancel()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        stopped.set()
        # Not here: the thread that was interrupted may hold the very lock that cancelling needs.
        threading.Thread(target=cancel, name="cancel").start()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
