"""The peer: a plain diffusers pipeline behind a lock in a small Gradio app, as most studios are built.

Same weights, number format, solver and settings as ours, and the same news: every step's number with a preview, at the end the
picture as a PNG. The preview is the cheapest there is, one matrix product with the autoencoder's own linear layer, so the peer
loses nothing there. What it does not have is what is measured: shared forward passes and fair turns.
"""

import argparse
import base64
import io
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import torch
import torch.nn.functional as F
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from PIL import Image

import studio.models.patch_autoencoder  # noqa: F401  (diffusers finds palette's autoencoder there)

WEIGHTS = Path(__file__).resolve().parents[1] / "assets" / "models" / "palette"


def load(dtype: torch.dtype) -> StableDiffusionPipeline:
    """Palette as diffusers loads it."""
    pipe = StableDiffusionPipeline.from_pretrained(WEIGHTS, dtype=dtype, use_safetensors=True)
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def preview(pipe: StableDiffusionPipeline, x0: torch.Tensor) -> str:
    """A JPEG of a clean estimate x0 (1, C, h, w), as a data URL."""
    vae = pipe.vae
    raw = x0.to(vae.dtype) * vae.latent_std + vae.latent_mean
    pixels = F.pixel_shuffle(vae.linear_decoder(raw), vae.config.downscale)
    rgb = pixels[0].float().add(1).mul(127.5).clamp(0, 255).byte().movedim(0, -1)
    file = io.BytesIO()
    Image.fromarray(rgb.numpy()).save(file, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def build(pipe: StableDiffusionPipeline) -> gr.Blocks:
    """The page: one prompt, one button, one picture."""
    lock = threading.Lock()

    def paint(prompt: str, seed: float, steps: float) -> Iterator[tuple[dict[str, Any], Any]]:
        news: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def tell(pipe: Any, index: int, t: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            x0 = pipe.scheduler.model_outputs[-1]
            news.put({"step": index + 1, "total": int(steps), "preview": preview(pipe, x0)})
            return tensors

        def work() -> None:
            try:
                with lock:
                    made = pipe(
                        prompt,
                        num_inference_steps=int(steps),
                        guidance_scale=4.0,
                        generator=torch.Generator().manual_seed(int(seed)),
                        callback_on_step_end=tell,
                    )
                news.put(made.images[0])
            except BaseException as error:
                news.put(error)

        threading.Thread(target=work, daemon=True).start()
        while True:
            item = news.get()
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, Image.Image):
                yield {"done": True}, item
                return
            yield item, gr.skip()

    with gr.Blocks(analytics_enabled=False) as page:
        prompt = gr.Textbox(label="Prompt")
        seed = gr.Number(0, label="Seed")
        steps = gr.Number(20, label="Steps")
        status = gr.JSON()
        picture = gr.Image(format="png")
        gr.Button("Paint").click(
            paint, [prompt, seed, steps], [status, picture], api_name="text_to_image"
        )
    return page


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dtype", default="float32")
    options = parser.parse_args()
    page = build(load(getattr(torch, options.dtype)))
    page.queue().launch(
        server_name="127.0.0.1", server_port=options.port, ssr_mode=False, quiet=True
    )


if __name__ == "__main__":
    main()
