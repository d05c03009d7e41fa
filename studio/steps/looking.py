"""Where the model looks for each word of the prompt, at any step: one extra pass, its attention caught only then."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from studio.core.errors import GalleryError
from studio.gallery.trajectory import Trajectory
from studio.steps.course import words_at
from studio.steps.frames import spread
from studio.steps.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from studio.diffusion.questions import Attention, Model, Span
    from studio.service import Studio

GROUPS = ("all", "coarse", "middle", "fine")
"""Layers by what they see; not every model has them all."""

MEMORY = 64 * 2**20
"""Bytes of attention that are remembered: some six hundred steps of palette."""


class Looking:
    """Attention of one studio's runs. Many threads may ask; a step that several want is looked at once."""

    def __init__(self, studio: Studio) -> None:
        """The runs of this studio."""
        self._studio = studio
        self._seen: Remembered[Attention] = Remembered(MEMORY, _bytes)

    def words(self, text: str, model: str) -> list[dict[str, Any]]:
        """The words of a text as plain JSON values: "word", "start", "end", and "tokens" once the model is loaded."""
        if not self._studio.catalog.loaded(model):
            # It brings torch along.
            from studio.models.spans import spans

            letters = [(place, place + 1) for place in range(len(text))]
            return [dataclasses.asdict(span) | {"tokens": []} for span in spans(text, letters)]
        known = self._studio.catalog.model(model).result().spans(text)
        return [dataclasses.asdict(span) | {"tokens": list(span.tokens)} for span in known]

    def word_map(
        self, name: str, steps: Trajectory, owner: str, index: int, word: int, group: str
    ) -> tuple[Image.Image, dict[str, float]]:
        """Where a word is looked at: white most, black not at all (L, the size of the picture), and how much.

        Of all attention, 0 to 1: the word's "share", its share at the hottest place ("peak") and at the coldest ("least"),
        and the share of what is no word: the marks of start and end, and padding ("marks").

        Args:
            name: What tells this run from all others.
            steps: Its passes.
            owner: Who looks.
            index: Which pass; clamped to those there are.
            word: Its place among the words that hold at that pass.
            group: One of GROUPS that the model has.

        Raises: GalleryError when there is no such word or group; what `Studio.ask` raises.
        """
        from studio.diffusion.wordmap import word_map

        index = min(max(index, 0), len(steps) - 1)
        text = words_at(steps, index)
        recipe = steps.recipe
        known = self._spans(text, word, recipe.model)
        attention = self._seen.get((name, index), partial(self._look, steps, owner, index, text))
        if group not in attention.maps:
            raise GalleryError(
                "This model has no layers called {group}.",
                hint="It has: {known}.",
                group=repr(group[:20]),
                known=", ".join(attention.maps),
            )
        seen = word_map(attention, group, known[word].tokens)
        words = word_map(attention, group, [token for span in known for token in span.tokens])
        amounts_of = {
            "share": seen.share,
            "peak": seen.peak,
            "least": seen.least,
            "marks": max(0.0, 1 - words.share),
        }
        amounts = spread(seen.heat, *self._studio.wishes.place(recipe))
        return Image.fromarray((amounts * 255).round().astype(np.uint8)), amounts_of

    def _spans(self, text: str, word: int, model: str) -> Sequence[Span]:
        known = self._studio.catalog.model(model).result().spans(text)
        if not 0 <= word < len(known):
            raise GalleryError(
                "There is no word {word} in what the model reads here.",
                hint="It reads {count} words.",
                word=word + 1,
                count=len(known),
            )
        return known

    def _look(self, steps: Trajectory, owner: str, index: int, text: str) -> Attention:
        recipe = steps.recipe
        look: Any = partial(_looked, steps, index, text, self._studio.wishes.made(recipe).paint)
        size = (recipe.width or 0, recipe.height or 0)
        seen: Attention = self._studio.ask(look, owner, model=recipe.model, size=size).result()
        return seen


def _looked(
    steps: Trajectory, index: int, text: str, paint: Any, model: Model
) -> Generator[Any, Any, Attention]:
    """Looks at one step as the run did: the noisy latent, and beside it what inpainting models see of the picture."""
    import torch

    from studio.diffusion.questions import Question
    from studio.diffusion.wordmap import look

    x = torch.from_numpy(steps.noisy(index))[None].to(model.device)
    if model.sees_mask:
        painting = paint(model)
        asked = next(painting)
        while not isinstance(asked, Question):
            asked = painting.send((yield asked))
        painting.close()
        x = torch.cat([x, asked.x[:, model.latents.channels :]], 1)
    return (yield from look(text, x, float(steps.t[index])))


def _bytes(seen: Attention) -> int:
    return sum(maps.numel() * maps.element_size() for maps in seen.maps.values())
