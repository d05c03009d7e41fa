"""From the evaluation's numbers to a table for the terminal, and to the document with all figures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from studio.training.figures import Share
from studio.training.judge_data import NAMES

GOALS = {"style": 95.0, "place": 90.0, "time": 90.0, "subject": 70.0}
"""Least share recognised, percent; the subject's for a model trained on a CPU (85 on a GPU)."""

LARGEST_GAP = 5.0  # Held-out combinations may be this much worse, percent points.

ASKED = {
    "style": f"style, {len(NAMES['style'])} ways",
    "place": f"place, {len(NAMES['place'])} ways",
    "time": f"time of day, {len(NAMES['time'])} ways",
    "subject": f"subject, {len(NAMES['subject'])} ways",
}


def share_of(pair: list[int]) -> str:
    """A share with its 95 % interval: "93.1 (90.2 to 95.2)"."""
    share = Share(*pair)
    if not share.total:
        return "-"
    low, high = share.interval
    return f"{share.percent:.1f} ({low:.1f} to {high:.1f})"


def summed(*groups: dict[str, list[int]]) -> dict[str, list[int]]:
    """Shares of several groups counted together."""
    return {
        question: [sum(group[question][i] for group in groups) for i in range(2)]
        for question in NAMES
    }


def ordinary(results: dict[str, Any]) -> dict[str, list[int]]:
    """Shares on what was in training: combinations with a subject, and scenery."""
    samples = results["recognised"]["samples"]
    return summed(samples["in training"], samples["scenery"])


def gap(results: dict[str, Any], question: str) -> float:
    """Percent points by which held-out combinations are worse than those in training; negative when they are better."""
    samples = results["recognised"]["samples"]
    return (
        Share(*samples["in training"][question]).percent
        - Share(*samples["held out"][question]).percent
    )


def falling(values: list[float]) -> bool:
    """Whether no value is above the one before it."""
    return all(b <= a for a, b in zip(values, values[1:], strict=False))


def rows(results: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """The table of figures and goals: figure, goal, measured, the judges on round trips of renders."""
    judge = results["recognised"]["judge"]
    best = summed(judge["in training: round trip"], judge["scenery: round trip"])
    measured = ordinary(results)
    lines = [
        (
            ASKED[question],
            f">= {GOALS[question]:g} %",
            f"{share_of(measured[question])} %",
            f"{share_of(best[question])} %",
        )
        for question in NAMES
    ]
    for question in NAMES:
        points = gap(results, question)
        text = "-" if math.isnan(points) else f"{points:.1f} points lower"
        lines.append(
            (f"held-out combinations, {question}", f"<= {LARGEST_GAP:g} points lower", text, "-")
        )
    kid = results["recognised"]["kid"]
    best_kid = f"{_thousandths(kid['round trips'])}, renders {_thousandths(kid['renders'])}"
    lines.append(("KID x 1000", "falling with training", _thousandths(kid["samples"]), best_kid))
    if "stylise" in results:
        points_ = results["stylise"]["points"]
        kept = falling([point["edges"] for point in points_])
        grows = falling([-Share(*point["style"]).percent for point in points_])
        words = f"structure {'falls' if kept else 'does not fall'} at every step, "
        words += f"style {'never falls' if grows else 'falls at some step'}"
        lines.append(("stylise, strength 0.3 to 0.8", "monotone", words, "-"))
    return lines


def _thousandths(pair: list[float]) -> str:
    return f"{1000 * pair[0]:.2f} +- {1000 * pair[1]:.2f}"


def table(results: dict[str, Any]) -> str:
    """For the terminal: the judges first, then the figures."""
    lines = [
        f"weights {results['weights']}; {results['settings']}",
        "",
        "The judges themselves, %:",
    ]
    for name, counted in results["recognised"]["judge"].items():
        parts = [f"{question} {Share(*counted[question]).percent:5.1f}" for question in NAMES]
        lines.append(f"  {name:24} {'  '.join(parts)}")
    lines += ["", f"{'figure':34} {'goal':22} {'measured':34} judges on round trips"]
    lines += [f"{a:34} {b:22} {c:34} {d}" for a, b, c, d in rows(results)]
    if "sweep" in results:
        lines += ["", "Sweep:", *(_attempt(one, "  ") for one in results["sweep"]["tries"])]
        lines.append(f"  chosen: {results['sweep']['chosen']}")
    return "\n".join(lines)


def _attempt(one: dict[str, Any], separator: str) -> str:
    cells = [one["sampler"], str(one["steps"]), f"{one['guidance_scale']:g}"]
    cells += [f"{Share(*one['shares'][question]).percent:.1f}" for question in NAMES]
    return separator.join([*cells, f"{one['mean']:.1f}", _thousandths(one["kid"])])


def _table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> list[str]:
    head = list(head)
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(line)} |" for line in lines),
        "",
    ]


