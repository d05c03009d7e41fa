"""`paint`: flags from the recipe, one line per picture, nothing overwritten, nothing lost."""

import re
import signal
import threading
from pathlib import Path

import pytest

from studio.cli import parser
from studio.core.errors import ModelUnavailable, QueueFull, UnknownName
from studio.core.recipe import params
from studio.core.recipes import TextToImage
from studio.gallery.metadata import read
from studio.service import Reading


def pictures(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.png"))


def test_every_setting_of_the_recipe_is_a_flag_with_its_help(run):
    code, out, _ = run("paint", "--help")
    text = " ".join(" ".join(out).split())
    assert code == 0
    for name, (_, param) in params(TextToImage).items():
        if name != "turns":  # A branch has a command of its own.
            assert name == "prompt" or f"--{name.replace('_', '-')} " in text
            assert param.help in text
    assert "From 64 to 2048, a multiple of 16." in text


def test_a_flag_that_is_not_given_leaves_the_choice_to_the_recipe():
    options = vars(parser().parse_args(["paint"]))
    assert all(options.get(name) is None for name in params(TextToImage) if name != "prompt")


def test_paint_prints_the_path_and_the_seed(run, home):
    code, out, _ = run("paint", "a lighthouse", "--seed", 7)
    (path,) = pictures(home)
    assert (code, out) == (0, [f"{path}  seed 7"])


def test_every_flag_reaches_the_recipe(run, home):
    flags = (
        "--negative-prompt fog --style oil --width 80 --height 96 --steps 3 --guidance-scale 2.5"
    )
    run("paint", "sea", *flags.split(), "--sampler", "ddim", "--seed", 9, "--model", "palette")
    (path,) = pictures(home)
    assert read(path).recipe == TextToImage(
        prompt="sea",
        negative_prompt="fog",
        style="oil",
        width=80,
        height=96,
        steps=3,
        guidance_scale=2.5,
        sampler="ddim",
        seed=9,
        revision="1",
    )


def test_without_a_seed_each_picture_has_a_new_one_and_says_it(run, home):
    seeds = {run("paint", "sea")[1][0].rpartition(" ")[2] for _ in range(3)}
    assert seeds == {str(read(path).recipe.seed) for path in pictures(home)}
    assert len(seeds) == 3


def test_several_pictures_count_the_seed_up(run, home):
    code, out, _ = run("paint", "sea", "--count", 3, "--seed", 7)
    assert code == 0
    assert [line.rpartition(" ")[2] for line in out] == ["7", "8", "9"]
    assert len(pictures(home)) == 3


def test_out_is_a_copy_of_the_kept_file_byte_by_byte(run, home, tmp_path):
    code, out, _ = run("paint", "sea", "--seed", 7, "--out", tmp_path / "x.png")
    (kept,) = pictures(home)
    assert (code, out) == (0, [f"{tmp_path / 'x.png'}  seed 7"])
    assert (tmp_path / "x.png").read_bytes() == kept.read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_out_of_several_pictures_is_numbered(run, tmp_path):
    run("paint", "sea", "--seed", 7, "--count", 3, "--out", tmp_path / "x.png")
    copies = [tmp_path / f"x-{i}.png" for i in (1, 2, 3)]
    assert sorted(tmp_path.glob("*.png")) == copies
    assert [read(copy).recipe.seed for copy in copies] == [7, 8, 9]


def test_out_in_the_working_folder_needs_no_folder_name(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("paint", "sea", "--out", "x.png")[0] == 0
    assert (tmp_path / "x.png").exists()


@pytest.mark.parametrize("count", [1, 2])
def test_an_existing_file_is_refused_before_anything_is_painted(run, studio, tmp_path, count):
    existing = tmp_path / ("x.png" if count == 1 else "x-2.png")
    existing.write_text("precious")
    code, out, err = run("paint", "sea", "--count", count, "--out", tmp_path / "x.png")
    assert (code, out, studio.opened) == (2, [], 0)
    assert err == f"{existing} exists.\nChoose another name, or add --force.\n"
    assert existing.read_text() == "precious"


def test_force_replaces_an_existing_file(run, tmp_path):
    (tmp_path / "x.png").write_text("old")
    assert run("paint", "sea", "--seed", 3, "--force", "--out", tmp_path / "x.png")[0] == 0
    assert read(tmp_path / "x.png").recipe.seed == 3


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x.jpg", "Pictures are PNG files"),
        ("x", "Pictures are PNG files"),
        ("no/x.png", "There is no folder"),
    ],
)
def test_an_impossible_out_is_refused_before_anything_is_painted(run, studio, tmp_path, name, says):
    code, _, err = run("paint", "sea", "--out", tmp_path / name)
    assert (code, studio.opened) == (2, 0)
    assert says in err


