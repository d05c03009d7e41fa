"""Sharpening the decoder: an adversary that tells paint from blur, after the autoencoder has learned its latents.

L1 alone answers "some hatching here" with grey, the median of all hatchings. A small discriminator that judges patches (Isola et
al. 2017, arXiv:1611.07004) makes the decoder commit to one. It sees the picture beside the linear decoder's blurred one, so it
judges whether *these* strokes suit *this* latent. Hinge loss, spectral norm (Miyato et al. 2018, arXiv:1802.05957), feature
matching (Wang et al. 2018, arXiv:1711.11585); the adversary's weight follows the gradients (Esser et al. 2021, arXiv:2012.09841),
here taken at the pixels. Encoder and latent statistics never change: latents on disk, and a denoiser trained on them, stay valid.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from tqdm import tqdm

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training import checkpoints
from studio.training.autoencoder import reconstruction_loss, to_model
from studio.training.budget import Budget, learning_rate
from studio.training.polish import Redrawn
from studio.training.sheets import save_curve, save_sheet, to_pixels


@dataclass(frozen=True, slots=True)
class DecoderRecipe:
    """How to train.

    Attributes:
        budget: When to stop.
        batch: Crops in a step.
        crop: Side of a crop in pixels, a multiple of 16.
        peak_rate: Highest learning rate of the decoder.
        discriminator_rate: Highest learning rate of the discriminator.
        weight: Adversary's gradient at the pixels, relative to the reconstruction's; 0 trains without one.
        matching: Weight of feature matching within the adversary's part.
        start: Share of the budget that is spent without the adversary; its weight then grows over as much again.
        latent_noise: Largest standard deviation of the noise on latents; each crop draws its own, for a denoiser errs too.
        seed: Of crops and noise.
        checkpoint_minutes: Time between checkpoints; a sheet and a curve come with each.
    """

    budget: Budget
    batch: int = 8
    crop: int = 128
    peak_rate: float = 1.5e-4
    discriminator_rate: float = 1.5e-3
    weight: float = 1.4
    matching: float = 2.0
    start: float = 0.02
    latent_noise: float = 0.1
    seed: int = 0
    checkpoint_minutes: float = 3.0

    def weight_at(self, progress: float) -> float:
        """The adversary's weight when this share of the budget is spent."""
        return self.weight * min(1.0, max(0.0, progress - self.start) / max(1e-9, self.start))


class Discriminator(nn.Module):
    """Scores 8x8-pixel steps of a picture, each from the 40 pixels around it: high for painted, low for decoded."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        widths = (width, 2 * width, 3 * width)
        layers: list[nn.Module] = [spectral_norm(nn.Conv2d(24, width, 3, padding=1))]
        for before, after in zip(widths, widths[1:], strict=False):
            layers.append(spectral_norm(nn.Conv2d(before, after, 4, stride=2, padding=1)))
        layers.append(spectral_norm(nn.Conv2d(widths[-1], widths[-1], 3, padding=1)))
        self.layers = nn.ModuleList(layers)
        self.score = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, picture: Tensor, blurred: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Judge pictures (B, 3, H, W) beside their blurred versions, same shape.

        Returns: scores (B, 1, H/8, W/8) and the features of every layer.
        """
        # Texture is a tenth of the picture's contrast: shown by itself and enlarged it is learned ten times sooner.
        both = torch.cat([4 * (picture - blurred), blurred], 1)
        x, features = F.pixel_unshuffle(both, 2).contiguous(memory_format=torch.channels_last), []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.score(x), features


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    """What the discriminator lowers: scores of painted pictures beyond 1, of decoded ones below -1."""
    return F.relu(1 - real.float()).mean() + F.relu(1 + fake.float()).mean()


