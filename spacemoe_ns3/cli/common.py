"""What the commands share: exit codes, the end of their help, and what they print to."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

EXIT_INPUT, EXIT_SIMULATION, EXIT_WRITE, EXIT_INSTALLATION, EXIT_INTERRUPTED = 2, 3, 4, 5, 130

EXIT_CODES = """\
\b
Exit codes:
  0    done
  1    standard output was closed by its reader; the results were written
  2    the scenario or an option cannot be used; nothing was written
  3    a placement's simulation failed; the others' results were written
  4    results could not be written (disk full, for example)
  5    ns-3 or the compiled modules are missing
  130  interrupted; what was complete was written
"""
"""Of commands that run something; and of all, which have these codes or some of them."""

READING_EXIT_CODES = """\
\b
Exit codes:
  0    done
  1    standard output was closed by its reader
  2    what was named, or an option, cannot be used
  4    the output could not be written (disk full, for example)
  130  interrupted
"""
"""Of commands that look at something."""

_FILE_WIDTH = 130  # of a table in a file or a pipe


def examples(*lines: str) -> str:
    r"""Return the examples of a command's help, for its epilog.

    Parameters
    ----------
    lines
        What to type, without the program's name. With it and the indent, at most 80 columns.

    Examples
    --------
    >>> examples("run scenarios/first_ring.py")
    '\x08\nExamples:\n  spacemoe-ns3 run scenarios/first_ring.py\n\n'
    """
    return "\b\nExamples:\n" + "".join(f"  spacemoe-ns3 {line}\n" for line in lines) + "\n"


def print_json(content: dict[str, Any] | list[Any]) -> None:
    """Print an object as JSON, with standard output to itself.

    Parameters
    ----------
    content
        The object; without NaN and infinities, which JSON has not.
    """
    click.echo(json.dumps(content, indent=2, allow_nan=False))


def console_of() -> Console:
    """Return a console on standard output, of a fixed width where that is no terminal."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)
