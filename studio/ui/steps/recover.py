"""There and back: a picture diffused into noise and recovered from it."""

from typing import TYPE_CHECKING

import gradio as gr
from starlette.routing import Route

from studio.ui.form import part
from studio.ui.steps.panel import Panel

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures


def build(studio: "Studio", page: gr.Blocks, pictures: "Pictures") -> None:
    """Draw the panel and connect it."""
    part("recover", elem_id="steps-recover")


def routes(studio: "Studio", pictures: "Pictures") -> list[Route]:
    """None yet."""
    return []


PANEL = Panel("recover", "There and back", build, routes)
