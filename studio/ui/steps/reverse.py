"""Reverse: a run, step by step: seen, explained, branched, resumed, compared.

What is looked at comes by routes (`studio.ui.steps.viewing`); what paints comes as scenes, like any run of the page.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from studio.core.errors import RecipeError, StudioError
from studio.core.param import params, record
from studio.core.recipes import RECIPES, TextToImage
from studio.core.turn import Turn
from studio.steps.frames import FULL_HEAT
from studio.ui import boundary
from studio.ui.form import part
from studio.ui.painting import QUICK, QUIET, reading
from studio.ui.stage import EXAMPLES, PERIOD, Scene, paced, refusal
from studio.ui.steps import viewing
from studio.ui.steps.panel import Panel
from studio.ui.visitor import language_of, owner_of

if TYPE_CHECKING:
    from studio.service import Run, Studio
    from studio.ui.pictures import Pictures

LONGEST_ID = 80


class ReversePanel:
    """The panel, drawn where the page stands and connected to a studio."""

    def __init__(self, studio: "Studio", page: gr.Blocks, pictures: "Pictures") -> None:
        self.studio = studio
        examples = [
            {"name": name, "prompt": prompt, "style": style}
            for name, (prompt, style) in EXAMPLES.items()
        ]
        self.part = part(
            "reverse",
            elem_id="steps-reverse",
            turn=turn_fields(studio),
            labels=labels(),
            heat=FULL_HEAT,
            examples=examples,
        )
        started = self.part.select(
            self.start,
            outputs=self.part,
            trigger_mode="multiple",
            concurrency_limit=None,
            **QUIET,
        )
        started.failure(fn=None, js="() => Atelier.room('steps').part('reverse')?.lost()")
        self.part.stop(self.cancel, **QUICK)

    async def start(
        self, request: gr.Request, event: gr.EventData
    ) -> AsyncIterator[dict[Any, Any]]:
        """Start what was asked for and stream its scenes: a picture painted, branched, resumed or made again."""
        language, owner = language_of(request), owner_of(request)
        wish = dict(event._data)
        # Scenes say what they answer, so that a panel that was turned to another picture meanwhile can tell.
        told = {"act": str(wish.get("act", ""))[:LONGEST_ID], "of": _id(wish)}
        try:
            run = await asyncio.to_thread(self.begin, wish, owner)
        except Exception as error:
            yield {self.part: refusal(boundary.explained(error), language) | told}
            return
        scene = Scene(run.id, run.recipe, language)
        yield {self.part: scene.as_dict() | told}
        try:
            async with aclosing(paced(run.aevents(), PERIOD)) as groups:
                async for group in groups:
                    for news in group:
                        scene.tell(news)
                    yield {self.part: scene.as_dict() | told}
        except Exception as error:
            yield {self.part: refusal(boundary.explained(error), language) | told}
        finally:
            run.cancel()

    def begin(self, wish: Mapping[str, Any], owner: str) -> "Run":
        """The run that a wish of the page asks for.

        Raises: StudioError.
        """
        match wish.get("act"):
            case "paint":
                prompt, style = EXAMPLES.get(
                    str(wish.get("example", "")), (str(wish.get("prompt", "")), "none")
                )
                return self.studio.submit(TextToImage(prompt=prompt, style=style), owner)
            case "branch":
                values = wish.get("turn")
                turn = record(Turn, values if isinstance(values, dict) else {"at": 0})
                return self.studio.steps.branch(_id(wish), owner, turn)
            case "resume":
                return self.studio.steps.resume(_id(wish), owner)
            case "again":
                return self.studio.steps.rerun(_id(wish), owner)
        raise RecipeError("act", "Unknown setting {name}.", name=repr(str(wish.get("act"))[:60]))

    def cancel(self, request: gr.Request, event: gr.EventData) -> None:
        """Ask a run of this person to stop; what exists is kept."""
        self.studio.cancel(str(event._data.get("run", ""))[:LONGEST_ID], owner_of(request))


def labels() -> dict[str, str]:
    """What every setting of every kind of recipe is called."""
    # A kind's own name for a shared setting does not count.
    kinds: list[type] = [*reversed(RECIPES.values()), Turn]
    known = {name: param.label for kind in kinds for name, (_, param) in params(kind).items()}
    return known | {"turns": "Branches"}


def turn_fields(studio: "Studio") -> list[dict[str, Any]]:
    """What a branch may change, drawn from the notes of a turn."""
    fields = []
    for name, (_, param) in params(Turn).items():
        field: dict[str, Any] = {
            "name": name,
            "label": param.label,
            "help": param.help,
            "minimum": param.minimum,
            "maximum": param.maximum,
        }
        if param.choices:
            field["choices"] = [
                {"name": choice.name, "title": choice.title}
                for choice in studio.choices(param.choices)
            ]
        fields.append(field)
    return fields


def _id(wish: Mapping[str, Any]) -> str:
    return str(wish.get("id", ""))[:LONGEST_ID]


def routes(studio: "Studio", pictures: "Pictures") -> list[Route]:
    """Where the panel reads numbers, frames, and what words mean to the model."""

    async def read(request: Request) -> JSONResponse:
        try:
            asked = await request.json()
            prompt, style, model = (str(asked[name]) for name in ("prompt", "style", "model"))
            told = await asyncio.to_thread(
                reading, studio, prompt, style, model, language_of(request)
            )
        except (ValueError, TypeError, KeyError, StudioError):
            # Sending the same words says what is wrong with them.
            told = {}
        return JSONResponse(told, headers=viewing.FRESH)

    return [Route("/steps/reading", read, methods=["POST"]), *viewing.routes(studio)]


PANEL = Panel("reverse", "Noise into order", ReversePanel, routes)
