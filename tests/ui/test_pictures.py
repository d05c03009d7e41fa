"""Pictures people bring: taken in by one route, shown to their owners only, and never fetched from anywhere. Rows A1 to A14."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from studio.core.errors import RecipeError
from studio.core.recipes import ImageToImage, Inpaint, Outpaint
from studio.ui.app import launch
from studio.ui.pictures import Pictures
from studio.ui.visitor import OWNER_COOKIE, new_token
from tests.ui.fake_studio import FakeStudio

PUT = "atelier/input"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    studio = FakeStudio(tmp_path_factory.mktemp("pictures"), pace=0.005)
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
    with httpx.Client(base_url=served.address, cookies=cookies, timeout=20) as client:
        yield client


def image(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(size[0]).integers(0, 255, (size[1], size[0], len(mode)), np.uint8)
    return Image.fromarray(noise.squeeze(), mode)


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def put(person: httpx.Client, data: bytes, **fields: str) -> httpx.Response:
    return person.post(PUT, files={"file": ("x.png", data)}, data=fields)


def name_of(person: httpx.Client, picture: Image.Image) -> str:
    return str(put(person, encoded(picture)).json()["source"])


def seen(person: httpx.Client, name: str) -> httpx.Response:
    return person.get(f"{PUT}/{name.removeprefix('sha256:')}")


# ---- the route


def test_a_picture_is_named_by_its_content_and_shown_again(person: httpx.Client):
    picture = image()
    told = put(person, encoded(picture)).json()
    assert (told["width"], told["height"], told["notices"], told["mask"]) == (96, 64, [], "")
    again = put(person, encoded(picture, optimize=True)).json()
    assert again["source"] == told["source"]
    shown = seen(person, told["source"])
    assert shown.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(shown.content)).tobytes() == picture.tobytes()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_taken(person: httpx.Client, kind: str):
    assert put(person, encoded(image(), kind)).json()["width"] == 96


def test_a11_a_picture_on_its_side_comes_in_upright(person: httpx.Client):
    exif = Image.Exif()
    exif[0x0112] = 6
    told = put(person, encoded(image(), "JPEG", exif=exif)).json()
    assert (told["width"], told["height"]) == (64, 96)


def test_a_transparent_picture_lies_on_its_backdrop_and_brings_its_mask(person: httpx.Client):
    picture = Image.new("RGBA", (32, 32), (255, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 16, 32))
    told = put(person, encoded(picture), backdrop="#00ff00").json()
    flat = Image.open(io.BytesIO(seen(person, told["source"]).content))
    assert (flat.getpixel((2, 2)), flat.getpixel((30, 2))) == ((0, 255, 0), (255, 0, 0))
    mask = Image.open(io.BytesIO(seen(person, told["mask"]).content))
    assert (mask.mode, mask.getpixel((2, 2)), mask.getpixel((30, 2))) == ("L", 255, 0)


def test_what_a_notice_says_is_in_the_persons_language(person: httpx.Client):
    frames = [image(), image().transpose(Image.Transpose.ROTATE_180)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    said = put(person, data).json()["notices"]
    assert said == ["This is an animation; its first picture is taken."]
    person.headers["accept-language"] = "zh-CN"
    assert put(person, data).json()["notices"] == ["这是动画；取第一张。"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty."),
        (encoded(image())[:400], "The image is damaged (ends too early)."),
        (b"<svg onload=alert(1)>", "Not a PNG, JPEG or WebP image."),
        (b"%PDF-1.7", "Not a PNG, JPEG or WebP image."),
        (encoded(Image.new("1", (5000, 5000))), "Image is 5000x5000 (25.0 MP); the limit is"),
        (encoded(Image.new("1", (2000, 16))), "Image is 2000x16: too thin."),
    ],
    ids=["A1 empty", "A2 cut", "A4 SVG", "A3 PDF", "A5 large", "A6 thin"],
)
def test_what_is_no_picture_is_refused_in_one_sentence(
    person: httpx.Client, data: bytes, sentence: str
):
    answer = put(person, data)
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(sentence)
    assert "Traceback" not in answer.text


def test_a_backdrop_that_is_no_colour_is_refused(person: httpx.Client):
    answer = put(person, encoded(image()), backdrop="red; url(x)")
    assert (answer.status_code, answer.json()["field"]) == (422, "backdrop")


@pytest.mark.parametrize(
    "request_",
    [
        {"content": b"raw"},
        {"json": {"file": "data:image/png;base64,AAAA"}},
        {"files": [("file", b"1"), ("file", b"2")]},
        {"files": {"file": b"1"}, "data": {str(n): "x" for n in range(1000)}},
        {"content": b"nonsense", "headers": {"content-type": "multipart/form-data; boundary=b"}},
        {"content": b"nonsense", "headers": {"content-type": "multipart/form-data"}},
    ],
    ids=["raw", "A13 data in JSON", "two files", "A14 1,000 parts", "broken", "no boundary"],
)
def test_a_request_that_is_not_one_picture_is_refused(
    person: httpx.Client, request_: dict[str, Any]
):
    answer = person.post(PUT, **request_)
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text


def test_a_form_without_a_file_says_what_to_do(person: httpx.Client):
    answer = person.post(PUT, files={"as": (None, "picture")})
    assert answer.json()["message"] == "Choose a picture first."


def test_a14_a_file_larger_than_the_limit_is_refused(person: httpx.Client):
    answer = put(person, b"\x89PNG" + b"x" * (21 * 2**20))
    assert answer.status_code == 413


# ---- masks, row A12


def test_a12_a_mask_of_another_size_is_stretched_and_says_so(person: httpx.Client):
    source = name_of(person, image((96, 64)))
    mask = Image.new("L", (48, 32))
    mask.paste(255, (0, 0, 24, 32))
    told = put(person, encoded(mask), source=source, **{"as": "mask"}).json()
    assert (told["width"], told["height"]) == (96, 64)
    assert told["notices"] == [
        "The mask is 48x32 and the picture 96x64; the mask was stretched to fit."
    ]
    stretched = Image.open(io.BytesIO(seen(person, told["source"]).content))
    assert stretched.getbbox() == (0, 0, 48, 64)


def test_a12_a_mask_without_its_picture_is_refused(person: httpx.Client):
    told = put(person, encoded(Image.new("L", (48, 32))), **{"as": "mask"}).json()
    assert (told["field"], told["message"]) == ("source", "Choose a picture first.")


def test_a12_an_empty_mask_is_refused_and_a_full_one_paints_everything(served: SimpleNamespace):
    source = handle_file_of(served, image())
    with pytest.raises(AppError, match="Paint the area to change first"):
        served.client.predict(
            prompt="a lake",
            source=source,
            mask=handle_file_of(served, Image.new("L", (96, 64))),
            api_name="/inpaint",
        )
    full = handle_file_of(served, Image.new("L", (96, 64), 255))
    events = list(
        served.client.submit(
            prompt="a lake", source=source, mask=full, steps=2, api_name="/inpaint"
        )
    )
    assert events[-1]["event"] == "finished"


# ---- whose a picture is


def test_a_picture_is_shown_to_nobody_else(person: httpx.Client, served: SimpleNamespace):
    name = name_of(person, image())
    assert seen(person, name).status_code == 200
    with httpx.Client(base_url=served.address, cookies={OWNER_COOKIE: new_token()}) as stranger:
        answer = seen(stranger, name)
    assert (answer.status_code, answer.text) == (404, "Not found.")
    assert httpx.get(f"{served.address}{PUT}/{name[7:]}").status_code == 404


@pytest.mark.parametrize("name", ["../../etc/passwd", "0" * 64, "sha256:x", "%00", "x" * 4000])
def test_a_name_that_is_none_shows_nothing(person: httpx.Client, name: str):
    assert person.get(f"{PUT}/{name}").status_code in (404, 405)


def test_nobody_paints_from_a_picture_they_only_know_the_name_of(tmp_path: Path):
    studio: Any = FakeStudio(tmp_path)
    pictures = Pictures(studio)
    name = pictures.bring(encoded(image()), "mine").source
    pictures.check(ImageToImage(source=name), "mine")
    for recipe in (ImageToImage(source=name), Inpaint(source=name), Outpaint(source=name)):
        with pytest.raises(RecipeError, match="not here any more") as refused:
            pictures.check(recipe, "yours")
        assert refused.value.field == "source"


def test_a_result_goes_on_as_input_with_its_own_words(person: httpx.Client, served: Any):
    from studio.core.recipes import TextToImage
    from studio.ui.visitor import owner_of

    owner = owner_of(SimpleNamespace(cookies=dict(person.cookies), session_hash=None))
    recipe = TextToImage(prompt="a lake", style="oil", width=64, height=64, seed=1)
    result = served.studio.keep(image((64, 64)), recipe, owner, 20)
    told = person.post(PUT, files={"picture": (None, result.id)}).json()
    assert (told["prompt"], told["style"], told["width"]) == ("a lake", "oil", 64)
    other = person.post(PUT, files={"picture": (None, "nobody's")})
    assert other.json()["message"] == "This picture is not here any more."


# ---- the endpoints, row A13


def handle_file_of(served: SimpleNamespace, picture: Image.Image) -> Any:
    path = served.studio.home / f"brought-{picture.mode}-{picture.size[0]}-{picture.getbbox()}.png"
    picture.save(path)
    return handle_file(str(path))


def test_a_program_brings_files(served: SimpleNamespace):
    events = list(
        served.client.submit(
            prompt="a lake",
            source=handle_file_of(served, image()),
            strength=0.5,
            steps=2,
            api_name="/stylise",
        )
    )
    recipe = events[-1]["recipe"]
    assert recipe["kind"] == "image_to_image"
    assert recipe["source"].startswith("sha256:")
    again = served.client.predict(
        source=recipe["source"], prompt="a lake", steps=1, api_name="/stylise"
    )
    assert again["event"] == "finished"


def test_outpainting_by_program_counts_its_proof(served: SimpleNamespace):
    last = served.client.predict(
        prompt="a lake",
        source=handle_file_of(served, image()),
        left=32,
        steps=2,
        api_name="/outpaint",
    )
    assert (last["width"], last["height"], last["changed_outside"]) == (128, 64, 0)


@pytest.fixture
def elsewhere() -> Iterator[SimpleNamespace]:
    """A server that counts who asks it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/x.png", asked=asked)
    server.shutdown()


