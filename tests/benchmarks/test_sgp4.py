"""The propagator of the fabric's benchmark: against python-sgp4, and Vallado's example of the rotation."""

import math
import subprocess

import numpy as np
from sgp4.api import WGS72, Satrec

A_MILLIMETRE_KM = 1e-6
A_MILLIMETRE_A_SECOND_KM_S = 1e-6
EARTH_TURNS_RAD_S = 7.292e-5
JULIAN_DATE_ROUNDING_S = 2**-31 * 86400 / 2  # half of what a double resolves at 2.4 million days
ARCSECONDS_RAD = math.radians(1 / 3600)
EPOCH_DAYS = 20_000.0  # since 1950; drops out, for times count from it


def propagated(programs, rows):
    """Run the program on rows of elements, minutes, Julian date and polar motion; shape (n, 9)."""
    lines = "\n".join(" ".join(repr(float(value)) for value in row) for row in rows)
    done = subprocess.run([programs.program("sgp4-positions")], input=lines, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return np.array([[float(word) for word in line.split()] for line in done.stdout.splitlines()])


def near_earth_orbits(count):
    """Elements of many orbits, from circular to eccentric, from decaying to high, with and without drag."""
    random = np.random.default_rng(7)
    angle = 2 * math.pi
    for _ in range(count):
        yield (
            random.uniform(0, math.pi),
            random.uniform(0, angle),
            random.choice([0, 1e-7, 1e-3, 0.01, 0.1]),
            random.uniform(0, angle),
            random.uniform(0, angle),
            random.uniform(7, 16) * angle / 1440,
            random.choice([0, 1e-5, 1e-3]),
        )


def test_positions_are_those_of_python_sgp4_to_a_millimetre(programs):
    rows, expected, perigees_km = [], [], []
    for minutes, elements in zip(np.linspace(-200, 3000, 500), near_earth_orbits(500), strict=True):
        inclination, node, eccentricity, perigee, anomaly, motion, drag = elements
        satellite = Satrec()
        satellite.sgp4init(
            WGS72, "i", 1, EPOCH_DAYS, drag, 0, 0, eccentricity, perigee, inclination, anomaly, motion, node
        )
        error, position_km, velocity_km_s = satellite.sgp4_tsince(minutes)
        if error == 0:
            rows.append((*elements, minutes, 2_451_545.0, 0, 0))
            expected.append((*position_km, *velocity_km_s))
            perigees_km.append(satellite.altp * satellite.radiusearthkm)

    found = propagated(programs, rows)

    assert min(perigees_km) < 156 < 220 < max(perigees_km)  # each treatment of drag is met
    assert len(rows) > 400
    expected = np.array(expected)
    np.testing.assert_allclose(found[:, :3], expected[:, :3], rtol=0, atol=A_MILLIMETRE_KM)
    np.testing.assert_allclose(found[:, 3:6], expected[:, 3:], rtol=0, atol=A_MILLIMETRE_A_SECOND_KM_S)


def test_the_turn_to_the_earth_fixed_frame_is_that_of_vallados_formulas(programs):
    """Vallado et al. 2006, appendix C: ROT1(y) ROT2(x) ROT3(sidereal time), written with matrices."""
    elements = next(near_earth_orbits(1))
    julian_date, polar_x, polar_y = 2_453_101.827406, -0.140682 * ARCSECONDS_RAD, 0.333309 * ARCSECONDS_RAD

    (found,) = propagated(programs, [(*elements, 10.0, julian_date, polar_x, polar_y)])

    from sgp4.propagation import gstime

    sidereal = gstime(julian_date)
    turn = np.array(
        [
            [math.cos(sidereal), math.sin(sidereal), 0],
            [-math.sin(sidereal), math.cos(sidereal), 0],
            [0, 0, 1],
        ]
    )
    about_y = np.array(
        [[math.cos(polar_x), 0, -math.sin(polar_x)], [0, 1, 0], [math.sin(polar_x), 0, math.cos(polar_x)]]
    )
    about_x = np.array(
        [[1, 0, 0], [0, math.cos(polar_y), math.sin(polar_y)], [0, -math.sin(polar_y), math.cos(polar_y)]]
    )
    expected = (about_x @ about_y).T @ turn @ found[:3]
    rounding_km = JULIAN_DATE_ROUNDING_S * EARTH_TURNS_RAD_S * np.linalg.norm(expected)
    np.testing.assert_allclose(found[6:], expected, rtol=0, atol=A_MILLIMETRE_KM + rounding_km)


def test_an_orbit_of_225_minutes_or_more_is_refused(programs):
    motion = 2 * math.pi / 230
    done = subprocess.run(
        [programs.program("sgp4-positions")],
        input=f"0.9 0 0.01 0 0 {motion} 0 0 2451545 0 0",
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "225 minutes" in done.stderr
