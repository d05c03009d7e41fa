"""Every step of a run, seen and taken again, with palette and real files.

Where "equal" is said, every byte of the pixels is meant.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counted import Counted, counting
from PIL import Image

from studio.core.errors import Dropped, GalleryError, NotFound, RecipeError, UnknownName
from studio.core.events import Cancelled, Failed, Finished, Note, Result, Step
from studio.core.recipe import Painting
from studio.core.recipes import ImageToImage, Inpaint, Outpaint, Recover, TextToImage
from studio.core.registry import Registry
from studio.core.settings import Settings
from studio.core.turn import Turn
from studio.diffusion.forward import noised
from studio.diffusion.samplers import SAMPLERS
from studio.gallery.trajectories import beside
from studio.models.cards import CARDS
from studio.models.catalog import Catalog
from studio.service import Studio
from studio.steps.course import branched, tape

STEPS = 6
AT = 3
MENU = [
    name
    for name, sampler in SAMPLERS.items()
    if not sampler.few_step and name not in CARDS["palette"].unsuited_samplers
]
KINDS = ("text_to_image", "image_to_image", "inpaint", "outpaint")
QUICK = ("text_to_image", "inpaint")
EVERY = [
    pytest.param(kind, sampler, marks=() if kind in QUICK else pytest.mark.slow)
    for kind in KINDS
    for sampler in MENU
]
"""Every sampler for every kind of recipe; two kinds in the quick run of the tests."""


def opened(home: Path, **settings: Any) -> Studio:
    chosen = Settings(home=home, device="cpu", dtype="float32", **settings)
    return Studio(chosen, Catalog(chosen, loader=counting))


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = opened(tmp_path_factory.mktemp("home"))
    yield studio
    studio.close()


def model(studio: Studio) -> Counted:
    return studio.catalog.model("palette").result()  # type: ignore[return-value]


def end(run: Any) -> Any:
    *_, last = run.events()
    return last


def made(run: Any) -> Result:
    last = end(run)
    assert isinstance(last, Finished), last
    return last.result


def pixels(result: Result) -> np.ndarray:
    return np.asarray(Image.open(result.path))


def asked(studio: Studio, begin: Callable[[], Any]) -> tuple[Result, int]:
    """The picture of a run that nothing else disturbs, and the rows the model denoised for it."""
    before = model(studio).rows
    result = made(begin())
    return result, model(studio).rows - before


def wish(kind: str, studio: Studio, **values: Any) -> Painting:
    """A small wish of a kind; guided, so that every pass is two rows."""
    settings = {"prompt": "a lake at sunset", "seed": 5, "steps": STEPS, "guidance_scale": 3.0}
    y, x = np.mgrid[0:96, 0:96]
    rgb = np.stack([x * 2.4, 240 - y * 2, 90 + 0 * x], -1).clip(0, 255).astype(np.uint8)
    source = studio.put(Image.fromarray(rgb))
    mask = Image.new("L", (96, 96), 0)
    mask.paste(255, (24, 24, 72, 72))
    settings |= values
    match kind:
        case "text_to_image":
            return TextToImage(**{"width": 64, "height": 64} | settings)
        case "image_to_image":
            return ImageToImage(**settings, source=source, strength=1.0, width=64, height=64)
        case "inpaint":
            return Inpaint(
                **settings, source=source, mask=studio.put(mask), strength=1.0, width=64, height=64
            )
        case _:
            return Outpaint(**settings, source=source, left=32, width=64, height=64)


@pytest.fixture(scope="module")
def whole(studio: Studio) -> Any:
    """Pictures that were not interrupted, each painted once."""

    @cache
    def paint(kind: str, sampler: str) -> Result:
        return made(studio.submit(wish(kind, studio, sampler=sampler), "me"))

    return paint


@pytest.mark.parametrize(("kind", "sampler"), EVERY)
def test_a_branch_that_changes_nothing_is_the_original(
    studio: Studio, whole: Any, kind: str, sampler: str
):
    """With its steps kept and with its steps dropped: the solver's history and the random numbers are those of the original."""
    original = whole(kind, sampler)
    same = Turn(AT, prompt=original.recipe.prompt, guidance_scale=3.0, sampler=sampler)
    total = original.steps_total
    quick, rows = asked(studio, lambda: studio.steps.branch(original.id, "me", same))
    assert rows == 2 * (total - AT)
    assert np.array_equal(pixels(quick), pixels(original))
    kept = beside(original.path)
    content = kept.read_bytes()
    kept.unlink()
    try:
        slow, rows = asked(studio, lambda: studio.steps.branch(original.id, "me", same))
    finally:
        kept.write_bytes(content)
    assert rows == 2 * total
    assert np.array_equal(pixels(slow), pixels(original))