def file_data(**fields: str) -> dict[str, Any]:
    return fields | {"meta": {"_type": "gradio.FileData"}}


def test_a13_paths_addresses_and_data_are_neither_read_nor_fetched(
    served: SimpleNamespace, elsewhere: SimpleNamespace
):
    for source in (
        file_data(path="/etc/passwd"),
        file_data(path="../../../etc/passwd"),
        file_data(path=elsewhere.url),
        file_data(path="x.png", url=elsewhere.url),
        file_data(path="", url="http://169.254.169.254/latest"),
        file_data(path="data:image/png;base64,AAAA"),
        {"path": "/etc/passwd"},
        "data:image/png;base64,AAAA",
        elsewhere.url,
        "/etc/passwd",
        ["sha256:" + "0" * 64],
        {"a": [1]},
        7,
        "sha256:" + "0" * 64,
    ):
        said = called(served, {"prompt": "a lake", "source": source})
        assert "root:" not in said, source
        assert "Traceback" not in said, source
        assert "event: error" in said or "HTTP 4" in said, (source, said)
    assert elsewhere.asked == []


def test_a13_a_large_data_url_is_refused_by_its_size(served: SimpleNamespace):
    source = "data:image/png;base64," + "A" * 30_000_000
    assert called(served, {"source": source}) == "HTTP 413 The request is larger than 20 MB."
    source = "data:image/png;base64," + "A" * 3_000_000
    assert called(served, {"source": source}) == "HTTP 413 The request is larger than 2 MB."


def called(served: SimpleNamespace, values: dict[str, Any]) -> str:
    """What an endpoint says to a raw request."""
    with httpx.Client(base_url=served.address, timeout=20) as client:
        answer = client.post("gradio_api/call/v2/stylise", json=values)
        if answer.status_code != 200:
            return f"HTTP {answer.status_code} {answer.text}"
        event = answer.json()["event_id"]
        return client.get(f"gradio_api/call/stylise/{event}").text
