"""Order into noise as a person meets it: one slider, and every number on the page is the number in the computation."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from studio.diffusion.forward import SCHEDULES, noised
from studio.noising import latent_noise, of_picture, pixel_noise, shown, to_picture
from tests.browser.conftest import stands
from tests.browser.pictures import file, landscape

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PANEL = "#steps-forward"


def open_panel(page):
    page.locator("#tab-steps-button").click()
    page.locator("#steps-switch [data-panel=forward]").click()
    page.evaluate(
        "Atelier.room('steps').when('forward').then((panel) => { window.panel = panel; })"
    )
    page.wait_for_function("window.panel?.latent && window.panel.draws > 0")


@pytest.fixture
def page(visit, fake):
    page = visit(fake.address)
    open_panel(page)
    return page


def bring(page, picture):
    page.locator(f"{PANEL} input[type=file]").set_input_files(file(picture))
    page.wait_for_function("panel.wish.source.startsWith('sha256:') && panel.latent")


def numbers(page):
    """What stands on the page: exact value and text of every number."""
    return {
        name: page.locator(f"#forward-{name}").evaluate("(node) => [Number(node.value), node.textContent]")
        for name in ("t", "alpha_bar", "sigma", "snr", "signal")
    }  # fmt: skip


def read(text):
    """A number as it is printed."""
    mantissa, _, power = text.replace("−", "-").split(" dB")[0].split(" %")[0].partition(" × 10")
    return float(mantissa) * 10 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)  # fmt: skip


def canvas(page, where):
    """The pixels of a canvas (H, W, 3)."""
    width, height, data = page.evaluate(
        """(where) => {
            const canvas = document.querySelector(where);
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.width, canvas.height, [...data]];
        }""",
        f"{PANEL} {where}",
    )
    return np.array(data, np.uint8).reshape(height, width, 4)[..., :3].astype(int)


def drawn(page):
    """Wait for the next drawing."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # fmt: skip


def go(page, t):
    page.locator("#forward-slider").fill(str(t))
    drawn(page)


def choose(page, schedule):
    page.locator(f"{PANEL} .option", has=page.locator(f"input[value={schedule}]")).click()


def test_dragging_the_slider_shows_the_numbers_of_the_computation(page):
    choose(page, "linear")
    page.wait_for_function("panel.levels[0] > 0.9998 && panel.levels.length === 1000")
    box = page.locator("#forward-slider").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 4, middle)
    page.mouse.down()
    schedule, seen = SCHEDULES["linear"](1000), []
    for share in (0.1, 0.3, 0.55, 0.8, 0.999):
        page.mouse.move(box["x"] + share * box["width"], middle, steps=3)
        drawn(page)
        told = numbers(page)
        t = int(told["t"][0])
        seen.append(t)
        expected = {
            "alpha_bar": (schedule.alpha_bar(t), 5e-5),
            "sigma": (schedule.sigma(t), 5e-5),
            "snr": (schedule.snr_db(t), 5e-3),
            "signal": (schedule.alpha_bar(t), 5e-5),
        }
        for name, (value, rounding) in expected.items():
            exact, text = told[name]
            assert exact == pytest.approx(value, rel=1e-12)
            shown_value = read(text) / (100 if name == "signal" else 1)
            assert shown_value == pytest.approx(value, rel=6e-3, abs=rounding)
    page.mouse.up()
    assert seen == sorted(set(seen)), "every move was another timestep"


@pytest.mark.parametrize("schedule", ["cosine", "scaled_linear"])
def test_the_pixels_on_the_canvas_are_the_formulas(page, schedule):
    picture = landscape((320, 200))
    bring(page, picture)
    choose(page, schedule)
    levels = SCHEDULES[schedule](1000)
    page.wait_for_function("(level) => panel.levels[500] === level", arg=levels.alpha_bar(500))
    x0 = of_picture(shown(picture))
    eps = pixel_noise(x0.shape, 0)
    for t in (0, 120, 500, 999):
        go(page, t)
        expected = np.asarray(to_picture(noised(x0, eps, levels.alpha_bar(t)))).astype(int)
        assert np.abs(canvas(page, ".in-pixels canvas") - expected).max() <= 1


