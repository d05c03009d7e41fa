"""Inpaint as a person meets it: a mask drawn with the mouse, kept, painted; and the picture carried on beyond its edge."""

import re

import pytest
from PIL import Image, ImageChops, ImageDraw
from playwright.sync_api import expect

from tests.browser.conftest import stands
from tests.browser.pictures import (
    SIZE,
    bring,
    drawn,
    file,
    landscape,
    last_recipe,
    open_tab,
    paint,
    stroke,
    until,
    white,
    write,
)

TOOL = "#inpaint-field-mask [data-tool={}]"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def page(visit, fake):
    """Somebody in the tab with a picture on the canvas."""
    page = visit(fake.address)
    begin(page)
    return page


def begin(page, picture=None):
    open_tab(page, "inpaint")
    bring(page, "inpaint", picture)
    page.locator("#inpaint-field-mask .sheet").wait_for()
    page.wait_for_function(
        "size => Atelier.room('inpaint').part('mask').canvas.size.join() === size.join()",
        arg=list((picture or landscape()).size),
    )


def beyond(page):
    page.locator("#inpaint-mode .option", has_text="Beyond the edge").click()
    page.locator("#inpaint-frame .handle").first.wait_for()


def side(page, name):
    return page.locator(f"#inpaint-field-{name} input")


def same(one, other):
    return ImageChops.difference(one, other).getbbox() is None


def test_a_mask_drawn_with_the_mouse_is_painted_at_the_pictures_own_size(page, fake):
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    mask = drawn(page)
    assert white(mask) > 500
    write(page, "inpaint", "a lake")
    paint(page, "inpaint")
    recipe = last_recipe(fake)
    sent = fake.studio.inputs.get(recipe.mask)
    assert (sent.mode, sent.size) == ("L", SIZE)
    assert same(
        sent.point(lambda value: 255 * (value >= 128)), mask.point(lambda v: 255 * (v >= 128))
    )
    expect(page.locator("#inpaint-stage .proof")).to_have_text(
        "0 pixels changed outside the mask · seam 1.8"
    )


def test_mask_and_words_stay_through_paint_tab_switch_and_reload(page):
    write(page, "inpaint", "a lake")
    stroke(page, (0.4, 0.4), (0.6, 0.6))
    mask = drawn(page)
    paint(page, "inpaint")
    page.locator("#inpaint-stage .mat-corner .chip").click()
    assert same(drawn(page), mask)
    page.locator("#tab-text_to_image-button").click()
    page.locator("#tab-inpaint-button").click()
    assert same(drawn(page), mask)
    page.reload()
    stands(page)
    open_tab(page, "inpaint")
    page.wait_for_function("Atelier.room('inpaint').part('mask')?.canvas.canUndo")
    assert same(drawn(page), mask)
    expect(page.locator("#inpaint-field-prompt textarea")).to_have_value("a lake")
    paint(page, "inpaint")


def test_a_mask_that_was_never_painted_survives_a_reload(page):
    stroke(page, (0.4, 0.4), (0.6, 0.6))
    mask = drawn(page)
    until(page, "async () => !(await Atelier.room('inpaint').part('mask').kept)")
    page.reload()
    stands(page)
    open_tab(page, "inpaint")
    page.wait_for_function("Atelier.room('inpaint').part('mask')?.canvas.canUndo")
    assert same(drawn(page), mask)


def test_undo_and_redo_by_key_and_by_button(page):
    stroke(page, (0.3, 0.5), (0.4, 0.5))
    first = drawn(page)
    stroke(page, (0.6, 0.5), (0.7, 0.5))
    second = drawn(page)
    page.keyboard.press("Control+z")
    assert same(drawn(page), first)
    page.keyboard.press("Control+z")
    assert white(drawn(page)) == 0
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    assert same(drawn(page), second)
    page.locator(TOOL.format("undo")).click()
    assert same(drawn(page), first)
    page.locator(TOOL.format("redo")).click()
    expect(page.locator(TOOL.format("redo"))).to_be_disabled()


