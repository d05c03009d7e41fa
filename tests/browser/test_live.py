"""The live switch as a person meets it: pictures follow the words, and only those that rest are kept."""

import pytest
from playwright.sync_api import expect

from tests.browser.pictures import bring, landscape, open_tab


@pytest.fixture
def live(visit, fake):
    """A page with the switch on."""
    fake.studio.sketched.clear()
    page = visit(fake.address)
    page.locator(".live-switch").first.click()
    return page


def write(page, words):
    page.locator("#field-prompt textarea").fill(words)


def test_pictures_follow_the_words_and_the_one_that_rests_is_kept(live, fake):
    kept = len(fake.studio.results)
    write(live, "a lake")
    live.locator("#stage .cell[data-state=sketched] .preview[src^='data:image/jpeg']").wait_for()
    expect(live.locator(".line-words").first).to_contain_text("Live, in")
    live.locator("#stage .cell.ready").wait_for()
    assert len(fake.studio.results) == kept + 1
    expect(live.locator(".line-words").first).to_have_text("Live. It has rested, so it is kept.")
    expect(live.locator("#stage .strip .recent").first).to_have_attribute("title", "a lake")
    seed = live.locator("#field-seed input, #field-seed textarea").input_value()
    sketch = fake.studio.sketched[-1]
    assert (sketch.model, sketch.steps, sketch.count) == ("palette_live", None, 1)
    assert str(sketch.seed) == seed
    write(live, "a lake at night")
    live.locator("#stage .cell[data-state=sketched]").wait_for()
    assert str(fake.studio.sketched[-1].seed) == seed


def test_while_one_writes_the_newest_words_win_and_nothing_is_kept(live, fake):
    fake.studio.pace = 0.1
    kept = len(fake.studio.results)
    for words in ("a", "a lake", "a lake at", "a lake at sunset", "a lake at sunset in snow"):
        write(live, words)
        live.wait_for_timeout(350)
    live.locator("#stage .cell[data-state=sketched]").wait_for()
    expect(live.locator(".line-words").first).to_contain_text("Live, in")
    assert fake.studio.sketched[-1].prompt == "a lake at sunset in snow"
    assert len(fake.studio.sketched) < 6
    live.locator("#stage .cell.ready").wait_for()
    assert len(fake.studio.results) == kept + 1


def test_paint_makes_the_same_words_and_seed_with_the_full_model(live, fake):
    write(live, "a boat")
    live.locator("#stage .cell[data-state=sketched]").wait_for()
    live.locator("#paint").click()
    expect(live.locator(".line-words").first).to_contain_text("Painted in")
    sketch = fake.studio.sketched[-1]
    painted = [result.recipe for _, result in fake.studio.results.values()][-1]
    assert (painted.model, painted.steps) == ("palette", 20)
    assert (painted.prompt, painted.seed) == (sketch.prompt, sketch.seed)
    live.wait_for_timeout(1500)
    expect(live.locator("#stage .cell")).to_have_attribute("data-state", "done")
    expect(live.locator(".line-words").first).to_contain_text("Painted in")


def test_what_is_refused_is_said_without_taking_the_focus(live, fake):
    write(live, "a boat")
    live.locator("#stage .cell[data-state=sketched]").wait_for()
    write(live, "")
    expect(live.locator(".line-words").first).to_contain_text("Say what to paint")
    expect(live.locator(".field-error")).to_have_count(0)


def test_off_takes_its_seed_along_and_paints_no_more(live, fake):
    write(live, "a boat")
    live.locator("#stage .cell.ready").wait_for()
    live.locator(".live-switch").first.click()
    expect(live.locator("#field-seed input, #field-seed textarea")).to_have_value("")
    before = len(fake.studio.sketched)
    write(live, "a boat at night")
    live.wait_for_timeout(800)
    assert len(fake.studio.sketched) == before


def test_the_switch_speaks_chinese_and_works_by_key_in_the_dark_on_a_phone(visit, fake):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = visit(fake.address, locale="zh-CN", color_scheme="dark", **phone)
    switch = page.get_by_role("switch").first
    expect(page.locator(".live-switch").first).to_have_text("实时")
    switch.press("Space")
    expect(switch).to_be_checked()
    write(page, "a lake")
    page.locator("#stage .cell[data-state=sketched]").wait_for()
    expect(page.locator(".line-words").first).to_contain_text("实时")


def test_a_picture_is_stylised_live(visit, fake):
    page = visit(fake.address)
    open_tab(page, "stylise")
    bring(page, "stylise", landscape())
    page.locator("#stylise-live .live-switch").click()
    page.locator("#stylise-stage .cell[data-state=sketched] .preview[src^='data:']").wait_for()
    sketch = fake.studio.sketched[-1]
    assert (sketch.kind, sketch.model) == ("image_to_image", "palette_live")
    page.locator("#stylise-field-strength input[type=range]").fill("0.8")
    expect(page.locator("#stylise-stage .cell")).to_have_attribute("data-state", "done")
    assert fake.studio.sketched[-1].strength == 0.8
