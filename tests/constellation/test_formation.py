"""Close formations: the lattice, and its motion against Hill, Clohessy & Wiltshire's equations."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgp4.api import SatrecArray

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation import NOWHERE
from spacemoe_ns3.constellation.formation import CloseFormation
from spacemoe_ns3.errors import ScenarioError

WGS72_J2 = 1.082616e-3  # Vallado et al. 2006, AIAA 2006-6753
# The equations are of a round Earth, whose bulge bends a formation by up to 3/2 J2 (R / a)^2 of its size, and
# its asymmetry, in SGP4's terms in J3 / J2 tan(i / 2), along the track: by a few J2 at 170 degrees.
THE_BULGE = 2 * WGS72_J2
THE_BULGE_AND_THE_PEAR = 6 * WGS72_J2
A_METRE_A_WEEK_M = 1.0  # of drift, of 4.5 million km flown
A_MILLIMETRE_M = 1e-3
A_DAY_S, A_WEEK_S = 86_400, 7 * 86_400
SUNCATCHER = CloseFormation(rows=11, columns=11, outline="ellipse")
QUICK = settings(deadline=None, max_examples=30)


def fly(constellation, times_s):
    """Positions in metres and velocities in metres a second, shape (times, S, 3), by SGP4 itself."""
    first = constellation.elements[0]
    days = first.jdsatepochF + np.asarray(times_s) / 86_400
    errors, positions_km, velocities_km_s = SatrecArray(constellation.elements).sgp4(
        np.full(len(days), first.jdsatepoch), days
    )
    assert not errors.any()
    return positions_km.transpose(1, 0, 2) * 1e3, velocities_km_s.transpose(1, 0, 2) * 1e3


def seen_from(middle, positions_m, velocities_m_s):
    """Height, way ahead and way aside of all from one of them, in metres, shape (times, S) each."""
    position_m, velocity_m_s = positions_m[:, middle], velocities_m_s[:, middle]
    up = position_m / np.linalg.norm(position_m, axis=1, keepdims=True)
    aside = np.cross(position_m, velocity_m_s)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    away_m = positions_m - position_m[:, np.newaxis]
    return [np.einsum("tsx,tx->ts", away_m, axis) for axis in (up, np.cross(aside, up), aside)]


def an_orbit_from(constellation, start_s):
    return start_s + np.linspace(0, constellation.periods_s()[0], 240)


def neighbour_distances_m(constellation, times_s):
    """Distances of the lattice's neighbours, shape (times, pairs)."""
    positions_m, _ = fly(constellation, times_s)
    grid = constellation.layout.grid(0)
    pairs = [np.stack([grid[1:], grid[:-1]], axis=-1), np.stack([grid[:, 1:], grid[:, :-1]], axis=-1)]
    ends = np.concatenate([each.reshape(-1, 2) for each in pairs])
    ends = ends[(ends != NOWHERE).all(axis=1)]
    return np.linalg.norm(positions_m[:, ends[:, 0]] - positions_m[:, ends[:, 1]], axis=-1)


@pytest.mark.parametrize("latitude_deg", [0, 75, -160])
def test_rows_are_above_each_other_and_columns_ahead_at_the_epoch(latitude_deg):
    formation = CloseFormation(rows=5, columns=7, argument_of_latitude_deg=latitude_deg)
    constellation = formation.build()
    middle = constellation.layout.grid(0)[2, 3]

    up_m, ahead_m, aside_m = seen_from(middle, *fly(constellation, [0.0]))

    tolerance_m = formation.radius_m * THE_BULGE
    row, column = constellation.layout.plane - 2, constellation.layout.place - 3
    assert up_m[0] == pytest.approx(100.0 * row, abs=tolerance_m)
    assert ahead_m[0] == pytest.approx(200.0 * column, abs=tolerance_m)
    assert aside_m[0] == pytest.approx(0, abs=tolerance_m)


