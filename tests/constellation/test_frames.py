"""The Sun's place and the turning Earth, against almanacs, Vallado's example and python-sgp4."""

import math
import subprocess
import sys
from datetime import datetime, timezone

import numpy as np
import pytest
from sgp4.propagation import gstime

from spacemoe_ns3.constellation.frames import earth_fixed, geodetic, sun_direction

ORDINAL_ZERO = 1_721_424.5  # Julian date of the day before 0001-01-01, proleptic Gregorian
AT_START = np.array([0])
HALF_A_METRE_M = 0.5  # a millisecond of UT1: the tables of today against those of the example
A_MILLIMETRE_M = 1e-3
AN_ARCMINUTE_RAD = math.radians(1 / 60)
ARCSECONDS_RAD = math.radians(1 / 3600)
# Of an instant rounded to a minute, at the Sun's 0.986 degrees a day along the ecliptic; and the Sun's own
# latitude over the ecliptic, up to 1.2 arcseconds.
HALF_A_MINUTE_OF_SUN_RAD = (0.986 * 3600 / 1440 / 2 + 1.2) * ARCSECONDS_RAD
NUTATION_RAD = 9.3 * ARCSECONDS_RAD  # in obliquity: the largest term, IAU 1980, is 9.2 arcseconds
NUTATION_IN_LONGITUDE_RAD = 17.3 * ARCSECONDS_RAD  # parts TEME's mean equinox from the true one
A_SECOND_OF_UT1_RAD = 15.1 * ARCSECONDS_RAD  # UTC and UT1 differ by up to 0.9 s
POLAR_MOTION_RAD = 0.6 * ARCSECONDS_RAD


def angle_between(one, other):
    return np.arctan2(np.linalg.norm(np.cross(one, other), axis=-1), np.sum(one * other, axis=-1))


def declination_rad(when):
    return math.asin(sun_direction(when, AT_START)[0, 2])


def almanac_direction(when):
    """The low-precision formulas of the Astronomical Almanac, page C5: good to an arcminute 1950 to 2050."""
    days = (when - datetime(2000, 1, 1, 12)).total_seconds() / 86400
    anomaly = math.radians(357.528 + 0.9856003 * days)
    longitude = math.radians(
        280.460 + 0.9856474 * days + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)
    )
    obliquity = math.radians(23.439 - 4e-7 * days)
    return np.array(
        [
            math.cos(longitude),
            math.cos(obliquity) * math.sin(longitude),
            math.sin(obliquity) * math.sin(longitude),
        ]
    )


@pytest.mark.parametrize(
    "when", [datetime(1951, 3, 3), datetime(1999, 8, 11, 11), datetime(2026, 11, 24), datetime(2049, 12, 31)]
)
def test_the_sun_is_where_the_almanacs_formulas_put_it(when):
    assert angle_between(sun_direction(when, AT_START)[0], almanac_direction(when)) < AN_ARCMINUTE_RAD


@pytest.mark.parametrize(
    "when",
    [
        datetime(2000, 3, 20, 7, 35),
        datetime(2024, 3, 20, 3, 6),
        datetime(2024, 9, 22, 12, 44),
        datetime(2025, 3, 20, 9, 1),
    ],
)
def test_the_sun_stands_over_the_equator_at_an_equinox(when):
    """Instants of the Astronomical Almanac, to the minute."""
    assert abs(declination_rad(when)) < HALF_A_MINUTE_OF_SUN_RAD


@pytest.mark.parametrize(
    ("when", "side"),
    [
        (datetime(2000, 6, 21, 1, 48), 1),
        (datetime(2024, 6, 20, 20, 51), 1),
        (datetime(2024, 12, 21, 9, 20), -1),
    ],
)
def test_the_sun_stands_over_a_tropic_at_a_solstice(when, side):
    """At the mean obliquity of the ecliptic of date (IAU 2006), up to nutation; at six or eighteen hours."""
    centuries = (when - datetime(2000, 1, 1, 12)).total_seconds() / 86400 / 36525
    obliquity_rad = (84381.406 - 46.836769 * centuries) * ARCSECONDS_RAD
    x, y, _ = sun_direction(when, AT_START)[0]

    assert abs(side * declination_rad(when) - obliquity_rad) < NUTATION_RAD + HALF_A_MINUTE_OF_SUN_RAD
    assert abs(math.atan2(x, side * y)) < NUTATION_IN_LONGITUDE_RAD + 2 * HALF_A_MINUTE_OF_SUN_RAD


def test_the_sun_moves_on_by_a_degree_a_day():
    """360 degrees in 365.24 days, up to 3.4 % faster at perihelion: twice the eccentricity of 0.0167."""
    days_ns = np.arange(366) * 86400 * 10**9
    directions = sun_direction(datetime(2025, 1, 1), days_ns)
    daily_deg = np.degrees(angle_between(directions[1:], directions[:-1]))

    assert np.abs(np.linalg.norm(directions, axis=1) - 1).max() < 1e-12
    assert daily_deg.max() == pytest.approx(360 / 365.24 * 1.034, rel=1e-3)
    assert daily_deg.min() == pytest.approx(360 / 365.24 * (1 - 0.033), rel=1e-3)


