"""The guided tour as a learner meets it: six chapters without a model, every number the formula's; then on their own picture."""

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import expect

from studio.core.errors import ModelUnavailable
from studio.core.settings import Settings
from studio.models.catalog import Catalog
from studio.service import Studio
from studio.ui.app import launch
from tests.browser.conftest import stands

LESSON = Path(__file__).resolve().parents[2] / "assets" / "lesson" / "lesson.json"
TOLD: dict[str, Any] = json.loads(LESSON.read_text("utf-8"))
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CHAPTERS = ("noise", "leaps", "prediction", "guidance", "seeds", "samplers")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The real studio where no model can be loaded; whoever tries is noted."""
    asked: list[str] = []

    def refuse(name: str, *rest: object) -> Any:
        asked.append(name)
        raise ModelUnavailable("{title} is not on this machine.", title=name)

    settings = Settings(home=tmp_path_factory.mktemp("bare"), port=0)
    studio = Studio(settings, Catalog(settings, loader=refuse))
    page, address = launch(studio, prevent_thread_lock=True)
    yield SimpleNamespace(address=address, asked=asked)
    page.close(verbose=False)
    studio.close()


@pytest.fixture
def open_lesson(visit: Any) -> Callable[..., Any]:
    """Opens the tour of a studio, as somebody new."""

    def opened(address: str, **options: Any) -> Any:
        page = visit(address, **options)
        tour(page)
        return page

    return opened


def tour(page: Any) -> None:
    page.evaluate("() => { Atelier.openSteps('learn'); }")
    page.locator(".learn-page h2").wait_for()


def chapter(page: Any, name: str) -> None:
    page.locator(f".learn-dot[data-chapter={name}]").click()
    expect(page.locator(f".learn-page[data-chapter={name}] h2")).to_be_visible()


def live(page: Any, name: str) -> float:
    """A number in the equation."""
    return number(page.locator(f".learn-equation [data-live={name}]").first.text_content())


def fact(page: Any, name: str) -> float:
    return number(page.locator(f".learn-facts [data-fact={name}]").inner_text())


def number(text: str) -> float:
    return float(re.sub(r"[\s%]", "", text).replace("−", "-"))


def slide(page: Any, value: int) -> None:
    """Move the chapter's last slider as a hand does."""
    page.locator(".learn-controls input[type=range]").last.fill(str(value))


def walk(page: Any) -> None:
    """Through all six chapters with Next, one thing moved in each, its number held against the formula."""
    for check in (noise, leaps, prediction, guidance, seeds, samplers):
        expect(page.locator(f".learn-page[data-chapter={check.__name__}]")).to_be_visible()
        check(page)
        page.locator(".learn-turn button").last.click()
    expect(page.locator(".learn-page[data-chapter=papers] li")).to_have_count(17)


def noise(page: Any) -> None:
    canvas = page.locator(".learn-canvas")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 50, steps=4)
    page.mouse.up()
    t = page.locator(".learn-slider output")
    expect(t).not_to_have_text("250")
    level = TOLD["alpha_bars"][int(t.inner_text())]
    expect(page.locator(".learn-equation [data-live=t]")).to_have_text(t.inner_text())
    assert live(page, "signal") == pytest.approx(math.sqrt(level), abs=6e-4)
    assert live(page, "noise") == pytest.approx(math.sqrt(1 - level), abs=6e-4)
    assert fact(page, "level") == pytest.approx(100 * level, abs=0.06)


def leaps(page: Any) -> None:
    page.locator(".learn-segment[data-name='4']").click()
    slide(page, 2)
    level = TOLD["leaps"]["4"]["alpha_bar"][2]
    assert live(page, "signal") == pytest.approx(math.sqrt(level), abs=6e-4)
    assert live(page, "noise") == pytest.approx(math.sqrt(1 - level), abs=6e-4)
    assert fact(page, "distance") == pytest.approx(TOLD["leaps"]["4"]["distance"], abs=0.006)
    expect(page.locator(".learn-figure .learn-frame")).to_have_attribute(
        "data-src", re.compile("leap-4")
    )


