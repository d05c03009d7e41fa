"""Weight differences of low rank: a second model stored as a share of the first (Hu et al. 2021, arXiv:2106.09685).

A layer's weight W becomes W + B A, with A (rank, inputs) and B (outputs, rank); a convolution's A keeps its window, its B is 1x1.
The file is laid out as diffusers' LoRA, `unet.<layer>.lora_A.weight` and `unet.<layer>.lora_B.weight` at scale 1. Here the
differences are added once, at load, and cost nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from studio.core.errors import ModelUnavailable
from studio.models.inspection import DIFFERENCES, inspect_adapter

Factors = dict[str, tuple[Tensor, Tensor]]
"""Layer name -> A and B."""

PREFIX = "unet."
SUFFIXES = (".lora_A.weight", ".lora_B.weight")


def layers(module: nn.Module) -> dict[str, nn.Linear | nn.Conv2d]:
    """The layers that can have a difference, by name: linear ones and convolutions."""
    return {
        name: layer
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    }


def difference(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    """B A, in the shape of the weight it is added to."""
    return (b.flatten(1) @ a.flatten(1)).view(weight.shape)


def no_difference(module: nn.Module, rank: int, random: torch.Generator) -> Factors:
    """Factors to begin with: A random, as large as a new layer's weights, B zero.

    Args:
        rank: Largest rank; a small layer gets no more than its own.
    """
    factors: Factors = {}
    for name, layer in layers(module).items():
        outputs, *inputs = layer.weight.shape
        width = layer.weight[0].numel()
        r = min(rank, outputs, width)
        a = torch.randn(r, *inputs, generator=random) / width**0.5
        factors[name] = (a, torch.zeros(outputs, r, *(1 for _ in inputs[1:])))
    return factors


def save(folder: Path, factors: Factors, about: Mapping[str, str]) -> None:
    """Write factors in bfloat16, with what there is to say about them."""
    from safetensors.torch import save_file

    tensors = {
        PREFIX + name + suffix: tensor.detach().to(torch.bfloat16).contiguous()
        for name, pair in factors.items()
        for suffix, tensor in zip(SUFFIXES, pair, strict=True)
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / DIFFERENCES, metadata=dict(about))
    (folder / DIFFERENCES).chmod(0o644)  # safetensors writes 0600.


def read(folder: Path) -> Factors:
    """Read what `save` wrote, in float32.

    Raises: ModelUnavailable when the file is missing, damaged, or holds something else.
    """
    from safetensors.torch import load_file

    inspect_adapter(folder)
    tensors = load_file(folder / DIFFERENCES)
    names = [key.removesuffix(SUFFIXES[0]) for key in tensors if key.endswith(SUFFIXES[0])]
    if set(tensors) != {name + suffix for name in names for suffix in SUFFIXES}:
        raise _foreign("its halves do not pair up")
    factors: Factors = {}
    for name in names:
        a, b = (tensors[name + suffix].float() for suffix in SUFFIXES)
        if not torch.isfinite(a.sum() + b.sum()):
            raise _foreign(f"{name} is not a number")
        factors[name.removeprefix(PREFIX)] = (a, b)
    return factors


@torch.no_grad()
def merge(module: nn.Module, folder: Path) -> None:
    """Add the differences in a folder to a module's weights, in place.

    Raises: ModelUnavailable when they do not fit.
    """
    known = layers(module)
    for name, (a, b) in read(folder).items():
        layer = known.get(name)
        if layer is None:
            raise _foreign(f"there is no layer {name}")
        weight = layer.weight
        if b.shape[1] != len(a) or (len(b), *a.shape[1:]) != tuple(weight.shape):
            raise _foreign(f"{name} has another shape")
        sum_ = weight.float() + difference(a, b, weight).to(weight.device)
        weight.copy_(sum_)


def _foreign(reason: str) -> ModelUnavailable:
    return ModelUnavailable(
        "The model's {component} could not be loaded.",
        hint="Its files do not fit together ({reason}). Get the model again.",
        component=DIFFERENCES,
        reason=reason[:120],
    )
