"""Where pictures live, and what to say when they cannot.

Asked for by STUDIO_HOME, else /data on a Space that has a persistent disk, else "Atelier" in the
person's pictures folder. The folder is tried before the first picture is painted, so a full or
read-only disk is named at the start, not after the work.
"""

import errno
import os
import tempfile
from pathlib import Path

import platformdirs

from studio.core.errors import GalleryError
from studio.core.settings import Settings

PERSISTENT = Path("/data")
"""Where a Space mounts its persistent disk, when it has one."""

_CAUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "the studio may not write there",
    errno.EPERM: "the studio may not write there",
    errno.ENOENT: "the folder is gone",
    errno.ENOTDIR: "a file stands where the folder should be",
    errno.EEXIST: "a file stands where the folder should be",
    errno.EIO: "the disk does not answer properly",
    errno.EFBIG: "the system allows no larger file",
    errno.EMFILE: "the system allows no more open files",
    errno.ENAMETOOLONG: "its name is too long",
}


def pictures_home(settings: Settings, *, persistent: Path = PERSISTENT) -> Path:
    """The folder of the pictures: made if need be, and known to take a file.

    Args:
        settings: Says whether a home was asked for and whether this is a shared host.
        persistent: Mount point of the persistent disk.

    Raises: GalleryError that names the folder, the cause and the next move.
    """
    home = _chosen(settings, persistent)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise GalleryError(
            f"Pictures cannot be kept in {{folder}}: {cause(error)}.",
            hint="Make room or allow writing there, or set STUDIO_HOME to another folder. "
            "Then start again.",
            folder=str(home),
        ) from error
    return home


def cause(error: OSError) -> str:
    """Why the system refused, in words that may stand after a colon; free of braces."""
    known = _CAUSES.get(error.errno or 0) or error.strerror or type(error).__name__
    return known.replace("{", "").replace("}", "")


def _chosen(settings: Settings, persistent: Path) -> Path:
    if settings.home is not None:
        return settings.home.expanduser().absolute()
    if settings.hosted and persistent.is_dir() and os.access(persistent, os.W_OK):
        return persistent / "atelier"
    return platformdirs.user_pictures_path() / "Atelier"
