"""Forward: a picture of the person's own, covered with noise step by step, with every number of it.

The browser is sent picture, noise and levels once, and computes x_t itself at every move of the slider; the model is asked
for the picture's place in its latent space, and for its decoder's view of a noisy latent when the slider rests.
"""

import io
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from studio import film
from studio.core.errors import ModelUnavailable, QueueFull, RecipeError
from studio.core.forward import Forward
from studio.noising import clamped, packed
from studio.ui import boundary, words
from studio.ui.form import part
from studio.ui.steps.films import Busy, refused
from studio.ui.steps.panel import Endpoint, Panel
from studio.ui.steps.panes import EXAMPLES, Gone, Panes
from studio.ui.visitor import language_of, owner_of

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures

FRESH = {"Cache-Control": "no-store"}


def build(studio: "Studio", page: gr.Blocks, pictures: "Pictures") -> None:
    """Draw the panel."""
    mp4 = film.missing("mp4")
    part(
        "forward",
        elem_id="steps-forward",
        examples=list(EXAMPLES),
        mp4={"message": mp4.message, "hint": mp4.hint, "values": mp4.values} if mp4 else None,
        frames={kind: film.most_frames(kind) for kind in film.KINDS},
    )


def routes(studio: "Studio", pictures: "Pictures") -> list[Route]:
    """Arrays, levels, the decoder's view and films."""
    panes = Panes(studio, pictures)

    def pixels(request: Request, wish: Forward, owner: str) -> Response:
        noising = panes.noising(wish, owner)
        return _binary(packed({"x0": noising.x0, "eps": noising.eps}))

    def latent(request: Request, wish: Forward, owner: str) -> Response:
        place = panes.place(wish, owner)
        noising = studio.noising.latent(wish, place)
        arrays = {"x0": noising.x0, "eps": noising.eps, "weight": place.weight, "bias": place.bias}
        return _binary(packed(arrays))

    def levels(request: Request, wish: Forward, owner: str) -> Response:
        schedule = studio.noising.schedule(wish)
        told = {"T": len(schedule), "alpha_bars": schedule.alpha_bars.tolist()}
        return JSONResponse(told, headers=FRESH)

    def decoded(request: Request, wish: Forward, owner: str) -> Response:
        noising = panes.noising(wish, owner)
        (t,), _ = clamped([_whole(request, "t")], len(noising.schedule))
        out = io.BytesIO()
        panes.image(wish, noising, t, owner).save(out, "PNG", compress_level=1)
        return Response(
            out.getvalue(), media_type="image/png", headers=FRESH | {"X-Timestep": str(t)}
        )

    def moving(request: Request, wish: Forward, owner: str) -> Response:
        kind = request.query_params.get("kind", "png")
        data = panes.film(wish, owner, kind, _whole(request, "frames"))
        name = f"noise-{wish.space}.{kind}"
        told = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type=film.KINDS[kind], headers=FRESH | told)

    answers = {
        "pixels": pixels,
        "latent": latent,
        "levels": levels,
        "decoded": decoded,
        "film": moving,
    }
    return [
        Route(f"/atelier/forward/{name}", _guarded(answer), methods=["GET"])
        for name, answer in answers.items()
    ]


def endpoints(studio: "Studio", pictures: "Pictures") -> Mapping[str, Endpoint]:
    """`/forward`: the numbers and the picture at each timestep."""
    panes = Panes(studio, pictures)

    async def forward(
        request: gr.Request,
        source: Any = "",
        timesteps: Any = (0, 250, 500, 750, 999),
        schedule: str = "model",
        T: Any = 1000,
        seed: Any = 0,
        space: str = "pixels",
    ) -> AsyncIterator[dict[str, Any]]:
        """Cover a picture with noise; streams per timestep t, alpha_bar, sigma, snr_db and the picture as a file."""
        owner = owner_of(request)
        values = {"source": source, "schedule": schedule, "T": T, "seed": seed, "space": space}
        values["source"] = await run_in_threadpool(pictures.named, "source", source, values, owner)
        wish = Forward.from_values(values)
        try:
            noising = await run_in_threadpool(panes.noising, wish, owner, wait=True)
        except Gone:
            raise RecipeError(
                "source", "This picture is not here any more.", hint="Choose it again."
            ) from None
        wanted, notices = clamped(_listed(timesteps), len(noising.schedule))
        for notice in notices:
            yield {"event": "note", "message": str(notice)}
        with TemporaryDirectory(prefix="atelier-") as folder:
            for t in wanted:
                image = await run_in_threadpool(panes.image, wish, noising, t, owner)
                file = Path(folder) / f"{t}.png"
                image.save(file)
                numbers = noising.numbers(t)
                yield {
                    "event": "timestep",
                    "t": t,
                    "alpha_bar": numbers.alpha_bar,
                    "sigma": _finite(numbers.sigma),
                    "snr_db": _finite(numbers.snr_db),
                    "file": str(file),
                }

    return {"forward": forward}


def _guarded(
    answer: Callable[[Request, Forward, str], Response],
) -> Callable[[Request], Response]:
    """A route that reads the wish from its address, and says what is wrong in the person's language."""

    def guarded(request: Request) -> Response:
        language = language_of(request)
        try:
            return answer(request, _wish(request), owner_of(request))
        except Gone:
            said = words.say("Not found.", language)
            return PlainTextResponse(said, status_code=HTTPStatus.NOT_FOUND)
        except Busy as error:
            return refused(error, language)
        except (ModelUnavailable, QueueFull) as error:
            # Not a failure: the page asks again until the model is there, or has time.
            told = boundary.told(error, language)
            return JSONResponse(told, HTTPStatus.ACCEPTED, headers=FRESH)
        except Exception as error:
            told = boundary.told(boundary.explained(error), language)
            return JSONResponse(told, HTTPStatus.UNPROCESSABLE_ENTITY, headers=FRESH)

    return guarded


def _wish(request: Request) -> Forward:
    given: dict[str, Any] = {
        name: request.query_params[name]
        for name in ("source", "schedule", "space")
        if name in request.query_params
    }
    for name in ("T", "seed"):
        if name in request.query_params:
            given[name] = _whole(request, name)
    return Forward.from_values(given)


def _whole(request: Request, name: str) -> Any:
    """A whole number from the address; anything else as it is, for the recipe to judge."""
    text = request.query_params.get(name, "0")
    try:
        return int(text[:20])
    except ValueError:
        raise RecipeError(
            name, "{name} must be a whole number, got {value}.", name=name, value=repr(text[:40])
        ) from None


def _listed(timesteps: Any) -> list[int]:
    numbers = list(timesteps) if isinstance(timesteps, list | tuple) else [timesteps]
    if not all(isinstance(t, int) and not isinstance(t, bool) for t in numbers):
        raise RecipeError(
            "timesteps",
            "Timesteps must be a list of whole numbers.",
            hint="For example [0, 250, 500].",
        )
    return numbers


def _finite(number: float) -> float | None:
    """JSON knows no infinity."""
    return number if abs(number) != float("inf") else None


def _binary(data: bytes) -> Response:
    return Response(data, media_type="application/octet-stream", headers=FRESH)


PANEL = Panel("forward", "Order into noise", build, routes, endpoints)
