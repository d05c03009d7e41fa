"""Who goes next: the policy, on seats alone."""

from __future__ import annotations

from collections import Counter

import pytest

from studio.engine.batch import BatchKey, Seat
from studio.engine.scheduler import Scheduler

SMALL = BatchKey("denoise", "m", (4, 8, 8))
LARGE = BatchKey("denoise", "m", (4, 16, 16))
DECODE = BatchKey("decode", "m", (4, 8, 8))


def seat(name: str, owner: str, arrival: int, key: BatchKey = SMALL, fresh: bool = False) -> Seat:
    return Seat(
        name, owner, arrival, key, rows=2, cost=2 * key.area, step=2 * key.area, fresh=fresh
    )


def filled(*seats: Seat) -> Scheduler:
    scheduler = Scheduler()
    for each in seats:
        scheduler.add(each)
    return scheduler


def chosen(scheduler: Scheduler, rows: int = 16) -> list[str]:
    return [each.id for each in scheduler.schedule(lambda key: rows)]


def test_nobody_asking_means_nobody_is_chosen():
    assert chosen(Scheduler()) == []


def test_questions_of_one_shape_share_a_pass_and_others_wait():
    scheduler = filled(seat("a", "x", 0), seat("b", "x", 1, LARGE), seat("c", "x", 2))
    assert chosen(scheduler) == ["a", "c"]


def test_a_newcomer_goes_first():
    scheduler = filled(seat("old", "x", 0, LARGE), seat("new", "y", 1, SMALL, fresh=True))
    assert chosen(scheduler) == ["new"]


def test_a_finished_latent_is_decoded_before_others_step_on():
    scheduler = filled(seat("a", "x", 0), seat("b", "y", 1, DECODE))
    assert chosen(scheduler) == ["b"]


def test_the_cap_counts_rows_and_the_oldest_go_first():
    scheduler = filled(*(seat(str(i), "x", i) for i in range(5)))
    assert chosen(scheduler, rows=5) == ["0", "1"]


def test_a_job_wider_than_the_cap_still_goes_alone():
    assert chosen(filled(seat("a", "x", 0), seat("b", "x", 1)), rows=1) == ["a"]


def test_owners_hold_equal_seats():
    many = [seat(f"heavy{i}", "heavy", i) for i in range(20)]
    scheduler = filled(*many, seat("light", "light", 99))
    names = chosen(scheduler)
    assert sorted(names) == ["heavy0", "light"]


def test_one_owner_alone_fills_the_pass():
    assert len(chosen(filled(*(seat(str(i), "x", i) for i in range(20))))) == 8


@pytest.mark.parametrize("heavy", [1, 3, 30])
def test_owners_of_different_shapes_are_served_equal_work(heavy: int):
    """However many jobs one owner has, over time both get the same rows x cells (start-time fair queueing)."""
    scheduler = filled(
        *(seat(f"h{i}", "heavy", i, SMALL) for i in range(heavy)), seat("l", "light", 99, LARGE)
    )
    served: Counter[str] = Counter()
    for _ in range(400):
        for each in scheduler.schedule(lambda key: 16):
            served[each.owner] += each.cost
    assert served["heavy"] == pytest.approx(served["light"], rel=0.05)


def test_an_owner_who_was_away_does_not_come_back_with_saved_up_turns():
    scheduler = filled(seat("a", "x", 0, LARGE))
    for _ in range(100):
        chosen(scheduler)
    scheduler.add(seat("b", "y", 1, SMALL))
    turns = Counter(chosen(scheduler)[0] for _ in range(10))
    assert turns["a"] >= 2


def test_a_removed_job_is_not_chosen_and_removing_twice_is_fine():
    scheduler = filled(seat("a", "x", 0), seat("b", "x", 1))
    scheduler.remove("a")
    scheduler.remove("a")
    assert chosen(scheduler) == ["b"]


def test_a_stream_of_newcomers_does_not_starve_others():
    """An owner who keeps coming with fresh one-step jobs of another shape gets no more than a share."""
    scheduler = filled(seat("steady", "x", 0, LARGE))
    turns: Counter[str] = Counter()
    for i in range(300):
        scheduler.add(seat(f"new{i}", "y", i + 1, SMALL, fresh=True))
        served = scheduler.schedule(lambda key: 16)
        turns[served[0].owner] += 1
        for each in served:
            if each.owner == "y":
                scheduler.remove(each.id)
    assert turns["x"] >= 40


def test_an_owner_of_another_shape_does_not_thin_out_a_pass():
    many = [seat(f"a{i}", "a", i) for i in range(8)]
    scheduler = filled(*many, seat("b", "b", 99, LARGE))
    assert max(len(chosen(scheduler)) for _ in range(4)) == 8


def test_a_little_ahead_is_no_reason_to_wait_for_the_first_preview():
    """Two people paint one picture after another, in step; the one who asks anew first still goes first."""
    scheduler = filled(seat("a1", "a", 0), seat("b1", "b", 1))
    for _ in range(10):
        chosen(scheduler)
    scheduler.remove("a1")
    scheduler.add(Seat("a2", "a", 2, BatchKey("words", "m"), 1, cost=1.0, step=128.0, fresh=True))
    assert chosen(scheduler) == ["a2"]
