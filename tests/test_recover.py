"""There and back through the whole studio: evidence, files, cancelling, the same again."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from studio.api import described
from studio.core.errors import GalleryError, RecipeError
from studio.core.events import Cancelled, Finished, Step
from studio.core.recipes import Recover
from studio.core.settings import Settings
from studio.diffusion.inversion import Evidence
from studio.gallery.inputs import Inputs
from studio.gallery.metadata import read
from studio.recoveries import Recoveries, difference, psnr
from studio.service import Studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, device="cpu", dtype="float32", shared=True)
    studio = Studio(settings)
    yield studio
    studio.close()


@pytest.fixture(scope="module")
def source(studio: Studio) -> str:
    y, x = np.mgrid[0:200, 0:280]
    rgb = np.stack([x * 0.9, 200 - y, 90 + 0 * x], -1).clip(0, 255).astype(np.uint8)
    return studio.put(Image.fromarray(rgb))


@pytest.fixture(scope="module")
def finished(studio: Studio, source: str) -> Finished:
    *_, end = studio.submit(Recover(source=source, steps=6, seed=1), "me").events()
    assert isinstance(end, Finished)
    return end


def pixels(image: Image.Image | None) -> np.ndarray:
    assert image is not None
    return np.asarray(image.convert("RGB"))


def test_the_result_says_how_near_the_picture_came(studio: Studio, finished: Finished):
    result, found = finished.result, finished.result.recovery
    assert found is not None and found.round_trip_psnr is not None
    recovered = pixels(Image.open(result.path))
    round_trip = pixels(studio.recovered(result.id, "me", "round_trip"))
    original = pixels(studio.recovered(result.id, "me", "original"))
    assert found.round_trip_psnr == psnr(recovered, round_trip) > 30
    assert found.original_psnr == psnr(recovered, original)
    assert found.largest == np.abs(recovered.astype(int) - round_trip).max()
    assert result.steps_total == result.steps_done > 2 * 6


def test_what_lay_between_is_shown_to_its_owner_alone(studio: Studio, finished: Finished):
    for name in ("original", "round_trip", "diffused", "difference"):
        size = (finished.result.width, finished.result.height)
        image = studio.recovered(finished.result.id, "me", name)
        assert image is not None and image.size == size
        assert studio.recovered(finished.result.id, "another", name) is None
    assert studio.recovered(finished.result.id, "me", "../secret") is None
    assert studio.recovered("nothing", "me", "original") is None


def test_the_same_again_from_the_file(studio: Studio, finished: Finished):
    assert studio.reproduce(finished.result.path).identical


def test_programs_are_told_the_numbers(finished: Finished):
    told = described(finished)
    assert told["round_trip_psnr"] > 30
    assert {"original_psnr", "largest", "mean", "std"} <= set(told)


def test_no_timesteps_are_the_round_trip_itself(studio: Studio, source: str):
    *_, end = studio.submit(Recover(source=source, num_timesteps=0), "me").events()
    assert isinstance(end, Finished) and end.result.recovery is not None
    assert end.result.recovery.round_trip_psnr is None
    assert described(end)["round_trip_psnr"] is None


def test_progress_counts_up_and_ends_at_its_total(studio: Studio, source: str):
    events = list(studio.submit(Recover(source=source, steps=3, seed=2), "me").events())
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.index for step in steps] == sorted(step.index for step in steps)
    assert steps[-1].index == steps[-1].total
    assert all(step.index < step.total for step in steps[:-1])


def test_how_near_it_came_is_known_after_a_restart(studio: Studio, finished: Finished):
    """From the file and the inputs alone, to the last digit."""
    later = Studio(studio.settings)
    found = later.find(finished.result.id, "me")
    assert found is not None and found.recovery == finished.result.recovery is not None
    for name in ("original", "difference"):
        shown = pixels(later.recovered(found.id, "me", name))
        assert (shown == pixels(studio.recovered(found.id, "me", name))).all()
    later.close()


def test_a_picture_that_was_stopped_does_not_claim_what_a_whole_one_showed(
    studio: Studio, finished: Finished
):
    *_, stopped = studio.submit(finished.result.recipe, "me", stop_after=5).events()
    assert isinstance(stopped, Cancelled) and stopped.result is not None
    assert stopped.result.recovery is None
    assert read(stopped.result.path).recovery is None


def test_cancelled_midway_what_there_is_is_kept(studio: Studio, source: str):
    run = studio.submit(Recover(source=source, steps=150, seed=1), "me")
    *_, end = (run.cancel() if isinstance(event, Step) else event for event in run.events())
    assert isinstance(end, Cancelled) and end.result is not None
    assert end.result.path.exists() and end.result.steps_done < end.result.steps_total


@pytest.mark.parametrize("passes", [5, 18])
def test_stopped_on_either_way_it_goes_on_to_the_very_same_picture(
    studio: Studio, source: str, finished: Finished, passes: int
):
    wish = finished.result.recipe
    *_, stopped = studio.submit(wish, "me", stop_after=passes).events()
    assert isinstance(stopped, Cancelled) and stopped.result is not None
    assert stopped.result.steps_done == passes
    *_, end = studio.steps.resume(stopped.result.id, "me").events()
    whole, resumed = (pixels(Image.open(one.result.path)) for one in (finished, end))
    assert (whole == resumed).all()


def test_stochastic_pictures_are_several_and_differ(studio: Studio, source: str):
    wish = Recover(source=source, mode="stochastic", num_timesteps=700, steps=3, seed=1, count=2)
    ends = [e for e in studio.submit(wish, "me").events() if isinstance(e, Finished)]
    first, second = (pixels(Image.open(end.result.path)) for end in ends)
    assert (first != second).any()


def test_inversion_makes_no_second_picture():
    with pytest.raises(RecipeError, match="all 3 pictures would be the same"):
        Recover(count=3)


def test_there_and_back_without_a_picture_is_refused(studio: Studio):
    with pytest.raises(RecipeError, match="Choose a picture first"):
        studio.submit(Recover(), "me")


@pytest.mark.parametrize(
    ("wish", "about"), [(Recover(steps=50), 3.2), (Recover(steps=50, mode="stochastic"), 1)]
)
def test_the_work_is_known_before_it_is_done(wish: Recover, about: float):
    assert wish.steps_to_make == round(50 * about)


# ---- what is noted


def evidence(recovered: int, round_trip: int) -> Evidence:
    pictures = [np.full((8, 8, 3), value, np.uint8) for value in (90, round_trip, 7, recovered)]
    return Evidence(*pictures, mean=0.0, std=1.0)


def test_psnr_is_the_textbooks():
    """A difference of d everywhere has mean square d^2."""
    found = evidence(100, 105)
    assert psnr(found.recovered, found.round_trip) == pytest.approx(20 * math.log10(255 / 5))
    assert psnr(found.recovered, found.recovered) is None


def test_the_difference_is_darkest_where_there_is_none_and_palest_where_it_is_largest():
    one = Image.new("RGB", (4, 1), (10, 10, 10))
    other = one.copy()
    other.putpixel((1, 0), (10, 12, 10))
    other.putpixel((2, 0), (10, 10, 50))
    light = np.asarray(difference(one, other)).astype(int).sum(2)[0]
    assert light[0] == light[3] < light[1] < light[2]


class FullDisk(Inputs):
    """Keeps nothing."""

    def put(self, image: Image.Image) -> str:
        raise GalleryError("The picture could not be kept.")


def test_numbers_are_told_even_where_the_disk_takes_no_pictures(tmp_path, finished: Finished):
    recoveries, recipe = Recoveries(FullDisk(tmp_path)), Recover(seed=1)
    recoveries.note(recipe, evidence(100, 105))
    found = recoveries.of(recipe)
    assert found is not None and found.largest == 5 and not found.pictures
