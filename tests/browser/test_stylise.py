"""Stylise as a person meets it: a picture brought in any way, five strengths, neighbours, before and after, a sketch."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import stands
from tests.browser.pictures import (
    bring,
    drawn,
    file,
    has_picture,
    landscape,
    last_recipe,
    open_tab,
    paint,
    saved,
    stroke,
    until,
    write,
)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

HANDS = """(data) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(data.bytes)], 'picture.png', { type: 'image/png' }));
    return transfer;
}"""


@pytest.fixture
def page(visit, fake):
    page = visit(fake.address)
    open_tab(page, "stylise")
    return page


def in_hand(page, picture):
    return page.evaluate_handle(HANDS, {"bytes": list(file(picture)["buffer"])})


def test_a_dropped_picture_is_shown_at_once(page):
    transfer = in_hand(page, landscape())
    for event in ("dragenter", "dragover"):
        page.dispatch_event("#stylise-stage .mat", event, {"dataTransfer": transfer})
    expect(page.locator("#tab-stylise")).to_have_class(re.compile("dropping"))
    page.dispatch_event("#stylise-stage .mat", "drop", {"dataTransfer": transfer})
    has_picture(page, "stylise")
    expect(page.locator("#tab-stylise")).not_to_have_class(re.compile("dropping"))
    expect(page.locator("#stylise-field-source .source-size")).to_have_text("300 × 200")
    expect(page.locator("#stylise-stage .invite-picture")).to_be_visible()


def test_a_pasted_picture_is_taken(page):
    page.evaluate(
        """(transfer) => document.querySelector('#stylise-stage').dispatchEvent(
            new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }))""",
        in_hand(page, landscape()),
    )
    has_picture(page, "stylise")


def test_a_sweep_is_five_strengths_side_by_side(page, fake):
    bring(page, "stylise")
    write(page, "stylise", "a lake")
    page.locator("#stylise-sweep").click()
    expect(page.locator("#stylise-stage .cell.ready")).to_have_count(5)
    captions = page.locator("#stylise-stage .cell-caption").all_inner_texts()
    assert captions == [f"strength {one}" for one in ("0.2", "0.35", "0.5", "0.65", "0.8")]
    page.locator("#stylise-stage .cell").nth(3).click()
    expect(page.locator("#stylise-stage .facts")).to_contain_text("strength 0.65")
    shapes = page.locator("#stylise-stage .cell").first.bounding_box()
    assert shapes["width"] / shapes["height"] == pytest.approx(1.5, abs=0.02)


def test_variations_need_no_words(page, fake):
    bring(page, "stylise")
    write(page, "stylise", "a lake")
    page.locator("#stylise-vary").click()
    expect(page.locator("#stylise-stage .cell.ready")).to_have_count(4)
    recipe = last_recipe(fake)
    assert (recipe.prompt, recipe.style, recipe.count) == ("", "none", 4)
    expect(page.locator("#stylise-field-prompt textarea")).to_have_value("a lake")


def test_keep_sets_the_strength_and_says_what_it_sets(page):
    strength = page.locator("#stylise-field-strength input[type=number]")
    expect(strength).to_have_value("0.55")
    page.locator("#stylise-keep .option", has_text="Touch up").click()
    expect(strength).to_have_value("0.3")
    expect(page.locator("#stylise-keep .help")).to_contain_text("Strength 0.3")
    strength.fill("0.8")
    strength.blur()
    expect(page.locator("#stylise-keep input[value=reimagine]")).to_be_checked()
    strength.fill("0.4")
    strength.blur()
    expect(page.locator("#stylise-keep input:checked")).to_have_count(0)


def test_before_and_after_lie_under_one_divider(page):
    bring(page, "stylise")
    write(page, "stylise", "a lake")
    paint(page, "stylise")
    page.locator("#stylise-do-compare").click()
    expect(page.locator("dialog.compare input[type=range]")).to_be_focused()
    sources = [page.locator(f".pair .{layer}").get_attribute("src") for layer in ("under", "over")]
    assert sources[0].startswith("atelier/input/")
    assert sources[1].startswith("picture/")
    boxes = [page.locator(f".pair .{layer}").bounding_box() for layer in ("over", "under")]
    assert boxes[0] == boxes[1]
    page.keyboard.press("Escape")


def test_a_picture_is_sent_from_the_first_tab_with_its_words(visit, fake):
    page = visit(fake.address)
    page.locator("#field-prompt textarea").fill("a boat on the lake")
    page.locator("#paint").click()
    page.locator("#stage .cell.ready").wait_for()
    page.locator("#do-send").click()
    expect(page.locator("#stage .menu-item").first).to_be_focused()
    page.keyboard.press("Enter")
    has_picture(page, "stylise")
    expect(page.locator("#stylise-field-prompt textarea")).to_have_value("a boat on the lake")
    expect(page.locator("#tab-stylise-button")).to_have_attribute("aria-selected", "true")
    paint(page, "stylise")


def test_a_picture_is_sent_to_inpaint_and_beyond(visit, fake):
    page = visit(fake.address)
    page.locator("#field-prompt textarea").fill("a lake")
    page.locator("#paint").click()
    page.locator("#stage .cell.ready").wait_for()
    page.locator("#do-send").click()
    page.locator("#stage .menu-item[data-to=inpaint]").click()
    expect(page.locator("#inpaint-field-mask .sheet")).to_be_visible()
    page.locator("#tab-text_to_image-button").click()
    page.locator("#do-send").click()
    page.locator("#stage .menu-item[data-to=outpaint]").click()
    expect(page.locator("#inpaint-frame .handle").first).to_be_visible()


def test_words_a_person_wrote_are_not_replaced(visit, fake):
    page = visit(fake.address)
    open_tab(page, "stylise")
    write(page, "stylise", "my own words")
    page.locator("#tab-text_to_image-button").click()
    page.locator("#field-prompt textarea").fill("a lake")
    page.locator("#paint").click()
    page.locator("#stage .cell.ready").wait_for()
    page.locator("#do-send").click()
    page.locator("#stage .menu-item[data-to=stylise]").click()
    has_picture(page, "stylise")
    expect(page.locator("#stylise-field-prompt textarea")).to_have_value("my own words")


def test_a_result_is_the_next_input_at_a_click(page, fake):
    bring(page, "stylise")
    write(page, "stylise", "a lake")
    paint(page, "stylise")
    first = last_recipe(fake).source
    page.locator("#stylise-do-loop").click()
    page.wait_for_function(
        "old => Atelier.room('stylise').part('source').info?.source !== old", arg=first
    )
    page.locator("#stylise-paint").click()
    expect(page.locator("#stylise-stage .strip .recent")).to_have_count(2)
    assert last_recipe(fake).source != first


def test_a_sketch_is_drawn_and_becomes_the_picture(page, fake):
    page.locator("#stylise-field-source .quiet-button", has_text="Sketch").click()
    page.locator("#stylise-sketch .sheet").wait_for()
    page.locator("#stylise-sketch .dot").nth(4).click()
    page.locator("#stylise-sketch [data-tool=fill]").click()
    page.locator("#stylise-sketch .dot").nth(9).click()
    stroke(page, (0.45, 0.5), (0.55, 0.5), "stylise")
    sketch = drawn(page, "sketch", "stylise")
    write(page, "stylise", "a lake")
    paint(page, "stylise")
    source = fake.studio.inputs.get(last_recipe(fake).source)
    assert source.size == sketch.size == (768, 768)
    colours = {colour for _, colour in source.getcolors(100_000)}
    assert {(125, 183, 232), (168, 42, 30)} <= colours
    page.locator("#stylise-stage .mat-corner .chip").click()
    expect(page.locator("#stylise-sketch .sheet")).to_be_visible()


def test_picture_and_words_survive_a_reload(page, fake):
    bring(page, "stylise")
    write(page, "stylise", "a lake")
    page.locator('#stylise-field-style .option[data-name="oil"]').click()
    page.wait_for_function("JSON.parse(localStorage['atelier.form.stylise'])?.style === 'oil'")
    page.reload()
    stands(page)
    open_tab(page, "stylise")
    has_picture(page, "stylise")
    expect(page.locator("#stylise-field-prompt textarea")).to_have_value("a lake")
    paint(page, "stylise")
    assert last_recipe(fake).style == "oil"


def test_a_picture_the_studio_has_lost_comes_back_from_the_browser(page, fake, visit):
    bring(page, "stylise", landscape((120, 90)))
    name = page.evaluate("Atelier.room('stylise').part('source').info.source").removeprefix(
        "sha256:"
    )
    until(page, "() => Atelier.kept('source.stylise')")
    page.wait_for_function("JSON.parse(localStorage['atelier.form.stylise'] ?? '{}').source")
    (fake.studio.inputs.folder / name[:2] / f"{name}.png").unlink()
    # Behind a route the browser's own cache, which would hide the loss, is not asked.
    page.route("**/atelier/input/*", lambda route: route.continue_())
    page.reload()
    stands(page)
    open_tab(page, "stylise")
    has_picture(page, "stylise")
    assert fake.studio.inputs.get(f"sha256:{name}").size == (120, 90)
    assert all("404" in one for one in visit.complaints)
    visit.complaints.clear()


def test_what_is_no_picture_is_said_where_one_comes_in(page, visit, tmp_path):
    path = tmp_path / "page.png"
    path.write_text("<html>")
    page.locator("#stylise-field-source input[type=file]").first.set_input_files(path)
    expect(page.locator("#stylise-field-source .field-error")).to_contain_text(
        "Not a PNG, JPEG or WebP image."
    )
    expect(page.locator("#stylise-field-source .source")).to_have_attribute("data-state", "empty")
    bring(page, "stylise")
    expect(page.locator("#stylise-field-source .field-error")).to_have_count(0)
    # The browser itself writes down that the studio said no.
    assert all("422" in one for one in visit.complaints)
    visit.complaints.clear()


def test_a_transparent_picture_lies_on_a_colour_of_choice(page, fake):
    picture = landscape().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 300, 40))
    bring(page, "stylise", picture)
    page.locator("#stylise-field-source .backdrop").wait_for()
    white = page.evaluate("Atelier.room('stylise').part('source').info.source")
    page.locator("#stylise-field-source .backdrop .dot").nth(1).click()
    page.wait_for_function(
        "old => Atelier.room('stylise').part('source').info?.source !== old", arg=white
    )
    black = page.evaluate("Atelier.room('stylise').part('source').info.source")
    assert fake.studio.inputs.get(white).getpixel((2, 2)) == (255, 255, 255)
    assert fake.studio.inputs.get(black).getpixel((2, 2)) == (0, 0, 0)


def test_what_happened_to_a_picture_is_said_under_it(page, tmp_path):
    frames = [landscape(), landscape().transpose(Image.Transpose.ROTATE_180)]
    path = saved(tmp_path, frames[0], "x.png")
    frames[0].save(path.with_suffix(".webp"), save_all=True, append_images=frames[1:])
    page.locator("#stylise-field-source input[type=file]").first.set_input_files(
        path.with_suffix(".webp")
    )
    expect(page.locator("#stylise-field-source .source-notices")).to_have_text(
        "This is an animation; its first picture is taken."
    )


def test_settings_open_in_the_tab_they_belong_to(page):
    bring(page, "stylise")
    write(page, "stylise", "a lake")
    paint(page, "stylise")
    page.locator("#tab-text_to_image-button").click()
    page.locator("#stage .strip .recent").first.click()
    page.locator("#do-use").click()
    expect(page.locator("#tab-stylise-button")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#stylise-field-prompt textarea")).to_have_value("a lake")


def test_one_tab_paints_while_another_is_used(page, fake):
    fake.studio.pace = 0.1
    bring(page, "stylise")
    write(page, "stylise", "a lake")
    page.locator("#stylise-paint").click()
    page.locator("#tab-text_to_image-button").click()
    page.locator("#field-prompt textarea").fill("a boat")
    page.locator("#paint").click()
    page.locator("#stage .cell.ready").wait_for()
    page.locator("#tab-stylise-button").click()
    page.locator("#stylise-stage .cell.ready").wait_for()
    expect(page.locator("#stylise-stage .strip .recent")).to_have_count(2)


def test_at_phone_width_nothing_scrolls_sideways_and_paint_is_in_reach(visit, fake):
    page = visit(fake.address, **PHONE)
    for tab in ("stylise", "inpaint"):
        open_tab(page, tab)
        bring(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        expect(page.locator(f"#{tab}-paint")).to_be_in_viewport(ratio=1)
    open_tab(page, "stylise")
    write(page, "stylise", "a lake")
    page.locator("#stylise-sweep").tap()
    expect(page.locator("#stylise-stage .cell.ready")).to_have_count(5)
    page.locator("#stylise-do-send").tap()
    expect(page.locator("#stylise-stage .menu")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_camera_gives_a_picture(page):
    page.locator("#stylise-field-source .quiet-button", has_text="Camera").click()
    page.locator("dialog.camera .quiet-button", has_text="Take the picture").click()
    has_picture(page, "stylise")
    expect(page.locator("dialog")).to_have_count(0)
