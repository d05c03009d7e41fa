"""A turn: a change of course on the way from noise to picture.

A branch is the recipe of the run it leaves with one turn more, so it can be made again from its own file like any picture.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from studio.core.param import Param, checked, params


@dataclass(frozen=True, slots=True)
class Turn:
    """From one pass on, other settings; None leaves a setting as it was.

    Passes are counted from 0; a sampler that looks twice at every step makes two of them.
    """

    at: Annotated[
        int, Param("At pass", "The first pass that takes the new course, 0 = the first.", 0, 1000)
    ]
    prompt: Annotated[
        str | None, Param("Prompt", "What the picture shows from here on.", maximum=2000)
    ] = None
    negative_prompt: Annotated[
        str | None,
        Param("Leave out", "What the picture should not show from here on.", maximum=2000),
    ] = None
    style: Annotated[
        str | None, Param("Style", "How it is painted from here on.", choices="style")
    ] = None
    guidance_scale: Annotated[
        float | None,
        Param("Guidance", "How strongly the words pull from here on.", 0.0, 30.0),
    ] = None
    sampler: Annotated[
        str | None,
        Param("Sampler", "The way from here to the picture.", choices="sampler"),
    ] = None
    seed: Annotated[
        int | None,
        Param("Seed", "Of the noise that is still to come.", 0, 2**53 - 1),
    ] = None
    change: Annotated[
        float,
        Param(
            "Fresh noise",
            "How much of the noise that is left is thrown anew. 0: none; 1: all of it.",
            0.0,
            1.0,
        ),
    ] = 0.0

    def __post_init__(self) -> None:
        for name, (annotation, param) in params(type(self)).items():
            object.__setattr__(self, name, checked(name, annotation, param, getattr(self, name)))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; what stays as it was is left out."""
        values = {name: getattr(self, name) for name in params(type(self))}
        return {name: value for name, value in values.items() if value is not None}
