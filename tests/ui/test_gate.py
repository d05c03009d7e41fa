"""Bad requests: refused with a plain sentence, the process alive, no traceback. Named after the rows of the fault table."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.responses import HTMLResponse

from studio.ui.app import launch
from studio.ui.middleware import Gate
from studio.ui.visitor import OWNER_COOKIE, new_token, owner_of
from tests.ui.fake_studio import FakeStudio, sky

JOIN = "gradio_api/queue/join"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    studio = FakeStudio(tmp_path_factory.mktemp("gate"), pace=0.005)
    page, address = launch(studio, prevent_thread_lock=True)  # type: ignore[arg-type]
    with httpx.Client(base_url=address, timeout=20) as client:
        yield SimpleNamespace(studio=studio, page=page, client=client, address=address)
    page.close(verbose=False)


def paint_event(page: Any) -> int:
    return next(number for number, event in page.fns.items() if event.name == "paint")


def says_little(answer: httpx.Response) -> bool:
    return (
        "Traceback" not in answer.text and 'File "' not in answer.text and len(answer.text) < 2000
    )


@pytest.mark.parametrize("number", [9999, -1, "0", None if False else 1.5, True, [0], {"a": 1}])
def test_b9_an_event_that_does_not_exist_is_refused(served: SimpleNamespace, number: object):
    answer = served.client.post(JOIN, json={"fn_index": number, "data": [], "session_hash": "s"})
    assert 400 <= answer.status_code < 500
    assert says_little(answer)


def test_b9_too_few_or_too_many_values_are_refused(served: SimpleNamespace):
    event = paint_event(served.page)
    for data in ([], [1] * 500, None, "text", {"0": 1}):
        body = {"fn_index": event, "data": data, "session_hash": "s"}
        answer = served.client.post(JOIN, json=body)
        assert 400 <= answer.status_code < 500, data
        assert says_little(answer)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000, b'{"data":' * 100_000, b"{", b"nonsense", b"7", b'"text"', b"[]",
        b"\xff\xfe", b'{"data": [NaN}',
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path",
    [JOIN, "gradio_api/call/text_to_image", "gradio_api/run/text_to_image", "gradio_api/cancel"],
)
def test_b9_what_is_no_request_is_refused(served: SimpleNamespace, path: str, body: bytes):
    answer = served.client.post(path, content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert says_little(answer)


@pytest.mark.parametrize("name", ["nope", "paint", "../../etc/passwd", "%00", "x" * 3000])
def test_b9_an_endpoint_that_does_not_exist_is_refused(served: SimpleNamespace, name: str):
    for way in ("call", "call/v2", "run", "api"):
        answer = served.client.post(f"gradio_api/{way}/{name}", json={"data": []})
        assert 400 <= answer.status_code < 500, way
        assert says_little(answer)


@pytest.mark.parametrize("data", [[], ["a"] * 40, {"a": 1}, None])
def test_b9_a_call_of_the_wrong_shape_is_refused(served: SimpleNamespace, data: object):
    answer = served.client.post("gradio_api/call/text_to_image", json={"data": data})
    if answer.status_code == 200:
        stream = served.client.get(f"gradio_api/call/text_to_image/{answer.json()['event_id']}")
        assert "event: error" in stream.text
        assert says_little(stream)
    else:
        assert 400 <= answer.status_code < 500
        assert says_little(answer)


def test_b9_a_parameter_that_does_not_exist_is_refused_by_name(served: SimpleNamespace):
    answer = served.client.post("gradio_api/call/v2/text_to_image", json={"promt": "a lake"})
    assert answer.status_code == 422
    assert "no parameter 'promt'" in answer.text


def test_nothing_runs_past_the_queue(served: SimpleNamespace):
    answer = served.client.post("gradio_api/run/text_to_image", json={"data": ["a lake"]})
    assert answer.status_code == 404


def test_a_request_too_large_is_refused_whatever_it_claims(served: SimpleNamespace):
    body = json.dumps({"fn_index": 0, "data": ["x" * 3_000_000], "session_hash": "s"}).encode()
    assert served.client.post(JOIN, content=body).status_code == 413

    def drops() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for _ in range(40):
            yield b"x" * 2**20

    assert served.client.post(JOIN, content=drops()).status_code == 413
    form = {"content-type": "multipart/form-data; boundary=x"}
    answer = served.client.post("gradio_api/upload", content=drops(), headers=form)
    assert answer.status_code == 413


def test_answers_carry_their_guards(served: SimpleNamespace):
    answer = served.client.get("/")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "object-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{OWNER_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_page_names_no_other_host(served: SimpleNamespace):
    document = served.client.get("/").text
    head = document[: document.index("window.gradio_config")]
    assert "http://" not in head
    assert "https://" not in head


def test_only_the_pages_own_files_are_readable(served: SimpleNamespace):
    assert served.client.get("atelier/ui/studio.css").status_code == 200
    for path in (
        "atelier/models/palette", "atelier/ui/../models/palette/model_index.json",
        "atelier/ui/%2e%2e%2fstudio.css", "gradio_api/file=/etc/passwd", "gradio_api/file=app.py",
        "openapi.json", "docs", "monitoring", "gradio_api/monitoring/summary",
    ):  # fmt: skip
        assert served.client.get(path).status_code in (403, 404), path


def test_d2_a_picture_is_its_owners_alone_and_byte_for_byte(served: SimpleNamespace):
    token = new_token()
    cookies = {OWNER_COOKIE: token}
    owner = owner_of(SimpleNamespace(cookies=cookies, session_hash=None))
    recipe = served.studio.submit(_recipe(), owner).recipe
    result = served.studio.keep(sky(recipe), recipe, owner, 20)
    headers = {"cookie": f"{OWNER_COOKIE}={token}"}
    mine = served.client.get(f"picture/{result.id}", headers=headers)
    assert mine.content == result.path.read_bytes()
    assert mine.headers["content-type"] == "image/png"
    small = served.client.get(f"picture/{result.id}/small", headers=headers)
    assert small.headers["content-type"] == "image/jpeg"
    saved = served.client.get(f"picture/{result.id}?download=1", headers=headers)
    assert saved.headers["content-disposition"].startswith("attachment")
    for other in ({}, {"cookie": f"{OWNER_COOKIE}={new_token()}"}):
        answer = served.client.get(f"picture/{result.id}", headers=other)
        assert (answer.status_code, answer.text) == (404, "Not found.")
    assert served.client.get("picture/..%2f..%2fetc%2fpasswd", headers=headers).status_code == 404


def test_d2_news_of_a_session_are_its_owners_alone(served: SimpleNamespace):
    mine, other = ({"cookie": f"{OWNER_COOKIE}={new_token()}"} for _ in range(2))
    body = {"fn_index": 0, "data": [], "session_hash": "abcdefgh12"}
    body["fn_index"] = next(n for n, event in served.page.fns.items() if not event.inputs)
    assert served.client.post(JOIN, json=body, headers=mine).status_code == 200
    for answer in (
        served.client.get("gradio_api/queue/data?session_hash=abcdefgh12", headers=other),
        served.client.get("gradio_api/heartbeat/abcdefgh12", headers=other),
        served.client.post(JOIN, json=body, headers=other),
        served.client.post("gradio_api/cancel", json=body | {"event_id": "x"}, headers=other),
        served.client.get("gradio_api/queue/data?session_hash=abcdefgh12"),
    ):
        assert (answer.status_code, answer.text) == (404, "There is no such session.")


def test_a_picture_that_was_deleted_is_not_found(served: SimpleNamespace, tmp_path: Path):
    token = new_token()
    owner = owner_of(SimpleNamespace(cookies={OWNER_COOKIE: token}, session_hash=None))
    recipe = served.studio.submit(_recipe(), owner).recipe
    result = served.studio.keep(Image.new("RGB", (8, 8)), recipe, owner, 20)
    result.path.unlink()
    headers = {"cookie": f"{OWNER_COOKIE}={token}"}
    assert served.client.get(f"picture/{result.id}", headers=headers).status_code == 404
    assert served.client.get(f"picture/{result.id}/small", headers=headers).status_code == 404


def test_the_process_still_serves_after_all_this(served: SimpleNamespace):
    assert served.client.get("/").status_code == 200
    assert served.client.get("atelier/status").json()["state"] == "ready"


def _recipe() -> Any:
    from studio.core.recipes import TextToImage

    return TextToImage(prompt="a lake", width=64, height=64)


def test_in_a_frame_of_another_site_the_cookie_still_comes_back():
    """A Space lives in a frame of huggingface.co, where browsers send only cookies made for that."""

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await HTMLResponse("<html></html>")(scope, receive, send)

    def first_visit(hosted: bool, scheme: str) -> httpx.Response:
        gate = Gate(
            page,
            decorate=lambda _, document: document,
            arity=dict,
            endpoints=dict,
            hosted=hosted,
        )

        async def get() -> httpx.Response:
            transport = httpx.ASGITransport(app=gate)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.get("/", headers={"x-forwarded-proto": scheme})

        return asyncio.run(get())

    framed = first_visit(hosted=True, scheme="https")
    assert framed.headers["set-cookie"].endswith("HttpOnly; SameSite=None; Secure; Partitioned")
    assert "https://huggingface.co" in framed.headers["content-security-policy"]
    at_home = first_visit(hosted=False, scheme="http")
    assert at_home.headers["set-cookie"].endswith("HttpOnly; SameSite=Lax")
    assert "huggingface" not in at_home.headers["content-security-policy"]


def knocked(method: str, *, workstation: bool, **headers: str) -> httpx.Response:
    """What a studio's gate answers; behind it every request is fine."""

    async def fine(scope: Any, receive: Any, send: Any) -> None:
        await HTMLResponse("the secret")(scope, receive, send)

    gate = Gate(
        fine,
        decorate=lambda _, document: document,
        arity=dict,
        endpoints=dict,
        workstation=workstation,
    )

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, "/picture/x", headers=named)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:7860", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:7999", "[::1]",
        "[::1]:7860",
    ],
)  # fmt: skip
def test_a_workstation_answers_to_its_own_names(host: str):
    assert knocked("GET", workstation=True, host=host).status_code == 200
    assert knocked("POST", workstation=True, host=host).status_code == 200, (
        "programs send no Origin"
    )


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:7999", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:7860",
        "192.0.2.7:7860", "0.0.0.0:7860", "evil@localhost", "localhost/evil", "localhost#", "[::1",
        "localhost:7860:1", "", " ",
    ],
)  # fmt: skip
def test_a_strangers_name_that_leads_to_a_workstation_opens_nothing(host: str):
    """DNS rebinding: the page of another site, whose name now means 127.0.0.1, is of one origin with us to the browser."""
    for method in ("GET", "POST"):
        answer = knocked(method, workstation=True, host=host, origin=f"http://{host}")
        assert answer.status_code == 403
        assert answer.text.endswith("open it as localhost or 127.0.0.1.")


