"""Write two-line elements as a catalogue would list Starlink's 70-degree shell; no real satellites.

    python benchmarks/generate_tles.py [--seed SEED] [--out FILE]

36 planes of 20 places at 570 km and 70 degrees (FCC, SAT-MOD-20200417-00037); the phasing, 11, is our choice,
since filings do not tell it. Each satellite strays a little from its place and has its elements at an epoch
of its own in the two days before the nominal one, turned back there with SGP4's secular rates. Four places
are vacant, two spares fly beside satellites that hold their places, and two satellites at 350 km are still
raising their orbits. The satellites are in no order. Names tell the truth: ``SYN P03 S07`` is at place 7 of
plane 3.

The same seed gives the same file, byte for byte, on any machine: only ``random.random`` of Python is used,
which Python promises not to change.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import NormalDist

from sgp4.api import WGS72, Satrec
from sgp4.exporter import export_tle

PLANES = 36  # SAT-MOD-20200417-00037, with the two lines below
PLACES = 20
ALTITUDE_KM, INCLINATION_DEG = 570.0, 70.0
PHASING = 11  # our choice
VACANT = ((2, 5), (11, 0), (23, 19), (30, 12))  # plane and place
SPARES = ((7, 3), (28, 16))
SPARE_AHEAD_DEG = 2.5  # of the satellite that holds the place; places are 18 degrees apart
RAISING_ALTITUDE_KM = 350.0
RAISING_NODES_DEG = (44.0, 261.0)
EPOCH = datetime(2026, 1, 3)  # all satellites are in their places
SPREAD_DAYS = 2.0  # the epochs of the elements are in so many days before it

NODE_NOISE_DEG = 0.05  # standard deviations
LATITUDE_NOISE_DEG = 0.3
INCLINATION_NOISE_DEG = 0.005
ALTITUDE_NOISE_KM = 0.2
ECCENTRICITY_NOISE = 1e-4  # of each component of the eccentricity vector

FIRST_NUMBER = 90_001  # any; of five digits
DEFAULT_SEED = 1
DEFAULT_OUT = Path("scenarios/data/starlink-570-synthetic.tle")

_EPOCH_OF_SGP4 = datetime(1949, 12, 31)  # sgp4init counts days from here
_MINUTES_A_DAY = 1440.0
_EPOCH_DIGITS = 8  # of a day, in a two-line element set
_ANGLE_DIGITS = 4  # of a degree


@dataclass(frozen=True, slots=True, kw_only=True)
class Orbit:
    """Where a satellite should be at the nominal epoch.

    Parameters
    ----------
    name
        The satellite's name.
    altitude_km
        Brouwer semi-major axis less SGP4's equatorial radius.
    node_deg
        Right ascension of the ascending node.
    latitude_deg
        Mean argument of latitude.
    """

    name: str
    altitude_km: float
    node_deg: float
    latitude_deg: float


def orbits() -> list[Orbit]:
    """Return all satellites without noise: places in order, then spares, then those on their way up."""

    def at(plane: int, place: int, suffix: str = "", ahead_deg: float = 0.0) -> Orbit:
        return Orbit(
            name=f"SYN P{plane:02d} S{place:02d}{suffix}",
            altitude_km=ALTITUDE_KM,
            node_deg=360.0 * plane / PLANES,
            latitude_deg=360.0 * (place / PLACES + PHASING * plane / (PLANES * PLACES)) + ahead_deg,
        )

    placed = [
        at(plane, place) for plane in range(PLANES) for place in range(PLACES) if (plane, place) not in VACANT
    ]
    spares = [at(plane, place, " SPARE", SPARE_AHEAD_DEG) for plane, place in SPARES]
    raising = [
        Orbit(name=f"SYN RAISING {index}", altitude_km=RAISING_ALTITUDE_KM, node_deg=node, latitude_deg=0.0)
        for index, node in enumerate(RAISING_NODES_DEG, start=1)
    ]
    return placed + spares + raising


def generate(seed: int = DEFAULT_SEED) -> str:
    """Return the file's text.

    Parameters
    ----------
    seed
        Of the noise, the epochs and the order.

    Returns
    -------
    Comments, then three lines a satellite.
    """
    chance = random.Random(seed)
    lines = [
        "# Synthetic: no such satellites fly. Starlink's 70-degree shell with noise, vacancies and spares,",
        f"# all in place at {EPOCH.isoformat()} UTC",
        f"# Made by: python benchmarks/generate_tles.py --seed {seed}",
    ]
    satellites = orbits()
    for index in range(len(satellites) - 1, 0, -1):  # Fisher & Yates; random.shuffle is not promised to last
        other = int(chance.random() * (index + 1))
        satellites[index], satellites[other] = satellites[other], satellites[index]
    for number, orbit in enumerate(satellites, start=FIRST_NUMBER):
        lines += [orbit.name, *export_tle(_elements(orbit, number, _draws(chance)))]
    return "\n".join(lines) + "\n"


def _draws(chance: random.Random) -> Iterator[float]:
    """Yield numbers above 0 and below 1."""
    while True:
        draw = chance.random()
        if draw > 0.0:
            yield draw


def _elements(orbit: Orbit, number: int, draws: Iterator[float]) -> Satrec:
    """Return a satellite's elements at an epoch of its own, with noise."""
    days_before = round(SPREAD_DAYS * next(draws), _EPOCH_DIGITS)
    e_cos, e_sin, node, latitude, inclination, altitude = (
        NormalDist(0.0, deviation).inv_cdf(next(draws))
        for deviation in (
            ECCENTRICITY_NOISE,
            ECCENTRICITY_NOISE,
            NODE_NOISE_DEG,
            LATITUDE_NOISE_DEG,
            INCLINATION_NOISE_DEG,
            ALTITUDE_NOISE_KM,
        )
    )
    eccentricity, perigee_deg = math.hypot(e_cos, e_sin), math.degrees(math.atan2(e_sin, e_cos))
    shape = {
        "number": number,
        "day": (EPOCH - _EPOCH_OF_SGP4).days - days_before,
        "eccentricity": eccentricity,
        "inclination_deg": INCLINATION_DEG + inclination,
    }
    nominal = {
        "node_deg": orbit.node_deg + node,
        "perigee_deg": perigee_deg,
        "anomaly_deg": orbit.latitude_deg + latitude - perigee_deg,
    }
    motion = _mean_motion(orbit.altitude_km + altitude, shape)
    there = _satellite(motion_rad_min=motion, **shape, **nominal)
    rates = {"node_deg": there.nodedot, "perigee_deg": there.argpdot, "anomaly_deg": there.mdot}
    minutes = days_before * _MINUTES_A_DAY
    at_own_epoch = {key: nominal[key] - math.degrees(rate) * minutes for key, rate in rates.items()}
    return _satellite(motion_rad_min=motion, **shape, **at_own_epoch)


