"""The catalog: models that are loaded, loading, or could be. Each is loaded once however many ask, in the background.

All tabs and jobs share what the catalog holds. When the memory budget is spent, the models used
longest ago leave first; a model that a running job still holds is freed when that job ends.
"""

import gc
import hashlib
import logging
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from studio.core.errors import InternalError, ModelUnavailable, StudioError
from studio.core.recipe import Defaults
from studio.core.registry import Registry
from studio.core.settings import Settings
from studio.models.card import ModelCard
from studio.models.cards import CARDS
from studio.models.families import FAMILIES
from studio.models.inspection import fingerprint, inspect_adapter

if TYPE_CHECKING:
    from studio.diffusion.questions import Model

log = logging.getLogger(__name__)

Loader = Callable[[str, ModelCard, Path, Settings], "Model"]


@dataclass(slots=True)
class _Shelf:
    """One model that was asked for."""

    future: "Future[Model]"
    gigabytes: float
    asked: float
    used: float = field(default_factory=time.monotonic)


class Catalog:
    """Loaded models by name; safe to use from any thread."""

    def __init__(
        self,
        settings: Settings,
        cards: Registry[ModelCard] = CARDS,
        loader: Loader | None = None,
    ) -> None:
        """An empty catalog over these cards; `loader` turns a folder into a model."""
        self.cards = cards
        self._settings = settings
        self._load = loader or load
        self._lock = threading.Lock()
        self._shelves: dict[str, _Shelf] = {}
        self._fingerprints: dict[Path, str] = {}
        self._one_at_a_time = threading.Lock()
        self._alive: weakref.WeakValueDictionary[str, Model] = weakref.WeakValueDictionary()

    def close(self) -> None:
        """Forget everything; loads under way end in the background."""
        with self._lock:
            self._shelves.clear()

    def model(self, name: str) -> "Future[Model]":
        """The model, loaded or on its way. A failed load is tried again at the next call.

        Raises: UnknownName, ModelUnavailable when it is not on this machine.
        """
        card = self.cards[name]
        folder = self.folder(name)
        with self._lock:
            shelf = self._shelves.get(name)
            if shelf is None or (shelf.future.done() and shelf.future.exception() is not None):
                future: Future[Model] = Future()
                # A thread that ends with the load: every living thread that ever computed keeps a team of OpenMP
                # workers, and more of them than cores make each step of the device half as long again.
                load_it = partial(self._fulfil, future, name, card, folder)
                threading.Thread(target=load_it, name=f"load {name}", daemon=True).start()
                shelf = _Shelf(future, card.gigabytes, time.monotonic())
                self._shelves[name] = shelf
            shelf.used = time.monotonic()
            return shelf.future

    def loading_for(self, name: str) -> float | None:
        """Seconds this model has been loading, None when it is not."""
        with self._lock:
            shelf = self._shelves.get(name)
            if shelf is None or shelf.future.done():
                return None
            return time.monotonic() - shelf.asked

    def loaded(self, name: str) -> bool:
        """True when the model is ready to paint."""
        with self._lock:
            shelf = self._shelves.get(name)
        return shelf is not None and shelf.future.done() and shelf.future.exception() is None

    def problem(self, name: str) -> StudioError | None:
        """Why the last load of this model failed, None when it did not."""
        with self._lock:
            shelf = self._shelves.get(name)
        if shelf is None or not shelf.future.done():
            return None
        error = shelf.future.exception()
        return error if isinstance(error, StudioError) else None

    def folder(self, name: str) -> Path:
        """Where the model's files lie on this machine.

        Raises: UnknownName, ModelUnavailable when they do not.
        """
        card = self.cards[name]
        folder = self._settings.models / card.source if card.built_in else _hub_folder(card)
        if folder is None or not (folder / "model_index.json").is_file():
            raise ModelUnavailable(
                "{title} is not on this machine.",
                hint="Get it with: python -m studio models --get {name} ({gigabytes} GB).",
                title=card.title,
                name=name,
                gigabytes=card.gigabytes,
            )
        if card.adapter:
            self._check_adapter(card, folder)
        return folder

    def here(self, name: str) -> bool:
        """True when the model's files are on this machine."""
        try:
            self.folder(name)
        except ModelUnavailable:
            return False
        return True

    def revision(self, name: str) -> str:
        """The exact version: the hub commit, or a hash of a built-in model's files, its adapter's among them."""
        card = self.cards[name]
        if not card.built_in:
            return card.revision
        folder = self.folder(name)
        base = self._fingerprint(folder)
        if not card.adapter:
            return base
        both = base + self._fingerprint(folder / card.adapter)
        return hashlib.sha256(both.encode()).hexdigest()[:16]

    def defaults(self, name: str) -> Defaults:
        """What the model chooses where a recipe leaves the choice open."""
        card = self.cards[name]
        width, height = card.sizes["square"]
        return Defaults(
            width, height, card.steps, card.guidance_scale, card.sampler, self.revision(name)
        )

    def get(self, name: str) -> Path:
        """Download a hub model's files, resuming what was begun; shows progress on a terminal.

        Raises: UnknownName, ModelUnavailable with the reason in words.
        """
        card = self.cards[name]
        return self.folder(name) if card.built_in else _download(card)

    def _fingerprint(self, folder: Path) -> str:
        """A folder's fingerprint, looked up once."""
        with self._lock:
            known = self._fingerprints.get(folder)
        if known is None:
            known = fingerprint(folder)
            with self._lock:
                self._fingerprints[folder] = known
        return known

    def _check_adapter(self, card: ModelCard, folder: Path) -> None:
        """Weight differences must be whole and made for the very weights they are added to.

        Raises: ModelUnavailable.
        """
        again = "python -m studio.training.palette distil --init FOLDER --out FOLDER"
        if not (folder / card.adapter).is_dir():
            raise ModelUnavailable(
                "{title} is not on this machine.",
                hint="Make it of the model it belongs to: {command}.",
                title=card.title,
                command=again,
            )
        if inspect_adapter(folder / card.adapter) != self._fingerprint(folder / "unet"):
            raise ModelUnavailable(
                "{title} was made for other weights than those it lies beside.",
                hint="Make it again: {command}.",
                title=card.title,
                command=again,
            )

    def _fulfil(self, future: "Future[Model]", name: str, card: ModelCard, folder: Path) -> None:
        try:
            with self._one_at_a_time:
                future.set_result(self._load_within_budget(name, card, folder))
        except StudioError as error:
            future.set_exception(error)

    def _load_within_budget(self, name: str, card: ModelCard, folder: Path) -> "Model":
        self._make_room(name, card)
        alive = self._alive.get(name)
        if alive is not None:
            # It had to leave, but a job still holds it: nothing is loaded twice.
            return alive
        started = time.monotonic()
        failure: StudioError
        try:
            model = self._load(name, card, folder, self._settings)
        except StudioError as error:
            failure = error.with_traceback(None)
        except Exception as error:
            failure = self._explained(error, name, card)
        else:
            log.info("loaded %s in %.1f s", name, time.monotonic() - started)
            self._alive[name] = model
            return model
        # Raised out of the handler: what it hangs on to would keep the half-loaded weights in memory.
        failure.__context__ = failure.__cause__ = None
        raise failure

    @staticmethod
    def _explained(error: Exception, name: str, card: ModelCard) -> StudioError:
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return ModelUnavailable(
                "There is not enough memory to load {title} ({gigabytes} GB).",
                hint="Choose a smaller model or close other programs.",
                title=card.title,
                gigabytes=card.gigabytes,
            )
        return InternalError.logged(log, "loading %s failed", name)

    def _make_room(self, name: str, card: ModelCard) -> None:
        with self._lock:
            others = sorted(
                (
                    item
                    for item in self._shelves.items()
                    if item[0] != name and item[1].future.done()
                ),
                key=lambda item: item[1].used,
            )
            need = card.gigabytes + sum(shelf.gigabytes for _, shelf in others)
            for other, shelf in others:
                if need <= self._settings.memory_gib * 1.074:
                    break
                del self._shelves[other]
                need -= shelf.gigabytes
        gc.collect()


