"""``spacemoe-ns3 compare``: runs side by side, with how sure each figure and difference is."""

from __future__ import annotations

from pathlib import Path

import click

from spacemoe_ns3.cli.common import READING_EXIT_CODES, console_of, examples, print_json
from spacemoe_ns3.cli.complete import PlacementName, RunFolder
from spacemoe_ns3.cli.options import json_option

_EXAMPLES = examples(
    "compare results/first-ring",
    "compare results/a results/b --placement spacemoe",
    "compare results/a results/b --baseline b:spacemoe",
    "compare results/a results/b --metric first-token --level 0.99",
    "compare results/a --engine packet --engine analytic --json",
)
_METRICS = """\b
Metrics, of tokens unless it is said otherwise:
  latency         from the start of a token to its emission
  first-token     of requests: to the first token (TTFT)
  time-per-token  of requests: from then on, per token (TPOT)
  request         of requests: to the last token
  compute, propagation, serialisation, queueing, waiting,
  retransmission, transport
                  parts of the latency

"""


@click.command(epilog=_EXAMPLES + _METRICS + READING_EXIT_CODES)
@click.argument("runs", nargs=-1, required=True, type=RunFolder(), metavar="RUN...")
@click.option("--metric", metavar="NAME", default="latency", show_default=True, help="What to compare.")
@click.option(
    "--placement",
    "placements",
    multiple=True,
    metavar="NAME",
    type=PlacementName(),
    help="Placement to compare, instead of all; repeatable.",
)
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice(["packet", "analytic"]),
    help="The packets or the formula; repeatable.  [default: the packets, if any were sent]",
)
@click.option(
    "--baseline",
    metavar="RUN[:PLACEMENT]",
    help="What differences and ratios are with.  [default: the first row]",
)
@click.option(
    "--level",
    metavar="SHARE",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Confidence level of intervals.",
)
@json_option
def compare(
    *,
    runs: tuple[Path, ...],
    metric: str,
    placements: tuple[str, ...],
    engines: tuple[str, ...],
    baseline: str | None,
    level: float,
    as_json: bool,
) -> None:
    """Compare runs, with confidence intervals.

    RUN is the folder of a run. Prints a row a run, placement and engine: mean, median and 99th percentile,
    the difference from a baseline and the ratio to it, each with its interval. Where runs share their draws
    they are compared sequence by sequence, which is surer. Tokens of one sequence resemble each other, so it
    is sequences that count as independent.
    """
    from spacemoe_ns3.comparison import compare as compare_runs
    from spacemoe_ns3.report.compare import comparison_object, render_comparison
    from spacemoe_ns3.run_results import load

    found = compare_runs(
        [load(run) for run in runs],
        metric=metric,
        placements=placements,
        engines=engines,
        baseline=baseline,
        level=level,
    )
    if as_json:
        print_json(comparison_object(found))
    else:
        render_comparison(found, console=console_of())
