"""`recover` on the command line, with the real studio and the built-in model."""

import re

import pytest
from PIL import Image

from studio.cli import main
from studio.gallery.metadata import read


@pytest.fixture
def picture(tmp_path):
    image = Image.linear_gradient("L").resize((96, 96)).convert("RGB")
    image.save(tmp_path / "in.png")
    return tmp_path / "in.png"


def test_recover_prints_the_psnr_and_keeps_the_picture(home, picture, tmp_path, capsys):
    out = tmp_path / "z.png"
    assert main(["recover", str(picture), "--steps", "5", "--out", str(out)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = re.search(
        r"z\.png  seed \d+  PSNR ([\d.]+) dB against the autoencoder's round trip", line
    )
    assert found and float(found[1]) > 25
    assert "dB against the picture" in line and re.search(r"\d+ passes$", line)
    recipe = read(out).recipe
    assert (recipe.kind, recipe.steps, recipe.num_timesteps) == ("recover", 5, 1000)


def test_a_picture_of_ours_is_recovered_without_its_own_words(home, tmp_path, capsys):
    painted, out = tmp_path / "painted.png", tmp_path / "z.png"
    small = ["--width", "64", "--height", "64", "--steps", "2"]
    assert main(["paint", "a lake at sunset", *small, "--out", str(painted)]) == 0
    assert main(["recover", str(painted), "--num-timesteps", "0", "--out", str(out)]) == 0
    assert "every pixel is equal" in capsys.readouterr().out
    assert read(out).recipe.prompt == ""


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--num-timesteps", "2000"], "How far must be from 0 to 1000, got 2000."),
        (["--mode", "magic"], "Unknown mode 'magic'."),
        (["--sampler", "euler"], "Unknown sampler 'euler'."),
        (["--count", "2"], "all 2 pictures would be the same"),
    ],
)
def test_wrong_wishes_are_refused_in_words(run, home, picture, flags, said):
    code, out, err = run("recover", picture, *flags)
    assert code in (1, 2) and not out and said in err
