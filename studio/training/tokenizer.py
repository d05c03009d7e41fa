"""Palette's tokenizer: a CLIPTokenizer in which every word of the painted world is one token.

Byte-level BPE with the full byte alphabet, so that any text has tokens and none of them is "unknown"; words outside the world
fall into pieces whose embeddings start neutral. Start and end are the last two ids, as both of transformers' pooling rules want.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import pre_tokenizers, trainers
from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 32  # Tokens of a prompt, with start, end and padding.


def build_tokenizer(words: Iterable[str], length: int = LENGTH) -> CLIPTokenizer:
    """A tokenizer that gives each of `words` (lower case) one token."""
    backend = CLIPTokenizer().backend_tokenizer
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=20_000,
        min_frequency=2,
        end_of_word_suffix="</w>",
        initial_alphabet=alphabet,
        show_progress=False,
    )
    corpus = [word for word in sorted(set(words)) for _ in range(4)]
    backend.train_from_iterator(corpus, trainer)
    merges = [tuple(pair) for pair in json.loads(backend.to_str())["model"]["merges"]]
    letters = sorted(alphabet)
    tokens = [
        *letters,
        *(letter + "</w>" for letter in letters),
        *("".join(pair) for pair in merges),
    ]
    tokens = [*dict.fromkeys(tokens), START, END]
    return CLIPTokenizer(
        vocab={token: i for i, token in enumerate(tokens)}, merges=merges, model_max_length=length
    )


def encode(tokenizer: CLIPTokenizer, texts: Sequence[str]) -> NDArray[np.int16]:
    """Token ids (N, length) of texts, padded and cut as Stable Diffusion pipelines do."""
    ids = tokenizer(
        list(texts), padding="max_length", truncation=True, max_length=tokenizer.model_max_length
    )["input_ids"]
    return np.asarray(ids, np.int16)
