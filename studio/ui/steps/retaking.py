"""What programs may do with the steps of a picture: look at them, branch off, go on."""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from studio import api
from studio.core.errors import RecipeError
from studio.core.param import params, record
from studio.core.turn import Turn
from studio.ui.steps.panel import Endpoint
from studio.ui.visitor import owner_of

if TYPE_CHECKING:
    from studio.service import Run, Studio

MOST_FRAMES = 64
"""Frames of one call."""


def endpoints(studio: "Studio") -> dict[str, Endpoint]:
    """/reverse, /branch and /resume."""

    async def reverse(
        request: gr.Request,
        picture: str,
        view: str = "clean",
        steps: Any = None,
        quick: bool = False,
    ) -> AsyncIterator[dict[str, Any]]:
        """Show how a picture came out of noise.

        Streams a table of numbers, then a picture per step as a file; the step after the last is the picture itself.

        Args:
            picture: The id of a picture of yours.
            view: "noisy", "clean", "noise" or "change".
            steps: A list of steps counted from 0; every one when left out, up to 64.
            quick: Rough pictures, without the model.
        """
        owner = owner_of(request)
        table = await run_in_threadpool(studio.steps.table, str(picture), owner)
        yield {"event": "table"} | table
        if not table["steps"]:
            # Says why there is nothing to show.
            await run_in_threadpool(studio.steps.trajectory, str(picture), owner)
        wanted, notes = _wanted(steps, len(table["steps"]))
        for note in notes:
            yield {"event": "note", "message": note}
        with TemporaryDirectory(prefix="atelier-") as folder:
            for index in wanted:
                image = await run_in_threadpool(
                    studio.steps.frame, str(picture), owner, str(view), index, quick=bool(quick)
                )
                file = Path(folder) / f"{view}-{index}.png"
                await run_in_threadpool(image.save, file)
                yield {"event": "frame", "index": index, "view": view, "file": str(file)}

    async def branch(*args: Any, **kwargs: Any) -> AsyncIterator[dict[str, Any]]:
        values = signature.bind(*args, **kwargs)
        values.apply_defaults()
        given = dict(values.arguments)
        owner, picture = owner_of(given.pop("request")), str(given.pop("picture"))
        turn = record(Turn, given)
        run = await run_in_threadpool(studio.steps.branch, picture, owner, turn)
        async with aclosing(_told(run)) as events:
            async for event in events:
                yield event

    async def resume(request: gr.Request, picture: str) -> AsyncIterator[dict[str, Any]]:
        """Go on with a picture that was stopped, from its last step.

        Streams one dictionary per event.

        Args:
            picture: The id of a picture of yours.
        """
        run = await run_in_threadpool(studio.steps.resume, str(picture), owner_of(request))
        async with aclosing(_told(run)) as events:
            async for event in events:
                yield event

    signature = _signature()
    branch.__signature__ = signature  # type: ignore[attr-defined]
    branch.__annotations__ = {
        name: parameter.annotation for name, parameter in signature.parameters.items()
    } | {"return": AsyncIterator[dict[str, Any]]}
    branch.__doc__ = _documentation()
    return {"reverse": reverse, "branch": branch, "resume": resume}


async def _told(run: "Run") -> AsyncGenerator[dict[str, Any], None]:
    """The events of a run; whoever stops listening cancels it."""
    try:
        async for event in run.aevents():
            yield api.described(event)
    finally:
        run.cancel()


def _wanted(steps: Any, passes: int) -> tuple[list[int], list[str]]:
    """The steps to show, and what had to be changed about the wish; step `passes` is the picture itself.

    Raises: RecipeError when they are no whole numbers.
    """
    listed = list(range(passes + 1)) if steps is None else steps
    if not isinstance(listed, list | tuple) or not all(type(one) is int for one in listed):
        raise RecipeError(
            "steps", "Steps must be a list of whole numbers.", hint="For example [0, 5, 10]."
        )
    notes = []
    if len(listed) > MOST_FRAMES:
        notes.append(
            f"{len(listed)} steps are too many at once; the first {MOST_FRAMES} are shown."
        )
        listed = listed[:MOST_FRAMES]
    clamped = [min(max(index, 0), passes) for index in listed]
    for index, shown in zip(listed, clamped, strict=True):
        if index != shown:
            notes.append(f"There is no step {str(index)[:20]}; step {shown} is shown.")
    return clamped, notes


def _signature() -> inspect.Signature:
    """The picture, then the settings of a turn by name, type and default."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    fields = Turn.__dataclass_fields__
    return inspect.Signature(
        [
            inspect.Parameter("request", kind, annotation=gr.Request),
            inspect.Parameter("picture", kind, annotation=str),
            inspect.Parameter("at", kind, annotation=int),
            *(
                inspect.Parameter(name, kind, default=fields[name].default, annotation=annotation)
                for name, (annotation, _) in params(Turn).items()
                if name != "at"
            ),
        ],
        return_annotation=AsyncIterator[dict[str, Any]],
    )


def _documentation() -> str:
    lines = [f"    {name}: {param.help}" for name, (_, param) in params(Turn).items()]
    return "\n".join(
        [
            "Go another way from a step of a picture: other words, guidance, sampler, seed, or fresh noise.",
            "",
            "Streams one dictionary per event.",
            "",
            "Args:",
            "    picture: The id of a picture of yours.",
            *lines,
        ]
    )
