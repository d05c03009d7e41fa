"""What a panel of the step viewer is."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.routing import Route

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures


Endpoint = Callable[..., AsyncIterator[dict[str, Any]]]
"""A function programs may call; its first parameter, `request`, is filled in by the server."""


def _none(studio: "Studio", pictures: "Pictures") -> Mapping[str, Endpoint]:
    return {}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of the step viewer.

    Attributes:
        name: Its id, lower case; its parts have ids that begin with "steps-<name>".
        title: What the switch shows, English.
        build: Draws the panel where the page stands now and connects it to the studio.
        routes: Addresses it reads its numbers and pictures from, beside Gradio's.
        endpoints: What programs may call, by name.
    """

    name: str
    title: str
    build: Callable[["Studio", gr.Blocks, "Pictures"], object]
    routes: Callable[["Studio", "Pictures"], list[Route]]
    endpoints: Callable[["Studio", "Pictures"], Mapping[str, Endpoint]] = _none
