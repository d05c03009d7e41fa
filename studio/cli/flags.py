"""The flags of a recipe, drawn from its settings: name, kind, help and bounds."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

from studio.core.forward import Forward
from studio.core.recipe import Painting, Param, params
from studio.core.styles import STYLES

R = TypeVar("R", Painting, Forward)


def add_flags(parser: argparse.ArgumentParser, recipe: type[Painting] | type[Forward]) -> None:
    """One flag per setting; pictures that go in, and the prompt, stand without one, in this order."""
    for name in recipe.inputs:
        param = params(recipe)[name][1]
        text = param.help.replace("%", "%%")
        parser.add_argument(name, type=Path, metavar=_PICTURES[name], help=text)
    for name, (annotation, param) in params(recipe).items():
        if name not in recipe.inputs and name != "turns":
            _add_flag(parser, name, annotation, param)


def wished(options: argparse.Namespace, recipe: type[R]) -> R:
    """The recipe of the flags that were given; pictures are not looked at yet.

    Raises: RecipeError, UnknownName.
    """
    chosen = {
        name: getattr(options, name, None) for name in params(recipe) if name not in recipe.inputs
    }
    return recipe.from_values({name: value for name, value in chosen.items() if value is not None})


def _add_flag(parser: argparse.ArgumentParser, name: str, annotation: Any, param: Param) -> None:
    """The flag of one setting. The recipe checks the value, so wrong ones are passed on as they are."""
    text = _help(param).replace("%", "%%")
    if name == "prompt":
        parser.add_argument(name, nargs="?", default="", metavar="PROMPT", help=text)
        return
    kind = next(kind for kind in get_args(annotation) or (annotation,) if kind is not type(None))
    flag = "--" + name.replace("_", "-")
    if kind is bool:
        parser.add_argument(flag, action="store_const", const=True, help=text)
        return
    parser.add_argument(flag, type=_lenient(kind), metavar=_METAVARS[kind], help=text)


_PICTURES = {"source": "IN.png", "mask": "MASK.png"}
_METAVARS = {str: "TEXT", int: "N", float: "X"}


def _lenient(kind: type) -> Callable[[str], object]:
    def convert(text: str) -> object:
        try:
            return kind(text)
        except ValueError:
            return text

    return convert


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
