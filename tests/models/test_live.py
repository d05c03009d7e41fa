"""The live model: weight differences beside a model's own, added when it is loaded, refused where they do not belong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import PALETTE
from counted import Counted, counting
from PIL import Image
from torch import nn

from studio.core.errors import ModelUnavailable
from studio.core.events import Finished, Sketched
from studio.core.recipes import TextToImage
from studio.core.registry import Registry
from studio.core.settings import Settings
from studio.models import low_rank
from studio.models.cards import CARDS
from studio.models.catalog import Catalog
from studio.models.families.unet import UNetModel
from studio.models.inspection import BASE, DIFFERENCES, fingerprint
from studio.service import Studio

BEFORE = fingerprint(PALETTE)
SIZES = {"square": (64, 64)}
SHELF = Registry(
    "model",
    {name: replace(CARDS[name], sizes=SIZES) for name in ("palette", "palette_live")},
)


@pytest.fixture
def models(tmp_path: Path, tiny_sd: Path) -> Path:
    """A tiny base under palette's name, and its live model."""
    folder = tmp_path / "models" / "palette"
    shutil.copytree(tiny_sd, folder)
    make_live(folder)
    return folder.parent


def make_live(folder: Path, base: str | None = None) -> low_rank.Factors:
    from diffusers import UNet2DConditionModel

    unet = UNet2DConditionModel.from_pretrained(folder / "unet")
    random = torch.Generator().manual_seed(0)
    factors = {
        name: (a, torch.randn(b.shape, generator=random) * 0.1)
        for name, (a, b) in low_rank.no_difference(unet, 4, random).items()
    }
    about = {BASE: fingerprint(folder / "unet") if base is None else base}
    low_rank.save(folder / "live", factors, about)
    return factors


def shelf(models: Path) -> Catalog:
    return Catalog(Settings(models=models, device="cpu", dtype="float32"), SHELF)


def test_a_difference_of_full_rank_is_kept_exactly(tmp_path: Path):
    """W + B A with A the identity and B anything bfloat16 can hold: every layer becomes W + B."""
    module = nn.ModuleDict({"linear": nn.Linear(6, 4), "conv": nn.Conv2d(3, 8, 3)})
    before = {name: layer.weight.detach().clone() for name, layer in module.items()}
    factors, wanted = {}, {}
    for name, weight in before.items():
        inputs = weight[0].numel()
        a = torch.eye(inputs).view(inputs, *weight.shape[1:])
        b = torch.randn(len(weight), inputs).bfloat16().float()
        factors[name] = (a, b.view(*b.shape, *(1 for _ in weight.shape[2:])))
        wanted[name] = weight + b.view(weight.shape)
    low_rank.save(tmp_path, factors, {})
    low_rank.merge(module, tmp_path)
    assert all(torch.equal(layer.weight, wanted[name]) for name, layer in module.items())


def test_no_difference_changes_nothing(tmp_path: Path):
    module = nn.Sequential(nn.Linear(6, 4), nn.Conv2d(3, 8, 3))
    before = [layer.weight.detach().clone() for layer in module]
    low_rank.save(tmp_path, low_rank.no_difference(module, 2, torch.Generator()), {})
    low_rank.merge(module, tmp_path)
    assert all(torch.equal(layer.weight, old) for layer, old in zip(module, before, strict=True))


def test_the_catalog_adds_the_differences_and_leaves_the_base_alone(models: Path):
    catalog = shelf(models)
    assert catalog.here("palette") and catalog.here("palette_live")
    base, live = (catalog.model(name).result() for name in ("palette", "palette_live"))
    assert isinstance(base, UNetModel) and isinstance(live, UNetModel)
    factors = low_rank.read(models / "palette" / "live")
    assert set(factors) == set(low_rank.layers(base.unet)) and len(factors) > 20
    for name, (a, b) in factors.items():
        old, new = (one.unet.get_submodule(name).weight for one in (base, live))
        assert torch.allclose(new, old + low_rank.difference(a, b, old), atol=1e-6)
        assert not torch.equal(new, old)


def test_a_live_model_leaves_the_revision_of_its_base_alone(models: Path):
    both = shelf(models)
    with_live, live = both.revision("palette"), both.revision("palette_live")
    shutil.rmtree(models / "palette" / "live")
    alone = shelf(models).revision("palette")
    assert with_live == alone != live
    make_live(models / "palette")
    first = shelf(models).revision("palette_live")
    file = models / "palette" / "live" / DIFFERENCES
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert shelf(models).revision("palette_live") != first
    assert shelf(models).revision("palette") == alone


