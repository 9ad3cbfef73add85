"""The figure of a sweep: a curve a placement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.report import style
from spacemoe_ns3.report.study_style import about_bars, look_of
from spacemoe_ns3.study_results import Spread, StudyResults

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PERCENT = 100.0
_LEFT_IN, _WIDTH_IN, _YLABEL_IN = 0.72, 5.82, 0.55
_HEIGHTS_IN, _GAP_IN, _LABELS_IN = (2.6, 1.7), 0.15, 0.5
_WIDEST_LINEAR = 20.0  # greatest over least value on a linear axis


def draw_sweep(results: StudyResults, *, title: str) -> Figure:
    """Draw the latency of every placement along the sweep, and how its light time changes.

    Parameters
    ----------
    results
        What was found out.
    title
        What to write above.

    Returns
    -------
    The figure, 17 cm wide: above seconds with the standard deviation over seeds, on a logarithmic axis if
    they span more than a factor of 20; below by how many per cent the light time alone, without the waiting
    for links, is off that of the first point, with the standard error.
    """
    with style.figure_style():
        body_in = sum(_HEIGHTS_IN) + _GAP_IN + _LABELS_IN + 2 * style.LINE_IN
        subtitle = about_bars(results, "standard deviation above, standard error below")
        figure, top_in = style.new_figure(body_in, title=title, subtitle=subtitle, left_in=_LEFT_IN)
        panels = []
        for height_in in _HEIGHTS_IN:
            place = {"left_in": _LEFT_IN, "width_in": _WIDTH_IN}
            panels.append(style.add_axes(figure, top_in=top_in, height_in=height_in, **place))
            top_in += height_in + _GAP_IN
        above, below = panels
        below.sharex(above)
        entries = [(_draw_curve(above, below, results, name), name) for name in results.placements]
        _scale_seconds(above, results)
        above.tick_params(labelbottom=False)
        above.set_ylabel("expected latency of a token, s")
        below.axhline(0, color=style.GREY, lw=0.6)
        below.set(xlabel=results.axis, ylabel="light time, change, %")
        for axes in panels:
            axes.grid(True)
            axes.spines[["top", "right"]].set_visible(False)
            style.align_ylabel(axes, from_axes_in=_YLABEL_IN, width_in=_WIDTH_IN)
        legend_in = top_in - _GAP_IN + _LABELS_IN
        style.add_legend(figure, entries, left_in=_LEFT_IN, top_in=legend_in, columns=len(entries))
    return figure


def _scale_seconds(axes: Axes, results: StudyResults) -> None:
    """Begin the axis at zero, or make it logarithmic."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    spreads = [results.spread(point.name, name) for point in results.points for name in results.placements]
    means = [spread.mean for spread in spreads if spread is not None]
    if max(means) <= _WIDEST_LINEAR * min(means):
        axes.set_ylim(bottom=0)
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _draw_curve(above: Axes, below: Axes, results: StudyResults, name: str) -> Artist:
    """Draw one placement in both panels and return how the legend shows it."""
    from matplotlib.lines import Line2D

    colour, marker, dashes = look_of(results, name)
    look: dict[str, Any] = {"color": colour, "marker": marker, "ls": dashes, "lw": 1.2, "ms": 4.5}
    for axes, values in ((above, _seconds(results, name)), (below, _changes(results, name))):
        there = [(point, *value) for point, value in values if value is not None]
        if there:
            x, y, error = (np.array(column, dtype=float) for column in zip(*there, strict=True))
            axes.errorbar(
                x, y, yerr=None if np.isnan(error).any() else error, capsize=2, elinewidth=0.8, **look
            )
    return Line2D([], [], **look)


_Values = list[tuple[float, tuple[float, float] | None]]


def _seconds(results: StudyResults, name: str) -> _Values:
    """Return the points of a placement with mean and standard deviation."""
    return [
        (point.point or 0.0, None if spread is None else (spread.mean, _or_nan(spread.deviation)))
        for point in results.points
        for spread in [results.spread(point.name, name)]
    ]


def _changes(results: StudyResults, name: str) -> _Values:
    """Return the points of a placement with the change of its light time and its standard error, per cent."""

    def percent(change: Spread) -> tuple[float, float]:
        return _PERCENT * change.mean, _PERCENT * _or_nan(change.standard_error)

    return [
        (point.point or 0.0, None if change is None else percent(change))
        for point in results.points
        for change in [results.change(point.name, name, part="propagation")]
    ]


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
