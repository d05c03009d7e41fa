"""The settings in a PNG that anyone may have made: ours, AUTOMATIC1111's, ComfyUI's, InvokeAI's; and what was not taken.

A file may be hostile: texts are bounded before they are unpacked, JSON before it is read, links between nodes are followed a few
steps only, and every value goes through the recipe's own check, alone, so that one bad value does not cost the others.

Formats: AUTOMATIC1111 `parameters` (prompt, negative prompt, one line of "name: value"); ComfyUI `prompt` (a graph of nodes by
number, as its API takes it); InvokeAI `invokeai_metadata` (version 3 and later) and `sd-metadata` (version 2).
"""

import json
import re
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from studio.core.errors import PictureError, StudioError, UnknownName
from studio.core.recipe import Painting
from studio.core.recipes import RECIPES, TextToImage
from studio.diffusion.samplers import SAMPLERS
from studio.gallery import chunks
from studio.gallery.headers import refuse_early_end
from studio.gallery.metadata import text_of
from studio.models.cards import CARDS

MAX_TEXT = 4 * 2**20
"""Bytes of one text; ComfyUI keeps whole workflows."""

MAX_NAMES, LONGEST_NAME = 24, 60
"""Settings that are named as not taken, and how much of a name is shown."""

MAX_LINKS = 16
"""Nodes on the way from a sampler to what feeds it."""

