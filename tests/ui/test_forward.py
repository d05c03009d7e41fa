"""What the forward panel and its endpoint read: exact arrays and levels, films; whose a picture is. Rows A1 to A11, B8, D2."""

import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from safetensors.numpy import load

from studio import film
from studio.diffusion.forward import SCHEDULES, noised
from studio.noising import latent_noise, of_picture, pixel_noise, shown, to_picture
from studio.ui.app import launch
from studio.ui.visitor import OWNER_COOKIE, new_token
from tests.fakes import FakeModel
from tests.ui.fake_studio import FakeStudio

PANEL = "atelier/forward"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    studio = FakeStudio(tmp_path_factory.mktemp("forward"), pace=0.005)
    page, address = launch(studio, prevent_thread_lock=True)  # type: ignore[arg-type]
    downloads = tmp_path_factory.mktemp("downloads")
    client = Client(address, verbose=False, download_files=str(downloads))
    yield SimpleNamespace(studio=studio, address=address, client=client)
    client.close()
    page.close(verbose=False)


@pytest.fixture
def person(served: SimpleNamespace) -> Iterator[httpx.Client]:
    """Somebody new, with a browser's cookie."""
    cookies = {OWNER_COOKIE: new_token()}
    with httpx.Client(base_url=served.address, cookies=cookies, timeout=60) as client:
        yield client


def picture(size: tuple[int, int] = (200, 120)) -> Image.Image:
    rgb = np.random.default_rng(size[0]).integers(0, 255, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(rgb)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def brought(person: httpx.Client, data: bytes) -> httpx.Response:
    return person.post("atelier/input", files={"file": ("x.png", data)})


def ask(person: httpx.Client, what: str, source: str, **values: Any) -> httpx.Response:
    return person.get(f"{PANEL}/{what}", params={"source": source} | values)


@pytest.fixture
def source(person: httpx.Client) -> str:
    return str(brought(person, encoded(picture())).json()["source"])


def test_pixels_are_the_picture_and_the_noise_of_the_seed(person: httpx.Client, source: str):
    arrays = load(ask(person, "pixels", source, seed=9).content)
    expected = of_picture(shown(picture()))
    assert np.array_equal(arrays["x0"], expected)
    assert np.array_equal(arrays["eps"], pixel_noise(expected.shape, 9))


def test_levels_are_the_schedules_to_the_last_digit(person: httpx.Client):
    told = person.get(f"{PANEL}/levels", params={"schedule": "cosine", "T": 321}).json()
    assert (told["T"], told["alpha_bars"]) == (321, SCHEDULES["cosine"](321).alpha_bars.tolist())
    own = person.get(f"{PANEL}/levels", params={"schedule": "model", "T": 321}).json()
    assert own["T"] == 1000, "the model has its own number of timesteps"


def test_the_latent_comes_with_the_noise_a_painting_would_start_from(
    person: httpx.Client, source: str
):
    import torch

    arrays = load(ask(person, "latent", source, seed=3).content)
    x = torch.from_numpy(of_picture(shown(picture())))[None]
    assert np.array_equal(arrays["x0"], FakeModel().encode_picture(x).mean[0].numpy())
    assert np.array_equal(arrays["eps"], latent_noise(arrays["x0"].shape, 3))
    assert arrays["weight"].shape == (3, 4)


def test_the_decoder_draws_the_very_latent_of_that_timestep(person: httpx.Client, source: str):
    import torch

    wish = {"seed": 3, "schedule": "linear"}
    arrays = load(ask(person, "latent", source, **wish).content)
    answer = ask(person, "decoded", source, space="latent", t=400, **wish)
    alpha_bar = SCHEDULES["linear"](1000).alpha_bar(400)
    x = noised(arrays["x0"], arrays["eps"], alpha_bar)
    expected = FakeModel().decode(torch.from_numpy(x)[None])[0]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), expected)


def test_examples_are_everybodys(person: httpx.Client):
    assert load(ask(person, "pixels", "example:forest").content)["x0"].shape == (3, 256, 256)
    assert ask(person, "pixels", "example:nowhere").status_code == 404