def test_vallados_example_comes_out_of_teme_where_it_should():
    """Vallado 2013, example 3-15 (AIAA 2006-6753, appendix C): 2004-04-06, 07:51:28.386009 UTC."""
    teme_m = np.array([[5094.18016210, 6127.64465950, 6380.34453270]]) * 1e3
    itrf_m = np.array([[-1033.4793830, 7901.2952754, 6380.3565958]]) * 1e3

    fixed_m = earth_fixed(teme_m, start=datetime(2004, 4, 6, 7, 51, 28, 386009), times_ns=AT_START)

    assert np.linalg.norm(fixed_m - itrf_m) < HALF_A_METRE_M


@pytest.mark.parametrize("year", [1958, 1975, 2000, 2026, 2060, 2150])
def test_the_earth_turns_by_greenwich_sidereal_time_in_any_year(year):
    """The GMST of python-sgp4 (IAU 1982), with UTC for UT1: no tables, and none fetched."""
    times_ns = np.array([0, 3600, 43_200]) * 10**9
    east = np.tile([1.0, 0.0, 0.0], (3, 1))

    fixed = earth_fixed(east, start=datetime(year, 7, 1), times_ns=times_ns)

    for row, time_ns in enumerate(times_ns.tolist()):
        # Not sgp4's jday, which leaves out that 2100 is no leap year.
        sidereal_rad = gstime(datetime(year, 7, 1).toordinal() + ORDINAL_ZERO + time_ns / 86400e9)
        expected = np.array([math.cos(sidereal_rad), -math.sin(sidereal_rad), 0.0])
        assert angle_between(fixed[row], expected) < A_SECOND_OF_UT1_RAD + POLAR_MOTION_RAD


def test_a_turn_keeps_lengths_angles_and_hands():
    axes = np.tile(np.eye(3), (4, 1, 1)) * 7e6
    turned = earth_fixed(axes, start=datetime(2026, 1, 1), times_ns=np.arange(4) * 10**12)

    gram = turned @ turned.transpose(0, 2, 1)
    assert np.abs(gram / 49e12 - np.eye(3)).max() < 1e-12
    assert np.linalg.det(turned / 7e6) == pytest.approx(np.ones(4))


def test_many_satellites_turn_as_each_of_them_does():
    positions_m = np.random.default_rng(1).normal(size=(3, 5, 3)) * 7e6
    moments = {"start": datetime(2026, 1, 1), "times_ns": np.array([0, 10**10, 10**12])}

    together_m = earth_fixed(positions_m, **moments)

    for satellite in range(5):
        alone_m = earth_fixed(positions_m[:, satellite], **moments)
        assert np.abs(together_m[:, satellite] - alone_m).max() < A_MILLIMETRE_M


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "altitude_m"),
    [(0, 0, 0), (90, 0, 550e3), (-52.5, 13.4, 1200e3), (87, -179.9, 35_786e3)],
)
def test_geodetic_coordinates_are_those_of_the_ellipsoid(latitude_deg, longitude_deg, altitude_m):
    """The closed form from geodetic to Cartesian, WGS84: a = 6378137 m, 1/f = 298.257223563."""
    flattening = 1 / 298.257223563
    squared = flattening * (2 - flattening)
    latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
    normal_m = 6378137.0 / math.sqrt(1 - squared * math.sin(latitude) ** 2)
    across_m = (normal_m + altitude_m) * math.cos(latitude)
    position_m = np.array(
        [
            across_m * math.cos(longitude),
            across_m * math.sin(longitude),
            (normal_m * (1 - squared) + altitude_m) * math.sin(latitude),
        ]
    )

    latitudes_deg, longitudes_deg, altitudes_m = geodetic(np.tile(position_m, (2, 3, 1)))

    assert latitudes_deg.shape == longitudes_deg.shape == altitudes_m.shape == (2, 3)
    assert np.radians(latitudes_deg - latitude_deg) * 6.4e6 == pytest.approx(
        np.zeros((2, 3)), abs=A_MILLIMETRE_M
    )
    assert np.radians(longitudes_deg - longitude_deg) * across_m == pytest.approx(
        np.zeros((2, 3)), abs=A_MILLIMETRE_M
    )
    assert altitudes_m == pytest.approx(np.full((2, 3), altitude_m), abs=A_MILLIMETRE_M)


def test_settings_of_astropy_stay_as_they_were():
    from astropy.utils.iers import conf

    names = ("auto_download", "auto_max_age", "iers_degraded_accuracy")
    before = [getattr(conf, name) for name in names]

    sun_direction(datetime(2100, 1, 1), AT_START)
    earth_fixed(np.ones((1, 3)), start=datetime(2100, 1, 1), times_ns=AT_START)

    assert [getattr(conf, name) for name in names] == before


def test_importing_frames_does_not_load_astropy():
    code = "import sys, spacemoe_ns3.constellation.frames; sys.exit('astropy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_start_with_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="has a time zone, must be UTC without one"):
        sun_direction(datetime(2026, 1, 1, tzinfo=timezone.utc), AT_START)


@pytest.mark.parametrize("shape", [(2, 3), (1, 4), (3,), (1, 1, 1, 3)])
def test_positions_that_do_not_match_the_times_are_refused(shape):
    with pytest.raises(ValueError, match=r"does not match 1 times, must be \(n, 3\) or \(n, S, 3\)"):
        earth_fixed(np.ones(shape), start=datetime(2026, 1, 1), times_ns=AT_START)
