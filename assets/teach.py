"""Make the lesson of the guided tour: runs of the built-in model, watched pass by pass, as sheets of pictures and exact numbers.

Run with the project's Python whenever the built-in model changes: `python assets/teach.py`. Seeds count from 1.

assets/lesson/lesson.json   every number the page shows; its `recipe` names the weights it was made with
assets/lesson/<sheet>.webp  frames of one size side by side
"""

import json
import math
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.diffusion.denoise import text_to_image
from studio.diffusion.forward import clean_estimate, noise_estimate
from studio.diffusion.guidance import guided
from studio.diffusion.questions import Decode, Model, Question, Words
from studio.diffusion.solver import Solver
from studio.models.catalog import Catalog

LESSON = ROOT / "assets" / "lesson"
FRAME, WHOLE = 192, 256
"""Side of a frame in a long sheet and of one in a short sheet, pixels."""

RUN = TextToImage("mountains at sunset", style="oil", seed=1, steps=20, sampler="ddim")
LEAPS = (1, 2, 4, 8, 20)
SCALES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
SEEDS = (1, 2, 3, 4)
PROMPTS = (
    ("mountains at sunset", "oil"),
    ("a forest at dawn", "watercolor"),
    ("a meadow in daylight with red flowers", "impressionism"),
)
SAMPLERS = ("euler", "heun", "dpmpp_2m", "euler_a")
STEPS = (2, 4, 8, 16, 32)
FINE = 150
"""Steps of the plainest sampler to the picture that all others are measured against: as good as the exact path."""


@dataclass(frozen=True)
class Seen:
    """One pass: timestep, unit-variance input, guided answer, and the answers without and with the words."""

    t: float
    x: Tensor
    prediction: Tensor
    without: Tensor
    with_words: Tensor


@dataclass(frozen=True)
class Walk:
    """A finished run: its passes and its clean latent (1, C, h, w)."""

    passes: tuple[Seen, ...]
    latent: Tensor


@torch.inference_mode()
def walked(recipe: TextToImage, model: Model) -> Walk:
    """Run a recipe to its end, asking the model with and without the words at every pass."""
    algorithm, passes = text_to_image(recipe, model), []
    asked = next(algorithm)
    while not isinstance(asked, Decode):
        if isinstance(asked, Words):
            answer: Any = model.encode(asked)
        elif isinstance(asked, Question):
            nothing = asked.against or model.encode(Words("", against=True))
            x = asked.x.repeat(2, 1, 1, 1)
            both = model.denoise(x, torch.tensor([asked.t] * 2), [asked.words, nothing])
            answer = guided(both[:1], both[1:], recipe.guidance_scale or 0.0)
            passes.append(Seen(asked.t, asked.x, answer, both[1:], both[:1]))
        asked = algorithm.send(answer)
    return Walk(tuple(passes), asked.x)


