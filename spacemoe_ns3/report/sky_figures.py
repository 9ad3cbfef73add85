"""Figures of a sky: a map of satellites and links, and how long the links are through time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.constants import METRES_PER_KILOMETRE
from spacemoe_ns3.constellation.base import NOWHERE
from spacemoe_ns3.links.picture import LengthHistory, SkyMap
from spacemoe_ns3.links.timeline import DownReason
from spacemoe_ns3.links.topology import LinkKind
from spacemoe_ns3.report import style
from spacemoe_ns3.report.projection import (
    ACROSS,
    ALONG,
    RADIAL,
    degrees_of,
    ground_tracks,
    make_world,
    middle_of,
    picture_axes,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    _Entry = tuple[Artist | tuple[Artist, ...], str]
    _Entries = list[_Entry]

_GRID_DEG, _LOCATOR_GRID_DEG = 30, 90
_SEAM_WIDTHS = 2.0  # of the other links' width
_MOST_SHELLS = 10  # entries of the legend of satellites
_HANDLES_EM = (1.2, 2.2, 2.2)  # width of dots and lines in the legends
_LOCAL_MARGIN = 1.15
_METRES_UP_TO_M = 5_000.0
_SECONDS_PER_MINUTE, _PERCENT = 60.0, 100.0
_ABOUT_LENGTHS = "Mean (line), shortest to longest (band) of all links that terminals point along"
_AXIS_WORDS = {RADIAL: "up", ALONG: "along the track", ACROSS: "across the track"}
_SIGHT_WORDS = {RADIAL: "above", ALONG: "ahead", ACROSS: "across the track"}
_LABELS_IN = 0.5  # below axes
_LEFT_IN, _YLABEL_IN = 0.72, 0.62  # of axes, from the figure's edge; of their label, from theirs
_WORLD_WIDTH_IN, _LOCAL_WIDTH_IN = 5.76, 3.4
_LOCATOR_LEFT_IN, _LOCATOR_WIDTH_IN = 4.6, 1.9
_LEGEND_LEFTS_IN = (0.72, 2.65, 4.6)
_LENGTHS_WIDTH_IN, _LENGTHS_HEIGHTS_IN, _GAP_IN = 5.82, (2.5, 0.9), 0.15


def draw_map(sky: SkyMap, *, title: str) -> Figure:
    """Draw where satellites and links are over the Earth.

    An equirectangular map of the whole Earth with a grid of 30 degrees; or, of a close formation, the view
    that shows the most of it (of one in its orbital plane, from across the track; otherwise from above or
    from ahead), to scale, and a small map of where it is. On the map links are drawn above the great circles
    through their ends: a beam is straight, so that is what it flies over. Links that are down are dotted;
    those that no terminal points along are left out. The legend counts all of them, and the satellites by
    shell: if there are more than ten shells, those of the largest nine, and of all others together.

    Parameters
    ----------
    sky
        What to draw.
    title
        What to write above.

    Returns
    -------
    The figure, 17 cm wide. The links of a kind that are up are one collection, whose ``gid`` is ``links-``
    and the kind; those that are down are ``links-down``. Each link is one path, in which a row of NaN parts
    what the edge of the map cuts in two.

    Raises
    ------
    InstallationError
        If matplotlib is not installed.

    Notes
    -----
    Geodetic latitudes are taken for those of a sphere: the ends of a link are right, and what is between
    moves sideways by less than 0.1 degrees if the link spans a quarter of the Earth or less.
    """
    up = np.count_nonzero(sky.reason == DownReason.UP)
    subtitle = (
        f"Middle of slot {sky.slot}, {sky.time_s:.3f} s after the epoch: "
        f"{_counted(len(sky.shell), 'satellite')}, {up} of {_counted(len(sky.reason), 'laser link')} up"
    )
    with style.figure_style():
        if sky.local_m is not None:
            return _draw_formation(sky, sky.local_m, title=title, subtitle=subtitle)
        return _draw_world(sky, title=title, subtitle=subtitle)


def draw_lengths(history: tuple[LengthHistory, ...], *, title: str) -> Figure:
    """Draw how long the links are through time, and below how many of them are up.

    Parameters
    ----------
    history
        What to draw, a kind of link each, with one link as an example; while no link of a kind, or not the
        example, is assigned, its lines have a gap.
    title
        What to write above.

    Returns
    -------
    The figure, 17 cm wide: two axes, lengths in kilometres and shares in per cent, over minutes.

    Raises
    ------
    InstallationError
        If matplotlib is not installed.
    """
    with style.figure_style():
        body_in = sum(_LENGTHS_HEIGHTS_IN) + _GAP_IN + _LABELS_IN + len(history) * style.LINE_IN
        figure, top_in = style.new_figure(body_in, title=title, subtitle=_ABOUT_LENGTHS, left_in=_LEFT_IN)
        panels = []
        for height_in in _LENGTHS_HEIGHTS_IN:
            place = {"left_in": _LEFT_IN, "width_in": _LENGTHS_WIDTH_IN}
            panels.append(style.add_axes(figure, top_in=top_in, height_in=height_in, **place))
            top_in += height_in + _GAP_IN
        lengths, shares = panels
        shares.sharex(lengths)
        lengths.tick_params(labelbottom=False)
        lengths.margins(x=0.01)
        lengths.set_ylabel("length, km")
        shares.set(xlabel="time after the epoch, minutes", ylabel="links up, %")
        shares.set(ylim=(0, _PERCENT), yticks=(0, 50, 100))
        for axes in panels:
            axes.grid(True)
            axes.spines[["top", "right"]].set_visible(False)
            style.align_ylabel(axes, from_axes_in=_YLABEL_IN, width_in=_LENGTHS_WIDTH_IN)
        if history:
            kinds, ones = zip(*(_add_history(lengths, shares, each) for each in history), strict=True)
            legend_in = top_in - _GAP_IN + _LABELS_IN
            # Filled by column: the kinds in the first, their examples beside them.
            style.add_legend(figure, [*kinds, *ones], left_in=_LEFT_IN, top_in=legend_in, columns=2)
        else:
            lengths.text(0.5, 0.5, "no laser links", transform=lengths.transAxes, ha="center")
        return figure


def _draw_world(sky: SkyMap, *, title: str, subtitle: str) -> Figure:
    width_in, height_in, legends = _WORLD_WIDTH_IN, _WORLD_WIDTH_IN / 2, _legends(sky)
    body_in = height_in + _LABELS_IN + _legends_in(legends)
    figure, top_in = style.new_figure(body_in, title=title, subtitle=subtitle, left_in=_LEFT_IN)
    axes = style.add_axes(figure, left_in=_LEFT_IN, top_in=top_in, width_in=width_in, height_in=height_in)
    make_world(axes, step_deg=_GRID_DEG)
    axes.set(xlabel="longitude", ylabel="latitude")
    style.align_ylabel(axes, from_axes_in=_YLABEL_IN, width_in=width_in)
    _add_links(axes, sky, ground_tracks(sky.latitude_deg[sky.ends], sky.longitude_deg[sky.ends]))
    _add_satellites(axes, sky, np.stack([sky.longitude_deg, sky.latitude_deg], axis=-1))
    _add_legends(figure, legends, top_in=top_in + height_in + _LABELS_IN)
    return figure


def _draw_formation(sky: SkyMap, local_m: np.ndarray, *, title: str, subtitle: str) -> Figure:
    size_in, legends = _LOCAL_WIDTH_IN, _legends(sky)
    body_in = size_in + _LABELS_IN + _legends_in(legends)
    figure, top_in = style.new_figure(body_in, title=title, subtitle=subtitle, left_in=_LEFT_IN)
    axes = style.add_axes(figure, left_in=_LEFT_IN, top_in=top_in, width_in=size_in, height_in=size_in)
    right, up, sight = picture_axes(local_m)
    points_m = local_m[:, [right, up]]
    half_m = _LOCAL_MARGIN * float(np.abs(points_m).max())
    unit, unit_m = ("m", 1.0) if half_m < _METRES_UP_TO_M else ("km", METRES_PER_KILOMETRE)
    limits = (-half_m / unit_m, half_m / unit_m)
    axes.set(xlim=limits, ylim=limits)
    axes.set_xlabel(f"{_AXIS_WORDS[right]} from the middle, {unit}")
    axes.set_ylabel(f"{_AXIS_WORDS[up]} from the middle, {unit}")
    style.align_ylabel(axes, from_axes_in=_YLABEL_IN, width_in=size_in)
    axes.grid(True)
    points = points_m / unit_m
    _add_links(axes, sky, list(points[sky.ends]))
    _add_satellites(axes, sky, points)
    depth_m = float(np.abs(local_m[:, sight]).max())
    words = (
        f"Seen from {_SIGHT_WORDS[sight]}. Out of\nthe plane of the picture satellites\n"
        f"are {style.in_metres(depth_m)} at most."
    )
    _add_locator(figure, sky, words, top_in=top_in)
    _add_legends(figure, legends, top_in=top_in + size_in + _LABELS_IN)
    return figure


def _add_locator(figure: Figure, sky: SkyMap, words: str, *, top_in: float) -> None:
    """Add a small map of the Earth that shows where a formation is, with words below."""
    middle = middle_of(sky.latitude_deg, sky.longitude_deg)
    latitude_deg, longitude_deg = (float(each) for each in degrees_of(middle))
    width_in, left_in = _LOCATOR_WIDTH_IN, _LOCATOR_LEFT_IN
    axes = style.add_axes(figure, left_in=left_in, top_in=top_in, width_in=width_in, height_in=width_in / 2)
    make_world(axes, step_deg=_LOCATOR_GRID_DEG)
    axes.plot(longitude_deg, latitude_deg, "+", color=style.BLACK, markersize=9, markeredgewidth=1.5)
    where = (
        f"Middle: {abs(latitude_deg):.3f}°{'N' if latitude_deg >= 0 else 'S'}, "
        f"{abs(longitude_deg):.3f}°{'E' if longitude_deg >= 0 else 'W'},\n"
        f"{sky.altitude_m.mean() / METRES_PER_KILOMETRE:,.1f} km high"
    )
    axes.text(0, -0.35, f"{where}\n\n{words}", transform=axes.transAxes, va="top", linespacing=1.4)


def _add_links(axes: Axes, sky: SkyMap, paths: Sequence[np.ndarray]) -> None:
    """Draw links, a path each, those that are down below those that are up."""
    from matplotlib.collections import LineCollection

    is_up, is_assigned = sky.reason == DownReason.UP, sky.reason != DownReason.UNASSIGNED
    width_pt = style.link_width_pt(len(paths))
    layers = [("down", ~is_up & is_assigned, style.LIGHT_GREY, ":", width_pt)]
    for kind in LinkKind:  # of the seam there are few, which many others would hide
        wider = _SEAM_WIDTHS if kind == LinkKind.SEAM else 1.0
        layers.append(
            (kind.words, is_up & (sky.kind == kind), style.LINK_COLOURS[kind], "-", wider * width_pt)
        )
    for name, chosen, colour, dashes, lines_pt in layers:
        lines = [paths[link] for link in np.flatnonzero(chosen).tolist()]
        if lines:
            look: dict[str, Any] = {"colors": colour, "linestyles": dashes, "linewidths": lines_pt}
            links = LineCollection(lines, gid=f"links-{name}", **look)
            axes.add_collection(links, autolim=False)


def _add_satellites(axes: Axes, sky: SkyMap, points: np.ndarray) -> None:
    """Draw satellites, at points of shape (S, 2), a shell on top of those that have more."""
    size_pt2 = style.dot_size_pt2(len(points))
    shells, counts = np.unique(sky.shell, return_counts=True)
    for shell in shells[np.argsort(-counts, kind="stable")].tolist():
        x, y = points[sky.shell == shell].T
        look = style.dot_look(shell)
        axes.scatter(x, y, s=size_pt2, zorder=3, clip_on=False, gid=f"shell-{shell}", **look)


def _legends(sky: SkyMap) -> list[tuple[str, _Entries]]:
    """Return title and entries of the three legends of a map."""
    from matplotlib.lines import Line2D

    down: _Entries = []
    for reason in DownReason:
        count = np.count_nonzero(sky.reason == reason)
        if reason == DownReason.UP or not count:
            continue
        is_drawn = reason != DownReason.UNASSIGNED
        line = Line2D([], [], color=style.LIGHT_GREY, linestyle=":" if is_drawn else "", linewidth=1.2)
        down.append((line, f"{reason.words}: {count}{'' if is_drawn else ', not drawn'}"))
    up: _Entries = []
    for kind in LinkKind:
        is_kind = sky.kind == kind
        count = np.count_nonzero(is_kind & (sky.reason == DownReason.UP))
        if is_kind.any():
            line = Line2D([], [], color=style.LINK_COLOURS[kind], linewidth=1.5)
            up.append((line, f"{kind.words}: {count} of {np.count_nonzero(is_kind)}"))
    nothing: _Entries = [(Line2D([], [], linestyle=""), "none")]
    return [
        ("satellites", _legend_of_shells(sky)),
        ("links up", up or nothing),
        ("links down", down or nothing),
    ]


def _legend_of_shells(sky: SkyMap) -> _Entries:
    """Return an entry a shell; of many, the largest, and how many more there are."""
    from matplotlib.lines import Line2D

    names = style.short_names(sky.shell_names)
    shells, counts = np.unique(sky.shell, return_counts=True)
    largest = np.argsort(-counts, kind="stable")
    told, others = np.sort(largest), largest[:0]
    if len(shells) > _MOST_SHELLS:
        told, others = np.sort(largest[: _MOST_SHELLS - 1]), largest[_MOST_SHELLS - 1 :]
    entries: _Entries = []
    for shell, count in zip(shells[told].tolist(), counts[told].tolist(), strict=True):
        words = "in no plane" if shell == NOWHERE else names[shell]
        entries.append((style.legend_dot(shell), f"{words}: {count}"))
    if len(others):
        entries.append((Line2D([], [], linestyle=""), f"{len(others)} more: {counts[others].sum()}"))
    return entries


def _legends_in(legends: list[tuple[str, _Entries]]) -> float:
    """Return the height of legends that stand side by side, in inches."""
    return style.LINE_IN * (1 + max(len(entries) for _, entries in legends))


def _add_legends(figure: Figure, legends: list[tuple[str, _Entries]], *, top_in: float) -> None:
    for left_in, handle_em, (title, entries) in zip(_LEGEND_LEFTS_IN, _HANDLES_EM, legends, strict=True):
        look: dict[str, Any] = {"title": title, "handle_em": handle_em}
        style.add_legend(figure, entries, left_in=left_in, top_in=top_in, **look)


def _add_history(lengths: Axes, shares: Axes, history: LengthHistory) -> tuple[_Entry, _Entry]:
    """Draw the history of a kind of link and return the legend's entries of the kind and of one link."""
    is_known = np.isfinite(history.shortest_m)  # not where no link of the kind is assigned
    minutes = history.time_s / _SECONDS_PER_MINUTE
    is_moment = len(minutes) == 1  # no line to draw

    def known(values: np.ndarray) -> np.ndarray:
        return np.where(is_known, values, np.nan)

    look: dict[str, Any] = {
        "color": style.LINK_COLOURS[history.kind],
        "linestyle": style.LINK_DASHES[history.kind],
        "linewidth": 1.2,
        "clip_on": False,  # or half the line is missing at 100 %
        "marker": "o" if is_moment else None,
        "markersize": 3,
    }
    shortest_km = known(history.shortest_m) / METRES_PER_KILOMETRE
    longest_km = known(history.longest_m) / METRES_PER_KILOMETRE
    mean_km = known(history.mean_m) / METRES_PER_KILOMETRE
    (line,) = lengths.plot(minutes, mean_km, **look)
    band = lengths.fill_between(
        minutes, shortest_km, longest_km, color=look["color"], alpha=0.25, linewidth=0.5
    )
    one_km = history.one_m / METRES_PER_KILOMETRE
    marker = "_" if is_moment else None
    (thin,) = lengths.plot(minutes, one_km, color=look["color"], linewidth=0.5, marker=marker)
    shares.plot(minutes, known(history.share_up) * _PERCENT, drawstyle="steps-mid", **look)
    a, b = history.one
    return ((band, line), history.kind.words), (thin, f"one of them, {a}-{b}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