@pytest.mark.parametrize(("kind", "sampler"), EVERY)
def test_a_stopped_picture_goes_on_to_the_whole_one(
    studio: Studio, whole: Any, kind: str, sampler: str
):
    original = whole(kind, sampler)
    stopped = end(studio.submit(wish(kind, studio, sampler=sampler), "me", stop_after=2))
    assert isinstance(stopped, Cancelled) and stopped.result is not None
    assert studio.steps.table(stopped.result.id, "me")["state"] == "stopped"
    resumed, rows = asked(studio, lambda: studio.steps.resume(stopped.result.id, "me"))
    assert rows == 2 * (original.steps_total - 2)
    assert np.array_equal(pixels(resumed), pixels(original))
    assert (resumed.steps_done, resumed.steps_total) == (original.steps_total,) * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_tape_of_the_whole_run_decodes_to_the_very_picture(studio: Studio, whole: Any, kind: str):
    original = whole(kind, "dpmpp_2m")
    steps = studio.steps.trajectory(original.id, "me")
    again, rows = asked(studio, lambda: studio.submit(original.recipe, "me", tape=tape(steps)))
    assert rows == 0
    assert np.array_equal(pixels(again), pixels(original))


def test_a_branch_of_a_branch_is_the_same_from_its_file_alone(studio: Studio, whole: Any):
    original = whole("text_to_image", "euler_a")
    turn = Turn(2, prompt="a red fox", guidance_scale=5.0, sampler="dpmpp_2m", seed=9, change=0.4)
    once = made(studio.steps.branch(original.id, "me", turn))
    twice = made(studio.steps.branch(once.id, "me", Turn(4, style="watercolor")))
    assert [turn.at for turn in twice.recipe.turns] == [2, 4]
    assert not np.array_equal(pixels(once), pixels(original))
    assert not np.array_equal(pixels(twice), pixels(once))
    for branch in (once, twice):
        assert studio.reproduce(branch.path).identical


@pytest.mark.parametrize(
    "turn",
    [
        Turn(AT, prompt="a red fox"),
        Turn(AT, negative_prompt="water"),
        Turn(AT, style="watercolor"),
        Turn(AT, guidance_scale=7.0),
        Turn(AT, guidance_scale=1.0),
        Turn(AT, sampler="ddim"),
        Turn(AT, change=0.5, seed=3),
    ],
    ids=lambda turn: next(name for name in list(turn.as_dict())[1:]),
)
@pytest.mark.parametrize("kind", KINDS)
def test_every_turn_changes_the_rest_and_nothing_before_it(
    studio: Studio, whole: Any, kind: str, turn: Turn
):
    original = whole(kind, "dpmpp_2m")
    branch = made(studio.steps.branch(original.id, "me", turn))
    assert not np.array_equal(pixels(branch), pixels(original))
    told = studio.steps.compare(original.id, branch.id, "me")
    before = [row["distance"] for row in told["steps"] if row["index"] < AT]
    assert before == [0.0] * AT
    after = [row["distance"] for row in told["steps"] if row["index"] > AT]
    assert not after or max(after) > 0
    assert [row["field"] for row in told["differs"]] == ["turns"]


def test_a_run_is_nowhere_apart_from_itself(studio: Studio, whole: Any):
    source = wish("outpaint", studio).source
    there = Recover(source=source, prompt="a lake", steps=4, num_timesteps=400)
    back = made(studio.submit(there, "me"))
    for one in (whole("text_to_image", "heun"), back):
        told = studio.steps.compare(one.id, one.id, "me")
        assert {row["distance"] for row in told["steps"]} == {0.0}
    assert len(told["steps"]) == 4 < len(told["beside"]) == back.steps_total


def test_another_seed_is_of_the_noise_still_to_come(studio: Studio, whole: Any):
    """It changes a sampler that draws noise, and one that draws none not at all."""
    for sampler, same in (("euler_a", False), ("ddim", True)):
        original = whole("text_to_image", sampler)
        branch = made(studio.steps.branch(original.id, "me", Turn(AT, seed=77)))
        assert np.array_equal(pixels(branch), pixels(original)) is same


