"""The step viewer: the guided tour, in Chinese."""

WORDS: dict[str, str] = {
    "Learn": "学习",
}
