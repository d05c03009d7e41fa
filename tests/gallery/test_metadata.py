"""Recipe <-> PNG: every legal recipe survives, and no file can harm the reader."""

import dataclasses
import json
import random
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from studio.core.errors import GalleryError
from studio.core.events import Recovery
from studio.core.recipe import MAX_SEED
from studio.core.recipes import TextToImage
from studio.core.styles import STYLES
from studio.diffusion.samplers import SAMPLERS
from studio.gallery.metadata import (
    MAX_TEXT,
    Made,
    fingerprint,
    parameters_text,
    png_info,
    read,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
AWKWARD_WORDS = [
    "",
    "   ",
    "a lighthouse, by the sea: at sunset",
    "灯塔 и маяк",
    "\u202eright to left\u202c עברית",
    "👩‍👩‍👧‍👦 family 🏳️‍🌈",
    "first line\nsecond line\r\nthird\tcolumn",
    'quotes " and \\ backslashes and {braces} and %s%n',
    "<script>alert(1)</script> {{7*7}}",
    "Negative prompt: not one\nSteps: 1, Sampler: none, CFG scale: 99",
    "\x01\x02\x1b[31m",
    "e" + "\u0301" * 1999,
    "\U0001f3a8" * 2000,
    "\x01" * 2000,
]


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def itxt(keyword: bytes, text: bytes, *, packed: bool = False) -> bytes:
    body = zlib.compress(text) if packed else text
    return chunk(b"iTXt", keyword + b"\0" + bytes([packed]) + b"\0\0\0" + body)


@pytest.fixture
def saved(tmp_path: Path, image: Image.Image):
    """Writes a picture with the text chunks of a recipe, and reads it back."""

    def saved(recipe: TextToImage, made: Made):
        path = tmp_path / "picture.png"
        image.save(path, pnginfo=png_info(recipe, made))
        return read(path)

    return saved


@pytest.fixture
def hostile(tmp_path: Path):
    """A PNG file of exactly these chunks."""

    def hostile(*chunks: bytes) -> Path:
        path = tmp_path / "hostile.png"
        path.write_bytes(SIGNATURE + b"".join(chunks) + chunk(b"IEND", b""))
        return path

    return hostile


def a1111_reads(text: str) -> dict[str, str]:
    """What AUTOMATIC1111 finds: settings in the last line, "Negative prompt:" begins the words to leave out."""
    *words, last = text.strip().split("\n")
    settings = dict(pair.split(": ", 1) for pair in last.split(", "))
    assert len(settings) >= 3, "with fewer it takes the last line for words"
    prompt, _, negative = "\n".join(words).partition("Negative prompt:")
    return settings | {"Prompt": prompt.strip(), "Negative prompt": negative.strip()}


@pytest.mark.parametrize("words", AWKWARD_WORDS)
def test_a_recipe_survives_the_png_round_trip(saved, recipe, made, words):
    wish = dataclasses.replace(recipe, prompt=words, negative_prompt=words)
    picture = saved(wish, made)
    assert picture.recipe == wish
    assert picture.made == made


def test_how_near_a_picture_came_survives_and_nonsense_is_passed_over(
    recipe, made, image, tmp_path
):
    path = tmp_path / "picture.png"
    good = Recovery(None, 31.25, 7, -0.004, 0.981, {"original": "sha256:" + "0" * 64})

    def read_back(recovery):
        image.save(path, pnginfo=png_info(recipe, made, recovery))
        about = read(path)
        assert (about.recipe, about.made) == (recipe, made)
        return about.recovery

    assert read_back(good) == good
    assert read_back(None) is None
    for nonsense in (
        {"original_psnr": "31"}, {"mean": None}, {"std": True}, {"largest": 256}, {"largest": 7.0},
        {"pictures": None}, {"pictures": {"original": 7}},
    ):  # fmt: skip
        assert read_back(dataclasses.replace(good, **nonsense)) is None
    ours = {"atelier": 1, "recipe": recipe.as_dict(), "made": dataclasses.asdict(made)}
    for nonsense in ({}, [], 7, {"largest": 7, "mean": 0.0, "std": 1.0, "pictures": {}}):
        info = PngImagePlugin.PngInfo()
        info.add_itxt("atelier", json.dumps(ours | {"recovery": nonsense}))
        image.save(path, pnginfo=info)
        assert read(path).recovery is None


def test_any_legal_recipe_survives_the_png_round_trip(saved, made):
    """Two hundred recipes of random legal values, always the same ones."""
    dice = random.Random(7)
    letters = "".join(chr(dice.randrange(1, 0xD800)) for _ in range(500)) + "🎨\U000e0001 \n"
    for _ in range(200):
        recipe = TextToImage(
            prompt="".join(dice.choices(letters, k=dice.randrange(0, 200))),
            negative_prompt="".join(dice.choices(letters, k=dice.randrange(0, 20))),
            style=dice.choice(list(STYLES)),
            width=16 * dice.randint(4, 128),
            height=16 * dice.randint(4, 128),
            steps=dice.randint(1, 150),
            guidance_scale=dice.uniform(0, 30),
            sampler=dice.choice(list(SAMPLERS)),
            seed=dice.randint(0, MAX_SEED),
            revision="1",
        )
        assert saved(recipe, made).recipe == recipe


def test_a1111_reading_tools_find_every_setting(saved, recipe, made):
    text = saved(recipe, made).parameters_text
    assert text == (
        "watercolor of a lighthouse by the sea\n"
        "Negative prompt: fog\n"
        "Steps: 20, Sampler: DPM++ 2M, CFG scale: 4, Seed: 7, Size: 64x64, "
        "Model hash: 3f2a9c51d0, Model: palette, Version: atelier 0.1.0"
    )
    assert a1111_reads(text) == {
        "Prompt": "watercolor of a lighthouse by the sea",
        "Negative prompt": "fog",
        "Steps": "20",
        "Sampler": "DPM++ 2M",
        "CFG scale": "4",
        "Seed": "7",
        "Size": "64x64",
        "Model hash": "3f2a9c51d0",
        "Model": "palette",
        "Version": "atelier 0.1.0",
    }


def test_a_karras_sampler_names_its_schedule_apart_as_a1111_does(recipe, made):
    text = parameters_text(dataclasses.replace(recipe, sampler="dpmpp_2m_karras"), made)
    read_back = a1111_reads(text)
    assert (read_back["Sampler"], read_back["Schedule type"]) == ("DPM++ 2M", "Karras")


A1111_SAMPLERS = {"DDIM", "DDPM", "DPM++ 2M", "DPM++ 2M SDE", "DPM++ SDE", "Euler", "Euler a"} | {
    "Heun",
    "LCM",
    "UniPC",
    "DPM2",
    "DPM2 a",
    "LMS",
    "PLMS",
    "Restart",
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_on_the_menu_is_spelt_as_a1111_spells_it(recipe, made, name):
    text = parameters_text(dataclasses.replace(recipe, sampler=name), made)
    assert a1111_reads(text)["Sampler"] in A1111_SAMPLERS


def test_parameters_in_any_script_are_readable_by_pillow(tmp_path, image, recipe, made):
    """A tool that knows nothing of us finds the text where every tool looks."""
    wish = dataclasses.replace(recipe, prompt="灯塔 🎨", negative_prompt="")
    image.save(tmp_path / "x.png", pnginfo=png_info(wish, made))
    with Image.open(tmp_path / "x.png") as opened:
        assert opened.info["parameters"].startswith("watercolor of 灯塔 🎨\nSteps: 20, ")


def test_the_longest_recipe_stays_far_below_the_limit(recipe, made):
    longest = dataclasses.replace(recipe, prompt="\x01" * 2000, negative_prompt="\x01" * 2000)
    sizes = [len(content) for _, content, *_ in png_info(longest, made).chunks]
    assert max(sizes) < MAX_TEXT / 4


def test_our_text_may_be_packed_by_another_program(hostile, recipe, made):
    ours = {"atelier": 1, "recipe": recipe.as_dict(), "made": dataclasses.asdict(made)}
    path = hostile(
        itxt(b"atelier", json.dumps(ours).encode(), packed=True),
        chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b"sea\nSteps: 2")),
    )
    picture = read(path)
    assert picture.recipe == recipe
    assert picture.parameters_text == "sea\nSteps: 2"


