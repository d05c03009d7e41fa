"""A model that counts what it is asked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from studio.core.settings import Settings
from studio.diffusion.questions import Context
from studio.models.card import ModelCard
from studio.models.catalog import load


class Counted:
    """A loaded model, with everything it promises; every forward pass is counted by its rows' jobs.

    Attributes:
        rows: Rows denoised so far.
        decoded: Latents decoded so far.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._lock = threading.Lock()
        self.rows = 0
        self.decoded = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def denoise(self, x: Tensor, t: Tensor, contexts: Sequence[Context]) -> Tensor:
        with self._lock:
            self.rows += len(x)
        return self._model.denoise(x, t, contexts)

    def decode(self, x: Tensor) -> Any:
        with self._lock:
            self.decoded += len(x)
        return self._model.decode(x)


def counting(name: str, card: ModelCard, folder: Path, settings: Settings) -> Any:
    """Loads a model as the catalog does, and counts."""
    return Counted(load(name, card, folder, settings))