@pytest.mark.parametrize("start_s", [0, A_DAY_S])
def test_satellites_move_as_the_equations_of_relative_motion_say(start_s):
    """Without drift: x = x0 cos nt + y0 / 2 sin nt, y = y0 cos nt - 2 x0 sin nt (Clohessy & Wiltshire 1960).

    The rate n is that of the mean anomaly, from perigee to perigee, which the bulge of the Earth turns.
    """
    constellation = SUNCATCHER.build()
    middle = constellation.layout.grid(0)[5, 5]
    times_s = an_orbit_from(constellation, start_s)

    up_m, ahead_m, aside_m = seen_from(middle, *fly(constellation, times_s))

    turn_rad = constellation.elements[middle].mdot * times_s[:, np.newaxis] / 60
    up0_m, ahead0_m = 100.0 * (constellation.layout.plane - 5), 200.0 * (constellation.layout.place - 5)
    expected_up_m = up0_m * np.cos(turn_rad) + ahead0_m / 2 * np.sin(turn_rad)
    expected_ahead_m = ahead0_m * np.cos(turn_rad) - 2 * up0_m * np.sin(turn_rad)
    tolerance_m = SUNCATCHER.radius_m * THE_BULGE
    assert np.abs(up_m - expected_up_m).max() < tolerance_m
    assert np.abs(ahead_m - expected_ahead_m).max() < tolerance_m
    assert np.abs(aside_m).max() < tolerance_m


@pytest.mark.parametrize("formation", [SUNCATCHER, CloseFormation()], ids=["ellipse", "rectangle"])
@pytest.mark.parametrize("start_s", [0, A_DAY_S, A_WEEK_S])
def test_neighbours_swing_between_the_spacing_and_twice_as_much(formation, start_s):
    """arXiv 2511.19468, figure 3: 100 to 200 m, over and over."""
    constellation = formation.build()

    distances_m = neighbour_distances_m(constellation, an_orbit_from(constellation, start_s))

    assert distances_m.min(axis=0) == pytest.approx(100, rel=THE_BULGE)
    assert distances_m.max(axis=0) == pytest.approx(200, rel=THE_BULGE)


@pytest.mark.parametrize("start_s", [0, A_DAY_S, A_WEEK_S])
def test_the_cluster_stays_in_a_sphere_of_a_kilometre_around_its_middle(start_s):
    """arXiv 2511.19468: a sphere of radius R, which the outermost satellites touch."""
    constellation = SUNCATCHER.build()
    middle = constellation.layout.grid(0)[5, 5]

    positions_m, _ = fly(constellation, an_orbit_from(constellation, start_s))

    away_m = np.linalg.norm(positions_m - positions_m[:, [middle]], axis=-1)
    assert away_m.max() == pytest.approx(1000, rel=THE_BULGE)


def test_no_satellite_drifts_away_in_a_week():
    """Averaged over an orbit, every satellite is where the middle is, but for its slightly bent ellipse."""
    constellation = SUNCATCHER.build()
    middle = constellation.layout.grid(0)[5, 5]

    means_m = []
    for start_s in (0, A_WEEK_S):
        _, ahead_m, _ = seen_from(middle, *fly(constellation, an_orbit_from(constellation, start_s)[:-1]))
        means_m.append(ahead_m.mean(axis=0))

    assert np.abs(means_m[1] - means_m[0]).max() < A_METRE_A_WEEK_M


@QUICK
@given(
    rows=st.integers(2, 6),
    columns=st.integers(2, 6),
    spacing_m=st.floats(10, 500),
    altitude_km=st.floats(300, 2000),
    inclination_deg=st.floats(0, 170),
    latitude_deg=st.floats(-360, 360),
)
def test_any_lattice_keeps_its_neighbours(
    rows, columns, spacing_m, altitude_km, inclination_deg, latitude_deg
):
    constellation = CloseFormation(
        rows=rows,
        columns=columns,
        spacing_m=spacing_m,
        altitude_km=altitude_km,
        inclination_deg=inclination_deg,
        argument_of_latitude_deg=latitude_deg,
    ).build()

    distances_m = neighbour_distances_m(constellation, an_orbit_from(constellation, A_DAY_S))

    assert distances_m.min() > spacing_m * (1 - THE_BULGE_AND_THE_PEAR)
    assert distances_m.max() < 2 * spacing_m * (1 + THE_BULGE_AND_THE_PEAR)


