"""A picture told in plain words: as one of many, whole, and among its family."""

from typing import TYPE_CHECKING, Any

from studio.core.events import Result
from studio.core.param import Param
from studio.core.recipe import TURNING, Painting, params
from studio.core.turn import Turn
from studio.ui import words
from studio.ui.form import OPTIONS
from studio.ui.stage import shown

if TYPE_CHECKING:
    from studio.gallery.family import Family
    from studio.gallery.metadata import Made
    from studio.gallery.query import Row
    from studio.service import Studio

HOW = {
    "image_to_image": "Stylised",
    "inpaint": "Repainted in part",
    "outpaint": "Carried on",
    "recover": "There and back",
    "branch": "Branched",
    "resumed": "Gone on with",
}
"""How one picture came from another: by the kind of the later one, or by how its run began."""

_APART = ("prompt", "source", "mask", "count", "turns", "sweep", "width", "height", "revision")
"""Told elsewhere, or never to be chosen again."""


def card(row: "Row", language: str) -> dict[str, Any]:
    """A picture as the grid shows it."""
    facts = [f"{row.width} × {row.height}"]
    if row.seed is not None:
        facts.append(words.say("seed {seed}", language, seed=row.seed))
    stopped = row.steps_done < row.steps_total
    if stopped:
        index, total = row.steps_done, row.steps_total
        facts.append(
            words.say("stopped at step {index} of {total}", language, index=index, total=total)
        )
    elif row.steps_total:
        facts.append(words.say("{steps} steps", language, steps=row.steps_total))
    return {
        "id": row.id,
        "place": row.place,
        # Folders and names are in UTC; the browser says it in its own time.
        "time": f"{row.place[:10]}T{row.place[11:13]}:{row.place[13:15]}:{row.place[15:17]}Z",
        "width": row.width or 1,
        "height": row.height or 1,
        "prompt": row.prompt,
        "kind": row.kind,
        "seed": row.seed,
        "starred": bool(row.starred),
        "damaged": bool(row.damaged),
        "stopped": stopped,
        "facts": " · ".join(facts),
    }


def detail(
    result: Result, made: "Made", starred: bool, studio: "Studio", language: str
) -> dict[str, Any]:
    """A picture whole: what to show of it, every setting, and how it came to be."""
    recipe = result.recipe
    titles = {
        name: {one.name: one.title for one in studio.choices(name)}
        for name in ("sampler", "model", "style")
    }
    settings = [_line(recipe, name, param, titles, language) for name, (_, param) in _told(recipe)]
    turns = [
        {
            "label": words.say("From step {at}", language, at=turn.at),
            "value": _turn(turn, titles, language),
        }
        for turn in recipe.turns
    ]
    inputs = [
        {"field": field, "label": words.say(params(type(recipe))[field][1].label, language)}
        for field in recipe.inputs
        if getattr(recipe, field)
    ]
    return shown(result, language) | {
        "starred": starred,
        "settings": [*settings, *turns],
        "inputs": inputs,
        "made": made.created[:40],
        "took": words.duration(result.seconds, language),
        "file": result.path.name,
    }


def relations(found: "Family", language: str) -> dict[str, Any]:
    """A family of pictures, its members by place."""
    members = {
        place: card(row, language) | {"brought": place in found.brought}
        for place, row in found.members.items()
    }
    return {
        "members": members,
        "ties": [
            {"parent": tie.parent, "child": tie.child, "how": _how(found, tie, language)}
            for tie in found.ties
        ],
    }


def _how(found: "Family", tie: Any, language: str) -> str:
    kind = found.members[tie.child].kind if tie.relation == "source" else tie.relation
    return words.say(HOW.get(kind, kind), language)


def _told(recipe: Painting) -> list[tuple[str, tuple[Any, Param]]]:
    """The settings that say something: those that are left as they were say nothing."""
    plain = type(recipe)()
    return [
        (name, note)
        for name, note in params(type(recipe)).items()
        if name not in _APART
        and getattr(recipe, name) not in (None, "", False)
        and (name in ("model", "strength") or getattr(recipe, name) != getattr(plain, name))
    ]


def _line(
    recipe: Painting, name: str, param: Param, titles: dict[str, dict[str, str]], language: str
) -> dict[str, str]:
    return {
        "label": words.say(param.label, language),
        "value": _value(name, getattr(recipe, name), param, titles, language),
    }


def _value(
    name: str, value: Any, param: Param, titles: dict[str, dict[str, str]], language: str
) -> str:
    if param.choices:
        return words.say(titles[param.choices].get(value, str(value)), language)
    if param.options:
        return words.say(OPTIONS.get(value, str(value)), language)
    if value is True:
        return words.say("yes", language)
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") or "0"
    return str(value)


def _turn(turn: Turn, titles: dict[str, dict[str, str]], language: str) -> str:
    notes = params(Turn)
    changed = [
        (name, getattr(turn, name))
        for name in (*TURNING, "change")
        if getattr(turn, name) not in (None, 0.0)
    ]
    told = [
        f"{words.say(notes[name][1].label, language)}: {_value(name, value, notes[name][1], titles, language)}"
        for name, value in changed
    ]
    return " · ".join(told) or words.say("as before", language)
