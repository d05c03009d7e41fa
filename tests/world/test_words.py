"""The vocabulary is plain data: consistent, and light enough for the page."""

import random
import subprocess
import sys

from studio.world.neighbours import NEAR, PROMPTS
from studio.world.words import PLACES, SUBJECTS, known_words, surprise


def test_listing_the_words_loads_no_heavy_library():
    check = "import sys, studio.world.words; print([m for m in ('numpy', 'cv2', 'PIL', 'torch') if m in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_subjects_live_in_places_that_exist():
    places = {place.name for place in PLACES} | {"table"}
    assert all(set(subject.places) <= places and subject.places for subject in SUBJECTS)


def test_surprises_are_made_of_known_words():
    rng = random.Random(0)
    for _ in range(300):
        words = set(surprise(rng).replace(",", "").split())
        assert words <= known_words(), words - known_words()


def test_the_first_prompt_of_the_studio_is_known():
    prompt = "a lighthouse by the sea at sunset, watercolor"
    assert set(prompt.replace(",", "").split()) <= known_words()


def test_neighbours_lead_from_unknown_words_to_known_ones():
    known = known_words()
    assert not set(NEAR) & known
    assert all(others and set(others) <= known for others in NEAR.values())
    for prompt in PROMPTS:
        assert set(prompt.split()) <= known, prompt
