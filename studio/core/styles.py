"""The style tiles: a name, and the words it puts around the prompt.

The words of a style never change: a picture's file holds the style's name, and must make the same
picture in ten years. A better wording is a new style.
"""

from dataclasses import dataclass

from studio.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Style:
    """One tile.

    Attributes:
        title: Shown under the tile, English.
        template: Prompt with "{prompt}" where the person's words go.
        alone: Prompt when the person wrote no words.
    """

    title: str
    template: str
    alone: str

    def words(self, prompt: str) -> str:
        """The prompt as the model reads it."""
        return self.template.replace("{prompt}", prompt) if prompt.strip() else self.alone


STYLES: Registry[Style] = Registry(
    "style",
    {
        "none": Style("No style", "{prompt}", ""),
        "oil": Style("Oil painting", "oil painting of {prompt}", "oil painting"),
        "watercolor": Style("Watercolour", "watercolor of {prompt}", "watercolor"),
        "impressionism": Style(
            "Impressionism", "impressionist painting of {prompt}", "impressionist painting"
        ),
        "swirls": Style("Swirls", "van gogh style painting of {prompt}", "van gogh style painting"),
        "pointillism": Style(
            "Pointillism", "pointillist painting of {prompt}", "pointillist painting"
        ),
        "ink": Style("Ink wash", "ink wash painting of {prompt}", "ink wash painting"),
        "woodblock": Style("Woodblock", "woodblock print of {prompt}", "woodblock print"),
        "cubism": Style("Cubism", "cubist painting of {prompt}", "cubist painting"),
        "stained_glass": Style("Stained glass", "stained glass of {prompt}", "stained glass"),
        "mosaic": Style("Mosaic", "mosaic of {prompt}", "mosaic"),
        "low_poly": Style("Low poly", "low poly art of {prompt}", "low poly art"),
        "pop_art": Style("Pop art", "pop art of {prompt}", "pop art"),
        "pixel_art": Style("Pixel art", "pixel art of {prompt}", "pixel art"),
        "pencil": Style("Pencil", "pencil sketch of {prompt}", "pencil sketch"),
        "pastel": Style("Pastel", "soft pastel drawing of {prompt}", "soft pastel drawing"),
        "digital": Style("Digital", "digital painting of {prompt}", "digital painting"),
    },
)