def test_the_latents_tiles_and_their_decoded_view_are_the_formulas(page):
    """The stand-in's latent is a picture of eighths and its decoder takes three channels as they are."""
    choose(page, "cosine")
    page.wait_for_function("panel.wish.schedule === 'cosine'")
    go(page, 300)
    x0 = np.array(page.evaluate("[...panel.latent.x0.data]"), np.float32).reshape(4, 32, 32)
    eps = latent_noise((4, 32, 32), 0)
    x = noised(x0, eps, SCHEDULES["cosine"](1000).alpha_bar(300))
    tile = canvas(page, ".channels canvas")[:32, :32]
    share = np.clip(x[0] / 6 + 0.5, 0, 1)[..., None]
    assert np.abs(tile - ([31, 28, 24] + share * [220, 221, 222])).max() <= 1
    quick = canvas(page, ".in-latent canvas")
    assert np.abs(quick - np.asarray(to_picture(x[:3]))).max() <= 1
    expect(page.locator(f"{PANEL} .decoded")).to_have_class(re.compile("here"))
    expect(page.locator(f"{PANEL} .in-latent .figure-state")).to_have_text("decoder")
    width = page.locator(f"{PANEL} .decoded").evaluate("(image) => image.naturalWidth")
    assert width == 256


def test_the_same_noise_covers_the_picture_at_every_timestep(page):
    go(page, 200)
    before = page.evaluate("panel.pixels.eps.data.slice(0, 50).join()")
    go(page, 900)
    assert page.evaluate("panel.pixels.eps.data.slice(0, 50).join()") == before
    page.locator("#forward-seed-box").fill("77")
    page.locator("#forward-seed-box").press("Enter")
    page.wait_for_function("(old) => panel.pixels.eps.data.slice(0, 50).join() !== old", arg=before)
    after = page.evaluate("[...panel.pixels.eps.data.slice(0, 50)]")
    assert after == pytest.approx(pixel_noise((3, 256, 256), 77).ravel()[:50], abs=1e-7)


def test_the_formula_speaks_of_the_pixel_one_points_at(page):
    choose(page, "linear")
    page.wait_for_function("panel.levels[0] > 0.9998")
    go(page, 400)
    page.evaluate("scrollTo(0, 0)")
    box = page.locator(f"{PANEL} .in-pixels canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75)
    expect(page.locator(".formula-pixel")).to_contain_text(
        re.compile(r"The pixel at 6[345], 19[123]")
    )
    said = page.locator(".formula-pixel").inner_text()
    x, y = map(int, re.findall(r"\d+", said)[-2:])
    x0, eps = page.evaluate(
        "([x, y]) => ['x0', 'eps'].map((name) => [0, 1, 2].map((c) => panel.pixels[name].data[(c * 256 + y) * 256 + x]))",
        [x, y],
    )
    alpha_bar = SCHEDULES["linear"](1000).alpha_bar(400)
    rows = page.locator(".formula mtr").all_text_contents()
    for row, before, random in zip(rows, x0, eps, strict=True):
        left, right = row.replace("−", "-").split("=")
        signal, start, cover, noise = map(float, re.findall(r"-?\d+\.\d+", right))
        assert (signal, cover) == pytest.approx((alpha_bar**0.5, (1 - alpha_bar) ** 0.5), abs=6e-4)
        assert (start, noise) == pytest.approx((before, random), abs=6e-4)
        shown_result = abs(float(re.findall(r"\d+\.\d+", left)[0]))
        exact = alpha_bar**0.5 * before + (1 - alpha_bar) ** 0.5 * random
        assert shown_result == pytest.approx(abs(exact), abs=6e-4)


def test_arrow_keys_move_one_timestep(page):
    go(page, 250)
    page.locator("#forward-slider").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    drawn(page)
    assert numbers(page)["t"][1] == "251"
    page.keyboard.press("End")
    drawn(page)
    assert numbers(page)["t"][1] == "999"


def test_b8_another_number_of_timesteps_is_taken_or_the_nearest_allowed(page):
    choose(page, "linear")
    box = page.locator("#forward-T-box")
    expect(box).to_be_enabled()
    for typed, taken in (("50", "50"), ("3", "10"), ("99999", "4000")):
        box.fill(typed)
        box.press("Enter")
        expect(box).to_have_value(taken)
        page.wait_for_function("(T) => panel.levels.length === T", arg=int(taken))
        last = page.locator("#forward-slider").get_attribute("max")
        assert last == str(int(taken) - 1)
    expect(page.locator(f"{PANEL} .forward-told").first).to_have_text(
        "Timesteps goes from 10 to 4000; 4000 is taken."
    )


def test_the_point_on_the_curve_moves_the_slider(page):
    choose(page, "linear")
    page.wait_for_function("panel.levels[0] > 0.9998")
    curve = page.locator(".chart").first
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 212 / 400, box["y"] + box["height"] / 4)
    drawn(page)
    assert abs(numbers(page)["t"][0] - 500) <= 4
    at = float(page.locator(".chart-point").get_attribute("cy"))
    alpha_bar = SCHEDULES["linear"](1000).alpha_bar(int(numbers(page)["t"][0]))
    assert at == pytest.approx(8 + 168 * (1 - alpha_bar), abs=0.01)


