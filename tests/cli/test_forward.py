"""`forward`: a strip or film of a picture on its way into noise, and the numbers of every timestep."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import film
from studio.diffusion.forward import SCHEDULES, noised
from studio.noising import of_picture, pixel_noise, to_picture


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.radial_gradient("L").resize((256, 256)).convert("RGB").save(tmp_path / "in.png")
    return tmp_path / "in.png"


def test_a_strip_of_named_timesteps_is_the_formula(run, picture, tmp_path):
    out = tmp_path / "strip.png"
    flags = ["--schedule", "linear", "--seed", 3, "--timesteps", "0,250,500,750,999"]
    code, told, err = run("forward", picture, *flags, "--out", out)
    assert (code, err) == (0, "")
    assert told[-1] == f"{out}  seed 3"
    sheet = np.asarray(Image.open(out))
    x0 = of_picture(Image.open(picture))
    for i, t in enumerate((0, 250, 500, 750, 999)):
        alpha_bar = SCHEDULES["linear"](1000).alpha_bar(t)
        assert told[i].startswith(f"t {t}  alpha_bar {alpha_bar:.6g}  sigma ")
        left = film.GAP + i * (256 + film.GAP)
        shown = sheet[film.GAP : film.GAP + 256, left : left + 256]
        expected = to_picture(noised(x0, pixel_noise(x0.shape, 3), alpha_bar))
        assert np.array_equal(shown, np.asarray(expected))


def test_without_out_the_numbers_alone_are_told(run, picture):
    code, told, _ = run("forward", picture, "--schedule", "cosine", "--frames", 3)
    assert (code, [line.split()[1] for line in told]) == (0, ["0", "500", "999"])


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_the_names_ending_says_what_it_is(run, picture, tmp_path, kind):
    if film.missing(kind):
        pytest.skip("imageio-ffmpeg is not installed")
    out = tmp_path / f"film.{kind}"
    assert run("forward", picture, "--frames", 4, "--out", out)[0] == 0
    head = out.read_bytes()[:16]
    assert {"gif": b"GIF89a", "webp": b"WEBP", "mp4": b"ftyp"}[kind] in head


def test_in_latent_space_the_decoder_draws(run, picture, tmp_path):
    flags = ["--space", "latent", "--timesteps", "0", "--out", tmp_path / "x.png"]
    code, told, _ = run("forward", picture, *flags)
    assert code == 0
    cell = np.asarray(Image.open(tmp_path / "x.png"))[film.GAP :, film.GAP :][:8, :8]
    assert (cell == cell[0, 0]).all(), "the fake decoder draws cells of eight pixels"


def test_the_models_own_schedule_has_its_own_timesteps(run, picture):
    code, told, err = run("forward", picture, "--T", 10, "--timesteps", "999")
    assert (code, err, told[0].split()[1]) == (0, "", "999")


def test_b8_a_timestep_out_of_range_is_clamped_and_said_so(run, picture):
    code, told, err = run("forward", picture, "--timesteps=-1,5000", "--schedule", "linear")
    assert (code, [line.split()[1] for line in told]) == (0, ["0", "999"])
    assert err == "Timestep -1 is out of range; the nearest one from 0 to 999 is shown.\n"


@pytest.mark.parametrize(("frames", "count"), [(0, 1), (10_000, 24)])
def test_b8_frames_are_capped_and_said_so(run, picture, frames, count):
    code, told, err = run("forward", picture, "--frames", frames)
    assert (code, len(told)) == (0, count)
    assert "shown" in err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--timesteps", "1,two"], "Timesteps must be whole numbers with commas between them"),
        (["--timesteps", ""], "Timesteps must be whole numbers"),
        (["--schedule", "quadratic"], "Unknown schedule 'quadratic'."),
        (["--T", "9"], "Timesteps must be from 10 to 4000, got 9."),
        (["--seed", "x"], "Seed of the noise must be a whole number, got 'x'."),
        (["--out", "x.avi"], "The file must end in one of png, gif, webp, mp4, got x.avi."),
        (["--out", "nowhere/x.png"], "There is no folder nowhere."),
    ],
)
def test_a_wrong_wish_is_refused_in_one_sentence(run, picture, flags, said):
    code, told, err = run("forward", picture, *flags)
    assert (code, told) == (2, [])
    assert err.startswith(said)


def test_nothing_is_overwritten_unasked(run, picture, tmp_path):
    (tmp_path / "x.png").write_bytes(b"mine")
    code, _, err = run("forward", picture, "--out", tmp_path / "x.png")
    assert (code, (tmp_path / "x.png").read_bytes()) == (2, b"mine")
    assert "exists" in err
    assert run("forward", picture, "--out", tmp_path / "x.png", "--force")[0] == 0


def test_a_picture_that_is_none_is_named(run, tmp_path):
    (tmp_path / "x.png").write_bytes(b"%PDF-1.7")
    code, _, err = run("forward", tmp_path / "x.png")
    assert code == 1
    assert err.startswith(f"{tmp_path / 'x.png'}: Not a PNG, JPEG or WebP image.")


def test_without_its_package_mp4_says_which_one_is_missing(run, picture, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    code, _, err = run("forward", picture, "--out", tmp_path / "x.mp4")
    assert (code, err.splitlines()[0]) == (
        1,
        "MP4 needs the package imageio-ffmpeg, which is not installed.",
    )


def test_in_pixels_no_model_library_is_loaded(picture):
    look = (
        "import sys; from studio.cli import main;"
        f"code = main(['forward', {str(picture)!r}, '--frames', '2']);"
        "sys.exit(code or 'diffusers' in sys.modules or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
