"""From recipes to pictures through the whole studio: stylising, inpainting, outpainting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.core.errors import RecipeError, StudioError
from studio.core.events import Cancelled, Finished, Note
from studio.core.recipe import Painting
from studio.core.recipes import ImageToImage, Inpaint, Outpaint, TextToImage
from studio.core.settings import Settings
from studio.service import Studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), device="cpu", dtype="float32")
    studio = Studio(settings)
    yield studio
    studio.close()


@pytest.fixture(scope="module")
def source(studio: Studio) -> str:
    y, x = np.mgrid[0:200, 0:280]
    rgb = np.stack([x * 0.9, 200 - y, 90 + 0 * x], -1).clip(0, 255).astype(np.uint8)
    return studio.put(Image.fromarray(rgb))


def masked(studio: Studio, *boxes: tuple[int, int, int, int]) -> str:
    mask = Image.new("L", (280, 200), 0)
    for box in boxes:
        mask.paste(255, box)
    return studio.put(mask)


def paint(studio: Studio, recipe: Painting) -> tuple[list[Finished], list[str]]:
    events = list(studio.submit(recipe, "me").events())
    done = sorted((e for e in events if isinstance(e, Finished)), key=lambda e: e.picture)
    return done, [e.text for e in events if isinstance(e, Note)]


def pixels(end: Finished) -> np.ndarray:
    return np.asarray(Image.open(end.result.path))


WORDS = {"prompt": "a lake at sunset", "seed": 1, "steps": 4}


def test_a_sweep_is_five_strengths_of_one_seed(studio: Studio, source: str):
    ends, notes = paint(studio, ImageToImage(**WORDS, source=source, sweep=True))
    assert [e.result.recipe.strength for e in ends] == [0.2, 0.35, 0.5, 0.65, 0.8]
    assert {e.result.recipe.seed for e in ends} == {1}
    assert "At this strength 1 of 4 steps are made." in notes


def test_variations_need_no_words(studio: Studio, source: str):
    ends, _ = paint(studio, ImageToImage(source=source, seed=1, steps=4, count=2))
    assert len(ends) == 2 and (pixels(ends[0]) != pixels(ends[1])).any()


def test_a_stylised_picture_has_the_shape_of_its_source(studio: Studio, source: str):
    [end], _ = paint(studio, ImageToImage(**WORDS, source=source))
    assert end.result.width / end.result.height == pytest.approx(280 / 200, rel=0.02)


def test_B5_strength_0_gives_the_picture_back_and_says_so(studio: Studio, source: str):
    [end], notes = paint(studio, ImageToImage(**WORDS, source=source, strength=0))
    assert (pixels(end) == np.asarray(studio.inputs.get(source))).all()
    assert notes == ["At strength 0 nothing changes: this is the picture you gave."]


def test_inpainting_proves_that_nothing_else_changed(studio: Studio, source: str):
    mask = masked(studio, (100, 60, 180, 140), (10, 10, 30, 30))
    recipe = Inpaint(**WORDS, source=source, mask=mask, strength=1.0)
    [end], _ = paint(studio, recipe)
    assert end.result.proof is not None and end.result.proof.changed_outside == 0
    before, after = np.asarray(studio.inputs.get(source)), pixels(end)
    changed = (before != after).any(-1)
    assert changed[60:140, 100:180].mean() > 0.5
    assert not changed[:, 220:].any()


def test_A12_single_pixels_in_the_mask_are_left_out_with_a_note(studio: Studio, source: str):
    mask = masked(studio, (100, 60, 180, 140), (5, 5, 6, 6), (270, 190, 271, 191))
    _, notes = paint(studio, Inpaint(**WORDS, source=source, mask=mask))
    assert "2 single pixels in the mask were left out." in notes


def test_A12_a_white_mask_repaints_everything(studio: Studio, source: str):
    mask = masked(studio, (0, 0, 280, 200))
    [end], _ = paint(studio, Inpaint(**WORDS, source=source, mask=mask, strength=1.0))
    assert (pixels(end) != np.asarray(studio.inputs.get(source))).any(-1).mean() > 0.9


def test_A12_a_mask_of_another_size_is_fitted_to_the_picture(studio: Studio, source: str):
    small = Image.new("L", (28, 20), 0)
    small.paste(255, (10, 6, 18, 14))
    [end], _ = paint(studio, Inpaint(**WORDS, source=source, mask=studio.put(small)))
    assert end.result.proof is not None and end.result.proof.changed_outside == 0
    assert (end.result.width, end.result.height) == (280, 200)


def test_outpainting_keeps_the_original_and_proves_it(studio: Studio, source: str):
    [end], _ = paint(studio, Outpaint(**WORDS, source=source, left=48, bottom=24))
    assert (end.result.width, end.result.height) == (328, 224)
    assert end.result.proof is not None and end.result.proof.changed_outside == 0
    original = np.asarray(studio.inputs.get(source))
    assert (pixels(end)[:200, 48:] == original).all()


def refusal(studio: Studio, recipe: Painting) -> RecipeError:
    with pytest.raises(RecipeError) as refused:
        studio.submit(recipe, "me")
    return refused.value


def test_a_wish_without_its_picture_is_refused_at_the_picture(studio: Studio, source: str):
    assert refusal(studio, ImageToImage(**WORDS)).field == "source"
    assert refusal(studio, Inpaint(**WORDS, source=source)).field == "mask"


def test_a_picture_that_is_not_here_is_said_in_words(studio: Studio):
    with pytest.raises(StudioError, match="not here|is missing|not found|no longer"):
        studio.submit(ImageToImage(**WORDS, source="sha256:" + 64 * "0"), "me")


def test_outpainting_by_nothing_or_by_too_much_is_refused_at_the_sides(studio: Studio, source: str):
    assert "at least one side" in str(refusal(studio, Outpaint(**WORDS, source=source)))
    far = Outpaint(**WORDS, source=source, left=2048, right=2048, top=2048, bottom=2048)
    assert "the limit is 16.8 million" in str(refusal(studio, far))


def test_A12_an_empty_mask_is_refused_at_the_mask(studio: Studio, source: str):
    error = refusal(studio, Inpaint(**WORDS, source=source, mask=masked(studio)))
    assert error.field == "mask"
    assert str(error) == "Paint the area to change first."


def test_a_stopped_inpainting_still_keeps_everything_else(studio: Studio, source: str):
    mask = masked(studio, (100, 60, 180, 140))
    recipe = Inpaint(**WORDS, source=source, mask=mask, strength=1.0)
    *_, end = studio.submit(recipe, "me", stop_after=2).events()
    assert isinstance(end, Cancelled) and end.result is not None
    assert end.result.steps_done == 2
    assert end.result.proof is not None and end.result.proof.changed_outside == 0


@pytest.mark.parametrize("kind", ["stylise", "inpaint", "outpaint"])
def test_every_result_is_made_again_from_its_own_file(kind: str, studio: Studio, source: str):
    recipe: Painting = {
        "stylise": ImageToImage(**WORDS, source=source),
        "inpaint": Inpaint(**WORDS, source=source, mask=masked(studio, (50, 50, 120, 120))),
        "outpaint": Outpaint(**WORDS, source=source, right=32),
    }[kind]
    [end], _ = paint(studio, recipe)
    assert studio.reproduce(end.result.path).identical
    assert isinstance(end.result.path, Path)


def test_A9_a_studio_opens_png_jpeg_and_webp_alone(studio: Studio):
    assert set(Image.OPEN) == {"PNG", "JPEG", "WEBP"}


def test_B10_a_sweep_is_budgeted_by_the_strengths_it_paints(tmp_path: Path):
    """The recipe's own strength is 0, which would cost nothing; the sweep's five strengths do not."""
    strict = Studio(Settings(home=tmp_path, device="cpu", max_minutes=1))
    source = strict.put(Image.new("RGB", (64, 64), "#4080c0"))
    long = {"prompt": "a lake", "seed": 1, "steps": 150, "width": 2048, "height": 2048}
    sweep = ImageToImage(**long, source=source, strength=0, sweep=True)
    assert "would take about" in str(refusal(strict, sweep))
    strict.close()


def test_B10_inpainting_from_noise_is_budgeted_by_every_step(studio: Studio, source: str):
    long = {"prompt": "a lake", "seed": 1, "steps": 150, "width": 2048, "height": 2048}
    mask = masked(studio, (100, 60, 180, 140))
    wish = Inpaint(**long, source=source, mask=mask, start="noise", strength=0.001, count=8)
    assert "would take about" in str(refusal(studio, wish))


@pytest.mark.parametrize(
    ("turn", "field"),
    [({"at": 4}, "turns"), ({"at": 1, "sampler": "lcm"}, "sampler")],
)
def test_a_turn_that_cannot_be_taken_is_refused_before_anything_waits(studio, turn, field):
    with pytest.raises(RecipeError) as refused:
        studio.submit(TextToImage(**WORDS, turns=[turn]), "me")
    assert refused.value.field == field


def test_a_picture_with_turns_is_made_again_from_its_file(studio: Studio):
    turn = {"at": 2, "prompt": "a forest at dawn", "sampler": "euler_a", "change": 0.5}
    done, _ = paint(studio, TextToImage(**WORDS, width=64, height=64, turns=[turn]))
    plain, _ = paint(studio, TextToImage(**WORDS, width=64, height=64))
    assert not np.array_equal(pixels(done[0]), pixels(plain[0]))
    assert studio.reproduce(done[0].result.path).identical
