"""Ephemerides: SGP4 at the knots, Hermite between them, checked against python-sgp4 called directly."""

import math
from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from builders import one_plane
from sgp4.api import WGS72, Satrec, jday

from spacemoe_ns3.constellation import Constellation, Ephemeris, WalkerShell, propagate, teme_positions
from spacemoe_ns3.constellation.propagate import KNOT_STEP_NS
from spacemoe_ns3.errors import ScenarioError

# SGP4's own velocity is not quite the derivative of its position, which the ephemeris has instead.
# Turns the line of sight between satellites 100 km apart by 2 microradians a second: the limits of
# laser terminals are of the order of 0.1 rad/s.
TWENTY_CENTIMETRES_A_SECOND = 0.2
A_MICROMETRE_M = 1e-6
A_MILLIMETRE_M = 1e-3
ORBIT_NS = 5800 * 10**9
DAY = timedelta(days=1)


def shell(**changes):
    settings = {
        "planes": 3,
        "satellites_per_plane": 4,
        "altitude_km": 550,
        "inclination_deg": 87,
        "phasing": 1,
    }
    return WalkerShell(**{**settings, **changes})


def plain_sgp4(some_shell, satellite, time_ns):
    """Position and velocity in metres by python-sgp4, from elements written out once more."""
    plane, place = divmod(satellite, some_shell.satellites_per_plane)
    epoch = datetime.fromisoformat(some_shell.epoch)
    record = Satrec()
    record.sgp4init(
        WGS72,
        "i",
        satellite,
        (epoch - datetime(1949, 12, 31)) / DAY,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        math.radians(some_shell.inclination_deg),
        2
        * math.pi
        * (place / some_shell.satellites_per_plane + some_shell.phasing * plane / some_shell.satellites),
        some_shell.mean_motion_rad_min,
        2 * math.pi * plane / some_shell.planes,
    )
    day, fraction = jday(epoch.year, epoch.month, epoch.day, epoch.hour, epoch.minute, epoch.second)
    error, position_km, velocity_km_s = record.sgp4(day, fraction + time_ns / 1e9 / 86_400)
    assert error == 0
    return np.array(position_km) * 1e3, np.array(velocity_km_s) * 1e3


def circular(times_s, *, rate=1.1e-3, radius_m=6.928e6):
    """A circular orbit in closed form: positions and velocities of shape (n, 3)."""
    angle = rate * np.asarray(times_s)
    zero = np.zeros_like(angle)
    position_m = radius_m * np.stack([np.cos(angle), np.sin(angle), zero], axis=-1)
    velocity_m_s = radius_m * rate * np.stack([-np.sin(angle), np.cos(angle), zero], axis=-1)
    return position_m, velocity_m_s


def circular_ephemeris(*, knots=40, step_s=15.0):
    position_m, velocity_m_s = circular(np.arange(knots) * step_s)
    return Ephemeris(
        step_ns=round(step_s * 1e9),
        positions_m=position_m[:, np.newaxis],
        velocities_m_s=velocity_m_s[:, np.newaxis],
    )


@pytest.fixture(scope="module", params=[(300, 97), (550, 87), (550, 0), (1000, 60), (20_200, 55)], ids=str)
def compared(request):
    """Random satellites and times of a shell: interpolated, and by python-sgp4 directly."""
    altitude_km, inclination_deg = request.param
    some_shell = shell(altitude_km=altitude_km, inclination_deg=inclination_deg)
    sky = propagate(some_shell.build(), end_ns=ORBIT_NS)
    random = np.random.default_rng(1)
    satellites = random.integers(0, some_shell.satellites, 400)
    times_ns = random.integers(0, sky.end_ns, 400, endpoint=True)
    direct = [
        plain_sgp4(some_shell, *pair) for pair in zip(satellites.tolist(), times_ns.tolist(), strict=True)
    ]
    return SimpleNamespace(
        positions_m=sky.positions_at(satellites, times_ns),
        velocities_m_s=sky.velocities_at(satellites, times_ns),
        direct_positions_m=np.array([position for position, _ in direct]),
        direct_velocities_m_s=np.array([velocity for _, velocity in direct]),
    )


def test_positions_between_knots_are_those_of_sgp4(compared):
    off_m = np.linalg.norm(compared.positions_m - compared.direct_positions_m, axis=1)

    assert off_m.max() < A_MILLIMETRE_M


def test_velocities_between_knots_are_those_of_sgp4(compared):
    off_m_s = np.linalg.norm(compared.velocities_m_s - compared.direct_velocities_m_s, axis=1)

    assert off_m_s.max() < TWENTY_CENTIMETRES_A_SECOND


