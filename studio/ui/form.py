"""The form: a recipe's fields as widgets, by name, drawn from their notes.

A widget never judges a value: it hands over what was typed (handlers take the values raw, `preprocess=False`), and the recipe
says what is wrong with it, so that a message reads the same on the page, on the command line and over the API. Width and height
stand behind one more control, "aspect".
"""

import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast, get_args

import gradio as gr

from studio.core.errors import StudioError
from studio.core.recipe import Painting, Param, Recipe, params
from studio.ui.words import text

if TYPE_CHECKING:
    from studio.service import Studio

FREE = "free"
"""The aspect that shows width and height."""

ASPECTS = {
    "square": "Square",
    "portrait": "Portrait",
    "landscape": "Landscape",
    FREE: "Free",
}
UNSEEN = ("revision", "turns")
"""Fields nobody chooses in a form."""

OPTIONS = {
    "picture": "Whole picture",
    "mask": "Around the mask",
    "original": "Picture",
    "noise": "Noise",
    "blur": "Blur",
    "colour": "Colour",
    "inversion": "Inversion",
    "stochastic": "Stochastic",
}
"""What the options of a setting are called."""

LONGEST_SLIDER = 512
"""Pixels; what can be more is typed."""


def part(name: str, *, elem_id: str, value: Any = None, **drawn: Any) -> gr.HTML:
    """A part of the page that assets/ui/ draws with `Atelier.<name>(element, props, trigger, watch, drawn)`.

    Args:
        name: Of the function, and the class of its element.
        elem_id: Its place in the page.
        value: Its first value.
        drawn: What it is drawn from. Not Gradio's props: a value that arrives before a tab is opened makes it forget those.
    """
    data = json.dumps(drawn)
    return gr.HTML(
        value=value,
        html_template=f'<div class="{name}"></div>',
        js_on_load=f"Atelier.{name}(element, props, trigger, watch, {data})",
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="part",
    )


def pick(
    choices: list[dict[str, Any]], *, look: str, title: str, value: Any, elem_id: str
) -> gr.HTML:
    """One of a few, drawn by assets/ui/pick.js with the browser's own radio buttons or list; its value is the name chosen.

    Args:
        choices: What there is, each with name and title, perhaps help, image, size.
        look: "tiles", "shapes", "segments" or "list".
        title: What is chosen, English.
        value: Name of the first choice.
        elem_id: Where errors find it.
    """
    drawn = {"choices": choices, "look": look, "title": title}
    return part("pick", elem_id=elem_id, value=value, **drawn)


PICTURES: dict[str, Callable[..., gr.HTML]] = {
    "source": functools.partial(part, "source", value=""),
    "mask": functools.partial(part, "mask", value=""),
}
"""Fields that hold the name of a picture, and what brings one."""


