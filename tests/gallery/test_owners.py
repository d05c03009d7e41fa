"""Whose pictures are whose: kept across starts and crashes, and no secret in it."""

import os
import stat
from pathlib import Path

from studio.gallery.owners import FILE, Owners, hashed

DAY = "2026-11-20"
ONE, OTHER = "a" * 16, "b" * 16


def test_an_owner_is_known_to_a_later_start(tmp_path: Path):
    Owners(tmp_path).note(DAY, ONE, "anna")
    Owners(tmp_path).note(DAY, OTHER, "ben")
    later = Owners(tmp_path)
    assert (later.of(DAY, ONE), later.of(DAY, OTHER)) == (hashed("anna"), hashed("ben"))
    assert dict(later.day(DAY)) == {ONE: hashed("anna"), OTHER: hashed("ben")}
    assert later.of(DAY, "c" * 16) is later.of("2026-11-21", ONE) is None


def test_what_is_written_lets_nobody_pose_as_the_owner(tmp_path: Path):
    Owners(tmp_path).note(DAY, ONE, "the hash of a cookie")
    file = tmp_path / DAY / FILE
    assert "cookie" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_line_that_a_killed_process_left_half_spoils_no_other(tmp_path: Path):
    owners = Owners(tmp_path)
    owners.note(DAY, ONE, "anna")
    file = tmp_path / DAY / FILE
    whole = file.read_bytes()
    for cut in range(len(whole) + 1):
        file.write_bytes(whole[:cut])
        owners.note(DAY, OTHER, "ben")
        assert owners.of(DAY, OTHER) == hashed("ben")
        assert owners.of(DAY, ONE) == (hashed("anna") if cut == len(whole) else None)


def test_what_is_no_line_of_ours_is_passed_over(tmp_path: Path):
    file = tmp_path / DAY / FILE
    file.parent.mkdir()
    file.write_bytes(b"\xff\x00 garbage\n" + ONE.encode() + b" short\n" + os.urandom(4000))
    assert list(Owners(tmp_path).day(DAY)) == []
    assert Owners(tmp_path).of(DAY, ONE) is None