@pytest.mark.parametrize(
    "header", ["forwarded", "x_forwarded_for", "x_forwarded_host", "x_forwarded_proto", "x_real_ip"]
)
def test_whoever_comes_through_a_proxy_is_not_the_person_at_the_machine(header: str):
    answer = knocked("GET", workstation=True, **{header: "192.0.2.7"})
    assert answer.status_code == 403
    assert "STUDIO_SHARED=1" in answer.text
    assert knocked("GET", workstation=False, **{header: "192.0.2.7"}).status_code == 200


@pytest.mark.parametrize("workstation", [True, False])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "http://localhost:3000", "http://127.0.0.1:7860", "null", "",
        "https://localhost:7860.evil.example", "http://evil@localhost:7860", "file://", "http://",
        "localhost:7860",
    ],
)  # fmt: skip
def test_pages_of_other_sites_change_nothing(origin: str, workstation: bool):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = knocked(method, workstation=workstation, host="localhost:7860", origin=origin)
        assert (answer.status_code, answer.text) == (403, "Pages of other sites may not do this.")


@pytest.mark.parametrize(
    ("headers", "workstation"),
    [
        ({"host": "localhost:7860", "origin": "http://localhost:7860"}, True),
        ({"host": "[::1]:7860", "origin": "http://[::1]:7860"}, True),
        ({"host": "localhost", "origin": "http://localhost:80"}, True),
        ({"host": "someone-atelier.hf.space", "origin": "https://someone-atelier.hf.space"}, False),
        ({"host": "192.0.2.7:7860", "origin": "http://192.0.2.7:7860"}, False),
        (
            {
                "host": "127.0.0.1:7860",
                "x_forwarded_host": "atelier.example",
                "origin": "https://atelier.example",
            },
            False,
        ),
    ],
)
def test_our_own_page_may_also_in_a_frame_of_another_site(
    headers: dict[str, str], workstation: bool
):
    """A frame's requests carry the frame's own Origin, whatever site is around it."""
    assert knocked("POST", workstation=workstation, **headers).status_code == 200


