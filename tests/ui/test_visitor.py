"""Who asks and in which language."""

from types import SimpleNamespace
from typing import Any

import pytest

from studio.ui.visitor import OWNER_COOKIE, is_token, language_of, new_token, owner_of


def request(cookies: dict[str, str] | None = None, **headers: str) -> Any:
    return SimpleNamespace(
        cookies=cookies or {},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        session_hash=None,
    )


def test_a_browser_is_known_by_its_cookie_and_the_cookie_stays_secret():
    token = new_token()
    owner = owner_of(request({OWNER_COOKIE: token}))
    assert owner == owner_of(request({OWNER_COOKIE: token}))
    assert token not in owner
    assert owner != owner_of(request({OWNER_COOKIE: new_token()}))


@pytest.mark.parametrize("forged", ["", "short", "../../etc/passwd", "x" * 500, "a" * 31])
def test_a_cookie_that_is_none_of_ours_makes_nobody(forged: str):
    asked = request({OWNER_COOKIE: forged})
    assert owner_of(asked) != owner_of(asked)


def test_a_program_is_known_by_its_session():
    asked = request()
    asked.session_hash = "abc"
    assert owner_of(asked) == owner_of(asked)


def test_tokens_are_recognised_and_never_repeat():
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert all(is_token(token) for token in tokens)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("zh-TW", "zh-CN"), ("en-GB,zh;q=0.5", "en"),
        ("fr,zh;q=0.5,en;q=0.4", "zh-CN"), ("fr", "en"), ("", "en"), ("zh;q=abc,en", "en"),
        ("," * 5000, "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_browsers(header: str, language: str):
    assert language_of(request(accept_language=header)) == language


def test_a_language_chosen_on_the_page_wins():
    asked = request({"atelier_language": "en"}, accept_language="zh-CN")
    assert language_of(asked) == "en"
    assert language_of(request({"atelier_language": "<b>"}, accept_language="zh-CN")) == "zh-CN"
    assert language_of(None) == "en"