class Form:
    """The widgets of one kind of recipe.

    Attributes:
        recipe_type: The kind of recipe.
        room: Prefix of the fields' ids, so that several forms fit on one page; "" for none.
        widgets: Control name -> component; a field's name, or "aspect".
    """

    def __init__(self, recipe_type: type[Painting], studio: "Studio", room: str = "") -> None:
        self.recipe_type = recipe_type
        self.studio = studio
        self.room = room
        self.params = params(recipe_type)
        self.defaults = studio.defaults()
        self.sizes = studio.sizes()
        self.widgets: dict[str, gr.components.Component] = {}

    def id(self, name: str) -> str:
        """Where errors find the control of that name."""
        return f"{self.room}-field-{name}" if self.room else f"field-{name}"

    def place(self, *names: str, **looks: Any) -> None:
        """Put the widgets of these fields where the page stands now; `looks` go to the Gradio component."""
        for name in names:
            self.widgets[name] = self._aspect() if name == "aspect" else self.widget(name, **looks)

    def recipe(self, values: Mapping[str, Any]) -> Painting:
        """The recipe these control values wish for.

        Raises: RecipeError when a value is not one the recipe takes.
        """
        wishes = {
            name: self._typed(name, value) for name, value in values.items() if name in self.params
        }
        aspect = values.get("aspect", FREE)
        if aspect in self.sizes:
            wishes["width"], wishes["height"] = self.sizes[aspect]
        return self.recipe_type.from_values(wishes)

    def values(self, recipe: Recipe) -> dict[str, Any]:
        """Control name -> value, for a recipe; the inverse of `recipe`."""
        values = {name: getattr(recipe, name) for name in self.params if name in self.widgets}
        if "aspect" in self.widgets:
            size = (values.get("width"), values.get("height"))
            same = [name for name, known in self.sizes.items() if known == size]
            values["aspect"] = same[0] if same else FREE
        return values

    def fill(self, recipe: Recipe) -> dict[gr.components.Component, Any]:
        """What to return from a handler so that the form shows this recipe."""
        return {self.widgets[name]: value for name, value in self.values(recipe).items()}

    def restore(self, remembered: Any) -> dict[gr.components.Component, Any]:
        """What to return so that the form shows what a browser remembered; values the recipe refuses are left out."""
        if not isinstance(remembered, dict):
            return {}
        kept: dict[gr.components.Component, Any] = {}
        for name, value in remembered.items():
            if (
                name == "aspect"
                and value in tuple(ASPECTS)
                or name in self.params
                and name in self.widgets
                and self._fits(name, value)
            ):
                kept[self.widgets[name]] = value
        return kept

    def _fits(self, name: str, value: Any) -> bool:
        if isinstance(value, str) and len(value) > 20_000:
            return False
        param = self.params[name][1]
        kind = param.choices
        if kind and value not in [choice.name for choice in self.studio.choices(kind)]:
            return False
        free = self._is_text(name) and not (param.pattern or param.options)
        if kind or (isinstance(value, str) and free):
            return True
        try:
            self.recipe_type.from_values({name: self._typed(name, value)})
        except StudioError:
            return False
        return True

    def _typed(self, name: str, value: Any) -> Any:
        """A number that was typed as text, as a number; anything else as it is, for the recipe to judge."""
        if self._is_text(name) or not isinstance(value, str):
            return value
        typed = value.strip()
        if not typed:
            return None
        return int(typed) if re.fullmatch(r"-?[0-9]{1,30}", typed) else typed

    def _is_text(self, name: str) -> bool:
        annotation = self.params[name][0]
        return annotation is str or str in get_args(annotation)

    def _default(self, name: str) -> Any:
        value = getattr(self.recipe_type(), name)
        return getattr(self.defaults, name, None) if value is None else value

    def widget(self, name: str, **looks: Any) -> gr.components.Component:
        """One field's component: what its note and its type ask for."""
        annotation, param = self.params[name]
        common: dict[str, Any] = {"elem_id": self.id(name)}
        if param.choices:
            return self._choice(name, param, **common, **looks)
        if name in PICTURES:
            return PICTURES[name](**common, **looks)
        if param.options:
            titles = [{"name": option, "title": OPTIONS[option]} for option in param.options]
            return pick(
                titles,
                look="segments",
                title=param.label,
                value=self._default(name),
                **(common | looks),
            )
        labelled = common | {
            "label": text(param.label),
            "info": text(param.help),
            "value": self._default(name),
        }
        if name == "colour":
            return pick([], look="colour", title=param.label, value=self._default(name), **common)
        if annotation is bool:
            return gr.Checkbox(**(labelled | looks))
        if self._is_text(name):
            return gr.Textbox(max_lines=8, **(labelled | looks))
        if name == "count":
            low, high = int(param.minimum or 1), int(param.maximum or 1)
            numbers = [{"name": n, "title": str(n)} for n in range(low, high + 1)]
            return pick(numbers, look="segments", title=param.label, value=low, **common)
        if name == "seed":
            # A browser's number field shows 0 for "empty" and rounds long seeds: here it is text.
            return gr.Textbox(max_lines=1, **(labelled | looks))
        if param.unit == "pixels" and (param.maximum or 0) > LONGEST_SLIDER:
            return gr.Number(step=param.multiple or 1, **(labelled | looks))
        whole = int in (annotation, *get_args(annotation))
        return gr.Slider(
            minimum=cast(float, param.minimum),
            maximum=cast(float, param.maximum),
            step=1 if whole else 0.5 if (param.maximum or 0) > 1 else 0.05,
            buttons=[],
            **(labelled | looks),
        )

    def _choice(self, name: str, param: Param, **looks: Any) -> gr.components.Component:
        look = "tiles" if param.choices == "style" else "list"
        choices = [
            {"name": choice.name, "title": choice.title, "help": choice.help}
            | ({"image": f"atelier/styles/{choice.name}.jpg"} if look == "tiles" else {})
            for choice in self.studio.choices(param.choices)
        ]
        return pick(choices, look=look, title=param.label, value=self._default(name), **looks)

    def _aspect(self) -> gr.components.Component:
        shapes = [
            {"name": name, "title": title, "size": list(self.sizes.get(name, ()))}
            for name, title in ASPECTS.items()
            if name in self.sizes or name == FREE
        ]
        return pick(
            shapes,
            look="shapes",
            title="Shape",
            value=next(iter(self.sizes)),
            elem_id=self.id("aspect"),
        )
