"""The formula against the packets, token by token, and by how much they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import InputError
from spacemoe_ns3.report import style
from spacemoe_ns3.report.figures.choice import EVERYTHING, Choice, need, placements_of
from spacemoe_ns3.report.figures.layout import (
    DECADES,
    LABELS_IN,
    LEAST_SPAN,
    Row,
    add_table,
    line_mark,
    page,
    plain_log,
    table_height_in,
    tidy,
)
from spacemoe_ns3.report.study_style import look_of
from spacemoe_ns3.run_results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT_IN, _SIZE_IN, _RIGHT_LEFT_IN, _RIGHT_IN = 0.74, 2.45, 4.12, 2.36
_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_STROKES = "x+"  # markers without an inside
_MOST_VECTORS = 2000  # marks a placement: a file of more would be slow to open
_WIDE = 1000.0  # greatest over least difference that a linear axis shows
_Pairs = dict[str, tuple[np.ndarray, np.ndarray]]


def paired(formula: dict[str, np.ndarray], packets: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the latencies of the tokens that both engines have.

    Parameters
    ----------
    formula, packets
        Columns of the table of tokens, in any order.

    Returns
    -------
    Nanoseconds by the formula and by packets, shape (n,) each, by sequence and token.

    Examples
    --------
    >>> steps = {"sequence": np.array([1, 0]), "token": np.array([0, 0])}
    >>> paired({**steps, "latency_ns": np.array([5, 3])}, {**steps, "latency_ns": np.array([6, 3])})
    (array([3, 5]), array([3, 6]))
    """
    width = 1 + max(int(each["token"].max(initial=0)) for each in (formula, packets))
    keys = [each["sequence"] * width + each["token"] for each in (formula, packets)]
    _, one, other = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    return formula["latency_ns"][one], packets["latency_ns"][other]


def in_words(difference_ns: float) -> str:
    """Return a difference with its sign and a fit unit, to four digits.

    Examples
    --------
    >>> in_words(0), in_words(-12), in_words(1_234_567)
    ('0 ns', '−12 ns', '+1.235 ms')
    """
    size, unit = next((each for each in _UNITS if abs(difference_ns) >= each[0]), _UNITS[-1])
    number = f"{difference_ns / size:+.4g}" if difference_ns else "0"
    return f"{number} {unit}".replace("-", "−")


def draw(results: Results, choice: Choice = EVERYTHING) -> Figure:
    """Draw the latency of tokens by both engines.

    Parameters
    ----------
    results
        The run.
    choice
        What of it; its engine does not matter.

    Returns
    -------
    The figure: to the left packets over formula with the line on which they are equal; to the right by how
    much packets took longer, on an axis that is linear around zero and logarithmic beyond if differences span
    a factor of 1000; below the numbers.

    Raises
    ------
    InputError
        If no placement was evaluated by both engines.
    InstallationError
        If matplotlib is not installed.
    """
    need(results, "scatter", ("tokens",))
    names = placements_of(results, Choice(placements=choice.placements))
    both = [name for name in names if len(results.engines(name)) == 2]
    if not both:
        raise InputError(
            f"figure scatter: run {results.folder} has one engine only, nothing to compare; run the scenario "
            "again with --engine both"
        )
    pairs = {
        name: paired(
            *(results.columns("tokens", placement=name, engine=engine) for engine in ("analytic", "packet"))
        )
        for name in both
    }
    heads, rows = _table(results, pairs)
    with style.figure_style():
        body_in = _SIZE_IN + LABELS_IN + table_height_in(heads, len(rows))
        figure, top_in = page(
            body_in, title=f"{results.name}: the formula against packets", about=_about(pairs)
        )
        place = {"top_in": top_in, "height_in": _SIZE_IN}
        left = style.add_axes(figure, left_in=_LEFT_IN, width_in=_SIZE_IN, **place)
        right = style.add_axes(figure, left_in=_RIGHT_LEFT_IN, width_in=_RIGHT_IN, **place)
        _draw_latencies(left, results, pairs)
        _draw_differences(right, results, pairs, beside=left)
        for axes in (left, right):
            tidy(axes)
        style.align_ylabel(left, from_axes_in=0.62, width_in=_SIZE_IN)
        style.align_ylabel(right, from_axes_in=0.74, width_in=_RIGHT_IN)
        add_table(figure, heads, rows, top_in=top_in + _SIZE_IN + LABELS_IN)
    return figure


def _about(pairs: _Pairs) -> str:
    count = sum(len(formula) for formula, _ in pairs.values())
    equal = sum(int((formula == packets).sum()) for formula, packets in pairs.values())
    if equal == count:
        which = "The token" if count == 1 else f"All {count:,} tokens"
        return (
            f"A mark a token, the same draws for both. {which} took by packets exactly what the "
            "formula says, to the nanosecond: every mark of the right panel is on zero."
        )
    return (
        f"A mark a token, the same draws for both. {equal:,} of {count:,} tokens are equal to the "
        "nanosecond; the grey line is where all would be. Right: packets less formula, above zero where "
        "packets took longer."
    )