def prediction(page: Any) -> None:
    slide(page, 12)
    expect(page.locator(".learn-slider output")).to_contain_text("12")
    seen = TOLD["run"]["passes"][11]
    expect(page.locator("[data-fact=t]")).to_have_text(str(int(seen["t"])))
    # The top left corner is the first number.
    page.locator(".learn-frame").first.click(position={"x": 3, "y": 3})
    x, v = seen["x"][0], seen["prediction"][0]
    a, b = math.sqrt(seen["alpha_bar"]), math.sqrt(1 - seen["alpha_bar"])
    expect(page.locator(".learn-equation [data-live=x]")).to_have_text(minus(f"{x:z.3f}"))
    assert live(page, "v") == pytest.approx(v, abs=6e-4)
    assert live(page, "guess") == pytest.approx(a * x - b * v, abs=6e-4)
    page.locator(".learn-segment[data-name=epsilon]").click()
    eps = b * x + a * v
    expect(page.locator(".learn-equation [data-live=eps]")).to_have_text(minus(f"{eps:.3f}"))
    assert live(page, "guess") == pytest.approx((x - b * eps) / a, abs=6e-4)


def minus(text: str) -> str:
    return text.replace("-", "−")


def guidance(page: Any) -> None:
    slide(page, 4)
    expect(page.locator(".learn-equation [data-live=scale]")).to_have_text("8")
    apart = TOLD["guidance"]["apart"]
    assert live(page, "apart") == pytest.approx(apart, abs=6e-5)
    assert live(page, "gone") == pytest.approx(8 * apart, abs=6e-4)
    expect(page.locator(".learn-figure .learn-frame")).to_have_attribute("data-frame", "4")


def seeds(page: Any) -> None:
    page.locator(".learn-grid .learn-cell").nth(6).click()
    expect(page.locator(".learn-equation [data-live=seed]")).to_have_text("3")
    told = TOLD["seeds"]["noise"][2]
    assert live(page, "first-1") == pytest.approx(told["first"][1], abs=6e-3)
    assert fact(page, "std") == pytest.approx(told["std"], abs=6e-4)
    expect(page.locator(".learn-under")).to_have_text("a forest at dawn, watercolor")


def samplers(page: Any) -> None:
    page.locator(".learn-segment[data-name='16']").click()
    page.locator(".learn-cell[data-name=euler_a]").click()
    slide(page, 5)
    high, low = TOLD["samplers"]["sigma"]["euler_a"][3][4:6]
    # Karras et al. 2022, appendix B: the variance of the step is split.
    up = math.sqrt(low**2 * (high**2 - low**2) / high**2)
    expect(page.locator(".learn-equation [data-live=sigma]")).to_have_text(f"{high:.3f}")
    assert live(page, "up") == pytest.approx(up, abs=6e-4)
    assert live(page, "down") == pytest.approx(math.sqrt(low**2 - up**2), abs=6e-4)
    note = page.locator(".learn-cell[data-name=euler_a] small").inner_text()
    assert f"{TOLD['samplers']['distance']['euler_a'][3]:.2f}" in note


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_all_six_chapters_work_without_a_model(open_lesson, bare, locale):
    page = open_lesson(bare.address, locale=locale)
    titles = {"en-GB": "What noise is", "zh-CN": "什么是噪声"}
    expect(page.locator(".learn-page h2")).to_have_text(titles[locale])
    walk(page)
    assert bare.asked == []


def test_noise_makes_a_bell_of_any_picture(open_lesson, bare):
    page = open_lesson(bare.address)
    slide(page, 999)
    expect(page.locator("[data-fact=level]")).to_have_text("0.00 %")
    assert fact(page, "mean") == pytest.approx(0, abs=0.02)
    assert fact(page, "std") == pytest.approx(1, abs=0.02)


def test_dots_keys_and_a_reload_keep_the_place(open_lesson, bare):
    page = open_lesson(bare.address)
    chapter(page, "guidance")
    page.locator(".learn-page").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".learn-page[data-chapter=seeds]")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".learn-page[data-chapter=prediction]")).to_be_visible()
    # Arrow keys on a slider move the slider.
    page.locator(".learn-slider input").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".learn-page[data-chapter=prediction]")).to_be_visible()
    page.reload()
    stands(page)
    tour(page)
    expect(page.locator(".learn-dot[aria-current=step]")).to_have_attribute(
        "data-chapter", "prediction"
    )


