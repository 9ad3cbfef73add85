"""What the commands share: exit codes and the console."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

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

_FILE_WIDTH = 130  # of a table in a file or a pipe


def console_of() -> Console:
    """Return a console on standard output, of a fixed width where that is no terminal."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)
