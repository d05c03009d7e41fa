"""A studio for command-line tests: the real contract, the real store, painted by a formula instead of a model."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.cli import main
from studio.core.errors import StudioError
from studio.core.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Note,
    Proof,
    Queued,
    Result,
    Step,
)
from studio.core.recipe import Defaults, Painting
from studio.core.settings import Settings
from studio.gallery import intake
from studio.gallery.home import pictures_home
from studio.gallery.inputs import Inputs
from studio.gallery.metadata import Made, fingerprint
from studio.gallery.store import Store
from studio.models.catalog import Catalog
from studio.noising import Noisings
from studio.reproduce import Verdict, reproduce
from studio.service import Reading
from tests.fakes import answered

DEFAULTS = Defaults(
    width=64, height=64, steps=8, guidance_scale=4.0, sampler="dpmpp_2m", revision="1"
)


class FakeRun:
    """Tells the events of every picture in turn; the studio's `before_step` may interfere."""

    def __init__(
        self, studio: "FakeStudio", recipe: Painting, store: Store, stop_after: int | None
    ) -> None:
        self.recipe = recipe
        self.cancelled = threading.Event()
        self._studio = studio
        self._store = store
        self._stop_after = stop_after

    def cancel(self) -> None:
        self.cancelled.set()

    def events(self) -> Iterator[Event]:
        for picture, recipe in enumerate(self.recipe.pictures()):
            yield Queued(picture, picture, 0.0)
            yield Loading(picture, "Fake", 0.0)
            yield Note(picture, "Ignored: {words}.", (("words", "a {brace}"),))
            if picture in self._studio.failing:
                yield Failed(picture, self._studio.failing[picture])
                continue
            yield from self._steps(picture, recipe)

    def _steps(self, picture: int, recipe: Painting) -> Iterator[Event]:
        steps = recipe.steps or 1
        for index in range(1, steps + 1):
            self._studio.before_step(self, index)
            if self.cancelled.is_set() or self._stop_after == index - 1:
                yield Cancelled(picture, self._kept(recipe, index - 1) if index > 1 else None)
                return
            yield Step(picture, index, steps, 0.0)
        yield Finished(picture, self._kept(recipe, steps))

    def _kept(self, recipe: Painting, done: int) -> Result:
        size = (recipe.width or 1, recipe.height or 1)
        proof = Proof(0, 1.5) if "mask" in recipe.inputs else None
        image = Image.radial_gradient("L").resize(size).convert("RGB")
        image.putpixel((0, 0), ((recipe.seed or 0) % 256, done % 256, 0))
        made = dataclasses.replace(
            self._studio.made, steps_done=done, steps_total=recipe.steps, pixels=fingerprint(image)
        )
        picture_id, path = self._store.save(image, recipe, made, "cli")
        return Result(picture_id, path, recipe, *size, 0.1, done, recipe.steps or 1, proof)


class FakeStudio:
    """Paints gradients. Tests may set `refusal`, `failing`, `before_step`, `reading` and `made`."""

    def __init__(self, scratch: Path) -> None:
        self.refusal: StudioError | None = None
        self.failing: dict[int, StudioError] = {}
        self.before_step: Callable[[FakeRun, int], None] = lambda run, index: None
        self.made = Made("0.1.0", "abc", "cpu", "float32", "2", "0", 1, 0, 0, 0.1, "now", "")
        self.reading = Reading((), "", ())
        self.opened = 0
        self.closed = 0
        self._scratch = scratch

    def __call__(self, settings: Settings) -> "FakeStudio":
        """Opens it, as the class of the real one does."""
        self.settings = settings
        self.catalog = Catalog(settings)
        self.store = Store(pictures_home(settings))
        self.inputs = Inputs(self.store.home)
        self.noising = Noisings(self.catalog.folder, self.ask, lambda model: None)
        self.opened += 1
        return self

    def close(self) -> None:
        self.closed += 1

    def ask(self, algorithm: Any, owner: str, **where: Any) -> Future[Any]:
        """The answers of a model that is a formula."""
        return answered(algorithm)

    def take(self, picture: intake.File, backdrop: str) -> intake.Taken:
        return intake.take(picture, backdrop=backdrop)

    def take_mask(self, mask: intake.File, size: tuple[int, int]) -> intake.TakenMask:
        return intake.take_mask(mask, size)

    def put(self, image: Image.Image) -> str:
        return self.inputs.put(image)

    def submit(
        self, recipe: Painting, owner: str, *, keep: bool = True, stop_after: int | None = None
    ) -> FakeRun:
        if self.refusal:
            raise self.refusal
        store = self.store if keep else Store(self._scratch)
        return FakeRun(self, recipe.settled(DEFAULTS), store, stop_after)

    def read_prompt(self, prompt: str, style: str, model: str) -> Reading:
        return self.reading

    def reproduce(self, path: Path) -> Verdict:
        return reproduce(path, self)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def studio(tmp_path: Path, home: Path) -> FakeStudio:
    return FakeStudio(tmp_path / "scratch")


@pytest.fixture
def run(studio: FakeStudio, capsys: pytest.CaptureFixture[str]):
    """Runs one command; gives exit code, lines of standard output, standard error."""

    def run(*arguments: object) -> tuple[int, list[str], str]:
        try:
            code = main([str(argument) for argument in arguments], studio=studio)
        except SystemExit as exit:
            code = exit.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out.splitlines(), err

    return run
