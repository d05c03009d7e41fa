"""The tab that shows diffusion happen: order into noise, noise into order, there and back, and a guided tour."""

from typing import TYPE_CHECKING

import gradio as gr

from studio.ui.form import part
from studio.ui.steps import PANELS
from studio.ui.tabs.tab import Tab

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures


class StepsTab:
    """The tab, drawn where the page stands and connected to a studio: a switch, and one panel at a time."""

    def __init__(self, studio: "Studio", page: gr.Blocks, pictures: "Pictures") -> None:
        panels = [{"name": panel.name, "title": panel.title} for panel in PANELS]
        part("steps", elem_id="steps-switch", panels=panels)
        for panel in PANELS:
            with gr.Column(elem_id=f"steps-{panel.name}-panel", elem_classes="steps-panel"):
                panel.build(studio, page, pictures)


TAB = Tab("steps", "Step viewer", ("recover",), StepsTab)
