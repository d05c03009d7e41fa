"""Which words a small model knows, and better-known neighbours of those it does not.

A model that brings a `words.json` has a vocabulary; a model without one is taken to know every
word. Standard library only, so the page can mark words before any model is loaded.
"""

import json
import re
import unicodedata
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Self

_WORD = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words a model was trained on.

    Attributes:
        words: Every word it has seen, lower case; empty when it knows any.
        near: Unknown word -> words the model knows, nearest in meaning first.
        prompts: Prompts it paints well.
    """

    words: frozenset[str] = frozenset()
    near: dict[str, tuple[str, ...]] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The vocabulary in a model's folder; an empty one when it brings none."""
        try:
            content = json.loads((folder / "words.json").read_text("utf-8"))
        except FileNotFoundError:
            return cls()
        words = frozenset(content["words"])
        near = {
            word: tuple(other for other in others if other in words)
            for word, others in content["near"].items()
        }
        return cls(words, near, tuple(content["prompts"]))

    def unknown(self, prompt: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Words of the prompt the model has never seen, each once, with up to three it has, nearest first."""
        if not self.words:
            return ()
        found: dict[str, tuple[str, ...]] = {}
        for word in _WORD.findall(unicodedata.normalize("NFC", prompt)):
            if word.lower() not in self.words and word not in found:
                found[word] = self._nearest(word.lower())
        return tuple(found.items())

    def _nearest(self, word: str) -> tuple[str, ...]:
        """Nearest in meaning; for a word that is only misspelt, what it was perhaps meant to be."""
        meant = self._meant(word)
        if not meant and word.isascii():
            for other in get_close_matches(
                word, sorted(self.words | set(self.near)), n=3, cutoff=0.75
            ):
                meant += (other,) if other in self.words else self._meant(other)
        return tuple(dict.fromkeys(meant))[:3]

    def _meant(self, word: str) -> tuple[str, ...]:
        singular = word.removesuffix("s")
        return (
            self.near.get(word)
            or self.near.get(singular)
            or ((singular,) if singular in self.words else ())
        )
