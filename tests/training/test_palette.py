"""Palette's training: every stage runs end to end, and a stopped run continues as if it had not been stopped."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

from accelerate import Accelerator
from diffusers import DiffusionPipeline, UNet2DConditionModel

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training.budget import Budget, learning_rate
from studio.training.data import Part, parts_in, plan, render_part, subject_cells
from studio.training.denoiser import (
    DenoiserTraining,
    Recipe,
    Shape,
    average,
    channel_weights,
    draw_batches,
    new_denoiser,
    noise_schedule,
    v_loss,
    warm_started,
)
from studio.training.heldout import HELD_OUT, held_out, held_out_combinations
from studio.training.latents import Bucket
from studio.training.palette import main
from studio.training.reader import teach_to_read
from studio.training.tokenizer import build_tokenizer, encode
from studio.world.facts import Facts, Item
from studio.world.picture import paint
from studio.world.sprites import font_path
from studio.world.words import STYLES, SUBJECTS, known_words

TINY = Shape(
    latent_channels=4,
    blocks=(8, 8, 8),
    heads=(2, 2, 2),
    text_width=16,
    text_layers=1,
    norm_groups=4,
)


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(known_words())


def make_bucket(tokenizer):
    generator = torch.Generator().manual_seed(1)
    latents = torch.randn(12, 4, 8, 8, generator=generator).half()
    tokens = torch.from_numpy(encode(tokenizer, ["a castle", "a cat"] * 12)).reshape(12, 2, -1)
    return Bucket(latents, tokens, torch.zeros(12, 8, 8).half())


def train(tokenizer, folder, *budgets):
    """Train one tiny denoiser, stopping and starting anew after each budget; returns its weights and average."""
    empty = torch.from_numpy(encode(tokenizer, [""])).long()[0]
    recipe = Recipe(Budget(steps=8), batch=4, seed=3)
    for steps in budgets:
        torch.manual_seed(0)
        model = new_denoiser(tokenizer, TINY)
        run = DenoiserTraining(
            model,
            replace(recipe, budget=Budget(steps=8)),
            folder,
            Accelerator(cpu=True, mixed_precision="bf16"),
        )
        run.run([make_bucket(tokenizer)], empty, stop_at=steps)
    return [p.detach().clone() for p in run.weights], run.averaged


def test_a_resumed_run_gives_the_weights_of_an_uninterrupted_one(tokenizer, tmp_path):
    whole, whole_average = train(tokenizer, tmp_path / "whole", 8)
    parts, parts_average = train(tokenizer, tmp_path / "parts", 3, 5, 8)
    assert all(torch.equal(a, b) for a, b in zip(whole, parts, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(whole_average, parts_average, strict=True))


def test_every_known_word_is_one_token_and_any_text_has_tokens(tokenizer):
    assert all(len(tokenizer.tokenize(word)) == 1 for word in known_words())
    ids = tokenizer("猫 xylophone 🎨", add_special_tokens=False)["input_ids"]
    assert ids and tokenizer.unk_token_id not in ids
    assert tokenizer.get_vocab()["<|endoftext|>"] == len(tokenizer) - 1


def test_the_loss_of_perfect_knowledge_is_zero():
    """A model that is told the answer has no loss: pins down the definition of v."""
    schedule, latents = noise_schedule(), torch.randn(6, 4, 8, 8)
    generator, twin = torch.Generator().manual_seed(2), torch.Generator().manual_seed(2)
    torch.rand(1, generator=twin)
    noise = torch.randn(latents.shape, generator=twin)

    class Oracle(torch.nn.Module):
        def forward(self, noisy, timesteps, tokens):
            share = schedule.alphas_cumprod[timesteps].view(-1, 1, 1, 1)
            return share.sqrt() * noise - (1 - share).sqrt() * latents

    assert v_loss(Oracle(), latents, torch.zeros(6, 32), schedule, generator) < 1e-10


def test_the_schedule_ends_in_pure_noise():
    assert noise_schedule().alphas_cumprod[-1] < 1e-6


def test_some_captions_are_dropped(tokenizer):
    empty = torch.from_numpy(encode(tokenizer, [""])).long()[0]
    recipe = Recipe(Budget(steps=1), batch=400, caption_dropout=0.25)
    _, tokens, _ = next(
        draw_batches([make_bucket(tokenizer)], empty, recipe, torch.Generator().manual_seed(0))
    )
    assert 60 < int((tokens == empty).all(1).sum()) < 140


def test_the_average_forgets_where_it_started():
    weights, mean = [torch.ones(3)], [torch.zeros(3)]
    for step in range(1, 50):
        average(mean, weights, step)
    assert torch.allclose(mean[0], weights[0])


def test_a_warm_start_keeps_known_words_and_the_network(tokenizer, tmp_path):
    torch.manual_seed(0)
    old_tokenizer = build_tokenizer(["castle", "cat", "a"], length=20)
    old = new_denoiser(old_tokenizer, TINY)
    old.unet.save_pretrained(tmp_path / "unet")
    old.text_encoder.save_pretrained(tmp_path / "text_encoder")
    old_tokenizer.save_pretrained(tmp_path / "tokenizer")
    new = warm_started(tmp_path, tokenizer)
    for mine, theirs in zip(new.unet.parameters(), old.unet.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    words, old_words = (m.text_encoder.get_input_embeddings().weight for m in (new, old))
    for word in ("castle</w>", "cat</w>", "<|endoftext|>"):
        assert torch.equal(
            words[tokenizer.get_vocab()[word]], old_words[old_tokenizer.get_vocab()[word]]
        )


def test_a_warm_start_from_a_model_without_pooled_words_hears_them(tokenizer, tmp_path):
    """The old network is kept whole; only what the pooled words add is new, and small."""
    torch.manual_seed(0)
    old = new_denoiser(tokenizer, TINY)
    plain = UNet2DConditionModel.from_config({**old.unet.config, "addition_embed_type": None})
    plain.save_pretrained(tmp_path / "unet")
    old.text_encoder.save_pretrained(tmp_path / "text_encoder")
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    unet = warm_started(tmp_path, tokenizer).unet
    state = unet.state_dict()
    assert all(torch.equal(state[name], value) for name, value in plain.state_dict().items())
    x, t, words = torch.randn(1, 4, 8, 8), torch.tensor([900]), torch.randn(2, 32, 16)
    with torch.no_grad():
        unet.add_embedding.norm2.weight.zero_()
        assert torch.equal(unet(x, t, words[:1]).sample, plain(x, t, words[:1]).sample)


def test_the_loss_weighs_channels_and_draws_noisy_timesteps_more_often():
    latents, tokens, seen = torch.randn(64, 4, 2, 2), torch.zeros(64, 32), []

    class Blind(torch.nn.Module):
        def forward(self, noisy, timesteps, tokens):
            seen.append(timesteps.float().mean().item())
            return torch.zeros_like(noisy)

    def loss(weights=None, noisy=1.0):
        generator = torch.Generator().manual_seed(4)
        return v_loss(Blind(), latents, tokens, noise_schedule(), generator, weights, noisy).item()

    alone = [loss(4.0 * torch.eye(4)[channel][:, None, None]) for channel in range(4)]
    assert sum(alone) / 4 == pytest.approx(loss(), rel=1e-5)
    loss(noisy=0.5)
    assert seen[0] == pytest.approx(499.5, abs=10) and seen[-1] == pytest.approx(666, abs=10)


def test_cells_with_a_subject_weigh_more(tokenizer):
    bucket = make_bucket(tokenizer)
    bucket.subjects[:, 2:4, 2:4] = 1
    recipe = Recipe(Budget(steps=1), batch=8, emphasis=3.0)
    empty = torch.from_numpy(encode(tokenizer, [""])).long()[0]
    _, _, weights = next(draw_batches([bucket], empty, recipe, torch.Generator().manual_seed(0)))
    assert weights.shape == (8, 1, 8, 8) and float(weights.mean()) == pytest.approx(1)
    assert torch.allclose(weights[:, 0, 3, 3] / weights[:, 0, 0, 0], torch.tensor(4.0))


def test_boxes_say_where_subjects_are():
    cells = subject_cells([{"boxes": [(16, 8, 40, 32)]}, {"boxes": []}], (64, 48), 16)
    assert cells.tolist()[0] == [[0, 0.5, 0.25, 0], [0, 1, 0.5, 0], [0, 0, 0, 0]]
    assert not cells[1].any()


def test_channels_weigh_as_much_as_they_show():
    autoencoder = PatchAutoencoder(latent_channels=4)
    with torch.no_grad():
        for channel, length in enumerate((1.0, 2.0, 3.0, 2.0)):
            autoencoder.linear_decoder.weight[:, channel] = 0
            autoencoder.linear_decoder.weight[channel, channel] = length
    assert channel_weights(autoencoder).tolist() == pytest.approx([0.5, 1.0, 1.5, 1.0])


def test_the_text_encoder_learns_to_name_what_captions_say(tokenizer, tmp_path):
    folder = tmp_path / "render" / "64x64"
    folder.mkdir(parents=True)
    scenes = [
        Facts(place, "day", (Item(subject),), style=style)
        for place, subject in (("meadow", "cat"), ("sea", "lighthouse"), ("village", "house"))
        for style in ("pixel art", "watercolor")
    ]
    (folder / "part-0000.json").write_text(
        json.dumps([{**asdict(scene), "boxes": []} for scene in scenes])
    )
    np.save(folder / "part-0000.npy", np.zeros((len(scenes), 64, 64, 3), np.uint8))
    torch.manual_seed(0)
    text_encoder = new_denoiser(tokenizer, TINY).text_encoder
    scores = teach_to_read(
        text_encoder, tokenizer, tmp_path, tmp_path, Budget(steps=120), batch=24, peak_rate=1e-2
    )
    assert scores["style"] > 0.85 and scores["subject"] > 0.85
    assert (tmp_path / "reader-loss.png").stat().st_size > 0


def test_parts_never_share_a_seed_nor_touch_held_out_ones():
    seeds = [(p.first_seed, p.first_seed + p.count) for p in plan(300_000)]
    assert max(end for _, end in seeds) < HELD_OUT
    ordered = sorted(seeds)
    assert all(end <= start for (_, end), (start, _) in zip(ordered, ordered[1:], strict=False))


def test_a_combination_is_held_out_by_its_names_alone():
    combinations = held_out_combinations()
    everything = sum(len(set(subject.places)) for subject in SUBJECTS) * len(STYLES)
    assert len(set(combinations)) == len(combinations)
    assert 0.03 < len(combinations) / everything < 0.07
    assert {style for _, style, _ in combinations} == {style.name for style in STYLES}
    subject, style, place = combinations[0]
    facts = Facts(place, "day", (Item(subject),), style=style)
    assert held_out(facts) and not held_out(replace(facts, items=()))


@pytest.mark.skipif(font_path() is None, reason="fonts-noto-color-emoji is not installed")
def test_rendering_leaves_held_out_combinations_out(tmp_path, monkeypatch):
    monkeypatch.setattr("studio.training.heldout.ONE_IN", 2)
    part = Part((64, 64), 0, 30)
    (tmp_path / part.folder).mkdir()
    assert render_part((tmp_path, part)) == 30
    [(pictures, facts, _)] = parts_in(tmp_path)
    assert len(pictures) == len(facts) and 5 < len(facts) < 30
    assert not any(held_out(fact) for fact in facts)
    kept = next(
        i for i in range(30) if paint(part.first_seed + i, size=(64, 64)).labels == facts[0]
    )
    assert np.array_equal(pictures[0], paint(part.first_seed + kept, size=(64, 64)).image)


def test_the_learning_rate_warms_up_and_fades():
    rates = [learning_rate(1.0, step, step / 1000, warmup=100) for step in range(1000)]
    assert rates[0] == 0.01 and max(rates) == 1.0 and rates[-1] < 0.03


@pytest.mark.slow
@pytest.mark.skipif(font_path() is None, reason="fonts-noto-color-emoji is not installed")
def test_quick_runs_every_stage_and_diffusers_loads_the_result(tmp_path):
    main(
        [
            "all",
            "--quick",
            "--workers",
            "1",
            "--data",
            str(tmp_path / "data"),
            "--out",
            str(tmp_path / "out"),
            "--shard",
            "200KB",
        ]
    )
    runs = tmp_path / "data" / "runs"
    documents = (
        "autoencoder.png", "decoder.png", "denoiser-loss.png", "distil-loss.png", "distil-sheet.png",
        "sheet.png", "palette-evaluation.md",
    )  # fmt: skip
    for name in documents:
        assert (runs / name).stat().st_size > 0
    assert (tmp_path / "out" / "live" / "pytorch_lora_weights.safetensors").stat().st_size > 0
    weights = list((tmp_path / "out").rglob("*.safetensors"))
    assert len(weights) > 3
    index = json.loads((tmp_path / "out" / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionPipeline"
    pipeline = DiffusionPipeline.from_pretrained(tmp_path / "out", dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    picture = pipeline("a castle", num_inference_steps=2, height=64, width=96).images[0]
    assert picture.size == (96, 64)


@pytest.mark.slow
def test_two_processes_train_one_model(tokenizer, tmp_path):
    """Gradients are shared: both end with the same weights, though each saw its own noise."""
    folder = tmp_path / "latents" / "128x128"
    folder.mkdir(parents=True)
    bucket = make_bucket(tokenizer)
    np.savez(
        folder / "part-0000.npz",
        latents=np.repeat(bucket.latents.numpy(), 8, 1),
        tokens=bucket.tokens.numpy(),
        subjects=bucket.subjects.numpy(),
    )
    (tmp_path / "runs" / "autoencoder").mkdir(parents=True)
    PatchAutoencoder().save_pretrained(tmp_path / "runs" / "autoencoder")
    launch = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2",
        "-m", "studio.training.palette", "denoiser", "--quick", "--data", str(tmp_path),
    ]  # fmt: skip
    environment = {**os.environ, "ACCELERATE_USE_CPU": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run(launch, env=environment, check=True, timeout=300, capture_output=True)
    one, other = (
        torch.load(tmp_path / "runs" / f"denoiser-{i}.pt", weights_only=True) for i in (0, 1)
    )
    assert one["step"] == other["step"] == 6
    for name, weights in one["model"].items():
        assert torch.equal(weights, other["model"][name]), name
    assert not torch.equal(one["generator"], other["generator"])
