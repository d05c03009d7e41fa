"""One setting: the note that says what it is, and the check that a value is one.

A recipe's fields carry these notes; the widget, the help text, the command-line flag, the API field and the bounds check
are drawn from them.
"""

import dataclasses
import math
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from studio.core.errors import RecipeError, UnknownName
from studio.core.styles import STYLES


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
        options: The only texts allowed; empty when free.
        pattern: Regular expression a text that is not empty must match; empty when free.
        example: What such a text looks like.
    """

    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    multiple: int | None = None
    unit: str = ""
    choices: str = ""
    advanced: bool = False
    options: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""


_PARAMS: dict[type, dict[str, tuple[Any, Param]]] = {}


def params(kind: type) -> dict[str, tuple[Any, Param]]:
    """Field name -> (type without the note, note), in the order of declaration, of a dataclass whose fields carry notes."""
    if kind not in _PARAMS:
        hints = get_type_hints(kind, include_extras=True)
        _PARAMS[kind] = {
            field.name: (hints[field.name].__origin__, hints[field.name].__metadata__[0])
            for field in dataclasses.fields(kind)
        }
    return _PARAMS[kind]


def record(kind: type, values: Mapping[str, Any]) -> Any:
    """One of these from untrusted values; an unknown name is an error, not a silence, and so is one that is missing.

    Raises: RecipeError.
    """
    known = params(kind)
    for field in dataclasses.fields(kind):
        if field.default is dataclasses.MISSING and field.name not in values:
            message = "The setting {name} is missing."
            raise RecipeError(field.name, message, name=repr(field.name))
    for name in values:
        if name not in known:
            raise RecipeError(
                str(name)[:60],
                "Unknown setting {name}.",
                hint="Settings are: {known}.",
                name=repr(str(name)[:60]),
                known=", ".join(known),
            )
    return kind(**values)


def checked(name: str, annotation: Any, param: Param, value: Any) -> Any:
    """The value in its proper type, or a RecipeError that names the field, the value and the next move."""
    allowed = (
        get_args(annotation)
        if get_origin(annotation) in (Union, types.UnionType)
        else (annotation,)
    )
    if type(None) in allowed and (value is None or (name == "seed" and value in (-1, ""))):
        return None
    kind = next(option for option in allowed if option is not type(None))
    if get_origin(kind) is tuple:
        return _checked_records(name, param, value, get_args(kind)[0])
    if kind is bool:
        return _checked_switch(name, param, value)
    if kind is str:
        return _checked_text(name, param, value)
    return _checked_number(name, param, value, kind)


def _checked_records(name: str, param: Param, value: Any, kind: type) -> tuple[Any, ...]:
    """A list of records, each one already or as plain values."""
    if not isinstance(value, list | tuple):
        raise RecipeError(
            name, "{label} must be a list, got {value}.", label=param.label, value=_shown(value)
        )
    if param.maximum is not None and len(value) > param.maximum:
        raise RecipeError(
            name,
            "{label} has {length:,} entries; the limit is {maximum:,}.",
            label=param.label,
            length=len(value),
            maximum=int(param.maximum),
        )
    for entry in value:
        if not isinstance(entry, Mapping | kind):
            message = "An entry of {label} must have named values, got {value}."
            raise RecipeError(name, message, label=param.label, value=_shown(entry))
    return tuple(entry if isinstance(entry, kind) else record(kind, entry) for entry in value)


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
    if param.options and text not in param.options:
        raise UnknownName(name, text, param.options)
    if param.pattern and text and not re.fullmatch(param.pattern, text):
        raise RecipeError(
            name,
            "{label} must look like {pattern}, got {value}.",
            label=param.label,
            pattern=param.example,
            value=_shown(text),
        )
    return text


def _checked_switch(name: str, param: Param, value: Any) -> bool:
    if not isinstance(value, bool):
        raise RecipeError(
            name, "{label} must be on or off, got {value}.", label=param.label, value=_shown(value)
        )
    return value


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
