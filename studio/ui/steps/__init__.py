"""The step viewer's panels, in the order they stand, and their addresses."""

from typing import TYPE_CHECKING

from starlette.routing import Route

from studio.ui.steps import forward, learn, recover, retaking, reverse
from studio.ui.steps.panel import Endpoint, Panel

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures

PANELS: tuple[Panel, ...] = (forward.PANEL, reverse.PANEL, recover.PANEL, learn.PANEL)


def routes(studio: "Studio", pictures: "Pictures") -> list[Route]:
    """The addresses of all panels, to stand before Gradio's."""
    return [route for panel in PANELS for route in panel.routes(studio, pictures)]


def endpoints(studio: "Studio", pictures: "Pictures") -> dict[str, Endpoint]:
    """What programs may call, by name."""
    panels = {
        name: function
        for panel in PANELS
        for name, function in panel.endpoints(studio, pictures).items()
    }
    return panels | retaking.endpoints(studio)
