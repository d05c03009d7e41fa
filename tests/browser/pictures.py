"""What the tests of tabs that begin with a picture do: open a tab, bring a picture, draw, look at what was drawn."""

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import expect

SIZE = (300, 200)


def landscape(size: tuple[int, int] = SIZE) -> Image.Image:
    """Sky, ground and a sun."""
    picture = Image.new("RGB", size, "#87b5e0")
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, size[1] * 2 // 3, *size], fill="#5b8a4a")
    draw.ellipse([size[0] * 0.7, 20, size[0] * 0.7 + 40, 60], fill="#fff1b8")
    return picture


def file(picture: Image.Image, name: str = "picture.png") -> dict[str, Any]:
    """A picture as a file input takes it."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": out.getvalue()}


def open_tab(page: Any, name: str) -> None:
    """Open a tab and wait until it is drawn."""
    page.locator(f"#tab-{name}-button").click()
    page.locator(f"#{name}-stage .strip > *").first.wait_for()
    page.locator(f"#{name}-field-style .option").first.wait_for()


def bring(page: Any, tab: str, picture: Image.Image | None = None) -> None:
    """Choose a file in a tab and wait until the studio has it."""
    chosen = file(picture or landscape())
    page.locator(f"#{tab}-field-source input[type=file]").first.set_input_files(chosen)
    has_picture(page, tab)


def has_picture(page: Any, tab: str) -> None:
    """Wait until a tab has its picture."""
    expect(page.locator(f"#{tab}-field-source .source")).to_have_attribute("data-state", "full")


def write(page: Any, tab: str, words: str) -> None:
    page.locator(f"#{tab}-field-prompt textarea").fill(words)


def paint(page: Any, tab: str, count: int = 1) -> None:
    """Press Paint and wait for the pictures."""
    page.locator(f"#{tab}-paint").click()
    expect(page.locator(f"#{tab}-stage .cell.ready")).to_have_count(count)


def last_recipe(fake: Any) -> Any:
    return list(fake.studio.runs.values())[-1].recipe


def stroke(page: Any, start: tuple[float, float], end: tuple[float, float], tab: str = "inpaint"):
    """Draw a line with the mouse; places are shares of the sheet as it is shown."""
    box = page.locator(f"#{tab} .sheet, #tab-{tab} .sheet[tabindex]").first.bounding_box()

    def at(place: tuple[float, float]) -> tuple[float, float]:
        return box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"]

    page.mouse.move(*at(start))
    page.mouse.down()
    page.mouse.move(*at(end), steps=8)
    page.mouse.up()


def drawn(page: Any, part: str = "mask", tab: str = "inpaint") -> Image.Image:
    """What is on the sheet, as it would be sent."""
    data = page.evaluate(
        """async ([tab, part]) => {
            const blob = await Atelier.room(tab).part(part).canvas.flat();
            return [...new Uint8Array(await blob.arrayBuffer())];
        }""",
        [tab, part],
    )
    return Image.open(io.BytesIO(bytes(data))).convert("L")


def until(page: Any, condition: str, argument: Any = None) -> None:
    """Wait for a condition that must itself be waited for."""
    page.evaluate(
        f"""async (argument) => {{
            const condition = {condition};
            while (!(await condition(argument))) await new Promise(requestAnimationFrame);
        }}""",
        argument,
    )


def white(mask: Image.Image) -> int:
    """Pixels to paint anew."""
    return sum(mask.point(lambda value: value >= 128).getdata())


def saved(folder: Path, picture: Image.Image, name: str) -> Path:
    picture.save(folder / name)
    return folder / name
