"""How long a run is and what it costs, known before it is made, and never less than it turns out."""

from __future__ import annotations

import pytest
from fakes import FakeModel, recipe

from studio.core.errors import RecipeError
from studio.diffusion.course import most_passes, stretches, work
from studio.diffusion.denoise import text_to_image
from studio.diffusion.questions import Decode, Question, Words
from studio.diffusion.samplers import SAMPLERS

TURNS = [
    (),
    ({"at": 2, "sampler": "heun"},),
    ({"at": 0, "guidance_scale": 8, "sampler": "heun"},),
    ({"at": 3, "sampler": "euler"}, {"at": 5, "guidance_scale": 1}),
    ({"at": 1, "prompt": "dusk"}, {"at": 4, "sampler": "ddim", "guidance_scale": 7}),
]


def made(wish: object) -> list[Question]:
    """Every question a run asks of the network."""
    model, asked = FakeModel(), []
    run = text_to_image(wish, model)  # type: ignore[arg-type]
    ask = next(run)
    while not isinstance(ask, Decode):
        if isinstance(ask, Words):
            ask = run.send(model.encode(ask))
        else:
            asked.append(ask)
            ask = run.send(0.1 * ask.x)
    return asked


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_work_is_known_before_it_is_done(sampler: str, turns: tuple[dict[str, object], ...]):
    wish = recipe(sampler=sampler, steps=8, turns=turns)
    asked = made(wish)
    rows = sum(question.rows for question in asked) * wish.pixels
    assert abs(work(wish) - rows) <= 4 * wish.pixels, "a step of rounding, no more"
    assert most_passes(wish) >= len(asked) - 1


def test_passes_on_a_tape_cost_nothing():
    wish = recipe(sampler="ddim", steps=8, turns=({"at": 6, "guidance_scale": 1},))
    assert [passes for passes, _ in stretches(wish)] == [6, 2]
    assert work(wish, 8) == 0
    assert work(wish, 6) == 2 * wish.pixels
    assert work(wish, 5) == 4 * wish.pixels


@pytest.mark.parametrize(
    ("sampler", "turns"),
    [("heun", ({"at": 15},)), ("heun", ({"at": 2, "sampler": "euler"}, {"at": 12}))],
)
def test_a_turn_after_the_last_pass_is_refused_not_passed_over(sampler, turns):
    with pytest.raises(RecipeError) as refused:
        made(recipe(sampler=sampler, steps=8, turns=turns))
    assert refused.value.field == "turns"


def test_a_turn_is_taken_wherever_the_longer_sampler_still_goes():
    wish = recipe(sampler="euler", steps=8, turns=({"at": 2, "sampler": "heun"}, {"at": 12}))
    assert len(made(wish)) > 12
