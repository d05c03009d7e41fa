"""Events are plain values: picklable, comparable, and readable without the thread that sent them."""

from pathlib import Path

from studio.core.events import LAST_EVENTS, Cancelled, Finished, Note, Preview, Result, Step
from studio.core.recipes import TextToImage


def test_events_cross_processes(across):
    result = Result("abc", Path("x.png"), TextToImage(prompt="sea"), 64, 64, 1.0, 20, 20)
    for event in (
        Step(0, 7, 20, 1.5, Preview(1, 1, b"rgb")),
        Finished(0, result),
        Cancelled(1, None),
    ):
        assert across(event) == event


def test_a_note_fills_in_its_values_literally():
    assert Note(0, "Ignored: {words}.", (("words", "{0}"),)).text == "Ignored: {0}."


def test_a_step_is_not_an_end():
    assert not isinstance(Step(0, 20, 20, 0.0), LAST_EVENTS)