def test_at_the_end_the_values_lie_as_the_normal_curve_says(page):
    go(page, 999)
    density = page.evaluate("[...Atelier.density(panel.pixels.x, -4, 4, 80)]")
    middles = np.arange(80) * 0.1 - 3.95
    normal = np.exp(-(middles**2) / 2) / np.sqrt(2 * np.pi)
    assert np.abs(np.array(density) - normal).max() < 0.02


def test_a_strip_leads_to_its_timesteps(page):
    strip = page.locator(f"{PANEL} .forward-strip button")
    expect(strip).to_have_count(8)
    page.locator("#forward-frames-box").fill("5")
    page.locator("#forward-frames-box").press("Enter")
    expect(strip).to_have_count(5)
    assert strip.all_inner_texts() == ["t = 0", "t = 250", "t = 500", "t = 749", "t = 999"]
    strip.nth(3).click()
    drawn(page)
    assert numbers(page)["t"][1] == "749"


def test_the_whole_way_is_downloaded(page, tmp_path):
    for kind in ("png", "gif"):
        with page.expect_download() as download:
            page.locator(f"{PANEL} [data-kind={kind}]").click()
        assert download.value.suggested_filename == f"noise-pixels.{kind}"
        download.value.save_as(tmp_path / f"x.{kind}")
    pixels = np.asarray(Image.open(tmp_path / "x.png"))
    assert pixels.shape[1] == 8 * 264 + 8
    page.locator(f"{PANEL} .forward-way [data-space=latent]").click()
    with page.expect_download() as download:
        page.locator(f"{PANEL} [data-kind=png]").click()
    assert download.value.suggested_filename == "noise-latent.png"
    assert (tmp_path / "x.gif").read_bytes().startswith(b"GIF89a")


def test_a_picture_made_here_disappears_too(visit, fake):
    page = visit(fake.address)
    page.locator("#field-prompt textarea").fill("a lake")
    page.locator("#paint").click()
    page.locator("#stage .cell.ready").wait_for()
    open_panel(page)
    page.locator(f"{PANEL} .recent[data-key^='picture:']").click()
    page.wait_for_function("panel.wish.source.startsWith('sha256:') && panel.latent")
    result = list(fake.studio.results.values())[-1][1]
    go(page, 0)
    expected = np.asarray(shown(Image.open(result.path).convert("RGB"))).astype(int)
    assert np.abs(canvas(page, ".in-pixels canvas") - expected).mean() < 3


@pytest.mark.parametrize("options", [{}, PHONE])
def test_a_picture_is_sent_here_from_its_stage(visit, fake, options):
    page = visit(fake.address, **options)
    page.locator("#field-prompt textarea").fill("a lake")
    page.locator("#paint").click()
    page.locator("#stage .cell.ready").wait_for()
    page.locator("#do-send").click()
    page.locator("#stage .menu-item[data-to=forward]").click()
    expect(page.locator(f"{PANEL} .recent.here")).to_have_attribute(
        "data-key", re.compile("picture:")
    )
    expect(page.locator("#forward-slider")).to_be_visible()


def test_after_a_reload_everything_is_as_it_was(page, fake):
    bring(page, landscape((320, 200)))
    choose(page, "cosine")
    go(page, 321)
    page.locator("#forward-slider").dispatch_event("change")
    source = page.evaluate("panel.wish.source")
    page.reload()
    stands(page)
    open_panel(page)
    assert page.evaluate("[panel.wish.source, panel.wish.schedule, panel.t]") == [
        source,
        "cosine",
        321,
    ]


