"""What a running wish tells: queued, loading, step, note, finished, sketched, failed, cancelled.

Events are frozen and picklable: no tensor, no picture object, so they may cross threads and
machines. `picture` says which picture of the click an event speaks of, counted from 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.core.errors import StudioError
    from studio.core.recipe import Painting


@dataclass(frozen=True, slots=True)
class Preview:
    """A rough look at the clean picture the model has in mind: RGB bytes, row by row, 3 * width * height of them."""

    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """What a finished picture shows about its edges.

    Attributes:
        changed_outside: Pixels that differ from the source where nothing was to be painted; counted in the file.
        seam: Mean colour step across the edge of the mask, 0 to 255.
    """

    changed_outside: int
    seam: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a picture shows that went into noise and came back.

    Attributes:
        round_trip_psnr: Against the autoencoder's own round trip, dB; None when every pixel is equal.
        original_psnr: Against the picture as it went in, dB; None when every pixel is equal.
        largest: Largest difference from the round trip of any value of any pixel, 0 to 255.
        mean: Of the diffused latent; 0 where it is truly random noise.
        std: Of the diffused latent; 1 where it is truly random noise.
        pictures: "original", "round_trip" and "diffused" -> their names among the inputs; empty when they could not be kept.
    """

    round_trip_psnr: float | None
    original_psnr: float | None
    largest: int
    mean: float
    std: float
    pictures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """A picture on disk.

    Attributes:
        id: Name of the picture in the gallery; unguessable, safe as a file name.
        path: The PNG, complete and flushed to disk.
        recipe: What made it, settled; one picture.
        width: Pixels.
        height: Pixels.
        seconds: From the first step to the file on disk.
        steps_done: Steps made; fewer than `steps_total` when the picture was stopped early.
        steps_total: Steps the recipe asks for.
        proof: For pictures made by repainting a part of another.
        recovery: For pictures that went into noise and came back.
    """

    id: str
    path: Path
    recipe: "Painting"
    width: int
    height: int
    seconds: float
    steps_done: int
    steps_total: int
    proof: Proof | None = None
    recovery: Recovery | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""

    picture: int


@dataclass(frozen=True, slots=True)
class Queued(Event):
    """Waiting; `position` pictures are ahead (0 = next), `seconds` until the first step, estimated."""

    position: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Loading(Event):
    """The model is being loaded; `model` is its title, `seconds` since loading began."""

    model: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Step(Event):
    """Step `index` of `total` is done (1 = first); about `seconds_left` remain; a preview comes with some of them."""

    index: int
    total: int
    seconds_left: float
    preview: Preview | None = None


@dataclass(frozen=True, slots=True)
class Note(Event):
    """Something worth saying that stops nothing. A template and its values, like an error's message."""

    message: str
    values: tuple[tuple[str, object], ...] = ()

    @property
    def text(self) -> str:
        """The message with its values filled in."""
        return self.message.format(**dict(self.values))


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """The picture is made and on disk."""

    result: Result


@dataclass(frozen=True, slots=True)
class Sketched(Event):
    """The picture is made, whole, to be looked at; it is not on disk. `seconds` from the first step on."""

    image: Preview
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """This picture will not come; why, in words."""

    error: "StudioError"


@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """Stopped on request; `result` is what existed by then, None when no step had been made."""

    result: Result | None


LAST_EVENTS = (Finished, Sketched, Failed, Cancelled)
"""After one of these, no event follows for that picture."""
