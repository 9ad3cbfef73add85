"""How the latency of tokens is distributed, a curve a placement, with what none can beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.report import style
from spacemoe_ns3.report.figures.choice import (
    ENGINE_WORDS,
    EVERYTHING,
    Choice,
    counted,
    engines_of,
    need,
    placements_of,
)
from spacemoe_ns3.report.figures.layout import (
    DECADES,
    LABELS_IN,
    LEAST_SPAN,
    LEFT_IN,
    WIDTH_IN,
    YLABEL_IN,
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

_HEIGHT_IN, _BOUND_IN = 2.7, 0.2  # of the axes, and of the bound's words above them
_PERCENT = 100.0
_NONE = "–"
_SHORT_S = 0.01


def distribution(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the empirical distribution function of some values.

    Parameters
    ----------
    values
        Shape (n,).

    Returns
    -------
    The values in order, and the share that is not above each: steps up at each of them.

    Examples
    --------
    >>> values, share = distribution(np.array([3, 1, 3, 2]))
    >>> values.tolist(), share.tolist()
    ([1, 2, 3], [0.25, 0.5, 1.0])
    """
    ordered, counts = np.unique(values, return_counts=True)
    return ordered, np.cumsum(counts) / len(values)


def draw(results: Results, choice: Choice = EVERYTHING) -> Figure:
    """Draw the distribution of token latency.

    Parameters
    ----------
    results
        The run.
    choice
        What of it.

    Returns
    -------
    The figure: a step function a placement, its mean marked; dashed the formula's, where it is another;
    dotted the least expected latency that a static placement can have. Logarithmic above a factor of 20.

    Raises
    ------
    InputError
        If the run has no tokens.
    InstallationError
        If matplotlib is not installed.
    """
    need(results, "latency", ("tokens",))
    names = placements_of(results, choice)
    curves = {name: _latencies_s(results, name, choice) for name in names}
    bounds = {name: results.placement(name)["bound_s"] for name in names}
    shared = {bound for bound in bounds.values() if bound is not None}
    heads, rows = _table(results, curves)
    with style.figure_style():
        body_in = _BOUND_IN + _HEIGHT_IN + LABELS_IN + table_height_in(heads, len(rows))
        figure, top_in = page(body_in, title=f"{results.name}: latency of a token", about=_about(curves))
        axes = style.add_axes(
            figure, left_in=LEFT_IN, top_in=top_in + _BOUND_IN, width_in=WIDTH_IN, height_in=_HEIGHT_IN
        )
        for name in names:
            _draw_curves(axes, curves[name], look_of(results, name))
        latencies_s = np.concatenate([each for own in curves.values() for each in own.values()])
        near = sorted(bound for bound in shared if bound * DECADES >= latencies_s.min())
        for bound in near:
            whose = [name for name in names if bounds[name] == bound]
            colour = style.BLACK if len(shared) == 1 else look_of(results, whose[0])[0]
            axes.axvline(bound, color=colour, linestyle=":", linewidth=1.2, gid="bound")
        _scale(axes, np.array([*latencies_s, *near]))
        if shared:
            _write_bounds(axes, sorted(shared), near=near)
        axes.set(ylim=(0, 1), xlabel="latency of a token, s", ylabel="share of tokens")
        tidy(axes)
        style.align_ylabel(axes, from_axes_in=YLABEL_IN, width_in=WIDTH_IN)
        add_table(figure, heads, rows, top_in=top_in + _BOUND_IN + _HEIGHT_IN + LABELS_IN)
    return figure


def _latencies_s(results: Results, placement: str, choice: Choice) -> dict[str, np.ndarray]:
    """Return the latencies by engine, packets first."""
    return {
        engine: results.columns("tokens", placement=placement, engine=engine)["latency_ns"]
        / NANOSECONDS_PER_SECOND
        for engine in engines_of(results, placement, choice)
    }


def _is_alike(curves: dict[str, np.ndarray]) -> bool:
    """Return whether all engines found the same latencies."""
    first, *others = (np.sort(values) for values in curves.values())
    return all(np.array_equal(first, other) for other in others)


