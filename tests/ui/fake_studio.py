"""A studio that paints coloured skies without a model: the real interface, believable delays, real PNG files.

For tests of the page and for designing it; nothing in it knows torch.
"""

import asyncio
import colorsys
import random
import secrets
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from studio.collection import Collection
from studio.core.errors import ModelUnavailable, QueueFull, RecipeError, StudioError
from studio.core.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Note,
    Preview,
    Proof,
    Queued,
    Recovery,
    Result,
    Step,
)
from studio.core.recipe import Defaults, Painting
from studio.core.recipes import FromPicture, Inpaint, Outpaint, Recover, Repainting
from studio.core.settings import Settings
from studio.core.styles import STYLES
from studio.gallery import intake
from studio.gallery.index import Index
from studio.gallery.inputs import Inputs
from studio.gallery.metadata import Made, fingerprint
from studio.gallery.owners import hashed
from studio.gallery.store import Store
from studio.gallery.trajectories import Trajectories
from studio.keeping import keep_steps, sketched
from studio.noising import Noisings
from studio.recoveries import Recoveries
from studio.results import Results
from studio.steps import Steps
from tests.ui import fake_steps

KNOWN = {
    "a", "an", "the", "of", "in", "on", "at", "by", "to", "full", "with", "and", "house", "sea",
    "sunset", "lighthouse", "cliff", "forest", "river", "lake", "moon", "night", "snow", "village",
    "autumn", "morning", "mist", "cat", "boat", "mountain",
}  # fmt: skip


MODELS = Path(__file__).parents[2] / "assets" / "models"


@dataclass(frozen=True)
class Choice:
    """One entry of a list."""

    name: str
    title: str
    help: str = ""


SAMPLERS = (
    Choice("dpmpp_2m", "DPM++ 2M", "Quick and clean; a good first choice."),
    Choice("euler", "Euler", "The plain one; every step is easy to follow."),
    Choice("ddim", "DDIM", "The classic; the way back from a picture to noise uses it too."),
)


@dataclass
class Run:
    """One click's pictures."""

    studio: "FakeStudio"
    id: str
    recipe: Painting
    owner: str
    stopped: bool = False
    ended: threading.Event = field(default_factory=threading.Event)
    begin: int = 0
    remarks: Sequence[Any] = ()
    end: Any = None
    made: int = 0

    @property
    def jobs(self) -> tuple[str, ...]:
        """A name for each of its pictures while it is under way."""
        return tuple(f"{self.id}-{number}" for number in range(len(self.recipe.pictures())))

    def cancel(self) -> None:
        """Stop at the next step."""
        self.stopped = True
        self.ended.set()

    async def aevents(self) -> AsyncIterator[Event]:
        """Wait, load, step, finish: all pictures side by side."""
        studio, recipes = self.studio, self.recipe.pictures()
        for number in range(len(recipes)):
            yield Queued(number, position=studio.ahead, seconds=studio.pace * 5)
        await asyncio.sleep(studio.pace * 2)
        if not studio.loaded:
            for number in range(len(recipes)):
                yield Loading(number, "palette", 0.4)
            await asyncio.sleep(studio.pace * 6)
            studio.loaded = True
        recover = isinstance(self.recipe, Recover)
        steps = self.recipe.steps_to_make if recover else self.recipe.steps or 20
        skies = [studio.painted(recipe) for recipe in recipes]
        for message, values in self.remarks:
            yield Note(0, message, values)
        for number, recipe in enumerate(recipes):
            if isinstance(recipe, Repainting) and recipe.strength == 0:
                message = "At strength 0 nothing changes: this is the picture you gave."
                yield Note(number, message)
        for index in range(self.begin + 1, steps + 1):
            await asyncio.sleep(studio.pace)
            self.made = index - 1
            for number, picture in enumerate(skies):
                if self.stopped and self.end is sketched:
                    yield Cancelled(number, None)
                    continue
                if self.stopped:
                    result = self.kept(number, picture, recipes[number], index - 1)
                    yield Cancelled(number, result if index > 1 else None)
                    continue
                left = (steps - index) * studio.pace
                yield Step(number, index, steps, left, rough(picture, index / steps))
            if self.stopped:
                return
        for number, picture in enumerate(skies):
            if "fail" in recipes[number].prompt:
                yield Failed(
                    number, ModelUnavailable("{title} is not on this machine.", title="Palette")
                )
                continue
            if self.end is not None:
                job = SimpleNamespace(picture=number, stopping=False)
                before = studio.before(recipes[number])
                made = fake_steps.finished(picture, before, recipes[number], steps, steps)
                yield self.end(job, made)
                continue
            yield Finished(number, self.kept(number, picture, recipes[number], steps))

    def kept(self, number: int, picture: Image.Image, recipe: Painting, steps: int) -> Result:
        """A picture on disk, known by its job from now on."""
        result = self.studio.keep(picture, recipe, self.owner, steps)
        self.studio.results.jobs[self.jobs[number]] = result.id
        return result


