"""The step viewer: noise into order, in Chinese."""

WORDS: dict[str, str] = {
    "Noise into order": "从噪声到有序",
}
