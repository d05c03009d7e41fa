"""Learn: a guided tour in six chapters, on the learner's own picture and words.

The page shows a saved lesson that needs no model (assets/lesson, made by assets/teach.py). For a picture of the learner's own
it asks here what it was made with, and may have the same words painted a few times more: submitted like any other wish.
"""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from studio.core.errors import NotFound, RecipeError, StudioError
from studio.core.events import Event
from studio.core.recipe import Painting
from studio.ui import boundary
from studio.ui.form import part
from studio.ui.stage import PERIOD, Scene, paced, refusal
from studio.ui.steps.lessons import SERIES, Lessons, series
from studio.ui.steps.panel import Panel
from studio.ui.visitor import language_of, owner_of

if TYPE_CHECKING:
    from studio.service import Run, Studio
    from studio.ui.pictures import Pictures

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

FRESH = {"Cache-Control": "no-store"}


class Learn:
    """The panel, drawn where the page stands and connected to a studio."""

    def __init__(self, studio: "Studio", page: gr.Blocks, pictures: "Pictures") -> None:
        self.studio = studio
        self.pictures = pictures
        self.part = part("learn", elem_id="steps-learn", lesson="atelier/lesson/lesson.json")
        painting = self.part.select(
            self.paint,
            outputs=self.part,
            trigger_mode="multiple",
            concurrency_limit=None,
            **QUIET,
        )
        painting.failure(fn=None, js="() => Atelier.room('steps').part('learn')?.lost()")
        self.part.stop(self.stop, queue=False, **QUIET)

    async def paint(
        self, request: gr.Request, event: gr.EventData
    ) -> AsyncIterator[dict[Any, Any]]:
        """Paint a series for one of the person's pictures and stream its scenes."""
        language, owner = language_of(request), owner_of(request)
        asked = {name: str(event._data.get(name, ""))[:80] for name in ("id", "series")}
        told: dict[str, Any] = {"source": asked["id"], "series": asked["series"]}
        runs: list[Run] = []
        try:
            recipes = self._recipes(asked["id"], asked["series"], owner)
            for recipe in recipes:
                runs.append(await asyncio.to_thread(self.studio.submit, recipe, owner))
            shape = self.pictures.shape(recipes[0], owner)
        except Exception as error:
            for run in runs:
                run.cancel()
            yield {self.part: told | refusal(boundary.explained(error), language)}
            return
        told["runs"] = [run.id for run in runs]
        scene = Scene(
            runs[0].id, dataclasses.replace(recipes[0], count=len(recipes)), language, shape
        )
        yield {self.part: scene.as_dict() | told}
        try:
            async with aclosing(paced(together(runs), PERIOD)) as groups:
                async for group in groups:
                    for one in group:
                        scene.tell(one)
                    yield {self.part: scene.as_dict() | told}
        finally:
            for run in runs:
                run.cancel()

    def stop(self, request: gr.Request, event: gr.EventData) -> None:
        """Stop what is being painted for the lesson."""
        asked = event._data.get("runs", [])
        for run in asked[:16] if isinstance(asked, list) else []:
            self.studio.cancel(str(run)[:80], owner_of(request))

    def _recipes(self, picture_id: str, name: str, owner: str) -> tuple[Painting, ...]:
        result = self.studio.find(picture_id, owner)
        if result is None or name not in SERIES:
            raise RecipeError(
                "source", "This picture is not here any more.", hint="Choose it again."
            )
        recipes = series(result.recipe, name)
        if not recipes:
            raise RecipeError("prompt", "Say what to paint, or choose a style.")
        return recipes


async def together(runs: Sequence["Run"]) -> AsyncGenerator[Event]:
    """The events of runs of one picture each, as they come; an event's picture is the number of its run."""
    news: asyncio.Queue[Event | None] = asyncio.Queue()

    async def listen(number: int, run: "Run") -> None:
        try:
            async for event in run.aevents():
                news.put_nowait(dataclasses.replace(event, picture=number))
        finally:
            news.put_nowait(None)

    listeners = [asyncio.ensure_future(listen(*pair)) for pair in enumerate(runs)]
    try:
        for _ in listeners:
            while (event := await news.get()) is not None:
                yield event
    finally:
        for listener in listeners:
            listener.cancel()
        await asyncio.wait(listeners)


def routes(studio: "Studio", pictures: "Pictures") -> list[Route]:
    """What the page asks of a person's own picture."""
    lessons = Lessons(studio)

    def answered(look: Callable[[Mapping[str, str], str], Any]) -> Callable[[Request], Response]:
        """An endpoint of plain JSON; what is somebody else's is not there."""

        def endpoint(request: Request) -> Response:
            try:
                told = look(request.path_params, owner_of(request))
            except StudioError as error:
                absent = isinstance(error, NotFound)
                status = HTTPStatus.NOT_FOUND if absent else HTTPStatus.UNPROCESSABLE_ENTITY
                return JSONResponse(boundary.told(error, language_of(request)), status, FRESH)
            return JSONResponse(told, headers=FRESH)

        return endpoint

    return [
        Route("/learn/{id:str}", answered(lambda at, owner: lessons.about(at["id"], owner))),
        Route(
            "/learn/{id:str}/cells/{index:int}",
            answered(lambda at, owner: lessons.cells(at["id"], int(at["index"]), owner)),
        ),
        Route(
            "/learn/{id:str}/apart/{other:str}",
            answered(lambda at, owner: lessons.apart(at["id"], at["other"], owner)),
        ),
    ]


PANEL = Panel("learn", "Learn", Learn, routes)
