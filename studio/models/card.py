"""Model cards: what a model is, whose it is, how large, which exact version, and what it would choose for itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model on the shelf.

    Attributes:
        title: Shown to people.
        about: One plain sentence.
        family: Key of FAMILIES: the code that runs it.
        source: Folder name under the built-in models, or a hub repository "owner/name".
        revision: Commit of the hub repository (40 hex digits); empty for built-in models, whose weights are hashed.
        licence: SPDX identifier or the licence's own name.
        gigabytes: Size of the weights on disk, 10^9 bytes.
        sizes: Width and height in pixels per aspect: "square", "portrait", "landscape".
        steps: Steps it paints well with.
        guidance_scale: Guidance it paints well with.
        sampler: Sampler it paints well with.
        few_step: Distilled for few steps; samplers made for that are offered.
        adapter: Folder inside `source` with weight differences that make this model of that one; "" for none.
        variant: File name variant on the hub, such as "fp16".
        kinds: Kinds of recipe it paints.
        unsuited_samplers: Samplers that paint badly with it and are left off its menu.
    """

    title: str
    about: str
    family: str
    source: str
    licence: str
    gigabytes: float
    sizes: dict[str, tuple[int, int]]
    revision: str = ""
    steps: int = 20
    guidance_scale: float = 4.0
    sampler: str = "dpmpp_2m"
    few_step: bool = False
    adapter: str = ""
    variant: str | None = None
    unsuited_samplers: frozenset[str] = field(default_factory=frozenset)

    kinds: tuple[str, ...] = (
        "text_to_image",
        "image_to_image",
        "inpaint",
        "outpaint",
        "recover",
    )

    @property
    def built_in(self) -> bool:
        """True when the weights ship with the studio."""
        return "/" not in self.source
