"""The step viewer: there and back, in Chinese."""

WORDS: dict[str, str] = {
    "There and back": "去而复返",
}