def test_G1_a_copy_that_fails_leaves_the_kept_picture_and_says_where(run, studio, home, tmp_path):
    """The folder of the first copy disappears while it is painted; the second picture is painted all the same."""
    folder = tmp_path / "gone"
    folder.mkdir()
    studio.before_step = lambda run, index: folder.rmdir() if folder.exists() else None
    code, _, err = run("paint", "sea", "--count", 2, "--out", folder / "x.png")
    assert code == 1
    assert len(pictures(home)) == 2
    for kept in pictures(home):
        assert f"It is kept as {kept}." in err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--width", "513"], "Width must be a multiple of 16 pixels, got 513.\nTry 512 or 528."),
        (["--width", "0"], "Width must be from 64 to 2048, got 0."),
        (["--height", "-8"], "Height must be from 64 to 2048, got -8."),
        (["--width", "abc"], "Width must be a whole number, got 'abc'."),
        (["--steps", "2.5"], "Steps must be a whole number, got '2.5'."),
        (["--steps", "0"], "Steps must be from 1 to 150, got 0."),
        (["--count", "1000000"], "How many must be from 1 to 8, got 1000000."),
        (["--guidance-scale", "nan"], "Guidance must be a number, got nan."),
        (["--seed", "abc"], "Seed must be a whole number, got 'abc'."),
        (["--seed", str(2**64)], f"Seed must be from 0 to {2**53 - 1}, got {2**64}."),
        (["--style", "oill"], "Unknown style 'oill'."),
    ],
)
def test_B1_B7_a_wrong_value_is_answered_with_message_and_next_move(run, studio, flags, says):
    code, out, err = run("paint", "sea", *flags)
    assert (code, out, studio.opened) == (2, [], 0)
    assert says in err
    assert len(err.splitlines()) == 2


def test_C2_a_prompt_over_the_limit_is_refused(run, studio):
    code, _, err = run("paint", "x" * 100_000)
    assert (code, studio.opened) == (2, 0)
    assert "has 100,000 characters; the limit is 2,000." in err


def test_a_prompt_may_begin_with_a_dash(run, home):
    assert run("paint", "--seed", 1, "--", "-1 boat")[0] == 0
    assert read(pictures(home)[0]).recipe.prompt == "-1 boat"


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (UnknownName("sampler", "dpm++", ["ddim", "dpmpp_2m"]), 2),
        (QueueFull("Full.", hint="Wait.", seconds=3.0), 1),
        (ModelUnavailable("Not here.", hint="Get it."), 1),
    ],
)
def test_a_refusal_is_shown_with_its_hint(run, studio, refusal, code):
    studio.refusal = refusal
    assert run("paint", "sea") == (code, [], f"{refusal}\n{refusal.hint_text}\n")
    assert studio.closed == 1


def test_one_failed_picture_does_not_take_the_others_with_it(run, studio):
    studio.failing = {1: ModelUnavailable("Numbers went wrong.", hint="Try float32.")}
    code, out, err = run("paint", "sea", "--count", 3, "--seed", 7)
    assert code == 1
    assert [line.rpartition(" ")[2] for line in out] == ["7", "9"]
    assert "Picture 2: Numbers went wrong. Try float32." in err


