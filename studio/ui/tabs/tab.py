"""What a tab is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the page.

    Attributes:
        name: Its id in the page, lower case.
        title: What the bar shows, English.
        kinds: The kinds of recipe it paints.
        build: Draws the tab where the page stands now and connects it to the studio.
    """

    name: str
    title: str
    kinds: tuple[str, ...]
    build: Callable[["Studio", gr.Blocks, "Pictures"], object]
