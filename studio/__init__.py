"""Atelier: an art studio in which every step of diffusion can be seen and steered.

Importing this package loads neither torch nor gradio; the public names below arrive on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.there_and_back import Noised as Noised
    from studio.there_and_back import diffuse as diffuse
    from studio.there_and_back import recover as recover

__version__ = "0.1.0"

_LATER = dict.fromkeys(("Noised", "diffuse", "recover"), "studio.there_and_back")


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'studio' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LATER])
