"""The routes by which pictures come in from the page, and are looked at again.

A picture comes as one file of a form; the answer names it, and from then on the page holds only the name.
"""

import asyncio
import io
from http import HTTPStatus
from typing import Any

from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from studio.core.errors import RecipeError
from studio.ui import boundary, words
from studio.ui.pictures import Brought, Pictures
from studio.ui.visitor import language_of, owner_of

PATIENCE = 60.0
"""Seconds a form may take to arrive."""

SMALL = 192
"""Longest side of a thumbnail, pixels."""

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def routes(pictures: Pictures) -> list[Route]:
    """Both of them, to stand before Gradio's."""

    async def bring(request: Request) -> Response:
        language = language_of(request)
        try:
            form = await _form(request)
        except TimeoutError:
            said = words.say("The picture took too long to arrive.", language)
            return _refused(said, HTTPStatus.REQUEST_TIMEOUT)
        except HTTPException:
            said = words.say("The request is not one picture.", language)
            return _refused(said, HTTPStatus.BAD_REQUEST)
        try:
            brought = await _brought(pictures, form, owner_of(request))
        except Exception as error:
            told = boundary.told(boundary.explained(error), language)
            return JSONResponse(told, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
        return JSONResponse(_described(brought, language))

    def show(request: Request) -> Response:
        image = pictures.find(f"sha256:{request.path_params['name']}", owner_of(request))
        if image is None:
            said = words.say("Not found.", language_of(request))
            return PlainTextResponse(said, status_code=HTTPStatus.NOT_FOUND)
        return _shown(image, small="small" in request.query_params)

    return [
        Route("/atelier/input", bring, methods=["POST"]),
        Route("/atelier/input/{name:str}", show, methods=["GET"]),
    ]


async def _form(request: Request) -> FormData:
    """The form, whole: one file at most, few fields.

    Raises: TimeoutError, HTTPException.
    """
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    async with asyncio.timeout(PATIENCE):
        return await request.form(max_files=1, max_fields=8, max_part_size=4096)


async def _brought(pictures: Pictures, form: FormData, owner: str) -> Brought:
    def text(name: str) -> str:
        return str(form.get(name) or "")

    if text("picture"):
        made = await run_in_threadpool(pictures.bring_result, text("picture"), owner)
        if made is None:
            raise RecipeError(
                "source", "This picture is not here any more.", hint="Choose it again."
            )
        return made
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RecipeError("source", "Choose a picture first.")
    data = await file.read()
    if text("as") == "mask":
        return await run_in_threadpool(pictures.bring_mask, data, text("source"), owner)
    return await run_in_threadpool(pictures.bring, data, owner, text("backdrop") or "#ffffff")


def _described(brought: Brought, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "source": brought.source,
        "width": brought.width,
        "height": brought.height,
        "notices": [words.say(message, language, **values) for message, values in brought.notices],
        "mask": brought.mask,
    }
    if brought.recipe is not None:
        told |= {"prompt": brought.recipe.prompt, "style": brought.recipe.style}
    return told


def _shown(image: Image.Image, *, small: bool) -> Response:
    out = io.BytesIO()
    if small:
        image.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
        image.convert("RGB").save(out, "JPEG", quality=88)
        return Response(out.getvalue(), media_type="image/jpeg", headers=FOREVER)
    image.save(out, "PNG", compress_level=1)
    return Response(out.getvalue(), media_type="image/png", headers=FOREVER)


def _refused(sentence: str, status: HTTPStatus) -> Response:
    told = {"field": "", "message": sentence, "hint": ""}
    return JSONResponse(told, status_code=status)
