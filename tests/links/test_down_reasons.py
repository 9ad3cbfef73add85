"""Why a link is down: each reason for its cause, the first that holds, and how long links are acquired."""

import dataclasses
import math

import numpy as np
import pytest
from builders import one_plane, timeline_of
from hand_made import ANYWHERE_KM, EQUINOX, hand_made, reasons

from spacemoe_ns3.constellation import SlotGrid, WalkerShell
from spacemoe_ns3.links import (
    Bernoulli,
    DownReason,
    LaserLinks,
    LinkKind,
    LinkList,
    ModemTable,
    NearestNeighbours,
    OpticalLinkBudget,
    PlusGrid,
    SatelliteFailures,
    ScheduledOutages,
)
from spacemoe_ns3.links.topology import Wiring

SLOTS = SlotGrid(count=40, slot_ns=140 * 10**9)  # an orbit
A_TENTH_OF_A_DEGREE = 0.1  # by which the Sun moves in two hours and a half
WEAK, STRONG = (
    OpticalLinkBudget(
        transmit_power_w=power_w,
        transmit_aperture_m=0.08,
        receive_aperture_m=0.08,
        modem=ModemTable(modes=((-35.5, 10e9),)),
    )
    for power_w in (1e-9, 10.0)
)
PLANNED = ScheduledOutages(windows=((10.0, 20.0, 0, 1),))
RANDOM = Bernoulli(survival_probability=1e-12)
FAILED_BEFORE = SatelliteFailures(failures=((0, 0.0, 10.0),))
FAILED = SatelliteFailures(failures=((0, 0.0, 20.0),))


def shell(**changes):
    settings = {"planes": 5, "satellites_per_plane": 12, "altitude_km": 550, "inclination_deg": 87}
    return WalkerShell(**{**settings, **changes})


def timeline(some_shell, *, seed=1, slots=SLOTS, seam=False, survival=1.0, **rules):
    links = LaserLinks(
        topology=PlusGrid(seam=seam), outages=(Bernoulli(survival_probability=survival),), **rules
    )
    return timeline_of(some_shell, links=links, slots=slots, seed=seed)


@pytest.mark.parametrize(("apart_km", "reason"), [(2999.9, "UP"), (3000.1, "RANGE")])
def test_a_link_that_is_too_long_is_out_of_range(apart_km, reason):
    sky = hand_made([[8e6, 0, 0], [8e6, apart_km * 1e3, 0]], max_range_km=3000)

    assert reasons(sky) == [reason] * 12


def test_a_link_is_out_of_range_from_the_slot_in_whose_middle_it_is():
    """They part by 100 km a slot, from 1000 km."""
    sky = hand_made(
        [[8e6, 0, 0], [8e6, 1e6, 0]],
        moves_m_s=[[0, 0, 0], [0, 1e4, 0]],
        max_range_km=1500,
        max_angular_rate_rad_s=None,
    )

    assert reasons(sky) == ["UP"] * 5 + ["RANGE"] * 7


def at_latitudes(*latitudes_deg):
    """Satellites 8000 km from the centre of the Earth, one after the other in longitude."""
    latitude, longitude = np.radians(latitudes_deg), np.radians(10.0 * np.arange(len(latitudes_deg)))
    return 8e6 * np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1
    )


@pytest.mark.parametrize(
    ("latitudes_deg", "reason"),
    [((59.9, 59.9), "UP"), ((60.1, 0.0), "LATITUDE"), ((0.0, -60.1), "LATITUDE"), ((-59.9, 59.9), "UP")],
)
def test_links_between_planes_are_cut_where_either_end_is_too_far_north_or_south(latitudes_deg, reason):
    """Satellites 0 and 3 are in two planes; 0 and 1 in one, and stay linked up to the pole."""
    layout = shell(planes=2, satellites_per_plane=3).build().layout
    near, far = latitudes_deg

    sky = hand_made(
        at_latitudes(near, 85.0, 0.0, far, 0.0, 0.0),
        ends=((0, 1), (0, 3)),
        layout=layout,
        cross_plane_latitude_deg=60.0,
    )

    assert reasons(sky, link=0) == ["UP"] * 12
    assert reasons(sky, link=1) == [reason] * 12
    assert LinkKind(sky.kind[1]) == LinkKind.CROSS_PLANE


