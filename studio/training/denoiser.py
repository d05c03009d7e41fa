"""Training the denoiser and its text encoder together: v-prediction in the autoencoder's latents.

Loss: squared error of v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x_0 (Salimans & Ho 2022); weighting it by signal-to-noise
would nearly switch off the noisy steps where composition is learned. Timesteps are stratified within a batch and drawn somewhat
more often from the noisy end. Latent channels weigh by how much they show in the picture: texture, which nothing can predict,
fills most channels and little of what one sees. Neither changes what is learned in the end, only what is learned first. Cells
with a subject weigh more too, and that does lean towards subjects where the noise still hides whether there is one.
Words reach the network twice: by cross-attention, and pooled, beside the timestep, where style, place and light are decided.
Weights are averaged with the power-function profile of Karras et al. 2024 (arXiv:2312.02696), which needs no horizon to be
chosen and forgets a warm start by itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from tqdm import tqdm
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training import checkpoints
from studio.training.budget import Budget, learning_rate
from studio.training.latents import Bucket
from studio.training.sheets import save_curve

EMA_POWER = 9.0  # Average over about the last tenth of training.


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a denoiser; the defaults are palette's, tests use smaller ones."""

    latent_channels: int = 32
    blocks: tuple[int, int, int] = (128, 256, 256)
    heads: tuple[int, int, int] = (4, 8, 8)
    text_width: int = 192
    text_layers: int = 3
    norm_groups: int = 32


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.

    Attributes:
        budget: When to stop.
        batch: Pictures in a step, on each process.
        peak_rate: Highest learning rate.
        caption_dropout: Share of captions replaced by the empty one, for guidance.
        noisy: Timesteps are T u^noisy of uniform u: 1 draws all alike, less draws noisy ones more often.
        emphasis: Extra weight of the loss where subjects are; they fill little of a picture and are most of what is asked for.
        checkpoint_minutes: Time between checkpoints.
        seed: Of data order, noise and timesteps.
    """

    budget: Budget
    batch: int = 32
    peak_rate: float = 5e-4
    caption_dropout: float = 0.1
    noisy: float = 0.5
    emphasis: float = 3.0
    checkpoint_minutes: float = 3.0
    seed: int = 0


class Denoiser(nn.Module):
    """Text encoder and UNet as one module: noisy latents, timesteps and tokens in, v out."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
        super().__init__()
        self.unet = unet
        self.text_encoder = text_encoder

    def forward(self, noisy: Tensor, timesteps: Tensor, tokens: Tensor) -> Tensor:
        """Predict v (B, C, h, w) for noisy latents of the same shape, timesteps (B,) and token ids (B, length)."""
        words = self.text_encoder(tokens).last_hidden_state
        v: Tensor = self.unet(noisy, timesteps, words).sample
        return v


def noise_schedule() -> DDIMScheduler:
    """Squared-cosine noise schedule, v-prediction; ends in pure noise (alpha_bar_T is 2e-9), so samplers start at T."""
    return DDIMScheduler(
        beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction", clip_sample=False, steps_offset=1,
        timestep_spacing="trailing",
    )  # fmt: skip


def new_denoiser(tokenizer: CLIPTokenizer, shape: Shape) -> Denoiser:
    """An untrained denoiser for a tokenizer."""
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=shape.latent_channels,
        out_channels=shape.latent_channels,
        block_out_channels=shape.blocks,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=shape.text_width,
        attention_head_dim=shape.heads,
        norm_num_groups=shape.norm_groups,
        **pooled_words(shape.text_width),
    )
    return Denoiser(
        unet, CLIPTextModel(_text_config(tokenizer, shape.text_width, shape.text_layers))
    )


def pooled_words(text_width: int) -> dict[str, Any]:
    """Settings by which diffusers' UNet adds the attention-pooled words to the embedding of the timestep."""
    heads = next(heads for heads in (4, 2, 1) if text_width % heads == 0)
    return {"addition_embed_type": "text", "addition_embed_type_num_heads": heads}


def _with_pooled_words(unet: UNet2DConditionModel) -> UNet2DConditionModel:
    """The same network, the pooled words added softly; a network that has them is returned as it is."""
    if unet.config.addition_embed_type is not None:
        return unet
    config = {**unet.config, **pooled_words(unet.config.cross_attention_dim)}
    pooled: UNet2DConditionModel = UNet2DConditionModel.from_config(config)
    pooled.load_state_dict(unet.state_dict(), strict=False)
    nn.init.constant_(pooled.add_embedding.norm2.weight, 0.2)
    return pooled


