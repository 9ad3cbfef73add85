"""Walker shells: evenly spaced orbits, as mean elements for SGP4."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sgp4.api import Satrec

from spacemoe_ns3.checks import check_kind, check_number, check_whole
from spacemoe_ns3.constants import EARTH_RADIUS_M, METRES_PER_KILOMETRE, MINUTES_PER_DAY
from spacemoe_ns3.constellation.base import Constellation, Layout, Shell
from spacemoe_ns3.constellation.elements import (
    check_epoch,
    kozai_mean_motion,
    mean_elements,
    semi_major_axis_m,
)
from spacemoe_ns3.constellation.names import check_name, grid_names
from spacemoe_ns3.errors import ScenarioError, require

MOST_SATELLITES = 100_000  # a catalogue number has five digits
HIGHEST_KM = 36_000.0
LOWEST_KM = 120.0
_FEWEST_IN_A_PLANE = 3  # or a satellite's two neighbours in the plane are one
_MOST_PHASING = 1e6  # beyond it, angles lose their digits
_MOST_REV_DAY = 17.0  # 6500 km, below the lowest altitude at any inclination
_ALTITUDES_AGREE_KM = 2.0  # a mean motion of two decimals, near 15 rev/day, is +- 1.5 km
_WHOLE_TURN_DEG = 360.0
_NOTATION = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*:\s*(\d+)\s*/\s*(\d+)\s*/\s*(\d+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkerShell:
    """A Walker shell ``i: t/p/f``, of circular or alike eccentric orbits.

    Satellite ``p * satellites_per_plane + s`` is the s-th of plane p. Plane p has its ascending node at
    ``raan_of_first_plane_deg + p * raan_span_deg / planes``; satellite s of it has the mean argument of
    latitude ``argument_of_latitude_deg + 360 s / satellites_per_plane + 360 f p / t`` degrees at the epoch,
    t being all satellites. The mean argument of latitude is the argument of perigee plus the mean anomaly:
    on eccentric orbits the satellites of a plane are evenly spaced in time, not in angle.

    Parameters
    ----------
    planes
        Number of orbital planes, at least 1.
    satellites_per_plane
        At least 3.
    altitude_km
        SGP4's semi-major axis less 6378.135 km, 120 to 36000. Of an eccentric orbit this is the mean of
        the altitudes of perigee and apogee; that of the perigee must be 120 km or more.
    inclination_deg
        0 to 180.
    phasing
        Walker's f, in units of ``360 / t`` degrees a plane. An integer in Walker's notation; a half-slot
        shift between neighbouring planes is ``planes / 2``.
    raan_span_deg
        Angle over which the ascending nodes are spread: 360 for Walker Delta, 180 for Star.
    epoch
        ISO date and time, UTC, of the mean elements and of simulation time zero.
    mean_motion_rev_day
        Kozai's mean motion in revolutions a day, as two-line elements state it, instead of the altitude. If
        both are given they must agree within 2 km, and the altitude is what is flown.
    eccentricity
        0 or more.
    argument_of_perigee_deg
        From -360 to 360; without effect on circular orbits. It drifts, except at an inclination of 63.43
        or 116.57 degrees.
    raan_of_first_plane_deg
        Right ascension of plane 0's ascending node, TEME, from -360 to 360.
    argument_of_latitude_deg
        Mean argument of latitude of satellite 0, from -360 to 360.
    name
        What the shell and, followed by plane and place, its satellites are called: at most 40 letters,
        digits, dots, dashes and underscores.

    Raises
    ------
    ScenarioError
        If a value is out of its range, or the altitude and the mean motion disagree or are both missing.

    References
    ----------
    Walker 1984, Satellite constellations, J. Br. Interplanet. Soc. 37.
    """

    planes: int
    satellites_per_plane: int
    altitude_km: float | None = None
    inclination_deg: float
    phasing: float = 0.0
    raan_span_deg: float = 360.0
    epoch: str = "2026-01-01T00:00:00"
    mean_motion_rev_day: float | None = None
    eccentricity: float = 0.0
    argument_of_perigee_deg: float = 0.0
    raan_of_first_plane_deg: float = 0.0
    argument_of_latitude_deg: float = 0.0
    name: str = "shell"

    def __post_init__(self) -> None:
        check_name("constellation.name", self.name)
        check_whole("constellation.planes", self.planes, least=1, most=MOST_SATELLITES)
        check_whole(
            "constellation.satellites_per_plane",
            self.satellites_per_plane,
            least=_FEWEST_IN_A_PLANE,
            most=MOST_SATELLITES,
        )
        check_whole("constellation: satellites", self.satellites, least=1, most=MOST_SATELLITES)
        check_number("constellation.inclination_deg", self.inclination_deg, least=0, most=180)
        check_number("constellation.raan_span_deg", self.raan_span_deg, above=0, most=_WHOLE_TURN_DEG)
        check_number("constellation.phasing", self.phasing, least=-_MOST_PHASING, most=_MOST_PHASING)
        for field in ("argument_of_perigee_deg", "raan_of_first_plane_deg", "argument_of_latitude_deg"):
            angle_deg = getattr(self, field)
            check_number(f"constellation.{field}", angle_deg, least=-_WHOLE_TURN_DEG, most=_WHOLE_TURN_DEG)
        check_epoch("constellation.epoch", self.epoch)
        self._check_size()

    def _check_size(self) -> None:
        """Raise unless altitude, mean motion and eccentricity make one orbit that stays above the air."""
        check_number("constellation.eccentricity", self.eccentricity, least=0, most=0.9)
        if self.altitude_km is not None:
            check_number("constellation.altitude_km", self.altitude_km, least=LOWEST_KM, most=HIGHEST_KM)
        if self.mean_motion_rev_day is not None:
            path = "constellation.mean_motion_rev_day"
            check_number(path, self.mean_motion_rev_day, above=0, most=_MOST_REV_DAY)
            of_motion_km = self._altitude_of_motion_km()
            require(
                LOWEST_KM <= of_motion_km <= HIGHEST_KM,
                f"{path}: {self.mean_motion_rev_day!r} given, which is flown at an altitude of "
                f"{of_motion_km:.1f} km, must be one of {LOWEST_KM:g} to {HIGHEST_KM:g} km",
            )
        require(
            self.altitude_km is not None or self.mean_motion_rev_day is not None,
            "constellation: neither altitude_km nor mean_motion_rev_day given, one is needed; give the "
            "altitude, such as 550",
        )
        if self.altitude_km is not None and self.mean_motion_rev_day is not None:
            right_rev_day = self.mean_motion_rad_min * MINUTES_PER_DAY / (2.0 * math.pi)
            require(
                abs(of_motion_km - self.altitude_km) <= _ALTITUDES_AGREE_KM,
                f"constellation: altitude_km {self.altitude_km!r} and mean_motion_rev_day "
                f"{self.mean_motion_rev_day!r} given, but that motion is flown at {of_motion_km:.1f} km; "
                f"both must agree within {_ALTITUDES_AGREE_KM:g} km; leave one out, or give "
                f"{right_rev_day:.4f} rev/day",
            )
        axis_km = self.semi_major_axis_m / METRES_PER_KILOMETRE
        altitude_km = axis_km - EARTH_RADIUS_M / METRES_PER_KILOMETRE
        perigee_km = altitude_km - self.eccentricity * axis_km
        require(
            self.eccentricity == 0 or perigee_km >= LOWEST_KM,
            f"constellation.eccentricity: {self.eccentricity!r} given, which puts the perigee at "
            f"{perigee_km:.1f} km, must leave it at {LOWEST_KM:g} km or more; at {altitude_km:.1f} km give "
            f"at most {(altitude_km - LOWEST_KM) / axis_km:.5f}",
        )

    @classmethod
    def delta(cls, notation: str, **fields: Any) -> WalkerShell:
        """Read Walker's notation of a delta pattern, whose planes are spread over 360 degrees.

        Parameters
        ----------
        notation
            ``"i: t/p/f"``: inclination in degrees, all satellites, planes, phasing 0 to p - 1.
        fields
            The other fields of the shell by name, an altitude or a mean motion among them.

        Raises
        ------
        ScenarioError
            If the notation cannot be read, t is no multiple of p, f is not below p, or a field is out of
            its range.

        References
        ----------
        Walker 1984, Satellite constellations, J. Br. Interplanet. Soc. 37.

        Examples
        --------
        >>> WalkerShell.delta("53: 1584/72/39", altitude_km=550).satellites_per_plane
        22
        """
        return cls(raan_span_deg=360.0, **_read_notation(notation), **fields)

    @classmethod
    def star(cls, notation: str, **fields: Any) -> WalkerShell:
        """Read Walker's notation of a star pattern, whose planes are spread over 180 degrees.

        The same as :meth:`delta` but for the span: the planes of a star meet near the poles, and at the
        seam between the last and the first they fly against each other.

        Parameters
        ----------
        notation
            ``"i: t/p/f"``: inclination in degrees, all satellites, planes, phasing 0 to p - 1.
        fields
            The other fields of the shell by name, an altitude or a mean motion among them.

        Raises
        ------
        ScenarioError
            As :meth:`delta`.

        Examples
        --------
        >>> WalkerShell.star("86.4: 66/6/3", altitude_km=780).raan_span_deg
        180.0
        """
        return cls(raan_span_deg=180.0, **_read_notation(notation), **fields)

    @property
    def satellites(self) -> int:
        """Number of satellites."""
        return self.planes * self.satellites_per_plane

    @property
    def semi_major_axis_m(self) -> float:
        """SGP4's Brouwer semi-major axis in metres, of the altitude or else of the mean motion."""
        altitude_km = self._altitude_of_motion_km() if self.altitude_km is None else self.altitude_km
        return EARTH_RADIUS_M + altitude_km * METRES_PER_KILOMETRE

    @property
    def mean_motion_rad_min(self) -> float:
        """Kozai mean motion in radians a minute, which elements for SGP4 state."""
        if self.altitude_km is None and self.mean_motion_rev_day is not None:
            return self.mean_motion_rev_day * 2.0 * math.pi / MINUTES_PER_DAY
        return kozai_mean_motion(
            semi_major_axis_m=self.semi_major_axis_m,
            inclination_rad=math.radians(self.inclination_deg),
            eccentricity=self.eccentricity,
        )

    @property
    def period_s(self) -> float:
        """Orbital period in seconds, of the Kozai mean motion."""
        return 60.0 * 2.0 * math.pi / self.mean_motion_rad_min

    def _altitude_of_motion_km(self) -> float:
        """Return the altitude at which the declared mean motion is flown."""
        axis_m = semi_major_axis_m(
            mean_motion_rad_min=cast(float, self.mean_motion_rev_day) * 2.0 * math.pi / MINUTES_PER_DAY,
            inclination_rad=math.radians(self.inclination_deg),
            eccentricity=self.eccentricity,
        )
        return (axis_m - EARTH_RADIUS_M) / METRES_PER_KILOMETRE

    def build(self) -> Constellation:
        """Return the satellites, plane by plane.

        The shell is closed if its planes are spread over 360 degrees and there are more than two of them: of
        two, each is the other's only neighbour.

        Examples
        --------
        >>> shell = WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=60)
        >>> shell.build().layout.names[5]
        'shell-1-1'
        """
        plane, place = np.divmod(np.arange(self.satellites, dtype=np.int32), self.satellites_per_plane)
        layout = Layout(
            names=grid_names(self.name, planes=self.planes, places=self.satellites_per_plane),
            shells=(
                Shell(
                    name=self.name,
                    planes=self.planes,
                    places=self.satellites_per_plane,
                    is_closed=self.raan_span_deg == _WHOLE_TURN_DEG and self.planes > 2,
                    # Going once around adds phasing * planes / satellites turns of argument of latitude.
                    seam_shift=round(self.phasing),
                ),
            ),
            shell=np.zeros(self.satellites, np.int32),
            plane=plane,
            place=place,
        )
        return Constellation(layout=layout, epoch=self.epoch, elements=self._elements(plane, place))

    def _elements(self, plane: np.ndarray, place: np.ndarray) -> tuple[Satrec, ...]:
        """Return the mean elements of the satellites at these planes and places."""
        raan_deg = self.raan_of_first_plane_deg + plane * self.raan_span_deg / self.planes
        latitude_deg = 360.0 * place / self.satellites_per_plane
        latitude_deg = latitude_deg + 360.0 * self.phasing * plane / self.satellites
        anomaly_deg = latitude_deg + (self.argument_of_latitude_deg - self.argument_of_perigee_deg)
        motion_rad_min = self.mean_motion_rad_min
        return tuple(
            mean_elements(
                number=satellite,
                epoch=self.epoch,
                mean_motion_rad_min=motion_rad_min,
                inclination_rad=math.radians(self.inclination_deg),
                raan_rad=math.radians(raan_deg[satellite] % 360.0),
                eccentricity=self.eccentricity,
                argument_of_perigee_rad=math.radians(self.argument_of_perigee_deg % 360.0),
                mean_anomaly_rad=math.radians(anomaly_deg[satellite] % 360.0),
            )
            for satellite in range(self.satellites)
        )