def document(results: dict[str, Any]) -> str:
    """The whole document, in Markdown; its sheets lie beside it."""
    judge, counted = results["judge"], results["recognised"]
    lines = [
        "# Palette, evaluated", "",
        "Written by `python -m studio.training.evaluate`; not by hand. What each figure means is said in",
        "`studio/training/figures.py` and `measures.py`.", "",
        f"- Weights: `{results['weights']}` (first 16 hex digits of the SHA-256 over `assets/models/palette`)",
        f"- Painted as the studio paints by default: {results['settings']}, 256x256",
        f"- {results['pictures']} samples, half of them of subjects in a style and place that no training picture has",
        "- Brackets: 95 % Wilson intervals",
        f"- The judges learned from {judge['renders']} renders, {judge['steps']['scene']} steps of {judge['batch']} (things) and "
        f"{judge['steps']['touch']} (style), and never saw a sample", "",
        "## Figures and goals", "",
        *_table(("figure", "goal", "measured", "judges on round trips of renders"), rows(results)),
        "The last column is the most that can be measured: the judges on fresh renders after the autoencoder's round trip.", "",
        "## The judges themselves", "",
        "Fresh renders (seeds never trained on), as they are and after the autoencoder's round trip, in percent:", "",
        *_table(
            ("pictures", *ASKED.values()),
            ((name, *(share_of(shares[q]) for q in NAMES)) for name, shares in counted["judge"].items()),
        ),
        "## What is recognised in the samples", "",
        *_table(
            ("prompts", *ASKED.values()),
            ((name, *(share_of(shares[q]) for q in NAMES)) for name, shares in counted["samples"].items()),
        ),
        *_names(counted),
        "## Distance between samples and renders", "",
        "KID x 1000 in the judges' last features (Binkowski et al. 2018), with the standard deviation over random halves.",
        "Two sets of renders are the zero; round trips are the best that the model can reach.", "",
        *_table(("against fresh renders", "KID x 1000"), ((k, _thousandths(v)) for k, v in counted["kid"].items())),
        *_neighbours(results), *_stylise(results), *_sweep(results), *_artist(results),
    ]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"


def _names(counted: dict[str, Any]) -> list[str]:
    lines = []
    for title in ("styles", "places", "times"):
        found = sorted(counted[title].items(), key=lambda item: -Share(*item[1]).percent)
        words = ", ".join(f"{name} {Share(*pair).percent:.0f}" for name, pair in found)
        lines += [f"- {title.capitalize()}, %: {words}"]
    found = sorted(counted["subjects"].items(), key=lambda item: Share(*item[1]).percent)
    for title, some in (("Least", found[:15]), ("Best", found[::-1][:15])):
        words = ", ".join(f"{name} {pair[0]}/{pair[1]}" for name, pair in some)
        lines += [f"- {title} recognised subjects: {words}"]
    return [*lines, ""]


def _neighbours(results: dict[str, Any]) -> list[str]:
    if "neighbours" not in results:
        return []
    found = results["neighbours"]
    return [
        "## Nearest training pictures", "",
        f"{found['count']} samples, each above the nearest of {found['known']} training pictures by the judges' features.",
        f"Median distance (1 - cosine): samples {found['samples']:.3f}, fresh renders of the same things {found['renders']:.3f}.",
        "A model that copies would be much nearer than fresh renders are.", "",
        "![Samples above their nearest training pictures](palette-nearest.png)", "",
    ]  # fmt: skip


def _stylise(results: dict[str, Any]) -> list[str]:
    if "stylise" not in results:
        return []
    found = results["stylise"]
    painters = found["painters"]
    body = [
        (f"{p['strength']:g}", f"{p['edges']:.2f}", *(share_of(p[q]) for q in ("style", "place", "subject")))
        for p in found["points"]
    ]  # fmt: skip
    body.append(("the world's own painters", f"{painters['edges']:.2f}", share_of(painters["style"]), "-", "-"))  # fmt: skip
    return [
        "## Stylise", "",
        "Digital paintings repainted in the other styles, image to image. Edge agreement is the correlation of",
        "Sobel gradients of the blurred luminance with the source's; the autoencoder alone keeps "
        f"{found['round trip']:.2f},",
        f"pictures of different things have {found['strangers']:.2f}.", "",
        "![Edge agreement against style recognised](palette-stylise.png)", "",
        *_table(("strength", "edge agreement", "style, %", "place, %", "subject, %"), body),
        "Eight of them: sources, one row for each strength, the world's own painters last.", "",
        "![Sources, strengths in rows, painters](palette-stylised.png)", "",
    ]  # fmt: skip


def _sweep(results: dict[str, Any]) -> list[str]:
    if "sweep" not in results:
        return []
    chosen = results["sweep"]["chosen"]
    best = f"{chosen['sampler']}, {chosen['steps']} steps, guidance {chosen['guidance_scale']:g}"
    head = ("sampler", "steps", "guidance", *NAMES, "mean", "KID x 1000")
    body = (_attempt(one, "\n").split("\n") for one in results["sweep"]["tries"])
    return [
        "## Guidance, steps and sampler", "",
        "Guidance first, then sampler and steps at the best guidance. Chosen is the best mean of the four shares;",
        "of those less than a point behind, the least KID.", "",
        *_table(head, body),
        f"Chosen: **{best}**.", "",
    ]  # fmt: skip


def _artist(results: dict[str, Any]) -> list[str]:
    if "artist" not in results:
        return []
    prompts = results["artist"]["prompts"]
    return [
        "## Prompts an artist would type", "",
        f"Seeds 0 to {len(prompts) - 1}, row by row, none picked.", "",
        "![All prompts below, in order](palette-64.png)", "",
        *(f"{i}. {prompt}" for i, prompt in enumerate(prompts)),
    ]  # fmt: skip
