"""What a comparison of runs prints, and the object that it is for JSON."""

from __future__ import annotations

import math
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from spacemoe_ns3.comparison import Comparison, Row
from spacemoe_ns3.statistics import Estimate, values_needed

_NONE = "-"
_UNITS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0))  # nanoseconds in each
_DIGITS = 2  # of a half width; its value has as many decimals
_MOST_DECIMALS = 6
_MEDIAN, _TAIL = 0.5, 0.99
_PERCENT = 100


def render_comparison(comparison: Comparison, *, console: Console) -> None:
    """Print a comparison: a table of what each row is, one of how it differs from the baseline, and notes.

    Parameters
    ----------
    comparison
        What to print.
    console
        Where to.
    """
    unit, nanoseconds = _unit(comparison)
    level = f"{comparison.level * _PERCENT:g} %"
    console.print(f"{comparison.metric.words}, {unit}, with {level} confidence intervals\n", soft_wrap=True)
    headings = ["sequences", comparison.metric.table, "mean", "median", "99th percentile"]
    cells = [
        [f"{row.sequences}", f"{row.values}", *_level_cells(row, nanoseconds)] for row in comparison.rows
    ]
    console.print(_table(comparison, headings, cells), "")
    if len(comparison.rows) > 1:
        base = comparison.baseline
        console.print(
            f"Compared with {base.run}, {base.placement}, {_engine_words(base.engine)}\n", soft_wrap=True
        )
        headings = [f"difference, {unit}", "ratio", "draws"]
        cells = [_difference_cells(row, nanoseconds) for row in comparison.rows]
        console.print(_table(comparison, headings, cells), "")
    for note in notes(comparison):
        console.print(note, soft_wrap=True)


def notes(comparison: Comparison) -> list[str]:
    """Return what one must know to read a comparison, a sentence or two each.

    Parameters
    ----------
    comparison
        What is read.
    """
    rows = comparison.rows
    said = [
        "Intervals are for other draws of activations, on the same sky and placements; tokens of one "
        "sequence are not taken as independent."
    ]
    if any(row.pairing == "paired" for row in rows):
        said.append("paired: sequence by sequence, for both have the same draws.")
    if any(row.pairing.startswith("unpaired") for row in rows):
        said.append("unpaired: as samples that have nothing to do with each other, and why.")
    if any(row.mean is None for row in rows):
        said.append(
            "1 sequence: nothing says how sure its figures are, so none are shown; decode more sequences."
        )
    ends = [each for row in rows for each in (row.median, row.p99) if each is not None]
    if any(math.isinf(each.high) for each in ends):
        median, tail = (values_needed(share, level=comparison.level) for share in (_MEDIAN, _TAIL))
        said.append(
            f"≥, or {_NONE}: no value of the sample bounds it from above, or on either side; a median "
            f"needs about {median} values that do not depend on each other, the 99th percentile {tail}."
        )
    correlated = [row for row in rows if row.successive_correlation is not None]
    if correlated:
        worst = max(correlated, key=lambda row: row.successive_correlation or 0.0)
        said.append(
            f"Sequences that follow each other resemble each other (correlation up to "
            f"{worst.successive_correlation:.2f}, {worst.placement}): they share queues, or the sky "
            "changes slowly. If it is queues, intervals of means are too narrow; if starts are spread "
            "evenly, too wide."
        )
    if len(rows) > 2:
        said.append(
            f"Each interval is right {comparison.level * _PERCENT:g} times of 100 for itself, not all of "
            "them at once."
        )
    return said


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as an object for JSON.

    Times are nanoseconds; an end that nothing bounds, and what has no interval, is None.

    Parameters
    ----------
    comparison
        What to write.
    """
    metric = comparison.metric
    return {
        "metric": metric.name,
        "table": metric.table,
        "column": metric.column,
        "unit": metric.unit,
        "level": comparison.level,
        "baseline": {key: getattr(comparison.baseline, key) for key in ("run", "placement", "engine")},
        "rows": [_row_object(row) for row in comparison.rows],
        "notes": notes(comparison),
    }


def _row_object(row: Row) -> dict[str, Any]:
    keys = ("run", "placement", "engine", "values", "sequences")
    figures = ("mean", "median", "p99", "difference", "ratio")
    return {
        **{key: getattr(row, key) for key in keys},
        **{figure: _estimate_object(getattr(row, figure)) for figure in figures},
        "pairing": row.pairing,
        "successive_correlation": row.successive_correlation,
    }


def _estimate_object(estimate: Estimate | None) -> dict[str, float | None] | None:
    if estimate is None:
        return None
    ends = {"low": estimate.low, "high": estimate.high}
    return {"value": estimate.value} | {k: end if math.isfinite(end) else None for k, end in ends.items()}


def _table(comparison: Comparison, headings: list[str], cells: list[list[str]]) -> Table:
    """Return a table of rows; columns that say the same of all rows are left out."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    names = {
        key: [getattr(row, key) for row in comparison.rows]
        for key in ("run", "placement", "engine")
        if key == "placement" or len({getattr(row, key) for row in comparison.rows}) > 1
    }
    for heading in names:
        table.add_column(heading, overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "draws" else "right", overflow="fold")
    for place, row in enumerate(cells):
        table.add_row(*(values[place] for values in names.values()), *row)
    return table


