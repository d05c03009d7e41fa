"""Many pictures in the gallery: how long the index takes, a page of it, a search, and how much memory.

    python -m bench.gallery [--pictures 50000]

Pictures are 8 x 8 pixels with whole recipes, spread over days and owners. Every figure is of a process of its own, so memory is
what that one took. Needs no model.
"""

import argparse
import json
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio.core.recipes import TextToImage
from studio.gallery.chunks import SIGNATURE
from studio.gallery.files import new_id
from studio.gallery.index import Index
from studio.gallery.inputs import Inputs
from studio.gallery.metadata import Made
from studio.gallery.owners import FILE, hashed
from studio.gallery.query import Query
from studio.gallery.store import Store, slug
from studio.results import Results

OWNERS = [f"person {number}" for number in range(20)]
WORDS = [
    "lake",
    "sea",
    "castle",
    "forest",
    "meadow",
    "river",
    "night",
    "sunset",
    "snow",
    "boat",
    "house",
    "mountain",
    "fox",
    "village",
]
STYLES = ("none", "oil", "watercolor", "ink", "pencil", "mosaic")


def main() -> None:
    """Make the pictures, measure in processes of their own, print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=int, default=50_000)
    options.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    options.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        print(json.dumps(MEASURES[chosen.measure](chosen.home)))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home, chosen.pictures)
        print(f"{chosen.pictures} pictures\n")
        print("| measured | s | memory above an empty process, MiB |\n|---|---|---|")
        for name in MEASURES:
            command = [sys.executable, "-m", "bench.gallery", "--measure", name, "--home", folder]
            told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            for measured, seconds in told["seconds"].items():
                print(f"| {measured} | {seconds:.3f} | {told['mebibytes']:.0f} |")


def fill(home: Path, count: int) -> None:
    """Pictures of the last 100 days."""
    dice = random.Random(0)
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(24) for _ in range(8))))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    moment = datetime.now(UTC)
    for _ in range(count):
        moment -= timedelta(seconds=dice.expovariate(count / (100 * 86400)))
        words = " ".join(dice.sample(WORDS, 4))
        recipe = TextToImage(
            prompt=f"a {words}", style=dice.choice(STYLES), seed=dice.randrange(2**32), width=64, height=64,
            steps=20, guidance_scale=4.0, sampler="dpmpp_2m", revision="1",
        )  # fmt: skip
        made = Made("0", "0", "cpu", "float32", "0", "0", 1, 20, 20, 1.0, "now", new_id() * 4)
        about = {
            "atelier": 1,
            "recipe": recipe.as_dict(),
            "made": {name: getattr(made, name) for name in Made.__slots__},
        }
        told = chunk(b"iTXt", b"atelier\0\0\0\0\0" + json.dumps(about).encode())
        day, picture_id = home / f"{moment:%Y-%m-%d}", new_id()
        day.mkdir(exist_ok=True)
        name = f"{moment:%H%M%S}-{moment.microsecond // 1000:03d}-seed{recipe.seed}"
        path = day / f"{name}-{slug(recipe.prompt)}-{picture_id}.png"
        path.write_bytes(SIGNATURE + header + told + pixels + chunk(b"IEND", b""))
        with (day / FILE).open("a") as owners:
            owners.write(f"\n{picture_id} {hashed(dice.choice(OWNERS))}")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


class Gallery:
    """The gallery of a home, and a watch."""

    def __init__(self, home: Path) -> None:
        self.before = peak()
        self.begun = time.perf_counter()
        store = Store(home)
        self.index = Index(home, store.owners, Inputs(home))
        self.results = Results(store, self.index, everything=False)
        self.seconds: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = now - self.begun
        self.begun = time.perf_counter()

    def told(self) -> dict[str, object]:
        self.index.close()
        return {"seconds": self.seconds, "mebibytes": peak() - self.before}


def peak() -> float:
    """Most memory this process ever had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def without(home: Path) -> dict[str, object]:
    """The index is not there: what a person waits for, and what goes on behind."""
    gallery = Gallery(home)
    gallery.results.recent(OWNERS[0], 24)
    gallery.lap("first start: 24 recent pictures, from the files")
    gallery.index.start()
    while len(gallery.index.page(Query(limit=60), None)) < 60:
        time.sleep(0.005)
    gallery.lap("first start: a page of 60 while the index is being made")
    gallery.index.wait(3600)
    gallery.lap("first start: the index is whole")
    return gallery.told()


def later(home: Path) -> dict[str, object]:
    """The index is there."""
    gallery = Gallery(home)
    gallery.index.start()
    gallery.index.wait(3600)
    gallery.lap("later start: the index is whole")
    for name, query, owner in (
        ("a page of 60", Query(), hashed(OWNERS[0])),
        ("a page of 60, everybody's", Query(), None),
        ("a search for two words", Query(words="cast snow"), hashed(OWNERS[0])),
        ("a search that finds nothing", Query(words="xylophone"), None),
        ("a seed, a style, a star", Query(words="seed:7", style="oil", starred=True), None),
    ):
        gallery.index.page(query, owner)
        gallery.lap(name)
    gallery.index.count(Query(), None)
    gallery.lap("counting all")
    gallery.results.recent(OWNERS[0], 24)
    gallery.lap("24 recent pictures, read from their files")
    return gallery.told()


def through(home: Path) -> dict[str, object]:
    """Every page, one after the other."""
    gallery = Gallery(home)
    gallery.index.start()
    gallery.index.wait(3600)
    gallery.lap("later start: the index is whole, again")
    seen, before = 0, ""
    while rows := gallery.index.page(Query(before=before, limit=200), None):
        seen, before = seen + len(rows), rows[-1].place
    gallery.lap(f"all {seen} pictures, page by page")
    return gallery.told()


MEASURES = {"without": without, "later": later, "through": through}


if __name__ == "__main__":
    main()
