"""``spacemoe-ns3 report``: a run as one HTML page that opens offline."""

from __future__ import annotations

import time
from pathlib import Path

import click

from spacemoe_ns3.cli.common import examples, print_json
from spacemoe_ns3.cli.options import json_option, run_argument

_EPILOG = examples(
    "report results/ring32",
    "report results/ring32 --out ring32.html --no-figures",
    "report results/ring32 --force --json",
)
_EXIT_CODES = """\
\b
Exit codes:
  0    done
  2    the folder or an option cannot be used; nothing was written
  4    the page could not be written (disk full, for example)
  5    matplotlib is missing
"""
_BYTES_PER_MB = 1e6


@click.command(epilog=_EPILOG + _EXIT_CODES)
@run_argument
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="The page.  [default: RUN/report.html]"
)
@click.option("--force", is_flag=True, help="Replace a page that is there.")
@click.option(
    "--no-figures",
    "without_figures",
    is_flag=True,
    help="Leave out the pictures of the plot command: sooner done, and smaller.",
)
@json_option
def report(*, run: Path, out: Path | None, force: bool, without_figures: bool, as_json: bool) -> None:
    """Write a run as one HTML page with a globe.

    RUN is the folder of a run. The page has the summary, the distribution of latencies, where the time
    goes, the figures, and how to repeat the run; on the globe are the constellation through time, its
    links, the hosts, and tokens on their way. It is one file that needs no network.
    """
    from spacemoe_ns3.report.page.write import PAGE, write_page
    from spacemoe_ns3.run_results import load

    start = time.perf_counter()
    place = out or run / PAGE
    size_bytes = write_page(load(run), place, force=force, with_figures=not without_figures)
    duration_s = round(time.perf_counter() - start, 3)
    if as_json:
        print_json({"page": str(place), "bytes": size_bytes, "duration_s": duration_s})
    else:
        megabytes = size_bytes / _BYTES_PER_MB
        click.echo(f"Page: {place}, {megabytes:.1f} MB in {duration_s:.1f} s; open it in a browser")
