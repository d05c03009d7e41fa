"""The command line with the real studio and the built-in model: what it paints, it can paint again."""

import re
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from urllib.request import urlopen

import pytest
from PIL import Image, ImageChops

from studio.cli import main
from studio.gallery.metadata import read

SMALL = ["--width", "64", "--height", "64", "--steps", "4"]


@pytest.fixture
def paint(home, tmp_path):
    """Paints small pictures with the real studio; gives the files."""

    def paint(name: str, *flags: str):
        out = tmp_path / f"{name}.png"
        assert main(["paint", "a lighthouse by the sea", *SMALL, "--out", str(out), *flags]) == 0
        return sorted(tmp_path.glob(f"{name}*.png"))

    return paint


def pixels_differ(first, second) -> bool:
    with Image.open(first) as a, Image.open(second) as b:
        return ImageChops.difference(a, b).getbbox() is not None


def test_painting_twice_with_one_seed_gives_equal_pixels(paint):
    (first,), (second,), (other,) = (
        paint(name, "--seed", seed) for name, seed in (("a", "7"), ("b", "7"), ("c", "8"))
    )
    assert not pixels_differ(first, second)
    assert pixels_differ(first, other)


def test_painting_and_reproducing_ask_nobody(paint, monkeypatch):
    """A trip-wire on every outgoing connection and every name that is looked up."""
    asked = []

    def trip(*arguments, **_):
        asked.append(arguments)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", trip)
    monkeypatch.setattr(socket.socket, "connect_ex", trip)
    monkeypatch.setattr(socket, "getaddrinfo", trip)
    (path,) = paint("x", "--seed", "7")
    assert main(["reproduce", str(path)]) == 0
    assert asked == []


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler_a", "heun"])
def test_a_picture_reproduces_from_its_own_file(paint, capsys, sampler):
    (path,) = paint("x", "--seed", "7", "--sampler", sampler, "--negative-prompt", "fog")
    capsys.readouterr()
    assert main(["reproduce", str(path)]) == 0
    assert capsys.readouterr().out == "identical\n"


def test_a_picture_made_in_company_reproduces_alone(paint, capsys, monkeypatch):
    """In float32 equal up to rounding: identical, or off by at most 1 with the company named."""
    monkeypatch.setenv("STUDIO_DTYPE", "float32")
    paths = paint("x", "--seed", "7", "--count", "4")
    assert {read(path).made.batch for path in paths} == {4}
    capsys.readouterr()
    for path in (paths[0], paths[3]):
        code, said = main(["reproduce", str(path)]), capsys.readouterr().out
        if code:
            assert re.fullmatch(
                r"differs: max 1, PSNR \d+\.\d dB, because made together with 3 others.*\n", said
            )


@pytest.fixture
def scene(tmp_path):
    """A picture and a mask in its middle, of a size no model paints at."""
    picture = Image.linear_gradient("L").resize((90, 70)).convert("RGB")
    picture.paste((200, 60, 40), (30, 20, 60, 50))
    picture.save(tmp_path / "in.png")
    mask = Image.new("L", picture.size)
    mask.paste(255, (40, 30, 50, 40))
    mask.save(tmp_path / "mask.png")
    Image.new("L", picture.size).save(tmp_path / "empty.png")
    return tmp_path


@pytest.fixture
def said(scene, home, capsys, monkeypatch):
    """Runs a command with small steps among the files of the scene; exit code, what it prints, what it says."""
    monkeypatch.chdir(scene)

    def said(*command: str) -> tuple[int, str, str]:
        small = SMALL if command[0] != "reproduce" else []
        code = main([*command, *small])
        return code, *capsys.readouterr()

    return said


def opened(path):
    with Image.open(path) as image:
        return image.convert("RGB")


@pytest.mark.parametrize(
    "command",
    [
        ["stylise", "in.png", "a lake"],
        ["inpaint", "in.png", "mask.png", "a lake"],
        ["outpaint", "in.png", "a lake", "--left", "16"],
    ],
    ids=lambda command: command[0],
)
def test_what_starts_from_a_picture_reproduces_from_its_own_file(said, command):
    assert said(*command, "--seed", "7", "--out", "x.png")[0] == 0
    assert said("reproduce", "x.png") == (0, "identical\n", "")