def test_a_served_workstation_is_closed_to_strangers(served: SimpleNamespace):
    """As launched from its settings; its own self-request at the start has passed by now."""
    evil = {"host": "evil.example:7999"}
    for path in ("/", "config", "atelier/status", "picture/aaaaaaaaaaaaaaaa", "gradio_api/info"):
        assert served.client.get(path, headers=evil).status_code == 403, path
    body = {"fn_index": 0, "data": [], "session_hash": "stranger12"}
    foreign = {"origin": "https://evil.example"}
    for headers in (evil, foreign):
        assert served.client.post(JOIN, json=body, headers=headers).status_code == 403
        star = served.client.post("steps/aaaaaaaaaaaaaaaa/star?on=1", headers=headers)
        assert star.status_code == 403


def test_what_breaks_behind_the_gate_is_an_id_without_a_story(caplog: Any):
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("the secret")

    gate = Gate(broken, decorate=lambda _, document: document, arity=dict, endpoints=dict)

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/config")

    answer = asyncio.run(get())
    assert answer.status_code == 500
    assert re.fullmatch(r"Something broke on our side \(id [0-9a-f]{8}\)\.", answer.text)
    assert "the secret" in caplog.text


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
def test_a14_a_body_that_drips_in_is_refused_and_its_place_freed(kind: str):
    """One byte, then nothing: whoever waits for the rest is let go within the gate's patience."""

    async def reader(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass

    gate = Gate(
        reader, decorate=lambda _, document: document, arity=dict, endpoints=dict, patience=0.05
    )

    async def post() -> int:
        sent: list[Any] = []
        left = [{"type": "http.request", "body": b"{", "more_body": True}]

        async def receive() -> Any:
            return left.pop() if left else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", kind.encode()), (b"content-length", b"1000")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/gradio_api/upload",
            "headers": headers,
            "query_string": b"",
        }
        await gate(scope, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(post()) == 408