def test_G1_a_home_that_cannot_be_written_is_named(run, home):
    home.write_text("a file")
    code, _, err = run("paint", "sea")
    assert code == 1
    assert f"Pictures cannot be kept in {home}: a file stands where the folder should be." in err


def test_a_wrong_setting_in_the_environment_is_named(run, monkeypatch):
    monkeypatch.setenv("STUDIO_PORT", "abc")
    code, _, err = run("paint", "sea")
    assert code == 1
    assert "STUDIO_PORT must be a number" in err


def test_away_from_a_terminal_progress_is_a_few_plain_lines(run):
    _, _, err = run("paint", "sea", "--count", 2, "--seed", 1)
    assert err.splitlines() == [
        "Loading Fake ...",
        "Ignored: a {brace}.",
        *[f"Picture 1 of 2: step {index} of 8" for index in (2, 4, 6, 8)],
        "Queued: 1 ahead.",
        *[f"Picture 2 of 2: step {index} of 8" for index in (2, 4, 6, 8)],
    ]


def test_on_a_terminal_progress_is_one_bar_over_all_pictures(run, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    code, out, err = run("paint", "sea", "--count", 2, "--seed", 1)
    assert code == 0
    assert [line.rpartition(" ")[2] for line in out] == ["1", "2"]
    assert "/16" in err


def test_a_fault_of_our_own_is_an_id_for_the_person_and_a_traceback_for_the_log(
    run, studio, caplog
):
    def fault(run, index):
        raise ZeroDivisionError("ours")

    studio.before_step = fault
    code, out, err = run("paint", "sea")
    assert (code, out) == (1, [])
    incident = re.search(r"Something broke on our side \(id ([0-9a-f]{6})\)", err)[1]
    assert "ZeroDivisionError" not in err
    (record,) = [record for record in caplog.records if record.name == "studio.cli"]
    assert incident in record.getMessage()
    assert record.exc_info[0] is ZeroDivisionError


def test_C3_words_the_model_does_not_know_are_named_and_painted_all_the_same(run, studio):
    studio.reading = Reading((("xylophone", ("telephone",)), ("zzz", ())), "", ())
    code, out, err = run("paint", "a xylophone zzz")
    assert (code, len(out)) == (0, 1)
    assert "The model does not know 'xylophone'. It knows: telephone.\n" in err
    assert "The model does not know 'zzz'.\n" in err


def test_C7_a_prompt_that_looks_like_an_access_key_is_warned_of(run, studio):
    studio.reading = Reading((), "", ("hf_abcde…",))
    assert (
        "looks like an access key and is kept with the picture: hf_abcde…" in run("paint", "x")[2]
    )


def test_ctrl_c_stops_the_run_and_keeps_what_exists(run, studio, home):
    def interrupt(run, index):
        if index == 4:
            signal.raise_signal(signal.SIGINT)
            assert run.cancelled.wait(10)

    studio.before_step = interrupt
    code, out, err = run("paint", "sea", "--seed", 7)
    (path,) = pictures(home)
    assert code == 130
    assert out == [f"{path}  seed 7  stopped after step 3 of 8"]
    assert "Stopping; what exists is kept." in err
    assert studio.closed == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_before_the_first_step_leaves_nothing(run, studio, home):
    def interrupt(run, index):
        signal.raise_signal(signal.SIGINT)
        assert run.cancelled.wait(10)

    studio.before_step = interrupt
    assert run("paint", "sea")[:2] == (130, [])
    assert pictures(home) == []


def test_a_second_ctrl_c_leaves_at_once(run, studio):
    def interrupt(run, index):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        threading.Event().wait(10)

    studio.before_step = interrupt
    assert run("paint", "sea")[:2] == (130, [])
    assert studio.closed == 1
