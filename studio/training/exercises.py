"""What the model is asked in its evaluation: prompts from held-out renders, and those an artist would type.

An exercise is a fresh render of the painted world (a seed that is never trained on), its one plain sentence, and a seed to paint
from. Subjects come in turn, each equally often, so that the rare ones count as much as the common ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.training.heldout import HELD_OUT, combination_held_out
from studio.training.judge_data import labels_of
from studio.world.captions import plain_caption
from studio.world.facts import Facts
from studio.world.picture import paint
from studio.world.words import PLACES, STYLES, SUBJECTS

SEEN, UNSEEN, SCENERY, STARTS = (HELD_OUT + i * 1_000_000 for i in range(1, 5))
AGAIN = 100_000  # Between the seeds of a render and those of another one of the same combination.
PLAIN = "digital painting"  # What stylising starts from.


@dataclass(frozen=True, slots=True)
class Exercise:
    """One thing to paint.

    Attributes:
        prompt: What the model is told.
        facts: What its picture must show.
        render: What the painted world makes of it, (H, W, 3) uint8.
        seed: What the model paints from.
    """

    prompt: str
    facts: Facts
    render: NDArray[np.uint8]
    seed: int

    @property
    def labels(self) -> tuple[int, ...]:
        """Indices into `judge_data.NAMES`; the prompt names the main subject only."""
        return labels_of(replace(self.facts, items=self.facts.items[:1]))


def _exercise(facts: Facts, render: NDArray[np.uint8], seed: int) -> Exercise:
    return Exercise(plain_caption(facts), facts, render, seed)


def combinations(unseen: bool, count: int) -> list[tuple[str, str, str]]:
    """Subject, style, place: `count` combinations that are kept from training, or that are not; the same at every call."""
    rng = np.random.default_rng(int(unseen))
    choices = []
    for subject in SUBJECTS:
        mine = [
            (subject.name, style.name, place)
            for style in STYLES
            for place in dict.fromkeys(subject.places)
            if combination_held_out(subject.name, style.name, place) == unseen
        ]
        if mine:
            choices.append(mine)
    drawn: list[tuple[str, str, str]] = []
    while len(drawn) < count:
        for i in rng.permutation(len(choices)):
            drawn.append(choices[i][int(rng.integers(len(choices[i])))])
    return drawn[:count]


def with_subject(unseen: bool, count: int, again: bool = False) -> list[Exercise]:
    """Exercises with a subject, of combinations kept from training or not; `again` renders them from other seeds."""
    first = (UNSEEN if unseen else SEEN) + again * AGAIN
    exercises = []
    for i, (subject, style, place) in enumerate(combinations(unseen, count)):
        painted = paint(first + i, subject=subject, style=style, place=place)
        exercises.append(_exercise(painted.labels, painted.image, first + i))
    return exercises


def scenery(count: int, again: bool = False) -> list[Exercise]:
    """Landscapes without a subject and abstract compositions, places in turn."""
    places = [*(place.name for place in PLACES), "abstract"]
    exercises: list[Exercise] = []
    seed = SCENERY + again * AGAIN
    while len(exercises) < count:
        painted = paint(seed, place=places[len(exercises) % len(places)])
        if not painted.labels.items:
            exercises.append(_exercise(painted.labels, painted.image, seed))
        seed += 1
    return exercises


@dataclass(frozen=True, slots=True)
class Start:
    """A picture to stylise: as it is, as the world's own painter repaints it, and what the model is told."""

    plain: NDArray[np.uint8]
    repainted: NDArray[np.uint8]
    exercise: Exercise


def starts(count: int) -> list[Start]:
    """Digital paintings to be stylised, the other styles in turn."""
    others = [style.name for style in STYLES if style.name != PLAIN]
    found = []
    for i in range(count):
        subject = SUBJECTS[(i * 7) % len(SUBJECTS)].name
        plain = paint(STARTS + i, style=PLAIN, subject=subject)
        there = paint(STARTS + i, style=others[i % len(others)], subject=subject)
        exercise = _exercise(there.labels, there.image, STARTS + i)
        found.append(Start(plain.image, there.image, exercise))
    return found


