"""``spacemoe-ns3 path``: where the time of one token went, piece by piece."""

from __future__ import annotations

import json
from pathlib import Path

import click

from spacemoe_ns3.cli.common import console_of

_EPILOG = """\b
Examples:
  spacemoe-ns3 path results/first-ring --placement spacemoe
  spacemoe-ns3 path results/first-ring --placement spacemoe --sequence 3 --token 1 --layer 5
  spacemoe-ns3 path results/first-ring --placement spacemoe --engine analytic --json

\b
Exit codes:
  0    done
  2    the folder or an option cannot be used
  4    standard output could not be written
"""


@click.command(epilog=_EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--placement", metavar="NAME", help="Which placement.  [default: the only one of the run]")
@click.option(
    "--sequence",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Which sequence.",
)
@click.option(
    "--token",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Which token of the sequence.",
)
@click.option("--layer", metavar="N", type=click.IntRange(min=0), help="Only this layer.")
@click.option(
    "--engine",
    type=click.Choice(["packet", "analytic"]),
    help="The packets or the formula.  [default: the packets, if any were sent]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the path as JSON, and nothing else.")
def path(
    *,
    run: Path,
    placement: str | None,
    sequence: int,
    token: int,
    layer: int | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Print where the time of one token went.

    RUN is the folder of a run. Prints the token's critical path, layer by layer: every piece of it with the
    satellite, link and expert, when it began, how long it took and of what that was made. The pieces sum to
    the latency, to the nanosecond.
    """
    from spacemoe_ns3.report.path import path_object, read_path, render_path_pieces

    found = read_path(run, placement=placement, engine=engine, sequence=sequence, token=token, layer=layer)
    if as_json:
        click.echo(json.dumps(path_object(found), indent=2, allow_nan=False))
    else:
        render_path_pieces(found, console=console_of())
