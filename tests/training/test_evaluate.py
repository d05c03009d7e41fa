"""The evaluation: its figures against closed forms, its exercises, and the document that must be about the weights at hand."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("cv2", reason="opencv-python-headless is not installed")

import cv2

from studio.training.evaluate import SHEETS, Kept, main
from studio.training.evaluation_report import document, falling, gap, ordinary, rows, table
from studio.training.exercises import (
    ARTIST_PROMPTS,
    PLAIN,
    combinations,
    labels,
    scenery,
    starts,
    with_subject,
)
from studio.training.figures import (
    Share,
    agreeing,
    edge_agreement,
    kid,
    kid_with_error,
    nearest,
)
from studio.training.heldout import HELD_OUT, combination_held_out
from studio.training.judge_data import NAMES, NONE
from studio.training.measures import chosen, mean_share, shares
from studio.training.painting import BATCH, Settings, from_pictures, from_words
from studio.training.plots import save_small, tiled
from studio.world.sprites import font_path
from studio.world.words import SUBJECTS
from tests.fakes import FakeModel

ROOT = Path(__file__).parents[2]
needs_font = pytest.mark.skipif(
    font_path() is None, reason="fonts-noto-color-emoji is not installed"
)


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(8, 10, 49.02, 94.33), (0, 10, 0.0, 27.75), (10, 10, 72.25, 100.0), (450, 500, 87.06, 92.34)],
)
def test_wilsons_interval_has_its_known_values(right, total, low, high):
    assert Share(right, total).interval == pytest.approx((low, high), abs=0.01)


def test_a_share_of_nothing_says_nothing():
    assert math.isnan(Share(0, 0).percent) and Share(0, 0).interval == (0.0, 100.0)
    assert Share(1, 2) + Share(2, 2) == Share(3, 4)


def test_answers_without_a_question_are_not_counted():
    answers, truth = np.array([1, 2, 3, 4]), np.array([1, NONE, 0, NONE])
    assert agreeing(answers, truth, NONE) == Share(1, 2)


def test_kid_is_its_double_sum():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(4, 3)) + 0.5

    def k(a, b):
        return (float(a @ b) / 3 + 1) ** 3

    inside = [
        np.mean([k(z[i], z[j]) for i in range(len(z)) for j in range(len(z)) if i != j])
        for z in (x, y)
    ]
    across = np.mean([k(a, b) for a in x for b in y])
    assert kid(x, y) == pytest.approx(sum(inside) - 2 * across, rel=1e-9)


def test_kid_of_one_distribution_is_zero_in_the_mean_and_grows_with_distance():
    rng = np.random.default_rng(1)

    def between(shift):
        return np.mean(
            [kid(rng.normal(size=(60, 4)), rng.normal(size=(60, 4)) + shift) for _ in range(80)]
        )

    assert abs(between(0.0)) < 0.02
    assert between(0.0) < 0.1 < between(0.5) < between(1.0)


def test_kid_of_shifted_gaussians_is_its_closed_form():
    """For N(1, 1) and N(0, 1): E k(x, x') = 32, E k(y, y') = 4, E k(x, y) = 7 by their moments."""
    rng = np.random.default_rng(2)
    draws = [kid(rng.normal(1, 1, (800, 1)), rng.normal(0, 1, (800, 1))) for _ in range(12)]
    assert np.mean(draws) == pytest.approx(32 + 4 - 2 * 7, abs=1.5)


def test_kids_error_shrinks_with_more_pictures():
    rng = np.random.default_rng(3)
    few, many = (
        kid_with_error(rng.normal(size=(n, 4)), rng.normal(size=(n, 4)))[1] for n in (20, 400)
    )
    assert 0 < many < few / 3


def test_the_nearest_is_found_by_angle():
    known = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], np.float32)
    found, distances = nearest(np.array([[3.0, 0.1], [5.0, 5.0]], np.float32), known, block=1)
    assert found.tolist() == [0, 2]
    assert distances[1] == pytest.approx(0, abs=1e-6) and 0 < distances[0] < 0.01


def shapes(seed=0):
    rng = np.random.default_rng(seed)
    picture = np.full((96, 96, 3), 120, np.uint8)
    for _ in range(6):
        centre = tuple(int(v) for v in rng.integers(10, 86, 2))
        colour = tuple(int(v) for v in rng.integers(60, 180, 3))
        cv2.circle(picture, centre, int(rng.integers(5, 20)), colour, -1)
    return picture


def test_edges_agree_with_themselves_whatever_the_brightness():
    picture = shapes()
    assert edge_agreement(picture, picture) == pytest.approx(1)
    assert edge_agreement(picture, picture + 30) == pytest.approx(1)
    assert edge_agreement(picture, 255 - picture) > 0.99
    assert edge_agreement(picture, np.full_like(picture, 9)) == 0


def test_edges_agree_less_the_further_a_picture_is():
    picture = shapes()
    shifted = [edge_agreement(picture, np.roll(picture, by, axis=1)) for by in (0, 1, 3, 8)]
    assert shifted == sorted(shifted, reverse=True) and shifted[-1] < 0.6
    others = [edge_agreement(picture, shapes(seed)) for seed in range(1, 9)]
    assert abs(np.mean(others)) < 0.3


def test_shares_are_counted_by_question():
    truth = np.array([[0, 0, 0, 0], [1, 1, NONE, NONE]])
    answers = np.array([[0, 0, 1, 0], [1, 0, 0, 0]])
    counted = shares(answers, truth)
    assert counted == {"style": [2, 2], "place": [1, 2], "time": [0, 1], "subject": [1, 1]}
    assert mean_share(counted) == pytest.approx((100 + 50 + 0 + 100) / 4)


def test_kid_decides_between_settings_that_are_as_good():
    tries = [
        {"mean": 80.0, "kid": [0.5, 0.1]},
        {"mean": 79.5, "kid": [0.2, 0.1]},
        {"mean": 78.0, "kid": [0.1, 0.1]},
    ]
    assert chosen(tries) is tries[1]


def test_exercises_are_held_out_or_not_as_asked():
    for unseen in (False, True):
        drawn = combinations(unseen, 300)
        assert all(combination_held_out(*combination) == unseen for combination in drawn)
        assert drawn == combinations(unseen, 300)
    subjects = [subject for subject, _, _ in combinations(False, 2 * len(SUBJECTS))]
    assert all(subjects.count(subject.name) == 2 for subject in SUBJECTS)


@needs_font
def test_an_exercise_says_what_its_render_shows():
    [first, *_] = [*with_subject(True, 3), *scenery(1)]
    assert first.seed > HELD_OUT and first.facts.items[0].name in first.prompt
    assert first.render.shape == (256, 256, 3)
    truth = labels([first, *scenery(2)])
    assert truth[0, 3] != NONE and (truth[1:, 3] == NONE).all()
    [other] = with_subject(True, 1, again=True)
    assert (other.facts.items[0].name, other.facts.style) == (
        first.facts.items[0].name,
        first.facts.style,
    )
    assert other.seed != first.seed


@needs_font
def test_a_start_is_the_same_scene_in_another_style():
    [start] = starts(1)
    assert start.exercise.facts.style != PLAIN
    assert edge_agreement(start.plain, start.repainted) > 0.4
    assert not np.array_equal(start.plain, start.repainted)


def test_an_artist_types_64_different_prompts():
    assert len(set(ARTIST_PROMPTS)) == 64


def test_a_picture_does_not_depend_on_its_company():
    settings = Settings(3, 3.0, "dpmpp_2m", 64, 64)
    prompts = [f"a {'very ' * i}red fox" for i in range(BATCH + 2)]
    together = from_words(FakeModel(), prompts, range(len(prompts)), settings)
    for i in (0, 1, BATCH, BATCH + 1):
        [alone] = from_words(FakeModel(), [prompts[i]], [i], settings)
        assert np.array_equal(alone, together[i])
    assert not np.array_equal(together[0], together[1])


def test_jobs_walk_in_step():
    model = FakeModel()
    from_words(model, ["a fox"] * 3, range(3), Settings(4, 3.0, "dpmpp_2m", 64, 64))
    assert model.passes == [6] * 4
    assert len(model.encoded) == 2
    from_words(model, ["a fox"] * 3, range(3), Settings(4, 1.0, "dpmpp_2m", 64, 64))
    assert model.passes[4:] == [3] * 4


def test_stylising_keeps_less_the_stronger_it_is():
    settings = Settings(10, 3.0, "ddim", 64, 64)
    source = np.full((64, 64, 3), 200, np.uint8)
    model, counts = FakeModel(), []
    for strength in (0.2, 0.8):
        from_pictures(model, [source], ["a fox"], [1], settings, strength)
        counts.append(len(model.passes))
    assert counts == [2, 2 + 8]


def test_a_sheet_is_small_on_disk(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (16, 128, 128, 3), np.uint8)
    sheet = tiled(noise, 4, 128)
    assert sheet.size == (512, 512)
    save_small(tmp_path / "sheet.png", sheet, limit=60_000)
    assert (tmp_path / "sheet.png").stat().st_size <= 60_000
    Image.open(tmp_path / "sheet.png").verify()


def test_finished_parts_are_kept_until_something_else_is_asked(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"x": len(made)}

    file = tmp_path / "results.json"
    assert Kept(file).part("a", [1, (2, 3)], make) == {"x": 1}
    assert Kept(file).part("a", [1, (2, 3)], make) == {"x": 1}
    assert Kept(file).part("a", [2, (2, 3)], make) == {"x": 2}


def results():
    """Numbers that do not repeat, so that each can be looked for in the document."""

    def counted(first):
        return {question: [first + 10 * i, 1000] for i, question in enumerate(NAMES)}

    def attempt(sampler, mean):
        return {
            "sampler": sampler, "steps": 13, "guidance_scale": 2.5, "passes": 13,
            "shares": counted(int(mean)), "mean": mean, "kid": [0.0123, 0.0004],
        }  # fmt: skip

    kinds = [
        f"{group}: {kind}"
        for group in ("in training", "held out", "scenery")
        for kind in ("render", "round trip")
    ]
    return {
        "weights": "0123456789abcdef", "settings": "dpmpp_2m, 20 steps, guidance 3", "pictures": 1000,
        "judge": {"renders": 4321, "steps": {"scene": 765, "touch": 543}, "batch": 64},
        "recognised": {
            "judge": {kind: counted(901 + 3 * i) for i, kind in enumerate(kinds)},
            "samples": {"in training": counted(801), "held out": counted(704), "scenery": counted(855)},
            "styles": {"mosaic": [1, 4]}, "places": {"sea": [2, 4]}, "times": {"fog": [3, 4]},
            "subjects": {"cat": [5, 7]},
            "kid": {"renders": [0.0001, 0.0002], "round trips": [0.0031, 0.0005], "samples": [0.0457, 0.0009]},
        },
        "neighbours": {"count": 100, "known": 9876, "samples": 0.234, "renders": 0.345},
        "stylise": {
            "points": [{"strength": 0.3, "edges": 0.91, **counted(311)}, {"strength": 0.8, "edges": 0.42, **counted(777)}],
            "round trip": 0.98, "strangers": 0.13, "painters": {"edges": 0.76, "style": [990, 1000]},
        },
        "sweep": {
            "tries": [attempt("euler", 61.7), attempt("unipc", 62.9)],
            "chosen": {"sampler": "unipc", "steps": 13, "guidance_scale": 2.5},
        },
        "artist": {"prompts": ["a blue fox", "lighthouse"]},
    }  # fmt: skip


def test_the_document_has_every_figure():
    text = document(results())
    for figure in (
        "0123456789abcdef", "dpmpp_2m, 20 steps, guidance 3", "4321", "765", "543",
        "82.8", "9.7 points lower", "80.1", "70.4", "85.5", "90.1", "91.6", "mosaic 25", "sea 50", "fog 75", "cat 5/7",
        "45.70", "3.10", "0.10", "0.234", "0.345", "9876", "0.91", "0.42", "31.1", "77.7", "0.98", "0.13", "0.76",
        "61.7", "62.9", "12.30", "unipc, 13 steps, guidance 2.5", "1. lighthouse",
        *(f"({name}.png)" for name in SHEETS),
    ):  # fmt: skip
        assert figure in text, figure
    for goal in (">= 95 %", ">= 90 %", ">= 70 %", "<= 5 points lower", "monotone"):
        assert goal in text
    assert not re.search(r"\bnan\b", text)


def test_the_table_for_the_terminal_begins_with_the_judges():
    text = table(results())
    assert text.index("judges themselves") < text.index("style, 16 ways") < text.index("chosen")
    assert len(rows(results())) == 2 * len(NAMES) + 2


def test_gaps_are_between_combinations_alone():
    found = results()
    assert gap(found, "style") == pytest.approx(9.7)
    assert ordinary(found)["style"] == [801 + 855, 2000]
    assert falling([3, 2, 2]) and not falling([3, 1, 2])


@pytest.mark.slow
@needs_font
def test_quick_runs_every_part(tmp_path):
    from studio.training.data import Part, render_part

    (tmp_path / "render" / "256x256").mkdir(parents=True)
    render_part((tmp_path / "render", Part((256, 256), 0, 12)))
    out = tmp_path / "docs" / "palette-evaluation.md"
    arguments = ["--quick", "--sweep", "--data", str(tmp_path), "--out", str(out)]
    main([*arguments, "--model", str(ROOT / "assets" / "models" / "palette")])
    text = out.read_text("utf-8")
    for title in ("The judges themselves", "Nearest", "Stylise", "sampler", "artist"):
        assert title in text
    assert all((out.parent / f"{name}.png").stat().st_size for name in SHEETS)
    assert (tmp_path / "judges" / "scene-loss.png").exists()
