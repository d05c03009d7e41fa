"""What a tab is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

if TYPE_CHECKING:
    from studio.service import Studio


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the page.

    Attributes:
        name: Its id in the page, lower case.
        title: What the bar shows, English.
        build: Draws the tab where the page stands now and connects it to the studio.
    """

    name: str
    title: str
    build: Callable[["Studio", gr.Blocks], object]
