"""Wording: many true sentences for the same facts, from bare words to full descriptions.

A caption never says what is not in the picture; it may leave things out. Standard library and a generator only.
"""

from __future__ import annotations

import numpy as np

from studio.world.facts import Facts, Item
from studio.world.words import COUNTS, PLACES, STYLES, SUBJECTS, TIMES, with_article

STYLE_OF = {style.name: style for style in STYLES}
PLACE_OF = {place.name: place for place in PLACES}
TIME_OF = {time.name: time for time in TIMES}
SUBJECT_OF = {subject.name: subject for subject in SUBJECTS}


def caption(facts: Facts, rng: np.random.Generator) -> str:
    """One sentence in lower case about a picture, at most 30 words."""
    scene = _scene(facts, rng)
    style = _style(facts, rng)
    draw = rng.random()
    if draw < 0.5:
        return f"{scene}, {style}"
    if draw < 0.8:
        return f"{style} of {scene}"
    if draw < 0.95:
        return f"{_short(facts, rng)}, {style}"
    return scene


def plain_caption(facts: Facts) -> str:
    """The one canonical sentence: main subject, place, time, style tile. For evaluation prompts."""
    subject = with_article(facts.items[0].name) if facts.items else ""
    tile = STYLE_OF[facts.style].tile
    if facts.place == "abstract":
        return f"abstract composition in {facts.palette} colors, {tile}"
    if facts.place == "table":
        return f"{subject} on a table, {tile}"
    place = PLACE_OF[facts.place]
    where = f"{subject} {place.phrase}" if subject else place.alone
    when = f" {TIME_OF[facts.time].phrase}" if facts.time else ""
    return f"{where}{when}, {tile}"


def _one_of(rng: np.random.Generator, usual: str, others: tuple[str, ...], chance: float) -> str:
    """The usual wording, or by `chance` one of the others."""
    return str(rng.choice(others)) if others and rng.random() < chance else usual


def _style(facts: Facts, rng: np.random.Generator) -> str:
    style = STYLE_OF[facts.style]
    return _one_of(rng, style.tile, style.synonyms, 0.35)


def noun_phrase(item: Item, rng: np.random.Generator) -> str:
    """Word an item: a red house, three pears, an old tower."""
    subject = SUBJECT_OF[item.name]
    colour = f"{item.colour} " if item.colour else ""
    if item.count > 1:
        return f"{COUNTS[item.count]} {colour}{subject.plural}"
    noun = subject.name if colour else _one_of(rng, subject.name, subject.synonyms, 0.25)
    return with_article(colour + noun)


def _short(facts: Facts, rng: np.random.Generator) -> str:
    """Only what the picture is mainly of."""
    if facts.items:
        return noun_phrase(facts.items[0], rng)
    if facts.place == "abstract":
        return "abstract composition"
    return PLACE_OF[facts.place].alone


def _scene(facts: Facts, rng: np.random.Generator) -> str:
    if facts.place == "abstract":
        return _abstract(facts, rng)
    if facts.place == "table":
        return _still_life(facts, rng)
    return _landscape(facts, rng)


def _abstract(facts: Facts, rng: np.random.Generator) -> str:
    start = _one_of(rng, "abstract composition", ("abstract painting", "abstract shapes"), 0.4)
    parts = f" with {facts.extras[0]}" if facts.extras and rng.random() < 0.6 else ""
    return f"{start} in {facts.palette} colors{parts}"


def _still_life(facts: Facts, rng: np.random.Generator) -> str:
    things = " and ".join(noun_phrase(item, rng) for item in facts.items)
    draw = rng.random()
    if draw < 0.55:
        return f"{things} on a {facts.extras[0] if rng.random() < 0.4 else 'table'}"
    return f"still life with {things}" if draw < 0.85 else f"still life of {things}"


def _landscape(facts: Facts, rng: np.random.Generator) -> str:
    place = PLACE_OF[facts.place]
    when = ""
    if facts.time and rng.random() < 0.86:
        time = TIME_OF[facts.time]
        when = _one_of(rng, time.phrase, time.synonyms, 0.25)
    if facts.items:
        where = _one_of(rng, place.phrase, place.synonyms, 0.25) if rng.random() < 0.9 else ""
        words = f"{_placed(facts, rng)} {where}".strip()
    else:
        words = place.alone if rng.random() < 0.8 else f"landscape of {place.alone}"
    extras = _extras(facts, rng)
    return f"{words} {when}".strip() + extras


def _placed(facts: Facts, rng: np.random.Generator) -> str:
    """The main subject with what is worth saying about its place in the picture."""
    noun = noun_phrase(facts.items[0], rng)
    if SUBJECT_OF[facts.items[0].name].stance == "portrait" and rng.random() < 0.4:
        return f"portrait of {noun}"
    if facts.distance == "near" and rng.random() < 0.5:
        return f"close up of {noun}"
    if facts.distance == "far" and rng.random() < 0.7:
        return f"{noun} {rng.choice(['in the distance', 'far away'])}"
    if facts.side and rng.random() < 0.3:
        return f"{noun} on the {facts.side}"
    return noun


def _extras(facts: Facts, rng: np.random.Generator) -> str:
    told = [extra for extra in facts.extras if rng.random() < 0.3][:2]
    definite = {"sun": "the sun", "moon": "the moon", "rainbow": "a rainbow"}
    return " with " + " and ".join(definite.get(extra, extra) for extra in told) if told else ""