def remembered_and_forgotten(page, *, kept):
    """Leave with a picture of one's own and come back to a studio that does not know whose it is."""
    bring(page, landscape((320, 200)))
    # The browser's copy of the picture outlives the studio's memory.
    page.evaluate("fetch(Atelier.inputUrl(panel.wish.source, true))")
    if not kept:
        page.evaluate("Atelier.forget('album')")
    source = page.evaluate("panel.wish.source")
    page.context.clear_cookies()
    page.reload()
    stands(page)
    open_panel(page)
    return source


def test_a_remembered_picture_the_studio_does_not_know_gives_way_to_an_example(page, visit):
    missing = []
    page.on(
        "response",
        lambda answer: (
            missing.append(answer.url)
            if answer.status == 404 and "atelier/input" in answer.url
            else None
        ),
    )
    remembered_and_forgotten(page, kept=False)
    said = "Your picture is no longer at hand. Choose it again."
    expect(page.locator(f"{PANEL} .album-told")).to_have_text(said)
    assert page.evaluate("panel.wish.source").startswith("example:")
    expect(page.locator(f"{PANEL} .forward-told.wrong")).to_have_count(0)
    expect(page.locator(f"{PANEL} [data-kind=png]")).to_be_enabled()
    page.reload()
    stands(page)
    open_panel(page)
    expect(page.locator(f"{PANEL} .album-told")).to_have_text("")
    assert len(missing) == 1, "it is asked for once, and then dropped"
    visit.complaints.clear()


def test_a_picture_this_browser_has_kept_is_brought_again(page, visit):
    source = remembered_and_forgotten(page, kept=True)
    assert page.evaluate("panel.wish.source") == source
    expect(page.locator(f"{PANEL} .album-told")).to_have_text("")
    visit.complaints.clear()


def test_without_a_picture_no_number_stands_there_and_nothing_can_be_saved(visit, fake):
    page = visit(fake.address)
    page.route(
        "**/atelier/forward/pixels?*", lambda route: route.fulfill(status=404, body="Not found.")
    )
    page.locator("#tab-steps-button").click()
    page.locator("#steps-switch [data-panel=forward]").click()
    expect(page.locator(f"{PANEL} .forward-told.wrong")).to_have_text("Not found.")
    for number in page.locator(f"{PANEL} .readings data").all():
        expect(number).to_be_hidden()
    expect(page.locator(f"{PANEL} .formula-pixel")).to_be_hidden()
    for kind in ("png", "gif", "webp", "mp4"):
        expect(page.locator(f"{PANEL} [data-kind={kind}]")).to_be_disabled()
    visit.complaints.clear()


def test_a_part_of_a_whole_never_reads_as_all_of_it(page):
    printed = page.evaluate(
        """[[0.999959, 4, 1], [99.9959, 2, 100], [1, 4, 1], [0.5, 4, 1], [2.43e-9, 4, 1]]
            .map(([value, digits, whole]) => Atelier.share(value, digits, whole))"""
    )
    assert printed == ["0.99996", "99.996", "1.0000", "0.5000", "2.43 × 10⁻⁹"]


@pytest.mark.parametrize("size", [(256, 256), (320, 200), (200, 320)])
def test_the_three_pictures_are_of_one_size_and_keep_to_the_margins(page, size):
    bring(page, landscape(size))
    page.locator(f"{PANEL} .decoded.here").wait_for()
    frames = [frame.bounding_box() for frame in page.locator(f"{PANEL} .figure-frame").all()]
    inside = [
        page.locator(f"{PANEL} {where} canvas").bounding_box()
        for where in (".in-pixels", ".in-latent", ".channels")
    ]
    for frame, canvas_box in zip(frames, inside, strict=True):
        assert frame == canvas_box
        assert (frame["y"], frame["height"]) == (frames[0]["y"], frames[0]["height"])
        assert frame["width"] == pytest.approx(frames[0]["width"], abs=0.1)
    fit = page.locator(f"{PANEL} .channels canvas").evaluate(
        "(node) => getComputedStyle(node).objectFit"
    )
    assert fit == "fill"
    if size[0] >= size[1]:
        bar = page.locator(f"{PANEL} .forward-bar").bounding_box()
        assert frames[2]["x"] + frames[2]["width"] == pytest.approx(bar["x"] + bar["width"], abs=1)