def test_a_model_that_is_not_there_yet_is_no_failure(person: httpx.Client, served: Any):
    served.studio.loaded = False
    try:
        answer = ask(person, "latent", "example:meadow")
        assert answer.status_code == 202
        assert answer.json()["message"] == "The model is still loading."
        assert ask(person, "pixels", "example:meadow").status_code == 200
        person.headers["accept-language"] = "zh-CN"
        assert ask(person, "latent", "example:meadow").json()["message"] == "模型还在加载。"
    finally:
        served.studio.loaded = True


# ---- whose a picture is


@pytest.mark.parametrize("what", ["pixels", "latent", "decoded", "film"])
def test_d2_a_picture_is_shown_to_nobody_else(
    person: httpx.Client, served: SimpleNamespace, source: str, what: str
):
    assert ask(person, what, source).status_code == 200
    with httpx.Client(base_url=served.address, cookies={OWNER_COOKIE: new_token()}) as stranger:
        answer = ask(stranger, what, source)
    assert (answer.status_code, answer.text) == (404, "Not found.")


def test_d2_nor_through_the_endpoint(served: SimpleNamespace, person: httpx.Client, source: str):
    with pytest.raises(AppError, match="not here any more"):
        served.client.predict(source=source, api_name="/forward")


# ---- films


@pytest.mark.parametrize("kind", ["png", "gif", "webp"])
def test_the_whole_way_is_a_file_to_keep(person: httpx.Client, source: str, kind: str):
    answer = ask(person, "film", source, kind=kind, frames=3)
    assert answer.headers["content-type"] == film.KINDS[kind]
    assert answer.headers["content-disposition"] == f'attachment; filename="noise-pixels.{kind}"'
    if kind == "png":
        sheet = np.asarray(Image.open(io.BytesIO(answer.content)))
        x0 = of_picture(shown(picture()))
        height, width = x0.shape[1:]
        last = to_picture(
            noised(x0, pixel_noise(x0.shape, 0), SCHEDULES["cosine"](1000).alpha_bar(999))
        )
        left = film.GAP + 2 * (width + film.GAP)
        assert np.array_equal(sheet[film.GAP :][:height, left : left + width], np.asarray(last))


@pytest.mark.parametrize(("frames", "count"), [(0, 1), (-7, 1), (10_000, film.STRIP_FRAMES)])
def test_b8_frames_are_capped(person: httpx.Client, source: str, frames: int, count: int):
    answer = ask(person, "film", source, kind="png", frames=frames)
    width = shown(picture()).width + film.GAP
    assert Image.open(io.BytesIO(answer.content)).width == count * width + film.GAP


@pytest.mark.parametrize(("t", "shown_t"), [(-1, 0), (10**12, 999), (1000, 999)])
def test_b8_a_timestep_out_of_range_is_the_nearest_one(
    person: httpx.Client, source: str, t: int, shown_t: int
):
    answer = ask(person, "decoded", source, space="pixels", t=t)
    assert (answer.status_code, answer.headers["x-timestep"]) == (200, str(shown_t))
    assert answer.content == ask(person, "decoded", source, space="pixels", t=shown_t).content


