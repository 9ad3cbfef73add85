"""Figures of a study: ours beside what is published, what each assumption does, curves along a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spacemoe_ns3.report import style
from spacemoe_ns3.report.study_style import about_bars, legend_mark, look_of
from spacemoe_ns3.report.sweep_figure import draw_sweep
from spacemoe_ns3.study_results import CHOSEN, StudyResults

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PERCENT = 100.0
_NAMES_IN, _NUMBERS_IN, _ROW_IN, _LABELS_IN = 1.1, 1.2, 0.3, 0.5
_READINGS_IN, _READING_ROW_IN = 3.3, 0.2
_RANGE_PT = 16.0
_LINEAR_TO = 30  # per cent
_TICKS = (-60, -20, -10, 0, 10, 20, 100, 400, 1600, 6400)
_CLOSE = 0.1  # the band of differences that counts as close
_PARTS = (("compute", "compute", style.SKY_BLUE), ("propagation", "light time", style.ORANGE))
_OTHER = ("waiting, transmission", style.LIGHT_GREY)


def draw_study(results: StudyResults, *, title: str) -> dict[str, Figure]:
    """Draw every figure that a study has something for.

    Parameters
    ----------
    results
        What was found out.
    title
        What to write above, before what each figure shows.

    Returns
    -------
    By name: ``published`` if something is, ``sensitivity`` if there are alternatives too, ``sweep`` if there
    is one.

    Raises
    ------
    InstallationError
        If matplotlib is not installed.
    """
    figures: dict[str, Figure] = {}
    has_base = any(row.variant == CHOSEN for row in results.evaluations)
    if results.published is not None and has_base:
        figures["published"] = draw_published(results, title=f"{title}: ours beside what is published")
        if results.alternatives:
            figures["sensitivity"] = draw_sensitivity(
                results, title=f"{title}: each assumption read otherwise"
            )
    if sum(any(row.variant == point.name for row in results.evaluations) for point in results.points) >= 2:
        figures["sweep"] = draw_sweep(results, title=title)
    return figures


def write_figures(figures: Mapping[str, Figure], folder: Path) -> None:
    """Write figures as SVG and PNG into ``figures/`` of a run's folder.

    Parameters
    ----------
    figures
        By name of the file, without its suffix.
    folder
        The run's folder.
    """
    for name, figure in figures.items():
        for suffix in ("svg", "png"):
            place = folder / "figures" / f"{name}.{suffix}"
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(style.rendered(figure, suffix))


def draw_published(results: StudyResults, *, title: str) -> Figure:
    """Draw where the expected time of a token goes, beside what is published.

    Parameters
    ----------
    results
        What was found out; the variant that changes nothing is drawn.
    title
        What to write above.

    Returns
    -------
    The figure, 17 cm wide: a bar a placement, its mean with its standard deviation over seeds, and in black
    what lies between the least and the greatest published value.
    """
    from matplotlib.patches import Patch

    published = results.published
    assert published is not None
    names = [name for name in results.placements if results.spread(CHOSEN, name) is not None]
    with style.figure_style():
        height_in = _ROW_IN * len(names)
        body_in = height_in + _LABELS_IN + style.LINE_IN
        about = about_bars(results, "standard deviation")
        figure, top_in = style.new_figure(body_in, title=title, subtitle=about, left_in=0.1)
        place = {"left_in": _NAMES_IN, "width_in": style.WIDTH_IN - _NAMES_IN - _NUMBERS_IN}
        axes = style.add_axes(figure, top_in=top_in, height_in=height_in, **place)
        rows = np.arange(len(names))[::-1]
        for row, name in zip(rows, names, strict=True):
            _draw_bar(axes, results, name, row)
        axes.set_yticks(rows, names)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlim(left=0)
        axes.set_xlabel("expected latency of a token, s")
        axes.spines[["top", "right"]].set_visible(False)
        entries: list[tuple[Artist | tuple[Artist, ...], str]] = [
            (Patch(color=colour), label) for _, label, colour in _PARTS
        ]
        entries.append((Patch(color=_OTHER[1]), _OTHER[0]))
        entries.append((Patch(color=style.BLACK), "published"))
        legend_in = top_in + height_in + _LABELS_IN
        style.add_legend(figure, entries, left_in=_NAMES_IN, top_in=legend_in, columns=len(entries))
    return figure


def _draw_bar(axes: Axes, results: StudyResults, name: str, row: float) -> None:
    """Draw the parts of one placement, its deviation, its number and the published range."""
    total, published = results.spread(CHOSEN, name), results.published
    assert total is not None
    assert published is not None
    left = 0.0
    for part, _, colour in _PARTS:
        spread = results.spread(CHOSEN, name, part=part)
        width = spread.mean if spread else 0.0
        axes.barh(row, width, left=left, height=0.55, color=colour)
        left += width
    axes.barh(row, total.mean - left, left=left, height=0.55, color=_OTHER[1])
    axes.errorbar(total.mean, row, xerr=total.deviation, color=style.GREY, lw=1, capsize=2)
    ends = published.s_per_token.get(name)
    if ends:
        axes.plot(ends, (row, row), color=style.BLACK, lw=_RANGE_PT, solid_capstyle="butt", zorder=4)
    difference = results.difference(CHOSEN, name)
    words = f"{total.mean:.2f} s" + ("" if difference is None else f" ({difference * _PERCENT:+.1f} %)")
    end = max(total.mean + (total.deviation or 0.0), *(ends or (0.0,)))
    axes.annotate(words, (end, row), xytext=(5, 0), textcoords="offset points", va="center")


def draw_sensitivity(results: StudyResults, *, title: str) -> Figure:
    """Draw how far each reading is off what is published.

    Parameters
    ----------
    results
        What was found out.
    title
        What to write above.

    Returns
    -------
    The figure, 17 cm wide: a row a reading, the chosen one first; a marker a placement with its standard
    error; within the grey band all is within 10 %.
    """
    names = [name for name in results.placements if results.difference(CHOSEN, name) is not None]
    rows = _readings(results)
    with style.figure_style():
        height_in = _READING_ROW_IN * len(rows)
        body_in = height_in + _LABELS_IN + style.LINE_IN
        about = about_bars(results, "standard error of the mean")
        figure, top_in = style.new_figure(body_in, title=title, subtitle=about, left_in=0.1)
        place = {"left_in": _READINGS_IN, "width_in": style.WIDTH_IN - _READINGS_IN - 0.15}
        axes = style.add_axes(figure, top_in=top_in, height_in=height_in, **place)
        axes.axvspan(-_CLOSE * _PERCENT, _CLOSE * _PERCENT, color=style.PALE_GREY, lw=0, zorder=0)
        axes.axvline(0, color=style.GREY, lw=0.6)
        for height, (words, variant) in zip(reversed(range(len(rows))), rows, strict=True):
            for name in names if variant else ():
                _draw_difference(axes, results, variant, name, height)
            if not variant:
                _draw_heading(axes, words, height)
        axes.set_yticks(range(len(rows))[::-1], [words if variant else "" for words, variant in rows])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        _scale_differences(axes)
        axes.spines[["top", "right", "left"]].set_visible(False)
        entries = [(legend_mark(*look_of(results, name)[:2]), name) for name in names]
        legend_in = top_in + height_in + _LABELS_IN
        style.add_legend(figure, entries, left_in=0.1, top_in=legend_in, columns=len(entries))
    return figure


def _draw_heading(axes: Axes, words: str, height: float) -> None:
    """Write an assumption from the figure's edge on, across the axes if it is long: nothing else is there."""
    from matplotlib.transforms import blended_transform_factory

    figure = axes.get_figure()
    assert figure is not None
    axes.text(
        0.1 / style.WIDTH_IN,
        height,
        words,
        transform=blended_transform_factory(figure.transFigure, axes.transData),
        weight="bold",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )


def _readings(results: StudyResults) -> list[tuple[str, str]]:
    """Return the rows of a figure of readings: words, and a variant's name, empty in headings."""
    rows, assumption = [(CHOSEN, CHOSEN)], ""
    for variant in results.alternatives:
        if variant.assumption != assumption:
            assumption = variant.assumption
            rows.append((f"{assumption}: {variant.chosen}", ""))
        rows.append((variant.reading, variant.name))
    return rows


def _scale_differences(axes: Axes) -> None:
    """Make the axis linear near zero, and logarithmic far off."""
    axes.set_xscale("symlog", linthresh=_LINEAR_TO, linscale=1.5)
    low, high = (1.15 * end for end in axes.get_xlim())
    axes.set_xlim(low, high)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:+d}" if tick else "0" for tick in ticks])
    axes.minorticks_off()
    axes.grid(True, axis="x")
    axes.set_xlabel("off the middle of what is published, %")


def _draw_difference(axes: Axes, results: StudyResults, variant: str, name: str, row: float) -> None:
    spread, difference = results.spread(variant, name), results.difference(variant, name)
    if spread is None or difference is None:
        return
    colour, marker, _ = look_of(results, name)
    error = spread.standard_error
    relative = None if error is None else _PERCENT * (1 + difference) * error / spread.mean
    axes.errorbar(
        _PERCENT * difference, row, xerr=relative, color=colour, marker=marker, ms=4.5, lw=0.8, capsize=1.5
    )