def test_fingerprint_depends_on_pixels_and_size_alone(image):
    assert fingerprint(image) == fingerprint(image.convert("RGBA"))
    assert fingerprint(image) != fingerprint(
        image.transpose(Image.Transpose.ROTATE_90).crop((0, 0, 32, 64))
    )
    wide, tall = Image.new("RGB", (8, 2)), Image.new("RGB", (2, 8))
    assert fingerprint(wide) != fingerprint(tall)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not a PNG"),
        (b"<html>no picture</html>", "is not a PNG"),
        (b"%PDF-1.7", "is not a PNG"),
        (SIGNATURE, "carries no recipe"),
        (SIGNATURE + b"\0\0\0\rIHDR", "carries no recipe"),
        (SIGNATURE + b"\xff\xff\xff\xfftEXtatelier\0", "larger than"),
        (SIGNATURE + b"\0\0\1\0iTXtatelier\0\0\0", "checksum"),
    ],
)
def test_A1_A2_A3_a_file_that_is_no_whole_png_is_refused_in_words(tmp_path, content, says):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(GalleryError, match=says) as caught:
        read(path)
    assert caught.value.hint_text


def test_a_missing_file_and_a_folder_are_refused_in_words(tmp_path):
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(GalleryError, match="There is no picture at"):
            read(path)


