"""Settings of one studio: where it keeps pictures, where it listens, how much one person may ask for.

Read once from the environment; everything below takes them as an argument.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from studio.core.errors import StudioError


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set from outside.

    Attributes:
        home: Folder of the pictures; None = "Atelier" in the person's pictures folder, or /data on a Space.
        models: Folder of the built-in models.
        host: Address to listen on.
        port: TCP port to listen on.
        device: "auto", "cpu", "cuda", "cuda:1", "mps" ...
        dtype: "auto", "float32", "bfloat16" or "float16".
        memory_gib: Memory the loaded models may take together, GiB.
        pictures_per_owner: Unfinished pictures one owner may have.
        pictures_total: Unfinished pictures in all.
        steps_gib: Disk the steps kept beside pictures may take together, GiB; 0 keeps none.
        max_minutes: Longest estimated work of one click, minutes.
        hosted: True on a shared host such as a Space.
        shared: Others reach the studio through a proxy on this machine.
    """

    home: Path | None = None
    models: Path = Path(__file__).resolve().parents[2] / "assets" / "models"
    host: str = "127.0.0.1"
    port: int = 7860
    device: str = "auto"
    dtype: str = "auto"
    memory_gib: float = 16.0
    pictures_per_owner: int = 32
    pictures_total: int = 128
    steps_gib: float = 4.0
    max_minutes: float = 30.0
    hosted: bool = False
    shared: bool = False

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> Self:
        """Settings from STUDIO_* variables; on a Space, listens to all addresses.

        Raises: StudioError when a number is not one, or out of bounds.
        """
        hosted = "SPACE_ID" in env
        default = cls()
        return cls(
            home=Path(env["STUDIO_HOME"]).expanduser() if env.get("STUDIO_HOME") else None,
            host=env.get("STUDIO_HOST")
            or env.get("GRADIO_SERVER_NAME")
            or ("0.0.0.0" if hosted else default.host),
            port=_whole(env, "STUDIO_PORT", _whole(env, "GRADIO_SERVER_PORT", 7860, 65535), 65535),
            device=env.get("STUDIO_DEVICE", default.device),
            dtype=env.get("STUDIO_DTYPE", default.dtype),
            memory_gib=_number(env, "STUDIO_MEMORY_GIB", 16.0),
            pictures_per_owner=_whole(env, "STUDIO_PICTURES_PER_OWNER", 32),
            pictures_total=_whole(env, "STUDIO_PICTURES_TOTAL", 128),
            steps_gib=_number(env, "STUDIO_STEPS_GIB", 4.0),
            max_minutes=_number(env, "STUDIO_MAX_MINUTES", 5.0 if hosted else 30.0),
            hosted=hosted,
            shared=bool(_whole(env, "STUDIO_SHARED", 0, 1)),
        )

    @property
    def workstation(self) -> bool:
        """Nobody but whoever sits at this machine can reach the studio."""
        alone = not self.hosted and not self.shared
        return alone and self.host in ("127.0.0.1", "localhost", "::1")


def _whole(env: Mapping[str, str], name: str, default: int, highest: int = 2**31) -> int:
    return int(_number(env, name, default, highest))


def _number(env: Mapping[str, str], name: str, default: float, highest: float = 2.0**31) -> float:
    """A variable as a number from 0 to `highest`; the default when it is unset or empty."""
    text = env.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= highest:  # Also refuses "nan", which compares as neither.
        raise StudioError(
            "{name} must be a number from 0 to {highest}, got {value}.",
            hint="Change the variable or remove it; then start again.",
            name=name,
            highest=int(highest),
            value=repr(text[:40]),
        )
    return value