KEYWORDS = (b"atelier", b"invokeai_metadata", b"sd-metadata", b"parameters", b"prompt", b"workflow")
"""Where settings are kept, the surest first. A ComfyUI workflow is its page; what was run is in `prompt`."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """The settings of a file.

    Attributes:
        recipe: Those that could be taken; what is missing is open.
        program: Who wrote them, as it calls itself.
        ignored: Names of those that are not understood here, or out of bounds.
    """

    recipe: Painting
    program: str
    ignored: tuple[str, ...]


def settings_in(data: bytes) -> Imported:
    """The settings in a PNG file.

    Raises: PictureError when it is no PNG, is cut off before them, or carries none that can be read.
    """
    texts = _texts(data)
    readers = {
        b"atelier": ("Atelier", _ours),
        b"invokeai_metadata": ("InvokeAI", _invoke),
        b"sd-metadata": ("InvokeAI", _invoke),
        b"parameters": ("AUTOMATIC1111", _automatic),
        b"prompt": ("ComfyUI", _comfy),
    }
    for keyword, (program, reader) in readers.items():
        told = reader(texts[keyword]) if keyword in texts else None
        if told is not None:
            kind, values, ignored = told
            recipe, refused = _taken(kind, values)
            return Imported(recipe, program, _named([*refused, *ignored]))
    if texts:
        raise PictureError(
            "The settings in this picture cannot be read.",
            hint="They are damaged, or of a program that is not known here.",
        )
    raise PictureError(
        "This picture carries no settings.",
        hint="Choose a PNG as it was saved by the program that made it; messengers and web pages remove them.",
    )


def _texts(data: bytes) -> dict[bytes, str]:
    """Keyword -> text, the first of each that we know; what is too large, damaged or hostile is left out."""
    if not data.startswith(chunks.SIGNATURE):
        raise PictureError(
            "Settings are read from PNG pictures only.",
            hint="Choose a PNG as it was saved by the program that made it.",
        )
    file = BytesIO(data)
    file.seek(len(chunks.SIGNATURE))
    texts: dict[bytes, str] = {}
    for chunk in chunks.walk(file):
        if chunk.start + chunk.length > len(data):
            refuse_early_end()
        keyword = chunks.keyword(file, chunk) if chunk.kind in chunks.TEXTS else b""
        if keyword in KEYWORDS and keyword not in texts and chunk.length <= MAX_TEXT:
            content = chunks.content(file, chunk)
            try:
                if content is not None:
                    texts[keyword] = text_of(chunk.kind, content, MAX_TEXT)
            except (ValueError, OverflowError, zlib.error):
                continue
    return texts


def _taken(kind: type[Painting], values: Values) -> tuple[Painting, list[str]]:
    """The recipe of all values that are ones, and the names of the others."""
    good: Values = {}
    refused: list[str] = []
    for name, value in values.items():
        listed = {"sampler": list(SAMPLERS), "model": list(CARDS)}.get(name)
        try:
            if listed is not None and value is not None and value not in listed:
                raise UnknownName(name, value, listed)
            kind.from_values(good | {name: value})
        except (StudioError, TypeError):
            refused.append(f"{name} ({_short(value)})")
        else:
            good[name] = value
    return kind.from_values(good), refused


def _named(names: list[str]) -> tuple[str, ...]:
    kept = list(dict.fromkeys(" ".join(name.split())[:LONGEST_NAME] for name in names))
    more = len(kept) - MAX_NAMES
    return tuple(kept[:MAX_NAMES]) + ((f"+{more}",) if more > 0 else ())


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else str(type(value).__name__)
    if value is None or isinstance(value, bool | int | float):
        text = json.dumps(value)
    return text if len(text) <= 30 else text[:29] + "…"


def _json(text: str) -> Any:
    """What the text says; None when it is no JSON, or is nested or numbered beyond reason."""
    try:
        # NaN and infinity are no JSON, though Python reads them.
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


# ---- ours


def _ours(text: str) -> tuple[type[Painting], Values, list[str]] | None:
    """As `metadata.read`, but it makes do with what is there: a newer studio may have settings we do not know."""
    told = _json(text)
    values = told.get("recipe") if isinstance(told, dict) else None
    kind = values.get("kind") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not isinstance(kind, str) or kind not in RECIPES:
        return None
    return RECIPES[kind], {name: values[name] for name in values if name != "kind"}, []


# ---- AUTOMATIC1111, and those who write as it does

_SETTING = re.compile(r'\s*([^:,"]{1,60}):\s*("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)')
_LINE = re.compile(r"(?:^|\n)Steps: \d[^\n]*$")
_NEGATIVE = "\nNegative prompt:"


def _automatic(text: str) -> tuple[type[Painting], Values, list[str]] | None:
    text = text.strip()
    found = _LINE.search("\n" + text)
    line = found[0].strip() if found else ""
    words = ("\n" + text)[: found.start()] if found else "\n" + text
    prompt, _, negative = words.partition(_NEGATIVE)
    values: Values = {"prompt": prompt.strip(), "negative_prompt": negative.strip()}
    told = {match[1]: match[2] for match in _SETTING.finditer(line[:20_000])}
    ignored = []
    for name, value in told.items():
        if name in ("Steps", "Seed"):
            values[name.lower()] = _number(value)
        elif name == "CFG scale":
            values["guidance_scale"] = _number(value)
        elif name == "Size":
            values |= _sides(*value.partition("x")[::2])
        elif name == "Sampler":
            values["sampler"] = _sampler(f"{value} {told.get('Schedule type', '')}", value)
        elif name == "Model":
            values["model"] = value
        elif name not in ("Schedule type", "Version"):
            ignored.append(f"{name} ({_short(value)})")
    if not line and not negative:
        # Some programs keep plain words here.
        values = {"prompt": text}
    return TextToImage, _said(values), ignored


# ---- ComfyUI


def _comfy(text: str) -> tuple[type[Painting], Values, list[str]] | None:
    graph = _json(text)
    if not isinstance(graph, dict):
        return None
    nodes = {
        str(number): node
        for number, node in list(graph.items())[:2000]
        if isinstance(node, dict) and isinstance(node.get("inputs"), dict)
    }
    sampling = next((node for node in nodes.values() if _feeds(node, "positive", "seed")), None)
    sampling = sampling or next((n for n in nodes.values() if _feeds(n, "positive")), None)
    if sampling is None:
        return None
    inputs = sampling["inputs"]
    seed = inputs.get("seed", inputs.get("noise_seed"))
    schedule = str(inputs.get("scheduler", ""))
    values: Values = {
        "prompt": _upstream(nodes, inputs.get("positive"), ("text", "string", "value")),
        "negative_prompt": _upstream(nodes, inputs.get("negative"), ("text", "string", "value")),
        "seed": _followed(nodes, seed),
        "steps": _followed(nodes, inputs.get("steps")),
        "guidance_scale": _followed(nodes, inputs.get("cfg")),
        "model": _upstream(nodes, inputs.get("model"), ("ckpt_name", "unet_name")),
    }
    name = str(_followed(nodes, inputs.get("sampler_name")) or "")
    values["sampler"] = _sampler(f"{name} {schedule if schedule == 'karras' else ''}", name)
    width = _upstream(nodes, inputs.get("latent_image"), ("width",))
    height = _upstream(nodes, inputs.get("latent_image"), ("height",))
    values |= _sides(width, height)
    known = {"CLIPTextEncode", "EmptyLatentImage", "VAEDecode", "SaveImage", "PreviewImage"}
    known |= {"CheckpointLoaderSimple", str(sampling.get("class_type"))}
    others = (str(node.get("class_type", "")) for node in nodes.values())
    ignored = [name for name in dict.fromkeys(others) if name and name not in known]
    return TextToImage, _said(values), ignored


def _feeds(node: Values, *names: str) -> bool:
    return all(name in node["inputs"] for name in names)


def _followed(nodes: dict[str, Values], value: Any) -> Any:
    """A value, or what the node it is linked to holds in its first plain field."""
    for _ in range(MAX_LINKS):
        node = _linked(nodes, value)
        if node is None:
            return None if isinstance(value, list | dict) else value
        value = next(iter(node["inputs"].values()), None)
    return None


def _upstream(nodes: dict[str, Values], link: Any, names: tuple[str, ...]) -> Any:
    """The first field of one of these names on the way up from a link; each node is looked at once."""
    ahead, seen = [link], 0
    while ahead and seen < MAX_LINKS * 4:
        node = _linked(nodes, ahead.pop(0))
        seen += 1
        if node is None:
            continue
        for name in names:
            if name in node["inputs"]:
                found = _followed(nodes, node["inputs"][name])
                if found is not None:
                    return found
        ahead += [value for value in list(node["inputs"].values())[:8] if isinstance(value, list)]
    return None


def _linked(nodes: dict[str, Values], value: Any) -> Values | None:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int):
        return nodes.get(str(value[0])[:40])
    return None


# ---- InvokeAI

_INVOKE = {
    "positive_prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "width": "width",
    "height": "height",
    "seed": "seed",
    "cfg_scale": "guidance_scale",
    "steps": "steps",
    "scheduler": "sampler",
    "sampler": "sampler",
    "prompt": "prompt",
    "model": "model",
}
_ABOUT = ("app_version", "generation_mode", "app_id", "model_weights", "image", "images", "type")


def _invoke(text: str) -> tuple[type[Painting], Values, list[str]] | None:
    told = _json(text)
    if not isinstance(told, dict):
        return None
    about = told.get("image")
    told = told | about if isinstance(about, dict) else told
    values: Values = {}
    ignored = []
    for name, value in list(told.items())[:500]:
        field = _INVOKE.get(str(name))
        if field is None:
            if name not in _ABOUT and value not in (None, "", [], {}, False):
                ignored.append(str(name))
        elif field == "sampler":
            values[field] = _sampler(str(value).replace("_k", " karras"), str(value))
        elif field == "model":
            values[field] = value.get("name", "") if isinstance(value, dict) else value
        elif field == "prompt" and isinstance(value, list):
            first = value[0] if value and isinstance(value[0], dict) else {}
            values[field] = first.get("prompt", "")
        else:
            values[field] = value
    if not values:
        return None
    values |= _sides(values.pop("width", None), values.pop("height", None))
    return TextToImage, _said(values), ignored


# ---- what they share


def _said(values: Values) -> Values:
    """Without what was not said."""
    return {name: value for name, value in values.items() if value not in (None, "")}


def _number(text: Any) -> Any:
    """A number written as text; the text when it is none."""
    if not isinstance(text, str) or not re.fullmatch(r"\s*-?\d{1,30}(\.\d{1,30})?\s*", text):
        return text
    return float(text) if "." in text else int(text)


def _sides(width: Any, height: Any) -> Values:
    """Width and height; brought to what a recipe takes where that is near."""
    return {
        name: round(side / 16) * 16 if type(side) is int and 64 <= side <= 2048 else side
        for name, side in (("width", _number(width)), ("height", _number(height)))
    }


def _sampler(name: str, said: str) -> str:
    """The sampler on our menu that others call so; as they call it where there is none."""
    wanted = _plain(name)
    for ours, sampler in SAMPLERS.items():
        if wanted in (_plain(ours), _plain(sampler.title), *map(_plain, _ALIASES.get(ours, ()))):
            return ours
    return said if _plain(said) == wanted else _sampler(said, said)


def _plain(name: str) -> str:
    name = name.lower().replace("++", "pp").removesuffix("automatic").strip()
    return re.sub(r"[^a-z0-9]", "", name)


_ALIASES: dict[str, tuple[str, ...]] = {
    "euler_a": ("euler_ancestral", "k_euler_a"),
    "euler": ("k_euler",),
    "heun": ("k_heun",),
    "unipc": ("uni_pc",),
    "dpmpp_2m": ("k_dpmpp_2m",),
    "dpmpp_2m_sde": ("dpmpp_2m_sde_gpu",),
}
"""What other programs call them, beside our own name and title."""
