"""Look at model files before anything is loaded from them: only known classes, only safetensors, whole files, no code.

Each finding names the file and the next move.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from studio.core.errors import ModelUnavailable

LOADABLE = frozenset(
    {
        "UNet2DConditionModel",
        "AutoencoderKL",
        "PatchAutoencoder",
        "CLIPTextModel",
        "CLIPTextModelWithProjection",
        "CLIPTokenizer",
        "CLIPTokenizerFast",
    }
)
"""Classes the studio loads weights into; anything else in a model folder is left alone."""

MAX_HEADER = 100_000_000
"""Largest safetensors header, bytes; the format's own limit."""

DIFFERENCES = "pytorch_lora_weights.safetensors"
"""File of weight differences in an adapter's folder; the name other programs look for."""

BASE = "base"
"""Key of the differences' metadata: fingerprint of the UNet they are added to."""


def inspect(folder: Path, components: tuple[str, ...]) -> None:
    """Check that a folder in diffusers' layout holds these components, whole and harmless.

    Raises: ModelUnavailable, naming the file and what to do.
    """
    index = folder / "model_index.json"
    classes = _json(index)
    code = next(folder.rglob("*.py"), None)
    if code is not None:
        raise ModelUnavailable(
            "The model brings program code along ({file}), which the studio never runs.",
            hint="Use a model that consists of weights alone.",
            file=code.relative_to(folder).as_posix(),
        )
    for component in components:
        entry = classes.get(component)
        name = entry[-1] if isinstance(entry, list) and entry else None
        if name not in LOADABLE:
            raise ModelUnavailable(
                "The model's {component} is of a kind the studio does not load: {name}.",
                hint="Choose a model from the list.",
                component=component,
                name=str(name)[:60],
            )
        if component.startswith("tokenizer"):
            continue
        files = sorted((folder / component).glob("*.safetensors"))
        if not files:
            raise ModelUnavailable(
                "The model's {component} has no safetensors weights.",
                hint="Other weight formats can run code when opened and are refused.",
                component=component,
            )
        for file in files:
            _check_weights(file)


def inspect_adapter(folder: Path) -> str:
    """Check that an adapter's folder holds a whole file of weight differences.

    Returns: fingerprint of the UNet they were made for; "" when the file does not say.
    Raises: ModelUnavailable when it is missing or damaged.
    """
    file = folder / DIFFERENCES
    if not file.is_file():
        raise ModelUnavailable(
            "The model is not complete: {file} is missing.",
            hint="Get it again: python -m studio models --get NAME.",
            file=f"{folder.name}/{file.name}",
        )
    about = _check_weights(file).get("__metadata__")
    return str(about.get(BASE, "")) if isinstance(about, dict) else ""


def fingerprint(folder: Path) -> str:
    """First 16 hex digits of a SHA-256 over a built-in model's files: names and contents.

    Files of the folder itself and of the parts its index names; adapters beside them are models of their own.
    """
    digest = hashlib.sha256()
    parts = _parts(folder)
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts
        if len(inside) > 1 and parts is not None and inside[0] not in parts:
            continue
        if file.suffix in (".safetensors", ".json") and file.is_file():
            digest.update(file.relative_to(folder).as_posix().encode())
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]


def _parts(folder: Path) -> frozenset[str] | None:
    """Names of the parts in a model's index; None where there is no index."""
    try:
        return frozenset(_json(folder / "model_index.json"))
    except ModelUnavailable:
        return None


def _json(file: Path) -> dict[str, object]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ModelUnavailable(
            "The model is not complete: {file} is missing.",
            hint="Get it again: python -m studio models --get NAME.",
            file=file.name,
        ) from None
    except (OSError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _damaged(file)
    return content


def _check_weights(file: Path) -> dict[str, Any]:
    """The safetensors frame: header length, header, and a body exactly as long as the header says. Returns the header."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > min(size - 8, MAX_HEADER):
            raise _damaged(file)
        try:
            header: dict[str, Any] = json.loads(stream.read(length))
            ends = [
                entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"
            ]
            whole = size == 8 + length + max(ends, default=0)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
            raise _damaged(file) from None
    if not whole:
        raise _damaged(file)
    return header


def _damaged(file: Path) -> ModelUnavailable:
    return ModelUnavailable(
        "The model file {file} is damaged or incomplete.",
        hint="Delete it and get the model again.",
        file=f"{file.parent.name}/{file.name}",
    )