def test_inpainting_leaves_the_rest_as_it_was_and_says_so(said):
    _, out, _ = said("inpaint", "in.png", "mask.png", "a lake", "--feather", "4", "--out", "x.png")
    assert out.endswith("  0 pixels changed outside the mask\n")
    changed = ImageChops.difference(opened("in.png"), opened("x.png")).getbbox()
    left, top, right, bottom = changed
    assert 35 <= left < right <= 55
    assert 25 <= top < bottom <= 45


def test_outpainting_keeps_every_pixel_of_the_original_and_says_so(said):
    _, out, _ = said("outpaint", "in.png", "a lake", "--left", "16", "--out", "x.png")
    assert out.endswith("  0 pixels changed of the original\n")
    wider = opened("x.png")
    assert wider.size == (106, 70)
    assert wider.crop((16, 0, 106, 70)).tobytes() == opened("in.png").tobytes()


def test_B5_strength_0_gives_the_picture_back_and_says_so(said):
    code, out, err = said("stylise", "in.png", "a lake", "--strength", "0", "--out", "x.png")
    assert (code, out[:5]) == (0, "x.png")
    assert "At strength 0 nothing changes: this is the picture you gave.\n" in err
    assert opened("x.png").tobytes() == opened("in.png").tobytes()


@pytest.mark.parametrize(
    ("strength", "steps"), [("1e-9", "1 of 4"), ("0.2", "1 of 4"), ("0.5", "2 of 4")]
)
def test_B5_a_strength_that_leaves_less_than_a_step_makes_one(said, strength, steps):
    code, _, err = said("stylise", "in.png", "a lake", "--strength", strength)
    assert code == 0
    assert f"At this strength {steps} steps are made.\n" in err


def test_B5_the_highest_strength_makes_every_step(said):
    code, _, err = said("stylise", "in.png", "a lake", "--strength", "1")
    assert code == 0
    assert "step 4 of 4" in err


def test_A12_an_empty_mask_is_refused_and_inverted_it_is_a_full_one(said):
    wish = ["inpaint", "in.png", "empty.png", "a lake"]
    code, out, err = said(*wish)
    assert (code, out) == (2, "")
    assert "Paint the area to change first." in err
    assert said(*wish, "--invert")[0] == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_keeps_the_picture_so_far_and_it_reproduces(home, capsys):
    """In a process of its own, interrupted for real."""
    command = [sys.executable, "-m", "studio", "paint", "a boat", "--steps", "150", "--seed", "7"]
    with subprocess.Popen(
        [*command, "--width", "64", "--height", "64"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        while "step" not in (line := child.stderr.readline()):
            assert line, "ended before the first step"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=120)
    assert child.returncode == 130
    assert "Traceback" not in err
    (path,) = home.rglob("*.png")
    made = read(path).made
    assert 0 < made.steps_done < made.steps_total == 150
    assert out == f"{path}  seed 7  stopped after step {made.steps_done} of 150\n"
    assert main(["reproduce", str(path)]) == 0
    assert capsys.readouterr().out == "identical\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.skipif(find_spec("studio.ui") is None, reason="no page in this tree")
def test_serve_prints_the_address_answers_there_and_ends_with_ctrl_c(home):
    command = [sys.executable, "-m", "studio", "serve", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        address = re.fullmatch(r"Atelier is open at (http://\S+)\n", child.stdout.readline())[1]
        with urlopen(address, timeout=30) as answer:
            assert answer.status == 200
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=60)
    assert child.returncode in (0, 130)
    assert "Traceback" not in rest


def test_B7_an_unknown_sampler_is_answered_with_the_list(home, capsys):
    assert main(["paint", "sea", "--sampler", "dpm++"]) == 2
    err = capsys.readouterr().err
    assert "Unknown sampler 'dpm++'." in err
    assert "dpmpp_2m" in err


def test_C1_no_words_and_no_style_are_refused_in_words(home, capsys):
    assert main(["paint", "  "]) == 2
    assert "Say what to paint, or choose a style." in capsys.readouterr().err
