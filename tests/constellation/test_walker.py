"""Walker shells: the elements they give to SGP4, and the symmetries of the sky that follows."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation import WalkerShell, propagate
from spacemoe_ns3.constellation.propagate import teme_positions
from spacemoe_ns3.constellation.walker import kozai_mean_motion
from spacemoe_ns3.errors import ScenarioError

A_METRE_M = 1.0
A_MILLIMETRE_M = 1e-3
QUICK = settings(deadline=None, max_examples=60)
A_MICRORADIAN = 1e-6  # 7 m along an orbit
ROUNDING = 1e-12  # relative, of floating-point angles and motions
WGS72_J2 = 1.082616e-3  # Vallado et al. 2006, AIAA 2006-6753, table of constants
WGS72_MU_KM3_S2 = 398_600.8  # the same
ORBIT_NS = 6000 * 10**9
A_MINUTE_NS = 60 * 10**9


def shell(**changes):
    settings = {"planes": 5, "satellites_per_plane": 7, "altitude_km": 800, "inclination_deg": 60}
    return WalkerShell(**{**settings, **changes})


def turned(positions_m, angle_rad):
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return positions_m @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def by_plane(some_shell, **settings):
    """Positions of shape (knots, planes, places, 3)."""
    sky = propagate(some_shell.build(), end_ns=ORBIT_NS, step_ns=A_MINUTE_NS, **settings)
    return sky.positions_m.reshape(-1, some_shell.planes, some_shell.satellites_per_plane, 3)


@pytest.mark.parametrize("altitude_km", [120, 550, 1014.2, 2000, 20_200, 36_000])
@pytest.mark.parametrize("inclination_deg", [0, 53, 63.4349, 87, 98.98, 180])
def test_every_satellite_flies_at_the_asked_altitude(altitude_km, inclination_deg):
    records = shell(altitude_km=altitude_km, inclination_deg=inclination_deg).build().elements

    off_m = [(record.a - 1) * EARTH_RADIUS_M - altitude_km * 1e3 for record in records]
    assert np.abs(off_m).max() < A_MILLIMETRE_M


def test_the_mean_motion_without_oblateness_is_keplers():
    """At the inclination where 3 cos^2 i = 1 the J2 term of Kozai's mean motion vanishes."""
    axis_m = 7.0e6
    keplers = 60 * math.sqrt(WGS72_MU_KM3_S2 / (axis_m / 1e3) ** 3)

    motion = kozai_mean_motion(semi_major_axis_m=axis_m, inclination_rad=math.acos(math.sqrt(1 / 3)))

    assert motion == pytest.approx(keplers, rel=1e-9)  # mu and xke have ten digits


@pytest.mark.parametrize("inclination_deg", [0, 30, 87, 120])
def test_the_mean_motion_differs_from_keplers_by_the_term_in_j2(inclination_deg):
    """To first order n = n0 (1 + 3/4 J2 (R / a)^2 (3 cos^2 i - 1)) (Kozai 1959, circular orbit)."""
    axis_m, inclination_rad = 6_928_135.0, math.radians(inclination_deg)
    keplers = 60 * math.sqrt(WGS72_MU_KM3_S2 / (axis_m / 1e3) ** 3)
    first_order = 0.75 * WGS72_J2 * (EARTH_RADIUS_M / axis_m) ** 2 * (3 * math.cos(inclination_rad) ** 2 - 1)
    second_order = 10 * WGS72_J2**2  # what the expansion leaves out

    motion = kozai_mean_motion(semi_major_axis_m=axis_m, inclination_rad=inclination_rad)

    assert motion / keplers == pytest.approx(1 + first_order, abs=second_order)


def test_the_period_is_one_turn_of_the_mean_motion():
    some_shell = shell()
    record = some_shell.build().elements[0]

    assert some_shell.period_s == pytest.approx(60 * 2 * math.pi / record.no_kozai, rel=ROUNDING)