def test_what_a_turn_sets_holds_to_the_end_and_nothing_else_is_lost():
    recipe = TextToImage(
        prompt="a", seed=1, turns=(Turn(2, style="oil"), Turn(6, prompt="b", guidance_scale=2.0))
    )
    turns = branched(recipe, Turn(4, prompt="c")).turns
    assert [turn.as_dict() for turn in turns] == [
        {"at": 2, "style": "oil", "change": 0.0},
        {"at": 4, "prompt": "c", "change": 0.0},
        {"at": 6, "guidance_scale": 2.0, "change": 0.0},
    ]


def test_a_branch_after_the_last_pass_is_refused_in_words(studio: Studio, whole: Any):
    with pytest.raises(RecipeError, match="comes too late"):
        studio.steps.branch(whole("text_to_image", "dpmpp_2m").id, "me", Turn(STEPS))


def test_a_new_studio_on_the_same_home_takes_the_run_up(studio: Studio, tmp_path: Path):
    first = opened(tmp_path)
    stopped = end(first.submit(wish("inpaint", first), "me", stop_after=3)).result
    first.close()
    second = opened(tmp_path)
    found = second.find(stopped.id, "whoever sits here")
    assert found is not None and found.recipe == stopped.recipe
    assert second.recent("whoever sits here")[0].id == stopped.id
    resumed = made(second.steps.resume(stopped.id, "whoever sits here"))
    uninterrupted = made(second.submit(wish("inpaint", second), "me"))
    assert np.array_equal(pixels(resumed), pixels(uninterrupted))
    second.close()


@pytest.mark.parametrize("reach", [{"hosted": True}, {"host": "0.0.0.0"}])
def test_D2_where_others_can_reach_the_studio_whoever_returns_goes_on_with_their_own_pictures(
    tmp_path: Path, reach: dict[str, Any]
):
    first = opened(tmp_path, **reach)
    picture = end(first.submit(wish("text_to_image", first, steps=2), "me", stop_after=1)).result
    first.close()
    shared = opened(tmp_path, **reach)
    assert shared.find(picture.id, "you") is None
    assert shared.recent("you") == []
    with pytest.raises(NotFound):
        shared.steps.table(picture.id, "you")
    assert [one.id for one in shared.recent("me")] == [picture.id]
    resumed = made(shared.steps.resume(picture.id, "me"))
    assert resumed.steps_done == 2
    shared.close()


def test_D2_somebody_elses_run_does_not_exist(tmp_path: Path):
    studio = opened(tmp_path, shared=True)
    picture = made(studio.submit(wish("text_to_image", studio), "me")).id
    mine = made(studio.submit(wish("text_to_image", studio), "you"))
    for look in (
        lambda: studio.steps.table(picture, "you"),
        lambda: studio.steps.trajectory(picture, "you"),
        lambda: studio.steps.frame(picture, "you", "clean", 0),
        lambda: studio.steps.frame(picture, "you", "clean", STEPS),
        lambda: studio.steps.word_map(picture, "you", 0, 0),
        lambda: studio.steps.compare(mine.id, picture, "you"),
        lambda: studio.steps.compare(picture, mine.id, "you"),
        lambda: studio.steps.resume(picture, "you"),
        lambda: studio.steps.branch(picture, "you", Turn(1)),
        lambda: studio.steps.rerun(picture, "you"),
        lambda: studio.steps.star(picture, "you", True),
        lambda: studio.steps.table("../../etc/passwd", "you"),
        lambda: studio.steps.table("run:" + "0" * 32, "you"),
    ):
        with pytest.raises(NotFound, match="There is no such picture"):
            look()
    studio.close()


def test_a_run_can_be_watched_while_it_is_painted_and_by_its_owner_alone(studio: Studio):
    run = studio.submit(wish("text_to_image", studio, steps=60), "me")
    name = "run:" + run.jobs[0]
    seen: list[int] = []
    for event in run.events():
        if isinstance(event, Step) and event.index >= 5 and not seen:
            table = studio.steps.table(name, "me")
            assert (table["state"], table["at_total"]) == ("running", 60)
            seen.append(len(table["steps"]))
            frame = studio.steps.frame(name, "me", "clean", 10_000)
            assert frame.size == (64, 64)
            with pytest.raises(NotFound):
                studio.steps.table(name, "you")
            run.cancel()
    assert seen and seen[0] >= 5
    assert studio.steps.table(name, "me")["state"] == "stopped", "its name stays good afterwards"


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_frame_is_the_delivered_picture(studio: Studio, whole: Any, kind: str):
    original = whole(kind, "dpmpp_2m")
    for view in ("noisy", "clean"):
        frame = studio.steps.frame(original.id, "me", view, original.steps_total)
        assert np.array_equal(np.asarray(frame), pixels(original))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("view", ["noisy", "clean", "noise", "change"])
