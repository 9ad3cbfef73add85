"""Paths of the fewest hops, against networkx."""

from functools import partial

import networkx as nx
import numpy as np
import pytest
from builders import random_network

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.links import FewestHops, PlusGrid, SlotNetwork, checked_next_hops
from spacemoe_ns3.links.paths import follow, path_of
from spacemoe_ns3.links.routing.base import OwnFunction

BITS = 12_000


def hops_of(network, destinations):
    next_hop = FewestHops().next_hops(network, destinations=destinations, packet_bits=BITS)
    return next_hop, follow(network, next_hop, hop_s=network.hop_s(BITS))


def a_grid():
    """A +Grid of 6 x 8, where most pairs have many paths of equal length, at delays drawn at random."""
    shell = WalkerShell(planes=6, satellites_per_plane=8, altitude_km=800, inclination_deg=60, phasing=1)
    layout = shell.build().layout
    ends = PlusGrid(seam=True).wire(layout=layout, ephemeris=None, slots=None).ends
    random = np.random.default_rng(1)
    return SlotNetwork(
        slot=0,
        layout=layout,
        ends=ends,
        delay_s=random.random(len(ends)),
        rate_bps=random.integers(1, 10**9, len(ends)),
    )


NETWORKS = {
    "grid": a_grid,
    **{f"random {seed}": partial(random_network, seed, density=0.15) for seed in range(6)},
}


@pytest.fixture
def grid():
    return a_grid()


@pytest.fixture(params=NETWORKS)
def network(request):
    made = NETWORKS[request.param]()
    return made if isinstance(made, SlotNetwork) else made.network(0)


def graph_of(network):
    graph = nx.Graph(network.ends.tolist())
    graph.add_nodes_from(range(network.satellites))
    return graph


def test_a_path_has_as_many_hops_as_networkx_counts(network):
    everyone = np.arange(network.satellites)

    _, paths = hops_of(network, everyone)

    for goal, lengths in nx.all_pairs_shortest_path_length(graph_of(network)):
        reached = paths.end[goal] == goal
        assert set(np.flatnonzero(reached).tolist()) == set(lengths)
        assert {source: int(paths.hops[goal, source]) for source in lengths} == lengths


def test_the_way_back_is_the_way_there_walked_backwards(network):
    everyone = np.arange(network.satellites)

    next_hop, paths = hops_of(network, everyone)

    for goal in everyone.tolist():
        for source in np.flatnonzero(paths.end[goal] == goal).tolist():
            assert path_of(next_hop[goal], source) == path_of(next_hop[source], goal)[::-1]


def test_delays_and_rates_do_not_matter(grid):
    slow = SlotNetwork(
        slot=3, layout=grid.layout, ends=grid.ends, delay_s=grid.delay_s[::-1], rate_bps=grid.rate_bps[::-1]
    )
    everyone = np.arange(grid.satellites)

    assert np.array_equal(hops_of(grid, everyone)[0], hops_of(slow, everyone)[0])
    assert not FewestHops().follows_delay


def test_ties_spread_over_the_network(grid):
    """Of the first hops to a satellite two planes and two places away, both ways are used."""
    next_hop, _ = hops_of(grid, np.arange(48))
    plane, place = np.divmod(np.arange(48), 8)
    across = 0
    goals = [(p + 2) % 6 * 8 + (s + 2) % 8 for p, s in zip(plane, place, strict=True) if p < 4]
    for source, goal in enumerate(goals):
        across += next_hop[goal, source] // 8 != source // 8

    assert 0.2 * len(goals) < across < 0.8 * len(goals)


def test_its_word_that_it_finds_shortest_paths_may_be_taken(grid):
    """Spared the check, it passes it."""
    next_hop, _ = hops_of(grid, np.arange(48))

    def same(network, *, destinations, packet_bits):
        return next_hop

    checked = checked_next_hops(
        OwnFunction(function=same), grid, destinations=np.arange(48), packet_bits=BITS
    )
    assert np.array_equal(checked, next_hop)