def _about(curves: dict[str, dict[str, np.ndarray]]) -> str:
    engines = {engine for own in curves.values() for engine in own}
    tokens = sorted({len(values) for own in curves.values() for values in own.values()})
    count = "" if len(tokens) == 1 else f"{tokens[0]:,} to "
    words = f"Share of {count}{counted(tokens[-1], 'token')} that took no longer; a mark stands at the mean."
    if len(engines) == 1:
        return f"{words} By the {ENGINE_WORDS[engines.pop()]}."
    if all(_is_alike(own) for own in curves.values()):
        return f"{words} The formula's curves are the packets', to the nanosecond."
    return f"{words} Solid: packets; dashed and thin: the formula on the same draws, where it differs."


def _draw_curves(axes: Axes, curves: dict[str, np.ndarray], look: tuple[str, str, Any]) -> None:
    """Draw the curve of the first engine with its mean, and those of others if they differ."""
    colour, marker, _ = look
    for number, values_s in enumerate(curves.values()):
        if number and _is_alike(curves):
            continue
        x, share = distribution(values_s)
        axes.step(
            [x[0], *x],
            [0, *share],
            where="post",
            color=colour,
            linewidth=0.8 if number else 1.4,
            linestyle="--" if number else "-",
        )
        if number == 0:
            mean = float(values_s.mean())
            at_mean = float((values_s <= mean).mean())
            look_of_mark: dict[str, Any] = {"markeredgecolor": style.BLACK, "markeredgewidth": 0.7}
            look_of_mark |= {"color": colour, "markersize": 6, "zorder": 5, "clip_on": False}
            axes.plot(mean, at_mean, marker, **look_of_mark)


def _scale(axes: Axes, every: np.ndarray) -> None:
    low, high = float(every.min()), float(every.max())
    if high > DECADES * low > 0:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.15, high * 1.15)
        plain_log(axes.xaxis)
    else:
        margin = max(0.03 * (high - low), LEAST_SPAN * high / 2)
        axes.set_xlim(low - margin, high + margin)


def _write_bounds(axes: Axes, bounds_s: list[float], *, near: list[float]) -> None:
    """Write what the dotted lines are, above the first of them; or where they are, if that is far off."""
    numbers = f"{_seconds(bounds_s[0])} s" if len(bounds_s) == 1 else "in the table"
    off = "" if near else ", off to the left"
    x_s = near[0] if near else axes.get_xlim()[0]
    share, _ = axes.transAxes.inverted().transform(axes.transData.transform((x_s, 0)))
    axes.annotate(
        f"lower bound of the expected latency: {numbers}{off}",
        (x_s, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 4),
        textcoords="offset points",
        ha="left" if share < 0.5 else "right",
    )


def _table(results: Results, curves: dict[str, dict[str, np.ndarray]]) -> tuple[list[str], list[Row]]:
    engines = [engine for engine in ENGINE_WORDS if any(engine in own for own in curves.values())]
    heads = ["placement", *(f"{ENGINE_WORDS[engine]},\nmean, s" for engine in engines)]
    heads += [
        "median, s",
        "95 % within, s",
        "expected over\nall slots, s",
        "bound, s",
        "expected\nover bound",
    ]
    rows = []
    for name, short in zip(curves, style.short_names(list(curves)), strict=True):
        own, told = curves[name], results.placement(name)
        first = next(iter(own.values()))
        expected, bound = told["expected_s_per_token"], told["bound_s"]
        over = _NONE if None in (expected, bound) else f"{(expected / bound - 1) * _PERCENT:,.0f} %"
        cells = [short, *(_seconds(own[engine].mean() if engine in own else None) for engine in engines)]
        quantiles = np.quantile(first, [0.5, 0.95])
        cells += [*map(_seconds, quantiles), _seconds(expected), _seconds(bound), over]
        colour, marker, _ = look_of(results, name)
        rows.append(Row(cells=cells, mark=line_mark(colour, marker, "-")))
    return heads, rows


def _seconds(value: float | None) -> str:
    """Write seconds with four decimals, or more for three digits of what is short."""
    if value is None:
        return _NONE
    decimals = 4 if value >= _SHORT_S or value == 0 else 2 - int(np.floor(np.log10(value)))
    return f"{value:.{decimals}f}"
