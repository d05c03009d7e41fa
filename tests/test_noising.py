"""Pictures on their way into noise: exact numbers, the same noise at every timestep, caps (row B8), the model's own words."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from studio.core.errors import ModelUnavailable, RecipeError
from studio.core.forward import Forward
from studio.core.settings import Settings
from studio.diffusion.forward import SCHEDULES, noised, of_config
from studio.models.catalog import Catalog
from studio.noising import (
    AREA,
    Noisings,
    clamped,
    latent_noise,
    of_picture,
    packed,
    pixel_noise,
    shown,
    spaced,
    to_picture,
)
from studio.service import Studio
from tests.fakes import FakeModel, answered

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"


def noisings(folder: Path, *, ready: bool = True, problem: Any = None) -> Noisings:
    status = SimpleNamespace(ready=ready, problem=problem)
    return Noisings(
        lambda model: folder, lambda algorithm, *_, **__: answered(algorithm), lambda model: status
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scheduler").mkdir()
    config = {"beta_schedule": "squaredcos_cap_v2", "num_train_timesteps": 500}
    (tmp_path / "scheduler" / "scheduler_config.json").write_text(json.dumps(config))
    return tmp_path


def picture(size: tuple[int, int] = (256, 256)) -> Image.Image:
    rgb = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(rgb)


def test_a_picture_survives_becoming_numbers():
    assert to_picture(of_picture(picture())).tobytes() == picture().tobytes()


@pytest.mark.parametrize("size", [(256, 256), (64, 48), (16, 256), (4096, 4096), (300, 200)])
def test_a_picture_is_shown_with_its_own_proportions(size: tuple[int, int]):
    small = shown(picture(size) if max(size) < 1000 else Image.new("RGB", size))
    assert not small.width % 16
    assert not small.height % 16
    assert small.width * small.height == pytest.approx(AREA, rel=0.13)
    assert small.width / small.height == pytest.approx(size[0] / size[1], rel=0.13)


def test_x_t_is_the_formula_at_every_timestep(folder: Path):
    way = noisings(folder).pixels(Forward(schedule="linear", T=100, seed=4), picture())
    for t in (0, 37, 99):
        alpha_bar = SCHEDULES["linear"](100).alpha_bar(t)
        expected = np.sqrt(alpha_bar) * way.x0.astype(np.float64) + np.sqrt(1 - alpha_bar) * way.eps
        np.testing.assert_allclose(way.at(t), expected, atol=2e-6)
        numbers = way.numbers(t)
        assert (numbers.t, numbers.alpha_bar) == (t, alpha_bar)
        assert numbers.sigma == pytest.approx(((1 - alpha_bar) / alpha_bar) ** 0.5)


def test_the_seed_alone_decides_the_noise():
    assert np.array_equal(pixel_noise((3, 8, 8), 7), pixel_noise((3, 8, 8), 7))
    assert not np.array_equal(pixel_noise((3, 8, 8), 7), pixel_noise((3, 8, 8), 8))
    assert pixel_noise((3, 256, 256), 2**53 - 1).std() == pytest.approx(1, abs=0.01)


def test_the_latents_noise_is_what_a_painting_of_that_seed_starts_from():
    start = torch.randn((1, 4, 8, 8), generator=torch.Generator("cpu").manual_seed(7))
    assert np.array_equal(latent_noise((4, 8, 8), 7), start[0].numpy())


def test_the_models_own_schedule_has_its_own_number_of_timesteps(folder: Path):
    schedule = noisings(folder).schedule(Forward(schedule="model", T=1000))
    assert len(schedule) == 500
    assert schedule.alpha_bar(250) == SCHEDULES["cosine"](500).alpha_bar(250)


def test_the_built_in_models_schedule_is_the_one_it_denoises_with():
    catalog = Catalog(Settings())
    file = catalog.folder("palette") / "scheduler" / "scheduler_config.json"
    levels = of_config(json.loads(file.read_text()))
    loaded = catalog.model("palette").result()
    for t in (0, 1, 250, 500, 750, 998):
        assert levels.alpha_bar(t) == pytest.approx(loaded.alpha_bar(t), rel=2e-4, abs=2e-7)


@pytest.mark.parametrize("text", ["", "{", '{"beta_schedule": "sigmoid"}', '{"trained_betas": []}'])
def test_a_schedule_that_cannot_be_read_is_said_in_words(folder: Path, text: str):
    (folder / "scheduler" / "scheduler_config.json").write_text(text)
    with pytest.raises(ModelUnavailable, match="own noise schedule cannot be read"):
        noisings(folder).schedule(Forward())


def test_in_latent_space_the_models_own_numbers_are_noised(folder: Path):
    studio, wish = noisings(folder), Forward(space="latent", schedule="cosine", seed=2)
    place = studio.place(picture(), "me")
    encoded = FakeModel().encode_picture(torch.from_numpy(of_picture(picture()))[None]).mean[0]
    assert np.array_equal(place.x0, encoded.numpy())
    way = studio.latent(wish, place)
    assert np.array_equal(way.eps, latent_noise(place.x0.shape, 2))
    expected = noised(way.x0, way.eps, SCHEDULES["cosine"](1000).alpha_bar(300))
    assert np.array_equal(way.at(300), expected)
    decoded = FakeModel().decode(torch.from_numpy(expected)[None])[0]
    assert np.array_equal(np.asarray(studio.decoded(way.at(300), "me")), decoded)


def test_the_built_in_model_places_and_decodes_as_it_does_when_painting(tmp_path: Path):
    example = Image.open(EXAMPLES / "forest.jpg").convert("RGB")
    studio = Studio(Settings(home=tmp_path))
    try:
        place = studio.noising.place(example, "me")
        way = studio.noising.latent(Forward(space="latent", schedule="cosine"), place)
        decoded = np.asarray(studio.noising.decoded(way.at(600), "me"))
        model = studio.catalog.model("palette").result()
    finally:
        studio.close()
    encoded = model.encode_picture(torch.from_numpy(of_picture(shown(example)))[None])
    assert np.array_equal(place.x0, encoded.mean[0].numpy())
    assert np.array_equal(decoded, model.decode(torch.from_numpy(way.at(600))[None])[0])
    cells = np.einsum("oc,chw->ohw", place.weight, place.x0) + place.bias[:, None, None]
    quick = torch.nn.functional.pixel_shuffle(torch.from_numpy(cells)[None], 16)[0].numpy()
    preview = model.preview(encoded.mean)
    seen = np.frombuffer(preview.rgb, np.uint8).reshape(preview.height, preview.width, 3)
    assert np.abs(np.asarray(to_picture(quick)).astype(int) - seen).max() <= 1


def test_who_does_not_wait_is_told_that_the_model_loads(folder: Path):
    with pytest.raises(ModelUnavailable, match="still loading"):
        noisings(folder, ready=False).place(picture(), "me", wait=False)
    damaged = ModelUnavailable("The file is damaged.")
    with pytest.raises(ModelUnavailable, match="damaged"):
        noisings(folder, ready=False, problem=damaged).place(picture(), "me", wait=False)


def test_b8_timesteps_out_of_range_are_clamped_and_said_so():
    assert clamped([0, 250, 999], 1000) == ([0, 250, 999], [])
    within, (said,) = clamped([-5, 10**30, 3], 1000)
    assert within == [0, 999, 3]
    assert str(said).startswith("Timestep -5 is out of range; the nearest one from 0 to 999")
    within, (said,) = clamped([], 1000)
    assert within == [0]
    assert "timestep 0 is shown" in str(said)


def test_b8_frames_are_capped_and_said_so():
    within, (said,) = clamped([1] * 10_000, 1000)
    assert (len(within), str(said)) == (120, "10000 pictures are too many; 120 are shown.")
    for frames, count in ((0, 1), (-1, 1), (10_000, 120)):
        timesteps, notices = spaced(frames, 1000)
        assert (len(timesteps), len(notices)) == (count, 1)
    assert spaced(3, 1000) == ([0, 500, 999], [])


@pytest.mark.parametrize(
    ("field", "value"),
    [("schedule", "quadratic"), ("T", 9), ("T", 4001), ("T", "many"), ("seed", -2), ("space", "x"), ("source", "x.png")],
)  # fmt: skip
def test_a_wish_that_is_none_is_refused_at_its_field(field: str, value: object):
    with pytest.raises(RecipeError) as refused:
        Forward.from_values({field: value})
    assert refused.value.field == field


def test_arrays_are_packed_as_safetensors():
    from safetensors.numpy import load

    arrays = {"x0": of_picture(picture()), "eps": pixel_noise((3, 4, 4), 0)}
    back = load(packed(arrays))
    assert all(np.array_equal(back[name], arrays[name]) for name in arrays)
