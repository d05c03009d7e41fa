"""The commands that take a picture's steps again: branch, resume."""

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.cli.copies import wanted
from studio.cli.flags import add_turn, turn_of
from studio.cli.painting import OWNER, add_out, follow, progress_of, remark
from studio.core.turn import Turn

if TYPE_CHECKING:
    from studio.core.settings import Settings
    from studio.service import Run, Studio


def add_commands(commands: Any) -> None:
    """Tell the parser of them."""
    turning = commands.add_parser(
        "branch", help="go another way from a step of a picture, by other words or settings"
    )
    turning.set_defaults(command=branch)
    turning.add_argument("picture", type=Path, metavar="X.png")
    add_turn(turning)
    add_out(turning)

    going_on = commands.add_parser("resume", help="go on with a picture that was stopped")
    going_on.set_defaults(command=resume)
    going_on.add_argument("picture", type=Path, metavar="X.png")
    add_out(going_on)


def branch(options: argparse.Namespace, settings: "Settings", studio: Any) -> int:
    """Paint a picture that begins as another and takes a turn; the exit code."""
    turn = turn_of(options)
    return _retake(
        options,
        settings,
        studio,
        lambda opened: opened.steps.branch(options.picture, OWNER, turn),
        turn,
    )


def resume(options: argparse.Namespace, settings: "Settings", studio: Any) -> int:
    """Go on with a picture that was stopped; the exit code."""
    return _retake(
        options, settings, studio, lambda opened: opened.steps.resume(options.picture, OWNER)
    )


def _retake(
    options: argparse.Namespace,
    settings: "Settings",
    studio: Any,
    begin: "Callable[[Studio], Run]",
    turn: Turn | None = None,
) -> int:
    copies = wanted(options.out, 1, force=options.force)
    progress = progress_of(1)
    with contextlib.closing(studio(settings)) as opened, contextlib.closing(progress):
        run = begin(opened)
        if turn is not None and turn.prompt is not None:
            remark(opened, run.recipe.turned(turn), progress)
        return follow(run, progress, copies)
