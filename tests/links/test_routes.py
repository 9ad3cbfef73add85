"""Forwarding tables: checked, shared, and made once."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from builders import chain, network, random_network, routes_to

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import FewestHops, LeastDelay, checked_next_hops
from spacemoe_ns3.links.routing.base import OwnFunction

PACKET_BITS = 12_000


class Asked:
    """Fewest hops or least delay, with the slots in which it was asked."""

    is_symmetric = True

    def __init__(self, *, follows_delay):
        self.follows_delay = follows_delay
        self.slots = []

    def next_hops(self, sky, *, destinations, packet_bits):
        self.slots.append(sky.slot)
        router = LeastDelay() if self.follows_delay else FewestHops()
        return router.next_hops(sky, destinations=destinations, packet_bits=packet_bits)


def same_links(*epochs):
    """Five links of a ring of five satellites; a number a slot, which says which of them is down."""
    up = np.ones((len(epochs), 5), bool)
    for slot, down in enumerate(epochs):
        up[slot, down] = False
    angle = np.arange(5) * 2 * np.pi / 5
    return network(
        positions_m=np.stack([1e6 * np.cos(angle), 1e6 * np.sin(angle), 0 * angle], axis=1),
        ends=[(0, 1), (0, 4), (1, 2), (2, 3), (3, 4)],
        up=up,
    )


def test_a_table_is_made_once():
    routes = routes_to(random_network(1), [3], packet_bits=PACKET_BITS)

    assert routes.table(1) is routes.table(1)
    assert not np.array_equal(routes.table(1), routes.table(2))


def test_a_table_holds_while_the_same_links_are_up():
    """The protocol is asked once for each time that links change, whichever slot is asked for first."""
    timeline = same_links(0, 0, 1, 1, 1, 0, 0)
    router = Asked(follows_delay=False)
    routes = routes_to(timeline, [2], packet_bits=PACKET_BITS, router=router)

    tables = {slot: routes.table(slot) for slot in (4, 3, 0, 6, 5, 1, 2)}

    assert router.slots == [2, 0, 5]
    assert tables[2] is tables[3] is tables[4]
    assert tables[0] is tables[1]
    assert tables[5] is tables[6]
    assert tables[0] is tables[5]  # equal ones are kept once
    assert not np.array_equal(tables[0], tables[2])


def test_a_protocol_that_follows_delays_is_asked_in_every_slot_and_equal_tables_are_kept_once():
    router = Asked(follows_delay=True)
    routes = routes_to(same_links(0, 0, 1), [2], packet_bits=PACKET_BITS, router=router)

    first, second, third = (routes.table(slot) for slot in range(3))

    assert router.slots == [0, 1, 2]
    assert first is second
    assert not np.array_equal(first, third)


def test_a_table_names_the_port_behind_which_the_next_hop_is():
    timeline = random_network(2)
    destinations = np.array([3, 11, 20])
    routes = routes_to(timeline, destinations, packet_bits=PACKET_BITS)
    neighbour, link = timeline.ports()

    for slot in range(3):
        next_hop = LeastDelay().next_hops(
            timeline.network(slot), destinations=destinations, packet_bits=PACKET_BITS
        )
        table = routes.table(slot)
        assert table.dtype == np.uint8
        assert np.array_equal(table == NO_PORT, next_hop == -1)
        for row, satellite in np.argwhere(table != NO_PORT).tolist():
            port = table[row, satellite]
            assert neighbour[satellite, port] == next_hop[row, satellite]
            assert timeline.up[slot, link[satellite, port]]


def sentence_for(next_hop, *, timeline=None, slot=0, destinations=(0,)):
    """What is said of a protocol that returns these next hops on a chain of four satellites."""
    timeline = timeline or chain(satellites=4, hop_m=1e6, slots=2)
    router = OwnFunction(function=lambda sky, *, destinations, packet_bits: next_hop)
    with pytest.raises(ScenarioError) as caught:
        checked_next_hops(router, timeline.network(slot), destinations=np.array(destinations), packet_bits=1)
    return str(caught.value)


@pytest.mark.parametrize(
    ("next_hop", "found"),
    [
        ([-1, 0, 1, 2], "int64 of shape (4,)"),
        ([[-1, 0, 1]], "int64 of shape (1, 3)"),
        ([[-1, 0, 1, 2]] * 2, "int64 of shape (2, 4)"),
        ([[-1.0, 0.0, 1.0, 2.0]], "float64 of shape (1, 4)"),
    ],
)
def test_a_protocol_that_returns_another_shape_or_no_whole_numbers_is_refused(next_hop, found):
    assert sentence_for(next_hop) == (
        f"links.routing: returned {found} in slot 0, must be whole numbers of shape (1, 4): "
        "destinations x satellites"
    )


@pytest.mark.parametrize("wrong", [3, 4, -2, 1])
def test_a_next_hop_that_is_no_neighbour_is_refused(wrong):
    """Satellite 1 of a chain has 0 and 2 beside it: not 3, no such thing as 4 or -2, and not itself."""
    assert sentence_for([[-1, 0, 1, 2], [-1, wrong, 1, 2]], slot=1, destinations=(0, 0)) == (
        f"links.routing: in slot 1 satellite 1 forwards packets for satellite 0 to {wrong}, to which it has "
        "no link that is up; return -1 where there is no path"
    )


def test_a_next_hop_over_a_link_that_is_down_is_refused():
    timeline = chain(satellites=4, hop_m=1e6, up=[[1, 1, 1], [1, 0, 1]])

    message = sentence_for([[-1, 0, 1, 2]], timeline=timeline, slot=1)
    assert message.startswith(
        "links.routing: in slot 1 satellite 2 forwards packets for satellite 0 to 1, to which"
    )


def test_a_loop_is_refused_with_the_satellites_on_it():
    assert sentence_for([[-1, 0, 3, 2]]) == (
        "links.routing: in slot 0 packets for satellite 0 go around in a loop: 2 -> 3 -> 2; a next hop must "
        "be nearer to the destination"
    )


@pytest.mark.parametrize("size", [3, 7, 8, 31, 64])
def test_a_loop_through_all_other_satellites_is_found(size):
    """Satellite 0 is the destination, and nobody's next hop; the others forward in a circle."""
    positions_m = np.random.default_rng(size).uniform(-1e6, 1e6, (size + 1, 3))
    ring = [(each, each + 1) for each in range(1, size)] + [(1, size)]
    timeline = network(positions_m=positions_m, ends=sorted([(0, 1), *ring]))
    around = np.array([[-1, *range(2, size + 1), 1]])

    message = sentence_for(around, timeline=timeline)

    way = message.split("a loop: ")[1].split(";")[0].split(" -> ")
    assert way[0] == way[-1]
    assert len(way) <= 9
    for one, other in pairwise(way):
        assert "..." in (one, other) or int(other) == int(one) % size + 1


