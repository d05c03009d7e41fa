"""The commands that paint nothing new: reproduce, models, serve."""

import argparse
import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Any

from studio.cli.codes import DONE, FAILED
from studio.core.settings import Settings


def add_commands(commands: Any) -> None:
    """Tell the parser of them."""
    again = commands.add_parser("reproduce", help="make a picture again from its file, and compare")
    again.set_defaults(command=reproduce)
    again.add_argument("picture", type=Path, metavar="X.png")

    shelf = commands.add_parser("models", help="list the models, or fetch one")
    shelf.set_defaults(command=models)
    shelf.add_argument("--get", metavar="NAME", help="Fetch this model from the hub.")

    page = commands.add_parser("serve", help="open the studio in the browser")
    page.set_defaults(command=serve)
    page.add_argument("--host", help="Address to listen on.")
    page.add_argument("--port", type=_port, help="TCP port to listen on; 0 takes any free one.")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, got {text[:40]!r}")
    return int(text)


def reproduce(options: argparse.Namespace, settings: Settings, studio: Any) -> int:
    """Make a picture again and say whether it is the same; the exit code."""
    with contextlib.closing(studio(settings)) as opened:
        verdict = opened.reproduce(options.picture)
    if verdict.identical:
        print("identical")
        return DONE
    print(
        f"differs: max {verdict.max_difference}, PSNR {verdict.psnr:.1f} dB, "
        f"because {'; '.join(verdict.reasons)}"
    )
    return FAILED


def models(options: argparse.Namespace, settings: Settings, studio: Any) -> int:
    """List the models, or fetch one; the exit code."""
    with contextlib.closing(studio(settings)) as opened:
        catalog = opened.catalog
        if options.get:
            print(catalog.get(options.get))
            return DONE
        lines = [("NAME", "TITLE", "STATE", "DISK", "LICENCE", "SIZES")]
        for name, card in catalog.cards.items():
            state = "here" if catalog.here(name) else "not here"
            sizes = " ".join(f"{width}x{height}" for width, height in card.sizes.values())
            disk = f"{card.gigabytes:.2g} GB"
            lines.append((name, card.title, state, disk, card.licence, sizes))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    return DONE


def serve(options: argparse.Namespace, settings: Settings, studio: Any) -> int:
    """Open the page, until Ctrl+C; the exit code."""
    # Read by gradio and the hub's library when they are imported: nothing is reported, nothing is asked for.
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from studio.ui import app

    wished = {name: getattr(options, name) for name in ("host", "port")}
    chosen = {name: value for name, value in wished.items() if value is not None}
    with contextlib.closing(studio(dataclasses.replace(settings, **chosen))) as opened:
        app.serve(opened, lambda address: print(f"Atelier is open at {address}", flush=True))
    return DONE
