"""``spacemoe-ns3 doctor``: whether everything is there that a run needs."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from spacemoe_ns3 import __version__
from spacemoe_ns3.cli.common import EXIT_INSTALLATION, console_of, examples, print_json
from spacemoe_ns3.cli.options import json_option

if TYPE_CHECKING:
    from spacemoe_ns3.installation import Finding

_EXIT_CODES = """\b
Exit codes:
  0    everything that runs need is there
  1    standard output was closed by its reader
  2    an option cannot be used
  4    the output could not be written (disk full, for example)
  5    something that runs need is missing or broken
  130  interrupted
"""
_EXAMPLES = examples("doctor", "doctor --json")
_STYLES = {"ok": "green", "failed": "bold red", "absent": "yellow", "skipped": "dim"}


@click.command(epilog=_EXAMPLES + _EXIT_CODES)
@json_option
def doctor(*, as_json: bool) -> None:
    """Check the installation, and say what to do.

    Looks at Python, its packages, the ns-3 wheel, the compiled modules and cppyy, and runs a small scenario
    from its file to its results. Looks at compiler, memory, disk, and the programs that captures and tests
    are for. What runs need is ok or failed; what they do without is ok or absent.
    """
    from spacemoe_ns3.installation import examine
    from spacemoe_ns3.progress import progress_bar

    with progress_bar(is_shown=not as_json) as progress:
        findings = list(examine(tell=lambda what: progress.stage(f"looking at: {what}")))
    is_complete = all(finding.verdict in {"ok", "absent"} for finding in findings)
    if as_json:
        rows = [dataclasses.asdict(finding) for finding in findings]
        print_json({"version": __version__, "is_complete": is_complete, "findings": rows})
    else:
        _show(findings, is_complete=is_complete)
    if not is_complete:
        sys.exit(EXIT_INSTALLATION)


def _show(findings: Sequence[Finding], *, is_complete: bool) -> None:
    """Print a table of what was found, and what to do."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for width in (max(map(len, _STYLES)), max(len(finding.what) for finding in findings)):
        table.add_column(no_wrap=True, min_width=width)
    table.add_column(overflow="fold")
    for finding in findings:
        found = Text(finding.found)
        if finding.remedy:
            found.append(f"\nto do: {finding.remedy}", style="bold")
        table.add_row(Text(finding.verdict, style=_STYLES[finding.verdict]), finding.what, found)
    console = console_of()
    console.print(table)
    console.print()
    console.print("Runs have all that they need." if is_complete else "Runs lack something; see what failed.")