def test_a_picture_of_another_program_is_refused_in_words(tmp_path, image):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "sea\nSteps: 20, Sampler: Euler, Seed: 1")
    info.add_text("workflow", "{}")
    image.save(tmp_path / "x.png", pnginfo=info)
    with pytest.raises(GalleryError, match="carries no recipe of this studio"):
        read(tmp_path / "x.png")


HOSTILE_JSON = [
    "",
    "null",
    "[]",
    "7",
    '"text"',
    "{}",
    '{"atelier": 1',
    '{"atelier": true}',
    '{"atelier": 0}',
    '{"atelier": "1"}',
    '{"atelier": 1}',
    '{"atelier": 1, "recipe": null}',
    '{"atelier": 1, "recipe": {"kind": []}}',
    '{"atelier": 1, "recipe": {"kind": "sculpture"}}',
    '{"atelier": 1, "recipe": {"kind": "text_to_image", "steps": %s}}' % ("9" * 400),
    '{"atelier": 1, "recipe": {"kind": "text_to_image", "steps": %s}}' % ("9" * 5000),
    '{"atelier": 1, "recipe": {"kind": "text_to_image", "guidance_scale": NaN}}',
    '{"atelier": 1, "recipe": {"kind": "text_to_image", "prompt": %s}}' % ("[" * 300 + "]" * 300),
    '{"atelier": 1, "recipe": {"kind": "text_to_image", "__class__": "x"}}',
    '{"atelier": 1, "recipe": {"kind": "text_to_image", "{0.__class__}": 1}}',
    '{"atelier": 1, "recipe": {"kind": "text_to_image"}}',
    '{"atelier": 1, "recipe": {"kind": "text_to_image"}, "made": []}',
    "[" * 100_000,
    '{"a":' * 20_000,
]


@pytest.mark.parametrize("text", HOSTILE_JSON, ids=range(len(HOSTILE_JSON)))
def test_C6_hostile_json_is_refused_in_words(hostile, text):
    with pytest.raises(GalleryError) as caught:
        read(hostile(itxt(b"atelier", text.encode())))
    assert len(str(caught.value)) < 300
    assert caught.value.hint_text


