"""The live model's training: exact on what is known in a formula, resumable, and the file paints as the student did."""

from __future__ import annotations

import pytest
import torch

pytest.importorskip("accelerate", reason="accelerate is not installed")

from diffusers import DDIMScheduler

from studio.models import low_rank
from studio.training.budget import Budget
from studio.training.denoiser import Shape, new_denoiser, noise_schedule
from studio.training.distil import (
    Distillation,
    DistilRecipe,
    Lesson,
    Levels,
    Student,
    distil_loss,
    paint,
    teach,
)
from studio.training.latents import Bucket
from studio.training.tokenizer import build_tokenizer, encode

TINY = Shape(
    latent_channels=4,
    blocks=(8, 8, 8),
    heads=(2, 2, 2),
    text_width=16,
    text_layers=1,
    norm_groups=4,
)
RECIPE = DistilRecipe(Budget(steps=6), batch=4, rank=4, lessons=2, solver_steps=2)
SCHEDULE = noise_schedule()


class Answer:
    """What a UNet returns."""

    def __init__(self, sample: torch.Tensor) -> None:
        self.sample = sample


def one_picture(picture: torch.Tensor):
    """The teacher who knows a single picture: v = (alpha x - picture) / sigma, exact at every timestep."""

    def v(x, t, words):
        alpha_bar = SCHEDULE.alphas_cumprod[t.long()].view(-1, 1, 1, 1)
        return (alpha_bar.sqrt() * x - picture) / (1 - alpha_bar).sqrt()

    return v


def test_the_students_steps_are_ddims():
    scheduler = DDIMScheduler.from_config(SCHEDULE.config)
    scheduler.set_timesteps(4)
    levels = Levels(4)
    assert levels.timesteps.tolist() == [999, 749, 499, 249]
    x, v = torch.randn(2, 1, 4, 8, 8).unbind()
    for i, t in enumerate(scheduler.timesteps):
        after = scheduler.step(v, t, x).prev_sample
        index = torch.tensor([i])
        assert torch.allclose(levels.step(x, v, index), after, atol=1e-5)
        assert torch.allclose(levels.velocity(x, after, index), v, atol=1e-4)


def test_a_student_that_is_already_consistent_has_no_loss():
    """Where the teacher knows one picture, each of its ways is straight and the teacher is its own student."""
    picture, words = torch.randn(4, 8, 8), torch.zeros(3, 5, 16)
    v = one_picture(picture)
    x = torch.randn(3, 4, 8, 8)
    way = teach(
        lambda x, t, words: Answer(v(x, t.expand(len(x)), words)), x, words, words[:1], RECIPE
    )
    assert torch.allclose(way[-1], picture.expand(3, -1, -1, -1), atol=1e-4)
    lesson = Lesson(0, way, words)
    assert distil_loss(v, lesson, torch.arange(12), Levels(4)) < 1e-8
    late = Lesson(2, way[2:], words)
    assert distil_loss(v, late, torch.arange(6), Levels(4)) < 1e-8
    assert (
        distil_loss(lambda x, t, w: v(x, t, w) + 0.1, lesson, torch.arange(12), Levels(4)) > 0.009
    )
    assert torch.allclose(paint(v, x, words, Levels(4)), way[-1], atol=1e-4)


def test_the_teachers_guidance_is_in_the_targets():
    """Two pictures, one under the words and one without: the guided way ends beyond the first, away from the second."""
    told, untold = torch.full((4, 8, 8), 1.0), torch.full((4, 8, 8), 0.5)
    words, empty = torch.ones(2, 5, 16), torch.zeros(1, 5, 16)

    def unet(x, t, words):
        picture = torch.where(words.mean((1, 2))[:, None, None, None] > 0, told, untold)
        return Answer(one_picture(picture)(x, t.expand(len(x)), words))

    way = teach(unet, torch.randn(2, 4, 8, 8), words, empty, RECIPE)
    assert torch.allclose(way[-1], torch.full((2, 4, 8, 8), 2.0), atol=1e-4)


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(["a", "castle", "cat"], length=8)


def tiny_teacher(tokenizer):
    torch.manual_seed(0)
    teacher = new_denoiser(tokenizer, TINY)
    # New UNets answer zero; this one has something to teach.
    torch.nn.init.normal_(teacher.unet.conv_out.weight, std=0.2)
    return teacher


def run(tokenizer, folder, *stops, base="base", start=None):
    """Distil a tiny teacher, stopping and starting anew at these steps."""
    generator = torch.Generator().manual_seed(1)
    tokens = torch.from_numpy(encode(tokenizer, ["a castle", "a cat"] * 12)).reshape(12, 2, -1)
    latents = torch.randn(12, 4, 8, 8, generator=generator).half()
    bucket = Bucket(latents, tokens, torch.zeros(12, 8, 8).half())
    for stop in stops:
        teacher = tiny_teacher(tokenizer)
        training = Distillation(teacher, RECIPE, folder, base, torch.device("cpu"), start)

        @torch.no_grad()
        def read(tokens, teacher=teacher):
            return teacher.text_encoder(tokens).last_hidden_state

        empty = read(torch.from_numpy(encode(tokenizer, [""])).long())
        training.run([bucket], read, empty, stop_at=stop)
    return training


def test_a_resumed_distillation_gives_the_factors_of_an_uninterrupted_one(tokenizer, tmp_path):
    whole = run(tokenizer, tmp_path / "whole", 6)
    parts = run(tokenizer, tmp_path / "parts", 2, 3, 6)
    assert whole.step == parts.step == 6
    for mine, theirs in zip(whole.weights, parts.weights, strict=True):
        assert torch.equal(mine, theirs)
    for mine, theirs in zip(whole.averaged, parts.averaged, strict=True):
        assert torch.equal(mine, theirs)
    assert (tmp_path / "whole" / "distil-loss.png").stat().st_size > 0


def test_another_teacher_starts_from_the_earlier_student(tokenizer, tmp_path):
    first = run(tokenizer, tmp_path, 6)
    again = run(tokenizer, tmp_path, 0, base="another")
    assert again.step == 0 and not again.lessons
    for mine, theirs in zip(again.weights, first.averaged, strict=True):
        assert torch.equal(mine, theirs)
    elsewhere = run(tokenizer, tmp_path / "new", 0, start=first.learned())
    assert torch.equal(elsewhere.weights[0], first.averaged[0])


def test_an_untrained_student_is_its_teacher(tokenizer):
    teacher = tiny_teacher(tokenizer).requires_grad_(False)
    factors = low_rank.no_difference(teacher.unet, 4, torch.Generator().manual_seed(0))
    x, words = torch.randn(2, 4, 8, 8), torch.randn(2, 8, 16)
    t = torch.tensor([999, 249])
    with torch.autocast("cpu", torch.bfloat16):
        expected = teacher.unet(x, t, words).sample
    assert torch.equal(Student(teacher.unet, factors)(x, t, words), expected.float())
