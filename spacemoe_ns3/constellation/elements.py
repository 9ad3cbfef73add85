"""Mean elements as SGP4 takes them, and the mean motion that flies at a semi-major axis."""

from __future__ import annotations

import math
from datetime import datetime

from sgp4.api import WGS72, Satrec
from sgp4.earth_gravity import wgs72

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.errors import require

_FIRST_YEAR, _LAST_YEAR = 1957, 2099
_SGP4_EPOCH = datetime(1949, 12, 31)  # sgp4init counts days from here


def check_epoch(path: str, epoch: object) -> None:
    """Raise unless an epoch is an ISO date and time without an offset, in a year that SGP4 knows.

    Two-line elements date from 1957 on, and SGP4's calendar takes 2100 for a leap year.

    Parameters
    ----------
    path
        Path of the field.
    epoch
        What the user gave.

    Raises
    ------
    ScenarioError
        If it is not.
    """
    try:
        moment = datetime.fromisoformat(epoch) if isinstance(epoch, str) else None
    except ValueError:
        moment = None
    require(
        moment is not None and moment.tzinfo is None and _FIRST_YEAR <= moment.year <= _LAST_YEAR,
        f"{path}: {epoch!r} given, must be an ISO date and time in UTC without an offset, of the years "
        f"{_FIRST_YEAR} to {_LAST_YEAR}, such as 2026-01-01T00:00:00",
    )


def mean_elements(
    *,
    number: int,
    epoch: str,
    mean_motion_rad_min: float,
    inclination_rad: float,
    raan_rad: float,
    eccentricity: float,
    argument_of_perigee_rad: float,
    mean_anomaly_rad: float,
) -> Satrec:
    """Return a satellite for SGP4, with the constants of WGS-72 and without drag: a kept orbit.

    Parameters
    ----------
    number
        Catalogue number, below 100,000.
    epoch
        ISO date and time, UTC, of the elements.
    mean_motion_rad_min
        Kozai's mean motion in radians a minute, as two-line elements state it.
    inclination_rad, raan_rad, argument_of_perigee_rad, mean_anomaly_rad
        Mean angles in radians, TEME.
    eccentricity
        Mean eccentricity.
    """
    since = datetime.fromisoformat(epoch) - _SGP4_EPOCH
    record = Satrec()
    record.sgp4init(
        WGS72,
        "i",
        number,
        since.days + since.seconds / 86_400 + since.microseconds / 86_400e6,
        0.0,  # B*
        0.0,  # the two derivatives of the mean motion, which SGP4 does not use
        0.0,
        eccentricity,
        argument_of_perigee_rad,
        inclination_rad,
        mean_anomaly_rad,
        mean_motion_rad_min,
        raan_rad,
    )
    return record


def kozai_mean_motion(
    *, semi_major_axis_m: float, inclination_rad: float, eccentricity: float = 0.0
) -> float:
    """Return the mean motion to give SGP4 so that it flies at a semi-major axis.

    SGP4 reads a Kozai mean motion and recovers the Brouwer one from it, whose semi-major axis is that of
    the motion. This inverts the recovery by fixed-point iteration.

    Parameters
    ----------
    semi_major_axis_m
        Brouwer mean semi-major axis in metres, of SGP4's ``a``.
    inclination_rad
        Inclination in radians.
    eccentricity
        Mean eccentricity, below 1.

    Returns
    -------
    Kozai mean motion in radians a minute.

    References
    ----------
    Hoots & Roehrich 1980, Spacetrack Report No. 3; Vallado et al. 2006, AIAA 2006-6753, ``initl``.

    Examples
    --------
    Revolutions a day at 550 km and 87 degrees:

    >>> n = kozai_mean_motion(semi_major_axis_m=6928.135e3, inclination_rad=math.radians(87))
    >>> round(n * 1440 / (2 * math.pi), 2)
    15.04
    """
    axis = semi_major_axis_m / EARTH_RADIUS_M
    brouwer: float = wgs72.xke / axis**1.5
    kozai = brouwer
    for _ in range(20):  # converges by a factor of a hundred a round or faster
        kozai = brouwer * (1.0 + _oblateness(kozai, inclination_rad, eccentricity))
    return kozai


def semi_major_axis_m(
    *, mean_motion_rad_min: float, inclination_rad: float, eccentricity: float = 0.0
) -> float:
    """Return the semi-major axis at which SGP4 flies a mean motion: the inverse of the above.

    Parameters
    ----------
    mean_motion_rad_min
        Kozai mean motion in radians a minute.
    inclination_rad
        Inclination in radians.
    eccentricity
        Mean eccentricity, below 1.

    Returns
    -------
    Brouwer mean semi-major axis in metres, SGP4's ``a``.

    References
    ----------
    Hoots & Roehrich 1980, Spacetrack Report No. 3; Vallado et al. 2006, AIAA 2006-6753, ``initl``.

    Examples
    --------
    A motion of 15.19 revolutions a day, often quoted for 550 km, is that of 509 km:

    >>> motion = 15.19 * 2 * math.pi / 1440
    >>> axis_m = semi_major_axis_m(mean_motion_rad_min=motion, inclination_rad=math.radians(53))
    >>> round(axis_m / 1e3 - 6378.135, 1)
    509.1
    """
    bend = _oblateness(mean_motion_rad_min, inclination_rad, eccentricity)
    brouwer: float = mean_motion_rad_min / (1.0 + bend)
    axis: float = (wgs72.xke / brouwer) ** (2.0 / 3.0)
    return axis * EARTH_RADIUS_M


def _oblateness(kozai: float, inclination_rad: float, eccentricity: float) -> float:
    """Return by what fraction a Kozai mean motion exceeds the Brouwer one that SGP4 recovers from it."""
    bend = 0.75 * wgs72.j2 * (3.0 * math.cos(inclination_rad) ** 2 - 1.0) / (1.0 - eccentricity**2) ** 1.5
    first: float = (wgs72.xke / kozai) ** (2.0 / 3.0)
    delta = bend / first**2
    second = first * (1.0 - delta**2 - delta * (1.0 / 3.0 + 134.0 * delta**2 / 81.0))
    return float(bend / second**2)
