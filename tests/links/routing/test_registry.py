"""Routing protocols by name, by setting, and of one's own."""

import numpy as np
import pytest
from builders import random_network

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import DimensionOrder, FewestHops, LaserLinks, LeastDelay, checked_next_hops
from spacemoe_ns3.links.routing import ROUTERS, router_named

BITS = 12_000


@pytest.mark.parametrize(
    ("name", "router"),
    [("least-delay", LeastDelay()), ("fewest-hops", FewestHops()), ("dimension-order", DimensionOrder())],
)
def test_a_name_stands_for_a_protocol(name, router):
    assert router_named(name) == router
    assert LaserLinks(routing=name).router == router
    assert name in ROUTERS


def test_a_protocol_with_its_settings_is_taken_as_it_is():
    router = LeastDelay(holds=True)

    assert LaserLinks(routing=router).router is router


def test_a_function_of_ones_own_is_a_protocol():
    """It is asked in every slot, and for both directions, as nothing is known of it."""
    asked = []

    def backwards(network, *, destinations, packet_bits):
        asked.append((network.slot, destinations.tolist(), packet_bits))
        return LeastDelay().next_hops(network, destinations=destinations, packet_bits=packet_bits).tolist()

    router = LaserLinks(routing=backwards).router
    network = random_network(1).network(2)
    destinations = np.array([4, 7])
    next_hop = checked_next_hops(router, network, destinations=destinations, packet_bits=BITS)

    expected = LeastDelay().next_hops(network, destinations=destinations, packet_bits=BITS)
    assert asked == [(2, [4, 7], BITS)]
    assert np.array_equal(next_hop, expected)
    assert router.follows_delay
    assert not router.is_symmetric


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(
        ScenarioError, match=r"^links\.routing: 'least-delays' is not known; did you mean least-delay\?$"
    ):
        router_named("least-delays")


@pytest.mark.parametrize("value", [3, None, ("least-delay",)])
def test_what_is_no_protocol_is_refused(value):
    with pytest.raises(
        ScenarioError, match=r"^links\.routing: .* given, must be a name, a routing protocol or a"
    ):
        LaserLinks(routing=value)
