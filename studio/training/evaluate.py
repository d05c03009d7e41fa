"""Evaluate palette: `python -m studio.training.evaluate` prints a table and writes docs/palette-evaluation.md with its sheets.

Judges are trained first (renders only; resumable), then they are checked themselves, then they look at what the model paints
with the studio's default settings. Finished parts are kept in `DATA/evaluation` under the model's fingerprint, so that the same
command run again continues. `--brief` gives the accuracies and KID alone, quickly, and writes no document.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from studio.models.cards import CARDS
from studio.models.inspection import fingerprint
from studio.training import judge_data, measures
from studio.training.budget import Budget
from studio.training.data import write_atomically
from studio.training.evaluation_report import document, table
from studio.training.judge_data import Renders
from studio.training.judge_training import JudgeRecipe, JudgeTraining
from studio.training.judges import Panel, SceneJudge, TouchJudge
from studio.training.painting import Settings, load

log = logging.getLogger(__name__)

SCENE_STEPS, TOUCH_STEPS = 1300, 600
SHEETS = ("palette-nearest", "palette-stylise", "palette-stylised", "palette-64")


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the sweep tries: guidance scales first, then samplers and steps at the best one."""

    pictures: int = 96
    guidances: tuple[float, ...] = (1.5, 2.0, 3.0, 4.0, 5.0, 7.0)
    samplers: tuple[str, ...] = ("dpmpp_2m", "dpmpp_2m_karras", "unipc", "euler", "ddim")
    steps: tuple[int, ...] = (8, 12, 20)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one run of the command does.

    Attributes:
        model: Folder of the model.
        data: Folder with `render`; judges and finished parts are kept in it too.
        out: The document; its sheets lie beside it.
        pictures: Samples that are judged; half of them held-out combinations.
        neighbours: Samples whose nearest training picture is looked for.
        starts: Pictures that are stylised, at each strength.
        strengths: How far stylising goes.
        artist_prompts: How many of the artist's prompts are painted.
        settings: How to paint; the studio's defaults.
        sweep: What to sweep; None: nothing.
        brief: Accuracies and KID alone, no document.
        scene: How the judge of the scene is trained.
        touch: How the judge of the touch is trained.
        judge_pictures: Renders of single subjects made for them.
        judge_widths: Their sizes where not the usual ones.
        workers: Rendering processes; 0 renders in this one.
    """

    model: Path
    data: Path
    out: Path
    pictures: int = 1024
    neighbours: int = 100
    starts: int = 60
    strengths: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    artist_prompts: int = 64
    settings: Settings = Settings.of(CARDS["palette"])
    sweep: Sweep | None = None
    brief: bool = False
    scene: JudgeRecipe = JudgeRecipe(Budget(steps=SCENE_STEPS))
    touch: JudgeRecipe = JudgeRecipe(Budget(steps=TOUCH_STEPS))
    judge_pictures: int = 7000
    judge_widths: tuple[int, int, int] | None = None
    workers: int = 1

    def quick(self) -> Evaluation:
        """The same on tiny sizes: says nothing about the model, only that every part runs."""
        return replace(
            self,
            pictures=16, neighbours=4, starts=3, strengths=(0.4, 0.8), artist_prompts=4,
            settings=replace(self.settings, steps=2),
            sweep=self.sweep and Sweep(4, (1.0, 3.0), ("dpmpp_2m", "ddim"), (2,)),
            scene=JudgeRecipe(Budget(steps=4), batch=8), touch=JudgeRecipe(Budget(steps=4), batch=8),
            judge_pictures=12,
            judge_widths=(8, 16, 16), workers=0,
        )  # fmt: skip


def trained_panel(plan: Evaluation, device: torch.device) -> tuple[Panel, dict[str, Any]]:
    """Train the judges, or go on with them, and say what they learned from."""
    folder = plan.data / "judges"
    judge_data.render(folder / "render", plan.judge_pictures, plan.workers)
    renders = Renders([plan.data / "render", folder / "render"])
    torch.manual_seed(plan.scene.seed)
    sizes = () if plan.judge_widths is None else (plan.judge_widths,)
    panel = Panel(SceneJudge(*sizes), TouchJudge(*sizes))
    steps = {}
    for name, judge, recipe in (
        ("scene", panel.scene, plan.scene),
        ("touch", panel.touch, plan.touch),
    ):
        training = JudgeTraining(name, judge, recipe, folder, device)
        training.run(renders)
        steps[name] = training.step
    return panel, {"renders": len(renders), "steps": steps, "batch": plan.scene.batch}


class Kept:
    """Finished parts of one model's evaluation, in one JSON file.

    Attributes:
        parts: Results by part.
    """

    def __init__(self, file: Path) -> None:
        """Read what there is."""
        self._file = file
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        self._asked: dict[str, Any] = known.get("asked", {})
        self.parts: dict[str, Any] = known.get("parts", {})

    def part(self, name: str, asked: Any, make: Callable[[], Any]) -> Any:
        """The result of a part: the kept one if it was `asked` the same way, else made and kept."""
        asked = json.loads(json.dumps(asked))
        if name not in self.parts or self._asked.get(name) != asked:
            self.parts[name], self._asked[name] = make(), asked
            text = json.dumps({"asked": self._asked, "parts": self.parts}, indent=1)
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file, lambda path: path.write_text(text, "utf-8"))
            self.parts = json.loads(text)["parts"]
        return self.parts[name]


def evaluate(plan: Evaluation, device: torch.device) -> dict[str, Any]:
    """Run every part that is missing; print the table, and write the document unless the plan is brief.

    Returns: all results, as the document shows them.
    Raises: FileNotFoundError when nothing was rendered; ModelUnavailable.
    """
    trained_on = Renders([plan.data / "render"])
    panel, about = trained_panel(plan, device)
    weights = fingerprint(plan.model)
    work = plan.data / "evaluation" / weights
    bench = measures.Bench(load(plan.model, str(device)), panel, plan.settings, work)
    kept = Kept(work / "results.json")
    same = [about["steps"], about["renders"], str(plan.settings)]
    if plan.sweep is not None:
        s = plan.sweep
        asked = [about["steps"], s.pictures, s.guidances, s.samplers, s.steps]
        kept.part(
            "sweep",
            asked,
            lambda: measures.swept(bench, s.pictures, s.guidances, s.samplers, s.steps),
        )
    kept.part(
        "recognised", [*same, plan.pictures], lambda: measures.recognised(bench, plan.pictures)
    )
    if not plan.brief:
        key = f"{about['steps']} {about['renders']} {len(trained_on)}"
        features = plan.data / "judges" / "features.npz"
        kept.part(
            "neighbours",
            [*same, key, plan.neighbours],
            lambda: measures.neighbours(
                bench,
                trained_on,
                measures.training_features(panel, trained_on, features, key),
                plan.neighbours,
            ),
        )
        kept.part(
            "stylise",
            [*same, plan.starts, plan.strengths],
            lambda: measures.stylised(bench, plan.starts, plan.strengths),
        )
        kept.part(
            "artist",
            [str(plan.settings), plan.artist_prompts],
            lambda: measures.artist_sheet(bench, plan.artist_prompts),
        )
    results = kept.parts | {
        "weights": weights, "settings": str(plan.settings), "pictures": plan.pictures, "judge": about
    }  # fmt: skip
    log.info("%s", table(results))
    if not plan.brief:
        plan.out.parent.mkdir(parents=True, exist_ok=True)
        for name in SHEETS:
            source, target = work / f"{name}.png", plan.out.parent / f"{name}.png"
            target.write_bytes(source.read_bytes())
        plan.out.write_text(document(results), "utf-8")
        log.info("%s", plan.out)
    return results


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="python -m studio.training.evaluate", description=__doc__
    )
    add = options.add_argument
    add("--model", type=Path, default=Path("assets/models/palette"), help="the model folder")
    add("--data", type=Path, default=Path("outputs/palette"), help="renders, judges, results")
    add("--out", type=Path, default=Path("docs/palette-evaluation.md"), help="the document")
    add("--pictures", type=int, default=1024, help="samples to judge")
    add("--sweep", action="store_true", help="also try guidance scales, samplers and steps")
    add("--sweep-pictures", type=int, default=96, help="samples for each try")
    add("--brief", action="store_true", help="accuracies and KID alone, no document")
    add("--scene-steps", type=int, default=SCENE_STEPS, help="optimiser steps of that judge")
    add("--touch-steps", type=int, default=TOUCH_STEPS, help="optimiser steps of that judge")
    add("--judge-pictures", type=int, default=7000, help="renders of single subjects for them")
    add("--steps", type=int, help="solver steps; default: the studio's")
    add("--guidance", type=float, help="guidance scale; default: the studio's")
    add("--sampler", help="default: the studio's")
    add("--quick", action="store_true", help="every part on tiny sizes, to see that it runs")
    return options


def plan_from(options: argparse.Namespace) -> Evaluation:
    """Turn the command line into a plan."""
    usual = Settings.of(CARDS["palette"])
    settings = replace(
        usual,
        steps=options.steps or usual.steps,
        guidance_scale=options.guidance or usual.guidance_scale,
        sampler=options.sampler or usual.sampler,
    )
    plan = Evaluation(
        options.model, options.data, options.out, options.pictures, settings=settings,
        sweep=Sweep(options.sweep_pictures) if options.sweep else None, brief=options.brief,
        scene=JudgeRecipe(Budget(steps=options.scene_steps)),
        touch=JudgeRecipe(Budget(steps=options.touch_steps)), judge_pictures=options.judge_pictures,
    )  # fmt: skip
    return plan.quick() if options.quick else plan


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    plan = plan_from(parser().parse_args(arguments))
    evaluate(plan, torch.device("cuda" if torch.cuda.is_available() else "cpu"))


if __name__ == "__main__":
    main()
