"""Settings in files of anyone, row C6: what is understood is taken, what is not is named, what is hostile costs nothing."""

import io
import json
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.core.errors import PictureError
from studio.core.recipes import Inpaint, TextToImage
from studio.core.turn import Turn
from studio.gallery.foreign import settings_in
from studio.gallery.metadata import png_info


def png(info: PngInfo | None = None, **texts: str) -> bytes:
    info = info or PngInfo()
    for name, text in texts.items():
        info.add_itxt(name.replace("_m", "-m") if name == "sd_metadata" else name, text)
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def ours(**changed: Any) -> bytes:
    recipe = TextToImage(prompt="a lake", seed=7, width=256, height=256, steps=20).as_dict()
    return png(atelier=json.dumps({"atelier": 1, "recipe": recipe | changed}))


AUTOMATIC = """a castle, (golden light:1.2)
by the sea
Negative prompt: fog, people
Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 1234567890, Size: 512x768, \
Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, Denoising strength: 0.7, Clip skip: 2, \
Hires upscaler: "Latent, nearest", Version: v1.9.4"""


def test_our_own_recipe_comes_back_whole(made):
    recipe = Inpaint(
        prompt="a boat", seed=3, strength=0.5, source="sha256:" + "a" * 64, mask="sha256:" + "b" * 64,
        turns=(Turn(3, prompt="a ship"),),
    )  # fmt: skip
    found = settings_in(png(png_info(recipe, made)))
    assert (found.recipe, found.program, found.ignored) == (recipe, "Atelier", ())


def test_C6_unknown_and_hostile_values_are_named_and_the_rest_is_taken():
    data = ours(
        steps=10**400, guidance_scale="NaN", sampler="quantum", model="../../etc/passwd",
        tomorrow="a setting of a newer studio", width=257, turns=[{"at": 3, "prompt": ["x"]}],
    )  # fmt: skip
    found = settings_in(data)
    assert (found.recipe.prompt, found.recipe.seed, found.recipe.height) == ("a lake", 7, 256)
    named = " ".join(found.ignored)
    for name in ("steps", "guidance_scale", "sampler", "model", "tomorrow", "width", "turns"):
        assert name in named, named
        if name != "tomorrow":
            assert getattr(found.recipe, name) == getattr(TextToImage(), name)


def test_automatic1111s_settings_fill_the_recipe():
    found = settings_in(png(parameters=AUTOMATIC))
    recipe = found.recipe
    assert found.program == "AUTOMATIC1111"
    assert recipe.prompt == "a castle, (golden light:1.2)\nby the sea"
    assert (recipe.negative_prompt, recipe.steps, recipe.guidance_scale) == ("fog, people", 28, 6.5)
    assert (recipe.seed, recipe.width, recipe.height) == (1234567890, 512, 768)
    assert (recipe.sampler, recipe.model) == ("dpmpp_2m_karras", "palette")
    named = " ".join(found.ignored)
    for name in ("Clip skip", "Denoising strength", "Hires upscaler", "v1-5-pruned"):
        assert name in named
    assert "Schedule" not in named


@pytest.mark.parametrize(
    ("name", "ours"),
    [("Euler a", "euler_a"), ("Euler", "euler"), ("DDIM", "ddim"), ("UniPC", "unipc"),
     ("DPM++ 2M Karras", "dpmpp_2m_karras"), ("DPM++ 2M SDE", "dpmpp_2m_sde"), ("Heun", "heun")],
)  # fmt: skip
def test_samplers_are_known_by_the_names_others_give_them(name, ours):
    text = f"a lake\nSteps: 20, Sampler: {name}, Seed: 1"
    assert settings_in(png(parameters=text)).recipe.sampler == ours


def test_a_prompt_alone_is_taken_too():
    assert settings_in(png(parameters="just words: a lake")).recipe.prompt == "just words: a lake"


def comfy(**sampler: Any) -> dict[str, Any]:
    return {
        "3": {"class_type": "KSampler", "inputs": {
            "seed": 42, "steps": 25, "cfg": 7.5, "sampler_name": "dpmpp_2m", "scheduler": "karras", "denoise": 1,
            "model": ["10", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]} | sampler},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "dream.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 520, "height": 512, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0], "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog", "clip": ["4", 1]}},
        "8": {"class_type": "PrimitiveString", "inputs": {"value": "a castle"}},
        "10": {"class_type": "LoraLoader", "inputs": {"lora_name": "x", "model": ["4", 0]}},
    }  # fmt: skip


