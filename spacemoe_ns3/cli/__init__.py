"""The command line: a thin skin over the pipeline, a file a command."""

from __future__ import annotations

import os
import signal
import sys

import click

from spacemoe_ns3 import __version__
from spacemoe_ns3.cli.common import (
    EXIT_CODES,
    EXIT_INPUT,
    EXIT_INSTALLATION,
    EXIT_INTERRUPTED,
    EXIT_SIMULATION,
    EXIT_WRITE,
    examples,
)
from spacemoe_ns3.cli.registry import LazyGroup
from spacemoe_ns3.errors import InputError, InstallationError, SpacemoeError, WriteError

PROGRAM = "spacemoe-ns3"
_EXAMPLES = examples(
    "doctor",
    "run scenarios/first_ring.py",
    "path results/first-ring --placement spacemoe",
    "run --help",
)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EXAMPLES + EXIT_CODES,
)
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Mixture-of-experts inference over laser-linked satellites.

    Computes where the experts of a model go on a constellation, predicts the latency of a token by the
    formula, and checks it packet by packet in ns-3.
    """


def main() -> None:
    """Run the command line, and turn errors into sentences and exit codes."""
    for stop in (signal.SIGTERM, signal.SIGHUP):  # a batch system's Ctrl-C, and a closed terminal's
        if signal.getsignal(stop) is not signal.SIG_IGN:
            signal.signal(stop, signal.default_int_handler)
    try:
        cli(standalone_mode=False, prog_name=PROGRAM)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted: nothing was written", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except SpacemoeError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_exit_code(error))
    except MemoryError:
        click.echo("error: out of memory; use fewer satellites, slots or tokens", err=True)
        sys.exit(EXIT_INPUT)
    except OSError as error:
        # Files are WriteErrors by now, and click sees to a closed pipe: standard output is full. Let its last
        # flush succeed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"error: standard output: {error.strerror or error}", err=True)
        sys.exit(EXIT_WRITE)


def _exit_code(error: SpacemoeError) -> int:
    for kind, code in (
        (InputError, EXIT_INPUT),
        (WriteError, EXIT_WRITE),
        (InstallationError, EXIT_INSTALLATION),
    ):
        if isinstance(error, kind):
            return code
    return EXIT_SIMULATION
