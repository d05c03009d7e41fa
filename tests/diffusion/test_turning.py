"""A turn changes what it names and nothing else: the picture so far, its noise and its level are carried over."""

from __future__ import annotations

import pytest
import torch
from fakes import FakeModel, recipe

from studio.core.turn import Turn
from studio.diffusion.forward import noised
from studio.diffusion.samplers import SAMPLERS
from studio.diffusion.solver import Solver
from studio.diffusion.turning import Way, noise_between, refreshed

STEPS = 12


def solver_of(name: str) -> Solver:
    random = torch.Generator("cpu").manual_seed(0)
    return Solver(name, FakeModel.noise_schedule, STEPS, "cpu", random)


def under_way(name: str, here: int) -> tuple[Way, torch.Tensor, torch.Tensor]:
    """A run that stands at a pass, with the picture and the noise it is made of."""
    model, solver = FakeModel(), solver_of(name)
    random = torch.Generator("cpu").manual_seed(1)
    clean = 0.3 * torch.randn(1, 4, 64, 64, generator=random) + 0.5
    eps = torch.randn(1, 4, 64, 64, generator=random)
    solver.begin_at(float(solver.timesteps[here]))
    t = solver.timesteps[0]
    x = solver.from_input(noised(clean, eps, model.alpha_bar(float(t))), t)
    return Way(recipe(sampler=name, steps=STEPS), solver, x, clean), clean, eps


@pytest.mark.parametrize("there", SAMPLERS)
@pytest.mark.parametrize("here", SAMPLERS)
def test_another_sampler_takes_over_the_picture_and_its_noise(here: str, there: str):
    way, clean, eps = under_way(here, 4)
    before, grid = float(way.t), solver_of(there).timesteps
    way.turn(Turn(4, sampler=there), FakeModel())
    level = FakeModel().alpha_bar(float(way.t))
    seen = way.solver.model_input(way.x, way.t)
    assert torch.allclose(seen, noised(clean, eps, level), atol=2e-3)
    if here != there:
        assert abs(float(way.t) - before) == float((grid - before).abs().min())


def test_a_change_keeps_the_picture_and_the_amount_of_noise():
    way, clean, eps = under_way("ddim", 4)
    level = FakeModel().alpha_bar(float(way.t))
    way.turn(Turn(4, seed=3, change=0.6), FakeModel())
    after = noise_between(way.solver.model_input(way.x, way.t), clean, level)
    assert abs(float(after.std()) - 1) < 0.02
    assert abs(float((after * eps).mean()) - 0.8) < 0.02, (
        "what stays of the noise: sqrt(1 - 0.6**2)"
    )


def test_a_turn_that_changes_nothing_leaves_x_and_the_random_numbers_alone():
    way, _, _ = under_way("euler_a", 4)
    x, state = way.x.clone(), way.solver.random.get_state()
    way.turn(Turn(4, prompt="other words", guidance_scale=7), FakeModel())
    assert torch.equal(way.x, x)
    assert torch.equal(way.solver.random.get_state(), state)
    assert (way.recipe.prompt, way.recipe.guidance_scale) == ("other words", 7)


@pytest.mark.parametrize("change", [0.0, 1.0])
def test_fresh_noise_at_its_ends(change: float):
    random = torch.Generator("cpu").manual_seed(2)
    eps = torch.randn(1, 4, 64, 64, generator=random)
    after = refreshed(eps, change, random)
    share = float((after * eps).mean() / (eps * eps).mean())
    assert abs(share - (1 - change)) < 0.02


def test_a_seed_decides_the_noise_to_come():
    drawn = []
    for seed in (3, 3, 4):
        way, _, _ = under_way("ddim", 4)
        way.turn(Turn(4, seed=seed, change=1), FakeModel())
        drawn.append(way.x)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("before", [1, 2, 3])
@pytest.mark.parametrize("name", SAMPLERS)
def test_noise_thrown_anew_does_not_come_back(name: str, before: int):
    """A solver remembers earlier x; none may bring back the noise that was thrown away."""
    way, clean, eps = under_way(name, 3)
    model = FakeModel()

    def walk() -> torch.Tensor:
        """One pass with the noise that is truly there as the model's answer; the noise after it."""
        level = model.alpha_bar(float(way.t))
        noise = noise_between(way.solver.model_input(way.x, way.t), clean, level)
        way.x = way.solver.step(noise, way.t, way.x)
        way.here += 1
        level = model.alpha_bar(float(way.t))
        return noise_between(way.solver.model_input(way.x, way.t), clean, level)

    for _ in range(before):
        walk()
    way.turn(Turn(before, seed=3, change=1), model)
    after = walk()
    assert abs(float((after * eps).mean())) < 0.03
    assert abs(float(after.std()) - 1) < 0.15


def test_fresh_noise_is_fresh_also_where_it_has_the_runs_own_seed():
    random = torch.Generator("cpu").manual_seed(5)
    x = torch.randn(1, 4, 64, 64, generator=random)
    solver = solver_of("ddim")
    solver.random.manual_seed(5)
    way = Way(recipe(sampler="ddim", steps=STEPS, seed=5), solver, x, None)
    way.turn(Turn(0, seed=5, change=0.7), FakeModel())
    assert abs(float(way.x.std()) - 1) < 0.02