def test_a_path_that_ends_before_the_destination_is_allowed():
    """The packets wait there: -1 is for no path."""
    timeline = chain(satellites=4, hop_m=1e6)
    router = OwnFunction(function=lambda sky, *, destinations, packet_bits: [[-1, -1, 1, 2]])

    found = checked_next_hops(router, timeline.network(0), destinations=np.array([0]), packet_bits=1)

    assert found.tolist() == [[-1, -1, 1, 2]]


def test_no_links_at_all_give_no_paths():
    timeline = dataclasses.replace(random_network(1), reason=np.full_like(random_network(1).reason, 4))
    for router in (LeastDelay(), FewestHops()):
        table = routes_to(timeline, [0, 3], packet_bits=PACKET_BITS, router=router).table(0)
        assert (table == NO_PORT).all()


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda network: network, "TypeError: .*unexpected keyword argument 'destinations'"),
        (lambda network, *, destinations, packet_bits: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
    ids=["wrong arguments", "own mistake"],
)
def test_a_function_that_fails_is_told_with_its_slot_and_how_it_is_called(function, words):
    sky = chain(satellites=3, hop_m=1e6).network(0)

    with pytest.raises(
        ScenarioError, match=rf"^links\.routing: failed in slot 0 \({words}.*\); it is called as"
    ):
        checked_next_hops(
            OwnFunction(function=function), sky, destinations=np.array([0]), packet_bits=PACKET_BITS
        )
