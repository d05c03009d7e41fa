"""A run that begins like an earlier one is not asked of the model again, and comes out the same to the byte."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from fakes import FakeModel, loaded, recipe

from studio.core.errors import StudioError
from studio.core.events import Cancelled, Finished
from studio.core.turn import Turn
from studio.diffusion.denoise import text_to_image
from studio.diffusion.questions import Decode, Question, Stopped, Words
from studio.diffusion.samplers import SAMPLERS
from studio.engine.engine import Engine
from studio.engine.job import REPLAYED
from studio.engine.wish import Wish

STEPS = 6


def painted(wish: Any, tape: Any = (), stop_after: int | None = None) -> tuple[Any, FakeModel]:
    """What the engine hands over for one wish, and the model that was asked."""
    engine, model, kept = Engine(pictures_per_owner=8, pictures_total=8), FakeModel(), []

    def keep(job: Any, picture: Any) -> Any:
        kept.append(picture)
        return Finished(0, None) if not job.stopping else Cancelled(0, None)  # type: ignore[arg-type]

    mailbox, _ = engine.submit(
        [Wish(wish, partial(text_to_image, wish), tape=tape)],
        "owner",
        loaded(model),
        title="Fake",
        keep=keep,
        stop_after=stop_after,
    )
    last = list(mailbox)[-1]
    engine.close()
    assert kept, last
    return kept[0], model


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_stopped_run_goes_on_to_the_same_picture(sampler: str):
    whole, _ = painted(recipe(sampler=sampler, steps=STEPS))
    stopped, _ = painted(recipe(sampler=sampler, steps=STEPS), stop_after=3)
    resumed, model = painted(recipe(sampler=sampler, steps=STEPS), tape=stopped.passes)
    assert len(stopped.passes) == 3
    assert len(model.passes) == len(whole.passes) - 3
    assert np.array_equal(resumed.pixels, whole.pixels)
    assert resumed.steps_done == whole.steps_done == whole.steps_total


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("at", [0, 1, 4])
def test_a_branch_that_changes_nothing_is_the_original(sampler: str, at: int):
    whole, _ = painted(recipe(sampler=sampler, steps=STEPS))
    same = replace(whole.recipe, turns=(Turn(at, prompt=whole.recipe.prompt, sampler=sampler),))
    branch, model = painted(same, tape=whole.passes[:at])
    assert len(model.passes) == len(whole.passes) - at
    assert np.array_equal(branch.pixels, whole.pixels)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_branch_is_the_same_with_a_tape_and_without(sampler: str):
    other = "euler_a" if sampler != "euler_a" else "dpmpp_2m"
    whole, _ = painted(recipe(sampler=sampler, steps=STEPS))
    turn = Turn(3, prompt="a red fox", guidance_scale=5, sampler=other, seed=9, change=0.4)
    turned = replace(whole.recipe, turns=(turn,))
    quick, asked = painted(turned, tape=whole.passes[:3])
    slow, _ = painted(turned)
    assert np.array_equal(quick.pixels, slow.pixels)
    assert not np.array_equal(quick.pixels, whole.pixels)
    assert len(asked.passes) == len(slow.passes) - 3


def test_a_tape_of_another_run_is_not_believed():
    other, _ = painted(recipe(sampler="euler", steps=4))
    whole, _ = painted(recipe(sampler="ddim", steps=STEPS))
    again, model = painted(recipe(sampler="ddim", steps=STEPS), tape=other.passes[1:])
    assert np.array_equal(again.pixels, whole.pixels)
    assert len(model.passes) == STEPS


@pytest.mark.parametrize("at", [0, 3])
def test_a_run_whose_passes_nobody_keeps_holds_none_and_is_the_same(at: int):
    whole, _ = painted(recipe(sampler="heun", steps=STEPS))
    engine, model, kept = Engine(pictures_per_owner=8, pictures_total=8), FakeModel(), []

    def keep(job: Any, picture: Any) -> Any:
        kept.append(picture)
        return Cancelled(0, None)

    paint = partial(text_to_image, whole.recipe)
    wish = Wish(whole.recipe, paint, tape=whole.passes[:at], recorded=False)
    mailbox, _ = engine.submit([wish], "owner", loaded(model), title="Fake", keep=keep)
    list(mailbox)
    engine.close()
    assert (len(model.passes), kept[0].passes) == (len(whole.passes) - at, ())
    assert np.array_equal(kept[0].pixels, whole.pixels)


def test_a_long_tape_keeps_nobody_waiting():
    """Somebody who wishes it to stop is heard while it is replayed, not after."""
    steps, heard_at = 60, 12
    wished = recipe(steps=steps)
    whole, _ = painted(wished)
    engine, model, kept, told = Engine(pictures_per_owner=8, pictures_total=8), FakeModel(), [], []

    def paint(model: Any) -> Any:
        algorithm, answer, passes = text_to_image(wished, model), None, 0
        while True:
            try:
                asked = algorithm.send(answer)
            except StopIteration as end:
                return end.value
            try:
                answer = yield asked
            except Stopped as stop:
                answer = yield algorithm.throw(stop)
            passes += isinstance(asked, Question)
            if passes == heard_at:
                engine.cancel(told)

    def keep(job: Any, picture: Any) -> Any:
        kept.append(picture)
        return Cancelled(0, None)

    held = Future[Any]()
    mailbox, ids = engine.submit(
        [Wish(wished, paint, tape=whole.passes)], "owner", held, title="Fake", keep=keep
    )
    told += ids
    held.set_result(model)
    list(mailbox)
    engine.close()
    assert heard_at <= kept[0].steps_done <= heard_at + REPLAYED
    assert model.passes == []


def test_the_passes_of_a_run_are_what_the_model_saw_and_said():
    whole, _ = painted(recipe(steps=STEPS, guidance_scale=1))
    assert [round(one.t) for one in whole.passes] == sorted(
        (round(one.t) for one in whole.passes), reverse=True
    )
    for one in whole.passes:
        assert np.allclose(one.prediction, 0.1 * one.x + 0.001 * len("a fox"), atol=1e-6)
    assert whole.latent is not None


def test_an_errand_brings_back_what_it_returns_and_its_errors():
    engine, model = Engine(pictures_per_owner=1, pictures_total=1), FakeModel()

    def look(_: Any) -> Any:
        context = yield Words("a fox")
        return context.tokens.shape

    def stumble(_: Any) -> Any:
        yield Decode("no latent")  # type: ignore[arg-type]

    found = engine.ask(Wish(recipe(), look), "owner", loaded(model), title="Fake")
    assert tuple(found.result(30)) == (22, 2)
    lost = engine.ask(Wish(recipe(), stumble), "owner", loaded(model), title="Fake")
    assert isinstance(lost.exception(30), StudioError)
    assert engine.unfinished == 0
    engine.close()
