"""Training a judge on renders, never on samples; resumable, with progress, loss curve and checkpoints.

Pictures are mirrored and mildly blurred, coloured and noised, so that a judge looks at what is painted and not at how crisp a
decoder is. Where a picture has no single answer (a sea without a boat has no subject), the question is left out of the loss.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from studio.training import checkpoints
from studio.training.budget import Budget, learning_rate
from studio.training.judge_data import NAMES, NONE, Renders
from studio.training.judges import Judge
from studio.training.sheets import save_curve


def varied(judge: Judge, pictures: NDArray[np.uint8], generator: torch.Generator) -> Tensor:
    """A batch for training: a window of each, mirrored, recoloured, noised; every eighth one slightly blurred.

    Args:
        judge: Decides window and size.
        pictures: uint8 (B, H, W, 3), in random order.
        generator: Decides everything; on the device wanted.

    Returns: what the judge reads, (B, 3, h, w), about [-1, 1]; bfloat16, which is all that the network needs.
    """

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=generator.device)

    count, height, width, _ = pictures.shape
    h, w = int(height * judge.window), int(width * judge.window)
    corners = draw(count, 2).cpu() * torch.tensor([height - h + 1, width - w + 1])
    windows = zip(pictures, corners.int().tolist(), strict=True)
    window = judge.seen(
        np.stack([one[top : top + h, left : left + w] for one, (top, left) in windows])
    )
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
    """Sum over a judge's questions of cross entropy with smoothed labels, each over the pictures that have an answer.

    Args:
        answers: Logits (B, names) for each of its questions.
        labels: (B, questions), columns as in `NAMES`, `NONE` where there is no answer.
        smoothing: Share of a label given to all names alike (Szegedy et al. 2016, arXiv:1512.00567).
    """
    total = labels.new_zeros((), dtype=torch.float32)
    for question, logits in answers.items():
        mine = labels[:, list(NAMES).index(question)]
        has = mine != NONE
        loss = F.cross_entropy(
            logits.float(), mine, ignore_index=NONE,
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
        self, name: str, model: Judge, recipe: JudgeRecipe, folder: Path, device: torch.device
    ) -> None:
        """Take up the checkpoint in `folder` if there is one; its files begin with `name`."""
        self.name, self.model, self.recipe = name, model, recipe
        self.folder, self.device = folder, device
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
        return self.folder / f"{self.name}.pt"

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
        title = f"judge of the {self.name}: cross entropy, summed"
        save_curve(self.folder / f"{self.name}-loss.png", self.curve, title)

    def run(self, renders: Renders, stop_at: int | None = None) -> None:
        """Train until the budget is spent, or to step `stop_at`, to be continued another time."""
        budget, recent, before = self.recipe.budget, [], self.seconds
        started = saved = time.monotonic()
        bar = tqdm(
            desc=f"judge: {self.name}",
            unit="step",
            initial=self.step,
            total=budget.steps,
            mininterval=5,
        )
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
        self.model.eval()

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
            varied(self.model, pictures, self.generator)
            if recipe.vary
            else self.model.pixels(pictures)
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
