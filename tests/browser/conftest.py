"""A real browser, a real server; the studio behind it is the stand-in, or the real one where a test asks for `real`."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio.core.settings import Settings
from studio.service import Studio
from studio.ui.app import launch
from tests.ui.fake_studio import FakeStudio

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


# Playwright's event loop runs while its browser lives; tests of other rooms need theirs.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The stand-in studio, served."""
    studio = FakeStudio(tmp_path_factory.mktemp("fake"))
    page, address = launch(studio, prevent_thread_lock=True)
    yield SimpleNamespace(studio=studio, address=address)
    page.close(verbose=False)


@pytest.fixture(autouse=True)
def _calm(fake: SimpleNamespace) -> None:
    fake.studio.pace, fake.studio.full, fake.studio.broken, fake.studio.ahead = (
        0.02,
        False,
        False,
        0,
    )


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The real studio, served."""
    # Shared, so that every visitor is somebody new: on a workstation all pictures are one person's.
    studio = Studio(Settings(home=tmp_path_factory.mktemp("real"), port=0, shared=True))
    studio.start()
    page, address = launch(studio, prevent_thread_lock=True)
    yield SimpleNamespace(studio=studio, address=address)
    page.close(verbose=False)
    studio.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens an address as somebody new: `visit(address, locale="zh-CN")` gives a page that stands.

    At the end nothing may have gone to another host and the console must be free of errors.
    """
    contexts, complaints = [], []

    def open_page(address: str, **options: Any) -> Any:
        viewport = options.pop("viewport", {"width": 1440, "height": 900})
        context = chromium.new_context(viewport=viewport, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:", "blob:"))
                else complaints.append(f"elsewhere: {request.url}")
            ),
        )
        page.goto(address)
        stands(page)
        return page

    open_page.complaints = complaints  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def stands(page: Any) -> None:
    """Wait until the page is drawn and its memory restored."""
    # The tab in view is the one that was open before.
    page.locator(".strip > *").first.wait_for(state="attached")
    page.locator("#field-style .option").first.wait_for(state="attached")
    page.wait_for_function("document.documentElement.dataset.arrived === 'yes'")
