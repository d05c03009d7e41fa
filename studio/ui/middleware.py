"""What stands between the network and Gradio: who may call, size and shape of requests, headers of answers,
owner's cookie, head of the page.

Requests that Gradio would choke on are refused here with one plain sentence. No answer carries a traceback.
"""

import asyncio
import json
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from studio.ui.strangers import objection
from studio.ui.visitor import OWNER_COOKIE, is_token, new_token

log = logging.getLogger("studio.page")

MAX_BODY = 20 * 2**20
"""Largest request, bytes."""

MAX_JSON = 2 * 2**20
"""Largest JSON request, bytes; the page's own are a few kilobytes."""

PATIENCE = 60.0
"""Seconds a request's body may take to arrive: 20 MB over a slow line, not a byte a second."""

MAX_DEPTH = 32
"""Deepest nesting of a JSON request."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio draws custom components with new Function and starts with inline scripts.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}

_CALL = re.compile(r"/gradio_api/(?:call/(?P<v2>v2/)?|run/|api/)(?P<name>.*?)/?", re.DOTALL)

_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/(?P<name>[^/]+)/?")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refused(Exception):
    """A request that goes no further: status and sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Sessions:
    """Whose a Gradio session is: the cookie that named it first. Gradio gives its news to anybody who knows its name.

    Programs send no cookie; their sessions have long random names and share the owner "".
    """

    def __init__(self, most: int = 10_000) -> None:
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def check(self, session: object, token: str) -> None:
        """Raises: Refused when the session is somebody else's."""
        if not isinstance(session, str) or not session:
            return
        name = session[:200]
        if self._owners.setdefault(name, token) != token:
            raise Refused(HTTPStatus.NOT_FOUND, "There is no such session.")
        self._owners.move_to_end(name)
        if len(self._owners) > self._most:
            self._owners.popitem(last=False)


