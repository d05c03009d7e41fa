"""A recipe and how the picture came to be <-> text chunks of a PNG.

Two chunks, both before the pixels: `atelier` (iTXt) holds our JSON, which reads back to an equal
recipe; `parameters` holds the text that tools made for AUTOMATIC1111's pictures read. Only ours is
trusted to be exact, and neither is trusted to be harmless: a file may come from anyone, so reading
walks the chunks itself, keeps none but these two and bounds their size and number.

Source: Portable Network Graphics (PNG) Specification, Third Edition, sections 5.3 and 11.3.3.
"""

import dataclasses
import hashlib
import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.core.errors import GalleryError, StudioError
from studio.core.events import Recovery
from studio.core.recipe import Painting
from studio.core.recipes import recipe_from_values
from studio.diffusion.samplers import SAMPLERS
from studio.gallery import chunks
from studio.gallery.home import cause

VERSION = 1
"""Of our JSON; goes up when an older studio could no longer read it."""

MAX_TEXT = 512 * 1024
"""Bytes a text chunk may have, packed or unpacked; the longest legal recipe, with a dozen turns, needs under 400 KiB."""

_OURS, _THEIRS = b"atelier", b"parameters"
_KARRAS = " Karras"
_EVIDENCE = {field.name for field in dataclasses.fields(Recovery)}


@dataclass(frozen=True, slots=True)
class Made:
    """How a picture came to be, besides its recipe: why it may come out otherwise next time.

    Attributes:
        app: Version of the studio.
        model_hash: Hash of the weights, hexadecimal.
        device: "cpu", "cuda:0 NVIDIA H200" and the like.
        dtype: "float32", "bfloat16", "float16".
        torch: Version.
        diffusers: Version.
        batch: Most pictures it shared a forward pass with, itself included; 1 = made alone.
        steps_done: Steps made; fewer than `steps_total` when it was stopped.
        steps_total: Steps the recipe asks for.
        seconds: From the first step to the picture.
        created: ISO 8601, UTC.
        pixels: `fingerprint` of the picture.
    """

    app: str
    model_hash: str
    device: str
    dtype: str
    torch: str
    diffusers: str
    batch: int
    steps_done: int
    steps_total: int
    seconds: float
    created: str
    pixels: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What a file says about itself; `parameters_text` is empty when the file has none."""

    recipe: Painting
    made: Made
    parameters_text: str
    recovery: Recovery | None = None


def fingerprint(image: Image.Image) -> str:
    """SHA-256 of a picture's size and RGB bytes: equal exactly when all pixels are."""
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    digest = hashlib.sha256(f"{rgb.width}x{rgb.height}:".encode())
    digest.update(rgb.tobytes())
    return digest.hexdigest()


def png_info(recipe: Painting, made: Made, recovery: Recovery | None = None) -> PngInfo:
    """The text chunks of a picture, for Pillow's `pnginfo`."""
    ours: dict[str, Any] = {
        "atelier": VERSION,
        "recipe": recipe.as_dict(),
        "made": dataclasses.asdict(made),
    }
    if recovery is not None:
        ours["recovery"] = dataclasses.asdict(recovery)
    info = PngInfo()
    info.add_itxt(_OURS.decode(), json.dumps(ours, ensure_ascii=False, allow_nan=False))
    # As AUTOMATIC1111 does: Latin-1 in a tEXt chunk, which every reader knows, the rest in iTXt.
    info.add_text(_THEIRS.decode(), parameters_text(recipe, made))
    return info


def parameters_text(recipe: Painting, made: Made) -> str:
    """The recipe as AUTOMATIC1111 writes it: prompt, negative prompt, then one line of settings."""
    scale = recipe.guidance_scale
    name = recipe.sampler or ""
    title = SAMPLERS[name].title if name in SAMPLERS else name
    settings = {
        "Steps": recipe.steps,
        "Sampler": title.removesuffix(_KARRAS),
        # Since its version 1.9, the spacing of the noise levels is a setting of its own there.
        "Schedule type": "Karras" if title.endswith(_KARRAS) else None,
        "CFG scale": None if scale is None else repr(scale).removesuffix(".0"),
        "Seed": recipe.seed,
        "Size": f"{recipe.width}x{recipe.height}",
        "Model hash": made.model_hash[:10],
        "Model": recipe.model,
        "Version": f"atelier {made.app}",
    }
    lines = [recipe.words]
    if recipe.negative_prompt:
        lines.append(f"Negative prompt: {recipe.negative_prompt}")
    lines.append(
        ", ".join(f"{name}: {value}" for name, value in settings.items() if value is not None)
    )
    return "\n".join(lines)


def read(path: Path) -> Picture:
    """What the file says about itself; reads no pixels and keeps at most two texts in memory.

    Raises: GalleryError when the file cannot be read, is no PNG or carries no whole recipe of ours.
    """
    try:
        if not path.is_file():
            raise GalleryError(
                "There is no picture at {path}.", hint="Check the spelling.", path=str(path)
            )
        with path.open("rb") as file:
            return read_from(file, path.name)
    except OSError as error:
        raise GalleryError(
            f"{{path}} cannot be read: {cause(error)}.",
            hint="Check that the file is there and may be read.",
            path=str(path),
        ) from error


