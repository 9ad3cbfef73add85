"""Whether geometry lets a link be up."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constants import EARTH_RADIUS_M


def angular_rate_rad_s(
    *, position_m: np.ndarray, velocity_m_s: np.ndarray, peer_m: np.ndarray, peer_velocity_m_s: np.ndarray
) -> np.ndarray:
    """Return how fast a terminal has to turn to follow its peer.

    The rate of the line of sight in the satellite's orbital frame, which turns with the orbit at
    ``r x v / |r|^2``: a nadir-pointing satellite turns that way by itself, so that the neighbour ahead in
    the plane stands still.

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
    sight = peer_m - position_m
    orbit = np.cross(position_m, velocity_m_s) / np.sum(position_m**2, axis=-1, keepdims=True)
    drift = (peer_velocity_m_s - velocity_m_s) - np.cross(orbit, sight)
    rate: np.ndarray = np.linalg.norm(np.cross(sight, drift), axis=-1) / np.sum(sight**2, axis=-1)
    return rate


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
    line = b_m - a_m
    length_squared = np.sum(line**2, axis=-1)
    along = np.clip(-np.sum(a_m * line, axis=-1) / length_squared, 0.0, 1.0)
    altitude: np.ndarray = np.linalg.norm(a_m + along[..., np.newaxis] * line, axis=-1) - EARTH_RADIUS_M
    return altitude
