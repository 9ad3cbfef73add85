"""``spacemoe-ns3 path``: where the time of one token went, piece by piece."""

from __future__ import annotations

from pathlib import Path

import click

from spacemoe_ns3.cli.common import READING_EXIT_CODES, console_of, examples, print_json
from spacemoe_ns3.cli.complete import LayerNumber, PlacementName
from spacemoe_ns3.cli.options import json_option, run_argument

_EXAMPLES = examples(
    "path results/first-ring --placement spacemoe",
    "path results/ring32 --placement spacemoe --sequence 3 --token 1",
    "path results/ring32 --placement rand-place --layer 5 --json",
    "path results/ring32 --placement spacemoe --engine analytic",
)


@click.command(epilog=_EXAMPLES + READING_EXIT_CODES)
@run_argument
@click.option(
    "--placement",
    metavar="NAME",
    type=PlacementName(),
    help="Which placement.  [default: the only one of the run]",
)
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
@click.option("--layer", metavar="N", type=LayerNumber(), help="Only this layer.")
@click.option(
    "--engine",
    type=click.Choice(["packet", "analytic"]),
    help="The packets or the formula.  [default: the packets, if any were sent]",
)
@json_option
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
        print_json(path_object(found))
    else:
        render_path_pieces(found, console=console_of())
