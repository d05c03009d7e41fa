"""Who may not call: other sites, whose pages a browser runs for them, and on a workstation everybody from elsewhere.

A studio on loopback trusts whoever sits at the machine. A browser there also runs pages of strangers: a name of theirs may be
made to mean 127.0.0.1 (DNS rebinding), and only the Host tells; their scripts may post to us, and only the Origin tells.
Programs send no Origin.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

HOME = ("localhost", "127.0.0.1", "::1")
"""What this machine calls itself."""

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""What proxies add: whoever asks sits elsewhere."""

_HARMLESS = ("GET", "HEAD", "OPTIONS")
_PORTS = {"http": 80, "https": 443}


def objection(method: str, headers: Mapping[str, str], *, workstation: bool) -> str:
    """Why a request is refused, as one sentence; "" when it is not.

    Args:
        method: Of the request, in capitals.
        headers: Of the request, found by lower-case names.
        workstation: Whether nobody but the person at this machine may call.
    """
    host = headers.get("host", "")
    if workstation and any(name in headers for name in FORWARDED):
        return (
            "This studio answers to its own machine only, and this request came through a proxy; "
            "start it with STUDIO_SHARED=1 to let others in."
        )
    if workstation and _place(host, 80)[0] not in HOME:
        return "This studio answers to its own machine only: open it as localhost or 127.0.0.1."
    origin = headers.get("origin")
    if origin is None or method in _HARMLESS:
        return ""
    # Where a proxy stands before the studio, it may tell the Host that the browser knows in this way only.
    known = (host,) if workstation else (host, headers.get("x-forwarded-host", ""))
    scheme, _, rest = origin.partition("://")
    port = _PORTS.get(scheme, 0)
    if port and _place(rest, port) in [_place(one, port) for one in known if one]:
        return ""
    return "Pages of other sites may not do this."


def _place(netloc: str, port: int) -> tuple[str, int]:
    """Name and port of "name:port"; ("", 0) when it is none."""
    try:
        parts = urlsplit(f"//{netloc}")
        if parts.netloc != netloc or parts.username is not None:
            return "", 0
        return parts.hostname or "", parts.port or port
    except ValueError:
        return "", 0
