"""The parts of the evaluation: each paints what it needs, has it judged, and returns plain numbers for the report.

Shares are written as [right, total], so that results survive as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.diffusion.denoise import pixel_tensor
from studio.diffusion.questions import Model
from studio.diffusion.samplers import SAMPLERS
from studio.training.data import write_atomically
from studio.training.exercises import (
    ARTIST_PROMPTS,
    Exercise,
    labels,
    scenery,
    starts,
    with_subject,
)
from studio.training.figures import Share, agreeing, edge_agreement, kid_with_error, nearest
from studio.training.judge_data import NAMES, NONE, Renders
from studio.training.judges import Panel, judged
from studio.training.painting import Settings, from_pictures, from_words
from studio.training.plots import save_lines, save_small, tiled

Pictures = NDArray[np.uint8]
Shares = dict[str, list[int]]

TIE = 1.0  # Means of the four shares that differ by less are taken as equal, percent points.


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts work with.

    Attributes:
        model: Who paints.
        panel: Who looks.
        settings: How to paint where the part does not say.
        sheets: Folder for sheets and curves.
        known: Pictures painted so far, by prompt, seed and settings; parts share exercises.
    """

    model: Model
    panel: Panel
    settings: Settings
    sheets: Path
    known: dict[tuple[str, int, Settings], Pictures] = field(default_factory=dict)

    def painted(self, exercises: Sequence[Exercise], settings: Settings | None = None) -> Pictures:
        """The model's pictures of exercises, (N, H, W, 3)."""
        how = settings or self.settings
        new = [one for one in exercises if (one.prompt, one.seed, how) not in self.known]
        prompts, seeds = [one.prompt for one in new], [one.seed for one in new]
        for one, picture in zip(new, from_words(self.model, prompts, seeds, how), strict=True):
            self.known[one.prompt, one.seed, how] = picture
        return np.stack([self.known[one.prompt, one.seed, how] for one in exercises])

    def round_trips(self, pictures: Pictures, batch: int = 16) -> Pictures:
        """Pictures through the autoencoder and back: the best that the model can give."""
        import torch

        back: list[NDArray[np.uint8]] = []
        for start in range(0, len(pictures), batch):
            x = torch.cat([pixel_tensor(picture) for picture in pictures[start : start + batch]])
            back += self.model.decode(self.model.encode_picture(x).mean)
        return np.stack(back)


def shares(answers: NDArray[np.int64], truth: NDArray[np.int64]) -> Shares:
    """Right answers for each question in `NAMES`; both (N, questions)."""
    counted = {}
    for column, question in enumerate(NAMES):
        share = agreeing(answers[:, column], truth[:, column], NONE)
        counted[question] = [share.right, share.total]
    return counted


def mean_share(counted: Shares) -> float:
    """Mean over the questions, percent; questions nobody was asked are left out."""
    asked = [Share(*pair).percent for pair in counted.values() if pair[1]]
    return float(np.mean(asked)) if asked else 0.0


def _renders(exercises: Iterable[Exercise]) -> Pictures:
    return np.stack([exercise.render for exercise in exercises])


def _by_name(
    answers: NDArray[np.int64], truth: NDArray[np.int64], column: int
) -> dict[str, list[int]]:
    names = list(NAMES.values())[column]
    found = {}
    for index, name in enumerate(names):
        mine = truth[:, column] == index
        if mine.any():
            found[name] = [int((answers[mine, column] == index).sum()), int(mine.sum())]
    return found


