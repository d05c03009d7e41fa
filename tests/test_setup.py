"""Set-up is two commands: what README, Makefile, Dockerfile and requirements promise agrees."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))


def text(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    """Package -> version of a requirements file, without those it includes."""
    lines = [line for line in text(name).splitlines() if line and not line.startswith(("#", "-r "))]
    return dict(line.split("==") for line in lines)


def front_matter() -> dict[str, object]:
    """What README tells a Space."""
    _, head, _ = text("README.md").split("---\n", 2)
    matter = yaml.safe_load(head)
    assert isinstance(matter, dict)
    return matter


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_exactly(path: Path):
    for line in path.read_text().splitlines():
        assert re.fullmatch(
            r"(#.*|-r requirements[a-z-]*\.txt|[A-Za-z0-9_.-]+==[0-9][0-9A-Za-z.]*|)", line
        ), line


def test_every_package_the_studio_imports_is_pinned():
    """What merely happens to come along with another package may go as it came."""
    pinned = {
        name.lower() for path in REQUIREMENTS if "dev" not in path.name for name in pins(path.name)
    }
    homes = packages_distributions()
    for path in [ROOT / "app.py", *sorted((ROOT / "studio").rglob("*.py"))]:
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in (
                {name.split(".")[0] for name in names} - {"studio"} - sys.stdlib_module_names
            ):
                home = {distribution.lower() for distribution in homes.get(name, [name])}
                assert home & pinned, f"{path.relative_to(ROOT)} imports {name}"


def test_a_space_reads_the_front_matter():
    matter = front_matter()
    assert matter["title"] == "Atelier"
    assert matter["sdk"] == "gradio"
    assert matter["sdk_version"] == pins("requirements.txt")["gradio"]
    assert matter["python_version"] == "3.11"
    assert matter["app_file"] == "app.py"
    assert matter["license"] == "apache-2.0"
    assert len(str(matter["short_description"])) <= 60
    assert {matter["colorFrom"], matter["colorTo"]} <= {
        *("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
    }


def test_the_commands_in_the_readme_exist():
    makefile = text("Makefile")
    commands = set(re.findall(r"^\s*make ([a-z]+)", text("README.md"), re.MULTILINE))
    assert {"run", "test"} <= commands
    for command in commands:
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), f"make {command}"


def test_the_readme_has_three_lines_for_windows():
    readme = text("README.md")
    for line in (
        "py -m venv .venv",
        r".venv\Scripts\pip install -r requirements.txt",
        r".venv\Scripts\python app.py",
    ):
        assert f"\n{line}\n" in readme


def test_the_files_the_readme_names_exist():
    for name in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", text("README.md")):
        assert (ROOT / name).exists(), name


def test_every_setting_is_in_the_readme():
    code = text("studio/core/settings.py")
    for name in sorted(set(re.findall(r'"((?:STUDIO|GRADIO_SERVER)_[A-Z_]+)"', code))):
        assert f"`{name}`" in text("README.md"), name


def test_what_every_submission_must_pass_runs_the_tests():
    script = ROOT / ".ci" / "run"
    assert re.search(r"^[^#\n]*\bmake\b.*\btest\b", script.read_text(), re.MULTILINE)
    assert script.stat().st_mode & 0o111


def test_the_container_runs_as_an_ordinary_user_on_port_7860():
    dockerfile = text("Dockerfile")
    assert re.search(r"^USER 1000$", dockerfile, re.MULTILINE)
    assert re.search(r"^EXPOSE 7860$", dockerfile, re.MULTILINE)
    assert "GRADIO_SERVER_NAME=0.0.0.0" in dockerfile
    assert dockerfile.index("COPY --chown=1000:1000 requirements.txt") < dockerfile.index(
        "pip install"
    )


def test_the_licence_is_whole():
    licence = text("LICENSE")
    assert "Apache License" in licence and "END OF TERMS AND CONDITIONS" in licence
