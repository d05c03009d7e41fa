"""Paint the small pictures the page shows: one tile per style, one card per example prompt.

Run with the project's Python whenever the built-in model changes: `python assets/paint.py`. Every picture is the first seed of
its prompt; none is picked.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from studio.core.events import Finished
from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.core.styles import STYLES
from studio.service import Studio
from studio.ui.stage import EXAMPLES

TILE_PROMPT = "mountains at sunset"
TILE, CARD = 128, 384
"""Side of a tile and of an example card, pixels."""


def main() -> None:
    """Paint every tile and card into the folder beside this file."""
    wishes = {
        f"styles/{name}.jpg": (TextToImage(TILE_PROMPT, style=name, seed=1), TILE)
        for name in STYLES
        if name != "none"
    } | {
        f"examples/{name}.jpg": (TextToImage(prompt, style=style, seed=1), CARD)
        for name, (prompt, style) in EXAMPLES.items()
    }
    with tempfile.TemporaryDirectory() as home:
        studio = Studio(Settings(home=Path(home)))
        for file, (recipe, side) in wishes.items():
            [end] = [e for e in studio.submit(recipe, "paint").events() if isinstance(e, Finished)]
            target = ROOT / "assets" / file
            target.parent.mkdir(exist_ok=True)
            picture = Image.open(end.result.path).resize((side, side), Image.Resampling.LANCZOS)
            picture.save(target, quality=88, optimize=True)
            sys.stdout.write(f"{target.relative_to(ROOT)}\n")
        studio.close()


if __name__ == "__main__":
    main()
