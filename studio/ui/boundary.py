"""The boundary: what the studio can explain is shown in the person's language, anything else becomes an id and a log entry.

Everything that leaves here is plain text. Gradio renders the text of its own errors as HTML, so there it is escaped.
"""

import functools
import html
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from studio.core.errors import InternalError, RecipeError, StudioError
from studio.ui import words

log = logging.getLogger("studio.page")


def explained(error: Exception) -> StudioError:
    """The error itself when the studio can explain it; else an InternalError, with the whole story in the log."""
    if isinstance(error, StudioError):
        return error
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error)
    return InternalError(incident)


def told(error: StudioError, language: str) -> dict[str, str]:
    """An error as the page shows it: the field it belongs to ("" = none), what happened, the next move."""
    return {
        "field": error.field if isinstance(error, RecipeError) else "",
        "message": words.say(error.message, language, **error.values),
        "hint": words.say(error.hint, language, **error.values) if error.hint else "",
    }


def for_clients(
    endpoint: Callable[..., AsyncIterator[dict[str, Any]]],
) -> Callable[..., AsyncIterator[dict[str, Any]]]:
    """An endpoint for programs: refusals arrive as a readable error, in English; a picture as a file the client fetches."""

    @functools.wraps(endpoint)
    async def guarded(*args: Any, **kwargs: Any) -> AsyncIterator[dict[str, Any]]:
        events = endpoint(*args, **kwargs)
        try:
            async for event in events:
                yield _fetchable(event)
        except Exception as error:
            known = explained(error)
            text = f"{known} {known.hint_text}".strip()
            raise gr.Error(html.escape(text, quote=False), print_exception=False) from None
        finally:
            await events.aclose()  # type: ignore[attr-defined]

    return guarded


def _fetchable(event: dict[str, Any]) -> dict[str, Any]:
    """The event with its picture copied where Gradio serves files from; the studio's own folder stays closed."""
    if not event.get("file"):
        return event
    copy = save_file_to_cache(event["file"], cache_dir=get_upload_folder())
    return event | {"file": {"path": copy, "meta": {"_type": "gradio.FileData"}}}
