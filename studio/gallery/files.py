"""Writes files whole or not at all: under its name there is either the finished file, flushed to disk, or nothing."""

import base64
import contextlib
import errno
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

ABANDONED = 600.0
"""Seconds after which an unfinished file belongs to nobody; a save takes well under one."""

_UNFINISHED = re.compile(r"\.[a-z2-7]{16}\.part")


def new_id() -> str:
    """80 random bits, as 16 characters that any file system and any address can hold."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Makes the file, and its folder if need be; when this returns, neither a crash nor a power cut loses it.

    Args:
        path: The file; one that is there is replaced.
        write: Writes the content into a file it is given.

    Raises: OSError when the disk refuses, and what `write` raises; no half file is left behind then.
    """
    unfinished = path.with_name(f".{new_id()}.part")
    make_folder(path.parent)
    try:
        with unfinished.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def clear_unfinished(folder: Path) -> None:
    """Removes what killed processes left half written; young files may be another's work."""
    for name in names(folder, _UNFINISHED):
        file = folder / name
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > ABANDONED:
                file.unlink()


def names(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    """Names in the folder that match; none when there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if pattern.fullmatch(entry.name)]
    except OSError:
        return []


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it, their names as durable as the files in it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """Makes the names in a folder survive a power cut; Windows needs no asking."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