def test_all_satellites_share_period_plane_and_argument_of_latitude():
    records = SUNCATCHER.build().elements
    latitude_rad = np.array([record.argpo + record.mo for record in records])

    assert np.ptp([record.a for record in records]) * EARTH_RADIUS_M < A_MILLIMETRE_M
    assert np.abs(np.sin(latitude_rad)).max() * EARTH_RADIUS_M < A_MILLIMETRE_M
    assert len({(record.inclo, record.nodeo) for record in records}) == 1


def test_no_eccentricity_is_so_small_that_sgp4_replaces_it():
    """Below 1e-6, which would displace a satellite by 7 m (Vallado et al. 2006, ``sgp4``)."""
    assert (
        min(record.ecco for record in CloseFormation(rows=3, columns=3, spacing_m=10).build().elements) > 1e-6
    )
    assert min(record.ecco for record in SUNCATCHER.build().elements) > 1e-6


@pytest.mark.parametrize(("half", "points"), [(1, 5), (2, 13), (3, 29), (4, 49), (5, 81), (6, 113)])
def test_an_ellipse_holds_as_many_satellites_as_a_circle_lattice_points(half, points):
    """Gauss's circle problem, OEIS A000328."""
    formation = CloseFormation(rows=2 * half + 1, columns=2 * half + 1, outline="ellipse")
    layout = formation.build().layout

    assert formation.satellites == layout.satellites == points
    occupied = layout.grid(0) != NOWHERE
    assert np.array_equal(occupied, occupied[::-1, ::-1])
    assert occupied[half].all()
    assert occupied[:, half].all()


def test_a_lattice_has_neither_rings_nor_a_seam():
    layout = CloseFormation(rows=2, columns=3, name="pod").build().layout

    assert layout.names == ("pod-0-0", "pod-0-1", "pod-0-2", "pod-1-0", "pod-1-1", "pod-1-2")
    assert layout.grid(0).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert not layout.shells[0].is_ring
    assert not layout.shells[0].is_closed


def test_the_orbit_follows_the_terminator():
    """The plane faces the mean Sun's meridian, at 280.66 degrees on 1 January 2026 (Astronomical Almanac)."""
    positions_m, velocities_m_s = fly(SUNCATCHER.build(), [0.0])
    normal = np.cross(positions_m[0, 0], velocities_m_s[0, 0])

    right_ascension_deg = math.degrees(math.atan2(normal[1], normal[0])) % 360
    assert right_ascension_deg == pytest.approx(280.66, abs=math.degrees(THE_BULGE))
    tilt_deg = math.degrees(math.acos(normal[2] / np.linalg.norm(normal)))
    assert tilt_deg == pytest.approx(98.0, abs=math.degrees(THE_BULGE))


def test_a_given_node_and_inclination_are_flown():
    record = CloseFormation(raan_deg=-40, inclination_deg=53).build().elements[0]

    assert math.degrees(record.nodeo) == pytest.approx(320)
    assert math.degrees(record.inclo) == pytest.approx(53)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("rows", 1, "whole number, at least 2"),
        ("columns", 2.5, "whole number, at least 2"),
        ("spacing_m", 9, "at least 10"),
        ("spacing_m", 5000, "10000 m or less; give at most 883.9"),
        ("altitude_km", 100, "at least 120 and at most 36000"),
        ("altitude_km", 7000, "no inclination is Sun-synchronous"),
        ("inclination_deg", 171, "at least 0 and at most 170"),
        ("outline", "disc", "must be 'rectangle' or 'ellipse'"),
        ("raan_deg", 400, "at least -360 and at most 360"),
        ("local_time_h", 25, "at least 0 and at most 24"),
        ("argument_of_latitude_deg", math.inf, "at most 360"),
        ("epoch", "now", "an ISO date and time"),
        ("name", "a b", "at most 40 letters"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_path_and_rule(field, value, rule):
    with pytest.raises(ScenarioError, match=rule) as caught:
        CloseFormation(**{field: value})

    assert str(caught.value).startswith(f"constellation.{field}: {value!r} given")


def test_a_formation_does_not_change_after_it_is_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SUNCATCHER.rows = 3
