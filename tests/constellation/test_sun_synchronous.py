"""Orbits that turn with the Sun: against missions, the first-order theory, and the sidereal time."""

import math

import numpy as np
import pytest
from sgp4.api import jday
from sgp4.propagation import gstime

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation.elements import kozai_mean_motion, mean_elements
from spacemoe_ns3.constellation.sun_synchronous import (
    check_sun_synchronous,
    raan_of_local_time_deg,
    sun_synchronous_inclination_rad,
)
from spacemoe_ns3.errors import ScenarioError

WGS72_J2, WGS72_MU_KM3_S2 = 1.082616e-3, 398_600.8  # Vallado et al. 2006, AIAA 2006-6753
TROPICAL_YEAR_DAYS = 365.2422
SHORT_PERIOD_RAD = 2 * WGS72_J2  # by which J2 tilts the osculating plane, to and fro
MISSION_HEIGHTS_DEG = 0.1  # heights are quoted over other radii, up to 20 km off; 24 km are 0.1 degrees
SECOND_ORDER_DEG = 0.05  # J2^2 and J4 count by a few 1e-3 of the rate, and 1e-3 of it is 0.008 degrees
ABERRATION_DEG = 0.0057  # 20.5", which the mean longitude may leave out
LOW_PRECISION_DEG = 0.01  # of the Almanac's formula


def axis_m(altitude_km):
    return EARTH_RADIUS_M + altitude_km * 1e3


@pytest.mark.parametrize(
    ("altitude_km", "inclination_deg"),
    [(514, 97.44), (705, 98.2), (786, 98.62)],
    ids=["TerraSAR-X", "Landsat 8", "Sentinel-2"],
)
def test_missions_fly_at_the_inclination(altitude_km, inclination_deg):
    inclination_rad = sun_synchronous_inclination_rad(semi_major_axis_m=axis_m(altitude_km))

    assert math.degrees(inclination_rad) == pytest.approx(inclination_deg, abs=MISSION_HEIGHTS_DEG)


@pytest.mark.parametrize("altitude_km", [300, 650, 1400, 3000])
@pytest.mark.parametrize("eccentricity", [0.0, 0.02])
def test_the_inclination_is_that_of_the_first_order_theory(altitude_km, eccentricity):
    """cos i = -(2 / 3) rate a^2 (1 - e^2)^2 / (n J2 R^2) (Vallado 2013, section 11.4.1)."""
    axis_km = axis_m(altitude_km) / 1e3
    motion_rad_s = math.sqrt(WGS72_MU_KM3_S2 / axis_km**3)
    rate_rad_s = 2 * math.pi / (TROPICAL_YEAR_DAYS * 86_400)
    size = (axis_km * (1 - eccentricity**2) / 6378.135) ** 2
    expected_deg = math.degrees(math.acos(-2 / 3 * rate_rad_s * size / (motion_rad_s * WGS72_J2)))

    inclination_rad = sun_synchronous_inclination_rad(
        semi_major_axis_m=axis_km * 1e3, eccentricity=eccentricity
    )

    assert math.degrees(inclination_rad) == pytest.approx(expected_deg, abs=SECOND_ORDER_DEG)


def test_the_plane_is_back_after_a_year():
    """And has stood a quarter turn away after a quarter of it."""
    inclination_rad = sun_synchronous_inclination_rad(semi_major_axis_m=axis_m(650))
    record = mean_elements(
        number=0,
        epoch="2026-01-01",
        mean_motion_rad_min=kozai_mean_motion(semi_major_axis_m=axis_m(650), inclination_rad=inclination_rad),
        inclination_rad=inclination_rad,
        raan_rad=1.0,
        eccentricity=0.0,
        argument_of_perigee_rad=0.0,
        mean_anomaly_rad=0.0,
    )
    nodes_rad = []
    for years in (0, 0.25, 1):
        error, position_km, velocity_km_s = record.sgp4_tsince(years * TROPICAL_YEAR_DAYS * 1440)
        assert error == 0
        normal = np.cross(position_km, velocity_km_s)
        nodes_rad.append(math.atan2(normal[0], -normal[1]))

    turned_rad = (np.array(nodes_rad[1:]) - nodes_rad[0]) % (2 * math.pi)
    assert turned_rad[0] == pytest.approx(math.pi / 2, abs=SHORT_PERIOD_RAD)
    assert math.sin(turned_rad[1]) == pytest.approx(0, abs=SHORT_PERIOD_RAD)
    assert math.cos(turned_rad[1]) > 0


@pytest.mark.parametrize(
    "epoch", [(2000, 1, 1, 12), (2026, 1, 1, 0), (2026, 6, 30, 7), (1999, 3, 3, 3), (2045, 9, 9, 21)]
)
@pytest.mark.parametrize("local_time_h", [0, 6, 10.5, 18, 24])
def test_the_node_has_the_local_time(epoch, local_time_h):
    """Sidereal time less solar time is the right ascension of the mean Sun less half a turn (IAU 1982)."""
    year, month, day, hour = epoch
    sidereal_deg = math.degrees(gstime(sum(jday(year, month, day, hour, 0, 0))))
    sun_deg = sidereal_deg - 15 * (hour - 12)

    raan_deg = raan_of_local_time_deg(
        epoch=f"{year}-{month:02}-{day:02}T{hour:02}:00:00", local_time_h=local_time_h
    )

    assert 0 <= raan_deg < 360
    off_deg = (raan_deg - sun_deg - 15 * (local_time_h - 12) + 180) % 360 - 180
    assert abs(off_deg) < ABERRATION_DEG + LOW_PRECISION_DEG


def test_an_orbit_too_high_to_turn_with_the_sun_is_refused():
    """Retrograde and equatorial turns fastest; (3 n J2 R^2 / 2 rate)^(2/7) is 12,350 km of axis."""
    check_sun_synchronous("constellation.altitude_km", semi_major_axis_m=axis_m(5900))

    with pytest.raises(
        ScenarioError, match=r"altitude_km: 6100 given, where no inclination is Sun-synchronous"
    ):
        check_sun_synchronous("constellation.altitude_km", semi_major_axis_m=axis_m(6100))
    with pytest.raises(ScenarioError, match=r"no inclination is Sun-synchronous"):
        sun_synchronous_inclination_rad(semi_major_axis_m=axis_m(6100))
