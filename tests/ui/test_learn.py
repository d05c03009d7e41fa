"""The guided tour: what it asks of a person's own picture, what it has painted, and that all of it is theirs alone."""

import asyncio
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from studio.core.recipe import MAX_SEED
from studio.core.recipes import RECIPES, ImageToImage, TextToImage
from studio.ui import words
from studio.ui.pictures import Pictures
from studio.ui.steps.learn import Learn, routes
from studio.ui.steps.lessons import SERIES, Lessons, series
from studio.ui.visitor import OWNER_COOKIE, owner_of
from tests.ui.fake_studio import FakeStudio

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "ui" / "steps"
RECIPE = TextToImage("a lake", style="oil", seed=7, steps=16, guidance_scale=3.0)


class Person:
    """Somebody with a browser."""

    def __init__(self, name: str, studio: FakeStudio) -> None:
        self.request = SimpleNamespace(cookies={OWNER_COOKIE: name * 32}, headers={})
        self.owner = owner_of(self.request)
        app = Starlette(routes=routes(studio, Pictures(studio)))  # type: ignore[arg-type]
        self.client = TestClient(app, cookies=self.request.cookies)
        self.studio = studio

    def get(self, address: str) -> Any:
        return self.client.get(f"/learn/{address}")

    def made(self, **values: Any) -> str:
        """A picture of this person's, by id."""
        wish = TextToImage(**({"prompt": "a lake", "seed": 7, "steps": 4} | values))
        recipe = wish.settled(self.studio.defaults())
        picture = self.studio.painted(recipe)
        return self.studio.keep(picture, recipe, self.owner, recipe.steps or 0).id


@pytest.fixture
def studio(tmp_path: Path) -> FakeStudio:
    return FakeStudio(tmp_path, pace=0.001)


@pytest.fixture
def person(studio: FakeStudio) -> Person:
    return Person("a", studio)


# ---- series


@pytest.mark.parametrize("name", SERIES)
def test_the_pictures_of_a_series_differ_in_one_thing(name):
    recipe = RECIPE.settled(FakeStudio.defaults(None))  # type: ignore[arg-type]
    own = {"leaps": {"steps"}, "guidance": {"guidance_scale"}, "seeds": {"seed", "style"}}
    made = [one.as_dict() for one in series(recipe, name)]
    differs = {key for key in made[0] if len({str(one[key]) for one in made}) > 1}
    assert differs == own.get(name, {"sampler"})
    assert 4 <= len(made) <= 8
    assert all(one["prompt"] == "a lake" and one["count"] == 1 for one in made)


@pytest.mark.parametrize("kind", RECIPES)
@pytest.mark.parametrize("name", SERIES)
def test_the_words_of_any_picture_can_be_painted_from_noise(kind, name):
    recipe = RECIPES[kind](prompt="a lake", seed=MAX_SEED)
    made = series(recipe.settled(FakeStudio.defaults(None)), name)  # type: ignore[arg-type]
    assert {(one.kind, one.prompt) for one in made} == {("text_to_image", "a lake")}
    assert all(0 <= one.seed <= MAX_SEED for one in made)


def test_a_picture_without_words_has_no_series(person, studio):
    recipe = ImageToImage(source="sha256:" + "0" * 64, seed=1).settled(studio.defaults())
    assert all(series(recipe, name) == () for name in SERIES)
    result = studio.keep(studio.painted(RECIPE.settled(studio.defaults())), recipe, person.owner, 0)
    assert person.get(result.id).json()["series"] == {}
    [scene] = painted(studio, person, {"id": result.id, "series": "seeds"})
    assert scene["errors"][0]["message"] == "Say what to paint, or choose a style."


def test_the_other_style_is_another():
    for style in ("oil", "watercolor", "none"):
        recipe = TextToImage("a lake", style=style, seed=1)
        assert len({one.style for one in series(recipe, "seeds")}) == 2


# ---- what is told of a picture


def test_a_picture_is_told_to_its_owner_only(person, studio):
    picture = person.made()
    assert person.get(picture).json()["recipe"]["prompt"] == "a lake"
    other = Person("b", studio)
    theirs = other.made()
    for address in (picture, f"{picture}/cells/0", f"{picture}/apart/{theirs}"):
        answer = other.get(address)
        assert answer.status_code == 404
        assert "lake" not in answer.text
    assert other.get(f"{theirs}/apart/{picture}").status_code == 404


def test_what_is_not_there_is_not_found_in_words(person):
    answer = person.get("nothing")
    assert (answer.status_code, answer.json()["message"]) == (404, "Not found.")


def test_the_numbers_of_a_pass_are_those_of_the_run(person, studio):
    picture = person.made()
    steps = studio.steps.trajectory(picture, person.owner)
    told = person.get(f"{picture}/cells/2").json()
    channel = told["channel"]
    assert told["rows"] * told["columns"] == len(told["x"])
    assert told["x"] == pytest.approx(steps.noisy(2)[channel].ravel().tolist())
    assert told["prediction"] == pytest.approx(steps.prediction[2][channel].ravel().tolist())
    assert (told["t"], told["alpha_bar"]) == (steps.t[2], steps.alpha_bar[2])
    spread = steps.latent.reshape(len(steps.latent), -1).std(1)
    assert channel == spread.argmax()


def test_the_noise_a_run_began_with_is_told(person, studio):
    picture = person.made()
    x = studio.steps.trajectory(picture, person.owner).noisy(0)
    told = person.get(picture).json()["noise"]
    assert told["first"] == pytest.approx(x.ravel()[:4].tolist())
    assert told["count"] == x.size
    assert told["mean"] == pytest.approx(float(x.mean()), abs=1e-6)


def test_a_pass_beyond_the_last_is_the_last(person):
    picture = person.made()
    assert person.get(f"{picture}/cells/99").json() == person.get(f"{picture}/cells/3").json()