def test_a_polar_shell_loses_its_cross_links_over_the_poles_and_keeps_its_rings():
    """Of a circular orbit of 87 degrees the share of time beyond 70 is acos(sin 70 / sin 87) / 90 degrees."""
    sky = timeline(
        shell(), cross_plane_latitude_deg=70.0, grazing_altitude_km=-1e4, max_angular_rate_rad_s=None
    )
    one_m = sky.ephemeris.positions_at(np.repeat(np.arange(60), 40), np.tile(SLOTS.middles_ns(), 60)).reshape(
        60, 40, 3
    )
    latitude_deg = np.degrees(np.arcsin(one_m[..., 2] / np.linalg.norm(one_m, axis=-1)))
    is_high = np.abs(latitude_deg) > 70.0
    is_cross = sky.kind == LinkKind.CROSS_PLANE

    expected = is_high[sky.ends[:, 0]] | is_high[sky.ends[:, 1]]
    assert np.array_equal((sky.reason == DownReason.LATITUDE).T[is_cross], expected[is_cross])
    assert sky.up[:, ~is_cross].all()
    share = math.degrees(math.acos(math.sin(math.radians(70)) / math.sin(math.radians(87)))) / 90
    assert is_high.mean() == pytest.approx(share, abs=1 / 40)  # a slot of forty


def off_the_sun(angle_deg, *, at_m=8e6):
    """A receiver on the line from the Earth to the Sun, and a peer 1000 km away, at an angle from the Sun."""
    angle = math.radians(angle_deg)
    return [[at_m, 0.0, 0.0], [at_m + 1e6 * math.cos(angle), 1e6 * math.sin(angle), 0.0]]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("angle_deg", "reason"), [(10 - A_TENTH_OF_A_DEGREE, "SUN"), (10 + A_TENTH_OF_A_DEGREE, "UP"), (90, "UP")]
)
def test_a_receiver_that_looks_too_close_to_the_sun_loses_its_link(angle_deg, reason, swapped):
    """Either end may be the one that is dazzled: 180 degrees less 10 is as bad for the other."""
    positions_m = off_the_sun(angle_deg)[:: -1 if swapped else 1]

    assert reasons(hand_made(positions_m, sun_exclusion_deg=10)) == [reason] * 12


def test_a_receiver_in_the_shadow_of_the_earth_sees_no_sun():
    """Behind the Earth both are in the dark; on its day side the same look is into the Sun."""
    night, day = (hand_made(off_the_sun(0.0, at_m=at_m), sun_exclusion_deg=10) for at_m in (-9e6, 8e6))

    assert reasons(night) == ["UP"] * 12
    assert reasons(day) == ["SUN"] * 12


def test_half_a_year_later_the_sun_is_on_the_other_side():
    """23 September 2026, 00:05 UTC (Astronomical Almanac 2026)."""
    autumn = "2026-09-23T00:05:00"
    away_from_it = off_the_sun(180 - 10 + A_TENTH_OF_A_DEGREE, at_m=-8e6)

    assert (
        reasons(hand_made(off_the_sun(180.0, at_m=-8e6), epoch=autumn, sun_exclusion_deg=10)) == ["SUN"] * 12
    )
    assert reasons(hand_made(away_from_it, epoch=autumn, sun_exclusion_deg=10)) == ["SUN"] * 12
    assert reasons(hand_made(away_from_it, epoch=EQUINOX, sun_exclusion_deg=5)) == ["UP"] * 12


def test_a_failed_satellite_takes_its_links_with_it():
    """From 15 s to 35 s: slots 1 to 3 of ten seconds."""
    positions_m = [[8e6, 0, 0], [8e6, 1e6, 0], [8e6, 2e6, 0]]
    sky = hand_made(
        positions_m, ends=((0, 1), (1, 2)), outages=(SatelliteFailures(failures=((0, 15.0, 35.0),)),)
    )

    assert reasons(sky, link=0) == ["UP"] + ["FAILURE"] * 3 + ["UP"] * 8
    assert reasons(sky, link=1) == ["UP"] * 12


def test_a_planned_outage_has_its_own_reason():
    sky = hand_made([[8e6, 0, 0], [8e6, 1e6, 0]], outages=(ScheduledOutages(windows=((20.0, 40.0, 0, 1),)),))

    assert reasons(sky) == ["UP"] * 2 + ["SCHEDULED"] * 2 + ["UP"] * 8


class Pointed:
    """A topology of one link whose terminals point at each other in some slots only."""

    def __init__(self, assigned):
        self.assigned = np.array(assigned, bool)[:, np.newaxis]

    def wire(self, *, layout, ephemeris, slots):
        return Wiring(ends=np.array([[0, 1]], np.int32), assigned=self.assigned)


