"""SGP4 once, at knots; cubic Hermite interpolation between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sgp4.api import SGP4_ERRORS, SatrecArray, jday

from spacemoe_ns3.constants import METRES_PER_KILOMETRE, NANOSECONDS_PER_SECOND, SECONDS_PER_DAY
from spacemoe_ns3.constellation.base import Constellation
from spacemoe_ns3.errors import ScenarioError, require

_BYTES_A_STATE = 6 * 8  # position and velocity
_MOST_BYTES = 4 * 2**30
# The cubic's error is step^4 / 384 times the fourth derivative of the position, which is a (2 pi / period)^4:
# 0.3 mm at 10 s in the lowest orbits.
KNOT_STEP_NS = 10 * NANOSECONDS_PER_SECOND
_FARTHEST_AXES = 4.0  # an ellipse stays within two of its semi-major axes
_DECAYED = 6  # SGP4's error code
_CENTRAL_WEIGHTS = (3 / 4, -3 / 20, 1 / 60)  # first derivative, sixth order; Fornberg 1988, table 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ephemeris:
    """Positions and velocities of all satellites at evenly spaced knots, the first at time zero.

    Parameters
    ----------
    step_ns
        Nanoseconds between knots.
    positions_m
        Metres, TEME, shape (knots, S, 3).
    velocities_m_s
        Metres a second, TEME, shape (knots, S, 3).

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than two knots.
    """

    step_ns: int
    positions_m: np.ndarray
    velocities_m_s: np.ndarray

    def __post_init__(self) -> None:
        shape = self.positions_m.shape
        if shape != self.velocities_m_s.shape or len(shape) != 3 or shape[0] < 2 or shape[2] != 3:
            raise ValueError(
                f"ephemeris: positions {shape} and velocities {self.velocities_m_s.shape} must both have "
                "the shape (knots >= 2, satellites, 3)"
            )

    @property
    def satellites(self) -> int:
        """Number of satellites S."""
        return int(self.positions_m.shape[1])

    @property
    def end_ns(self) -> int:
        """Time of the last knot in nanoseconds."""
        return (len(self.positions_m) - 1) * self.step_ns

    def positions_at(self, satellites: np.ndarray, times_ns: np.ndarray) -> np.ndarray:
        """Interpolate positions.

        The order of the floating-point operations is that of ``EphemerisKnots`` in
        ``ns3-modules/leo``, so that both engines round a light time to the same nanosecond.

        Parameters
        ----------
        satellites
            Indices, shape (n,).
        times_ns
            Nanoseconds, int64, shape (n,), each between 0 and :attr:`end_ns`.

        Returns
        -------
        Metres, TEME, shape (n, 3).

        Raises
        ------
        ValueError
            If a time lies outside the knots.
        """
        knot, s = self._locate(times_ns)
        step_s = self.step_ns / 1e9
        rest = 1.0 - s
        h00 = (1.0 + 2.0 * s) * (rest * rest)
        h10 = (s * (rest * rest)) * step_s
        h01 = (s * s) * (3.0 - 2.0 * s)
        h11 = ((s * s) * (s - 1.0)) * step_s
        p0, p1 = self.positions_m[knot, satellites], self.positions_m[knot + 1, satellites]
        v0, v1 = self.velocities_m_s[knot, satellites], self.velocities_m_s[knot + 1, satellites]
        position: np.ndarray = ((h00 * p0 + h10 * v0) + h01 * p1) + h11 * v1
        return position

    def velocities_at(self, satellites: np.ndarray, times_ns: np.ndarray) -> np.ndarray:
        """Interpolate velocities: the derivative of :meth:`positions_at`, same shapes, metres a second."""
        knot, s = self._locate(times_ns)
        step_s = self.step_ns / 1e9
        d00 = (6.0 * s * s - 6.0 * s) / step_s
        d10 = 3.0 * s * s - 4.0 * s + 1.0
        d11 = 3.0 * s * s - 2.0 * s
        p0, p1 = self.positions_m[knot, satellites], self.positions_m[knot + 1, satellites]
        v0, v1 = self.velocities_m_s[knot, satellites], self.velocities_m_s[knot + 1, satellites]
        velocity: np.ndarray = d00 * (p0 - p1) + d10 * v0 + d11 * v1
        return velocity

    def _locate(self, times_ns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the knot before each time, and the fraction of the step, of shape (n, 1)."""
        times_ns = np.asarray(times_ns, dtype=np.int64)
        outside = (times_ns < 0) | (times_ns > self.end_ns)
        if outside.any():
            time_ns = times_ns[outside][0]
            raise ValueError(f"ephemeris: {time_ns} ns is outside the knots, 0 to {self.end_ns} ns")
        knot = np.minimum(times_ns // self.step_ns, self.positions_m.shape[0] - 2)
        fraction = (times_ns - knot * self.step_ns).astype(np.float64) / float(self.step_ns)
        return knot, fraction[:, np.newaxis]


def propagate(constellation: Constellation, *, end_ns: int, step_ns: int = KNOT_STEP_NS) -> Ephemeris:
    """Propagate a constellation with SGP4.

    The velocities at the knots are the derivatives of SGP4's positions, by central differences of sixth
    order, and not SGP4's own: those differ from the derivatives by centimetres a second, which would put
    the cubic off by centimetres between knots.

    Parameters
    ----------
    constellation
        The satellites; its epoch is time zero.
    end_ns
        The knots reach at least this far, in nanoseconds.
    step_ns
        Nanoseconds between knots.

    Returns
    -------
    The ephemeris in TEME, the frame of SGP4.

    Raises
    ------
    ScenarioError
        If SGP4 reports an error for a satellite.
    """
    knots = max(2, -(-end_ns // step_ns) + 1)
    size_bytes = knots * constellation.satellites * _BYTES_A_STATE
    require(
        size_bytes <= _MOST_BYTES,
        f"slots.span_s: {constellation.satellites} satellites over {end_ns / NANOSECONDS_PER_SECOND:.3g} s "
        f"need {size_bytes / 2**30:.3g} GiB of positions, at most {_MOST_BYTES / 2**30:g} are allowed; "
        "shorten the span",
    )
    margin = len(_CENTRAL_WEIGHTS)
    times_ns = np.arange(-margin, knots + margin, dtype=np.int64) * step_ns
    positions_m = teme_positions(constellation, times_ns)
    velocities_m_s = np.zeros((knots, constellation.satellites, 3))
    for ahead, weight in enumerate(_CENTRAL_WEIGHTS, start=1):
        after = positions_m[margin + ahead : margin + ahead + knots]
        before = positions_m[margin - ahead : margin - ahead + knots]
        velocities_m_s += weight * (after - before)
    velocities_m_s /= step_ns / NANOSECONDS_PER_SECOND
    return Ephemeris(
        step_ns=step_ns,
        positions_m=np.ascontiguousarray(positions_m[margin : margin + knots]),
        velocities_m_s=velocities_m_s,
    )


def teme_positions(constellation: Constellation, times_ns: np.ndarray) -> np.ndarray:
    """Evaluate SGP4 itself.

    Parameters
    ----------
    constellation
        The satellites; its epoch is time zero.
    times_ns
        Nanoseconds, int64, shape (n,).

    Returns
    -------
    Metres, TEME, shape (n, S, 3).

    Raises
    ------
    ScenarioError
        If SGP4 reports an error for a satellite.
    """
    start = constellation.start
    seconds = start.second + start.microsecond / 1e6
    day, fraction = jday(start.year, start.month, start.day, start.hour, start.minute, seconds)
    offsets = fraction + times_ns / (NANOSECONDS_PER_SECOND * SECONDS_PER_DAY)
    errors, positions_km, _ = SatrecArray(constellation.elements).sgp4(np.full(len(times_ns), day), offsets)
    # Long after a satellite has decayed SGP4 may report no error and put it among the planets.
    radius_km = np.linalg.norm(positions_km, axis=2)
    axis_km = np.array([each.a * each.radiusearthkm for each in constellation.elements])[:, np.newaxis]
    errors = np.where((errors == 0) & ~(radius_km < _FARTHEST_AXES * axis_km), _DECAYED, errors)
    if errors.any():
        satellite, time = np.argwhere(errors)[0]
        raise ScenarioError(
            f"constellation: SGP4 cannot propagate satellite {satellite} "
            f"({constellation.layout.names[satellite]}) {times_ns[time] / NANOSECONDS_PER_SECOND:g} s after "
            f"{constellation.epoch}: {SGP4_ERRORS[int(errors[satellite, time])]}; choose other elements, "
            "or a shorter span"
        )
    metres: np.ndarray = positions_km.transpose(1, 0, 2) * METRES_PER_KILOMETRE
    return metres
