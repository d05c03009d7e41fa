"""Recipes: what a person wishes for, as frozen dataclasses that check themselves.

Declare once: a setting is one annotated field; see `studio.core.param`. A recipe is plain JSON in and out; pictures that
go in are named by the hash of their content. `None` means "the model's own choice"; `settled` replaces every `None`
exactly once, and the settled recipe alone decides the pixels.
"""

import dataclasses
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from studio.core.errors import RecipeError
from studio.core.param import Param as Param
from studio.core.param import checked, record
from studio.core.param import params as params
from studio.core.styles import STYLES
from studio.core.turn import Turn

MAX_SEED = 2**53 - 1
"""Largest seed that survives JSON and JavaScript unrounded."""

MAX_TURNS = 12
"""Changes of course in one picture; so many fit into its file however long their words."""

INVERTING = 2.2
"""Passes an inverted step takes, measured with palette at 50 steps."""

SWEEP = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Strengths of a sweep: from a touch-up to a new picture."""


TURNING = ("prompt", "negative_prompt", "style", "guidance_scale", "sampler")
"""Settings a turn may change; its seed and its share of fresh noise are its own."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a model would choose where the person chose nothing; part of its card."""

    width: int
    height: int
    steps: int
    guidance_scale: float
    sampler: str
    revision: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """Base of all recipes: checks every field against its note, in the order the fields are declared."""

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        for name, (annotation, param) in params(type(self)).items():
            object.__setattr__(self, name, checked(name, annotation, param, getattr(self, name)))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """A recipe from untrusted values; an unknown name is an error, not a silence."""
        made: Self = record(cls, values)
        return made

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the kind."""
        values = {name: getattr(self, name) for name in params(type(self))}
        return {"kind": self.kind} | values

    def to_json(self) -> str:
        """One line of JSON that `recipe_from_json` reads back to an equal recipe."""
        return json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Painting(Recipe):
    """What every way of painting shares: words, size, how many, and how."""

    inputs: ClassVar[tuple[str, ...]] = ()
    """Fields that name a picture by the hash of its content."""

    prompt: Annotated[
        str, Param("Prompt", "What the picture shows, in your own words.", maximum=2000)
    ] = ""
    negative_prompt: Annotated[
        str, Param("Leave out", "What the picture should not show.", maximum=2000)
    ] = ""
    style: Annotated[
        str, Param("Style", "How it is painted; adds a few words to yours.", choices="style")
    ] = "none"
    width: Annotated[
        int | None,
        Param("Width", "Width of the picture.", 64, 2048, multiple=16, unit="pixels"),
    ] = None
    height: Annotated[
        int | None,
        Param("Height", "Height of the picture.", 64, 2048, multiple=16, unit="pixels"),
    ] = None
    count: Annotated[
        int, Param("How many", "Pictures per click, each from the next seed.", 1, 8)
    ] = 1
    steps: Annotated[
        int | None,
        Param("Steps", "More steps: finer, slower.", 1, 150, advanced=True),
    ] = None
    guidance_scale: Annotated[
        float | None,
        Param(
            "Guidance",
            "How strongly the words pull. 1: not at all beyond the model; high: harsh.",
            0.0,
            30.0,
            advanced=True,
        ),
    ] = None
    sampler: Annotated[
        str | None,
        Param("Sampler", "The way from noise to picture.", choices="sampler", advanced=True),
    ] = None
    seed: Annotated[
        int | None,
        Param(
            "Seed",
            "The same seed and settings give the same picture. Empty: a new one each time.",
            0,
            MAX_SEED,
            advanced=True,
        ),
    ] = None
    model: Annotated[str, Param("Model", "Who paints.", choices="model", advanced=True)] = "palette"
    revision: Annotated[
        str | None,
        Param("Revision", "Exact version of the model; filled in by the studio.", maximum=80),
    ] = None

    turns: Annotated[
        tuple[Turn, ...],
        Param("Turns", "Changes of course on the way, in order.", maximum=MAX_TURNS),
    ] = ()

    def __post_init__(self) -> None:
        Recipe.__post_init__(self)
        places = [turn.at for turn in self.turns]
        if places != sorted(places):
            raise RecipeError("turns", "Changes of course must be in order, got {at}.", at=places)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the kind; turns only where there are any."""
        values = Recipe.as_dict(self)
        turns = values.pop("turns")
        return values | ({"turns": [turn.as_dict() for turn in turns]} if turns else {})

    @property
    def words(self) -> str:
        """The prompt with the style's words, as the model reads it."""
        return STYLES[self.style].words(self.prompt)

    @property
    def steps_to_make(self) -> int:
        """Steps of one picture, as far as known before the sampler is made."""
        return self.steps or 0

    @property
    def wordless(self) -> bool:
        """It may be painted without any words."""
        return False

    @property
    def work_per_step(self) -> float:
        """Rows x pixels of one step of one picture: what estimates and budgets count. 0 until settled."""
        rows = 2 if (self.guidance_scale or 0) > 1 else 1
        return float(rows * self.pixels)

    @property
    def pixels(self) -> int:
        """Width x height at which it is painted; 0 until settled."""
        return (self.width or 0) * (self.height or 0)

    def settled(self, defaults: Defaults) -> Self:
        """Every open choice made, once: the model's defaults, a random seed. Settled recipes stay as they are."""
        open_choices: dict[str, Any] = {
            name: value
            for name, value in dataclasses.asdict(defaults).items()
            if getattr(self, name) is None
        }
        if self.seed is None:
            open_choices["seed"] = secrets.randbelow(2**32)
        turns = tuple(map(_settled_turn, self.turns))
        if turns != self.turns:
            open_choices["turns"] = turns
        return dataclasses.replace(self, **open_choices) if open_choices else self

    def turned(self, turn: Turn) -> Self:
        """The recipe with the settings that hold after a turn; the turns themselves stay."""
        new = {name: value for name, value in turn.as_dict().items() if name in TURNING}
        return dataclasses.replace(self, **new)

    def pictures(self) -> tuple[Self, ...]:
        """One recipe per picture of the click: the same but for the seed, which counts up."""
        if self.seed is None:
            raise RecipeError("seed", "A recipe must be settled before it is split into pictures.")
        seed = self.seed
        return tuple(
            dataclasses.replace(self, count=1, seed=(seed + i) % (MAX_SEED + 1))
            for i in range(self.count)
        )


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


def _settled_turn(turn: Turn) -> Turn:
    """A turn that throws noise anew knows which."""
    if turn.change == 0 or turn.seed is not None:
        return turn
    return dataclasses.replace(turn, seed=secrets.randbelow(2**32))


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