def test_the_first_reason_is_the_one_that_counts():
    """In slot 1, everything stands against a link; rule after rule is lifted."""
    not_now = np.arange(12) != 1
    rules = {
        "UNASSIGNED": {"topology": Pointed(not_now)},
        "FAILURE": {"topology": LinkList(pairs=((0, 1),))},
        "RANGE": {"outages": (PLANNED, RANDOM, FAILED_BEFORE)},
        "HORIZON": {"max_range_km": None},
        "LATITUDE": {"grazing_altitude_km": ANYWHERE_KM},
        "ANGULAR_RATE": {"cross_plane_latitude_deg": None},
        "SUN": {"max_angular_rate_rad_s": None},
        "ACQUISITION": {"sun_exclusion_deg": None},
        "POWER": {"acquisition_s": 0.0},
        "SCHEDULED": {"rate_bps": STRONG},
        "OUTAGE": {"outages": (RANDOM, FAILED_BEFORE)},
        "UP": {"outages": (FAILED_BEFORE,)},
    }
    assert list(rules) == [each.name for each in [*DownReason][1:]] + ["UP"]
    settings = {
        "outages": (PLANNED, RANDOM, FAILED),
        "max_range_km": 100.0,
        "grazing_altitude_km": 1e5,
        "cross_plane_latitude_deg": 1.0,
        "max_angular_rate_rad_s": 1e-9,
        "sun_exclusion_deg": 179.0,
        "acquisition_s": 10.5,
        "rate_bps": WEAK,
    }
    layout = shell(planes=2, satellites_per_plane=3).build().layout
    across = dataclasses.replace(
        one_plane(2), shells=layout.shells, plane=np.array([0, 1], np.int32), place=np.zeros(2, np.int32)
    )
    for reason, lifted in rules.items():
        settings |= lifted
        sky = hand_made(
            at_latitudes(30.0, 30.0), layout=across, moves_m_s=[[0, 0, 0], [0, 0, 7e3]], **settings
        )
        assert reasons(sky)[1] == reason


def test_a_planned_outage_goes_before_a_random_one_whichever_is_declared_first():
    for outages in ((PLANNED, RANDOM), (RANDOM, PLANNED)):
        sky = hand_made([[8e6, 0, 0], [8e6, 1e6, 0]], outages=outages)
        assert reasons(sky) == ["OUTAGE"] + ["SCHEDULED"] + ["OUTAGE"] * 10


def acquired(assigned, **rules):
    """Why a link is down in slots of ten seconds; its terminals point at each other in some of them."""
    sky = hand_made([[8e6, 0, 0], [8e6, 1e6, 0]], topology=Pointed(assigned), **rules)
    short = {
        "UP": "u",
        "UNASSIGNED": "-",
        "ACQUISITION": "a",
        "OUTAGE": "o",
        "SCHEDULED": "s",
        "FAILURE": "f",
    }
    return "".join(short[each] for each in reasons(sky))


@pytest.mark.parametrize(
    ("acquisition_s", "expected"),
    [
        (0.0, "u--uuuuuuuuu"),
        (0.1, "u--auuuuuuuu"),  # carries from the first slot that begins late enough, at 40 s
        (10.0, "u--auuuuuuuu"),
        (10.1, "u--aauuuuuuu"),
        (25.0, "u--aaauuuuuu"),
        (1e4, "u--aaaaaaaaa"),
    ],
)
def test_a_link_carries_from_the_slot_that_begins_an_acquisition_after_its_terminals_see_each_other(
    acquisition_s, expected
):
    assert acquired([1, 0, 0, *[1] * 9], acquisition_s=acquisition_s) == expected


def test_links_of_the_first_slot_have_been_acquired_before_and_others_have_not():
    assert acquired([1] * 12, acquisition_s=100.0) == "u" * 12
    assert acquired([0, *[1] * 11], acquisition_s=20.0) == "-aauuuuuuuuu"


def test_what_is_lost_while_it_is_acquired_is_acquired_anew():
    assert acquired([1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1], acquisition_s=20.0) == "u-a-aau-aauu"


def test_an_outage_is_no_reason_to_acquire_anew_but_a_failed_satellite_is():
    planned = ScheduledOutages(windows=((30.0, 40.0, 0, 1),))
    failed = SatelliteFailures(failures=((1, 60.0, 70.0),))

    assert acquired([1] * 12, acquisition_s=15.0, outages=(planned, failed)) == "uuusuufaauuu"


def test_a_neighbour_that_comes_by_is_acquired_too():
    """Terminals re-point every fourth slot to whoever is nearest, and need 15 s for it."""
    sky = timeline_of(
        shell(satellites_per_plane=6),
        links=LaserLinks(
            topology=NearestNeighbours(links=3, every_slots=4, grazing_altitude_km=ANYWHERE_KM),
            grazing_altitude_km=ANYWHERE_KM,
            max_angular_rate_rad_s=None,
            acquisition_s=15.0,
        ),
        slots=SlotGrid(count=24, slot_ns=10 * 10**9),
    )
    assigned = sky.reason != DownReason.UNASSIGNED
    fresh = np.zeros(assigned.shape, bool)
    fresh[1:] = assigned[1:] & ~assigned[:-1]

    acquiring = sky.reason == DownReason.ACQUISITION
    expected = fresh.copy()
    expected[1:] |= fresh[:-1] & assigned[1:]
    assert fresh.any()
    assert np.array_equal(acquiring, expected)


def test_a_link_without_light_that_is_out_as_well_lacks_power():
    sky = hand_made([[8e6, 0, 0], [8e6, 1e6, 0]], rate_bps=WEAK, outages=(RANDOM,))

    assert reasons(sky) == ["POWER"] * 12