def _level_cells(row: Row, nanoseconds: float) -> list[str]:
    """Return mean, median and tail of a row, each with its interval."""
    if row.mean is None:
        return ["1 sequence: no interval", _NONE, _NONE]
    return [
        _plus_minus(row.mean, nanoseconds),
        _between(row.median, nanoseconds),
        _between(row.p99, nanoseconds),
    ]


def _difference_cells(row: Row, nanoseconds: float) -> list[str]:
    """Return difference and ratio of a row, each with its interval, and how they were found."""
    if row.pairing == "baseline":
        return [_NONE, _NONE, row.pairing]
    difference = _NONE if row.difference is None else _plus_minus(row.difference, nanoseconds, sign="+")
    return [difference, _between(row.ratio, 1.0), row.pairing]


def _plus_minus(estimate: Estimate, nanoseconds: float, *, sign: str = "") -> str:
    value, half = estimate.value / nanoseconds, estimate.half_width / nanoseconds
    decimals = _decimals(half, value=value)
    return f"{value:{sign}.{decimals}f} ± {half:.{decimals}f}"


def _between(estimate: Estimate | None, nanoseconds: float) -> str:
    """Write a value and the ends of its interval."""
    if estimate is None:
        return _NONE
    value, low, high = (end / nanoseconds for end in (estimate.value, estimate.low, estimate.high))
    ends = [abs(end - value) for end in (low, high) if math.isfinite(end) and end != value]
    decimals = _decimals(min(ends, default=0.0), value=value)
    if math.isinf(high):
        return f"≥ {low:.{decimals}f}" if math.isfinite(low) else _NONE
    if math.isinf(low):
        return f"≤ {high:.{decimals}f}"
    return f"{value:.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"


def _decimals(width: float, *, value: float) -> int:
    """Return how many decimals show the first digits of a width, or without one all of the value."""
    if width <= 0:
        return next(
            (places for places in range(_MOST_DECIMALS) if math.isclose(round(value, places), value)),
            _MOST_DECIMALS,
        )
    return min(max(_DIGITS - 1 - math.floor(math.log10(width)), 0), _MOST_DECIMALS)


def _unit(comparison: Comparison) -> tuple[str, float]:
    """Return the unit in which the smallest mean has a digit before the point, and its nanoseconds."""
    means = [abs(row.mean.value) for row in comparison.rows if row.mean and row.mean.value]
    smallest = min(means, default=_UNITS[1][1])
    return next(((unit, ns) for unit, ns in _UNITS if smallest >= ns), _UNITS[-1])


def _engine_words(engine: str) -> str:
    return {"packet": "packets", "analytic": "the formula"}[engine]
