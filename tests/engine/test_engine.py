"""The engine with a model that answers by formula: sharing, fairness, cancelling, faults."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future

import numpy as np
import pytest
import torch
from fakes import FakeModel, loaded, recipe, wish
from torch import Tensor

from studio.core.errors import (
    InternalError,
    ModelUnavailable,
    NumericalError,
    OutOfMemory,
    QueueFull,
    StudioError,
)
from studio.core.events import Cancelled, Event, Failed, Finished, Loading, Note, Queued, Step
from studio.core.recipes import TextToImage
from studio.diffusion.questions import Aside, Decode, Encode, Words
from studio.engine.engine import Engine
from studio.engine.job import Job, Picture
from studio.engine.mailbox import Mailbox
from studio.engine.wish import Wish


class Desk:
    """An engine, and the pictures it hands over."""

    def __init__(self, per_owner: int = 100, total: int = 100) -> None:
        self.engine = Engine(pictures_per_owner=per_owner, pictures_total=total)
        self.pictures: dict[str, Picture] = {}

    def keep(self, job: Job, picture: Picture) -> Event:
        self.pictures[job.id] = picture
        return (Cancelled if job.stopping else Finished)(job.picture, None)  # type: ignore[arg-type]

    def submit(
        self,
        *recipes: TextToImage,
        model: FakeModel | Future[FakeModel],
        owner: str = "me",
        **options: int,
    ) -> tuple[Mailbox, list[str]]:
        loading = loaded(model) if isinstance(model, FakeModel) else model
        return self.engine.submit(
            [wish(recipe) for recipe in recipes],
            owner,
            loading,
            title="Fake",
            keep=self.keep,
            **options,  # type: ignore[arg-type]
        )


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.engine.close()


class Gate:
    """Stops the model before a pass until it is opened; `reached` tells that a pass is waiting."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, x: Tensor, t: Tensor) -> None:
        self.reached.set()
        assert self.opened.wait(20)


def pixels(desk: Desk, job: str) -> np.ndarray:
    return desk.pictures[job].pixels


def kinds(mailbox: Mailbox) -> list[str]:
    return [type(event).__name__ for event in mailbox]


def test_a_picture_comes_with_queued_steps_and_an_end(desk: Desk):
    model = FakeModel()
    mailbox, [job] = desk.submit(recipe(), model=model)
    names = kinds(mailbox)
    assert names[0] == "Queued" and names[-1] == "Finished"
    assert desk.pictures[job].steps_done == desk.pictures[job].steps_total == 4
    assert model.threads == {"device"}


def test_a_picture_depends_on_its_recipe_not_on_its_neighbours(desk: Desk):
    alone, [solo] = desk.submit(recipe(seed=7), model=FakeModel())
    list(alone)
    gate = Gate()
    crowd = FakeModel(lambda x, t: gate(x, t))
    boxes = [
        desk.submit(recipe(seed=7), model=crowd),
        *(
            desk.submit(
                recipe(seed=s, steps=3 + s, guidance_scale=1.0 + s, sampler=name), model=crowd
            )
            for s, name in enumerate(
                ["euler", "ddpm", "heun", "unipc", "dpmpp_2m", "euler_a", "lcm"]
            )
        ),
    ]
    gate.opened.set()
    for box, _ in boxes:
        list(box)
    [in_company] = boxes[0][1]
    assert desk.pictures[in_company].batch > 1
    difference = np.abs(pixels(desk, solo).astype(int) - pixels(desk, in_company).astype(int))
    assert difference.max() <= 1
    assert (difference == 0).mean() >= 0.999


def test_many_jobs_share_forward_passes(desk: Desk):
    model = FakeModel()
    mailbox, _ = desk.submit(*(recipe(seed=s) for s in range(8)), model=model)
    list(mailbox)
    assert len(model.passes) <= 8 < 8 * 4


def test_a_row_without_guidance_costs_one_row(desk: Desk):
    model = FakeModel()
    list(desk.submit(recipe(guidance_scale=1.0), model=model)[0])
    list(desk.submit(recipe(guidance_scale=1.5), model=model)[0])
    assert model.passes == [1] * 4 + [2] * 4


def test_a_prompt_is_encoded_once_however_often_it_is_asked(desk: Desk):
    model = FakeModel()
    list(desk.submit(*(recipe(seed=s) for s in range(4)), model=model)[0])
    assert len(model.encoded) == 2  # the prompt and the empty negative prompt


