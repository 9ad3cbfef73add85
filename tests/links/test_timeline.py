"""The links through time: which are up, why others are down, how long light takes."""

import math

import numpy as np
import pytest

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import SlotGrid, WalkerShell, propagate
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import DownReason, LaserLinks, build_timeline, plus_grid
from spacemoe_ns3.links.outages import bernoulli
from spacemoe_ns3.streams import stream

SLOTS = SlotGrid(count=40, slot_ns=140 * 10**9)  # an orbit
FOUR_SIGMA = 4.0  # of a binomial count: one in 16,000
A_PICOSECOND = 1e-12
FAST_ENOUGH_RAD_S = 1e3


def shell(**changes):
    settings = {"planes": 5, "satellites_per_plane": 12, "altitude_km": 550, "inclination_deg": 87}
    return WalkerShell(**{**settings, **changes})


def timeline(some_shell, *, seed=1, slots=SLOTS, **rules):
    links = LaserLinks(**rules)
    return build_timeline(
        shell=some_shell,
        ephemeris=propagate(some_shell, end_ns=slots.end_ns),
        slots=slots,
        links=links,
        random=stream(seed, "links.outages"),
    )


@pytest.fixture(scope="module")
def clear():
    """No outages, and terminals fast enough for anything."""
    return timeline(shell(), seam=True, max_angular_rate_rad_s=FAST_ENOUGH_RAD_S)


def test_links_are_up_if_nothing_stands_against_them(clear):
    within_planes = clear.ends[:, 0] // 12 == clear.ends[:, 1] // 12

    assert clear.up[:, within_planes].all()


