"""The routes of the gallery: pages of pictures, one told whole, its family, what is done to many at once, settings in files.

A picture is there for its owner only; to anybody else it does not exist.
"""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from studio.collection import MOST, Starred
from studio.core.errors import NotFound, RecipeError, StudioError
from studio.ui import boundary, words
from studio.ui.routes import missing, small
from studio.ui.stage import shown
from studio.ui.told import card, detail, relations
from studio.ui.visitor import language_of, owner_of, wants_bare
from studio.ui.zipped import zipped

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures

TILE = 384
"""Longest side of a picture in the grid, pixels: twice what it takes on the page, for sharp screens."""

PATIENCE = 60.0
"""Seconds a file may take to arrive."""

FRESH = {"Cache-Control": "no-store"}


def routes(studio: "Studio", pictures: "Pictures") -> list[Route]:
    """All of them, to stand before Gradio's."""
    # What is done has names of its own, which no picture has.
    return [*_doing(studio, pictures), *_looking(studio, pictures)]


def _looking(studio: "Studio", pictures: "Pictures") -> list[Route]:
    collection = studio.collection

    def page(request: Request) -> Response:
        asked = request.query_params
        limit = asked.get("limit", "")
        wish: dict[str, Any] = {
            name: asked.get(name, "")[:limit_]
            for name, limit_ in (("words", 2000), ("model", 80), ("style", 80), ("since", 17), ("until", 17), ("before", 200))
        }  # fmt: skip
        told = collection.page(
            owner_of(request),
            **wish,
            kinds=tuple(filter(None, asked.get("kinds", "")[:200].split(","))),
            starred=asked.get("starred") == "1",
            limit=int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 4 else 60,
        )
        language = language_of(request)
        return _json(
            {
                "pictures": [card(row, language) for row in told.rows],
                "after": told.after,
                "total": told.total,
                "whole": told.whole,
                "found": told.found,
            }
        )

    def names(request: Request) -> Response:
        language = language_of(request)
        mine = collection.names(owner_of(request))
        titles = {
            name: {one.name: one.title for one in studio.choices(name)}
            for name in ("model", "style")
        }
        lists = {
            name: [
                {"name": one, "title": words.say(titles[name].get(one, one), language)}
                for one in mine[name]
            ]
            for name in ("model", "style")
        }
        return _json(lists | {"kinds": mine["kind"]})

    def about(request: Request, picture_id: str, owner: str) -> Response:
        known = collection.about(picture_id, owner)
        if known is None:
            raise _not_found()
        return _json(detail(*known, studio, language_of(request)))

    def family(request: Request, picture_id: str, owner: str) -> Response:
        found = collection.family(picture_id, owner)
        if found is None:
            raise _not_found()
        return _json(relations(found, language_of(request)))

    def tile(request: Request) -> Response:
        path = collection.path(request.path_params["id"], owner_of(request))
        return small(request, path, TILE) if path is not None else missing(request)

    def began(request: Request, picture_id: str, owner: str) -> Response:
        """The picture or mask that one of this owner's pictures was made with."""
        result = studio.find(picture_id, owner)
        field = request.path_params["field"]
        if result is None or field not in result.recipe.inputs:
            raise _not_found()
        pictures.reopen(result.recipe, owner)
        name = getattr(result.recipe, field)
        return _json({"source": name if pictures.find(name, owner) else ""})

    return [
        Route("/gallery", page, methods=["GET"]),
        Route("/gallery/names", names, methods=["GET"]),
        Route("/gallery/{id:str}", _told(about), methods=["GET"]),
        Route("/gallery/{id:str}/family", _told(family), methods=["GET"]),
        Route("/gallery/{id:str}/tile", tile, methods=["GET"]),
        Route("/gallery/{id:str}/{field:str}", _told(began), methods=["GET"]),
    ]


