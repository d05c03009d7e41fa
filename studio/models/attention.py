"""Where a UNet looks while it reads the prompt: its cross-attention, caught during one pass and nowhere else.

For that pass every cross-attention layer gets a processor that notes the attention and then lets the layer's own processor
answer, so the prediction is the same; afterwards each layer has its own processor back, also when the pass fails.
Attention is softmax(Q K^T / sqrt(d)) over the tokens (Vaswani et al. 2017, eq. 1), averaged over heads and layers as in DAAM
(Tang et al. 2022, arXiv:2210.04885), one head at a time in float32, so memory holds one head's map and one sum per resolution.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from studio.diffusion.questions import Attention

GROUPS = ("fine", "middle", "coarse")
"""Layers by resolution, the finest first; all that are coarser than the second finest are "coarse"."""


@dataclass(slots=True)
class Capture:
    """Attention caught so far: the sum over layers, by resolution.

    Attributes:
        sums: Cells in a layer -> (tokens, cells), float32.
        layers: Cells in a layer -> number of layers.
    """

    sums: dict[int, Tensor] = field(default_factory=dict)
    layers: Counter[int] = field(default_factory=Counter)

    def note(self, layer: Any, states: Tensor, tokens: Tensor) -> None:
        """Add the attention of one layer.

        Args:
            layer: The `Attention` module, of diffusers.
            states: What it looks from (1, cells, channels).
            tokens: What it looks at (1, tokens, width).
        """
        seen = attention_of(layer, states[0], tokens[0]).T
        cells = seen.shape[1]
        self.sums[cells] = self.sums[cells] + seen if cells in self.sums else seen
        self.layers[cells] += 1

    def attention(self, height: int, width: int) -> Attention:
        """Averages over the layers of each group and over all, at the size of the latent.

        Raises: ValueError when a layer's resolution is none of the latent's halvings.
        """
        groups: dict[str, Tensor] = {}
        counts: Counter[str] = Counter()
        sizes = _halvings(height, width)
        for rank, cells in enumerate(sorted(self.sums, reverse=True)):
            if cells not in sizes:
                raise ValueError(f"no halving of {height} x {width} has {cells} cells")
            grown = _resized(self.sums[cells].reshape(-1, *sizes[cells]), height, width)
            names = ["all"]
            if len(self.sums) > 1:
                # With two resolutions there is nothing between fine and coarse.
                last = rank == len(self.sums) - 1
                names.append(GROUPS[2 if last else min(rank, 2)])
            for name in names:
                groups[name] = groups[name] + grown if name in groups else grown
                counts[name] += self.layers[cells]
        return Attention({name: (maps / counts[name]).cpu() for name, maps in groups.items()})


class _Noting:
    """A processor that notes the attention of its layer, then has the layer's own processor answer."""

    def __init__(self, own: Any, capture: Capture) -> None:
        self.own = own
        self._capture = capture

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        **options: Any,
    ) -> Any:
        """As diffusers calls it."""
        if encoder_hidden_states is not None:
            self._capture.note(attn, hidden_states, encoder_hidden_states)
        return self.own(
            attn,
            hidden_states,
            encoder_hidden_states=encoder_hidden_states,
            attention_mask=attention_mask,
            **options,
        )


@contextmanager
def captured(unet: nn.Module) -> Iterator[Capture]:
    """Within it, a pass of one row leaves its cross-attention in the capture; nothing of it stays behind."""
    capture = Capture()
    layers: list[Any] = [module for name, module in unet.named_modules() if name.endswith("attn2")]
    own = [layer.get_processor() for layer in layers]
    try:
        for layer, processor in zip(layers, own, strict=True):
            layer.set_processor(_Noting(processor, capture))
        yield capture
    finally:
        for layer, processor in zip(layers, own, strict=True):
            layer.set_processor(processor)


def attention_of(layer: Any, states: Tensor, tokens: Tensor) -> Tensor:
    """Attention of one layer: states (cells, channels) to tokens (tokens, width); (cells, tokens), rows sum to 1."""
    if layer.norm_cross:
        tokens = layer.norm_encoder_hidden_states(tokens[None])[0]
    query = layer.to_q(states).unflatten(1, (layer.heads, -1)).movedim(1, 0)
    key = layer.to_k(tokens).unflatten(1, (layer.heads, -1)).movedim(1, 0)
    if layer.norm_q is not None:
        query = layer.norm_q(query)
    if layer.norm_k is not None:
        key = layer.norm_k(key)
    total = torch.zeros(len(states), len(tokens), device=states.device)
    for q, k in zip(query.float(), key.float(), strict=True):
        total += (q @ k.T * q.shape[-1] ** -0.5).softmax(-1)
    return total / len(query)


def _halvings(height: int, width: int) -> dict[int, tuple[int, int]]:
    """Number of cells -> height and width, for the latent and each time it is halved, rounding up as the network does."""
    sizes = {height * width: (height, width)}
    while height * width > 1:
        height, width = -(-height // 2), -(-width // 2)
        sizes[height * width] = (height, width)
    return sizes


def _resized(maps: Tensor, height: int, width: int) -> Tensor:
    """Linear between cells: what summed to 1 over the tokens (tokens, h, w) still does."""
    return nn.functional.interpolate(maps[None], (height, width), mode="bilinear").squeeze(0)
