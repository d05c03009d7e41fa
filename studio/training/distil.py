"""Distilling palette into four steps with guidance inside: the live model, stored as low-rank differences of the UNet.

The student goes in one pass, without guidance, where the guided teacher's solver goes in several: from x_t at each of the four
timesteps DDIM asks at (999, 749, 499, 249) to the teacher's x_s at the next. That is the last round of progressive distillation
(Salimans & Ho 2022, arXiv:2202.00512) of a guided model (Meng et al. 2023, arXiv:2210.03142), taken at once. Targets are exact
solutions, not the student's own guesses as in consistency distillation, so few steps of training do; and nothing is drawn on the
way, so a seed gives the live picture the composition that it gives the full one.

The student stays a v-prediction UNet; a DDIM step is linear in v:
    x_s = (alpha_s alpha_t + sigma_s sigma_t) x_t + (sigma_s alpha_t - alpha_s sigma_t) v.
Noise and captions suffice for the teacher's way from the start; a share of the ways begins late, from a noised training latent,
as stylising and inpainting do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, UNet2DConditionModel
from torch import Tensor, nn
from tqdm import tqdm

from studio.models import low_rank
from studio.training import checkpoints
from studio.training.budget import Budget, learning_rate
from studio.training.denoiser import Denoiser, average, noise_schedule
from studio.training.latents import Bucket
from studio.training.sheets import save_curve


@dataclass(frozen=True, slots=True)
class DistilRecipe:
    """How to distil.

    Attributes:
        budget: When to stop.
        guidance: Guidance scale of the teacher, which the student then has inside.
        steps: Steps of the student.
        solver_steps: Steps of the teacher's solver (DPM++ 2M) for one of the student's.
        rank: Largest rank of a layer's difference.
        batch: Pairs in a training step, and ways in a lesson.
        uses: How often a pair is learned from, on average; teaching costs as much as learning from it twice.
        lessons: Lessons kept at a time.
        late: Share of lessons that begin from a noised training latent.
        wordless: Share of empty captions.
        peak_rate: Highest learning rate.
        checkpoint_minutes: Time between checkpoints.
        seed: Of captions, noise and order.
    """

    budget: Budget
    guidance: float = 3.0
    steps: int = 4
    solver_steps: int = 3
    rank: int = 64
    batch: int = 32
    uses: int = 3
    lessons: int = 6
    late: float = 0.25
    wordless: float = 0.05
    peak_rate: float = 1e-3
    checkpoint_minutes: float = 3.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Lesson:
    """Ways the teacher went.

    Attributes:
        first: Index of the student's step the ways begin with.
        way: x before each of the student's steps from there on, and the last clean x: (steps - first + 1, N, C, h, w) float16.
        words: What the text encoder makes of the captions (N, length, width), float16.
    """

    first: int
    way: Tensor
    words: Tensor


class Levels:
    """The student's timesteps, and how DDIM goes from each to the next."""

    def __init__(self, steps: int, device: torch.device | str = "cpu") -> None:
        """The timesteps of so many steps, as the studio's DDIM chooses them for this noise schedule."""
        schedule: DDIMScheduler = noise_schedule()
        schedule.set_timesteps(steps)
        self.timesteps: Tensor = schedule.timesteps.to(device)
        alpha_bar = schedule.alphas_cumprod[schedule.timesteps].double()
        alpha_bar = torch.cat([alpha_bar, alpha_bar.new_ones(1)])
        alpha, sigma = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
        self.alpha, self.sigma = alpha.float().to(device), sigma.float().to(device)
        self._keep = (alpha[1:] * alpha[:-1] + sigma[1:] * sigma[:-1]).float().to(device)
        self._turn = (sigma[1:] * alpha[:-1] - alpha[1:] * sigma[:-1]).float().to(device)

    def step(self, x: Tensor, v: Tensor, index: Tensor) -> Tensor:
        """x (B, C, h, w) after the steps of these indices (B,)."""
        keep, turn = (c[index].view(-1, 1, 1, 1) for c in (self._keep, self._turn))
        return keep * x + turn * v

    def velocity(self, x: Tensor, after: Tensor, index: Tensor) -> Tensor:
        """The v with which the steps of these indices lead from x to `after`."""
        keep, turn = (c[index].view(-1, 1, 1, 1) for c in (self._keep, self._turn))
        return (after - keep * x) / turn