def test_a_late_comer_joins_between_steps(desk: Desk):
    gate = Gate()
    model = FakeModel(lambda x, t: gate(x, t))
    first, _ = desk.submit(recipe(steps=10), model=model)
    assert gate.reached.wait(20)
    second, _ = desk.submit(recipe(steps=2), model=model, owner="you")
    gate.opened.set()
    list(first), list(second)
    assert len(model.passes) <= 12
    assert 4 in model.passes


def test_a_cancelled_picture_is_kept_as_far_as_it_came(desk: Desk):
    gate = Gate()

    def at_third(x: Tensor, t: Tensor) -> None:
        if len(model.passes) == 3:
            gate(x, t)

    model = FakeModel(at_third)
    mailbox, [job] = desk.submit(recipe(steps=10), model=model)
    assert gate.reached.wait(20)
    desk.engine.cancel([job])
    gate.opened.set()
    assert kinds(mailbox)[-1] == "Cancelled"
    assert desk.pictures[job].steps_done == 3
    assert len(model.passes) == 3  # the row was free at the very next step


def test_a_cancelled_picture_equals_one_that_was_asked_to_stop_there(desk: Desk):
    mailbox, [job] = desk.submit(recipe(steps=10), model=FakeModel(), stop_after=3)
    assert kinds(mailbox)[-1] == "Cancelled"
    again, [other] = desk.submit(recipe(steps=10), model=FakeModel(), stop_after=3)
    list(again)
    assert (pixels(desk, job) == pixels(desk, other)).all()
    assert desk.pictures[job].steps_done == 3


def test_a_job_cancelled_while_the_model_loads_ends_at_once(desk: Desk):
    never: Future[FakeModel] = Future()
    mailbox, [job] = desk.submit(recipe(), model=never)
    desk.engine.cancel([job])
    assert list(mailbox)[-1] == Cancelled(0, None)
    assert desk.engine.unfinished == 0


def test_a_job_cancelled_in_the_queue_ends_without_a_step(desk: Desk):
    gate = Gate()
    model = FakeModel(lambda x, t: gate(x, t))
    running, _ = desk.submit(recipe(), model=model)
    assert gate.reached.wait(20)
    waiting, [job] = desk.submit(recipe(width=128), model=model)
    desk.engine.cancel([job])
    gate.opened.set()
    assert kinds(waiting)[-1] == "Cancelled"
    assert job not in desk.pictures
    assert kinds(running)[-1] == "Finished"


def test_loading_is_news_and_its_failure_reaches_the_person(desk: Desk):
    loading: Future[FakeModel] = Future()
    mailbox, _ = desk.submit(recipe(), model=loading)
    events = iter(mailbox)
    assert isinstance(next(events), Queued)
    assert isinstance(next(events), Loading)
    loading.set_exception(ModelUnavailable("The model file {f} is damaged.", f="unet"))
    *_, last = events
    assert isinstance(last, Failed) and "unet is damaged" in str(last.error)


def guilty(t: Tensor) -> Tensor:
    """Rows of the job with seven steps: only its first timestep, 852, lies beyond 800."""
    return t > 800


def three_with_one_guilty(desk: Desk, model: FakeModel, gate: Gate) -> list[Event]:
    """Ends of an innocent, a guilty and another innocent job that share every pass."""
    boxes = [
        desk.submit(recipe(seed=s, steps=steps, sampler="ddim"), model=model)[0]
        for s, steps in ((1, 4), (2, 7), (3, 4))
    ]
    gate.opened.set()
    return [list(box)[-1] for box in boxes]


def test_F3_nan_in_one_row_harms_one_job(desk: Desk):
    gate = Gate()

    def spoil(x: Tensor, t: Tensor) -> Tensor:
        gate(x, t)
        return torch.where(guilty(t)[:, None, None, None], torch.nan, 0.1 * x)

    good, bad, also_good = three_with_one_guilty(desk, FakeModel(spoil), gate)
    assert isinstance(good, Finished) and isinstance(also_good, Finished)
    assert isinstance(bad, Failed) and isinstance(bad.error, NumericalError)
    assert "step 1 of 7" in str(bad.error)


def test_an_exception_in_a_shared_pass_harms_only_the_job_that_causes_it(desk: Desk):
    gate = Gate()

    def poison(x: Tensor, t: Tensor) -> None:
        gate(x, t)
        if guilty(t).any():
            raise RuntimeError("a kernel fault with secrets in it")

    good, bad, also_good = three_with_one_guilty(desk, FakeModel(poison), gate)
    assert isinstance(good, Finished) and isinstance(also_good, Finished)
    assert isinstance(bad, Failed) and isinstance(bad.error, InternalError)
    assert "kernel" not in str(bad.error)


