"""The house keeps its plan: imports point down, importing it is light, every file says its promise."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter import cli

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "studio").rglob("*.py"))
VAGUE = {"common", "helper", "helpers", "manager", "managers", "misc", "shared", "util", "utils"}


def contracts_hold(folder: Path) -> bool:
    """Whether the tree in `folder` keeps the contracts of its pyproject.toml; asked in a process of its own."""
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", lint], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "Contracts" in done.stdout, done.stdout + done.stderr
    return done.returncode == cli.EXIT_STATUS_SUCCESS


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the tree whose contracts a test may break."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "studio", tmp_path / "studio", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def test_imports_point_down():
    assert contracts_hold(ROOT)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("core/recipe.py", "import torch"),
        ("core/recipe.py", "from studio.models import patch_autoencoder"),
        ("models/patch_autoencoder.py", "import gradio"),
        ("somewhere.py", "import json"),
    ],
)
def test_a_forbidden_import_is_caught(copy: Path, module: str, line: str):
    path = copy / "studio" / module
    before = path.read_text() if path.exists() else '"""A room that is on no plan."""\n'
    path.write_text(before + f"\n{line}\n")
    assert not contracts_hold(copy)


def test_core_imports_the_standard_library_only():
    for path in (ROOT / "studio" / "core").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                standard = name.split(".")[0] in sys.stdlib_module_names
                assert standard or name.startswith("studio.core"), f"{path.name} imports {name}"


def loaded_with(*modules: str) -> set[str]:
    """Which of the heavy libraries a fresh process has loaded after importing these."""
    look = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {"diffusers", "gradio", "torch", "transformers"} & set(done.stdout.split())


def test_importing_studio_loads_neither_torch_nor_gradio():
    assert loaded_with("studio") == set()


def test_who_is_next_and_what_is_kept_is_decided_without_torch():
    gallery = [
        f"studio.gallery.{path.stem}" for path in (ROOT / "studio/gallery").glob("[a-z]*.py")
    ]
    assert loaded_with("studio.engine.batch", "studio.engine.scheduler", *gallery) == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_a_name_that_says_something_and_a_promise(path: Path):
    assert not {path.stem, path.parent.name} & VAGUE
    assert ast.get_docstring(ast.parse(path.read_text())), "no module docstring"