def test_the_eraser_takes_away_what_the_brush_gave(page):
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    before = white(drawn(page))
    page.keyboard.press("e")
    expect(page.locator(TOOL.format("eraser"))).to_have_attribute("aria-pressed", "true")
    stroke(page, (0.5, 0.4), (0.5, 0.6))
    assert 0 < white(drawn(page)) < before
    page.keyboard.press("b")
    expect(page.locator(TOOL.format("brush"))).to_have_attribute("aria-pressed", "true")


def test_brackets_change_the_size_of_the_brush(page):
    size = page.locator("#inpaint-field-mask .easel-size")
    page.locator("#inpaint-field-mask .sheet").focus()
    before = int(size.input_value())
    page.keyboard.press("]")
    assert int(size.input_value()) > before
    page.keyboard.press("[")
    page.keyboard.press("[")
    assert int(size.input_value()) < before
    write(page, "inpaint", "[b] e")
    assert int(size.input_value()) < before


def test_invert_and_clear(page):
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    mask = drawn(page)
    page.locator(TOOL.format("invert")).click()
    inverted = drawn(page)
    assert abs(white(mask) + white(inverted) - SIZE[0] * SIZE[1]) < 400
    page.locator(TOOL.format("bin")).click()
    assert white(drawn(page)) == 0
    page.keyboard.press("Control+z")
    assert same(drawn(page), inverted)


def test_what_is_drawn_while_zoomed_in_lands_where_it_was_seen(page):
    box = page.locator("#inpaint-field-mask .sheet").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -600)
    page.wait_for_function("Atelier.room('inpaint').part('mask').canvas.zoomed > 5")
    page.mouse.down()
    page.mouse.up()
    left, top, right, bottom = drawn(page).getbbox()
    assert (left + right) / 2 == pytest.approx(SIZE[0] / 2, abs=2)
    assert (top + bottom) / 2 == pytest.approx(SIZE[1] / 2, abs=2)
    page.locator(TOOL.format("fit")).click()


def test_the_picture_moves_under_a_held_space_bar_and_is_not_drawn_on(page):
    page.locator("#inpaint-field-mask .sheet").focus()
    page.keyboard.down(" ")
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    page.keyboard.up(" ")
    assert white(drawn(page)) == 0


def test_a_mask_can_be_painted_without_a_mouse(page, fake):
    page.locator("#inpaint-field-mask .sheet").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    assert white(drawn(page)) > 100
    page.locator("#inpaint-field-prompt textarea").focus()
    page.keyboard.type("a lake")
    page.keyboard.press("Control+Enter")
    page.locator("#inpaint-stage .cell.ready").wait_for()


def test_a_mask_comes_from_a_file_and_is_fitted(page):
    mask = Image.new("L", (30, 20))
    ImageDraw.Draw(mask).rectangle([0, 0, 14, 19], fill=255)
    page.locator("#inpaint-field-mask input[type=file]").set_input_files(file(mask))
    page.wait_for_function("Atelier.room('inpaint').part('mask').canvas.canUndo")
    assert drawn(page).getbbox() == (0, 0, 150, 200)
    expect(page.locator("#inpaint-stage .notes")).to_contain_text("the mask was stretched")


def test_transparent_parts_of_a_picture_are_a_mask_at_a_click(visit, fake):
    picture = landscape().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 100, 200))
    page = visit(fake.address)
    begin(page, picture)
    page.locator(TOOL.format("clear")).click()
    page.wait_for_function("Atelier.room('inpaint').part('mask').canvas.canUndo")
    assert drawn(page).getbbox() == (0, 0, 100, 200)


def test_an_empty_mask_is_said_at_the_canvas(page):
    write(page, "inpaint", "a lake")
    page.locator("#inpaint-paint").click()
    error = page.locator("#inpaint-field-mask .field-error")
    expect(error).to_contain_text("Paint the area to change first.")
    expect(page.locator("#inpaint-field-mask .sheet")).to_be_visible()
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    expect(error).to_have_count(0)
    paint(page, "inpaint")