def test_out_of_memory_goes_on_with_fewer_rows_and_says_so(desk: Desk):
    def small_device(x: Tensor, t: Tensor) -> None:
        if len(x) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")

    mailbox, jobs = desk.submit(*(recipe(seed=s) for s in range(8)), model=FakeModel(small_device))
    events = list(mailbox)
    assert sum(isinstance(event, Finished) for event in events) == 8
    assert any(isinstance(event, Note) and "out of memory" in event.text for event in events)
    assert len(desk.pictures) == 8


def test_out_of_memory_for_two_rows_paints_row_by_row(desk: Desk):
    def tiny_device(x: Tensor, t: Tensor) -> None:
        if len(x) > 1:
            raise RuntimeError("CUDA out of memory")

    model = FakeModel()
    whole, [reference] = desk.submit(recipe(), model=model)
    list(whole)
    mailbox, [job] = desk.submit(recipe(), model=FakeModel(tiny_device))
    assert kinds(mailbox)[-1] == "Finished"
    assert (pixels(desk, job) == pixels(desk, reference)).all()


def test_out_of_memory_for_a_single_row_is_said_in_words(desk: Desk):
    def no_device(x: Tensor, t: Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    mailbox, _ = desk.submit(recipe(guidance_scale=1.0), model=FakeModel(no_device))
    last = list(mailbox)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, OutOfMemory)


def test_a_fault_while_keeping_fails_that_picture_only(desk: Desk):
    def keep(job: Job, picture: Picture) -> Event:
        if job.recipe.seed == 1:
            raise OSError("disk on fire")
        return desk.keep(job, picture)

    mailbox, _ = desk.engine.submit(
        [wish(recipe(seed=1)), wish(recipe(seed=2))],
        "me",
        loaded(FakeModel()),
        title="Fake",
        keep=keep,
    )
    ends = [event for event in mailbox if isinstance(event, Failed | Finished)]
    assert {type(end) for end in ends} == {Failed, Finished}
    [failed] = [end for end in ends if isinstance(end, Failed)]
    assert isinstance(failed.error, InternalError)
    assert "fire" not in str(failed.error)


def test_F4_a_fault_in_the_preview_costs_the_preview_only(desk: Desk):
    class Blind(FakeModel):
        def preview(self, x0: Tensor) -> object:  # type: ignore[override]
            raise ValueError("no eyes")

    mailbox, _ = desk.submit(recipe(), model=Blind())
    events = list(mailbox)
    assert isinstance(events[-1], Finished)
    assert all(event.preview is None for event in events if isinstance(event, Step))


def test_a_full_queue_refuses_at_once_with_position_and_estimate():
    desk = Desk(per_owner=3, total=4)
    gate = Gate()
    model = FakeModel(lambda x, t: gate(x, t))
    boxes = [desk.submit(*(recipe(seed=s) for s in range(3)), model=model)[0]]
    with pytest.raises(QueueFull) as mine:
        desk.submit(recipe(), model=model)
    assert "limit is 3" in str(mine.value) and mine.value.seconds >= 0
    boxes.append(desk.submit(recipe(), model=model, owner="you")[0])
    started = time.perf_counter()
    with pytest.raises(QueueFull) as full:
        desk.submit(recipe(), model=model, owner="third")
    assert time.perf_counter() - started < 0.1
    assert "4 pictures are ahead" in str(full.value)
    gate.opened.set()
    for box in boxes:
        list(box)
    desk.submit(recipe(), model=model)
    desk.engine.close()


def test_words_beyond_the_token_limit_are_named(desk: Desk):
    mailbox, _ = desk.submit(recipe(prompt="word " * 20 + "tail end"), model=FakeModel())
    [note] = [event for event in mailbox if isinstance(event, Note)]
    assert note.text.endswith("tail end")


def test_H2_a_storm_of_cancels_leaves_nothing_behind():
    desk = Desk(per_owner=400, total=400)
    model = FakeModel()
    random = np.random.default_rng(0)
    boxes = []
    for i in range(300):
        wish = recipe(seed=i, steps=int(random.integers(1, 6)))
        box, jobs = desk.submit(wish, model=model, owner=str(i % 5))
        boxes.append(box)
        if random.random() < 0.6:
            desk.engine.cancel(jobs)
    assert all(isinstance(list(box)[-1], Finished | Cancelled) for box in boxes)
    assert desk.engine.unfinished == 0
    assert not desk.engine._scheduler.seats
    desk.engine.close()


def test_closing_ends_every_run():
    desk = Desk()
    gate = Gate()
    mailbox, _ = desk.submit(recipe(steps=50), model=FakeModel(lambda x, t: gate(x, t)))
    assert gate.reached.wait(20)
    threading.Timer(0.05, gate.opened.set).start()
    desk.engine.close()
    assert kinds(mailbox)[-1] == "Cancelled"


