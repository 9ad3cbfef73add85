"""Least-delay paths and forwarding tables, against networkx."""

import networkx as nx
import numpy as np
import pytest
from builders import network

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.links import Routes, delays_from

A_NANOSECOND_S = 1e-9
PACKET_BITS = 12_000
SATELLITES = 30
SEEDS = range(8)


def random_network(seed, *, slots=3, density=0.09, up=0.8):
    """Thirty satellites anywhere in a box; sparse, so that some are cut off."""
    random = np.random.default_rng(seed)
    ends = np.argwhere(np.triu(random.random((SATELLITES, SATELLITES)) < density, k=1))
    return network(
        positions_m=random.uniform(-5e6, 5e6, (SATELLITES, 3)),
        ends=ends,
        up=random.random((slots, len(ends))) < up,
        rate_bps=random.integers(10**6, 10**8, len(ends)),
    )


def as_networkx(timeline, slot):
    graph = nx.Graph()
    graph.add_nodes_from(range(timeline.satellites))
    for number, (one, other) in enumerate(timeline.ends.tolist()):
        if timeline.reason[slot, number] == 0:
            hop_s = float(timeline.delay_s[slot, number]) + PACKET_BITS / int(timeline.rate_bps[number])
            graph.add_edge(one, other, weight=hop_s)
    return graph


@pytest.fixture(params=SEEDS)
def timeline(request):
    return random_network(request.param)


def test_the_random_networks_have_pieces_that_are_cut_off():
    """A guard of the tests below: both cases, with a path and without, come up often."""
    unreachable = [
        np.isinf(delays_from(random_network(seed), sources=np.array([0]), packet_bits=1)).mean()
        for seed in SEEDS
    ]
    assert 0.05 < np.mean(unreachable) < 0.5


def test_delays_are_the_shortest_of_networkx(timeline):
    sources = np.array([0, 7, 29])

    delay_s = delays_from(timeline, sources=sources, packet_bits=PACKET_BITS)

    for slot in range(timeline.slots.count):
        graph = as_networkx(timeline, slot)
        for row, source in enumerate(sources.tolist()):
            shortest_s = nx.single_source_dijkstra_path_length(graph, source)
            for satellite in range(SATELLITES):
                expected_s = shortest_s.get(satellite, np.inf)
                assert delay_s[slot, row, satellite] == pytest.approx(expected_s, abs=A_NANOSECOND_S, rel=0)


def test_following_the_tables_leads_to_the_destination_in_the_least_delay(timeline):
    destinations = np.array([3, 11, 20])
    routes = Routes(timeline=timeline, destinations=destinations, packet_bits=PACKET_BITS)
    neighbour, link = timeline.ports()

    for slot in range(timeline.slots.count):
        graph = as_networkx(timeline, slot)
        table = routes.table(slot)
        for row, destination in enumerate(destinations.tolist()):
            shortest_s = nx.single_source_dijkstra_path_length(graph, destination)
            for source in set(shortest_s) - {destination}:
                here, taken_s, visited = source, 0.0, set()
                while here != destination:
                    assert here not in visited, "a loop"
                    visited.add(here)
                    port = table[row, here]
                    assert timeline.reason[slot, link[here, port]] == 0
                    taken_s += graph.edges[here, int(neighbour[here, port])]["weight"]
                    here = int(neighbour[here, port])
                assert taken_s == pytest.approx(shortest_s[source], abs=A_NANOSECOND_S, rel=0)


def test_there_is_no_port_exactly_where_there_is_no_path_and_at_the_destination(timeline):
    destinations = np.arange(SATELLITES)
    routes = Routes(timeline=timeline, destinations=destinations, packet_bits=PACKET_BITS)

    for slot in range(timeline.slots.count):
        graph = as_networkx(timeline, slot)
        for destination in destinations.tolist():
            no_port = set(np.flatnonzero(routes.table(slot)[destination] == NO_PORT).tolist())
            reachable = nx.node_connected_component(graph, destination)
            assert no_port == set(range(SATELLITES)) - reachable | {destination}


def test_delays_are_the_same_in_both_directions(timeline):
    delay_s = delays_from(timeline, sources=np.arange(SATELLITES), packet_bits=PACKET_BITS)
    there, back = delay_s, delay_s.transpose(0, 2, 1)

    assert np.array_equal(np.isinf(there), np.isinf(back))
    assert there[np.isfinite(there)] == pytest.approx(
        back[np.isfinite(back)], abs=A_NANOSECOND_S / 1e3, rel=0
    )


@pytest.mark.parametrize(("packet_bits", "first_hop"), [(100, 2), (10_000, 1)])
def test_a_long_packet_goes_around_a_slow_link(packet_bits, first_hop):
    """The detour is 1.2 ms of light longer; the slow link costs a microsecond a bit, the fast ones 2 ns."""
    triangle = network(
        positions_m=[[0, 0, 0], [0.6e6, 0.5e6, 0], [1.2e6, 0, 0]],
        ends=[(0, 1), (0, 2), (1, 2)],
        rate_bps=[10**9, 10**6, 10**9],
    )
    neighbour, _ = triangle.ports()

    port = Routes(timeline=triangle, destinations=np.array([2]), packet_bits=packet_bits).table(0)[0, 0]

    assert neighbour[0, port] == first_hop


def test_a_table_is_made_once():
    routes = Routes(timeline=random_network(1), destinations=np.array([3]), packet_bits=PACKET_BITS)

    assert routes.table(1) is routes.table(1)
    assert not np.array_equal(routes.table(1), routes.table(2))
