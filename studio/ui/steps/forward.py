"""Forward: a picture of the person's own, covered with noise step by step, with every number of it.

The browser is sent picture, noise and levels once, and computes x_t itself at every move of the slider; the model is asked
for the picture's place in its latent space, and for its decoder's view of a noisy latent when the slider rests.
"""

import io
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import gradio as gr
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from studio import film
from studio.core.errors import ModelUnavailable, RecipeError
from studio.core.forward import Forward
from studio.noising import Noising, Place, clamped, packed, to_picture
from studio.ui import boundary, words
from studio.ui.form import part
from studio.ui.routes import asset_paths
from studio.ui.steps.panel import Endpoint, Panel
from studio.ui.visitor import language_of, owner_of

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures

EXAMPLES = tuple(
    name.removeprefix("examples/").removesuffix(".jpg")
    for name in asset_paths()
    if name.startswith("examples/")
)
"""Pictures everybody has: "example:<name>" is their source."""

PLACES = 16
"""Places in latent space that are remembered; one is 100 kB."""

FILMS = 2
"""Films made at the same time; others wait."""

FRESH = {"Cache-Control": "no-store"}


class _Gone(Exception):
    """There is no such picture, for this owner."""


class Panes:
    """What the panel's routes and its endpoint read: a person's pictures as arrays, frames and films."""

    def __init__(self, studio: "Studio", pictures: "Pictures") -> None:
        self._studio = studio
        self._pictures = pictures
        self._films = threading.Semaphore(FILMS)
        self._lock = threading.Lock()
        self._places: OrderedDict[str, Place] = OrderedDict()

    def picture(self, source: str, owner: str) -> Image.Image:
        """An example, or a picture of this owner.

        Raises: RecipeError when none is named; _Gone when there is none by that name.
        """
        if not source:
            raise RecipeError("source", "Choose a picture first.")
        if source.startswith("example:"):
            name = source.removeprefix("example:")
            if name not in EXAMPLES:
                raise _Gone
            with Image.open(asset_paths()[f"examples/{name}.jpg"]) as example:
                return example.convert("RGB")
        picture = self._pictures.find(source, owner)
        if picture is None:
            raise _Gone
        return picture.convert("RGB")

    def place(self, wish: Forward, owner: str, *, wait: bool = False) -> Place:
        """The picture's place in the model's latent space, asked for once."""
        image = self.picture(wish.source, owner)
        with self._lock:
            known = self._places.get(wish.source)
        if known is None:
            known = self._studio.noising.place(image, owner, wait=wait)
            with self._lock:
                self._places[wish.source] = known
                while len(self._places) > PLACES:
                    self._places.popitem(last=False)
        return known

    def noising(self, wish: Forward, owner: str, *, wait: bool = False) -> Noising:
        """The picture on its way into noise, in the space wished for."""
        if wish.space == "pixels":
            return self._studio.noising.pixels(wish, self.picture(wish.source, owner))
        return self._studio.noising.latent(wish, self.place(wish, owner, wait=wait))

    def image(self, wish: Forward, noising: Noising, t: int, owner: str) -> Image.Image:
        """x_t as a picture; the decoder's view of it when it is a latent."""
        x = noising.at(t)
        return to_picture(x) if wish.space == "pixels" else self._studio.noising.decoded(x, owner)

    def film(self, wish: Forward, owner: str, kind: str, frames: int) -> bytes:
        """The whole way into noise as a file."""
        reason = film.missing(kind)
        if reason is not None:
            raise reason
        with self._films:
            noising = self.noising(wish, owner)
            timesteps = film.spread(frames, len(noising.schedule), kind)
            pictures = [self.image(wish, noising, t, owner) for t in timesteps]
            return film.film(pictures, kind, labels=[f"t = {t}" for t in timesteps])


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
        except _Gone:
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
        except _Gone:
            said = words.say("Not found.", language)
            return PlainTextResponse(said, status_code=HTTPStatus.NOT_FOUND)
        except ModelUnavailable as error:
            # Not a failure: the page asks again until the model is there.
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
