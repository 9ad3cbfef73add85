"""What a placement matched: how often experts are activated against how far away they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.report import style
from spacemoe_ns3.report.figures.choice import EVERYTHING, Choice, need, placements_of
from spacemoe_ns3.report.figures.layout import (
    DECADES,
    LABELS_IN,
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

_RANKS_IN, _PANEL_IN, _TITLE_IN, _COLUMN_GAP_IN = 1.7, 1.15, 0.2, 0.35
_COLUMNS = 3
_MOST_VECTORS = 2000  # marks a panel
_MILLI = 1e3
_MOST_TICKS = 16
_NONE = "–"
_Columns = dict[str, np.ndarray]


def experts_of(hosts: _Columns) -> _Columns:
    """Return the rows of the table ``hosts`` that are experts with a way in every slot."""
    rows = (hosts["expert"] >= 0) & np.isfinite(hosts["path_s"])
    return {name: values[rows] for name, values in hosts.items()}


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's rank correlation of two samples of shape (n,); nan if one is constant.

    Examples
    --------
    >>> rank_correlation(np.array([1.0, 2.0, 30.0]), np.array([9.0, 8.0, 7.0]))
    -1.0
    """
    ranks = [_mean_ranks(values) for values in (one, other)]
    centred = [each - each.mean() for each in ranks]
    norm = np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum())
    return float("nan") if norm == 0 else round(float(centred[0] @ centred[1] / norm), 12)


def by_layer(experts: _Columns) -> np.ndarray:
    """Return Spearman's rank correlation of activation and path latency in each layer, shape (L,)."""
    layers = np.unique(experts["layer"])
    found = []
    for layer in layers.tolist():
        rows = experts["layer"] == layer
        found.append(rank_correlation(experts["path_s"][rows], experts["activation_probability"][rows]))
    return np.array(found)


