"""The table that a run prints."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console
from rich.table import Table

from spacemoe_ns3.results import PARTS, PlacementResult

_MICROSECONDS = 1e6
_MILLISECONDS = 1e3


def render_table(results: list[PlacementResult], *, console: Console) -> None:
    """Print a row a placement.

    Parameters
    ----------
    results
        What was found out, a placement each; the first is the one whose speed-up is shown.
    console
        Where to.
    """
    first = results[0]
    table = Table(title="Mean latency of a token", title_justify="left")
    table.add_column("placement", no_wrap=True)
    for heading in ("expected\ns", "analytic\ns", "packets\ns", "difference\nµs"):
        table.add_column(heading, justify="right")
    for part in PARTS:
        table.add_column(f"{part}\nms", justify="right")
    table.add_column(f"speed-up\nof {first.placement.name}", justify="right")
    for result in results:
        table.add_row(*_row(result), f"{_seconds(result) / _seconds(first):.2f} ×")
    console.print(table)
    console.print(
        "expected: the formula over all slots, link states and activations; analytic: on the packets' draws; "
        "difference: packets less analytic. The parts are the packets', or the formula's where "
        "none were sent.",
        soft_wrap=True,
    )


def _row(result: PlacementResult) -> list[str]:
    analytic, packet = result.analytic, result.packet
    difference = (
        f"{(packet.s_per_token - analytic.s_per_token) * _MICROSECONDS:+.3f}" if packet and analytic else "-"
    )
    parts = (packet or analytic or _nothing()).breakdown_s()
    return [
        result.placement.name,
        "-" if result.expected_s_per_token is None else f"{result.expected_s_per_token:.4f}",
        f"{analytic.s_per_token:.4f}" if analytic else "-",
        f"{packet.s_per_token:.4f}" if packet else "-",
        difference,
        *(f"{parts[part] * _MILLISECONDS:.3f}" for part in PARTS),
    ]


def _seconds(result: PlacementResult) -> float:
    return (result.packet or result.analytic or _nothing()).s_per_token


def _nothing() -> NoReturn:
    raise ValueError("a result of neither engine")
