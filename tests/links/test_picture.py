"""What figures of a sky show: positions over the Earth, formations, the history of a link."""

import dataclasses

import numpy as np
import pytest
from builders import network

from spacemoe_ns3 import LaserLinks, MultiShell, PlusGrid, Slots, WalkerShell
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import propagate
from spacemoe_ns3.constellation.presets import preset
from spacemoe_ns3.links import DownReason, LinkKind, build_timeline
from spacemoe_ns3.links.picture import (
    formation_positions_m,
    length_history,
    sky_map,
)
from spacemoe_ns3.report.projection import ACROSS, ALONG, RADIAL

A_MILLIMETRE_M = 1e-3
MOTION_OF_THE_POLE_M = 50.0  # 0.6 arc seconds at 14,400 km from the Earth's middle
TWO_METRES_M = 2.0
J2_OF_AN_ORBIT = 3e-3  # short-period terms move satellites by up to some kilometres, of 7000
WGS84_A_M, WGS84_INVERSE_FLATTENING = 6_378_137.0, 298.257223563  # NGA.STND.0036, table 3.1


UP, OUTAGE, HORIZON, UNASSIGNED = DownReason.UP, DownReason.OUTAGE, DownReason.HORIZON, DownReason.UNASSIGNED
INTRA, CROSS, SEAM, INTER = LinkKind


def build(source, *, slots, span_s):
    """A constellation and its +Grid, through time, without any limit to its links."""
    built = source.build()
    grid = Slots(count=slots, span_s=span_s).grid(span_s)
    timeline = build_timeline(
        constellation=built,
        ephemeris=propagate(built, end_ns=grid.end_ns),
        slots=grid,
        links=LaserLinks(topology=PlusGrid(), grazing_altitude_km=-7000, max_angular_rate_rad_s=None),
        random=np.random.default_rng(0),
    )
    return built, timeline


def positions_of(timeline, slot):
    everyone = np.arange(timeline.satellites)
    middle_ns = timeline.slots.middles_ns()[slot]
    return timeline.ephemeris.positions_at(everyone, np.full(len(everyone), middle_ns))


def test_latitude_longitude_and_altitude_lead_back_to_where_the_satellites_are():
    """Over the ellipsoid, the other way: closed in this direction; NGA.STND.0036, equation 4-14."""
    low = WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=87, name="low")
    high = WalkerShell(planes=2, satellites_per_plane=3, altitude_km=8000, inclination_deg=50, name="high")
    built, timeline = build(MultiShell(shells=(low, high)), slots=2, span_s=600.0)
    picture = sky_map(built, timeline, slot=1)

    flattening = 1 / WGS84_INVERSE_FLATTENING
    eccentricity2 = flattening * (2 - flattening)
    latitude = np.radians(picture.latitude_deg)
    normal_m = WGS84_A_M / np.sqrt(1 - eccentricity2 * np.sin(latitude) ** 2)
    from_axis_m = (normal_m + picture.altitude_m) * np.cos(latitude)
    from_equator_m = (normal_m * (1 - eccentricity2) + picture.altitude_m) * np.sin(latitude)
    x_m, y_m, z_m = positions_of(timeline, 1).T
    assert np.hypot(from_axis_m, from_equator_m) == pytest.approx(
        np.sqrt(x_m**2 + y_m**2 + z_m**2), abs=A_MILLIMETRE_M
    )
    assert from_equator_m == pytest.approx(z_m, abs=MOTION_OF_THE_POLE_M)
    assert picture.shell_names == ("low", "high")


def test_the_preset_formation_is_as_large_as_its_paper_says_and_flat():
    """Agüera y Arcas et al. 2025, section 2.2: half-axes of 1 km along the track and half of it radially."""
    built, timeline = build(preset("suncatcher"), slots=7, span_s=6000.0)
    for slot in range(7):
        local_m = sky_map(built, timeline, slot=slot).local_m
        assert local_m.mean(axis=0) == pytest.approx([0, 0, 0], abs=A_MILLIMETRE_M)
        # The satellites at the ends of the axes are on the ellipse, all others within it.
        radii = np.hypot(local_m[:, RADIAL] / 500, local_m[:, ALONG] / 1000)
        assert radii.max() == pytest.approx(1, abs=TWO_METRES_M / 500)
        assert np.abs(local_m[:, ACROSS]).max() < TWO_METRES_M

        a, b = local_m[timeline.ends[:, 0]], local_m[timeline.ends[:, 1]]
        length_m = timeline.delay_s[slot] * SPEED_OF_LIGHT_M_S
        assert np.linalg.norm(a - b, axis=1) == pytest.approx(length_m, abs=A_MILLIMETRE_M)


