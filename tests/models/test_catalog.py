"""The catalog: loads once, says what is wrong, keeps within its memory."""

from __future__ import annotations

import json
import shutil
import struct
import threading
from pathlib import Path

import pytest
import torch
from conftest import PALETTE
from fakes import FakeModel
from transformers import CLIPTokenizer

from studio.core.errors import InternalError, ModelUnavailable, UnknownName
from studio.core.registry import Registry
from studio.core.settings import Settings
from studio.models.card import ModelCard
from studio.models.cards import CARDS
from studio.models.catalog import Catalog, load
from studio.models.families.unet import UNetModel
from studio.models.vocabulary import Vocabulary
from studio.world.words import known_words


def card(source: str = "palette", gigabytes: float = 1.0) -> ModelCard:
    return ModelCard("T", "a", "unet", source, "MIT", gigabytes, {"square": (64, 64)})


def catalog(loader=None, memory: float = 16.0, **cards: ModelCard) -> Catalog:
    shelf = Registry("model", cards or {"m": card()})
    return Catalog(Settings(memory_gib=memory), shelf, loader)


def test_a_model_is_loaded_once_however_many_ask():
    loads = []
    start = threading.Barrier(9)

    def loader(*_: object) -> FakeModel:
        loads.append(1)
        return FakeModel()

    shelf = catalog(loader)
    got = []

    def ask() -> None:
        start.wait()
        got.append(shelf.model("m").result())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    start.wait()
    for thread in threads:
        thread.join()
    assert len(loads) == 1 and len(set(map(id, got))) == 1


def test_asking_does_not_wait_for_the_load():
    gate = threading.Event()
    shelf = catalog(lambda *_: gate.wait(20) and FakeModel())
    future = shelf.model("m")
    assert not future.done()
    assert shelf.loading_for("m") is not None
    gate.set()
    future.result(20)
    assert shelf.loaded("m") and shelf.loading_for("m") is None


def test_a_failed_load_is_tried_again_and_said_in_words():
    answers = iter([ValueError("secret path"), FakeModel()])

    def loader(*_: object) -> FakeModel:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shelf = catalog(loader)
    with pytest.raises(InternalError) as failed:
        shelf.model("m").result()
    assert "secret" not in str(failed.value)
    assert shelf.problem("m") is failed.value
    assert isinstance(shelf.model("m").result(), FakeModel)


def test_the_model_used_longest_ago_leaves_when_memory_is_spent():
    shelf = catalog(lambda *_: FakeModel(), 2.5, a=card(), b=card(), c=card())
    for name in ("a", "b", "a", "c"):
        shelf.model(name).result()
    assert [name for name in "abc" if shelf.loaded(name)] == ["a", "c"]


def test_a_model_that_left_but_is_still_held_is_not_loaded_twice():
    shelf = catalog(lambda *_: FakeModel(), 1.5, a=card(), b=card())
    held = shelf.model("a").result()
    shelf.model("b").result()
    assert not shelf.loaded("a")
    assert shelf.model("a").result() is held


def test_too_little_memory_for_a_model_is_said_in_words():
    def loader(*_: object) -> FakeModel:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(ModelUnavailable, match="not enough memory to load T"):
        catalog(loader).model("m").result()


def test_B7_an_unknown_model_is_answered_with_the_known_ones():
    with pytest.raises(UnknownName) as unknown:
        catalog().model("pallete")
    assert "Choose one of: m" in unknown.value.hint_text


def test_a_hub_model_that_is_not_here_says_how_to_get_it():
    shelf = Catalog(Settings())
    assert not shelf.here("sd15")
    with pytest.raises(ModelUnavailable) as absent:
        shelf.model("sd15")
    assert "models --get sd15" in absent.value.hint_text


def test_every_hub_card_is_pinned_to_a_commit_and_names_its_licence():
    for name, shelved in CARDS.items():
        assert shelved.licence, name
        assert shelved.built_in or len(shelved.revision) == 40, name


def test_the_revision_of_a_built_in_model_follows_its_files(tmp_path: Path, tiny_sd: Path):
    shutil.copytree(tiny_sd, tmp_path / "palette")
    shelf = Catalog(Settings(models=tmp_path), Registry("model", {"m": card()}))
    before = shelf.revision("m")
    config = tmp_path / "palette" / "scheduler" / "scheduler_config.json"
    config.write_text(config.read_text() + " ")
    other = Catalog(Settings(models=tmp_path), Registry("model", {"m": card()}))
    assert other.revision("m") != before