def matching_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Mean distance of features relative to their size, so that every layer counts the same."""
    terms = [
        (a.float() - b.float()).abs().mean() / (a.float().abs().mean() + 1e-6)
        for a, b in zip(real, fake, strict=True)
    ]
    return torch.stack(terms).mean()


def crops(parts: list[np.ndarray], count: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """Random crops (count, side, side, 3) of pictures of any size, on the grid of 16 pixels, half of them mirrored."""
    lengths = np.array([len(part) for part in parts])
    cut = []
    for part in rng.choice(len(parts), count, p=lengths / lengths.sum()):
        pictures = parts[part]
        row = int(rng.integers(len(pictures)))
        top, left = (int(rng.integers((s - side) // 16 + 1)) * 16 for s in pictures.shape[1:3])
        crop = pictures[row, top : top + side, left : left + side]
        cut.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
    return np.stack(cut)


def blurred(autoencoder: PatchAutoencoder, z: Tensor) -> Tensor:
    """What the linear decoder alone makes of latents (B, C, h, w): pixels (B, 3, 16 h, 16 w) without fine texture."""
    raw = z * autoencoder.latent_std + autoencoder.latent_mean
    return F.pixel_shuffle(autoencoder.linear_decoder(raw), autoencoder.config.downscale)


class DecoderTraining:
    """One resumable training run; with a budget in steps it ends the same however often it was stopped.

    Attributes:
        model: The autoencoder, float32; only its decoder changes.
        discriminator: The adversary.
        step: Steps done.
        seconds: Time spent training, over all runs.
        curves: By name, (step, value) points: reconstruction loss, discriminator's loss.
    """

    def __init__(
        self,
        model: PatchAutoencoder,
        recipe: DecoderRecipe,
        parts: list[np.ndarray],
        shown: np.ndarray,
        folder: Path,
        device: torch.device,
        redrawn: Redrawn | None = None,
    ) -> None:
        """Take up the checkpoint in `folder` if there is one.

        Args:
            model: The autoencoder to sharpen.
            recipe: How.
            parts: Training pictures, uint8 (N, H, W, 3) each, sides at least `recipe.crop`.
            shown: Pictures (N, H, W, 3) of the sheet, best held out.
            folder: For checkpoint, curves and sheet.
            device: Where to train.
            redrawn: Pictures as a denoiser would make them; every second crop is then one of these, and `shown` are the first.

        Raises: ValueError when the checkpoint was trained for another encoder.
        """
        self.recipe, self.parts, self.shown, self.folder = recipe, parts, shown, folder
        self.device, self.redrawn = device, redrawn
        self.model: PatchAutoencoder = model
        self.model.to(device, memory_format=torch.channels_last)
        self.before = self._round_trips()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.discriminator = Discriminator()
        self.discriminator.to(device)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_("decoder" in name)
        self.trained = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.trained, recipe.peak_rate, betas=(0.5, 0.99), weight_decay=1e-4, fused=True
        )
        self.discriminator_optimizer = torch.optim.AdamW(
            self.discriminator.parameters(),
            recipe.discriminator_rate,
            betas=(0.5, 0.99),
            weight_decay=1e-4,
            fused=True,
        )
        self.step, self.seconds = 0, 0.0
        self.curves: dict[str, list[tuple[float, float]]] = {"reconstruction": [], "adversary": []}
        self._resume()

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self.folder / "decoder.pt"

    def _resume(self) -> None:
        state = checkpoints.load(self.checkpoint)
        if state is None:
            return
        mine = self.model.state_dict()
        for name, tensor in state["model"].items():
            if "decoder" not in name and not torch.equal(tensor, mine[name].cpu()):
                raise ValueError(
                    f"{self.checkpoint} was trained for another encoder ({name} differs); delete it to start anew."
                )
        self.model.load_state_dict(state["model"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.discriminator_optimizer.load_state_dict(state["discriminator_optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.curves = {
            name: [(a, b) for a, b in points] for name, points in state["curves"].items()
        }

    def save(self) -> None:
        """Write the checkpoint, the curves and the sheet: originals, before, after."""
        state = {
            "model": self.model.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "discriminator_optimizer": self.discriminator_optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "curves": {name: [list(p) for p in points] for name, points in self.curves.items()},
        }
        checkpoints.save(self.checkpoint, state)
        for name, points in self.curves.items():
            save_curve(self.folder / f"decoder-{name}.png", points, f"decoder: {name} loss")
        rows = [*self.shown, *self.before, *self._round_trips()]
        save_sheet(self.folder / "decoder.png", rows, len(self.shown))

    def _round_trips(self) -> np.ndarray:
        """What the decoder makes of the sheet's pictures, or of what a denoiser made of them."""
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16):
            if self.redrawn is None:
                return to_pixels(self.model(to_model(self.shown, self.device)))
            latents = torch.from_numpy(self.redrawn.latents[: len(self.shown)])
            return to_pixels(self.model.decode(latents.to(self.device).float()).sample)

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Crops as pixels (B, 3, s, s) and their disturbed latents; both follow from seed and step alone."""
        rng = np.random.default_rng((self.recipe.seed, self.step))
        count, side = self.recipe.batch, self.recipe.crop
        made = count // 2 if self.redrawn else 0
        x = to_model(crops(self.parts, count - made, side, rng), self.device)
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16):
            z = self.model.encode(x).latents.float()
        level = rng.uniform(0, self.recipe.latent_noise, (len(z), 1, 1, 1))
        z = z + torch.from_numpy(level * rng.standard_normal(z.shape)).to(z)
        if self.redrawn is None:
            return x, z
        pixels, latents = self.redrawn.crops(made, side, rng)
        others = torch.from_numpy(latents).to(z)
        return torch.cat([x, to_model(pixels, self.device)]), torch.cat([z, others])

    def _adversary(self, y: Tensor, x: Tensor, hint: Tensor) -> Tensor:
        """What the discriminator asks of decoded pixels y, beside painted ones x."""
        self.discriminator.requires_grad_(False)
        with torch.autocast(self.device.type, torch.bfloat16):
            with torch.no_grad():
                _, wanted = self.discriminator(x, hint)
            score, features = self.discriminator(y, hint)
        self.discriminator.requires_grad_(True)
        loss: Tensor = self.recipe.matching * matching_loss(wanted, features) - score.float().mean()
        return loss

    def _teach_discriminator(self, y: Tensor, x: Tensor, hint: Tensor) -> float:
        with torch.autocast(self.device.type, torch.bfloat16):
            scores, _ = self.discriminator(torch.cat([x, y]), torch.cat([hint, hint]))
        loss = hinge_loss(*scores.chunk(2))
        torch.autograd.backward(loss)
        self.discriminator_optimizer.step()
        self.discriminator_optimizer.zero_grad()
        return float(loss.detach())

    def slope(self, pixels: Tensor, x: Tensor, hint: Tensor, weight: float) -> tuple[Tensor, float]:
        """Which way decoded pixels (B, 3, H, W) should not go, and their reconstruction loss.

        The adversary's part is scaled to `weight` times the length of the reconstruction's.
        """
        pixels = pixels.detach().float().requires_grad_()
        loss = reconstruction_loss(pixels, x)
        (slope,) = torch.autograd.grad(loss, pixels)
        if weight > 0:
            (push,) = torch.autograd.grad(self._adversary(pixels, x, hint), pixels)
            slope = slope + weight * slope.norm() / (push.norm() + 1e-12) * push
        return slope, float(loss.detach())

    def train_step(self, progress: float) -> tuple[float, float]:
        """One step of the decoder and, once it is due, one of the discriminator; returns their losses."""
        recipe, adversary = self.recipe, 2.0
        for optimizer, peak in (
            (self.optimizer, recipe.peak_rate),
            (self.discriminator_optimizer, recipe.discriminator_rate),
        ):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(peak, self.step, progress)
        x, z = self._batch()
        with torch.no_grad():
            hint = blurred(self.model, z)
        with torch.autocast(self.device.type, torch.bfloat16):
            y = self.model.decode(z).sample
        slope, loss = self.slope(y, x, hint, recipe.weight_at(progress))
        if recipe.weight > 0 and progress >= recipe.start:
            adversary = self._teach_discriminator(y.detach().float(), x, hint)
        torch.autograd.backward(y, slope.to(y.dtype))
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        return loss, adversary

    def run(
        self, stop_at: int | None = None, show: Callable[[DecoderTraining], None] | None = None
    ) -> PatchAutoencoder:
        """Train until the budget is spent, or until step `stop_at`; `show` is called after each checkpoint."""
        recipe, earlier, started = self.recipe, self.seconds, time.monotonic()
        saved, losses = started, []
        bar = tqdm(desc="decoder", unit="step", initial=self.step, total=recipe.budget.steps)
        while (progress := recipe.budget.progress(self.step, self.seconds)) < 1:
            if self.step == stop_at:
                break
            losses.append(self.train_step(progress))
            self.seconds = earlier + time.monotonic() - started
            if self.step % 20 == 0:
                means = np.mean(losses, 0).tolist()
                for points, value in zip(self.curves.values(), means, strict=True):
                    points.append((self.step, value))
                losses = []
                bar.update(self.step - bar.n)
                bar.set_postfix(l1=f"{means[0]:.4f}", d=f"{means[1]:.3f}", spent=f"{progress:.0%}")
            if time.monotonic() - saved > recipe.checkpoint_minutes * 60:
                self.save()
                if show:
                    show(self)
                saved = time.monotonic()
        bar.close()
        self.model.eval()
        self.save()
        return self.model
