"""The page's document: its language, its guards, its files."""

import os
import re
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from studio.ui import words
from studio.ui.app import SCRIPTS, STYLES, _decorated, build
from studio.ui.routes import ASSETS, asset_paths
from tests.ui.fake_studio import FakeStudio

DOCUMENT = (
    '<html\n lang="en"><head>\n<meta charset="utf-8" />\n'
    '<meta property="og:image"\n content="https://elsewhere.example/x.jpg" />'
    '<meta name="twitter:creator" content="@x" /></head></html>'
)


def asked(language: str) -> SimpleNamespace:
    return SimpleNamespace(cookies={"atelier_language": language}, headers={})


def test_the_document_says_its_language_and_brings_that_languages_words():
    english, chinese = (_decorated(asked(tag), DOCUMENT) for tag in ("en", "zh-CN"))
    assert 'lang="en"' in english
    assert 'lang="zh-CN"' in chinese
    assert "作画" in chinese
    assert "作画" not in english


def test_the_document_points_nowhere_else():
    assert "elsewhere" not in _decorated(asked("en"), DOCUMENT)
    assert "twitter" not in _decorated(asked("en"), DOCUMENT)


def test_no_word_can_end_the_script_it_stands_in(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(words.CHINESE, "x", "</script><script>alert(1)</script>")
    assert "<script>alert" not in _decorated(asked("zh-CN"), DOCUMENT)


def test_an_address_changes_with_its_file():
    addresses = re.findall(r'(?:src|href)="([^"]+)"', _decorated(asked("en"), DOCUMENT))
    assert len(addresses) == len(SCRIPTS) + len(STYLES) + 1
    assert all(re.fullmatch(r"\./atelier/ui/[\w./]+\?v=[0-9a-f]{12}", one) for one in addresses)


def test_every_script_is_loaded_and_every_file_is_inside_assets():
    scripts = (ASSETS / "ui").rglob("*.js")
    assert {path.relative_to(ASSETS / "ui").as_posix() for path in scripts} == {
        f"{name}.js" for name in SCRIPTS
    }
    assert all(path.resolve().is_relative_to(ASSETS) for path in asset_paths().values())


def test_copies_for_programs_are_readable_by_nobody_else(tmp_path: Path):
    build(FakeStudio(tmp_path))  # type: ignore[arg-type]
    assert stat.S_IMODE(Path(os.environ["GRADIO_TEMP_DIR"]).stat().st_mode) == 0o700
