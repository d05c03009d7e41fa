"""From a recipe to what the engine runs: every open choice made, every name known, every picture at hand.

The one place that knows which algorithm paints which kind of recipe.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from studio.core.errors import RecipeError, UnknownName
from studio.core.recipe import Painting
from studio.core.recipes import (
    FromPicture,
    ImageToImage,
    Inpaint,
    Outpaint,
    Recover,
    Repainting,
    TextToImage,
)
from studio.core.settings import Settings
from studio.diffusion.course import most_passes, work
from studio.diffusion.samplers import SAMPLERS
from studio.engine.pace import Pace
from studio.engine.wish import Wish
from studio.gallery.inputs import Inputs
from studio.models.catalog import Catalog
from studio.recoveries import Recoveries

if TYPE_CHECKING:
    from studio.core.events import Proof, Recovery
    from studio.diffusion.masking import Mask
    from studio.diffusion.questions import Algorithm, Model, Pass, Pixels

REMEMBERED_MASKS = 4

LARGEST = 4096 * 4096
"""Pixels a picture may have after outpainting."""


Remark = tuple[str, tuple[tuple[str, object], ...]]
"""A template and its values."""


class Wishes:
    """Makes wishes out of recipes.

    Attributes:
        recoveries: What pictures show that went into noise and came back.
    """

    def __init__(self, settings: Settings, catalog: Catalog, inputs: Inputs, pace: Pace) -> None:
        """Wishes for the models of this catalog, with pictures from these inputs."""
        self._settings = settings
        self._catalog = catalog
        self._inputs = inputs
        self._pace = pace
        self.recoveries = Recoveries(inputs)
        self._lock = threading.Lock()
        self._whites: dict[tuple[str, str, bool, int], tuple[Mask, int]] = {}

    def samplers(self, model: str) -> list[str]:
        """Names of the samplers a model paints with."""
        card = self._catalog.cards[model]
        return [
            name
            for name, sampler in SAMPLERS.items()
            if name not in card.unsuited_samplers and (card.few_step or not sampler.few_step)
        ]

    def settled(self, recipe: Painting, made: int = 0) -> Painting:
        """The settled recipe; it can be painted.

        Raises: RecipeError at the field that stands in the way, UnknownName, ModelUnavailable, GalleryError.
        """
        card = self._catalog.cards[recipe.model]
        if recipe.kind not in card.kinds:
            raise RecipeError(
                "model", "{title} is not made for this.", hint="Choose another.", title=card.title
            )
        defaults = self._catalog.defaults(recipe.model)
        if isinstance(recipe, FromPicture):
            width, height = self._painted_size(recipe, defaults.width * defaults.height)
            defaults = dataclasses.replace(defaults, width=width, height=height)
        settled = recipe.settled(defaults)
        self._check_names(settled)
        self._check_turns(settled)
        if not settled.words.strip() and not settled.wordless:
            raise RecipeError("prompt", "Say what to paint, or choose a style.")
        self._refuse_long_work(settled, made)
        return settled

    def made(
        self, recipe: Painting, tape: Sequence[Pass] = (), remarks: Sequence[Remark] = ()
    ) -> Wish:
        """What the engine runs for one picture of a settled recipe.

        Args:
            recipe: Settled, one picture.
            tape: Passes that are not asked of the model again.
            remarks: What else to say when it begins.
        """
        return Wish(recipe, self._algorithm(recipe), (*remarks, *self._notes(recipe)), tape)

    def _notes(self, recipe: Painting) -> tuple[Remark, ...]:
        """What to say when it begins: fewer steps, specks left out."""
        notes: list[Remark] = []
        if isinstance(recipe, Repainting):
            if recipe.strength == 0:
                notes.append(("At strength 0 nothing changes: this is the picture you gave.", ()))
            elif recipe.steps_to_make != recipe.steps:
                message = "At this strength {made} of {steps} steps are made."
                notes.append((message, (("made", recipe.steps_to_make), ("steps", recipe.steps))))
        if isinstance(recipe, Inpaint):
            _, ignored = self._white(recipe)
            if ignored:
                message = "{count} single pixels in the mask were left out."
                notes.append((message, (("count", ignored),)))
        return tuple(notes)

    def place(self, recipe: Painting) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
        """Width and height of the picture a settled recipe gives, and where in it the model paints: left, top, right, bottom."""
        from studio.diffusion.masking import own_aspect, painting_box

        size = (recipe.width or 0, recipe.height or 0)
        match recipe:
            case ImageToImage():
                blank = np.zeros((size[1], size[0], 3), np.uint8)
                size = own_aspect(self._pixels(recipe.source), blank)
            case Inpaint():
                size = self._inputs.get(recipe.source).size
                return size, painting_box(recipe, self._white(recipe)[0])
            case Outpaint():
                width, height = self._inputs.get(recipe.source).size
                size = (
                    width + recipe.left + recipe.right,
                    height + recipe.top + recipe.bottom,
                )
        return size, (0, 0, *size)

    def proof(self, recipe: Painting, result: Pixels) -> Proof | None:
        """What a finished inpainting or outpainting shows about its edges; None for other kinds."""
        from studio.diffusion.masking import coverage, extended, proof

        match recipe:
            case Inpaint():
                share = coverage(self._white(recipe)[0], recipe.feather)
                return proof(self._pixels(recipe.source), result, share)
            case Outpaint():
                ground, new = extended(recipe, self._pixels(recipe.source))
                return proof(ground, result, new.astype(np.float32))
            case _:
                return None

    def recovery(self, recipe: Painting) -> Recovery | None:
        """What a finished way there and back showed; None for other kinds."""
        return self.recoveries.of(recipe) if isinstance(recipe, Recover) else None

    def _algorithm(self, recipe: Painting) -> Callable[[Model], Algorithm]:
        def paint(model: Model) -> Algorithm:
            # Here, on the device thread, where the libraries are loaded with the model; a wish must not wait for them.
            from studio.diffusion import denoise
            from studio.diffusion.questions import Aside

            source: Pixels
            match recipe:
                case TextToImage():
                    return (yield from denoise.text_to_image(recipe, model))
                case ImageToImage():
                    source = yield Aside(partial(self._pixels, recipe.source))
                    return (yield from denoise.image_to_image(recipe, model, source))
                case Inpaint():
                    source = yield Aside(partial(self._pixels, recipe.source))
                    mask: Mask = yield Aside(partial(self._mask, recipe))
                    return (yield from denoise.inpaint(recipe, model, source, mask))
                case Outpaint():
                    source = yield Aside(partial(self._pixels, recipe.source))
                    return (yield from denoise.outpaint(recipe, model, source))
                case Recover():
                    from studio.diffusion import inversion

                    source = yield Aside(partial(self._pixels, recipe.source))
                    tell = partial(self.recoveries.note, recipe)
                    return (yield from inversion.recover(recipe, model, source, tell))
                case _:
                    raise TypeError(f"no algorithm paints a {type(recipe).__name__}")

        return paint

    def _painted_size(self, recipe: FromPicture, area: int) -> tuple[int, int]:
        """The size the model paints at; a picture that is missing or cannot be used is refused here."""
        from studio.diffusion.masking import fitted_size, painting_box

        for field in recipe.inputs:
            if not getattr(recipe, field):
                raise RecipeError(field, "Choose a picture first.")
        width, height = self._inputs.get(recipe.source).size
        match recipe:
            case Inpaint():
                white, _ = self._white(recipe)
                if not white.any():
                    raise RecipeError("mask", "Paint the area to change first.")
                left, top, right, bottom = painting_box(recipe, white)
                width, height = right - left, bottom - top
            case Outpaint():
                width, height = (
                    width + recipe.left + recipe.right,
                    height + recipe.top + recipe.bottom,
                )
                self._check_sides(recipe, width, height)
        return fitted_size(width, height, area)

    @staticmethod
    def _check_sides(recipe: Outpaint, width: int, height: int) -> None:
        if not (recipe.left or recipe.right or recipe.top or recipe.bottom):
            raise RecipeError("left", "Say how far to carry the picture on, on at least one side.")
        if width * height > LARGEST:
            raise RecipeError(
                "left",
                "The picture would have {width} x {height} pixels; the limit is {limit:.1f} million.",
                hint="Add less.",
                width=width,
                height=height,
                limit=LARGEST / 1e6,
            )

    def _check_names(self, recipe: Painting) -> None:
        card, known = self._catalog.cards[recipe.model], self.samplers(recipe.model)
        if recipe.revision != self._catalog.revision(recipe.model):
            raise RecipeError(
                "revision",
                "This wish is for another version of {title} ({revision}).",
                hint="Leave the revision empty to use the one here.",
                title=card.title,
                revision=recipe.revision,
            )
        for sampler in (recipe.sampler, *(turn.sampler for turn in recipe.turns)):
            if sampler is not None and sampler not in SAMPLERS:
                raise UnknownName("sampler", sampler, known)
            if sampler is not None and sampler not in known:
                raise RecipeError(
                    "sampler",
                    "{title} does not paint with {sampler}.",
                    hint="Choose one of: {known}.",
                    title=card.title,
                    sampler=sampler,
                    known=", ".join(known),
                )

    @staticmethod
    def _check_turns(recipe: Painting) -> None:
        """A turn after the last pass would change nothing, and nobody would know why; the run itself looks again."""
        passes = most_passes(recipe)
        for turn in recipe.turns:
            if turn.at >= passes:
                raise RecipeError(
                    "turns",
                    "A change at pass {at} comes too late: this picture is made in {passes}.",
                    hint="Choose an earlier one.",
                    at=turn.at,
                    passes=passes,
                )

    def _refuse_long_work(self, recipe: Painting, made: int) -> None:
        total = sum(work(one, made) for one in recipe.pictures())
        minutes = self._pace.seconds(recipe.model, total) / 60
        if minutes > self._settings.max_minutes:
            raise RecipeError(
                "steps",
                "This would take about {minutes:,.0f} min; the limit is {limit:g} min.",
                hint="Choose a smaller size, fewer steps or fewer pictures.",
                minutes=minutes,
                limit=self._settings.max_minutes,
            )

    def _pixels(self, name: str) -> Pixels:
        return np.asarray(self._inputs.get(name).convert("RGB"))

    def _white(self, recipe: Inpaint) -> tuple[Mask, int]:
        """Where a recipe paints anew, and the single pixels it leaves out; the last few are remembered."""
        from studio.diffusion.masking import effective_mask, specks

        key = (recipe.source, recipe.mask, recipe.invert, recipe.grow)
        with self._lock:
            known = self._whites.get(key)
        if known is None:
            mask = self._mask(recipe)
            known = effective_mask(recipe, mask), specks(recipe, mask)
            with self._lock:
                while len(self._whites) >= REMEMBERED_MASKS:
                    del self._whites[next(iter(self._whites))]
                self._whites[key] = known
        return known

    def _mask(self, recipe: Inpaint) -> Mask:
        """The recipe's mask, true where white, at the size of its source."""
        mask = self._inputs.get(recipe.mask).convert("L")
        size = self._inputs.get(recipe.source).size
        if mask.size != size:
            mask = mask.resize(size, 0)
        return np.asarray(mask) >= 128