@pytest.mark.parametrize(
    ("field", "value"),
    [("batch", "4"), ("batch", True), ("batch", None), ("seconds", float("inf")), ("torch", 2)],
)
def test_C6_how_it_was_made_is_checked_field_by_field(hostile, recipe, made, field, value):
    ours = {"atelier": 1, "recipe": recipe.as_dict(), "made": dataclasses.asdict(made)}
    ours["made"][field] = value
    with pytest.raises(GalleryError, match=field):
        read(hostile(itxt(b"atelier", json.dumps(ours).encode())))


def test_C6_a_key_that_a_later_studio_added_to_made_is_passed_over(hostile, recipe, made):
    ours = {"atelier": 1, "recipe": recipe.as_dict(), "made": dataclasses.asdict(made)}
    ours["made"] |= {"mood": "calm", "seconds": 2}
    picture = read(hostile(itxt(b"atelier", json.dumps(ours).encode())))
    assert picture.made == dataclasses.replace(made, seconds=2.0)


def test_C6_a_recipe_of_a_newer_studio_says_so(hostile):
    with pytest.raises(GalleryError, match=r"newer studio \(version 2"):
        read(hostile(itxt(b"atelier", b'{"atelier": 2, "recipe": {}}')))


def test_C6_text_that_is_not_utf8_is_refused_in_words(hostile):
    with pytest.raises(GalleryError, match="not readable text"):
        read(hostile(itxt(b"atelier", b"\xff\xfe{}")))


def test_C6_a_flipped_bit_is_noticed(tmp_path, image, recipe, made):
    path = tmp_path / "x.png"
    image.save(path, pnginfo=png_info(recipe, made))
    path.write_bytes(path.read_bytes().replace(b'"seed": 7', b'"seed": 8'))
    with pytest.raises(GalleryError, match="checksum"):
        read(path)


def test_A7_a_text_that_unpacks_to_gigabytes_is_refused_before_it_does(hostile):
    bomb = zlib.compress(b" " * 50_000_000, 9)
    packed = chunk(b"iTXt", b"atelier\0\1\0\0\0" + bomb)
    with pytest.raises(GalleryError, match="unpacks to more than"):
        assert_small(lambda: read(hostile(packed)))


def test_A7_huge_foreign_chunks_are_skipped_unread(tmp_path, recipe, made):
    """A file with two chunks of 200 MB (holes on disk) before ours reads at once, in little memory."""
    path = tmp_path / "huge.png"
    ours = {"atelier": 1, "recipe": recipe.as_dict(), "made": dataclasses.asdict(made)}
    with path.open("wb") as file:
        file.write(SIGNATURE)
        for kind in (b"zTXt", b"iCCP"):
            file.write(struct.pack(">I", 200_000_000) + kind + b"Comment\0")
            file.seek(200_000_000 - 8 + 4, 1)
        file.write(itxt(b"atelier", json.dumps(ours).encode()))
    assert_small(lambda: read(path))
    assert read(path).recipe == recipe


def test_A7_a_million_chunks_end_the_search(tmp_path):
    path = tmp_path / "many.png"
    path.write_bytes(SIGNATURE + chunk(b"tEXt", b"a\0b") * 1_000_000)
    start = time.perf_counter()
    with pytest.raises(GalleryError, match="carries no recipe"):
        read(path)
    assert time.perf_counter() - start < 1


def test_the_first_of_several_recipes_counts(hostile, recipe, made):
    def ours(seed: int) -> bytes:
        values = recipe.as_dict() | {"seed": seed}
        text = {"atelier": 1, "recipe": values, "made": dataclasses.asdict(made)}
        return itxt(b"atelier", json.dumps(text).encode())

    assert read(hostile(ours(1), ours(2))).recipe.seed == 1


def assert_small(action) -> None:
    """Runs the action; its memory stays below 4 MiB, also when it raises."""
    tracemalloc.start()
    try:
        action()
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 * 2**20
