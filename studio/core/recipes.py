"""The kinds of recipes: a picture from words, from another picture, of a part of one, beyond its edges, and there and back.

Each is a wish with everything that decides its pixels; see `studio.core.recipe`.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from studio.core.errors import RecipeError
from studio.core.param import Param
from studio.core.recipe import Painting
from studio.core.styles import STYLES

INVERTING = 2.2
"""Passes an inverted step takes, measured with palette at 50 steps."""

SWEEP = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Strengths of a sweep: from a touch-up to a new picture."""


@dataclass(frozen=True, slots=True)
class TextToImage(Painting):
    """A picture from words."""

    kind: ClassVar[str] = "text_to_image"


_PICTURE = "sha256:[0-9a-f]{64}"
_EXAMPLE = "sha256: and 64 hex digits"


def _side(label: str) -> Param:
    return Param(label, "Pixels to add on this side.", 0, 2048, unit="pixels")


@dataclass(frozen=True, slots=True)
class FromPicture(Painting):
    """Painting that begins with a picture."""

    inputs: ClassVar[tuple[str, ...]] = ("source",)

    source: Annotated[
        str, Param("Picture", "The picture to begin with.", pattern=_PICTURE, example=_EXAMPLE)
    ] = ""


@dataclass(frozen=True, slots=True)
class Repainting(FromPicture):
    """Painting that keeps some of the picture it begins with."""

    strength: Annotated[
        float,
        Param("Strength", "How far to go from the picture. 0: not at all; 1: all the way.", 0, 1),
    ] = 0.6

    @property
    def steps_to_make(self) -> int:
        """At least one step however low the strength, none at strength 0."""
        steps = self.steps or 0
        return max(1, min(int(steps * self.strength), steps)) if self.strength > 0 else 0


@dataclass(frozen=True, slots=True)
class ImageToImage(Repainting):
    """A picture stylised or varied: its noise-covered self is the start."""

    kind: ClassVar[str] = "image_to_image"

    sweep: Annotated[
        bool, Param("Sweep", "Five strengths side by side, from a touch-up to a new picture.")
    ] = False

    @property
    def wordless(self) -> bool:
        """Without words the picture's neighbours are painted: variations."""
        return True

    def pictures(self) -> tuple[Self, ...]:
        """One recipe per picture: per seed, and per strength in a sweep."""
        if not self.sweep:
            # super() finds no cell in a dataclass with slots.
            return Painting.pictures(self)
        return tuple(
            dataclasses.replace(one, sweep=False, strength=strength)
            for one in Painting.pictures(dataclasses.replace(self, count=1))
            for strength in SWEEP
        )


@dataclass(frozen=True, slots=True)
class Inpaint(Repainting):
    """A part of a picture painted anew; everything else stays as it is, to the byte."""

    kind: ClassVar[str] = "inpaint"
    inputs: ClassVar[tuple[str, ...]] = ("source", "mask")

    mask: Annotated[
        str, Param("Mask", "White: paint anew.", pattern=_PICTURE, example=_EXAMPLE)
    ] = ""
    region: Annotated[
        str,
        Param(
            "Look at",
            "The whole picture, or only the area around the mask, larger and finer.",
            options=("picture", "mask"),
        ),
    ] = "picture"
    start: Annotated[
        str,
        Param(
            "Start from",
            "What lies under the mask before painting.",
            options=("original", "noise", "blur", "colour"),
        ),
    ] = "original"
    colour: Annotated[
        str,
        Param("Colour", "Where to start from a colour.", pattern="#[0-9a-f]{6}", example="#8090a0"),
    ] = "#808080"
    grow: Annotated[
        int,
        Param("Grow", "Widens the mask; below 0 narrows it.", -256, 256, unit="pixels"),
    ] = 0
    feather: Annotated[
        int,
        Param("Feather", "Width of the soft edge outside the mask.", 0, 256, unit="pixels"),
    ] = 8
    invert: Annotated[bool, Param("Invert", "Paint everything but the mask.")] = False

    @property
    def steps_to_make(self) -> int:
        """From noise every step is made, whatever the strength; unless it is 0."""
        late = Repainting.steps_to_make.__get__(self)
        return (self.steps or 0) if self.start == "noise" and self.strength > 0 else late


