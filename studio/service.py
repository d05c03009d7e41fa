"""The studio: the one object that knows all parts. The page, the command line and the API speak with it and nothing below it."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import tempfile
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import keeping
from studio.collection import Collection
from studio.core.errors import ModelUnavailable, StudioError, UnknownName
from studio.core.events import Cancelled, Event, Finished, Result
from studio.core.recipe import Defaults, Painting
from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.core.styles import STYLES
from studio.diffusion.samplers import SAMPLERS
from studio.engine.engine import Engine
from studio.engine.job import Job, Picture
from studio.engine.wish import Wish
from studio.gallery import intake
from studio.gallery.home import pictures_home
from studio.gallery.index import Index
from studio.gallery.inputs import Inputs
from studio.gallery.store import Store
from studio.gallery.trajectories import Trajectories
from studio.models.catalog import Catalog
from studio.models.vocabulary import Vocabulary
from studio.noising import Noisings
from studio.results import Results
from studio.steps import Steps
from studio.wishes import Remark, Wishes

if TYPE_CHECKING:
    from concurrent.futures import Future

    from PIL.Image import Image

    from studio.diffusion.questions import Algorithm, Model, Pass
    from studio.engine.mailbox import Mailbox
    from studio.reproduce import Verdict

log = logging.getLogger(__name__)

_SECRET = re.compile(r"\b(?:hf_|sk-|ghp_|github_pat_|xox[bp]-|AKIA)[A-Za-z0-9_-]{8,}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list a person chooses from."""

    name: str
    title: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a prompt means to a model.

    Attributes:
        unknown: Words it has never seen, each with the nearest ones it has.
        ignored: Words beyond its token limit; "" when none, or when the model is not loaded yet.
        secrets: Parts that look like access keys and would be saved with the picture, shortened.
    """

    unknown: tuple[tuple[str, tuple[str, ...]], ...]
    ignored: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the studio for the page's head.

    Attributes:
        model: Title of the model.
        ready: It is loaded.
        loading: It is being loaded.
        problem: Why it cannot be loaded.
        queue: Unfinished pictures of everybody.
    """

    model: str
    ready: bool
    loading: bool
    problem: StudioError | None
    queue: int


class Run:
    """One click on its way: one or more pictures.

    Attributes:
        id: Unguessable.
        owner: Whose it is.
        recipe: Settled; may ask for several pictures.
        jobs: A name for each of its pictures while it is under way.
    """

    def __init__(
        self, engine: Engine, recipe: Painting, owner: str, mailbox: Mailbox, jobs: list[str]
    ) -> None:
        self.id = jobs[0]
        self.owner = owner
        self.recipe = recipe
        self._engine = engine
        self._mailbox = mailbox
        self.jobs = tuple(jobs)

    def events(self) -> Iterator[Event]:
        """Events of all pictures until the last one ends; blocks."""
        return iter(self._mailbox)

    def aevents(self) -> AsyncIterator[Event]:
        """As `events`, without blocking the event loop."""
        return aiter(self._mailbox)

    def cancel(self) -> None:
        """Stop at the next step; what exists is kept and arrives with `Cancelled`."""
        self._engine.cancel(self.jobs)


