"""Pictures people bring: taken in, kept under the name of their content, and given back to those who brought or made them.

A name alone opens nothing: it stands in the file of every picture made from it, and such files are passed around. So the
studio's page and its programming interface ask here whose a picture is, before they show it or paint from it.
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio.utils import get_upload_folder

from studio.core.errors import GalleryError, RecipeError
from studio.core.recipe import Painting
from studio.core.recipes import FromPicture

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.service import Studio

REMEMBERED = 100_000
"""Whose picture it is, and how large, is known for this many of them."""


FLATTENED = "Its transparent parts lie on the backdrop."


@dataclass(frozen=True, slots=True)
class Brought:
    """A picture that is in the studio now.

    Attributes:
        source: Its name, as a recipe writes it.
        width: Pixels.
        height: Pixels.
        notices: What happened to it on the way: templates and their values.
        mask: Its own transparency as a mask, by name; "" when it has none.
        recipe: What made it, when it is one of ours.
    """

    source: str
    width: int
    height: int
    notices: tuple[tuple[str, dict[str, object]], ...] = ()
    mask: str = ""
    recipe: Painting | None = None


class Pictures:
    """The inputs of one studio, and whose they are. Methods may be called from any thread."""

    def __init__(self, studio: "Studio") -> None:
        """The inputs of this studio; nobody owns any yet."""
        self._studio = studio
        self._lock = threading.Lock()
        self._owned: dict[tuple[str, str], tuple[int, int]] = {}

    def bring(self, file: bytes | Path, owner: str, backdrop: str = "#ffffff") -> Brought:
        """Take a picture in for its owner.

        Raises: PictureError, GalleryError; RecipeError when the backdrop is no colour.
        """
        taken = self._studio.take(file, backdrop=backdrop)
        mask = self._put(taken.mask, owner) if taken.mask else ""
        notices = [(notice.message, dict(notice.values)) for notice in taken.notices]
        if mask:
            notices.append((FLATTENED, {}))
        source = self._put(taken.image, owner)
        return Brought(source, *taken.image.size, tuple(notices), mask, taken.recipe)

    def bring_mask(self, file: bytes | Path, source: str, owner: str) -> Brought:
        """Take in a mask for a picture of this owner; it is brought to the picture's size.

        Raises: PictureError, GalleryError; RecipeError when there is no such picture.
        """
        taken = self._studio.take_mask(file, self.size(source, owner))
        notices = tuple((notice.message, dict(notice.values)) for notice in taken.notices)
        return Brought(self._put(taken.image, owner), *taken.image.size, notices)

    def bring_result(self, picture_id: str, owner: str) -> Brought | None:
        """A picture this owner made here, as one to begin with; None when there is none by that id."""
        result = self._studio.find(picture_id, owner)
        if result is None:
            return None
        taken = self._studio.take(result.path)
        return Brought(
            self._put(taken.image, owner), *taken.image.size, recipe=taken.recipe or result.recipe
        )

    def reopen(self, recipe: Painting, owner: str) -> None:
        """Let an owner begin again with what a picture of theirs was made from, also when that was before this start.

        Args:
            recipe: Of one of the owner's own pictures.
            owner: Whose it is.
        """
        for field in recipe.inputs:
            name = getattr(recipe, field)
            if not name or self._known(name, owner):
                continue
            try:
                image = self._studio.inputs.get(name)
            except GalleryError:
                continue
            self._own(name, owner, image.size)

    def find(self, name: str, owner: str) -> "Image | None":
        """The picture or mask, for somebody it belongs to."""
        if not self._known(name, owner):
            return None
        try:
            return self._studio.inputs.get(name)
        except GalleryError:
            return None

    def size(self, name: str, owner: str) -> tuple[int, int]:
        """Width and height of a picture of this owner.

        Raises: RecipeError.
        """
        if not name:
            raise RecipeError("source", "Choose a picture first.")
        known = self._known(name, owner)
        if known is None:
            raise _missing("source")
        return known

    def check(self, recipe: Painting, owner: str) -> None:
        """Let nobody paint from a picture that is not theirs.

        Raises: RecipeError at the field that names it.
        """
        for field in recipe.inputs:
            name = getattr(recipe, field)
            if name and not self._known(name, owner):
                raise _missing(field)

    def shape(self, recipe: Painting, owner: str) -> tuple[int, int]:
        """Width and height of what a settled recipe gives, or any of the same proportions."""
        if not isinstance(recipe, FromPicture):
            return recipe.width or 1, recipe.height or 1
        width, height = self.size(recipe.source, owner)
        left, right, top, bottom = (
            getattr(recipe, side, 0) for side in ("left", "right", "top", "bottom")
        )
        return width + left + right, height + top + bottom

    def named(self, field: str, value: Any, values: dict[str, Any], owner: str) -> Any:
        """What a program gave for a picture, as the name of one: a file it has uploaded is taken in, a name stays.

        Args:
            field: "source" or "mask".
            value: A name, or the dictionary Gradio's clients make of an uploaded file.
            values: All values so far; a mask looks up its source.
            owner: Who asks.

        Raises: PictureError, GalleryError; RecipeError when it is no file of this server's uploads.
        """
        if not isinstance(value, dict):
            return value
        path = uploaded(value)
        if path is None:
            raise RecipeError(
                field,
                "{label} must be an uploaded file or the name of a picture.",
                hint="Upload the file first; addresses and paths are not followed.",
                label="Mask" if field == "mask" else "Picture",
            )
        if field == "mask":
            return self.bring_mask(path, str(values.get("source", "")), owner).source
        return self.bring(path, owner).source

    def _put(self, image: "Image", owner: str) -> str:
        name = self._studio.put(image)
        self._own(name, owner, image.size)
        return name

    def _own(self, name: str, owner: str, size: tuple[int, int]) -> None:
        with self._lock:
            self._owned[owner, name] = size
            if len(self._owned) > REMEMBERED:
                del self._owned[next(iter(self._owned))]

    def _known(self, name: str, owner: str) -> tuple[int, int] | None:
        with self._lock:
            return self._owned.get((owner, name))


def uploaded(file: dict[str, Any]) -> Path | None:
    """The file a client has uploaded; None when it points anywhere else."""
    try:
        path = Path(str(file.get("path", ""))).resolve(strict=True)
        folder = Path(get_upload_folder()).resolve()
    except (OSError, ValueError):
        return None
    return path if path.is_file() and path.is_relative_to(folder) else None


def _missing(field: str) -> RecipeError:
    return RecipeError(field, "This picture is not here any more.", hint="Choose it again.")
