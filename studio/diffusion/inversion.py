"""There and back: a picture into noise, and out of it again.

Two ways into noise. *Inversion* finds the noise that deterministic DDIM turns into this very picture (Song et al. 2021,
arXiv:2010.02502); *stochastic* covers the picture with true random noise (Ho et al. 2020), and what comes back is like it,
not it. The way back is the same for both: DDIM without fresh noise.

With x = cos(phi) x_0 + sin(phi) eps every level of noise is an angle, and a DDIM step a rotation (Salimans & Ho 2022,
arXiv:2202.00512, appendix D): x_low = cos(a) x - sin(a) v(x). No number in it grows without bound, not even where nothing is left
of the picture, so any model may be asked, whatever it predicts. To invert a step is to solve that equation for x. Guessing
v(x_low) for v(x), as plain DDIM inversion does, loses the picture; here the equation is solved to a tolerance by fixed-point
iteration (Pan et al. 2023, arXiv:2309.04907; Garibi et al. 2024, arXiv:2403.14602), with Anderson's mixing, without which it
swings instead of settling where the model decides what kind of picture it sees.
"""

import math
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from studio.core.recipes import INVERTING, Recover
from studio.diffusion.denoise import meaning_of, pixel_tensor, random_of, settled
from studio.diffusion.forward import clean_estimate, noise_estimate, noised
from studio.diffusion.masking import resized
from studio.diffusion.questions import (
    Algorithm,
    Aside,
    Ask,
    Context,
    Decode,
    Encode,
    Encoded,
    Model,
    Pixels,
    Question,
    Stopped,
    Words,
)

TOLERANCE = 3e-4
"""How far from where it came from an inverted step may land: root mean square, where the latent's own is 1."""

MOST_PASSES = 12
"""Of one inverted step."""

PATIENCE = 3
"""Passes without getting a tenth nearer, after which a step is left as it is: the network's own rounding is reached."""

MEMORY = 2
"""Earlier guesses Anderson's mixing looks back on."""


