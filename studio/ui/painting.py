"""What every tab that paints has: words on the left, the stage on the right, Paint between them, and a memory.

A tab says what kind of recipe it paints and draws what is its own.
Values travel by name; nothing here knows how a picture is made.
"""

import asyncio
import dataclasses
import html
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar

import gradio as gr

from studio.core.errors import StudioError
from studio.core.recipe import Painting
from studio.core.recipes import recipe_from_values
from studio.ui import boundary, words
from studio.ui.form import Form
from studio.ui.live import Live
from studio.ui.pictures import Pictures
from studio.ui.stage import EXAMPLES, PERIOD, Scene, paced, refusal, shown, stage
from studio.ui.visitor import language_of, owner_of
from studio.ui.words import text

if TYPE_CHECKING:
    from studio.service import Studio

RECENT = 24
"""Pictures in the strip."""

SUITED = ("steps", "guidance_scale", "sampler")
"""Settings that follow the model."""

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = QUIET | {"queue": False}

Outputs = dict[Any, Any]
"""Component -> its new value."""


def reading(studio: "Studio", prompt: str, style: str, model: str, language: str) -> dict[str, Any]:
    """What a prompt means to a model, as a person reads it: words it does not know, words it will not read, secrets."""
    meaning = studio.read_prompt(str(prompt)[:20_000], str(style), str(model))
    warnings = [
        words.say(
            "This looks like an access key: {part}. It would be written into the picture's file.",
            language,
            part=part,
        )
        for part in meaning.secrets
    ]
    if meaning.ignored:
        warnings.append(
            words.say("Too long for the model; not read: {words}", language, words=meaning.ignored)
        )
    unknown = [[word, list(near)] for word, near in meaning.unknown]
    return {"unknown": unknown, "warnings": warnings}


