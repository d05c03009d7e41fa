"""Every word of the page, in English and Chinese. The English sentence is the key, so code reads as the page does.

Sentences with values are templates: "{label} must be from {low} to {high}, got {value}." is translated first and filled in after;
values that are words of the page themselves (a label, a unit) are translated too.
"""

import re
from functools import cache

import gradio as gr

from studio.ui.chinese import forward, gallery, kept, learn, page, recover, reverse

CHINESE: dict[str, str] = {}
for _part in (page, forward, reverse, recover, learn, kept, gallery):
    CHINESE |= _part.WORDS

OUR_WORDS = ("kind", "label", "model", "title", "unit")
"""Values that are words of the page, never of a person, and so have a translation themselves."""


def say(template: str, language: str, **values: object) -> str:
    """The sentence in a language, its values filled in; English where there is no translation."""
    if language == "zh-CN":
        template = CHINESE.get(template, template)
        values = {
            name: CHINESE.get(str(value), value) if name in OUR_WORDS else value
            for name, value in values.items()
        }
    return template.format(**values) if values else template


def duration(seconds: float, language: str) -> str:
    """A length of time as a person says it: "0.9 s", "12 s", "3 min"."""
    if seconds < 9.95:
        return say("{seconds} s", language, seconds=f"{max(seconds, 0.0):.1f}")
    if seconds < 99.5:
        return say("{seconds} s", language, seconds=f"{seconds:.0f}")
    return say("{minutes} min", language, minutes=f"{seconds / 60:.0f}")


def text(english: str) -> gr.i18n.I18nData:
    """A sentence without values for a Gradio component; the browser shows it in the page's language."""
    return i18n()(_key(english))


@cache
def i18n() -> gr.I18n:
    """Gradio's own dictionary, made of ours."""
    plain = {english: chinese for english, chinese in CHINESE.items() if "{" not in english}
    return gr.I18n(
        **{
            "en": {_key(english): english for english in plain},
            "zh-CN": {_key(english): chinese for english, chinese in plain.items()},
        }
    )


def _key(english: str) -> str:
    """A key without dots and spaces, which Gradio's dictionary would read as a path."""
    return "atelier_" + re.sub(r"\W+", "_", english).strip("_")
