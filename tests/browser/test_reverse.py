"""Noise into order, as a person meets it: a run scrubbed, branched, taken up again, compared."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from playwright.sync_api import expect

from studio.core.recipes import TextToImage
from studio.core.turn import Turn
from studio.ui.visitor import OWNER_COOKIE, new_token, owner_of
from tests.browser.conftest import stands

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NUMBERS = ("t", "alpha_bar", "sigma", "snr_db", "norm_x", "norm_noise", "norm_clean", "change")


PATIENCE = 90_000
"""Milliseconds a picture may take where others use the machine too."""


def wish(page, words="a lake at sunset", seed="7", steps="8"):
    """Fill in the text-to-image tab."""
    page.locator("#field-prompt textarea").fill(words)
    if not page.locator("#field-seed").is_visible():
        page.locator("#advanced-switch .disclose").click()
    page.locator("#field-seed :is(input, textarea)").fill(seed)
    page.locator("#field-steps input[type=number]").fill(steps)
    page.locator("#field-steps input[type=number]").blur()


def paint(page, *wishes):
    """Paint in the text-to-image tab; the picture's id."""
    wish(page, *wishes)
    page.locator("#paint").click()
    page.locator("#stage .cell.ready").wait_for(timeout=PATIENCE)
    return page.locator("#stage .cell .final").get_attribute("data-id")


@pytest.fixture(scope="module")
def run(real):
    """A finished run of eight steps, and whose it is."""
    token = new_token()
    owner = owner_of(SimpleNamespace(cookies={OWNER_COOKIE: token}))
    wish = TextToImage(prompt="a lake at sunset", seed=7, steps=8)
    last = list(real.studio.submit(wish, owner).events())[-1]
    return SimpleNamespace(token=token, owner=owner, picture=last.result.id)


@pytest.fixture
def see(visit, real, run):
    """Opens that run from the strip, in its owner's browser."""

    def open_page(**options):
        cookie = {"name": OWNER_COOKIE, "value": run.token, "domain": "127.0.0.1", "path": "/"}
        kept = {"cookies": [cookie], "origins": []}
        page = visit(real.address, storage_state=kept, **options)
        open_panel(page)
        page.locator(f".reverse .recent[data-id='{run.picture}']").click()
        page.locator(".reverse[data-run=done]").wait_for()
        return page

    return open_page


def open_panel(page):
    page.locator("#tab-steps-button").click()
    page.locator(".steps-tab[data-panel=reverse]").click()
    page.locator(".reverse .start, .reverse .run").first.wait_for(state="attached")


def open_steps(page, state="done"):
    """Press "Steps" under the picture on the stage."""
    page.locator("#do-steps").click()
    page.locator(f".reverse[data-run={state}]").wait_for()


def go(page, step):
    """Put the slider on a step, as a person who drags it."""
    page.locator(".player-slider").fill(str(step))
    expect(page.locator(".player-words")).to_contain_text(f"Step {step} of")


def whole(page, view):
    """Wait until a plate shows its full frame; the address of it."""
    plate = page.locator(f".figure .plate[data-view={view}] .plate-mat[data-state=full]")
    plate.wait_for()
    return plate.get_attribute("data-shown")


def open_id(page):
    return page.evaluate("Atelier.room('steps').part('reverse').run.id")


def printed(value):
    """A number as the page prints it."""
    if value == int(value):
        return str(int(value))
    digits = next((i for i, least in enumerate((1000, 100, 10, 1)) if abs(value) >= least), 4)
    return f"{value:.{digits}f}".replace("-", "−")


def body(page, address, path):
    answer = page.request.get(f"{address}{path}")
    assert answer.status == 200
    return answer.body()


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_a_run_of_the_text_to_image_tab_is_scrubbed_and_its_numbers_are_the_trajectorys(
    visit, real
):
    page = visit(real.address)
    picture = paint(page)
    open_steps(page)
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    steps = real.studio.steps.trajectory(picture, owner_of(SimpleNamespace(cookies=cookies)))
    for step in (0, 3, len(steps) - 1):
        go(page, step)
        alpha_bar = float(steps.alpha_bar[step])
        clean = steps.clean(step)
        expected = {
            "t": float(steps.t[step]),
            "alpha_bar": alpha_bar,
            "sigma": ((1 - alpha_bar) / alpha_bar) ** 0.5,
            "snr_db": 10 * np.log10(alpha_bar / (1 - alpha_bar)),
            "norm_x": np.sqrt(np.square(steps.noisy(step), dtype=float).mean()),
            "norm_noise": np.sqrt(np.square(steps.noise(step), dtype=float).mean()),
            "norm_clean": np.sqrt(np.square(clean, dtype=float).mean()),
            "change": np.sqrt(np.square(clean - steps.clean(step - 1), dtype=float).mean())
            if step
            else 0.0,
        }
        for name in NUMBERS:
            number = page.locator(f".curve[data-number={name}] .curve-number")
            expect(number).to_have_text(printed(float(expected[name])))


