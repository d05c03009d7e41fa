"""The tabs that begin with a picture: every field has its control, every control its recipe, every result its facts."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.core.errors import RecipeError
from studio.core.events import Finished, Note, Proof, Result
from studio.core.recipe import params
from studio.core.recipes import SWEEP, ImageToImage, Inpaint, Outpaint
from studio.ui.pictures import Pictures
from studio.ui.stage import FEWER_STEPS, Scene, shown
from studio.ui.tabs import TABS
from studio.ui.tabs.inpaint import InpaintTab
from studio.ui.tabs.stylise import KEEP, StyliseTab
from tests.ui.fake_studio import FakeStudio

NAME = "sha256:" + "a" * 64
SIZED_BY_THE_PICTURE = {"revision", "width", "height"}


def drawn(kind: Any, folder: Path) -> Any:
    studio: Any = FakeStudio(folder)
    with gr.Blocks() as page:
        return kind(studio, page, Pictures(studio))


@pytest.fixture
def stylise(tmp_path: Path) -> StyliseTab:
    return drawn(StyliseTab, tmp_path)


@pytest.fixture
def inpaint(tmp_path: Path) -> InpaintTab:
    return drawn(InpaintTab, tmp_path)


def test_every_field_of_a_stylised_picture_has_a_control_or_a_button(stylise: StyliseTab):
    unseen = SIZED_BY_THE_PICTURE | {"sweep", "turns"}
    assert set(params(ImageToImage)) - unseen == set(stylise.controls)


def test_every_field_of_inpainting_and_outpainting_has_a_control(inpaint: InpaintTab):
    unseen = SIZED_BY_THE_PICTURE | {"invert", "turns"}
    fields = set(params(Inpaint)) | set(params(Outpaint))
    assert fields - unseen == set(inpaint.controls) - {"mode", "reach"}


def test_another_model_brings_its_own_settings(stylise: StyliseTab):
    names = {widget: name for name, widget in stylise.controls.items()}
    suited = {names[widget]: value for widget, value in stylise.suit("palette_live").items()}
    assert suited == {"steps": 4, "guidance_scale": 4.0, "sampler": "dpmpp_2m"}


def test_ids_are_unique_in_the_page(tmp_path: Path):
    studio: Any = FakeStudio(tmp_path)
    with gr.Blocks() as page:
        for tab in TABS:
            tab.build(studio, page, Pictures(studio))
    ids = [block.elem_id for block in page.blocks.values() if getattr(block, "elem_id", None)]
    assert len(ids) == len(set(ids))


def values(tab: Any, **changes: object) -> dict[str, object]:
    return {name: widget.value for name, widget in tab.controls.items()} | changes


def test_the_mode_decides_the_kind_of_recipe(inpaint: InpaintTab):
    part = inpaint.recipe(values(inpaint, prompt="a lake", source=NAME, mask=NAME, feather=3))
    assert isinstance(part, Inpaint)
    assert (part.source, part.mask, part.feather) == (NAME, NAME, 3)
    beyond = inpaint.recipe(values(inpaint, mode="outpaint", source=NAME, left=8, reach=0.9))
    assert isinstance(beyond, Outpaint)
    assert (beyond.source, beyond.left, beyond.right, beyond.strength) == (NAME, 8, 0, 0.9)


@pytest.mark.parametrize(
    ("field", "value"), [("left", -1), ("left", "far"), ("right", 9999), ("source", "data:x")]
)
def test_what_the_recipe_refuses_is_refused_at_its_field(
    inpaint: InpaintTab, field: str, value: object
):
    with pytest.raises(RecipeError) as refused:
        inpaint.recipe(values(inpaint, mode="outpaint") | {field: value})
    assert refused.value.field == field


def test_settings_come_back_with_their_mode(inpaint: InpaintTab):
    names = {widget: name for name, widget in inpaint.controls.items()}
    for recipe in (
        Inpaint(prompt="a lake", source=NAME, mask=NAME, strength=0.5, grow=-3, start="blur"),
        Outpaint(prompt="a lake", source=NAME, strength=0.7, top=64),
    ):
        filled = {names[widget]: value for widget, value in inpaint.fill(recipe).items()}
        assert filled["mode"] == recipe.kind
        assert inpaint.recipe(values(inpaint, **filled)) == recipe


def test_a_memory_is_restored_with_mode_sides_and_picture(inpaint: InpaintTab):
    names = {widget: name for name, widget in inpaint.controls.items()}
    memory = {
        "prompt": "a lake", "mode": "outpaint", "left": 64, "right": -5, "source": NAME,
        "mask": "<b>", "region": "nowhere", "start": "blur", "reach": 0.9, "strength": 7,
    }  # fmt: skip
    kept = {names[widget]: value for widget, value in inpaint.restore(memory).items()}
    assert kept == {
        "prompt": "a lake",
        "mode": "outpaint",
        "left": 64,
        "source": NAME,
        "start": "blur",
        "reach": 0.9,
    }


@pytest.mark.parametrize("memory", [None, [], 7, {"mode": "<b>"}, {"mode": [1], "reach": {}}])
def test_a_spoilt_memory_restores_nothing(inpaint: InpaintTab, memory: object):
    assert inpaint.restore(memory) == {}


def test_what_keep_sets_is_what_it_says():
    from studio.ui import words

    for strength in KEEP.values():
        assert any(said.startswith(f"Strength {strength}:") for said in words.CHINESE)


# ---- scenes


def stylised(**more: Any) -> ImageToImage:
    return ImageToImage(
        **{"source": NAME, "width": 64, "height": 64, "steps": 20, "seed": 1} | more
    )


def result(recipe: Any, steps: int = 20, proof: Proof | None = None) -> Result:
    return Result("id", Path("x.png"), recipe, 300, 200, 0.5, steps, steps, proof)


def test_a_sweep_has_five_cells_that_say_their_strength():
    scene = Scene("run", stylised(sweep=True), "en", (300, 200))
    drawn = scene.as_dict()
    assert [cell["caption"] for cell in drawn["cells"]] == [f"strength {one}" for one in SWEEP]
    assert (drawn["width"], drawn["height"]) == (300, 200)
    scene.tell(Finished(0, result(stylised(strength=0.2), 4)))
    assert scene.as_dict()["cells"][0]["caption"] == "strength 0.2"


def test_fewer_steps_stand_in_the_facts_not_in_a_note():
    scene = Scene("run", stylised(), "en")
    scene.tell(Note(0, FEWER_STEPS, (("made", 4), ("steps", 20))))
    scene.tell(Finished(0, result(stylised(strength=0.2), 4)))
    drawn = scene.as_dict()
    assert drawn["notes"] == []
    facts = drawn["cells"][0]["picture"]["facts"]
    assert "strength 0.2" in facts
    assert "4 of 20 steps" in facts


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "0 pixels changed outside the mask · seam 1.8"),
        ("zh-CN", "遮罩外改变了 0 个像素 · 接缝 1.8"),
    ],
)
def test_a_proof_is_said_in_words(language: str, said: str):
    recipe = Inpaint(source=NAME, mask=NAME, seed=1, steps=20)
    assert shown(result(recipe, proof=Proof(0, 1.82)), language)["proof"] == said


def test_a_result_knows_where_its_source_lies_in_it():
    recipe = Outpaint(source=NAME, left=100, seed=1, steps=20)
    before = shown(result(recipe), "en")["before"]
    assert before == {
        "src": "atelier/input/" + "a" * 64,
        "x": pytest.approx(1 / 3),
        "y": 0.0,
        "w": pytest.approx(2 / 3),
        "h": 1.0,
    }
