"""What a validation prints, and its object for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from spacemoe_ns3.report.pieces import print_in_pieces
from spacemoe_ns3.validation_results import REGIMES, Knee, RegimeResult, Validation

_MICRO, _MILLI = 1e6, 1e3
_NONE = "-"
# Heading, figure, factor, format.
_COLUMNS: Mapping[str, Sequence[tuple[str, str, float, str]]] = {
    "idle": (
        ("tokens\n", "tokens", 1, "{:.0f}"),
        ("packets\ns", "packets_s", 1, "{:.6f}"),
        ("formula\ns", "formula_s", 1, "{:.6f}"),
        ("equal\ntokens", "equal_tokens", 1, "{:.0f}"),
        ("worst\ntoken ns", "worst_token_s", 1e9, "{:.0f}"),
        ("worst\nlayer ns", "worst_layer_s", 1e9, "{:.0f}"),
        ("own\nmessages µs", "own_messages_s", _MICRO, "{:+.3f}"),
        ("freezing\nmean µs", "freezing_s", _MICRO, "{:+.3f}"),
        ("freezing\nworst µs", "freezing_worst_s", _MICRO, "{:.3f}"),
    ),
    "loaded": (
        ("steps\n", "tokens", 1, "{:.0f}"),
        ("load\n", "load", 1, "{:.2f}"),
        ("packets\ns", "packets_s", 1, "{:.4f}"),
        ("p99\ns", "packets_p99_s", 1, "{:.4f}"),
        ("formula\ns", "formula_s", 1, "{:.4f}"),
        ("with theory's\nqueues s", "estimate_s", 1, "{:.4f}"),
        ("difference\nms", "difference_s", _MILLI, "{:+.3f}"),
        ("queueing\nms", "queueing_s", _MILLI, "{:.3f}"),
    ),
    "lossy": (
        ("tokens\n", "tokens", 1, "{:.0f}"),
        ("finished\n%", "availability", 100, "{:.2f}"),
        ("packets\ns", "packets_s", 1, "{:.4f}"),
        ("median\ns", "packets_p50_s", 1, "{:.4f}"),
        ("p99\ns", "packets_p99_s", 1, "{:.4f}"),
        ("worst\ns", "packets_p100_s", 1, "{:.4f}"),
        ("sent\nfirst", "sent_first", 1, "{:.0f}"),
        ("sent\nagain", "sent_again", 1, "{:.0f}"),
        ("dropped\n", "dropped", 1, "{:.0f}"),
        ("duplicates\n", "received_duplicates", 1, "{:.0f}"),
    ),
}
_TITLES = {
    "idle": "1. Idle network: one token at a time, nothing lost",
    "loaded": "2. Under load",
    "lossy": "3. Lossy and failing",
}
_NOTES = {
    "idle": (
        "formula: each message over moving links, a token's own messages sharing lasers and computers; own "
        "messages: what the published formula, with each message alone, leaves out; freezing: what it errs "
        "by when each slot's links stand still. Times are means, but for the worst."
    ),
    "loaded": (
        "formula: an idle network from the moment at which packets began each layer; with theory's queues: "
        "plus the mean wait of an M/G/1 queue at every computer and laser on the way; difference: packets "
        "less formula; queueing: what the packets' own account calls so."
    ),
    "lossy": "finished: tokens emitted of those asked for; sent, dropped: packets with recovery and loss.",
}


def render_validation(validation: Validation, *, console: Console) -> None:
    """Print a table a regime, the knees, and the verdict.

    Parameters
    ----------
    validation
        What was found out.
    console
        Where to.
    """
    for regime in REGIMES:
        results = [result for result in validation.regimes if result.regime == regime]
        if results:
            console.print(f"{_TITLES[regime]}: {validation.about[regime]}\n", soft_wrap=True)
            _print_figures(results, regime, console)
            console.print(_NOTES[regime], "")
            for result in results:
                _print_verdict(result, console)
            console.print()
    if validation.knees:
        console.print("Knee: steps a second at which the packets' latency leaves the formula's\n")
        console.print(_knees(validation.knees), "")
        console.print(
            "An asterisk: not within the loads measured, so between the greatest of them and the capacity of "
            "the busiest resource, which stands in its place; beyond, latency grows without bound.\n",
        )
    for failure in validation.failures:
        console.print(f"FAILS  {failure}", soft_wrap=True)
    if not validation.regimes:
        return
    failed = [result for result in validation.regimes if not result.holds]
    verdict = "holds" if validation.holds else f"fails in {len(failed)} of {len(validation.regimes)} cases"
    console.print(f"Verdict: {verdict}{', of what was complete' if validation.is_interrupted else ''}")


def _print_verdict(result: RegimeResult, console: Console) -> None:
    if result.error:
        console.print(f"FAILS  {result.placement}: {result.error}", soft_wrap=True)
    for check in result.checks:
        word = "holds" if check.holds else "FAILS"
        console.print(
            f"{word}  {result.placement}: {check.name} {check.value:.4g} {check.unit} "
            f"(at most {check.limit:g})",
            soft_wrap=True,
        )


def _print_figures(results: Sequence[RegimeResult], regime: str, console: Console) -> None:
    """Print a row a placement."""
    shown = [column for column in _COLUMNS[regime] if any(column[1] in each.figures for each in results)]
    columns = {
        heading: [_cell(result.figures.get(name), factor, form) for result in results]
        for heading, name, factor, form in shown
    }
    print_in_pieces([result.placement for result in results], [columns], console=console)


def _cell(value: float | None, factor: float, form: str) -> str:
    if value is None or math.isnan(value):
        return _NONE
    return form.format(value * factor)


def _knees(knees: Sequence[Knee]) -> Table:
    table = _empty("placement")
    for heading in ("formula\ns", *(f"+{share:.0%}\n/s" for share in knees[0].knees_per_s), "capacity\n/s"):
        table.add_column(heading, justify="right")
    table.add_column("saturates first\n")
    for knee in knees:
        table.add_row(
            knee.placement,
            f"{knee.formula_s:.4f}",
            *(
                f"{rate:.4g}{'*' if rate >= knee.capacity_per_s else ''}"
                for rate in knee.knees_per_s.values()
            ),
            f"{knee.capacity_per_s:.4g}",
            knee.busiest,
        )
    return table


def _empty(first: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    table.add_column(first)
    return table


def validation_object(validation: Validation) -> dict[str, Any]:
    """Return a validation as an object for JSON; seconds, shares and counts; what is infinite is None.

    Parameters
    ----------
    validation
        What was found out.
    """
    return {
        "scenario": validation.scenario,
        "holds": validation.holds,
        "is_interrupted": validation.is_interrupted,
        "failures": list(validation.failures),
        "about": dict(validation.about),
        "regimes": [
            {
                "placement": result.placement,
                "regime": result.regime,
                "holds": result.holds,
                "error": result.error or None,
                "figures": _finite(result.figures),
                "checks": [{**_finite(asdict(check)), "holds": check.holds} for check in result.checks],
                "queues": {name: _finite_list(column.tolist()) for name, column in result.queues.items()},
            }
            for result in validation.regimes
        ],
        "load_points": [{**_finite(asdict(point)), "excess": point.excess} for point in validation.points],
        "knees": [
            {
                **_finite({name: value for name, value in asdict(knee).items() if name != "knees_per_s"}),
                "knees_per_s": {f"{share:g}": rate for share, rate in knee.knees_per_s.items()},
            }
            for knee in validation.knees
        ],
    }


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip(values, _finite_list(list(values.values())), strict=True))


def _finite_list(values: Sequence[Any]) -> list[Any]:
    return [None if isinstance(value, float) and not math.isfinite(value) else value for value in values]
