"""Every tab is on the page, and none knows another."""

import ast
from pathlib import Path

from studio.core.recipes import RECIPES
from studio.ui import tabs

FOLDER = Path(tabs.__file__).parent
FILES = sorted(path for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "tab"))


def test_every_file_in_tabs_is_a_tab_of_the_page():
    assert sorted(tab.name for tab in tabs.TABS) == [path.stem for path in FILES]


def test_every_kind_of_recipe_has_its_tab():
    kinds = [kind for tab in tabs.TABS for kind in tab.kinds]
    assert sorted(kinds) == sorted(RECIPES)


def test_no_tab_imports_another():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "studio.ui.tabs"
            ):
                assert node.module == "studio.ui.tabs.tab", path.name


def test_importing_the_page_loads_no_model_library():
    import subprocess
    import sys

    check = "import sys, studio.ui.app, studio.service; sys.exit('torch' in sys.modules or 'diffusers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
