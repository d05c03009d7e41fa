"""Pictures and labels for the judges: renders of the painted world, never samples.

Two sources: the pictures the model trains on (`DATA/render`), and more of single subjects, every subject equally often
(`DATA/judges/render`), because the rare ones come too seldom to be learned from the first alone. Held-out combinations are in
neither; seeds of the second lie between the model's and the held-out ones.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from studio.training.data import parts_in, write_atomically
from studio.training.heldout import held_out
from studio.world.facts import Facts
from studio.world.picture import paint
from studio.world.words import PLACES, STYLES, SUBJECTS, TIMES

FIRST_SEED = 850_000_000  # After every seed of `studio.training.data`, before the held-out ones.
PART = 500
NONE = -100  # The label of what a picture does not have; cross entropy skips it.

NAMES: dict[str, tuple[str, ...]] = {
    "style": tuple(style.name for style in STYLES),
    "place": (*(place.name for place in PLACES), "table", "abstract"),
    "time": tuple(time.name for time in TIMES),
    "subject": tuple(subject.name for subject in SUBJECTS),
}
"""What is judged, and the names to tell apart, in the order of a head's outputs."""


def labels_of(facts: Facts) -> tuple[int, ...]:
    """Indices into `NAMES`, one per judged question; `NONE` where there is no single answer.

    A still life of two kinds of things has no single subject, a picture without sky no time.
    """
    subject = facts.items[0].name if len(facts.items) == 1 else None
    answers = (facts.style, facts.place, facts.time, subject)
    return tuple(
        NONE if answer is None else names.index(answer)
        for names, answer in zip(NAMES.values(), answers, strict=True)
    )


def render_subjects(job: tuple[Path, int, int]) -> int:
    """Render part `number` of `count` pictures into a folder, subjects in turn; returns `count`."""
    folder, number, count = job
    pictures, facts = [], []
    for i in range(number * PART, number * PART + count):
        painted = paint(FIRST_SEED + i, subject=SUBJECTS[i % len(SUBJECTS)].name)
        if not held_out(painted.labels):
            pictures.append(painted.image)
            facts.append(asdict(painted.labels))
    target = folder / "256x256" / f"part-{number:04d}"
    write_atomically(target.with_suffix(".npy"), lambda path: np.save(path, np.stack(pictures)))
    write_atomically(target.with_suffix(".json"), lambda path: path.write_text(json.dumps(facts)))
    return count


def render(folder: Path, pictures: int, workers: int) -> None:
    """Render what is missing of `pictures` into `folder`, with `workers` processes (0: in this one)."""
    (folder / "256x256").mkdir(parents=True, exist_ok=True)
    jobs = []
    for number in range(-(-pictures // PART)):
        if not (folder / "256x256" / f"part-{number:04d}.json").exists():
            jobs.append((folder, number, min(PART, pictures - number * PART)))
    total = sum(count for _, _, count in jobs)
    with tqdm(total=total, desc="judge pictures", unit="picture", mininterval=2) as bar:
        if workers == 0:
            for job in jobs:
                bar.update(render_subjects(job))
            return
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            for count in pool.imap_unordered(render_subjects, jobs):
                bar.update(count)


class Renders:
    """Square renders with their labels, memory-mapped, without held-out combinations.

    Attributes:
        labels: (N, questions) int64, columns as in `NAMES`.
        facts: What each picture shows.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        """Open every square part below the folders.

        Raises: FileNotFoundError when there is none.
        """
        self._rows: list[tuple[NDArray[np.uint8], int]] = []
        self.facts: list[Facts] = []
        for folder in folders:
            for pictures, facts, _ in parts_in(folder):
                if pictures.shape[1] != pictures.shape[2]:
                    continue
                self._rows += [(pictures, i) for i, fact in enumerate(facts) if not held_out(fact)]
                self.facts += [fact for fact in facts if not held_out(fact)]
        if not self._rows:
            raise FileNotFoundError(
                f"No pictures in {', '.join(map(str, folders))}; run the render stage first."
            )
        self.labels = np.array([labels_of(fact) for fact in self.facts], np.int64)

    def __len__(self) -> int:
        return len(self.facts)

    def pictures(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Pictures (N, H, W, 3) of some rows."""
        return np.stack([part[i] for part, i in (self._rows[row] for row in rows)])
