"""Which tokens a word became: a person clicks words, a network reads tokens. Standard library only."""

import re
import unicodedata
from collections.abc import Sequence

from studio.diffusion.questions import Span

_WORD = re.compile("w[wm]*(?:'w[wm]*)*|rr|[hrs]m*(?:jsm*)*")
"""A word, a flag, or a Chinese character or emoji with all that modifies it and is joined to it, in the letters of `_kind`."""


def spans(text: str, offsets: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    """The words of a text that became tokens, in order.

    Letters, digits and their accents make a word, and so do the halves of "don't". Each Chinese character is one, as nothing
    says where their words end, and so is each emoji. Punctuation is none.

    Args:
        text: As it was given to the tokenizer.
        offsets: Start and end in the text of each token that is read; equal for start, end and padding.
    """
    kinds = "".join(map(_kind, text))
    found = []
    for match in _WORD.finditer(kinds):
        start, end = match.span()
        tokens = tuple(i for i, (first, last) in enumerate(offsets) if first < end and last > start)
        if tokens:
            found.append(Span(text[start:end], start, end, tokens))
    return tuple(found)


def _kind(character: str) -> str:
    """Letter or digit (w), Chinese character (h), mark or skin tone (m), joiner (j), half a flag (r), emoji (s), apostrophe."""
    category = unicodedata.category(character)
    if character in "'’":
        return "'"
    if character == "\u200d":
        return "j"
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return "r"
    if category[0] == "M" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return "m"
    if category[0] in "LN":
        return "h" if unicodedata.name(character, "").startswith("CJK ") else "w"
    return "s" if category == "So" else " "
