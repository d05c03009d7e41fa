"""Rebuild palette, the built-in model, from nothing: `python -m studio.training.palette all`.

Stages, each resumable (run the same command again): render -> autoencoder -> decoder -> latents ->
reader -> denoiser -> export -> polish -> distil -> sheet -> evaluate. Everything large goes under `--data`;
`--out` receives the model folder. The same code runs on CPU and on one GPU; N GPUs train the denoiser with
`torchrun --nproc_per_node N -m studio.training.palette denoiser ...`.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from transformers import CLIPTextModel, CLIPTokenizer

from studio.models.cards import CARDS
from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training import data as rendering
from studio.training.adversarial import DecoderRecipe, DecoderTraining
from studio.training.autoencoder import (
    AutoencoderRecipe,
    AutoencoderTraining,
    fidelity,
    from_components,
    held_out_by_style,
    squares,
    texture_kept,
    to_model,
)
from studio.training.budget import Budget
from studio.training.denoiser import (
    Denoiser,
    DenoiserTraining,
    Recipe,
    Shape,
    channel_weights,
    new_denoiser,
    noise_schedule,
    warm_started,
)
from studio.training.distil import DistilRecipe
from studio.training.evaluate import Evaluation, evaluate
from studio.training.export import export, export_part, load_exported
from studio.training.latents import encode_parts, load_buckets
from studio.training.live import make_live
from studio.training.polish import redrawn_pictures
from studio.training.reader import teach_to_read
from studio.training.sampling import PROMPTS, sample
from studio.training.sheets import save_sheet
from studio.training.tokenizer import build_tokenizer, encode
from studio.world.words import known_words

log = logging.getLogger(__name__)
STAGES = (
    "render", "autoencoder", "decoder", "latents", "reader", "denoiser", "export", "polish", "distil",
    "sheet", "evaluate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run of the command does.

    Attributes:
        data: Folder for pictures, latents, checkpoints, curves and sheets.
        out: Folder the model is exported to.
        init: Exported model to start from; None trains from nothing.
        pictures: How many to render.
        autoencoder: Budget of the autoencoder; None keeps the one in `init`.
        decoder: Budget of its decoder's adversarial sharpening; None leaves it out.
        reader: Budget of the text encoder's first lessons.
        denoiser: Budget of the denoiser.
        distil: Budget of the live model.
        batch: Pictures in a denoiser step.
        peak_rate: Highest learning rate of the denoiser.
        workers: Rendering processes.
        shard: Largest file of weights.
        shape: Sizes of a new denoiser.
        checkpoint_minutes: Time between checkpoints; a sample sheet comes with every third.
        tiny: The evaluation is as small as it can be: says only that it runs.
    """

    data: Path
    out: Path
    init: Path | None
    pictures: int
    autoencoder: Budget | None
    decoder: Budget | None
    denoiser: Budget
    distil: Budget
    batch: int
    peak_rate: float
    workers: int
    shard: str
    shape: Shape = Shape()
    reader: Budget = Budget(steps=600)
    checkpoint_minutes: float = 3.0
    tiny: bool = False

    @property
    def runs(self) -> Path:
        """Folder of checkpoints, curves and sheets."""
        return self.data / "runs"


def world_tokenizer() -> CLIPTokenizer:
    """The tokenizer of the painted world; the same words always give the same one."""
    return build_tokenizer(known_words())


