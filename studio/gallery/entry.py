"""What the index knows of one picture: everything its own file tells that a person looks for, and what it was made from.

The file is the truth: an entry can always be made again from it. A file may have been changed behind our back, or come from
anyone, so one that cannot be read still has an entry, marked as damaged: it is shown as such and can be deleted.
"""

import dataclasses
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import GalleryError
from studio.core.recipe import Painting
from studio.core.styles import STYLES
from studio.gallery import chunks
from studio.gallery.metadata import read
from studio.gallery.store import STAR, id_of

_END = b"\0\0\0\0IEND\xaeB`\x82"
_LONE = re.compile("([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the index; times, sizes and names as in the recipe.

    Attributes:
        id: The picture's.
        place: "2026-11-20/142233-123-seed7-a-lake-k3j2h4e5f6g7a2b3.png"; sorts by time.
        owner: Hash of whose it is; "" when nobody's.
        kind: Of its recipe; "" when the file tells none.
        guidance: Guidance scale.
        strength: Where the kind has one.
        steps_done: Steps made; fewer than `steps_total` when it was stopped.
        starred: One to hold on to.
        damaged: It ends too early, or its recipe cannot be read.
        bytes: Size of the file.
        pixels: `fingerprint` of the picture.
        recipe_key: The same for all pictures of one recipe.
        words: What a search for words looks through.
        parents: What it was made from, the likeliest first: "source" and a fingerprint, or "branch" and a recipe's key.
    """

    id: str
    place: str
    owner: str
    kind: str = ""
    model: str = ""
    style: str = ""
    sampler: str = ""
    prompt: str = ""
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    strength: float | None = None
    width: int = 0
    height: int = 0
    steps_done: int = 0
    steps_total: int = 0
    seconds: float = 0.0
    starred: bool = False
    damaged: bool = False
    bytes: int = 0
    pixels: str = ""
    recipe_key: str = ""
    words: str = ""
    parents: tuple[tuple[str, str], ...] = ()


def entry_of(path: Path, owner: str, pixels_of: Callable[[str], str]) -> Entry | None:
    """The entry of a picture file; None when it is gone.

    Args:
        path: The file, under a name of ours.
        owner: Hash of whose it is; "" for nobody.
        pixels_of: Name of an input -> `fingerprint` of its pixels, "" when it is not here.
    """
    bare = Entry(id_of(path) or "", place_of(path), owner, starred=path.with_suffix(STAR).exists())
    try:
        with path.open("rb") as file:
            head = file.read(24)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - len(_END)))
            whole = file.read() == _END and head.startswith(chunks.SIGNATURE)
    except FileNotFoundError:
        return None
    except OSError:
        return dataclasses.replace(bare, damaged=True)
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    bare = dataclasses.replace(
        bare, bytes=size, damaged=not whole, width=width % 2**16, height=height % 2**16
    )
    try:
        about = read(path)
    except GalleryError:
        return dataclasses.replace(bare, damaged=True)
    recipe, made = about.recipe, about.made
    return dataclasses.replace(
        bare,
        kind=recipe.kind,
        model=recipe.model,
        style=recipe.style,
        sampler=recipe.sampler or "",
        prompt=recipe.prompt or getattr(recipe, "source_prompt", ""),
        seed=recipe.seed,
        steps=recipe.steps,
        guidance=recipe.guidance_scale,
        strength=getattr(recipe, "strength", None),
        steps_done=max(0, min(made.steps_done, 2**31)),
        steps_total=max(0, min(made.steps_total, 2**31)),
        seconds=made.seconds,
        pixels=made.pixels[:64],
        recipe_key=key_of(recipe),
        words=spread(" ".join(_words(recipe))),
        parents=tuple(_parents(recipe, pixels_of)),
    )


def place_of(path: Path) -> str:
    """Day and name of a picture file, by which pictures sort in time."""
    return f"{path.parent.name}/{path.name}"


def key_of(recipe: Painting) -> str:
    """32 hex digits that all pictures of one settled recipe share."""
    return hashlib.sha256(recipe.to_json().encode("utf-8", "surrogatepass")).hexdigest()[:32]


def spread(text: str) -> str:
    """Text with every sign that is a word of its own (Chinese, Japanese, Korean) standing alone, to be found within others."""
    return _LONE.sub(r" \1 ", text)


def _words(recipe: Painting) -> Iterator[str]:
    yield recipe.prompt
    yield getattr(recipe, "source_prompt", "")
    yield recipe.negative_prompt
    yield f"{recipe.style} {STYLES[recipe.style].title}" if recipe.style != "none" else ""
    for turn in recipe.turns:
        yield turn.prompt or ""
        yield f"{turn.style} {STYLES[turn.style].title}" if turn.style else ""


def _parents(recipe: Painting, pixels_of: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Branches first: a branch of a stylised picture was made from that picture, and only through it from its source."""
    turns = recipe.turns
    # The run a branch left has its turns but one; a run whose picture is gone may have been a branch itself.
    fewer = [turns[:at] + turns[at + 1 :] for at in reversed(range(len(turns)))]
    fewer += [turns[:count] for count in reversed(range(len(turns)))]
    for left in dict.fromkeys(fewer):
        yield "branch", key_of(dataclasses.replace(recipe, turns=left))
    source = getattr(recipe, "source", "")
    if source:
        pixels = pixels_of(source)
        if pixels:
            yield "source", pixels
