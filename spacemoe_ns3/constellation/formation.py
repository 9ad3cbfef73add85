"""Close formations: satellites a few hundred metres apart that circle each other in free fall."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from sgp4.api import Satrec

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.constants import EARTH_RADIUS_M, METRES_PER_KILOMETRE
from spacemoe_ns3.constellation.base import Constellation, Layout, Shell
from spacemoe_ns3.constellation.elements import check_epoch, kozai_mean_motion, mean_elements
from spacemoe_ns3.constellation.names import check_name, grid_names
from spacemoe_ns3.constellation.sun_synchronous import (
    check_sun_synchronous,
    raan_of_local_time_deg,
    sun_synchronous_inclination_rad,
)
from spacemoe_ns3.constellation.walker import HIGHEST_KM, LOWEST_KM
from spacemoe_ns3.errors import require

_OUTLINES = ("rectangle", "ellipse")
_FEWEST = 2
_MOST = 1_000
_LEAST_SPACING_M = 10.0
_GREATEST_RADIUS_M = 10_000.0  # neglected terms, of order radius^2 / axis, are then 14 m
_STEEPEST_DEG = 170.0  # towards 180 degrees, SGP4's long-period terms tear a lattice along the track
_MARGIN_OF_ECCENTRICITY = 1e-5  # SGP4 raises eccentricities below 1e-6 to it, which is 7 m


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseFormation:
    """A planar cluster in free fall: a lattice in one orbital plane, whose satellites share one period.

    All satellites have one semi-major axis, inclination, node and mean argument of latitude; they differ by
    their eccentricity vectors, ``e (cos w, sin w)``. To first order (Hill, Clohessy & Wiltshire) a satellite
    whose vector is off the centre's by rho / a circles the centre once an orbit on an ellipse of half-axes
    rho (radial) and 2 rho (along the track), and does not drift. So a square lattice of such vectors makes a
    lattice that is ``spacing_m`` apart radially and twice as far along the track at the epoch, and whose
    neighbours' distance oscillates between ``spacing_m`` and twice as much, twice an orbit.

    Rows are planes and columns places in the sense of the +Grid: satellites of one row follow each other
    along the track at the epoch, those of one column are above each other; higher rows are higher and higher
    columns ahead. Neither rows nor columns close to rings.

    Parameters
    ----------
    rows, columns
        Of the lattice, 2 to 1000 each.
    spacing_m
        Least distance of neighbours in metres, at least 10. The cluster's greatest radius,
        ``spacing_m`` times the distance of the outermost lattice point from the middle, is at most 10 km
        along the track.
    altitude_km
        Mean semi-major axis less 6378.135 km, 120 to 36000.
    inclination_deg
        0 to 170; that of a Sun-synchronous orbit if not given.
    outline
        ``"rectangle"``, or ``"ellipse"``: the lattice points in the ellipse that touches the middles of its
        sides. The other places stay vacant.
    raan_deg
        Right ascension of the ascending node, TEME, from -360 to 360; that of ``local_time_h`` if not given.
    local_time_h
        Mean local solar time at the ascending node in hours, 0 to 24: 18 or 6 for an orbit along the
        terminator, in permanent sunlight. A Sun-synchronous orbit keeps it.
    argument_of_latitude_deg
        Mean argument of latitude at the epoch, from -360 to 360.
    epoch
        ISO date and time, UTC, of the mean elements and of simulation time zero.
    name
        What the formation and, followed by row and column, its satellites are called: at most 40 letters,
        digits, dots, dashes and underscores.

    Raises
    ------
    ScenarioError
        If a value is out of its range, or no inclination is Sun-synchronous at the altitude.

    Notes
    -----
    SGP4 raises eccentricities below 1e-6 to that value, which would displace a satellite at the centre by
    7 m. The centre therefore flies a slightly eccentric orbit, with the perigee at the epoch's argument of
    latitude and an eccentricity twice that of the outermost satellite's offset.

    References
    ----------
    Clohessy & Wiltshire 1960, J. Aerospace Sci. 27. D'Amico & Montenbruck 2006, Proximity operations of
    formation-flying spacecraft using an eccentricity/inclination vector separation, J. Guid. Control Dyn.
    29. Aguera y Arcas et al. 2025, Towards a future space-based, highly scalable AI infrastructure system
    design, arXiv 2511.19468, section 2.2.

    Examples
    --------
    >>> CloseFormation(rows=11, columns=11, outline="ellipse").satellites
    81
    """

    rows: int = 9
    columns: int = 9
    spacing_m: float = 100.0
    altitude_km: float = 650.0
    inclination_deg: float | None = None
    outline: str = "rectangle"
    raan_deg: float | None = None
    local_time_h: float = 18.0
    argument_of_latitude_deg: float = 0.0
    epoch: str = "2026-01-01T00:00:00"
    name: str = "formation"

    def __post_init__(self) -> None:
        check_name("constellation.name", self.name)
        check_whole("constellation.rows", self.rows, least=_FEWEST, most=_MOST)
        check_whole("constellation.columns", self.columns, least=_FEWEST, most=_MOST)
        check_number("constellation.spacing_m", self.spacing_m, least=_LEAST_SPACING_M)
        check_number("constellation.altitude_km", self.altitude_km, least=LOWEST_KM, most=HIGHEST_KM)
        if self.inclination_deg is not None:
            check_number("constellation.inclination_deg", self.inclination_deg, least=0, most=_STEEPEST_DEG)
        if self.raan_deg is not None:
            check_number("constellation.raan_deg", self.raan_deg, least=-360, most=360)
        check_number("constellation.local_time_h", self.local_time_h, least=0, most=24)
        path = "constellation.argument_of_latitude_deg"
        check_number(path, self.argument_of_latitude_deg, least=-360, most=360)
        check_epoch("constellation.epoch", self.epoch)
        require(
            self.outline in _OUTLINES,
            f"constellation.outline: {self.outline!r} given, must be {' or '.join(map(repr, _OUTLINES))}",
        )
        require(
            self.radius_m <= _GREATEST_RADIUS_M,
            f"constellation.spacing_m: {self.spacing_m!r} given, which makes a cluster of "
            f"{self.radius_m:.0f} m radius, must leave it at {_GREATEST_RADIUS_M:g} m or less; give at most "
            f"{self.spacing_m * _GREATEST_RADIUS_M / self.radius_m:.1f}",
        )
        if self.inclination_deg is None:
            check_sun_synchronous("constellation.altitude_km", semi_major_axis_m=self.semi_major_axis_m)

    @property
    def satellites(self) -> int:
        """Number of satellites."""
        return int(self._is_occupied().sum())

    @property
    def semi_major_axis_m(self) -> float:
        """Brouwer mean semi-major axis in metres, of all satellites."""
        return EARTH_RADIUS_M + self.altitude_km * METRES_PER_KILOMETRE

    @property
    def radius_m(self) -> float:
        """Greatest distance in metres that a satellite ever has from the middle, to first order."""
        up_m, ahead_m = self._amplitudes_m()
        return 2.0 * float(np.hypot(up_m, ahead_m)[self._is_occupied()].max())

    def build(self) -> Constellation:
        """Return the satellites, row by row.

        Examples
        --------
        >>> CloseFormation(rows=2, columns=3).build().layout.names[4]
        'formation-1-1'
        """
        occupied = self._is_occupied()
        row, column = np.nonzero(occupied)
        names = np.array(grid_names(self.name, planes=self.rows, places=self.columns)).reshape(occupied.shape)
        layout = Layout(
            names=tuple(names[occupied].tolist()),
            shells=(
                Shell(name=self.name, planes=self.rows, places=self.columns, is_closed=False, is_ring=False),
            ),
            shell=np.zeros(len(row), np.int32),
            plane=row.astype(np.int32),
            place=column.astype(np.int32),
        )
        return Constellation(layout=layout, epoch=self.epoch, elements=self._elements())

    def _amplitudes_m(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the lattice: height and half the way ahead at the epoch in metres, (rows, columns) each."""
        up_m = (np.arange(self.rows) - (self.rows - 1) / 2.0) * self.spacing_m
        ahead_m = (np.arange(self.columns) - (self.columns - 1) / 2.0) * self.spacing_m
        up_m, ahead_m = np.meshgrid(up_m, ahead_m, indexing="ij")
        return up_m, ahead_m

    def _is_occupied(self) -> np.ndarray:
        """Return whether a satellite is at each place of the lattice, shape (rows, columns)."""
        if self.outline == "rectangle":
            return np.ones((self.rows, self.columns), bool)
        # In whole half-spacings, so that a point on the ellipse itself is never lost to rounding.
        up = 2 * np.arange(self.rows) - (self.rows - 1)
        ahead = 2 * np.arange(self.columns) - (self.columns - 1)
        half_height, half_width = self.rows - 1, self.columns - 1
        squares = (up[:, np.newaxis] * half_width) ** 2 + (ahead * half_height) ** 2
        is_inside: np.ndarray = squares <= (half_height * half_width) ** 2
        return is_inside

    def _elements(self) -> tuple[Satrec, ...]:
        """Return the mean elements of the satellites, row by row."""
        axis_m = self.semi_major_axis_m
        occupied = self._is_occupied()
        up, ahead = (offset_m[occupied] / axis_m for offset_m in self._amplitudes_m())
        # In axes that point at perigee and along the motion there, with the perigee of the centre at the
        # epoch's argument of latitude: a satellite's height is then -a e_x, its way ahead -2 a e_y.
        centre = 2.0 * float(np.hypot(up, ahead).max()) + _MARGIN_OF_ECCENTRICITY
        eccentricity = np.hypot(centre - up, ahead)
        perigee_rad = np.arctan2(-ahead, centre - up)  # from the argument of latitude at the epoch
        latitude_rad = math.radians(self.argument_of_latitude_deg)
        raan_deg = self.raan_deg
        if raan_deg is None:
            raan_deg = raan_of_local_time_deg(epoch=self.epoch, local_time_h=self.local_time_h)
        if self.inclination_deg is None:
            inclination_rad = sun_synchronous_inclination_rad(semi_major_axis_m=axis_m)
        else:
            inclination_rad = math.radians(self.inclination_deg)
        turn_rad = 2.0 * math.pi
        return tuple(
            mean_elements(
                number=satellite,
                epoch=self.epoch,
                mean_motion_rad_min=kozai_mean_motion(
                    semi_major_axis_m=axis_m,
                    inclination_rad=inclination_rad,
                    eccentricity=float(eccentricity[satellite]),
                ),
                inclination_rad=inclination_rad,
                raan_rad=math.radians(raan_deg % 360.0),
                eccentricity=float(eccentricity[satellite]),
                argument_of_perigee_rad=float(latitude_rad + perigee_rad[satellite]) % turn_rad,
                mean_anomaly_rad=float(-perigee_rad[satellite]) % turn_rad,
            )
            for satellite in range(len(eccentricity))
        )
