"""How busy links are through time: the busiest of them, slot by slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import InputError
from spacemoe_ns3.report import style
from spacemoe_ns3.report.figures.choice import EVERYTHING, Choice, need, one_placement
from spacemoe_ns3.report.figures.layout import DECADES, LABELS_IN, page, sequential
from spacemoe_ns3.run_results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

MOST_LINKS = 32
"""Directions of links that are shown, the busiest."""
_ROW_IN, _LEFT_IN, _RIGHT_IN = 0.135, 0.95, 0.95
_YLABEL_IN = 0.78
_BAR_IN, _BAR_GAP_IN = 0.12, 0.12
_NAME_PT = 6.5
_MOST_VECTORS = 4000  # cells: a file of more would be slow to open
_PERCENT, _SECONDS_PER_MINUTE = 100.0, 60.0
_NS_PER_MINUTE = _SECONDS_PER_MINUTE * NANOSECONDS_PER_SECOND
_THIN, _WIDE = 0.7, 0.94  # a cell's height, in rows, and its width, in slots
_MOST_TICKS = 9
_FEW_SLOTS = 60  # with gaps between cells
_LEAST_POWER = -2  # of ten, below which it is told beside the scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Busiest:
    """The busiest directions of links through time.

    Parameters
    ----------
    ends
        From and to which satellite, the busiest first, shape (n, 2).
    link
        Index of the link of each, shape (n,).
    row, start_ns, end_ns, utilisation
        Cells in which something was sent: row of ``ends``, from when to when, and the share of the time in
        which the transmitter sent; each of shape (cells,).
    slots_ns
        From when to when each slot is in which anything was sent, by any direction, shape (slots, 2).
    busy_share
        Of the time in which any transmitter of the run sent, the share of those shown.
    used
        Directions that sent anything.
    """

    ends: np.ndarray
    link: np.ndarray
    row: np.ndarray
    start_ns: np.ndarray
    end_ns: np.ndarray
    utilisation: np.ndarray
    slots_ns: np.ndarray
    busy_share: float
    used: int


def busiest(intervals: dict[str, np.ndarray], *, most: int = MOST_LINKS) -> Busiest:
    """Return the directions of links that sent for the longest, and when.

    Parameters
    ----------
    intervals
        Columns of the table ``link_intervals`` of one placement.
    most
        How many, at most. Of those that were as busy, those with the smaller numbers.
    """
    ends = np.stack([intervals["from_satellite"], intervals["to_satellite"]], axis=1)
    directions, first, inverse = np.unique(ends, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    busy_ns = np.zeros(len(directions), np.int64)
    np.add.at(busy_ns, inverse, intervals["busy_ns"])
    used = int((busy_ns > 0).sum())
    order = np.argsort(-busy_ns, kind="stable")[: min(most, used)]
    spans = np.stack([intervals["start_ns"], intervals["end_ns"]], axis=1)
    row_of = np.full(len(directions), -1)
    row_of[order] = np.arange(len(order))
    row = row_of[inverse]
    is_shown = (row >= 0) & (intervals["busy_ns"] > 0)
    return Busiest(
        ends=directions[order],
        link=intervals["link"][first[order]],
        row=row[is_shown],
        start_ns=intervals["start_ns"][is_shown],
        end_ns=intervals["end_ns"][is_shown],
        utilisation=intervals["utilisation"][is_shown],
        slots_ns=np.unique(spans[intervals["busy_ns"] > 0], axis=0),
        busy_share=float(busy_ns[order].sum() / max(busy_ns.sum(), 1)),
        used=used,
    )


def down_in(contacts: dict[str, np.ndarray], link: np.ndarray, slots_ns: np.ndarray) -> np.ndarray:
    """Return whether links are down for some of each slot.

    Parameters
    ----------
    contacts
        Columns of the table.
    link
        Indices of links, shape (n,).
    slots_ns
        From when to when each slot is, shape (T, 2).

    Returns
    -------
    Shape (n, T).

    Examples
    --------
    >>> plan = {"link": np.array([3, 3]), "start_ns": np.array([0, 50]), "end_ns": np.array([20, 80])}
    >>> down_in(plan, np.array([3]), np.array([[0, 10], [10, 20], [20, 50], [60, 90]])).tolist()
    [[False, False, True, True]]
    """
    is_down = np.ones((len(link), len(slots_ns)), bool)
    start_ns, end_ns = slots_ns.T
    for row, index in enumerate(link.tolist()):
        rows = contacts["link"] == index
        for up_ns, down_ns in zip(contacts["start_ns"][rows], contacts["end_ns"][rows], strict=True):
            is_down[row] &= (start_ns < up_ns) | (end_ns > down_ns)
    return is_down


def draw(results: Results, choice: Choice = EVERYTHING) -> Figure:
    """Draw how busy the busiest links of a placement are through time.

    Parameters
    ----------
    results
        The run.
    choice
        What of it; of several placements the first.

    Returns
    -------
    The figure: a row a direction of a link, the busiest above; a column a slot in which anything was sent;
    cells the darker the busier, a line where the link is down. If all was within one slot, bars instead.

    Raises
    ------
    InputError
        If no packets were sent.
    InstallationError
        If matplotlib is not installed.
    """
    need(results, "utilisation", ("link_intervals",))
    placement = one_placement(results, choice)
    intervals = results.columns("link_intervals", placement=placement, engine="packet")
    if choice.engine == "analytic" or not intervals["busy_ns"].any():
        raise InputError(
            f"figure utilisation: placement {placement!r} of run {results.folder} sent no packets over "
            "links; draw another placement, or run the scenario again with --engine both"
        )
    found = busiest(intervals)
    is_moment = len(found.slots_ns) == 1
    with style.figure_style():
        height_in = _ROW_IN * max(len(found.ends), 4)
        figure, top_in = page(
            height_in + LABELS_IN,
            title=f"{results.name}: how busy links are, {placement}",
            about=_about(results, found, is_moment=is_moment),
        )
        width_in = style.WIDTH_IN - _LEFT_IN - (0.3 if is_moment else _RIGHT_IN)
        place = {"top_in": top_in, "height_in": height_in}
        axes = style.add_axes(figure, left_in=_LEFT_IN, width_in=width_in, **place)
        if is_moment:
            _draw_bars(axes, found)
        else:
            norm = _draw_cells(axes, found)
            if "contacts" in results.table_names:
                _draw_down(axes, found, results.columns("contacts"))
            bar_left_in = _LEFT_IN + width_in + _BAR_GAP_IN
            bar = style.add_axes(figure, left_in=bar_left_in, width_in=_BAR_IN, **place)
            _draw_colours(figure, bar, norm)
        _name_rows(axes, found, width_in=width_in)
    return figure


def _name_rows(axes: Axes, found: Busiest, *, width_in: float) -> None:
    names = [f"{a} → {b}" for a, b in found.ends.tolist()]
    axes.set_yticks(range(len(names)), names, fontsize=_NAME_PT)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylabel("from satellite → to satellite")
    style.align_ylabel(axes, from_axes_in=_YLABEL_IN, width_in=width_in)


def _about(results: Results, found: Busiest, *, is_moment: bool) -> str:
    directions, slots = 2 * results.summary["links"], len(found.slots_ns)
    slot_s = results.summary["slot_ns"] / NANOSECONDS_PER_SECOND
    which = (
        f"The {len(found.ends)} busiest" if len(found.ends) < found.used else f"All {found.used} that sent"
    )
    words = (
        f"{which}, of {directions:,} directions of links ({found.used:,} sent anything); they have "
        f"{found.busy_share:.0%} of all sending time. Colour: share of a slot of {slot_s:.3f} s in which the "
        "transmitter sends."
    )
    if is_moment:
        return words.replace("Colour: share", "Bars: share") + " Everything was sent within one slot."
    return (
        f"{words} {slots} of {results.summary['slots']} slots, those in which anything was sent, by any "
        "link. White: nothing; a line: the link is down for some of the slot."
    )


def _draw_cells(axes: Axes, found: Busiest) -> Normalize:
    """Draw a rectangle a cell and return the scale of its colour."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import LogNorm, Normalize

    column = np.searchsorted(found.slots_ns[:, 0], found.start_ns)
    slots = len(found.slots_ns)
    wide = _WIDE if slots <= _FEW_SLOTS else 1.0
    left, right = column - wide / 2, column + wide / 2
    low, high = found.row - _THIN / 2, found.row + _THIN / 2
    corners = np.stack(
        [np.stack(pair, axis=-1) for pair in ((left, low), (right, low), (right, high), (left, high))], axis=1
    )
    percent = found.utilisation * _PERCENT
    least, greatest = float(percent.min()), float(percent.max())
    norm = LogNorm(least, greatest) if greatest > DECADES * least else Normalize(0, greatest)
    cells = PolyCollection(
        list(corners),
        array=percent,
        cmap=sequential(),
        norm=norm,
        linewidths=0,
        gid="cells",
        antialiased=slots <= _FEW_SLOTS,  # or seams show
        rasterized=len(corners) > _MOST_VECTORS,
    )
    axes.add_collection(cells)
    axes.set_xlim(-0.5, slots - 0.5)
    ticks = np.unique(np.linspace(0, slots - 1, min(slots, _MOST_TICKS)).astype(int))
    axes.set_xticks(ticks, [f"{found.slots_ns[tick, 0] / _NS_PER_MINUTE:.1f}" for tick in ticks.tolist()])
    axes.set_xlabel("start of the slot, minutes after the epoch")
    axes.set_yticks(np.arange(len(found.ends) + 1) - 0.5, minor=True)
    axes.tick_params(which="minor", length=0)
    axes.grid(True, which="minor", axis="y", linewidth=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return norm


def _draw_down(axes: Axes, found: Busiest, contacts: dict[str, np.ndarray]) -> None:
    """Draw a line over each slot in which a link is down."""
    from matplotlib.collections import LineCollection

    is_down = down_in(contacts, found.link, found.slots_ns)
    changes = np.diff(np.pad(is_down.astype(int), ((0, 0), (1, 1))), axis=1)
    begins, ends = np.argwhere(changes > 0), np.argwhere(changes < 0)
    lines = [
        [(begin - 0.5, row), (end - 0.5, row)]
        for (row, begin), (_, end) in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
    axes.add_collection(LineCollection(lines, colors=style.VERMILLION, linewidths=1.0, gid="down"))


def _draw_colours(figure: Figure, axes: Axes, norm: Normalize) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, LogLocator, MaxNLocator

    bar = figure.colorbar(ScalarMappable(norm, sequential()), cax=axes)
    bar.outline.set_linewidth(0.4)
    low, high = float(norm.vmin or 0), float(norm.vmax or 1)
    if low > 0:  # logarithmic
        axes.yaxis.set_major_locator(LogLocator(numticks=9))
        axes.yaxis.set_major_formatter(LogFormatterSciNotation())
        axes.set_ylabel("of the slot, %", labelpad=4)
    else:
        power = int(np.floor(np.log10(high)))
        power = power if power < _LEAST_POWER else 0
        axes.yaxis.set_major_locator(MaxNLocator(6))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 10.0**power:.3g}"))
        axes.set_ylabel("of the slot, %" if power == 0 else f"of the slot, $10^{{{power}}}$ %", labelpad=4)
    axes.minorticks_off()
    axes.tick_params(length=2, labelsize=style.TEXT_PT - 1)


def _draw_bars(axes: Axes, found: Busiest) -> None:
    percent = np.zeros(len(found.ends))
    percent[found.row] = found.utilisation * _PERCENT
    look: dict[str, Any] = {"color": style.BLUE, "gid": "cells"}
    axes.barh(np.arange(len(percent)), percent, _THIN, **look)
    axes.set_xlim(0, 1.05 * percent.max())
    axes.set_xlabel("of the slot, %")
    axes.grid(True, axis="x")
    axes.spines[["top", "right"]].set_visible(False)
