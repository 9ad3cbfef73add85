"""Why two satellites have the path they have, or none: on small networks whose answer is plain to see."""

from dataclasses import replace

import numpy as np
import pytest
from builders import chain, network

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.links import DimensionOrder, LeastDelay
from spacemoe_ns3.links.explain import explain_path, path_through_time
from spacemoe_ns3.links.routing.base import OwnFunction

A_LIGHT_MILLISECOND_M = SPEED_OF_LIGHT_M_S / 1e3
# A full packet of the builders: 9002 bytes at 1 Gb/s.
TRANSMISSION_S = 9002 * 8 / 1e9


def row_of(satellites, **settings):
    return chain(satellites=satellites, hop_m=A_LIGHT_MILLISECOND_M, **settings)


def test_a_path_is_told_hop_by_hop_with_its_delay():
    path = explain_path(row_of(4), LeastDelay(), source=0, destination=3, slot=0)

    assert [(hop.from_satellite, hop.to_satellite) for hop in path.hops] == [(0, 1), (1, 2), (2, 3)]
    assert path.why_not == ()
    assert path.delay_s == pytest.approx(3 * (1e-3 + TRANSMISSION_S), rel=1e-12)
    assert [hop.length_m for hop in path.hops] == pytest.approx([A_LIGHT_MILLISECOND_M] * 3, rel=1e-12)


def test_a_network_in_parts_is_told_with_the_links_that_would_join_them():
    timeline = row_of(5, up=[[True, False, True, True]])

    path = explain_path(timeline, LeastDelay(), source=0, destination=4, slot=0)

    assert path.hops == ()
    assert path.delay_s is None
    assert path.why_not == (
        "the network is in parts: that of satellite 0 has 2 of 5 satellites, that of satellite 4 3",
        "every link out of the part of satellite 0 is down:",
        "  1-2 (intra-plane, 300 km): outage",
    )


def test_a_satellite_without_links_is_told_apart_from_one_whose_links_are_down():
    positions_m = np.array([[0.0, 0, 0], [1e6, 0, 0], [2e6, 0, 0]])
    timeline = network(positions_m=positions_m, ends=[(0, 1)])

    path = explain_path(timeline, LeastDelay(), source=2, destination=0, slot=0)

    assert path.why_not[-1] == "the topology has no link out of the part of satellite 2"


def test_a_protocol_that_gives_up_on_a_whole_network_is_told_where():
    """It only knows the way to satellite 1's neighbour."""

    def timid(network, *, destinations, packet_bits):
        next_hop = np.full((len(destinations), network.satellites), -1)
        next_hop[:, 0] = 1
        return next_hop

    path = explain_path(row_of(3), OwnFunction(function=timid), source=0, destination=2, slot=0)

    assert path.why_not[0] == (
        "the network is whole, but the routing protocol has no next hop at satellite 1, 1 hops on; its links:"
    )
    assert path.why_not[1:] == ("  0-1 (intra-plane, 300 km): up", "  1-2 (intra-plane, 300 km): up")


def test_many_links_are_told_by_number_and_reason():
    """A hub with nine neighbours, cut off."""
    positions_m = np.array([[0.0, 0, 0], *[[1e6, place * 1e5, 0] for place in range(10)]])
    ends = [(0, other) for other in range(1, 11)] + [(other, other + 1) for other in range(1, 10)]
    up = np.ones((1, len(ends)), bool)
    up[0, :10] = False
    timeline = network(positions_m=positions_m, ends=ends, up=up)

    path = explain_path(timeline, LeastDelay(), source=0, destination=5, slot=0)

    assert path.why_not[-1] == "  10 links: outage"


def test_paths_through_time_come_in_runs_of_equal_ones():
    """A triangle whose direct side is down in the slots 2 and 3, and both ways in slot 4."""
    positions_m = np.array([[0.0, 0, 0], [1e6, 0, 0], [5e5, 8e5, 0]])
    up = [[1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1], [0, 0, 1]]
    timeline = network(positions_m=positions_m, ends=[(0, 1), (0, 2), (1, 2)], up=np.array(up, bool))

    spells = path_through_time(timeline, LeastDelay(), source=0, destination=1)

    assert [(spell.first_slot, spell.last_slot, spell.way) for spell in spells] == [
        (0, 1, (0, 1)),
        (2, 3, (0, 2, 1)),
        (4, 4, ()),
    ]
    assert spells[0].delay_s == pytest.approx([1e6 / SPEED_OF_LIGHT_M_S + TRANSMISSION_S] * 2, rel=1e-12)
    assert spells[2].delay_s is None


def test_dimension_order_waits_for_its_link_and_says_which():
    """In a ring of four places the shorter way is fixed; the longer one is up, but is not taken."""
    positions_m = np.array([[1e6, 0, 0], [0, 1e6, 0], [-1e6, 0, 0], [0, -1e6, 0]])
    up = [[False, True, True, True]]
    timeline = network(positions_m=positions_m, ends=[(0, 1), (0, 3), (1, 2), (2, 3)], up=up)

    path = explain_path(timeline, DimensionOrder(), source=0, destination=1, slot=0)

    assert path.why_not[0].startswith(
        "the network is whole, but the routing protocol has no next hop at satellite 0, 0"
    )
    assert path.why_not[1] == "  0-1 (intra-plane, 1414 km): outage"


def test_a_spell_tells_the_least_and_the_greatest_delay_of_its_slots():
    timeline = row_of(2, up=[[True]] * 3)
    timeline = replace(timeline, delay_s=np.array([[3e-3], [1e-3], [2e-3]]))

    (spell,) = path_through_time(timeline, LeastDelay(), source=0, destination=1)

    assert spell.delay_s == pytest.approx([1e-3 + TRANSMISSION_S, 3e-3 + TRANSMISSION_S], rel=1e-12)