@torch.no_grad()
def teach(
    unet: nn.Module, x: Tensor, words: Tensor, empty: Tensor, recipe: DistilRecipe, first: int = 0
) -> Tensor:
    """The guided teacher's way from x at the student's step `first` to the clean latent.

    Args:
        x: (N, C, h, w).
        words: Of each row (N, length, width).
        empty: The empty caption's, (1, length, width).

    Returns: x before each of the student's steps from there on, and the clean one, (steps - first + 1, N, C, h, w).
    """
    solver = DPMSolverMultistepScheduler.from_config(noise_schedule().config)
    solver.set_timesteps(recipe.steps * recipe.solver_steps, device=x.device)
    solver.set_begin_index(first * recipe.solver_steps)
    both = torch.cat([words, empty.expand_as(words)])
    way = [x]
    for i, t in enumerate(solver.timesteps[first * recipe.solver_steps :]):
        rows = torch.cat([x, x]).contiguous(memory_format=torch.channels_last)
        with torch.autocast(x.device.type, torch.bfloat16):
            v = unet(rows, t, both).sample
        told, untold = v.float().chunk(2)
        x = solver.step(untold + recipe.guidance * (told - untold), t, x).prev_sample
        if (i + 1) % recipe.solver_steps == 0:
            way.append(x)
    return torch.stack(way)


class Student(nn.Module):
    """The teacher's UNet, unchanged, and the factors of the differences that are learned."""

    def __init__(self, unet: UNet2DConditionModel, factors: low_rank.Factors) -> None:
        super().__init__()
        self.unet = unet
        self.names = list(factors)
        self.a = nn.ParameterList(a for a, _ in factors.values())
        self.b = nn.ParameterList(b for _, b in factors.values())

    @property
    def factors(self) -> low_rank.Factors:
        """Layer name -> A and B."""
        return dict(zip(self.names, zip(self.a, self.b, strict=True), strict=True))

    def forward(self, x: Tensor, timesteps: Tensor, words: Tensor) -> Tensor:
        """Predict v (B, C, h, w) at timesteps (B,) with every layer's difference added."""
        weights = {}
        for name, (a, b) in self.factors.items():
            weight = self.unet.get_submodule(name).weight
            weights[f"{name}.weight"] = weight + low_rank.difference(a, b, weight)
        rows = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast(x.device.type, torch.bfloat16):
            v: Tensor = torch.func.functional_call(
                self.unet, weights, (rows, timesteps, words)
            ).sample
        return v.float()


@torch.no_grad()
def paint(
    model: Callable[[Tensor, Tensor, Tensor], Tensor], x: Tensor, words: Tensor, levels: Levels
) -> Tensor:
    """The clean latents a student makes of noise x (N, C, h, w), one pass for each of these levels."""
    for i, t in enumerate(levels.timesteps):
        index = torch.full((len(x),), i, device=x.device)
        x = levels.step(x, model(x, t.expand(len(x)), words), index)
    return x


def distil_loss(
    model: Callable[[Tensor, Tensor, Tensor], Tensor],
    lesson: Lesson,
    pairs: Tensor,
    levels: Levels,
) -> Tensor:
    """Mean squared error of v on pairs of a lesson.

    Args:
        model: x (B, C, h, w), timesteps (B,) and words to v.
        lesson: Where from and where to.
        pairs: Which, (B,): step times N plus row.
        levels: The student's steps.
    """
    rows = lesson.way.shape[1]
    step, row = pairs // rows, pairs % rows
    x, after = lesson.way[step, row].float(), lesson.way[step + 1, row].float()
    index = step + lesson.first
    v = model(x, levels.timesteps[index], lesson.words[row].float())
    return F.mse_loss(v, levels.velocity(x, after, index))


