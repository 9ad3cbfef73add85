"""``spacemoe-ns3 report``: a run as one HTML page that opens offline."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

_EPILOG = """\b
Examples:
  spacemoe-ns3 report results/ring32
  spacemoe-ns3 report results/ring32 --out ring32.html
  spacemoe-ns3 report results/ring32 --force --json

\b
Exit codes:
  0    done
  2    the folder or an option cannot be used; nothing was written
  4    the page could not be written (disk full, for example)
"""


@click.command(epilog=_EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="The page.  [default: RUN/report.html]"
)
@click.option("--force", is_flag=True, help="Replace a page that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON, and nothing else.")
def report(*, run: Path, out: Path | None, force: bool, as_json: bool) -> None:
    """Write a run as one HTML page.

    RUN is the folder of a run. The page has the summary, the distribution of latencies, where the time
    goes, how to repeat the run, and a globe: the constellation through time, its links, the hosts, and
    tokens on their way. It is one file that needs no network.
    """
    from spacemoe_ns3.report.page.write import PAGE, check_file, write_page
    from spacemoe_ns3.run_results import load

    start = time.perf_counter()
    results = load(run)
    place = out or run / PAGE
    check_file(place, force=force)
    size_bytes = write_page(results, place, force=force)
    duration_s = round(time.perf_counter() - start, 3)
    if as_json:
        written = {"page": str(place), "bytes": size_bytes, "duration_s": duration_s}
        click.echo(json.dumps(written, indent=2))
    else:
        click.echo(f"{place}: {size_bytes / 1e6:.1f} MB in {duration_s:.1f} s; open it in a browser")
