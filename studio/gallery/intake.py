"""Takes a picture from anyone: untrusted bytes in, a clean upright RGB picture out, or one sentence that says why not.

Refusals come from the header, before pixels are unpacked, so a small file cannot ask for much memory. What is taken holds
pixels and nothing else: no EXIF, no place, no profile.
"""

import re
import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops, ImageCms, JpegImagePlugin

from studio.core.errors import GalleryError, PictureError, RecipeError
from studio.core.recipe import Painting
from studio.gallery.headers import Header, inspected, refuse_damaged, refuse_early_end
from studio.gallery.home import cause
from studio.gallery.metadata import read_from

MAX_FILE = 20_000_000
"""Bytes of a file."""

MAX_PIXELS = 4096 * 4096
"""Pixels of a picture."""

MIN_SIDE = 16
"""Pixels of the shorter side."""

MAX_ASPECT = 16
"""The longer side is at most this many times the shorter."""

FORMATS = ("PNG", "JPEG", "WEBP")
"""What is taken, as Pillow names it."""

File = Path | bytes
"""A file, or its content. No text: what somebody typed or sent must not become a path unnoticed."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what makes the picture upright."""

_PROFILED = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Colour space of an ICC profile -> the mode it is for."""

_FOREIGN = (b"parameters", b"prompt", b"workflow", b"invokeai_metadata", b"sd-metadata", b"Dream")
"""Keywords under which other programs keep the settings of a picture they made."""


class Notice(NamedTuple):
    """Something worth saying that stops nothing: a template and its values, like an event's `Note`."""

    message: str
    values: tuple[tuple[str, object], ...] = ()

    @property
    def text(self) -> str:
        """The message with its values filled in."""
        return self.message.format(**dict(self.values))


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture somebody gave.

    Attributes:
        image: RGB, upright, nothing but pixels; transparent parts lie on the backdrop.
        alpha: Its opacity, L, 255 = opaque; None when all of it is opaque.
        notices: What happened to it on the way.
        recipe: What made it, when the file is one of ours.
    """

    image: Image.Image
    alpha: Image.Image | None
    notices: tuple[Notice, ...]
    recipe: Painting | None

    @property
    def mask(self) -> Image.Image | None:
        """The picture's own transparency as a mask, L: white where it is transparent."""
        return ImageChops.invert(self.alpha) if self.alpha else None


@dataclass(frozen=True, slots=True)
class TakenMask:
    """A mask somebody gave: L, white = paint anew; and what happened to it on the way."""

    image: Image.Image
    notices: tuple[Notice, ...]


def restrict_decoders() -> None:
    """Leaves Pillow, in the whole process, three decoders and our limit; call it before anything opens a picture.

    Gradio opens uploads before our code sees them, with whatever Pillow knows. Files larger than the limit then raise.
    """
    # Loads all plugins, after which Pillow never does so again and what is removed stays so.
    Image.init()
    Image.ID[:] = FORMATS
    for name in set(Image.OPEN) - set(FORMATS):
        del Image.OPEN[name]
    # Its own factory turns a JPEG that says it holds several pictures into another format, MPO.
    Image.OPEN["JPEG"] = (JpegImagePlugin.JpegImageFile, Image.OPEN["JPEG"][1])
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def take(file: File, *, backdrop: str = "#ffffff") -> Taken:
    """A clean picture from a file or its bytes.

    Args:
        file: PNG, JPEG or WebP; of an animation the first picture is taken.
        backdrop: Colour that shows through transparent parts, "#rrggbb".

    Raises: PictureError when it cannot be taken; RecipeError when the backdrop is no colour.
    """
    if not re.fullmatch("#[0-9a-fA-F]{6}", backdrop):
        raise RecipeError(
            "backdrop",
            "Backdrop must look like #ffffff, got {value}.",
            hint="Write it as # and six hex digits.",
            value=repr(backdrop[:40]),
        )
    data = _read(file)
    header = inspected(data)
    colours, alpha = _separated(decoded(header))
    if header.profile:
        colours = _in_srgb(colours, header.profile)
    # Pasted on a new canvas, which inherits nothing of the file.
    canvas = Image.new("RGB", colours.size, backdrop)
    canvas.paste(colours.convert("RGB"), mask=alpha)
    recipe, notices = _recipe(data, header)
    return Taken(
        _upright(canvas, header),
        bare(_upright(alpha, header)) if alpha else None,
        _animation(header) + notices,
        recipe,
    )


def take_mask(file: File, size: tuple[int, int]) -> TakenMask:
    """A mask from a file or its bytes: its opacity where it has any transparency, else its brightness.

    Args:
        file: As for `take`; white, or opaque on transparent, is what to paint anew.
        size: Of the picture it is for, width and height; a mask of another size is stretched, unsmoothed.

    Raises: PictureError when it cannot be taken.
    """
    header = inspected(_read(file))
    colours, alpha = _separated(decoded(header))
    mask = _upright(alpha or colours.convert("RGB").convert("L"), header)
    notices = _animation(header)
    if mask.size != size:
        notices += (_stretched(mask.size, size),)
        mask = mask.resize(size, Image.Resampling.NEAREST)
    return TakenMask(bare(mask), notices)


def bare(image: Image.Image) -> Image.Image:
    """The pixels alone: a picture that remembers nothing of the file it came from."""
    copy = Image.new(image.mode, image.size)
    copy.paste(image)
    return copy


