"""Composing a scene: place, time, subjects, and the record of what is in it.

A scene is still without style: clean shapes and light. `studio.world.painters` then paints it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.world import sprites
from studio.world.canvas import Box, Canvas, Image, noise
from studio.world.facts import Facts, Item
from studio.world.indoors import paint_abstract, paint_table
from studio.world.light import LIGHTS
from studio.world.placement import place, raise_headland, spot_for
from studio.world.scenery import PLACE_PAINTERS, Ground
from studio.world.sky import Sky, paint_sky, paint_weather
from studio.world.words import COLOURS, PLACES, SUBJECTS, TIMES, Subject

KINDS = {"place": 0.82, "table": 0.13, "abstract": 0.05}
SUBJECT_SHARE = 0.78  # How many landscapes have a subject.
SKYLESS = {"underwater", "space"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a scene must hold; None leaves it to chance. `place` may also be "table" or "abstract"."""

    place: str | None = None
    time: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Clean pixels (H, W, 3) uint8, what they show, and where the subjects are."""

    pixels: Image
    facts: Facts
    boxes: tuple[Box, ...] = ()


def compose(rng: np.random.Generator, size: tuple[int, int], wish: Wish = Wish()) -> Scene:
    """Compose one scene of `size` (width, height).

    Raises: ValueError when the wished subject cannot be in the wished place, or a name is unknown.
    """
    subject, where = _choose(rng, wish)
    if where == "abstract":
        return _abstract(rng, size)
    if where == "table":
        return _still_life(rng, size, subject)
    time = wish.time or str(rng.choice([t.name for t in TIMES]))
    if time not in LIGHTS:
        raise ValueError(f"Unknown time {time!r}; known: {', '.join(LIGHTS)}")
    return _landscape(rng, size, where, time, subject)


def _choose(rng: np.random.Generator, wish: Wish) -> tuple[Subject | None, str]:
    """Pick a subject and a place that suit each other and the wish."""
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    if wish.subject is not None:
        named = next((s for s in SUBJECTS if s.name == wish.subject), None)
        if named is None:
            raise ValueError(f"Unknown subject {wish.subject!r}")
        if wish.place is not None and wish.place not in named.places:
            raise ValueError(
                f"A {named.name} cannot be in place {wish.place!r}; it can in {', '.join(named.places)}"
            )
        return named, wish.place or str(rng.choice(named.places))
    where = wish.place
    if where is None and kind != "place":
        where = kind
    if where is None and rng.random() > SUBJECT_SHARE:
        return None, str(rng.choice([p.name for p in PLACES]))
    if where == "abstract" or (where not in {None, "table"} and rng.random() > SUBJECT_SHARE):
        return None, str(where)
    fitting = [
        s for s in SUBJECTS if (s.places != ("table",) if where is None else where in s.places)
    ]
    if not fitting:
        raise ValueError(f"Unknown place {where!r}")
    weights = np.array([s.weight for s in fitting])
    subject = fitting[int(rng.choice(len(fitting), p=weights / weights.sum()))]
    return subject, where or str(rng.choice([p for p in subject.places if p != "table"]))


def _colour_for(rng: np.random.Generator, subject: Subject, chance: float) -> str | None:
    return str(rng.choice(list(COLOURS))) if subject.coloured and rng.random() < chance else None


def _landscape(
    rng: np.random.Generator, size: tuple[int, int], where: str, time: str, subject: Subject | None
) -> Scene:
    light = LIGHTS["day" if where in SKYLESS else time]
    canvas = Canvas(size, rng, light)
    horizon = float(canvas.height * rng.uniform(0.48, 0.62))
    sky = Sky((), 0.2) if where in SKYLESS else paint_sky(canvas, horizon)
    ground = PLACE_PAINTERS[where](canvas, horizon, sky.sun[0] if sky.sun else None)
    if time == "snowfall" and where not in {*SKYLESS, "sea", "lake"}:
        _settle_snow(canvas, ground)
    items: tuple[Item, ...] = ()
    side = distance = None
    if subject is not None:
        item, side, distance = _stand(canvas, ground, sky, subject, where)
        items = (item,)
    extras = [*sky.extras, *ground.extras]
    if where not in SKYLESS:
        extras += paint_weather(canvas)
    facts = Facts(where, None if where in SKYLESS else time, items, side, distance, tuple(extras))
    return Scene(canvas.pixels, facts, tuple(canvas.boxes))


def _settle_snow(canvas: Canvas, ground: Ground) -> None:
    """Whiten the land below the horizon, as snow that has begun to settle."""
    rows = slice(int(ground.horizon), canvas.height)
    patches = noise(canvas.rng, (canvas.height - rows.start, canvas.width), 4, 4)
    canvas.mix(np.clip(patches * 1.3, 0.25, 0.7), canvas.lit((244, 248, 255)), rows)


def _stand(
    canvas: Canvas, ground: Ground, sky: Sky, subject: Subject, where: str
) -> tuple[Item, str | None, str | None]:
    """Paint one or several of a subject; returns the item, its side and its distance."""
    rng = canvas.rng
    count = int(rng.choice([1, 2, 3, 4], p=[0.84, 0.08, 0.06, 0.02])) if subject.plural else 1
    colour = _colour_for(rng, subject, 0.45)
    scale, distance = 1.0, None
    if subject.stance != "portrait" and rng.random() < 0.24:
        scale, distance = (1.35, "near") if rng.random() < 0.55 else (0.58, "far")
    across, side = _across(rng, count)
    on_headland = not ground.stands and subject.stance == "stands"
    if on_headland:
        across = float(rng.choice([rng.uniform(0.26, 0.36), rng.uniform(0.64, 0.74)]))
        side = "left" if across < 0.5 else "right"
        ground = raise_headland(canvas, ground, across)
    elif (
        subject.stance == "floats"
        and where in {"river", "island"}
        or where == "island"
        and subject.stance == "stands"
    ):
        across, side = ground.water_x + float(rng.uniform(-0.06, 0.06)), None
    if count > 1:
        side, scale = None, scale * (0.72 if count == 2 else 0.6)
        distance = None
        across = float(np.clip(across, 0.42, 0.58)) if not on_headland else across
    _paint_all(canvas, ground, sky, subject, where, count, colour, across, scale)
    return Item(subject.name, count, colour), side, distance


def _across(rng: np.random.Generator, count: int) -> tuple[float, str | None]:
    draw = rng.random()
    if count > 1 or draw < 0.5:
        return float(rng.uniform(0.42, 0.58)), None
    return (
        (float(rng.uniform(0.24, 0.33)), "left")
        if draw < 0.75
        else (float(rng.uniform(0.67, 0.76)), "right")
    )


def _paint_all(canvas: Canvas, ground: Ground, sky: Sky, subject: Subject, where: str, count: int,
               colour: str | None, across: float, scale: float) -> None:  # fmt: skip
    """Paint `count` cut-outs side by side, the farthest first."""
    cuts = [sprites.cut_out(subject, canvas.rng, canvas.light, colour) for _ in range(count)]
    spots = []
    for i, cut in enumerate(cuts):
        aspect = cut.pixels.shape[1] / cut.pixels.shape[0]
        step = max(
            0.17,
            min(0.3, subject.height * scale * aspect * 0.95 * min(canvas.shape) / canvas.width),
        )
        at = (
            across
            + (i - (count - 1) / 2) * step
            + (canvas.rng.normal(0, 0.015) if count > 1 else 0)
        )
        spots.append(spot_for(canvas, ground, subject, aspect, at, scale))
    for i in sorted(range(count), key=lambda index: spots[index].y):
        place(canvas, cuts[i], spots[i], ground, sky, subject, where)


def _still_life(rng: np.random.Generator, size: tuple[int, int], subject: Subject | None) -> Scene:
    """One main thing on a table, often with one or two kinds of fruit beside it."""
    canvas = Canvas(size, rng, LIGHTS[str(rng.choice(["day", "golden hour", "dawn"]))])
    ground, table = paint_table(canvas)
    sky = Sky((), 0.05 if canvas.light.name == "dawn" else 0.95)
    fitting = [s for s in SUBJECTS if "table" in s.places]
    weights = np.array([s.weight for s in fitting])
    main = subject or fitting[int(rng.choice(len(fitting), p=weights / weights.sum()))]
    plan = [(main, _count(rng, main), _colour_for(rng, main, 0.4))]
    if rng.random() < 0.5:
        other = fitting[int(rng.choice(len(fitting), p=weights / weights.sum()))]
        if other.name != main.name:
            plan.append(
                (other, _count(rng, other) if plan[0][1] == 1 else 1, _colour_for(rng, other, 0.3))
            )
    total = sum(count for _, count, _ in plan)
    scale = {1: 1.25, 2: 0.95, 3: 0.82}.get(total, 0.7)
    positions = 0.5 + (np.arange(total) - (total - 1) / 2) * min(0.3, 0.78 / max(1, total))
    order = iter(positions if rng.random() < 0.5 else positions[::-1])
    for thing, count, colour in plan:
        for _ in range(count):
            cut = sprites.cut_out(thing, rng, canvas.light, colour)
            aspect = cut.pixels.shape[1] / cut.pixels.shape[0]
            spot = spot_for(
                canvas, ground, thing, aspect, float(next(order)) + rng.normal(0, 0.015), scale
            )
            standing = Subject(thing.name, thing.places, thing.glyph, thing.height, "stands")
            place(canvas, cut, spot, ground, sky, standing, "table")
    items = tuple(Item(thing.name, count, colour) for thing, count, colour in plan)
    facts = Facts("table", None, items, extras=(table,))
    return Scene(canvas.pixels, facts, tuple(canvas.boxes))


def _count(rng: np.random.Generator, subject: Subject) -> int:
    return int(rng.choice([1, 2, 3], p=[0.7, 0.15, 0.15])) if subject.plural else 1


def _abstract(rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    canvas = Canvas(size, rng, LIGHTS["day"])
    palette, parts = paint_abstract(canvas)
    return Scene(canvas.pixels, Facts("abstract", None, extras=parts, palette=palette))
