"""The programming interface, through Gradio's own client."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from studio import api
from studio.core.recipe import params
from studio.core.recipes import RECIPES
from studio.ui.app import endpoint_parameters, launch
from studio.ui.pictures import Pictures
from tests.ui.fake_studio import FakeStudio

NAME = "/text_to_image"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    studio = FakeStudio(tmp_path_factory.mktemp("api"), pace=0.01)
    page, address = launch(studio, prevent_thread_lock=True)  # type: ignore[arg-type]
    downloads = tmp_path_factory.mktemp("downloads")
    client = Client(address, verbose=False, download_files=str(downloads))
    yield SimpleNamespace(studio=studio, client=client)
    client.close()
    page.close(verbose=False)


def test_the_parameters_are_the_recipes_fields_with_their_defaults(served: SimpleNamespace):
    told = served.client.view_api(return_format="dict")["named_endpoints"]
    names = {f"/{api.NAMES[kind]}": recipe for kind, recipe in RECIPES.items()}
    public = endpoint_parameters(served.studio, Pictures(served.studio))
    assert set(told) == {f"/{name}" for name in public}, "nothing else can be called"
    for name, parameters in public.items():
        given = [one["parameter_name"] for one in told[f"/{name}"]["parameters"]]
        assert given == list(parameters)
    for name, recipe in names.items():
        parameters = told[name]["parameters"]
        assert [one["parameter_name"] for one in parameters] == list(params(recipe))
        defaults = {one["parameter_name"]: one["parameter_default"] for one in parameters}
        assert defaults == {field: getattr(recipe(), field) for field in params(recipe)} | {
            "turns": []
        }


def test_events_stream_and_end_with_the_picture(served: SimpleNamespace):
    events = list(served.client.submit(prompt="a lake", seed=5, steps=8, api_name=NAME))
    assert [event["event"] for event in events] == ["queued", *["step"] * 8, "finished"]
    assert events[3]["preview"].startswith("data:image/jpeg;base64,")
    last = events[-1]
    assert last["recipe"]["seed"] == 5
    _, kept = served.studio.results[last["id"]]
    assert Path(last["file"]).read_bytes() == kept.path.read_bytes()


def test_several_pictures_tell_which_one_they_speak_of(served: SimpleNamespace):
    events = list(served.client.submit(prompt="a lake", count=3, steps=2, api_name=NAME))
    ended = [event["picture"] for event in events if event["event"] == "finished"]
    assert sorted(ended) == [0, 1, 2]


def test_leaving_stops_the_run(served: SimpleNamespace):
    job = served.client.submit(prompt="a lake", steps=150, api_name=NAME)
    next(event for event in job if event["event"] == "step")
    job.cancel()
    [run] = [run for run in served.studio.runs.values() if run.recipe.steps == 150]
    served.client.predict(prompt="a lake", steps=1, api_name=NAME)
    assert run.stopped


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"width": 7}, "Width must be from 64 to 2048, got 7. Choose a value from 64 to 2048."),
        ({"width": "512"}, "Width must be a whole number, got '512'."),
        ({"steps": 2.5}, "Steps must be a whole number, got 2.5."),
        ({"count": 10**6}, "How many must be from 1 to 8, got 1000000."),
        ({"guidance_scale": -1e9}, "Guidance must be from 0 to 30, got -1000000000.0."),
        ({"style": "oill"}, "Unknown style 'oill'. Did you mean oil?"),
        ({"seed": 2**64}, "Seed must be from 0 to 9007199254740991, got 18446744073709551616."),
        ({"prompt": ["a"]}, "Prompt must be text, got ['a']."),
        ({"prompt": ""}, "Say what to paint, or choose a style."),
    ],
)
def test_a_wish_that_cannot_be_is_refused_in_words(
    served: SimpleNamespace, wish: dict[str, object], words: str
):
    with pytest.raises(AppError) as refused:
        served.client.predict(**({"prompt": "a lake"} | wish), api_name=NAME)
    assert words in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_what_breaks_on_our_side_reaches_a_program_as_an_id(served: SimpleNamespace):
    served.studio.broken = True
    try:
        with pytest.raises(AppError, match=r"Something broke on our side \(id [0-9a-f]{8}\)"):
            served.client.predict(prompt="a lake", api_name=NAME)
    finally:
        served.studio.broken = False


def test_a_picture_is_shown_step_by_step(served: SimpleNamespace):
    *_, painted = served.client.submit(prompt="a lake", seed=3, steps=5, api_name=NAME)
    table, *frames = served.client.submit(
        picture=painted["id"], view="clean", steps=[0, 4, 5], quick=True, api_name="/reverse"
    )
    assert (table["state"], len(table["steps"])) == ("done", 5)
    assert [frame["index"] for frame in frames] == [0, 4, 5]
    _, kept = served.studio.results[painted["id"]]
    shown = [Image.open(frame["file"]).tobytes() for frame in frames]
    assert shown[-1] == Image.open(kept.path).tobytes(), "after the last pass: the picture itself"
    assert len(set(shown)) == 3


def test_b8_steps_out_of_range_are_clamped_and_capped_and_said_so(served: SimpleNamespace):
    *_, painted = served.client.submit(prompt="a lake", seed=3, steps=5, api_name=NAME)
    _, note, frame = served.client.submit(
        picture=painted["id"], steps=[-3], quick=True, api_name="/reverse"
    )
    assert note["message"] == "There is no step -3; step 0 is shown." and frame["index"] == 0
    _, note, *frames = served.client.submit(
        picture=painted["id"], steps=[2] * 10_000, quick=True, api_name="/reverse"
    )
    assert note["message"] == "10000 steps are too many at once; the first 64 are shown."
    assert len(frames) == 64
    with pytest.raises(AppError, match="Steps must be a list of whole numbers"):
        served.client.predict(picture=painted["id"], steps=["a"], api_name="/reverse")


def test_a_branch_is_painted_from_a_step_on(served: SimpleNamespace):
    *_, painted = served.client.submit(prompt="a lake", seed=3, steps=6, api_name=NAME)
    events = list(
        served.client.submit(picture=painted["id"], at=4, prompt="a boat", api_name="/branch")
    )
    assert [event["event"] for event in events].count("step") == 2
    turns = events[-1]["recipe"]["turns"]
    assert turns == [{"at": 4, "prompt": "a boat", "change": 0.0}]


def test_a_stopped_picture_goes_on(served: SimpleNamespace):
    *_, painted = served.client.submit(prompt="a lake", seed=77, steps=6, api_name=NAME)
    owner, whole = served.studio.results[painted["id"]]
    stopped = served.studio.keep(Image.open(whole.path), whole.recipe, owner, 4)
    events = list(served.client.submit(picture=stopped.id, api_name="/resume"))
    steps = [event["index"] for event in events if event["event"] == "step"]
    assert steps == [5, 6] and events[-1]["event"] == "finished"


@pytest.mark.parametrize("name", ["/reverse", "/resume", "/branch"])
def test_a_picture_of_nobody_is_answered_in_words(served: SimpleNamespace, name: str):
    extra = {"at": 1} if name == "/branch" else {}
    with pytest.raises(AppError, match="There is no such picture"):
        served.client.predict(picture="a" * 16, **extra, api_name=name)
