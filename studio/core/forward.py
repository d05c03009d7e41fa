"""The wish to see a picture disappear in noise: which picture, which schedule, how many timesteps, which noise, where."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from studio.core.param import Param
from studio.core.recipe import MAX_SEED, Recipe

MODEL = "model"
"""The schedule the model was trained with."""


@dataclass(frozen=True, slots=True)
class Forward(Recipe):
    """A picture covered with noise: x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps, the same eps at every t."""

    kind: ClassVar[str] = "forward"
    inputs: ClassVar[tuple[str, ...]] = ("source",)

    source: Annotated[
        str,
        Param(
            "Picture",
            "The picture to cover with noise.",
            pattern="sha256:[0-9a-f]{64}|example:[a-z0-9_]{1,40}",
            example="sha256: and 64 hex digits",
        ),
    ] = ""
    schedule: Annotated[
        str,
        Param(
            "Schedule",
            "How the noise comes in, from timestep to timestep.",
            options=("linear", "scaled_linear", "cosine", MODEL),
        ),
    ] = MODEL
    T: Annotated[
        int,
        Param("Timesteps", "How many small steps there are from picture to noise.", 10, 4000),
    ] = 1000
    seed: Annotated[
        int,
        Param(
            "Seed of the noise", "The same seed is the same noise, at every timestep.", 0, MAX_SEED
        ),
    ] = 0
    space: Annotated[
        str,
        Param(
            "Space",
            "Noise on the pixels, or on the model's own numbers for the picture.",
            options=("pixels", "latent"),
        ),
    ] = "pixels"
