"""Untrusted pictures: each is taken clean and upright, or refused in one sentence, in little time and memory."""

import dataclasses
import io
import random
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from studio.core.errors import PictureError, RecipeError
from studio.gallery.intake import take, take_mask
from studio.gallery.metadata import png_info
from tests.gallery.hostile import (
    GREY_ALPHA,
    PALETTE,
    RGB,
    RGBA,
    SIGNATURE,
    animated_webp,
    chunk,
    exif,
    png,
    saved,
)

NO_PICTURE = "Not a PNG, JPEG or WebP image."
ENDS_EARLY = "The image is damaged (ends too early)."
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def refused(data) -> str:
    """What is said of a file that is refused; there is always a next move."""
    with pytest.raises(PictureError) as caught:
        take(data)
    assert caught.value.hint_text
    return str(caught.value)


def timed(action, milliseconds: float):
    """Runs it; fails when it takes longer. Of the processor, not of the clock: other programs share the machine."""
    start = time.process_time()
    result = action()
    assert 1000 * (time.process_time() - start) < milliseconds
    return result


@pytest.fixture
def noise() -> Image.Image:
    return Image.effect_noise((96, 64), 90).convert("RGB")


# ---- A1 to A4, A9: what is no whole picture


def test_A1_an_empty_file_says_so(tmp_path):
    (tmp_path / "x.png").touch()
    assert refused(tmp_path / "x.png") == refused(b"") == "This file is empty."


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_A2_a_file_that_ends_too_early_says_so(noise, format, share):
    whole = saved(noise, format)
    with pytest.raises(PictureError) as caught:
        take(whole[: int(len(whole) * share)])
    said = f"{caught.value} {caught.value.hint_text}"
    assert said == "The image is damaged (ends too early). Please re-export it."


