"""The tab as a person meets it."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from studio.core.settings import Settings
from studio.ui.app import launch
from tests.browser.conftest import stands
from tests.ui.fake_studio import FakeStudio

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
HOSTILE = (
    '<script>window.hit=1</script>"><img src=x onerror="window.hit=1"> {{7*7}} **bold** $x$ %s%n'
)


def write(page, words):
    page.locator("#field-prompt textarea").fill(words)


def paint(page):
    page.locator("#paint").click()


def test_a_person_sees_a_preview_and_then_the_picture(visit, real):
    page = visit(real.address)
    write(page, "a lake at sunset")
    paint(page)
    page.locator(".cell[data-state=painting] .preview[src^='data:image/jpeg']").wait_for()
    expect(page.locator(".line-words")).to_contain_text("Step")
    page.locator(".cell.ready").wait_for()
    expect(page.locator(".line-words")).to_contain_text("Painted in")
    size = page.locator(".cell .final").evaluate(
        "image => [image.naturalWidth, image.naturalHeight]"
    )
    assert size == [256, 256]
    expect(page.locator(".strip .recent")).to_have_count(1)


def test_the_download_is_the_file_on_disk_byte_for_byte(visit, real):
    page = visit(real.address)
    write(page, "a forest at night")
    paint(page)
    page.locator(".cell.ready").wait_for()
    with page.expect_download() as download:
        page.locator("#do-download").click()
    name = download.value.suggested_filename
    [kept] = [path for path in real.studio.store.newest(50) if path.name == name]
    assert kept.read_bytes() == Path(download.value.path()).read_bytes()


def test_escape_stops_the_painting_and_keeps_what_there_was(visit, fake):
    fake.studio.pace = 0.15
    page = visit(fake.address)
    write(page, "a lake")
    paint(page)
    page.locator(".cell[data-state=painting]").wait_for()
    expect(page.locator(".line-words")).to_contain_text("Step")
    page.keyboard.press("Escape")
    expect(page.locator(".line-words")).to_have_text("Stopped. What there was is kept.")
    page.locator(".cell.ready").wait_for()
    expect(page.locator(".facts")).to_contain_text("stopped at step")


def test_cancel_pressed_before_the_first_word_from_the_studio_still_counts(visit, fake):
    fake.studio.pace = 0.15
    page = visit(fake.address)
    write(page, "a lake")
    page.evaluate("() => { document.querySelector('#paint').click(); Atelier.theStage.cancel(); }")
    expect(page.locator(".line-words")).to_contain_text("Stopped")


def test_closing_the_tab_ends_the_run(visit, fake):
    fake.studio.pace = 0.1
    page = visit(fake.address)
    write(page, "a lake")
    paint(page)
    expect(page.locator(".line-words")).to_contain_text("Step")
    run = list(fake.studio.runs.values())[-1]
    page.close()
    assert run.ended.wait(10)


def test_a_restart_of_the_studio_is_said_and_the_form_kept(visit, tmp_path):
    """Row D12."""
    first = FakeStudio(tmp_path, pace=0.3)
    served, address = launch(first, prevent_thread_lock=True)
    page = visit(address)
    write(page, "a lake")
    paint(page)
    expect(page.locator(".line-words")).to_contain_text("Step")
    served.close(verbose=False)
    expect(page.locator(".line-words")).to_have_text("The studio does not answer. Trying again.")
    again = FakeStudio(tmp_path)
    again.settings = Settings(home=tmp_path, port=int(address.rstrip("/").rpartition(":")[2]))
    served, _ = launch(again, prevent_thread_lock=True)
    expect(page.locator("#cancel")).to_be_hidden()
    expect(page.locator("#field-prompt textarea")).to_have_value("a lake")
    visit.complaints.clear()
    page.close()
    served.close(verbose=False)


def test_twenty_clicks_are_one_run(visit, fake):
    page = visit(fake.address)
    before = len(fake.studio.runs)
    write(page, "a lake")
    page.evaluate(
        "() => { for (let i = 0; i < 20; i++) document.querySelector('#paint').click(); }"
    )
    page.locator(".cell.ready").wait_for()
    assert len(fake.studio.runs) == before + 1


def test_several_pictures_fill_a_grid_that_does_not_move(visit, fake):
    page = visit(fake.address)
    write(page, "a mountain lake")
    page.locator("#field-count .option", has_text="4").click()
    page.locator("#field-aspect .option", has_text="Portrait").click()
    paint(page)
    page.locator(".cell[data-state=painting]").first.wait_for()
    boxes = [cell.bounding_box() for cell in page.locator(".cell").all()]
    expect(page.locator(".cell.ready")).to_have_count(4)
    assert [cell.bounding_box() for cell in page.locator(".cell").all()] == boxes
    assert boxes[0]["width"] / boxes[0]["height"] == pytest.approx(224 / 288, rel=0.02)
    expect(page.locator(".strip .recent")).to_have_count(4)


def test_what_was_set_survives_a_reload_of_the_page(visit, fake):
    page = visit(fake.address)
    write(page, "a boat on the lake")
    page.locator("#field-negative_prompt input, #field-negative_prompt textarea").fill("fog")
    page.locator('.option[data-name="oil"]').click()
    page.locator("#field-aspect .option", has_text="Free").click()
    page.locator("#field-width input").fill("320")
    page.locator("#field-count .option", has_text="3").click()
    page.locator(".disclose").click()
    page.locator("#field-sampler select").select_option("ddim")
    page.locator("#field-seed input, #field-seed textarea").fill("9007199254740991")
    page.locator("#field-seed input, #field-seed textarea").blur()
    page.wait_for_function("JSON.parse(localStorage['atelier.form']).seed === '9007199254740991'")
    page.reload()
    stands(page)
    expect(page.locator("#field-prompt textarea")).to_have_value("a boat on the lake")
    expect(
        page.locator("#field-negative_prompt input, #field-negative_prompt textarea")
    ).to_have_value("fog")
    expect(page.locator('.option[data-name="oil"] input')).to_be_checked()
    expect(page.locator("#field-width input")).to_have_value("320")
    expect(page.locator('#field-count input[value="3"]')).to_be_checked()
    expect(page.locator("#field-sampler select")).to_have_value("ddim")
    expect(page.locator("#field-seed input, #field-seed textarea")).to_have_value(
        "9007199254740991"
    )


def test_this_browsers_pictures_are_there_after_a_reload_and_nobody_elses(visit, fake):
    page = visit(fake.address)
    write(page, "a lake")
    paint(page)
    page.locator(".cell.ready").wait_for()
    page.reload()
    stands(page)
    expect(page.locator(".strip .recent")).to_have_count(1)
    page.locator(".strip .recent").click()
    page.locator(".cell.ready").wait_for()
    address = page.locator(".cell .final").get_attribute("src")
    stranger = visit(fake.address)
    expect(stranger.locator(".strip .recent")).to_have_count(0)
    assert stranger.request.get(f"{fake.address}{address}").status == 404
    assert page.request.get(f"{fake.address}{address}").status == 200


def test_the_page_speaks_the_browsers_language_and_can_be_switched(visit, fake):
    page = visit(fake.address, locale="zh-CN")
    expect(page.locator("#paint")).to_have_text("作画")
    expect(page.locator(".invite h2")).to_have_text("今天画点什么？")
    write(page, "a lake")
    page.locator("#language").click()
    expect(page.locator("#paint")).to_have_text("Paint")
    stands(page)
    expect(page.locator("#field-prompt textarea")).to_have_value("a lake")
    page.locator("#language").click()
    expect(page.locator("#paint")).to_have_text("作画")
    stands(page)
    paint(page)
    expect(page.locator(".line-words")).to_contain_text("用时")


def test_no_english_is_left_on_the_chinese_page(visit, fake):
    page = visit(fake.address, locale="zh-CN")
    page.locator(".disclose").click()
    seen = page.locator("body").inner_text() + " ".join(
        page.evaluate(
            "[...document.querySelectorAll('[aria-label]')].filter(node => node.checkVisibility()).map(node => node.ariaLabel)"
        )
    )
    for card in page.locator("[lang=en]").all():
        seen = seen.replace(card.inner_text(), "")
    names = {
        "Atelier",
        "Palette",
        "DPM",
        "Euler",
        "DDIM",
        "PNG",
        "EN",
        "M",
        "Esc",
        "Switch",
        "English",
        "Ctrl",
        "Enter",
    }
    hints = {"Quick", "Built"}  # the stand-in's own explanations
    left = {word for word in re.findall(r"[A-Za-z]+", seen) if word[:1].isupper()}
    assert left <= names | hints


def test_dark_follows_the_system_until_chosen_otherwise(visit, fake):
    page = visit(fake.address, color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(24, 22, 19)"
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    page.locator("#theme").click()
    assert page.evaluate(background) == "rgb(251, 249, 246)"
    page.reload()
    stands(page)
    assert page.evaluate(background) == "rgb(251, 249, 246)"
    expect(page.locator("body")).not_to_have_class(re.compile("dark"))


def test_at_phone_width_the_stage_comes_first_and_nothing_scrolls_sideways(visit, fake):
    page = visit(fake.address, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    stage, prompt = (
        page.locator("#stage").bounding_box(),
        page.locator("#field-prompt").bounding_box(),
    )
    assert stage["y"] < prompt["y"]
    expect(page.locator("#paint")).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#paint")).to_be_in_viewport(ratio=1)
    write(page, "a lake")
    page.locator("#paint").tap()
    page.locator(".cell.ready").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_everything_can_be_done_by_keyboard(visit, fake):
    page = visit(fake.address)
    page.locator("#field-prompt textarea").focus()
    page.keyboard.type("a lake")
    page.locator('.option[data-name="none"] input').focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('.option[data-name="oil"] input')).to_be_checked()
    page.keyboard.press("Control+Enter")
    page.locator(".cell.ready").wait_for()
    page.locator(".cell").focus()
    page.keyboard.press("Enter")
    page.locator("dialog.lightbox[open]").wait_for()
    page.keyboard.press("1")
    expect(page.locator("dialog.lightbox")).to_have_class(re.compile("actual"))
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.className") == "cell ready"


def test_a_tab_key_reaches_paint_from_the_prompt(visit, fake):
    page = visit(fake.address)
    page.locator("#field-prompt textarea").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "paint":
            return
    pytest.fail("Paint is more than twelve stops away")


def test_a_hostile_prompt_is_shown_literally_everywhere(visit, fake):
    page = visit(fake.address)
    write(page, HOSTILE)
    paint(page)
    page.locator(".cell.ready").wait_for()
    page.locator("#do-full").click()
    expect(page.locator(".caption b")).to_have_text(HOSTILE)
    page.keyboard.press("Escape")
    page.locator("#do-use").click()
    expect(page.locator("#field-prompt textarea")).to_have_value(HOSTILE)
    page.reload()
    stands(page)
    page.locator(".strip .recent").click()
    expect(page.locator(".line-words")).to_have_text(HOSTILE)
    assert page.evaluate("window.hit") is None
    assert page.locator("#stage script, #stage img[src=x], .reading script").count() == 0


def test_an_error_stands_at_its_field_with_the_next_move(visit, fake):
    page = visit(fake.address)
    write(page, "a lake")
    page.locator("#field-aspect .option", has_text="Free").click()
    page.locator("#field-width input").fill("517")
    page.locator("#field-width input").blur()
    paint(page)
    error = page.locator("#field-width .field-error")
    expect(error).to_have_text("Width must be a multiple of 16 pixels, got 517. Try 512 or 528.")
    expect(page.locator("#field-width input")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#field-width input")).to_be_focused()
    page.locator("#field-width input").fill("512")
    expect(error).to_have_count(0)


def test_an_error_behind_advanced_opens_it(visit, fake):
    page = visit(fake.address)
    write(page, "a lake")
    page.locator(".disclose").click()
    page.locator("#field-seed input, #field-seed textarea").fill("<b>seven</b>")
    page.locator("#field-seed input, #field-seed textarea").blur()
    page.locator(".disclose").click()
    expect(page.locator("#field-seed")).to_be_hidden()
    paint(page)
    expect(page.locator("#field-seed .field-error")).to_contain_text(
        "Seed must be a whole number, got '<b>seven</b>'."
    )


def test_nothing_to_paint_is_said_at_the_prompt(visit, fake):
    page = visit(fake.address)
    write(page, "   ")
    paint(page)
    expect(page.locator("#field-prompt .field-error")).to_contain_text(
        "Say what to paint, or choose a style."
    )
    page.locator('.option[data-name="ink"]').click()
    paint(page)
    page.locator(".cell.ready").wait_for()


def test_a_full_studio_says_so_and_the_picture_on_the_stage_stays(visit, fake):
    page = visit(fake.address)
    write(page, "a lake")
    paint(page)
    page.locator(".cell.ready").wait_for()
    fake.studio.full = True
    paint(page)
    expect(page.locator(".line-words")).to_have_text(
        "The studio is full: 9 pictures are ahead of you. Try again in about 4 s."
    )
    expect(page.locator(".cell.ready")).to_have_count(1)


def test_what_breaks_on_our_side_is_an_id_without_a_detail(visit, fake):
    page = visit(fake.address)
    fake.studio.broken = True
    write(page, "a lake")
    paint(page)
    expect(page.locator(".line-words")).to_contain_text(
        re.compile(r"Something broke on our side \(id [0-9a-f]{8}\)")
    )
    assert "secret" not in page.content()


def test_a_picture_that_fails_says_why_in_its_place(visit, fake):
    page = visit(fake.address)
    write(page, "fail")
    paint(page)
    expect(page.locator(".cell[data-state=failed] .cell-note")).to_have_text(
        "Palette is not on this machine."
    )
    expect(page.locator("#cancel")).to_be_hidden()


def test_unknown_words_can_be_replaced_with_a_click(visit, fake):
    page = visit(fake.address)
    write(page, "a lighthoose by the sea")
    expect(page.locator(".unknown mark")).to_have_text("lighthoose")
    page.locator(".unknown .chip").first.click()
    expect(page.locator("#field-prompt textarea")).not_to_have_value(re.compile("lighthoose"))
    expect(page.locator(".unknown mark")).to_have_count(0)


def test_secrets_and_words_beyond_the_limit_are_named(visit, fake):
    page = visit(fake.address)
    write(page, "hf_abcdefgh " + "a lake " * 12)
    expect(page.locator(".warnings")).to_contain_text("This looks like an access key: hf_abcdefgh.")
    expect(page.locator(".warnings")).to_contain_text("not read: lake")
    expect(page.locator(".counter")).to_contain_text("96 of 2000 characters")


def test_surprise_me_fills_a_prompt_and_a_style(visit, fake):
    page = visit(fake.address)
    page.locator("#surprise").click()
    expect(page.locator("#field-prompt textarea")).to_have_value("a boat on a lake at sunset")
    expect(page.locator('.option[data-name="watercolor"] input')).to_be_checked()


def test_an_example_of_the_empty_stage_is_painted_at_a_click(visit, fake):
    page = visit(fake.address)
    page.locator(".example").nth(1).click()
    page.locator(".cell.ready").wait_for()
    expect(page.locator("#field-prompt textarea")).to_have_value("a forest at dawn")


def test_settings_of_a_picture_come_back_into_the_form(visit, fake):
    page = visit(fake.address)
    write(page, "a lake")
    page.locator("#field-aspect .option", has_text="Landscape").click()
    page.locator(".disclose").click()
    page.locator("#field-seed input, #field-seed textarea").fill("41")
    page.locator("#field-seed input, #field-seed textarea").blur()
    page.locator("#field-count .option", has_text="2").click()
    paint(page)
    expect(page.locator(".cell.ready")).to_have_count(2)
    page.locator(".cell").nth(1).click()
    page.locator("#field-aspect .option", has_text="Square").click()
    write(page, "something else")
    page.locator("#do-use").click()
    expect(page.locator("#field-prompt textarea")).to_have_value("a lake")
    expect(page.locator("#field-seed input, #field-seed textarea")).to_have_value("42")
    expect(page.locator('#field-aspect input[value="landscape"]')).to_be_checked()
    expect(page.locator('#field-count input[value="1"]')).to_be_checked()


def test_the_last_seed_can_be_used_again(visit, fake):
    page = visit(fake.address)
    write(page, "a lake")
    paint(page)
    page.locator(".cell.ready").wait_for()
    seed = re.search(r"seed (\d+)", page.locator(".facts").inner_text()).group(1)
    page.locator(".disclose").click()
    page.locator("#reuse").click()
    expect(page.locator("#field-seed input, #field-seed textarea")).to_have_value(seed)
    page.locator("#fresh").click()
    expect(page.locator("#field-seed input, #field-seed textarea")).to_have_value("")


def test_two_pictures_lie_under_one_divider(visit, fake):
    page = visit(fake.address)
    write(page, "a lake")
    page.locator("#field-count .option", has_text="2").click()
    paint(page)
    expect(page.locator(".cell.ready")).to_have_count(2)
    page.locator("#do-compare").click()
    slider = page.locator("dialog.compare input[type=range]")
    expect(slider).to_be_focused()
    page.keyboard.press("Home")
    assert page.locator(".pair").evaluate("node => node.style.getPropertyValue('--cut')") == "0%"
    boxes = [page.locator(f".pair .{layer}").bounding_box() for layer in ("over", "under")]
    assert boxes[0] == boxes[1]
    page.keyboard.press("Escape")


def test_the_lightbox_walks_through_the_pictures_with_arrow_keys(visit, fake):
    page = visit(fake.address)
    write(page, "a lake")
    page.locator("#field-count .option", has_text="2").click()
    paint(page)
    expect(page.locator(".cell.ready")).to_have_count(2)
    page.locator("#do-full").click()
    image = page.locator("dialog.lightbox img")
    first = image.get_attribute("src")
    page.keyboard.press("ArrowRight")
    assert image.get_attribute("src") != first
    page.keyboard.press("ArrowRight")
    assert image.get_attribute("src") == first
    expect(page.locator("dialog.lightbox .viewer-bar")).to_be_in_viewport(ratio=1)


def test_waiting_is_said_with_the_place_in_the_queue(visit, fake):
    fake.studio.pace, fake.studio.ahead = 0.4, 3
    page = visit(fake.address)
    write(page, "a lake")
    paint(page)
    expect(page.locator(".line-words")).to_have_text("Waiting, 3 ahead, about 2.0 s")
    page.locator("#cancel").click()
    expect(page.locator("#cancel")).to_be_hidden()


def test_the_head_of_the_page_tells_model_and_queue(visit, fake):
    page = visit(fake.address)
    expect(page.locator(".top-state")).to_contain_text("Palette")
    expect(page.locator(".top-queue")).to_have_text("queue: 0")
    expect(page.locator("footer")).to_have_count(0)


def test_a_browsers_memory_from_elsewhere_does_no_harm(visit, fake):
    page = visit(fake.address)
    junk = {
        "prompt": 7,
        "style": "<b>",
        "width": "x",
        "count": 99,
        "sampler": None,
        "unheard": [1],
        "steps": 12,
    }
    page.evaluate("memory => { localStorage['atelier.form'] = memory }", json.dumps(junk))
    page.reload()
    stands(page)
    expect(page.locator('.option[data-name="none"] input')).to_be_checked()
    expect(page.locator('#field-count input[value="1"]')).to_be_checked()
    write(page, "a lake")
    paint(page)
    page.locator(".cell.ready").wait_for()
    assert [run.recipe.steps for run in fake.studio.runs.values()][-1] == 12
