"""Errors say what happened and what to do, hold what a person wrote literally, and cross processes whole."""

import pytest

from studio.core.errors import (
    GalleryError,
    InternalError,
    ModelUnavailable,
    PictureError,
    QueueFull,
    RecipeError,
    StudioError,
    UnknownName,
)
from studio.core.events import Failed
from studio.core.registry import Registry
from studio.core.styles import STYLES

ERRORS = [
    StudioError("Plain."),
    StudioError("Got {value}.", hint="Try {near}.", value="{0.__class__}", near=3),
    RecipeError("width", "Width must be {low}, got {value}.", low=64, value="{oops}"),
    UnknownName("sampler", "dpm++", ["ddim", "dpmpp_2m"]),
    QueueFull("Full: {ahead} ahead, {seconds} s.", seconds=3.5, ahead=12),
    GalleryError("No room in {folder}.", hint="Make room.", folder="{home}"),
    ModelUnavailable("Not here."),
    PictureError("This file is empty.", hint="Choose another."),
    InternalError("7f3a"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_crosses_processes_whole(across, error):
    """Events are picklable, and `Failed` carries an error."""
    arrived = across(Failed(0, error)).error
    assert type(arrived) is type(error)
    assert (str(arrived), arrived.hint_text) == (str(error), error.hint_text)
    assert vars(arrived) == vars(error)
    assert arrived.args == error.args


def test_a_value_with_braces_is_shown_literally():
    error = StudioError("Got {value}.", hint="Not {value}.", value="{value}{0.__class__}")
    assert str(error) == "Got {value}{0.__class__}."
    assert error.hint_text == "Not {value}{0.__class__}."


def test_the_template_is_kept_for_translation():
    error = QueueFull("Wait {seconds} s.", seconds=4.0)
    assert (error.message, error.values) == ("Wait {seconds} s.", {"seconds": 4.0})


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("watercolour", "watercolor"), ("oill", "oil"), ("woodblok", "woodblock")],
)
def test_B7_an_unknown_name_suggests_the_nearest(asked, meant):
    with pytest.raises(UnknownName) as caught:
        STYLES[asked]
    assert f"Did you mean {meant}?" in caught.value.hint_text.replace("'", "")
    assert caught.value.field == "style"


def test_B7_a_name_near_nothing_gets_the_list_only():
    error = UnknownName("sampler", "xylophone", ["ddim", "euler"])
    assert str(error) == "Unknown sampler 'xylophone'."
    assert error.hint_text == "Choose one of: ddim, euler."


@pytest.mark.parametrize("asked", [None, 7, [], {}, ["oil"], b"oil", "x" * 1_000_000, "\n{0}"])
def test_B7_whatever_is_asked_for_is_answered_briefly(asked):
    with pytest.raises(UnknownName) as caught:
        STYLES[asked]
    assert len(str(caught.value)) < 120
    assert asked is None or "None" not in str(caught.value)


def test_a_registry_reads_as_a_mapping():
    registry = Registry("colour", {"red": 1, "blue": 2})
    assert dict(registry) == {"red": 1, "blue": 2}
    assert len(registry) == 2
    assert "red" in registry
    assert "green" not in registry
    assert [] not in registry


def test_a_registry_does_not_change_with_what_it_was_made_from():
    items = {"red": 1}
    registry = Registry("colour", items)
    items["blue"] = 2
    assert "blue" not in registry