def test_every_frame_has_the_pictures_shape(studio: Studio, whole: Any, kind: str, view: str):
    original = whole(kind, "dpmpp_2m")
    for quick in (False, True):
        frame = studio.steps.frame(original.id, "me", view, 2, quick=quick)
        assert alike(frame.size, (original.width, original.height))


def alike(size: tuple[int, int], picture: tuple[int, int]) -> bool:
    """The proportions of the picture, to a pixel, and no larger."""
    return size <= picture and abs(size[0] * picture[1] / picture[0] - size[1]) <= 1


@pytest.mark.parametrize("kind", ["inpaint", "outpaint"])
def test_what_a_model_holds_is_shown_without_the_original_over_it(
    studio: Studio, whole: Any, kind: str
):
    """The noise and the noisy picture are noise everywhere: the kept part of the picture shines through nowhere."""
    original = whole(kind, "dpmpp_2m")
    kept = np.asarray(studio.inputs.get(original.recipe.source).resize((32, 32)), float).ravel()
    box = studio.wishes.place(original.recipe)[1]
    for view in ("noise", "noisy"):
        frame = studio.steps.frame(original.id, "me", view, 0)
        inside = (0, 0, *frame.size) if kind == "inpaint" else box
        seen = np.asarray(frame.crop(inside).resize((32, 32)), float).ravel()
        assert abs(np.corrcoef(kept, seen)[0, 1]) < 0.5


def test_a_clean_frame_is_what_the_picture_would_be_if_stopped_there(studio: Studio, whole: Any):
    # Where only a part is painted, its edges are matched to the original afterwards.
    for kind in ("text_to_image", "image_to_image"):
        original = whole(kind, "dpmpp_2m")
        begun = wish(kind, studio, sampler="dpmpp_2m")
        stopped = end(studio.submit(begun, "me", stop_after=4)).result
        frame = studio.steps.frame(original.id, "me", "clean", 3)
        gap = np.abs(np.asarray(frame).astype(int) - pixels(stopped))
        # The noisy latent beside the picture is kept in half precision.
        assert gap.max() <= 2 and gap.mean() < 0.05, kind


def test_noise_and_clean_estimate_are_what_the_noisy_latent_is_made_of(studio: Studio, whole: Any):
    steps = studio.steps.trajectory(whole("text_to_image", "dpmpp_2m").id, "me")
    for index in range(len(steps)):
        x = noised(steps.clean(index), steps.noise(index), steps.alpha_bar[index])
        assert np.allclose(x, steps.noisy(index), atol=1e-5)


def test_the_numbers_of_a_step_are_those_of_its_formulas(studio: Studio, whole: Any):
    original = whole("text_to_image", "ddim")
    steps, table = (
        studio.steps.trajectory(original.id, "me"),
        studio.steps.table(original.id, "me"),
    )
    assert (table["state"], table["at_total"], len(table["steps"])) == ("done", STEPS, STEPS)
    levels = [
        studio.catalog.model("palette").result().alpha_bar(row["t"]) for row in table["steps"]
    ]
    for index, (row, level) in enumerate(zip(table["steps"], levels, strict=True)):
        assert row["alpha_bar"] == pytest.approx(level, abs=1e-12)
        assert row["sigma"] == pytest.approx(np.sqrt((1 - level) / level), rel=1e-9)
        assert row["snr_db"] == pytest.approx(10 * np.log10(level / (1 - level)), abs=1e-6)
        clean = steps.clean(index)
        assert row["norm_clean"] == pytest.approx(np.sqrt((clean**2).mean()), rel=1e-5)
        assert steps.latent is not None
        left = np.sqrt(((clean - steps.latent) ** 2).mean())
        first = np.sqrt(((steps.clean(0) - steps.latent) ** 2).mean())
        assert row["open"] == pytest.approx(min(left / first, 1), abs=1e-5)
    assert table["steps"][0]["open"] == 1 and table["steps"][-1]["open"] < 0.05


