"""Recipes check themselves, are settled once, and survive JSON; rows B1-B7 and C2 of the fault matrix."""

import dataclasses
import json
import math
from typing import get_args

import pytest

from studio.core.errors import RecipeError, UnknownName
from studio.core.recipe import MAX_SEED, Defaults, params
from studio.core.recipes import TextToImage, recipe_from_json, recipe_from_values
from studio.core.styles import STYLES

DEFAULTS = Defaults(
    width=256, height=256, steps=20, guidance_scale=4.0, sampler="dpmpp_2m", revision="1"
)
WORDS = [
    "",
    "a lighthouse by the sea",
    "灯塔",
    "\u202eright to left",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "two\nlines",
    'quotes " \\ {braces} %s',
    "\x01\x1b[31m",
    "e" + "\u0301" * 1999,
]


def refused(field: str, **values: object) -> RecipeError:
    """The error that these values meet; it must lie on the field."""
    with pytest.raises(RecipeError) as caught:
        TextToImage(**values)
    assert caught.value.field == field
    assert len(str(caught.value)) < 300
    return caught.value


@pytest.mark.parametrize("words", WORDS)
def test_a_recipe_survives_json(words):
    recipe = TextToImage(
        prompt=words, negative_prompt=words, style="oil", guidance_scale=0.1 + 0.2, seed=MAX_SEED
    )
    assert recipe_from_json(recipe.to_json()) == recipe
    assert recipe_from_values(json.loads(recipe.to_json())) == recipe


def test_a_settled_recipe_survives_json():
    recipe = TextToImage(prompt="sea").settled(DEFAULTS)
    assert recipe_from_json(recipe.to_json()) == recipe


def test_json_of_a_recipe_is_one_line_and_names_its_kind():
    text = TextToImage(prompt="one\ntwo").to_json()
    assert "\n" not in text
    assert json.loads(text)["kind"] == "text_to_image"


def test_reading_values_leaves_them_as_they_were():
    values = TextToImage(prompt="sea").as_dict()
    recipe_from_values(values)
    assert values["kind"] == "text_to_image"


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize("value", [0, -8, 7, 63, 2064, 99999, 10**400, -(10**400)])
def test_B1_a_side_out_of_range_is_refused_with_the_range(side, value):
    error = refused(side, **{side: value})
    assert "must be from 64 to 2048, got" in str(error)
    assert error.hint_text == "Choose a value from 64 to 2048."


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize(
    ("value", "near"), [(513, "512 or 528"), (72, "64 or 80"), (517.0, "512 or 528")]
)
def test_B1_a_side_between_the_steps_is_refused_with_its_neighbours(side, value, near):
    error = refused(side, **{side: value})
    assert f"must be a multiple of 16 pixels, got {int(value)}." in str(error)
    assert error.hint_text == f"Try {near}."


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "512", [], {}, True, 256.5, b"1"])
def test_B1_a_side_that_is_no_whole_number_is_refused_with_the_value(side, value):
    error = refused(side, **{side: value})
    assert "must be a whole number, got " in str(error)
    assert repr(value) in str(error)
    assert "64 to 2048" in error.hint_text


def test_B1_no_side_at_all_is_the_models_choice():
    recipe = TextToImage(width=None, height=None).settled(DEFAULTS)
    assert (recipe.width, recipe.height) == (256, 256)


def test_a_whole_number_in_a_float_is_taken_as_what_it_is():
    """JavaScript and sliders send 256.0."""
    recipe = TextToImage(width=256.0, steps=20.0)
    assert (type(recipe.width), recipe.width, type(recipe.steps)) == (int, 256, int)
    assert type(TextToImage(guidance_scale=4).guidance_scale) is float


@pytest.mark.parametrize("value", [0, -1, 151, 1e9])
def test_B2_steps_out_of_range_are_refused_with_the_range(value):
    assert "must be from 1 to 150, got" in str(refused("steps", steps=value))


def test_B2_half_a_step_is_refused():
    assert str(refused("steps", steps=2.5)) == "Steps must be a whole number, got 2.5."


