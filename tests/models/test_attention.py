"""Attention is caught during one pass, is what the layers compute, and leaves nothing behind."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import PALETTE
from plainly import painted, wish

from studio.core.errors import StudioError
from studio.diffusion.denoise import text_to_image
from studio.diffusion.questions import Attention, Context, Question, Words
from studio.diffusion.wordmap import word_map
from studio.models.attention import Capture
from studio.models.cards import CARDS
from studio.models.families.sdxl import SDXLModel
from studio.models.families.unet import UNetModel


@pytest.fixture(scope="module", params=["palette", "sd", "sdxl", "inpaint"])
def model(request: pytest.FixtureRequest) -> UNetModel:
    if request.param == "palette":
        return UNetModel("palette", CARDS["palette"], PALETTE, "cpu", torch.float32)
    folder: Path = request.getfixturevalue(f"tiny_{request.param}")
    cls = SDXLModel if request.param == "sdxl" else UNetModel
    return cls("tiny", CARDS["sd15"], folder, "cpu", torch.float32)


def noise(model: UNetModel, height: int = 8, width: int = 12) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.randn(1, model.unet.config.in_channels, height, width, generator=random)


def fox(model: UNetModel) -> Context:
    return model.encode(Words("a fox by a lake"))


def computed_by_hand(model: UNetModel, x: torch.Tensor, t: float, context: Context) -> dict:
    """Layer -> (heads, cells, tokens): softmax(Q K^T / sqrt(d)) of what its projections put out in an ordinary pass."""
    put_out: dict[str, dict[str, torch.Tensor]] = {}
    layers = {name: m for name, m in model.unet.named_modules() if name.endswith("attn2")}

    def listen(name: str, part: str) -> Callable[..., None]:
        def hook(module: object, inputs: object, output: torch.Tensor) -> None:
            put_out.setdefault(name, {})[part] = output[0].double()

        return hook

    hooks = [
        getattr(layer, part).register_forward_hook(listen(name, part))
        for name, layer in layers.items()
        for part in ("to_q", "to_k")
    ]
    model.denoise(x, torch.tensor([t]), [context])
    for hook in hooks:
        hook.remove()
    by_hand = {}
    for name, layer in layers.items():
        q, k = (
            torch.stack(put_out[name][part].chunk(layer.heads, dim=-1)) for part in ("to_q", "to_k")
        )
        scores = torch.einsum("hqd,hkd->hqk", q, k) / math.sqrt(q.shape[-1])
        by_hand[name] = scores.exp() / scores.exp().sum(-1, keepdim=True)
    return by_hand


def test_every_place_shares_out_its_attention_among_the_tokens(model: UNetModel):
    x = noise(model, 9, 13)
    for maps in model.attention(x, 700.0, fox(model)).maps.values():
        assert maps.shape == (model.token_limit, 9, 13) and maps.dtype is torch.float32
        assert maps.min() >= 0
        torch.testing.assert_close(maps.sum(0), torch.ones(9, 13), atol=1e-5, rtol=0)


def test_the_maps_are_the_layers_own_softmax(model: UNetModel):
    """The average over all layers against the layers' queries and keys, multiplied out in double precision."""
    x, context = noise(model), fox(model)
    sizes = {96: (8, 12), 24: (4, 6), 6: (2, 3)}
    grown = [
        torch.nn.functional.interpolate(
            heads.mean(0).T.reshape(1, -1, *sizes[heads.shape[1]]), (8, 12), mode="bilinear"
        )[0]
        for heads in computed_by_hand(model, x, 700.0, context).values()
    ]
    expected = torch.stack(grown).mean(0).float()
    got = model.attention(x, 700.0, context).maps["all"]
    torch.testing.assert_close(got, expected, atol=2e-6, rtol=1e-4)
    assert got.std() > 0


def test_a_group_holds_the_layers_of_its_resolution_alone(tiny_sd: Path):
    """The finest layers of the tiny model see the latent's own size: nothing is interpolated."""
    model = UNetModel("tiny", CARDS["sd15"], tiny_sd, "cpu", torch.float32)
    x, context = noise(model), fox(model)
    layers = computed_by_hand(model, x, 20.0, context)
    fine = [heads.mean(0).T.reshape(-1, 8, 12) for heads in layers.values() if heads.shape[1] == 96]
    assert 0 < len(fine) < len(layers)
    maps = model.attention(x, 20.0, context).maps
    assert set(maps) == {"all", "fine", "coarse"}
    torch.testing.assert_close(maps["fine"], torch.stack(fine).mean(0).float(), atol=2e-6, rtol=0)