def test_without_a_picture_that_is_said_where_one_comes_in(visit, fake):
    page = visit(fake.address)
    open_tab(page, "inpaint")
    write(page, "inpaint", "a lake")
    page.locator("#inpaint-paint").click()
    expect(page.locator("#inpaint-field-source .field-error")).to_contain_text(
        "Choose a picture first."
    )


def test_options_of_the_recipe_are_sent(page, fake):
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    expect(page.locator("#inpaint-field-colour")).to_be_hidden()
    page.locator("#inpaint-field-region .option", has_text="Around the mask").click()
    page.locator("#inpaint-field-start .option", has_text="Colour").click()
    expect(page.locator("#inpaint-field-colour")).to_be_visible()
    page.locator("#inpaint-field-colour input").fill("#ff8800")
    page.locator("#inpaint-advanced-switch .disclose").click()
    page.locator("#inpaint-field-feather input[type=number]").fill("3")
    page.locator("#inpaint-field-grow input[type=number]").fill("-2")
    page.locator("#inpaint-field-grow input[type=number]").blur()
    write(page, "inpaint", "a lake")
    paint(page, "inpaint")
    recipe = last_recipe(fake)
    assert (recipe.region, recipe.start, recipe.colour) == ("mask", "colour", "#ff8800")
    assert (recipe.feather, recipe.grow, recipe.invert) == (3, -2, False)


def test_settings_of_a_result_bring_its_mask_back(page):
    write(page, "inpaint", "a lake")
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    mask = drawn(page)
    paint(page, "inpaint")
    page.locator("#inpaint-stage .mat-corner .chip").click()
    page.locator(TOOL.format("bin")).click()
    stroke(page, (0.2, 0.2), (0.3, 0.3))
    paint(page, "inpaint")
    page.locator("#inpaint-stage .strip .recent").nth(1).click()
    page.locator("#inpaint-do-use").click()
    expect(page.locator("#inpaint-field-mask .sheet")).to_be_visible()
    until(
        page,
        """async (wanted) => {
            const image = await createImageBitmap(await Atelier.room('inpaint').part('mask').canvas.flat());
            const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
            pen.drawImage(image, 0, 0);
            const data = pen.getImageData(0, 0, image.width, image.height).data;
            return data.filter((value, i) => i % 4 === 0 && value >= 128).length === wanted;
        }""",
        white(mask),
    )


def test_a_result_goes_on_as_input_and_keeps_the_mask(page, fake):
    write(page, "inpaint", "a lake")
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    mask = drawn(page)
    paint(page, "inpaint")
    first = last_recipe(fake)
    page.locator("#inpaint-do-loop").click()
    expect(page.locator("#inpaint-field-mask .sheet")).to_be_visible()
    page.wait_for_function(
        "old => Atelier.room('inpaint').part('source').info?.source !== old", arg=first.source
    )
    assert same(drawn(page), mask)
    page.locator("#inpaint-paint").click()
    expect(page.locator("#inpaint-stage .strip .recent")).to_have_count(2)
    assert last_recipe(fake).source != first.source


def test_a_finger_draws_and_two_fingers_zoom(visit, fake):
    page = visit(fake.address, **PHONE)
    begin(page)
    page.evaluate("scrollTo(0, 0)")
    box = page.locator("#inpaint-field-mask .sheet").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand = page.context.new_cdp_session(page)

    def touch(kind, *places):
        points = [{"x": px, "y": py, "id": i} for i, (px, py) in enumerate(places)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x - 40, y))
    touch("touchMove", (x + 40, y))
    touch("touchEnd")
    count = white(drawn(page))
    assert count > 100
    touch("touchStart", (x - 20, y))
    touch("touchStart", (x - 20, y), (x + 20, y))
    touch("touchMove", (x - 80, y), (x + 80, y))
    touch("touchEnd")
    zoomed = page.evaluate("Atelier.room('inpaint').part('mask').canvas.zoomed")
    assert zoomed > box["width"] / SIZE[0] * 1.5
    assert white(drawn(page)) == count
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


# ---- beyond the edge