@pytest.mark.parametrize("value", [0, 9, 1e6, -1])
def test_B3_a_count_out_of_range_is_refused_with_the_range(value):
    assert "must be from 1 to 8, got" in str(refused("count", count=value))


@pytest.mark.parametrize("value", [None, "4", 1.5, math.nan])
def test_B3_a_count_that_is_no_whole_number_is_refused(value):
    assert "must be a whole number" in str(refused("count", count=value))


@pytest.mark.parametrize("value", [-1e9, 1e9, -0.001, 30.001, 10**400])
def test_B4_guidance_out_of_range_is_refused_with_the_range(value):
    assert "must be from 0 to 30, got" in str(refused("guidance_scale", guidance_scale=value))


@pytest.mark.parametrize("value", [math.nan, math.inf, "4", [4]])
def test_B4_guidance_that_is_no_number_is_refused(value):
    assert "must be a number" in str(refused("guidance_scale", guidance_scale=value))


@pytest.mark.parametrize("value", [-1, -1.0, "", None])
def test_B6_no_seed_means_a_new_one_and_it_is_recorded(value):
    first, second = (TextToImage(seed=value).settled(DEFAULTS).seed for _ in range(2))
    assert first is not None
    assert 0 <= first < 2**32
    assert first != second


@pytest.mark.parametrize("value", [2**64, -(2**63), MAX_SEED + 1, -2])
def test_B6_a_seed_out_of_range_is_refused_with_the_range(value):
    assert f"from 0 to {MAX_SEED}" in str(refused("seed", seed=value))


@pytest.mark.parametrize("value", ["abc", "7", 1.5, math.nan, [], True])
def test_B6_a_seed_that_is_no_whole_number_is_refused(value):
    assert "Seed must be a whole number" in str(refused("seed", seed=value))


def test_B7_an_unknown_style_is_refused_with_the_nearest_and_the_list():
    error = refused("style", style="watercolour")
    assert isinstance(error, UnknownName)
    assert str(error) == "Unknown style 'watercolour'."
    assert error.hint_text.startswith("Did you mean watercolor? ")
    assert all(name in error.hint_text for name in STYLES)


@pytest.mark.parametrize("value", [None, 7, [], {}])
def test_B7_a_style_that_is_no_text_is_refused(value):
    assert "Style must be text" in str(refused("style", style=value))


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
@pytest.mark.parametrize(
    "value", ["x" * 1_000_000, "e" + "\u0301" * 100_000, "🎨" * 2001], ids=["1MB", "marks", "emoji"]
)
def test_C2_a_prompt_over_the_limit_is_refused_with_its_length(field, value):
    error = refused(field, **{field: value})
    assert f"has {len(value):,} characters; the limit is 2,000." in str(error)
    assert error.hint_text


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_C2_a_prompt_at_the_limit_is_taken(field):
    assert len(getattr(TextToImage(**{field: "🎨" * 2000}), field)) == 2000


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("lone \ud83d surrogate", "lone ? surrogate"),
        ("nul\0byte", "nulbyte"),
        ("\u202ertl", "\u202ertl"),
        ("👩‍🚀", "👩‍🚀"),
    ],
)
def test_C2_what_cannot_be_written_is_left_out_and_the_rest_kept(value, kept):
    recipe = TextToImage(prompt=value)
    assert recipe.prompt == kept
    assert json.loads(recipe.to_json().encode())["prompt"] == kept


@pytest.mark.parametrize("value", [None, 7, ["a"], b"bytes"])
def test_C2_a_prompt_that_is_no_text_is_refused(value):
    assert "Prompt must be text" in str(refused("prompt", prompt=value))


@pytest.mark.parametrize("value", ["<script>", "{{7*7}}", "{0.__class__}", "%s%n", "{"])
def test_C4_a_hostile_value_stands_literally_in_the_message(value):
    assert repr(value) in str(refused("style", style=value))
    assert repr(value) in str(refused("steps", steps=value))