def test_papers_open_apart(open_lesson, bare):
    page = open_lesson(bare.address)
    chapter(page, "papers")
    for link in page.locator(".learn-papers a").all():
        assert link.get_attribute("rel") == "noopener"
        assert link.get_attribute("target") == "_blank"
        assert re.fullmatch(r"https://arxiv\.org/abs/\d{4}\.\d{5}", link.get_attribute("href"))


def test_nothing_is_cut_off_on_a_phone(open_lesson, bare):
    page = open_lesson(bare.address, **PHONE)
    for name in (*CHAPTERS, "papers"):
        chapter(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


# ---- on a picture of one's own


def test_a_picture_of_ones_own_is_the_lessons_picture(open_lesson, visit, fake):
    page = visit(fake.address)
    page.locator("#field-prompt textarea").fill("a lake")
    page.locator("#paint").click()
    expect(page.locator("#stage .cell.ready")).to_have_count(1)
    tour(page)
    picture = page.locator(".learn-choice[aria-checked=true]").get_attribute("data-id")
    assert picture in fake.studio.results
    expect(page.locator(".learn-figure figcaption span").last).to_have_text("a lake.")
    chapter(page, "prediction")
    owner, result = fake.studio.results[picture]
    steps = fake.studio.steps.trajectory(picture, owner)
    slide(page, 3)
    expect(page.locator("[data-fact=t]")).to_have_text(f"{steps.t[2]:.0f}")
    page.locator(".learn-frame").first.click(position={"x": 3, "y": 3})
    channel = steps.latent.reshape(len(steps.latent), -1).std(1).argmax()
    x, v = float(steps.noisy(2)[channel, 0, 0]), float(steps.prediction[2, channel, 0, 0])
    level = float(steps.alpha_bar[2])
    expect(page.locator(".learn-equation [data-live=x]")).to_have_text(minus(f"{x:z.3f}"))
    guess = math.sqrt(level) * x - math.sqrt(1 - level) * v
    assert live(page, "guess") == pytest.approx(guess, abs=6e-4)
    page.locator(".learn-choice").first.click()
    expect(page.locator(".learn-figure figcaption span").last).to_have_text(
        "mountains at sunset, oil."
    )
    assert result.recipe.prompt == "a lake"


def test_ones_own_words_are_painted_at_several_scales(visit, fake):
    page = visit(fake.address)
    page.locator("#field-prompt textarea").fill("a lake")
    page.locator("#paint").click()
    expect(page.locator("#stage .cell.ready")).to_have_count(1)
    tour(page)
    chapter(page, "guidance")
    bar = page.locator(".learn-series")
    expect(bar).to_contain_text("5 pictures, 60 steps in all")
    before = len(fake.studio.results)
    bar.locator("button").click()
    expect(bar).to_contain_text("Your own words, painted for this page.")
    assert len(fake.studio.results) == before + 5
    slide(page, 4)
    expect(page.locator(".learn-equation [data-live=scale]")).to_have_text("16")
    made = list(fake.studio.results.items())[before:]
    [strongest] = [name for name, (_, result) in made if result.recipe.guidance_scale == 16]
    frame = page.locator(".learn-figure .learn-frame")
    expect(frame).to_have_attribute("data-src", f"picture/{strongest}")
    # What was painted for the lesson is kept like any picture, but is not offered as its subject.
    expect(page.locator(".learn-choice")).to_have_count(2)
    page.reload()
    stands(page)
    tour(page)
    expect(page.locator(".learn-series")).to_contain_text("Your own words")


def test_painting_for_a_lesson_can_be_cancelled(visit, fake):
    page = visit(fake.address)
    page.locator("#field-prompt textarea").fill("a lake")
    page.locator("#paint").click()
    expect(page.locator("#stage .cell.ready")).to_have_count(1)
    fake.studio.pace = 0.3
    tour(page)
    chapter(page, "samplers")
    button = page.locator(".learn-series button")
    button.click()
    expect(page.locator(".learn-series p")).to_contain_text(re.compile(r"Step \d"))
    button.click()
    expect(page.locator(".learn-series p")).to_contain_text("Stopped")
    assert all(run.stopped for run in list(fake.studio.runs.values())[-4:])
    expect(button).to_have_text("Paint mine")
    expect(page.locator(".learn-figure .learn-frame").first).to_have_attribute(
        "data-src", re.compile("sampler-euler")
    )
