"""Recipes: what a person wishes for, as frozen dataclasses that check themselves.

Declare once: a setting is one annotated field. Its `Param` note feeds the widget, the help text,
the command-line flag, the API field, the bounds check and the picture's metadata. A recipe is plain
JSON in and out. `None` means "the model's own choice"; `settled` replaces every `None` exactly
once, and the settled recipe alone decides the pixels.
"""

import dataclasses
import json
import math
import secrets
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self, Union, get_args, get_origin, get_type_hints

from studio.core.errors import RecipeError
from studio.core.styles import STYLES

MAX_SEED = 2**53 - 1
"""Largest seed that survives JSON and JavaScript unrounded."""


@dataclass(frozen=True, slots=True)
class Param:
    """What the page, the command line and the API say about one setting.

    Attributes:
        label: Name of the control, plain words.
        help: One sentence that says what it does, shown where the control stands.
        minimum: Smallest value, inclusive.
        maximum: Largest value, inclusive; for text, the number of characters.
        multiple: The value must be a multiple of this.
        unit: "pixels", "steps" and the like, empty when there is none.
        choices: Which list the name is chosen from: "sampler", "style", "model"; empty when free.
        advanced: Shown behind "Advanced".
    """

    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    multiple: int | None = None
    unit: str = ""
    choices: str = ""
    advanced: bool = False


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
            object.__setattr__(self, name, _checked(name, annotation, param, getattr(self, name)))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """A recipe from untrusted values; an unknown name is an error, not a silence."""
        known = params(cls)
        for name in values:
            if name not in known:
                raise RecipeError(
                    str(name)[:60],
                    "Unknown setting {name}.",
                    hint="Settings are: {known}.",
                    name=repr(str(name)[:60]),
                    known=", ".join(known),
                )
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the kind."""
        return {"kind": self.kind} | {name: getattr(self, name) for name in params(type(self))}

    def to_json(self) -> str:
        """One line of JSON that `recipe_from_json` reads back to an equal recipe."""
        return json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class TextToImage(Recipe):
    """A picture from words."""

    kind: ClassVar[str] = "text_to_image"

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

    @property
    def words(self) -> str:
        """The prompt with the style's words, as the model reads it."""
        return STYLES[self.style].words(self.prompt)

    @property
    def work_per_step(self) -> float:
        """Rows x pixels of one step of one picture: what estimates and budgets count. 0 until settled."""
        rows = 2 if (self.guidance_scale or 0) > 1 else 1
        return float(rows * (self.width or 0) * (self.height or 0))

    def settled(self, defaults: Defaults) -> Self:
        """Every open choice made, once: the model's defaults, a random seed. Settled recipes stay as they are."""
        open_choices = {
            name: value
            for name, value in dataclasses.asdict(defaults).items()
            if getattr(self, name) is None
        }
        if self.seed is None:
            open_choices["seed"] = secrets.randbelow(2**32)
        return dataclasses.replace(self, **open_choices) if open_choices else self

    def pictures(self) -> tuple[Self, ...]:
        """One recipe per picture of the click: the same but for the seed, which counts up."""
        if self.seed is None:
            raise RecipeError("seed", "A recipe must be settled before it is split into pictures.")
        seed = self.seed
        return tuple(
            dataclasses.replace(self, count=1, seed=(seed + i) % (MAX_SEED + 1))
            for i in range(self.count)
        )


RECIPES: dict[str, type[TextToImage]] = {recipe.kind: recipe for recipe in (TextToImage,)}
"""Every kind of recipe by the name its JSON carries."""

_PARAMS: dict[type[Recipe], dict[str, tuple[Any, Param]]] = {}


def params(recipe: type[Recipe]) -> dict[str, tuple[Any, Param]]:
    """Field name -> (type without the note, note), in the order of declaration."""
    if recipe not in _PARAMS:
        hints = get_type_hints(recipe, include_extras=True)
        _PARAMS[recipe] = {
            field.name: (hints[field.name].__origin__, hints[field.name].__metadata__[0])
            for field in dataclasses.fields(recipe)
        }
    return _PARAMS[recipe]


def recipe_from_json(text: str) -> TextToImage:
    """The recipe a line of JSON holds.

    Raises: RecipeError when it is not JSON, of no known kind, or any value is out of bounds.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise RecipeError("recipe", "The recipe is not readable JSON.") from None
    return recipe_from_values(values)


def recipe_from_values(values: object) -> TextToImage:
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


def _checked(name: str, annotation: Any, param: Param, value: Any) -> Any:
    """The value in its proper type, or a RecipeError that names the field, the value and the next move."""
    allowed = (
        get_args(annotation)
        if get_origin(annotation) in (Union, types.UnionType)
        else (annotation,)
    )
    if type(None) in allowed and (value is None or (name == "seed" and value in (-1, ""))):
        return None
    kind = next(option for option in allowed if option is not type(None))
    if kind is str:
        return _checked_text(name, param, value)
    return _checked_number(name, param, value, kind)


def _checked_text(name: str, param: Param, value: Any) -> str:
    if not isinstance(value, str):
        raise RecipeError(
            name, "{label} must be text, got {value}.", label=param.label, value=_shown(value)
        )
    # A lone surrogate cannot be written as UTF-8 and NUL ends strings in PNG: neither can be kept, so neither is.
    text = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if param.maximum is not None and len(text) > param.maximum:
        raise RecipeError(
            name,
            "{label} has {length:,} characters; the limit is {maximum:,}.",
            hint="Shorten it.",
            label=param.label,
            length=len(text),
            maximum=int(param.maximum),
        )
    if param.choices == "style":
        STYLES[text]
    return text


def _checked_number(name: str, param: Param, value: Any, kind: type) -> int | float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    # Whole numbers are compared as they are: one of 400 digits fits no float, so math.isfinite cannot look at it.
    finite = number and (isinstance(value, int) or math.isfinite(value))
    if not finite or (kind is int and value != int(value)):
        raise RecipeError(
            name,
            "{label} must be a whole number, got {value}."
            if kind is int
            else "{label} must be a number, got {value}.",
            hint=_range_hint(param),
            label=param.label,
            value=_shown(value),
            **_bounds(param),
        )
    low, high = param.minimum, param.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise RecipeError(
            name,
            "{label} must be from {low} to {high}, got {value}.",
            hint=_range_hint(param),
            label=param.label,
            value=_shown(value),
            **_bounds(param),
        )
    checked: int | float = kind(value)
    if param.multiple and checked % param.multiple:
        below = int(checked // param.multiple * param.multiple)
        raise RecipeError(
            name,
            "{label} must be a multiple of {multiple} {unit}, got {value}.",
            hint="Try {below} or {above}.",
            label=param.label,
            multiple=param.multiple,
            unit=param.unit,
            value=checked,
            below=max(below, int(low or 0)),
            above=below + param.multiple,
        )
    return checked


def _range_hint(param: Param) -> str:
    return "Choose a value from {low} to {high}." if param.minimum is not None else ""


def _bounds(param: Param) -> dict[str, object]:
    return {
        key: int(bound) if bound is not None and float(bound).is_integer() else bound
        for key, bound in (("low", param.minimum), ("high", param.maximum))
    }


def _shown(value: Any) -> str:
    """A value as it may stand in a message: short, on one line."""
    try:
        text = repr(value[:40] if isinstance(value, str | bytes) else value)
    except (
        ValueError,
        RecursionError,
    ):  # An int of over 4300 digits, or lists in lists without end.
        text = f"a very long {type(value).__name__}"
    return text if len(text) <= 40 else text[:37] + "..."