def _read_notation(notation: str) -> dict[str, Any]:
    """Return the fields of a shell that Walker's notation states."""
    check_kind("constellation", notation, str, "Walker's notation i: t/p/f, such as '53: 1584/72/39'")
    match = _NOTATION.fullmatch(notation)
    if match is None:
        raise ScenarioError(
            f"constellation: {notation!r} given, must be Walker's notation i: t/p/f, such as "
            "'53: 1584/72/39': degrees, satellites, planes, phasing"
        )
    satellites, planes, phasing = (int(number) for number in match.groups()[1:])
    check_whole("constellation: planes in Walker's notation", planes, least=1, most=MOST_SATELLITES)
    require(
        satellites % planes == 0,
        f"constellation: {notation!r} given, {satellites} satellites are no multiple of {planes} planes; "
        f"give t as a multiple of p, such as {max(1, round(satellites / planes)) * planes}",
    )
    require(
        phasing < planes,
        f"constellation: {notation!r} given, phasing f must be a whole number from 0 to p - 1 = "
        f"{planes - 1}; a greater one only renumbers the satellites: give {phasing % planes}",
    )
    return {
        "inclination_deg": float(match[1]),
        "planes": planes,
        "satellites_per_plane": satellites // planes,
        "phasing": phasing,
    }
