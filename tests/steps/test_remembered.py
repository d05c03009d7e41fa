"""What is costly is made once, and forgotten when there is no more room."""

import threading

import pytest

from studio.steps.remembered import Remembered


def test_a_value_that_several_want_is_made_once():
    remembered: Remembered[int] = Remembered(100, lambda _: 1)
    begun, go_on, made = threading.Event(), threading.Event(), []

    def make() -> int:
        begun.set()
        go_on.wait(10)
        made.append(1)
        return 7

    got: list[int] = []
    crowd = [
        threading.Thread(target=lambda: got.append(remembered.get("a", make))) for _ in range(8)
    ]
    for one in crowd:
        one.start()
    assert begun.wait(10)
    go_on.set()
    for one in crowd:
        one.join()
    assert (got, made) == ([7] * 8, [1])


def test_what_was_used_longest_ago_is_forgotten_first():
    remembered: Remembered[int] = Remembered(2, lambda _: 1)
    made = []

    def value(key: str) -> int:
        return remembered.get(key, lambda: made.append(key) or len(made))  # type: ignore[func-returns-value]

    for key in ("a", "b", "a", "c", "a", "b"):
        value(key)
    assert made == ["a", "b", "c", "b"]


def test_a_failure_is_told_and_not_remembered():
    remembered: Remembered[int] = Remembered(2, lambda _: 1)
    with pytest.raises(ZeroDivisionError):
        remembered.get("a", lambda: 1 // 0)
    assert remembered.get("a", lambda: 5) == 5


def test_what_is_larger_than_the_room_is_given_out_all_the_same():
    remembered: Remembered[str] = Remembered(3, len)
    assert remembered.get("a", lambda: "long" * 9) == "long" * 9
    assert remembered.get("b", lambda: "abc") == "abc"


def test_the_newest_stays_however_large_and_goes_when_another_comes():
    remembered: Remembered[str] = Remembered(3, len)
    made = []

    def value(key: str, content: str) -> str:
        return remembered.get(key, lambda: made.append(key) or content)  # type: ignore[func-returns-value]

    for _ in range(3):
        value("large", "long" * 9)
    assert made == ["large"]
    for _ in range(3):
        value("b", "x")
        value("c", "yy")
    assert made == ["large", "b", "c"], "the two have room together once the large one is gone"
