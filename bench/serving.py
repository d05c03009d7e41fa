"""Our studio beside a plain diffusers app, as people would feel it: waiting times and pictures per minute.

Both are real servers in processes of their own, asked over HTTP by `gradio_client`; the same weights, number format, sampler,
steps and sizes. The two take turns within every round, so that a busy moment of the machine hits both. A figure is the median
over the rounds, with the smallest and the largest beside it.

    python -m bench.serving [--rounds 5]
"""

import argparse
import contextlib
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradio_client import Client
from gradio_client.client import Job

ROOT = Path(__file__).resolve().parents[1]
PROMPTS = (
    "watercolor of the sea at sunset",
    "oil painting of a castle in a forest",
    "a lighthouse by a lake at night",
    "ink wash painting of mountains in the morning",
    "pop art of a cat in a city",
    "woodblock print of a boat on the sea",
    "pencil sketch of a house in a meadow",
    "mosaic of a fish in a lake at noon",
)
STEPS = 20
PEOPLE = 8
HEAVY_JOBS = 20


@dataclass
class Waited:
    """What one person saw of one picture: seconds from the click."""

    first: float = 0.0
    done: float = 0.0


@dataclass
class Server:
    """A studio to ask.

    Attributes:
        name: Shown in the table.
        command: Starts it, but for the port.
        environment: Variables it is started with; "{port}" is filled in.
        arguments: What a picture is asked with besides its prompt and seed.
        progress: Whether an update shows a step.
        finished: Whether an update shows the picture.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    arguments: dict[str, Any]
    progress: Callable[[Any], bool]
    finished: Callable[[Any], bool]
    url: str = ""
    seeds: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def person(self) -> Client:
        """A browser of its own."""
        return Client(self.url, verbose=False, download_files=False)

    def click(self, person: Client) -> Job:
        """One person asks for one picture, never the same twice."""
        with self.lock:
            seed = next(self.seeds)
        prompt = PROMPTS[seed % len(PROMPTS)]
        return person.submit(prompt=prompt, seed=seed, api_name="/text_to_image", **self.arguments)

    def picture(self, person: Client, seen: Callable[[], None] = lambda: None) -> Waited:
        """Ask and wait; `seen` is called at the first step."""
        waited = Waited()
        started = time.perf_counter()
        for update in self.click(person):
            now = time.perf_counter() - started
            if not waited.first and self.progress(update):
                waited.first = now
                seen()
            if self.finished(update):
                waited.done = now
        if not waited.done:
            raise RuntimeError(f"{self.name} gave no picture")
        return waited


@contextlib.contextmanager
def running(server: Server, folder: Path) -> Iterator[None]:
    """The server, up and answering; stopped on the way out."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    environment |= {name: text.format(port=port) for name, text in server.environment.items()}
    command = [part.format(port=port) for part in server.command]
    with (folder / f"{server.name}.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    server.url = f"http://127.0.0.1:{port}/"
    try:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(server.url, timeout=5).close()
                break
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{server.name} did not start: {log.name}")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1) + 0.4999))]


def alone(server: Server) -> float:
    """One person, one picture after the other: seconds from click to picture."""
    person = server.person()
    return statistics.median(server.picture(person).done for _ in range(5))


def together(server: Server) -> tuple[float, float]:
    """Eight people click at once, each twice: pictures per minute, and p95 of seconds to the first preview."""
    people = [server.person() for _ in range(PEOPLE)]
    gate = threading.Barrier(PEOPLE)

    def visit(person: Client) -> list[Waited]:
        gate.wait()
        return [server.picture(person) for _ in range(2)]

    started = time.perf_counter()
    with ThreadPoolExecutor(PEOPLE) as pool:
        waits = [waited for visit_ in pool.map(visit, people) for waited in visit_]
    seconds = time.perf_counter() - started
    return 60 * len(waits) / seconds, percentile([waited.first for waited in waits], 0.95)


def behind(server: Server) -> float:
    """One click after another's twenty, once they are under way: seconds to the picture."""
    heavy, light = server.person(), server.person()
    under_way = threading.Event()
    with ThreadPoolExecutor(HEAVY_JOBS) as pool:
        rest = [pool.submit(server.picture, heavy, under_way.set) for _ in range(HEAVY_JOBS)]
        under_way.wait(60)
        waited = server.picture(light)
        for job in rest:
            job.result()
    return waited.done


def cancelling(folder: Path, company: int) -> tuple[float, float]:
    """Seconds from cancel to the picture's last event, and seconds a step took until then; `company` others paint on.

    Measured inside one process, so that no network blurs it. The last event comes after what exists so far was decoded and
    kept, so the row is free earlier still.
    """
    from studio.core.events import LAST_EVENTS, Step
    from studio.core.recipes import TextToImage
    from studio.core.settings import Settings
    from studio.service import Studio

    studio = Studio(Settings(home=folder / "cancel"))
    studio.start()
    ends, paces = [], []
    try:
        others = [
            studio.submit(TextToImage(prompt=PROMPTS[i], seed=i, steps=150), f"other {i}")
            for i in range(company)
        ]
        for seed in range(6):
            run = studio.submit(TextToImage(prompt=PROMPTS[seed], seed=seed, steps=100), "me")
            steps, cancelled = [], 0.0
            for event in run.events():
                now = time.perf_counter()
                if isinstance(event, Step):
                    steps.append(now)
                    if event.index == 8:
                        run.cancel()
                        cancelled = time.perf_counter()
                elif isinstance(event, LAST_EVENTS):
                    ends.append(now - cancelled)
            paces += [after - before for before, after in zip(steps[1:8], steps[2:8], strict=False)]
        for other in others:
            other.cancel()
    finally:
        studio.close()
    # The first one loads the model and warms up.
    return max(ends[1:]), statistics.median(paces)


def machine() -> str:
    """The machine, without its name."""
    import diffusers
    import gradio
    import torch

    model = platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    versions = (
        f"torch {torch.__version__}, diffusers {diffusers.__version__}, gradio {gradio.__version__}"
    )
    return f"{os.cpu_count()} cores ({model}); {versions}"


def row(title: str, rounds: list[tuple[float, float]], unit: str, ratio: str, goal: float) -> str:
    """One line of the table from (ours, plain) per round."""
    share = [a / b if ratio == "ours / plain" else b / a for a, b in rounds]
    median = statistics.median(share)
    lower = goal <= 1
    met = median <= goal if lower else median >= goal
    ours, plain = (statistics.median(side) for side in zip(*rounds, strict=True))
    return (
        f"| {title} | {ours:.2f} {unit} | {plain:.2f} {unit} "
        f"| {ratio}: **{median:.2f}** ({min(share):.2f} to {max(share):.2f}) "
        f"| {'<=' if lower else '>='} {goal:g} | {'yes' if met else 'NO'} |"
    )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    parser.add_argument("--dtype", default="", help="number format of both; default: ours")
    options = parser.parse_args()

    import torch

    from studio.models.device import best_dtype

    dtype = options.dtype or str(best_dtype("auto", "cpu", built_in=True)).removeprefix("torch.")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environment = {"STUDIO_DEVICE": "cpu", "STUDIO_DTYPE": dtype, "STUDIO_PORT": "{port}"}
        ours = Server(
            "ours",
            [sys.executable, "app.py"],
            environment | {"STUDIO_HOME": str(folder / "ours")},
            {"steps": STEPS, "guidance_scale": 4.0, "sampler": "dpmpp_2m"},
            progress=lambda event: event["event"] == "step" and bool(event["preview"]),
            finished=lambda event: event["event"] == "finished",
        )
        plain = Server(
            "plain",
            [sys.executable, "-m", "bench.plain_app", "--port", "{port}", "--dtype", dtype],
            {"GRADIO_TEMP_DIR": str(folder / "plain")},
            {"steps": STEPS},
            progress=lambda update: bool(update[0].get("preview")),
            finished=lambda update: bool(update[0].get("done")),
        )
        figures: dict[str, list[tuple[float, float]]] = {
            "alone": [],
            "rate": [],
            "first": [],
            "behind": [],
        }
        with running(ours, folder), running(plain, folder):
            for server in (ours, plain):
                for _ in range(3):
                    server.picture(server.person())
            for number in range(options.rounds):
                # Who goes first alternates, so that neither always meets the warmer machine.
                order = (ours, plain) if number % 2 == 0 else (plain, ours)
                one = {server.name: alone(server) for server in order}
                many = {server.name: together(server) for server in order}
                late = {server.name: behind(server) for server in order}
                figures["alone"].append((one["ours"], one["plain"]))
                figures["rate"].append((many["ours"][0], many["plain"][0]))
                figures["first"].append((many["ours"][1], many["plain"][1]))
                figures["behind"].append((late["ours"], late["plain"]))
                latest = {
                    name: [round(x, 3) for x in values[-1]] for name, values in figures.items()
                }
                print(f"round {number + 1}: {json.dumps(latest)}", file=sys.stderr, flush=True)
        cancels = [cancelling(folder, company) for company in (0, PEOPLE - 1)]

    print(
        f"{time.strftime('%Y-%m-%d')}; {machine()}; palette in {dtype}, {torch.get_num_threads()} threads;"
    )
    print(
        f"{STEPS} steps, guidance 4, DPM++ 2M, 256x256; median of {options.rounds} interleaved rounds"
    )
    print("(smallest to largest).\n")
    print("| figure | ours | plain | ratio | goal | met |\n|---|---|---|---|---|---|")
    print(row("one person, click to picture", figures["alone"], "s", "ours / plain", 1.0))
    print(
        row("8 people at once, pictures per minute", figures["rate"], "/min", "ours / plain", 1.5)
    )
    print(row("8 people at once, p95 to first preview", figures["first"], "s", "plain / ours", 8))
    print(
        row("one light person behind another's 20 jobs", figures["behind"], "s", "plain / ours", 5)
    )
    for company, (seconds, step) in zip(("alone", "with 7 others"), cancels, strict=True):
        limit = step + 0.2
        print(
            f"| cancel to row free, {company}, worst of 5 | {seconds:.3f} s | | a step is {step:.3f} s "
            f"| <= {limit:.3f} s | {'yes' if seconds <= limit else 'NO'} |"
        )


if __name__ == "__main__":
    main()
