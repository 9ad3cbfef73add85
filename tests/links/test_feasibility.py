"""Whether geometry lets a link be up: how fast a terminal turns, how low the line of sight dips."""

import math

import numpy as np
import pytest

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation import WalkerShell, propagate
from spacemoe_ns3.links.feasibility import angular_rate_rad_s, grazing_altitude_m

RADIUS_M = 6.928e6
RATE_RAD_S = 1.1e-3  # of the orbit
ROUNDING_RAD_S = 1e-15
A_MICROMETRE_M = 1e-6
SHORT_PERIOD = 3 * 1.082616e-3  # of a circular orbit's rate: a few times J2


def on_circle(angle_rad, *, radius_m=RADIUS_M, rate_rad_s=RATE_RAD_S):
    direction = np.array([math.cos(angle_rad), math.sin(angle_rad), 0.0])
    along = np.array([-math.sin(angle_rad), math.cos(angle_rad), 0.0])
    return radius_m * direction, radius_m * rate_rad_s * along


def rate_between(near, far):
    return angular_rate_rad_s(
        position_m=near[0], velocity_m_s=near[1], peer_m=far[0], peer_velocity_m_s=far[1]
    )


def inertial_rate(near, far):
    """Of the line of sight among the stars."""
    sight, drift = far[0] - near[0], far[1] - near[1]
    return np.linalg.norm(np.cross(sight, drift), axis=-1) / np.sum(sight**2, axis=-1)


def test_the_neighbour_in_the_plane_stands_still_in_the_orbital_frame():
    """Among the stars the pair turns once an orbit, and so does a satellite that keeps facing down."""
    near, far = on_circle(0.3), on_circle(0.5)

    assert inertial_rate(near, far) == pytest.approx(RATE_RAD_S)
    assert abs(rate_between(near, far)) < ROUNDING_RAD_S


def test_neighbours_in_a_plane_that_sgp4_flies_stand_almost_still():
    """Up to what the bulge of the Earth adds to a circular orbit."""
    shell = WalkerShell(planes=1, satellites_per_plane=12, altitude_km=550, inclination_deg=87)
    sky = propagate(shell, end_ns=6000 * 10**9)
    states = sky.positions_m, sky.velocities_m_s
    near, far = ([state[:, satellite] for state in states] for satellite in (0, 1))
    orbit_rad_s = 2 * math.pi / shell.period_s

    assert inertial_rate(near, far) == pytest.approx(orbit_rad_s, rel=SHORT_PERIOD)
    assert rate_between(near, far).max() < SHORT_PERIOD * orbit_rad_s


def test_a_peer_above_turns_with_the_difference_of_the_speeds():
    """A peer h above, in the same direction: |v' - n (a + h)| / h, the frame turning with n."""
    above_m = 100e3
    peer = on_circle(0.0, radius_m=RADIUS_M + above_m, rate_rad_s=1.05e-3)

    rate = rate_between(on_circle(0.0), peer)

    assert rate == pytest.approx((RATE_RAD_S - 1.05e-3) * (RADIUS_M + above_m) / above_m, rel=1e-9)


def test_a_peer_that_comes_the_other_way_turns_by_twice_its_angular_speed_over_the_angle():
    """Crossing orbits d apart in height: speeds of opposite sign add up, 2 v / d and more."""
    apart_m = 50e3
    peer = on_circle(0.0, radius_m=RADIUS_M + apart_m, rate_rad_s=-RATE_RAD_S)

    rate = rate_between(on_circle(0.0), peer)

    assert rate == pytest.approx(2 * RATE_RAD_S * (RADIUS_M + apart_m) / apart_m, rel=1e-9)


def test_many_links_at_once_give_what_they_give_one_by_one():
    pairs = [(on_circle(0.1 * number), on_circle(0.3, radius_m=7e6 + 1e5 * number)) for number in range(5)]

    together = angular_rate_rad_s(
        position_m=np.array([near[0] for near, _ in pairs]),
        velocity_m_s=np.array([near[1] for near, _ in pairs]),
        peer_m=np.array([far[0] for _, far in pairs]),
        peer_velocity_m_s=np.array([far[1] for _, far in pairs]),
    )

    assert together == pytest.approx([rate_between(*pair) for pair in pairs], rel=1e-12)


@pytest.mark.parametrize("apart_deg", [1, 30, 90, 120, 179])
def test_the_line_of_sight_of_equally_high_satellites_dips_to_the_middle_of_the_chord(apart_deg):
    """A chord of a circle of radius a comes as near as a cos(half the angle) to its centre."""
    (one_m, _), (other_m, _) = on_circle(0.0), on_circle(math.radians(apart_deg))

    lowest_m = grazing_altitude_m(one_m, other_m)

    by_hand_m = RADIUS_M * math.cos(math.radians(apart_deg) / 2) - EARTH_RADIUS_M
    assert lowest_m == pytest.approx(by_hand_m, abs=A_MICROMETRE_M)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_line_of_sight_that_only_climbs_is_lowest_at_its_lower_end(swapped):
    low_m, high_m = np.array([7.0e6, 0.0, 0.0]), np.array([9.0e6, 1.0e6, 0.0])
    ends = (high_m, low_m) if swapped else (low_m, high_m)

    assert grazing_altitude_m(*ends) == pytest.approx(7.0e6 - EARTH_RADIUS_M, abs=A_MICROMETRE_M)


def test_a_line_of_sight_through_the_earth_has_a_negative_altitude():
    (one_m, _), (other_m, _) = on_circle(0.0), on_circle(math.pi * 0.99)

    assert grazing_altitude_m(one_m, other_m) < 0