def autoencoder_for(
    plan: Plan, device: torch.device, stages: Sequence[str] = ("polish", "decoder", "autoencoder")
) -> PatchAutoencoder:
    """The autoencoder as the first of `stages` that has run left it, or the one to start from."""
    autoencoder: PatchAutoencoder
    trained = [
        plan.runs / stage for stage in stages if (plan.runs / stage / "config.json").exists()
    ]
    source = trained[0] if trained else plan.init and plan.init / "vae"
    if source is None:
        autoencoder = PatchAutoencoder(latent_channels=plan.shape.latent_channels)
        pictures = [part[:: max(1, len(part) // 40)] for part in squares(plan.data)[:40]]
        from_components(autoencoder, to_model(np.concatenate(pictures), torch.device("cpu")))
    else:
        autoencoder = PatchAutoencoder.from_pretrained(source, dtype=torch.float32)
    autoencoder.to(device)
    return autoencoder


def render_stage(plan: Plan, device: torch.device) -> None:
    """Render the painted world."""
    rendering.render(plan.data / "render", plan.pictures, plan.workers)


def autoencoder_stage(plan: Plan, device: torch.device) -> None:
    """Train the autoencoder and report its fidelity on held-out pictures."""
    if plan.autoencoder is None:
        return
    recipe = AutoencoderRecipe(plan.autoencoder, batch=96 if device.type == "cuda" else 12)
    start = autoencoder_for(plan, device, ("autoencoder",))
    autoencoder = AutoencoderTraining(start, recipe, plan.data, plan.runs, device).run()
    autoencoder.save_pretrained(plan.runs / "autoencoder")
    for style, decibel in fidelity(autoencoder, held_out_by_style(4), device).items():
        log.info("%-24s %5.1f dB", style, decibel)


def decoder_stage(plan: Plan, device: torch.device) -> None:
    """Sharpen the decoder against an adversary and report fidelity and texture on held-out pictures."""
    if plan.decoder is None:
        return
    recipe = DecoderRecipe(
        plan.decoder,
        batch=64 if device.type == "cuda" else 8,
        checkpoint_minutes=plan.checkpoint_minutes,
    )
    start, by_style = autoencoder_for(plan, device, ("autoencoder",)), held_out_by_style(4)
    shown = np.stack([pictures[i % 4] for i, pictures in enumerate(by_style.values())])
    parts = [pictures for pictures, _, _ in rendering.parts_in(plan.data / "render")]
    autoencoder = DecoderTraining(start, recipe, parts, shown, plan.runs, device).run()
    autoencoder.save_pretrained(plan.runs / "decoder")
    kept = texture_kept(autoencoder, by_style, device)
    for style, decibel in fidelity(autoencoder, by_style, device).items():
        log.info("%-24s %5.1f dB, %3.0f %% of the texture", style, decibel, 100 * kept[style])


def polish_stage(plan: Plan, device: torch.device) -> None:
    """Show the decoder what the exported denoiser makes of pictures, and put it into the exported model."""
    if plan.decoder is None:
        return
    denoiser, autoencoder, _ = load_exported(plan.out)
    count = 16 if plan.tiny else 8000 if device.type == "cuda" else 1500
    redrawn = redrawn_pictures(denoiser.to(device), plan.data, count, noise_schedule())
    recipe = DecoderRecipe(
        plan.decoder,
        batch=64 if device.type == "cuda" else 8,
        checkpoint_minutes=plan.checkpoint_minutes,
    )
    parts = [pictures for pictures, _, _ in rendering.parts_in(plan.data / "render")]
    folder = plan.runs / "polishing"
    shown = redrawn.pictures[:16]
    polished = DecoderTraining(autoencoder, recipe, parts, shown, folder, device, redrawn).run()
    polished.save_pretrained(plan.runs / "polish")
    export_part(plan.out, "vae", polished, plan.shard)


def latents_stage(plan: Plan, device: torch.device) -> None:
    """Encode pictures and captions."""
    encode_parts(plan.data, autoencoder_for(plan, device), world_tokenizer(), device)


def reader_stage(plan: Plan, device: torch.device) -> None:
    """Teach the text encoder to read captions; done once, the denoiser starts from it."""
    target = plan.runs / "reader"
    if (target / "config.json").exists():
        return
    tokenizer = world_tokenizer()
    text_encoder = start_denoiser(plan, tokenizer).text_encoder.to(device)
    scores = teach_to_read(text_encoder, tokenizer, plan.data, plan.runs, plan.reader)
    log.info("read rightly: %s", ", ".join(f"{name} {share:.0%}" for name, share in scores.items()))
    text_encoder.save_pretrained(target)


def denoiser_stage(plan: Plan, device: torch.device) -> None:
    """Train text encoder and UNet, with a sample sheet of the average now and then."""
    training, tokenizer = _training(plan)
    autoencoder = autoencoder_for(plan, device).eval()
    empty = torch.from_numpy(encode(tokenizer, [""])).long()[0]
    checkpoints_seen = 0

    def show(run: DenoiserTraining) -> None:
        nonlocal checkpoints_seen
        checkpoints_seen += 1
        if checkpoints_seen % 3 == 0 and run.accelerator.is_main_process:
            sheet(run, autoencoder, tokenizer, plan.runs / f"samples-{run.step:06d}.png")

    training.run(load_buckets(plan.data, device), empty, show)


def sheet(
    run: DenoiserTraining, autoencoder: PatchAutoencoder, tokenizer: CLIPTokenizer, path: Path
) -> None:
    """Sample the average's pictures for the fixed prompts, then go back to the raw weights."""
    raw = [weight.detach().clone() for weight in run.weights]
    model = run.averaged_model()
    save_sheet(path, sample(model, autoencoder, tokenizer, PROMPTS), 7)
    with torch.no_grad():
        for weight, kept in zip(run.weights, raw, strict=True):
            weight.copy_(kept)
    model.train()


def export_stage(plan: Plan, device: torch.device) -> None:
    """Write the averaged model."""
    training, tokenizer = _training(plan)
    denoiser, autoencoder = training.averaged_model(), autoencoder_for(plan, device).eval()
    size = export(plan.out, denoiser, autoencoder, tokenizer, plan.shard)
    log.info(
        "%s: %.1f MiB after %d steps, %.0f minutes",
        plan.out,
        size / 2**20,
        training.step,
        training.seconds / 60,
    )


def distil_stage(plan: Plan, device: torch.device) -> None:
    """Distil the exported model in `plan.out` into few steps; its differences go into the folder `live` there."""
    recipe = DistilRecipe(
        plan.distil,
        guidance=CARDS["palette"].guidance_scale,
        batch=max(1, plan.batch // 2),
        checkpoint_minutes=plan.checkpoint_minutes,
    )
    make_live(plan.out, recipe, plan.data, plan.runs, device)


def sheet_stage(plan: Plan, device: torch.device) -> None:
    """Sample the exported model in `plan.out` for the fixed prompts, seeds 0 to 27, none picked."""
    denoiser, autoencoder, tokenizer = load_exported(plan.out)
    pictures = sample(denoiser.to(device), autoencoder.to(device), tokenizer, PROMPTS)
    save_sheet(plan.runs / "sheet.png", pictures, 7)


def evaluate_stage(plan: Plan, device: torch.device) -> None:
    """Have judges look at the exported model's pictures; the document and its sheets lie in `plan.runs`."""
    asked = Evaluation(
        plan.out, plan.data, plan.runs / "palette-evaluation.md", workers=plan.workers
    )
    evaluate(asked.quick() if plan.tiny else asked, device)


def _training(plan: Plan) -> tuple[DenoiserTraining, CLIPTokenizer]:
    tokenizer = world_tokenizer()
    denoiser = start_denoiser(plan, tokenizer)
    recipe = Recipe(
        plan.denoiser, plan.batch, plan.peak_rate, checkpoint_minutes=plan.checkpoint_minutes
    )
    accelerator = Accelerator(mixed_precision="bf16")
    weights = channel_weights(autoencoder_for(plan, torch.device("cpu")))
    return DenoiserTraining(denoiser, recipe, plan.runs, accelerator, weights), tokenizer


def start_denoiser(plan: Plan, tokenizer: CLIPTokenizer) -> Denoiser:
    """A new denoiser, or one that starts from `plan.init`, with the text encoder that has learned to read if there is one.

    Weights are drawn from a fixed seed.
    """
    torch.manual_seed(0)
    denoiser = (
        warm_started(plan.init, tokenizer) if plan.init else new_denoiser(tokenizer, plan.shape)
    )
    if (plan.runs / "reader" / "config.json").exists():
        denoiser.text_encoder = CLIPTextModel.from_pretrained(
            plan.runs / "reader", dtype=torch.float32
        )
    return denoiser


RUN = {
    "render": render_stage,
    "autoencoder": autoencoder_stage,
    "decoder": decoder_stage,
    "latents": latents_stage,
    "reader": reader_stage,
    "denoiser": denoiser_stage,
    "export": export_stage,
    "polish": polish_stage,
    "distil": distil_stage,
    "sheet": sheet_stage,
    "evaluate": evaluate_stage,
}


def everything(plan: Plan, minutes: float | None, device: torch.device) -> None:
    """All stages; with `minutes`, the denoiser gets what the others leave, less a minute to export.

    The evaluation comes on top.
    """
    started = time.monotonic()
    for stage in STAGES:
        if stage == "denoiser" and minutes is not None:
            left = minutes - (time.monotonic() - started) / 60 - 1.0 - (plan.distil.minutes or 0)
            plan = replace(plan, denoiser=Budget(minutes=max(0.5, left)))
        RUN[stage](plan, device)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cuda = torch.cuda.is_available()
    options = argparse.ArgumentParser(prog="python -m studio.training.palette", description=__doc__)
    options.add_argument("stage", nargs="?", choices=(*STAGES, "all"), default="all")
    options.add_argument(
        "--data",
        type=Path,
        default=Path("outputs/palette"),
        help="pictures, latents, checkpoints, sheets",
    )
    options.add_argument(
        "--out", type=Path, default=Path("outputs/palette/model"), help="the exported model folder"
    )
    options.add_argument(
        "--init",
        type=Path,
        help="start from an exported model: its autoencoder, denoiser and words",
    )
    options.add_argument("--pictures", type=int, default=120_000 if cuda else 25_000)
    options.add_argument(
        "--minutes", type=float, help="time for the denoiser, or for everything with `all`"
    )
    options.add_argument(
        "--distil-minutes",
        type=float,
        help="default: all of --minutes where only that stage runs, else a sixth",
    )
    options.add_argument("--steps", type=int, help="denoiser steps instead of minutes")
    options.add_argument(
        "--autoencoder-minutes",
        type=float,
        help="default: 0 with --init, else a fifth of --minutes",
    )
    options.add_argument(
        "--decoder-minutes",
        type=float,
        help="default: half the autoencoder's",
    )
    options.add_argument("--batch", type=int, default=512 if cuda else 32)
    options.add_argument(
        "--rate",
        type=float,
        default=1e-3 if cuda else 5e-4,
        help="peak learning rate of the denoiser",
    )
    options.add_argument(
        "--workers", type=int, default=len(os.sched_getaffinity(0)), help="rendering processes"
    )
    options.add_argument("--shard", default="5GB", help="largest file of weights, for example 15MB")
    options.add_argument(
        "--quick", action="store_true", help="every stage on tiny sizes, to see that it runs"
    )
    return options


def plan_from(arguments: argparse.Namespace) -> Plan:
    """Turn the command line into a plan."""
    minutes = arguments.minutes or 60.0
    spare = arguments.autoencoder_minutes
    if spare is None:
        spare = 0.0 if arguments.init else minutes / 5
    sharpen = spare / 2 if arguments.decoder_minutes is None else arguments.decoder_minutes
    denoiser = Budget(steps=arguments.steps) if arguments.steps else Budget(minutes=minutes)
    live = arguments.distil_minutes or (minutes if arguments.stage == "distil" else minutes / 6)
    plan = Plan(
        arguments.data, arguments.out, arguments.init, arguments.pictures, Budget(minutes=spare) if spare else None,
        Budget(minutes=sharpen) if sharpen else None, denoiser, Budget(minutes=live),
        arguments.batch, arguments.rate, arguments.workers, arguments.shard,
    )  # fmt: skip
    if not arguments.quick:
        return plan
    tiny = Shape(blocks=(32, 32, 32), heads=(2, 2, 2), text_width=32, text_layers=1, norm_groups=8)
    return replace(
        plan,
        init=None,
        pictures=24,
        tiny=True,
        autoencoder=Budget(steps=4),
        decoder=Budget(steps=4),
        reader=Budget(steps=4),
        denoiser=Budget(steps=6),
        distil=Budget(steps=4),
        batch=4,
        shape=tiny,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = parser().parse_args(arguments)
    plan = plan_from(options)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    plan.runs.mkdir(parents=True, exist_ok=True)
    if options.stage == "all":
        everything(
            plan, None if options.quick or options.steps else (options.minutes or 60.0), device
        )
    else:
        RUN[options.stage](plan, device)


if __name__ == "__main__":
    main()
