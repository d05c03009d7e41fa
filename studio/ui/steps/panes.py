"""Pictures on their way into noise, for whoever asks over the network: only their owners' own, and examples.

What is asked for again and again while a slider moves, the picture's place in the model's latent space, is remembered.
"""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from PIL import Image

from studio import film
from studio.core.errors import RecipeError
from studio.core.forward import Forward
from studio.noising import Noising, Place, to_picture
from studio.ui.routes import asset_paths
from studio.ui.steps.films import Films

if TYPE_CHECKING:
    from studio.service import Studio
    from studio.ui.pictures import Pictures

EXAMPLES = tuple(
    name.removeprefix("examples/").removesuffix(".jpg")
    for name in asset_paths()
    if name.startswith("examples/")
)
"""Pictures everybody has: "example:<name>" is their source."""

PLACES = 16
"""Places in latent space that are remembered; one is 100 kB."""


class Gone(Exception):
    """There is no such picture, for this owner."""


class Panes:
    """What the panel's routes and its endpoint read: a person's pictures as arrays, frames and films."""

    def __init__(self, studio: "Studio", pictures: "Pictures") -> None:
        self._studio = studio
        self._pictures = pictures
        self._films = Films()
        self._lock = threading.Lock()
        self._places: OrderedDict[str, Place] = OrderedDict()

    def picture(self, source: str, owner: str) -> Image.Image:
        """An example, or a picture of this owner.

        Raises: RecipeError when none is named; Gone when there is none by that name.
        """
        if not source:
            raise RecipeError("source", "Choose a picture first.")
        if source.startswith("example:"):
            name = source.removeprefix("example:")
            if name not in EXAMPLES:
                raise Gone
            with Image.open(asset_paths()[f"examples/{name}.jpg"]) as example:
                return example.convert("RGB")
        picture = self._pictures.find(source, owner)
        if picture is None:
            raise Gone
        return picture.convert("RGB")

    def place(self, wish: Forward, owner: str, *, wait: bool = False) -> Place:
        """The picture's place in the model's latent space, asked for once."""
        image = self.picture(wish.source, owner)
        with self._lock:
            known = self._places.get(wish.source)
        if known is None:
            known = self._studio.noising.place(image, owner, wait=wait)
            with self._lock:
                self._places[wish.source] = known
                while len(self._places) > PLACES:
                    self._places.popitem(last=False)
        return known

    def noising(self, wish: Forward, owner: str, *, wait: bool = False) -> Noising:
        """The picture on its way into noise, in the space wished for."""
        if wish.space == "pixels":
            return self._studio.noising.pixels(wish, self.picture(wish.source, owner))
        return self._studio.noising.latent(wish, self.place(wish, owner, wait=wait))

    def image(self, wish: Forward, noising: Noising, t: int, owner: str) -> Image.Image:
        """x_t as a picture; the decoder's view of it when it is a latent."""
        x = noising.at(t)
        return to_picture(x) if wish.space == "pixels" else self._studio.noising.decoded(x, owner)

    def film(self, wish: Forward, owner: str, kind: str, frames: int) -> bytes:
        """The whole way into noise as a file.

        Raises: Busy when there is no room for it just now.
        """
        film.check(kind)
        with self._films.room(owner):
            noising = self.noising(wish, owner)
            timesteps = film.spread(frames, len(noising.schedule), kind)
            pictures = [self.image(wish, noising, t, owner) for t in timesteps]
            return film.film(pictures, kind, labels=[f"t = {t}" for t in timesteps])
