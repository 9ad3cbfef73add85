"""The table that a run prints."""

from __future__ import annotations

from typing import NoReturn

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from spacemoe_ns3.results import PARTS, EngineResult, PlacementResult

_MICROSECONDS = 1e6
_MILLISECONDS = 1e3
_NONE = "-"


def render_table(results: list[PlacementResult], *, console: Console) -> None:
    """Print a row a placement.

    Where the console is too narrow the table is printed in two halves; numbers are never cut, and below 60
    columns folded.

    Parameters
    ----------
    results
        What was found out, a placement each; the first is the one whose speed-up is shown.
    console
        Where to.
    """
    latency, parts = _latency_columns(results), _part_columns(results)
    whole = _table(results, {**latency, **parts})
    if Measurement.get(console, console.options, whole).maximum < console.width:
        halves = [whole]
    else:
        halves = [_table(results, latency), _table(results, parts)]
    console.print("Mean latency of a token\n")
    for half in halves:
        console.print(half, "")
    console.print(
        "expected: the formula over all slots, link states and activations; analytic: on the packets' draws; "
        "difference: packets less analytic; speed-up: how many times faster "
        f"{results[0].placement.name} is. The parts, compute to waiting, are the packets', or the formula's "
        "where none were sent.\n"
    )


def _table(results: list[PlacementResult], columns: dict[str, list[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    table.add_column("placement", overflow="fold")
    for heading in columns:
        table.add_column(heading, justify="right", overflow="fold")
    for row, result in enumerate(results):
        table.add_row(result.placement.name, *(values[row] for values in columns.values()))
    return table


def _latency_columns(results: list[PlacementResult]) -> dict[str, list[str]]:
    first = _either(results[0]).s_per_token
    columns: dict[str, list[str]] = {
        heading: []
        for heading in ("expected\ns", "analytic\ns", "packets\ns", "difference\nµs", "speed-up\n")
    }
    for result in results:
        analytic, packet = result.analytic, result.packet
        values = (
            _NONE if result.expected_s_per_token is None else f"{result.expected_s_per_token:.4f}",
            f"{analytic.s_per_token:.4f}" if analytic else _NONE,
            f"{packet.s_per_token:.4f}" if packet else _NONE,
            f"{(packet.s_per_token - analytic.s_per_token) * _MICROSECONDS:+.3f}"
            if packet and analytic
            else _NONE,
            f"{_either(result).s_per_token / first:.2f} ×",
        )
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    return columns


def _part_columns(results: list[PlacementResult]) -> dict[str, list[str]]:
    breakdowns = [_either(result).breakdown_s() for result in results]
    return {
        f"{part}\nms": [f"{breakdown[part] * _MILLISECONDS:.3f}" for breakdown in breakdowns]
        for part in PARTS
    }


def _either(result: PlacementResult) -> EngineResult:
    """Return the packets' result, or else the formula's."""
    return result.packet or result.analytic or _nothing()


def _nothing() -> NoReturn:
    raise ValueError("a result of neither engine")
