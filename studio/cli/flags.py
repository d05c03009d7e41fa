"""The flags of a recipe, drawn from its settings: name, kind, help and bounds."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

from studio.core.forward import Forward
from studio.core.recipe import Painting, Param, params
from studio.core.styles import STYLES
from studio.core.turn import Turn

R = TypeVar("R", Painting, Forward)


def add_flags(parser: argparse.ArgumentParser, recipe: type[Painting] | type[Forward]) -> None:
    """One flag per setting; pictures that go in, and the prompt, stand without one, in this order."""
    for name in recipe.inputs:
        text = params(recipe)[name][1].help.replace("%", "%%")
        parser.add_argument(name, type=Path, metavar=_PICTURES[name], help=text)
    for name, (annotation, param) in params(recipe).items():
        if name == "prompt":
            parser.add_argument(name, nargs="?", default="", metavar="PROMPT", help=_text(param))
        elif name not in recipe.inputs and name != "turns":
            _add_flag(parser, name, annotation, param)


def add_turn(parser: argparse.ArgumentParser) -> None:
    """One flag per setting of a turn."""
    for name, (annotation, param) in params(Turn).items():
        _add_flag(parser, name, annotation, param, required=name == "at")


def turn_of(options: argparse.Namespace) -> Turn:
    """The turn of the flags that were given.

    Raises: RecipeError, UnknownName.
    """
    given = {name: getattr(options, name) for name in params(Turn)}
    return Turn(**{name: value for name, value in given.items() if value is not None})


def wished(options: argparse.Namespace, recipe: type[R]) -> R:
    """The recipe of the flags that were given; pictures are not looked at yet.

    Raises: RecipeError, UnknownName.
    """
    chosen = {
        name: getattr(options, name, None) for name in params(recipe) if name not in recipe.inputs
    }
    return recipe.from_values({name: value for name, value in chosen.items() if value is not None})


def _add_flag(
    parser: argparse.ArgumentParser,
    name: str,
    annotation: Any,
    param: Param,
    *,
    required: bool = False,
) -> None:
    """The flag of one setting. The recipe checks the value, so wrong ones are passed on as they are."""
    kind = next(kind for kind in get_args(annotation) or (annotation,) if kind is not type(None))
    flag = "--" + name.replace("_", "-")
    if kind is bool:
        parser.add_argument(flag, action="store_const", const=True, help=_text(param))
        return
    parser.add_argument(
        flag, type=_lenient(kind), metavar=_METAVARS[kind], help=_text(param), required=required
    )


_PICTURES = {"source": "IN.png", "mask": "MASK.png"}
_METAVARS = {str: "TEXT", int: "N", float: "X"}


def _lenient(kind: type) -> Callable[[str], object]:
    def convert(text: str) -> object:
        try:
            return kind(text)
        except ValueError:
            return text

    return convert


def _text(param: Param) -> str:
    """What the help says of a setting, as argparse wants it."""
    return _help(param).replace("%", "%%")


def _help(param: Param) -> str:
    text = param.help
    if param.choices == "style":
        text += f" One of: {', '.join(STYLES)}."
    elif param.choices:
        text += " A wrong name is answered with the list."
    if param.options:
        text += f" One of: {', '.join(param.options)}."
    if param.example:
        text += f" For example {param.example}."
    if param.minimum is not None:
        text += f" From {param.minimum:.16g} to {param.maximum:.16g}"
        text += f", a multiple of {param.multiple}." if param.multiple else "."
    return text
