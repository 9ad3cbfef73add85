"""What geometry says of links: how fast they turn, how low they dip, and where the Sun stands."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constants import EARTH_RADIUS_M


def angular_rate_rad_s(
    *, position_m: np.ndarray, velocity_m_s: np.ndarray, peer_m: np.ndarray, peer_velocity_m_s: np.ndarray
) -> np.ndarray:
    """Return how fast a terminal has to turn to follow its peer.

    The rate of the line of sight relative to the satellite's orbital frame (local vertical, local
    horizontal): x along the position r, z along the angular momentum r x v, y completing them. It turns
    among the stars at ``r x v / |r|^2``, and a bus that keeps facing down turns with it; what is left for
    the gimbal, and what limits a terminal, is the rate relative to the bus. The neighbour ahead in the
    plane of a circular orbit stands still there, while among the stars its line of sight turns once an
    orbit, at the mean motion of some 1.1 mrad/s. The slow turn of the orbital plane itself, below
    two microradians a second, is left out.

    Parameters
    ----------
    position_m, velocity_m_s
        The satellite's, inertial, shape (..., 3).
    peer_m, peer_velocity_m_s
        The peer's, the same.

    Returns
    -------
    Radians a second, shape (...).
    """
    position, velocity = _by_axis(position_m), _by_axis(velocity_m_s)
    sight = _by_axis(peer_m) - position
    orbit = _cross(position, velocity) / _dot(position, position)
    drift = (_by_axis(peer_velocity_m_s) - velocity) - _cross(orbit, sight)
    turned = _cross(sight, drift)
    rate: np.ndarray = np.sqrt(_dot(turned, turned)) / _dot(sight, sight)
    return rate


def _by_axis(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of shape (..., 3) as (3, ...): each axis in one piece, which NumPy is quick with."""
    return np.ascontiguousarray(np.moveaxis(vectors, -1, 0))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return cross products, axes first, rounded as :func:`numpy.cross` rounds."""
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return dot products, axes first."""
    products: np.ndarray = (a[0] * b[0] + a[1] * b[1]) + a[2] * b[2]
    return products


def grazing_altitude_m(a_m: np.ndarray, b_m: np.ndarray) -> np.ndarray:
    """Return the lowest altitude of the straight lines between satellites.

    Parameters
    ----------
    a_m, b_m
        Positions in metres, shape (..., 3).

    Returns
    -------
    Metres above a sphere of the Earth's equatorial radius, shape (...).
    """
    start = _by_axis(a_m)
    line = _by_axis(b_m) - start
    along = np.clip(-_dot(start, line) / _dot(line, line), 0.0, 1.0)
    lowest = start + along * line
    altitude: np.ndarray = np.sqrt(_dot(lowest, lowest)) - EARTH_RADIUS_M
    return altitude


def range_m(a_m: np.ndarray, b_m: np.ndarray) -> np.ndarray:
    """Return the distance between satellites.

    Parameters
    ----------
    a_m, b_m
        Positions in metres, shape (..., 3).

    Returns
    -------
    Metres, shape (...).
    """
    distance: np.ndarray = np.linalg.norm(b_m - a_m, axis=-1)
    return distance


def sun_separation_rad(receiver_m: np.ndarray, peer_m: np.ndarray, sun: np.ndarray) -> np.ndarray:
    """Return the angle at a receiver between its peer and the Sun.

    Where it is small, sunlight falls into the telescope. The Sun is taken as infinitely far: seen from
    the satellite instead of the centre of the Earth it is up to 50 microradians off in a low orbit, where
    its disc measures 9 mrad.

    Parameters
    ----------
    receiver_m, peer_m
        Positions in metres, shape (..., 3).
    sun
        Unit vector towards the Sun in the same frame, shape (3,) or (..., 3).

    Returns
    -------
    Radians, 0 to pi, shape (...).
    """
    sight = peer_m - receiver_m
    # Unlike the arccosine, exact where the angle is small, which is where it matters.
    across = np.linalg.norm(np.cross(sight, sun), axis=-1)
    separation: np.ndarray = np.arctan2(across, np.sum(sight * sun, axis=-1))
    return separation


def is_sunlit(position_m: np.ndarray, sun: np.ndarray) -> np.ndarray:
    """Return whether the Sun shines on satellites.

    The shadow is a cylinder of the Earth's equatorial radius that begins at the terminator: no penumbra,
    no flattening, no refraction.

    Parameters
    ----------
    position_m
        Positions in metres, shape (..., 3).
    sun
        Unit vector towards the Sun in the same frame, shape (3,) or (..., 3).

    Returns
    -------
    Shape (...), bool.

    Examples
    --------
    >>> is_sunlit(np.array([[7e6, 0, 0], [-7e6, 0, 0], [-7e6, 0, 7e6]]), np.array([1.0, 0, 0])).tolist()
    [True, False, True]
    """
    towards = np.sum(position_m * sun, axis=-1)
    across_m = np.linalg.norm(np.cross(position_m, sun), axis=-1)
    lit: np.ndarray = (towards >= 0) | (across_m >= EARTH_RADIUS_M)
    return lit


def geocentric_latitude_rad(position_m: np.ndarray) -> np.ndarray:
    """Return how far satellites are north of the equator, as seen from the centre of the Earth.

    Parameters
    ----------
    position_m
        Positions in metres, z along the Earth's axis (TEME or ITRS), shape (..., 3).

    Returns
    -------
    Radians, -pi/2 to pi/2, shape (...).
    """
    across_m = np.hypot(position_m[..., 0], position_m[..., 1])
    latitude: np.ndarray = np.arctan2(position_m[..., 2], across_m)
    return latitude