class Gate:
    """ASGI middleware: all of the above.

    Args:
        app: What lies behind.
        decorate: Request -> (html -> html), for the page itself.
        arity: Number of values an event takes, by its number; tells a malformed event before Gradio sees it.
        endpoints: Parameters of every public endpoint, by its name; Gradio would answer to private names too.
        hosted: Whether the page lives in a frame of another site, where only cookies marked so are sent.
        workstation: Whether nobody but the person at this machine may call; see `strangers.objection`.
        patience: Seconds within which a request's body must have arrived.
    """

    def __init__(
        self,
        app: App,
        *,
        decorate: Callable[[Request, str], str],
        arity: Callable[[], Mapping[int, int]],
        endpoints: Callable[[], Mapping[str, Sequence[str]]],
        hosted: bool = False,
        workstation: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.app = app
        self.decorate = decorate
        self.arity = arity
        self.endpoints = endpoints
        self.hosted = hosted
        self.workstation = workstation
        self.patience = patience
        self.sessions = Sessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["content-security-policy"] = POLICY + "; " + self._frames()
            await send(message)

        try:
            receive = await self._checked(scope, receive)
            if scope["path"] == "/" and scope["method"] == "GET":
                await self._page(scope, receive, sending)
            else:
                await self.app(scope, receive, sending)
        except Refused as refused:
            answer = PlainTextResponse(refused.sentence, status_code=refused.status)
            await answer(scope, receive, sending)
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("incident %s at %s", incident, scope["path"])
            if not started:
                answer = PlainTextResponse(
                    f"Something broke on our side (id {incident}).", status_code=500
                )
                await answer(scope, receive, sending)

    def _frames(self) -> str:
        hosts = " https://huggingface.co https://*.hf.space" if self.hosted else ""
        return f"frame-ancestors 'self'{hosts}"

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        """`receive`, with the body counted; a JSON body is read whole and judged first."""
        headers = Headers(scope=scope)
        refusal = objection(scope["method"], headers, workstation=self.workstation)
        if refusal:
            raise Refused(HTTPStatus.FORBIDDEN, refusal)
        request = Request(scope)
        token = request.cookies.get(OWNER_COOKIE, "")
        heartbeat = _HEARTBEAT.fullmatch(scope["path"])
        named = heartbeat["name"] if heartbeat else request.query_params.get("session_hash")
        self.sessions.check(named, token)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            raise _too_large(MAX_BODY)
        if scope["method"] != "POST":
            return receive
        arriving = _patient(receive, self.patience)
        if "multipart/form-data" in headers.get("content-type", ""):
            return _counted(arriving)
        body = await _read(arriving)
        self._judge(scope["path"], body, token)
        return _replayed(body, receive)

    def _judge(self, path: str, body: bytes, token: str) -> None:
        if not path.startswith("/gradio_api/"):
            return
        body = body.strip() or b"{}"
        if _depth(body) > MAX_DEPTH:
            raise Refused(HTTPStatus.BAD_REQUEST, "The request is nested too deeply.")
        try:
            request = json.loads(body)
        except ValueError:
            raise Refused(HTTPStatus.BAD_REQUEST, "The request is not readable JSON.") from None
        if not isinstance(request, dict):
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "The request must be a JSON object.")
        self.sessions.check(request.get("session_hash"), token)
        called = _CALL.fullmatch(path)
        # The page's own quick events, those that need no queue, come as "/run/predict" with a number.
        by_number = path.rstrip("/").endswith(("/queue/join", "/run/predict"))
        if by_number:
            self._judge_event(request)
        elif called:
            self._judge_call(called["name"], request, by_name=bool(called["v2"]))

    def _judge_call(self, name: str, request: Mapping[str, Any], *, by_name: bool) -> None:
        known = self.endpoints().get(name)
        if known is None:
            raise Refused(HTTPStatus.NOT_FOUND, "There is no such endpoint.")
        if by_name:
            strange = [key for key in request if key not in known]
            if strange:
                raise Refused(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    f"The endpoint has no parameter {strange[0][:60]!r}; it has {', '.join(known)}.",
                )
            return
        data = request.get("data", [])
        if not isinstance(data, list) or len(data) > len(known):
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"The data must be a list of at most {len(known)} values.",
            )

    def _judge_event(self, request: Mapping[str, Any]) -> None:
        number, data = request.get("fn_index"), request.get("data", [])
        if not isinstance(data, list):
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "The data must be a list.")
        known = self.arity()
        if not isinstance(number, int) or isinstance(number, bool) or number not in known:
            raise Refused(HTTPStatus.NOT_FOUND, "There is no such event.")
        if len(data) != known[number]:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"The event takes {known[number]} values, got {len(data)}.",
            )

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The page itself: its head decorated, its owner known from now on."""
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=list(start["headers"]))
            body = b"".join(parts)
            request = Request(scope)
            if headers.get("content-type", "").startswith("text/html"):
                body = self.decorate(request, body.decode("utf-8")).encode("utf-8")
                headers["content-length"] = str(len(body))
                headers["cache-control"] = "no-store"
                headers["vary"] = "Cookie, Accept-Language"
                if not is_token(request.cookies.get(OWNER_COOKIE, "")):
                    headers.append("set-cookie", self._cookie(request))
            await send(start | {"headers": headers.raw})
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, gather)

    def _cookie(self, request: Request) -> str:
        secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
        place = (
            "SameSite=None; Secure; Partitioned"
            if self.hosted and secure
            else "SameSite=Lax; Secure"
            if secure
            else "SameSite=Lax"
        )
        return f"{OWNER_COOKIE}={new_token()}; Path=/; Max-Age=31536000; HttpOnly; {place}"


def _too_large(limit: int) -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request is larger than {limit // 2**20} MB."
    )


def _patient(receive: Receive, seconds: float) -> Receive:
    """`receive`, until the body is whole; one that drips in over more than these seconds is refused."""
    whole = False
    deadline: float | None = None

    async def arrive() -> Message:
        nonlocal whole, deadline
        if whole:
            return await receive()
        clock = asyncio.get_running_loop()
        deadline = deadline or clock.time() + seconds
        try:
            message = await asyncio.wait_for(receive(), max(deadline - clock.time(), 0))
        except TimeoutError:
            raise Refused(
                HTTPStatus.REQUEST_TIMEOUT, f"The request took longer than {seconds:g} s to arrive."
            ) from None
        whole = not message.get("more_body")
        return message

    return arrive


async def _read(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(HTTPStatus.BAD_REQUEST, "The request broke off.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_JSON:
            raise _too_large(MAX_JSON)
        if not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    left = [body]

    async def replay() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return replay


def _counted(receive: Receive) -> Receive:
    size = 0

    async def count() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise _too_large(MAX_BODY)
        return message

    return count


def _depth(body: bytes) -> int:
    """Deepest nesting of brackets outside strings (0 when there are too few to matter); without recursion, unlike a parser."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    quoted = escaped = False
    for byte in body:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