def activation_by_rank(experts: _Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how often the nearest expert of a layer is activated, the second nearest, and so on.

    Parameters
    ----------
    experts
        Rows of experts.

    Returns
    -------
    Mean, least and greatest activation probability over layers, by rank of path latency within the layer,
    each of shape (most experts of a layer,). Experts that are as near as each other, on one satellite say,
    count with their mean.
    """
    order = np.lexsort((experts["path_s"], experts["layer"]))
    layer = experts["layer"][order]
    places = np.stack([layer, experts["path_s"][order]], axis=1)
    _, group = np.unique(places, axis=0, return_inverse=True)
    group = group.reshape(-1)
    sums = np.bincount(group, experts["activation_probability"][order])
    probability = (sums / np.bincount(group))[group]
    _, starts, counts = np.unique(layer, return_index=True, return_counts=True)
    rank = np.arange(len(layer)) - np.repeat(starts, counts)
    groups = [probability[rank == each] for each in range(int(counts.max()))]
    columns = [[each.mean(), each.min(), each.max()] for each in groups]
    mean, least, greatest = np.array(columns).T
    return mean, least, greatest


def draw(results: Results, choice: Choice = EVERYTHING) -> Figure:
    """Draw how often experts are activated against the latency of the way over them.

    Parameters
    ----------
    results
        The run.
    choice
        What of it.

    Returns
    -------
    The figure: above, over the rank of the way within its layer, the activation probability, mean over
    layers; below, a panel a placement with a dot an expert.

    Raises
    ------
    InputError
        If the formula was not asked for, which finds the ways.
    InstallationError
        If matplotlib is not installed.
    """
    need(results, "matching", ("hosts",))
    names = placements_of(results, Choice(placements=choice.placements))
    hosts = {name: results.columns("hosts", placement=name) for name in names}
    experts = {name: experts_of(columns) for name, columns in hosts.items()}
    experts = {name: columns for name, columns in experts.items() if len(columns["layer"])}
    if not experts:
        raise InputError(
            f"figure matching: run {results.folder} has no path latencies, which the formula finds; run the "
            "scenario again with --engine both"
        )
    columns = min(_COLUMNS, len(experts))
    lines = -(-len(experts) // columns)
    heads, rows = _table(results, hosts, experts)
    with style.figure_style():
        above_in = _RANKS_IN + LABELS_IN
        below_in = lines * (_TITLE_IN + _PANEL_IN + LABELS_IN)
        figure, top_in = page(
            above_in + below_in + table_height_in(heads, len(rows)),
            title=f"{results.name}: which experts a placement puts near",
            about=(
                "An expert's way: from its layer's gateway to it and on to the next gateway, computing there "
                "included, mean over slots. Above: the nearest expert of each layer, the second nearest and "
                "so on; mean over layers, with the least and the greatest. Below: every expert."
            ),
        )
        axes = style.add_axes(figure, left_in=LEFT_IN, top_in=top_in, width_in=WIDTH_IN, height_in=_RANKS_IN)
        _draw_ranks(axes, results, experts)
        _draw_panels(figure, results, experts, top_in=top_in + above_in, columns=columns)
        add_table(figure, heads, rows, top_in=top_in + above_in + below_in)
    return figure


def _mean_ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 1; of those that are equal, the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: np.ndarray = (ends - (counts - 1) / 2)[inverse]
    return ranks


def _draw_ranks(axes: Axes, results: Results, experts: dict[str, _Columns]) -> None:
    count = len(experts)
    for number, (name, columns) in enumerate(experts.items()):
        mean, least, greatest = activation_by_rank(columns)
        colour, marker, dashes = look_of(results, name)
        aside = (number - (count - 1) / 2) * 0.6 / max(count, 4)
        axes.errorbar(
            np.arange(1, len(mean) + 1) + aside,
            mean,
            yerr=[mean - least, greatest - mean],
            color=colour,
            marker=marker,
            markersize=4,
            linestyle=dashes,
            linewidth=1.2,
            elinewidth=0.5,
            gid=f"ranks-{name}",
        )
    most = max(len(activation_by_rank(columns)[0]) for columns in experts.values())
    axes.set_xlim(0.4, most + 0.6)
    axes.set_xticks(range(1, most + 1, -(-most // _MOST_TICKS)))
    axes.set(xlabel="rank of the expert's way within its layer, 1: shortest", ylabel="activation probability")
    style.align_ylabel(axes, from_axes_in=YLABEL_IN, width_in=WIDTH_IN)
    tidy(axes)


def _draw_panels(
    figure: Figure, results: Results, experts: dict[str, _Columns], *, top_in: float, columns: int
) -> None:
    width_in = (WIDTH_IN - (columns - 1) * _COLUMN_GAP_IN) / columns
    every = np.concatenate([each["path_s"] for each in experts.values()]) * _MILLI
    highest = max(float(each["activation_probability"].max()) for each in experts.values())
    low, high = float(every.min()), float(every.max())
    for number, (name, rows) in enumerate(experts.items()):
        line, column = divmod(number, columns)
        axes = style.add_axes(
            figure,
            left_in=LEFT_IN + column * (width_in + _COLUMN_GAP_IN),
            top_in=top_in + line * (_TITLE_IN + _PANEL_IN + LABELS_IN) + _TITLE_IN,
            width_in=width_in,
            height_in=_PANEL_IN,
        )
        axes.plot(
            rows["path_s"] * _MILLI,
            rows["activation_probability"],
            look_of(results, name)[1],
            color=look_of(results, name)[0],
            markersize=2.2,
            markeredgewidth=0.5 if look_of(results, name)[1] in "x+" else 0,
            gid=f"experts-{name}",
            rasterized=len(rows["path_s"]) > _MOST_VECTORS,
        )
        if high > DECADES * low:
            axes.set_xscale("log")
            axes.set_xlim(low / 1.2, high * 1.2)
            plain_log(axes.xaxis)
        else:
            margin = 0.04 * (high - low) or 0.04 * high
            axes.set_xlim(low - margin, high + margin)
            axes.locator_params(axis="x", nbins=5)
        axes.set_ylim(0, 1.08 * highest)
        axes.locator_params(axis="y", nbins=4)
        axes.set_title(style.short_names([name])[0], fontsize=style.TEXT_PT, loc="left", pad=3)
        axes.set_xlabel("latency of the way, ms", labelpad=2)
        axes.tick_params(labelleft=column == 0)
        if column == 0:
            axes.set_ylabel("probability")
            style.align_ylabel(axes, from_axes_in=YLABEL_IN, width_in=width_in)
        tidy(axes)


def _table(
    results: Results, hosts: dict[str, _Columns], experts: dict[str, _Columns]
) -> tuple[list[str], list[Row]]:
    heads = [
        "placement",
        "rank correlation of activation\nand way, mean over layers",
        "layers in which the nearest\nis the most activated",
        "mean way of an\nactivated expert, ms",
        "without a way\nin some slot",
    ]
    rows = []
    for short, (name, columns) in zip(style.short_names(list(experts)), experts.items(), strict=True):
        correlations = by_layer(columns)
        known = correlations[np.isfinite(correlations)]
        weights = columns["activation_probability"]
        most, layers = _nearest_is_most(columns)
        without = int((hosts[name]["expert"] >= 0).sum()) - len(columns["layer"])
        cells = [
            short,
            f"{known.mean():+.2f}".replace("-", "−") if len(known) else _NONE,
            f"{most} of {layers}",
            f"{(columns['path_s'] * weights).sum() / weights.sum() * _MILLI:#.4g}"
            if weights.any()
            else _NONE,
            f"{without}",
        ]
        rows.append(Row(cells=cells, mark=line_mark(*look_of(results, name))))
    return heads, rows


def _nearest_is_most(experts: _Columns) -> tuple[int, int]:
    """Return in how many layers the nearest expert is the most activated, and how many layers there are."""
    layers = np.unique(experts["layer"])
    count = 0
    for layer in layers.tolist():
        rows = experts["layer"] == layer
        path_s, probability = experts["path_s"][rows], experts["activation_probability"][rows]
        count += bool(probability[path_s == path_s.min()].max() == probability.max())
    return count, len(layers)
