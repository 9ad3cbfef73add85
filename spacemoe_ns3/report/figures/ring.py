"""The ring on the map: gateways in order, experts by activation, traffic on links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.constants import METRES_PER_KILOMETRE, NANOSECONDS_PER_SECOND
from spacemoe_ns3.report import style
from spacemoe_ns3.report.figures.choice import EVERYTHING, Choice, need, one_placement
from spacemoe_ns3.report.figures.layout import LABELS_IN, LEFT_IN, YLABEL_IN, page, sequential, text_width_in
from spacemoe_ns3.report.figures.ring_sky import Places, bytes_of_links, links_up, places_at
from spacemoe_ns3.report.projection import ACROSS, ALONG, RADIAL, ground_tracks, make_world, picture_axes
from spacemoe_ns3.run_results import Results

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    _Entries = list[tuple[Artist | tuple[Artist, ...], str]]

_WORLD_IN, _FORMATION_IN = 5.9, 3.6  # width of a picture, and height of a formation's
_GRID_DEG = 30
_LEGEND_IN = 3 * style.LINE_IN + 0.05
_LEGEND_LEFTS_IN = (LEFT_IN, 2.35)
_BAR_LEFT_IN, _BAR_WIDTH_IN, _BAR_IN = 4.75, 1.75, 0.1
_LARGEST_PT2, _GATEWAY_PT2 = 80.0, 22.0  # areas of an expert that every token activates, and of a gateway
_WIDEST_PT, _NARROWEST_PT = 3.0, 0.5  # lines of traffic
_NAME_PT, _MOST_NAMES = 7.0, 8
_SHOWN_PROBABILITIES = (0.1, 0.3, 1.0)
_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes"))
_AXIS_WORDS = {RADIAL: "up", ALONG: "along the track", ACROSS: "across the track"}
_POINTS_PER_INCH, _PERCENT = 72.0, 100.0
_MARGIN = 1.15  # around a formation
# Where a name may stand, from its gateway, in points: beside, above, below, then further off.
_ASIDE_PT = tuple(
    (round(distance * float(np.cos(angle)), 3), round(distance * float(np.sin(angle)), 3))
    for distance in (7, 11, 16, 24, 34, 46, 60, 76)
    for angle in np.radians([0, 180, 90, 270, 30, -30, 150, 210, 60, -60, 120, 240])
)
_NUISANCE_PT = 60.0  # how much further off a name rather stands than on a host
_HOST_PT, _FAR_PT = 3.0, 14.0  # half a host; names that stand further off have a line
_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RingPicture:
    """What the picture shows.

    Parameters
    ----------
    places
        Where satellites are.
    gateways
        Satellites of the gateways, in order of layers, shape (L,).
    experts, probability
        Satellites of experts, shape (n,), and that a token activates them.
    ends, is_up, carried_bytes
        Of each link, shapes (M, 2), (M,), (M,); bytes None without packets.
    """

    places: Places
    gateways: np.ndarray
    experts: np.ndarray
    probability: np.ndarray
    ends: np.ndarray
    is_up: np.ndarray
    carried_bytes: np.ndarray | None


def picture_of(results: Results, placement: str, *, time_ns: int, engine: str | None = None) -> RingPicture:
    """Return what is to be drawn of a placement at a moment.

    Parameters
    ----------
    results
        The run.
    placement
        Its name.
    time_ns
        Nanoseconds after the epoch.
    engine
        ``analytic`` for a picture without traffic.

    Raises
    ------
    InputError
        If the moment is outside the run, or a table is missing.
    """
    hosts, topology = results.columns("hosts", placement=placement), results.columns("topology")
    is_gateway = hosts["expert"] < 0
    order = np.argsort(hosts["layer"][is_gateway], kind="stable")
    ends = np.stack([topology["satellite_a"], topology["satellite_b"]], axis=1)
    carried = None
    if engine != "analytic" and "links" in results.table_names:
        columns = results.columns("links", placement=placement, engine="packet")
        carried = bytes_of_links(columns, ends) if len(columns["bytes"]) else None
    return RingPicture(
        places=places_at(results.columns("ephemeris"), epoch=results.summary["epoch"], time_ns=time_ns),
        gateways=hosts["satellite"][is_gateway][order],
        experts=hosts["satellite"][~is_gateway],
        probability=hosts["activation_probability"][~is_gateway],
        ends=ends,
        is_up=links_up(results.columns("contacts"), links=len(ends), time_ns=time_ns),
        carried_bytes=carried,
    )


def draw(results: Results, choice: Choice = EVERYTHING) -> Figure:
    """Draw the ring of a placement where it is at a moment.

    An equirectangular map of the Earth, lines along great circles; or, of a close formation, the view that
    shows the most of it, to scale.

    Parameters
    ----------
    results
        The run.
    choice
        What of it; of several placements the first.

    Returns
    -------
    The figure: links that are up in grey, those that carried something in colour, the wider and darker the
    more, dashed where they are down at the moment; gateways joined in the order of layers; experts, the
    larger the more often they are activated; names of some gateways.

    Raises
    ------
    InputError
        If a table is missing, or the moment is outside the run.
    InstallationError
        If matplotlib is not installed.
    """
    need(results, "ring", ("hosts", "ephemeris", "topology", "contacts", "constellation"))
    placement = one_placement(results, choice)
    time_ns = _moment_ns(results, placement, choice)
    picture = picture_of(results, placement, time_ns=time_ns, engine=choice.engine)
    is_world = picture.places.local_m is None
    with style.figure_style():
        width_in, height_in = _WORLD_IN, _WORLD_IN / 2 if is_world else _FORMATION_IN
        figure, top_in = page(
            height_in + LABELS_IN + _LEGEND_IN,
            title=f"{results.name}: the ring of {placement}",
            about=_about(results, picture, time_ns),
        )
        axes = style.add_axes(figure, left_in=LEFT_IN, top_in=top_in, width_in=width_in, height_in=height_in)
        points, paths = (_make_world if is_world else _make_formation)(axes, picture)
        style.align_ylabel(axes, from_axes_in=YLABEL_IN, width_in=width_in)
        _draw_links(axes, picture, paths(picture.ends))
        _draw_hosts(axes, picture, points, paths(_ring_of(picture.gateways)))
        _name_gateways(axes, picture, points, results.columns("constellation")["name"], (width_in, height_in))
        below_in = top_in + height_in + LABELS_IN
        for left_in, entries in zip(_LEGEND_LEFTS_IN, (_lines(picture), _experts(picture)), strict=True):
            style.add_legend(figure, entries, left_in=left_in, top_in=below_in)
        if picture.carried_bytes is not None and picture.carried_bytes.any():
            _add_colours(figure, picture.carried_bytes, top_in=below_in)
    return figure


def _moment_ns(results: Results, placement: str, choice: Choice) -> int:
    """Return the moment that was asked for, or the start of the placement's first token."""
    if choice.time_s is not None:
        return round(choice.time_s * NANOSECONDS_PER_SECOND)
    if "tokens" not in results.table_names:
        return 0
    return int(results.columns("tokens", placement=placement)["start_ns"].min(initial=2**62)) % 2**62