def _draw_latencies(axes: Axes, results: Results, pairs: _Pairs) -> None:
    seconds = {name: tuple(each / NANOSECONDS_PER_SECOND for each in pair) for name, pair in pairs.items()}
    every = np.concatenate([each for pair in seconds.values() for each in pair])
    low, high = float(every.min()), float(every.max())
    if high > DECADES * low > 0:
        low, high = low / 1.2, high * 1.2
        axes.set(xscale="log", yscale="log")
    else:
        margin = max(0.05 * (high - low), LEAST_SPAN * high / 2)
        low, high = low - margin, high + margin
    axes.axline((low, low), (high, high), color=style.GREY, linewidth=0.8, zorder=1, gid="identity")
    for name, (formula, packets) in seconds.items():
        _scatter(axes, results, name, formula, packets)
    axes.set(xlim=(low, high), ylim=(low, high))
    if axes.get_xscale() == "log":
        plain_log(axes.xaxis)
        plain_log(axes.yaxis)
    else:
        axes.locator_params(nbins=6)
        axes.set_xticks([tick for tick in axes.get_yticks() if low <= tick <= high])
    axes.set(xlabel="by the formula, s", ylabel="by packets, s")


def _draw_differences(axes: Axes, results: Results, pairs: _Pairs, *, beside: Axes) -> None:
    from matplotlib.ticker import FuncFormatter

    every = np.concatenate([packets - formula for formula, packets in pairs.values()])
    largest = float(np.abs(every).max())
    size, unit = next((each for each in _UNITS if largest >= each[0]), _UNITS[-1])
    axes.axhline(0, color=style.GREY, linewidth=0.8, zorder=1)
    for name, (formula, packets) in pairs.items():
        _scatter(axes, results, name, formula / NANOSECONDS_PER_SECOND, (packets - formula) / size)
    least = float(np.abs(every[every != 0]).min()) if every.any() else 0.0
    if largest and largest > _WIDE * least:
        axes.set_yscale("symlog", linthresh=10 ** np.floor(np.log10(least)) / size, linscale=0.6)
        ticks = _far_ticks(every / size)
        axes.set_yticks(ticks)
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: in_words(value * size)))
        axes.set_ylabel("packets less formula")
    else:
        half = 1.15 * largest / size or 1.0
        low = -half if (every < 0).any() or not largest else -0.08 * half
        axes.set_ylim(low, half if (every > 0).any() or not largest else 0.08 * half)
        axes.set_ylabel(f"packets less formula, {unit}")
        if not largest:
            axes.set_yticks([-1, 0, 1])
    axes.set_xscale(beside.get_xscale())
    axes.set_xlim(beside.get_xlim())
    if axes.get_xscale() == "log":
        plain_log(axes.xaxis)
    else:
        axes.set_xticks(beside.get_xticks())
    axes.set_xlabel("by the formula, s")


def _far_ticks(values: np.ndarray) -> list[float]:
    """Return zero and every so many powers of a thousand, or of ten, up to the largest value of each sign."""
    ticks = [0.0]
    for sign in (-1, 1):
        sizes = sign * values[sign * values > 0]
        if len(sizes):
            low, high = (int(np.floor(np.log10(each))) for each in (sizes.min(), sizes.max()))
            step = max(1, -(-(high - low) // 4))
            ticks += [sign * 10.0**power for power in range(high, low - 1, -step)]
    return sorted(ticks)


def _scatter(axes: Axes, results: Results, name: str, x: np.ndarray, y: np.ndarray) -> None:
    colour, marker, _ = look_of(results, name)
    is_open = marker not in _STROKES
    axes.plot(
        x,
        y,
        marker,
        markersize=3.5,
        markerfacecolor="none" if is_open else colour,
        markeredgecolor=colour,
        markeredgewidth=0.7,
        gid=f"tokens-{name}",
        clip_on=False,
        rasterized=len(x) > _MOST_VECTORS,
    )


def _table(results: Results, pairs: _Pairs) -> tuple[list[str], list[Row]]:
    heads = ["placement", "tokens", "equal to\nthe nanosecond", "median\ndifference", "mean\ndifference"]
    heads += ["least\ndifference", "greatest\ndifference"]
    rows = []
    for short, (name, (formula, packets)) in zip(style.short_names(list(pairs)), pairs.items(), strict=True):
        difference = packets - formula
        numbers = (np.median(difference), difference.mean(), difference.min(), difference.max())
        cells = [short, f"{len(formula):,}", f"{int((difference == 0).sum()):,}"]
        colour, marker, _ = look_of(results, name)
        rows.append(
            Row(
                cells=[*cells, *(in_words(float(each)) for each in numbers)],
                mark=line_mark(colour, marker, "", is_open=marker not in _STROKES),
            )
        )
    return heads, rows