def test_a_picture_without_its_steps_is_still_told(person, studio):
    picture = person.made()
    for file in studio.home.rglob("*.steps.safetensors"):
        file.unlink()
    told = person.get(picture).json()
    assert told["passes"] is None
    assert set(told["series"]) == set(SERIES)
    assert person.get(f"{picture}/cells/0").status_code == 422


def test_two_runs_lie_as_far_apart_as_their_latents(person, studio):
    one, other = person.made(seed=1), person.made(seed=2)
    latents = [studio.steps.trajectory(name, person.owner).latent for name in (one, other)]
    expected = float(np.sqrt(((latents[0] - latents[1]) ** 2).mean()))
    told = person.get(f"{one}/apart/{other}").json()
    assert told == {"distance": pytest.approx(expected, rel=1e-6), "apart": None}


def test_what_guidance_does_is_read_from_two_runs_that_differ_in_it_alone():
    """With guess(s) = g0 + s d, two runs at 2 and 4 are 2 d apart."""
    g0, d = np.float32(0.3), np.linspace(-1, 1, 32, dtype=np.float32).reshape(2, 4, 4)

    def run(scale: float) -> Any:
        return SimpleNamespace(
            recipe=TextToImage("x", guidance_scale=scale),
            x=np.ones((1, 2, 4, 4)),
            t=np.array([999.0]),
            latent=g0 + scale * d,
            clean=lambda index: g0 + scale * d,
        )

    runs = {"two": run(2.0), "four": run(4.0)}
    steps = SimpleNamespace(trajectory=lambda name, owner: runs[name])
    told = Lessons(SimpleNamespace(steps=steps)).apart("two", "four", "me")  # type: ignore[arg-type]
    assert told["apart"] == pytest.approx(float(np.sqrt((d**2).mean())), rel=1e-6)


# ---- what is painted


def painted(
    studio: FakeStudio, person: Person, wish: dict[str, Any], *, until: int = 999
) -> list[Any]:
    """The scenes that a wish of the page brings, as many as somebody waits for."""

    async def watch() -> list[Any]:
        with gr.Blocks() as page:
            panel = Learn(studio, page, Pictures(studio))  # type: ignore[arg-type]
        scenes: list[Any] = []
        stream = panel.paint(person.request, SimpleNamespace(_data=wish))  # type: ignore[arg-type]
        async for update in stream:
            scenes.append(update[panel.part])
            if len(scenes) == until:
                break
        await stream.aclose()  # type: ignore[attr-defined]
        return scenes

    return asyncio.run(watch())


def test_a_series_is_painted_picture_by_picture_in_its_order(studio, person):
    picture = person.made(style="oil")
    scenes = painted(studio, person, {"id": picture, "series": "guidance"})
    last = scenes[-1]
    assert (last["state"], last["series"], last["source"]) == ("done", "guidance", picture)
    made = [studio.find(cell["picture"]["id"], person.owner).recipe for cell in last["cells"]]
    assert [one.guidance_scale for one in made] == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert {one.seed for one in made} == {7}
    assert len(studio.recent(person.owner)) == 6


def test_who_leaves_stops_what_was_painted_for_them(studio, person):
    painted(studio, person, {"id": person.made(), "series": "seeds"}, until=2)
    assert len(studio.runs) == 8
    assert all(run.stopped for run in studio.runs.values())


@pytest.mark.parametrize(
    "wish",
    [{}, {"id": "nothing", "series": "seeds"}, {"id": "PICTURE", "series": "everything"}],
    ids=["empty", "no picture", "no series"],
)
def test_a_wish_that_cannot_be_is_refused_in_words(studio, person, wish):
    picture = person.made()
    asked = {key: picture if value == "PICTURE" else value for key, value in wish.items()}
    [scene] = painted(studio, person, asked)
    assert scene["state"] == "refused"
    assert scene["errors"][0]["message"] == "This picture is not here any more."
    assert not studio.runs


def test_nobody_paints_for_somebody_elses_picture(studio, person):
    [scene] = painted(studio, Person("b", studio), {"id": person.made(), "series": "seeds"})
    assert scene["state"] == "refused"
    assert not studio.runs


def test_a_full_studio_says_so(studio, person):
    picture = person.made()
    studio.full = True
    [scene] = painted(studio, person, {"id": picture, "series": "leaps"})
    assert scene["line"].startswith("The studio is full")


# ---- words and papers


def test_every_word_of_the_tour_is_translated():
    """Also those that begin small, which a label may."""
    said = set()
    for path in SCRIPTS.glob("learn*.js"):
        for call in re.finditer(r"A\.say\(([^)]*)\)", path.read_text("utf-8")):
            said |= set(re.findall(r'"([^"]+)"', call.group(1)))
    assert "fresh noise" in said
    assert said - set(words.CHINESE) == set()


def test_papers_are_named_once_and_open_apart():
    source = (SCRIPTS / "learn_papers.js").read_text("utf-8")
    numbers = re.findall(r'", "(\d{4}\.\d{5})",', source)
    years = [int(year) for year in re.findall(r'\["[^"]* (\d{4})", "', source)]
    assert len(numbers) == len(set(numbers)) >= 15
    assert len(years) == len(numbers)
    assert years == sorted(years)
    assert 'target: "_blank", rel: "noopener"' in source
    named = {key for path in SCRIPTS.glob("learn_*.js") for key in _papers(path)}
    assert named <= set(re.findall(r"^    (\w+): \[", source, re.MULTILINE))


def _papers(path: Path) -> list[str]:
    found = re.search(r"papers: \[([^\]]*)\]", path.read_text("utf-8"))
    return re.findall(r'"(\w+)"', found.group(1)) if found else []
