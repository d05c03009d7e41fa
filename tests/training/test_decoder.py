"""The decoder's sharpening: it leaves the encoder alone, goes on where it stopped, and its adversary knows blur."""

import numpy as np
import pytest
import torch

pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training.adversarial import (
    DecoderRecipe,
    DecoderTraining,
    Discriminator,
    blurred,
    crops,
    hinge_loss,
)
from studio.training.autoencoder import from_components, texture_kept, to_model
from studio.training.budget import Budget

CPU = torch.device("cpu")
DECODER = ("linear_decoder", "residual_decoder")


def hatched(count, height=48, width=48, seed=0):
    """Pictures (count, height, width, 3) with stripes 4 pixels apart, each with its own angle and colour."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    pictures = []
    for angle in rng.uniform(0, np.pi, count):
        stripes = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / 4) > 0
        pictures.append(rng.integers(80, 256, 3) * (0.4 + 0.6 * stripes[..., None]))
    return np.stack(pictures).astype(np.uint8)


@pytest.fixture(scope="module")
def start():
    """Weights of a new autoencoder whose linear maps know the hatched pictures."""
    torch.manual_seed(0)
    autoencoder = PatchAutoencoder(latent_channels=32)
    from_components(autoencoder, to_model(hatched(24), CPU))
    return autoencoder.state_dict()


def training(start, folder, steps=8, **changes):
    model = PatchAutoencoder(latent_channels=32)
    model.load_state_dict(start)
    values = {"batch": 2, "crop": 32, "start": 0.2, **changes}
    recipe = DecoderRecipe(Budget(steps=steps), **values)
    return DecoderTraining(model, recipe, [hatched(12)], hatched(2, seed=1), folder, CPU)


def test_the_encoder_and_the_latents_do_not_change_by_a_bit(start, tmp_path):
    run = training(start, tmp_path)
    after = run.run().state_dict()
    changed = {name for name in start if not torch.equal(start[name], after[name])}
    assert changed == {name for name in start if name.startswith(DECODER)}


def test_a_stopped_run_ends_like_an_uninterrupted_one(start, tmp_path):
    whole = training(start, tmp_path / "whole")
    whole.run()
    for stop in (3, 5, 8):
        parts = training(start, tmp_path / "parts")
        parts.run(stop_at=stop)
    assert parts.step == whole.step == 8
    for a, b in ((whole.model, parts.model), (whole.discriminator, parts.discriminator)):
        theirs = b.state_dict()
        assert all(torch.equal(value, theirs[name]) for name, value in a.state_dict().items())


def test_a_checkpoint_of_another_encoder_is_refused(start, tmp_path):
    training(start, tmp_path, steps=1).run()
    other = {**start, "latent_std": start["latent_std"] * 2}
    with pytest.raises(ValueError, match="another encoder"):
        training(other, tmp_path)


def test_training_brings_pictures_closer(start, tmp_path):
    run = training(start, tmp_path, steps=40, weight=0.0, batch=4, latent_noise=0.0)
    losses = [run.train_step(0.5)[0] for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])


def test_the_adversary_pushes_as_hard_as_its_weight_says(start, tmp_path):
    run = training(start, tmp_path)
    x, z = run._batch()
    with torch.no_grad():
        y, hint = run.model.decode(z).sample, blurred(run.model, z)
    alone, loss = run.slope(y, x, hint, 0.0)
    both, same_loss = run.slope(y, x, hint, 0.7)
    assert float((both - alone).norm() / alone.norm()) == pytest.approx(0.7, rel=1e-3)
    assert loss == same_loss


def test_the_adversary_waits_for_its_start_and_then_grows():
    recipe = DecoderRecipe(Budget(steps=1), weight=0.6, start=0.1)
    weights = [recipe.weight_at(share) for share in (0.0, 0.1, 0.15, 0.2, 1.0)]
    assert weights == pytest.approx([0, 0, 0.3, 0.6, 0.6])


def test_the_discriminator_learns_to_tell_crisp_from_blurred(start):
    torch.manual_seed(0)
    model = PatchAutoencoder(latent_channels=32)
    model.load_state_dict(start)
    discriminator = Discriminator()
    optimizer = torch.optim.AdamW(discriminator.parameters(), 2e-3, betas=(0.5, 0.99))

    def scores(pictures):
        with torch.no_grad():
            x = to_model(pictures, CPU)
            hint = blurred(model, model.encode(x).latents)
        soft = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
        return discriminator(x, hint)[0], discriminator(soft, hint)[0]

    for seed in range(30):
        loss = hinge_loss(*scores(hatched(4, seed=seed)))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    crisp, soft = scores(hatched(8, seed=1000))
    assert crisp.mean() > soft.mean() + 0.5
    assert crisp.shape == (8, 1, 6, 6)


def test_crops_are_pieces_of_the_pictures_on_the_grid():
    """Every pixel tells its own place, so a crop tells where it was cut."""
    y, x = np.mgrid[:64, :96]
    part = np.stack([y, x, np.zeros_like(x)], -1).astype(np.uint8)[None]
    mirrored = 0
    for crop in crops([part, part[:, :48]], 40, 32, np.random.default_rng(0)):
        turned = crop[0, 0, 1] > crop[0, 1, 1]
        mirrored += turned
        crop = crop[:, ::-1] if turned else crop
        top, left = int(crop[0, 0, 0]), int(crop[0, 0, 1])
        assert top % 16 == left % 16 == 0
        assert np.array_equal(crop, part[0, top : top + 32, left : left + 32])
    assert 8 < mirrored < 32


def test_texture_kept_is_one_for_a_perfect_round_trip_and_small_for_blur():
    class Blur(torch.nn.Module):
        def __init__(self, side):
            super().__init__()
            self.side = side

        def forward(self, x):
            return torch.nn.functional.avg_pool2d(x, self.side, 1, self.side // 2)

    by_style = {"hatched": hatched(3)}
    assert texture_kept(Blur(1), by_style, CPU)["hatched"] == pytest.approx(1, abs=0.02)
    assert texture_kept(Blur(5), by_style, CPU)["hatched"] < 0.3
