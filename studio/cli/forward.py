"""The command that covers a picture with noise: a strip or a film of it, and the numbers of every timestep."""

import argparse
import contextlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.cli.codes import DONE
from studio.cli.copies import put, wanted
from studio.cli.flags import add_flags, wished
from studio.cli.painting import OWNER, naming
from studio.core.errors import RecipeError
from studio.core.forward import Forward

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.core.settings import Settings
    from studio.noising import Noising, Numbers
    from studio.service import Studio


def add_commands(commands: Any) -> None:
    """Tell the parser of it."""
    command = commands.add_parser("forward", help="cover a picture with noise, step by step")
    command.set_defaults(command=forward)
    add_flags(command, Forward)
    command.add_argument(
        "--timesteps",
        metavar="T,T,...",
        help="Which timesteps to show, for example 0,250,500,750,999.",
    )
    command.add_argument(
        "--frames",
        type=int,
        metavar="N",
        help="Show this many timesteps at even distances instead; 5 when neither is given.",
    )
    command.add_argument(
        "--backdrop",
        default="#ffffff",
        metavar="COLOUR",
        help="What shows through transparent parts. For example #8090a0.",
    )
    command.add_argument(
        "--out",
        type=Path,
        metavar="X.png",
        help="Where it goes: .png is a strip; .gif, .webp and .mp4 are films.",
    )
    command.add_argument("--force", action="store_true", help="Replace what --out names.")


def forward(options: argparse.Namespace, settings: "Settings", studio: Any) -> int:
    """Cover the picture with noise as the flags say; the exit code."""
    wish = wished(options, Forward)
    # Only now: help and wrong wishes are answered before anything heavy is loaded.
    from studio import film, noising

    named = None if options.timesteps is None else _listed(options.timesteps)
    paths = wanted(options.out, 1, force=options.force, endings=tuple(film.KINDS))
    kind = paths[0].suffix.lower().removeprefix(".") if paths else "png"
    film.check(kind)
    with contextlib.closing(studio(settings)) as opened:
        with naming(options.source):
            taken = opened.take(options.source, options.backdrop)
        for notice in taken.notices:
            print(notice.text, file=sys.stderr)
        way = _noising(opened, wish, taken.image)
        T = len(way.schedule)
        timesteps, notices = (
            noising.spaced(5 if options.frames is None else options.frames, T, kind)
            if named is None
            else noising.clamped(named, T, kind)
        )
        for changed in notices:
            print(changed, file=sys.stderr)
        for t in timesteps:
            print(_line(way.numbers(t)))
        if paths:
            pictures = [_picture(opened, wish, way, t) for t in timesteps]
            put(film.film(pictures, kind, labels=[f"t = {t}" for t in timesteps]), paths[0])
            print(f"{paths[0]}  seed {wish.seed}")
    return DONE


def _noising(studio: "Studio", wish: Forward, image: "Image") -> "Noising":
    if wish.space == "pixels":
        return studio.noising.pixels(wish, image)
    return studio.noising.latent(wish, studio.noising.place(image, OWNER))


def _picture(studio: "Studio", wish: Forward, way: "Noising", t: int) -> "Image":
    from studio.noising import to_picture

    x = way.at(t)
    return to_picture(x) if wish.space == "pixels" else studio.noising.decoded(x, OWNER)


def _line(numbers: "Numbers") -> str:
    return (
        f"t {numbers.t}  alpha_bar {numbers.alpha_bar:.6g}  sigma {numbers.sigma:.6g}"
        f"  snr {numbers.snr_db:.4g} dB"
    )


def _listed(text: str) -> list[int]:
    """Raises: RecipeError when it is no list of whole numbers."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[+-]?[0-9]{1,20}", part) for part in parts):
        raise RecipeError(
            "timesteps",
            "Timesteps must be whole numbers with commas between them, got {value}.",
            hint="For example 0,250,500,750,999.",
            value=repr(text[:40]),
        )
    return [int(part) for part in parts]
