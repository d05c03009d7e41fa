"""The judges: they learn, continue as if never stopped, and are not asked what has no answer."""

import numpy as np
import pytest
import torch

pytest.importorskip("cv2", reason="opencv-python-headless is not installed")

from studio.training.budget import Budget
from studio.training.data import Part, render_part
from studio.training.heldout import HELD_OUT, held_out
from studio.training.judge_data import FIRST_SEED, NAMES, NONE, Renders, labels_of, render
from studio.training.judge_training import JudgeRecipe, JudgeTraining, judge_loss, varied
from studio.training.judges import Panel, SceneJudge, TouchJudge, judged
from studio.world.facts import Facts, Item
from studio.world.sprites import font_path

SMALL = (16, 32, 32)
CPU = torch.device("cpu")
needs_font = pytest.mark.skipif(
    font_path() is None, reason="fonts-noto-color-emoji is not installed"
)


class Known:
    """Random pictures with random labels, in memory."""

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(5)
        self.labels = np.stack([rng.integers(len(n), size=count) for n in NAMES.values()], 1)
        coarse = rng.integers(0, 255, (count, 8, 8, 3), np.uint8)
        self._pictures = coarse.repeat(16, 1).repeat(16, 2)

    def __len__(self) -> int:
        return len(self._pictures)

    def pictures(self, rows):
        return self._pictures[rows]


def training(folder, steps, kind=SceneJudge, **values):
    torch.manual_seed(0)
    recipe = JudgeRecipe(Budget(steps=steps), **({"batch": 8, "warmup": 5} | values))
    return JudgeTraining(kind.__name__, kind(SMALL, 32), recipe, folder, CPU)


@pytest.mark.parametrize("kind", [SceneJudge, TouchJudge])
def test_a_resumed_judge_has_the_weights_of_an_uninterrupted_one(tmp_path, kind):
    known = Known(20)
    whole = training(tmp_path / "whole", 6, kind)
    whole.run(known)
    for stop in (2, 4, 6):
        parts = training(tmp_path / "parts", 6, kind)
        parts.run(known, stop_at=stop)
    states = [run.model.state_dict() for run in (whole, parts)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert (tmp_path / "parts" / f"{kind.__name__}-loss.png").stat().st_size > 0


def test_judges_learn_32_pictures_by_heart(tmp_path):
    known = Known(32)
    how = {"batch": 32, "vary": False, "peak_rate": 1e-2}
    runs = [training(tmp_path, 70, kind, **how) for kind in (SceneJudge, TouchJudge)]
    for run in runs:
        run.run(known)
    answers, features = judged(Panel(runs[0].model, runs[1].model), known.pictures(np.arange(32)))
    assert (answers == known.labels).mean(0).min() > 0.9
    assert features.shape == (32, 64)


def test_a_finished_judge_is_only_read_again(tmp_path):
    training(tmp_path, 2).run(Known(8))
    written = (tmp_path / "SceneJudge.pt").stat().st_mtime_ns
    again = training(tmp_path, 2)
    again.run(Known(8))
    assert again.step == 2 and (tmp_path / "SceneJudge.pt").stat().st_mtime_ns == written


def test_a_question_without_an_answer_does_not_count():
    torch.manual_seed(1)
    answers = {question: torch.randn(4, len(names)) for question, names in NAMES.items()}
    labels = torch.zeros(4, len(NAMES), dtype=torch.long)
    labels[2:, 1] = NONE
    first = judge_loss(answers, labels)
    answers["place"][2:] += 100 * torch.randn(2, len(NAMES["place"]))
    assert torch.equal(judge_loss(answers, labels), first)
    assert torch.isfinite(judge_loss(answers, torch.full_like(labels, NONE)))


def test_labels_name_only_what_has_one_answer():
    style, place, time, subject = labels_of(Facts("sea", "night", (Item("lighthouse", 2),)))
    assert NAMES["place"][place] == "sea" and NAMES["time"][time] == "night"
    assert NAMES["style"][style] == "digital painting"
    assert NAMES["subject"][subject] == "lighthouse"
    two = labels_of(Facts("table", items=(Item("apple"), Item("pear"))))
    assert two[2:] == (NONE, NONE)
    assert labels_of(Facts("abstract"))[2:] == (NONE, NONE)


def test_variations_are_mild_and_follow_from_the_generator():
    pictures = np.full((16, 128, 128, 3), 128, np.uint8)
    judge = SceneJudge(SMALL, 32)
    first, second = (varied(judge, pictures, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second) and first.shape == (16, 3, 84, 84)
    assert first.float().abs().max() < 0.4
    assert first.float().std() > 0.01


@needs_font
def test_judges_see_every_subject_and_nothing_that_is_held_out(tmp_path, monkeypatch):
    monkeypatch.setattr("studio.training.heldout.ONE_IN", 3)
    monkeypatch.setattr("studio.training.judge_data.SUBJECTS", judge_subjects())
    render(tmp_path, 9, workers=0)
    renders = Renders([tmp_path])
    assert 0 < len(renders) < 9
    assert {fact.items[0].name for fact in renders.facts} <= {"cat", "castle", "apple"}
    assert not any(held_out(fact) for fact in renders.facts)
    assert renders.pictures(np.array([0, len(renders) - 1])).shape == (2, 256, 256, 3)


@needs_font
def test_held_out_combinations_that_were_rendered_before_are_left_out(tmp_path, monkeypatch):
    (tmp_path / "64x64").mkdir()
    render_part((tmp_path, Part((64, 64), 0, 20)))
    everything = len(Renders([tmp_path]))
    monkeypatch.setattr("studio.training.heldout.ONE_IN", 2)
    assert len(Renders([tmp_path])) < everything


def test_judges_seeds_are_their_own():
    assert FIRST_SEED >= 1000 * 800_000 and FIRST_SEED + 10_000_000 < HELD_OUT


def test_without_renders_the_error_says_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="render stage"):
        Renders([tmp_path])


def judge_subjects():
    from studio.world.words import SUBJECTS

    return tuple(one for one in SUBJECTS if one.name in {"cat", "castle", "apple"})
