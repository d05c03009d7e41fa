"""The stage: where pictures appear. A run's events become scenes, and a scene is all the stage needs to draw itself.

A scene is complete, not a change to the one before: a page that misses some (a slow network, a sleeping tab) is right again with
the next. Its words are already in the person's language; the browser only draws (assets/ui/stage.js).
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import gradio as gr

from studio.api import WHOLE, preview_url
from studio.core.errors import StudioError
from studio.core.events import (
    LAST_EVENTS,
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Note,
    Preview,
    Queued,
    Result,
    Sketched,
    Step,
)
from studio.core.recipe import Painting
from studio.core.recipes import FromPicture, Recover, Repainting
from studio.ui import boundary, words
from studio.ui.form import part

PERIOD = 0.125
"""Seconds between two scenes of one run: eight a second look alive and cost little."""

EXAMPLES: dict[str, tuple[str, str]] = {
    "mountains": ("mountains at sunset", "oil"),
    "forest": ("a forest at dawn", "watercolor"),
    "meadow": ("a meadow in daylight with red flowers", "impressionism"),
}
"""The invitation on the empty stage, in words the built-in model knows: thumbnail in assets/examples -> prompt, style."""


FEWER_STEPS = "At this strength {made} of {steps} steps are made."
"""A note every picture that begins with another would bring."""


def stage(elem_id: str = "stage", invite: str = "words") -> gr.HTML:
    """The stage as a Gradio component; its value is a scene, or None before the first.

    Args:
        elem_id: Its place in the page.
        invite: What the empty stage asks for: "words" or "picture".
    """
    examples = [
        {"name": name, "prompt": prompt, "style": style}
        for name, (prompt, style) in EXAMPLES.items()
    ]
    return part("stage", elem_id=elem_id, invite=invite, examples=examples)


class Scene:
    """What the stage shows of one run; grows with every event."""

    def __init__(
        self,
        run_id: str,
        recipe: Painting,
        language: str,
        shape: tuple[int, int] | None = None,
        jobs: Sequence[str] = (),
    ) -> None:
        """The scene of a run that begins.

        Args:
            run_id: The run's.
            recipe: What it paints, settled.
            language: Of the person.
            shape: Width and height of the pictures, or any of the same proportions; the recipe's own when None.
            jobs: What each picture is called while it is under way.
        """
        self.run_id = run_id
        self.recipe = recipe
        self.language = language
        self.jobs = list(jobs)
        self.shape = shape or (recipe.width or 1, recipe.height or 1)
        recipes = recipe.pictures()
        self.cells: list[dict[str, Any]] = [
            {"state": "waiting"} | self._caption(one) for one in recipes
        ]
        self.steps: list[tuple[int, int, float]] = [(0, 0, 0.0)] * len(recipes)
        self.previews: dict[int, Preview] = {}
        self.notes: list[str] = []
        self.line = self._say("Sent to the painter")

    def tell(self, event: Event) -> None:
        """Take one event in."""
        cell = self.cells[event.picture]
        match event:
            case Queued(position=0):
                self._wait(cell, self._say("Next in line"))
            case Queued(position=position, seconds=seconds):
                self._wait(
                    cell,
                    self._say(
                        "Waiting, {ahead} ahead, about {time}",
                        ahead=position,
                        time=self._time(seconds),
                    ),
                )
            case Loading(model=model, seconds=seconds):
                self._wait(
                    cell,
                    self._say(
                        "Loading {model}, first time only · {time}",
                        model=model,
                        time=self._time(seconds),
                    ),
                )
            case Step(index=index, total=total, seconds_left=left, preview=preview):
                cell |= {"state": "painting", "progress": round(index / max(total, 1), 3)}
                if preview:
                    self.previews[event.picture] = preview
                self.steps[event.picture] = (index, total, left)
                self.line = self._painting()
            case Note() if event.message == FEWER_STEPS:
                pass  # Each picture's facts say so.
            case Note():
                note = words.say(event.message, self.language, **dict(event.values))
                if note not in self.notes:
                    self.notes.append(note)
            case Finished(result=result):
                self._end(event.picture, {"state": "done", "picture": shown(result, self.language)})
            case Sketched(image=image, seconds=seconds):
                self._end(
                    event.picture, {"state": "sketched", "preview": preview_url(image, WHOLE)}
                )
                self.line = self._say("Live, in {time}", time=self._time(seconds))
            case Failed(error=error):
                self._end(
                    event.picture, {"state": "failed", "error": boundary.told(error, self.language)}
                )
            case Cancelled(result=result):
                picture = {"picture": shown(result, self.language)} if result else {}
                self._end(event.picture, {"state": "stopped"} | picture)

    def as_dict(self) -> dict[str, Any]:
        """The scene as plain JSON, complete."""
        for picture, preview in self.previews.items():
            if self.cells[picture]["state"] == "painting":
                self.cells[picture]["preview"] = preview_url(preview)
        self.previews.clear()
        return {
            "run": self.run_id,
            "jobs": self.jobs,
            "state": self._state(),
            "kind": self.recipe.kind,
            "into_noise": self._into_noise(),
            "line": self.line,
            "progress": self._progress(),
            "width": self.shape[0],
            "height": self.shape[1],
            "under": under(self.recipe),
            # Previews then show what the model looks at, not the whole picture.
            "part": getattr(self.recipe, "region", "picture") == "mask",
            "cells": [dict(cell) for cell in self.cells],
            "notes": list(self.notes),
        }

    def _wait(self, cell: dict[str, Any], line: str) -> None:
        cell["state"] = "waiting"
        if not any(other["state"] == "painting" for other in self.cells):
            self.line = line

    def _caption(self, recipe: Painting) -> dict[str, str]:
        """In a sweep each picture says its strength."""
        if not getattr(self.recipe, "sweep", False):
            return {}
        return {"caption": self._say("strength {strength}", strength=strength(recipe))}

    def _end(self, picture: int, last: dict[str, Any]) -> None:
        caption = {k: v for k, v in self.cells[picture].items() if k == "caption"}
        self.cells[picture] = last | caption
        index, total, _ = self.steps[picture]
        self.steps[picture] = (total if last["state"] == "done" else index, total, 0.0)
        self.line = self._painting() if self._state() == "painting" else self._ended()

    def _state(self) -> str:
        states = {cell["state"] for cell in self.cells}
        if states <= {"waiting"}:
            return "waiting"
        if states & {"waiting", "painting"}:
            return "painting"
        if "done" in states:
            return "done"
        if "sketched" in states:
            return "sketched"
        return "failed" if "failed" in states else "stopped"

    def _progress(self) -> float:
        ended = [cell["state"] not in ("waiting", "painting") for cell in self.cells]
        shares = [
            1.0 if over else index / total if total else 0.0
            for over, (index, total, _) in zip(ended, self.steps, strict=True)
        ]
        return round(sum(shares) / len(shares), 4)

    def _into_noise(self) -> bool:
        """A way there and back is still on its way there: what previews show is noise."""
        if not isinstance(self.recipe, Recover):
            return False
        index, total, _ = self.steps[0]
        if self.recipe.mode == "stochastic":
            return index <= 1
        return index <= total - self.recipe.steps_each_way

    def _painting(self) -> str:
        under_way = [
            step
            for step, cell in zip(self.steps, self.cells, strict=True)
            if cell["state"] == "painting"
        ]
        if not under_way:
            return self.line
        index, total, _ = min(under_way)
        left = max(seconds for _, _, seconds in under_way)
        step = self._say(self._steps_line(), index=index, total=total, time=self._time(left))
        count = len(self.cells)
        if count == 1:
            return step
        done = sum(cell["state"] == "done" for cell in self.cells)
        return self._say("{done} of {count} done", done=done, count=count) + " · " + step

    def _steps_line(self) -> str:
        if not isinstance(self.recipe, Recover):
            return "Step {index} of {total} · {time} left"
        if self._into_noise():
            return "Into noise · pass {index} of about {total} · {time} left"
        return "Back again · pass {index} of {total} · {time} left"

    def _ended(self) -> str:
        pictures = [cell["picture"] for cell in self.cells if "picture" in cell]
        errors = [cell["error"] for cell in self.cells if "error" in cell]
        stopped = [cell for cell in self.cells if cell["state"] == "stopped"]
        if errors:
            return f"{errors[0]['message']} {errors[0]['hint']}".strip()
        if stopped:
            return (
                self._say("Stopped. What there was is kept.") if pictures else self._say("Stopped.")
            )
        seconds = self._time(max((picture["seconds"] for picture in pictures), default=0.0))
        if len(pictures) == 1:
            return self._say("Painted in {time}", time=seconds)
        return self._say("{count} pictures in {time}", count=len(pictures), time=seconds)

    def _say(self, template: str, **values: object) -> str:
        return words.say(template, self.language, **values)

    def _time(self, seconds: float) -> str:
        return words.duration(seconds, self.language)


def refusal(error: StudioError, language: str) -> dict[str, Any]:
    """The scene of a recipe that was not accepted: it says why, at the field if there is one, and leaves the pictures alone."""
    told = boundary.told(error, language)
    return {
        "state": "refused",
        "line": "" if told["field"] else f"{told['message']} {told['hint']}".strip(),
        "errors": [told],
    }


def shown(result: Result, language: str) -> dict[str, Any]:
    """A picture as the stage and the strip know it."""
    recipe = result.recipe
    facts = [
        f"{result.width} × {result.height}",
        words.say("seed {seed}", language, seed=recipe.seed),
        words.say(
            "{steps} passes" if isinstance(recipe, Recover) else "{steps} steps",
            language,
            steps=result.steps_total,
        ),
        words.duration(result.seconds, language),
    ]
    if result.steps_done < result.steps_total:
        facts[2] = words.say(
            "stopped at step {index} of {total}",
            language,
            index=result.steps_done,
            total=result.steps_total,
        )
    more: dict[str, Any] = {"kind": recipe.kind}
    if (
        isinstance(recipe, Repainting)
        and result.steps_total < (recipe.steps or 0)
        and result.steps_done == result.steps_total
    ):
        facts[2] = words.say(
            "{made} of {steps} steps", language, made=result.steps_total, steps=recipe.steps
        )
    if isinstance(recipe, FromPicture):
        more["before"] = before(recipe, result)
    if isinstance(recipe, Repainting):
        facts.insert(1, words.say("strength {strength}", language, strength=strength(recipe)))
    if isinstance(recipe, Recover):
        more["recovery"] = recovery(recipe, result, language)
    if result.proof is not None:
        more["proof"] = words.say(
            "{count} pixels changed outside the mask · seam {seam}",
            language,
            count=result.proof.changed_outside,
            seam=f"{result.proof.seam:.1f}",
        )
    return more | {
        "id": result.id,
        "width": result.width,
        "height": result.height,
        "seed": recipe.seed,
        "seconds": result.seconds,
        "prompt": recipe.prompt,
        "style": recipe.style,
        "facts": " · ".join(facts),
    }


def recovery(recipe: Recover, result: Result, language: str) -> dict[str, Any]:
    """What a picture shows that went into noise and back; numbers as people write them."""
    told: dict[str, Any] = {
        "mode": recipe.mode,
        "far": recipe.num_timesteps,
        "edited": recipe.edited,
        "stopped": result.steps_done < result.steps_total,
    }
    found = result.recovery
    if found is None:
        return told
    same = words.say("every pixel is equal", language)

    def decibels(psnr: float | None) -> str:
        return same if psnr is None else f"{psnr:.1f} dB"

    return told | {
        "round_trip": decibels(found.round_trip_psnr),
        "original": decibels(found.original_psnr),
        "largest": found.largest,
        "passes": result.steps_done,
        "mean": f"{found.mean:.3f}".replace("-", "−"),
        "std": f"{found.std:.3f}",
        "pictures": bool(found.pictures),
    }


def under(recipe: Painting) -> str:
    """Address of what lies under the first preview: the picture it begins with, where it keeps its place."""
    place = getattr(recipe, "source", "") if recipe.kind != "outpaint" else ""
    return f"atelier/input/{place.removeprefix('sha256:')}" if place else ""


def before(recipe: FromPicture, result: Result) -> dict[str, Any]:
    """The picture a result came from: its address, and where it lies in the result (shares of width and height)."""
    left, right, top, bottom = (
        getattr(recipe, side, 0) for side in ("left", "right", "top", "bottom")
    )
    return {
        "src": f"atelier/input/{recipe.source.removeprefix('sha256:')}",
        "x": left / result.width,
        "y": top / result.height,
        "w": (result.width - left - right) / result.width,
        "h": (result.height - top - bottom) / result.height,
    }


def strength(recipe: Painting) -> str:
    """A strength as people write it: 0.3, not 0.30000000000000004."""
    return f"{getattr(recipe, 'strength', 0.0):.2f}".rstrip("0").rstrip(".") or "0"


async def paced(events: AsyncIterator[Event], seconds: float) -> AsyncGenerator[list[Event]]:
    """Events in groups: the first at once, then one group every so many seconds at most; the end of a picture never waits.

    Closing this closes `events`.
    """
    unread: list[Event] = []
    news, urgent = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        try:
            async for event in events:
                unread.append(event)
                news.set()
                if isinstance(event, LAST_EVENTS):
                    urgent.set()
        finally:
            news.set()
            urgent.set()

    reader = asyncio.ensure_future(read())
    try:
        while unread or not reader.done():
            await news.wait()
            group, unread[:] = list(unread), []
            news.clear()
            urgent.clear()
            if group:
                yield group
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(urgent.wait(), seconds)
            if reader.done():
                news.set()
        reader.result()
    finally:
        reader.cancel()
        await asyncio.wait({reader})
        close = getattr(events, "aclose", None)
        if close:
            await close()