def late_pictures(desk: Desk, model: FakeModel, count: int) -> list[Event]:
    """Ends of pictures that begin by encoding one; all ask at once."""

    def paint(model: object) -> object:
        encoded = yield Encode(torch.zeros(1, 3, 16, 16))
        return (yield Decode(encoded.mean))

    mailbox, _ = desk.engine.submit(
        [Wish(recipe(seed=s), paint) for s in range(count)],  # type: ignore[arg-type]
        "me",
        loaded(model),
        title="Fake",
        keep=desk.keep,
    )
    return [event for event in mailbox if isinstance(event, Finished | Failed)]


def test_out_of_memory_while_encoding_ends_in_words(desk: Desk):
    class Small(FakeModel):
        def encode_picture(self, x: Tensor) -> object:  # type: ignore[override]
            raise torch.OutOfMemoryError("CUDA out of memory")

    ends = late_pictures(desk, Small(), 3)
    assert [type(end) for end in ends] == [Failed] * 3
    assert all(isinstance(end.error, OutOfMemory) for end in ends if isinstance(end, Failed))


def test_memory_that_comes_back_is_used_again(desk: Desk):
    """One spell out of memory lowers the cap; many good passes later more rows are tried again."""
    spell = iter([True] + [False] * 10_000)

    def moody(x: Tensor, t: Tensor) -> None:
        if len(x) == 8 and next(spell):
            raise torch.OutOfMemoryError("CUDA out of memory")

    model = FakeModel(moody)
    for _ in range(3):
        list(desk.submit(*(recipe(seed=s, steps=60) for s in range(4)), model=model)[0])
    assert model.passes[-1] == 8


def test_work_beside_the_device_does_not_hold_it_up(desk: Desk):
    started, finish = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        assert finish.wait(20)
        return "done"

    def paint(model: object) -> object:
        assert (yield Aside(slow)) == "done"
        return np.zeros((8, 8, 3), np.uint8)

    waiting, _ = desk.engine.submit(
        [Wish(recipe(), paint)],
        "me",
        loaded(FakeModel()),
        title="Fake",
        keep=desk.keep,  # type: ignore[arg-type]
    )
    assert started.wait(20)
    other, _ = desk.submit(recipe(), model=FakeModel(), owner="you")
    assert kinds(other)[-1] == "Finished"
    finish.set()
    assert kinds(waiting)[-1] == "Finished"


def test_a_wish_to_stop_that_comes_while_the_file_is_written_is_too_late(desk: Desk):
    """A picture of no steps is written at once; cancelled meanwhile, it ends once, as finished."""
    writing, go_on = threading.Event(), threading.Event()

    def keep(job: Job, picture: Picture) -> Event:
        writing.set()
        assert go_on.wait(20)
        return desk.keep(job, picture)

    def paint(model: object) -> object:
        yield Words("")
        return np.zeros((8, 8, 3), np.uint8)

    mailbox, jobs = desk.engine.submit(
        [Wish(recipe(seed=s), paint) for s in (1, 2)],  # type: ignore[arg-type]
        "me",
        loaded(FakeModel()),
        title="Fake",
        keep=keep,
    )
    assert writing.wait(20)
    desk.engine.cancel(jobs)
    go_on.set()
    ends = [type(event).__name__ for event in mailbox if not isinstance(event, Queued)]
    assert ends == ["Finished", "Finished"]


def test_what_waits_holds_no_memory(desk: Desk):
    """Of one owner's many pictures only as many are begun as can share a pass."""
    gate = Gate()
    mailbox, _ = desk.submit(
        *(recipe(seed=s) for s in range(20)), model=FakeModel(lambda x, t: gate(x, t))
    )
    assert gate.reached.wait(20)
    assert sum(job.begun for job in desk.engine._jobs.values()) == 8
    gate.opened.set()
    assert kinds(mailbox).count("Finished") == 20


def test_a_closed_engine_refuses_at_once():
    desk = Desk()
    desk.engine.close()
    with pytest.raises(StudioError, match="closing"):
        desk.submit(recipe(), model=FakeModel())


def test_F3_nan_is_noticed_row_by_row_too(desk: Desk):
    """A device with room for one row only, and an answer that is not a number."""

    def tiny_and_lost(x: Tensor, t: Tensor) -> Tensor:
        if len(x) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return torch.full_like(x, torch.nan)

    mailbox, _ = desk.submit(recipe(), model=FakeModel(tiny_and_lost))
    last = list(mailbox)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, NumericalError)
