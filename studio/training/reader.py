"""Teaching the text encoder to read, before it has seen a single picture.

The denoising loss tells two words apart only as far as the pictures' pixels differ on average, which for two subjects is less
than a hundredth of it: a new text encoder would spend hours on learning that "fox" and "lighthouse" are different. Captions
come with the facts they were worded from, so it first learns, in minutes, to name them: style, place, time, subject, count,
colour, side and distance, each read from the mean of its output by one linear map that is thrown away afterwards.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm
from transformers import CLIPTextModel, CLIPTokenizer

from studio.training.budget import Budget, learning_rate
from studio.training.data import facts_from
from studio.training.sheets import save_curve
from studio.training.tokenizer import encode
from studio.world.captions import caption
from studio.world.facts import Facts

QUESTIONS: dict[str, Callable[[Facts], object]] = {
    "style": lambda facts: facts.style,
    "place": lambda facts: facts.place,
    "time": lambda facts: facts.time,
    "subject": lambda facts: facts.items[0].name if facts.items else None,
    "count": lambda facts: facts.items[0].count if facts.items else None,
    "colour": lambda facts: facts.items[0].colour if facts.items else facts.palette,
    "side": lambda facts: facts.side,
    "distance": lambda facts: facts.distance,
}


def all_facts(rendered: Path) -> list[Facts]:
    """The facts of every rendered picture and of its mirror image.

    Raises: FileNotFoundError when the render stage has not run.
    """
    facts = [
        facts_from(record)
        for described in sorted(rendered.glob("*/part-*.json"))
        for record in json.loads(described.read_text())
    ]
    if not facts:
        raise FileNotFoundError(f"No pictures in {rendered}; run the render stage first.")
    return [*facts, *(fact.mirrored() for fact in facts)]


def answers(facts: Sequence[Facts]) -> tuple[Tensor, list[int]]:
    """The answer to every question about every picture as numbers (N, questions), and how many answers each question has."""
    columns, sizes = [], []
    for ask in QUESTIONS.values():
        numbers: dict[object, int] = {}
        columns.append([numbers.setdefault(ask(fact), len(numbers)) for fact in facts])
        sizes.append(len(numbers))
    return torch.tensor(columns).T.contiguous(), sizes


class Reader(nn.Module):
    """A text encoder with one linear map per question."""

    def __init__(self, text_encoder: CLIPTextModel, sizes: Sequence[int]) -> None:
        super().__init__()
        self.text_encoder = text_encoder
        width = text_encoder.config.hidden_size
        self.heads = nn.ModuleList(nn.Linear(width, size) for size in sizes)

    def forward(self, tokens: Tensor) -> list[Tensor]:
        """Token ids (B, length) to the logits (B, answers) of every question."""
        read = self.text_encoder(tokens).last_hidden_state.float().mean(1)
        return [head(read) for head in self.heads]


def teach_to_read(
    text_encoder: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    data: Path,
    runs: Path,
    budget: Budget,
    *,
    batch: int = 192,
    peak_rate: float = 1e-3,
    seed: int = 0,
) -> dict[str, float]:
    """Train a text encoder in place on wordings of the rendered pictures' facts; the loss curve goes to `runs`.

    Returns: share of right answers per question, over the last tenth of the steps.
    """
    device = text_encoder.device
    facts = all_facts(data / "render")
    right, sizes = answers(facts)
    torch.manual_seed(seed)
    reader = Reader(text_encoder, sizes).to(device).train()
    optimizer = torch.optim.AdamW(
        reader.parameters(), peak_rate, betas=(0.9, 0.99), weight_decay=0.01
    )
    rng = np.random.default_rng(seed)
    step, started = 0, time.monotonic()
    curve, scores = [], []
    bar = tqdm(desc="reader", unit="step", total=budget.steps, mininterval=5)
    while (progress := budget.progress(step, time.monotonic() - started)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(peak_rate, step, progress, warmup=20, hold=0.2)
        rows = rng.integers(len(facts), size=batch)
        wording = encode(tokenizer, [caption(facts[row], rng) for row in rows])
        with torch.autocast(device.type, torch.bfloat16):
            logits = reader(torch.from_numpy(wording).long().to(device))
        labels = right[torch.from_numpy(rows)].to(device)
        losses = [F.cross_entropy(said, labels[:, i]) for i, said in enumerate(logits)]
        torch.autograd.backward(torch.stack(losses).sum())
        optimizer.step()
        optimizer.zero_grad()
        curve.append((float(step), float(sum(losses).detach())))  # type: ignore[union-attr]
        scores.append(
            [
                (said.argmax(1) == labels[:, i]).float().mean().item()
                for i, said in enumerate(logits)
            ]
        )
        step += 1
        bar.update()
    bar.close()
    save_curve(runs / "reader-loss.png", curve, "reader: cross-entropy of eight questions")
    last = np.mean(scores[-max(1, len(scores) // 10) :], axis=0)
    return dict(zip(QUESTIONS, last.tolist(), strict=True))
