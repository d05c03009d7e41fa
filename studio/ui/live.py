"""The live switch: while it is on, the picture is painted anew in a few steps each time words or settings rest.

The browser decides when (assets/ui/live.js): one picture at a time, the newest wish wins, an overtaken one is stopped.
Such pictures are sketches, shown and not kept, or every pause for breath would fill the strip; one that has rested for a
second is painted once more the same way and kept like any other. The seed is in its field, so Paint makes the same picture
with the full model.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.core.events import LAST_EVENTS, Loading, Queued
from studio.ui import boundary, words
from studio.ui.form import part
from studio.ui.stage import PERIOD, Scene, paced, refusal
from studio.ui.visitor import language_of, owner_of

if TYPE_CHECKING:
    from studio.ui.painting import PaintingTab

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

OPEN: dict[str, Any] = dict.fromkeys(("steps", "guidance_scale", "sampler", "revision"))
"""Settings that are the live model's own choice."""


class Live:
    """The switch of one tab; its public methods are what the page calls."""

    def __init__(self, tab: "PaintingTab", model: str) -> None:
        """Draw the switch where the page stands.

        Args:
            tab: Whose words and settings it paints.
            model: Who paints.
        """
        self.tab, self.model = tab, model
        self.switch = part("live", elem_id=tab.id("live"))

    async def sketch(self, request: gr.Request, **values: Any) -> AsyncIterator[dict[Any, Any]]:
        """Paint what the controls say now, to be looked at."""
        async for scene in self._painted(request, values, self.tab.studio.sketch):
            yield {self.switch: scene}

    async def keep(self, request: gr.Request, **values: Any) -> AsyncIterator[dict[Any, Any]]:
        """Paint the same again, to be kept."""
        async for scene in self._painted(request, values, self.tab.studio.submit):
            if scene["state"] == "done":
                line = words.say("Live. It has rested, so it is kept.", language_of(request))
                scene = scene | {"line": line}
            yield {self.switch: scene}

    async def _painted(
        self, request: gr.Request, values: dict[str, Any], submit: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """The scene at the beginning, so that the page can stop it, where it has to wait, and at the end."""
        language, owner = language_of(request), owner_of(request)
        tab = self.tab
        try:
            recipe = tab.recipe(values | OPEN | {"model": self.model, "count": 1})
            tab.pictures.check(recipe, owner)
            run = await asyncio.to_thread(submit, recipe, owner)
            scene = Scene(run.id, run.recipe, language, tab.pictures.shape(run.recipe, owner))
        except Exception as error:
            yield refusal(boundary.explained(error), language)
            return
        if recipe.negative_prompt.strip():
            scene.notes.append(words.say("What to leave out counts for Paint alone.", language))
        yield scene.as_dict()
        try:
            async with aclosing(paced(run.aevents(), PERIOD)) as groups:
                async for group in groups:
                    for event in group:
                        scene.tell(event)
                    if any(isinstance(event, (Queued, Loading, *LAST_EVENTS)) for event in group):
                        yield scene.as_dict()
        except Exception as error:
            yield refusal(boundary.explained(error), language)
        finally:
            run.cancel()

    def connect(self) -> None:
        """Let the switch paint, stop, and put a seed into its field."""
        tab, controls = self.tab, self.tab.controls
        calls: dict[str, Any] = {
            "inputs_kwargs": controls,
            "outputs": self.switch,
            "trigger_mode": "multiple",  # The switch lets one through at a time.
            "preprocess": False,
            "concurrency_limit": None,
        } | QUIET
        lost = f"() => Atelier.room('{tab.name}').part('live').lost()"
        self.switch.submit(self.sketch, **calls).failure(fn=None, js=lost)
        self.switch.select(self.keep, **calls).failure(fn=None, js=lost)
        self.switch.stop(tab.cancel, queue=False, **QUIET)
        self.switch.input(
            fn=None,
            outputs=controls["seed"],
            inputs=controls["seed"],
            js=f"(seed) => Atelier.room('{tab.name}').part('live').seed(seed)",
        )
        gr.on(
            [widget.change for widget in controls.values()],
            fn=None,
            inputs=controls["seed"],
            js=f"(seed) => {{ Atelier.room('{tab.name}').part('live')?.stir(seed); return []; }}",
        )