def refuse_size(width: int, height: int) -> None:
    """Raises: PictureError for a picture that is too large or too thin to be taken."""
    size = {"width": width, "height": height}
    if width * height > MAX_PIXELS:
        scale = (MAX_PIXELS / (width * height)) ** 0.5
        raise PictureError(
            "Image is {width}x{height} ({megapixels} MP); the limit is {limit} MP.",
            hint="Make it smaller: {fits_width}x{fits_height} fits.",
            megapixels=_megapixels(width * height),
            limit=_megapixels(MAX_PIXELS),
            fits_width=max(1, int(width * scale)),
            fits_height=max(1, int(height * scale)),
            **size,
        )
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_ASPECT * min(width, height):
        raise PictureError(
            "Image is {width}x{height}: too thin.",
            hint="Each side needs {side} pixels, and the longer at most {aspect} times the shorter.",
            side=MIN_SIDE,
            aspect=MAX_ASPECT,
            **size,
        )


def decoded(header: Header) -> Image.Image:
    """The picture, unpacked, first frame only; refused before that when it is too large, too thin or broken."""
    if not (header.width and header.height):
        refuse_damaged("it has no size")
    refuse_size(header.width, header.height)
    try:
        with Image.open(BytesIO(header.data), formats=(header.format,)) as image:
            if image.size != (header.width, header.height):
                refuse_damaged("it gives two sizes")
            image.load()
            return image
    except Image.DecompressionBombError:
        refuse_damaged("it gives two sizes")
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        if "truncated" in str(error):
            refuse_early_end()
        refuse_damaged("its pixels cannot be unpacked")


def _megapixels(pixels: int) -> str:
    return f"{pixels / 1e6:,.0f}" if pixels >= 1e8 else f"{pixels / 1e6:.1f}"


def _read(file: File) -> bytes:
    """The content of a file no larger than the limit; never reads what is no ordinary file."""
    if isinstance(file, bytes):
        _refuse_large_file(len(file))
        return file
    try:
        if not file.is_file():
            raise PictureError("There is no such file.", hint="Check the spelling.")
        _refuse_large_file(file.stat().st_size)
        with file.open("rb") as opened:
            return opened.read(MAX_FILE)
    except OSError as error:
        raise PictureError(
            f"The file cannot be read: {cause(error)}.", hint="Check that it may be read."
        ) from error


def _refuse_large_file(size: int) -> None:
    if size > MAX_FILE:
        raise PictureError(
            "The file has {megabytes:,.1f} MB; the limit is {limit} MB.",
            hint="Make the picture smaller, or save it as JPEG.",
            megabytes=size / 1e6,
            limit=MAX_FILE // 1_000_000,
        )


# ---- from the file's colours to ours


def _separated(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours (RGB, L or CMYK) and opacity (L; None when all is opaque)."""
    if image.mode == "I;16":
        image = _high_bytes(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        opaque = alpha.getextrema() == (255, 255)
        return rgba.convert("RGB"), None if opaque else alpha
    return (image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")), None


def _high_bytes(image: Image.Image) -> Image.Image:
    """16-bit grey in 8 bits, as Pillow does it for 16-bit colours; its own conversion of grey cuts all above 255 off."""
    grey = Image.frombytes("L", image.size, image.tobytes()[1::2])
    if "transparency" in image.info:
        grey.info["transparency"] = image.info["transparency"]
    return grey


def _in_srgb(colours: Image.Image, profile: bytes) -> Image.Image:
    """The colours as a screen shows them; unchanged when the profile is broken or not for them."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = _PROFILED.get(source.profile.xcolor_space.strip())
        # sRGB to sRGB would change nothing but the last bit.
        if mode is None or "srgb" in (source.profile.profile_description or "").lower():
            return colours
        if mode == "RGB" and colours.mode == "L":
            colours = colours.convert("RGB")
        if mode != colours.mode:
            return colours
        return (
            ImageCms.profileToProfile(
                colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            or colours
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return colours


def _upright(image: Image.Image, header: Header) -> Image.Image:
    turn = _UPRIGHT.get(header.orientation)
    return image if turn is None else image.transpose(turn)


# ---- what else the file holds


def _recipe(data: bytes, header: Header) -> tuple[Painting | None, tuple[Notice, ...]]:
    """The recipe in the file, and what to say of one that cannot be used."""
    if b"atelier" in header.keywords:
        try:
            return read_from(BytesIO(data), "this file").recipe, ()
        except GalleryError as error:
            reason = (("reason", str(error)),)
            return None, (Notice("{reason} The picture is taken without it.", reason),)
    foreign = [name.decode() for name in _FOREIGN if name in header.keywords]
    if foreign:
        names = (("names", ", ".join(foreign)),)
        return None, (Notice("The settings of another program are passed over: {names}.", names),)
    return None, ()


def _animation(header: Header) -> tuple[Notice, ...]:
    return (Notice("This is an animation; its first picture is taken."),) if header.animated else ()


def _stretched(size: tuple[int, int], wanted: tuple[int, int]) -> Notice:
    return Notice(
        "The mask is {mask} and the picture {picture}; the mask was stretched to fit.",
        (("mask", "{}x{}".format(*size)), ("picture", "{}x{}".format(*wanted))),
    )
