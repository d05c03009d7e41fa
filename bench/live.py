"""How long a live picture takes beside one with the default settings, how near it comes, and which sampler suits it.

python -m bench.live                                   # the table of docs/bench.md
python -m bench.live --models FOLDER --sheet live.png  # another folder of models, and the pictures themselves

Near: decibels between a picture's pixels and those of the same words and seed at the default settings.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from studio.core.events import Event, Finished, Sketched
from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.service import Run, Studio

OWNER = "bench"
PROMPTS = (
    "a lighthouse by the sea at sunset, watercolor",
    "mountains at golden hour, low poly",
    "a castle on rolling hills in daylight, oil painting",
    "a lake at dawn, impressionist painting",
    "a cherry tree by a lake, soft pastel drawing",
    "a sailboat by the sea at sunset, pixel art",
)
WAYS: dict[str, dict[str, object]] = {
    "default": {"model": "palette"},
    "live": {"model": "palette_live"},
    "live, Euler": {"model": "palette_live", "sampler": "euler"},
    "live, DPM++ 2M": {"model": "palette_live", "sampler": "dpmpp_2m"},
    "live, UniPC": {"model": "palette_live", "sampler": "unipc"},
    "default in 4 steps": {"model": "palette", "steps": 4},
}


def main() -> None:
    """Print the figures."""
    typed = argparse.ArgumentParser(description=__doc__)
    typed.add_argument("--models", type=Path, help="folder that holds palette's")
    typed.add_argument("--rounds", type=int, default=10)
    typed.add_argument("--sheet", type=Path, help="PNG of all pictures, one way a row")
    wanted = typed.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        if wanted.models:
            settings = Settings(home=Path(home), models=wanted.models)
        studio = Studio(settings)
        try:
            speed(studio, wanted.rounds)
            pictures = nearness(studio)
        finally:
            studio.close()
    if wanted.sheet:
        rows = [np.concatenate(row, 1) for row in pictures]
        Image.fromarray(np.concatenate(rows)).save(wanted.sheet)


def speed(studio: Studio, rounds: int) -> None:
    """Seconds from the wish to the last event, one picture at a time."""
    recipe = TextToImage(prompt=PROMPTS[0], seed=7)
    live = TextToImage(prompt=PROMPTS[0], seed=7, model="palette_live")
    for name, paint in (
        ("default settings, kept", lambda: studio.submit(recipe, OWNER)),
        ("live, kept", lambda: studio.submit(live, OWNER)),
        ("live, shown only", lambda: studio.sketch(live, OWNER)),
    ):
        ended(paint)
        took, work = zip(*(seconds(paint) for _ in range(rounds)), strict=True)
        print(
            f"{name:24} {statistics.median(took):6.2f} s   fastest {min(took):.2f}, slowest {max(took):.2f},"
            f" of a processor {statistics.median(work):.2f}"
        )


def nearness(studio: Studio) -> list[list[np.ndarray]]:
    """Decibels of each way against the default settings; the pictures, one way a row."""
    pictures = []
    for name, way in WAYS.items():
        row = []
        for seed, prompt in enumerate(PROMPTS):
            recipe = TextToImage.from_values({"prompt": prompt, "seed": seed} | way)
            event = ended(lambda recipe=recipe: studio.sketch(recipe, OWNER))
            assert isinstance(event, Sketched), event
            shape = (event.image.height, event.image.width, 3)
            row.append(np.frombuffer(event.image.rgb, np.uint8).reshape(shape))
        pictures.append(row)
        errors = [
            np.mean((one.astype(float) - other) ** 2)
            for one, other in zip(row, pictures[0], strict=True)
        ]
        if len(pictures) > 1:
            near = float(np.mean([10 * np.log10(255**2 / max(error, 1e-9)) for error in errors]))
            print(f"{name:24} {near:6.1f} dB")
    return pictures


def ended(paint: Callable[[], Run]) -> Event:
    """The last event of a run."""
    *_, last = paint().events()
    if not isinstance(last, Finished | Sketched):
        raise SystemExit(f"no picture: {last}")
    return last


def seconds(paint: Callable[[], Run]) -> tuple[float, float]:
    """Seconds a run takes, on the clock and of processors."""
    clock, work = time.perf_counter(), time.process_time()
    ended(paint)
    return time.perf_counter() - clock, time.process_time() - work


if __name__ == "__main__":
    main()
