"""Pictures named by a file: any copy of one that lies in the gallery has its steps too."""

from pathlib import Path

from studio.core.errors import GalleryError
from studio.gallery.metadata import read
from studio.gallery.store import Store, id_of
from studio.gallery.trajectories import beside


def original(path: Path, store: Store) -> Path:
    """The kept picture of which this file is a copy; the file itself where none is found, or its steps lie beside it."""
    if beside(path).is_file():
        return path
    found = store.find(id_of(path) or "")
    if found is not None:
        return found
    about = read(path)
    for picture in store.of_day(about.made.created[:10], about.recipe.seed):
        try:
            if read(picture).made == about.made:
                return picture
        except GalleryError:
            continue
    return path