@dataclass(frozen=True, slots=True)
class Leap:
    """One step between two levels of noise; both ways use what the network predicts at the noisier of the two.

    Attributes:
        t: Timestep of the noisier level.
        alpha_bar: Share of signal variance left there.
        angle: Radians between the levels, from 0 to pi / 2.
    """

    t: float
    alpha_bar: float
    angle: float

    def back(self, x: Tensor, v: Tensor) -> Tensor:
        """From x at the noisier level, with the velocity there, to the cleaner one: deterministic DDIM."""
        return math.cos(self.angle) * x - math.sin(self.angle) * v

    def there(self, x: Tensor, v: Tensor) -> Tensor:
        """The x at the noisier level that `back` takes to this one, if v is its velocity."""
        # A single step over the whole way has no inverse: the cosine is 0. Half of it is guessed, and the rest is misses.
        return (x + math.sin(self.angle) * v) / max(math.cos(self.angle), 0.5)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a way there and back shows, for whoever wants to compare.

    Attributes:
        original: The picture as it went in, at the size it was painted.
        round_trip: The same through the autoencoder alone: the best any way back can do.
        diffused: The noise, as the decoder draws it.
        recovered: What came back.
        mean: Of the diffused latent; 0 where it is truly random noise.
        std: Of the diffused latent; 1 where it is truly random noise.
    """

    original: Pixels
    round_trip: Pixels
    diffused: Pixels
    recovered: Pixels
    mean: float
    std: float


class Halfway(Stopped):
    """Stopped on the way into noise, with the last x that was found there."""

    def __init__(self, x0: Tensor, x: Tensor) -> None:
        super().__init__(x0)
        self.x = x


def recover(
    recipe: Recover, model: Model, source: Pixels, tell: Callable[[Evidence], None]
) -> Algorithm:
    """There and back, as a settled recipe says; the picture comes back at the size it was painted.

    Args:
        source: The picture, any size.
        tell: Takes the evidence, once, beside the device.
    """
    size = (settled(recipe.width), settled(recipe.height))
    original: Pixels = yield Aside(partial(resized, source, size))
    encoded: Encoded = yield Encode(pixel_tensor(original))
    x0 = x = latest = encoded.mean
    try:
        x, there = yield from diffused(recipe, model, x0)
        latest = yield from recovered(recipe, model, x, there)
    except Halfway as stop:
        x, latest = stop.x, stop.x0
    except Stopped as stop:
        latest = stop.x0
    round_trip: Pixels = yield Decode(x0)
    noise: Pixels = yield Decode(x)
    pixels: Pixels = yield Decode(latest)
    evidence = Evidence(original, round_trip, noise, pixels, float(x.mean()), float(x.std()))
    yield Aside(partial(tell, evidence))
    return pixels


def diffused(recipe: Recover, model: Model, x0: Tensor) -> Generator[Ask, Any, tuple[Tensor, int]]:
    """A clean latent (1, C, h, w) into noise, `num_timesteps` far; the noise, and the passes it took."""
    leaps = way(model, recipe.num_timesteps, recipe.steps_each_way)
    if recipe.mode == "stochastic":
        if not leaps:
            return x0, 0
        noise = torch.randn(x0.shape, generator=random_of(recipe)).to(x0.device)
        return noised(x0, noise, leaps[-1].alpha_bar), 0
    words: Context = yield Words(recipe.source_prompt)
    x, v, passes = x0, None, 0
    for done, leap in enumerate(leaps):
        left = round((len(leaps) - done) * _pace(passes, done))
        begin = Progress(passes, left, len(leaps))
        try:
            x, v, taken = yield from _inverted(leap, model, x, v, words, begin)
        except Stopped as stop:
            raise Halfway(stop.x0, x) from None
        passes += taken
    return x, passes


def recovered(
    recipe: Recover, model: Model, x: Tensor, passes: int = 0
) -> Generator[Ask, Any, Tensor]:
    """Noise of that recipe back into a clean latent.

    Args:
        passes: Those made on the way in; they count as steps too.
    """
    words, against = yield from meaning_of(recipe)
    leaps = way(model, recipe.num_timesteps, recipe.steps_each_way)
    total = passes + len(leaps)
    guidance_scale = settled(recipe.guidance_scale)
    for index, leap in enumerate(reversed(leaps), passes):
        # Where the way in was one jump, its end is worth a look too.
        first = index == 0
        ask = Question(x, leap.t, guidance_scale, words, against, index, total, shows_x=first)
        prediction = yield ask
        x = leap.back(x, velocity(x, prediction, leap.alpha_bar, model))
    return x


def way(model: Model, num_timesteps: int, steps: int) -> list[Leap]:
    """The leaps from a clean latent into noise, evenly spaced in time; their timesteps are diffusers' "trailing" ones.

    Args:
        num_timesteps: How many timesteps of noise; the last of them is t = num_timesteps - 1, as far as the model has it.
        steps: Number of leaps; none when 0.
    """
    most = min(num_timesteps, int(model.noise_schedule.get("num_train_timesteps", 1000)))
    leaps: list[Leap] = []
    below = 0.0
    for step in range(1, steps + 1):
        t = step * most / steps - 1
        alpha_bar = model.alpha_bar(t)
        phi = math.acos(math.sqrt(alpha_bar))
        leaps.append(Leap(t, alpha_bar, phi - below))
        below = phi
    return leaps


def velocity(x: Tensor, prediction: Tensor, alpha_bar: float, model: Model) -> Tensor:
    """v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x_0, whatever the model predicts."""
    kind = model.noise_schedule.get("prediction_type", "epsilon")
    if kind == "v_prediction":
        return prediction
    eps: Tensor = noise_estimate(x, prediction, alpha_bar, kind)
    x0: Tensor = clean_estimate(x, prediction, alpha_bar, kind)
    return math.sqrt(alpha_bar) * eps - math.sqrt(1 - alpha_bar) * x0


@dataclass(frozen=True, slots=True)
class Progress:
    """Passes made so far, still to make on the way in (about), and to make on the way back."""

    made: int
    left: int
    back: int


def _inverted(
    leap: Leap,
    model: Model,
    x: Tensor,
    v: Tensor | None,
    words: Context,
    begin: Progress,
) -> Generator[Ask, Any, tuple[Tensor, Tensor, int]]:
    """The x at the leap's noisier level that it takes back to this x; its velocity there, and the passes that took.

    Args:
        v: Velocity at the level before, to guess from; None at the first.
        begin: Where the run stands.
    """
    guess = x if v is None else leap.there(x, v)
    mixing = Mixing()
    best, at, there = math.inf, guess, torch.zeros_like(x)
    nearer = math.inf
    idle = 0
    for taken in range(1, MOST_PASSES + 1):
        total = begin.made + max(begin.left, taken) + begin.back
        index = begin.made + taken - 1
        prediction = yield Question(guess, leap.t, 1.0, words, None, index, total, shows_x=True)
        found = velocity(guess, prediction, leap.alpha_bar, model)
        miss = float((leap.back(guess, found) - x).square().mean().sqrt())
        if miss < best:
            best, at, there = miss, guess, found
        idle = 0 if miss < 0.9 * nearer else idle + 1
        nearer = min(nearer, miss)
        if best < TOLERANCE or idle == PATIENCE:
            break
        guess = mixing.next(guess, leap.there(x, found))
    return at, there, taken


class Mixing:
    """Anderson's acceleration of a fixed-point iteration (Walker & Ni 2011, doi:10.1137/10078356X), looking back a little."""

    def __init__(self) -> None:
        """Nothing to look back on yet."""
        self._past: deque[tuple[Tensor, Tensor]] = deque(maxlen=MEMORY + 1)

    def next(self, guess: Tensor, led: Tensor) -> Tensor:
        """The next guess, where plain iteration would take what this one led to."""
        self._past.append((led, led - guess))
        (*earlier, (led, move)) = self._past
        if not earlier:
            return led
        moves = torch.stack([(move - was).flatten() for _, was in earlier])
        # Tiny systems, solved on the CPU in double precision; the ridge keeps them solvable when moves repeat.
        gram = (moves @ moves.T).double().cpu()
        aim = (moves @ move.flatten()).double().cpu()
        ridge = 1e-9 * gram.trace() + 1e-30
        shares = torch.linalg.solve(gram + ridge * torch.eye(len(gram), dtype=gram.dtype), aim)
        for share, (was, _) in zip(shares.tolist(), earlier, strict=True):
            led = led - share * (self._past[-1][0] - was)
        return led


def _pace(passes: int, leaps: int) -> float:
    """Passes a leap takes, from those made so far; a guess before there are any."""
    return (passes + 2 * INVERTING) / (leaps + 2)
