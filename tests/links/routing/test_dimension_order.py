"""Dimension-order routing, against a walk by hand and networkx's distances on a torus."""

import dataclasses

import networkx as nx
import numpy as np
import pytest

from spacemoe_ns3.constellation import MultiShell, WalkerShell
from spacemoe_ns3.links import (
    DimensionOrder,
    IntraPlaneRing,
    LinkList,
    PlusGrid,
    SlotNetwork,
    checked_next_hops,
)
from spacemoe_ns3.links.paths import follow, path_of

BITS = 12_000


def shell(planes, size, **changes):
    settings = {"altitude_km": 800, "inclination_deg": 60, **changes}
    return WalkerShell(planes=planes, satellites_per_plane=size, **settings)


def sky_of(layout, topology, *, without=()):
    ends = topology.wire(layout=layout, ephemeris=None, slots=None).ends
    ends = np.array([pair for pair in ends.tolist() if tuple(pair) not in without], np.int32)
    ones = np.ones(len(ends))
    return SlotNetwork(slot=0, layout=layout, ends=ends, delay_s=ones, rate_bps=ones.astype(np.int64))


def routed(sky):
    everyone = np.arange(sky.satellites)
    next_hop = checked_next_hops(DimensionOrder(), sky, destinations=everyone, packet_bits=BITS)
    return next_hop, follow(sky, next_hop, hop_s=np.ones(len(sky.ends)))


def by_hand(source, goal, *, planes, size, seam, shift=0):
    """Across the planes, east first at a tie, then along, forward at a tie."""
    (plane, place), (to_plane, to_place) = divmod(source, size), divmod(goal, size)
    east = to_plane - plane
    if seam:
        east = east % planes if 2 * (east % planes) <= planes else east % planes - planes
    way = [source]
    for _ in range(abs(east)):
        step = 1 if east > 0 else -1
        turns, plane = divmod(plane + step, planes)
        place = (place + turns * shift) % size
        way.append(plane * size + place)
    north = (to_place - place) % size
    for _ in range(min(north, size - north)):
        place = (place + (1 if 2 * north <= size else -1)) % size
        way.append(plane * size + place)
    return way


@pytest.mark.parametrize(("planes", "size"), [(4, 6), (5, 5), (2, 4), (1, 7), (3, 3)])
@pytest.mark.parametrize(("seam", "phasing"), [(False, 0), (True, 0), (True, 2)])
def test_packets_go_across_first_and_then_along(planes, size, seam, phasing):
    if seam and planes < 3:
        return
    sky = sky_of(shell(planes, size, phasing=phasing).build().layout, PlusGrid(seam=seam))

    next_hop, _ = routed(sky)

    for source in range(sky.satellites):
        for goal in range(sky.satellites):
            expected = by_hand(source, goal, planes=planes, size=size, seam=seam, shift=phasing)
            assert path_of(next_hop[goal], source) == expected


@pytest.mark.parametrize("seam", [True, False])
def test_on_a_whole_grid_no_path_is_longer_than_the_shortest(seam):
    """On a torus, or a cylinder, dimension order is minimal (Dally & Towles 2004, 8.4)."""
    sky = sky_of(shell(5, 6).build().layout, PlusGrid(seam=seam))

    _, paths = routed(sky)

    for goal, lengths in nx.all_pairs_shortest_path_length(nx.Graph(sky.ends.tolist())):
        assert {source: int(paths.hops[goal, source]) for source in range(30)} == lengths
        assert (paths.end[goal] == goal).all()


def test_where_the_link_that_the_order_asks_for_is_down_packets_wait():
    """0-6 is down: packets of 0 for other planes to the east stay there, all others go on."""
    sky = sky_of(shell(4, 6).build().layout, PlusGrid(), without=((0, 6),))

    next_hop, paths = routed(sky)

    assert (next_hop[6:, 0] == -1).all()
    assert (next_hop[1:6, 0] != -1).all()
    assert path_of(next_hop[8], 1) == [1, 7, 8]
    assert paths.end[0, 18] == 6  # on its way west along place 0, it comes as far as 6


def test_once_any_seam_link_is_up_packets_go_over_the_seam():
    layout = shell(5, 4).build().layout
    whole = PlusGrid(seam=True).wire(layout=layout, ephemeris=None, slots=None).ends.tolist()
    seam = [tuple(pair) for pair in whole if pair[1] - pair[0] == 16]

    one_up, none_up = (sky_of(layout, PlusGrid(seam=True), without=seam[kept:]) for kept in (1, 0))

    assert path_of(routed(one_up)[0][16], 0) == [0, 16]
    assert path_of(routed(one_up)[0][17], 1) == [1]  # waits for its own seam link
    assert path_of(routed(none_up)[0][16], 0) == [0, 4, 8, 12, 16]


def test_without_links_between_planes_packets_stay_in_their_plane():
    next_hop, paths = routed(sky_of(shell(3, 5).build().layout, IntraPlaneRing()))
    plane = np.arange(15) // 5

    assert np.array_equal(paths.end == np.arange(15)[:, np.newaxis], plane[:, np.newaxis] == plane)
    assert path_of(next_hop[4], 1) == [1, 0, 4]


def test_vacant_places_are_flown_past():
    """Plane 1 of three lacks its places 2 and 3 of seven."""
    layout = shell(3, 7).build().layout
    kept = np.setdiff1d(np.arange(21), [9, 10])
    layout = dataclasses.replace(
        layout,
        names=tuple(layout.names[each] for each in kept),
        shell=layout.shell[kept],
        plane=layout.plane[kept],
        place=layout.place[kept],
    )
    next_hop, _ = routed(sky_of(layout, PlusGrid()))
    number = {old: new for new, old in enumerate(kept.tolist())}

    def way(source, goal):
        return [int(kept[each]) for each in path_of(next_hop[number[goal]], number[source])]

    assert way(8, 11) == [8, 11]  # three places on, one hop
    assert way(0, 11) == [0, 7, 13, 12, 11]
    assert way(4, 8) == [4, 11, 8]
    assert way(2, 8) == [2]  # there is nobody beside place 2


def test_packets_for_another_shell_and_for_satellites_in_none_wait():
    layout = MultiShell(shells=(shell(3, 3, name="low"), shell(3, 4, name="high"))).build().layout
    where = {
        name: np.where(np.arange(21) == 5, -1, getattr(layout, name)) for name in ("shell", "plane", "place")
    }
    stray = dataclasses.replace(layout, **where)
    pairs = [(0, 1), (1, 2), (0, 9), (4, 5), (9, 10), (0, 3), (3, 4)]

    next_hop, _ = routed(sky_of(stray, LinkList(pairs=tuple(pairs))))

    assert (next_hop[9:, :9] == -1).all()
    assert (next_hop[:9, 9:] == -1).all()
    assert (next_hop[5] == -1).all()
    assert (next_hop[:, 5] == -1).all()
    assert path_of(next_hop[4], 0) == [0, 3, 4]


def test_it_does_not_follow_delays_and_comes_back_another_way():
    next_hop, _ = routed(sky_of(shell(4, 6).build().layout, PlusGrid()))

    assert not DimensionOrder().follows_delay
    assert not DimensionOrder().is_symmetric
    assert path_of(next_hop[7], 0) == [0, 6, 7]
    assert path_of(next_hop[0], 7) == [7, 1, 0]