def test_a_shape_sets_the_sides(page, fake):
    beyond(page)
    page.locator("[data-shape='16:9']").click()
    expect(side(page, "left")).to_have_value("28")
    expect(side(page, "right")).to_have_value("28")
    page.locator("[data-shape='Square']").click()
    values = [side(page, name).input_value() for name in ("left", "right", "top", "bottom")]
    assert values == ["0", "0", "50", "50"]
    expect(page.locator(".frame-size")).to_have_text("300 × 300")
    write(page, "inpaint", "a lake")
    paint(page, "inpaint")
    recipe = last_recipe(fake)
    assert (recipe.kind, recipe.top, recipe.bottom, recipe.left) == ("outpaint", 50, 50, 0)
    assert recipe.strength == 1.0
    expect(page.locator("#inpaint-stage .facts")).to_contain_text("300 × 300")
    expect(page.locator("#inpaint-stage .proof")).to_contain_text("0 pixels changed")


def test_an_edge_is_dragged_typed_and_moved_by_key(page):
    beyond(page)
    handle = page.locator(".handle[data-side=right]")
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 22, box["y"] + 22)
    page.mouse.down()
    page.mouse.move(box["x"] + 62, box["y"] + 22, steps=4)
    page.mouse.up()
    dragged = int(side(page, "right").input_value())
    assert dragged > 0
    assert dragged % 8 == 0
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(side(page, "right")).to_have_value(str(dragged + 8))
    side(page, "left").fill("40")
    expect(page.locator(".handle[data-side=left]")).to_have_attribute("aria-valuenow", "40")
    page.locator("#inpaint-frame .chip", has_text="Reset").click()
    expect(side(page, "left")).to_have_value("0")


def test_no_side_at_all_is_said_at_the_sides(page):
    beyond(page)
    write(page, "inpaint", "a lake")
    page.locator("#inpaint-paint").click()
    expect(page.locator("#inpaint-field-left .field-error")).to_contain_text(
        "Say how far to carry the picture on"
    )


def test_before_lies_where_it_is_in_the_larger_picture(page):
    beyond(page)
    side(page, "left").fill("100")
    side(page, "left").blur()
    write(page, "inpaint", "a lake")
    paint(page, "inpaint")
    page.locator("#inpaint-do-compare").click()
    under, over = (page.locator(f".pair .{name}").bounding_box() for name in ("under", "over"))
    assert under["width"] == pytest.approx(over["width"] * 0.75, abs=1)
    assert under["x"] + under["width"] == pytest.approx(over["x"] + over["width"], abs=1)
    page.keyboard.press("Escape")


def test_the_mode_and_its_sides_survive_a_reload(page):
    beyond(page)
    side(page, "top").fill("64")
    side(page, "top").blur()
    page.wait_for_function("String(JSON.parse(localStorage['atelier.form.inpaint']).top) === '64'")
    page.reload()
    stands(page)
    open_tab(page, "inpaint")
    expect(page.locator(".handle[data-side=top]")).to_have_attribute("aria-valuenow", "64")
    expect(page.locator("#inpaint-field-mask .sheet")).to_be_hidden()


def test_no_english_is_left_on_the_chinese_tab(visit, fake):
    page = visit(fake.address, locale="zh-CN")
    begin(page)
    page.locator("#inpaint-advanced-switch .disclose").click()
    for mode in (0, 1):
        page.locator("#inpaint-mode .option").nth(mode).click()
        seen = page.locator("#tab-inpaint").inner_text() + " ".join(
            page.evaluate(
                """[...document.querySelectorAll('#tab-inpaint [aria-label], #tab-inpaint [title]')]
                   .filter(node => node.checkVisibility()).map(node => node.ariaLabel + ' ' + node.title)"""
            )
        )
        left = {word for word in re.findall(r"[A-Za-z]{2,}", seen) if word[:1].isupper()}
        assert left <= {"DPM", "PNG", "JPEG", "WebP", "Palette", "Quick", "Built"} | {
            "Ctrl",
            "Shift",
            "Enter",
            "Esc",
            "Euler",
            "DDIM",
        }