def test_A2_a_progressive_jpeg_that_ends_too_early_says_so(noise):
    whole = saved(noise, "JPEG", progressive=True)
    assert refused(whole[: len(whole) // 2]) == ENDS_EARLY


def test_A2_a_flipped_bit_is_noticed(noise):
    data = bytearray(saved(noise, "PNG"))
    data[len(data) // 2] ^= 1
    assert refused(bytes(data)) == "The image is damaged (a checksum is wrong)."


OTHERS = {
    "text": b"hello, this is not a picture",
    "html": b"<!doctype html><script>alert(1)</script>",
    "pdf": b"%PDF-1.7\n1 0 obj",
    "zip": b"PK\x03\x04" + bytes(60),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "fits": b"SIMPLE  =                    T" + bytes(100),
    "psd": b"8BPS\0\1" + bytes(100),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9",
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
    "tiff": b"II*\0" + bytes(100),
    "ico": b"\0\0\1\0\1\0" + bytes(100),
    "avif": b"\0\0\0\x1cftypavif" + bytes(100),
    "bmp": saved(Image.new("RGB", (16, 16)), "BMP"),
    "gif": saved(Image.new("L", (16, 16)), "GIF"),
    "riff": b"RIFF\x24\0\0\0WAVEfmt " + bytes(100),
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("name", OTHERS)
def test_A3_A4_A9_another_kind_of_file_is_refused_whatever_its_name(tmp_path, name):
    (tmp_path / "x.png").write_bytes(OTHERS[name])
    assert refused(tmp_path / "x.png") == NO_PICTURE


def test_A9_what_hangs_behind_the_end_of_a_picture_is_left_behind():
    """A PNG that is a ZIP as well is a PNG here."""
    assert take(png(b"\x80" * 16) + OTHERS["zip"]).image.getpixel((0, 0)) == (128,) * 3


def test_only_ordinary_files_are_opened(tmp_path):
    for path in (tmp_path, tmp_path / "none.png", Path("/dev/zero"), Path("a\0b")):
        assert refused(path) == "There is no such file."


# ---- A5, A6: sizes


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ((13000, 13000), "Image is 13000x13000 (169 MP); the limit is 16.8 MP."),
        ((20000, 20000), "Image is 20000x20000 (400 MP); the limit is 16.8 MP."),
        ((4096, 4097), "Image is 4096x4097 (16.8 MP); the limit is 16.8 MP."),
        ((65535, 1), "Image is 65535x1: too thin."),
        ((1, 65535), "Image is 1x65535: too thin."),
        ((272, 16), "Image is 272x16: too thin."),
        ((15, 15), "Image is 15x15: too thin."),
        ((0, 64), "The image is damaged (it has no size)."),
    ],
)
def test_A5_A6_a_size_out_of_bounds_is_refused_from_the_header(size, says):
    row = bytes(-(-size[0] // 8))
    bomb = png(row, depth=1, size=size, rows=100)
    assert timed(lambda: refused(bomb), 100) == says


@pytest.mark.parametrize("size", [(256, 16), (16, 256), (16, 16)])
def test_A6_the_thinnest_picture_that_is_taken(size):
    assert take(png(bytes(size[0]), size=size)).image.size == size


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_A5_the_other_formats_are_refused_from_their_headers_too(noise, format):
    """The size in the header is overwritten; the pixels are not there."""
    data = bytearray(saved(noise, format))
    if format == "JPEG":
        struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, 13000, 13000)
    else:
        struct.pack_into("<HH", data, data.index(b"\x9d\x01\x2a") + 3, 13000, 13000)
    assert refused(bytes(data)).startswith("Image is 13000x13000 (169 MP)")


@pytest.mark.parametrize("kind", [b"VP8X", b"VP8L"])
def test_A5_extended_and_lossless_webp_are_refused_from_their_headers_too(kind):
    side = 12999
    content = (
        bytes(4) + struct.pack("<I", side)[:3] * 2
        if kind == b"VP8X"
        else b"\x2f" + struct.pack("<I", side | side << 14) + b"\0"
    )
    body = b"WEBP" + kind + struct.pack("<I", len(content)) + content
    assert refused(b"RIFF" + struct.pack("<I", len(body)) + body).startswith("Image is 13000x13000")


def test_A5_two_sizes_in_one_jpeg_do_not_slip_through(noise):
    data = saved(noise, "JPEG")
    frame = data.index(b"\xff\xc0")
    second = bytearray(data[frame : frame + 19])
    struct.pack_into(">HH", second, 5, 16, 16)
    assert "damaged" in refused(data[:frame] + bytes(second) + data[frame:])


def test_A7_a_file_over_the_limit_is_refused_unread(tmp_path):
    """A hole on disk of 200 MB."""
    with (tmp_path / "x.png").open("wb") as file:
        file.write(SIGNATURE)
        file.truncate(200_000_000)
    said = timed(lambda: refused(tmp_path / "x.png"), 100)
    assert said == "The file has 200.0 MB; the limit is 20 MB."
    assert refused(bytes(20_000_001)).startswith("The file has 20.0 MB")


MEASURED = """
import resource, sys, time
from pathlib import Path
from studio.core.errors import PictureError
from studio.gallery.intake import restrict_decoders, take
restrict_decoders()
path = Path(sys.argv[1])
def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before, start = used(), time.process_time()
try:
    said = take(path).image.size
except PictureError as error:
    said = error
print(round(1000 * (time.process_time() - start)), used() - before, said, sep="|")
"""


def measured(path) -> tuple[int, int, str]:
    """Milliseconds, growth of the process in MB, and what is said, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, timeout=60
    )
    milliseconds, megabytes, said = done.stdout.strip().split("|")
    return int(milliseconds), int(megabytes), said


def zlib_of_zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(megabytes)) + packer.flush()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX measures")
def test_A5_the_bomb_of_twenty_kilobytes_costs_no_memory(tmp_path):
    bomb = png(bytes(1625), depth=1, size=(13000, 13000))
    assert len(bomb) < 21_000
    (tmp_path / "x.png").write_bytes(bomb)
    milliseconds, megabytes, said = measured(tmp_path / "x.png")
    assert said == "Image is 13000x13000 (169 MP); the limit is 16.8 MP."
    assert megabytes < 50
    assert milliseconds < 100


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX measures")
@pytest.mark.parametrize("bomb", ["zTXt", "iTXt", "iCCP", "chunks", "pixels", "empty pixels"])
def test_A7_chunk_bombs_cost_neither_time_nor_memory(tmp_path, bomb):
    before = {
        "zTXt": lambda: chunk(b"zTXt", b"Comment\0\0" + zlib_of_zeros(200)),
        "iTXt": lambda: chunk(b"iTXt", b"atelier\0\1\0\0\0" + zlib_of_zeros(200)),
        "iCCP": lambda: chunk(b"iCCP", b"icc\0\0" + zlib_of_zeros(50)),
        "chunks": lambda: chunk(b"tEXt", b"a\0b") * 1_000_000,
        "pixels": lambda: chunk(b"IDAT", zlib_of_zeros(200)),
        "empty pixels": lambda: chunk(b"IDAT", b"") * 1_000_000,
    }[bomb]()
    (tmp_path / "x.png").write_bytes(png(bytes(64), size=(64, 64), before=before))
    milliseconds, megabytes, said = measured(tmp_path / "x.png")
    assert said in ("(64, 64)", "The image is damaged (it has too many parts).")
    assert milliseconds < 300
    assert megabytes < 50


@pytest.mark.parametrize("bomb", ["comments", "fill", "scans"])
def test_A7_jpeg_bombs_cost_no_time(noise, bomb):
    """A million segments, a long run of fill bytes, and a thousand passes over the picture."""
    data = saved(noise, "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    data = {
        "comments": lambda: data[:2] + b"\xff\xfe\0\2" * 1_000_000 + data[2:],
        "fill": lambda: data[:2] + b"\xff" * 5_000_000 + data[2:],
        "scans": lambda: data[:-2] + scan * 1000 + data[-2:],
    }[bomb]()

    def taken() -> str:
        try:
            return str(take(data).image.size)
        except PictureError as error:
            return str(error)

    said = timed(taken, 300)
    assert said == "(96, 64)" if bomb == "fill" else "it has too many" in said


# ---- A8: animations


def test_A8_an_animated_webp_gives_its_first_frame_and_the_others_are_never_unpacked(noise):
    """Frames 2 to 5000 hold no pixels at all: a size and nothing behind it."""
    empty = b"\x2f" + struct.pack("<I", 95 | 63 << 14) + bytes(11)
    taken = timed(lambda: take(animated_webp(noise, 5000, empty)), 300)
    assert taken.image.tobytes() == noise.tobytes()
    assert [notice.text for notice in taken.notices] == [
        "This is an animation; its first picture is taken."
    ]


def test_A8_an_apng_gives_its_first_frame_and_the_others_are_never_unpacked():
    control = chunk(b"acTL", struct.pack(">II", 5000, 0))
    rubbish = chunk(b"fdAT", b"\0\0\0\1" + b"no pixels") * 4999
    taken = timed(lambda: take(png(b"\x80" * 16, before=control, behind=rubbish)), 300)
    assert taken.image.getcolors() == [(256, (128, 128, 128))]
    assert [message for message, _ in taken.notices] == [
        "This is an animation; its first picture is taken."
    ]


def test_A8_a_photo_that_brings_a_second_one_is_a_photo(noise):
    """As phones append a depth map or a film."""
    assert take(saved(noise, "JPEG") * 2).image.size == noise.size


# ---- A10: colours. Golden values by hand: what the format says, not what a decoder does.

KEY = b"\x12\x34"
GOLDEN = {
    "1 bit": (png(b"\xf0\xf0", depth=1), (255, 255, 255), None),
    "1 bit, white is clear": (
        png(b"\xf0\xf0", depth=1, before=chunk(b"tRNS", b"\0\1")), WHITE, 0
    ),
    "2 bit": (png(b"\x7f" * 4, depth=2), (85, 85, 85), None),
    "4 bit, 9 is clear": (png(b"\x93" * 8, depth=4, before=chunk(b"tRNS", b"\0\x09")), WHITE, 0),
    "4 bit, 3 is clear": (
        png(b"\x93" * 8, depth=4, before=chunk(b"tRNS", b"\0\x03")), (153,) * 3, 255
    ),
    "8 bit": (png(b"\x21" * 16), (33, 33, 33), None),
    "16 bit": (png(b"\x80\xff" * 16, depth=16), (128, 128, 128), None),
    "16 bit, one is clear": (
        png(b"\x12\x34\x80\x00" * 8, depth=16, before=chunk(b"tRNS", KEY)), WHITE, 0
    ),
    "16 bit colour": (
        png(b"\xff\xff\x80\x00\x00\xff" * 16, depth=16, colour=RGB), (255, 128, 0), None
    ),
    "16 bit colour, one is clear": (
        png(b"\x12\x34\x12\x34\x12\x34" + b"\xff" * 90, depth=16, colour=RGB,
            before=chunk(b"tRNS", KEY * 3)), WHITE, 0
    ),
    "16 bit grey, half clear": (
        png(b"\x00\x00\x80\x80" * 16, depth=16, colour=GREY_ALPHA), (127, 127, 127), 128
    ),
    "16 bit colour, half clear": (
        png(b"\xff\xff\x00\x00\x00\x00\x80\x80" * 16, depth=16, colour=RGBA), (255, 127, 127), 128
    ),
    "grey, half clear": (png(b"\x00\x80" * 16, colour=GREY_ALPHA), (127, 127, 127), 128),
    "palette": (
        png(b"\x01" * 16, colour=PALETTE, before=chunk(b"PLTE", b"\xff\0\0\0\xff\0")), GREEN, None
    ),
    "palette, half clear": (
        png(b"\x01" * 16, colour=PALETTE,
            before=chunk(b"PLTE", b"\xff\0\0\0\xff\0") + chunk(b"tRNS", b"\xff\x80")),
        (127, 255, 127), 128
    ),
    "2 bit palette, clear": (
        png(b"\x50" * 4, depth=2, colour=PALETTE,
            before=chunk(b"PLTE", b"\xff\0\0\0\xff\0") + chunk(b"tRNS", b"\xff\x00")), WHITE, 0
    ),
    "colour, one is clear": (
        png(b"\xff\0\0" + b"\0\0\xff" * 15, colour=RGB,
            before=chunk(b"tRNS", b"\0\xff\0\0\0\0")), WHITE, 0
    ),
    "colour with opacity, all opaque": (png(b"\x0a\x14\x1e\xff" * 16, colour=RGBA), (10, 20, 30), None),
    "colour hidden under full transparency": (png(b"\xff\0\0\0" * 16, colour=RGBA), WHITE, 0),
    "faint edge": (png(b"\x01\x01\x01\x01" * 16, colour=RGBA), (254, 254, 254), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
def test_A10_every_kind_of_png_comes_out_in_its_colours(name):
    data, colour, opacity = GOLDEN[name]
    taken = take(data)
    assert (taken.image.mode, taken.image.size) == ("RGB", (16, 16))
    assert taken.image.getpixel((0, 5)) == colour
    assert (taken.alpha and (taken.alpha.mode, taken.alpha.getpixel((0, 5)))) == (
        None if opacity is None else ("L", opacity)
    )


@pytest.mark.parametrize("before", [b"", chunk(b"PLTE", b"")])
def test_A10_a_palette_that_is_not_there_is_missed(before):
    said = refused(png(bytes(16), colour=PALETTE, before=before))
    assert said == "The image is damaged (its palette is missing)."


def test_A10_transparent_parts_show_the_backdrop_and_make_a_mask():
    taken = take(png(b"\xff\0\0\0" * 8 + b"\xff\0\0\xff" * 8, colour=RGBA), backdrop="#0000fF")
    assert [taken.image.getpixel((x, 0)) for x in (0, 15)] == [BLUE, RED]
    assert [taken.mask.getpixel((x, 0)) for x in (0, 15)] == [255, 0]
    assert take(png(bytes(16))).mask is None


@pytest.mark.parametrize("colour", ["", "white", "#fff", "#gggggg", "rgba(1,2,3,1)", "#ffffff\n"])
def test_a_backdrop_that_is_no_colour_is_refused(colour):
    with pytest.raises(RecipeError, match="Backdrop must look like #ffffff") as caught:
        take(png(bytes(16)), backdrop=colour)
    assert caught.value.field == "backdrop"


@pytest.mark.parametrize(
    ("ink", "colour"),
    [
        ((0, 0, 0, 0), WHITE),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((0, 255, 255, 0), RED),
        ((255, 0, 255, 0), GREEN),
    ],
)
def test_A10_the_inks_of_a_cmyk_jpeg_become_colours_of_light(ink, colour):
    taken = take(saved(Image.new("CMYK", (32, 32), ink), "JPEG", quality=95)).image
    assert all(abs(a - b) <= 3 for a, b in zip(taken.getpixel((9, 9)), colour, strict=True))


def test_A10_grey_jpeg_and_clear_webp():
    assert take(saved(Image.new("L", (32, 32), 77), "JPEG")).image.getpixel((9, 9)) == (77,) * 3
    clear = saved(Image.new("RGBA", (32, 32), (255, 0, 0, 128)), "WEBP", lossless=True)
    assert take(clear).image.getpixel((9, 9)) == (255, 127, 127)


def swapped_profile() -> bytes:
    """An ICC profile whose red is blue and whose blue is red: sRGB's with two entries of its table of tags exchanged."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    table = {plain[at : at + 4]: at for at in range(132, 132 + 12 * plain[131], 12)}
    swapped = bytearray(plain.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be")))
    for one, other in ((b"rXYZ", b"bXYZ"), (b"bXYZ", b"rXYZ")):
        swapped[table[one] + 4 : table[one] + 12] = plain[table[other] + 4 : table[other] + 12]
    return bytes(swapped)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_A10_a_colour_profile_is_applied_and_left_behind(format):
    options = {"JPEG": {"quality": 100}, "WEBP": {"lossless": True}}.get(format, {})
    red = Image.new("RGB", (32, 32), (250, 0, 0))
    taken = take(saved(red, format, icc_profile=swapped_profile(), **options)).image
    assert all(abs(a - b) <= 4 for a, b in zip(taken.getpixel((9, 9)), (0, 0, 250), strict=True))
    assert taken.info == {}


def test_A10_an_srgb_profile_changes_no_bit(noise):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert take(saved(noise, "PNG", icc_profile=profile)).image.tobytes() == noise.tobytes()


@pytest.mark.parametrize(
    "profile",
    [
        b"rubbish",
        bytes(500),
        swapped_profile()[:300],
        swapped_profile().replace(b"RGB ", b"R\xff\x88 "),
        swapped_profile().replace(b"RGB ", b"CMYK"),
    ],
    ids=["rubbish", "zeros", "half", "no known space", "another space"],
)
def test_A10_a_broken_colour_profile_is_passed_over(noise, profile):
    assert take(saved(noise, "PNG", icc_profile=profile)).image.tobytes() == noise.tobytes()


def test_A10_a_colour_profile_on_grey_is_applied_to_its_grey():
    grey = Image.new("L", (32, 32), 120)
    taken = take(saved(grey, "PNG", icc_profile=swapped_profile())).image
    assert all(abs(value - 120) <= 2 for value in taken.getpixel((9, 9)))


# ---- A11: EXIF


def corners(image: Image.Image) -> list[str]:
    """The nearest pure colour in each corner, reading order."""
    names = {RED: "red", GREEN: "green", BLUE: "blue", WHITE: "white"}
    right, bottom = image.width - 5, image.height - 5
    return [
        names[tuple(255 * (value > 127) for value in image.getpixel(place))]
        for place in ((4, 4), (right, 4), (4, bottom), (right, bottom))
    ]


def as_stored(upright: Image.Image, orientation: int) -> Image.Image:
    """How a camera held that way stores the picture: EXIF says where its row 0 and its column 0 are seen."""
    row, column = {
        1: "top left", 2: "top right", 3: "bottom right", 4: "bottom left",
        5: "left top", 6: "right top", 7: "right bottom", 8: "left bottom",
    }[orientation].split()  # fmt: skip
    across = row in ("left", "right")
    width, height = upright.size[::-1] if across else upright.size
    stored = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            down, right = (x, y) if across else (y, x)
            vertical, horizontal = (column, row) if across else (row, column)
            seen_y = down if vertical == "top" else upright.height - 1 - down
            seen_x = right if horizontal == "left" else upright.width - 1 - right
            stored.putpixel((x, y), upright.getpixel((seen_x, seen_y)))
    return stored


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_A11_the_picture_is_upright_however_the_camera_was_held(format, orientation):
    upright = Image.new("RGB", (48, 32), RED)
    upright.paste(GREEN, (24, 0, 48, 16))
    upright.paste(BLUE, (0, 16, 24, 32))
    upright.paste(WHITE, (24, 16, 48, 32))
    stored = as_stored(upright, orientation)
    order = "<>"[orientation % 2]
    taken = take(saved(stored, format, exif=exif(orientation, order=order), quality=95))
    assert taken.image.size == (48, 32)
    assert corners(taken.image) == ["red", "green", "blue", "white"]


def test_A11_the_opacity_is_turned_with_the_picture():
    stored = Image.new("RGBA", (48, 32), (255, 0, 0, 255))
    stored.paste((0, 0, 0, 0), (0, 0, 48, 8))
    taken = take(saved(stored, "PNG", exif=exif(6)))
    assert taken.alpha.size == taken.image.size == (32, 48)
    assert [taken.alpha.getpixel((x, 20)) for x in (2, 28)] == [255, 0]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_A11_the_place_is_gone(noise, format):
    data = saved(noise, format, exif=exif(1, gps=True))
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.getexif().get_ifd(0x8825), "the test's own file must tell a place"
    taken = take(data)
    assert taken.image.info == {}
    for again in ("PNG", "JPEG"):
        assert b"Exif" not in saved(taken.image, again)
        assert b"eXIf" not in saved(taken.image, again)


BROKEN_EXIF = [
    b"",
    b"MM",
    b"MM\0*",
    b"MM\0*\xff\xff\xff\xff",
    b"MM\0*\0\0\0\x08\xff\xff",
    b"II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\1\0\0\0\x09\0\0\0",
    b"MM\0*\0\0\0\x08\0\1\x01\x12\0\x02\0\0\0\1\0\6\0\0",
    b"MM\0*\0\0\0\x08\0\1\x01\x12\0\x03\0\0\0\1\0\0\0\0",
    bytes(range(256)),
]


@pytest.mark.parametrize("broken", BROKEN_EXIF, ids=range(len(BROKEN_EXIF)))
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_A11_broken_exif_is_passed_over(noise, format, broken):
    assert take(saved(noise, format, exif=b"Exif\0\0" + broken)).image.size == noise.size


# ---- A12: masks


def test_A12_a_mask_of_another_size_is_stretched_unsmoothed_and_said():
    half = png(b"\0" * 8 + b"\xff" * 8)
    taken = take_mask(half, (64, 32))
    assert (taken.image.mode, taken.image.size) == ("L", (64, 32))
    assert taken.image.getcolors() == [(1024, 0), (1024, 255)]
    assert [notice.text for notice in taken.notices] == [
        "The mask is 16x16 and the picture 64x32; the mask was stretched to fit."
    ]


def test_A12_a_mask_of_the_right_size_needs_no_words():
    assert take_mask(png(b"\xff" * 16), (16, 16)).notices == ()


@pytest.mark.parametrize("value", [0, 255])
def test_A12_empty_and_full_masks_are_taken_as_they_are(value):
    """Whether there is anything to paint is known with the recipe: it may invert the mask."""
    taken = take_mask(png(bytes([value]) * 16), (16, 16))
    assert taken.image.getcolors() == [(256, value)]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (png(b"\0\0\0\0" * 8 + b"\0\0\0\xff" * 8, colour=RGBA), (0, 255)),
        (png(b"\xff\0" * 8 + b"\xff\x80" * 8, colour=GREY_ALPHA), (0, 128)),
        (png(b"\0\0\0\xff" * 8 + b"\xff\xff\xff\xff" * 8, colour=RGBA), (0, 255)),
        (png(b"\x00\xff", depth=1), (0, 255)),
        (png(b"\x40" * 8 + b"\xc0" * 8), (64, 192)),
        (png(b"\0\0\0" * 8 + b"\xff\xff\xff" * 8, colour=RGB), (0, 255)),
    ],
    ids=["opacity", "soft opacity", "all opaque", "1 bit", "soft", "colour"],
)
def test_A12_a_mask_is_its_opacity_where_it_has_any_else_its_brightness(data, value):
    mask = take_mask(data, (16, 16)).image
    assert (mask.getpixel((0, 3)), mask.getpixel((15, 3))) == value


def test_A12_a_mask_is_refused_like_a_picture():
    for data, says in ((b"", "This file is empty."), (OTHERS["svg"], NO_PICTURE)):
        with pytest.raises(PictureError, match=says):
            take_mask(data, (16, 16))


# ---- C6: recipes in the file


@pytest.fixture
def texts(image):
    """A picture with these text chunks in it."""
    return lambda *chunks: png(b"\x80" * 16, before=b"".join(chunks))


def ours(text: bytes) -> bytes:
    return chunk(b"iTXt", b"atelier\0\0\0\0\0" + text)


def test_a_picture_of_ours_brings_its_recipe(image, recipe, made):
    taken = take(saved(image, "PNG", pnginfo=png_info(recipe, made)))
    assert taken.recipe == recipe
    assert taken.notices == ()
    assert taken.image.tobytes() == image.tobytes()
    assert taken.image.info == {}


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b'{"atelier": 1',
    b'{"atelier": 1, "recipe": {"kind": "sculpture"}}',
    b'{"atelier": 1, "recipe": {"kind": "text_to_image", "steps": ' + b"9" * 5000 + b"}}",
    b'{"atelier": 1, "recipe": {"kind": "text_to_image", "{0.__class__}": 1}}',
    b'{"atelier": 7, "recipe": {}}',
    b"[" * 100_000,
    b"\xff\xfe",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_C6_a_picture_with_hostile_json_is_taken_without_its_recipe(texts, text):
    taken = take(texts(ours(text)))
    assert taken.recipe is None
    assert taken.image.getpixel((0, 0)) == (128, 128, 128)
    (notice,) = taken.notices
    assert notice.text.endswith("The picture is taken without it.")
    assert len(notice.text) < 300


def test_C6_settings_of_other_programs_are_named_and_passed_over(texts):
    taken = take(
        texts(
            chunk(b"tEXt", b"parameters\0a boat\nSteps: 20"),
            chunk(b"tEXt", b"workflow\0{}"),
            chunk(b"tEXt", b"Software\0paint"),
        )
    )
    assert taken.recipe is None
    assert [notice.text for notice in taken.notices] == [
        "The settings of another program are passed over: parameters, workflow."
    ]


def test_C6_texts_that_are_no_settings_need_no_words(texts):
    taken = take(texts(chunk(b"tEXt", b"Software\0paint"), chunk(b"tEXt", b"Comment\0hello")))
    assert (taken.recipe, taken.notices) == (None, ())


# ---- all of them at once


def test_a_damaged_picture_is_taken_or_refused_but_never_breaks_anything(image, recipe, made):
    """Six hundred files with a few bytes changed, always the same ones; the checksums of PNG put right again in half of them."""
    dice = random.Random(7)
    rgba = Image.effect_noise((32, 32), 90).convert("RGBA")
    whole = [
        saved(image, "PNG", pnginfo=png_info(recipe, made), exif=exif(6), icc_profile=swapped_profile()),
        saved(rgba.convert("P"), "PNG", transparency=3),
        saved(image, "JPEG", exif=exif(6), progressive=True, icc_profile=swapped_profile()),
        saved(rgba, "WEBP", exif=exif(6), icc_profile=swapped_profile()),
        animated_webp(image, 3, b"rubbish"),
    ]  # fmt: skip
    for _ in range(600):
        data = bytearray(dice.choice(whole))
        for _ in range(dice.choice((1, 1, 3, 30))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            assert take(mended(bytes(data)) if dice.random() < 0.5 else bytes(data)).image.mode
        except PictureError as error:
            assert error.hint_text


def mended(data: bytes) -> bytes:
    """A PNG whose checksums are right; other files as they are."""
    if not data.startswith(SIGNATURE):
        return data
    at, parts = len(SIGNATURE), [SIGNATURE]
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        parts.append(chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join(parts)


RESTRICTED = """
import io, sys, warnings
from PIL import Image
from studio.gallery.intake import restrict_decoders
restrict_decoders()
from PIL import Image, UnidentifiedImageError
warnings.simplefilter("default")
restrict_decoders()
print(sorted(Image.OPEN), Image.MAX_IMAGE_PIXELS)
for path in sys.argv[1:]:
    try:
        with Image.open(path) as image:
            image.load()
            print(image.format)
    except (UnidentifiedImageError, Image.DecompressionBombWarning) as error:
        print(type(error).__name__)
Image.new("RGB", (8, 8)).save(io.BytesIO(), "GIF")
"""


def test_A9_the_whole_process_knows_three_decoders_and_our_limit(tmp_path, noise):
    """Also for whoever opens a picture without asking us, as Gradio does."""
    names = [f"x.{ending}" for ending in ("png", "jpeg", "webp", "gif", "bmp", "tiff", "ppm")]
    for name in names:
        noise.save(tmp_path / name)
    (tmp_path / "mpo.jpeg").write_bytes(saved(noise, "MPO", save_all=True, append_images=[noise]))
    (tmp_path / "large.png").write_bytes(png(bytes(513), depth=1, size=(4104, 4104), rows=1))
    paths = [str(tmp_path / name) for name in (*names, "mpo.jpeg", "large.png")]
    done = subprocess.run(
        [sys.executable, "-c", RESTRICTED, *paths], capture_output=True, text=True, timeout=60
    )
    first, *said = done.stdout.splitlines()
    assert first == f"['JPEG', 'PNG', 'WEBP'] {4096 * 4096}", done.stderr
    unknown = ["UnidentifiedImageError"] * 4
    assert said == ["PNG", "JPEG", "WEBP", *unknown, "JPEG", "DecompressionBombWarning"]


def test_what_is_taken_can_be_compared_and_is_frozen(noise):
    taken = take(saved(noise, "PNG"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        taken.image = noise
