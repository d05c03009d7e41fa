"""Turns: plain values in and out, checked like every setting, settled once."""

import pytest

from studio.core.errors import RecipeError, UnknownName
from studio.core.param import params
from studio.core.recipe import MAX_TURNS, Defaults
from studio.core.recipes import TextToImage, recipe_from_json
from studio.core.turn import Turn

DEFAULTS = Defaults(64, 64, 4, 3.0, "ddim", "fake")


def test_a_recipe_with_turns_survives_json():
    turns = (Turn(2, prompt="dusk", change=0.25, seed=2**53 - 1), Turn(2), Turn(7, style="oil"))
    recipe = TextToImage(prompt="dawn", turns=turns).settled(DEFAULTS)
    assert recipe_from_json(recipe.to_json()) == recipe
    assert recipe.turns == turns


def test_a_recipe_without_turns_does_not_mention_them():
    assert "turns" not in TextToImage(prompt="dawn").as_dict()


def test_what_stays_as_it_was_is_left_out():
    assert Turn(3, guidance_scale=5).as_dict() == {"at": 3, "guidance_scale": 5.0, "change": 0.0}


@pytest.mark.parametrize(
    "turn",
    [
        {"at": -1},
        {"at": 1.5},
        {"at": 1, "change": 1.01},
        {"at": 1, "change": float("nan")},
        {"at": 1, "guidance_scale": 31},
        {"at": 1, "seed": -5},
        {"at": 1, "prompt": "x" * 2001},
        {"at": 1, "colour": "red"},
        {},
        {"prompt": "dusk"},
        "at 3",
        None,
    ],
)
def test_a_turn_out_of_bounds_is_refused_in_words(turn):
    with pytest.raises(RecipeError) as refused:
        TextToImage(prompt="dawn", turns=[turn])
    assert "{" not in str(refused.value)


def test_an_unknown_style_in_a_turn_is_refused():
    with pytest.raises(UnknownName):
        TextToImage(turns=[{"at": 1, "style": "oyl"}])


@pytest.mark.parametrize("turns", [[{"at": 5}, {"at": 2}], [{"at": 1}] * (MAX_TURNS + 1), "2", 7])
def test_turns_out_of_order_too_many_or_no_list_are_refused(turns):
    with pytest.raises(RecipeError) as refused:
        TextToImage(prompt="dawn", turns=turns)
    assert refused.value.field == "turns"


def test_settling_chooses_the_fresh_noise_once_and_only_where_there_is_any():
    recipe = TextToImage(prompt="dawn", turns=[{"at": 1, "change": 0.5}, {"at": 2}])
    settled = recipe.settled(DEFAULTS)
    assert settled.turns[0].seed is not None and settled.turns[1].seed is None
    assert settled.settled(DEFAULTS) == settled


def test_after_a_turn_its_settings_hold_and_the_others_stay():
    recipe = TextToImage(prompt="dawn", style="oil", negative_prompt="fog").settled(DEFAULTS)
    after = recipe.turned(Turn(2, prompt="dusk", guidance_scale=7))
    assert (after.prompt, after.style, after.negative_prompt) == ("dusk", "oil", "fog")
    assert (after.guidance_scale, after.seed, after.steps) == (7, recipe.seed, recipe.steps)


def test_every_setting_of_a_turn_explains_itself():
    assert all(param.label and param.help.endswith(".") for _, param in params(Turn).values())


def test_a_missing_pass_is_named():
    with pytest.raises(RecipeError) as refused:
        TextToImage(prompt="dawn", turns=[{"prompt": "dusk"}])
    assert "'at'" in str(refused.value)