@dataclass(frozen=True, slots=True)
class Outpaint(Repainting):
    """A picture carried on beyond its edges; the original stays as it is, to the byte."""

    kind: ClassVar[str] = "outpaint"

    strength: Annotated[
        float,
        Param("Strength", "How far to go from the drawn-out edge. 1: all the way.", 0.1, 1),
    ] = 1.0
    left: Annotated[int, _side("Left")] = 0
    right: Annotated[int, _side("Right")] = 0
    top: Annotated[int, _side("Top")] = 0
    bottom: Annotated[int, _side("Bottom")] = 0


@dataclass(frozen=True, slots=True)
class Recover(FromPicture):
    """There and back: a picture diffused into noise, and recovered from it."""

    kind: ClassVar[str] = "recover"

    mode: Annotated[
        str,
        Param(
            "Way into noise",
            "Inversion finds the noise this very picture is made from; stochastic throws true random noise over it.",
            options=("inversion", "stochastic"),
        ),
    ] = "inversion"
    num_timesteps: Annotated[
        int,
        Param("How far", "Timesteps of noise. 0: none; 1000: all the way.", 0, 1000),
    ] = 1000
    prompt: Annotated[
        str,
        Param(
            "Words for the way back",
            "What the recovered picture shows. Empty: the words of the way in, so the picture itself.",
            maximum=2000,
        ),
    ] = ""
    source_prompt: Annotated[
        str,
        Param("Words for the way in", "What the picture shows; may be empty.", maximum=2000),
    ] = ""
    steps: Annotated[
        int | None,
        Param("Steps", "Each way. More steps: finer, slower.", 1, 150, advanced=True),
    ] = 50
    guidance_scale: Annotated[
        float | None,
        Param(
            "Guidance",
            "How strongly the words of the way back pull. 1: nothing is lost; 3: a clear edit.",
            0.0,
            30.0,
            advanced=True,
        ),
    ] = 1.0
    sampler: Annotated[
        str | None,
        Param("Sampler", "The only one that runs both ways.", options=("ddim",), advanced=True),
    ] = "ddim"

    def __post_init__(self) -> None:
        Painting.__post_init__(self)
        if self.turns:
            raise RecipeError("turns", "There and back takes no changes of course.")
        if self.count > 1 and self.mode == "inversion":
            raise RecipeError(
                "count",
                "Inversion leaves nothing to chance: all {count} pictures would be the same.",
                hint="Choose one picture, or the stochastic way.",
                count=self.count,
            )

    @property
    def words(self) -> str:
        """The words of the way back."""
        return STYLES[self.style].words(self.prompt or self.source_prompt)

    @property
    def wordless(self) -> bool:
        """A picture is recovered without words too."""
        return True

    @property
    def edited(self) -> bool:
        """The way back is another than the way in: not the picture itself is wished for."""
        return self.words != self.source_prompt or self.guidance_scale != 1

    @property
    def steps_each_way(self) -> int:
        """Steps between the picture and its noise; never more than there are timesteps between them."""
        return min(self.steps or 0, self.num_timesteps)

    @property
    def steps_to_make(self) -> int:
        """Passes, about: an inverted step is made again until it lands where it came from."""
        there = round(INVERTING * self.steps_each_way) if self.mode == "inversion" else 0
        return there + self.steps_each_way

    @property
    def work_per_step(self) -> float:
        """The mean over both ways: guidance pulls on the way back alone."""
        back = 2 if (self.guidance_scale or 0) > 1 else 1
        there = INVERTING if self.mode == "inversion" else 0
        return (there + back) / (there + 1) * self.pixels


RECIPES: dict[str, type[Painting]] = {
    recipe.kind: recipe for recipe in (TextToImage, ImageToImage, Inpaint, Outpaint, Recover)
}
"""Every kind of recipe by the name its JSON carries."""


def recipe_from_json(text: str) -> Painting:
    """The recipe a line of JSON holds.

    Raises: RecipeError when it is not JSON, of no known kind, or any value is out of bounds.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise RecipeError("recipe", "The recipe is not readable JSON.") from None
    return recipe_from_values(values)


def recipe_from_values(values: object) -> Painting:
    """The recipe that plain JSON values hold, as `as_dict` gives them.

    Raises: RecipeError when they are of no known kind or any value is out of bounds.
    """
    kind = values.get("kind") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not isinstance(kind, str) or kind not in RECIPES:
        raise RecipeError(
            "recipe",
            "The recipe is of no known kind.",
            hint="Known kinds: {known}.",
            known=", ".join(RECIPES),
        )
    return RECIPES[kind].from_values({name: values[name] for name in values if name != "kind"})