@pytest.mark.parametrize("raan_span_deg", [360, 180])
def test_ascending_nodes_are_evenly_spread_over_the_span(raan_span_deg):
    some_shell = shell(raan_span_deg=raan_span_deg)
    nodes_deg = np.degrees([record.nodeo for record in some_shell.build().elements]).reshape(5, 7)

    expected = np.arange(5)[:, np.newaxis] * raan_span_deg / 5
    assert nodes_deg == pytest.approx(np.broadcast_to(expected, (5, 7)), abs=math.degrees(A_MICRORADIAN))


@pytest.mark.parametrize("phasing", [0, 1, 3, 2.5, -1])
def test_phasing_shifts_neighbouring_planes_by_f_turns_over_t(phasing):
    """Walker 1984: 360 f / t degrees of argument of latitude a plane, t being all satellites."""
    records = shell(phasing=phasing).build().elements
    latitude_rad = np.array([record.mo + record.argpo for record in records]).reshape(5, 7)

    shift_rad = np.diff(latitude_rad, axis=0)
    expected_rad = 2 * math.pi * phasing / 35
    off = np.angle(np.exp(1j * (shift_rad - expected_rad)))  # whole turns apart
    assert np.abs(off).max() < A_MICRORADIAN


def test_satellites_are_numbered_plane_by_plane():
    layout = shell().build().layout

    assert layout.plane.tolist() == [number // 7 for number in range(35)]
    assert layout.place.tolist() == [number % 7 for number in range(35)]
    assert layout.shell.tolist() == [0] * 35


def test_satellites_are_named_after_shell_plane_and_place():
    names = shell(name="low", satellites_per_plane=11).build().layout.names

    assert (names[0], names[10], names[-1]) == ("low-0-00", "low-0-10", "low-4-10")
    assert len(set(names)) == 55
    assert list(names) == sorted(names)


@pytest.mark.parametrize(
    ("planes", "raan_span_deg", "is_closed"),
    [(5, 360, True), (3, 360, True), (2, 360, False), (1, 360, False), (5, 180, False), (6, 189.6, False)],
)
def test_a_shell_is_closed_if_its_last_plane_neighbours_the_first(planes, raan_span_deg, is_closed):
    about = shell(planes=planes, raan_span_deg=raan_span_deg).build().layout.shells[0]

    assert about.is_closed is is_closed
    assert about.is_ring


@pytest.mark.parametrize("phasing", [0, 1, 3, 2.5, -1, 11])
def test_the_seam_continues_the_pattern_of_the_other_planes(phasing):
    """A plane more would be the first again: its places face those of the last plane as any plane's do."""
    constellation = shell(phasing=phasing).build()
    latitude_rad = [record.mo + record.argpo for record in constellation.elements]
    grid, shift = constellation.layout.grid(0), constellation.layout.shells[0].seam_shift

    inside = latitude_rad[grid[1, 0]] - latitude_rad[grid[0, 0]]
    at_seam = latitude_rad[grid[0, shift % 7]] - latitude_rad[grid[-1, 0]]
    off_places = np.angle(np.exp(1j * (at_seam - inside))) / (2 * math.pi / 7)
    assert abs(off_places) < 0.5 + ROUNDING


def test_a_delta_shell_turned_by_a_plane_is_the_same_shell():
    """Zonal gravity, which is all that SGP4 has below 225 minutes, does not care about longitude."""
    positions_m = by_plane(shell())

    for plane in range(5):
        expected_m = turned(positions_m[:, 0], 2 * math.pi * plane / 5)
        assert np.abs(positions_m[:, plane] - expected_m).max() < A_MILLIMETRE_M


def test_a_phasing_of_as_much_as_the_planes_shifts_each_plane_by_one_place():
    """The same sky with other numbers: f = P is 360 / n degrees, n being the satellites of a plane."""
    plain_m, phased_m = by_plane(shell()), by_plane(shell(phasing=5))

    for plane in range(5):
        relabelled_m = np.roll(plain_m[:, plane], -plane, axis=1)
        assert np.abs(phased_m[:, plane] - relabelled_m).max() < A_MILLIMETRE_M


def test_all_satellites_stay_at_the_altitude_but_for_the_bulge_of_the_earth():
    """Short-period terms in J2 move a circular orbit by less than J2 R, 6.9 km, up or down."""
    the_bulge_m = WGS72_J2 * EARTH_RADIUS_M
    radius_m = np.linalg.norm(by_plane(shell(phasing=2)), axis=-1)

    assert np.abs(radius_m - (EARTH_RADIUS_M + 800e3)).max() < the_bulge_m


def test_satellites_at_the_same_place_of_all_planes_are_equally_high():
    radius_m = np.linalg.norm(by_plane(shell()), axis=-1)

    assert np.ptp(radius_m, axis=1).max() < A_MILLIMETRE_M


def test_each_satellite_has_another_place_in_the_sky():
    positions_m = by_plane(shell(phasing=1))[0].reshape(-1, 3)

    apart_m = np.linalg.norm(positions_m[:, np.newaxis] - positions_m, axis=2)
    assert apart_m[~np.eye(35, dtype=bool)].min() > 1e3


def test_the_shell_starts_at_the_given_node_and_argument_of_latitude():
    record = shell(raan_of_first_plane_deg=-20, argument_of_latitude_deg=35).build().elements[0]

    assert math.degrees(record.nodeo) == pytest.approx(340, rel=ROUNDING)
    assert math.degrees(record.mo + record.argpo) == pytest.approx(35, rel=ROUNDING)


@QUICK
@given(
    planes=st.integers(1, 7),
    size=st.integers(3, 7),
    phasing=st.integers(-9, 9),
    inclination_deg=st.floats(0, 180),
    altitude_km=st.floats(500, 2000),
    eccentricity=st.floats(0, 0.01),
)
def test_a_delta_shell_turned_and_phased_by_one_plane_is_the_same_shell(
    planes, size, phasing, inclination_deg, altitude_km, eccentricity
):
    settings = {
        "planes": planes,
        "satellites_per_plane": size,
        "phasing": phasing,
        "inclination_deg": inclination_deg,
        "altitude_km": altitude_km,
        "eccentricity": eccentricity,
    }
    turn = {
        "raan_of_first_plane_deg": 360 / planes,
        "argument_of_latitude_deg": math.fmod(360 * phasing / (planes * size), 360),
    }
    at_epoch = np.zeros(1, np.int64)
    plain_m = teme_positions(WalkerShell(**settings).build(), at_epoch).reshape(planes, size, 3)
    turned_m = teme_positions(WalkerShell(**settings, **turn).build(), at_epoch).reshape(planes, size, 3)

    expected_m = np.roll(plain_m, -1, axis=0)
    expected_m[-1] = np.roll(plain_m[0], -phasing, axis=0)  # once around, phasing adds up to whole places
    assert np.abs(turned_m - expected_m).max() < A_MILLIMETRE_M


@QUICK
@given(
    altitude_km=st.floats(400, 36_000),
    inclination_deg=st.floats(0, 180),
    eccentricity=st.floats(0, 0.01),
    perigee_deg=st.floats(-360, 360),
)
def test_eccentric_orbits_have_the_asked_semi_major_axis_and_spacing(
    altitude_km, inclination_deg, eccentricity, perigee_deg
):
    some_shell = shell(
        altitude_km=altitude_km,
        inclination_deg=inclination_deg,
        eccentricity=eccentricity,
        argument_of_perigee_deg=perigee_deg,
    )
    constellation = some_shell.build()
    latitude_rad = [record.mo + record.argpo for record in constellation.elements[:7]]

    assert np.abs(constellation.altitudes_m() - altitude_km * 1e3).max() < A_METRE_M
    off = np.angle(np.exp(1j * (np.array(latitude_rad) - 2 * math.pi * np.arange(7) / 7)))
    assert np.abs(off).max() < A_MICRORADIAN


def test_an_eccentric_orbit_passes_perigee_and_apogee_at_the_altitudes_of_the_ellipse():
    """Molniya's orbit: half a day, critical inclination; r = a (1 -+ e) but for the bulge of the Earth."""
    axis_m, eccentricity, some_j2_radii_m = 26_562e3, 0.737, 4 * WGS72_J2 * EARTH_RADIUS_M
    molniya = WalkerShell(
        planes=1,
        satellites_per_plane=3,
        altitude_km=axis_m / 1e3 - 6378.135,
        inclination_deg=63.4,
        eccentricity=eccentricity,
        argument_of_perigee_deg=270,
        argument_of_latitude_deg=270,
    )
    half_ns = round(molniya.period_s * 1e9 / 2)

    start_m, half_way_m = teme_positions(molniya.build(), np.array([0, half_ns]))[:, 0]

    assert molniya.period_s == pytest.approx(43_082, abs=60)  # half a sidereal day
    assert np.linalg.norm(start_m) == pytest.approx(axis_m * (1 - eccentricity), abs=some_j2_radii_m)
    assert start_m[2] < 0
    # The luni-solar terms of the deep-space theory count by 1e-4 of the radius.
    assert np.linalg.norm(half_way_m) == pytest.approx(axis_m * (1 + eccentricity), rel=1e-3)
    assert half_way_m[2] > 0


@pytest.mark.parametrize(
    ("notation", "inclination_deg", "planes", "size", "phasing"),
    [("56:24/3/1", 56, 3, 8, 1), (" 53.2 : 1584 / 72 / 13 ", 53.2, 72, 22, 13), ("0:5/1/0", 0, 1, 5, 0)],
)
def test_walkers_notation_is_inclination_satellites_planes_phasing(
    notation, inclination_deg, planes, size, phasing
):
    expected = WalkerShell(
        planes=planes,
        satellites_per_plane=size,
        altitude_km=1000,
        inclination_deg=inclination_deg,
        phasing=phasing,
    )

    assert WalkerShell.delta(notation, altitude_km=1000) == expected
    assert WalkerShell.star(notation, altitude_km=1000) == dataclasses.replace(expected, raan_span_deg=180)


@pytest.mark.parametrize(
    ("notation", "rule"),
    [
        ("53:1584/72", "must be Walker's notation i: t/p/f"),
        ("53:1584/72/-1", "must be Walker's notation i: t/p/f"),
        ("53:1584/72/1.5", "must be Walker's notation i: t/p/f"),
        (53, "must be Walker's notation i: t/p/f"),
        ("53:1583/72/1", "no multiple of 72 planes; .* such as 1584"),
        ("53:1584/72/72", "from 0 to p - 1 = 71"),
        ("53:0/0/0", "at least 1"),
        ("53:4/2/0", "at least 3"),
    ],
)
def test_a_broken_notation_is_refused_with_its_rule(notation, rule):
    with pytest.raises(ScenarioError, match=rule):
        WalkerShell.delta(notation, altitude_km=550)


@pytest.mark.parametrize(
    ("rev_day", "altitude_km"), [(15.19, 509.1), (15.06, 548.7), (14.80, 629.6), (13.66, 1014.2)]
)
def test_a_mean_motion_is_flown_at_its_published_altitude(rev_day, altitude_km):
    """Altitudes, to one decimal, that simulators of Starlink, Kuiper and Telesat quote as rounder ones."""
    one_decimal_m = 50.0
    by_motion = shell(altitude_km=None, mean_motion_rev_day=rev_day, inclination_deg=53)
    constellation = by_motion.build()

    assert np.abs(constellation.altitudes_m() - altitude_km * 1e3).max() <= one_decimal_m
    assert constellation.periods_s() == pytest.approx(86_400 / rev_day, rel=ROUNDING)
    assert by_motion.period_s == pytest.approx(86_400 / rev_day, rel=ROUNDING)


def test_of_an_altitude_and_a_mean_motion_that_agree_the_altitude_is_flown():
    both = shell(altitude_km=550, mean_motion_rev_day=15.06, inclination_deg=53)

    assert np.abs(both.build().altitudes_m() - 550e3).max() < A_MILLIMETRE_M
    assert both.period_s != pytest.approx(86_400 / 15.06, rel=1e-6)


def test_an_altitude_and_a_mean_motion_that_disagree_are_refused_with_both_altitudes():
    with pytest.raises(ScenarioError, match=r"550 .* 15\.19 .* 509\.1 km; .* within 2 km; .* 15\.05"):
        shell(altitude_km=550, mean_motion_rev_day=15.19, inclination_deg=53)


def test_a_shell_needs_an_altitude_or_a_mean_motion():
    with pytest.raises(ScenarioError, match="neither altitude_km nor mean_motion_rev_day given"):
        shell(altitude_km=None)


@pytest.mark.parametrize(("rev_day", "altitude"), [(16.8, "6[01][.]"), (0.9, "3[89]")])
def test_a_mean_motion_of_an_altitude_out_of_range_is_refused_with_the_altitude(rev_day, altitude):
    with pytest.raises(
        ScenarioError, match=f"mean_motion_rev_day: {rev_day} given, .* {altitude}.* 36000 km"
    ):
        shell(altitude_km=None, mean_motion_rev_day=rev_day)


def test_an_orbit_through_the_air_is_refused_with_the_greatest_eccentricity():
    with pytest.raises(
        ScenarioError, match=r"perigee at 82\.2 km, .* 120 km or more; .* at most 0\.09473"
    ) as caught:
        shell(altitude_km=800, eccentricity=0.1)

    most = float(str(caught.value).rsplit(" ", 1)[1])
    shell(altitude_km=800, eccentricity=most - 1e-5)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("planes", 0, "whole number, at least 1"),
        ("planes", 2.5, "whole number, at least 1"),
        ("planes", True, "whole number, at least 1"),
        ("satellites_per_plane", 2, "whole number, at least 3"),
        ("altitude_km", 119.9, "at least 120 and at most 36000"),
        ("altitude_km", 36_001, "at least 120 and at most 36000"),
        ("altitude_km", math.nan, "at least 120"),
        ("altitude_km", "550", "at least 120"),
        ("inclination_deg", -1, "at least 0 and at most 180"),
        ("inclination_deg", 181, "at least 0 and at most 180"),
        ("raan_span_deg", 0, "above 0 and at most 360"),
        ("raan_span_deg", 361, "above 0 and at most 360"),
        ("phasing", math.inf, "at most 1e[+]06"),
        ("mean_motion_rev_day", 0, "above 0 and at most 17"),
        ("eccentricity", -0.1, "at least 0 and at most 0.9"),
        ("argument_of_perigee_deg", 361, "at least -360 and at most 360"),
        ("raan_of_first_plane_deg", math.nan, "at least -360 and at most 360"),
        ("argument_of_latitude_deg", "30", "at least -360 and at most 360"),
        ("name", "", "at most 40 letters"),
        ("name", "two words", "at most 40 letters"),
        ("name", "a" * 41, "at most 40 letters"),
        ("name", 5, "at most 40 letters"),
        ("epoch", "yesterday", "an ISO date and time"),
        ("epoch", "2026-01-01T00:00:00+02:00", "an ISO date and time in UTC without an offset"),
        ("epoch", 2026, "an ISO date and time"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_path_and_rule(field, value, rule):
    with pytest.raises(ScenarioError, match=rule) as caught:
        shell(**{field: value})

    assert str(caught.value).startswith(f"constellation.{field}: {value!r} given, must be ")


def test_a_shell_of_more_satellites_than_catalogue_numbers_is_refused():
    with pytest.raises(ScenarioError, match=r"satellites: 100300 given, .* at most 100000"):
        shell(planes=1003, satellites_per_plane=100)


def test_a_shell_does_not_change_after_it_is_made():
    some_shell = shell()

    with pytest.raises(dataclasses.FrozenInstanceError):
        some_shell.planes = 6
