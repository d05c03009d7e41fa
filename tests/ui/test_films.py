"""Films of a run: however large the picture and however many ask, the server keeps its memory and its threads."""

from __future__ import annotations

import io
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from studio import film
from studio.ui.steps import films, viewing
from studio.ui.visitor import OWNER_COOKIE, new_token

CROWD = 60
"""More than the server has threads."""


class Runs:
    """The steps of one long run of large pictures, and how many of these were ever in memory at once."""

    def __init__(self, size: tuple[int, int], passes: int) -> None:
        self.size, self.passes = size, passes
        self.go_on = threading.Event()
        self.go_on.set()
        self.most = 0
        self._alive = 0

    def trajectory(self, name: str, owner: str) -> range:
        return range(self.passes)

    def table(self, name: str, owner: str) -> dict[str, Any]:
        return {"at_total": self.passes}

    def frame(self, name: str, owner: str, view: str, index: int) -> Image.Image:
        assert self.go_on.wait(60)
        image = Image.new("RGB", self.size, (9 * index % 256, 40, 90))
        self._alive += 1
        self.most = max(self.most, self._alive)
        weakref.finalize(image, self._gone)
        return image

    def _gone(self) -> None:
        self._alive -= 1


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_large_pictures_are_made_smaller_one_by_one(kind: str):
    runs = Runs((1500, 900), 23)
    data = viewing.film_of(SimpleNamespace(steps=runs), "x", "me", kind, "clean")  # type: ignore[arg-type]
    assert runs.most <= 2
    width, height = read_size(data, kind)
    assert (width, height) == ((24 * 520 + 8, 307 + 40) if kind == "png" else (512, 307))


def test_all_pictures_of_a_long_film_together_have_a_limit():
    runs = Runs((600, 600), 2000)
    data = viewing.film_of(SimpleNamespace(steps=runs), "x", "me", "gif", "clean")  # type: ignore[arg-type]
    width, height = read_size(data, "gif")
    assert film.FILM_FRAMES * width * height <= viewing.FILM_PIXELS
    assert width == height > 300


def test_small_pictures_stay_as_they_are():
    runs = Runs((256, 256), 8)
    data = viewing.film_of(SimpleNamespace(steps=runs), "x", "me", "webp", "clean")  # type: ignore[arg-type]
    assert read_size(data, "webp") == (256, 256)


def read_size(data: bytes, kind: str) -> tuple[int, int]:
    if kind == "gif":
        # The studio leaves Pillow no GIF decoder: the header says it.
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return Image.open(io.BytesIO(data)).size


@pytest.fixture
def runs() -> Iterator[Runs]:
    runs = Runs((32, 32), 3)
    yield runs
    runs.go_on.set()


@pytest.fixture
def server(runs: Runs) -> Iterator[TestClient]:
    """The routes, and one more that answers as /atelier/status does: on one of the server's threads."""

    def status(request: Request) -> PlainTextResponse:
        return PlainTextResponse("open")

    routes = viewing.routes(SimpleNamespace(steps=runs))  # type: ignore[arg-type]
    with TestClient(Starlette(routes=[*routes, Route("/status", status)])) as client:
        yield client


def ask(server: TestClient, token: str, path: str = "/steps/x/film") -> Any:
    return server.get(path, headers={"Cookie": f"{OWNER_COOKIE}={token}"})


def test_a_crowd_that_asks_for_films_holds_nobody_up(server: TestClient, runs: Runs):
    """While two films are made, everybody else is told to ask again, at once, and the status is answered."""
    runs.go_on.clear()
    with ThreadPoolExecutor(CROWD) as crowd:
        asked = [crowd.submit(ask, server, new_token()) for _ in range(CROWD)]
        refused: list[Any] = []
        try:
            while len(refused) < CROWD - films.FILMS:
                refused = [one.result(20) for one in asked if one.done()]
                assert ask(server, new_token(), "/status").text == "open"
        finally:
            runs.go_on.set()
        assert {one.status_code for one in refused} == {503}
        assert {one.headers["retry-after"] for one in refused} == {str(films.AGAIN)}
        assert refused[0].json()["message"] == "Another film is being made."
        made = [one.result(20) for one in asked]
    assert sorted(one.status_code for one in made)[: films.FILMS] == [200] * films.FILMS
    assert ask(server, new_token()).status_code == 200, "there is room again"


def test_a_person_has_one_film_made_at_a_time():
    room = films.Films()
    with room.room("me"):
        with pytest.raises(films.Busy), room.room("me"):
            pass
        with room.room("you"):
            pass
    with room.room("me"):
        pass


def test_a_film_that_fails_leaves_its_room():
    room = films.Films()
    for _ in range(films.FILMS + 1):
        with pytest.raises(ZeroDivisionError), room.room("me"):
            raise ZeroDivisionError
