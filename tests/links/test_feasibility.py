"""What geometry says of links: how fast a terminal turns, how low a link dips, where the Sun stands."""

import math

import numpy as np
import pytest

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation import WalkerShell, propagate
from spacemoe_ns3.links.feasibility import (
    angular_rate_rad_s,
    geocentric_latitude_rad,
    grazing_altitude_m,
    is_sunlit,
    range_m,
    sun_separation_rad,
)

RADIUS_M = 6.928e6
RATE_RAD_S = 1.1e-3  # of the orbit
ROUNDING_RAD_S = 1e-15
A_MICROMETRE_M = 1e-6
ROUNDING_RAD = 1e-12
SUN = np.array([1.0, 0.0, 0.0])
STAND_STILL_RAD_S = 1e-9  # a microradian in a thousand seconds: no gimbal sees it
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
    sky = propagate(shell.build(), end_ns=6000 * 10**9)
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


def test_antipodal_satellites_look_through_the_centre_of_the_earth():
    (one_m, _), (other_m, _) = on_circle(0.4), on_circle(0.4 + math.pi)

    assert grazing_altitude_m(one_m, other_m) == pytest.approx(-EARTH_RADIUS_M, abs=A_MICROMETRE_M)


def inclined(angle_rad, *, inclination_rad, node_rad):
    """On a circular orbit that crosses the equator northwards at a node."""
    along = np.array([math.cos(node_rad), math.sin(node_rad), 0.0])
    up = np.array(
        [
            -math.sin(node_rad) * math.cos(inclination_rad),
            math.cos(node_rad) * math.cos(inclination_rad),
            math.sin(inclination_rad),
        ]
    )
    radial = math.cos(angle_rad) * along + math.sin(angle_rad) * up
    forward = -math.sin(angle_rad) * along + math.cos(angle_rad) * up
    return RADIUS_M * radial, RADIUS_M * RATE_RAD_S * forward


@pytest.mark.parametrize("apart_deg", [1, 11.25, 60, 120])
@pytest.mark.parametrize("inclination_deg", [0, 53, 97.6])
def test_a_neighbour_in_the_plane_of_any_circular_orbit_stands_still(apart_deg, inclination_deg):
    for angle_rad in np.linspace(0, 2 * math.pi, 7):
        near, far = (
            inclined(one, inclination_rad=math.radians(inclination_deg), node_rad=0.7)
            for one in (angle_rad, angle_rad + math.radians(apart_deg))
        )
        assert rate_between(near, far) < STAND_STILL_RAD_S
        assert inertial_rate(near, far) == pytest.approx(RATE_RAD_S)


def test_satellites_whose_planes_cross_turn_by_the_difference_of_their_velocities():
    """Both pass the node along x, in planes tilted by -i and +i, the one h above the other, equally fast.

    In the frame of the lower one the peer drifts by n (a (cos 2i - 1) - h) along and n a sin 2i across,
    square to the line of sight of length h.
    """
    tilt_rad, above_m = math.radians(20), 30e3
    near = inclined(0.0, inclination_rad=-tilt_rad, node_rad=0.0)
    far_m, far_m_s = inclined(0.0, inclination_rad=tilt_rad, node_rad=0.0)
    far = far_m * (1 + above_m / RADIUS_M), far_m_s

    rate = rate_between(near, far)

    along = RADIUS_M * (math.cos(2 * tilt_rad) - 1) - above_m
    across = RADIUS_M * math.sin(2 * tilt_rad)
    assert rate == pytest.approx(RATE_RAD_S * math.hypot(along, across) / above_m, rel=1e-9)


@pytest.mark.parametrize("apart_deg", [1, 60, 180])
def test_the_range_is_the_chord(apart_deg):
    (one_m, _), (other_m, _) = on_circle(0.2), on_circle(0.2 + math.radians(apart_deg))

    chord_m = 2 * RADIUS_M * math.sin(math.radians(apart_deg) / 2)
    assert range_m(one_m, other_m) == pytest.approx(chord_m, abs=A_MICROMETRE_M)


@pytest.mark.parametrize("angle_rad", [0.0, 1e-9, 0.01, math.pi / 2, 3.0, math.pi])
def test_the_sun_is_as_far_from_the_peer_as_the_peer_is_put(angle_rad):
    receiver_m = np.array([1e6, -7e6, 2e6])
    peer_m = receiver_m + 3e6 * np.array([math.cos(angle_rad), 0.0, math.sin(angle_rad)])

    separation_rad = sun_separation_rad(receiver_m, peer_m, SUN)

    # The sum of a position of 7000 km and a line of sight keeps a nanometre of 3000 km.
    assert separation_rad == pytest.approx(angle_rad, abs=1e-9 / 3e6 + ROUNDING_RAD)


def test_the_two_ends_of_a_link_see_the_sun_at_supplementary_angles():
    random = np.random.default_rng(1)
    one_m, other_m = random.normal(size=(2, 100, 3)) * 7e6
    suns = random.normal(size=(100, 3))
    suns /= np.linalg.norm(suns, axis=1, keepdims=True)

    there, back = sun_separation_rad(one_m, other_m, suns), sun_separation_rad(other_m, one_m, suns)

    assert there + back == pytest.approx(np.full(100, math.pi), abs=ROUNDING_RAD)


@pytest.mark.parametrize(
    ("position_m", "is_lit"),
    [
        ((RADIUS_M, 0, 0), True),  # noon
        ((-RADIUS_M, 0, 0), False),  # midnight
        ((0, RADIUS_M, 0), True),  # over the terminator
        ((-1e6, 0, EARTH_RADIUS_M + 1), True),  # just beside the shadow
        ((-1e6, 0, EARTH_RADIUS_M - 1), False),
        ((-4.2e7, 0, EARTH_RADIUS_M - 1), False),  # the cylinder does not narrow
        ((1e6, 0, EARTH_RADIUS_M + 1), True),
    ],
)
def test_the_shadow_is_a_cylinder_behind_the_earth(position_m, is_lit):
    assert is_sunlit(np.array(position_m, float), SUN) == is_lit


@pytest.mark.parametrize("altitude_m", [550e3, 1200e3, 20_200e3])
def test_an_orbit_through_the_suns_direction_is_in_shadow_for_the_angle_that_the_earth_fills(altitude_m):
    """Eclipsed over 2 asin(R / a) of a turn, the longest there is."""
    steps, radius_m = 100_000, EARTH_RADIUS_M + altitude_m
    angles_rad = np.arange(steps) * 2 * math.pi / steps
    positions_m = radius_m * np.stack([np.cos(angles_rad), np.sin(angles_rad), 0 * angles_rad], axis=1)

    dark = ~is_sunlit(positions_m, SUN)

    assert abs(dark.sum() / steps - 2 * math.asin(EARTH_RADIUS_M / radius_m) / (2 * math.pi)) < 2 / steps


@pytest.mark.parametrize("latitude_deg", [-90, -53, 0, 1e-6, 87, 90])
def test_the_latitude_is_the_angle_over_the_equator(latitude_deg):
    latitude_rad = math.radians(latitude_deg)
    across_m = RADIUS_M * math.cos(latitude_rad)
    positions_m = np.array(
        [
            [across_m * math.cos(east), across_m * math.sin(east), RADIUS_M * math.sin(latitude_rad)]
            for east in (0, 2)
        ]
    )

    assert geocentric_latitude_rad(positions_m) == pytest.approx(np.full(2, latitude_rad), abs=ROUNDING_RAD)
