"""Walker shells: evenly spaced circular orbits, as mean elements for SGP4."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sgp4.api import WGS72, Satrec, SatrecArray
from sgp4.earth_gravity import wgs72

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.constants import EARTH_RADIUS_M, METRES_PER_KILOMETRE
from spacemoe_ns3.errors import require

_SGP4_EPOCH = datetime(1949, 12, 31)  # sgp4init counts days from here
_FEWEST_IN_A_PLANE = 3  # or a satellite's two neighbours in the plane are one
_MOST_PHASING = 1e6  # beyond it, angles lose their digits
_MOST_SATELLITES = 100_000  # a catalogue number has five digits
_HIGHEST_KM = 36_000.0
_LOWEST_KM = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkerShell:
    """A Walker shell ``i: t/p/f``.

    Satellite ``p * satellites_per_plane + s`` is the s-th of plane p. Plane p has its ascending node at
    ``p * raan_span_deg / planes``; satellite s of it has the argument of latitude
    ``360 s / satellites_per_plane + 360 f p / t`` degrees at the epoch, t being all satellites
    (Walker 1984, Satellite constellations, J. Br. Interplanet. Soc. 37).

    Parameters
    ----------
    planes
        Number of orbital planes, at least 1.
    satellites_per_plane
        At least 3.
    altitude_km
        SGP4's semi-major axis less 6378.135 km, 120 to 36000.
    inclination_deg
        0 to 180.
    phasing
        Walker's f, in units of ``360 / t`` degrees a plane. An integer in Walker's notation; a half-slot
        shift between neighbouring planes is ``planes / 2``.
    raan_span_deg
        Angle over which the ascending nodes are spread: 360 for Walker Delta, 180 for Star.
    epoch
        ISO date and time, UTC, of the mean elements and of simulation time zero.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    planes: int
    satellites_per_plane: int
    altitude_km: float
    inclination_deg: float
    phasing: float = 0.0
    raan_span_deg: float = 360.0
    epoch: str = "2026-01-01T00:00:00"

    def __post_init__(self) -> None:
        check_whole("constellation.planes", self.planes, least=1, most=_MOST_SATELLITES)
        check_whole(
            "constellation.satellites_per_plane",
            self.satellites_per_plane,
            least=_FEWEST_IN_A_PLANE,
            most=_MOST_SATELLITES,
        )
        check_whole("constellation: satellites", self.satellites, least=1, most=_MOST_SATELLITES)
        check_number("constellation.altitude_km", self.altitude_km, least=_LOWEST_KM, most=_HIGHEST_KM)
        check_number("constellation.inclination_deg", self.inclination_deg, least=0, most=180)
        check_number("constellation.raan_span_deg", self.raan_span_deg, above=0, most=360)
        check_number("constellation.phasing", self.phasing, least=-_MOST_PHASING, most=_MOST_PHASING)
        require(
            _is_naive_iso(self.epoch),
            f"constellation.epoch: {self.epoch!r} given, must be an ISO date and time in UTC without an "
            "offset, such as 2026-01-01T00:00:00",
        )

    @property
    def satellites(self) -> int:
        """Number of satellites."""
        return self.planes * self.satellites_per_plane

    @property
    def mean_motion_rad_min(self) -> float:
        """Kozai mean motion in radians a minute, which elements for SGP4 state."""
        return kozai_mean_motion(
            semi_major_axis_m=EARTH_RADIUS_M + self.altitude_km * METRES_PER_KILOMETRE,
            inclination_rad=math.radians(self.inclination_deg),
        )

    @property
    def period_s(self) -> float:
        """Orbital period in seconds, of the Kozai mean motion."""
        return 60.0 * 2.0 * math.pi / self.mean_motion_rad_min

    def plane_and_slot(self) -> tuple[np.ndarray, np.ndarray]:
        """Return plane and place in the plane of each satellite, both of shape (S,)."""
        return np.divmod(np.arange(self.satellites), self.satellites_per_plane)

    def elements(self) -> SatrecArray:
        """Return the mean elements of all satellites, for python-sgp4's vectorised propagator."""
        epoch = datetime.fromisoformat(self.epoch) - _SGP4_EPOCH
        epoch_days = epoch.days + epoch.seconds / 86_400 + epoch.microseconds / 86_400e6
        plane, slot = self.plane_and_slot()
        raan_deg = plane * self.raan_span_deg / self.planes
        latitude_deg = 360.0 * slot / self.satellites_per_plane
        latitude_deg = latitude_deg + 360.0 * self.phasing * plane / self.satellites
        records = []
        for satellite in range(self.satellites):
            record = Satrec()
            record.sgp4init(
                WGS72,
                "i",
                satellite,
                epoch_days,
                0.0,  # B*: no drag, the shell is kept
                0.0,
                0.0,
                0.0,  # eccentricity
                0.0,  # argument of perigee
                math.radians(self.inclination_deg),
                math.radians(latitude_deg[satellite] % 360.0),
                self.mean_motion_rad_min,
                math.radians(raan_deg[satellite] % 360.0),
            )
            records.append(record)
        return SatrecArray(records)


def _is_naive_iso(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except (TypeError, ValueError):
        return False


def kozai_mean_motion(*, semi_major_axis_m: float, inclination_rad: float) -> float:
    """Return the mean motion to give SGP4 so that it flies at a semi-major axis.

    SGP4 reads a Kozai mean motion and recovers the Brouwer one from it, whose semi-major axis is that of
    the motion. This inverts the recovery, for a circular orbit, by fixed-point iteration.

    Parameters
    ----------
    semi_major_axis_m
        Brouwer mean semi-major axis in metres, of SGP4's ``a``.
    inclination_rad
        Inclination in radians.

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
    bend = 0.75 * wgs72.j2 * (3.0 * math.cos(inclination_rad) ** 2 - 1.0)
    kozai = brouwer
    for _ in range(20):  # converges by a factor of a thousand a round
        first = (wgs72.xke / kozai) ** (2.0 / 3.0)
        delta = bend / first**2
        second = first * (1.0 - delta**2 - delta * (1.0 / 3.0 + 134.0 * delta**2 / 81.0))
        kozai = brouwer * (1.0 + bend / second**2)
    return kozai
