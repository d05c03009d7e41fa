"""The other commands, and that asking for help costs nothing."""

import subprocess
import sys

import pytest
from PIL import Image

from studio import __version__
from studio.gallery.metadata import png_info, read

LIGHT = """
import sys
from studio.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as exit:
    code = exit.code
heavy = {"torch", "gradio", "diffusers", "numpy", "PIL", "transformers", "tqdm"} & set(sys.modules)
print("HEAVY", sorted(heavy), code)
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["paint", "--help"], 0),
        (["paint", "sea", "--width", "7"], 2),
        (["paint", "sea", "--out", "x"], 2),
        (["outpaint", "--help"], 0),
        (["stylise", "x.png", "sea", "--strength", "1.0001"], 2),
    ],
)
def test_help_and_wrong_wishes_load_nothing_heavy(arguments, code):
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == f"HEAVY [] {code}"


FAULTY = """
import sys
from studio import cli
def fault(settings):
    raise ZeroDivisionError("ours")
sys.exit(cli.main(["paint", "sea"], studio=fault))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="XDG folders")
def test_the_traceback_of_a_fault_goes_to_a_file_not_to_the_person(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", FAULTY], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "Something broke on our side" in done.stderr
    assert "Traceback" not in done.stderr
    (log,) = tmp_path.rglob("cli.log")
    assert "ZeroDivisionError: ours" in log.read_text()


def test_python_m_studio_is_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "studio", "--version"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, f"atelier {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sculpt"],
        ["paint", "a", "b"],
        ["paint", "--sead", "7"],
        ["reproduce"],
        ["stylise"],
        ["inpaint", "x.png"],
        ["paint", "sea", "--strength", ".5"],
    ],
)
def test_wrong_usage_ends_with_2(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, [])
    assert "usage:" in err


@pytest.mark.parametrize("port", ["-1", "65536", "abc", "9" * 5000, "٣"])
def test_a_port_that_is_none_is_refused_before_the_studio_opens(run, studio, port):
    code, _, err = run("serve", "--port", port)
    assert (code, studio.opened) == (2, 0)
    assert port == "-1" or "a port is a number from 0 to 65535" in err


def test_models_lists_every_card_with_state_and_licence(run):
    code, out, _ = run("models")
    assert code == 0
    assert out[0].split() == ["NAME", "TITLE", "STATE", "DISK", "LICENCE", "SIZES"]
    (palette,) = [line for line in out if line.startswith("palette ")]
    assert palette.split()[:3] == ["palette", "Palette", "here"]
    assert "Apache-2.0" in palette
    assert "256x256" in palette


def test_getting_a_built_in_model_names_its_folder(run):
    code, out, _ = run("models", "--get", "palette")
    assert code == 0
    assert out[0].endswith("palette")


def test_getting_an_unknown_model_suggests_one(run):
    code, _, err = run("models", "--get", "pallete")
    assert code == 2
    assert "Did you mean" in err


def test_reproduce_says_identical(run, tmp_path):
    run("paint", "sea", "--seed", 7, "--out", tmp_path / "x.png")
    assert run("reproduce", tmp_path / "x.png") == (0, ["identical"], "")


def test_reproduce_adds_nothing_to_the_gallery(run, home, tmp_path):
    run("paint", "sea", "--seed", 7, "--out", tmp_path / "x.png")
    run("reproduce", tmp_path / "x.png")
    assert len(list(home.rglob("*.png"))) == 1
    assert list((tmp_path / "scratch").rglob("*.png")) == []


def test_reproduce_names_a_difference_its_size_and_its_cause(run, tmp_path):
    run("paint", "sea", "--seed", 7, "--out", tmp_path / "x.png")
    picture = read(tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as image:
        image.putpixel((32, 32), tuple(value + 9 for value in image.getpixel((32, 32))))
        image.save(tmp_path / "y.png", pnginfo=png_info(picture.recipe, picture.made))
    code, out, _ = run("reproduce", tmp_path / "y.png")
    assert code == 1
    # 3 of 64 x 64 x 3 values are 9 off: 10 log10(255^2 / (81 / 4096)) dB.
    assert out == [
        "differs: max 9, PSNR 65.2 dB, because the pixels of the file were changed after it was made"
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is not a PNG picture"), (b"\x89PNG\r\n\x1a\n", "carries no recipe")],
)
def test_C6_reproduce_of_a_foreign_file_says_so(run, tmp_path, content, says):
    (tmp_path / "x.png").write_bytes(content)
    code, out, err = run("reproduce", tmp_path / "x.png")
    assert (code, out) == (1, [])
    assert says in err


def test_reproduce_of_a_missing_file_says_so(run, tmp_path):
    code, _, err = run("reproduce", tmp_path / "none.png")
    assert code == 1
    assert "There is no picture at" in err
