"""Training data on disk: rendered pictures of the painted world, in parts that a stopped run continues from.

`DATA/render/WxH/part-0000.npy` holds uint8 pictures (N, H, W, 3), `part-0000.json` what each shows. Seeds follow from the part's
number alone, so any number of worker processes, or a restart, makes the same data. Combinations kept for the evaluation
(`studio.training.heldout`) are left out: a part holds a few pictures less than its seeds.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from studio.training.heldout import held_out
from studio.world.facts import Facts, Item
from studio.world.picture import SIZES, paint

PART = 500  # Pictures in a part.


@dataclass(frozen=True, slots=True)
class Part:
    """One file of pictures: size in pixels (width, height), number, and how many seeds it paints."""

    size: tuple[int, int]
    number: int
    count: int

    @property
    def folder(self) -> str:
        """Name of the size's folder, "256x256"."""
        return f"{self.size[0]}x{self.size[1]}"

    @property
    def first_seed(self) -> int:
        """Seed of the part's first picture; differs per size."""
        return (zlib.crc32(self.folder.encode()) % 1000) * 800_000 + self.number * PART


def plan(pictures: int, square_share: float = 0.8) -> list[Part]:
    """Split a number of pictures over the sizes: most square, the rest evenly portrait and landscape."""
    parts = []
    for size in SIZES:
        share = square_share if size == SIZES[0] else (1 - square_share) / (len(SIZES) - 1)
        left, number = round(pictures * share), 0
        while left > 0:
            parts.append(Part(size, number, min(PART, left)))
            left, number = left - PART, number + 1
    return parts


def write_atomically(path: Path, write: Any) -> None:
    """Call `write(temporary_path)`, then rename: a file is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    write(temporary)
    temporary.replace(path)


def render_part(job: tuple[Path, Part]) -> int:
    """Render one part without what is held out; returns how many seeds it had."""
    folder, part = job
    pictures, facts = [], []
    for i in range(part.count):
        painted = paint(part.first_seed + i, size=part.size)
        if not held_out(painted.labels):
            pictures.append(painted.image)
            facts.append({**asdict(painted.labels), "boxes": painted.boxes})
    target = folder / part.folder / f"part-{part.number:04d}"
    write_atomically(target.with_suffix(".npy"), lambda path: np.save(path, np.stack(pictures)))
    write_atomically(target.with_suffix(".json"), lambda path: path.write_text(json.dumps(facts)))
    return part.count


def render(folder: Path, pictures: int, workers: int) -> None:
    """Render what is missing of `pictures` into `folder`, with `workers` processes."""
    missing = []
    for part in sorted(plan(pictures), key=lambda part: part.number):
        (folder / part.folder).mkdir(parents=True, exist_ok=True)
        if not (folder / part.folder / f"part-{part.number:04d}.json").exists():
            missing.append((folder, part))
    context = multiprocessing.get_context("spawn")
    total = sum(part.count for _, part in missing)
    with (
        context.Pool(max(1, workers)) as pool,
        tqdm(total=total, desc="render", unit="picture", mininterval=2) as bar,
    ):
        for count in pool.imap_unordered(render_part, missing):
            bar.update(count)


def facts_from(record: dict[str, Any]) -> Facts:
    """Rebuild a picture's facts from JSON."""
    about = {key: value for key, value in record.items() if key != "boxes"}
    items = tuple(Item(**item) for item in about["items"])
    return Facts(**{**about, "items": items, "extras": tuple(about["extras"])})


def subject_cells(
    records: Sequence[dict[str, Any]], size: tuple[int, int], cell: int
) -> NDArray[np.float16]:
    """Where the subjects of pictures are.

    Args:
        records: As `render` writes them.
        size: (width, height) of the pictures in pixels.
        cell: Side of a latent cell in pixels.

    Returns: share of each cell that lies in a subject's box, (N, height / cell, width / cell) in [0, 1].
    """
    width, height = size
    cells = np.zeros((len(records), height // cell, width // cell), np.float16)
    for row, record in zip(cells, records, strict=True):
        inside = np.zeros((height, width), np.float32)
        for left, top, right, bottom in record["boxes"]:
            inside[top:bottom, left:right] = 1
        row[:] = inside.reshape(height // cell, cell, width // cell, cell).mean((1, 3))
    return cells


def parts_in(folder: Path) -> Iterator[tuple[NDArray[np.uint8], list[Facts], Path]]:
    """Finished parts in a fixed order: pictures (N, H, W, 3), memory-mapped, what they show, and their path."""
    for described in sorted(folder.glob("*/part-*.json")):
        pictures = np.load(described.with_suffix(".npy"), mmap_mode="r")
        yield (
            pictures,
            [facts_from(record) for record in json.loads(described.read_text())],
            described,
        )