def read_from(file: BinaryIO, name: str) -> Picture:
    """As `read`, from an open file; `name` is what messages call it.

    Raises: GalleryError when it is no PNG or carries no whole recipe of ours; OSError.
    """
    texts = _texts(file, name)
    if _OURS not in texts:
        raise GalleryError(
            "{name} carries no recipe of this studio.",
            hint="Choose a PNG made here that no other program has saved again.",
            name=name,
        )
    recipe, made, recovery = _parsed(texts[_OURS], name)
    return Picture(recipe, made, texts.get(_THEIRS, ""), recovery)


def _parsed(text: str, name: str) -> tuple[Painting, Made, Recovery | None]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(name, "it is not readable JSON") from None
    version = values.get("atelier") if isinstance(values, dict) else None
    if type(version) is not int or version < 1:
        raise _damaged(name, "it does not say its version")
    if version > VERSION:
        raise GalleryError(
            "The recipe in {name} was written by a newer studio (version {version} of the format).",
            hint="Update the studio, then try again.",
            name=name,
            version=str(version)[:20],
        )
    try:
        recipe = recipe_from_values(values.get("recipe"))
    except StudioError as error:
        raise GalleryError(
            "The recipe in {name} cannot be used: {reason}",
            hint="The file was changed since it was made; its pixels are still fine to look at.",
            name=name,
            reason=str(error),
        ) from error
    return recipe, _made(values.get("made"), name), _recovery(values.get("recovery"))


def _made(values: Any, name: str) -> Made:
    """Made from JSON; keys of a later studio are passed over, for they change nothing we know."""
    known: dict[str, Any] = {}
    for field in dataclasses.fields(Made):
        value = values.get(field.name) if isinstance(values, dict) else None
        if field.type is float and type(value) is int and abs(value) < 2**53:
            value = float(value)
        if type(value) is not field.type or (type(value) is float and not math.isfinite(value)):
            raise _damaged(name, f"it does not say how the picture was made ({field.name})")
        known[field.name] = value
    return Made(**known)


def _recovery(values: Any) -> Recovery | None:
    """How near a picture came that went into noise and back; None when it did not, or does not say so in good order."""
    if not isinstance(values, dict) or not values.keys() >= _EVIDENCE:
        return None
    numbers = [values[name] for name in ("round_trip_psnr", "original_psnr", "mean", "std")]
    largest, pictures = values["largest"], values["pictures"]
    in_order = (
        all(type(one) is float and math.isfinite(one) for one in numbers if one is not None)
        and None not in numbers[2:]
        and type(largest) is int
        and 0 <= largest <= 255
        and isinstance(pictures, dict)
        and all(isinstance(one, str) for one in pictures.values())
    )
    return Recovery(**{name: values[name] for name in _EVIDENCE}) if in_order else None


def _texts(file: BinaryIO, name: str) -> dict[bytes, str]:
    """Keyword -> text of our two chunks, the first of each; every other chunk is skipped unread."""
    if file.read(len(chunks.SIGNATURE)) != chunks.SIGNATURE:
        raise GalleryError(
            "{name} is not a PNG picture.",
            hint="Choose a PNG made by this studio.",
            name=name,
        )
    texts: dict[bytes, str] = {}
    for chunk in chunks.walk(file):
        keyword = chunks.keyword(file, chunk) if chunk.kind in chunks.TEXTS else b""
        if keyword in (_OURS, _THEIRS) and keyword not in texts:
            if chunk.length > MAX_TEXT:
                raise _damaged(name, f"it is larger than {MAX_TEXT // 1024} KiB")
            content = chunks.content(file, chunk)
            if content is None:
                raise _damaged(name, "its checksum is wrong")
            texts[keyword] = _text(chunk.kind, content, name)
    return texts


def text_of(kind: bytes, content: bytes, limit: int) -> str:
    """The text of a tEXt, zTXt or iTXt chunk.

    Raises: ValueError when it is no text; OverflowError when it unpacks to more than `limit` bytes; zlib.error when it does not.
    """
    rest = content.partition(b"\0")[2]
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    elif packed:
        rest = rest[1:]
    if packed:
        unpacked = chunks.unpacked(rest, limit)
        if unpacked is None:
            raise OverflowError(limit)
        rest = unpacked
    return rest.decode("utf-8" if kind == b"iTXt" else "latin-1")


def _text(kind: bytes, content: bytes, name: str) -> str:
    try:
        return text_of(kind, content, MAX_TEXT)
    except OverflowError:
        raise _damaged(name, f"it unpacks to more than {MAX_TEXT // 1024} KiB") from None
    except (zlib.error, ValueError):
        raise _damaged(name, "it is not readable text") from None


def _damaged(name: str, why: str) -> GalleryError:
    return GalleryError(
        f"The recipe in {{name}} is damaged: {why}.",
        hint="Choose another copy of the picture.",
        name=name,
    )
