"""There and back as a person meets it: a picture in, noise and back, how near it came, other words, stopped, found again."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import stands
from tests.browser.pictures import bring, landscape, last_recipe

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def panel(page):
    """Open the panel and wait until it is drawn."""
    page.evaluate("Atelier.openSteps('recover')")
    page.locator("#steps-field-source :is(.drop, .source-full):visible").first.wait_for()
    expect(page.locator("#steps-recover-panel .strip > *").first).to_be_visible()


@pytest.fixture
def page(visit, fake):
    page = visit(fake.address)
    panel(page)
    return page


def figure(page, name):
    return page.locator(f"#steps-recover [data-figure={name}]")


def there_and_back(page):
    page.locator("#steps-paint").click()
    expect(page.locator(".recover-evidence")).to_be_visible()


def quickly(page, steps=4):
    """Fewer steps, behind Advanced."""
    page.locator("#steps-advanced-switch button").click()
    box = page.locator("#steps-field-steps input[type=number]")
    box.fill(str(steps))
    box.press("Enter")


def loaded(page, name):
    """Width in pixels of a figure's picture, once it is there."""
    image = figure(page, name).locator("img")
    image.evaluate("(image) => image.decode()")
    return image.evaluate("(image) => image.naturalWidth")


def test_an_empty_panel_invites_and_an_example_is_one_click(page):
    expect(page.locator(".recover-invite h2")).to_have_text("A picture into noise, and back")
    page.locator(".recover-example").first.click()
    expect(page.locator("#steps-field-source .source")).to_have_attribute("data-state", "full")
    expect(page.locator(".recover-invite")).to_be_hidden()
    expect(figure(page, "diffused")).to_contain_text("Its noise will stand here.")
    assert loaded(page, "original") == 384


def test_there_and_back_shows_three_pictures_the_difference_and_the_numbers(page, fake):
    bring(page, "steps", landscape((256, 256)))
    quickly(page)
    there_and_back(page)
    assert last_recipe(fake).kind == "recover" and last_recipe(fake).steps == 4
    for name in ("original", "diffused", "recovered", "difference"):
        assert loaded(page, name) == 256
    expect(page.locator("[data-value=round_trip] dd")).to_have_text("48.1 dB")
    expect(page.locator("[data-value=largest] dd")).to_have_text("1 of 255")
    expect(page.locator(".recover-numbers h3 b")).to_have_text("Hard to tell apart")
    expect(figure(page, "recovered")).to_contain_text("The same noise, read back")


def test_previews_stand_in_the_figure_of_their_way(page, fake):
    fake.studio.pace = 0.15
    bring(page, "steps", landscape((256, 256)))
    quickly(page, 8)
    page.locator("#steps-paint").click()
    expect(page.locator("#steps-stage .line-words")).to_contain_text("Into noise")
    expect(figure(page, "diffused").locator("img")).to_have_attribute("src", re.compile("^data:"))
    assert figure(page, "recovered").locator("img").get_attribute("src") is None
    expect(page.locator("#steps-stage .line-words")).to_contain_text("Back again")
    expect(figure(page, "recovered").locator("img")).to_have_attribute("src", re.compile("^data:"))
    expect(page.locator(".recover-evidence")).to_be_visible()


def test_the_way_into_noise_says_what_it_can_do(page, fake):
    expect(page.locator("#steps-field-mode .help")).to_contain_text("gives the picture again")
    before = page.locator(".recover-formula").text_content()
    page.locator("#steps-field-mode .option", has_text="Stochastic").click()
    expect(page.locator("#steps-field-mode .help")).to_contain_text("like it, not it")
    bring(page, "steps", landscape((256, 256)))
    quickly(page)
    there_and_back(page)
    assert page.locator(".recover-formula").text_content() != before
    assert last_recipe(fake).mode == "stochastic"
    expect(figure(page, "diffused")).to_contain_text(
        "True random noise over it, 1000 timesteps far"
    )
    expect(figure(page, "recovered")).to_contain_text("Like it, not it")


def test_other_words_edit_the_noise(page, fake):
    bring(page, "steps", landscape((256, 256)))
    quickly(page)
    page.locator("#steps-field-prompt textarea").fill("a forest at dawn")
    there_and_back(page)
    assert last_recipe(fake).prompt == "a forest at dawn"
    expect(figure(page, "recovered")).to_contain_text("Edited: its noise, read with other words")


def test_other_words_over_random_noise_are_called_that(page):
    page.locator("#steps-field-mode .option", has_text="Stochastic").click()
    bring(page, "steps", landscape((256, 256)))
    quickly(page)
    page.locator("#steps-field-prompt textarea").fill("a forest at dawn")
    there_and_back(page)
    expect(figure(page, "recovered")).to_contain_text("Other words over the same noise")


def test_the_keys_are_told_once(page):
    told = page.locator("#steps-recover-panel").get_by_text("Ctrl + Enter paints, Esc stops.")
    expect(told).to_have_count(1)


def test_on_an_empty_phone_the_button_covers_nothing(visit, fake):
    page = visit(fake.address, **PHONE)
    panel(page)
    bar = page.locator("#steps-paint-bar")
    assert bar.evaluate("(node) => getComputedStyle(node).position") == "static"
    bring(page, "steps", landscape((256, 256)))
    expect(bar).to_have_css("position", "fixed")