def _about(results: Results, picture: RingPicture, time_ns: int) -> str:
    words = (
        f"{time_ns / NANOSECONDS_PER_SECOND:.3f} s after {results.summary['epoch']} UTC: "
        f"{len(picture.places.latitude_deg):,} satellites, {np.count_nonzero(picture.is_up):,} of "
        f"{len(picture.is_up):,} links up (grey)."
    )
    if picture.carried_bytes is None:
        return f"{words} No packets were sent."
    used = np.count_nonzero(picture.carried_bytes)
    has_background = any(about["background"] for about in results.summary["placements"])
    dashed = np.count_nonzero((picture.carried_bytes > 0) & ~picture.is_up)
    return (
        f"{words} {used:,} links carried packets in the course of the whole run"
        + (", background traffic included" if has_background else "")
        + (f"; {dashed:,} of them are down at the moment (dashed)." if dashed else ".")
    )


def _ring_of(gateways: np.ndarray) -> np.ndarray:
    """Return from which gateway to which the ring goes, shape (n, 2); on one satellite there is no line."""
    pairs = np.stack([gateways, np.roll(gateways, -1)], axis=1)
    ring: np.ndarray = pairs[pairs[:, 0] != pairs[:, 1]]
    return ring


def _make_world(axes: Axes, picture: RingPicture) -> tuple[np.ndarray, Any]:
    latitude_deg, longitude_deg = picture.places.latitude_deg, picture.places.longitude_deg
    make_world(axes, step_deg=_GRID_DEG)
    axes.set(xlabel="longitude", ylabel="latitude")
    axes.grid(False)  # links have lines enough
    points = np.stack([longitude_deg, latitude_deg], axis=-1)
    return points, lambda ends: ground_tracks(latitude_deg[ends], longitude_deg[ends])


