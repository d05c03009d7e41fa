"""What it costs to keep the steps of a picture, and what it saves to take them up again.

python -m bench.steps            # prints the table of docs/bench.md
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from studio.core.events import Finished, Result
from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.core.turn import Turn
from studio.gallery.trajectories import beside
from studio.gallery.trajectory import read, serialised
from studio.service import Studio

OWNER = "bench"


def main() -> None:
    """Print the figures."""
    typed = argparse.ArgumentParser(description=__doc__)
    typed.add_argument("--steps", type=int, default=20)
    typed.add_argument("--rounds", type=int, default=8)
    wanted = typed.parse_args()
    # Workers that wait for each other are busy too; one thread makes the processor's time the work's.
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        studio = Studio(Settings(home=Path(home), device="cpu", dtype="float32"))
        recipe = TextToImage(prompt="a lighthouse by the sea at sunset", seed=7, steps=wanted.steps)
        seconds, result = timed(lambda: made(studio.submit(recipe, OWNER)), wanted.rounds + 1)
        steps = read(beside(result.path))
        size = beside(result.path).stat().st_size
        full = size + steps.x.nbytes
        print(f"picture {result.width} x {result.height}, {len(steps)} passes")
        print(f"painted in                      {seconds:8.2f} s")
        print(
            f"steps on disk                   {size / 1024:8.0f} KiB (x in float32: {full / 1024:.0f} KiB)"
        )
        took, _ = timed(lambda: studio.trajectories.keep(result.path, steps), 20)
        packed, _ = timed(lambda: serialised(steps), 20)
        print(
            f"written and flushed in          {took * 1000:8.1f} ms (packed in {packed * 1000:.1f} ms)"
        )
        took, _ = timed(lambda: read(beside(result.path)), 20)
        print(f"read in                         {took * 1000:8.1f} ms")
        took, _ = timed(lambda: studio.steps.table(result.id, OWNER), 20)
        print(f"table of numbers in             {took * 1000:8.1f} ms")
        half(studio, recipe)
        looks(studio, result, len(steps))
        for at in (wanted.steps // 4, wanted.steps // 2, wanted.steps * 3 // 4):
            branch = partial(studio.steps.branch, result.id, OWNER, Turn(at, prompt="a red fox"))
            took, _ = timed(partial(_painted, branch), wanted.rounds)
            print(
                f"branch at pass {at:<3}               {took:8.2f} s ({took / seconds:.0%} of the whole)"
            )
        took, _ = timed(
            lambda: made(studio.steps.branch(result.id, OWNER, Turn(len(steps) - 1))), 3
        )
        print(f"all but the last pass replayed  {took:8.2f} s")
        studio.close()


def half(studio: Studio, recipe: TextToImage) -> None:
    """What half precision of the noisy latents costs in the frames, and why the predictions have none."""
    from studio.core.errors import StudioError
    from studio.core.events import Event, Failed

    caught: list[Any] = []

    def end(job: Any, picture: Any) -> Event:
        caught.append(picture)
        return Failed(job.picture, StudioError("Not kept."))

    list(studio.submit(recipe, OWNER, end=end).events())
    [picture] = caught
    model = picture.model
    gaps: dict[str, list[np.ndarray]] = {"x_t": [], "clean estimate": []}
    for one in picture.passes:
        views = []
        for x in (one.x, one.x.half().float()):
            views.append(
                (model.decode(x)[0], model.decode(model.denoised(x, one.t, one.prediction))[0])
            )
        for name, exact, rounded in zip(gaps, *views, strict=True):
            gaps[name].append(np.abs(exact.astype(int) - rounded.astype(int)))
    for name, found in gaps.items():
        print(
            f"float16, {name:<15} decoded     {max(int(gap.max()) for gap in found):4} of 255 at most, "
            f"{statistics.fmean(float(gap.mean()) for gap in found):.3f} on average"
        )
    tape = [type(one)(one.t, one.x, one.prediction.half().float()) for one in picture.passes]
    list(studio.submit(recipe, OWNER, tape=tape[: len(tape) // 2], end=end).events())
    gap = np.abs(caught[1].pixels.astype(int) - picture.pixels.astype(int))
    print(
        f"predictions in float16, resumed {int(gap.max()):8} of 255 at most: not the same picture"
    )


def looks(studio: Studio, result: Result, passes: int) -> None:
    """Frames, quick and full, each asked for once."""
    for name, quick in (("quick", True), ("full", False)):
        took = []
        for index in range(passes):
            begun = time.process_time()
            studio.steps.frame(result.id, OWNER, "noisy", index, quick=quick)
            took.append(time.process_time() - begun)
        print(f"{name + ' look in':<31} {statistics.median(took) * 1000:8.1f} ms")


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Seconds of processor, the median of some rounds, and what came out last; others on the machine hardly disturb it."""
    took = []
    for _ in range(rounds):
        begun = time.process_time()
        value = work()
        took.append(time.process_time() - begun)
    return statistics.median(took), value


def _painted(begin: Callable[[], Any]) -> Result:
    return made(begin())


def made(run: Any) -> Result:
    """The picture of a run."""
    *_, end = run.events()
    assert isinstance(end, Finished), end
    return end.result


if __name__ == "__main__":
    main()
