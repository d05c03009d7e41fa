"""Asking the engine where a model looks, beside people who paint."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest
import torch
from fakes import FakeModel, loaded, recipe, wish

from studio.core.errors import NumericalError
from studio.core.events import Event, Finished
from studio.core.recipes import TextToImage
from studio.diffusion.questions import Attention, Pixels, Words
from studio.diffusion.wordmap import look
from studio.engine.engine import Engine
from studio.engine.job import Job, Picture
from studio.engine.mailbox import Mailbox
from studio.engine.wish import Wish


class Desk:
    """An engine, and the pictures it hands over, by owner."""

    def __init__(self) -> None:
        self.engine = Engine(pictures_per_owner=100, pictures_total=100)
        self.pictures: dict[str, Pixels] = {}

    def paint(self, recipe: TextToImage, owner: str, model: FakeModel) -> Mailbox:
        def keep(job: Job, picture: Picture) -> Event:
            self.pictures[job.owner] = picture.pixels
            return Finished(job.picture, None)  # type: ignore[arg-type]

        wishes = [wish(recipe)]
        return self.engine.submit(wishes, owner, loaded(model), title="Fake", keep=keep)[0]

    def look(self, x: torch.Tensor, owner: str, model: FakeModel) -> Future[Attention]:
        asked = Wish(recipe(), lambda _: look(recipe().words, x, 500.0))  # type: ignore[arg-type]
        return self.engine.ask(asked, owner, loaded(model), title="Fake")


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.engine.close()


def noise(seed: int) -> torch.Tensor:
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_the_engine_answers_with_the_models_own_maps(desk: Desk):
    model = FakeModel()
    found = desk.look(noise(1), "me", model).result(30)
    assert model.threads == {"device"}
    expected = model.attention(noise(1), 500.0, model.encode(Words(recipe().words)))
    assert set(found.maps) == set(expected.maps)
    assert all(torch.equal(found.maps[name], maps) for name, maps in expected.maps.items())


def test_two_peoples_pictures_are_the_same_while_others_look(desk: Desk):
    """Each paints alone first; then both at once while three looks go through the same model."""
    recipes = {"me": recipe(seed=1, steps=6), "you": recipe(seed=2, steps=9, sampler="euler_a")}
    for owner, one in recipes.items():
        list(desk.paint(one, owner, FakeModel()))
    alone = dict(desk.pictures)
    desk.pictures.clear()
    model = FakeModel()
    boxes = [desk.paint(one, owner, model) for owner, one in recipes.items()]
    looks = [desk.look(noise(i), f"looker {i}", model) for i in range(3)]
    assert all(isinstance(list(box)[-1], Finished) for box in boxes)
    assert len({float(one.result(30).maps["all"].max()) for one in looks}) == 3
    assert all((desk.pictures[owner] == alone[owner]).all() for owner in recipes)


def test_attention_that_is_not_a_number_fails_the_one_who_asked(desk: Desk):
    def fault(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor | None:
        return x * torch.nan if float(x.max()) > 90 else None

    model = FakeModel(fault)
    bad = desk.look(100 * torch.ones(1, 4, 8, 8), "me", model)
    good = desk.look(noise(2), "you", model)
    picture = desk.paint(recipe(), "them", model)
    with pytest.raises(NumericalError, match="not a number"):
        bad.result(30)
    assert good.result(30).maps["all"].shape == (22, 8, 8)
    assert isinstance(list(picture)[-1], Finished)
