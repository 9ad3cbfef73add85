"""Paths followed to their ends, against one walk after the other."""

import math

import numpy as np
import pytest
from builders import chain, random_network

from spacemoe_ns3.links import FewestHops, LeastDelay
from spacemoe_ns3.links.paths import follow, link_between, path_of

BITS = 12_000
RELATIVE = 1e-12


def walked(network, next_hop, hop_s, source):
    """End, seconds, slowest rate and hops of one path, hop by hop."""
    link_of = {}
    for link, (a, b) in enumerate(network.ends.tolist()):
        link_of[a, b] = link_of[b, a] = link
    here, total_s, slowest_bps, hops = source, 0.0, math.inf, 0
    while next_hop[here] != -1:
        link = link_of[here, int(next_hop[here])]
        here, hops = int(next_hop[here]), hops + 1
        total_s += float(hop_s[link])
        slowest_bps = min(slowest_bps, int(network.rate_bps[link]))
    return here, total_s, slowest_bps, hops


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("router", [LeastDelay(), FewestHops()], ids=repr)
def test_all_paths_at_once_are_the_walks_one_by_one(seed, router):
    network = random_network(seed, density=0.12).network(0)
    everyone = np.arange(network.satellites)
    next_hop = router.next_hops(network, destinations=everyone, packet_bits=BITS)
    hop_s = np.random.default_rng(seed).random(len(network.ends))

    paths = follow(network, next_hop, hop_s=hop_s)

    for goal in everyone.tolist():
        for source in everyone.tolist():
            end, total_s, slowest_bps, hops = walked(network, next_hop[goal], hop_s, source)
            assert paths.end[goal, source] == end
            assert paths.total_s[goal, source] == pytest.approx(total_s, rel=RELATIVE)
            assert paths.slowest_bps[goal, source] == slowest_bps
            assert paths.hops[goal, source] == hops


@pytest.mark.parametrize("satellites", [2, 3, 4, 5, 8, 9, 16, 17, 100])
def test_the_longest_paths_there_are_come_to_their_ends(satellites):
    """Down a chain: the k-th satellite has k hops, and its slowest link is the slowest below it."""
    rates_bps = np.random.default_rng(1).integers(1, 10**9, satellites - 1)
    network = chain(satellites=satellites, hop_m=1e6, rate_bps=rates_bps).network(0)
    next_hop = np.arange(satellites)[np.newaxis] - 1

    paths = follow(network, next_hop, hop_s=np.full(satellites - 1, 0.5))

    assert (paths.end == 0).all()
    assert paths.hops[0].tolist() == list(range(satellites))
    assert paths.total_s[0].tolist() == [0.5 * hops for hops in range(satellites)]
    assert paths.slowest_bps[0, 1:].tolist() == np.minimum.accumulate(rates_bps).tolist()


def test_a_path_without_links_ends_where_it_begins_and_has_no_slowest_one():
    network = chain(satellites=3, hop_m=1e6).network(0)

    paths = follow(network, np.full((1, 3), -1), hop_s=np.ones(2))

    assert paths.end.tolist() == [[0, 1, 2]]
    assert paths.hops.tolist() == [[0, 0, 0]]
    assert paths.total_s.tolist() == [[0.0, 0.0, 0.0]]
    assert np.isinf(paths.slowest_bps).all()


def test_one_path_is_its_satellites_from_end_to_end():
    assert path_of(np.array([-1, 3, -1, 0]), 1) == [1, 3, 0]
    assert path_of(np.array([-1, 3, -1, 0]), 2) == [2]


def test_the_link_between_two_neighbours_is_found_in_both_directions():
    network = random_network(1, density=0.3).network(0)
    a, b = network.ends[:, 0], network.ends[:, 1]

    assert link_between(network, a, b).tolist() == list(range(len(network.ends)))
    assert link_between(network, b, a).tolist() == list(range(len(network.ends)))
