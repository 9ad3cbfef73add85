"""Walker shells: the elements they give to SGP4, and the symmetries of the sky that follows."""

import dataclasses
import math

import numpy as np
import pytest

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation import WalkerShell, propagate
from spacemoe_ns3.constellation.walker import kozai_mean_motion
from spacemoe_ns3.errors import ScenarioError

A_MILLIMETRE_M = 1e-3
A_MICRORADIAN = 1e-6  # 7 m along an orbit
ROUNDING = 1e-12  # relative, of floating-point angles and motions
WGS72_J2 = 1.082616e-3  # Vallado et al. 2006, AIAA 2006-6753, table of constants
WGS72_MU_KM3_S2 = 398_600.8  # the same
ORBIT_NS = 6000 * 10**9
A_MINUTE_NS = 60 * 10**9


def shell(**changes):
    settings = {"planes": 5, "satellites_per_plane": 7, "altitude_km": 800, "inclination_deg": 60}
    return WalkerShell(**{**settings, **changes})


@pytest.fixture
def records_of(monkeypatch):
    """The records of python-sgp4 that a shell is made of, which its array hides."""
    monkeypatch.setattr("spacemoe_ns3.constellation.walker.SatrecArray", list)
    return lambda some_shell: some_shell.elements()


def turned(positions_m, angle_rad):
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return positions_m @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def by_plane(some_shell, **settings):
    """Positions of shape (knots, planes, places, 3)."""
    sky = propagate(some_shell, end_ns=ORBIT_NS, step_ns=A_MINUTE_NS, **settings)
    return sky.positions_m.reshape(-1, some_shell.planes, some_shell.satellites_per_plane, 3)


@pytest.mark.parametrize("altitude_km", [120, 550, 1014.2, 2000, 20_200, 36_000])
@pytest.mark.parametrize("inclination_deg", [0, 53, 63.4349, 87, 98.98, 180])
def test_every_satellite_flies_at_the_asked_altitude(records_of, altitude_km, inclination_deg):
    records = records_of(shell(altitude_km=altitude_km, inclination_deg=inclination_deg))

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


def test_the_period_is_one_turn_of_the_mean_motion(records_of):
    some_shell = shell()
    record = records_of(some_shell)[0]

    assert some_shell.period_s == pytest.approx(60 * 2 * math.pi / record.no_kozai, rel=ROUNDING)


@pytest.mark.parametrize("raan_span_deg", [360, 180])
def test_ascending_nodes_are_evenly_spread_over_the_span(records_of, raan_span_deg):
    some_shell = shell(raan_span_deg=raan_span_deg)
    nodes_deg = np.degrees([record.nodeo for record in records_of(some_shell)]).reshape(5, 7)

    expected = np.arange(5)[:, np.newaxis] * raan_span_deg / 5
    assert nodes_deg == pytest.approx(np.broadcast_to(expected, (5, 7)), abs=math.degrees(A_MICRORADIAN))


@pytest.mark.parametrize("phasing", [0, 1, 3, 2.5, -1])
def test_phasing_shifts_neighbouring_planes_by_f_turns_over_t(records_of, phasing):
    """Walker 1984: 360 f / t degrees of argument of latitude a plane, t being all satellites."""
    records = records_of(shell(phasing=phasing))
    latitude_rad = np.array([record.mo + record.argpo for record in records]).reshape(5, 7)

    shift_rad = np.diff(latitude_rad, axis=0)
    expected_rad = 2 * math.pi * phasing / 35
    off = np.angle(np.exp(1j * (shift_rad - expected_rad)))  # whole turns apart
    assert np.abs(off).max() < A_MICRORADIAN


def test_satellites_are_numbered_plane_by_plane():
    plane, place = shell().plane_and_slot()

    assert plane.tolist() == [number // 7 for number in range(35)]
    assert place.tolist() == [number % 7 for number in range(35)]


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
        ("epoch", "yesterday", "an ISO date and time"),
        ("epoch", "2026-01-01T00:00:00+02:00", "an ISO date and time in UTC without an offset"),
        ("epoch", 2026, "an ISO date and time"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_path_and_rule(field, value, rule):
    with pytest.raises(ScenarioError, match=rule) as caught:
        shell(**{field: value})

    assert str(caught.value).startswith(f"constellation.{field}: {value!r} given, must be ")


def test_a_shell_does_not_change_after_it_is_made():
    some_shell = shell()

    with pytest.raises(dataclasses.FrozenInstanceError):
        some_shell.planes = 6