def test_the_pictures_of_a_step_add_up_as_the_equation_says(see, real, run):
    """x_t = sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps, with the numbers that stand on the page."""
    page, picture = see(), run.picture
    steps = real.studio.steps.trajectory(picture, run.owner)
    go(page, 4)
    signal, noise = (float(text) for text in page.locator(".sign-number").all_inner_texts())
    assert np.allclose(signal * steps.clean(4) + noise * steps.noise(4), steps.noisy(4), atol=5e-3)


def test_the_last_frame_is_the_delivered_picture_byte_for_byte(see, real, run):
    page, picture = see(), run.picture
    go(page, 8)
    for view in ("noisy", "clean"):
        assert whole(page, view) == f"picture/{picture}"
    [kept] = [path for path in real.studio.store.newest(99) if picture in path.name]
    assert body(page, real.address, f"picture/{picture}") == kept.read_bytes()


def test_every_step_has_its_own_frames_and_keys_move_between_them(see, real, run):
    page, picture = see(), run.picture
    go(page, 3)
    for view in ("noisy", "clean", "noise"):
        assert whole(page, view) == f"steps/{picture}/{view}/3"
    page.locator(".run-title").click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".player-words")).to_have_text("Step 4 of 8")
    page.keyboard.press("Home")
    expect(page.locator(".player-words")).to_have_text("Step 0 of 8")
    page.keyboard.press("End")
    expect(page.locator(".player-words")).to_have_text("Step 8 of 8")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".player-words")).to_have_text("Step 7 of 8")
    page.locator(".curve[data-number=alpha_bar] .curve-plot").click(position={"x": 1, "y": 30})
    expect(page.locator(".player-words")).to_have_text("Step 0 of 8")


def test_play_runs_to_the_finished_picture(see, real, run):
    page = see()
    go(page, 0)
    page.locator(".player-play").click()
    expect(page.locator(".player-play")).to_have_attribute("aria-label", "Pause")
    expect(page.locator(".player-words")).to_have_text("Step 8 of 8")
    expect(page.locator(".player-play")).to_have_attribute("aria-label", "Play")


def branch(page, step, **fields):
    """Branch from a step; the id of the branch once it stands beside its parent."""
    before = open_id(page)
    go(page, step)
    page.locator("#reverse-branch").click()
    for name, value in fields.items():
        page.locator(f"#branch-{name}").fill(value)
    page.locator(".branch .primary-button").click()
    page.locator(".against[data-state=ready]").wait_for(timeout=PATIENCE)
    assert open_id(page) != before
    return open_id(page)


def test_a_branch_takes_other_words_and_keeps_the_steps_before(see, real, run):
    page, parent = see(), run.picture
    go(page, 4)
    page.locator("#reverse-branch").click()
    expect(page.locator(".branch-cost")).to_contain_text("% of the picture is still open.")
    expect(page.locator(".branch-cost")).to_contain_text("A branch from step 4 costs 4 steps.")
    page.locator("#reverse-branch").click()
    child = branch(page, 4, prompt="a red meadow in daylight", guidance_scale="9")
    old, new = (real.studio.steps.trajectory(one, run.owner) for one in (parent, child))
    assert new.recipe.turns == (Turn(4, prompt="a red meadow in daylight", guidance_scale=9.0),)
    assert np.array_equal(new.prediction[:4], old.prediction[:4])
    assert not np.array_equal(new.prediction[4:], old.prediction[4:])
    expect(page.locator(".differs")).to_contain_text("from step 4: Prompt a red meadow in daylight")
    told = real.studio.steps.compare(child, parent, run.owner)["steps"]
    for step in (2, 7):
        go(page, step)
        number = page.locator(".against-foot .curve-number")
        expect(number).to_have_text(printed(told[step]["distance"]))
    expect(page.locator(".strip .recent.here").last).to_have_attribute("data-id", child)


def test_a_branch_that_changes_nothing_is_the_same_picture(see, real, run):
    page, parent = see(), run.picture
    child = branch(page, 3)
    same = [pixels(body(page, real.address, f"picture/{one}")) for one in (parent, child)]
    assert np.array_equal(*same)


