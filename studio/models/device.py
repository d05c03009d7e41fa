"""Where models run and in which number format, chosen for the machine at hand."""

import torch


def best_device(wish: str = "auto") -> str:
    """The device as torch writes it: the wish, or the fastest there is."""
    if wish != "auto":
        return wish
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def best_dtype(wish: str, device: str, *, built_in: bool) -> torch.dtype:
    """The number format: the wish, or what is fast and safe there.

    On a CPU bfloat16 pays only where the processor computes in it. Hub models were trained for float16, palette for bfloat16.
    """
    if wish != "auto":
        return {
            "float32": torch.float32,
            "bfloat16": torch.bfloat16,
            "float16": torch.float16,
        }[wish]
    if device == "cpu":
        fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        return torch.bfloat16 if fast else torch.float32
    if device.startswith("cuda") and built_in and torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float16
