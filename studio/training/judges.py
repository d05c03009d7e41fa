"""The judges: two small networks that name what is in a picture and how it is painted.

They have seen renders of the painted world only. `SceneJudge` looks at the whole picture at three quarters of its size and names
place, time of day and subject; `TouchJudge` looks at full-size strokes, wherever they are, and names the style. Their last
features, side by side, measure distances between pictures.

Residual networks (He et al. 2016, arXiv:1512.03385), small enough to be trained on one processor core.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.training.judge_data import NAMES


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut; `stride` 2 halves the picture."""

    def __init__(self, channels: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(out)
        self.second = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(out)
        same = channels == out and stride == 1
        pool = nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
        narrow = nn.Conv2d(channels, out, 1, bias=False)
        self.shortcut = nn.Identity() if same else nn.Sequential(pool, narrow)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) to (B, out, h / stride, w / stride)."""
        y = F.relu(self.first_norm(self.first(x)))
        return F.relu(self.second_norm(self.second(y)) + self.shortcut(x))


class Judge(nn.Module):
    """What both judges share: pictures to features to answers.

    Attributes:
        view: Size at which it looks, as a share of the picture's.
        window: Share of a picture's side that it is shown in training.
        questions: Keys of `NAMES` that it answers.
    """

    view: float
    window: float
    questions: tuple[str, ...]
    heads: nn.ModuleDict

    def features(self, pixels: Tensor) -> Tensor:
        """What the answers are drawn from, (B, features), for pixels (B, 3, h, w) about [-1, 1]."""
        raise NotImplementedError

    def answers(self, features: Tensor) -> dict[str, Tensor]:
        """Logits (B, names) for each of its questions."""
        return {question: head(features) for question, head in self.heads.items()}

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """Logits (B, names) for each of its questions."""
        return self.answers(self.features(pixels))

    def seen(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pictures (B, H, W, 3) at the size it looks at, whole pixels averaged."""
        if self.view == 1:
            return np.array(pictures)
        small = [
            cv2.resize(one, None, fx=self.view, fy=self.view, interpolation=cv2.INTER_AREA)
            for one in pictures
        ]
        return np.stack(small).astype(np.uint8, copy=False)

    def pixels(self, pictures: NDArray[np.uint8]) -> Tensor:
        """Pictures (B, H, W, 3) uint8 to what it reads: (B, 3, view H, view W) in [-1, 1], on its device."""
        device = next(self.parameters()).device
        x = torch.from_numpy(self.seen(pictures)).to(device).permute(0, 3, 1, 2)
        return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def _heads(questions: tuple[str, ...], features: int) -> nn.ModuleDict:
    return nn.ModuleDict({one: nn.Linear(features, len(NAMES[one])) for one in questions})


class SceneJudge(Judge):
    """Names what is in a picture; it learns the style too, so as not to take strokes for things, but is not asked."""

    view, window = 0.75, 7 / 8
    questions = tuple(NAMES)

    def __init__(self, widths: tuple[int, int, int] = (48, 96, 192), features: int = 192) -> None:
        super().__init__()
        a, b, c = widths
        self.body = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, a, 3, 2, 1, bias=False), nn.BatchNorm2d(a), nn.ReLU(),
            Residual(a, a), Residual(a, b, 2), Residual(b, b), Residual(b, c, 2), Residual(c, c),
        )  # fmt: skip
        self.neck = nn.Sequential(nn.Linear(2 * c, features), nn.BatchNorm1d(features), nn.ReLU())
        self.heads = _heads(self.questions, features)

    def features(self, pixels: Tensor) -> Tensor:
        """Averages and maxima over the picture, mixed."""
        cells = self.body(pixels)
        mixed: Tensor = self.neck(torch.cat([cells.mean((2, 3)), cells.amax((2, 3))], 1))
        return mixed


class TouchJudge(Judge):
    """Names how a picture is painted, from the average over windows of about 40 pixels."""

    view, window = 1.0, 3 / 8
    questions = ("style",)

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 128), features: int = 64) -> None:
        super().__init__()
        a, b, c = widths
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, a, 3, 1, 1, bias=False), nn.BatchNorm2d(a), nn.ReLU(),
            Residual(a, b, 2), Residual(b, c, 2),
        )  # fmt: skip
        self.neck = nn.Sequential(nn.Linear(c, features), nn.BatchNorm1d(features), nn.ReLU())
        self.heads = _heads(self.questions, features)

    def features(self, pixels: Tensor) -> Tensor:
        """Averages over the picture, mixed."""
        mixed: Tensor = self.neck(self.body(pixels).mean((2, 3)))
        return mixed


@dataclass(frozen=True, slots=True)
class Panel:
    """Both judges, trained."""

    scene: SceneJudge
    touch: TouchJudge


@torch.inference_mode()
def judged(
    panel: Panel, pictures: NDArray[np.uint8], batch: int = 32
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """What the judges say about pictures (N, H, W, 3), H and W multiples of 16.

    Returns: answers (N, questions), columns as in `NAMES`, and features (N, features), both judges' side by side.
    """
    answers, features = [], []
    for start in range(0, len(pictures), batch):
        said: dict[str, Tensor] = {}
        seen = []
        for judge in (panel.scene, panel.touch):
            x = judge.pixels(pictures[start : start + batch])
            with torch.autocast(x.device.type, torch.bfloat16):
                z = judge.features(x).float()
            said |= judge.answers(z)  # The touch judge's word on style is the last.
            seen.append(z)
        answers.append(torch.stack([said[one].argmax(1) for one in NAMES], 1).cpu().numpy())
        features.append(torch.cat(seen, 1).cpu().numpy())
    return np.concatenate(answers), np.concatenate(features)
