"""Least-delay paths, against networkx."""

import networkx as nx
import numpy as np
import pytest
from builders import network, path_delays, random_network, routes_to

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import LeastDelay

A_NANOSECOND_S = 1e-9
PACKET_BITS = 12_000
SATELLITES = 30
SEEDS = range(8)


def as_networkx(timeline, slot):
    graph = nx.Graph()
    graph.add_nodes_from(range(timeline.satellites))
    for number, (one, other) in enumerate(timeline.ends.tolist()):
        if timeline.reason[slot, number] == 0:
            hop_s = float(timeline.delay_s[slot, number]) + PACKET_BITS / int(timeline.rate_bps[slot, number])
            graph.add_edge(one, other, weight=hop_s)
    return graph


@pytest.fixture(params=SEEDS)
def timeline(request):
    return random_network(request.param)


def test_the_random_networks_have_pieces_that_are_cut_off():
    """A guard of the tests below: both cases, with a path and without, come up often."""
    unreachable = [
        np.isinf(path_delays(random_network(seed), destinations=[0], packet_bits=1)).mean() for seed in SEEDS
    ]
    assert 0.05 < np.mean(unreachable) < 0.5


def test_delays_are_the_shortest_of_networkx(timeline):
    goals = [0, 7, 29]

    delay_s = path_delays(timeline, destinations=goals, packet_bits=PACKET_BITS)

    for slot in range(timeline.slots.count):
        graph = as_networkx(timeline, slot)
        for row, goal in enumerate(goals):
            shortest_s = nx.single_source_dijkstra_path_length(graph, goal)
            for satellite in range(SATELLITES):
                expected_s = shortest_s.get(satellite, np.inf)
                assert delay_s[slot, row, satellite] == pytest.approx(expected_s, abs=A_NANOSECOND_S, rel=0)


def test_following_the_tables_leads_to_the_destination_in_the_least_delay(timeline):
    destinations = np.array([3, 11, 20])
    routes = routes_to(timeline, destinations, packet_bits=PACKET_BITS)
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
    routes = routes_to(timeline, destinations, packet_bits=PACKET_BITS)

    for slot in range(timeline.slots.count):
        graph = as_networkx(timeline, slot)
        for destination in destinations.tolist():
            no_port = set(np.flatnonzero(routes.table(slot)[destination] == NO_PORT).tolist())
            reachable = nx.node_connected_component(graph, destination)
            assert no_port == set(range(SATELLITES)) - reachable | {destination}


def test_delays_are_the_same_in_both_directions(timeline):
    delay_s = path_delays(timeline, packet_bits=PACKET_BITS)
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

    port = routes_to(triangle, [2], packet_bits=packet_bits).table(0)[0, 0]

    assert neighbour[0, port] == first_hop


def test_paths_that_hold_are_those_of_the_slot_since_which_the_same_links_are_up():
    """The rates of the two ways change places in the second slot; the links change in the fourth only."""
    diamond = network(
        positions_m=[[0, 0, 0], [1e6, 1e6, 0], [1e6, -1e6, 0], [2e6, 0, 0]],
        ends=[(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)],
        up=[[1, 1, 1, 1, 0]] * 3 + [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]],
        rate_bps=[[10**9, 10**6, 10**9, 10**6, 10**3]] + [[10**6, 10**9, 10**6, 10**9, 10**3]] * 4,
    )
    neighbour, _ = diamond.ports()

    def first_hops(router):
        routes = routes_to(diamond, [3], packet_bits=PACKET_BITS, router=router)
        return [int(neighbour[0, routes.table(slot)[0, 0]]) for slot in range(5)]

    assert first_hops(LeastDelay()) == [1, 2, 2, 2, 2]
    assert first_hops(LeastDelay(holds=True)) == [1, 1, 1, 2, 2]


def test_holding_is_true_or_false():
    with pytest.raises(ScenarioError, match=r"^links\.routing\.holds: 'yes' given, must be True or False$"):
        LeastDelay(holds="yes")