@pytest.fixture
def painted(real, run):
    """Paints a run more of that person; its id."""

    def paint(**values):
        recipe = TextToImage(**{"prompt": "a lake at sunset", "seed": 7, "steps": 8} | values)
        return list(real.studio.submit(recipe, run.owner).events())[-1].result.id

    return paint


def open_picture(page, picture):
    page.locator(f".reverse .recent[data-id='{picture}']").click()
    page.wait_for_function(
        "id => Atelier.room('steps').part('reverse').run?.picture === id", arg=picture
    )


def test_a_branch_sends_nothing_that_was_not_touched(see, real, run, painted):
    """Whatever a slider makes of a value: the number shown is the number that holds."""
    parent = painted(guidance_scale=3.217)
    page = see()
    open_picture(page, parent)
    go(page, 2)
    page.locator("#reverse-branch").click()
    guidance = page.locator("[data-field=guidance_scale] .branch-value")
    expect(guidance).to_have_text("3.217")
    page.locator("#branch-guidance_scale").press("ArrowRight")
    expect(guidance).not_to_have_text("3.217")
    page.locator("#branch-guidance_scale").press("ArrowLeft")
    expect(guidance).to_have_text("3.217")
    page.locator("#reverse-branch").click()
    child = branch(page, 2)
    kept = real.studio.steps.trajectory(child, run.owner).recipe
    assert (kept.turns, kept.guidance_scale) == ((Turn(2),), 3.217)
    same = [pixels(body(page, real.address, f"picture/{one}")) for one in (parent, child)]
    assert np.array_equal(*same)


def test_the_branch_shows_what_holds_at_its_step_and_keeps_what_was_typed(see, real, run, painted):
    turn = Turn(5, prompt="a red meadow", guidance_scale=4.3)
    turned = real.studio.steps.branch(run.picture, run.owner, turn)
    picture = list(turned.events())[-1].result.id
    page = see()
    open_picture(page, picture)
    go(page, 2)
    page.locator("#reverse-branch").click()
    prompt, guidance = page.locator("#branch-prompt"), page.locator(".branch-value").first
    expect(prompt).to_have_value("a lake at sunset")
    page.locator("#branch-negative_prompt").fill("people")
    go(page, 7)
    expect(prompt).to_have_value("a red meadow")
    expect(guidance).to_have_text("4.3")
    expect(page.locator("#branch-negative_prompt")).to_have_value("people")
    prompt.fill("a blue meadow")
    go(page, 4)
    expect(prompt).to_have_value("a blue meadow")
    expect(guidance).not_to_have_text("4.3")


def test_the_second_look_at_a_step_stands_beside_the_second_look(see, painted):
    one, other = (painted(sampler="heun", seed=seed, steps=4) for seed in (1, 2))
    page = see()
    open_picture(page, one)
    page.locator("#reverse-compare").click()
    page.locator(f".partners .recent[data-id='{other}']").click()
    page.locator(".against[data-state=ready]").wait_for()
    yours = page.locator(".trio .plate[data-view=b] .plate-mat")
    for step in (1, 2, 3, 4):
        go(page, step)
        expect(yours).to_have_attribute("data-shown", f"steps/{other}/clean/{step}")


def test_a_word_glows_where_the_network_looks_for_it(see, real, run):
    page, picture = see(), run.picture
    go(page, 3)
    page.locator("#reverse-words").click()
    page.locator(".word", has_text="lake").click()
    heat, share = real.studio.steps.word_map(picture, run.owner, 3, 1, "all")
    expect(page.locator(".words-line")).to_contain_text(f"{100 * share:.1f} % of the attention")
    glow = page.locator(".glow")
    expect(glow).to_be_visible()
    size = glow.evaluate("image => image.decode().then(() => [image.naturalWidth])")
    assert size == [heat.width]
    page.locator(".wordmap .view[data-group=coarse]").click()
    _, coarse = real.studio.steps.word_map(picture, run.owner, 3, 1, "coarse")
    expect(page.locator(".words-line")).to_contain_text(f"{100 * coarse:.1f} % of the attention")
    page.locator(".word", has_text="lake").click()
    expect(glow).to_be_hidden()


def test_what_a_turn_refuses_is_said_at_its_field(see, real, run):
    page = see()
    go(page, 2)
    page.locator("#reverse-branch").click()
    page.locator("#branch-seed").fill("seven")
    page.locator(".branch .primary-button").click()
    field = page.locator(".branch-field[data-field=seed]")
    expect(field.locator(".field-error")).to_contain_text("Seed must be a whole number")
    expect(page.locator("#branch-seed")).to_have_attribute("aria-invalid", "true")


