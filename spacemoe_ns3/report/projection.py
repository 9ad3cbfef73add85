"""The geometry of maps: directions, what a link flies over, from where to look at a formation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RADIAL, ALONG, ACROSS = range(3)  # axes of an orbital frame

_FLATNESS_DEG = 0.1  # 0.05 mm on a map 17 cm wide
_MOST_PIECES = 64  # of a link's path
_CHECKS = 4  # a piece is looked at in its quarters too: an S is flat in the middle
_ROUNDING = 1e-12  # of unit vectors


def directions_of(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
    """Return unit vectors, shape (..., 3), of places on a sphere."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    x, y = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude)
    return np.stack([x, y, np.sin(latitude)], axis=-1)


def degrees_of(directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return latitude and longitude of vectors of shape (..., 3)."""
    x, y, z = np.moveaxis(directions, -1, 0)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def east_and_north(directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit vectors that point east and north at directions of shape (..., 3)."""
    longitude = np.arctan2(directions[..., 1], directions[..., 0])
    east = np.stack([-np.sin(longitude), np.cos(longitude), np.zeros_like(longitude)], axis=-1)
    return east, np.cross(directions, east)


def middle_of(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
    """Return the direction of the middle of places that are close together, shape (3,)."""
    total = directions_of(latitude_deg, longitude_deg).sum(axis=0)
    middle: np.ndarray = total / np.linalg.norm(total)
    return middle


def make_world(axes: Axes, *, step_deg: int) -> None:
    """Make axes an equirectangular map of the Earth with a labelled grid."""
    longitudes, latitudes = range(-180, 181, step_deg), range(-90, 91, step_deg)
    axes.set(xlim=(-180, 180), ylim=(-90, 90))
    axes.set_xticks(longitudes, [_hemisphere(each, "E", "W") for each in longitudes])
    axes.set_yticks(latitudes, [_hemisphere(each, "N", "S") for each in latitudes])
    axes.tick_params(length=2)
    axes.grid(True)


def _hemisphere(degrees: int, positive: str, negative: str) -> str:
    letter = "" if degrees in (-180, 0, 180) else positive if degrees > 0 else negative
    return f"{abs(degrees)}°{letter}"


def picture_axes(local_m: np.ndarray) -> tuple[int, int, int]:
    """Return which axes of an orbital frame show the most of a formation.

    Parameters
    ----------
    local_m
        Metres from its middle, radially, along the track and across it, shape (S, 3).

    Returns
    -------
    The axis to draw to the right, the one to draw upwards, and that of the line of sight, along which the
    formation extends the least; across the track if all are alike. The eye is above, ahead, or to the right
    of the track.

    Examples
    --------
    >>> picture_axes(np.array([[300.0, 700.0, 20.0], [-300.0, -700.0, -20.0]])) == (ALONG, RADIAL, ACROSS)
    True
    """
    extent_m = np.abs(local_m).max(axis=0)
    sight = min((ACROSS, RADIAL, ALONG), key=lambda axis: float(extent_m[axis]))
    right, up = {ACROSS: (ALONG, RADIAL), RADIAL: (ALONG, ACROSS), ALONG: (ACROSS, RADIAL)}[sight]
    return right, up, sight


def ground_tracks(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> list[np.ndarray]:
    """Return what links fly over, as paths on the map.

    Parameters
    ----------
    latitude_deg, longitude_deg
        Of the ends of links, shape (M, 2).

    Returns
    -------
    Longitudes and latitudes in degrees, shape (points, 2) each; a row of NaN where the map ends.
    """
    directions = directions_of(latitude_deg, longitude_deg)
    start, end = directions[:, 0], directions[:, 1]
    cosine = (start * end).sum(axis=-1, keepdims=True)
    ahead = end - cosine * start
    sine = np.linalg.norm(ahead, axis=-1, keepdims=True)
    # Opposite each other, all great circles join them: over the north pole then.
    has_way = sine > _ROUNDING
    ahead = np.where(has_way, ahead / np.where(has_way, sine, 1), east_and_north(start)[1])
    angle = np.arctan2(sine, cosine)

    def points(links: np.ndarray, pieces: int) -> np.ndarray:
        along = np.linspace(0, 1, pieces + 1)[:, np.newaxis] * angle[links, np.newaxis]
        arcs = np.cos(along) * start[links, np.newaxis] + np.sin(along) * ahead[links, np.newaxis]
        latitudes, longitudes = degrees_of(arcs)
        return np.stack([np.unwrap(longitudes, period=360, axis=1), latitudes], axis=-1)

    paths: list[np.ndarray] = [np.empty((0, 2))] * len(start)
    links: np.ndarray = np.arange(len(start))
    pieces = 1
    while len(links):
        curves = points(links, pieces * _CHECKS)
        corners = curves[:, ::_CHECKS]
        is_flat = _bend_deg(curves, corners) < _FLATNESS_DEG
        if pieces >= _MOST_PIECES:
            is_flat[:] = True
        for link, path in zip(links[is_flat].tolist(), corners[is_flat], strict=True):
            paths[link] = _cut_at_edge(path)
        links, pieces = links[~is_flat], pieces * 2
    return paths


def _bend_deg(curves: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Return how far curves are off the lines between every few of their points, shape (M,)."""
    share = (np.arange(_CHECKS) / _CHECKS)[:, np.newaxis]
    lines = corners[:, :-1, np.newaxis] * (1 - share) + corners[:, 1:, np.newaxis] * share
    bend_deg: np.ndarray = np.abs(curves[:, :-1] - lines.reshape(curves[:, :-1].shape)).max(axis=(1, 2))
    return bend_deg


def _cut_at_edge(path: np.ndarray) -> np.ndarray:
    """Return a path with continuous longitudes as it is on the map, from -180 to 180 degrees."""
    turns = np.floor((path[:, 0] + 180) / 360)
    if (turns == turns[0]).all():
        whole: np.ndarray = path - [360 * turns[0], 0]
        return whole
    rows = [path[0] - [360 * turns[0], 0]]
    for before, after, turn, next_turn in zip(path[:-1], path[1:], turns[:-1], turns[1:], strict=True):
        if turn != next_turn:
            edge = 360 * max(turn, next_turn) - 180
            share = (edge - before[0]) / (after[0] - before[0])
            latitude = before[1] + share * (after[1] - before[1])
            rows += [[edge - 360 * turn, latitude], [np.nan, np.nan], [edge - 360 * next_turn, latitude]]
        rows.append(after - [360 * next_turn, 0])
    return np.array(rows)
