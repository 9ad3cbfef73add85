"""Where the Sun stands, and where over the Earth a satellite flies.

SGP4's frame is TEME: the true equator of date and the mean equinox. The way from there is astropy's: sidereal
time (IAU 1982), UT1 and polar motion of the IERS tables that come with it. Nothing is fetched. Before and
after these tables UT1 is taken as UTC and the pole as its mean, which keeps within some 400 m on the ground
for as long as leap seconds keep UTC within 0.9 s of UT1.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND

if TYPE_CHECKING:
    from astropy.time import Time


def sun_direction(start: datetime, times_ns: np.ndarray) -> np.ndarray:
    """Return the direction of the Sun as seen from the centre of the Earth.

    Parameters
    ----------
    start
        Time zero, UTC, without a time zone.
    times_ns
        Nanoseconds after time zero, shape (n,), int64.

    Returns
    -------
    Unit vectors in TEME, shape (n, 3): the apparent place, aberration included (astropy's ``get_sun``).

    Raises
    ------
    ValueError
        If ``start`` has a time zone.

    Examples
    --------
    The solstice of June 2024 was on the 20th at 20:51: the Sun is as far north as it gets, at 23.44 degrees.

    >>> direction = sun_direction(datetime(2024, 6, 20, 20, 51), np.array([0]))
    >>> round(float(np.degrees(np.arcsin(direction[0, 2]))), 2)
    23.44
    """
    with _offline():
        from astropy.coordinates import TEME, get_sun

        times = _times(start, times_ns)
        apart = get_sun(times).transform_to(TEME(obstime=times)).cartesian.xyz.value.T
    direction: np.ndarray = apart / np.linalg.norm(apart, axis=-1, keepdims=True)
    return direction


def earth_fixed(positions_m: np.ndarray, *, start: datetime, times_ns: np.ndarray) -> np.ndarray:
    """Return positions in the frame that turns with the Earth.

    Parameters
    ----------
    positions_m
        Metres, TEME, shape (n, S, 3) or (n, 3).
    start
        Time zero, UTC, without a time zone.
    times_ns
        Nanoseconds after time zero of each row, shape (n,), int64.

    Returns
    -------
    Metres, ITRS, the same shape.

    Raises
    ------
    ValueError
        If ``start`` has a time zone or the shapes do not match.
    """
    positions_m = np.asarray(positions_m, np.float64)
    times_ns = np.asarray(times_ns, np.int64)
    if positions_m.ndim not in (2, 3) or positions_m.shape[0] != len(times_ns) or positions_m.shape[-1] != 3:
        raise ValueError(
            f"positions_m: the shape {positions_m.shape} does not match {len(times_ns)} times, must be "
            "(n, 3) or (n, S, 3)"
        )
    return _turn(positions_m, _rotations(start, times_ns, "ITRS"))


def celestial(vectors: np.ndarray, *, start: datetime, times_ns: np.ndarray) -> np.ndarray:
    """Return vectors in the frame of the stars, whose axes are those of the ICRF.

    Parameters
    ----------
    vectors
        Positions or velocities, TEME, shape (n, S, 3). That TEME turns against the stars, by some 1e-11
        radians a second, is left out of velocities.
    start
        Time zero, UTC, without a time zone.
    times_ns
        Nanoseconds after time zero of each row, shape (n,), int64.

    Returns
    -------
    The same in GCRS, the same unit and shape.

    Raises
    ------
    ValueError
        If ``start`` has a time zone.

    Examples
    --------
    The equinox has gone along the equator by 0.34 degrees since the year 2000:

    >>> turned = celestial(np.array([[[1.0, 0, 0]]]), start=datetime(2026, 7, 1), times_ns=np.array([0]))
    >>> round(float(np.degrees(np.arctan2(turned[0, 0, 1], turned[0, 0, 0]))), 2)
    -0.34
    """
    return _turn(np.asarray(vectors, np.float64), _rotations(start, np.asarray(times_ns, np.int64), "GCRS"))


def _turn(vectors: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """Return vectors of shape (n, ..., 3) turned by the rotation of their row."""
    rows = vectors.reshape(len(rotations), -1, 3)
    turned: np.ndarray = rows @ rotations.transpose(0, 2, 1)
    return turned.reshape(vectors.shape)


def geodetic(positions_m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return latitude, longitude and altitude over the WGS84 ellipsoid.

    Parameters
    ----------
    positions_m
        Metres, ITRS, shape (..., 3).

    Returns
    -------
    Geodetic latitude in degrees, longitude in degrees, -180 to 180 and east positive, and altitude in metres,
    each of shape (...).

    Examples
    --------
    >>> latitude_deg, longitude_deg, altitude_m = geodetic(np.array([0.0, 6_378_137.0 + 550e3, 0.0]))
    >>> float(latitude_deg), float(longitude_deg), round(float(altitude_m), 3)
    (0.0, 90.0, 550000.0)
    """
    with _offline():
        import astropy.units as u
        from astropy.coordinates import EarthLocation

        x, y, z = np.moveaxis(np.asarray(positions_m, np.float64), -1, 0)
        place = EarthLocation.from_geocentric(x, y, z, unit=u.m).to_geodetic("WGS84")
        return place.lat.to_value(u.deg), place.lon.to_value(u.deg), place.height.to_value(u.m)


@contextmanager
def _offline() -> Iterator[None]:
    """Let astropy use the tables it came with, whatever the date, and leave its settings as they were.

    Everything of astropy is imported inside: importing ``astropy.time`` may look for leap seconds itself.
    """
    from astropy.utils.exceptions import AstropyWarning
    from astropy.utils.iers import conf
    from erfa import ErfaWarning

    with ExitStack() as settings, warnings.catch_warnings():
        settings.enter_context(conf.set_temp("auto_download", False))
        settings.enter_context(conf.set_temp("auto_max_age", None))  # predictions may be old
        settings.enter_context(conf.set_temp("iers_degraded_accuracy", "ignore"))
        for category in (AstropyWarning, ErfaWarning):  # of dates outside the tables; the module says it
            warnings.simplefilter("ignore", category)
        yield


def _times(start: datetime, times_ns: np.ndarray) -> Time:
    """Return moments as astropy has them, shape (n,)."""
    from astropy.time import Time, TimeDelta

    if start.tzinfo is not None:
        raise ValueError(f"start: {start.isoformat()} has a time zone, must be UTC without one; drop it")
    elapsed = TimeDelta(np.asarray(times_ns, np.int64) / NANOSECONDS_PER_SECOND, format="sec")
    return Time(start, format="datetime", scale="utc") + elapsed


def _rotations(start: datetime, times_ns: np.ndarray, frame: str) -> np.ndarray:
    """Return the rotation from TEME to a frame of astropy's at each time, shape (n, 3, 3)."""
    with _offline():
        import astropy.units as u
        from astropy import coordinates
        from astropy.coordinates import TEME, CartesianRepresentation

        # What the three axes turn into are the columns of the rotation: one small transformation for all
        # satellites.
        times = _times(start, times_ns)[np.newaxis, :]
        axes = np.broadcast_to(np.eye(3)[:, :, np.newaxis], (3, 3, len(times_ns)))
        teme = TEME(CartesianRepresentation(axes * u.m), obstime=times)
        there = getattr(coordinates, frame)(obstime=times)
        turned: np.ndarray = teme.transform_to(there).cartesian.xyz.to_value(u.m)
    return turned.transpose(2, 0, 1)
