"""Orbits that turn with the Sun: their inclination, and the node that has a local time."""

from __future__ import annotations

import math
from datetime import datetime

from spacemoe_ns3.constants import EARTH_RADIUS_M, METRES_PER_KILOMETRE, MINUTES_PER_DAY, SECONDS_PER_DAY
from spacemoe_ns3.constellation.elements import kozai_mean_motion, mean_elements
from spacemoe_ns3.errors import ScenarioError

_TROPICAL_YEAR_DAYS = 365.2421897  # Astronomical Almanac, at J2000
_J2000 = datetime(2000, 1, 1, 12)  # the Almanac counts its days from here
_SUN_AT_J2000_DEG = 280.460  # mean longitude; Astronomical Almanac, low-precision formulas for the Sun
_SUN_DEG_A_DAY = 0.985_647_4  # the same
_NOON_H = 12.0
_DEGREES_AN_HOUR = 15.0
_STEEPEST_DEG = 170.0  # SGP4's long-period terms diverge towards 180 degrees
_ANY_EPOCH = "2000-01-01T00:00:00"  # secular rates do not depend on it


def check_sun_synchronous(path: str, *, semi_major_axis_m: float, eccentricity: float = 0.0) -> None:
    """Raise unless some inclination up to 170 degrees turns an orbit's node once a tropical year.

    Parameters
    ----------
    path
        Path of the field that sets the height.
    semi_major_axis_m
        Brouwer mean semi-major axis in metres.
    eccentricity
        Mean eccentricity, below 1.

    Raises
    ------
    ScenarioError
        If none does, because the orbit is too high: near 5930 km is the last that can be Sun-synchronous.
    """
    if _excess_rad_min(math.radians(_STEEPEST_DEG), semi_major_axis_m, eccentricity) < 0.0:
        raise ScenarioError(
            f"{path}: {(semi_major_axis_m - EARTH_RADIUS_M) / METRES_PER_KILOMETRE:g} given, where no "
            "inclination is Sun-synchronous, must be below about 5930; fly lower, or give inclination_deg"
        )


def sun_synchronous_inclination_rad(*, semi_major_axis_m: float, eccentricity: float = 0.0) -> float:
    """Return the inclination at which SGP4 turns an orbit's node once a tropical year, eastward.

    Parameters
    ----------
    semi_major_axis_m
        Brouwer mean semi-major axis in metres.
    eccentricity
        Mean eccentricity, below 1.

    Returns
    -------
    Inclination in radians, between 90 and 170 degrees.

    Raises
    ------
    ScenarioError
        If the orbit is too high, as :func:`check_sun_synchronous` tells.

    References
    ----------
    Vallado 2013, Fundamentals of Astrodynamics and Applications, section 11.4.1.

    Examples
    --------
    >>> round(math.degrees(sun_synchronous_inclination_rad(semi_major_axis_m=7028.135e3)), 1)
    98.0
    """
    from scipy.optimize import brentq

    check_sun_synchronous(
        "constellation.altitude_km", semi_major_axis_m=semi_major_axis_m, eccentricity=eccentricity
    )
    of_orbit = (semi_major_axis_m, eccentricity)
    steepest_rad = math.radians(_STEEPEST_DEG)
    return float(brentq(_excess_rad_min, math.pi / 2.0, steepest_rad, args=of_orbit, xtol=1e-12))


def _excess_rad_min(inclination_rad: float, semi_major_axis_m: float, eccentricity: float) -> float:
    """Return by how many radians a minute SGP4 turns a node faster than the mean Sun moves."""
    record = mean_elements(
        number=0,
        epoch=_ANY_EPOCH,
        mean_motion_rad_min=kozai_mean_motion(
            semi_major_axis_m=semi_major_axis_m, inclination_rad=inclination_rad, eccentricity=eccentricity
        ),
        inclination_rad=inclination_rad,
        raan_rad=0.0,
        eccentricity=eccentricity,
        argument_of_perigee_rad=0.0,
        mean_anomaly_rad=0.0,
    )
    return float(record.nodedot) - 2.0 * math.pi / (_TROPICAL_YEAR_DAYS * MINUTES_PER_DAY)


def raan_of_local_time_deg(*, epoch: str, local_time_h: float) -> float:
    """Return the right ascension of a node above which it is a given mean solar time.

    Parameters
    ----------
    epoch
        ISO date and time, UTC.
    local_time_h
        Mean local solar time at the node in hours: 12 at the meridian of the mean Sun, 18 at dusk.

    Returns
    -------
    Degrees from the mean equinox of date, 0 to 360.

    References
    ----------
    Astronomical Almanac, low-precision formulas for the Sun: its mean longitude, which is the right
    ascension of the mean Sun, good to 0.01 degrees from 1950 to 2050.

    Examples
    --------
    At noon of 1 January 2000 the mean Sun stood at 280.46 degrees, a quarter turn before dusk:

    >>> round(raan_of_local_time_deg(epoch="2000-01-01T12:00:00", local_time_h=18), 2)
    10.46
    """
    days = (datetime.fromisoformat(epoch) - _J2000).total_seconds() / SECONDS_PER_DAY
    sun_deg = _SUN_AT_J2000_DEG + _SUN_DEG_A_DAY * days
    return (sun_deg + (local_time_h - _NOON_H) * _DEGREES_AN_HOUR) % 360.0
