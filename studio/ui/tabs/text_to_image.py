"""The tab that paints a picture from words."""

import html
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.core.recipe import TextToImage
from studio.ui import boundary, words
from studio.ui.form import FREE, Form
from studio.ui.stage import EXAMPLES, PERIOD, Scene, Stage, paced, refusal, shown
from studio.ui.tabs.tab import Tab
from studio.ui.visitor import language_of, owner_of
from studio.ui.words import text

if TYPE_CHECKING:
    from studio.service import Studio

RECENT = 24
"""Pictures in the strip."""


def build(studio: "Studio", page: gr.Blocks) -> None:
    """Draw the tab and connect it."""
    form = Form(TextToImage, studio)
    with gr.Row(elem_id="studio", equal_height=False):
        with gr.Column(elem_id="words", scale=0, min_width=320):
            form.place("prompt", lines=3, placeholder=text(EXAMPLES["lighthouse"][0]), info=None)
            reading = gr.HTML(
                value=None,
                html_template='<div class="reading"></div>',
                js_on_load="Atelier.reading(element, props, watch)",
                apply_default_css=False,
                elem_id="reading",
            )
            form.place(
                "negative_prompt", lines=1, placeholder=text("fog, people"), info=None
            )
            form.place("style", "aspect")
            with gr.Row(elem_id="free-size", visible=False) as free_size:
                form.place("width", "height", info=None, min_width=80)
            form.place("count")
            with gr.Row(elem_id="paint-bar"):
                paint_button = gr.Button(text("Paint"), variant="primary", elem_id="paint", scale=2)
                surprise_button = gr.Button(text("Surprise me"), elem_id="surprise", scale=1)
            # Gradio's accordion takes its widgets out of the page while closed, and forgets empty values with them.
            gr.HTML(
                value=None,
                html_template='<div class="disclosure"></div>',
                js_on_load="Atelier.disclosure(element, 'Advanced', 'advanced')",
                apply_default_css=False,
                elem_id="advanced-switch",
            )
            with gr.Column(elem_id="advanced"):
                form.place("steps", "guidance_scale", "sampler")
                form.place("seed", placeholder=text("new each time"))
                with gr.Row(elem_id="seed-bar"):
                    reuse_button = gr.Button(text("Reuse the last seed"), size="sm", elem_id="reuse")
                    fresh_button = gr.Button(text("New seed each time"), size="sm", elem_id="fresh")
                form.place("model")
        with gr.Column(elem_id="stage-column", scale=1, min_width=320):
            stage = Stage(elem_id="stage")
    remembered = gr.JSON(visible=False)
    recent = gr.JSON(visible=False)
    last_seed = gr.State(None)
    controls = form.widgets
    names = list(controls)

    async def paint(request: gr.Request, **values: Any) -> AsyncIterator[dict[Any, Any]]:
        """Run one recipe and stream its scenes to the stage."""
        language = language_of(request)
        try:
            run = studio.submit(form.recipe(values), owner_of(request))
        except Exception as error:
            yield {stage: refusal(boundary.explained(error), language)}
            return
        scene = Scene(run.id, run.recipe, language)
        yield {stage: scene.as_dict(), last_seed: run.recipe.seed}
        try:
            async with aclosing(paced(run.aevents(), PERIOD)) as groups:
                async for group in groups:
                    for event in group:
                        scene.tell(event)
                    yield {stage: scene.as_dict()}
        except Exception as error:
            yield {stage: refusal(boundary.explained(error), language)}
        finally:
            run.cancel()

    def cancel(request: gr.Request, event: gr.EventData) -> None:
        """Ask the person's run to stop; its pictures so far arrive as its last events."""
        studio.cancel(str(event._data.get("run", ""))[:80], owner_of(request))

    def use(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
        """Put a picture's settings, or an example's, into the form."""
        example = EXAMPLES.get(str(event._data.get("example", "")))
        if example:
            return {controls["prompt"]: example[0], controls["style"]: example[1]}
        result = studio.find(str(event._data.get("id", ""))[:80], owner_of(request))
        if result is None:
            raise gr.Error(html.escape(words.say("Not found.", language_of(request))))
        return form.fill(result.recipe)

    def read(request: gr.Request, prompt: str, style: str, model: str) -> dict[str, Any]:
        """What the prompt means to the model: words it does not know, words it will not read, secrets."""
        language = language_of(request)
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
                words.say(
                    "Too long for the model; not read: {words}", language, words=meaning.ignored
                )
            )
        return {
            "unknown": [[word, list(near)] for word, near in meaning.unknown],
            "warnings": warnings,
        }

    def surprise() -> dict[Any, Any]:
        """A good prompt and a style for it."""
        prompt, style = studio.surprise()
        return {controls["prompt"]: prompt, controls["style"]: style}

    def arrive(request: gr.Request, memory: Any) -> dict[Any, Any]:
        """A page that opens: what it remembered goes into the form, this browser's pictures into the strip."""
        pictures = studio.recent(owner_of(request), limit=RECENT)
        return form.restore(memory) | {
            recent: [shown(result, language_of(request)) for result in pictures]
        }

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    quick: dict[str, Any] = private | {"queue": False}

    painted = paint_button.click(
        paint,
        inputs_kwargs=controls,
        outputs=[stage, last_seed],
        # The stage lets one click through at a time (assets/ui/page.js).
        trigger_mode="multiple",
        concurrency_limit=None,
        **private,
    )
    painted.failure(fn=None, js="() => Atelier.lost()")
    stage.stop(cancel, **quick)
    used = stage.select(use, outputs=list(controls.values()), **quick)
    used.success(fn=None, js="() => Atelier.used()")
    surprise_button.click(
        surprise, outputs=[controls["prompt"], controls["style"]], trigger_mode="once", **quick
    )
    reuse_button.click(lambda seed: seed, inputs=last_seed, outputs=controls["seed"], **quick)
    fresh_button.click(fn=None, js="() => null", outputs=controls["seed"])
    controls["aspect"].change(
        lambda aspect: gr.Row(visible=aspect == FREE), controls["aspect"], free_size, **quick
    )
    gr.on(
        [controls["prompt"].change, controls["style"].change, controls["model"].change],
        read,
        inputs_kwargs={name: controls[name] for name in ("prompt", "style", "model")},
        outputs=reading,
        trigger_mode="always_last",
        **quick,
    )
    gr.on(
        [widget.change for widget in controls.values()],  # type: ignore[attr-defined]
        fn=None,
        inputs=list(controls.values()),
        js=f"(...values) => {{ Atelier.remember({names}, values); return []; }}",
    )
    page.load(
        arrive,
        inputs=remembered,
        outputs=[*controls.values(), recent],
        js="() => [Atelier.remembered()]",
        **quick,
    ).then(fn=None, inputs=recent, js="(pictures) => { Atelier.arrived(pictures); return []; }")


TAB = Tab("text_to_image", "Text to image", build)