@pytest.fixture
def broken(tmp_path: Path, tiny_sd: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(tiny_sd, folder)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(ModelUnavailable) as refused:
        UNetModel("m", card(), folder, "cpu", torch.float32)
    return f"{refused.value} {refused.value.hint_text}"


WEIGHTS = Path("unet") / "diffusion_pytorch_model.safetensors"


def test_E3_truncated_weights_are_named(broken: Path):
    file = broken / WEIGHTS
    file.write_bytes(file.read_bytes()[:-100])
    assert "unet/diffusion_pytorch_model.safetensors is damaged" in refusal(broken)


@pytest.mark.parametrize(
    "content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"<!DOCTYPE html><html>"]
)
def test_E3_a_pointer_or_a_page_instead_of_weights_is_named(broken: Path, content: bytes):
    (broken / WEIGHTS).write_bytes(content)
    assert "is damaged or incomplete" in refusal(broken)


def test_E4_an_absurd_header_is_refused_without_reading_it(broken: Path):
    (broken / WEIGHTS).write_bytes(struct.pack("<Q", 2**62) + b"{}")
    assert "is damaged or incomplete" in refusal(broken)


def test_E3_missing_keys_are_named(broken: Path):
    from safetensors.torch import load_file, save_file

    weights = load_file(broken / WEIGHTS)
    weights.pop("conv_in.weight")
    save_file(weights, broken / WEIGHTS)
    assert "lacks the weights conv_in.weight" in refusal(broken)


def test_E3_weights_that_are_not_numbers_are_named(broken: Path):
    from safetensors.torch import load_file, save_file

    weights = load_file(broken / WEIGHTS)
    weights["conv_in.bias"][0] = float("nan")
    save_file(weights, broken / WEIGHTS)
    assert "conv_in.bias" in refusal(broken) and "not numbers" in refusal(broken)


def test_E1_pickled_weights_are_refused(broken: Path):
    (broken / WEIGHTS).rename(broken / "unet" / "diffusion_pytorch_model.bin")
    assert "no safetensors weights" in refusal(broken)


def test_E2_a_model_that_brings_code_is_refused(broken: Path):
    (broken / "unet" / "modeling.py").write_text("raise SystemExit")
    assert "unet/modeling.py" in refusal(broken)


def test_E2_an_unknown_class_in_the_index_is_refused(broken: Path):
    index = json.loads((broken / "model_index.json").read_text())
    index["vae"] = ["os", "system"]
    (broken / "model_index.json").write_text(json.dumps(index))
    assert "does not load: system" in refusal(broken)


def test_the_loader_picks_family_device_and_number_format(tiny_sd: Path):
    model = load("m", card(), tiny_sd, Settings(device="cpu", dtype="float32"))
    assert isinstance(model, UNetModel) and (model.device, model.dtype) == ("cpu", "float32")


def test_palette_knows_its_words_and_the_neighbours_of_others():
    words = Vocabulary.read(PALETTE)
    unknown = dict(words.unknown("A xylophone by the oceen with kittens, 猫 and mosaic"))
    assert "ocean" in unknown["oceen"] and "cat" in unknown["kittens"]
    assert unknown["xylophone"] == () and unknown["猫"] == ()
    assert "mosaic" not in unknown and "A" not in unknown


def test_every_prompt_palette_offers_is_in_its_own_words():
    words = Vocabulary.read(PALETTE)
    assert len(words.prompts) >= 12
    assert all(words.unknown(prompt) == () for prompt in words.prompts)


def test_the_words_palette_tells_are_those_its_tokenizer_has():
    vocabulary = Vocabulary.read(PALETTE)
    tokenizer = CLIPTokenizer.from_pretrained(PALETTE / "tokenizer")
    assert vocabulary.words == known_words()
    assert all(len(tokenizer.tokenize(word)) == 1 for word in vocabulary.words)


def test_a_model_without_a_word_list_knows_every_word(tmp_path: Path):
    assert Vocabulary.read(tmp_path).unknown("any xylophone") == ()
