"""The programming interface: every recipe as a function that streams plain dictionaries.

The signature is drawn from the recipe's fields, so a setting has one name on the page, on the command line and here. This module
knows no web framework: whoever serves an endpoint says how to tell the owner of a request.
"""

import asyncio
import base64
import dataclasses
import inspect
import io
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Protocol

from studio.core.errors import StudioError
from studio.core.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Note,
    Preview,
    Queued,
    Recovery,
    Result,
    Step,
)
from studio.core.recipe import Painting, Recipe, params
from studio.core.recipes import RECIPES

if TYPE_CHECKING:
    from studio.service import Studio

WHOLE = 95
"""JPEG quality of a whole picture that is looked at and not kept."""

NAMES = {kind: kind for kind in RECIPES} | {"image_to_image": "stylise", "recover": "invert"}
"""Kind of recipe -> name of its endpoint."""


class Inputs(Protocol):
    """Knows the pictures callers bring."""

    def named(self, field: str, value: Any, values: dict[str, Any], owner: str) -> Any:
        """The name of a picture a caller gave: by name, or as a file of the server's uploads."""

    def check(self, recipe: Painting, owner: str) -> None:
        """Raises: RecipeError when the recipe begins with a picture that is not the owner's."""


def endpoint(
    studio: "Studio",
    recipe: type[Painting],
    *,
    request: Any,
    owner_of: Callable[[Any], str],
    pictures: Inputs,
) -> Callable[..., AsyncIterator[dict[str, Any]]]:
    """The function that paints one kind of recipe and yields its events as dictionaries.

    Args:
        studio: Who paints.
        recipe: The kind of recipe; its fields become the parameters, by name, type and default.
        request: Type of the first parameter, which the server fills in.
        owner_of: Tells the owner from such a request.
        pictures: Knows the pictures callers bring.

    Returns: an async generator function; closing the generator cancels the run. It raises StudioError when the recipe is refused.
    """

    async def paint(*args: Any, **kwargs: Any) -> AsyncIterator[dict[str, Any]]:
        values = signature.bind(*args, **kwargs)
        values.apply_defaults()
        owner = owner_of(values.arguments.pop("request"))
        wishes = dict(values.arguments)
        for field in recipe.inputs:
            wishes[field] = await asyncio.to_thread(
                pictures.named, field, wishes[field], wishes, owner
            )
        wish = recipe.from_values(wishes)
        pictures.check(wish, owner)
        run = await asyncio.to_thread(studio.submit, wish, owner)
        try:
            async for event in run.aevents():
                yield described(event)
        finally:
            run.cancel()

    signature = inspect.Signature(
        [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=request)]
        + [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=recipe.__dataclass_fields__[name].default,
                # A picture comes by name, or as a file that was uploaded; turns come as a list.
                annotation=Any if name in (*recipe.inputs, "turns") else annotation,
            )
            for name, (annotation, _) in params(recipe).items()
        ],
        return_annotation=AsyncIterator[dict[str, Any]],
    )
    paint.__name__ = paint.__qualname__ = recipe.kind
    paint.__doc__ = _documentation(recipe)
    paint.__signature__ = signature  # type: ignore[attr-defined]
    paint.__annotations__ = {
        name: parameter.annotation for name, parameter in signature.parameters.items()
    } | {"return": AsyncIterator[dict[str, Any]]}
    return paint


def described(event: Event) -> dict[str, Any]:
    """An event as plain JSON values: "event" is its name in lower case, "picture" counts from 0."""
    plain: dict[str, Any] = {"event": type(event).__name__.lower(), "picture": event.picture}
    match event:
        case Queued(position=position, seconds=seconds):
            plain |= {"position": position, "seconds": round(seconds, 2)}
        case Loading(model=model, seconds=seconds):
            plain |= {"model": model, "seconds": round(seconds, 2)}
        case Step(index=index, total=total, seconds_left=left, preview=preview):
            plain |= {"index": index, "total": total, "seconds_left": round(left, 2)}
            plain["preview"] = preview_url(preview) if preview else None
        case Note():
            plain["message"] = event.text
        case Finished(result=result):
            plain |= described_result(result)
        case Failed(error=error):
            plain |= described_error(error)
        case Cancelled(result=result):
            plain |= described_result(result) if result else {"file": None}
    return plain


def described_result(result: Result) -> dict[str, Any]:
    """A picture on disk as plain JSON values."""
    return (
        {
            "id": result.id,
            "file": str(result.path),
            "width": result.width,
            "height": result.height,
            "seconds": round(result.seconds, 2),
            "steps_done": result.steps_done,
            "steps_total": result.steps_total,
            "recipe": result.recipe.as_dict(),
        }
        | (
            {"changed_outside": result.proof.changed_outside, "seam": result.proof.seam}
            if result.proof
            else {}
        )
        | (described_recovery(result.recovery) if result.recovery else {})
    )


def described_recovery(recovery: Recovery) -> dict[str, Any]:
    """How near a picture came that went into noise and back; a PSNR is None where every pixel is equal."""
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in dataclasses.asdict(recovery).items()
        if name != "pictures"
    }


def described_error(error: StudioError) -> dict[str, Any]:
    """What went wrong and the next move, in English."""
    return {"error": type(error).__name__, "message": str(error), "hint": error.hint_text}


def preview_url(preview: Preview, quality: int = 80) -> str:
    """A preview as a JPEG in a data URL: a twentieth of the PNG's time and bytes, and it lives a tenth of a second.

    Args:
        quality: As Pillow counts it; from 90 on colours are as sharp as light.
    """
    from PIL import Image

    file = io.BytesIO()
    image = Image.frombytes("RGB", (preview.width, preview.height), preview.rgb)
    image.save(file, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _documentation(recipe: type[Recipe]) -> str:
    lines = [f"    {name}: {param.help}" for name, (_, param) in params(recipe).items()]
    return "\n".join(
        [
            (recipe.__doc__ or "").strip(),
            "",
            "Streams one dictionary per event.",
            "",
            "Args:",
            *lines,
        ]
    )
