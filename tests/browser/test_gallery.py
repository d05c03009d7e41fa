"""The gallery in a real browser: every picture of every tab, one's own alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import expect

from studio.core.recipes import ImageToImage, Inpaint, TextToImage
from studio.core.turn import Turn
from studio.gallery import chunks
from studio.ui.visitor import OWNER_COOKIE, new_token, owner_of


class Painter:
    """Somebody whose pictures are there before they come."""

    def __init__(self, studio: Any) -> None:
        self.studio = studio
        self.token = new_token()
        cookies = {OWNER_COOKIE: self.token}
        self.owner = owner_of(SimpleNamespace(cookies=cookies, session_hash=None))

    def paint(self, recipe: Any = None, **settings: Any) -> Any:
        recipe = recipe or TextToImage(
            **{"prompt": "a lake", "width": 128, "height": 96} | settings
        )
        recipe = recipe.settled(self.studio.defaults())
        return self.studio.keep(self.studio.painted(recipe), recipe, self.owner, recipe.steps)

    def source(self, result: Any) -> str:
        return str(self.studio.put(Image.open(result.path).convert("RGB")))

    @property
    def cookies(self) -> dict[str, Any]:
        cookie = {"name": OWNER_COOKIE, "value": self.token, "domain": "127.0.0.1", "path": "/"}
        return {"cookies": [cookie], "origins": []}


@pytest.fixture
def painter(fake: SimpleNamespace) -> Painter:
    return Painter(fake.studio)


@pytest.fixture
def enter(visit: Callable[..., Any], fake: SimpleNamespace) -> Callable[..., Any]:
    """Opens the gallery, as somebody who painted or as somebody new."""

    def go(who: Painter | None = None, **options: Any) -> Any:
        known = {"storage_state": who.cookies} if who else {}
        page = visit(fake.address, **known, **options)
        page.evaluate("Atelier.openTab('gallery')")
        page.locator(".gallery[data-state=there]").wait_for()
        return page

    return go


def tiles(page: Any) -> list[str]:
    return page.locator(".gallery-tile").evaluate_all("all => all.map((one) => one.dataset.id)")


def opened(page: Any, result: Any) -> Any:
    """The picture whole."""
    page.locator(f".gallery-tile[data-id='{result.id}'] .tile-open").click()
    whole = page.locator("dialog.whole")
    expect(whole.locator("h2")).to_have_text(result.recipe.prompt)
    expect(whole.locator("dt").first).to_be_visible()
    return whole


def test_the_whole_gallery_by_keyboard(enter, painter):
    """Arrows, Enter, Escape, S, X, Delete, undo."""
    first, second, third = (painter.paint(prompt=words) for words in ("one", "two", "three"))
    page = enter(painter)
    assert tiles(page) == [third.id, second.id, first.id]
    page.locator("#gallery-words").press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    star = page.locator(f".gallery-tile[data-id='{second.id}'] .tile-star")
    expect(star).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    whole = page.locator("dialog.whole")
    expect(whole.locator("h2")).to_have_text("two")
    page.keyboard.press("ArrowRight")
    expect(whole.locator("h2")).to_have_text("one")
    page.keyboard.press("Escape")
    expect(whole).to_have_count(0)
    expect(page.locator(f".gallery-tile[data-id='{first.id}'] .tile-open")).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator(".gallery-tile")).to_have_count(2)
    page.keyboard.press("x")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("x")
    expect(page.locator("[data-bar=chosen] .gallery-count")).to_have_text("2 selected")
    # A starred one is not deleted without a word.
    page.keyboard.press("Delete")
    page.locator("dialog.question .wrong").click()
    expect(page.locator(".gallery-empty")).to_contain_text("Your pictures will gather here")
    page.locator("#gallery-undo").click()
    expect(page.locator(".gallery-tile")).to_have_count(2)
    assert tiles(page) == [third.id, second.id]


def test_pictures_are_found_by_words_settings_and_stars(enter, painter):
    lake, sea = painter.paint(prompt="a lake", seed=7), painter.paint(prompt="the sea", style="oil")
    page = enter(painter)
    words = page.locator("#gallery-words")
    for asked, found, other in (("seed:7", lake, sea), ("SE", sea, lake)):
        words.fill(asked)
        expect(page.locator(f".gallery-tile[data-id='{other.id}']")).to_have_count(0)
        assert tiles(page) == [found.id]
    words.fill("xylophone")
    expect(page.locator(".gallery-empty")).to_contain_text("Nothing found")
    page.locator(".gallery-empty button").click()
    expect(page.locator(".gallery-tile")).to_have_count(2)
    page.locator("#gallery-style").select_option("oil")
    expect(page.locator(".gallery-tile")).to_have_count(1)


def test_two_are_compared_and_several_come_as_one_file(enter, painter):
    one, other = painter.paint(prompt="one", seed=1), painter.paint(prompt="other", seed=2)
    page = enter(painter)
    for picture in (one, other):
        page.locator(f".gallery-tile[data-id='{picture.id}']").hover()
        page.locator(f".gallery-tile[data-id='{picture.id}'] .tile-mark").click()
    with page.expect_download() as download:
        page.locator("#gallery-zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert sorted(archive.namelist()) == sorted([one.path.name, other.path.name])
    page.locator("#gallery-compare").click()
    expect(page.locator("dialog.compare .over")).to_have_attribute("src", f"picture/{other.id}")


def test_more_pages_come_as_one_goes_down(enter, painter):
    painted = [painter.paint(seed=seed, width=64, height=64).id for seed in range(70)][::-1]
    page = enter(painter)
    expect(page.locator(".gallery-count").first).to_have_text("70 pictures")
    page.locator(".gallery-tile").last.scroll_into_view_if_needed()
    expect(page.locator(".gallery-tile")).to_have_count(70)
    assert tiles(page) == painted


def test_D2_each_browser_sees_its_own_pictures_only_and_without_recipe_none_leaves(
    enter, painter, fake
):
    """Two browsers, one studio."""
    mine = painter.paint(prompt="a secret lake")
    other = Painter(fake.studio)
    theirs = other.paint(prompt="another lake")
    here, there = enter(painter), enter(other)
    assert (tiles(here), tiles(there)) == ([mine.id], [theirs.id])
    for page, foreign in ((here, theirs), (there, mine)):
        for path in ("picture/{}", "gallery/{}", "gallery/{}/tile", "gallery/{}/family"):
            address = fake.address + path.format(foreign.id)
            assert page.request.get(address).status == 404
    page = here
    whole = opened(page, mine)
    for bare in (False, True):
        if bare:
            whole.locator("#gallery-bare").check()
        with page.expect_download() as download:
            whole.locator("#whole-download").click()
        content = download.value.path().read_bytes()
        assert (b"secret" in content) is not bare
        assert ("seed" in download.value.suggested_filename) is not bare
    file = io.BytesIO(content)
    file.seek(8)
    assert {chunk.kind for chunk in chunks.walk(file)} == {b"IHDR", b"IDAT", b"IEND"}
    # The browser remembers it, for the other tabs too.
    page.reload()
    page.locator(".gallery[data-state=there]").wait_for()
    expect(page.locator("#gallery-bare").first).to_be_checked()


def test_any_member_of_a_family_is_opened_again_with_its_own_words_and_mask(enter, painter):
    root = painter.paint(prompt="a lake", seed=1)
    branch = painter.paint(
        TextToImage(prompt="a lake", seed=1, width=128, height=96, turns=(Turn(8, prompt="a sea"),))
    )
    mask = Image.new("L", (128, 96), 0)
    mask.paste(255, (32, 32, 64, 64))
    patched = painter.paint(
        Inpaint(
            prompt="a boat", source=painter.source(branch), mask=painter.studio.put(mask), seed=2
        )
    )
    styled = painter.paint(ImageToImage(prompt="ink", source=painter.source(patched), seed=3))
    page = enter(painter)
    whole = opened(page, styled)
    kin = whole.locator(".kin")
    expect(kin).to_have_count(4)
    assert set(kin.evaluate_all("all => all.map((one) => one.dataset.id)")) == {
        one.id for one in (root, branch, patched, styled)
    }
    whole.locator(f".kin[data-id='{patched.id}']").click()
    expect(whole.locator("h2")).to_have_text("a boat")
    whole.locator("#whole-use").click()
    expect(page.locator("#inpaint-field-prompt textarea")).to_have_value("a boat")
    expect(page.locator("#inpaint-field-source .source")).to_have_attribute("data-state", "full")
    page.wait_for_function(
        """async () => {
            const mask = Atelier.room('inpaint').part('mask');
            const blob = await mask?.canvas.flat();
            if (!blob) return false;
            const bitmap = await createImageBitmap(blob);
            const sheet = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
            sheet.drawImage(bitmap, 0, 0);
            const value = (x, y) => sheet.getImageData(x, y, 1, 1).data[0];
            return value(48, 48) > 127 && value(8, 8) < 128;
        }"""
    )


def test_a_picture_goes_on_to_every_tab(enter, painter):
    picture = painter.paint(prompt="a lake", seed=5)
    page = enter(painter)
    whole = opened(page, picture)
    whole.locator("#whole-send").click()
    whole.locator(".menu-item[data-to=stylise]").click()
    expect(page.locator("#stylise-field-source .source")).to_have_attribute("data-state", "full")
    page.evaluate("Atelier.openTab('gallery')")
    opened(page, picture).locator("#whole-send").click()
    page.locator("dialog.whole .menu-item[data-to=recover]").click()
    expect(page.locator("#steps-field-source .source")).to_have_attribute("data-state", "full")
    page.evaluate("Atelier.openTab('gallery')")
    opened(page, picture).locator("#whole-steps").click()
    page.locator(".reverse[data-run=done]").wait_for()
    assert page.evaluate("Atelier.room('steps').part('reverse').run.id") == picture.id


def test_C6_the_settings_of_a_file_fill_the_tab_and_the_rest_is_named(enter):
    info = PngInfo()
    info.add_text("parameters", "a castle\nSteps: 9, CFG scale: 3, Seed: 77, Clip skip: 2")
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    page = enter()
    expect(page.locator(".gallery-empty")).to_contain_text("Every picture you paint")
    page.locator(".gallery input[type=file]").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": out.getvalue()}
    )
    expect(page.locator("#field-prompt textarea")).to_have_value("a castle")
    expect(page.locator("#field-seed :is(input, textarea)")).to_have_value("77")
    expect(page.locator("#field-steps input[type=number]")).to_have_value("9")
    expect(page.locator("#stage .notes")).to_contain_text("Not understood here: Clip skip (2).")


def test_what_is_painted_meanwhile_stands_first_when_the_gallery_is_opened_again(enter, painter):
    painter.paint(prompt="an old one")
    page = enter(painter)
    page.locator("#tab-text_to_image-button").click()
    page.locator("#field-prompt textarea").fill("a boat on a lake")
    page.locator("#paint").click()
    page.locator("#stage .cell.ready").wait_for()
    page.evaluate("Atelier.openTab('gallery')")
    expect(page.locator(".gallery-tile")).to_have_count(2)
    expect(page.locator(".tile-open").first).to_have_attribute("title", "a boat on a lake")


def test_at_phone_width_in_chinese_nothing_is_cut_off(enter, painter):
    picture = painter.paint(prompt="湖")
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = enter(painter, locale="zh-CN", **phone)
    expect(page.locator(".gallery-count").first).to_have_text("1 张图片")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    opened(page, picture)
    wide = "all => all.filter((one) => one.getBoundingClientRect().right > 390.5).map((one) => one.outerHTML.slice(0, 90))"
    assert page.locator("dialog.whole *").evaluate_all(wide) == []