def labels(exercises: Sequence[Exercise]) -> NDArray[np.int64]:
    """(N, questions), columns as in `judge_data.NAMES`."""
    return np.array([exercise.labels for exercise in exercises], np.int64)


ARTIST_PROMPTS: tuple[str, ...] = (
    "a lighthouse by the sea at sunset, watercolor",
    "a red house in a snowy field at night, oil painting",
    "swirling post impressionist painting of a cat in a village at night",
    "three yellow tulips in a meadow, soft pastel drawing",
    "a castle in the mountains in the fog, ink wash painting",
    "stained glass window of a swan on a lake",
    "a robot in a city at night, pop art",
    "two sailboats at sea at golden hour, impressionist painting",
    "pixel art dragon in the mountains",
    "a vase of flowers on a table, oil on canvas",
    "a fox in an autumn forest, woodblock print",
    "a whale in a storm, ukiyo e print",
    "a hot air balloon on rolling hills at dawn, low poly",
    "mosaic of an octopus underwater",
    "a bridge by a river, pencil sketch",
    "a windmill in a meadow with red flowers, pointillism",
    "a cubist guitar on a table",
    "mountains at sunset",
    "a forest in the fog, ink wash painting",
    "the sea in a storm, oil painting",
    "a palm tree on a beach at sunset, pop art",
    "an elephant in a desert at golden hour, watercolor",
    "a pagoda by a lake in falling snow, woodblock print",
    "a planet in space, digital painting",
    "a rocket in a desert at night, retro pixel art",
    "four red apples on a table, impressionist painting",
    "a blue bottle and lemons, cubist painting",
    "still life with pears, classic oil painting",
    "a cherry tree by a lake at dawn, soft pastel drawing",
    "a steam train in the mountains in falling snow, digital painting",
    "close up of an owl in a forest at night, pastel",
    "a church in the distance on rolling hills, watercolor",
    "a boat far away on a calm lake in the early morning, impressionism",
    "portrait of a lion in a desert, oil painting",
    "portrait of a wizard in a forest at night, stained glass",
    "a cypress on rolling hills under the stars, van gogh style painting",
    "a black cat in a city at night, japanese woodblock print",
    "a green tractor in a meadow on a sunny day, low poly art",
    "a penguin in a snowy field, polygon art",
    "a canyon at golden hour, low poly",
    "a horse in a meadow, graphite sketch",
    "a birch tree in an autumn forest, impressionist painting",
    "tropical fish in a coral reef, mosaic",
    "a mermaid by the sea in moonlight, digital art",
    "a snowman in a village in falling snow, 8 bit pixel art",
    "a ferris wheel in a city at dusk, comic book style",
    "a pyramid in the desert under a red sky, mosaic",
    "a deer in a forest in the early morning, watercolor painting",
    "abstract composition in warm colors with circles",
    "abstract shapes in cool colors, cubism",
    "abstract painting in neon colors, mosaic",
    "an island in the sea with a rainbow, digital painting",
    "a village at night with the moon, oil painting",
    "a city in the rain, impressionist painting",
    "purple hot air balloon in a clear blue sky",
    "a white lighthouse on the left in a storm, chalk pastel",
    "a pink flamingo on a beach, watercolor",
    "a torii gate by a lake at sunset, ink wash",
    "two roses, pencil drawing",
    "a candle on a table, swirling painting",
    "a cup of coffee and bread on a wooden table, oil painting",
    "a sunflower in a meadow at golden hour, pointillist painting",
    "an astronaut's ufo in space, concept art",
    "lighthouse",
)
"""What an artist might type: short and long, with and without a style, counts, colours, near and far."""