class PaintingTab:
    """A tab, drawn where the page stands and connected to a studio; its public methods are what the page calls.

    Attributes:
        name: The tab's; as in its `Tab`.
        room: Prefix of the ids in this tab, so that they are unique in the page.
        recipe_type: What it paints.
        controls: Control name -> component: everything that goes into a recipe.
        live: The switch that paints while one writes; None where the tab or the machine has none.
    """

    name: ClassVar[str]
    room: ClassVar[str] = ""
    recipe_type: ClassVar[type[Painting]]
    invite: ClassVar[str] = "picture"

    def __init__(self, studio: "Studio", page: gr.Blocks, pictures: Pictures) -> None:
        self.studio = studio
        self.pictures = pictures
        self.form = Form(self.recipe_type, studio, self.room)
        self.controls = self.form.widgets
        self.live: Live | None = None
        with gr.Row(elem_id=self.id("studio"), elem_classes="studio", equal_height=False):
            with gr.Column(
                elem_id=self.id("words"), elem_classes="words-column", scale=0, min_width=320
            ):
                self.draw_words()
                self.draw_advanced()
            with gr.Column(
                elem_id=self.id("stage-column"),
                elem_classes="stage-column",
                scale=1,
                min_width=320,
            ):
                self.draw_canvas()
                self.stage = stage(self.id("stage"), self.invite)
        self.remembered = gr.JSON(visible=False)
        self.recent = gr.JSON(visible=False)
        self.last_seed = gr.State(None)
        if self.live is not None:
            self.live.connect()
        self._connect_painting()
        self._connect_words()
        self._connect_memory(page)
        self.connect()

    # ---- what a tab says of itself

    def draw_words(self) -> None:
        """Draw what stands on the left, down to Paint."""
        raise NotImplementedError

    def draw_canvas(self) -> None:
        """Draw what may stand in the stage's place."""

    def connect(self) -> None:
        """Connect what is the tab's own."""

    def recipe(self, values: dict[str, Any]) -> Painting:
        """The recipe these control values wish for.

        Raises: RecipeError when a value is not one the recipe takes.
        """
        return self.form.recipe(values)

    def fill(self, recipe: Painting) -> Outputs:
        """What to return so that the controls show this recipe."""
        return self.form.fill(recipe)

    def restore(self, memory: Any) -> Outputs:
        """What to return so that the controls show what a browser remembered."""
        return self.form.restore(memory)

    # ---- what the page calls

    async def paint(self, request: gr.Request, **values: Any) -> AsyncIterator[Outputs]:
        """Run one recipe and stream its scenes to the stage."""
        language, owner = language_of(request), owner_of(request)
        try:
            recipe = self.recipe(values)
            self.pictures.check(recipe, owner)
            # Off the event loop: a large picture takes a while to be looked at.
            run = await asyncio.to_thread(self.studio.submit, recipe, owner)
            shape = self.pictures.shape(run.recipe, owner)
        except Exception as error:
            yield {self.stage: refusal(boundary.explained(error), language)}
            return
        scene = Scene(run.id, run.recipe, language, shape, run.jobs)
        yield {self.stage: scene.as_dict(), self.last_seed: run.recipe.seed}
        try:
            async with aclosing(paced(run.aevents(), PERIOD)) as groups:
                async for group in groups:
                    for event in group:
                        scene.tell(event)
                    yield {self.stage: scene.as_dict()}
        except Exception as error:
            yield {self.stage: refusal(boundary.explained(error), language)}
        finally:
            run.cancel()

    def cancel(self, request: gr.Request, event: gr.EventData) -> None:
        """Ask the person's run to stop; its pictures so far arrive as its last events."""
        self.studio.cancel(str(event._data.get("run", ""))[:80], owner_of(request))

    def use(self, request: gr.Request, event: gr.EventData) -> Outputs:
        """Put a picture's settings, or an example's, into the form."""
        example = EXAMPLES.get(str(event._data.get("example", "")))
        if example:
            return {self.controls["prompt"]: example[0], self.controls["style"]: example[1]}
        settings = event._data.get("settings")
        if settings is not None:
            return self._taken(settings, language_of(request))
        owner = owner_of(request)
        result = self.studio.find(str(event._data.get("id", ""))[:80], owner)
        if result is None:
            raise gr.Error(html.escape(words.say("Not found.", language_of(request))))
        self.pictures.reopen(result.recipe, owner)
        return self.fill(result.recipe)

    def _taken(self, settings: Any, language: str) -> Outputs:
        """The settings of a file somebody dropped, as `ui/gallery.py` told them; what they leave open is the model's choice."""
        try:
            recipe = recipe_from_values(settings)
            settled = recipe.settled(self.studio.defaults(recipe.model))
        except StudioError as error:
            told = boundary.told(error, language)
            raise gr.Error(html.escape(told["message"])) from None
        return self.fill(dataclasses.replace(settled, seed=recipe.seed))

    def read(self, request: gr.Request, prompt: str, style: str, model: str) -> dict[str, Any]:
        """What the prompt means to the model: words it does not know, words it will not read, secrets."""
        return reading(self.studio, prompt, style, model, language_of(request))

    def suit(self, model: str) -> Outputs:
        """A person chose another model: the settings become what it paints well with."""
        own = self.studio.defaults(str(model))
        return {self.controls[name]: getattr(own, name) for name in SUITED if name in self.controls}

    def arrive(self, request: gr.Request, memory: Any) -> Outputs:
        """A page that opens: what it remembered goes into the form, this browser's pictures into the strip."""
        pictures = self.studio.recent(owner_of(request), limit=RECENT)
        strip = [shown(result, language_of(request)) for result in pictures]
        return self.restore(memory) | {self.recent: strip}

    # ---- how it is drawn

    def id(self, name: str) -> str:
        """The id of a part of this tab."""
        return f"{self.room}-{name}" if self.room else name

    def draw_prompt(self, placeholder: str) -> None:
        """The prompt, and what it means to the model."""
        self.form.place("prompt", lines=3, placeholder=text(placeholder), info=None)
        self.reading = gr.HTML(
            value=None,
            html_template='<div class="reading"></div>',
            js_on_load="Atelier.reading(element, props, watch)",
            apply_default_css=False,
            elem_id=self.id("reading"),
            elem_classes="part reading-part",
        )

    def draw_live(self) -> None:
        """The live switch, where there is a model for it."""
        model = self.studio.live()
        self.live = Live(self, model) if model else None

    def disclosure(self, title: str, name: str) -> None:
        """The switch of a part that opens and closes; the part follows it."""
        # Gradio's accordion takes its widgets out of the page while closed, and forgets what they were drawn from.
        gr.HTML(
            value=None,
            html_template='<div class="disclosure"></div>',
            js_on_load=f"Atelier.disclosure(element, '{title}', '{self.id(name)}')",
            apply_default_css=False,
            elem_id=self.id(f"{name}-switch"),
            elem_classes="part advanced-switch",
        )

    def draw_advanced(self) -> None:
        """The settings most pictures do not need."""
        self.disclosure("Advanced", "advanced")
        with gr.Column(elem_id=self.id("advanced"), elem_classes="advanced"):
            self.draw_more()
            self.form.place("steps", "guidance_scale", "sampler")
            self.form.place("seed", placeholder=text("new each time"))
            self.draw_seed_bar()
            self.form.place("model")

    def draw_seed_bar(self) -> None:
        """Two buttons for the seed: the last one again, or a new one each time."""
        with gr.Row(elem_id=self.id("seed-bar"), elem_classes="seed-bar"):
            self.reuse_button = gr.Button(
                text("Reuse the last seed"), size="sm", elem_id=self.id("reuse")
            )
            self.fresh_button = gr.Button(
                text("New seed each time"), size="sm", elem_id=self.id("fresh")
            )

    def draw_more(self) -> None:
        """Draw the tab's own settings among the advanced ones."""

    def draw_paint_button(self) -> None:
        """Paint itself."""
        self.paint_button = gr.Button(
            text("Paint"),
            variant="primary",
            elem_id=self.id("paint"),
            elem_classes="paint",
            scale=2,
        )

    # ---- how it is connected

    def connect_paint(self, button: gr.Button, paint: Any) -> None:
        """Let a button stream a run to the stage."""
        painted = button.click(
            paint,
            inputs_kwargs=self.controls,
            outputs=[self.stage, self.last_seed],
            # The stage lets one click through at a time (assets/ui/page.js).
            trigger_mode="multiple",
            preprocess=False,
            concurrency_limit=None,
            **QUIET,
        )
        painted.failure(fn=None, js=f"() => Atelier.lost('{self.name}')")

    def _connect_painting(self) -> None:
        self.connect_paint(self.paint_button, self.paint)
        self.stage.stop(self.cancel, **QUICK)
        used = self.stage.select(self.use, outputs=list(self.controls.values()), **QUICK)
        used.success(fn=None, js=f"() => Atelier.used('{self.name}')")

    def _connect_words(self) -> None:
        controls = self.controls
        self.reuse_button.click(
            lambda seed: seed, inputs=self.last_seed, outputs=controls["seed"], **QUICK
        )
        self.fresh_button.click(fn=None, js="() => ''", outputs=controls["seed"])
        controls["model"].input(
            self.suit,
            inputs=controls["model"],
            outputs=[controls[name] for name in SUITED if name in controls],
            **QUICK,
        )
        gr.on(
            [controls["prompt"].change, controls["style"].change, controls["model"].change],
            self.read,
            inputs_kwargs={name: controls[name] for name in ("prompt", "style", "model")},
            outputs=self.reading,
            trigger_mode="always_last",
            **QUICK,
        )

    def _connect_memory(self, page: gr.Blocks) -> None:
        controls = self.controls
        gr.on(
            [widget.change for widget in controls.values()],
            fn=None,
            inputs=list(controls.values()),
            js=f"(...values) => {{ Atelier.remember('{self.name}', {list(controls)}, values); return []; }}",
        )
        page.load(
            self.arrive,
            inputs=self.remembered,
            outputs=[*controls.values(), self.recent],
            js=f"() => [Atelier.remembered('{self.name}')]",
            **QUICK,
        ).then(
            fn=None,
            inputs=self.recent,
            js=f"(pictures) => {{ Atelier.arrived('{self.name}', pictures); return []; }}",
        )