def _doing(studio: "Studio", pictures: "Pictures") -> list[Route]:
    collection = studio.collection

    def star(asked: dict[str, Any], owner: str) -> dict[str, Any]:
        on = asked.get("on") is True
        return {"ids": collection.star(_ids(asked), owner, on), "on": on}

    def delete(asked: dict[str, Any], owner: str) -> dict[str, Any]:
        starred_too = asked.get("starred") is True
        return {"ids": collection.delete(_ids(asked), owner, starred_too=starred_too)}

    def restore(asked: dict[str, Any], owner: str) -> dict[str, Any]:
        ids = collection.restore(_ids(asked), owner)
        found = [studio.find(picture_id, owner) for picture_id in ids]
        return {"ids": ids, "pictures": [shown(one, "en") for one in found if one is not None]}

    async def pack(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=1)
        asked = {"ids": str(form.get("ids", "")).split(",")}
        there = await run_in_threadpool(
            lambda: list(collection.paths(_ids(asked), owner_of(request)))
        )
        if not there:
            return missing(request)
        named = {"content-disposition": 'attachment; filename="atelier.zip"'}
        content = zipped(there, bare=wants_bare(request))
        return StreamingResponse(content, media_type="application/zip", headers=FRESH | named)

    async def take(request: Request) -> Response:
        """The settings in a file somebody dropped."""
        language = language_of(request)
        try:
            data = await _file(request)
            found = await run_in_threadpool(collection.settings, data)
            owner = owner_of(request)
            if await run_in_threadpool(collection.made, found.recipe, owner):
                await run_in_threadpool(pictures.reopen, found.recipe, owner)
            told = _settings(studio, found, language)
        except TimeoutError:
            said = words.say("The picture took too long to arrive.", language)
            return _json({"field": "", "message": said, "hint": ""}, HTTPStatus.REQUEST_TIMEOUT)
        except Exception as error:
            told = boundary.told(boundary.explained(error), language)
            return _json(told, HTTPStatus.UNPROCESSABLE_ENTITY)
        return _json(told)

    return [
        Route("/gallery/star", _done(star), methods=["POST"]),
        Route("/gallery/delete", _done(delete), methods=["POST"]),
        Route("/gallery/restore", _done(restore), methods=["POST"]),
        Route("/gallery/zip", pack, methods=["POST"]),
        Route("/gallery/settings", take, methods=["POST"]),
    ]


def _told(look: Callable[[Request, str, str], Response]) -> Callable[[Request], Response]:
    """An endpoint that tells of one picture."""

    def endpoint(request: Request) -> Response:
        try:
            return look(request, request.path_params["id"][:80], owner_of(request))
        except Exception as error:
            return _refused(error, language_of(request))

    return endpoint


def _done(act: Callable[[dict[str, Any], str], dict[str, Any]]) -> Callable[[Request], Any]:
    """An endpoint that does something to many pictures; takes and gives JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return _json({}, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            return _json(await run_in_threadpool(act, asked, owner_of(request)))
        except Exception as error:
            return _refused(error, language_of(request))

    return endpoint


def _refused(error: Exception, language: str) -> Response:
    told = boundary.told(boundary.explained(error), language)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, NotFound):
        status = HTTPStatus.NOT_FOUND
    elif isinstance(error, Starred):
        status = HTTPStatus.CONFLICT
    return _json(told, status)


def _settings(studio: "Studio", found: Any, language: str) -> dict[str, Any]:
    """What was found in a file, and in words what was not taken."""
    values, ignored = found.recipe.as_dict(), list(found.ignored)
    here = [one.name for one in studio.choices("model")]
    if values["model"] not in here:
        ignored.insert(0, f"model ({values['model']})")
        values["model"] = here[0]
    notes = [words.say("Settings of {program}.", language, program=found.program)]
    if ignored:
        listed = ", ".join(ignored)
        notes.append(words.say("Not understood here: {names}.", language, names=listed))
    return {"kind": found.recipe.kind, "settings": values, "notes": notes}


async def _file(request: Request) -> bytes:
    """The one file of a form.

    Raises: RecipeError when there is none; TimeoutError.
    """
    nothing = RecipeError("source", "Choose a picture first.")
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        raise nothing
    async with asyncio.timeout(PATIENCE):
        form = await request.form(max_files=1, max_fields=2, max_part_size=4096)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise nothing
    return await file.read()


def _ids(asked: dict[str, Any]) -> list[str]:
    ids = asked.get("ids")
    return [str(one)[:80] for one in ids[:MOST]] if isinstance(ids, list) else []


def _not_found() -> StudioError:
    return NotFound("There is no such picture.", hint="It may have been deleted.")


def _json(value: Any, status: int = HTTPStatus.OK) -> Response:
    return JSONResponse(value, status, FRESH)
