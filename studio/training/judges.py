"""The judge: one small network that names style, place, time of day and subject of a picture.

It has seen renders of the painted world only, mirrored and mildly blurred, coloured and noised, so that it looks at what is
painted and not at how crisp a decoder is. Where a picture has no single answer (a sea without a boat has no subject), that
question is left out of the loss. Its last features, before the four answers, measure distances between pictures.

A residual network (He et al. 2016, arXiv:1512.03385) that looks at pictures at three quarters of their size in patches of 8x8
pixels: 256 pixels become 24x24 cells at once, which makes it quick enough to train on one processor core.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from studio.training import checkpoints
from studio.training.budget import Budget, learning_rate
from studio.training.judge_data import NAMES, NONE, Renders
from studio.training.sheets import save_curve

WIDTHS = (48, 96, 192)
FEATURES = 192
VIEW = 0.75  # Size at which the judge looks at a picture.


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut; `stride` 2 halves the picture."""

    def __init__(self, channels: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(out)
        self.second = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(out)
        same = channels == out and stride == 1
        pool = nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
        narrow = nn.Conv2d(channels, out, 1, bias=False)
        self.shortcut = nn.Identity() if same else nn.Sequential(pool, narrow)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) to (B, out, h / stride, w / stride)."""
        y = F.relu(self.first_norm(self.first(x)))
        return F.relu(self.second_norm(self.second(y)) + self.shortcut(x))


class Judge(nn.Module):
    """Pixels (B, 3, H, W) in [-1, 1] to answers; H and W are multiples of 4."""

    def __init__(self, widths: tuple[int, int, int] = WIDTHS, features: int = FEATURES) -> None:
        super().__init__()
        a, b, c = widths
        self.body = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, a, 3, 2, 1, bias=False), nn.BatchNorm2d(a), nn.ReLU(),
            Residual(a, a), Residual(a, b, 2), Residual(b, b), Residual(b, c, 2), Residual(c, c),
        )  # fmt: skip
        self.neck = nn.Sequential(nn.Linear(2 * c, features), nn.BatchNorm1d(features), nn.ReLU())
        self.heads = nn.ModuleDict(
            {question: nn.Linear(features, len(names)) for question, names in NAMES.items()}
        )

    def features(self, pixels: Tensor) -> Tensor:
        """What the answers are drawn from, (B, features): averages and maxima over the picture, mixed."""
        cells = self.body(pixels)
        pooled: Tensor = self.neck(torch.cat([cells.mean((2, 3)), cells.amax((2, 3))], 1))
        return pooled

    def answers(self, features: Tensor) -> dict[str, Tensor]:
        """Logits (B, names) for each question in `NAMES`."""
        return {question: head(features) for question, head in self.heads.items()}

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """Logits (B, names) for each question in `NAMES`."""
        return self.answers(self.features(pixels))


def view(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (B, H, W, 3) at `VIEW` of their size, whole pixels averaged."""
    return np.stack(
        [cv2.resize(one, None, fx=VIEW, fy=VIEW, interpolation=cv2.INTER_AREA) for one in pictures]
    ).astype(np.uint8, copy=False)