def test_comfyuis_graph_is_followed_to_the_words():
    found = settings_in(png(prompt=json.dumps(comfy()), workflow="{}"))
    recipe = found.recipe
    assert (recipe.prompt, recipe.negative_prompt, recipe.seed) == ("a castle", "fog", 42)
    assert (recipe.steps, recipe.guidance_scale, recipe.sampler) == (25, 7.5, "dpmpp_2m_karras")
    assert (recipe.width, recipe.height) == (512, 512)
    assert found.program == "ComfyUI"
    assert "LoraLoader" in found.ignored and "model (dream.safetensors)" in found.ignored


def test_C6_a_graph_that_runs_in_a_circle_is_left():
    graph = comfy(positive=["6", 0], seed=["6", 0])
    graph["6"]["inputs"] = {"text": ["8", 0], "self": ["6", 0]}
    graph["8"]["inputs"] = {"value": ["6", 0]}
    found = settings_in(png(prompt=json.dumps(graph)))
    assert (found.recipe.prompt, found.recipe.steps) == ("", 25)


def test_invokeais_settings_of_both_ages_are_taken():
    new = {
        "positive_prompt": "a castle", "negative_prompt": "fog", "width": 512, "height": 768, "seed": 9,
        "cfg_scale": 6, "steps": 30, "scheduler": "euler_a", "model": {"name": "dream"}, "loras": [{"lora": 1}],
        "app_version": "5.0",
    }  # fmt: skip
    found = settings_in(png(invokeai_metadata=json.dumps(new)))
    assert (found.recipe.prompt, found.recipe.height, found.recipe.seed) == ("a castle", 768, 9)
    assert (found.recipe.guidance_scale, found.recipe.sampler) == (6, "euler_a")
    assert found.program == "InvokeAI" and set(found.ignored) == {"model (dream)", "loras"}
    old = {"app_version": "v2", "image": {"prompt": [{"prompt": "a lake", "weight": 1}], "steps": 12,
           "cfg_scale": 5.5, "seed": 3, "sampler": "k_euler_a", "width": 512, "height": 512}}  # fmt: skip
    recipe = settings_in(png(sd_metadata=json.dumps(old))).recipe
    assert (recipe.prompt, recipe.steps, recipe.sampler) == ("a lake", 12, "euler_a")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"atelier": 1, "recipe": ' + "9" * 5000 + "}",
        '{"recipe": {"kind": "pickle", "prompt": "x"}}',
        '{"recipe": {"kind": ["text_to_image"]}}',
        '{"recipe": null}',
        "null",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_C6_hostile_json_is_refused_in_one_sentence(text):
    for keyword in ("atelier", "prompt", "invokeai_metadata"):
        with pytest.raises(PictureError, match="cannot be read"):
            settings_in(png(**{keyword: text}))


def test_C6_hostile_text_of_settings_takes_no_time():
    text = "x\nSteps: 1, " + ": , " * 100_000 + "a" * 100_000 + ' Sampler: "' + "\\" * 50_000
    found = settings_in(png(parameters=text))
    assert len(found.ignored) <= 25 and all(len(name) <= 60 for name in found.ignored)


def test_C6_a_value_nested_without_end_is_named_by_its_kind():
    found = settings_in(
        png(atelier='{"recipe": {"kind": "text_to_image", "steps": ' + "[" * 800 + "]" * 800 + "}}")
    )
    assert found.ignored == ("steps (list)",)


@pytest.mark.parametrize("evil", ['a:"x', 'a:"\\"', 'a: "b\\', "a" * 61 + ":", '":', "Steps: 1\n"])
def test_C6_no_line_of_settings_costs_more_than_it_is_long(evil):
    settings_in(png(parameters="x\nSteps: 1, " + evil * (400_000 // len(evil))))


def test_C6_a_text_that_unpacks_to_too_much_is_left():
    info = PngInfo()
    info.add(b"zTXt", b"parameters\0\0" + zlib.compress(b"a" * 50_000_000, 9))
    with pytest.raises(PictureError, match="carries no settings"):
        settings_in(png(info))


def test_C6_many_unknown_names_are_counted_not_listed():
    found = settings_in(ours(**{f"setting {number}": number for number in range(300)}))
    assert len(found.ignored) == 25 and found.ignored[-1] == "+276"


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "PNG pictures only"), (b"\xff\xd8\xff" + b"x" * 99, "PNG pictures only"), (png(), "carries no settings"),
     (ours()[:60], "ends too early")],
    ids=["empty", "JPEG", "bare", "cut"],
)  # fmt: skip
def test_a_file_without_settings_says_so(data, words):
    with pytest.raises(PictureError, match=words):
        settings_in(data)
