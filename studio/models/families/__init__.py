"""Code that runs models, one file per family."""

from typing import TYPE_CHECKING

from studio.core.registry import Registry

if TYPE_CHECKING:
    from studio.models.families.unet import UNetModel


def _unet() -> "type[UNetModel]":
    from studio.models.families.unet import UNetModel

    return UNetModel


def _sdxl() -> "type[UNetModel]":
    from studio.models.families.sdxl import SDXLModel

    return SDXLModel


FAMILIES = Registry("family", {"unet": _unet, "sdxl": _sdxl})
"""Family name -> function that imports and gives the class; importing this module loads no torch."""
