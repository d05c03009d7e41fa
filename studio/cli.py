"""The command line: paint, reproduce, models, serve. The flags of `paint` are drawn from the recipe.

Results go to standard output, one line per picture; everything else goes to standard error. Exit codes: 0 done, 1 failed or
differs, 2 the wish itself is wrong, 130 stopped with Ctrl+C. Help and wrong wishes are answered before torch is loaded.
"""

import argparse
import contextlib
import dataclasses
import logging
import os
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol, get_args

from studio import __version__
from studio.core.errors import GalleryError, InternalError, RecipeError, StudioError
from studio.core.events import Cancelled, Event, Failed, Finished, Loading, Note, Queued, Step
from studio.core.recipe import Param, TextToImage, params
from studio.core.settings import Settings
from studio.core.styles import STYLES

if TYPE_CHECKING:
    from studio.service import Run, Studio

DONE, FAILED, WRONG, STOPPED = 0, 1, 2, 130
OWNER = "cli"

log = logging.getLogger(__name__)


def main(
    arguments: Sequence[str] | None = None, *, studio: "Callable[[Settings], Studio] | None" = None
) -> int:
    """Run one command.

    Args:
        arguments: As typed, without the program's name; those of this process when None.
        studio: Opens the studio; the real one when None.

    Returns: The exit code.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        # A path or a word that the terminal cannot show must not end the program.
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    _log_to_file(options)
    try:
        code: int = options.command(options, Settings.from_environment(), studio or _open)
        return code
    except StudioError as error:
        _complain(error)
        return WRONG if isinstance(error, RecipeError) else FAILED
    except KeyboardInterrupt:
        return STOPPED
    except Exception:
        _complain(InternalError.logged(log, "the command line failed"))
        return FAILED


def _log_to_file(options: argparse.Namespace) -> None:
    """Keep what only developers read off the terminal, in a file that exists once there is something in it.

    A server's log stays on standard error, where those who run servers look.
    """
    if options.command is _serve or logging.getLogger().handlers:
        return
    import platformdirs

    folder = platformdirs.user_log_path("Atelier", appauthor=False)
    handler: logging.Handler = logging.NullHandler()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(folder / "cli.log", delay=True, encoding="utf-8")
    style = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=style, handlers=[handler])


def _open(settings: Settings) -> "Studio":
    from studio.service import Studio

    return Studio(settings)


# ---- paint


def _paint(options: argparse.Namespace, settings: Settings, studio: Any) -> int:
    chosen = {name: getattr(options, name) for name in params(TextToImage)}
    recipe = TextToImage.from_values(
        {name: value for name, value in chosen.items() if value is not None}
    )
    copies = _copies(options.out, recipe.count, force=options.force)
    progress: Progress = Bar(recipe.count) if sys.stderr.isatty() else Lines(recipe.count)
    with contextlib.closing(studio(settings)) as opened, contextlib.closing(progress):
        _remark(opened, recipe, progress)
        run = opened.submit(recipe, OWNER)
        code = DONE
        with _ctrl_c_cancels(run, progress) as stopped:
            for event in run.events():
                code = max(code, _tell(event, progress, copies))
        return STOPPED if stopped.is_set() else code


def _remark(studio: "Studio", recipe: TextToImage, progress: "Progress") -> None:
    """Say what the model will not understand, and what had better not be kept with a picture."""
    reading = studio.read_prompt(recipe.prompt, recipe.style, recipe.model)
    for word, near in reading.unknown:
        known = f" It knows: {', '.join(near)}." if near else ""
        progress.say(f"The model does not know {word!r}.{known}")
    for secret in reading.secrets:
        progress.say(f"This looks like an access key and is kept with the picture: {secret}")


def _tell(event: Event, progress: "Progress", copies: list[Path]) -> int:
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
                    _copy(result.path, path)
            except GalleryError as error:
                progress.say(f"{error} {error.hint_text}")
                return FAILED
            early = (
                ""
                if result.steps_done == result.steps_total
                else (f"  stopped after step {result.steps_done} of {result.steps_total}")
            )
            progress.result(f"{path}  seed {result.recipe.seed}{early}")
    return DONE


@contextlib.contextmanager
def _ctrl_c_cancels(run: "Run", progress: "Progress") -> Iterator[threading.Event]:
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


def _copies(out: Path | None, count: int, *, force: bool) -> list[Path]:
    """Where copies go, one path per picture; none when no copy was asked for. Refuses before anything is painted."""
    if out is None:
        return []
    if out.suffix.lower() != ".png":
        raise RecipeError(
            "out",
            "Pictures are PNG files, got {name}.",
            hint="End the name in .png.",
            name=out.name,
        )
    if not out.parent.is_dir():
        raise RecipeError(
            "out", "There is no folder {folder}.", hint="Make it first.", folder=str(out.parent)
        )
    numbered = [out.with_stem(f"{out.stem}-{i + 1}") for i in range(count)]
    copies = numbered if count > 1 else [out]
    for copy in copies:
        if copy.is_dir() or (copy.exists() and not force):
            raise RecipeError(
                "out", "{path} exists.", hint="Choose another name, or add --force.", path=str(copy)
            )
    return copies


def _copy(kept: Path, copy: Path) -> None:
    """Copies a kept picture byte by byte; the copy appears whole or not at all."""
    unfinished = copy.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with kept.open("rb") as source, unfinished.open("xb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, copy)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise GalleryError(
            "The picture could not be copied to {copy}: {reason}.",
            hint="It is kept as {kept}.",
            copy=str(copy),
            reason=error.strerror or type(error).__name__,
            kept=str(kept),
        ) from error


# ---- the other commands


def _reproduce(options: argparse.Namespace, settings: Settings, studio: Any) -> int:
    with contextlib.closing(studio(settings)) as opened:
        verdict = opened.reproduce(options.picture)
    if verdict.identical:
        print("identical")
        return DONE
    print(
        f"differs: max {verdict.max_difference}, PSNR {verdict.psnr:.1f} dB, "
        f"because {'; '.join(verdict.reasons)}"
    )
    return FAILED


def _models(options: argparse.Namespace, settings: Settings, studio: Any) -> int:
    with contextlib.closing(studio(settings)) as opened:
        catalog = opened.catalog
        if options.get:
            print(catalog.get(options.get))
            return DONE
        lines = [("NAME", "TITLE", "STATE", "DISK", "LICENCE", "SIZES")]
        for name, card in catalog.cards.items():
            state = "here" if catalog.here(name) else "not here"
            sizes = " ".join(f"{width}x{height}" for width, height in card.sizes.values())
            disk = f"{card.gigabytes:.2g} GB"
            lines.append((name, card.title, state, disk, card.licence, sizes))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    return DONE


def _serve(options: argparse.Namespace, settings: Settings, studio: Any) -> int:
    # Read by gradio and the hub's library when they are imported: nothing is reported, nothing is asked for.
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from studio.ui.app import serve

    wished = {name: getattr(options, name) for name in ("host", "port")}
    chosen = {name: value for name, value in wished.items() if value is not None}
    with contextlib.closing(studio(dataclasses.replace(settings, **chosen))) as opened:
        serve(opened, lambda address: print(f"Atelier is open at {address}", flush=True))
    return DONE


# ---- the arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m studio",
        description="Atelier: an art studio in which every step can be seen.",
    )
    parser.add_argument("--version", action="version", version=f"atelier {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    paint = commands.add_parser("paint", help="paint pictures from words")
    paint.set_defaults(command=_paint)
    for name, (kind, param) in params(TextToImage).items():
        _add_flag(paint, name, kind, param)
    paint.add_argument(
        "--out",
        type=Path,
        metavar="X.png",
        help="Copy the picture here; several become X-1.png ...",
    )
    paint.add_argument("--force", action="store_true", help="Replace what --out names.")

    again = commands.add_parser("reproduce", help="make a picture again from its file, and compare")
    again.set_defaults(command=_reproduce)
    again.add_argument("picture", type=Path, metavar="X.png")

    models = commands.add_parser("models", help="list the models, or fetch one")
    models.set_defaults(command=_models)
    models.add_argument("--get", metavar="NAME", help="Fetch this model from the hub.")

    serve = commands.add_parser("serve", help="open the studio in the browser")
    serve.set_defaults(command=_serve)
    serve.add_argument("--host", help="Address to listen on.")
    serve.add_argument("--port", type=_port, help="TCP port to listen on; 0 takes any free one.")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, got {text[:40]!r}")
    return int(text)


def _add_flag(parser: argparse.ArgumentParser, name: str, annotation: Any, param: Param) -> None:
    """The flag of one setting. The recipe checks the value, so wrong ones are passed on as they are."""
    text = _help(param).replace("%", "%%")
    if name == "prompt":
        parser.add_argument(name, nargs="?", default="", metavar="PROMPT", help=text)
        return
    kind = next(kind for kind in get_args(annotation) or (annotation,) if kind is not type(None))
    flag = "--" + name.replace("_", "-")
    parser.add_argument(flag, type=_lenient(kind), metavar=_METAVARS[kind], help=text)


_METAVARS = {str: "TEXT", int: "N", float: "X"}


def _lenient(kind: type) -> Callable[[str], object]:
    def convert(text: str) -> object:
        try:
            return kind(text)
        except ValueError:
            return text

    return convert


def _help(param: Param) -> str:
    text = param.help
    if param.choices == "style":
        text += f" One of: {', '.join(STYLES)}."
    elif param.choices:
        text += " A wrong name is answered with the list."
    if param.minimum is not None:
        text += f" From {param.minimum:.16g} to {param.maximum:.16g}"
        text += f", a multiple of {param.multiple}." if param.multiple else "."
    return text


def _complain(error: StudioError) -> None:
    print(error, error.hint_text, sep="\n", file=sys.stderr)


# ---- progress


class Progress(Protocol):
    """How far the pictures are, shown while they are painted."""

    def step(self, picture: int, index: int, total: int) -> None:
        """Step `index` of `total` of a picture is done."""

    def say(self, text: str) -> None:
        """Something worth knowing, once however often it comes."""

    def result(self, text: str) -> None:
        """What was asked for."""

    def close(self) -> None:
        """Nothing follows."""


class Lines:
    """For logs and pipes: a line per quarter of a picture, and nothing twice."""

    def __init__(self, pictures: int) -> None:
        self._pictures = pictures
        self._said: set[str] = set()
        self._quarters: dict[int, int] = {}

    def step(self, picture: int, index: int, total: int) -> None:
        """A line when another quarter is done."""
        quarter = 4 * index // total
        if quarter > self._quarters.get(picture, 0):
            self._quarters[picture] = quarter
            self.say(f"Picture {picture + 1} of {self._pictures}: step {index} of {total}")

    def say(self, text: str) -> None:
        """To standard error."""
        if text not in self._said:
            print(text, file=sys.stderr, flush=True)
        self._said.add(text)

    def result(self, text: str) -> None:
        """To standard output."""
        print(text, flush=True)

    def close(self) -> None:
        """Nothing to clean up."""


class Bar:
    """For terminals: one bar over all steps of all pictures."""

    def __init__(self, pictures: int) -> None:
        from tqdm import tqdm

        self._pictures = pictures
        self._done: dict[int, int] = {}
        self._said: set[str] = set()
        self._bar = tqdm(unit="step", file=sys.stderr, leave=False, dynamic_ncols=True)

    def step(self, picture: int, index: int, total: int) -> None:
        """Move the bar."""
        self._done[picture] = index
        self._bar.total = total * self._pictures
        self._bar.update(sum(self._done.values()) - self._bar.n)

    def say(self, text: str) -> None:
        """Above the bar, on standard error."""
        if text not in self._said:
            self._bar.write(text, file=sys.stderr)
        self._said.add(text)

    def result(self, text: str) -> None:
        """Above the bar, on standard output."""
        self._bar.write(text, file=sys.stdout)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
