"""The live switch, as the page calls it: what is shown, what is kept, what is said."""

import asyncio
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.core.events import Preview, Sketched, Step
from studio.core.recipes import TextToImage
from studio.ui.pictures import Pictures
from studio.ui.stage import Scene
from studio.ui.tabs.stylise import StyliseTab
from studio.ui.tabs.text_to_image import TextToImageTab
from tests.ui.fake_studio import FakeStudio


class Request:
    """A browser's."""

    cookies = {"atelier_owner": "a" * 40}
    headers: dict[str, str] = {}


@pytest.fixture
def tab(tmp_path: Path) -> TextToImageTab:
    return drawn(TextToImageTab, FakeStudio(tmp_path, pace=0.001))


def drawn(kind: Any, studio: Any) -> Any:
    with gr.Blocks() as page:
        return kind(studio, page, Pictures(studio))


def scenes(tab: TextToImageTab, call: Any, **changes: Any) -> list[dict[str, Any]]:
    values = {name: widget.value for name, widget in tab.controls.items()}

    async def listen() -> list[dict[str, Any]]:
        return [one[tab.live.switch] async for one in call(Request(), **(values | changes))]

    return asyncio.run(listen())


def test_a_sketch_is_shown_whole_and_not_kept(tab: TextToImageTab):
    first, *_, last = scenes(tab, tab.live.sketch, prompt="a lake", seed="7", count=4, steps=30)
    assert first["run"] == last["run"] and first["state"] == "waiting"
    assert last["state"] == "sketched" and last["line"] == "Live, in 0.3 s"
    assert last["cells"][0]["preview"].startswith("data:image/jpeg")
    assert "picture" not in last["cells"][0]
    [recipe] = tab.studio.sketched
    assert recipe == TextToImage(
        prompt="a lake", seed=7, model="palette_live", width=256, height=256
    )
    assert not tab.studio.results and not list(tab.studio.home.rglob("*.png"))


def test_what_rested_is_kept_with_its_steps(tab: TextToImageTab):
    *_, last = scenes(tab, tab.live.keep, prompt="a lake", seed="7")
    assert last["state"] == "done" and last["line"] == "Live. It has rested, so it is kept."
    [(_, result)] = tab.studio.results.values()
    assert last["cells"][0]["picture"]["id"] == result.id
    assert (result.recipe.model, result.recipe.seed, result.steps_total) == ("palette_live", 7, 4)


def test_a_refusal_comes_in_words(tab: TextToImageTab):
    [refused] = scenes(tab, tab.live.sketch, prompt="")
    assert refused["state"] == "refused"
    assert refused["errors"][0]["message"] == "Say what to paint, or choose a style."


def test_what_to_leave_out_is_said_to_wait_for_paint(tab: TextToImageTab):
    *_, last = scenes(tab, tab.live.sketch, prompt="a lake", negative_prompt="clouds")
    assert last["notes"] == ["What to leave out counts for Paint alone."]


@pytest.mark.parametrize("kind", [TextToImageTab, StyliseTab])
def test_without_a_live_model_there_is_no_switch(tmp_path: Path, kind: Any):
    studio: Any = FakeStudio(tmp_path)
    studio.live = lambda: None
    assert drawn(kind, studio).live is None
    assert drawn(kind, FakeStudio(tmp_path)).live is not None


def test_a_sketch_ends_a_scene():
    scene = Scene("run", TextToImage(width=64, height=64, seed=1), "zh-CN")
    scene.tell(Step(0, 2, 4, 0.1))
    assert scene.as_dict()["state"] == "painting"
    scene.tell(Sketched(0, Preview(1, 1, b"\0\0\0"), 0.31))
    told = scene.as_dict()
    assert (told["state"], told["line"], told["progress"]) == ("sketched", "实时，0.3 秒", 1.0)