class Studio:
    """Everything a person can do, in one place. Methods may be called from any thread.

    Attributes:
        settings: What it was started with.
        catalog: The models.
        store: The pictures.
        index: Where they are looked for.
        results: The pictures that can be shown again.
        collection: A person's pictures, looked through and put in order.
        inputs: The pictures and masks that recipes start from.
        engine: The device.
        trajectories: The steps kept beside the pictures.
        steps: Every step of a run, to be seen and taken again.
        noising: Pictures on their way into noise.
    """

    def __init__(self, settings: Settings, catalog: Catalog | None = None) -> None:
        """A studio that keeps its pictures where the settings say; loads no model yet.

        From here on this process decodes PNG, JPEG and WebP alone, whoever opens a file.

        Raises: GalleryError when pictures cannot be kept there.
        """
        from studio.gallery.intake import restrict_decoders

        restrict_decoders()
        self.settings = settings
        self.catalog = catalog or Catalog(settings)
        home = pictures_home(settings)
        self.store = Store(home)
        self.inputs = Inputs(home)
        self.engine = Engine(
            pictures_per_owner=settings.pictures_per_owner, pictures_total=settings.pictures_total
        )
        self.wishes = Wishes(settings, self.catalog, self.inputs, self.engine.pace)
        self.trajectories = Trajectories(home, settings.steps_gib, stars_hold=settings.workstation)
        self.index = Index(home, self.store.owners, self.inputs)
        self.results = Results(self.store, self.index, everything=settings.workstation)
        self.collection = Collection(
            self.store, self.index, self.results, everything=settings.workstation
        )
        self.steps = Steps(self)
        self.noising = Noisings(self.catalog.folder, self.ask, self.status)
        self._lock = threading.Lock()
        # A run lives as long as somebody listens to it.
        self._runs: weakref.WeakValueDictionary[str, Run] = weakref.WeakValueDictionary()
        self._vocabularies: dict[str, Vocabulary] = {}
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def start(self, model: str = "palette") -> None:
        """Begin to load a model and to look through the pictures; returns at once."""
        self.collection.start()
        threading.Thread(target=self._warm, args=(model,), name="warm", daemon=True).start()

    def close(self) -> None:
        """Stop all runs, keep what exists, end the threads."""
        self.engine.close()
        self.catalog.close()
        self.index.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    def choices(self, name: str, model: str = "palette") -> list[Choice]:
        """What a person can choose for a setting: "sampler", "style" or "model" (those on this machine).

        Raises: UnknownName.
        """
        if name == "sampler":
            return [
                Choice(key, SAMPLERS[key].title, SAMPLERS[key].help)
                for key in self.wishes.samplers(model)
            ]
        if name == "style":
            return [Choice(key, style.title) for key, style in STYLES.items()]
        if name == "model":
            return [
                Choice(key, card.title, card.about)
                for key, card in self.catalog.cards.items()
                if self.catalog.here(key)
            ]
        raise UnknownName("list", name, ("model", "sampler", "style"))

    def defaults(self, model: str = "palette") -> Defaults:
        """What the model chooses where a recipe leaves the choice open."""
        return self.catalog.defaults(model)

    def sizes(self, model: str = "palette") -> dict[str, tuple[int, int]]:
        """Width and height in pixels per aspect, as the model paints well."""
        return dict(self.catalog.cards[model].sizes)

    def take(self, picture: intake.File, backdrop: str = "#ffffff") -> intake.Taken:
        """A clean picture from a file or bytes that anyone may have made.

        Raises: PictureError; RecipeError when the backdrop is no colour.
        """
        return intake.take(picture, backdrop=backdrop)

    def take_mask(self, mask: intake.File, size: tuple[int, int]) -> intake.TakenMask:
        """A mask for a picture of that size (width, height) from a file or bytes that anyone may have made.

        Raises: PictureError.
        """
        return intake.take_mask(mask, size)

    def put(self, image: Image) -> str:
        """Keep a picture (RGB) or mask (L) that recipes may start from; its name in a recipe.

        Raises: PictureError, GalleryError.
        """
        return self.inputs.put(image)

    def submit(
        self,
        recipe: Painting,
        owner: str,
        *,
        keep: bool = True,
        stop_after: int | None = None,
        tape: Sequence[Pass] = (),
        remarks: Sequence[Remark] = (),
        end: Callable[[Job, Picture], Event] | None = None,
    ) -> Run:
        """Accept a wish.

        Args:
            recipe: What to make; open choices are settled here, once.
            owner: Whose it is: a browser or API key.
            keep: False writes the pictures to a scratch folder that goes with the studio, and holds no steps of them.
            stop_after: Stop after this many steps and keep what exists.
            tape: Passes of an earlier run that begins alike; the model is not asked for them again.
            remarks: What to say when it begins, beside what there is to say anyway.
            end: What becomes of a picture instead of being kept, off the device's thread; gives its last event.

        Raises: RecipeError, UnknownName, ModelUnavailable, QueueFull; all at once.
        """
        self.engine.check_room(1, owner)
        settled = self.wishes.settled(recipe, len(tape))
        store = self.store if keep or end else self._scratch_store()
        mailbox, jobs = self.engine.submit(
            [
                self.wishes.made(one, tape, remarks)._replace(recorded=keep)
                for one in settled.pictures()
            ],
            owner,
            self.catalog.model(settled.model),
            title=self.catalog.cards[settled.model].title,
            keep=end or (lambda job, picture: self._kept(store, job, picture)),
            stop_after=stop_after,
        )
        run = Run(self.engine, settled, owner, mailbox, jobs)
        with self._lock:
            self._runs[run.id] = run
        return run

    def live(self, model: str = "palette") -> str | None:
        """Name of the model that paints as this one does but in a few steps; None when it is not on this machine."""
        cards = self.catalog.cards
        return next(
            (
                name
                for name, card in cards.items()
                if card.adapter and card.few_step and card.source == cards[model].source
                if self.catalog.here(name)
            ),
            None,
        )

    def sketch(self, recipe: Painting, owner: str) -> Run:
        """As `submit`, for a picture that is shown and not kept: it ends with `Sketched`, and nothing is written.

        For a person who is still choosing words. The recipe paints the same picture again, to be kept.
        """
        return self.submit(recipe, owner, keep=False, end=keeping.sketched)

    def ask(
        self,
        algorithm: Callable[[Model], Algorithm],
        owner: str,
        *,
        model: str = "palette",
        size: tuple[int, int] | None = None,
    ) -> Future[Any]:
        """Run an algorithm that makes no picture of its own; the future has what it returns, or the error that ended it.

        Args:
            algorithm: Begins it on the loaded model.
            owner: Who wants to know.
            model: Name of its card.
            size: Width and height in pixels of what it works on; the model's own when None.

        Raises: QueueFull, UnknownName, ModelUnavailable.
        """
        width, height = size or (None, None)
        blank = TextToImage(width=width, height=height, model=model).settled(self.defaults(model))
        title = self.catalog.cards[model].title
        return self.engine.ask(
            Wish(blank, algorithm), owner, self.catalog.model(model), title=title
        )

    async def run(self, recipe: Painting, owner: str) -> AsyncIterator[Event]:
        """Submit and listen; whoever closes the iterator cancels what is left of the run."""
        run = await asyncio.to_thread(self.submit, recipe, owner)
        try:
            async for event in run.aevents():
                yield event
        finally:
            run.cancel()

    def cancel(self, run_id: str, owner: str) -> bool:
        """Stop a run of this owner, named by itself or by one of its pictures; False when there is none by that name."""
        with self._lock:
            runs = list(self._runs.values())
        run = next((one for one in runs if run_id in one.jobs), None)
        if run is None or run.owner != owner:
            return False
        run.cancel()
        return True

    def read_prompt(self, prompt: str, style: str = "none", model: str = "palette") -> Reading:
        """What a prompt means to a model, while it is being written."""
        unknown = self._vocabulary(model).unknown(prompt)
        secrets = tuple(found[:8] + "…" for found in _SECRET.findall(prompt))
        ignored = ""
        if self.status(model).ready:
            ignored = self.catalog.model(model).result().ignored(STYLES[style].words(prompt))
        return Reading(unknown, ignored, secrets)

    def surprise(self, model: str = "palette") -> tuple[str, str]:
        """A prompt the model paints well, and a style."""
        prompts = self._vocabulary(model).prompts or self._vocabulary("palette").prompts
        return random.choice(prompts), random.choice([name for name in STYLES if name != "none"])

    def find(self, picture_id: str, owner: str) -> Result | None:
        """A picture of this owner, of this start or an earlier one; on a workstation any picture."""
        return self.results.find(picture_id, owner)

    def recovered(self, picture_id: str, owner: str, name: str) -> Image | None:
        """What lies behind a picture of this owner that went into noise and back; see `Recoveries.picture`."""
        result = self.find(picture_id, owner)
        return self.wishes.recoveries.picture(result, name) if result else None

    def recent(self, owner: str, limit: int = 24) -> list[Result]:
        """This owner's pictures, newest first."""
        return self.results.recent(owner, limit)

    def status(self, model: str = "palette") -> Status:
        """The state of the studio and of one model."""
        loading = self.catalog.loading_for(model) is not None
        return Status(
            self.catalog.cards[model].title,
            self.catalog.loaded(model),
            loading,
            self.catalog.problem(model),
            self.engine.unfinished,
        )

    def reproduce(self, path: Path) -> Verdict:
        """Make a picture again from its own file and compare.

        Raises: GalleryError when the file holds no recipe; what `submit` raises.
        """
        from studio.reproduce import reproduce

        return reproduce(path, self)

    def _warm(self, model: str) -> None:
        try:
            self.catalog.revision(model)
            self.catalog.model(model)
        except StudioError as error:
            log.warning("%s: %s", model, error)

    def _vocabulary(self, model: str) -> Vocabulary:
        if model not in self._vocabularies:
            try:
                folder = self.catalog.folder(model)
            except ModelUnavailable:
                return Vocabulary()
            self._vocabularies[model] = Vocabulary.read(folder)
        return self._vocabularies[model]

    def _scratch_store(self) -> Store:
        with self._lock:
            if self._scratch is None:
                self._scratch = tempfile.TemporaryDirectory(prefix="atelier-")
        return Store(Path(self._scratch.name))

    def _kept(self, store: Store, job: Job, picture: Picture) -> Event:
        """Write a picture with its recipe and its steps; the event that tells of it."""
        result = keeping.saved(store, picture, job.owner, self.wishes)
        if store is self.store:
            keeping.keep_steps(self.trajectories, job, picture, result)
            self.results.add(result, job.owner, job.id)
        if job.stopping:
            return Cancelled(job.picture, result)
        return Finished(job.picture, result)
