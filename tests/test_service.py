"""The studio as a whole, with palette and real files."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.core.errors import RecipeError, UnknownName
from studio.core.events import Cancelled, Event, Finished, Step
from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.diffusion.samplers import SAMPLERS
from studio.models.cards import CARDS
from studio.service import Studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("home")
    studio = Studio(Settings(home=home, device="cpu", dtype="float32", shared=True))
    yield studio
    studio.close()


def wish(**values: object) -> TextToImage:
    return TextToImage(**({"prompt": "a lake at sunset", "seed": 1, "steps": 4} | values))


def finished(events: Iterator[Event]) -> list[np.ndarray]:
    """The pictures of a run, in the order of its recipes."""
    ends = sorted((e for e in events if isinstance(e, Finished)), key=lambda e: e.picture)
    return [np.asarray(Image.open(end.result.path)) for end in ends]


def test_a_picture_is_on_disk_before_the_person_is_told(studio: Studio):
    *_, end = studio.submit(wish(), "me").events()
    assert isinstance(end, Finished)
    assert Image.open(end.result.path).size == (256, 256)
    assert studio.find(end.result.id, "me") == end.result
    assert studio.recent("me")[0] == end.result


def test_D2_a_picture_of_another_owner_is_not_found(studio: Studio):
    *_, end = studio.submit(wish(), "me").events()
    assert isinstance(end, Finished)
    assert studio.find(end.result.id, "you") is None
    assert end.result not in studio.recent("you")


def test_D3_another_owner_cannot_cancel(studio: Studio):
    run = studio.submit(wish(steps=30), "me")
    assert studio.cancel(run.id, "you") is False
    assert studio.cancel(run.id, "me") is True
    *_, end = run.events()
    assert isinstance(end, Cancelled)


def test_several_pictures_count_their_seeds_up(studio: Studio):
    events = list(studio.submit(wish(count=3, seed=40), "me").events())
    seeds = {e.picture: e.result.recipe.seed for e in events if isinstance(e, Finished)}
    assert seeds == {0: 40, 1: 41, 2: 42}


def test_every_step_is_told_and_previews_are_small_pictures(studio: Studio):
    steps = [e for e in studio.submit(wish(), "me").events() if isinstance(e, Step)]
    assert steps[-1].index == steps[-1].total == 4
    shown = [step.preview for step in steps if step.preview]
    assert shown and all(len(p.rgb) == 3 * p.width * p.height for p in shown)


def test_closing_the_stream_cancels_the_run(studio: Studio):
    async def look_and_leave() -> None:
        stream = studio.run(wish(steps=100), "leaver")
        async for event in stream:
            if isinstance(event, Step):
                break
        await stream.aclose()

    asyncio.run(look_and_leave())
    deadline = threading.Event()
    for _ in range(200):
        if studio.engine.unfinished == 0:
            break
        deadline.wait(0.05)
    assert studio.engine.unfinished == 0
    assert studio.recent("leaver")[0].steps_done < 100


def test_a_picture_made_beside_seven_others_equals_the_one_made_alone(studio: Studio):
    names = [name for name in SAMPLERS if not SAMPLERS[name].few_step][:8]
    wishes = [
        wish(seed=seed, sampler=name, steps=5 + seed % 3, guidance_scale=1.0 + seed)
        for seed, name in enumerate(names)
    ]
    alone = [finished(studio.submit(w, "me").events())[0] for w in wishes]
    runs = [studio.submit(w, f"owner {i}") for i, w in enumerate(wishes)]
    together = [finished(run.events())[0] for run in runs]
    for one, other in zip(alone, together, strict=True):
        difference = np.abs(one.astype(int) - other.astype(int))
        assert difference.max() <= 1
        assert (difference == 0).mean() >= 0.999


def test_H1_sixteen_threads_with_mixed_wishes_get_their_own_pictures(studio: Studio):
    sizes = [(256, 256), (128, 192), (64, 64), (192, 128)]
    samplers = ["dpmpp_2m", "euler_a", "ddim", "unipc"]
    wishes = [
        wish(seed=i, sampler=samplers[i % 4], width=sizes[i // 4][0], height=sizes[i // 4][1])
        for i in range(16)
    ]
    solo = [finished(studio.submit(w, "solo").events())[0] for w in wishes]
    got: dict[int, np.ndarray] = {}
    start = threading.Barrier(16)

    def ask(i: int) -> None:
        start.wait()
        got[i] = finished(studio.submit(wishes[i], f"owner {i % 5}").events())[0]

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(16):
        assert got[i].shape == solo[i].shape
        assert np.abs(got[i].astype(int) - solo[i].astype(int)).max() <= 1


def refusal(studio: Studio, **values: object) -> RecipeError:
    with pytest.raises(RecipeError) as refused:
        studio.submit(wish(**values), "me")
    return refused.value


def test_B7_an_unknown_sampler_is_answered_with_the_nearest(studio: Studio):
    error = refusal(studio, sampler="dpm++")
    assert isinstance(error, UnknownName) and error.field == "sampler"
    assert "Did you mean dpmpp_2m" in error.hint_text


def test_a_sampler_the_model_was_not_made_for_is_refused_by_name(studio: Studio):
    assert "Palette does not paint with lcm" in str(refusal(studio, sampler="lcm"))
    assert "lcm" not in [choice.name for choice in studio.choices("sampler")]


def test_B10_too_much_work_is_refused_with_estimate_and_limit(studio: Studio):
    error = refusal(studio, width=2048, height=2048, steps=150, count=8)
    assert "would take about" in str(error) and "the limit is 30 min" in str(error)


@pytest.mark.parametrize("prompt", ["", "  \n "])
def test_C1_no_words_and_no_style_is_refused_at_the_prompt(studio: Studio, prompt: str):
    assert refusal(studio, prompt=prompt).field == "prompt"


def test_C1_a_style_alone_is_enough(studio: Studio):
    run = studio.submit(wish(prompt="", style="watercolor", steps=1), "me")
    assert len(finished(run.events())) == 1


def test_a_wish_for_another_version_of_the_model_is_refused(studio: Studio):
    assert refusal(studio, revision="0123456789abcdef").field == "revision"


def test_C7_what_looks_like_a_key_is_pointed_out_without_repeating_it(studio: Studio):
    reading = studio.read_prompt("a fox hf_abcdefghijklmnop sk-0123456789abcdef")
    assert reading.secrets == ("hf_abcde…", "sk-01234…")


def test_C3_words_beyond_the_limit_are_named_while_writing(studio: Studio):
    studio.catalog.model("palette").result()
    assert studio.read_prompt("a fox " * 20 + "tail").ignored.endswith("tail")
    assert studio.read_prompt("a fox").ignored == ""


def test_a_surprise_is_in_the_models_own_words(studio: Studio):
    for _ in range(20):
        prompt, style = studio.surprise()
        assert studio.read_prompt(prompt).unknown == ()
        assert style in [choice.name for choice in studio.choices("style")]


def test_models_that_are_not_here_are_not_offered(studio: Studio):
    built_in = [name for name, card in CARDS.items() if card.built_in]
    here = [choice.name for choice in studio.choices("model")]
    assert here[0] == "palette" and set(here) <= set(built_in)


TRIPWIRE = """
import socket, sys
def trip(*a, **k):
    if a and isinstance(a[0], socket.socket): a = a[1:]
    target = a[0] if a else ""
    if isinstance(target, (str, bytes)) and str(target) in ("127.0.0.1", "localhost"): return original(*a, **k)
    sys.stderr.write(f"REACHED OUT: {a}\\n"); sys.exit(3)
original = socket.getaddrinfo
socket.getaddrinfo = trip
socket.socket.connect = trip
socket.create_connection = trip
from pathlib import Path
from PIL import Image
from studio.core.recipes import ImageToImage, TextToImage
from studio.core.settings import Settings
from studio.service import Studio
studio = Studio(Settings(home=Path(sys.argv[1]), device="cpu"))
studio.start()
source = studio.put(Image.new("RGB", (64, 64), "#4080c0"))
# Both wishes are made while the model, and all libraries, are still being loaded.
runs = [
    studio.submit(TextToImage(prompt="a lake", steps=1), "me"),
    studio.submit(ImageToImage(prompt="a lake", steps=2, source=source), "me"),
]
ends = [list(run.events())[-1] for run in runs]
studio.read_prompt("a lake"); studio.choices("model"); studio.close()
print(*(type(end).__name__ for end in ends))
"""


def test_painting_opens_no_connection(tmp_path: Path):
    """Even without HF_HUB_OFFLINE: nothing in start or use looks up a name or connects."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", TRIPWIRE, str(tmp_path / "home")],
        capture_output=True,
        text=True,
        timeout=180,
        env=env,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.split() == ["Finished", "Finished"], done.stderr[-2000:]
