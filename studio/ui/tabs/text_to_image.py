"""The tab that paints a picture from words."""

import html
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.core.recipe import TextToImage
from studio.ui import boundary, words
from studio.ui.form import FREE, Form
from studio.ui.stage import EXAMPLES, PERIOD, Scene, paced, refusal, shown, stage
from studio.ui.tabs.tab import Tab
from studio.ui.visitor import language_of, owner_of
from studio.ui.words import text

if TYPE_CHECKING:
    from studio.service import Studio

RECENT = 24
"""Pictures in the strip."""

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = QUIET | {"queue": False}

Outputs = dict[Any, Any]
"""Component -> its new value."""


class TextToImageTab:
    """The tab, drawn where the page stands and connected to a studio; its methods are what the page calls."""

    def __init__(self, studio: "Studio", page: gr.Blocks) -> None:
        self.studio = studio
        self.form = Form(TextToImage, studio)
        self.controls = self.form.widgets
        with gr.Row(elem_id="studio", equal_height=False):
            with gr.Column(elem_id="words", scale=0, min_width=320):
                self._draw_words()
                self._draw_advanced()
            with gr.Column(elem_id="stage-column", scale=1, min_width=320):
                self.stage = stage()
        self.remembered = gr.JSON(visible=False)
        self.recent = gr.JSON(visible=False)
        self.last_seed = gr.State(None)
        self._connect_painting()
        self._connect_words()
        self._connect_memory(page)

    # ---- what the page calls

    async def paint(self, request: gr.Request, **values: Any) -> AsyncIterator[Outputs]:
        """Run one recipe and stream its scenes to the stage."""
        language = language_of(request)
        try:
            run = self.studio.submit(self.form.recipe(values), owner_of(request))
        except Exception as error:
            yield {self.stage: refusal(boundary.explained(error), language)}
            return
        scene = Scene(run.id, run.recipe, language)
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
        result = self.studio.find(str(event._data.get("id", ""))[:80], owner_of(request))
        if result is None:
            raise gr.Error(html.escape(words.say("Not found.", language_of(request))))
        return self.form.fill(result.recipe)

    def read(self, request: gr.Request, prompt: str, style: str, model: str) -> dict[str, Any]:
        """What the prompt means to the model: words it does not know, words it will not read, secrets."""
        language = language_of(request)
        meaning = self.studio.read_prompt(str(prompt)[:20_000], str(style), str(model))
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
                words.say(
                    "Too long for the model; not read: {words}", language, words=meaning.ignored
                )
            )
        unknown = [[word, list(near)] for word, near in meaning.unknown]
        return {"unknown": unknown, "warnings": warnings}

    def surprise(self) -> Outputs:
        """A good prompt and a style for it."""
        prompt, style = self.studio.surprise()
        return {self.controls["prompt"]: prompt, self.controls["style"]: style}

    def arrive(self, request: gr.Request, memory: Any) -> Outputs:
        """A page that opens: what it remembered goes into the form, this browser's pictures into the strip."""
        pictures = self.studio.recent(owner_of(request), limit=RECENT)
        strip = [shown(result, language_of(request)) for result in pictures]
        return self.form.restore(memory) | {self.recent: strip}

    # ---- how it is drawn

    def _draw_words(self) -> None:
        place = self.form.place
        place("prompt", lines=3, placeholder=text("a castle in the mountains at sunset"), info=None)
        self.reading = gr.HTML(
            value=None,
            html_template='<div class="reading"></div>',
            js_on_load="Atelier.reading(element, props, watch)",
            apply_default_css=False,
            elem_id="reading",
        )
        place("negative_prompt", lines=1, placeholder=text("clouds, flowers"), info=None)
        place("style", "aspect")
        with gr.Row(elem_id="free-size", visible=False) as self.free_size:
            place("width", "height", info=None, min_width=80)
        place("count")
        with gr.Row(elem_id="paint-bar"):
            self.paint_button = gr.Button(
                text("Paint"), variant="primary", elem_id="paint", scale=2
            )
            self.surprise_button = gr.Button(text("Surprise me"), elem_id="surprise", scale=1)

    def _draw_advanced(self) -> None:
        # Gradio's accordion takes its widgets out of the page while closed, and forgets what they were drawn from.
        gr.HTML(
            value=None,
            html_template='<div class="disclosure"></div>',
            js_on_load="Atelier.disclosure(element, 'Advanced', 'advanced')",
            apply_default_css=False,
            elem_id="advanced-switch",
        )
        with gr.Column(elem_id="advanced"):
            self.form.place("steps", "guidance_scale", "sampler")
            self.form.place("seed", placeholder=text("new each time"))
            with gr.Row(elem_id="seed-bar"):
                self.reuse_button = gr.Button(
                    text("Reuse the last seed"), size="sm", elem_id="reuse"
                )
                self.fresh_button = gr.Button(
                    text("New seed each time"), size="sm", elem_id="fresh"
                )
            self.form.place("model")

    # ---- how it is connected

    def _connect_painting(self) -> None:
        painted = self.paint_button.click(
            self.paint,
            inputs_kwargs=self.controls,
            outputs=[self.stage, self.last_seed],
            # The stage lets one click through at a time (assets/ui/page.js).
            trigger_mode="multiple",
            preprocess=False,
            concurrency_limit=None,
            **QUIET,
        )
        painted.failure(fn=None, js="() => Atelier.lost()")
        self.stage.stop(self.cancel, **QUICK)
        used = self.stage.select(self.use, outputs=list(self.controls.values()), **QUICK)
        used.success(fn=None, js="() => Atelier.used()")

    def _connect_words(self) -> None:
        controls = self.controls
        self.surprise_button.click(
            self.surprise, outputs=[controls["prompt"], controls["style"]], **QUICK
        )
        self.reuse_button.click(
            lambda seed: seed, inputs=self.last_seed, outputs=controls["seed"], **QUICK
        )
        self.fresh_button.click(fn=None, js="() => ''", outputs=controls["seed"])
        controls["aspect"].change(
            lambda aspect: gr.Row(visible=aspect == FREE),
            inputs=controls["aspect"],
            outputs=self.free_size,
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
            js=f"(...values) => {{ Atelier.remember({list(controls)}, values); return []; }}",
        )
        page.load(
            self.arrive,
            inputs=self.remembered,
            outputs=[*controls.values(), self.recent],
            js="() => [Atelier.remembered()]",
            **QUICK,
        ).then(
            fn=None,
            inputs=self.recent,
            js="(pictures) => { Atelier.arrived(pictures); return []; }",
        )


TAB = Tab("text_to_image", "Text to image", TextToImageTab)
