"""Where `--out` puts copies of the kept pictures: nothing is overwritten unasked, nothing appears half."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from studio.core.errors import GalleryError, RecipeError


def wanted(
    out: Path | None, count: int, *, force: bool, endings: Sequence[str] = ("png",)
) -> list[Path]:
    """Where copies go, one path per picture; none when no copy was asked for. Refuses before anything is painted."""
    if out is None:
        return []
    if out.suffix.lower().removeprefix(".") not in endings:
        raise RecipeError(
            "out",
            "Pictures are PNG files, got {name}."
            if len(endings) == 1
            else "The file must end in one of {endings}, got {name}.",
            hint="End the name in .{first}.",
            name=out.name,
            endings=", ".join(endings),
            first=endings[0],
        )
    if not out.parent.is_dir():
        raise RecipeError(
            "out", "There is no folder {folder}.", hint="Make it first.", folder=str(out.parent)
        )
    numbered = [out.with_stem(f"{out.stem}-{i + 1}") for i in range(count)]
    copies = numbered if count > 1 else [out]
    for path in copies:
        if path.is_dir() or (path.exists() and not force):
            raise RecipeError(
                "out", "{path} exists.", hint="Choose another name, or add --force.", path=str(path)
            )
    return copies


def copy(kept: Path, path: Path) -> None:
    """Copies a kept picture byte by byte; the copy appears whole or not at all.

    Raises: GalleryError.
    """
    try:
        with kept.open("rb") as source:
            _written(path, partial(shutil.copyfileobj, source))
    except OSError as error:
        raise GalleryError(
            "The picture could not be copied to {copy}: {reason}.",
            hint="It is kept as {kept}.",
            copy=str(path),
            reason=error.strerror or type(error).__name__,
            kept=str(kept),
        ) from error


def put(data: bytes, path: Path) -> None:
    """Writes a file that is kept nowhere else; it appears whole or not at all.

    Raises: GalleryError.
    """
    try:
        _written(path, lambda file: file.write(data))
    except OSError as error:
        raise GalleryError(
            "The file could not be written to {path}: {reason}.",
            hint="Choose another place.",
            path=str(path),
            reason=error.strerror or type(error).__name__,
        ) from error


def _written(path: Path, write: Callable[[BinaryIO], object]) -> None:
    unfinished = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with unfinished.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
