"""A picture into noise and out of it again, for programs: `studio.diffuse` and `studio.recover`.

No studio is opened and nothing is kept: the model is loaded once, where the environment's settings say, and asked directly.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Generator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from studio.core.errors import RecipeError, StudioError
from studio.core.recipes import Recover
from studio.core.settings import Settings
from studio.diffusion.denoise import pixel_tensor
from studio.diffusion.inversion import diffused, recovered
from studio.diffusion.masking import fitted_size, resized
from studio.diffusion.questions import (
    Aside,
    Ask,
    Decode,
    Encode,
    Encoded,
    Model,
    Pixels,
    Words,
)
from studio.engine.batch import BatchKey
from studio.engine.runner import Runner
from studio.gallery import intake
from studio.models.catalog import Catalog

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Noised:
    """A picture diffused into noise, with what is needed to come back.

    Attributes:
        latent: The noise in the model's latent space (1, C, h, w), float32; of unit variance all the way out.
        recipe: How it was made, settled: mode, `num_timesteps`, steps, words, seed, model and its revision, size in pixels.
        passes: Forward passes it took; 0 where the noise is random.
    """

    latent: np.ndarray[Any, np.dtype[np.float32]]
    recipe: Recover
    passes: int


def diffuse(
    image: Image.Image | Path | str,
    num_timesteps: int = 1000,
    *,
    mode: str = "inversion",
    prompt: str = "",
    steps: int = 50,
    seed: int | None = None,
    model: str = "palette",
) -> Noised:
    """A picture into noise.

    Args:
        image: A picture, or the path of a PNG, JPEG or WebP file. It is brought to the size the model paints at.
        num_timesteps: How far, 0 to 1000; 0 is the picture's own latent.
        mode: "inversion" finds the noise this very picture is made from (DDIM inversion, Song et al. 2021, corrected);
            "stochastic" throws true random noise over it.
        prompt: What the picture shows; may be empty.
        steps: Steps each way, 1 to 150.
        seed: Of random noise; None throws it anew.
        model: Name of the model's card.

    Raises: RecipeError when a value is out of bounds; UnknownName, ModelUnavailable; PictureError when the file is no picture.
    """
    wish = Recover(
        mode=mode,
        num_timesteps=num_timesteps,
        source_prompt=prompt,
        steps=steps,
        seed=seed,
        model=model,
    )
    loaded, revision = _loaded(model)
    source = _picture(image)
    defaults = _catalog().defaults(model)
    width, height = fitted_size(*source.size, defaults.width * defaults.height)
    recipe = wish.settled(
        dataclasses.replace(defaults, width=width, height=height, revision=revision)
    )

    def algorithm() -> Generator[Ask, Any, Noised]:
        pixels: Pixels = yield Aside(partial(resized, np.asarray(source), (width, height)))
        encoded: Encoded = yield Encode(pixel_tensor(pixels))
        x, passes = yield from diffused(recipe, loaded, encoded.mean)
        return Noised(x.float().cpu().numpy(), recipe, passes)

    noised: Noised = _answered(loaded, algorithm())
    return noised


def recover(
    noised: Noised,
    prompt: str = "",
    *,
    negative_prompt: str = "",
    style: str = "none",
    guidance_scale: float = 1.0,
) -> Image.Image:
    """Noise back into a picture, RGB, at the size it was painted.

    Without words it is the picture that was diffused, as near as inversion comes: with palette at 50 steps 53 dB and more
    from the autoencoder's own round trip. With other words it is edited: the noise keeps the composition.

    Args:
        noised: What `diffuse` gave.
        prompt: What the recovered picture shows. Empty: what was said on the way in.
        negative_prompt: What it should not show; heard where guidance_scale is above 1.
        style: Name of a style, or "none".
        guidance_scale: How strongly the words pull, 0 to 30; 1 as on the way in.

    Raises: RecipeError when a value is out of bounds, or the noise is of another version of the model; ModelUnavailable.
    """
    recipe = dataclasses.replace(
        noised.recipe,
        prompt=prompt,
        negative_prompt=negative_prompt,
        style=style,
        guidance_scale=guidance_scale,
    )
    loaded, revision = _loaded(recipe.model)
    if revision != recipe.revision:
        raise RecipeError(
            "noised",
            "This noise was made with another version of {title} ({revision}).",
            hint="Diffuse the picture again.",
            title=_catalog().cards[recipe.model].title,
            revision=recipe.revision,
        )

    def algorithm() -> Generator[Ask, Any, Pixels]:
        x = torch.from_numpy(noised.latent).to(loaded.device)
        clean = yield from recovered(recipe, loaded, x, noised.passes)
        pixels: Pixels = yield Decode(clean)
        return pixels

    return Image.fromarray(_answered(loaded, algorithm()))


@cache
def _catalog() -> Catalog:
    return Catalog(Settings.from_environment())


def _loaded(name: str) -> tuple[Model, str]:
    """The model, and its exact version.

    Raises: UnknownName, ModelUnavailable; RecipeError when it cannot do this.
    """
    catalog = _catalog()
    card = catalog.cards[name]
    if Recover.kind not in card.kinds:
        raise RecipeError(
            "model", "{title} is not made for this.", hint="Choose another.", title=card.title
        )
    return catalog.model(name).result(), catalog.revision(name)


def _picture(image: Image.Image | Path | str) -> Image.Image:
    if isinstance(image, Image.Image):
        return image.convert("RGB")
    return intake.take(Path(image)).image


def _answered(model: Model, algorithm: Generator[Ask, Any, Any]) -> Any:
    """Run an algorithm alone, to its end.

    Raises: the StudioError that a question is answered with.
    """
    runner = Runner()
    answer: Any = None
    with _ONE_AT_A_TIME:
        try:
            while True:
                asked = algorithm.send(answer)
                answer = asked.work() if isinstance(asked, Aside) else None
                while answer is None:
                    (answer,) = runner.answer(_key(model, asked), model, [asked]).values
                if isinstance(answer, StudioError):
                    raise answer
        except StopIteration as end:
            return end.value


def _key(model: Model, asked: Ask) -> BatchKey:
    if isinstance(asked, Words | Aside):
        return BatchKey("words", model.name)
    kind = {Encode: "encode", Decode: "decode"}.get(type(asked), "denoise")
    return BatchKey(kind, model.name, tuple(asked.x.shape[1:]))