class Distillation:
    """One resumable distillation.

    Attributes:
        student: The teacher with the factors in training (float32).
        averaged: Running average of the factors; what is exported.
        step: Training steps done.
        seconds: Time spent, over all runs.
        curve: (step, loss) points, smoothed over 20 steps.
    """

    def __init__(
        self,
        teacher: Denoiser,
        recipe: DistilRecipe,
        folder: Path,
        base: str,
        device: torch.device,
        start: low_rank.Factors | None = None,
    ) -> None:
        """Take up the checkpoint in `folder` if it is of this teacher; of another one, start from its factors.

        Args:
            base: Fingerprint of the teacher's UNet.
            start: Factors of an earlier student to start from where there is no checkpoint.
        """
        self.recipe, self.folder, self.base, self.device = recipe, folder, base, device
        self.teacher = teacher.to(device).eval().requires_grad_(False)
        self.teacher.unet.to(memory_format=torch.channels_last)
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        fresh = torch.Generator().manual_seed(recipe.seed)
        self.student = Student(
            teacher.unet, low_rank.no_difference(teacher.unet, recipe.rank, fresh)
        ).to(device)
        self.weights = [*self.student.a, *self.student.b]
        self.averaged = [weight.detach().clone() for weight in self.weights]
        self.optimizer = torch.optim.AdamW(
            self.weights, recipe.peak_rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True
        )
        self.levels = Levels(recipe.steps, device)
        self.lessons: list[Lesson] = []
        self.step, self.taught, self.seconds = 0, 0, 0.0
        self.curve: list[tuple[float, float]] = []
        self._resume(start)

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self.folder / "distil.pt"

    def _resume(self, start: low_rank.Factors | None) -> None:
        state = checkpoints.load(self.checkpoint)
        if state is None or state["base"] != self.base:
            self._begin_with(start if state is None else dict(state["factors"]))
            return
        with torch.no_grad():
            for weight, mean, kept in zip(
                self.weights, self.averaged, state["weights"], strict=True
            ):
                weight.copy_(kept[0])
                mean.copy_(kept[1])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.lessons = [
            Lesson(first, way.to(self.device), words.to(self.device))
            for first, way, words in state["lessons"]
        ]
        self.step, self.taught, self.seconds = state["step"], state["taught"], state["seconds"]
        self.curve = [(a, b) for a, b in state["curve"]]

    @torch.no_grad()
    def _begin_with(self, factors: low_rank.Factors | None) -> None:
        """Take over the factors of an earlier student, layer by layer where they fit."""
        for name, mine in self.student.factors.items():
            theirs = (factors or {}).get(name)
            if theirs is not None and all(
                a.shape == b.shape for a, b in zip(mine, theirs, strict=True)
            ):
                for weight, value in zip(mine, theirs, strict=True):
                    weight.copy_(value)
        for mean, weight in zip(self.averaged, self.weights, strict=True):
            mean.copy_(weight)

    def save(self) -> None:
        """Write the checkpoint and the loss curve."""
        state: dict[str, Any] = {
            "base": self.base,
            "factors": [[name, list(pair)] for name, pair in self.learned().items()],
            "weights": [
                [weight.detach(), mean]
                for weight, mean in zip(self.weights, self.averaged, strict=True)
            ],
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "lessons": [[lesson.first, lesson.way, lesson.words] for lesson in self.lessons],
            "step": self.step,
            "taught": self.taught,
            "seconds": self.seconds,
            "curve": [list(point) for point in self.curve],
        }
        checkpoints.save(self.checkpoint, state)
        save_curve(self.folder / "distil-loss.png", self.curve, "distil: v loss")

    def learned(self) -> low_rank.Factors:
        """The averaged factors."""
        half = len(self.student.names)
        pairs = zip(self.averaged[:half], self.averaged[half:], strict=True)
        return dict(zip(self.student.names, pairs, strict=True))

    def averaged_student(self) -> Student:
        """A student with the averaged factors."""
        copies = {name: (a.clone(), b.clone()) for name, (a, b) in self.learned().items()}
        return Student(self.teacher.unet, copies).eval()

    def run(
        self,
        buckets: list[Bucket],
        read: Callable[[Tensor], Tensor],
        empty: Tensor,
        on_checkpoint: Callable[[Distillation], None] | None = None,
        stop_at: int | None = None,
    ) -> None:
        """Train until the budget is spent, or to step `stop_at`, to be continued another time.

        Args:
            buckets: Captions and latents.
            read: From token ids (N, length) of a bucket to words (N, length, width).
            empty: Words of the empty caption (1, length, width).
            on_checkpoint: Called with this object after each checkpoint.
            stop_at: Step to stop at early; the schedule stays the budget's.
        """
        recipe, recent, before = self.recipe, [], self.seconds
        started = saved = time.monotonic()
        bar = tqdm(
            desc="distil", unit="step", initial=self.step, total=recipe.budget.steps, mininterval=5
        )
        while (progress := recipe.budget.progress(self.step, self.seconds)) < 1:
            if self.step == stop_at:
                break
            if self.step * recipe.batch >= self.taught * recipe.uses:
                self._teach(buckets, read, empty)
            recent.append(self._train_step(progress))
            self.seconds = before + time.monotonic() - started
            if self.step % 20 == 0:
                self.curve.append((self.step, float(torch.stack(recent).mean())))
                recent = []
                bar.update(self.step - bar.n)
                bar.set_postfix(loss=f"{self.curve[-1][1]:.4f}", spent=f"{progress:.0%}")
            if time.monotonic() - saved > recipe.checkpoint_minutes * 60:
                self.save()
                if on_checkpoint is not None:
                    on_checkpoint(self)
                saved = time.monotonic()
        self.save()
        if on_checkpoint is not None:
            on_checkpoint(self)

    def _teach(
        self, buckets: list[Bucket], read: Callable[[Tensor], Tensor], empty: Tensor
    ) -> None:
        """One more lesson; the oldest goes."""
        recipe, random, device = self.recipe, self.generator, self.device
        counts = torch.tensor([float(len(bucket.latents)) for bucket in buckets], device=device)
        bucket = buckets[int(torch.multinomial(counts, 1, generator=random))]
        shape = (recipe.batch,)
        rows = torch.randint(len(bucket.latents), shape, generator=random, device=device)
        wording = torch.randint(bucket.tokens.shape[1], shape, generator=random, device=device)
        words = read(bucket.tokens[rows, wording].long())
        bare = torch.rand(shape, generator=random, device=device) < recipe.wordless
        words = torch.where(bare[:, None, None], empty, words)
        x0 = bucket.latents[rows].float()
        x = torch.randn(x0.shape, generator=random, device=device)
        first = 0
        if float(torch.rand(1, generator=random, device=device)) < recipe.late:
            first = int(torch.randint(1, recipe.steps, (1,), generator=random, device=device))
            x = self.levels.alpha[first] * x0 + self.levels.sigma[first] * x
        way = teach(self.teacher.unet, x, words, empty, recipe, first)
        self.lessons = [
            *self.lessons[1 - recipe.lessons :],
            Lesson(first, way.half(), words.half()),
        ]
        self.taught += (recipe.steps - first) * recipe.batch

    def _train_step(self, progress: float) -> Tensor:
        """One optimiser step; returns the loss."""
        random, device = self.generator, self.device
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.recipe.peak_rate, self.step, progress, warmup=20)
        sizes = [float((len(one.way) - 1) * one.way.shape[1]) for one in self.lessons]
        which = torch.multinomial(torch.tensor(sizes, device=device), 1, generator=random)
        lesson = self.lessons[int(which)]
        count = (len(lesson.way) - 1) * lesson.way.shape[1]
        pairs = torch.randperm(count, generator=random, device=device)[: self.recipe.batch]
        loss = distil_loss(self.student, lesson, pairs, self.levels)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        average(self.averaged, [weight.detach() for weight in self.weights], self.step)
        return loss.detach()