def test_four_resolutions_make_three_groups():
    """Stable Diffusion 1.5 has 5 layers on each of three resolutions and 1 on the smallest."""
    capture = Capture()
    for side, layers, share in ((64, 5, 0.5), (32, 5, 0.4), (16, 5, 0.3), (8, 1, 0.9)):
        capture.sums[side**2] = layers * torch.full((2, side**2), share)
        capture.layers[side**2] = layers
    maps = capture.attention(64, 64).maps
    shares = {name: round(float(part.mean()), 6) for name, part in maps.items()}
    assert shares == {"fine": 0.5, "middle": 0.4, "coarse": 0.4, "all": round(6.9 / 16, 6)}


def test_words_that_differ_are_looked_at_differently(model: UNetModel):
    x = noise(model)
    one, other = (model.attention(x, 500.0, model.encode(Words(w))) for w in ("a fox", "the sea"))
    assert (one.maps["all"] - other.maps["all"]).abs().max() > 1e-4


def processors(model: UNetModel) -> list[int]:
    return [id(processor) for processor in model.unet.attn_processors.values()]


def test_a_layers_own_processor_is_back_afterwards(model: UNetModel):
    own = processors(model)
    model.attention(noise(model), 700.0, fox(model))
    assert processors(model) == own


def test_a_layers_own_processor_is_back_after_a_failed_pass(model: UNetModel):
    own = processors(model)
    with pytest.raises(RuntimeError):
        model.attention(noise(model), 700.0, Context(torch.zeros(3, 1), torch.zeros(1)))
    assert processors(model) == own


def test_a_model_that_sees_the_mask_says_that_it_lacks_it(tiny_inpaint: Path):
    model = UNetModel("tiny", CARDS["sd15"], tiny_inpaint, "cpu", torch.float32)
    with pytest.raises(StudioError, match="mask"):
        model.attention(noise(model)[:, :4], 700.0, fox(model))


def test_a_prediction_is_the_same_to_the_bit_with_or_without_a_look(model: UNetModel):
    """The pass that is looked at answers what it would have, and so does the next one."""
    x, t, contexts = noise(model), torch.tensor([700.0]), [fox(model)]
    before = model.denoise(x, t, contexts)
    answers = []
    listener = model.unet.register_forward_hook(lambda m, i, output: answers.append(output[0]))
    model.attention(x, 700.0, contexts[0])
    listener.remove()
    assert torch.equal(answers[0].float(), before)
    assert torch.equal(model.denoise(x, t, contexts), before)


def test_a_picture_is_the_same_to_the_byte_when_it_is_looked_at_between_steps(tiny_sd: Path):
    model = UNetModel("tiny", CARDS["sd15"], tiny_sd, "cpu", torch.float32)
    recipe = wish(sampler="euler_a")

    def looked_at():
        """The same algorithm; before each question is passed on, the model is asked where it looks."""
        algorithm, answer = text_to_image(recipe, model), None
        while True:
            try:
                ask = algorithm.send(answer)
            except StopIteration as end:
                return end.value
            if isinstance(ask, Question):
                looks.append(model.attention(ask.x, ask.t, ask.words))
            answer = yield ask

    looks: list[Attention] = []
    before = painted(text_to_image(recipe, model), model)
    while_looking = painted(looked_at(), model)
    after = painted(text_to_image(recipe, model), model)
    assert len(looks) == recipe.steps
    assert (before == while_looking).all() and (before == after).all()


def test_a_look_in_bfloat16_is_near_the_one_in_float32(tiny_sdxl: Path):
    """Softmax is taken in float32, so the rows sum to 1 in any number format."""
    maps = []
    for dtype in (torch.float32, torch.bfloat16):
        model = SDXLModel("tiny", CARDS["sdxl"], tiny_sdxl, "cpu", dtype)
        maps.append(model.attention(noise(model), 700.0, fox(model)).maps["all"])
    torch.testing.assert_close(maps[1].sum(0), torch.ones(8, 12), atol=1e-5, rtol=0)
    torch.testing.assert_close(maps[0], maps[1], atol=5e-3, rtol=0)


def test_the_map_of_a_word_is_the_sum_of_its_tokens():
    shares = torch.zeros(4, 2, 3)
    shares[0] = 0.5
    shares[1, 0, 0], shares[2, 0, 0], shares[2, 1, 2] = 0.1, 0.3, 0.2
    word = word_map(Attention({"all": shares}), "all", (1, 2))
    assert word.heat.tolist() == [[1, 0, 0], [0, 0, 0.5]]
    assert word.peak == pytest.approx(0.4) and word.least == 0
    assert word.share == pytest.approx(0.6 / 6)


def test_a_word_nobody_looks_at_has_an_empty_map():
    word = word_map(Attention({"all": torch.zeros(2, 2, 2)}), "all", (1,))
    assert word.heat.max() == word.share == word.peak == 0


@pytest.mark.parametrize(("group", "tokens"), [("finest", (1,)), ("all", (99,))])
def test_a_map_of_nothing_is_refused(group: str, tokens: tuple[int, ...]):
    with pytest.raises((KeyError, IndexError)):
        word_map(Attention({"all": torch.zeros(2, 2, 2)}), group, tokens)