# ---- what is no wish


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"T": 9}, "T"),
        ({"T": 10**18}, "T"),
        ({"T": "many"}, "T"),
        ({"T": "1e3"}, "T"),
        ({"seed": -5}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"schedule": "../x"}, "schedule"),
        ({"space": "time"}, "space"),
        ({"source": ""}, "source"),
        ({"source": "/etc/passwd"}, "source"),
        ({"source": "example:../../x"}, "source"),
        ({"kind": "avi"}, "out"),
        ({"frames": "all"}, "frames"),
    ],
)
def test_a_wish_that_is_none_is_refused_in_one_sentence(
    person: httpx.Client, values: dict[str, Any], field: str
):
    answer = person.get(f"{PANEL}/film", params={"source": "example:forest"} | values)
    told = answer.json()
    assert (answer.status_code, told["field"]) == (422, field)
    assert told["message"].endswith(".")
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty."),
        (encoded(picture())[:400], "The image is damaged (ends too early)."),
        (b"%PDF-1.7", "Not a PNG, JPEG or WebP image."),
        (b"<svg onload=alert(1)>", "Not a PNG, JPEG or WebP image."),
        (encoded(Image.new("1", (5000, 5000))), "Image is 5000x5000 (25.0 MP); the limit is"),
        (encoded(Image.new("1", (2000, 16))), "Image is 2000x16: too thin."),
        (b"SIMPLE  =                    T", "Not a PNG, JPEG or WebP image."),
    ],
    ids=["A1", "A2", "A3", "A4", "A5", "A6", "A9"],
)
def test_a1_to_a9_what_is_no_picture_gets_no_way_into_noise(
    person: httpx.Client, served: SimpleNamespace, data: bytes, sentence: str
):
    assert brought(person, data).json()["message"].startswith(sentence)
    file = served.studio.home / "brought.png"
    file.write_bytes(data)
    with pytest.raises(AppError) as refused:
        served.client.predict(source=handle_file(str(file)), api_name="/forward")
    assert sentence.split(" (")[0] in str(refused.value)


def test_a8_of_an_animation_the_first_picture_disappears(person: httpx.Client):
    data = encoded(picture(), "WEBP", save_all=True, append_images=[picture((200, 120)).rotate(180)], lossless=True)  # fmt: skip
    source = brought(person, data).json()["source"]
    x0 = load(ask(person, "pixels", source).content)["x0"]
    assert np.array_equal(x0, of_picture(shown(picture())))


def test_a10_a_picture_of_another_kind_becomes_three_colours(person: httpx.Client):
    source = brought(person, encoded(picture().convert("CMYK"), "JPEG")).json()["source"]
    assert load(ask(person, "pixels", source).content)["x0"].shape[0] == 3


def test_a11_a_picture_on_its_side_disappears_upright(person: httpx.Client):
    exif = Image.Exif()
    exif[0x0112] = 6
    source = brought(person, encoded(picture(), "JPEG", exif=exif)).json()["source"]
    _, height, width = load(ask(person, "pixels", source).content)["x0"].shape
    assert height > width


# ---- the endpoint


def test_a_program_gets_numbers_and_a_picture_per_timestep(served: SimpleNamespace):
    file = served.studio.home / "brought.png"
    picture().save(file)
    events = list(
        served.client.submit(
            source=handle_file(str(file)),
            timesteps=[0, 500, 5000],
            schedule="linear",
            T=1000,
            seed=4,
            api_name="/forward",
        )
    )
    assert [event["event"] for event in events] == ["note", *["timestep"] * 3]
    assert "5000 is out of range" in events[0]["message"]
    x0 = of_picture(shown(picture()))
    schedule = SCHEDULES["linear"](1000)
    for event, t in zip(events[1:], (0, 500, 999), strict=True):
        assert (event["t"], event["alpha_bar"]) == (t, schedule.alpha_bar(t))
        assert event["sigma"] == pytest.approx(schedule.sigma(t))
        assert event["snr_db"] == pytest.approx(schedule.snr_db(t))
        expected = to_picture(noised(x0, pixel_noise(x0.shape, 4), schedule.alpha_bar(t)))
        assert np.array_equal(np.asarray(Image.open(event["file"])), np.asarray(expected))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"source": ""}, "Choose a picture first."),
        ({"source": "/etc/passwd"}, "Picture must look like"),
        ({"timesteps": "0,1"}, "Timesteps must be a list of whole numbers."),
        ({"timesteps": [0.5]}, "Timesteps must be a list of whole numbers."),
        ({"T": None}, "Timesteps must be a whole number, got None."),
        ({"seed": 2**60}, "Seed of the noise must be from 0"),
        ({"space": "time"}, "Unknown space"),
    ],
)
def test_b9_a_wrong_call_is_answered_in_one_sentence(
    served: SimpleNamespace, values: dict[str, Any], sentence: str
):
    with pytest.raises(AppError) as refused:
        served.client.predict(**({"source": "example:forest"} | values), api_name="/forward")
    assert sentence in str(refused.value)