def load(name: str, card: ModelCard, folder: Path, settings: Settings) -> "Model":
    """Load a model's weights where and how the settings say."""
    from studio.models.device import best_device, best_dtype

    device = best_device(settings.device)
    dtype = best_dtype(settings.dtype, device, built_in=card.built_in)
    return FAMILIES[card.family]()(name, card, folder, device, dtype)


def _wanted(card: ModelCard) -> list[str]:
    """File patterns of the components the family loads."""
    variant = f".{card.variant}" if card.variant else ""
    parts = ["unet", "vae", "text_encoder", "tokenizer", "scheduler"]
    if card.family == "sdxl":
        parts += ["text_encoder_2", "tokenizer_2"]
    weights = [f"{part}/*model{variant}.safetensors" for part in parts]
    return [
        "model_index.json",
        *weights,
        *(f"{part}/*.{ext}" for part in parts for ext in ("json", "txt")),
    ]


def _hub_folder(card: ModelCard) -> Path | None:
    """The snapshot in the local hub cache, None when there is none; touches no network."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(card.source, "model_index.json", revision=card.revision)
    return Path(found).parent if isinstance(found, str) else None


def _download(card: ModelCard) -> Path:
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(card.source, revision=card.revision, allow_patterns=_wanted(card))
        )
    except GatedRepoError:
        reason = "its owner wants you to accept the licence on its page first"
    except LocalEntryNotFoundError:
        reason = "there is no connection to the hub"
    except HfHubHTTPError as error:
        reason = f"the hub answered {error.response.status_code}"
    except (httpx.HTTPError, OSError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    raise ModelUnavailable(
        "{title} could not be fetched: {reason}.",
        hint="Try again; what has arrived is kept.",
        title=card.title,
        reason=reason,
    )