def test_knots_are_sgp4s_own_positions_and_their_slope():
    """A difference over 0.2 s is off by h^2 / 6 times the third derivative: 15 micrometres a second."""
    some_shell = shell()
    sky = propagate(some_shell.build(), end_ns=ORBIT_NS)
    tenth_ns, tenth_s = 10**8, 0.1
    slope_error_m_s = 1e-6 + tenth_s**2 / 6 * 1.1e-3**3 * 6.928e6

    for satellite, knot in [(0, 0), (5, 1), (7, 200), (11, len(sky.positions_m) - 1)]:
        position_m, _ = plain_sgp4(some_shell, satellite, knot * KNOT_STEP_NS)
        after_m, _ = plain_sgp4(some_shell, satellite, knot * KNOT_STEP_NS + tenth_ns)
        before_m, _ = plain_sgp4(some_shell, satellite, knot * KNOT_STEP_NS - tenth_ns)
        slope_m_s = (after_m - before_m) / (2 * tenth_s)
        assert np.abs(sky.positions_m[knot, satellite] - position_m).max() < A_MICROMETRE_M * 10
        assert np.abs(sky.velocities_m_s[knot, satellite] - slope_m_s).max() < slope_error_m_s


def test_all_satellites_at_once_are_where_a_plain_loop_puts_them():
    some_shell = shell()
    times_ns = np.random.default_rng(3).integers(0, ORBIT_NS, 20)

    at_once_m = teme_positions(some_shell.build(), times_ns)

    for row, time_ns in enumerate(times_ns.tolist()):
        for satellite in range(some_shell.satellites):
            position_m, _ = plain_sgp4(some_shell, satellite, time_ns)
            assert np.abs(at_once_m[row, satellite] - position_m).max() < A_MILLIMETRE_M


def test_a_circle_is_interpolated_within_the_bound_of_cubic_hermite():
    """The error is at most h^4 / 384 times the fourth derivative; 1.3 mm with knots of 15 s at 550 km."""
    sky = circular_ephemeris()
    times_ns = np.random.default_rng(2).integers(0, sky.end_ns, 2000)
    exact_m, _ = circular(times_ns / 1e9)
    bound_m = 15.0**4 / 384 * 1.1e-3**4 * 6.928e6

    off_m = np.linalg.norm(sky.positions_at(np.zeros(2000, int), times_ns) - exact_m, axis=1)

    assert off_m.max() < bound_m + A_MICROMETRE_M
    assert off_m.max() > bound_m / 2  # it is a cubic, and not something finer


def test_a_cubic_is_interpolated_exactly():
    def cubic(seconds):
        s = np.asarray(seconds, dtype=float)[:, np.newaxis]
        return (
            np.array([7.0e6, 1e3, -2e3])
            + s * [10.0, 7e3, -3.0]
            + s**2 * [1.0, -4.0, 2.0]
            + s**3 * [0.02, 0, -0.01],
            np.array([10.0, 7e3, -3.0]) + 2 * s * [1.0, -4.0, 2.0] + 3 * s**2 * [0.02, 0, -0.01],
        )

    positions_m, velocities_m_s = cubic(np.arange(5) * 15.0)
    sky = Ephemeris(
        step_ns=15 * 10**9,
        positions_m=positions_m[:, np.newaxis],
        velocities_m_s=velocities_m_s[:, np.newaxis],
    )
    times_ns = np.array([0, 1, 7_500_000_000, 14_999_999_999, 15 * 10**9, 44_123_456_789, 60 * 10**9])
    everyone = np.zeros(len(times_ns), int)
    exact_m, exact_m_s = cubic(times_ns / 1e9)

    assert np.abs(sky.positions_at(everyone, times_ns) - exact_m).max() < A_MICROMETRE_M
    assert np.abs(sky.velocities_at(everyone, times_ns) - exact_m_s).max() < A_MICROMETRE_M


def test_interpolated_velocities_are_the_slope_of_interpolated_positions():
    sky = propagate(shell().build(), end_ns=ORBIT_NS)
    satellites = np.arange(12)
    times_ns = np.arange(12) * 31_234_567_890 + 10**9
    after, before = (sky.positions_at(satellites, times_ns + side) for side in (10**6, -(10**6)))
    rounding_m_s = 1e-8 / 1e-3  # of positions of 7e6 m, told apart over 2 ms

    slope_m_s = (after - before) / 2e-3

    assert np.abs(slope_m_s - sky.velocities_at(satellites, times_ns)).max() < rounding_m_s