class Lesson:
    """Everything the tour shows, made with one model."""

    def __init__(self, model: Model, recipe: TextToImage) -> None:
        self.model = model
        self.recipe = recipe
        self.kind = str(model.noise_schedule["prediction_type"])
        self.files: dict[str, int] = {}
        self.walk = walked(recipe, model)

    def numbers(self) -> dict[str, Any]:
        """All sheets written; the numbers that belong to them."""
        return {
            "recipe": self.recipe.as_dict(),
            "prediction_type": self.kind,
            "alpha_bars": rounded(map(self.model.alpha_bar, range(1000)), 7),
            "run": self.run(),
            "leaps": self.leaps(),
            "guidance": self.guidance(),
            "seeds": self.seeds(),
            "samplers": self.samplers(),
            "sheets": self.files,
        }

    def run(self) -> dict[str, Any]:
        """The run pass by pass: three sheets, and one channel of the latent in numbers."""
        passes, latent = self.walk.passes, self.walk.latent
        self.sheet("picture", [latent], WHOLE, quality=90)
        self.sheet("noisy", [seen.x for seen in passes], FRAME, quality=60)
        self.sheet("clean", [self.clean(seen) for seen in passes], FRAME)
        self.sheet("noise", [self.noise(seen) for seen in passes], FRAME, quality=60)
        channel = int(latent[0].flatten(1).std(1).argmax())
        return {
            "channel": channel,
            "channels": latent.shape[1],
            "rows": latent.shape[2],
            "columns": latent.shape[3],
            "passes": [
                {"t": seen.t, "alpha_bar": significant(self.level(seen))}
                | {
                    name: rounded(values[0, channel].flatten().tolist(), 4)
                    for name, values in (("x", seen.x), ("prediction", seen.prediction))
                }
                for seen in passes
            ],
        }

    def leaps(self) -> dict[str, Any]:
        """The same noise to a picture in one leap, in two, ... : clean estimates of every pass; the longest is the run."""
        told = {}
        for steps in LEAPS:
            walk = walked(replace(self.recipe, steps=steps), self.model)
            if steps != self.recipe.steps:
                self.sheet(f"leap-{steps}", map(self.clean, walk.passes), FRAME)
            told[str(steps)] = {
                "t": [seen.t for seen in walk.passes],
                "alpha_bar": [significant(self.level(seen)) for seen in walk.passes],
                "distance": significant(distance(walk.latent, self.walk.latent)),
                "contrast": significant(contrast(self.model.decode(walk.latent)[0])),
            }
        return told

    def guidance(self) -> dict[str, Any]:
        """The same noise at several scales, and how far apart the guesses with and without words are at the first pass."""
        recipes = [replace(self.recipe, guidance_scale=scale) for scale in SCALES]
        self.sheet("guidance", [walked(one, self.model).latent for one in recipes], WHOLE)
        first = self.walk.passes[0]
        without, with_words = (
            clean_estimate(first.x, answer, self.level(first), self.kind)
            for answer in (first.without, first.with_words)
        )
        return {"scales": SCALES, "apart": significant(distance(without, with_words))}

    def seeds(self) -> dict[str, Any]:
        """Words times seeds, and the noise each seed stands for."""
        noises, pictures = [], []
        for prompt, style in PROMPTS:
            for seed in SEEDS:
                walk = walked(
                    replace(self.recipe, prompt=prompt, style=style, seed=seed), self.model
                )
                pictures.append(walk.latent)
                noises.append(walk.passes[0].x)
        noises = noises[: len(SEEDS)]
        self.sheet("noises", noises, FRAME, quality=60)
        self.sheet("seeds", pictures, FRAME)
        return {
            "seeds": SEEDS,
            "prompts": PROMPTS,
            "noise": [
                {
                    "first": rounded(noise.flatten()[:4].tolist(), 4),
                    "mean": significant(float(noise.mean())),
                    "std": significant(float(noise.std())),
                    "count": noise.numel(),
                }
                for noise in noises
            ],
        }

    def samplers(self) -> dict[str, Any]:
        """Four solvers, few steps and many: pictures, noise levels, and the distance to the end of the exact path."""
        told: dict[str, Any] = {"steps": STEPS, "names": SAMPLERS, "fine": FINE}
        told |= {"sigma": {}, "distance": {}, "passes": {}}
        goal = walked(replace(self.recipe, sampler="euler", steps=FINE), self.model).latent
        for name in SAMPLERS:
            walks = [walked(replace(self.recipe, sampler=name, steps=n), self.model) for n in STEPS]
            self.sheet(f"sampler-{name}", [walk.latent for walk in walks], FRAME)
            told["distance"][name] = [significant(distance(one.latent, goal)) for one in walks]
            told["passes"][name] = [len(one.passes) for one in walks]
            told["sigma"][name] = [self.sigmas(name, n) for n in STEPS]
        return told

    def sigmas(self, name: str, steps: int) -> list[float]:
        """Noise levels a solver goes through, (steps + 1,), the last one 0."""
        random = torch.Generator("cpu").manual_seed(0)
        solver = Solver(name, self.model.noise_schedule, steps, self.model.device, random)
        levels = dict.fromkeys(self.model.alpha_bar(float(t)) for t in solver.timesteps)
        return [significant(math.sqrt((1 - level) / level)) for level in levels] + [0.0]

    def level(self, seen: Seen) -> float:
        """alpha_bar of a pass."""
        return self.model.alpha_bar(seen.t)

    def clean(self, seen: Seen) -> Tensor:
        """The clean estimate of a pass."""
        return clean_estimate(seen.x, seen.prediction, self.level(seen), self.kind)

    def noise(self, seen: Seen) -> Tensor:
        """The noise a pass sees in its input."""
        return noise_estimate(seen.x, seen.prediction, self.level(seen), self.kind)

    @torch.inference_mode()
    def sheet(self, name: str, latents: Iterable[Tensor], side: int, quality: int = 82) -> None:
        """Decode latents and write them side by side."""
        frames = [Image.fromarray(self.model.decode(latent)[0]) for latent in latents]
        sheet = Image.new("RGB", (side * len(frames), side))
        for index, frame in enumerate(frames):
            sheet.paste(frame.resize((side, side), Image.Resampling.LANCZOS), (side * index, 0))
        sheet.save(LESSON / f"{name}.webp", quality=quality, method=6)
        self.files[name] = len(frames)


def distance(one: Tensor, other: Tensor) -> float:
    """Root mean square of a difference."""
    return float((one - other).pow(2).mean().sqrt())


def contrast(pixels: Any) -> float:
    """Standard deviation of a picture's brightness, 0 to 1."""
    return float(pixels.mean(2).std() / 255)


def significant(value: float) -> float:
    """Six significant digits: what the page shows is rounded from these, never the other way."""
    return float(f"{value:.6g}")


def rounded(values: Iterable[float], digits: int) -> list[float]:
    """To so many decimals."""
    return [round(float(value), digits) for value in values]


def main() -> None:
    """Write the lesson anew."""
    settings = Settings()
    catalog = Catalog(settings)
    shutil.rmtree(LESSON, ignore_errors=True)
    LESSON.mkdir()
    recipe = RUN.settled(catalog.defaults(RUN.model))
    numbers = Lesson(catalog.model(RUN.model).result(), recipe).numbers()
    text = json.dumps(numbers, ensure_ascii=False, separators=(",", ":"))
    (LESSON / "lesson.json").write_text(text + "\n", "utf-8")
    size = sum(file.stat().st_size for file in LESSON.iterdir())
    sys.stdout.write(f"{len(numbers['sheets'])} sheets and lesson.json: {size / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main()
