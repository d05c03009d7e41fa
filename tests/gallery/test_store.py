"""The store: whole files or none, safe names, nothing lost without a word."""

import dataclasses
import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import Image

from studio.core.errors import GalleryError
from studio.gallery.files import ABANDONED
from studio.gallery.metadata import fingerprint, read
from studio.gallery.owners import FILE, hashed
from studio.gallery.store import Store, id_of, slug

NOON = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


def ticking(*moments: datetime):
    """A clock that shows these moments, then the last one for ever."""
    left = list(moments)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def left_in(home: Path) -> list[Path]:
    """Files, but for the lines that say whose pictures were to come."""
    return [path for path in home.rglob("*") if path.is_file() and path.name != FILE]


def test_a_kept_picture_is_found_whole_with_its_recipe(store, image, recipe, made):
    picture_id, path = store.save(image, recipe, made, "anna")
    assert store.find(picture_id) == path
    assert store.newest(10) == [path]
    assert id_of(path) == picture_id
    assert (read(path).recipe, read(path).made) == (recipe, made)
    with Image.open(path) as opened:
        assert opened.mode == "RGB"
        assert fingerprint(opened) == made.pixels


def test_the_file_says_nothing_of_its_owner(store, image, recipe, made):
    picture_id, path = store.save(image, recipe, made, "anna-of-the-cookie")
    assert b"anna" not in path.read_bytes()
    assert "anna" not in str(path.relative_to(store.home))
    assert store.owner_of(path) == Store(store.home).owner_of(path) == hashed("anna-of-the-cookie")
    assert not any(b"anna" in file.read_bytes() for file in path.parent.iterdir())


def test_a_later_start_finds_the_pictures_of_an_earlier_one(store, image, recipe, made):
    picture_id, path = store.save(image, recipe, made, "anna")
    assert Store(store.home).find(picture_id) == path


def test_pictures_are_listed_newest_first_over_days(tmp_path, image, recipe, made):
    moments = [NOON - timedelta(days=days) for days in (3, 1, 0)]
    store = Store(tmp_path, clock=ticking(*moments))
    paths = [store.save(image, recipe, made, "anna")[1] for _ in moments]
    assert store.newest(10) == paths[::-1]
    assert store.newest(2) == paths[:0:-1]
    assert [path.parent.name for path in paths] == ["2026-11-17", "2026-11-19", "2026-11-20"]


def test_other_modes_are_kept_as_rgb(store, recipe, made):
    _, path = store.save(Image.new("RGBA", (64, 64), (10, 20, 30, 255)), recipe, made, "anna")
    with Image.open(path) as opened:
        assert opened.mode == "RGB"
        assert opened.getpixel((5, 5)) == (10, 20, 30)


def test_no_half_written_or_foreign_file_is_listed(store, image, recipe, made):
    _, path = store.save(image, recipe, made, "anna")
    for name in (".aaaaaaaaaaaaaaaa.part", "holiday.png", "120000-000-seed1-x.png", "index.html"):
        (path.parent / name).write_bytes(b"half")
    (store.home / "notes").mkdir()
    (store.home / "2026-11-99").write_bytes(b"a file, not a folder")
    assert store.newest(10) == [path]


def test_what_a_killed_process_left_is_cleared_at_start_and_only_that(store, image, recipe, made):
    _, path = store.save(image, recipe, made, "anna")
    old, young = (path.parent / f".{letter * 16}.part" for letter in "ab")
    for file in (old, young):
        file.write_bytes(b"half")
    long_ago = time.time() - ABANDONED - 5
    os.utime(old, (long_ago, long_ago))
    Store(store.home)
    assert not old.exists()
    assert young.exists()
    assert path.exists()


@pytest.mark.parametrize(
    "asked",
    ["", "..", "../../etc/passwd", "*", "A" * 16, "a" * 15, "a" * 16, "a" * 16 + "\n", "\0"],
)
def test_D2_an_unknown_or_hostile_id_finds_nothing(store, image, recipe, made, asked):
    store.save(image, recipe, made, "anna")
    assert store.find(asked) is None


def test_G4_a_picture_deleted_behind_our_back_is_not_found(store, image, recipe, made):
    picture_id, path = store.save(image, recipe, made, "anna")
    path.unlink()
    assert store.find(picture_id) is None
    assert store.newest(10) == []


def test_G4_a_picture_moved_to_another_day_is_found_there(store, image, recipe, made):
    picture_id, path = store.save(image, recipe, made, "anna")
    moved = store.home / "2020-01-01" / path.name
    moved.parent.mkdir()
    path.rename(moved)
    assert store.find(picture_id) == moved


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("A lighthouse by the sea!", "a-lighthouse-by-the-sea"),
        ("../../../x", "x"),
        ("..\\..\\x", "x"),
        ("CON", "con"),
        ("NUL.png:stream", "nul-png-stream"),
        ("line one\nline two\0", "line-one-line-two"),
        ("x" * 300, "x" * 30),
        ("crème brûlée", "creme-brulee"),
        ("灯塔", "picture"),
        ("", "picture"),
        ("\u202egnp.exe", "gnp-exe"),
        ("one two three four five six seven eight nine", "one-two-three-four-five-six"),
        ("e" + "\u0301" * 1999, "e"),
    ],
)
def test_C5_a_file_name_is_safe_whatever_the_prompt(tmp_path, image, recipe, made, prompt, words):
    assert slug(prompt) == words
    wish = dataclasses.replace(recipe, prompt=prompt, seed=2**53 - 1)
    _, path = Store(tmp_path, clock=lambda: NOON).save(image, wish, made, "anna")
    assert path.parent == tmp_path / "2026-11-20"
    assert re.fullmatch(rf"120000-500-seed{2**53 - 1}-{words}-[a-z2-7]{{16}}\.png", path.name)
    assert len(path.name) <= 85
    assert read(path).recipe == wish