def test_a_stopped_run_goes_on_after_a_reload_to_the_same_bytes(visit, real):
    page = visit(real.address)
    uninterrupted = paint(page, "a boat on a lake", "11", "40")
    page.locator("#paint").click()
    expect(page.locator("#stage .line-words")).to_contain_text("Step")
    page.keyboard.press("Escape")
    expect(page.locator("#stage .line-words")).to_contain_text("Stopped")
    page.locator("#stage .cell.ready").wait_for()
    open_steps(page, "stopped")
    stopped = open_id(page)
    expect(page.locator(".run-line")).to_contain_text("Stopped at step")
    page.reload()
    stands(page)
    page.locator("#tab-steps-button").click()
    page.locator(".reverse[data-run=stopped]").wait_for()
    assert open_id(page) == stopped
    page.locator("#reverse-act", has_text="Go on from step").click()
    page.locator(".reverse[data-run=done]").wait_for(timeout=PATIENCE)
    resumed = open_id(page)
    assert resumed not in (stopped, uninterrupted)
    same = [pixels(body(page, real.address, f"picture/{one}")) for one in (resumed, uninterrupted)]
    assert np.array_equal(*same)


def test_what_was_open_is_open_again_at_its_step(see, real, run):
    page, picture = see(), run.picture
    go(page, 5)
    page.wait_for_function("JSON.parse(localStorage['atelier.reverse'] ?? '{}').index === 5")
    page.reload()
    stands(page)
    page.locator("#tab-steps-button").click()
    expect(page.locator(".player-words")).to_have_text("Step 5 of 8")
    assert open_id(page) == picture


def test_a_run_started_here_grows_while_it_is_painted_and_can_be_stopped(visit, real):
    page = visit(real.address)
    page.locator("#tab-steps-button").click()
    page.locator(".steps-tab[data-panel=reverse]").click()
    page.locator("#reverse-prompt").fill("mountains at night")
    page.locator("#reverse-paint").click()
    page.locator(".reverse[data-run=running]").wait_for()
    expect(page.locator(".run-line")).to_contain_text("Step")
    page.locator("#reverse-cancel").click()
    page.locator(".reverse:is([data-run=stopped], [data-run=done])").wait_for()
    expect(page.locator("#reverse-cancel")).to_be_hidden()
    expect(page.locator(".strip .recent.here")).to_have_count(1)


def test_a_run_of_another_tab_is_watched_while_it_is_painted(visit, real):
    page = visit(real.address)
    wish(page, "a lake", "3", "60")
    page.locator("#paint").click()
    page.locator("#watch").click()
    page.locator(".reverse[data-run=running]").wait_for()
    page.wait_for_function("Atelier.room('steps').part('reverse').run.steps.length > 3")
    go(page, 1)
    whole(page, "clean")
    expect(page.locator(".player-words")).to_have_text("Step 1 of 60")
    page.locator(".reverse[data-run=done]").wait_for(timeout=PATIENCE)
    expect(page.locator(".player-words")).to_have_text("Step 1 of 60")


def test_a_picture_whose_steps_are_gone_is_shown_and_they_are_made_again(visit, real):
    page = visit(real.address)
    picture = paint(page)
    [kept] = [path for path in real.studio.store.newest(99) if picture in path.name]
    kept.with_suffix(".steps.safetensors").unlink()
    open_steps(page, "dropped")
    expect(page.locator(".run-line")).to_contain_text("not kept any more")
    assert whole(page, "clean") == f"picture/{picture}"
    page.locator("#reverse-act", has_text="Make it again").click()
    page.locator(".reverse[data-run=done]").wait_for(timeout=PATIENCE)
    assert open_id(page) == picture
    go(page, 3)
    assert whole(page, "clean") == f"steps/{picture}/clean/3"


def test_where_no_steps_are_kept_making_it_again_is_not_offered(visit, real):
    page = visit(real.address)
    picture = paint(page)
    [kept] = [path for path in real.studio.store.newest(99) if picture in path.name]
    kept.with_suffix(".steps.safetensors").unlink()

    def as_with_no_room(route):
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"again": False})

    page.route(f"**/steps/{picture}", as_with_no_room)
    open_steps(page, "dropped")
    expect(page.locator(".run-line")).to_contain_text("not kept any more")
    expect(page.locator("#reverse-act")).to_be_hidden()


def test_a_damaged_file_of_steps_leaves_the_picture_usable(visit, real):
    page = visit(real.address)
    picture = paint(page)
    [kept] = [path for path in real.studio.store.newest(99) if picture in path.name]
    steps = kept.with_suffix(".steps.safetensors")
    steps.write_bytes(steps.read_bytes()[:1000])
    open_steps(page, "damaged")
    expect(page.locator(".run-line")).to_contain_text("cannot be read")
    assert whole(page, "clean") == f"picture/{picture}"