class FakeStudio:
    """The interface of studio.service.Studio, as far as the page uses it."""

    def __init__(self, home: Path, *, pace: float = 0.03, loaded: bool = True) -> None:
        self.settings = Settings(home=home, port=0)
        self.home = home
        self.pace = pace
        self.loaded = loaded
        self.ahead = 0
        self.full = False
        self.broken = False
        self.sketched: list[Painting] = []
        self.runs: dict[str, Run] = {}
        self.results = fake_steps.Results()
        self.store = Store(home)
        self.trajectories = Trajectories(home, 1.0)
        self.engine = SimpleNamespace(passes=self.passes)
        self.catalog = SimpleNamespace(
            revision=lambda model: "not here", loaded=lambda model: False
        )
        self.wishes = SimpleNamespace(place=self.place)
        self.steps = Steps(self)  # type: ignore[arg-type]
        self.inputs = Inputs(home)
        self.index = Index(home, self.store.owners, self.inputs)
        kept = Results(self.store, self.index, everything=False)
        self.collection = Collection(self.store, self.index, kept, everything=False)
        self.recoveries = Recoveries(self.inputs)
        self.noising = Noisings(lambda model: MODELS / model, self.ask, self.status)

    def choices(self, name: str, model: str = "palette") -> list[Choice]:
        """Entries of a list."""
        if name == "style":
            return [Choice(key, style.title) for key, style in STYLES.items()]
        if name == "sampler":
            return list(SAMPLERS)
        return [Choice("palette", "Palette", "Built in; paints on any machine.")]

    def defaults(self, model: str = "palette") -> Defaults:
        """The model's own choices."""
        steps = 4 if model == "palette_live" else 20
        return Defaults(256, 256, steps, 4.0, "dpmpp_2m", "v1")

    def sizes(self, model: str = "palette") -> dict[str, tuple[int, int]]:
        """Aspect -> size."""
        return {"square": (256, 256), "portrait": (224, 288), "landscape": (288, 224)}

    def submit(
        self,
        recipe: Painting,
        owner: str,
        *,
        tape: Sequence[Any] = (),
        remarks: Sequence[Any] = (),
        end: Any = None,
        stop_after: int | None = None,
    ) -> Run:
        """Start a run; steps on a tape are not made again."""
        if self.broken:
            raise KeyError("a secret detail")
        if self.full:
            raise QueueFull(
                "The studio is full: {position} pictures are ahead of you.",
                hint="Try again in about {seconds:.0f} s.",
                position=9,
                seconds=4.0,
            )
        self._refuse_missing_pictures(recipe)
        if not recipe.words.strip() and not recipe.wordless:
            raise RecipeError("prompt", "Say what to paint, or choose a style.")
        run = Run(self, secrets.token_hex(8), recipe.settled(self.defaults(recipe.model)), owner)
        run.begin, run.remarks, run.end = len(tape), remarks, end
        self.runs[run.id] = run
        return run

    def live(self, model: str = "palette") -> str | None:
        """Who paints while one writes."""
        return "palette_live"

    def sketch(self, recipe: Painting, owner: str) -> Run:
        """As submit; the picture is not kept."""
        self.sketched.append(recipe)
        return self.submit(recipe, owner, end=sketched)

    def _refuse_missing_pictures(self, recipe: Painting) -> None:
        for name in recipe.inputs:
            if not getattr(recipe, name):
                raise RecipeError(name, "Choose a picture first.")
        if isinstance(recipe, Inpaint) and not self.inputs.get(recipe.mask).getbbox():
            raise RecipeError("mask", "Paint the area to change first.")
        if isinstance(recipe, Outpaint) and not any(_sides(recipe)):
            raise RecipeError("left", "Say how far to carry the picture on, on at least one side.")

    def take(self, picture: intake.File, backdrop: str = "#ffffff") -> intake.Taken:
        """As the studio does."""
        return intake.take(picture, backdrop=backdrop)

    def take_mask(self, mask: intake.File, size: tuple[int, int]) -> intake.TakenMask:
        """As the studio does."""
        return intake.take_mask(mask, size)

    def put(self, image: Image.Image) -> str:
        """As the studio does."""
        return self.inputs.put(image)

    def painted(self, recipe: Painting) -> Image.Image:
        """The finished picture of one recipe."""
        if recipe.turns:
            turn = recipe.turns[-1]
            other = replace(recipe, turns=(), seed=(recipe.seed or 0) + 1 + len(turn.prompt or ""))
            share = 1 - turn.at / (recipe.steps or 20)
            return Image.blend(self.before(recipe), self.painted(other), share)
        if not isinstance(recipe, FromPicture):
            return sky(recipe)
        source = self.inputs.get(recipe.source).convert("RGB")
        if isinstance(recipe, Outpaint):
            left, right, top, bottom = _sides(recipe)
            size = (source.width + left + right, source.height + top + bottom)
            ground = sky(recipe).resize(size)
            ground.paste(source, (left, top))
            return ground
        if isinstance(recipe, Recover):
            return source
        new = Image.blend(source, sky(recipe).resize(source.size), recipe.strength)
        if isinstance(recipe, Inpaint):
            mask = self.inputs.get(recipe.mask).convert("L")
            return Image.composite(new, source, ImageChops.invert(mask) if recipe.invert else mask)
        return new

    def cancel(self, run_id: str, owner: str) -> bool:
        """Stop a run of this owner."""
        run = self.runs.get(run_id)
        if run is None or run.owner != owner:
            return False
        run.cancel()
        return True

    def read_prompt(self, prompt: str, style: str = "none", model: str = "palette") -> Any:
        """What the prompt means to the model."""
        words = [word.strip(".,!?") for word in prompt.lower().split()]
        unknown = tuple(
            (word, tuple(sorted(KNOWN, key=lambda known: _distance(word, known))[:3]))
            for word in dict.fromkeys(words)
            if word.isalpha() and word not in KNOWN
        )
        return SimpleNamespace(
            unknown=unknown[:6],
            ignored=" ".join(words[22:]),
            tokens=len(words) + 2,
            limit=24,
            secrets=tuple(word for word in prompt.split() if word.startswith("hf_")),
        )

    def surprise(self, model: str = "palette") -> tuple[str, str]:
        """A prompt and a style."""
        return "a boat on a lake at sunset", "watercolor"

    def find(self, picture_id: str, owner: str) -> Result | None:
        """A picture of this owner."""
        known_owner, result = self.results.get(picture_id, ("", None))
        there = result is not None and known_owner == owner and result.path.is_file()
        return result if there else None

    def recent(self, owner: str, limit: int = 24) -> list[Result]:
        """Newest first."""
        mine = [result for known, result in self.results.values() if known == owner]
        return [result for result in mine[::-1] if result.path.is_file()][:limit]

    def status(self, model: str = "palette") -> Any:
        """State of the model and the queue."""
        problem: StudioError | None = None
        busy = sum(not run.stopped for run in self.runs.values())
        return SimpleNamespace(
            model="Palette",
            ready=self.loaded,
            loading=not self.loaded and bool(busy),
            problem=problem,
            queue=0,
        )

    def keep(self, picture: Image.Image, recipe: Painting, owner: str, steps: int) -> Result:
        """A picture on disk, its steps beside it."""
        total = recipe.steps_to_make if isinstance(recipe, Recover) else recipe.steps or 20
        width, height = picture.size
        seconds = total * self.pace
        versions = ("0.1.0", "abc", "cpu", "float32", "2", "0", 1, steps, total, seconds, "now")
        name, path = self.store.save(picture, recipe, Made(*versions, fingerprint(picture)), owner)
        recovery = self._recovery(recipe, picture) if isinstance(recipe, Recover) else None
        proof = Proof(0, 1.8) if isinstance(recipe, Inpaint | Outpaint) else None
        result = Result(name, path, recipe, width, height, seconds, steps, total, proof, recovery)
        self.results[name] = (owner, result)
        self.index.add(path, hashed(owner))
        if steps and not isinstance(recipe, Recover):
            finished = fake_steps.finished(picture, self.before(recipe), recipe, steps, total)
            keep_steps(self.trajectories, None, finished, result)  # type: ignore[arg-type]
        return result

    def _recovery(self, recipe: Recover, picture: Image.Image) -> Recovery | None:
        """The picture came back but for one grey level."""
        pixels = np.asarray(picture)
        near = np.where(pixels > 127, pixels - 1, pixels + 1).astype(np.uint8)
        noise = np.asarray(Image.effect_noise(picture.size, 90).convert("RGB"))
        evidence = SimpleNamespace(
            original=pixels, round_trip=near, diffused=noise, recovered=pixels
        )
        evidence.mean, evidence.std = 0.004, 0.981
        self.recoveries.note(recipe, evidence)  # type: ignore[arg-type]
        return self.recoveries.of(recipe)

    def recovered(self, picture_id: str, owner: str, name: str) -> Image.Image | None:
        """As the studio does."""
        result = self.find(picture_id, owner)
        return self.recoveries.picture(result, name) if result else None

    def before(self, recipe: Painting) -> Image.Image:
        """What the picture would have been without its turns."""
        return self.painted(replace(recipe, turns=()))

    def place(self, recipe: Painting) -> Any:
        """The picture's size, all of it painted."""
        size = self.painted(recipe).size
        return size, (0, 0, *size)

    def passes(self, job: str, owner: str) -> Any:
        """What a picture under way has behind it."""
        for run in self.runs.values():
            if job in run.jobs and run.owner == owner and job not in self.results.jobs:
                recipe = run.recipe.pictures()[run.jobs.index(job)]
                total = recipe.steps or 20
                picture = self.painted(recipe)
                made = fake_steps.passes(picture, self.before(recipe), recipe, run.made, total)
                return recipe, fake_steps.MODEL, made, total
        return None

    def ask(self, algorithm: Any, owner: str, **where: Any) -> Future[Any]:
        """The answers of a model that is a formula."""
        from tests.fakes import answered

        return answered(algorithm)

    def start(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Let go of the index."""
        self.index.close()


def _sides(recipe: Outpaint) -> tuple[int, int, int, int]:
    return recipe.left, recipe.right, recipe.top, recipe.bottom


def sky(recipe: Painting) -> Image.Image:
    """A small landscape in colours of the seed."""
    dice = random.Random(recipe.seed)
    width, height = recipe.width or 256, recipe.height or 256
    hue = dice.random()

    def tint(shift: float, light: float, colour: float = 0.5) -> tuple[int, ...]:
        return tuple(
            round(255 * part) for part in colorsys.hls_to_rgb((hue + shift) % 1, light, colour)
        )

    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    horizon = height * dice.uniform(0.5, 0.7)
    for y in range(height):
        part = min(y / horizon, 1)
        low, high = tint(0.08, 0.82), tint(0, 0.45)
        draw.line(
            [(0, y), (width, y)],
            fill=tuple(round(a + (b - a) * part) for a, b in zip(high, low, strict=True)),
        )
    sun, size = width * dice.uniform(0.2, 0.8), width * 0.07
    draw.ellipse(
        [sun - size, horizon * 0.55 - size, sun + size, horizon * 0.55 + size], tint(0.1, 0.92)
    )
    for layer in range(4):
        base = horizon + layer * (height - horizon) / 4
        points = [(0, height)] + [
            (x, base + dice.uniform(-0.08, 0.02) * height) for x in range(0, width + 32, 32)
        ]
        draw.polygon([*points, (width, height)], tint(0.02 * layer, 0.42 - 0.09 * layer, 0.35))
    return image.filter(ImageFilter.GaussianBlur(0.8))


def rough(picture: Image.Image, clear: float) -> Preview:
    """What the picture looks like from far: small, and grainy at first."""
    small = picture.resize((picture.width // 16, picture.height // 16))
    noise = Image.effect_noise(small.size, 90).convert("RGB")
    small = Image.blend(noise, small, min(1, 0.15 + clear))
    return Preview(small.width, small.height, small.tobytes())


def _distance(word: str, known: str) -> tuple[int, str]:
    return (-len(set(word) & set(known)) + abs(len(word) - len(known)), known)


def main() -> None:
    """Serve the page with this studio, to look at it."""
    import sys
    import tempfile

    from studio.ui.app import launch

    studio = FakeStudio(Path(tempfile.mkdtemp()), pace=0.12, loaded=False)
    studio.settings = Settings(home=studio.home, port=int((sys.argv[1:] or ["7901"])[0]))
    launch(studio)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
