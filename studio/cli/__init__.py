"""The command line: paint, stylise, inpaint, outpaint; branch, resume; forward; reproduce, models, serve.

Results go to standard output, one line per picture; everything else goes to standard error. Exit codes: 0 done, 1 failed or
differs, 2 the wish itself is wrong, 130 stopped with Ctrl+C. Help and wrong wishes are answered before torch is loaded.
"""

import argparse
import contextlib
import logging
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING

from studio import __version__
from studio.cli import commands, forward, painting, retaking
from studio.cli.codes import FAILED, STOPPED, WRONG
from studio.core.errors import InternalError, RecipeError, StudioError
from studio.core.settings import Settings

if TYPE_CHECKING:
    from studio.service import Studio

log = logging.getLogger(__name__)


def main(
    arguments: Sequence[str] | None = None, *, studio: "Callable[[Settings], Studio] | None" = None
) -> int:
    """Run one command.

    Args:
        arguments: As typed, without the program's name; those of this process when None.
        studio: Opens the studio; the real one when None.

    Returns: The exit code.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        # A path or a word that the terminal cannot show must not end the program.
        sys.stdout.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    _log_to_file(options)
    try:
        code: int = options.command(options, Settings.from_environment(), studio or _open)
        return code
    except StudioError as error:
        _complain(error)
        return WRONG if isinstance(error, RecipeError) else FAILED
    except KeyboardInterrupt:
        return STOPPED
    except Exception:
        _complain(InternalError.logged(log, "the command line failed"))
        return FAILED


def parser() -> argparse.ArgumentParser:
    """What can be typed."""
    typed = argparse.ArgumentParser(
        prog="python -m studio",
        description="Atelier: an art studio in which every step can be seen.",
    )
    typed.add_argument("--version", action="version", version=f"atelier {__version__}")
    known = typed.add_subparsers(title="commands", metavar="COMMAND", required=True)
    painting.add_commands(known)
    retaking.add_commands(known)
    forward.add_commands(known)
    commands.add_commands(known)
    return typed


def _log_to_file(options: argparse.Namespace) -> None:
    """Keep what only developers read off the terminal, in a file that exists once there is something in it.

    A server's log stays on standard error, where those who run servers look.
    """
    if options.command is commands.serve or logging.getLogger().handlers:
        return
    import platformdirs

    folder = platformdirs.user_log_path("Atelier", appauthor=False)
    handler: logging.Handler = logging.NullHandler()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(folder / "cli.log", delay=True, encoding="utf-8")
    style = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=style, handlers=[handler])


def _open(settings: Settings) -> "Studio":
    from studio.service import Studio

    return Studio(settings)


def _complain(error: StudioError) -> None:
    print(*filter(None, (str(error), error.hint_text)), sep="\n", file=sys.stderr)
