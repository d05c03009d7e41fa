"""The routes by which a run is looked at: its numbers, its frames, where its words went, another run beside it.

A run is its owner's; to anybody else it does not exist.
"""

import io
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from studio import film
from studio.core.errors import NotFound, RecipeError
from studio.ui import boundary, words
from studio.ui.steps.films import Busy, Films, refused
from studio.ui.visitor import language_of, owner_of

if TYPE_CHECKING:
    from studio.service import Studio

VIEWS = ("noisy", "clean", "noise", "change")
"""What can be seen of a pass."""

GROUPS = ("all", "coarse", "middle", "fine")
"""Layers of the network whose attention can be seen: all of them, or those at one size."""

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
FRESH = {"Cache-Control": "no-store"}

FILM_SIDE, FILM_PIXELS = 512, 2**24
"""Longest side of the pictures of a film, and most pixels of all of them together."""

HEAT = ((0, (120, 20, 60)), (128, (232, 82, 32)), (255, (255, 226, 120)))
"""Colours of a word map, from little to much; how much is also how opaque."""


def routes(studio: "Studio") -> list[Route]:
    """All of them, to stand before Gradio's."""
    films = Films()

    def answered(look: Callable[[Request, str], Response]) -> Callable[[Request], Response]:
        """An endpoint: what cannot be shown is said in words, and what is somebody else's is not there."""

        def endpoint(request: Request) -> Response:
            try:
                return look(request, owner_of(request))
            except Busy as error:
                return refused(error, language_of(request))
            except Exception as error:
                absent = isinstance(error, NotFound)
                status = HTTPStatus.NOT_FOUND if absent else HTTPStatus.UNPROCESSABLE_ENTITY
                told = boundary.told(boundary.explained(error), language_of(request))
                return JSONResponse(told, status, FRESH)

        return endpoint

    def table(request: Request, owner: str) -> Response:
        known = studio.steps.table(request.path_params["id"], owner)
        problem = known["problem"]
        if problem:
            language, values = language_of(request), problem["values"]
            problem = {
                part: words.say(problem[part], language, **values) for part in ("message", "hint")
            }
        return _json(known | {"problem": problem})

    def frame(request: Request, owner: str) -> Response:
        view = _one_of("view", request.path_params["view"], VIEWS)
        index, quick = _index(request), "quick" in request.query_params
        image = studio.steps.frame(request.path_params["id"], owner, view, index, quick=quick)
        return _jpeg(image) if quick else _png(image)

    def word(request: Request, owner: str) -> Response:
        group = _one_of("group", request.query_params.get("group", "all"), GROUPS)
        place = max(0, _whole(request.path_params["word"]))
        heat, share = studio.steps.word_map(
            request.path_params["id"], owner, _index(request), place, group
        )
        answer = _png(_glow(heat))
        answer.headers["x-share"] = f"{share:.6f}"
        return answer

    def against(request: Request, owner: str) -> Response:
        return _json(
            studio.steps.compare(request.path_params["id"], request.path_params["other"], owner)
        )

    def star(request: Request, owner: str) -> Response:
        on = request.query_params.get("on") == "1"
        studio.steps.star(request.path_params["id"], owner, on)
        return _json({"starred": on})

    def filmed(request: Request, owner: str) -> Response:
        kind = request.query_params.get("kind", "gif")
        view = _one_of("view", request.query_params.get("view", "clean"), VIEWS)
        with films.room(owner):
            content = film_of(studio, request.path_params["id"], owner, kind, view)
        named = {"content-disposition": f'attachment; filename="steps.{kind}"'}
        return Response(content, media_type=film.KINDS[kind], headers=FRESH | named)

    return [
        Route("/steps/{id:str}", answered(table), methods=["GET"]),
        Route("/steps/{id:str}/film", answered(filmed), methods=["GET"]),
        Route("/steps/{id:str}/star", answered(star), methods=["POST"]),
        Route("/steps/{id:str}/against/{other:str}", answered(against), methods=["GET"]),
        Route("/steps/{id:str}/word/{word:str}/{index:str}", answered(word), methods=["GET"]),
        Route("/steps/{id:str}/{view:str}/{index:str}", answered(frame), methods=["GET"]),
    ]


def film_of(studio: "Studio", name: str, owner: str, kind: str, view: str) -> bytes:
    """The steps of a run one after the other, its picture last, as a file of a kind in `film.KINDS`.

    Its pictures are made smaller one by one, so that a film takes the same memory whatever the size of the picture.

    Raises: NotFound; GalleryError when there are no steps; RecipeError for another kind.
    """
    made = len(studio.steps.trajectory(name, owner))
    film.check(kind)
    places = film.spread(made + 1, made + 1, kind)
    most = FILM_PIXELS // len(places)
    frames = [_small(studio.steps.frame(name, owner, view, place), most) for place in places]
    total = studio.steps.table(name, owner)["at_total"]
    return film.film(frames, kind, labels=[f"{place} / {total}" for place in places])


def _small(image: Image.Image, most: int) -> Image.Image:
    """The picture, or a smaller one of its proportions: no side over FILM_SIDE, and at most `most` pixels."""
    width, height = image.size
    ratio = min(FILM_SIDE / max(width, height), (most / (width * height)) ** 0.5)
    if ratio >= 1:
        return image
    size = (max(1, int(width * ratio)), max(1, int(height * ratio)))
    return image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def _whole(text: str) -> int:
    """A whole number somebody wrote into an address; 0 for anything else."""
    try:
        return int(text[:12])
    except ValueError:
        return 0


def _index(request: Request) -> int:
    return max(0, _whole(request.path_params["index"]))


def _one_of(field: str, name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        raise RecipeError(
            field,
            "There is no view {name}.",
            hint="Choose one of: {known}.",
            name=repr(name[:40]),
            known=", ".join(known),
        )
    return name


def _json(value: Any) -> Response:
    return JSONResponse(_finite(value), headers=FRESH)


def _finite(value: Any) -> Any:
    """The value with null for what JSON has no number for (the noise level of pure noise is infinite)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def _png(image: Image.Image) -> Response:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return Response(out.getvalue(), media_type="image/png", headers=FOREVER)


def _jpeg(image: Image.Image) -> Response:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=85)
    return Response(out.getvalue(), media_type="image/jpeg", headers=FOREVER)


def _glow(heat: Image.Image) -> Image.Image:
    """A map of one channel as colours that can lie over the picture: clear where it is least, brightest where most."""
    heat = ImageOps.autocontrast(heat)
    bands = [heat.point([_between(value, band) for value in range(256)]) for band in range(3)]
    opaque = heat.point([round(0.85 * value) for value in range(256)])
    return Image.merge("RGBA", [*bands, opaque])


def _between(value: int, band: int) -> int:
    for (low, under), (high, over) in zip(HEAT, HEAT[1:], strict=False):
        if value <= high:
            share = (value - low) / (high - low)
            return round(under[band] + share * (over[band] - under[band]))
    return HEAT[-1][1][band]
