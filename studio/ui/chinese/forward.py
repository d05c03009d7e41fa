"""The step viewer: order into noise, in Chinese."""

WORDS: dict[str, str] = {
    "Step viewer": "步骤查看",
    "Order into noise": "从有序到噪声",
}