def test_a_long_value_is_cut_in_the_message():
    assert len(str(refused("steps", steps="9" * 1_000_000))) < 100
    assert "a very long int" in str(refused("steps", steps=10**5000))


def test_an_unknown_setting_is_refused_with_the_known_ones():
    with pytest.raises(RecipeError, match="Unknown setting 'stpes'") as caught:
        TextToImage.from_values({"prompt": "sea", "stpes": 20})
    assert "steps" in caught.value.hint_text


@pytest.mark.parametrize(
    "text", ["", "[", "7", "null", "[]", '{"kind": 7}', '{"kind": []}', "[" * 100_000]
)
def test_json_of_no_recipe_is_refused_in_words(text):
    with pytest.raises(RecipeError):
        recipe_from_json(text)


@pytest.mark.parametrize("name", list(params(TextToImage)))
def test_a_recipe_with_a_setting_of_a_strange_kind_is_refused_in_words(name):
    """Whatever JSON can hold, in every field: the answer is a recipe or a RecipeError, never another exception."""
    strange = [
        None,
        True,
        -1,
        0,
        1e308,
        "",
        "x",
        [],
        {},
        [[]],
        "9" * 400,
        10**300,
        10**4000,
        math.nan,
    ]
    for value in strange:
        try:
            recipe = recipe_from_values({"kind": "text_to_image", name: value})
        except RecipeError as error:
            assert error.field == name
        else:
            assert recipe_from_json(recipe.to_json()) == recipe


def test_a_recipe_is_settled_once():
    recipe = TextToImage(prompt="sea").settled(DEFAULTS)
    later = Defaults(
        width=512, height=512, steps=50, guidance_scale=9.0, sampler="ddim", revision="2"
    )
    assert recipe.settled(later) is recipe
    assert None not in dataclasses.asdict(recipe).values()
    for field in dataclasses.fields(Defaults):
        assert getattr(recipe, field.name) == getattr(DEFAULTS, field.name)


def test_settling_keeps_every_choice_of_the_person():
    chosen = TextToImage(
        width=64, height=128, steps=1, guidance_scale=0, sampler="ddim", seed=0, revision="0"
    )
    assert chosen.settled(DEFAULTS) == chosen


def test_every_open_choice_has_a_default():
    """What may be None is either part of a model's defaults or the seed."""
    open_choices = {
        name for name, (kind, _) in params(TextToImage).items() if type(None) in get_args(kind)
    }
    assert open_choices == {field.name for field in dataclasses.fields(Defaults)} | {"seed"}


def test_pictures_of_a_click_count_the_seed_up():
    pictures = TextToImage(prompt="sea", count=4, seed=7).settled(DEFAULTS).pictures()
    assert [picture.seed for picture in pictures] == [7, 8, 9, 10]
    assert {picture.count for picture in pictures} == {1}
    assert {dataclasses.replace(picture, seed=0) for picture in pictures} == {
        dataclasses.replace(pictures[0], seed=0)
    }


def test_the_seed_after_the_largest_is_zero():
    pictures = TextToImage(count=2, seed=MAX_SEED).settled(DEFAULTS).pictures()
    assert [picture.seed for picture in pictures] == [MAX_SEED, 0]


def test_an_unsettled_recipe_is_not_split():
    with pytest.raises(RecipeError, match="must be settled"):
        TextToImage().pictures()


def test_style_words_go_around_the_prompt():
    assert TextToImage(prompt="a boat", style="oil").words == "oil painting of a boat"
    assert TextToImage(prompt="  ", style="oil").words == "oil painting"
    assert TextToImage(prompt="a {prompt} {0}", style="none").words == "a {prompt} {0}"


def test_a_recipe_cannot_be_changed_and_can_be_a_key(across):
    recipe = TextToImage(prompt="sea")
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.prompt = "mountain"
    assert {recipe: 1}[TextToImage(prompt="sea")] == 1
    assert across(recipe) == recipe


def test_every_setting_explains_itself():
    for name, (_, param) in params(TextToImage).items():
        assert param.label, name
        assert param.help.endswith("."), name
