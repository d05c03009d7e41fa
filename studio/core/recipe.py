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
        """Every open choice made, once: the kind's or the model's own, a random seed. Settled recipes stay as they are."""
        kinds_own = {field.name: field.default for field in dataclasses.fields(self)}
        open_choices: dict[str, Any] = {
            name: value if kinds_own[name] is None else kinds_own[name]
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


def _settled_turn(turn: Turn) -> Turn:
    """A turn that throws noise anew knows which."""
    if turn.change == 0 or turn.seed is not None:
        return turn
    return dataclasses.replace(turn, seed=secrets.randbelow(2**32))