def test_the_last_knot_can_be_asked_for():
    sky = circular_ephemeris(knots=3)

    position_m = sky.positions_at(np.array([0]), np.array([sky.end_ns]))

    assert np.abs(position_m - sky.positions_m[-1]).max() < A_MICROMETRE_M


@pytest.mark.parametrize("times_ns", [[-1], [30_000_000_001], [0, 30_000_000_001], [-1, 5]])
@pytest.mark.parametrize("method", ["positions_at", "velocities_at"])
def test_a_time_outside_the_knots_is_refused(times_ns, method):
    sky = circular_ephemeris(knots=3)

    with pytest.raises(ValueError, match="outside the knots, 0 to 30000000000 ns"):
        getattr(sky, method)(np.zeros(len(times_ns), int), np.array(times_ns))


def test_the_refusal_names_the_time_that_is_outside():
    sky = circular_ephemeris(knots=3)

    with pytest.raises(ValueError, match="-7 ns is outside"):
        sky.positions_at(np.zeros(2, int), np.array([-7, 5]))


@pytest.mark.parametrize("end_ns", [0, 1, 15 * 10**9, 15 * 10**9 + 1, 100 * 10**9])
def test_the_knots_reach_as_far_as_asked(end_ns):
    sky = propagate(shell().build(), end_ns=end_ns)

    assert sky.end_ns >= end_ns
    assert sky.satellites == 12


@pytest.mark.parametrize(
    "epoch", ["2026-01-02T00:00:00", "2026-01-01T18:34:56", "2000-02-29T00:00:00.250000"]
)
def test_a_shells_sky_begins_at_its_own_epoch(epoch):
    """Low orbits follow the same path from whatever epoch; a day off, they would be half a turn away."""
    first = propagate(shell().build(), end_ns=ORBIT_NS)
    later = propagate(shell(epoch=epoch).build(), end_ns=ORBIT_NS)

    assert np.abs(first.positions_m - later.positions_m).max() < A_MILLIMETRE_M


def test_the_moon_and_the_sun_tell_two_epochs_of_a_high_orbit_apart():
    """Above 225 minutes SGP4 has them, and they depend on the date."""
    first, later = (
        propagate(shell(altitude_km=20_200, epoch=epoch).build(), end_ns=ORBIT_NS)
        for epoch in ("2026-01-01T00:00:00", "2026-01-08T00:00:00")
    )

    assert np.abs(first.positions_m - later.positions_m).max() > 1.0


def test_a_satellite_that_sgp4_gives_up_on_is_named():
    """No shell can be asked for below 120 km; this one would fly inside the Earth."""
    buried = Satrec()
    motion_rad_min = 0.076  # a turn in 83 minutes: at the Earth's surface it takes 84.5
    buried.sgp4init(WGS72, "i", 1, 27_760.0, 0, 0, 0, 0.0, 0, 1.0, 0, motion_rad_min, 0)
    hopeless = Constellation(layout=one_plane(1), epoch="2026-01-01T00:00:00", elements=(buried,))

    with pytest.raises(ScenarioError, match=r"constellation: SGP4 cannot propagate satellite 0 \(sat-0\) "):
        propagate(hopeless, end_ns=10**9)


@pytest.mark.parametrize(
    ("positions", "velocities"),
    [((1, 2, 3), (1, 2, 3)), ((3, 2, 3), (3, 1, 3)), ((3, 2, 2), (3, 2, 2)), ((3, 3), (3, 3))],
)
def test_an_ephemeris_checks_its_shapes(positions, velocities):
    with pytest.raises(ValueError, match="must both have the shape"):
        Ephemeris(step_ns=1, positions_m=np.zeros(positions), velocities_m_s=np.zeros(velocities))


def test_a_satellite_that_sgp4_puts_among_the_planets_is_named():
    """B* of 0.5 a month on: long after the decay SGP4 reports no error, but a radius of ten Earths."""
    falling = Satrec()
    motion_rad_min = 0.0656  # 15 turns a day, at 550 km
    falling.sgp4init(WGS72, "i", 1, 27_760.0, 0.5, 0, 0, 0.0, 0, 1.0, 0, motion_rad_min, 0)
    error, position_km, _ = falling.sgp4_tsince(30.0 * 1440)
    assert error == 0
    assert np.linalg.norm(position_km) > 10 * 6378
    sky = Constellation(layout=one_plane(1), epoch="2026-01-31T00:00:00", elements=(falling,))

    with pytest.raises(ScenarioError, match="cannot propagate satellite 0"):
        teme_positions(sky, np.array([0]))
