"""Films and strips: from pictures in order to one PNG, an animated GIF or WebP, or an MP4.

MP4 needs the package imageio-ffmpeg, which brings its own ffmpeg; everything else is Pillow.
"""

import importlib.util
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from studio.core.errors import RecipeError, StudioError

KINDS = {"png": "image/png", "gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4"}
"""Ending of a file -> what browsers call it; a PNG is a strip, the others move."""

STRIP_FRAMES, FILM_FRAMES = 24, 120
"""Most pictures side by side, and most one after the other."""

GAP, LABEL = 8, 24
"""Pixels between the pictures of a strip, and under them for a label."""

PAPER, INK = "#fbf9f6", "#1f1c18"


def most_frames(kind: str) -> int:
    """Most pictures a file of this kind may hold."""
    return STRIP_FRAMES if kind == "png" else FILM_FRAMES


def spread(frames: int, timesteps: int, kind: str = "gif") -> list[int]:
    """Timesteps from 0 to the last at even distances: as many as wished, at least one, at most what the kind may hold."""
    count = max(1, min(frames, most_frames(kind), timesteps))
    if count == 1:
        return [0]
    return [int(i * (timesteps - 1) / (count - 1) + 0.5) for i in range(count)]


def missing(kind: str) -> StudioError | None:
    """Why a kind cannot be made on this machine; None when it can."""
    if kind != "mp4" or importlib.util.find_spec("imageio_ffmpeg") is not None:
        return None
    return StudioError(
        "MP4 needs the package {package}, which is not installed.",
        hint="Install it with: pip install {package}. GIF and WebP work without it.",
        package="imageio-ffmpeg",
    )


def check(kind: str) -> None:
    """Raises: RecipeError for a kind that is none; StudioError when this machine cannot make it."""
    if kind not in KINDS:
        raise RecipeError(
            "out",
            "There is no {kind} of a film.",
            hint="Choose one of: {known}.",
            kind=repr(kind[:20]),
            known=", ".join(KINDS),
        )
    reason = missing(kind)
    if reason is not None:
        raise reason


def film(
    frames: Sequence[Image.Image],
    kind: str,
    *,
    labels: Sequence[str] = (),
    seconds: float = 0.08,
    hold: float = 0.8,
) -> bytes:
    """A file with these pictures.

    Args:
        frames: Pictures of one size (RGB), in order; at least one. Those beyond `most_frames` are left out.
        kind: Key of KINDS.
        labels: One under each picture of a strip; none when empty.
        seconds: How long each picture of a film stands.
        hold: How long the first and the last one stand.

    Raises: RecipeError for another kind; StudioError when this machine cannot make it.
    """
    check(kind)
    frames = frames[: most_frames(kind)]
    if kind == "png":
        return _encoded(strip(frames, labels), "PNG")
    times = [hold, *[seconds] * (len(frames) - 2), hold][: len(frames)]
    return _mp4(frames, times) if kind == "mp4" else _animation(frames, times, kind)


def strip(frames: Sequence[Image.Image], labels: Sequence[str] = ()) -> Image.Image:
    """Pictures side by side on paper, a label under each when there are labels."""
    width, height = frames[0].size
    below = LABEL if labels else 0
    size = (len(frames) * (width + GAP) + GAP, height + 2 * GAP + below)
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(14)
    for i, frame in enumerate(frames):
        left = GAP + i * (width + GAP)
        sheet.paste(frame, (left, GAP))
        if labels:
            middle = (left + width / 2, GAP + height + (LABEL + GAP) / 2)
            pen.text(middle, labels[i], fill=INK, font=font, anchor="mm")
    return sheet


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def _animation(frames: Sequence[Image.Image], times: Sequence[float], kind: str) -> bytes:
    if kind == "webp":
        # Loss in noise is not seen, and noise kept whole is ten times as large.
        options: dict[str, Any] = {"quality": 80, "method": 2}
    else:
        # Pillow's own choice of 256 colours takes fifty times as long and is hardly better.
        octree = Image.Quantize.FASTOCTREE
        frames = [frame.quantize(256, octree, dither=Image.Dither.NONE) for frame in frames]
        options = {"optimize": False, "disposal": 1}
    out = io.BytesIO()
    frames[0].save(
        out,
        kind.upper(),
        save_all=True,
        append_images=frames[1:],
        duration=[round(1000 * time) for time in times],
        loop=0,
        **options,
    )
    return out.getvalue()


def _mp4(frames: Sequence[Image.Image], times: Sequence[float]) -> bytes:
    """H.264 at a fixed rate; a picture that stands longer is written several times."""
    import imageio_ffmpeg

    rate = 25
    even = (frames[0].width + frames[0].width % 2, frames[0].height + frames[0].height % 2)
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        path = Path(folder) / "film.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(path), even, fps=rate, quality=8, macro_block_size=2, ffmpeg_log_level="error"
        )
        writer.send(None)
        for frame, time in zip(frames, times, strict=True):
            pixels = ImageOps.pad(frame, even, centering=(0, 0)).tobytes()
            for _ in range(max(1, round(time * rate))):
                writer.send(pixels)
        writer.close()
        return path.read_bytes()
