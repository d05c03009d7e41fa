"""What palette is never trained on, so that its evaluation can tell painting from copying.

Two kinds: seeds from `HELD_OUT` on, and one in twenty of all combinations of subject, style and place, whichever seed paints
them. The choice follows from the three names alone, so it is the same on every machine and for ever.
"""

from __future__ import annotations

import zlib

from studio.world.facts import Facts
from studio.world.words import STYLES, SUBJECTS

HELD_OUT = 900_000_000  # Seeds from here on are never trained on.
ONE_IN = 20


def combination_held_out(subject: str, style: str, place: str) -> bool:
    """True when pictures of this subject in this style and place are kept from training."""
    return zlib.crc32(f"{subject}|{style}|{place}".encode()) % ONE_IN == 0


def held_out(facts: Facts) -> bool:
    """True when a picture's main subject, style and place are a combination kept from training."""
    return bool(facts.items) and combination_held_out(facts.items[0].name, facts.style, facts.place)


def held_out_combinations() -> list[tuple[str, str, str]]:
    """Every (subject, style, place) that is kept from training, in the vocabulary's order."""
    return [
        (subject.name, style.name, place)
        for subject in SUBJECTS
        for style in STYLES
        for place in dict.fromkeys(subject.places)  # A likelier place is named twice.
        if combination_held_out(subject.name, style.name, place)
    ]
