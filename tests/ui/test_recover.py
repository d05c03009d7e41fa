"""There and back on the page's side of the studio: its scene, its pictures, its endpoint."""

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from studio.core.events import Recovery, Result, Step
from studio.core.recipes import Recover
from studio.ui import words
from studio.ui.app import launch
from studio.ui.stage import Scene, shown
from studio.ui.steps.recover import MODES
from studio.ui.visitor import OWNER_COOKIE, new_token, owner_of
from tests.ui.fake_studio import FakeStudio

SETTLED = {"seed": 1, "width": 256, "height": 256, "revision": "r", "steps": 50}
SOURCE = "sha256:" + "0" * 64


def scene(*steps: tuple[int, int], language: str = "en", **values: Any) -> dict[str, Any]:
    told = Scene("run", Recover(**(SETTLED | values)), language)
    for index, total in steps:
        told.tell(Step(0, index, total, 2.0))
    return told.as_dict()


def test_the_line_says_which_way_it_goes():
    there, back = scene((40, 160)), scene((111, 160))
    assert there["line"] == "Into noise · pass 40 of about 160 · 2.0 s left"
    assert back["line"] == "Back again · pass 111 of 160 · 2.0 s left"
    assert (there["into_noise"], back["into_noise"]) == (True, False)
    assert scene((110, 160))["into_noise"], "fifty passes are left for the way back"


def test_random_noise_is_there_in_one_jump():
    stochastic = {"mode": "stochastic", "num_timesteps": 500}
    assert scene((1, 50), **stochastic)["into_noise"]
    assert not scene((2, 50), **stochastic)["into_noise"]


def told(recovery: Recovery | None = None, done: int = 160, **values: Any) -> dict[str, Any]:
    recipe = Recover(source=SOURCE, **(SETTLED | values))
    result = Result("id", Path("x.png"), recipe, 256, 256, 1, done, 160, None, recovery)
    return shown(result, "en")


def test_a_recovered_picture_says_how_near_it_came():
    picture = told(Recovery(57.24, None, 2, -0.007, 0.8814, {"original": SOURCE}))
    found = picture["recovery"]
    assert (found["round_trip"], found["original"]) == ("57.2 dB", "every pixel is equal")
    assert (found["mean"], found["std"], found["largest"]) == ("−0.007", "0.881", 2)
    assert "160 passes" in picture["facts"] and "strength" not in picture["facts"]
    assert not found["edited"] and not found["stopped"] and found["pictures"]


@pytest.mark.parametrize(
    ("values", "edited"),
    [
        ({}, False),
        ({"source_prompt": "a lake"}, False),
        ({"prompt": "a lake", "source_prompt": "a lake"}, False),
        ({"prompt": "a forest"}, True),
        ({"style": "oil"}, True),
        ({"guidance_scale": 3.0}, True),
    ],
)
def test_edited_is_what_goes_back_otherwise_than_it_came(values: dict[str, Any], edited: bool):
    assert told(**values)["recovery"]["edited"] is edited


def test_a_picture_stopped_on_the_way_says_so():
    assert told(done=30)["recovery"]["stopped"]


def test_both_ways_and_the_titles_of_the_figures_have_chinese_words():
    said = [mode[key] for mode in MODES for key in ("title", "help")]
    said += ["Original", "Diffused", "Recovered", "Where it differs", "Alike", "Hard to tell apart"]
    assert not [one for one in said if one not in words.CHINESE]


# ---- served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    studio = FakeStudio(tmp_path_factory.mktemp("recover"), pace=0.001)
    page, address = launch(studio, prevent_thread_lock=True)  # type: ignore[arg-type]
    client = Client(address, verbose=False, download_files=str(tmp_path_factory.mktemp("got")))
    yield SimpleNamespace(studio=studio, client=client, address=address)
    client.close()
    page.close(verbose=False)


@pytest.fixture(scope="module")
def last(served: SimpleNamespace) -> dict[str, Any]:
    path = served.studio.home / "in.png"
    Image.linear_gradient("L").convert("RGB").save(path)
    source = handle_file(str(path))
    answer: dict[str, Any] = served.client.predict(source=source, steps=5, api_name="/invert")
    return answer


def test_a_program_sends_a_picture_there_and_back(last: dict[str, Any]):
    assert last["event"] == "finished" and last["recipe"]["kind"] == "recover"
    assert last["round_trip_psnr"] == pytest.approx(20 * np.log10(255), abs=1e-3)
    assert (last["largest"], last["steps_done"]) == (1, 16)


def test_the_pictures_behind_it_are_their_owners(served: SimpleNamespace):
    cookies = {OWNER_COOKIE: new_token()}
    owner = owner_of(SimpleNamespace(cookies=cookies))
    kept = served.studio.keep(
        Image.linear_gradient("L").convert("RGB"), Recover(**SETTLED), owner, 160
    )
    behind = f"{served.address}atelier/recover/{kept.id}"
    for name in ("original", "round_trip", "diffused", "difference"):
        assert httpx.get(f"{behind}/{name}").status_code == 404, "somebody else"
        mine = httpx.get(f"{behind}/{name}", cookies=cookies)
        assert mine.status_code == 200 and mine.headers["content-type"] == "image/png"
        assert Image.open(io.BytesIO(mine.content)).size == (256, 256)
    for name in ("nothing", "..%2Foriginal"):
        assert httpx.get(f"{behind}/{name}", cookies=cookies).status_code == 404


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"num_timesteps": 1001}, "How far must be from 0 to 1000, got 1001."),
        ({"mode": "magic"}, "Unknown mode 'magic'."),
        ({"source": ""}, "Choose a picture first."),
        ({"turns": [{"at": 3}]}, "There and back takes no changes of course."),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    served: SimpleNamespace, wish: dict[str, Any], said: str
):
    with pytest.raises(Exception, match=said.replace("[", r"\[")):
        served.client.predict(**({"source": SOURCE} | wish), api_name="/invert")
