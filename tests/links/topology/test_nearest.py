"""Links to whoever is near, against a greedy rule over all pairs in plain Python."""

import math

import numpy as np
import pytest
from builders import one_plane, still_sky

from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation import Ephemeris, SlotGrid, WalkerShell, propagate
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import NearestNeighbours

ONE_SLOT = SlotGrid(count=1, slot_ns=10**9)
ANYWHERE_KM = -1e5


def around_the_earth(seed, *, satellites=60):
    """Anywhere between 500 and 2000 km."""
    random = np.random.default_rng(seed)
    heading = random.normal(size=(satellites, 3))
    radius_m = EARTH_RADIUS_M + random.uniform(500e3, 2000e3, (satellites, 1))
    return radius_m * heading / np.linalg.norm(heading, axis=1, keepdims=True)


def wired(positions_m, **settings):
    topology = NearestNeighbours(**settings)
    sky = still_sky(positions_m, end_ns=2 * ONE_SLOT.end_ns)
    return topology.wire(layout=one_plane(sky.satellites), ephemeris=sky, slots=ONE_SLOT)


def lowest_m(a, b):
    """The lowest point of a straight line above a sphere, by ternary search."""
    low, high = 0.0, 1.0
    for _ in range(100):
        one, other = low + (high - low) / 3, high - (high - low) / 3
        heights = [
            math.dist((0, 0, 0), [p + share * (q - p) for p, q in zip(a, b, strict=True)])
            for share in (one, other)
        ]
        low, high = (low, other) if heights[0] < heights[1] else (one, high)
    return math.dist((0, 0, 0), [p + low * (q - p) for p, q in zip(a, b, strict=True)]) - EARTH_RADIUS_M


def greedy(positions_m, *, links, max_range_km=None, grazing_altitude_km=80.0):
    """All pairs, the shortest first, as long as both have a terminal free."""
    places = positions_m.tolist()
    near = [
        {
            other
            for _, other in sorted((math.dist(here, there), other) for other, there in enumerate(places))[
                : 4 * links + 1
            ]
        }
        for here in places
    ]
    candidates = sorted(
        (math.dist(places[one], places[other]), one, other)
        for one in range(len(places))
        for other in range(one + 1, len(places))
        if other in near[one] or one in near[other]
    )
    free = [links] * len(places)
    chosen = []
    for apart_m, one, other in candidates:
        is_near = max_range_km is None or apart_m <= max_range_km * 1e3
        if (
            is_near
            and free[one]
            and free[other]
            and lowest_m(places[one], places[other]) >= grazing_altitude_km * 1e3
        ):
            free[one] -= 1
            free[other] -= 1
            chosen.append([one, other])
    return sorted(chosen)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("links", [1, 3, 4])
def test_the_shortest_pairs_with_free_terminals_are_linked(seed, links):
    positions_m = around_the_earth(seed)

    assert wired(positions_m, links=links).ends.tolist() == greedy(positions_m, links=links)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rules", [{"max_range_km": 2500.0}, {"grazing_altitude_km": 600.0}])
def test_what_is_too_far_or_too_low_is_not_linked(seed, rules):
    positions_m = around_the_earth(seed)
    bound = greedy(positions_m, links=4)

    ends = wired(positions_m, links=4, **rules).ends.tolist()

    assert ends == greedy(positions_m, links=4, **rules)
    assert ends != bound  # or the rule decides nothing


def test_nobody_near_is_a_sky_without_links():
    wiring = wired(around_the_earth(1), max_range_km=1.0)

    assert wiring.ends.shape == (0, 2)
    assert wiring.ends.dtype == np.int32


def test_with_more_terminals_than_neighbours_everyone_is_linked_to_everyone():
    positions_m = around_the_earth(1, satellites=5)

    ends = wired(positions_m, links=10, grazing_altitude_km=ANYWHERE_KM).ends

    assert ends.tolist() == [[one, other] for one in range(5) for other in range(one + 1, 5)]


@pytest.fixture(scope="module")
def moving():
    """Two planes that cross, over twelve slots of a minute, and the rule applied every five slots."""
    shell = WalkerShell(planes=4, satellites_per_plane=6, altitude_km=1200, inclination_deg=70, phasing=1)
    constellation, slots = shell.build(), SlotGrid(count=12, slot_ns=60 * 10**9)
    sky = propagate(constellation, end_ns=slots.end_ns)
    topology = NearestNeighbours(links=3, every_slots=5, grazing_altitude_km=ANYWHERE_KM)
    return topology.wire(layout=constellation.layout, ephemeris=sky, slots=slots), sky, slots


def test_terminals_point_anew_every_so_many_slots(moving):
    wiring, sky, slots = moving
    everyone = np.arange(sky.satellites)
    for slot in range(slots.count):
        applied = slot // 5 * 5
        middle_ns = np.full(sky.satellites, slots.middles_ns()[applied])
        expected = greedy(sky.positions_at(everyone, middle_ns), links=3, grazing_altitude_km=ANYWHERE_KM)
        assert wiring.ends[wiring.assigned[slot]].tolist() == expected
    assert not np.array_equal(wiring.assigned[0], wiring.assigned[11])


def test_every_link_of_a_sky_that_points_anew_is_used_at_some_time(moving):
    wiring, _, slots = moving

    assert wiring.assigned.shape == (slots.count, len(wiring.ends))
    assert wiring.assigned.any(axis=0).all()
    assert wiring.ends.tolist() == sorted(wiring.ends.tolist())


def test_applied_once_the_links_are_those_of_the_first_slot(moving):
    _, sky, slots = moving
    layout = one_plane(sky.satellites)

    once = NearestNeighbours(links=3, grazing_altitude_km=ANYWHERE_KM).wire(
        layout=layout, ephemeris=sky, slots=slots
    )

    first_ns = np.full(sky.satellites, slots.middles_ns()[0])
    positions_m = sky.positions_at(np.arange(sky.satellites), first_ns)
    assert once.assigned is None
    assert once.ends.tolist() == greedy(positions_m, links=3, grazing_altitude_km=ANYWHERE_KM)


def test_a_sky_in_which_all_links_are_lost_for_a_while_keeps_its_other_slots():
    """Two satellites fly apart, out of range, and the rule is applied in every slot."""
    positions_m = np.array([[[0.0, 0, 8e6], [0, 1e6, 8e6]], [[0, 0, 8e6], [0, 9e6, 8e6]]])
    sky = Ephemeris(
        step_ns=10 * 10**9, positions_m=positions_m, velocities_m_s=np.diff(positions_m, axis=0)[[0, 0]] / 10
    )
    slots = SlotGrid(count=10, slot_ns=10**9)

    wiring = NearestNeighbours(links=1, every_slots=1, max_range_km=5000).wire(
        layout=one_plane(2), ephemeris=sky, slots=slots
    )

    apart_km = 1000 + 800 * (np.arange(10) + 0.5)
    assert wiring.ends.tolist() == [[0, 1]]
    assert wiring.assigned[:, 0].tolist() == (apart_km <= 5000).tolist()


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("links", 0, "a whole number, at least 1 and at most 64"),
        ("links", 65, "a whole number, at least 1 and at most 64"),
        ("every_slots", -1, "a whole number, at least 0"),
        ("max_range_km", 0, "above 0"),
        ("grazing_altitude_km", math.inf, "a finite number"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_path_and_rule(field, value, rule):
    with pytest.raises(ScenarioError) as caught:
        NearestNeighbours(**{field: value})

    assert str(caught.value) == f"links.topology.{field}: {value!r} given, must be {rule}"
