"""Errors the studio can explain: what happened, with the value, and the next move. One class per reaction.

A message is a template and its values, so the page may say it in another language: the template is the key.
"""

import secrets
from collections.abc import Iterable
from difflib import get_close_matches
from logging import Logger
from typing import Any, Self


class StudioError(Exception):
    """Anything the studio can explain to the person who asked; always safe to show as plain text.

    Attributes:
        message: Template of what happened, for example "Width must be {low} to {high} pixels, got {value}."
        hint: Template of the next move; may be empty.
        values: What goes into both templates.
    """

    def __init__(self, message: str, *, hint: str = "", **values: object) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.hint = hint
        self.values = values

    @property
    def hint_text(self) -> str:
        """The hint with its values filled in."""
        return self.hint.format(**self.values)

    def __str__(self) -> str:
        return self.message.format(**self.values)

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickled attribute by attribute: events carry errors across processes, and each class has its own __init__.
        return _restored, (type(self), self.args), self.__dict__


class RecipeError(StudioError):
    """A setting is out of bounds or of the wrong kind; `field` names it, so the page can show it there."""

    def __init__(self, field: str, message: str, *, hint: str = "", **values: object) -> None:
        super().__init__(message, hint=hint, **values)
        self.field = field


class UnknownName(RecipeError):
    """A name that is on no list: sampler, style, model. Says what was perhaps meant and what is known."""

    def __init__(self, kind: str, name: object, known: Iterable[str], *, field: str = "") -> None:
        names = sorted(known)
        shown = repr(str(name)[:60])
        # People write "DPM++ 2M" where the name is dpmpp_2m.
        spelt = str(name)[:60].lower().replace("+", "p").replace(" ", "_").replace("-", "_")
        near = get_close_matches(spelt, names, n=1)
        super().__init__(
            field or kind,
            "Unknown {kind} {name}.",
            hint="Did you mean {near}? Choose one of: {known}."
            if near
            else "Choose one of: {known}.",
            kind=kind,
            name=shown,
            near=near[0] if near else "",
            known=", ".join(names),
        )


class ModelUnavailable(StudioError):
    """A model cannot be loaded here: not on this machine, damaged, too large, or refused as unsafe."""


class OutOfMemory(StudioError):
    """The device has no room for this picture, even alone."""


class QueueFull(StudioError):
    """No place in the queue now; `seconds` is an estimate of when there will be one."""

    def __init__(self, message: str, *, hint: str = "", seconds: float, **values: object) -> None:
        super().__init__(message, hint=hint, seconds=seconds, **values)
        self.seconds = seconds


class NumericalError(StudioError):
    """The model answered with numbers that are not numbers (NaN or infinity)."""


class GalleryError(StudioError):
    """A picture could not be kept or read."""


class NotFound(GalleryError):
    """There is no such picture, or it is somebody else's; nobody learns which."""


class Dropped(GalleryError):
    """The steps of a picture are not on disk any more; its recipe makes them again."""


class PictureError(StudioError):
    """A picture or mask that somebody gave cannot be taken: no picture, damaged, too large, too thin."""


class TrainingError(StudioError):
    """Training cannot go on: data missing, checkpoint of another model, loss not finite."""


class InternalError(StudioError):
    """Ours, not theirs: the log has the whole story under this id."""

    def __init__(self, incident: str) -> None:
        super().__init__(
            "Something broke on our side (id {incident}).",
            hint="Nothing already made is lost. Try again; if it stays, report the id.",
            incident=incident,
        )

    @classmethod
    def logged(cls, log: Logger, message: str, *arguments: object) -> Self:
        """Call while handling a foreign exception: the log gets the traceback, the person gets the id."""
        incident = secrets.token_hex(3)
        log.exception(f"{message} (id %s)", *arguments, incident)
        return cls(incident)


def _restored(kind: type[StudioError], args: tuple[object, ...]) -> StudioError:
    return kind.__new__(kind, *args)
