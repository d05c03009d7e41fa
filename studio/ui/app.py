"""The page as a whole: header, tabs, routes, and how it is served."""

import atexit
import hashlib
import html
import inspect
import json
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request

from studio import api
from studio.core.recipe import params
from studio.core.recipes import RECIPES
from studio.ui import boundary, gallery, intake, steps, words
from studio.ui.middleware import Gate
from studio.ui.pictures import Pictures
from studio.ui.routes import asset_paths, routes
from studio.ui.tabs import TABS
from studio.ui.theme import theme
from studio.ui.visitor import LANGUAGE_COOKIE, language_of, owner_of
from studio.ui.words import text

if TYPE_CHECKING:
    from studio.service import Studio

SCRIPTS = (
    "page", "rooms", "memory", "pick", "camera", "source", "canvas", "easel", "mask", "sketch", "frame", "send",
    "stage", "live", "viewer",
    "steps/steps", "steps/album", "steps/noise", "steps/levels", "steps/formula", "steps/readings", "steps/way",
    "steps/forward", "steps/runs", "steps/frames", "steps/plates", "steps/player", "steps/curves", "steps/branch",
    "steps/against", "steps/wordmap", "steps/begin", "steps/filming", "steps/reverse", "steps/recover",
    "steps/learn_math", "steps/learn_figure", "steps/learn_source", "steps/learn_papers", "steps/learn_noise",
    "steps/learn_leaps", "steps/learn_prediction", "steps/learn_guidance", "steps/learn_seeds", "steps/learn_samplers",
    "steps/learn",
    "gallery/grid", "gallery/hunt", "gallery/hand", "gallery/whole", "gallery/family", "gallery/import", "gallery/gallery",
)  # fmt: skip
"""assets/ui/<name>.js, in the order they are loaded."""

STYLES = (
    "studio",
    "pictures",
    "steps/steps",
    "steps/forward",
    "steps/reverse",
    "steps/recover",
    "steps/learn",
    "gallery/gallery",
)
"""The page's looks: everything, what tabs have that begin with a picture, the step viewer with its panels, the gallery."""


def build(studio: "Studio", pictures: Pictures | None = None) -> gr.Blocks:
    """The page and the programming interface, connected to a studio but not served.

    Args:
        studio: Who paints.
        pictures: What people bring; a new set when None.
    """
    pictures = pictures or Pictures(studio)
    _keep_copies_private()
    with gr.Blocks(
        title="Atelier", fill_width=True, analytics_enabled=False, delete_cache=(3600, 86400)
    ) as page:
        gr.HTML(
            value=None,
            html_template='<header class="top"></header>',
            js_on_load="Atelier.top(element)",
            apply_default_css=False,
            elem_id="top",
        )
        with gr.Tabs(elem_id="tabs"):
            for tab in TABS:
                with gr.Tab(text(tab.title), id=tab.name, elem_id=f"tab-{tab.name}"):
                    tab.build(studio, page, pictures)
        for kind, recipe in RECIPES.items():
            painting = api.endpoint(
                studio, recipe, request=gr.Request, owner_of=owner_of, pictures=pictures
            )
            gr.api(
                boundary.for_clients(painting),
                api_name=api.NAMES[kind],
                api_description=recipe.__doc__,
                concurrency_limit=None,
            )
        for name, function in steps.endpoints(studio, pictures).items():
            gr.api(
                boundary.for_clients(function),
                api_name=name,
                api_description=function.__doc__,
                concurrency_limit=None,
            )
    page.queue(max_size=studio.settings.pictures_total * 4, api_open=False)
    return page


def serve(studio: "Studio", announce: Callable[[str], None]) -> None:
    """Serve the page until interrupted; `announce` is told its address once it is open."""
    page, address = launch(studio, prevent_thread_lock=True)
    # Only now: loading a model keeps the processor busy for seconds, and a page that opens at once is worth more.
    studio.start()
    announce(address)
    page.block_thread()


def launch(studio: "Studio", *, prevent_thread_lock: bool = False) -> tuple[gr.Blocks, str]:
    """Serve the page where the settings say; port 0 finds a free one.

    Args:
        studio: Who paints.
        prevent_thread_lock: Return while a thread serves, instead of serving until interrupted.

    Returns: the page (close it to stop) and its address.
    """
    pictures = Pictures(studio)
    page = build(studio, pictures)
    settings = studio.settings
    public = endpoint_parameters(studio, pictures)
    gate = Middleware(
        Gate,
        decorate=_decorated,
        arity=lambda: {number: len(event.inputs) for number, event in page.fns.items()},
        endpoints=lambda: public,
        hosted=settings.hosted,
        workstation=settings.workstation,
    )
    _, address, _ = page.launch(
        server_name=settings.host,
        server_port=settings.port or _free_port(settings.host),
        theme=theme(),
        i18n=words.i18n(),
        share=False,
        ssr_mode=False,
        pwa=False,
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        footer_links=[],
        show_error=False,
        max_file_size="20mb",
        quiet=True,
        prevent_thread_lock=prevent_thread_lock,
        app_kwargs={
            "routes": [
                *intake.routes(pictures),
                *steps.routes(studio, pictures),
                *gallery.routes(studio, pictures),
                *routes(studio),
            ],
            "middleware": [gate],
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
        },
    )
    return page, address


def endpoint_parameters(studio: "Studio", pictures: Pictures) -> dict[str, tuple[str, ...]]:
    """Everything programs may call, by name, with the names of its parameters."""
    known = {api.NAMES[kind]: tuple(params(recipe)) for kind, recipe in RECIPES.items()}
    for name, function in steps.endpoints(studio, pictures).items():
        # The first one is the request, which no caller gives.
        known[name] = tuple(inspect.signature(function).parameters)[1:]
    return known


def _keep_copies_private() -> None:
    """Gradio copies pictures for programs to fetch; by default where every user of the machine may look."""
    if "GRADIO_TEMP_DIR" not in os.environ:
        folder = os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="atelier-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _decorated(request: Request, document: str) -> str:
    """The page's document with our language, style and scripts, and without what points elsewhere."""
    language = language_of(request)
    document = re.sub(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>", "", document)
    document = document.replace('lang="en"', f'lang="{language}"', 1)
    return document.replace('<meta charset="utf-8" />', _head(language), 1)


def _head(language: str) -> str:
    told: dict[str, Any] = {
        "language": language,
        "cookie": LANGUAGE_COOKIE,
        "words": words.CHINESE if language == "zh-CN" else {},
        "tabs": {kind: tab.name for tab in TABS for kind in tab.kinds},
        "titles": {tab.name: tab.title for tab in TABS},
        "thumbnails": [name for name in asset_paths() if name.endswith(".jpg")],
    }
    # "<" must not close the script it stands in.
    told_json = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    scripts = "".join(f'<script src="{_versioned(f"ui/{name}.js")}"></script>' for name in SCRIPTS)
    styles = "".join(
        f'<link rel="stylesheet" href="{_versioned(f"ui/{name}.css")}" />' for name in STYLES
    )
    return (
        '<meta charset="utf-8" /><meta name="color-scheme" content="light dark" />'
        f"<script>window.Atelier = {told_json};</script>{scripts}{styles}"
        f'<link rel="icon" type="image/svg+xml" href="{_versioned("ui/mark.svg")}" />'
    )


def _versioned(name: str) -> str:
    """A file's address with its contents' hash, so that browsers keep it until it changes."""
    digest = hashlib.sha256(asset_paths()[name].read_bytes()).hexdigest()[:12]
    return html.escape(f"./atelier/{name}?v={digest}")
