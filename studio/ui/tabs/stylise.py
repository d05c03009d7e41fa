"""The tab that paints a picture anew from another: in a style, in five strengths, or as its neighbours."""

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from studio.core.recipes import ImageToImage
from studio.ui.form import part, pick
from studio.ui.painting import Outputs, PaintingTab
from studio.ui.tabs.tab import Tab
from studio.ui.words import text

KEEP = {"touch": 0.3, "repaint": 0.55, "reimagine": 0.8}
"""How much of the picture to keep, in a word -> strength."""

NEIGHBOURS = 4
"""Variations where the person asked for one picture."""


class StyliseTab(PaintingTab):
    """The tab, drawn where the page stands and connected to a studio."""

    name = "stylise"
    room = "stylise"
    recipe_type = ImageToImage

    async def sweep(self, request: gr.Request, **values: Any) -> AsyncIterator[Outputs]:
        """Five strengths side by side."""
        async for scene in self.paint(request, **(values | {"sweep": True, "count": 1})):
            yield scene

    async def vary(self, request: gr.Request, **values: Any) -> AsyncIterator[Outputs]:
        """Neighbours of the picture; the words are left out."""
        wordless: dict[str, Any] = {"prompt": "", "negative_prompt": "", "style": "none"}
        if values.get("count") == 1:
            wordless["count"] = NEIGHBOURS
        async for scene in self.paint(request, **(values | wordless)):
            yield scene

    def draw_words(self) -> None:
        """The picture, how much of it to keep, words, style, how many."""
        place = self.form.place
        place("source", sketch=True)
        keep = pick(
            [
                {
                    "name": "touch",
                    "title": "Touch up",
                    "help": "Strength 0.3: shapes stay, colours and brushwork change.",
                },
                {
                    "name": "repaint",
                    "title": "Repaint",
                    "help": "Strength 0.55: the composition stays, everything is painted anew.",
                },
                {
                    "name": "reimagine",
                    "title": "Reimagine",
                    "help": "Strength 0.8: only light and large shapes stay.",
                },
            ],
            look="segments",
            title="Keep",
            value="repaint",
            elem_id=self.id("keep"),
        )
        place("strength", value=KEEP["repaint"])
        self.draw_prompt("what it shows, in a few words")
        place("negative_prompt", lines=1, placeholder=text("clouds, flowers"), info=None)
        place("style", "count")
        with gr.Row(elem_id=self.id("paint-bar"), elem_classes="paint-bar"):
            self.draw_live()
            self.draw_paint_button()
            self.sweep_button = gr.Button(
                text("Sweep"), elem_id=self.id("sweep"), elem_classes="paint second", scale=1
            )
            self.vary_button = gr.Button(
                text("Variations"), elem_id=self.id("vary"), elem_classes="paint second", scale=1
            )
        self._connect_keep(keep)

    def draw_canvas(self) -> None:
        """A white sheet to draw on."""
        part("sketch", elem_id=self.id("sketch"), sizes=self.studio.sizes())

    def connect(self) -> None:
        """The two other ways to paint."""
        self.connect_paint(self.sweep_button, self.sweep)
        self.connect_paint(self.vary_button, self.vary)

    def _connect_keep(self, keep: gr.HTML) -> None:
        strength = self.controls["strength"]
        keep.input(fn=None, inputs=keep, outputs=strength, js=f"(keep) => ({KEEP})[keep]")
        strength.change(
            fn=None,
            inputs=strength,
            outputs=keep,
            js=f"(strength) => Object.entries({KEEP}).find((one) => one[1] === strength)?.[0] ?? ''",
        )


TAB = Tab("stylise", "Stylise", ("image_to_image",), StyliseTab)
