"""Whose pictures are whose, on disk: one small file in every day's folder that only ever grows.

    <home>/2026-11-20/.owners        k3j2h4e5f6g7a2b3 5d41402abc4b2a76b9719d911017c592

A picture's file is shared with others, so it says nothing of its owner; here stands a hash of the owner, itself a hash of a
browser's cookie on the page, so that nobody who reads the folder can pose as somebody. A line is written, and flushed to disk,
before the picture it speaks of: what a killed process leaves is at worst a line without a picture.
"""

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from studio.gallery import files

FILE = ".owners"
"""Its name in a day's folder."""

MAX_FILE = 64 * 2**20
"""Bytes that are read; a million pictures of one day have as many."""

_LINE = re.compile(rb"([a-z2-7]{16}) ([0-9a-f]{32})")


class Owners:
    """The owners of one home's pictures. Many threads may use it, and several processes at once."""

    def __init__(self, home: Path) -> None:
        """The owners of the pictures in this home; nothing is read or made yet."""
        self._home = home
        self._lock = threading.Lock()

    def note(self, day: str, picture_id: str, owner: str) -> None:
        """Writes down whose a picture is; when this returns, neither a crash nor a power cut loses it.

        Raises: OSError when the disk refuses.
        """
        path = self._home / day / FILE
        files.make_folder(path.parent)
        # A line begins with its end of line: whatever a killed process left of another, this one stands alone.
        line = f"\n{picture_id} {hashed(owner)}".encode()
        with self._lock:
            new = not path.exists()
            # Appending is one write, which other processes do not break into.
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line)
                os.fsync(handle)
            finally:
                os.close(handle)
            if new:
                files.flush_folder(path.parent)

    def of(self, day: str, picture_id: str) -> str | None:
        """Hash of the owner of a day's picture; None when nobody's."""
        content = self._content(day)
        place = content.rfind(f"\n{picture_id} ".encode())
        line = _LINE.match(content, place + 1) if place >= 0 else None
        return line[2].decode() if line else None

    def day(self, day: str) -> Iterator[tuple[str, str]]:
        """The ids of a day's pictures and their owners' hashes; what is no line of ours is passed over."""
        for line in self._content(day).split(b"\n"):
            told = _LINE.fullmatch(line)
            if told:
                yield told[1].decode(), told[2].decode()

    def _content(self, day: str) -> bytes:
        try:
            with (self._home / day / FILE).open("rb") as file:
                return file.read(MAX_FILE)
        except OSError:
            return b""


def hashed(owner: str) -> str:
    """What is written of an owner: 32 hex digits."""
    return hashlib.sha256(f"owner {owner}".encode()).hexdigest()[:32]
