"""Asking the engine where a model looks, beside people who paint."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import torch
from fakes import FakeModel, loaded, recipe, wish

from studio.core.errors import NumericalError
from studio.core.events import Cancelled, Event, Failed, Finished
from studio.core.recipe import TextToImage
from studio.diffusion.denoise import text_to_image
from studio.diffusion.questions import (
    Algorithm,
    Attend,
    Attention,
    Context,
    Decode,
    Model,
    Pixels,
    Words,
)
from studio.engine.engine import Engine, Wish
from studio.engine.job import Job, Picture


class Desk:
    """An engine, the pictures it hands over by owner, and what was asked in passing."""

    def __init__(self) -> None:
        self.engine = Engine(pictures_per_owner=100, pictures_total=100)
        self.pictures: dict[str, Pixels] = {}
        self.looks: list[Attention] = []

    def keep(self, job: Job, picture: Picture) -> Event:
        self.pictures[job.owner] = picture.pixels
        return (Cancelled if job.stopping else Finished)(job.picture, None)  # type: ignore[arg-type]

    def submit(self, wish: Wish, owner: str, model: FakeModel) -> list[Event]:
        box, _ = self.engine.submit([wish], owner, loaded(model), title="Fake", keep=self.keep)
        return box  # type: ignore[return-value]

    def look(self, recipe: TextToImage, model: Model, x: torch.Tensor) -> Algorithm:
        """Not a painting: asks once and decodes what it asked about."""
        words: Context = yield Words(recipe.words)
        self.looks.append((yield Attend(x, 500.0, words)))
        return (yield Decode(x))


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.engine.close()


def looking(desk: Desk, x: torch.Tensor) -> Wish:
    return Wish(recipe(), partial(desk.look, recipe(), x=x))


def noise(seed: int) -> torch.Tensor:
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_the_engine_answers_with_the_models_own_maps(desk: Desk):
    model = FakeModel()
    assert isinstance(list(desk.submit(looking(desk, noise(1)), "me", model))[-1], Finished)
    expected = model.attention(noise(1), 500.0, model.encode(Words(recipe().words)))
    assert torch.equal(desk.looks[0].maps["fine"], expected.maps["fine"])
    assert "device" in model.threads


def test_two_peoples_pictures_are_the_same_while_others_ask(desk: Desk):
    """Each paints alone first; then both at once while three looks go through the same model."""
    recipes = {"me": recipe(seed=1, steps=6), "you": recipe(seed=2, steps=9, sampler="euler_a")}
    for owner, one in recipes.items():
        list(desk.submit(wish(one), owner, FakeModel()))
    alone = dict(desk.pictures)
    model = FakeModel()
    boxes = [desk.submit(wish(one), owner, model) for owner, one in recipes.items()]
    boxes += [desk.submit(looking(desk, noise(i)), f"looker {i}", model) for i in range(3)]
    assert all(isinstance(list(box)[-1], Finished) for box in boxes)
    assert len(desk.looks) == 3
    assert all((desk.pictures[owner] == alone[owner]).all() for owner in recipes)


def test_attention_that_is_not_a_number_fails_the_one_who_asked(desk: Desk):
    def fault(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor | None:
        return x * torch.nan if float(t[0]) == 500.0 and float(x.max()) > 90 else None

    model = FakeModel(fault)
    bad = desk.submit(looking(desk, 100 * torch.ones(1, 4, 8, 8)), "me", model)
    good = desk.submit(looking(desk, noise(2)), "you", model)
    picture = desk.submit(Wish(recipe(), partial(text_to_image, recipe())), "them", model)
    last = list(bad)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, NumericalError)
    assert "not a number" in str(last.error)
    assert isinstance(list(good)[-1], Finished) and isinstance(list(picture)[-1], Finished)
