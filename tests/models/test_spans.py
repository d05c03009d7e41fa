"""The words of a prompt and the tokens a model makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from conftest import PALETTE

from studio.diffusion.questions import Span
from studio.models.cards import CARDS
from studio.models.families.sdxl import SDXLModel
from studio.models.families.unet import UNetModel
from studio.models.spans import spans


@pytest.fixture(scope="module")
def palette() -> UNetModel:
    return UNetModel("palette", CARDS["palette"], PALETTE, "cpu", torch.float32)


def pieces(model: UNetModel, text: str) -> list[str]:
    """The tokens as the model reads them, start mark first."""
    ids = model.tokenizer(text, truncation=True, max_length=model.token_limit).input_ids
    return model.tokenizer.convert_ids_to_tokens(ids)


def test_words_of_the_painted_world_are_one_token_each(palette: UNetModel):
    assert palette.spans("a red fox, by the lake!") == (
        Span("a", 0, 1, (1,)),
        Span("red", 2, 5, (2,)),
        Span("fox", 6, 9, (3,)),
        Span("by", 11, 13, (5,)),
        Span("the", 14, 17, (6,)),
        Span("lake", 18, 22, (7,)),
    )


def test_a_word_of_several_tokens_has_them_all(palette: UNetModel):
    text = "a xylophone at night"
    [a, xylophone, at, night] = palette.spans(text)
    spelt = "".join(pieces(palette, text)[i] for i in xylophone.tokens)
    assert spelt == "xylophone</w>" and len(xylophone.tokens) > 1
    tokens = [*a.tokens, *xylophone.tokens, *at.tokens, *night.tokens]
    assert tokens == list(range(1, len(tokens) + 1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't, snow-covered (roofs)", ["don't", "snow", "covered", "roofs"]),
        ("l’été 1890", ["l’été", "1890"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("山上的狐狸", ["山", "上", "的", "狐", "狸"]),
        ("a fox 🦊🐻 ok", ["a", "fox", "🦊", "🐻", "ok"]),
        ("👩🏽\u200d🚀❤️", ["👩🏽\u200d🚀", "❤️"]),
        ("🇫🇷🇩🇪", ["🇫🇷", "🇩🇪"]),
        ("नमस्ते", ["नमस्ते"]),
        ("  two   spaces ", ["two", "spaces"]),
        ("1girl, 8k", ["1girl", "8k"]),
        (",.!? -- ()", []),
        ("", []),
        ("   ", []),
    ],
)
def test_what_counts_as_a_word(palette: UNetModel, text: str, words: list[str]):
    found = palette.spans(text)
    assert [span.word for span in found] == words
    assert all(text[span.start : span.end] == span.word for span in found)


@pytest.mark.parametrize(
    "text", ["a FOX, l’été 🦊 山", "don't\tstop\n狐狸!", "𝔣𝔬𝔵 ﬁre Ǆ İstanbul ß", "a\u200bb\x00c"]
)
def test_no_token_belongs_to_two_words_and_none_is_a_mark(palette: UNetModel, text: str):
    read = pieces(palette, text)
    tokens = [token for span in palette.spans(text) for token in span.tokens]
    assert len(tokens) == len(set(tokens))
    assert 0 not in tokens
    assert all(token < len(read) - 1 for token in tokens)


def test_words_beyond_the_limit_have_no_tokens(palette: UNetModel):
    pairs = palette.token_limit // 2 - 1
    text = "red fox " * pairs + "by the sea"
    seen = palette.spans(text)
    assert [span.word for span in seen] == ["red", "fox"] * pairs
    assert [span.tokens for span in seen] == [(i,) for i in range(1, 2 * pairs + 1)]
    assert palette.ignored(text) == "by the sea"


def test_a_word_that_the_limit_cuts_keeps_the_tokens_that_are_left(palette: UNetModel):
    pairs = palette.token_limit // 2 - 2
    text = "red fox " * pairs + "a xylophone"
    last = palette.spans(text)[-1]
    assert (last.word, last.tokens) == ("xylophone", (palette.token_limit - 2,))
    assert palette.ignored(text) == "ylophone"


def test_a_model_of_two_encoders_reads_the_words_alike(tiny_sdxl: Path):
    """Both tokenizers of SDXL cut alike, so one place among the tokens means one piece of text to both."""
    model = SDXLModel("tiny", CARDS["sdxl"], tiny_sdxl, "cpu", torch.float32)
    assert model.spans("a fox") == (Span("a", 0, 1, (1,)), Span("fox", 2, 5, (2, 3, 4)))


def test_spans_and_encoding_count_tokens_alike(palette: UNetModel):
    """The place of a token in the spans is its place in the context: changing a word changes its row first."""
    from studio.diffusion.questions import Words

    one = palette.encode(Words("a red fox by a lake")).tokens
    other = palette.encode(Words("a red owl by a lake")).tokens
    first = int((one - other).abs().amax(1).nonzero()[0])
    assert (first,) == palette.spans("a red fox by a lake")[2].tokens


def test_a_hostile_prompt_of_full_length_is_no_trouble(palette: UNetModel):
    text = ("'’\u200d🇫\u0301" * 500)[:2000]
    assert all(span.tokens for span in palette.spans(text))


def test_a_token_over_two_words_belongs_to_both():
    assert spans("ab cd", [(0, 0), (0, 5), (0, 0)]) == (
        Span("ab", 0, 2, (1,)),
        Span("cd", 3, 5, (1,)),
    )
