"""Film `steps.gif`: how a picture comes to be, what the computer holds on the left and what it believes on the right.

Run with the project's Python: `python docs/steps.py`. The frames are those of the step viewer: every step of one run of the
built-in model, decoded; the last one is the delivered picture. The seed is the first one; nothing is picked.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from studio import film
from studio.core.events import Finished
from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.service import Studio

RECIPE = TextToImage(prompt="mountains at sunset", style="oil", seed=1, steps=20)
SIDE, GAP = 256, 8
OWNER = "docs"


def side_by_side(studio: Studio, picture: str, step: int) -> Image.Image:
    """One frame: noisy picture and clean estimate of a step."""
    frame = Image.new("RGB", (2 * SIDE + GAP, SIDE), film.PAPER)
    for place, view in enumerate(("noisy", "clean")):
        seen = studio.steps.frame(picture, OWNER, view, step)
        frame.paste(seen.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (place * (SIDE + GAP), 0))
    # Few colours keep the noise, which no codec can guess, from filling the file.
    return frame.quantize(64, dither=Image.Dither.NONE).convert("RGB")


def main() -> None:
    """Paint, look at every step, write the film."""
    with tempfile.TemporaryDirectory() as home:
        studio = Studio(Settings(home=Path(home)))
        last = list(studio.submit(RECIPE, OWNER).events())[-1]
        if not isinstance(last, Finished):
            raise SystemExit(f"the picture did not come: {last}")
        picture = last.result.id
        steps = range(len(studio.steps.trajectory(picture, OWNER)) + 1)
        frames = [side_by_side(studio, picture, step) for step in steps]
        studio.close()
    out = ROOT / "docs" / "steps.gif"
    out.write_bytes(film.film(frames, "gif", seconds=0.16, hold=1.6))
    sys.stdout.write(
        f"{out.relative_to(ROOT)}: {len(frames)} frames, {out.stat().st_size / 1e6:.2f} MB\n"
    )


if __name__ == "__main__":
    main()
