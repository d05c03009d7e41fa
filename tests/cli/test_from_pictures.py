"""`stylise`, `inpaint`, `outpaint`: pictures go in by their content, words come from the person or from the picture."""

import dataclasses
from pathlib import Path

import pytest
from PIL import Image

from studio.cli import parser
from studio.cli.painting import COMMANDS
from studio.core.recipe import params
from studio.core.recipes import SWEEP, ImageToImage, Inpaint, Outpaint, TextToImage
from studio.gallery.inputs import content_hash
from studio.gallery.metadata import Made, png_info, read


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.radial_gradient("L").resize((96, 64)).convert("RGB").save(tmp_path / "in.png")
    return tmp_path / "in.png"


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    Image.linear_gradient("L").resize((96, 64)).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A picture that knows its own recipe."""
    recipe = TextToImage(prompt="a lake", width=64, height=64, steps=4, seed=7, revision="1")
    made = Made("0", "0", "cpu", "float32", "0", "0", 1, 4, 4, 0.1, "now", "0")
    Image.new("RGB", (64, 64)).save(tmp_path / "own.png", pnginfo=png_info(recipe, made))
    return tmp_path / "own.png"


def results(home: Path) -> list[Path]:
    return sorted(home.glob("2*/*.png"))


def named(path: Path) -> str:
    with Image.open(path) as image:
        return content_hash(image)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_setting_is_a_flag_with_its_help(run, command):
    code, out, _ = run(command, "--help")
    text = " ".join(" ".join(out).split())
    assert code == 0
    recipe = COMMANDS[command][0]
    for name, (_, param) in params(recipe).items():
        if name == "turns":  # A branch has a command of its own.
            continue
        assert param.help in text
        if name not in (*recipe.inputs, "prompt"):
            assert f"--{name.replace('_', '-')} " in text.replace("]", " ")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_flag_that_is_not_given_leaves_the_choice_to_the_recipe(command):
    recipe = COMMANDS[command][0]
    options = vars(parser().parse_args([command, *(f"{name}.png" for name in recipe.inputs)]))
    given = {name for name in params(recipe) if options.get(name) not in (None, "")}
    assert given == set(recipe.inputs)


def test_stylise_starts_from_the_picture(run, home, picture, tmp_path):
    flags = ["--strength", ".6", "--style", "oil", "--seed", 7, "--out", tmp_path / "x.png"]
    code, out, err = run("stylise", picture, "a lake", *flags)
    assert (code, out) == (0, [f"{tmp_path / 'x.png'}  seed 7"])
    recipe = read(tmp_path / "x.png").recipe
    assert isinstance(recipe, ImageToImage)
    assert (recipe.source, recipe.strength, recipe.style) == (named(picture), 0.6, "oil")
    assert (home / "inputs" / recipe.source[7:9] / f"{recipe.source[7:]}.png").is_file()


def test_inpaint_starts_from_picture_and_mask_and_shows_the_proof(run, home, picture, mask):
    flags = ["--region", "mask", "--start", "blur", "--grow", -3, "--feather", 2, "--invert"]
    code, out, _ = run("inpaint", picture, mask, "a boat", *flags, "--seed", 7)
    (path,) = results(home)
    assert (code, out) == (0, [f"{path}  seed 7  0 pixels changed outside the mask"])
    recipe = read(path).recipe
    assert isinstance(recipe, Inpaint)
    assert (recipe.source, recipe.mask) == (named(picture), named(mask))
    chosen = (recipe.region, recipe.start, recipe.grow, recipe.feather, recipe.invert)
    assert chosen == ("mask", "blur", -3, 2, True)


def test_outpaint_takes_the_sides(run, home, picture):
    assert run("outpaint", picture, "a lake", "--left", 64, "--top", 16)[0] == 0
    recipe = read(results(home)[0]).recipe
    assert isinstance(recipe, Outpaint)
    assert (recipe.left, recipe.right, recipe.top, recipe.bottom) == (64, 0, 16, 0)


def test_the_same_picture_is_kept_once(run, home, picture):
    for _ in range(2):
        run("stylise", picture, "a lake")
    assert len(list(home.glob("inputs/*/*.png"))) == 1


def test_a_sweep_gives_five_pictures_and_five_copies(run, picture, tmp_path):
    code, out, err = run(
        "stylise", picture, "a lake", "--sweep", "--seed", 7, "--out", tmp_path / "x.png"
    )
    assert (code, len(out)) == (0, 5)
    strengths = [read(tmp_path / f"x-{i}.png").recipe.strength for i in range(1, 6)]
    assert tuple(strengths) == SWEEP
    assert "Picture 5 of 5" in err


@pytest.mark.parametrize("given", [[], [""]])
def test_without_words_a_picture_of_ours_starts_from_its_own(run, home, own, given):
    code, _, err = run("stylise", own, *given)
    assert code == 0
    assert "The picture's own prompt: a lake\n" in err
    assert read(results(home)[0]).recipe.prompt == "a lake"


def test_words_that_are_given_come_before_the_pictures_own(run, home, own):
    _, _, err = run("stylise", own, "a forest")
    assert "own prompt" not in err
    assert read(results(home)[0]).recipe.prompt == "a forest"


def test_without_words_a_foreign_picture_has_none(run, home, picture):
    assert run("stylise", picture)[0] == 0
    assert read(results(home)[0]).recipe.prompt == ""


def test_A10_the_backdrop_shows_through(run, home, tmp_path):
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(tmp_path / "in.png")
    assert run("stylise", tmp_path / "in.png", "a lake", "--backdrop", "#8090a0")[0] == 0
    colour = Image.new("RGB", (64, 64), "#8090a0")
    assert read(results(home)[0]).recipe.source == content_hash(colour)
    code, _, err = run("stylise", tmp_path / "in.png", "a lake", "--backdrop", "sky")
    assert (code, err) == (
        2,
        "Backdrop must look like #ffffff, got 'sky'.\nWrite it as # and six hex digits.\n",
    )


def test_A12_a_mask_of_another_size_is_stretched_and_said(run, home, picture, tmp_path):
    Image.new("L", (32, 32), 255).save(tmp_path / "mask.png")
    code, _, err = run("inpaint", picture, tmp_path / "mask.png", "a lake")
    assert code == 0
    assert "The mask is 32x32 and the picture 96x64; the mask was stretched to fit.\n" in err
    white = Image.new("L", (96, 64), 255)
    assert read(results(home)[0]).recipe.mask == content_hash(white)


def test_C6_what_cannot_be_used_of_a_picture_is_said_and_the_picture_taken(run, own):
    own.write_bytes(own.read_bytes().replace(b'"seed": 7', b'"seed": 8'))
    code, out, err = run("stylise", own, "a forest")
    assert (code, len(out)) == (0, 1)
    assert "checksum is wrong. The picture is taken without it.\n" in err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "This file is empty."),
        (b"<svg onload='alert(1)'/>", "Not a PNG, JPEG or WebP image."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "The image is damaged (ends too early)."),
        (None, "There is no such file."),
    ],
)
@pytest.mark.parametrize("which", ["picture", "mask"])
def test_A1_A2_A3_a_file_that_is_no_picture_is_named(
    run, studio, picture, mask, content, says, which
):
    path = {"picture": picture, "mask": mask}[which]
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    code, out, err = run("inpaint", picture, mask, "a lake")
    assert (code, out) == (1, [])
    first, hint = err.splitlines()
    assert first == f"{path}: {says}"
    assert hint
    assert studio.closed == 1


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--strength", "1.0001"], "Strength must be from {low} to 1, got 1.0001."),
        (["--strength", "-1"], "Strength must be from {low} to 1, got -1.0."),
        (["--strength", "nan"], "Strength must be a number, got nan."),
        (["--strength", "half"], "Strength must be a number, got 'half'."),
    ],
)
@pytest.mark.parametrize("command", ["stylise", "outpaint"])
def test_B5_a_strength_out_of_bounds_is_answered_with_them(
    run, studio, picture, command, flags, says
):
    code, out, err = run(command, picture, "a lake", *flags)
    assert (code, out, studio.opened) == (2, [], 0)
    # An outpainting must paint something: there is no picture to give back.
    low = "0.1" if command == "outpaint" else "0"
    assert err == f"{says.format(low=low)}\nChoose a value from {low} to 1.\n"


@pytest.mark.parametrize("strength", ["0", "1e-9", "1"])
def test_B5_a_strength_at_the_edge_reaches_the_studio(run, home, picture, strength):
    assert run("stylise", picture, "a lake", "--strength", strength)[0] == 0
    assert read(results(home)[0]).recipe.strength == float(strength)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--start", "nothing"], "Unknown start 'nothing'."),
        (["--colour", "sky"], "Colour must look like #8090a0, got 'sky'."),
        (["--feather", "-1"], "Feather must be from 0 to 256, got -1."),
    ],
)
def test_a_wrong_value_of_inpaint_is_refused_before_any_file_is_read(run, studio, flags, says):
    code, _, err = run("inpaint", "none.png", "none.png", "a boat", *flags)
    assert (code, studio.opened) == (2, 0)
    assert says in err


def test_a_picture_may_be_jpeg_or_webp(run, home, picture):
    for ending in ("jpg", "webp"):
        with Image.open(picture) as image:
            image.save(picture.with_suffix(f".{ending}"))
        assert run("stylise", picture.with_suffix(f".{ending}"), "a lake")[0] == 0
    assert len(results(home)) == 2


def test_a_result_becomes_the_next_picture(run, home, picture, tmp_path):
    """And its own prompt goes on with it."""
    run("stylise", picture, "a lake", "--out", tmp_path / "first.png")
    run("stylise", tmp_path / "first.png", "--out", tmp_path / "second.png")
    first, second = (read(tmp_path / f"{name}.png").recipe for name in ("first", "second"))
    assert second.source == named(tmp_path / "first.png")
    assert dataclasses.replace(second, source=first.source, seed=first.seed) == first
