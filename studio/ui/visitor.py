"""Who asks, and in which language: read from a request, never from anything a page may set for somebody else.

The owner is a secret cookie of the browser; the studio only ever sees its hash, so nothing on disk lets anybody pose as a person.
"""

import hashlib
import re
import secrets
from typing import Any

OWNER_COOKIE = "atelier_owner"
LANGUAGE_COOKIE = "atelier_language"
BARE_COOKIE = "atelier_bare"
LANGUAGES = ("en", "zh-CN")

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}")


def new_token() -> str:
    """A fresh, unguessable value for the owner cookie."""
    return secrets.token_urlsafe(32)


def owner_of(request: Any) -> str:
    """The owner a request speaks for: its cookie, else its client session, else nobody who ever comes back."""
    token = request.cookies.get(OWNER_COOKIE, "") if request else ""
    if not is_token(token):
        session = getattr(request, "session_hash", None)
        token = f"client {session}" if session else new_token()
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def is_token(token: str) -> bool:
    """Whether a cookie's value is one of ours in form."""
    return bool(_TOKEN.fullmatch(token))


def wants_bare(request: Any) -> bool:
    """Whether this browser was told to give pictures away without their recipe."""
    return bool(request.cookies.get(BARE_COOKIE) == "1")


def language_of(request: Any) -> str:
    """The language of a request: what was chosen on the page, else what the browser prefers, else English."""
    if request is None:
        return LANGUAGES[0]
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return _preferred(request.headers.get("accept-language", ""))


def _preferred(header: str) -> str:
    wishes = []
    for order, part in enumerate(header[:200].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        wishes.append((-weight, order, tag.lower()))
    for _, _, tag in sorted(wishes):
        if tag.startswith("zh"):
            return "zh-CN"
        if tag.startswith("en"):
            return "en"
    return LANGUAGES[0]
