"""Every word of the page exists in Chinese, and fits where the English one stands."""

import ast
import re
import string
from pathlib import Path

import pytest

from studio.core.events import Note
from studio.core.recipe import params
from studio.core.recipes import RECIPES
from studio.core.styles import STYLES
from studio.core.turn import Turn
from studio.diffusion.samplers import SAMPLERS
from studio.models.cards import CARDS
from studio.ui import words
from studio.ui.form import ASPECTS
from studio.ui.tabs import TABS

STUDIO = Path(words.__file__).resolve().parents[1]
SCRIPTS = STUDIO.parent / "assets" / "ui"

SPEAKERS = {
    "StudioError", "RecipeError", "UnknownName", "ModelUnavailable", "OutOfMemory", "QueueFull",
    "NumericalError", "GalleryError", "PictureError", "TrainingError", "InternalError", "Note",
    "Notice", "Param",
    "say", "_say", "text",
}  # fmt: skip
"""Calls whose words reach a person."""


def sentences(tree: ast.AST) -> set[str]:
    """The sentences such calls hold, with `super().__init__` inside an error class counted as one of them."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in SPEAKERS and not _is_error_init(node):
            continue
        spoken = [
            *node.args,
            *(
                word.value
                for word in node.keywords
                if word.arg in ("hint", "help", "message", "label")
            ),
        ]
        for argument in spoken:
            for part in [
                argument,
                *((argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else ()),
            ]:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.add(part.value)
    return found


def _is_error_init(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "__init__"
        and isinstance(function.value, ast.Call)
        and bool(call.keywords)
        and any(word.arg == "hint" for word in call.keywords)
    )


def spoken_in_python() -> dict[str, str]:
    """Sentence -> file that says it."""
    said: dict[str, str] = {}
    for path in sorted(STUDIO.rglob("*.py")):
        if path.parent.name == "cli" or path.name == "__main__.py":
            continue
        for sentence in sentences(ast.parse(path.read_text("utf-8"))):
            # Field names and the like are no sentences.
            if " " in sentence or sentence[:1].isupper():
                said[sentence] = str(path.relative_to(STUDIO))
    return said


def spoken_in_scripts() -> dict[str, str]:
    """Sentence -> script that says it."""
    said = {}
    for path in sorted(SCRIPTS.rglob("*.js")):
        source = path.read_text("utf-8")
        for call in re.finditer(r"A\.say\(([^)]*)\)", source):
            for sentence in re.findall(
                r'"([A-Z{][^"]+|waiting|untitled|not painted)"', call.group(1)
            ):
                said[sentence] = path.name
        for reason in re.findall(r'lost\((?:why = )?"([^"]+)"\)', source):
            said[reason] = path.name
        for label in re.findall(r'(?:tool|step)\([^"]*"\w+"(?:, "\w+")?, "([^"]+)"', source):
            said[label] = path.name
    return said


def offered() -> dict[str, str]:
    """Titles and explanations of everything a person can choose."""
    said = dict.fromkeys((tab.title for tab in TABS), "tabs")
    said |= dict.fromkeys(ASPECTS.values(), "aspects")
    said |= {style.title: "styles" for style in STYLES.values()}
    said |= {sampler.help: "samplers" for sampler in SAMPLERS.values()}
    said |= {card.about: "cards" for card in CARDS.values()}
    for recipe in (*RECIPES.values(), Turn):
        for _, param in params(recipe).values():
            said |= {param.label: "recipe", param.help: "recipe"}
    return said


EVERYTHING = spoken_in_python() | spoken_in_scripts() | offered()


def test_every_word_of_the_page_has_a_chinese_one():
    missing = {
        said: where for said, where in EVERYTHING.items() if said and said not in words.CHINESE
    }
    assert not missing


@pytest.mark.parametrize("english", words.CHINESE)
def test_a_translation_takes_the_same_values(english):
    def fields(template: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}

    assert fields(words.CHINESE[english]) == fields(english)


def test_values_that_are_words_are_translated_too():
    said = words.say(
        "{label} must be a whole number, got {value}.", "zh-CN", label="Steps", value="2.5"
    )
    assert said == "步数应为整数，收到 2.5。"


def test_braces_in_a_value_stay_braces():
    said = words.say("{label} must be text, got {value}.", "en", label="Prompt", value="{7*7}")
    assert said == "Prompt must be text, got {7*7}."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.94, "0.9 s"), (9.99, "10 s"), (12.4, "12 s"), (200, "3 min"), (-1, "0.0 s")],
)
def test_a_length_of_time_is_said_as_people_do(seconds, said):
    assert words.duration(seconds, "en") == said


def test_keys_of_gradios_dictionary_do_not_collide():
    plain = [english for english in words.CHINESE if "{" not in english]
    assert len({str(words.text(english)) for english in plain}) == len(plain)


def test_the_reader_of_sources_finds_sentences():
    """Guards the guard: if the scan went blind, the first test would pass for nothing."""
    assert "Next in line" in EVERYTHING
    assert "Shorten it." in EVERYTHING
    assert "Full size" in EVERYTHING
    assert Note(0, "Next in line").text == "Next in line"