def test_light_takes_the_length_of_a_link_at_the_middle_of_its_slot(clear):
    slot, link = 17, 23
    middle = np.array([SLOTS.slot_ns * slot + SLOTS.slot_ns // 2])
    one_m, other_m = (clear.ephemeris.positions_at(clear.ends[link, [end]], middle)[0] for end in (0, 1))

    assert abs(clear.delay_s[slot, link] - math.dist(one_m, other_m) / SPEED_OF_LIGHT_M_S) < A_PICOSECOND


def test_a_line_of_sight_through_the_earth_is_over_the_horizon():
    """Three satellites a plane, 120 degrees apart, see each other only from above 6500 km."""
    low = timeline(shell(satellites_per_plane=3))
    high = timeline(shell(satellites_per_plane=3, altitude_km=7000))
    within_planes = low.ends[:, 0] // 3 == low.ends[:, 1] // 3

    assert (low.reason[:, within_planes] == DownReason.HORIZON).all()
    assert (high.reason[:, within_planes] == DownReason.UP).all()


@pytest.mark.parametrize(
    ("grazing_altitude_km", "reason"), [(-1e4, DownReason.UP), (551, DownReason.HORIZON)]
)
def test_the_grazing_altitude_decides_what_is_hidden(grazing_altitude_km, reason):
    """With 12 satellites a plane the chord dips to 314 km: 6928 km times cos 15 degrees."""
    sky = timeline(shell(planes=1), grazing_altitude_km=grazing_altitude_km)

    assert (sky.reason == reason).all()


@pytest.mark.parametrize(("grazing_altitude_km", "is_up"), [(300, True), (328, False)])
def test_the_chord_of_twelve_satellites_grazes_at_314_km(grazing_altitude_km, is_up):
    """Within the 14 km by which the bulge of the Earth moves satellites up and down."""
    sky = timeline(shell(planes=1), grazing_altitude_km=grazing_altitude_km)

    assert sky.up.all() == is_up
    assert sky.up.any() == is_up


def test_a_terminal_that_turns_too_slowly_loses_the_neighbour_across():
    """Neighbours in the plane stand still; across, planes that meet near the poles swing past."""
    rules = {"max_angular_rate_rad_s": 1e-3, "grazing_altitude_km": -1e4}
    sky = timeline(shell(), **rules)
    within_planes = sky.ends[:, 0] // 12 == sky.ends[:, 1] // 12

    assert (sky.reason[:, within_planes] == DownReason.UP).all()
    assert set(np.unique(sky.reason[:, ~within_planes])) == {DownReason.UP, DownReason.ANGULAR_RATE}


def test_a_faster_terminal_never_loses_a_link(clear):
    slow, fast = (timeline(shell(), seam=True, max_angular_rate_rad_s=rate).up for rate in (1e-3, 3e-3))

    assert (slow <= fast).all()
    assert (fast <= clear.up).all()
    assert slow.sum() < fast.sum()


def test_an_outage_takes_down_a_link_that_geometry_lets_be_up(clear):
    stormy = timeline(shell(), seam=True, max_angular_rate_rad_s=FAST_ENOUGH_RAD_S, survival_probability=0.5)
    hidden = clear.reason == DownReason.HORIZON

    assert (stormy.reason[hidden] == DownReason.HORIZON).all()
    assert set(np.unique(stormy.reason[~hidden])) == {DownReason.UP, DownReason.OUTAGE}


def test_a_link_that_is_hidden_and_too_fast_and_out_counts_as_hidden():
    rules = {"survival_probability": 1e-9, "max_angular_rate_rad_s": 1e-9}
    low = timeline(shell(satellites_per_plane=3), **rules)
    high = timeline(shell(satellites_per_plane=3, altitude_km=20_000), grazing_altitude_km=-1e5, **rules)
    within_planes = low.ends[:, 0] // 3 == low.ends[:, 1] // 3

    assert (low.reason[:, within_planes] == DownReason.HORIZON).all()
    assert (high.reason[:, ~within_planes] == DownReason.ANGULAR_RATE).all()


@pytest.mark.parametrize("survival", [0.1, 0.5, 0.95])
def test_links_survive_as_often_as_they_should(survival):
    draws = 200 * 1000
    survivors = bernoulli(slots=200, links=1000, survival=survival, random=stream(1, "test")).sum()

    sigma = math.sqrt(draws * survival * (1 - survival))
    assert abs(survivors - draws * survival) < FOUR_SIGMA * sigma


def test_a_link_survives_anew_in_every_slot():
    """Neighbouring slots agree as often as independent draws do: p^2 + (1 - p)^2."""
    drawn = bernoulli(slots=400, links=500, survival=0.7, random=stream(1, "test"))
    pairs = 399 * 500
    expected = 0.7**2 + 0.3**2

    agreement = (drawn[1:] == drawn[:-1]).mean()
    assert abs(agreement - expected) < FOUR_SIGMA * math.sqrt(2 * expected * (1 - expected) / pairs)


def test_links_that_always_survive_are_never_out():
    assert bernoulli(slots=50, links=50, survival=1.0, random=stream(1, "test")).all()


def test_the_same_seed_gives_the_same_links_and_another_seed_others():
    first, again, other = (
        timeline(shell(), survival_probability=0.8, seed=seed).reason for seed in (3, 3, 4)
    )

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_seed_only_draws_outages(clear):
    other = timeline(shell(), seed=2, seam=True, max_angular_rate_rad_s=FAST_ENOUGH_RAD_S)

    assert np.array_equal(other.delay_s, clear.delay_s)
    assert np.array_equal(other.reason, clear.reason)


def test_the_timeline_has_the_links_of_the_grid(clear):
    assert np.array_equal(clear.ends, plus_grid(shell(), seam=True))
    assert clear.rate_bps.tolist() == [100 * 10**9] * len(clear.ends)
    assert clear.satellites == 60


def test_a_port_leads_over_its_link_to_its_neighbour(clear):
    neighbour, link = clear.ports()
    seen = []
    for satellite in range(clear.satellites):
        links = [number for number in link[satellite] if number >= 0]
        assert links == sorted(links)  # ports are links in the order of the ends
        for port, number in enumerate(links):
            assert sorted([satellite, neighbour[satellite, port]]) == clear.ends[number].tolist()
            seen.append(number)

    assert sorted(seen) == sorted(2 * list(range(len(clear.ends))))


def test_satellites_with_fewer_links_have_empty_ports():
    neighbour, link = timeline(shell(planes=2)).ports()
    assert neighbour.shape == link.shape == (24, 3)
    assert (neighbour >= 0).all()

    neighbour, link = timeline(shell(planes=3)).ports()
    assert (neighbour[:12, 3] == -1).all()
    assert (link[:12, 3] == -1).all()
    assert (neighbour[12:24] >= 0).all()


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("rate_bps", 0.5, "at least 1 and at most 1e+15"),
        ("rate_bps", 1.1e15, "at least 1 and at most 1e+15"),
        ("survival_probability", 0, "above 0 and at most 1"),
        ("survival_probability", 1.01, "above 0 and at most 1"),
        ("max_angular_rate_rad_s", 0, "above 0"),
        ("grazing_altitude_km", math.nan, "a finite number"),
        ("mtu_bytes", 67, "a whole number, at least 68 and at most 65535"),
        ("mtu_bytes", 65_536, "a whole number, at least 68 and at most 65535"),
        ("mtu_bytes", 1500.0, "a whole number, at least 68 and at most 65535"),
        ("queue_packets", 0, "a whole number, at least 1 and at most 4294967295"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_path_and_rule(field, value, rule):
    with pytest.raises(ScenarioError) as caught:
        LaserLinks(**{field: value})

    assert str(caught.value) == f"links.{field}: {value!r} given, must be {rule}"


def test_a_seam_that_is_neither_true_nor_false_is_refused():
    """A text such as "no" counts as true in Python."""
    with pytest.raises(ScenarioError, match=r"^links\.seam: 'no' given"):
        LaserLinks(seam="no")