def _mean_motion(altitude_km: float, shape: dict[str, float]) -> float:
    """Return the mean motion at which SGP4 flies an altitude: it knows its own semi-major axis."""
    motion = 2.0 * math.pi * 15.0 / _MINUTES_A_DAY
    for _ in range(8):  # each round gains three digits
        trial = _satellite(motion_rad_min=motion, node_deg=0.0, perigee_deg=0.0, anomaly_deg=0.0, **shape)
        motion *= (trial.a / (1.0 + altitude_km / trial.radiusearthkm)) ** 1.5
    return motion


def _satellite(
    *,
    number: float,
    day: float,
    eccentricity: float,
    inclination_deg: float,
    motion_rad_min: float,
    node_deg: float,
    perigee_deg: float,
    anomaly_deg: float,
) -> Satrec:
    """Return SGP4's record, its angles rounded as a two-line element set states them, without drag."""
    angles = (
        math.radians(round(angle % 360.0, _ANGLE_DIGITS) % 360.0)
        for angle in (perigee_deg, inclination_deg, anomaly_deg, node_deg)
    )
    perigee, inclination, anomaly, node = angles
    record = Satrec()
    record.sgp4init(
        WGS72,
        "i",
        int(number),
        day,
        0.0,
        0.0,
        0.0,
        eccentricity,
        perigee,
        inclination,
        anomaly,
        motion_rad_min,
        node,
    )
    record.classification = "U"
    record.intldesg = "26001A"
    return record


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of noise, epochs and order")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="file to write")
    arguments = parser.parse_args()
    arguments.out.write_text(generate(arguments.seed), encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
