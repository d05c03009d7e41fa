"""The routes beside Gradio's: a person's own pictures byte for byte, the studio's state, and the page's files.

A picture is given to its owner only; to anybody else it does not exist.
"""

import io
import mimetypes
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from studio.collection import without_recipe
from studio.core.errors import StudioError
from studio.core.events import Result
from studio.ui import boundary, words
from studio.ui.visitor import language_of, owner_of, wants_bare

if TYPE_CHECKING:
    from studio.service import Studio

ASSETS = Path(__file__).resolve().parents[2] / "assets"
FOLDERS = ("ui", "styles", "examples", "lesson")
"""The folders of assets/ a browser may read."""

THUMBNAIL = 192
"""Longest side of a thumbnail in the strip, pixels; twice what it takes on the page, for sharp screens."""

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def routes(studio: "Studio") -> list[Route]:
    """All of them, to stand before Gradio's."""
    since = secrets.token_hex(4)

    def picture(request: Request) -> Response:
        result = studio.find(request.path_params["id"], owner_of(request))
        if result is None or not result.path.is_file():
            return missing(request)
        manner = "attachment" if "download" in request.query_params else "inline"
        # The browser's own copy was made under the other rule where the cookie differs.
        headers = FOREVER | {"Vary": "Cookie"}
        if wants_bare(request):
            return _bare(request, result, manner, headers)
        return FileResponse(
            result.path,
            media_type="image/png",
            filename=result.path.name,
            content_disposition_type=manner,
            headers=headers,
        )

    def thumbnail(request: Request) -> Response:
        result = studio.find(request.path_params["id"], owner_of(request))
        if result is None or not result.path.is_file():
            return missing(request)
        return small(request, result.path, THUMBNAIL)

    def status(request: Request) -> Response:
        language = language_of(request)
        now = studio.status()
        if now.problem:
            told = boundary.told(now.problem, language)
            state, line = "problem", f"{told['message']} {told['hint']}".strip()
        elif now.loading:
            state, line = "loading", words.say("loading", language)
        elif now.ready:
            state, line = "ready", words.say("ready", language)
        else:
            state, line = "asleep", words.say("loads with the first picture", language)
        return JSONResponse(
            {
                "model": words.say(now.model, language),
                "state": state,
                "line": line,
                "since": since,
                "queue": words.say("queue: {count}", language, count=now.queue),
            },
            headers={"Cache-Control": "no-store"},
        )

    return [
        Route("/picture/{id:str}", picture, methods=["GET"]),
        Route("/picture/{id:str}/small", thumbnail, methods=["GET"]),
        Route("/atelier/status", status, methods=["GET"]),
        Route("/atelier/{folder:str}/{name:path}", _asset, methods=["GET"]),
    ]


def asset_paths() -> dict[str, Path]:
    """What a browser may read of assets/: address below /atelier -> file."""
    files = {"ui/studio.css": ASSETS / "studio.css"}
    for folder in FOLDERS:
        for path in sorted((ASSETS / folder).rglob("*.*")):
            files[path.relative_to(ASSETS).as_posix()] = path
    return files


def small(request: Request, path: Path, side: int) -> Response:
    """A picture made small, its longest side so many pixels; not found when it is damaged."""
    try:
        with Image.open(path) as image:
            shrunk = image.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return missing(request)
    shrunk.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = io.BytesIO()
    shrunk.save(out, "JPEG", quality=88)
    return Response(out.getvalue(), media_type="image/jpeg", headers=FOREVER)


def bare_name(picture_id: str) -> str:
    """What a file without its recipe is called: nothing of its words, seed or time."""
    return f"atelier-{picture_id[:8]}.png"


def _bare(request: Request, result: Result, manner: str, headers: dict[str, str]) -> Response:
    """The picture with its pixels and nothing else."""
    try:
        content = without_recipe(result.path)
    except (StudioError, OSError):
        return missing(request)
    named = {"content-disposition": f'{manner}; filename="{bare_name(result.id)}"'}
    return Response(content, media_type="image/png", headers=headers | named)


def _asset(request: Request) -> Response:
    path = asset_paths().get(f"{request.path_params['folder']}/{request.path_params['name']}")
    if path is None:
        return missing(request)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    fresh = FOREVER if "v" in request.query_params else {"Cache-Control": "no-cache"}
    return FileResponse(path, media_type=kind, headers=fresh)


def missing(request: Request) -> Response:
    """What is said of a picture that is not there, and of somebody else's."""
    return PlainTextResponse(words.say("Not found.", language_of(request)), status_code=404)