def _make_formation(axes: Axes, picture: RingPicture) -> tuple[np.ndarray, Any]:
    local_m = picture.places.local_m
    assert local_m is not None
    right, up, _ = picture_axes(local_m)
    points = local_m[:, [right, up]] / METRES_PER_KILOMETRE
    aspect = _WORLD_IN / _FORMATION_IN  # to scale, whatever the formation's outline
    half_km = _MARGIN * float((np.abs(points).max(axis=0) / [aspect, 1]).max())
    axes.set(xlim=(-aspect * half_km, aspect * half_km), ylim=(-half_km, half_km))
    axes.set(
        xlabel=f"{_AXIS_WORDS[right]} from the middle, km", ylabel=f"{_AXIS_WORDS[up]} from the middle, km"
    )
    return points, lambda ends: list(points[ends])


def _draw_links(axes: Axes, picture: RingPicture, paths: list[np.ndarray]) -> None:
    """Draw links that are up, and above them those that carried something, the least first."""
    from matplotlib.collections import LineCollection

    carried = picture.carried_bytes
    carried = np.zeros(len(paths), np.int64) if carried is None else carried
    idle = [paths[link] for link in np.flatnonzero(picture.is_up & (carried == 0)).tolist()]
    look: dict[str, Any] = {"colors": style.PALE_GREY, "linewidths": style.link_width_pt(len(paths))}
    axes.add_collection(LineCollection(idle, gid="links-idle", zorder=1, **look), autolim=False)
    order = np.argsort(carried, kind="stable")
    order = order[carried[order] > 0]
    if len(order):
        share = carried[order] / carried.max()
        axes.add_collection(
            LineCollection(
                [paths[link] for link in order.tolist()],
                colors=sequential()(share),
                linewidths=_NARROWEST_PT + (_WIDEST_PT - _NARROWEST_PT) * share,
                linestyles=["-" if picture.is_up[link] else (0, (2, 1)) for link in order.tolist()],
                gid="links-traffic",
                zorder=2,
            ),
            autolim=False,
        )


def _draw_hosts(axes: Axes, picture: RingPicture, points: np.ndarray, ring: list[np.ndarray]) -> None:
    from matplotlib.collections import LineCollection

    axes.add_collection(
        LineCollection(ring, colors=style.BLACK, linewidths=0.8, linestyles=":", gid="ring", zorder=3),
        autolim=False,
    )
    x, y = points[picture.experts].T
    axes.scatter(x, y, s=_area_pt2(picture.probability), zorder=4, gid="experts", **_EXPERT_LOOK)
    x, y = points[picture.gateways].T
    axes.scatter(x, y, s=_GATEWAY_PT2, zorder=5, gid="gateways", **_GATEWAY_LOOK)


_EXPERT_LOOK: dict[str, Any] = {
    "marker": "o",
    "facecolors": style.ORANGE,
    "edgecolors": style.BLACK,
    "linewidths": 0.4,
    "clip_on": False,
}
_GATEWAY_LOOK: dict[str, Any] = {
    "marker": "s",
    "facecolors": style.BLACK,
    "edgecolors": "white",
    "linewidths": 0.6,
    "clip_on": False,
}


def _area_pt2(probability: np.ndarray) -> np.ndarray:
    return _LARGEST_PT2 * np.asarray(probability, float)


def _name_gateways(
    axes: Axes, picture: RingPicture, points: np.ndarray, names: np.ndarray, size_in: tuple[float, float]
) -> None:
    """Write the layers and names of some gateways, as near as they cover no host and no other name."""
    (low_x, high_x), (low_y, high_y) = axes.get_xlim(), axes.get_ylim()
    scale = np.array(size_in) * _POINTS_PER_INCH / [high_x - low_x, high_y - low_y]
    places_pt = (points - [low_x, low_y]) * scale
    hosts_pt = np.unique(places_pt[np.concatenate([picture.gateways, picture.experts])], axis=0)
    layers = len(picture.gateways)
    named = np.unique(np.linspace(0, layers, min(layers, _MOST_NAMES), endpoint=False).astype(int))
    taken: list[_Box] = []
    for layer in named.tolist():
        satellite = int(picture.gateways[layer])
        words = f"{layer}: {style.short_names([names[satellite]])[0]}"
        width_pt = text_width_in(words, size_pt=_NAME_PT) * _POINTS_PER_INCH + 3
        boxes = [_box_pt(places_pt[satellite], aside, width_pt) for aside in _ASIDE_PT]
        whole_pt = np.array(size_in) * _POINTS_PER_INCH
        costs = [
            _covered(box, hosts_pt) * _NUISANCE_PT + np.hypot(*aside)
            if _is_free(box, taken, whole_pt)
            else np.inf
            for box, aside in zip(boxes, _ASIDE_PT, strict=True)
        ]
        best = int(np.argmin(costs))
        if np.isfinite(costs[best]):
            _write_name(axes, words, points[satellite], _ASIDE_PT[best])
            if np.hypot(*_ASIDE_PT[best]) > _FAR_PT:  # below the hosts, which it may cross
                ends = np.stack([points[satellite], points[satellite] + _ASIDE_PT[best] / scale])
                axes.plot(*ends.T, color=style.BLACK, linewidth=0.5, zorder=3.5)
            taken.append(boxes[best])


