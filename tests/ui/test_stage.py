"""Events become scenes: complete, in words, no faster than they can be seen."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from studio.api import preview_url
from studio.core.errors import OutOfMemory, QueueFull, RecipeError
from studio.core.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Note,
    Preview,
    Queued,
    Result,
    Step,
)
from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.core.styles import STYLES
from studio.models.vocabulary import Vocabulary
from studio.ui.stage import EXAMPLES, Scene, paced, refusal, shown

RECIPE = TextToImage(prompt="a lake", width=256, height=256, steps=20, seed=7)


def scene(count: int = 1, language: str = "en") -> Scene:
    return Scene("run", TextToImage(width=64, height=64, count=count, seed=1), language)


def result(steps_done: int = 20) -> Result:
    return Result("id", Path("x.png"), RECIPE, 256, 256, 0.5, steps_done, 20)


def line(scene: Scene, *events: Event) -> str:
    for event in events:
        scene.tell(event)
    return scene.as_dict()["line"]


def test_a_preview_becomes_a_small_picture_of_the_same_colours():
    rgb = bytes([200, 120, 40]) * 12
    url = preview_url(Preview(4, 3, rgb))
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    assert image.size == (4, 3)
    assert image.getpixel((1, 1)) == pytest.approx((200, 120, 40), abs=6)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Queued(0, 0, 0.0), "Next in line"),
        (Queued(0, 3, 12.4), "Waiting, 3 ahead, about 12 s"),
        (Loading(0, "Palette", 1.25), "Loading Palette, first time only · 1.2 s"),
        (Step(0, 7, 20, 0.94), "Step 7 of 20 · 0.9 s left"),
        (Finished(0, result()), "Painted in 0.5 s"),
        (Cancelled(0, result(3)), "Stopped. What there was is kept."),
        (Cancelled(0, None), "Stopped."),
    ],
)  # fmt: skip
def test_every_state_is_said_in_words(event: Event, words: str):
    assert line(scene(), event) == words


def test_words_come_in_the_persons_language():
    assert line(scene(language="zh-CN"), Step(0, 7, 20, 0.94)) == "第 7 / 20 步 · 还需 0.9 秒"


def test_a_grid_says_how_many_are_done():
    grid = scene(3)
    told = line(
        grid, Step(0, 20, 20, 0), Finished(0, result()), Step(1, 5, 20, 2), Step(2, 6, 20, 1)
    )
    assert told == "1 of 3 done · Step 5 of 20 · 2.0 s left"
    assert grid.as_dict()["state"] == "painting"
    assert grid.as_dict()["progress"] == pytest.approx((1 + 5 / 20 + 6 / 20) / 3, abs=1e-3)


def test_one_failed_picture_does_not_hide_the_others():
    grid = scene(2)
    error = OutOfMemory("There is not enough memory for this picture.", hint="Shorten it.")
    told = line(grid, Finished(0, result()), Failed(1, error))
    assert told == "There is not enough memory for this picture. Shorten it."
    assert grid.as_dict()["state"] == "done"
    assert grid.as_dict()["cells"][0]["picture"]["id"] == "id"


def test_a_scene_is_complete_without_the_ones_before():
    told = scene(2)
    told.tell(Step(0, 1, 4, 1, Preview(1, 1, b"abc")))
    first = told.as_dict()
    told.tell(Step(1, 1, 4, 1))
    second = told.as_dict()
    assert second["cells"][0]["preview"] == first["cells"][0]["preview"]
    assert second["cells"][1]["state"] == "painting"


def test_a_finished_picture_carries_no_preview_any_more():
    told = scene()
    told.tell(Step(0, 1, 4, 1, Preview(1, 1, b"abc")))
    told.tell(Finished(0, result()))
    assert "preview" not in told.as_dict()["cells"][0]


def test_a_note_is_shown_once():
    told = scene(2)
    for picture in (0, 1):
        told.tell(Note(picture, "Next in line"))
    assert told.as_dict()["notes"] == ["Next in line"]


def test_a_stopped_picture_tells_how_far_it_came():
    assert "stopped at step 3 of 20" in shown(result(3), "en")["facts"]


def test_a_refusal_names_the_field_or_speaks_on_the_line():
    at_field = refusal(RecipeError("width", "Width of the picture.", hint="Shorten it."), "en")
    assert (at_field["line"], at_field["errors"][0]["field"]) == ("", "width")
    full = refusal(QueueFull("{position} ahead", hint="Wait.", position=3, seconds=1.0), "en")
    assert full["line"] == "3 ahead Wait."


def collect(events: AsyncIterator[Event], seconds: float) -> list[list[Event]]:
    async def run() -> list[list[Event]]:
        return [group async for group in paced(events, seconds)]

    return asyncio.run(run())


def test_a_fast_run_becomes_few_groups_and_loses_nothing():
    sent = [Step(0, index, 50, 0.0) for index in range(50)] + [Finished(0, result())]

    async def quick() -> AsyncIterator[Event]:
        for event in sent:
            yield event
            await asyncio.sleep(0.001)

    groups = collect(quick(), 10.0)
    assert [event for group in groups for event in group] == sent
    assert len(groups) == 2, "the first at once, the end as soon as it is there"


def test_the_first_news_is_passed_on_at_once():
    async def slow() -> AsyncIterator[Event]:
        yield Queued(0, 1, 1.0)
        await asyncio.Event().wait()

    async def first() -> list[Event]:
        groups = paced(slow(), 60.0)
        group = await asyncio.wait_for(anext(groups), 5)
        await groups.aclose()
        return group

    assert asyncio.run(first()) == [Queued(0, 1, 1.0)]


def test_closing_the_pace_closes_what_it_listens_to():
    closed = []

    async def endless() -> AsyncIterator[Event]:
        try:
            while True:
                yield Queued(0, 1, 1.0)
                await asyncio.sleep(0.001)
        finally:
            closed.append(True)

    async def leave() -> None:
        groups = paced(endless(), 0.01)
        await anext(groups)
        await groups.aclose()

    asyncio.run(leave())
    assert closed == [True]


def test_what_breaks_while_listening_is_not_swallowed():
    async def broken() -> AsyncIterator[Event]:
        yield Queued(0, 1, 1.0)
        raise KeyError("x")

    with pytest.raises(KeyError):
        collect(broken(), 0.01)


def test_the_invitation_uses_words_the_built_in_model_knows():
    vocabulary = Vocabulary.read(Settings().models / "palette")
    for prompt, style in EXAMPLES.values():
        assert not vocabulary.unknown(prompt)
        assert style in STYLES
