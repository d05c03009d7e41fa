"""What reaches a person: their words for what the studio knows, an id for what it does not."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
import pytest

from studio.core.errors import InternalError, RecipeError
from studio.ui import boundary


def test_a_known_error_passes_as_it_is():
    error = RecipeError("width", "Shorten it.")
    assert boundary.explained(error) is error


def test_an_unknown_error_becomes_an_id_and_a_log_entry_with_the_story(caplog: Any):
    with caplog.at_level(logging.ERROR, "studio.page"):
        try:
            raise KeyError("the secret")
        except KeyError as error:
            known = boundary.explained(error)
    assert isinstance(known, InternalError)
    assert "secret" not in str(known)
    incident = known.values["incident"]
    assert str(incident) in caplog.text
    assert "Traceback" in caplog.text


def test_an_error_is_told_with_its_field_in_the_persons_language():
    error = RecipeError(
        "width",
        "{label} must be from {low} to {high}, got {value}.",
        hint="Choose a value from {low} to {high}.",
        label="Width",
        low=64,
        high=2048,
        value="7",
    )
    assert boundary.told(error, "zh-CN") == {
        "field": "width",
        "message": "宽应在 64 到 2048 之间，收到 7。",
        "hint": "请选 64 到 2048 之间的值。",
    }


def test_a_program_gets_plain_words_without_markup_or_traceback():
    async def refusing() -> AsyncIterator[dict[str, Any]]:
        raise RecipeError("prompt", "No <b>{what}</b>.", hint="Try {what}.", what="<script>")
        yield {}

    async def ask() -> None:
        async for _ in boundary.for_clients(refusing)():
            pass

    with pytest.raises(gr.Error) as refused:
        asyncio.run(ask())
    assert refused.value.message == "No &lt;b&gt;&lt;script&gt;&lt;/b&gt;. Try &lt;script&gt;."
    assert refused.value.print_exception is False


def test_a_program_that_leaves_ends_its_run():
    ended = []

    async def painting() -> AsyncIterator[dict[str, Any]]:
        try:
            while True:
                yield {"event": "step"}
        finally:
            ended.append(True)

    async def leave() -> None:
        events = boundary.for_clients(painting)()
        await anext(events)
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert ended == [True]
