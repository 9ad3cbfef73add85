"""Mean elements: what SGP4 makes of a mean motion, and the other way round."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgp4.api import WGS72, Satrec, jday

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation.elements import (
    check_epoch,
    kozai_mean_motion,
    mean_elements,
    semi_major_axis_m,
)
from spacemoe_ns3.errors import ScenarioError

A_MILLIMETRE_M = 1e-3
A_MICROSECOND_DAYS = 1e-6 / 86_400
ROUNDING = 1e-12  # relative
QUICK = settings(deadline=None, max_examples=100)
ORBITS = {
    "perigee_km": st.floats(120, 20_000),
    "inclination_deg": st.floats(0, 180),
    "eccentricity": st.floats(0, 0.75),
}


def satrec(*, motion, inclination_rad, eccentricity):
    record = Satrec()
    record.sgp4init(WGS72, "i", 1, 27_760.0, 0, 0, 0, eccentricity, 1.0, inclination_rad, 2.0, motion, 3.0)
    return record


@QUICK
@given(**ORBITS)
def test_sgp4_flies_the_asked_semi_major_axis_on_eccentric_orbits_too(
    perigee_km, inclination_deg, eccentricity
):
    axis_m, inclination_rad = (
        (6378.135 + perigee_km) * 1e3 / (1 - eccentricity),
        math.radians(inclination_deg),
    )
    motion = kozai_mean_motion(
        semi_major_axis_m=axis_m, inclination_rad=inclination_rad, eccentricity=eccentricity
    )

    record = satrec(motion=motion, inclination_rad=inclination_rad, eccentricity=eccentricity)

    assert record.a * EARTH_RADIUS_M == pytest.approx(axis_m, abs=A_MILLIMETRE_M)


@QUICK
@given(**ORBITS)
def test_the_semi_major_axis_of_a_mean_motion_is_sgp4s(perigee_km, inclination_deg, eccentricity):
    keplers_rad_min = 60 * math.sqrt(398_600.8 / ((6378.135 + perigee_km) / (1 - eccentricity)) ** 3)
    inclination_rad = math.radians(inclination_deg)

    axis_m = semi_major_axis_m(
        mean_motion_rad_min=keplers_rad_min, inclination_rad=inclination_rad, eccentricity=eccentricity
    )

    record = satrec(motion=keplers_rad_min, inclination_rad=inclination_rad, eccentricity=eccentricity)
    assert axis_m == pytest.approx(record.a * EARTH_RADIUS_M, abs=A_MILLIMETRE_M)


def test_elements_reach_sgp4_under_their_names():
    record = mean_elements(
        number=42,
        epoch="2024-02-29T12:34:56.250000",
        mean_motion_rad_min=0.06,
        inclination_rad=1.1,
        raan_rad=1.2,
        eccentricity=0.013,
        argument_of_perigee_rad=1.4,
        mean_anomaly_rad=1.5,
    )

    assert (record.no_kozai, record.inclo, record.nodeo) == (0.06, 1.1, 1.2)
    assert (record.ecco, record.argpo, record.mo) == (0.013, 1.4, 1.5)
    assert (record.satnum, record.bstar) == (42, 0.0)
    day, fraction = jday(2024, 2, 29, 12, 34, 56.25)
    off_days = (record.jdsatepoch - day) + (record.jdsatepochF - fraction)
    assert abs(off_days) < A_MICROSECOND_DAYS


def test_the_mean_motion_of_an_eccentric_orbit_differs_from_keplers_by_the_term_in_j2():
    """n = n0 (1 + 3/4 J2 (R / a)^2 (3 cos^2 i - 1) (1 - e^2)^-3/2) to first order (Kozai 1959)."""
    j2, axis_m, inclination_rad, eccentricity = 1.082616e-3, 26_562e3, math.radians(30), 0.7
    keplers = 60 * math.sqrt(398_600.8 / (axis_m / 1e3) ** 3)
    first_order = 0.75 * j2 * (EARTH_RADIUS_M / axis_m) ** 2 * (3 * math.cos(inclination_rad) ** 2 - 1)
    first_order /= (1 - eccentricity**2) ** 1.5
    second_order = 10 * first_order**2

    motion = kozai_mean_motion(
        semi_major_axis_m=axis_m, inclination_rad=inclination_rad, eccentricity=eccentricity
    )

    assert motion / keplers - 1 == pytest.approx(first_order, abs=second_order + 1e-9)  # mu: ten digits


@pytest.mark.parametrize("epoch", ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00.123456"])
def test_a_date_without_an_offset_is_an_epoch(epoch):
    check_epoch("constellation.epoch", epoch)


@pytest.mark.parametrize(
    "epoch", [None, np.float64(2026), "today", "2026-13-01", "2026-01-01T00:00:00+00:00"]
)
def test_anything_else_is_refused_with_the_path(epoch):
    with pytest.raises(
        ScenarioError, match=r"some\.path: .* must be an ISO date and time in UTC without an offset"
    ):
        check_epoch("some.path", epoch)