def _box_pt(place: np.ndarray, aside: tuple[float, float], width_pt: float) -> _Box:
    """Return left, lower, right and upper edge of a name beside a place, in points."""
    x, y = place + aside
    left = x if aside[0] > 0 else x - width_pt if aside[0] < 0 else x - width_pt / 2
    half = 0.65 * _NAME_PT
    return left, y - half, left + width_pt, y + half


def _is_free(box: _Box, taken: Sequence[_Box], whole_pt: np.ndarray) -> bool:
    """Return whether a box is inside the axes and covers no other."""
    is_inside = box[0] >= 0 and box[1] >= 0 and box[2] <= whole_pt[0] and box[3] <= whole_pt[1]
    return is_inside and not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
    )


def _covered(box: _Box, hosts_pt: np.ndarray) -> int:
    """Return how many hosts a box covers."""
    x, y = hosts_pt.T
    is_near = (
        (x > box[0] - _HOST_PT) & (x < box[2] + _HOST_PT) & (y > box[1] - _HOST_PT) & (y < box[3] + _HOST_PT)
    )
    return int(np.count_nonzero(is_near))


def _write_name(axes: Axes, words: str, place: np.ndarray, aside: tuple[float, float]) -> None:
    axes.annotate(
        words,
        (float(place[0]), float(place[1])),
        xytext=aside,
        textcoords="offset points",
        ha="left" if aside[0] > 0 else "right" if aside[0] < 0 else "center",
        va="center",
        fontsize=_NAME_PT,
        parse_math=False,
        zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
    )


def _lines(picture: RingPicture) -> _Entries:
    """Return the legend of gateways and their ring, and of links."""
    from matplotlib.lines import Line2D

    gateway = Line2D(
        [], [], color=style.BLACK, linestyle=":", linewidth=0.8, marker="s", markersize=_GATEWAY_PT2**0.5
    )
    link = Line2D([], [], color=style.LIGHT_GREY, linewidth=0.8)
    return [
        (gateway, f"{len(picture.gateways)} gateways by layer"),
        (link, "link that is up, idle"),
    ]


def _experts(picture: RingPicture) -> _Entries:
    """Return the legend of experts: some activation probabilities."""
    from matplotlib.lines import Line2D

    found: _Entries = []
    most = float(picture.probability.max(initial=0))
    shown = [each for each in _SHOWN_PROBABILITIES if each <= max(1.5 * most, _SHOWN_PROBABILITIES[0])]
    for probability in shown:
        mark = Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            markersize=float(_area_pt2(np.array(probability))) ** 0.5,
            markerfacecolor=style.ORANGE,
            markeredgecolor=style.BLACK,
            markeredgewidth=0.4,
        )
        found.append((mark, f"expert that {probability * _PERCENT:.0f} % of tokens use"))
    return found


def _add_colours(figure: Figure, carried: np.ndarray, *, top_in: float) -> None:
    """Add the scale of traffic: a wedge as wide as the lines, in their colours."""
    most = float(carried.max())
    size, unit = next(each for each in _UNITS if most >= each[0])
    place = {"width_in": _BAR_WIDTH_IN, "height_in": _BAR_IN}
    axes = style.add_axes(figure, left_in=_BAR_LEFT_IN, top_in=top_in + 0.02, **place)
    share = np.linspace(0, 1, 65)
    width_pt = _NARROWEST_PT + (_WIDEST_PT - _NARROWEST_PT) * share
    half = width_pt / (_BAR_IN * _POINTS_PER_INCH)  # of axes from -1 to 1
    x = share * most / size
    axes.pcolormesh(
        np.stack([x, x]),
        np.stack([-half, half]),
        ((share[1:] + share[:-1]) / 2)[np.newaxis],
        cmap=sequential(),
        vmin=0,
        vmax=1,
        edgecolors="face",
        linewidth=0.1,
    )
    axes.set(xlim=(0, most / size), ylim=(-1, 1), yticks=[])
    axes.locator_params(axis="x", nbins=4)
    axes.tick_params(length=2)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.set_xlabel(f"on a link, both directions, {unit}", labelpad=1)
