"""`branch` and `resume`, with palette and real files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.cli import main
from studio.core.param import params
from studio.core.settings import Settings
from studio.core.turn import Turn
from studio.gallery.metadata import read
from studio.gallery.trajectories import beside
from studio.service import Studio

SIZE = ["--width", 64, "--height", 64, "--steps", 6, "--seed", 7]


@pytest.fixture
def typed(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Runs one command on a studio of its own; gives exit code, standard output, standard error."""
    monkeypatch.setenv("STUDIO_DEVICE", "cpu")

    def typed(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return typed


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_copy_of_a_kept_picture_is_branched_from_its_steps(typed, home, tmp_path):
    copy, other = tmp_path / "x.png", tmp_path / "y.png"
    assert typed("paint", "a lake at sunset", *SIZE, "--out", copy)[0] == 0
    code, out, err = typed(
        "branch", copy, "--at", 4, "--prompt", "a red fox", "--guidance-scale", 5, "--out", other
    )
    assert (code, out) == (0, f"{other}  seed 7\n")
    assert "from the start" not in err
    turns = read(other).recipe.turns
    assert turns == (Turn(4, prompt="a red fox", guidance_scale=5.0),)
    assert not np.array_equal(pixels(copy), pixels(other))
    code, out, _ = typed("reproduce", other)
    assert (code, out) == (0, "identical\n")


def test_words_the_model_does_not_know_are_named(typed, home, tmp_path):
    copy, other = tmp_path / "x.png", tmp_path / "y.png"
    typed("paint", "a lake at sunset", *SIZE, "--out", copy)
    code, _, err = typed("branch", copy, "--at", 4, "--prompt", "a mountan", "--out", other)
    assert code == 0 and "The model does not know 'mountan'. It knows: mountain" in err


def test_a_branch_that_changes_nothing_is_the_picture(typed, home, tmp_path):
    copy, same = tmp_path / "x.png", tmp_path / "y.png"
    typed("paint", "a lake at sunset", *SIZE, "--sampler", "euler_a", "--out", copy)
    assert typed("branch", copy, "--at", 3, "--out", same)[0] == 0
    assert np.array_equal(pixels(copy), pixels(same))


def test_without_its_steps_a_picture_is_branched_from_its_file_alone_and_says_so(
    typed, home, tmp_path
):
    copy, quick, slow = (tmp_path / name for name in ("x.png", "quick.png", "slow.png"))
    typed("paint", "a lake at sunset", *SIZE, "--out", copy)
    turn = ["--at", 2, "--style", "oil", "--change", ".5", "--seed", 3]
    assert typed("branch", copy, *turn, "--out", quick)[0] == 0
    for steps in home.rglob("*.steps.safetensors"):
        steps.unlink()
    code, _, err = typed("branch", copy, *turn, "--out", slow)
    assert code == 0 and "made from the start" in err
    assert np.array_equal(pixels(quick), pixels(slow))


def test_a_stopped_picture_goes_on_to_the_whole_one(typed, home, tmp_path):
    whole, resumed = tmp_path / "whole.png", tmp_path / "resumed.png"
    typed("paint", "a lake at sunset", *SIZE, "--out", whole)
    studio = Studio(Settings(home=home, device="cpu"))
    run = studio.submit(read(whole).recipe, "cli", stop_after=2)
    *_, end = run.events()
    studio.close()
    code, out, _ = typed("resume", end.result.path, "--out", resumed)
    assert (code, out) == (0, f"{resumed}  seed 7\n")
    assert np.array_equal(pixels(whole), pixels(resumed))
    code, _, err = typed("resume", whole)
    assert code == 1 and "nothing left to do" in err


def test_every_setting_of_a_turn_is_a_flag_with_its_help(run):
    code, out, _ = run("branch", "--help")
    text = " ".join(" ".join(out).split())
    assert code == 0
    for name, (_, param) in params(Turn).items():
        assert param.help in text
        assert f"--{name.replace('_', '-')} " in text


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "the following arguments are required: --at"),
        (["--at", 6], "A change at pass 6 comes too late: this picture is made in 6."),
        (["--at", -1], "At pass must be from 0 to 1000, got -1."),
        (["--at", "two"], "At pass must be a whole number, got 'two'."),
        (["--at", 2, "--sampler", "eulr"], "Unknown sampler 'eulr'."),
        (["--at", 2, "--change", 7], " must be from 0 to 1, got 7"),
        (["--at", 2, "--out", "y.jpg"], "Pictures are PNG files, got y.jpg."),
    ],
)
def test_a_wrong_wish_is_answered_in_words(typed, home, tmp_path, flags, words):
    copy = tmp_path / "x.png"
    typed("paint", "a lake at sunset", *SIZE, "--out", copy)
    code, out, err = typed("branch", copy, *flags)
    assert (code, out) == (2, "") and words in err


def test_a_file_that_is_none_of_ours_is_refused_in_words(typed, home, tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "x.png")
    code, _, err = typed("branch", tmp_path / "x.png", "--at", 1)
    assert code == 1 and "x.png" in err
    assert typed("branch", tmp_path / "none.png", "--at", 1)[0] == 1


def test_damaged_steps_cost_time_not_the_branch(typed, home, tmp_path):
    copy = tmp_path / "x.png"
    typed("paint", "a lake at sunset", *SIZE, "--out", copy)
    [picture] = home.rglob("*.png")
    beside(picture).write_bytes(beside(picture).read_bytes()[:5000])
    code, _, err = typed("branch", copy, "--at", 3, "--prompt", "a fox")
    assert code == 0 and "ends too early" in err and "made from the start" in err
