"""The painted world keeps its promises: seeded, captioned truthfully, readable, every name paintable."""

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")

from studio.world.captions import caption, plain_caption  # noqa: E402
from studio.world.drawings import DRAWINGS  # noqa: E402
from studio.world.facts import Facts, Item  # noqa: E402
from studio.world.light import LIGHTS  # noqa: E402
from studio.world.painters import PAINTERS  # noqa: E402
from studio.world.picture import SIZES, paint  # noqa: E402
from studio.world.scene import Wish, compose  # noqa: E402
from studio.world.scenery import PLACE_PAINTERS  # noqa: E402
from studio.world.sprites import font_path  # noqa: E402
from studio.world.words import PLACES, STYLES, SUBJECTS, TIMES, known_words  # noqa: E402

needs_font = pytest.mark.skipif(
    font_path() is None, reason="fonts-noto-color-emoji is not installed"
)
SUBJECT_MARKS = [pytest.param(s, marks=[needs_font] if s.glyph else []) for s in SUBJECTS]


def test_names_and_painters_match():
    assert {style.name for style in STYLES} == set(PAINTERS)
    assert {place.name for place in PLACES} == set(PLACE_PAINTERS)
    assert {time.name for time in TIMES} == set(LIGHTS)
    assert {s.name for s in SUBJECTS if not s.glyph} == set(DRAWINGS)
    assert len({s.name for s in SUBJECTS}) == len(SUBJECTS) >= 100


def test_the_same_seed_gives_the_same_picture_and_words():
    first, second = (paint(7, subject="lighthouse") for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert (first.caption, first.labels) == (second.caption, second.labels)


def test_another_seed_gives_another_picture():
    assert not np.array_equal(paint(7, subject="castle").image, paint(8, subject="castle").image)


@pytest.mark.parametrize("style", [style.name for style in STYLES])
@pytest.mark.parametrize("time", ["day", "night"])
def test_every_style_paints_something_readable(style, time):
    """Neither grey mush nor black: contrast and brightness stay within bounds."""
    painted = paint(3, style=style, subject="lighthouse", time=time)
    grey = painted.image.mean(2)
    assert painted.image.shape == (256, 256, 3) and painted.image.dtype == np.uint8
    assert 15 < grey.std() < 110
    assert 40 < grey.mean() < 235


@pytest.mark.parametrize("style", [style.name for style in STYLES])
def test_every_style_changes_the_picture_by_its_own_marks(style):
    """A painter is not the identity and not any other painter."""
    mine = paint(3, style=style, subject="house", place="hills", time="day").image.astype(int)
    for other in STYLES:
        if other.name != style:
            theirs = paint(3, style=other.name, subject="house", place="hills", time="day").image
            assert np.abs(mine - theirs).mean() > 2


@pytest.mark.parametrize("place", [place.name for place in PLACES])
@pytest.mark.parametrize("size", SIZES)
def test_every_place_paints_at_every_size(place, size):
    drawn = next((s.name for s in SUBJECTS if not s.glyph and place in s.places), None)
    if drawn is None and font_path() is None:
        pytest.skip("only subjects of the emoji font live there, and it is not installed")
    painted = paint(11, place=place, size=size, subject=drawn)
    assert painted.image.shape == (size[1], size[0], 3)
    assert painted.labels.place == place


@pytest.mark.parametrize("subject", SUBJECT_MARKS, ids=lambda s: s.name)
def test_every_subject_can_be_seen_and_is_named(subject):
    painted = paint(5, subject=subject.name, style="digital painting")
    assert painted.labels.items[0].name == subject.name
    assert painted.labels.place in subject.places
    assert painted.image.std() > 12


@pytest.mark.parametrize("place", ["meadow", "sea", "table"])
def test_boxes_hold_the_subjects(place, monkeypatch):
    """Without the cut-outs' pixels the picture changes inside their boxes and hardly outside (shadows, blades of grass)."""
    subject = {"meadow": "windmill", "sea": "lighthouse", "table": "teapot"}[place]
    whole = compose(np.random.default_rng(3), (256, 256), Wish(place, None, subject))
    monkeypatch.setattr("studio.world.placement._paste", lambda *_: None)
    without = compose(np.random.default_rng(3), (256, 256), Wish(place, None, subject))
    assert len(whole.boxes) == sum(item.count for item in whole.facts.items)
    inside = np.zeros((256, 256), bool)
    for left, top, right, bottom in whole.boxes:
        assert 0 <= left < right <= 256 and 0 <= top < bottom <= 256
        inside[top:bottom, left:right] = True
    changed = (whole.pixels != without.pixels).any(2)
    assert changed[inside].mean() > 0.25 and changed[~inside].mean() < 0.02


def test_captions_use_known_words_and_fit_the_prompt():
    rng = np.random.default_rng(0)
    known = known_words()
    for seed in range(200):
        subject = SUBJECTS[seed % len(SUBJECTS)]
        facts = Facts(
            place="sea" if subject.places == ("table",) else subject.places[0],
            time=TIMES[seed % len(TIMES)].name,
            items=(
                Item(subject.name, 2 if subject.plural else 1, "red" if subject.coloured else None),
            ),
            side="left",
            distance="far",
            extras=("sun", "clouds", "red flowers"),
            style=STYLES[seed % len(STYLES)].name,
        )
        words = caption(facts, rng).replace(",", " ,").split()
        assert len(words) <= 30
        assert set(words) - {","} <= known, set(words) - known


def test_a_mirrored_picture_swaps_left_and_right():
    facts = Facts("sea", "day", (Item("house"),), side="left")
    assert facts.mirrored().side == "right"
    assert facts.mirrored().mirrored() == facts


@needs_font
def test_a_full_caption_names_what_is_in_the_picture():
    painted = paint(2, subject="cat", place="village", time="night", style="oil painting")
    assert plain_caption(painted.labels) == "a cat in a village at night, oil painting"


def test_wishes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="Unknown style"):
        paint(1, style="cave painting", subject="castle")
    with pytest.raises(ValueError, match="cannot be in place"):
        paint(1, subject="sailboat", place="desert")
    with pytest.raises(ValueError, match="Unknown subject"):
        paint(1, subject="xylophone")