def refusal(models: Path) -> str:
    catalog = shelf(models)
    assert "palette_live" not in [name for name in SHELF if catalog.here(name)]
    with pytest.raises(ModelUnavailable) as refused:
        catalog.model("palette_live")
    assert catalog.here("palette")
    return f"{refused.value} {refused.value.hint_text}"


def test_a_live_model_that_is_missing_is_refused_in_words(models: Path):
    shutil.rmtree(models / "palette" / "live")
    assert "Palette live is not on this machine" in refusal(models)


def test_a_live_model_of_other_weights_is_refused_in_words(models: Path):
    make_live(models / "palette", base="0123456789abcdef")
    assert "Palette live was made for other weights" in refusal(models)


def test_E3_a_truncated_live_model_is_refused_in_words(models: Path):
    file = models / "palette" / "live" / DIFFERENCES
    file.write_bytes(file.read_bytes()[:-10])
    assert f"live/{DIFFERENCES} is damaged" in refusal(models)


@pytest.mark.parametrize(
    ("name", "a", "b", "reason"),
    [
        ("no.such.layer", (1, 4, 3, 3), (16, 1, 1, 1), "there is no layer no.such.layer"),
        ("conv_in", (1, 5, 3, 3), (16, 1, 1, 1), "conv_in has another shape"),
        ("conv_in", (2, 4, 3, 3), (16, 1, 1, 1), "conv_in has another shape"),
    ],
)
def test_E3_differences_that_do_not_fit_are_refused(models: Path, name, a, b, reason):
    folder = models / "palette"
    about = {BASE: fingerprint(folder / "unet")}
    low_rank.save(folder / "live", {name: (torch.ones(a), torch.ones(b))}, about)
    with pytest.raises(ModelUnavailable) as refused:
        shelf(models).model("palette_live").result()
    assert reason in refused.value.hint_text


def test_E3_differences_that_are_not_numbers_are_refused(tmp_path: Path):
    low_rank.save(tmp_path, {"x": (torch.tensor([[torch.nan]]), torch.ones(1, 1))}, {})
    with pytest.raises(ModelUnavailable) as refused:
        low_rank.read(tmp_path)
    assert "not a number" in refused.value.hint_text


@pytest.fixture
def studio(models: Path, tmp_path: Path) -> Iterator[Studio]:
    settings = Settings(models=models, home=tmp_path / "home", device="cpu", dtype="float32")
    opened = Studio(settings, Catalog(settings, SHELF, counting))
    yield opened
    opened.close()


RECIPE = TextToImage(prompt="a fox", model="palette_live", seed=3)


def test_a_live_picture_costs_one_pass_a_step(studio: Studio):
    [last] = [one for one in studio.submit(RECIPE, "me").events() if isinstance(one, Finished)]
    model = studio.catalog.model("palette_live").result()
    assert isinstance(model, Counted) and model.rows == 4
    assert last.result.recipe.revision == studio.catalog.revision("palette_live")
    assert last.result.steps_total == 4


def test_a_sketch_is_the_picture_without_a_file(studio: Studio):
    *_, sketch = studio.sketch(RECIPE, "me").events()
    assert isinstance(sketch, Sketched)
    assert not studio.recent("me") and not [*studio.store.home.rglob("*.png")]
    *_, kept = studio.submit(RECIPE, "me").events()
    assert isinstance(kept, Finished)
    with Image.open(kept.result.path) as picture:
        assert picture.tobytes() == sketch.image.rgb


def test_the_studio_says_who_paints_live(studio: Studio, models: Path):
    assert studio.live() == "palette_live"
    shutil.rmtree(models / "palette" / "live")
    assert studio.live() is None


def test_palette_itself_is_fingerprinted_whole():
    """Every file of palette's counts but those of adapters, and so the revision in old pictures still holds."""
    assert len(BEFORE) == 16
    adapters = {card.adapter for card in CARDS.values() if card.source == "palette"}
    for folder in PALETTE.iterdir():
        if folder.is_dir() and folder.name not in adapters:
            assert folder.name in (PALETTE / "model_index.json").read_text()