def recognised(bench: Bench, pictures: int) -> dict[str, Any]:
    """Accuracies of the judges on renders, round trips and samples, and KID; half of the samples are held-out combinations."""
    bare = max(1, pictures // 10)
    kept = pictures // 2
    groups = {
        "in training": with_subject(False, pictures - kept - bare),
        "held out": with_subject(True, kept),
        "scenery": scenery(bare),
    }
    judge: dict[str, Shares] = {}
    samples: dict[str, Shares] = {}
    seen: dict[str, list[Any]] = {"render": [], "round trip": [], "sample": [], "truth": []}
    for name, exercises in groups.items():
        truth, renders = labels(exercises), _renders(exercises)
        painted = bench.painted(exercises)
        kinds = {"render": renders, "round trip": bench.round_trips(renders), "sample": painted}
        for kind, them in kinds.items():
            answers, features = judged(bench.panel, them)
            seen[kind].append((answers, features))
            if kind == "sample":
                samples[name] = shares(answers, truth)
            else:
                judge[f"{name}: {kind}"] = shares(answers, truth)
        seen["truth"].append(truth)
    again = [
        *with_subject(False, len(groups["in training"]), again=True),
        *scenery(bare, again=True),
    ]
    ordinary = {
        kind: np.concatenate([seen[kind][0][1], seen[kind][2][1]])
        for kind in ("render", "round trip", "sample")
    }
    others = judged(bench.panel, _renders(again))[1]
    truth = np.concatenate(seen["truth"])
    answers = np.concatenate([answers for answers, _ in seen["sample"]])
    return {
        "judge": judge,
        "samples": samples,
        "styles": _by_name(answers, truth, list(NAMES).index("style")),
        "subjects": _by_name(answers, truth, list(NAMES).index("subject")),
        "places": _by_name(answers, truth, list(NAMES).index("place")),
        "times": _by_name(answers, truth, list(NAMES).index("time")),
        "kid": {
            "renders": kid_with_error(others, ordinary["render"]),
            "round trips": kid_with_error(ordinary["round trip"], others),
            "samples": kid_with_error(ordinary["sample"], others),
        },
    }


def neighbours(
    bench: Bench, renders: Renders, known: NDArray[np.float32], count: int
) -> dict[str, Any]:
    """Nearest training picture of `count` samples, as a sheet: each sample above its neighbour.

    Args:
        bench: Who paints and looks.
        renders: What the model was trained on.
        known: Their features (N, features).
        count: How many samples.
    """
    exercises = with_subject(False, count)
    painted = bench.painted(exercises)
    found, distances = nearest(judged(bench.panel, painted)[1], known)
    _, fresh = nearest(judged(bench.panel, _renders(exercises))[1], known)
    beside = renders.pictures(found)
    columns = min(20, count)
    rows = [
        part
        for start in range(0, count, columns)
        for part in (painted[start : start + columns], beside[start : start + columns])
    ]
    blank = np.full_like(painted[0], 255)
    cells = [cell for row in rows for cell in [*row, *[blank] * (columns - len(row))]]
    save_small(bench.sheets / "palette-nearest.png", tiled(cells, columns, 64))
    return {
        "count": count,
        "known": len(known),
        "samples": float(np.median(distances)),
        "renders": float(np.median(fresh)),
    }


def stylised(bench: Bench, count: int, strengths: Sequence[float]) -> dict[str, Any]:
    """Structure kept and style recognised at several strengths, as a curve; from `count` digital paintings to other styles."""
    begun = starts(count)
    truth = labels([start.exercise for start in begun])
    plain = np.stack([start.plain for start in begun])

    def kept(pictures: Iterable[Pictures]) -> float:
        return float(np.mean([edge_agreement(a, b) for a, b in zip(plain, pictures, strict=True)]))

    def style(pictures: Pictures) -> list[int]:
        return shares(judged(bench.panel, pictures)[0], truth)["style"]

    repainted = np.stack([start.repainted for start in begun])
    points: list[dict[str, Any]] = []
    curve: list[tuple[float, float, str]] = []
    examples = [plain[:8]]
    for strength in strengths:
        pictures = np.stack(
            from_pictures(
                bench.model, list(plain), [start.exercise.prompt for start in begun],
                [start.exercise.seed for start in begun], bench.settings, strength,
            )
        )  # fmt: skip
        counted = shares(judged(bench.panel, pictures)[0], truth)
        edges, percent = kept(pictures), Share(*counted["style"]).percent
        points.append({"strength": strength, "edges": edges, **counted})
        curve.append((edges, percent, f"{strength:g}"))
        examples.append(pictures[:8])
    cells = [cell for row in [*examples, repainted[:8]] for cell in row]
    save_small(bench.sheets / "palette-stylised.png", tiled(cells, len(examples[0]), 96))
    world, world_edges = style(repainted), kept(repainted)
    result = {
        "points": points,
        "round trip": kept(bench.round_trips(plain)),
        "painters": {"edges": world_edges, "style": world},
        "strangers": kept(np.roll(plain, 1, axis=0)),
    }
    save_lines(
        bench.sheets / "palette-stylise.png",
        "Stylise: structure kept against style recognised, at each strength",
        ("edge agreement with the source", "style recognised, %"),
        curve,
        [(world_edges, Share(*world).percent, "painters")],
    )
    return result


def artist_sheet(bench: Bench, count: int) -> dict[str, Any]:
    """The prompts an artist would type, seeds counting up from 0, none picked."""
    prompts = ARTIST_PROMPTS[:count]
    pictures = from_words(bench.model, prompts, range(len(prompts)), bench.settings)
    save_small(bench.sheets / "palette-64.png", tiled(pictures, 8, 128))
    return {"prompts": list(prompts)}


def swept(
    bench: Bench,
    pictures: int,
    guidances: Sequence[float],
    samplers: Sequence[str],
    steps: Sequence[int],
) -> dict[str, Any]:
    """Guidance first, then sampler and steps at the best guidance; the same prompts and seeds for all.

    Returns: every try with its shares and KID, and the chosen settings.
    """
    exercises = [*with_subject(False, pictures - pictures // 8), *scenery(pictures // 8)]
    truth = labels(exercises)
    target = judged(bench.panel, _renders(exercises))[1]
    tries: list[dict[str, Any]] = []

    def attempt(settings: Settings) -> None:
        answers, features = judged(bench.panel, bench.painted(exercises, settings))
        counted = shares(answers, truth)
        distance, error = kid_with_error(features, target)
        tries.append(
            {
                "sampler": settings.sampler, "steps": settings.steps,
                "guidance_scale": settings.guidance_scale, "passes": _passes(settings),
                "shares": counted, "mean": mean_share(counted), "kid": [distance, error],
            }
        )  # fmt: skip

    for guidance in guidances:
        attempt(replace(bench.settings, guidance_scale=guidance))
    best = chosen(tries)["guidance_scale"]
    tried = {(t["sampler"], t["steps"], t["guidance_scale"]) for t in tries}
    for sampler in samplers:
        for count in steps:
            if (sampler, count, best) not in tried:
                attempt(replace(bench.settings, sampler=sampler, steps=count, guidance_scale=best))
    best_try = chosen(tries)
    return {
        "tries": tries,
        "chosen": {key: best_try[key] for key in ("sampler", "steps", "guidance_scale")},
    }


def _passes(settings: Settings) -> int:
    return settings.steps * SAMPLERS[settings.sampler].passes


def chosen(tries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The try with the best mean of the four shares; of those less than `TIE` behind it, the one with the least KID."""
    best = max(one["mean"] for one in tries)
    return min((one for one in tries if one["mean"] > best - TIE), key=lambda one: one["kid"][0])


def training_features(panel: Panel, renders: Renders, file: Path, key: str) -> NDArray[np.float32]:
    """Features (N, features) of every training picture; kept in `file` for the judges and pictures that `key` names."""
    if file.exists():
        with np.load(file) as kept:
            if str(kept["key"]) == key:
                return np.asarray(kept["features"], np.float32)
    blocks = []
    for start in range(0, len(renders), 512):
        rows = np.arange(start, min(start + 512, len(renders)))
        blocks.append(judged(panel, renders.pictures(rows))[1])
    features = np.concatenate(blocks)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, lambda path: np.savez(path, key=key, features=features))
    return features