def test_a_star_is_kept(see, real, run):
    page = see()
    page.locator("#reverse-star").click()
    expect(page.locator("#reverse-star")).to_have_attribute("aria-pressed", "true")
    assert real.studio.steps.table(run.picture, run.owner)["starred"]
    page.locator("#reverse-star").click()
    expect(page.locator("#reverse-star")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_the_film_of_a_run_ends_with_its_picture(see, real, run, kind):
    page, picture = see(), run.picture
    page.locator("#reverse-film").click()
    with page.expect_download() as download:
        page.locator(f".menu-item[data-kind={kind}]").click()
    # The studio reads no GIF from anybody; what it has written itself is read here.
    film = (GifImageFile if kind == "gif" else Image.open)(download.value.path())
    delivered = pixels(body(page, real.address, f"picture/{picture}")).astype(int)
    if kind == "png":
        assert film.width == 9 * (256 + 8) + 8
        last = np.asarray(film)[8:264, film.width - 264 : film.width - 8]
        assert np.array_equal(last, delivered)
    else:
        assert film.n_frames > 5
        film.seek(film.n_frames - 1)
        assert abs(np.asarray(film.convert("RGB")).astype(int) - delivered).mean() < 8


def test_while_another_film_is_made_the_page_says_so_and_asks_again(see, visit):
    page, told = see(), []

    def busy_once(route):
        if told:
            route.continue_()
            return
        told.append("busy")
        route.fulfill(
            status=503,
            headers={"Retry-After": "1"},
            json={"field": "", "message": "Another film is being made.", "hint": "Trying again."},
        )

    page.route("**/film?kind=webp", busy_once)
    page.locator("#reverse-film").click()
    with page.expect_download():
        page.locator(".menu-item[data-kind=webp]").click()
        expect(page.locator(".menu-told")).to_have_text("Another film is being made. Trying again.")
    expect(page.locator(".menu-told")).to_be_hidden()
    assert [one for one in visit.complaints if "503" not in one] == []
    visit.complaints.clear()


def test_another_browser_sees_nothing_of_a_run(visit, see, real, run):
    page, picture = see(), run.picture
    stranger = visit(real.address)
    for path in (
        "",
        "/clean/3",
        "/noisy/0?quick=1",
        f"/against/{picture}",
        "/film?kind=gif",
        "/word/1/2",
    ):
        assert page.request.get(f"{real.address}steps/{picture}{path}").status == 200, path
        assert stranger.request.get(f"{real.address}steps/{picture}{path}").status == 404, path
    assert stranger.request.post(f"{real.address}steps/{picture}/star?on=1").status == 404


def test_steps_out_of_range_are_clamped_and_unknown_views_refused(see, real, run):
    """Row B8."""
    page, picture = see(), run.picture
    base = f"{real.address}steps/{picture}"
    last = pixels(page.request.get(f"{base}/clean/99999999999999999999").body())
    assert np.array_equal(last, pixels(body(page, real.address, f"picture/{picture}")))
    first = pixels(page.request.get(f"{base}/clean/-5").body())
    assert np.array_equal(first, pixels(page.request.get(f"{base}/clean/0").body()))
    refused = page.request.get(f"{base}/inside/0")
    assert refused.status == 422
    told = json.loads(refused.body())
    assert (told["message"], told["hint"]) == (
        "There is no view 'inside'.",
        "Choose one of: noisy, clean, noise, change.",
    )


def test_on_a_phone_one_view_is_large_and_the_others_a_tap_away(see):
    page = see(**PHONE)
    go(page, 4)
    shown = page.locator(".figure .plate:visible")
    expect(shown).to_have_count(1)
    assert shown.bounding_box()["width"] > 340
    page.locator(".views-narrow .view[data-view=noise]").click()
    expect(page.locator(".figure .plate:visible")).to_have_attribute("data-view", "noise")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_two_runs_are_compared_one_large_picture_at_a_time(see, painted):
    painted(seed=3)
    page = see(**PHONE)
    page.locator("#reverse-compare").click()
    page.locator(".against[data-state=ready]").wait_for()
    shown = page.locator(".trio .plate:visible")
    for plate in ("a", "b", "under"):
        page.locator(f".against .view[data-plate={plate}]").click()
        expect(shown).to_have_count(1)
        expect(shown).to_have_attribute("data-view", plate)
        assert shown.bounding_box()["width"] > 340
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
