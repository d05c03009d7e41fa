"""What people are told of their wait counts pictures; who only looks at something neither slows them nor goes before them."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import torch
from fakes import FakeModel, loaded, recipe, wish

from studio.diffusion.questions import Decode
from studio.engine.job import Job
from studio.engine.mailbox import Mailbox
from studio.engine.room import Room
from studio.engine.scheduler import Scheduler


def job(owner: str, *, errand: bool = False) -> Job:
    painted = recipe(steps=10)
    return Job(
        id=f"{owner} {errand}",
        owner=owner,
        picture=0,
        recipe=painted,
        paint=wish(painted).paint,
        notes=(),
        mailbox=Mailbox(1),
        keep=lambda *_: Any,  # type: ignore[arg-type,return-value]
        loading=loaded(FakeModel()),  # type: ignore[arg-type]
        title="Fake",
        answer=Future() if errand else None,
    )


def test_people_who_only_look_do_not_lengthen_what_painters_are_told():
    room, mine, other = Room(9, 9), job("me"), job("you")
    alone, shared = room.seconds_left(mine, [mine]), room.seconds_left(mine, [mine, other])
    assert shared == 2 * alone > 0
    looking = [job(f"visitor {i}", errand=True) for i in range(5)]
    assert room.seconds_left(mine, [mine, other, *looking]) == shared


def test_a_newcomer_waits_for_first_steps_of_pictures_alone():
    room, other = Room(9, 9), job("you")
    expected = room.before_a_newcomer([other])
    assert expected > 0
    assert room.before_a_newcomer([other, job("visitor", errand=True)]) == expected


def test_a_finished_latent_is_decoded_before_those_of_people_who_come_to_look():
    """However many come anew, each is served after the one who was there before."""
    painter = job("painter")
    painter.begin()
    painter.stopping = True
    painter.asked = Decode(torch.zeros(1, 4, 8, 8))
    scheduler = Scheduler()
    scheduler.add(painter.seat())
    for i in range(5):
        visitor = job(f"visitor {i}", errand=True)
        visitor.asked = Decode(torch.zeros(1, 4, 8, 8))
        scheduler.add(visitor.seat())
    assert [seat.owner for seat in scheduler.schedule(lambda key: 1)] == ["painter"]