@pytest.mark.parametrize(("from_middle_deg", "is_formation"), [(4.99, True), (5.01, False), (90, False)])
def test_a_formation_is_within_five_degrees_of_its_middle(from_middle_deg, is_formation):
    angles = np.radians([-from_middle_deg, from_middle_deg])
    directions = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    velocities_m_s = 7.5e3 * np.stack([-np.sin(angles), np.cos(angles), 0 * angles], axis=1)

    local_m = formation_positions_m(7e6 * directions, velocities_m_s)

    assert (local_m is not None) == is_formation
    if is_formation:
        along_m = 7e6 * np.sin(angles)
        assert local_m == pytest.approx(np.outer(along_m, [0, 1, 0]), abs=A_MILLIMETRE_M)


def test_satellites_whose_middle_is_that_of_the_earth_are_no_formation():
    positions_m = np.array([[7e6, 0, 0], [-7e6, 0, 0]])
    velocities_m_s = np.array([[0, 7.5e3, 0], [0, -7.5e3, 0]])

    assert formation_positions_m(positions_m, velocities_m_s) is None


def test_one_link_across_planes_swings_between_its_chords_over_the_equator_and_farthest_from_it():
    """Side by side in planes that cross the equator 30 degrees apart: the chord between the positions at an
    argument u of latitude is 2 r sin(15 deg) sqrt(cos^2 u + cos^2 i sin^2 u)."""
    shell = WalkerShell(
        planes=12, satellites_per_plane=12, altitude_km=1500, inclination_deg=60, phasing=0, raan_span_deg=360
    )
    _, timeline = build(shell, slots=240, span_s=shell.period_s)
    cross = next(each for each in length_history(timeline) if each.kind == CROSS)

    radius_m = 6_378_135.0 + 1_500_000.0  # WGS 72
    at_equator_m = 2 * radius_m * np.sin(np.radians(15))
    assert cross.one == (0, 12)
    assert cross.one_m.max() == pytest.approx(at_equator_m, abs=J2_OF_AN_ORBIT * radius_m)
    assert cross.one_m.min() == pytest.approx(
        at_equator_m * np.cos(np.radians(60)), abs=J2_OF_AN_ORBIT * radius_m
    )
    argument = (
        np.arctan2(positions_of(timeline, 0)[0, 2] / np.sin(np.radians(60)), positions_of(timeline, 0)[0, 0])
        + 2 * np.pi * (cross.time_s - cross.time_s[0]) / shell.period_s
    )
    due_m = at_equator_m * np.sqrt(np.cos(argument) ** 2 + (np.cos(np.radians(60)) * np.sin(argument)) ** 2)
    assert np.abs(cross.one_m - due_m).max() < J2_OF_AN_ORBIT * radius_m


def test_the_example_is_the_first_of_the_links_that_are_assigned_most_and_unknown_while_it_is_not():
    positions_m = np.array([[7e6, 0, 0], [7e6, 3e5, 0], [7e6, 7e5, 0], [7e6, 1.2e6, 0]])
    whole = network(positions_m=positions_m, ends=[(0, 1), (1, 2), (2, 3)], slots=3)
    reason = np.array(
        [[UNASSIGNED, UP, UP], [UP, UNASSIGNED, OUTAGE], [UNASSIGNED, UP, UNASSIGNED]], np.uint8
    )
    (found,) = length_history(dataclasses.replace(whole, reason=reason))

    assert found.one == (1, 2)
    assert found.one_m == pytest.approx([4e5, np.nan, 4e5], nan_ok=True)
