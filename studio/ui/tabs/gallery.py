"""The tab with every picture of every tab, newest first; the browser draws it (assets/ui/gallery) and asks `ui/gallery.py`."""

from typing import TYPE_CHECKING

import gradio as gr

from studio.core.recipes import RECIPES
from studio.ui.form import part
from studio.ui.tabs.tab import Tab
from studio.ui.visitor import BARE_COOKIE

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures

KINDS = {
    "text_to_image": "Text to image",
    "image_to_image": "Stylise",
    "inpaint": "Inpaint",
    "outpaint": "Beyond the edge",
    "recover": "There and back",
}
"""What the kinds of recipe are called when pictures are looked for."""


class GalleryTab:
    """The tab, drawn where the page stands."""

    def __init__(self, studio: "Studio", page: gr.Blocks, pictures: "Pictures") -> None:
        kinds = [{"name": name, "title": KINDS[name]} for name in RECIPES]
        part("gallery", elem_id="gallery-part", kinds=kinds, cookie=BARE_COOKIE)


TAB = Tab("gallery", "Gallery", (), GalleryTab)
