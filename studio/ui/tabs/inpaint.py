"""The tab that paints a part of a picture anew, or carries the picture on beyond its edges; the rest stays to the byte."""

from typing import Any

import gradio as gr

from studio.core.recipe import Painting
from studio.core.recipes import Inpaint, Outpaint
from studio.ui.form import Form, part, pick
from studio.ui.painting import Outputs, PaintingTab
from studio.ui.tabs.tab import Tab
from studio.ui.words import text

MODES = {"inpaint": "Repaint a part", "outpaint": "Beyond the edge"}
SIDES = ("left", "right", "top", "bottom")


class InpaintTab(PaintingTab):
    """The tab, drawn where the page stands and connected to a studio.

    Attributes:
        beyond: The form of the second kind of recipe; what both kinds have, it shares with the first.
    """

    name = "inpaint"
    room = "inpaint"
    recipe_type = Inpaint
    beyond: Form

    def recipe(self, values: dict[str, Any]) -> Painting:
        """The recipe of the mode chosen."""
        if values.get("mode") == "outpaint":
            return self.beyond.recipe(values | {"strength": values.get("reach")})
        return self.form.recipe(values)

    def fill(self, recipe: Painting) -> Outputs:
        """What to return so that the controls show this recipe, in its mode."""
        mode = {self.mode: recipe.kind} if recipe.kind in MODES else {}
        if not isinstance(recipe, Outpaint):
            return self.form.fill(recipe) | mode
        filled = self.beyond.fill(recipe) | mode
        filled[self.controls["reach"]] = recipe.strength
        filled.pop(self.controls["strength"], None)
        return filled

    def restore(self, memory: Any) -> Outputs:
        """What to return so that the controls show what a browser remembered."""
        kept = self.beyond.restore(memory) | self.form.restore(memory)
        if isinstance(memory, dict):
            if memory.get("mode") in tuple(MODES):
                kept[self.mode] = memory["mode"]
            if "reach" in memory:
                reach = {"strength": memory["reach"]}
                for value in Form.restore(self.beyond, reach).values():
                    kept[self.controls["reach"]] = value
        return kept

    def draw_words(self) -> None:
        """The picture, the mode with its settings, words, style, how many."""
        place = self.form.place
        place("source")
        self.mode = pick(
            [{"name": name, "title": title} for name, title in MODES.items()],
            look="segments",
            title="What to paint",
            value="inpaint",
            elem_id=self.id("mode"),
        )
        self._draw_sides()
        self.draw_prompt("what shall be there")
        place("negative_prompt", lines=1, placeholder=text("clouds, flowers"), info=None)
        place("style")
        with gr.Column(elem_classes="only-inpaint"):
            place("strength", value=0.8)
            place("region", "start", "colour")
        place("count")
        with gr.Row(elem_id=self.id("paint-bar"), elem_classes="paint-bar"):
            self.draw_paint_button()

    def draw_more(self) -> None:
        """How the mask meets the picture, and how far to go beyond the edge."""
        with gr.Column(elem_classes="only-inpaint"):
            self.form.place("feather", "grow")
        with gr.Column(elem_classes="only-outpaint"):
            self.controls["reach"] = self.beyond.widget("strength", elem_id=self.id("field-reach"))
        self.controls["mode"] = self.mode

    def draw_canvas(self) -> None:
        """The mask over the picture, and the frame around it."""
        self.form.place("mask")
        part("frame", elem_id=self.id("frame"))

    def _draw_sides(self) -> None:
        self.beyond = Form(Outpaint, self.studio, self.room)
        with gr.Row(elem_id=self.id("sides"), elem_classes="only-outpaint sides"):
            self.beyond.place(*SIDES, info=None, min_width=64)
        shared = self.controls
        shared.update(self.beyond.widgets)
        # One set of widgets for both kinds; each form picks the fields its own recipe has.
        self.beyond.widgets = shared
        gr.on(
            [shared[side].change for side in SIDES],
            fn=None,
            inputs=[shared[side] for side in SIDES],
            js=f"(...sides) => {{ Atelier.sides('{self.name}', sides); return []; }}",
        )
        self.mode.change(
            fn=None,
            inputs=self.mode,
            js=f"(mode) => {{ Atelier.mode('{self.name}', mode); return []; }}",
        )


TAB = Tab("inpaint", "Inpaint", ("inpaint", "outpaint"), InpaintTab)
