"""The form shows every field of a recipe and hands over what was typed."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.core.errors import RecipeError, UnknownName
from studio.core.recipe import MAX_SEED, params
from studio.core.recipes import TextToImage
from studio.ui.form import ASPECTS, FREE, UNSEEN, Form
from studio.ui.pictures import Pictures
from studio.ui.tabs.text_to_image import TextToImageTab
from tests.ui.fake_studio import FakeStudio


@pytest.fixture
def form(tmp_path: Path) -> Form:
    with gr.Blocks() as page:
        studio: Any = FakeStudio(tmp_path)
        return TextToImageTab(studio, page, Pictures(studio)).form


def raw(form: Form, **changes: object) -> dict[str, object]:
    """Values as the browser sends them for an untouched form, with changes."""
    return form.values(TextToImage()) | {"aspect": "square"} | changes


def test_every_field_has_a_widget_but_those_nobody_sets_by_hand(form: Form):
    assert set(params(TextToImage)) - set(UNSEEN) == set(form.widgets) - {"aspect"}


def test_widgets_stand_where_errors_look_for_them(form: Form):
    assert {widget.elem_id for widget in form.widgets.values()} == {
        f"field-{name}" for name in form.widgets
    }


def test_bounds_of_a_slider_are_those_of_its_note(form: Form):
    for name in ("steps", "guidance_scale"):
        param = params(TextToImage)[name][1]
        assert (form.widgets[name].minimum, form.widgets[name].maximum) == (
            param.minimum,
            param.maximum,
        )


@pytest.mark.parametrize("aspect", ["square", "portrait", "landscape"])
def test_an_aspect_decides_width_and_height(form: Form, aspect: str):
    recipe = form.recipe(raw(form, aspect=aspect, width=64, height=2048))
    assert (recipe.width, recipe.height) == form.sizes[aspect]


def test_free_takes_width_and_height_as_typed(form: Form):
    recipe = form.recipe(raw(form, aspect=FREE, width=320, height=192))
    assert (recipe.width, recipe.height) == (320, 192)


@pytest.mark.parametrize(
    ("typed", "seed"),
    [
        ("", None), ("  ", None), (None, None), ("-1", None),
        ("7", 7), (" 12 ", 12), (str(MAX_SEED), MAX_SEED), (5, 5),
    ],
)  # fmt: skip
def test_a_seed_is_a_number_or_nothing(form: Form, typed: object, seed: int | None):
    assert form.recipe(raw(form, seed=typed)).seed == seed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", "abc"), ("seed", str(2**64)), ("seed", "1.5"), ("seed", "9" * 4000),
        ("steps", 0), ("steps", 2.5), ("steps", "x"), ("guidance_scale", -1), ("count", 9),
        ("count", [1]), ("prompt", 5), ("prompt", "x" * 2001), ("style", "nope"), ("width", 517),
        ("width", "wide"), ("height", {"a": 1}),
    ],
)  # fmt: skip
def test_what_the_recipe_refuses_is_refused_at_its_field(form: Form, field: str, value: object):
    with pytest.raises(RecipeError) as refused:
        form.recipe(raw(form, aspect=FREE) | {field: value})
    assert refused.value.field == field


def test_an_unknown_aspect_leaves_the_size_to_the_fields(form: Form):
    assert form.recipe(raw(form, aspect="<b>", width=64, height=64)).width == 64


def test_filling_the_form_and_reading_it_gives_the_recipe_back(form: Form):
    recipe = TextToImage(
        prompt="a lake", negative_prompt="fog", style="oil", width=288, height=224, count=3,
        steps=9, guidance_scale=2.5, sampler="ddim", seed=MAX_SEED,
    )  # fmt: skip
    names = {widget: name for name, widget in form.widgets.items()}
    filled = {names[widget]: value for widget, value in form.fill(recipe).items()}
    assert filled["aspect"] == "landscape"
    assert form.recipe(filled) == recipe


def test_a_size_of_no_aspect_is_shown_as_free(form: Form):
    assert form.values(TextToImage(width=512, height=64))["aspect"] == FREE


def test_a_memory_is_restored_value_by_value(form: Form):
    memory = {
        "prompt": "a lake", "style": "gone", "steps": 12, "count": 99, "aspect": FREE,
        "seed": "5", "sampler": "euler", "revision": "x",
    }  # fmt: skip
    names = {widget: name for name, widget in form.widgets.items()}
    kept = {names[widget]: value for widget, value in form.restore(memory).items()}
    assert kept == {
        "prompt": "a lake",
        "steps": 12,
        "aspect": FREE,
        "seed": "5",
        "sampler": "euler",
    }


@pytest.mark.parametrize(
    "memory",
    [
        None, [], "text", 7, {}, {"prompt": "x" * 30_000}, {"style": ["oil"]}, {"seed": {"a": 1}},
        {"aspect": [1]},
    ],
)  # fmt: skip
def test_a_spoilt_memory_restores_nothing(form: Form, memory: object):
    assert form.restore(memory) == {}


def test_every_aspect_the_studio_knows_has_a_name(form: Form):
    assert set(form.sizes) | {FREE} == set(ASPECTS)


def test_an_unknown_name_says_what_is_known(form: Form):
    with pytest.raises(UnknownName, match="Unknown style 'oill'"):
        form.recipe(raw(form, style="oill"))