def test_a_frame_that_several_want_is_decoded_once(studio: Studio, whole: Any):
    original = whole("text_to_image", "unipc")
    before = model(studio).decoded
    start, got = threading.Barrier(8), []

    def look() -> None:
        start.wait()
        got.append(studio.steps.frame(original.id, "me", "noisy", 1).tobytes())

    crowd = [threading.Thread(target=look) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(set(got)) == 1 and len(got) == 8
    assert model(studio).decoded - before == 1


def test_the_heat_of_change_is_dark_where_nothing_changed(studio: Studio, whole: Any):
    original = whole("outpaint", "dpmpp_2m")
    first = np.asarray(studio.steps.frame(original.id, "me", "change", 0))
    later = np.asarray(studio.steps.frame(original.id, "me", "change", 1))
    assert len(np.unique(first.reshape(-1, 3), axis=0)) == 1
    assert later.astype(int).sum() > first.astype(int).sum()


def test_a_word_is_looked_at_with_one_extra_pass_and_by_the_words_of_that_step(
    studio: Studio, whole: Any
):
    original = whole("text_to_image", "dpmpp_2m")
    branch = made(studio.steps.branch(original.id, "me", Turn(AT, prompt="a fox")))
    table = studio.steps.table(branch.id, "me")
    assert [word["word"] for word in table["words"]] == ["a", "lake", "at", "sunset"]
    assert [word["word"] for word in table["turns"][0]["words"]] == ["a", "fox"]
    heat, told = studio.steps.word_map(branch.id, "me", 0, 3, "all")
    assert heat.size == (64, 64) and 0 < told["least"] < told["share"] < told["peak"] < 1
    alike = [studio.steps.word_map(branch.id, "me", 0, word, "all")[1] for word in range(4)]
    assert sum(one["share"] for one in alike) + told["marks"] == pytest.approx(1, abs=1e-3)
    with pytest.raises(GalleryError, match="There is no word 4"):
        studio.steps.word_map(branch.id, "me", AT, 3)
    with pytest.raises(GalleryError, match="no layers called 'nowhere'"):
        studio.steps.word_map(branch.id, "me", 0, 0, "nowhere")


def test_an_unknown_view_is_answered_with_the_list(studio: Studio, whole: Any):
    with pytest.raises(UnknownName, match="Unknown view 'clen'"):
        studio.steps.frame(whole("text_to_image", "ddim").id, "me", "clen", 0)


def test_B8_steps_out_of_range_are_clamped(studio: Studio, whole: Any):
    original = whole("text_to_image", "ddim")
    low, high = (
        np.asarray(studio.steps.frame(original.id, "me", "clean", index))
        for index in (-(10**6), 10**6)
    )
    assert np.array_equal(low, np.asarray(studio.steps.frame(original.id, "me", "clean", 0)))
    assert np.array_equal(high, pixels(original))


def test_dropped_steps_are_made_again_beside_the_same_picture(studio: Studio, whole: Any):
    original = whole("inpaint", "euler_a")
    before, count = studio.steps.trajectory(original.id, "me"), len(studio.recent("me", 1000))
    beside(original.path).unlink()
    assert studio.steps.table(original.id, "me")["state"] == "dropped"
    with pytest.raises(Dropped):
        studio.steps.frame(original.id, "me", "clean", 0)
    run = studio.steps.rerun(original.id, "me")
    assert made(run) == original
    assert studio.steps.table(f"run:{run.jobs[0]}", "me")["id"] == original.id
    after = studio.steps.trajectory(original.id, "me")
    for name in ("t", "alpha_bar", "x", "prediction", "latent"):
        assert np.array_equal(getattr(after, name), getattr(before, name))
    assert len(studio.recent("me", 1000)) == count


def test_a_stopped_picture_gets_its_steps_again_up_to_where_it_stopped(studio: Studio):
    stopped = end(studio.submit(wish("text_to_image", studio, seed=8), "me", stop_after=2)).result
    beside(stopped.path).unlink()
    made(studio.steps.rerun(stopped.id, "me"))
    table = studio.steps.table(stopped.id, "me")
    assert (table["state"], len(table["steps"])) == ("stopped", 2)


def test_a_picture_that_comes_out_otherwise_keeps_no_foreign_steps(studio: Studio, tmp_path: Path):
    """As when it was painted on another device: the pixels the file remembers are not those that come out."""
    from studio.gallery import metadata

    result = made(studio.submit(wish("text_to_image", studio, seed=9), "me"))
    about = metadata.read(result.path)
    other = dataclasses.replace(about.made, pixels="0" * 64)
    Image.open(result.path).save(result.path, pnginfo=metadata.png_info(about.recipe, other))
    beside(result.path).unlink()
    last = end(studio.steps.rerun(result.id, "me"))
    assert isinstance(last, Failed) and "came out differently" in str(last.error)
    assert not beside(result.path).exists()


def test_making_it_again_may_be_cancelled_and_nothing_untrue_is_said(studio: Studio):
    original = made(studio.submit(wish("text_to_image", studio, steps=60), "me"))
    beside(original.path).unlink()
    run = studio.steps.rerun(original.id, "me")
    *_, last = (run.cancel() if isinstance(event, Step) else event for event in run.events())
    assert last == Cancelled(0, original)
    assert not beside(original.path).exists()
    assert studio.steps.table(f"run:{run.jobs[0]}", "me")["id"] == original.id


def test_a_stopped_picture_that_comes_out_otherwise_is_said_to(studio: Studio):
    from studio.gallery import metadata

    stopped = end(studio.submit(wish("text_to_image", studio, seed=8), "me", stop_after=2)).result
    about = metadata.read(stopped.path)
    other = dataclasses.replace(about.made, pixels="0" * 64)
    Image.open(stopped.path).save(stopped.path, pnginfo=metadata.png_info(about.recipe, other))
    assert isinstance(end(studio.steps.rerun(stopped.id, "me")), Failed)


def test_a_run_whose_steps_are_gone_is_resumed_from_the_start_and_says_so(studio: Studio):
    stopped = end(studio.submit(wish("text_to_image", studio, seed=11), "me", stop_after=2)).result
    beside(stopped.path).unlink()
    events = list(studio.steps.resume(stopped.id, "me").events())
    assert any("made from the start" in note.text for note in events if isinstance(note, Note))
    assert isinstance(events[-1], Finished)


def test_a_finished_picture_has_nothing_to_resume(studio: Studio, whole: Any):
    with pytest.raises(GalleryError, match="nothing left to do"):
        studio.steps.resume(whole("text_to_image", "ddim").id, "me")


def test_there_and_back_can_be_seen_and_resumed(studio: Studio):
    source = wish("image_to_image", studio).source  # type: ignore[attr-defined]
    recipe = Recover(source=source, steps=4, seed=1)
    original = made(studio.submit(recipe, "me"))
    table = studio.steps.table(original.id, "me")
    assert len(table["steps"]) == original.steps_total > 8
    stopped = end(studio.submit(recipe, "me", stop_after=original.steps_total - 2)).result
    resumed, rows = asked(studio, lambda: studio.steps.resume(stopped.id, "me"))
    assert rows == 2
    assert np.array_equal(pixels(resumed), pixels(original))


def test_strength_0_has_no_steps_and_says_so(studio: Studio):
    recipe = dataclasses.replace(wish("image_to_image", studio), strength=0.0)  # type: ignore[call-arg]
    table = studio.steps.table(made(studio.submit(recipe, "me")).id, "me")
    assert (table["steps"], table["at_total"]) == ([], 0)
    assert "no steps" in table["problem"]["message"]


def test_the_steps_are_on_disk_before_the_person_is_told(studio: Studio):
    for event in studio.submit(wish("text_to_image", studio, steps=2), "me").events():
        if isinstance(event, Finished):
            assert beside(event.result.path).is_file()


def test_steps_of_another_picture_or_model_are_not_believed(studio: Studio, whole: Any):
    """Said in words, the picture stays; a branch is made without them."""
    mine = made(studio.submit(wish("text_to_image", studio, seed=21), "me"))
    theirs = whole("text_to_image", "ddim")
    kept = beside(mine.path).read_bytes()
    beside(mine.path).write_bytes(beside(theirs.path).read_bytes())
    table = studio.steps.table(mine.id, "me")
    assert (table["state"], table["steps"]) == ("damaged", [])
    assert "those of another picture" in table["problem"]["message"]
    with pytest.raises(GalleryError, match="those of another picture"):
        studio.steps.frame(mine.id, "me", "clean", 0)
    events = list(studio.steps.branch(mine.id, "me", Turn(AT)).events())
    assert isinstance(events[-1], Finished)
    assert np.array_equal(pixels(events[-1].result), pixels(mine))
    said = " ".join(event.text for event in events if isinstance(event, Note))
    assert "those of another picture" in said and "made from the start" in said
    beside(mine.path).write_bytes(kept)
    assert studio.steps.table(mine.id, "me")["state"] == "done"


def test_no_room_for_steps_keeps_the_picture_and_says_so_before_it_is_told(tmp_path: Path):
    narrow = opened(tmp_path, steps_gib=1e-6)
    *_, note, last = narrow.submit(wish("text_to_image", narrow), "me").events()
    assert isinstance(note, Note) and "its steps are not" in note.text
    assert isinstance(last, Finished) and last.result.path.is_file()
    assert narrow.steps.table(last.result.id, "me")["state"] == "dropped"
    assert narrow.recent("me") == [last.result]
    narrow.close()


def test_where_no_steps_are_kept_nothing_is_made_again_for_them(tmp_path: Path):
    none = opened(tmp_path, steps_gib=0)
    picture = made(none.submit(wish("text_to_image", none), "me"))
    table = none.steps.table(picture.id, "me")
    assert (table["state"], table["again"]) == ("dropped", False)
    with pytest.raises(Dropped) as gone:
        none.steps.trajectory(picture.id, "me")
    assert "made again" not in gone.value.hint_text
    with pytest.raises(GalleryError, match="No steps are kept here"):
        none.steps.rerun(picture.id, "me")
    none.close()


@pytest.mark.parametrize(
    ("settings", "left"), [({}, [True, True]), ({"hosted": True}, [False, True])]
)
def test_stars_of_one_do_not_end_it_for_all_where_many_share(
    tmp_path: Path, settings: dict[str, Any], left: list[bool]
):
    """The disk is full of starred steps. On a workstation they stay; on a shared host the oldest makes room."""
    roomy = opened(tmp_path, **settings)
    pictures = [made(roomy.submit(wish("text_to_image", roomy, seed=n), "me")) for n in range(2)]
    for one in pictures:
        roomy.steps.star(one.id, "me", True)
    taken = sum(beside(one.path).stat().st_size for one in pictures)
    roomy.close()
    full = opened(tmp_path, steps_gib=taken * 1.2 / 2**30, **settings)
    new = made(full.submit(wish("text_to_image", full, seed=2), "you"))
    assert [beside(one.path).exists() for one in pictures] == left
    assert beside(new.path).exists() is (left == [False, True])
    full.close()


def test_a_star_holds_on_to_a_picture(studio: Studio, whole: Any):
    picture = whole("text_to_image", "heun").id
    for on in (True, False):
        studio.steps.star(picture, "me", on)
        assert studio.steps.table(picture, "me")["starred"] is on


@pytest.fixture(scope="module")
def nine(tiny_inpaint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio with a model that sees the mask: nine input channels, random weights, noise predicted as eps."""
    chosen = Settings(
        home=tmp_path_factory.mktemp("nine"),
        models=tiny_inpaint.parent,
        device="cpu",
        dtype="float32",
    )
    card = dataclasses.replace(
        CARDS["palette"], title="Nine", source=tiny_inpaint.name, sizes={"square": (64, 64)}
    )
    cards = Registry("model", {"nine": card, "palette": card})
    studio = Studio(chosen, Catalog(chosen, cards, loader=counting))
    yield studio
    studio.close()


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler_a", "heun"])
@pytest.mark.parametrize("kind", ["inpaint", "outpaint"])
def test_a_model_that_sees_the_mask_is_branched_resumed_and_seen(
    nine: Studio, kind: str, sampler: str
):
    recipe = wish(kind, nine, sampler=sampler, model="nine", guidance_scale=2.0)
    original = made(nine.submit(recipe, "me"))
    same = made(nine.steps.branch(original.id, "me", Turn(AT, guidance_scale=2.0)))
    stopped = end(nine.submit(recipe, "me", stop_after=2)).result
    resumed = made(nine.steps.resume(stopped.id, "me"))
    for again in (same, resumed):
        assert np.array_equal(pixels(again), pixels(original))
    assert nine.steps.trajectory(original.id, "me").x.shape[1] == 4
    frame = nine.steps.frame(original.id, "me", "clean", 1)
    assert alike(frame.size, (original.width, original.height))
    heat, told = nine.steps.word_map(original.id, "me", 1, 1)
    assert heat.size == (original.width, original.height) and 0 < told["share"] < 1