@pytest.mark.parametrize("kept", [True, False])
def test_a_remembered_picture_the_studio_does_not_know_is_not_shown_as_if_it_did(page, visit, kept):
    bring(page, "steps", landscape((256, 256)))
    if not kept:
        page.evaluate("Atelier.forget('source.steps')")
    page.wait_for_function("localStorage.getItem('atelier.form.steps')?.includes('sha256:')")
    # The browser's copy of the picture outlives the studio's memory of whose it is.
    page.context.clear_cookies()
    page.reload()
    stands(page)
    panel(page)
    source = page.locator("#steps-field-source .source")
    if kept:
        expect(source).to_have_attribute("data-state", "full")
        there_and_back(page)
    else:
        expect(source).to_contain_text("This picture is not here any more. Choose it again.")
        expect(source).to_have_attribute("data-state", "empty")
    visit.complaints.clear()


def test_escape_stops_it_and_what_there_is_stays(page, fake):
    fake.studio.pace = 0.2
    bring(page, "steps", landscape((256, 256)))
    page.locator("#steps-paint").click()
    expect(page.locator("#steps-stage .line-words")).to_contain_text(
        re.compile(r"pass ([2-9]|\d{2,}) of")
    )
    page.keyboard.press("Escape")
    expect(page.locator("#steps-stage .line-words")).to_have_text(
        "Stopped. What there was is kept."
    )
    expect(figure(page, "recovered")).to_contain_text("Stopped on the way")
    expect(figure(page, "diffused")).to_contain_text("Its noise, as far as it came")


def test_ctrl_enter_paints_here_and_not_from_another_panel(page, fake):
    bring(page, "steps", landscape((256, 256)))
    quickly(page)
    page.evaluate("Atelier.openSteps('forward')")
    expect(page.locator("#steps-recover-panel")).to_be_hidden()
    before = len(fake.studio.runs)
    page.keyboard.press("Control+Enter")
    page.evaluate("Atelier.openSteps('recover')")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".recover-evidence")).to_be_visible()
    assert len(fake.studio.runs) == before + 1


def test_without_a_picture_it_says_what_is_missing(page):
    page.locator("#steps-paint").click()
    expect(page.locator("#steps-field-source .field-error")).to_contain_text(
        "Choose a picture first."
    )


def test_settings_of_a_recovered_picture_open_here_from_any_tab(page, fake):
    bring(page, "steps", landscape((256, 256)))
    quickly(page)
    page.locator("#steps-field-prompt textarea").fill("a lake")
    there_and_back(page)
    page.locator("#steps-field-prompt textarea").fill("")
    page.locator("#tab-text_to_image-button").click()
    page.locator("#stage .strip .recent").first.click()
    page.locator("#do-use").click()
    expect(page.locator("#steps-field-prompt textarea")).to_have_value("a lake")
    expect(page.locator("#steps-recover-panel")).to_be_visible()
    expect(page.locator("#tab-steps")).to_have_attribute("data-panel", "recover")


def test_a_recovered_picture_in_the_strip_is_shown_with_its_evidence(page):
    bring(page, "steps", landscape((256, 256)))
    quickly(page)
    there_and_back(page)
    page.locator("#steps-field-source .source-buttons button", has_text="Remove").click()
    page.locator("#steps-stage .strip .recent").first.click()
    expect(page.locator(".recover-evidence")).to_be_visible()
    assert loaded(page, "diffused") == 256


def test_what_was_chosen_is_there_again_after_a_reload(page, fake):
    bring(page, "steps", landscape((256, 256)))
    page.locator("#steps-field-prompt textarea").fill("a boat")
    page.reload()
    stands(page)
    panel(page)
    expect(page.locator("#steps-field-prompt textarea")).to_have_value("a boat")
    expect(page.locator("#steps-field-source .source")).to_have_attribute("data-state", "full")
    assert loaded(page, "original") == 256


@pytest.mark.parametrize("options", [PHONE, {"locale": "zh-CN"}, {"color_scheme": "dark"}])
def test_nothing_is_wider_than_the_page(visit, fake, options):
    page = visit(fake.address, **options)
    panel(page)
    bring(page, "steps", landscape())
    quickly(page)
    there_and_back(page)
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0
    if options is PHONE:
        boxes = [
            figure(page, name).bounding_box() for name in ("original", "diffused", "recovered")
        ]
        assert boxes[0]["y"] == boxes[1]["y"] < boxes[2]["y"]
        assert boxes[2]["width"] > 300
    if "locale" in options:
        expect(page.locator(".recover-numbers h3")).to_contain_text("有多接近")


@pytest.mark.slow
def test_for_real_a_picture_comes_back(visit, real):
    page = visit(real.address)
    panel(page)
    page.locator(".recover-example").first.click()
    expect(page.locator("#steps-field-source .source")).to_have_attribute("data-state", "full")
    quickly(page, 6)
    page.locator("#steps-paint").click()
    expect(page.locator(".recover-evidence")).to_be_visible(timeout=120_000)
    told = page.locator("[data-value=round_trip] dd").text_content()
    assert float(told.removesuffix(" dB")) > 30