def to_pixels(pictures: NDArray[np.uint8], device: torch.device) -> Tensor:
    """uint8 (B, H, W, 3) to what the judge reads, (B, 3, 3/4 H, 3/4 W) in [-1, 1]."""
    x = torch.from_numpy(view(pictures)).to(device).permute(0, 3, 1, 2)
    return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def varied(pictures: NDArray[np.uint8], generator: torch.Generator) -> Tensor:
    """A batch for training: a window of seven eighths, mirrored, recoloured, noised; every eighth one slightly blurred.

    Args:
        pictures: uint8 (B, H, W, 3), in random order.
        generator: Decides everything; on the device wanted.

    Returns: what the judge reads, (B, 3, 21/32 H, 21/32 W), about [-1, 1]; bfloat16, which is all that the network needs.
    """

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=generator.device)

    count, height, width, _ = pictures.shape
    top, left = int(draw() * (height // 8 + 1)), int(draw() * (width // 8 + 1))
    window = view(pictures[:, top : top + height * 7 // 8, left : left + width * 7 // 8])
    flipped = (draw(count) < 0.5).cpu().numpy()
    window[flipped] = window[flipped, :, ::-1]
    x = torch.from_numpy(window).to(generator.device).permute(0, 3, 1, 2).bfloat16()
    few = x[: count // 8]
    few.lerp_(F.avg_pool2d(few, 3, 1, 1, count_include_pad=False), float(draw()))
    x = x.mul_((1 + 0.12 * (draw(count, 1, 1, 1) - 0.5)).bfloat16() / 127.5)
    # One field of noise and one shade for all, each picture its own share of it: quick.
    field = 0.05 * torch.randn(*x.shape[2:], 3, generator=generator, device=x.device)
    field = (field + 0.2 * (draw(3) - 0.5)).bfloat16().permute(2, 0, 1)
    return x.addcmul_(field, (2 * draw(count, 1, 1, 1) - 1).bfloat16()).sub_(1)


def judge_loss(answers: dict[str, Tensor], labels: Tensor, smoothing: float = 0.05) -> Tensor:
    """Sum over the questions of cross entropy with smoothed labels, each over the pictures that have an answer.

    Args:
        answers: Logits (B, names) for each question.
        labels: (B, questions), `NONE` where there is no answer.
        smoothing: Share of a label given to all names alike (Szegedy et al. 2016, arXiv:1512.00567).
    """
    total = labels.new_zeros((), dtype=torch.float32)
    for column, question in enumerate(NAMES):
        has = labels[:, column] != NONE
        loss = F.cross_entropy(
            answers[question].float(), labels[:, column], ignore_index=NONE,
            label_smoothing=smoothing, reduction="sum",
        )  # fmt: skip
        total = total + loss / has.sum().clamp(min=1)
    return total


@dataclass(frozen=True, slots=True)
class JudgeRecipe:
    """How to train.

    Attributes:
        budget: When to stop.
        batch: Pictures in a step.
        peak_rate: Highest learning rate.
        vary: Whether training pictures are varied.
        warmup: Steps until the learning rate is at its highest.
        checkpoint_minutes: Time between checkpoints.
        seed: Of weights, data order and variations.
    """

    budget: Budget
    batch: int = 64
    peak_rate: float = 2e-3
    vary: bool = True
    warmup: int = 200
    checkpoint_minutes: float = 3.0
    seed: int = 0


class JudgeTraining:
    """One resumable training run.

    Attributes:
        model: The judge, float32.
        step: Optimiser steps done.
        seconds: Time spent training, over all runs.
        curve: (step, loss) points, smoothed over 50 steps.
    """

    def __init__(
        self, model: Judge, recipe: JudgeRecipe, folder: Path, device: torch.device
    ) -> None:
        """Take up the checkpoint in `folder` if there is one."""
        self.model, self.recipe, self.folder, self.device = model, recipe, folder, device
        any_model: Any = model  # Its stubs do not know the memory format.
        any_model.to(device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(
            model.parameters(), recipe.peak_rate, weight_decay=0.05, fused=True
        )
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        self.step, self.seconds = 0, 0.0
        self.curve: list[tuple[float, float]] = []
        state = checkpoints.load(self.checkpoint)
        if state is not None:
            model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.generator.set_state(state["generator"])
            self.step, self.seconds = state["step"], state["seconds"]
            self.curve = [(a, b) for a, b in state["curve"]]

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self.folder / "judge.pt"

    def save(self) -> None:
        """Write the checkpoint and the loss curve."""
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
            "seconds": self.seconds,
            "curve": [list(point) for point in self.curve],
        }
        checkpoints.save(self.checkpoint, state)
        save_curve(self.folder / "judge-loss.png", self.curve, "judge: cross entropy, summed")

    def run(self, renders: Renders, stop_at: int | None = None) -> Judge:
        """Train until the budget is spent, or to step `stop_at`, to be continued another time; returns the judge."""
        budget, recent, before = self.recipe.budget, [], self.seconds
        started = saved = time.monotonic()
        bar = tqdm(desc="judge", unit="step", initial=self.step, total=budget.steps, mininterval=5)
        trained = False
        while (progress := budget.progress(self.step, self.seconds)) < 1:
            if self.step == stop_at:
                break
            trained = True
            recent.append(self._train_step(renders, progress))
            self.seconds = before + time.monotonic() - started
            if self.step % 50 == 0:
                self.curve.append((self.step, float(torch.stack(recent).mean())))
                recent = []
                bar.update(self.step - bar.n)
                bar.set_postfix(loss=f"{self.curve[-1][1]:.4f}", spent=f"{progress:.0%}")
            if time.monotonic() - saved > self.recipe.checkpoint_minutes * 60:
                self.save()
                saved = time.monotonic()
        bar.close()
        if trained:
            self.save()
        return self.model.eval()

    def _train_step(self, renders: Renders, progress: float) -> Tensor:
        """One optimiser step; returns the loss."""
        recipe = self.recipe
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(
                recipe.peak_rate, self.step, progress, recipe.warmup, hold=0.2
            )
        rows = torch.randint(
            len(renders), (recipe.batch,), generator=self.generator, device=self.device
        )
        index = rows.cpu().numpy()
        pictures = renders.pictures(index)
        pixels = (
            varied(pictures, self.generator) if recipe.vary else to_pixels(pictures, self.device)
        )
        labels = torch.from_numpy(renders.labels[index]).to(self.device)
        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16):
            loss = judge_loss(self.model(pixels), labels)
        torch.autograd.backward([loss])
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        return loss.detach()


@torch.inference_mode()
def judged(
    judge: Judge, pictures: NDArray[np.uint8], batch: int = 64
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """What the judge says about pictures (N, H, W, 3).

    Returns: answers (N, questions), columns as in `NAMES`, and features (N, features).
    """
    device = next(judge.parameters()).device
    answers, features = [], []
    for start in range(0, len(pictures), batch):
        x = to_pixels(pictures[start : start + batch], device)
        with torch.autocast(device.type, torch.bfloat16):
            z = judge.features(x).float()
        logits = judge.answers(z)
        answers.append(torch.stack([logits[q].argmax(1) for q in NAMES], 1).cpu().numpy())
        features.append(z.cpu().numpy())
    return np.concatenate(answers), np.concatenate(features)
