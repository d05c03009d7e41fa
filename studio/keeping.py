"""What becomes of a finished picture: written with its recipe, its steps beside it, before anybody is told."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from studio.core.errors import GalleryError, InternalError
from studio.core.events import Cancelled, Event, Note, Preview, Proof, Result, Sketched
from studio.core.recipe import Painting
from studio.gallery.metadata import Made, fingerprint
from studio.gallery.store import Store
from studio.gallery.trajectories import Trajectories
from studio.gallery.trajectory import Projection, Trajectory, halved

if TYPE_CHECKING:
    from studio.diffusion.questions import Model, Pass
    from studio.engine.job import Job, Picture
    from studio.wishes import Wishes

log = logging.getLogger(__name__)


def saved(store: Store, picture: Picture, owner: str, wishes: Wishes) -> Result:
    """The picture on disk, with its recipe.

    Args:
        wishes: Know what the file shows about its edges, and what lay between.

    Raises: GalleryError when the disk refuses.
    """
    import diffusers
    import torch

    from studio import __version__

    image = Image.fromarray(picture.pixels)
    made = Made(
        app=__version__,
        model_hash=picture.recipe.revision or "",
        device=picture.model.device,
        dtype=picture.model.dtype,
        torch=torch.__version__,
        diffusers=diffusers.__version__,
        batch=picture.batch,
        steps_done=picture.steps_done,
        steps_total=picture.steps_total,
        seconds=round(picture.seconds, 3),
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        pixels=fingerprint(image),
    )
    whole = picture.steps_done >= picture.steps_total
    recovery = wishes.recovery(picture.recipe) if whole else None
    picture_id, path = store.save(image, picture.recipe, made, owner, recovery)
    shown: Proof | None = None
    try:
        shown = wishes.proof(picture.recipe, np.asarray(Image.open(path)))
    except Exception:
        # A picture that is kept is not lost because this could not be counted.
        log.exception("the edges of %s could not be counted", path.name)
    return Result(
        picture_id,
        path,
        picture.recipe,
        image.width,
        image.height,
        picture.seconds,
        picture.steps_done,
        picture.steps_total,
        shown,
        recovery,
    )


def sketched(job: Job, picture: Picture) -> Event:
    """The end of a picture that is only looked at; one that was stopped on the way is not worth it."""
    if job.stopping:
        return Cancelled(job.picture, None)
    height, width = picture.pixels.shape[:2]
    return Sketched(job.picture, Preview(width, height, picture.pixels.tobytes()), picture.seconds)


def keep_steps(trajectories: Trajectories, job: Job, picture: Picture, result: Result) -> None:
    """Write the steps beside the picture; where that fails, the picture stays and a note says why."""
    try:
        kept = steps_of(picture)
        if kept is not None:
            trajectories.keep(result.path, kept)
    except GalleryError as error:
        job.tell(Note(job.picture, error.message, tuple(error.values.items())))
    except Exception:
        broken = InternalError.logged(log, "the steps of %s could not be kept", result.path.name)
        job.tell(Note(job.picture, broken.message, tuple(broken.values.items())))


def steps_of(picture: Picture) -> Trajectory | None:
    """The trajectory of a finished or stopped picture; None when nothing was denoised for it."""
    if not picture.passes or picture.latent is None:
        return None
    return trajectory(
        picture.recipe,
        picture.model,
        picture.passes,
        picture.steps_total,
        latent=picture.latent[0].float().cpu().numpy(),
        pixels=fingerprint(Image.fromarray(picture.pixels)),
    )


def trajectory(
    recipe: Painting,
    model: Model,
    passes: Sequence[Pass],
    total: int,
    *,
    latent: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None = None,
    pixels: str = "",
) -> Trajectory:
    """What a run was asked and told, at least one pass of it, without torch.

    Args:
        total: Passes of the whole run.
        latent: What was decoded (C, h, w), when it has come to that.
        pixels: `fingerprint` of the picture.
    """
    weight, bias = model.projection
    return Trajectory(
        recipe=recipe,
        model=recipe.model,
        revision=recipe.revision or "",
        prediction_type=str(model.noise_schedule["prediction_type"]),
        steps_total=total,
        t=np.array([one.t for one in passes]),
        alpha_bar=np.array([model.alpha_bar(one.t) for one in passes]),
        x=halved(np.concatenate([one.x.numpy() for one in passes])),
        prediction=np.concatenate([one.prediction.numpy() for one in passes]),
        projection=Projection(weight.numpy(), bias.numpy(), math.isqrt(len(bias) // 3)),
        latent=latent,
        picture=pixels,
    )