def _text_config(tokenizer: CLIPTokenizer, width: int, layers: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
        num_attention_heads=4, max_position_embeddings=tokenizer.model_max_length, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip


def warm_started(init: Path, tokenizer: CLIPTokenizer) -> Denoiser:
    """A denoiser that starts from an exported model, whose words may differ: embeddings are carried over by token.

    Tokens the old model did not have start as the mean of the old words, which means nothing in particular.
    """
    unet = _with_pooled_words(
        UNet2DConditionModel.from_pretrained(init / "unet", dtype=torch.float32)
    )
    old = CLIPTextModel.from_pretrained(init / "text_encoder", dtype=torch.float32)
    old_ids = CLIPTokenizer.from_pretrained(init / "tokenizer").get_vocab()
    new = CLIPTextModel(
        _text_config(tokenizer, old.config.hidden_size, old.config.num_hidden_layers)
    )
    state = {name: value for name, value in old.state_dict().items() if "embeddings" not in name}
    new.load_state_dict(state, strict=False)
    words, old_words = (
        new.get_input_embeddings().weight.data,
        old.get_input_embeddings().weight.data,
    )
    known = [
        (new_id, old_ids[token])
        for token, new_id in tokenizer.get_vocab().items()
        if token in old_ids
    ]
    words[:] = old_words.mean(0) + 0.1 * old_words.std() * torch.randn(
        words.shape, generator=torch.Generator().manual_seed(0)
    )
    words[[new_id for new_id, _ in known]] = old_words[[old_id for _, old_id in known]]
    places, old_places = (
        new.embeddings.position_embedding.weight.data,
        old.embeddings.position_embedding.weight.data,
    )
    shared = min(len(places), len(old_places))
    places[:] = old_places[-1]
    places[:shared] = old_places[:shared]
    return Denoiser(unet, new)


def draw_batches(
    buckets: list[Bucket], empty: Tensor, recipe: Recipe, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless batches of one size each, some captions empty.

    Yields: latents (B, C, h, w) float32, token ids (B, length), weights of the loss per cell (B, 1, h, w), 1 on average.
    """
    device, shape = generator.device, (recipe.batch,)
    empty = empty.to(device)
    counts = torch.tensor(
        [len(bucket.latents) for bucket in buckets], dtype=torch.float32, device=device
    )
    while True:
        bucket = buckets[int(torch.multinomial(counts, 1, generator=generator))]
        rows = torch.randint(len(bucket.latents), shape, generator=generator, device=device)
        wording = torch.randint(bucket.tokens.shape[1], shape, generator=generator, device=device)
        tokens = bucket.tokens[rows, wording].long()
        dropped = torch.rand(shape, generator=generator, device=device) < recipe.caption_dropout
        tokens = torch.where(dropped[:, None], empty, tokens)
        weights = 1 + recipe.emphasis * bucket.subjects[rows].float()[:, None]
        yield bucket.latents[rows].float(), tokens, weights / weights.mean()


def v_loss(
    model: nn.Module,
    latents: Tensor,
    tokens: Tensor,
    schedule: DDIMScheduler,
    generator: torch.Generator,
    weights: Tensor | None = None,
    noisy_end: float = 1.0,
) -> Tensor:
    """Mean squared error of v at stratified random timesteps.

    Args:
        model: Denoiser.
        latents: Clean ones (B, C, h, w).
        tokens: Token ids (B, length).
        schedule: Noise schedule, on the latents' device.
        generator: Of noise and timesteps.
        weights: Weights that broadcast to the latents, 1 on average; None weighs all alike.
        noisy_end: Exponent of the timesteps, see `Recipe.noisy`.
    """
    count, device = len(latents), latents.device
    total = schedule.config.num_train_timesteps
    share = (
        torch.rand(1, generator=generator, device=device)
        + torch.arange(count, device=device) / count
    ) % 1
    share = share**noisy_end
    timesteps = (share * total).long().clamp(max=total - 1)
    noise = torch.randn(latents.shape, generator=generator, device=device)
    noisy = schedule.add_noise(latents, noise, timesteps)
    target = schedule.get_velocity(latents, noise, timesteps)
    predicted = model(noisy.contiguous(memory_format=torch.channels_last), timesteps, tokens)
    errors: Tensor = (predicted.float() - target).square()
    return errors.mean() if weights is None else (errors * weights).mean()


@torch.no_grad()
def channel_weights(autoencoder: PatchAutoencoder) -> Tensor:
    """How much each latent channel shows: square root of the pixel energy of one unit of it, scaled to mean 1, (C,) float32.

    The energy itself would leave the channels of fine texture, and with them mosaic and pixel art, almost untaught.
    """
    energy: Tensor = autoencoder.linear_decoder.weight.float().square().sum((0, 2, 3))
    return energy.sqrt() / energy.sqrt().mean()


@torch.no_grad()
def average(average_weights: list[Tensor], weights: list[Tensor], step: int) -> None:
    """Move the running average towards the weights after `step` steps (from 1), in place."""
    keep = (1 - 1 / step) ** (EMA_POWER + 1)
    torch._foreach_lerp_(average_weights, weights, 1 - keep)


class DenoiserTraining:
    """One resumable training run.

    Attributes:
        model: The raw denoiser (float32 weights).
        averaged: Running average of its weights, in `parameters()` order; what is exported.
        step: Optimiser steps done.
        seconds: Time spent training, over all runs.
        curve: (step, loss) points, smoothed over 50 steps.
    """

    def __init__(
        self,
        model: Denoiser,
        recipe: Recipe,
        folder: Path,
        accelerator: Accelerator,
        weights: Tensor | None = None,
    ) -> None:
        """Take up the checkpoint in `folder` if there is one; `weights` are the latent channels' (C,)."""
        channels = torch.ones(1) if weights is None else weights
        self.channel_weights = channels.to(accelerator.device)[:, None, None]
        self.recipe, self.folder, self.accelerator = recipe, folder, accelerator
        self.model = model.to(accelerator.device)
        self.model.unet.to(memory_format=torch.channels_last)
        if accelerator.device.type == "cpu":
            # The fused attention's backward is slow on small heads: a whole step takes a quarter longer with it.
            self.model.unet.set_attn_processor(AttnProcessor())
            self.model.text_encoder.set_attn_implementation("eager")
        self.weights = [p for p in self.model.parameters() if p.requires_grad]
        self.averaged = [p.detach().clone() for p in self.weights]
        optimizer = torch.optim.AdamW(
            self.weights, recipe.peak_rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True
        )
        self.generator = torch.Generator(accelerator.device).manual_seed(
            recipe.seed * 1000 + accelerator.process_index
        )
        self.step, self.seconds = 0, 0.0
        self.curve: list[tuple[float, float]] = []
        self.schedule = noise_schedule()
        self.schedule.alphas_cumprod = self.schedule.alphas_cumprod.to(accelerator.device)
        self._resume(optimizer)
        self.prepared, self.optimizer = accelerator.prepare(self.model, optimizer)

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self.folder / f"denoiser-{self.accelerator.process_index}.pt"

    def _resume(self, optimizer: torch.optim.Optimizer) -> None:
        state = checkpoints.load(self.checkpoint)
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        for mine, saved in zip(self.averaged, state["averaged"], strict=True):
            mine.copy_(saved)
        optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.curve = [(a, b) for a, b in state["curve"]]

    def save(self) -> None:
        """Write the checkpoint and the loss curve."""
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "averaged": self.averaged,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
            "seconds": self.seconds,
            "curve": [list(point) for point in self.curve],
        }
        checkpoints.save(self.checkpoint, state)
        if self.accelerator.is_main_process:
            save_curve(self.folder / "denoiser-loss.png", self.curve, "denoiser: v loss")

    def run(
        self,
        buckets: list[Bucket],
        empty: Tensor,
        on_checkpoint: Any = None,
        stop_at: int | None = None,
    ) -> None:
        """Train until the budget is spent, or to step `stop_at`, to be continued another time.

        Args:
            buckets: Training data.
            empty: Token ids of the empty caption.
            on_checkpoint: Called with this object after each checkpoint.
            stop_at: Step to stop at early; the schedule stays the budget's.
        """
        recipe, recent, before = self.recipe, [], self.seconds
        batches = draw_batches(buckets, empty, recipe, self.generator)
        started = saved = time.monotonic()
        bar = tqdm(
            desc="denoiser",
            unit="step",
            initial=self.step,
            total=recipe.budget.steps,
            mininterval=5,
        )
        while (progress := recipe.budget.progress(self.step, self.seconds)) < 1:
            if self.step == stop_at:
                break
            recent.append(self._train_step(*next(batches), progress))
            self.seconds = before + time.monotonic() - started
            if self.step % 50 == 0:
                self.curve.append((self.step, float(torch.stack(recent).mean())))
                recent = []
                bar.update(self.step - bar.n)
                bar.set_postfix(loss=f"{self.curve[-1][1]:.4f}", spent=f"{progress:.0%}")
            if time.monotonic() - saved > recipe.checkpoint_minutes * 60:
                self.save()
                if on_checkpoint is not None:
                    on_checkpoint(self)
                saved = time.monotonic()
        self.save()
        if on_checkpoint is not None:
            on_checkpoint(self)

    def _train_step(
        self, latents: Tensor, tokens: Tensor, cells: Tensor, progress: float
    ) -> Tensor:
        """One optimiser step; returns the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.recipe.peak_rate, self.step, progress)
        with self.accelerator.autocast():
            loss = v_loss(
                self.prepared, latents, tokens, self.schedule, self.generator,
                self.channel_weights * cells, self.recipe.noisy,
            )  # fmt: skip
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        average(self.averaged, [weight.detach() for weight in self.weights], self.step)
        return loss.detach()

    def averaged_model(self) -> Denoiser:
        """Copy the average into the model for good and return it: the end of training."""
        with torch.no_grad():
            for weight, mean in zip(self.weights, self.averaged, strict=True):
                weight.copy_(mean)
        return self.model.eval()
