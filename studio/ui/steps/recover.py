"""There and back: a picture diffused into noise and recovered from it.

It paints like every tab, so progress, cancelling, memory and the strip are theirs; in the stage's place stand three figures:
original, diffused, recovered.
"""

import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import gradio as gr
from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from studio.core.recipes import Recover
from studio.ui import words
from studio.ui.form import part, pick
from studio.ui.painting import PaintingTab
from studio.ui.stage import EXAMPLES
from studio.ui.steps.panel import Panel
from studio.ui.visitor import language_of, owner_of
from studio.ui.words import text

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures

MODES: list[dict[str, Any]] = [
    {
        "name": "inversion",
        "title": "Inversion",
        "help": "Finds the noise this very picture is made from. The way back gives the picture again; other words edit it.",
    },
    {
        "name": "stochastic",
        "title": "Stochastic",
        "help": "Throws true random noise over the picture. What comes back is like it, not it: the farther, the less.",
    },
]

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


class RecoverPanel(PaintingTab):
    """The panel, drawn where the page stands and connected to a studio."""

    name = "steps"
    room = "steps"
    recipe_type = Recover
    invite = "picture"

    def draw_words(self) -> None:
        """The picture, the way into noise and how far, the words of the way back."""
        place = self.form.place
        place("source", wordless=True)
        self.form.widgets["mode"] = pick(
            MODES,
            look="segments",
            title="Way into noise",
            value="inversion",
            elem_id=self.form.id("mode"),
        )
        place("num_timesteps")
        self.draw_prompt("empty: the picture itself")
        place("guidance_scale")
        with gr.Row(elem_id=self.id("paint-bar"), elem_classes="paint-bar"):
            self.draw_paint_button()

    def draw_canvas(self) -> None:
        """The three figures and their numbers."""
        part("recover", elem_id="steps-recover", examples=list(EXAMPLES))

    def draw_advanced(self) -> None:
        """What most ways there and back do not need."""
        self.disclosure("Advanced", "advanced")
        with gr.Column(elem_id=self.id("advanced"), elem_classes="advanced"):
            self.form.place("steps", "style")
            self.form.place("source_prompt", lines=1)
            self.form.place(
                "negative_prompt", lines=1, placeholder=text("clouds, flowers"), info=None
            )
            self.form.place("seed", placeholder=text("new each time"))
            self.draw_seed_bar()
            self.form.place("model")

    def draw_paint_button(self) -> None:
        """Its own name for Paint."""
        self.paint_button = gr.Button(
            text("There and back"),
            variant="primary",
            elem_id=self.id("paint"),
            elem_classes="paint",
            scale=2,
        )


def routes(studio: "Studio", pictures: "Pictures") -> list[Route]:
    """The pictures behind a recovered one: original, diffused, round_trip, difference."""

    def behind(request: Request) -> Response:
        path = request.path_params
        image = studio.recovered(path["id"], owner_of(request), path["name"])
        if image is None:
            said = words.say("Not found.", language_of(request))
            return PlainTextResponse(said, status_code=HTTPStatus.NOT_FOUND)
        return Response(_png(image), media_type="image/png", headers=FOREVER)

    return [Route("/atelier/recover/{id:str}/{name:str}", behind, methods=["GET"])]


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


PANEL = Panel("recover", "There and back", RecoverPanel, routes)
