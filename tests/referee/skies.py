"""Where the referee's satellites are, and how long light takes between them: nothing of the project."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from sgp4.api import WGS72, Satrec, jday

SPEED_OF_LIGHT_M_S = 299_792_458.0  # exact, SI
# ns-3 has satellites on cubics between knots, off by 0.3 mm of SGP4's orbit, and lets receivers fly straight
# while light is under way, though they fall.
CUBIC_M = 0.3e-3
LOW_ORBIT_GRAVITY_M_S2 = 9.0


class StillSky:
    """Satellites that stand in metres from a common origin."""

    def __init__(self, positions_m: Sequence[Sequence[float]]) -> None:
        self.positions_m = [tuple(map(float, position)) for position in positions_m]

    def light_ns(self, here: int, to: int, _when_ns: int) -> int:
        """Return the nearest whole nanosecond."""
        return math.floor(self.mid_slot_s(here, to, 0) * 1e9 + 0.5)

    def mid_slot_s(self, here: int, to: int, _slot: int) -> float:
        """Return the distance over the speed of light."""
        return math.dist(self.positions_m[here], self.positions_m[to]) / SPEED_OF_LIGHT_M_S


class MovingSky:
    """A Walker shell ``i: t/p/f`` of circular orbits, by SGP4 itself at every moment that is asked for.

    ``doubtful`` counts the light times so near to half a nanosecond that ns-3, with what it leaves out, may
    round them otherwise.
    """

    def __init__(
        self, *, planes: int, places: int, phasing: int, inclination_deg: float, rev_day: float, slot_ns: int
    ) -> None:
        self.slot_ns = slot_ns
        self.doubtful = 0
        self._day, self._fraction = jday(2026, 1, 1, 0, 0, 0)
        self._satellites = [
            self._satellite(
                node_deg=360 * plane / planes,
                anomaly_deg=360 * place / places + 360 * phasing * plane / (planes * places),
                inclination_deg=inclination_deg,
                rev_day=rev_day,
            )
            for plane in range(planes)
            for place in range(places)
        ]

    def _satellite(
        self, *, node_deg: float, anomaly_deg: float, inclination_deg: float, rev_day: float
    ) -> Satrec:
        satellite = Satrec()
        days_since_1949_12_31 = self._day - 2433281.5 + self._fraction
        satellite.sgp4init(
            WGS72,
            "i",
            1,
            days_since_1949_12_31,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            math.radians(inclination_deg),
            math.radians(anomaly_deg % 360),
            rev_day * 2 * math.pi / 1440,
            math.radians(node_deg),
        )
        return satellite

    def position_m(self, satellite: int, when_ns: float) -> np.ndarray:
        """Return where SGP4 has a satellite, metres."""
        offset = self._fraction + when_ns / 86400e9
        error, position_km, _ = self._satellites[satellite].sgp4(self._day, offset)
        assert error == 0
        return 1000 * np.array(position_km)

    def light_ns(self, here: int, to: int, when_ns: int) -> int:
        """Return the time after which light meets the receiver where it is by then, by repetition."""
        source_m, light_ns = self.position_m(here, when_ns), 0.0
        for _ in range(5):  # each makes the error smaller by v / c, 25 ppm
            meeting_m = self.position_m(to, when_ns + light_ns)
            light_ns = float(np.linalg.norm(meeting_m - source_m)) / SPEED_OF_LIGHT_M_S * 1e9
        left_out_m = CUBIC_M + LOW_ORBIT_GRAVITY_M_S2 / 2 * (light_ns / 1e9) ** 2
        self.doubtful += abs(light_ns % 1 - 0.5) < left_out_m / SPEED_OF_LIGHT_M_S * 1e9
        return math.floor(light_ns + 0.5)

    def mid_slot_s(self, here: int, to: int, slot: int) -> float:
        """Return the distance at the middle of a slot over the speed of light."""
        middle_ns = slot * self.slot_ns + self.slot_ns // 2
        apart_m = self.position_m(here, middle_ns) - self.position_m(to, middle_ns)
        return float(np.linalg.norm(apart_m)) / SPEED_OF_LIGHT_M_S
