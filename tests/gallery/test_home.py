"""Where pictures live, and what is said when they cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.core.errors import GalleryError
from studio.core.settings import Settings
from studio.gallery.home import pictures_home


def test_the_home_asked_for_is_made_and_taken(tmp_path):
    wanted = tmp_path / "deep" / "er"
    assert pictures_home(Settings(home=wanted)) == wanted
    assert list(wanted.iterdir()) == []


def test_a_relative_home_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert pictures_home(Settings(home=Path("here"))) == tmp_path / "here"


def test_without_a_wish_it_is_atelier_in_the_pictures_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_PICTURES_DIR", str(tmp_path / "Pictures"))
    home = pictures_home(Settings())
    assert home.name == "Atelier"
    if sys.platform == "linux":
        assert home == tmp_path / "Pictures" / "Atelier"


def test_G7_a_space_with_a_persistent_disk_keeps_pictures_there(tmp_path):
    hosted = Settings(hosted=True)
    assert pictures_home(hosted, persistent=tmp_path) == tmp_path / "atelier"


def test_G7_a_persistent_disk_is_for_spaces_only_and_a_wish_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_PICTURES_DIR", str(tmp_path / "Pictures"))
    monkeypatch.setenv("HOME", str(tmp_path))
    disk = tmp_path / "disk"
    disk.mkdir()
    assert pictures_home(Settings(), persistent=disk).name == "Atelier"
    assert pictures_home(Settings(hosted=True), persistent=tmp_path / "none").name == "Atelier"
    wish = Settings(home=tmp_path / "wish", hosted=True)
    assert pictures_home(wish, persistent=disk) == tmp_path / "wish"


@pytest.mark.parametrize("below", ["", "deeper"])
def test_G1_a_file_where_the_home_should_be_is_named(tmp_path, below):
    (tmp_path / "file").write_text("")
    with pytest.raises(GalleryError, match="file.* a file stands where") as caught:
        pictures_home(Settings(home=tmp_path / "file" / below))
    assert "STUDIO_HOME" in caught.value.hint_text


FORBIDDEN = """
import os, sys
from pathlib import Path
from studio.core.errors import GalleryError
from studio.core.settings import Settings
from studio.gallery.home import pictures_home

if os.geteuid() == 0:
    os.seteuid(65534)
try:
    pictures_home(Settings(home=Path(sys.argv[1])))
except GalleryError as error:
    print(error, error.hint_text)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_G1_a_home_that_may_not_be_written_is_named_with_the_next_move(tmp_path):
    """In a process of its own, which gives up root's right to write anywhere."""
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    for (
        folder
    ) in tmp_path.parents:  # The folders above let nobody else through while root runs the tests.
        if os.geteuid() == 0 and folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN, str(locked)], capture_output=True, text=True, timeout=60
    )
    assert f"Pictures cannot be kept in {locked}: the studio may not write there." in done.stdout
    assert "set STUDIO_HOME to another folder" in done.stdout


def test_G1_a_full_disk_is_named_before_the_first_picture(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GalleryError, match="the disk is full"):
        pictures_home(Settings(home=tmp_path))
