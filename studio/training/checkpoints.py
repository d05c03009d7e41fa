"""Checkpoints: a stage's whole state in one file, written whole or not at all, read without running any code in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from studio.training.data import write_atomically


def save(path: Path, state: dict[str, Any]) -> None:
    """Write tensors, numbers, lists and dictionaries of these."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda temporary: torch.save(state, temporary))


def load(path: Path) -> dict[str, Any] | None:
    """Read what `save` wrote, or None when there is nothing yet."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
