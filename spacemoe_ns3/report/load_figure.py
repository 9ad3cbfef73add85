"""Figures of load sweeps: latency over steps a second, by packets, by the formula, with theory's queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spacemoe_ns3.report import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ONE_IN, _ROW_IN = 3.6, 2.3
_COLOURS = (
    style.BLUE,
    style.VERMILLION,
    style.GREEN,
    style.PURPLE,
    style.ORANGE,
    style.SKY_BLUE,
    style.BLACK,
)
_MARKERS = "osD^vPX"
_LEGEND = "marks: packets; dashed: by queueing theory (M/G/1); dotted: capacity of the busiest resource"
_PERCENT, _LEAST_PERCENT = 100.0, 0.01
EXCESSES = (0.1, 1.0)  # where the knees are


def draw_load(found: Mapping[str, Any], *, title: str) -> Figure:
    """Draw the latency of every placement under load.

    Parameters
    ----------
    found
        ``load_points`` and ``knees``, as in ``validation.json``.
    title
        What to write above.

    Raises
    ------
    InstallationError
        If matplotlib is not installed.
    """
    with style.figure_style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(style.WIDTH_IN, _ONE_IN), layout="constrained")
        axes = figure.subplots()
        _draw(axes, found)
        axes.legend(fontsize=style.TEXT_PT)
        axes.set_title(f"{title}\n{_LEGEND}", fontsize=style.TITLE_PT, loc="left")
        return figure


def draw_cases(cases: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw several load sweeps, two in a row, with one legend.

    Parameters
    ----------
    cases
        Each with ``name``, ``load_points`` and ``knees``.

    Raises
    ------
    InstallationError
        If matplotlib is not installed.
    """
    with style.figure_style():
        from matplotlib.figure import Figure

        rows = -(-len(cases) // 2)
        figure = Figure(figsize=(style.WIDTH_IN, _ROW_IN * rows + 0.5), layout="constrained")
        grid = figure.subplots(rows, 2, squeeze=False)
        for axes, case in zip(grid.flat, cases, strict=False):
            _draw(axes, case)
            axes.set_title(case["name"], fontsize=style.TITLE_PT, loc="left")
        for axes in list(grid.flat)[len(cases) :]:
            axes.set_visible(False)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=style.TEXT_PT)
        figure.suptitle(_LEGEND, fontsize=style.TEXT_PT)
        return figure


def _draw(axes: Axes, found: Mapping[str, Any]) -> None:
    """Draw one sweep: by how much latencies are above the formula's, over steps a second."""
    for share in EXCESSES:
        axes.axhline(share * _PERCENT, color=style.GREY, linewidth=0.7)
    for number, knee in enumerate(found["knees"]):
        own = [point for point in found["load_points"] if point["placement"] == knee["placement"]]
        colour, marker = _COLOURS[number % len(_COLOURS)], _MARKERS[number % len(_MARKERS)]
        rate = [point["steps_per_s"] for point in own]
        look: dict[str, Any] = {"color": colour, "linewidth": 1.2, "marker": marker, "markersize": 3.5}
        axes.plot(rate, [_above(point, "latency_s") for point in own], label=knee["placement"], **look)
        expected = [point for point in own if point["estimate_s"] is not None]
        axes.plot(
            [point["steps_per_s"] for point in expected],
            [_above(point, "estimate_s") for point in expected],
            color=colour,
            linewidth=0.8,
            linestyle="--",
        )
        axes.axvline(knee["capacity_per_s"], color=colour, linewidth=0.9, linestyle=":")
    axes.set_yscale("log")
    axes.set_ylim(_LEAST_PERCENT, 2 * _PERCENT)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlim(left=0)
    axes.set_xlabel("steps a second")
    axes.set_ylabel("above the formula, %")
    axes.grid(visible=True)


def _above(point: Mapping[str, Any], name: str) -> float:
    """Return by how many per cent a latency is above the formula's, at least what the figure shows."""
    return max(_LEAST_PERCENT, float(point[name] / point["formula_s"] - 1) * _PERCENT)