def test_G6_two_pictures_of_one_millisecond_have_two_names(tmp_path, image, recipe, made):
    store = Store(tmp_path, clock=lambda: NOON)
    paths = [store.save(image, recipe, made, "anna")[1] for _ in range(5)]
    assert len(set(paths)) == 5
    assert store.newest(10) == paths[::-1]


def test_G6_pictures_stay_in_order_when_the_clock_jumps_back(tmp_path, image, recipe, made):
    back = ticking(NOON, NOON - timedelta(hours=1), NOON - timedelta(days=400), NOON)
    store = Store(tmp_path, clock=back)
    paths = [store.save(image, recipe, made, "anna")[1] for _ in range(4)]
    assert store.newest(10) == paths[::-1]


def test_G6_summer_time_ends_without_disorder(tmp_path, image, recipe, made):
    """02:30 comes twice that night; names are in UTC, where it does not."""
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    twice = ticking(
        datetime(2026, 10, 25, 2, 30, tzinfo=summer), datetime(2026, 10, 25, 2, 10, tzinfo=winter)
    )
    store = Store(tmp_path, clock=twice)
    paths = [store.save(image, recipe, made, "anna")[1] for _ in range(2)]
    assert [path.name[:6] for path in paths] == ["003000", "011000"]
    assert store.newest(10) == paths[::-1]


def test_H1_sixteen_threads_keep_pictures_side_by_side(store, image, recipe, made):
    """Every picture is there, whole, under its own name."""
    kept: list[tuple[str, Path]] = []
    crowd = [
        threading.Thread(
            target=lambda: kept.extend(store.save(image, recipe, made, "anna") for _ in range(5))
        )
        for _ in range(16)
    ]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert len({path for _, path in kept}) == 80
    assert sorted(path for _, path in kept) == sorted(store.newest(100))
    assert all(read(path).recipe == recipe for _, path in kept)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EACCES, "the studio may not write there"),
        (errno.ENOENT, "the folder is gone"),
        (errno.EIO, "the disk does not answer properly"),
        (errno.ESTALE, os.strerror(errno.ESTALE)),
    ],
)
@pytest.mark.parametrize("call", ["mkdir", "fsync", "replace"])
def test_G1_a_disk_that_refuses_is_named_and_nothing_half_is_left(
    store, image, recipe, made, monkeypatch, code, words, call
):
    """The system call fails as it would on such a disk; the next save, with the disk well again, succeeds."""

    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(GalleryError, match=f"could not be kept in .*home: {words}") as caught:
            store.save(image, recipe, made, "anna")
    assert "It is not on disk" in caught.value.hint_text
    assert "seed 7 gives the same picture" in caught.value.hint_text
    assert left_in(store.home) == []
    _, path = store.save(image, recipe, made, "anna")
    assert store.newest(10) == [path]


def test_G1_a_home_that_was_deleted_is_made_again(store, image, recipe, made):
    store.save(image, recipe, made, "anna")
    shutil.rmtree(store.home)
    _, path = store.save(image, recipe, made, "anna")
    assert read(path).recipe == recipe


LIMITED = """
import resource, signal, sys
from pathlib import Path
from PIL import Image
from studio.core.errors import GalleryError
from studio.core.recipes import TextToImage
from studio.gallery.metadata import Made
from studio.gallery.store import Store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
made = Made("0", "0", "cpu", "float32", "0", "0", 1, 1, 1, 0.1, "now", "0")
try:
    Store(Path(sys.argv[1])).save(Image.effect_noise((256, 256), 90), TextToImage(seed=7), made, "anna")
except GalleryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_G1_a_file_cut_off_by_the_system_in_mid_write_leaves_nothing(tmp_path):
    """A real limit of 20 kB per file stops the write half way."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert "the system allows no larger file" in done.stdout, done.stderr
    assert left_in(tmp_path) == []


SAVING = """
import sys
from pathlib import Path
from PIL import Image
from studio.core.recipes import TextToImage
from studio.gallery.metadata import Made, fingerprint
from studio.gallery.store import Store

image = Image.effect_noise((128, 128), 90).convert("RGB")
made = Made("0", "0", "cpu", "float32", "0", "0", 1, 1, 1, 0.1, "now", fingerprint(image))
store = Store(Path(sys.argv[1]))
for seed in range(1_000_000):
    picture_id, _ = store.save(image, TextToImage(prompt="sea", seed=seed), made, "anna")
    print(picture_id, flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_G2_kill_9_during_saves_loses_nothing_told_and_lists_nothing_unreadable(tmp_path):
    """A process saves without pause and tells each id; it is killed after a random one of them, in the midst of the next."""
    dice = random.Random(7)
    told: list[str] = []
    for _ in range(int(os.environ.get("ATELIER_KILLS", "24"))):
        command = [sys.executable, "-c", SAVING, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            told += [child.stdout.readline().strip() for _ in range(dice.randint(1, 8))]
            # Not always at the very start of the next save: spin for up to the length of one.
            until = time.perf_counter() + dice.uniform(0, 0.006)
            while time.perf_counter() < until:
                pass
            child.send_signal(signal.SIGKILL)
            told += child.stdout.read().split()
    store = Store(tmp_path)
    assert all(store.find(picture_id) for picture_id in told)
    assert all(store.owner_of(path) for path in store.newest(10_000))
    for path in store.newest(10_000):
        made = read(path).made
        with Image.open(path) as opened:
            assert fingerprint(opened) == made.pixels
