"""The tab that paints a picture from words."""

import gradio as gr

from studio.core.recipes import TextToImage
from studio.ui.form import FREE
from studio.ui.painting import QUICK, Outputs, PaintingTab
from studio.ui.tabs.tab import Tab
from studio.ui.words import text


class TextToImageTab(PaintingTab):
    """The tab, drawn where the page stands and connected to a studio."""

    name = "text_to_image"
    recipe_type = TextToImage
    invite = "words"

    def surprise(self) -> Outputs:
        """A good prompt and a style for it."""
        prompt, style = self.studio.surprise()
        return {self.controls["prompt"]: prompt, self.controls["style"]: style}

    def draw_words(self) -> None:
        """Words, style, shape, how many."""
        place = self.form.place
        self.draw_prompt("a castle in the mountains at sunset")
        place("negative_prompt", lines=1, placeholder=text("clouds, flowers"), info=None)
        place("style", "aspect")
        with gr.Row(elem_id="free-size", visible=False) as free_size:
            place("width", "height", info=None, min_width=80)
        place("count")
        with gr.Row(elem_id="paint-bar", elem_classes="paint-bar"):
            self.draw_live()
            self.draw_paint_button()
            surprise = gr.Button(text("Surprise me"), elem_id="surprise", scale=1)
        surprise.click(
            self.surprise, outputs=[self.controls["prompt"], self.controls["style"]], **QUICK
        )
        self.controls["aspect"].change(
            lambda aspect: gr.Row(visible=aspect == FREE),
            inputs=self.controls["aspect"],
            outputs=free_size,
            **QUICK,
        )


TAB = Tab("text_to_image", "Text to image", ("text_to_image",), TextToImageTab)