def test_another_picture_puts_the_ring_into_its_middle(page):
    page.locator(f"{PANEL} .in-pixels canvas").click(position={"x": 20, "y": 30})
    bring(page, landscape((320, 200)))
    page.wait_for_function("panel.pixels.x0.shape[1] !== panel.pixels.x0.shape[2]")
    width, height = page.evaluate("panel.pixels.x0.shape.slice(1).reverse()")
    expect(page.locator(".formula-pixel")).to_contain_text(f"{width // 2}, {height // 2}")


@pytest.mark.parametrize("height", [757, 900])
def test_no_title_is_cut_by_the_slider(visit, fake, height):
    page = visit(fake.address, viewport={"width": 1440, "height": height})
    open_panel(page)
    bar = page.locator(f"{PANEL} .forward-bar").bounding_box()
    for title in page.locator(f"{PANEL} figcaption b").all():
        box = title.bounding_box()
        assert box["y"] + box["height"] <= bar["y"] - 12


def test_on_a_phone_all_tiles_stand_above_the_slider(visit, fake):
    page = visit(fake.address, **PHONE)
    open_panel(page)
    tiles = page.locator(f"{PANEL} .channels .figure-frame").bounding_box()
    bar = page.locator(f"{PANEL} .forward-bar").bounding_box()
    assert tiles["y"] + tiles["height"] <= bar["y"]


def test_examples_have_names_and_a_fixed_number_says_why(page):
    names = page.locator(f"{PANEL} .album [data-key^='example:']").evaluate_all(
        "(nodes) => nodes.map((node) => node.getAttribute('aria-label'))"
    )
    assert len(set(names)) == 3
    expect(page.locator("#forward-fixed")).to_be_visible()
    choose(page, "linear")
    expect(page.locator("#forward-fixed")).to_be_hidden()


def test_what_is_no_picture_is_refused_in_words_and_the_old_one_stays(page, visit):
    page.locator(f"{PANEL} input[type=file]").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"%PDF-1.7"}
    )
    expect(page.locator(f"{PANEL} .album-told")).to_contain_text("Not a PNG, JPEG or WebP image.")
    assert page.evaluate("panel.wish.source").startswith("example:")
    # The browser itself notes the refusal.
    assert len(visit.complaints) == 1
    visit.complaints.clear()


def test_while_the_model_loads_pixels_work_and_the_rest_says_why(visit, fake):
    fake.studio.loaded = False
    try:
        page = visit(fake.address)
        page.locator("#tab-steps-button").click()
        page.locator("#steps-switch [data-panel=forward]").click()
        page.evaluate(
            "Atelier.room('steps').when('forward').then((panel) => { window.panel = panel; })"
        )
        page.wait_for_function("window.panel?.draws > 0")
        # A picture the studio has not seen: of others it may know the latent still.
        page.locator(f"{PANEL} input[type=file]").set_input_files(file(landscape((176, 144))))
        waits = page.locator(f"{PANEL} .in-latent .figure-wait")
        expect(waits).to_contain_text("The model is still loading.")
        go(page, 700)
        assert numbers(page)["t"][1] == "700"
    finally:
        fake.studio.loaded = True
    expect(waits).to_be_hidden()
    page.wait_for_function("panel.latent")


def test_dragging_is_live(page):
    """A sanity check, no measurement: many moves, many drawings, none of them asks the studio anything."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    before = page.evaluate("panel.draws")
    page.evaluate(
        """async () => {
            for (let t = 0; t < 40; t++) {
                panel.go(t * 20);
                await new Promise(requestAnimationFrame);
            }
        }"""
    )
    drawn(page)
    assert page.evaluate("panel.draws") - before >= 30
    assert not [url for url in asked if "forward/" in url and "decoded" not in url]


@pytest.mark.parametrize(
    "options", [{}, PHONE, PHONE | {"locale": "zh-CN", "color_scheme": "dark"}]
)
def test_nothing_is_wider_than_the_screen(visit, fake, options):
    page = visit(fake.address, **options)
    open_panel(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bar = page.locator(f"{PANEL} .forward-bar").bounding_box()
    assert bar["y"] + bar["height"] <= page.viewport_size["height"] + 1, "the slider is in reach"
    for node in page.locator(f"{PANEL} .readings data").all():
        assert node.evaluate(
            "(node) => node.scrollWidth <= node.clientWidth + 1 || getComputedStyle(node).display === 'inline'"
        )
