"""Events reach a slow reader in order, without piling up."""

from __future__ import annotations

import asyncio
import threading

from studio.core.events import Cancelled, Note, Preview, Queued, Step
from studio.engine.mailbox import Mailbox

END = Cancelled(0, None)


def step(index: int, picture: int = 0) -> Step:
    return Step(picture, index, 20, 0.0, Preview(1, 1, b"abc"))


def test_of_unread_steps_only_the_newest_is_delivered():
    box = Mailbox(1)
    for event in (Queued(0, 1, 1.0), step(1), Note(0, "n"), step(2), step(3), END):
        box.put(event)
    assert list(box) == [Queued(0, 1, 1.0), Note(0, "n"), step(3), END]


def test_steps_of_different_pictures_do_not_replace_each_other():
    box = Mailbox(2)
    for event in (step(1, 0), step(1, 1), END, Cancelled(1, None)):
        box.put(event)
    assert len(list(box)) == 4


def test_a_preview_is_wanted_again_once_the_last_step_was_read():
    box = Mailbox(1)
    assert box.wants_preview(0)
    box.put(step(1))
    assert not box.wants_preview(0)
    assert next(iter(box)) == step(1)
    assert box.wants_preview(0)


def test_a_preview_survives_the_step_that_overtakes_it():
    box = Mailbox(1)
    box.put(step(1))
    box.put(Step(0, 2, 20, 0.0))
    assert next(iter(box)) == Step(0, 2, 20, 0.0, step(1).preview)


def test_ten_thousand_steps_nobody_reads_take_one_place():
    box = Mailbox(1)
    for index in range(10_000):
        box.put(step(index))
    assert len(box._unread) == 1


def test_an_asynchronous_reader_gets_what_another_thread_puts():
    box = Mailbox(1)
    writer = threading.Timer(0.01, lambda: (box.put(step(1)), box.put(END)))

    async def read() -> list[object]:
        writer.start()
        return [event async for event in box]

    events = asyncio.run(read())
    assert events[-1] == END
