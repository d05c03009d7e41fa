"""The vocabulary of the painted world: styles, places, times, subjects, colours and counts.

Plain data, standard library only, so that the page may list what the built-in model knows without loading a painter.
Every name here is also a word in captions; a name that no picture shows does not belong here.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Style:
    """One way of painting.

    Attributes:
        name: The word used in captions and labels.
        tile: What a style tile appends to a prompt.
        title: The tile's caption for people.
        synonyms: Other wordings that captions use for the same style.
    """

    name: str
    tile: str
    title: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scene is. `phrase` follows a subject ("a fox in a forest"); `alone` stands without one."""

    name: str
    phrase: str
    alone: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Time:
    """Time of day or weather. `phrase` ends a caption ("at sunset")."""

    name: str
    phrase: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be in a picture.

    Attributes:
        name: Singular noun, as captions use it.
        places: Names of the places where it may be.
        glyph: Emoji that draws it; empty when `studio.world.drawings` draws it.
        height: Height of a near one, as a share of the picture's short side.
        stance: How it relates to the ground: "stands", "floats" (on water), "flies", "swims", "portrait" or "table".
        depth: Where it stands: 0 in the foreground, 1 near the horizon (large things stand farther away).
        coloured: Whether "red", "blue" ... may be said of it.
        plural: For counts; empty when it is always alone.
        weight: How often it is painted, relative to the others.
    """

    name: str
    places: tuple[str, ...]
    glyph: str = ""
    height: float = 0.4
    stance: str = "stands"
    depth: float = 0.1
    coloured: bool = False
    plural: str = ""
    weight: float = 1.0
    synonyms: tuple[str, ...] = field(default=())


STYLES: tuple[Style, ...] = (
    Style("digital painting", "digital painting", "Digital", ("digital art", "concept art")),
    Style("oil painting", "oil painting", "Oil", ("oil on canvas", "classic oil painting")),
    Style(
        "impressionist painting",
        "impressionist painting",
        "Impressionist",
        ("impressionism", "impressionist"),
    ),
    Style(
        "swirling painting",
        "swirling post impressionist painting",
        "Swirls",
        ("van gogh style painting", "post impressionism", "swirling post impressionist painting"),
    ),
    Style("pointillism", "pointillism", "Pointillism", ("pointillist painting", "painted in dots")),
    Style("watercolor", "watercolor", "Watercolour", ("watercolour", "watercolor painting")),
    Style("ink wash", "ink wash painting", "Ink wash", ("ink wash painting", "sumi ink painting")),
    Style(
        "woodblock print",
        "woodblock print",
        "Woodblock",
        ("japanese woodblock print", "ukiyo e print"),
    ),
    Style("cubism", "cubist painting", "Cubism", ("cubist painting", "cubist")),
    Style("stained glass", "stained glass", "Stained glass", ("stained glass window",)),
    Style("mosaic", "mosaic", "Mosaic", ("tile mosaic",)),
    Style("low poly", "low poly", "Low poly", ("low poly art", "polygon art")),
    Style("pop art", "pop art", "Pop art", ("comic book style", "pop art print")),
    Style("pixel art", "pixel art", "Pixel art", ("8 bit pixel art", "retro pixel art")),
    Style("pencil sketch", "pencil sketch", "Pencil", ("pencil drawing", "graphite sketch")),
    Style("pastel", "soft pastel drawing", "Pastel", ("soft pastel drawing", "chalk pastel")),
)

PLACES: tuple[Place, ...] = (
    Place("sea", "by the sea", "the sea", ("by the ocean", "on the coast", "at sea")),
    Place("beach", "on a beach", "a beach", ("on a sandy beach", "at the beach")),
    Place("island", "on an island", "an island in the sea", ("on a small island",)),
    Place("lake", "by a lake", "a lake", ("at a calm lake", "by the lake")),
    Place("river", "by a river", "a river", ("by the river", "beside a winding river")),
    Place("mountains", "in the mountains", "mountains", ("among mountains", "below the mountains")),
    Place("forest", "in a forest", "a forest", ("in the woods", "in a pine forest")),
    Place("autumn forest", "in an autumn forest", "an autumn forest", ("in an autumn wood",)),
    Place("meadow", "in a meadow", "a meadow", ("in a field of flowers", "in a flower meadow")),
    Place("hills", "on rolling hills", "rolling hills", ("in green hills", "on a hill")),
    Place("desert", "in a desert", "a desert", ("in the desert", "among sand dunes")),
    Place("canyon", "in a canyon", "a canyon", ("in a red canyon",)),
    Place("snowy field", "in a snowy field", "a snowy field", ("in the snow", "in a winter field")),
    Place("city", "in a city", "a city", ("in the city", "in front of a skyline")),
    Place("village", "in a village", "a village", ("in a small village", "in an old village")),
    Place("underwater", "underwater", "an underwater reef", ("under the sea", "in a coral reef")),
    Place("space", "in space", "deep space", ("in outer space", "among the stars")),
)

TIMES: tuple[Time, ...] = (
    Time("dawn", "at dawn", ("at sunrise", "in the early morning")),
    Time("day", "in daylight", ("on a sunny day", "at noon", "under a blue sky")),
    Time("golden hour", "at golden hour", ("in golden light", "in the late afternoon")),
    Time("sunset", "at sunset", ("at dusk", "in the evening", "under a red sky")),
    Time("night", "at night", ("under the stars", "in moonlight")),
    Time("storm", "in a storm", ("under dark clouds", "in the rain", "in stormy weather")),
    Time("fog", "in the fog", ("in mist", "on a misty morning")),
    Time("snowfall", "in falling snow", ("while it snows", "in a snowstorm")),
)

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (206, 42, 40),
    "orange": (238, 130, 34),
    "yellow": (246, 206, 52),
    "green": (58, 150, 70),
    "blue": (44, 98, 200),
    "purple": (130, 66, 178),
    "pink": (242, 140, 176),
    "white": (240, 240, 236),
    "black": (46, 44, 50),
}

COUNTS: dict[int, str] = {1: "a", 2: "two", 3: "three", 4: "four"}

_WILD = ("meadow", "hills", "forest", "autumn forest", "river")
_OPEN = ("meadow", "hills", "desert", "snowy field", "river", "lake")
_TOWN = ("city", "village")
_COAST = ("sea", "beach", "island")
_COLD = ("snowy field", "mountains")
_SKY = ("sea", "beach", "lake", "mountains", "meadow", "hills", "desert", "snowy field", "city")
_LAND = (*_WILD, "mountains", "snowy field", "village", "lake")
_TABLE = ("table",)


def _drawn() -> tuple[Subject, ...]:
    """Subjects that `studio.world.drawings` draws: the ones people ask for first, so they come more often."""
    land = _LAND
    return (
        Subject("lighthouse", ("sea", "island", "beach", "sea"), "", 0.66, depth=0.45, weight=5),
        Subject("castle", ("hills", "mountains", "lake", "snowy field", "forest", "island", "sea"), "",
                0.56, depth=0.7, weight=3.5),
        Subject("house", (*land, "sea", "beach", "city"), "", 0.4, depth=0.45, coloured=True,
                plural="houses", weight=3.5, synonyms=("cottage", "small house")),
        Subject("barn", ("meadow", "hills", "snowy field", "river"), "", 0.38, depth=0.5, coloured=True,
                weight=1.5),
        Subject("windmill", ("meadow", "hills", "river", "village", "snowy field"), "", 0.56, depth=0.5,
                weight=2.5),
        Subject("church", ("village", "hills", "meadow", "mountains", "snowy field", "lake", "city"), "",
                0.52, depth=0.55, weight=1.5),
        Subject("tower", ("hills", "mountains", "desert", "sea", "forest", "canyon"), "", 0.58, depth=0.5,
                synonyms=("old tower",)),
        Subject("pagoda", ("mountains", "lake", "autumn forest", "forest", "hills", "snowy field"), "",
                0.56, depth=0.5, weight=1.5, synonyms=("temple",)),
        Subject("pyramid", ("desert",), "", 0.42, depth=0.85, plural="pyramids", weight=1.5),
        Subject("bridge", ("river",), "", 0.3, depth=0.6, weight=3, synonyms=("stone bridge",)),
        Subject("pine tree", (*land, "canyon"), "", 0.56, depth=0.3, plural="pine trees", weight=2.5,
                synonyms=("fir tree",)),
        Subject("tree", (*land, "village", "city"), "", 0.52, depth=0.3, plural="trees", weight=3.5,
                synonyms=("big tree", "lonely tree")),
        Subject("birch tree", ("meadow", "river", "autumn forest", "lake"), "", 0.62, depth=0.2,
                plural="birch trees"),
        Subject("cherry tree", ("meadow", "hills", "river", "lake", "village"), "", 0.5, depth=0.3,
                plural="cherry trees", weight=2, synonyms=("blooming cherry tree",)),
        Subject("cypress", ("hills", "meadow", "village"), "", 0.6, depth=0.3, plural="cypresses"),
        Subject("sailboat", ("sea", "lake", "island", "beach", "sea"), "", 0.46, "floats", 0.4, True,
                "sailboats", 4.0, ("sailing boat",)),
        Subject("boat", ("lake", "river", "sea", "beach"), "", 0.18, "floats", 0.2, True, "boats", 2.0,
                ("rowing boat", "wooden boat")),
        Subject("ship", ("sea", "island", "sea"), "", 0.46, "floats", 0.55, weight=2,
                synonyms=("tall ship", "sailing ship")),
        Subject("hot air balloon", _SKY, "", 0.44, "flies", 0.3, True, "hot air balloons", 3.0),
        Subject("rocket", ("space", "desert", "city"), "", 0.5, depth=0.3, coloured=True, weight=1.5),
        Subject("tent", ("forest", "mountains", "lake", "desert", "snowy field"), "", 0.28, depth=0.2,
                coloured=True, plural="tents"),
        Subject("cactus", ("desert", "canyon"), "", 0.5, depth=0.2, plural="cacti", weight=1.5),
        Subject("sunflower", ("meadow", "hills", "table"), "", 0.6, depth=0.0, plural="sunflowers", weight=2),
        Subject("tulip", ("meadow", "hills", "table"), "", 0.48, depth=0.0, coloured=True, plural="tulips",
                weight=1.5),
        Subject("vase of flowers", _TABLE, "", 0.66, "table", 0.0, True, "", 5.0, ("bouquet in a vase",)),
        Subject("candle", _TABLE, "", 0.5, "table", 0.0, plural="candles", weight=1.5),
        Subject("bottle", _TABLE, "", 0.6, "table", 0.0, True, "bottles", 1.5),
        Subject("snowman", ("snowy field", "village"), "", 0.44, depth=0.15, weight=1.5),
        Subject("planet", ("space",), "", 0.46, "flies", 0.3, True, "planets", 2.0),
    )  # fmt: skip


def _pictured() -> tuple[Subject, ...]:
    """Subjects drawn from the emoji font."""
    wild, opn, town, coast, cold, sky = _WILD, _OPEN, _TOWN, _COAST, _COLD, _SKY
    sea = ("underwater",)
    return (
        Subject("cat", ("village", "meadow", "city", "forest"), "🐈", 0.4, plural="cats", weight=3),
        Subject("black cat", ("village", "city", "meadow"), "🐈", 0.4),
        Subject("dog", (*town, "meadow", "beach"), "🐕", 0.42, plural="dogs", weight=2.5),
        Subject("horse", (*opn, "beach"), "🐎", 0.42, depth=0.2, plural="horses", weight=2),
        Subject("cow", ("meadow", "hills", "river"), "🐄", 0.36, depth=0.2, plural="cows", weight=1.2),
        Subject("pig", ("meadow", "village"), "🐖", 0.32, plural="pigs"),
        Subject("sheep", ("meadow", "hills", "mountains"), "🐑", 0.34, depth=0.1, plural="sheep"),
        Subject("goat", ("mountains", "hills", "canyon"), "🐐", 0.38, depth=0.1, plural="goats"),
        Subject("deer", (*wild, "snowy field"), "🦌", 0.46, depth=0.1, plural="deer", weight=1.8),
        Subject("rabbit", (*wild, "snowy field"), "🐇", 0.34, plural="rabbits", weight=1.5),
        Subject("squirrel", ("forest", "autumn forest"), "🐿", 0.34, plural="squirrels"),
        Subject("hedgehog", ("forest", "autumn forest"), "🦔", 0.28, plural="hedgehogs"),
        Subject("elephant", ("desert", "hills", "river"), "🐘", 0.46, depth=0.2, plural="elephants",
                weight=1.8),
        Subject("giraffe", ("desert", "hills"), "🦒", 0.58, depth=0.2, plural="giraffes"),
        Subject("camel", ("desert", "canyon"), "🐪", 0.42, depth=0.2, plural="camels", weight=1.5),
        Subject("tiger", ("forest", "meadow", "river"), "🐅", 0.36, depth=0.1, plural="tigers", weight=1.2),
        Subject("dinosaur", ("forest", "canyon", "hills", "desert"), "🦕", 0.52, depth=0.25, weight=1.2),
        Subject("dragon", ("mountains", "canyon", "hills"), "🐉", 0.5, depth=0.15, coloured=True, weight=2),
        Subject("snake", ("desert", "canyon"), "🐍", 0.3),
        Subject("rooster", ("village", "meadow"), "🐓", 0.38, plural="roosters"),
        Subject("duck", ("lake", "river"), "🦆", 0.3, "floats", 0.1, plural="ducks", weight=1.2),
        Subject("swan", ("lake", "river"), "🦢", 0.36, "floats", 0.1, plural="swans", weight=2),
        Subject("flamingo", ("beach",), "🦩", 0.48, plural="flamingos"),
        Subject("penguin", ("snowy field",), "🐧", 0.4, plural="penguins", weight=2),
        Subject("owl", ("forest", "autumn forest"), "🦉", 0.42, plural="owls", weight=1.5),
        Subject("parrot", ("forest",), "🦜", 0.4, plural="parrots"),
        Subject("peacock", ("meadow", "village"), "🦚", 0.42),
        Subject("eagle", ("mountains", "canyon"), "🦅", 0.34, "flies", 0.3, plural="eagles", weight=1.2),
        Subject("butterfly", ("meadow", "hills"), "🦋", 0.34, "flies", 0.0, True, "butterflies", 1.8),
        Subject("bee", ("meadow",), "🐝", 0.28, "flies", 0.0, plural="bees"),
        Subject("snail", ("forest", "meadow"), "🐌", 0.26, plural="snails"),
        Subject("turtle", ("beach", "underwater"), "🐢", 0.28, plural="turtles", weight=1.2),
        Subject("crab", ("beach", "underwater"), "🦀", 0.28, plural="crabs"),
        Subject("whale", ("sea", "underwater", "sea"), "🐋", 0.32, "floats", 0.3, weight=1.8),
        Subject("dolphin", ("sea", "underwater"), "🐬", 0.34, "floats", 0.2, plural="dolphins", weight=1.5),
        Subject("fish", sea, "🐟", 0.3, "swims", 0.2, True, "fish", 2.0),
        Subject("tropical fish", sea, "🐠", 0.34, "swims", 0.2, plural="tropical fish", weight=1.5),
        Subject("shark", sea, "🦈", 0.36, "swims", 0.2, plural="sharks", weight=1.2),
        Subject("octopus", sea, "🐙", 0.42, "swims", 0.2, weight=1.8),
        Subject("fox", (*wild, *cold), "🦊", 0.52, "portrait", weight=2),
        Subject("lion", ("desert", "hills"), "🦁", 0.56, "portrait", weight=1.5),
        Subject("bear", ("forest", "mountains", "river"), "🐻", 0.54, "portrait", weight=1.5),
        Subject("panda", ("forest", "mountains"), "🐼", 0.54, "portrait", weight=1.2),
        Subject("wolf", ("forest", "snowy field", "mountains"), "🐺", 0.54, "portrait", weight=1.2),
        Subject("unicorn", ("meadow", "forest", "hills"), "🦄", 0.56, "portrait"),
        Subject("robot", (*town, "space", "desert"), "🤖", 0.5, "portrait", weight=2),
        Subject("wizard", ("forest", "mountains", "village"), "🧙", 0.54, "portrait", weight=1.2),
        Subject("mermaid", (*coast[:1], "underwater"), "🧜", 0.44, "floats", 0.1),
        Subject("dancer", (*town, "beach"), "💃", 0.52, weight=1.2),
        Subject("ghost", ("forest", "village"), "👻", 0.42, "flies", 0.0, plural="ghosts"),
        Subject("palm tree", ("beach", "island", "desert"), "🌴", 0.6, depth=0.2, plural="palm trees",
                weight=2),
        Subject("rose", ("meadow", "table"), "🌹", 0.5, plural="roses", weight=2),
        Subject("mushroom", ("forest", "autumn forest"), "🍄", 0.4, plural="mushrooms", coloured=True,
                weight=2),
        Subject("pumpkin", ("autumn forest", "village", "table"), "🎃", 0.34, plural="pumpkins", weight=1.5),
        Subject("apple", _TABLE, "🍎", 0.36, "table", coloured=True, plural="apples", weight=2.5),
        Subject("pear", _TABLE, "🍐", 0.4, "table", plural="pears", weight=1.5),
        Subject("orange", _TABLE, "🍊", 0.34, "table", plural="oranges", weight=1.5),
        Subject("lemon", _TABLE, "🍋", 0.32, "table", plural="lemons", weight=1.5),
        Subject("banana", _TABLE, "🍌", 0.38, "table", plural="bananas"),
        Subject("grapes", _TABLE, "🍇", 0.4, "table", weight=1.2),
        Subject("strawberry", _TABLE, "🍓", 0.34, "table", plural="strawberries"),
        Subject("watermelon", _TABLE, "🍉", 0.34, "table"),
        Subject("pineapple", _TABLE, "🍍", 0.56, "table"),
        Subject("teapot", _TABLE, "🫖", 0.42, "table", coloured=True, weight=1.5),
        Subject("cup of coffee", _TABLE, "☕", 0.36, "table", weight=1.5, synonyms=("coffee cup",)),
        Subject("wine glass", _TABLE, "🍷", 0.5, "table", weight=1.2, synonyms=("glass of wine",)),
        Subject("bread", _TABLE, "🍞", 0.36, "table"),
        Subject("book", _TABLE, "📕", 0.4, "table", coloured=True, plural="books"),
        Subject("guitar", _TABLE, "🎸", 0.6, "table", weight=1.5),
        Subject("violin", _TABLE, "🎻", 0.58, "table", weight=1.2),
        Subject("skull", _TABLE, "💀", 0.44, "table", weight=1.2),
        Subject("crown", _TABLE, "👑", 0.36, "table"),
        Subject("car", (*town, "desert", "hills"), "🚗", 0.34, depth=0.15, coloured=True, plural="cars",
                weight=2.5),
        Subject("bus", town, "🚌", 0.38, depth=0.2, coloured=True),
        Subject("tractor", ("meadow", "hills"), "🚜", 0.36, depth=0.15, coloured=True),
        Subject("steam train", ("hills", "mountains", "meadow", "snowy field"), "🚂", 0.4, depth=0.2,
                weight=1.5, synonyms=("train",)),
        Subject("bicycle", (*town, "meadow", "beach"), "🚲", 0.38, depth=0.1, coloured=True, weight=1.5),
        Subject("airplane", sky, "🛩", 0.34, "flies", 0.4, plural="airplanes", weight=1.2),
        Subject("ufo", ("space", "city", "desert", "hills"), "🛸", 0.32, "flies", 0.3, plural="ufos",
                weight=1.2, synonyms=("flying saucer",)),
        Subject("satellite", ("space",), "🛰", 0.36, "flies", 0.3),
        Subject("umbrella", ("beach",), "⛱", 0.46, depth=0.1, coloured=True),
        Subject("fountain", town, "⛲", 0.42, depth=0.2),
        Subject("ferris wheel", ("city", "beach"), "🎡", 0.58, depth=0.5, weight=1.2),
        Subject("circus tent", ("village", "meadow"), "🎪", 0.5, depth=0.3),
        Subject("statue of liberty", ("city", "island"), "🗽", 0.66, depth=0.4),
        Subject("stone head", ("island", "hills"), "🗿", 0.5, depth=0.2, weight=0.8),
        Subject("torii gate", ("lake", "forest", "mountains", "island"), "⛩", 0.46, depth=0.3, weight=1.2),
    )  # fmt: skip


SUBJECTS: tuple[Subject, ...] = (*_drawn(), *_pictured())

EXTRAS: tuple[str, ...] = (
    "sun", "moon", "stars", "clouds", "rainbow", "birds", "aurora", "reflections", "path", "fence",
    "rain", "lightning",
)  # fmt: skip

ABSTRACT_COLOURS: tuple[str, ...] = ("warm", "cool", "pastel", "earth", "neon", "monochrome")

_GRAMMAR = (
    "a an the of in on at by with and to is it under near far left right from distance away foreground background close up "
    "beautiful painting picture scene landscape still life abstract composition colors colours colorful shapes "
    "wooden table round lines circles portrait style art made as drawn painted very small large tall big distant "
    "full bright red orange yellow green blue purple pink white black flowers flower field two three four"
)


def known_words() -> frozenset[str]:
    """Every lower-case word that a caption of the painted world may use."""
    texts = [_GRAMMAR, *COLOURS, *COUNTS.values(), *EXTRAS, *ABSTRACT_COLOURS]
    for style in STYLES:
        texts += [style.name, style.tile, *style.synonyms]
    for place in PLACES:
        texts += [place.name, place.phrase, place.alone, *place.synonyms]
    for time in TIMES:
        texts += [time.name, time.phrase, *time.synonyms]
    for subject in SUBJECTS:
        texts += [subject.name, subject.plural, *subject.synonyms]
    return frozenset(re.findall(r"[a-z]+|[0-9]", " ".join(texts).lower()))


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun; nouns without a singular ("grapes", "bread") stay bare."""
    if noun in {"grapes", "bread"}:
        return noun
    return f"{'an' if noun[0] in 'aeio' or noun.startswith('um') else 'a'} {noun}"


def surprise(rng: random.Random) -> str:
    """A prompt within the painted world: a subject where it belongs, a time of day, a style."""
    subject = rng.choices(SUBJECTS, [s.weight for s in SUBJECTS])[0]
    style = rng.choice(STYLES).tile
    name = rng.choice(subject.places)
    if name == "table":
        return f"{with_article(subject.name)} on a table, {style}"
    place = next(p for p in PLACES if p.name == name)
    if name in {"underwater", "space"}:
        return f"{with_article(subject.name)} {place.phrase}, {style}"
    return f"{with_article(subject.name)} {place.phrase} {rng.choice(TIMES).phrase}, {style}"
