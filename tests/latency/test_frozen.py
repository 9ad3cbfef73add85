"""Messages over frozen links: there, back, and waiting for a path."""

import dataclasses
import math
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from builders import chain, network, random_network

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.latency import (
    GatewayDelays,
    MessageDelays,
    expected_path_latency,
    frozen_message_delays,
    mean_least_delays,
    sampled_delays,
    segment_wire_bits,
)
from spacemoe_ns3.links import DimensionOrder, FewestHops, LeastDelay, LoadAware, PlusGrid

A_NANOSECOND_S = 1e-9
A_FEMTOSECOND_S = 1e-15
RELATIVE = 1e-12  # of sums of some ten delays
AT_REST = np.zeros((1, 3))
HEADERS_BYTES = 20 + 8 + 36  # IPv4, RFC 791; UDP, RFC 768; ours
PPP_BYTES = 2  # the protocol field, RFC 1661
MTU_BYTES = 1500
ROOM_BYTES = MTU_BYTES - HEADERS_BYTES
HOP_M = 1.5e6
RATE_BPS = 10**6  # so slow that packets take milliseconds, as light does


def bits_of(message_bytes):
    return segment_wire_bits(message_bytes=message_bytes, mtu_bytes=MTU_BYTES)


def delays_of(timeline, *, gateways, wire_bits, router=None):
    """Delays between gateways and everyone; with least-delay paths the same there and back."""
    delays = frozen_message_delays(
        timeline, router=router or LeastDelay(), gateways=np.array(gateways), wire_bits=np.asarray(wire_bits)
    )
    if router is None:
        assert delays.outbound is delays.inbound
    return delays.outbound.total_s


@pytest.mark.parametrize("packets", [1, 2, 5])
@pytest.mark.parametrize("last_is_full", [True, False])
def test_a_message_takes_m_plus_h_minus_1_transmissions_and_the_light_of_its_hops(packets, last_is_full):
    """Store and forward over h idle hops: (m + h - 1) b / R, the last packet being shorter or not."""
    last_bytes = ROOM_BYTES if last_is_full else 100
    wire_bits = bits_of((packets - 1) * ROOM_BYTES + last_bytes)
    hops = np.arange(1, 5)

    delay_s = delays_of(
        chain(satellites=5, hop_m=HOP_M, rate_bps=RATE_BPS), gateways=[0], wire_bits=wire_bits
    )[0, 0]

    full_s, light_s = 8 * (MTU_BYTES + PPP_BYTES) / RATE_BPS, HOP_M / SPEED_OF_LIGHT_M_S
    last_s = 8 * (last_bytes + HEADERS_BYTES + PPP_BYTES) / RATE_BPS
    if packets == 1:
        expected_s = hops * (last_s + light_s)
    else:
        # Each earlier packet leaves the last hop as soon as the one before it; the last follows them.
        expected_s = hops * light_s + (packets - 1 + hops - 1) * full_s + last_s
    assert delay_s[1:] == pytest.approx(expected_s, abs=A_NANOSECOND_S / 1e3, rel=0)
    assert delay_s[0] == 0.0


def test_packets_that_are_simulated_one_by_one_take_as_long_as_the_closed_form():
    """An independent store-and-forward recursion in exact fractions, without light."""
    wire_bits, hops = bits_of(7000), 4
    free = [Fraction(0)] * hops  # when each hop is idle again
    for bits in wire_bits.tolist():
        here = Fraction(0)
        for hop in range(hops):
            here = max(here, free[hop]) + Fraction(bits, RATE_BPS)
            free[hop] = here

    delay_s = delays_of(
        chain(satellites=hops + 1, hop_m=1e-6, rate_bps=RATE_BPS), gateways=[0], wire_bits=wire_bits
    )[0, 0, hops]

    assert delay_s == pytest.approx(float(here), abs=A_NANOSECOND_S / 1e3, rel=0)


# Two satellites and a third behind a link that is there now and then.
UP = np.array([[1, 1], [1, 0], [1, 0], [1, 1], [1, 0]], bool)
SLOT_S = 2.0


@pytest.fixture
def now_and_then():
    return delays_of(
        network(
            positions_m=[[0, 0, 0], [HOP_M, 0, 0], [2 * HOP_M, 0, 0]],
            ends=[(0, 1), (1, 2)],
            up=UP,
            slot_ns=round(SLOT_S * 1e9),
            rate_bps=RATE_BPS,
        ),
        gateways=[0, 2],
        wire_bits=[8000],
    )


def test_without_a_path_a_message_waits_for_the_first_slot_that_has_one(now_and_then):
    """Half of the slot it is in, in the mean, and the whole slots between."""
    way_s = 2 * (HOP_M / SPEED_OF_LIGHT_M_S + 8000 / RATE_BPS)
    slots_waited = [0.0, 1.5, 0.5, 0.0, 0.5]

    expected_s = way_s + SLOT_S * np.array(slots_waited)
    assert now_and_then[:, 0, 2] == pytest.approx(expected_s, abs=A_NANOSECOND_S / 1e3, rel=0)


def test_messages_with_a_path_do_not_wait_for_others(now_and_then):
    one_hop_s = HOP_M / SPEED_OF_LIGHT_M_S + 8000 / RATE_BPS

    assert now_and_then[:, 0, 1] == pytest.approx(np.full(5, one_hop_s), abs=A_NANOSECOND_S / 1e3, rel=0)


def test_waiting_is_the_same_in_both_directions(now_and_then):
    assert now_and_then[:, 0, 2] == pytest.approx(now_and_then[:, 1, 0], abs=A_FEMTOSECOND_S, rel=0)


def test_a_satellite_reaches_itself_at_once(now_and_then):
    assert now_and_then[:, 0, 0].tolist() == [0.0] * 5
    assert now_and_then[:, 1, 2].tolist() == [0.0] * 5


def test_past_the_last_slot_the_slots_begin_anew():
    """The only path is in the first slot: from slot n of three it is 3 - n slots away, less a half."""
    delay_s = delays_of(
        chain(satellites=2, hop_m=HOP_M, up=[[1], [0], [0]], rate_bps=RATE_BPS),
        gateways=[0],
        wire_bits=[8000],
    )[:, 0, 1]

    assert delay_s - delay_s[0] == pytest.approx([0.0, 1.5, 0.5], abs=A_NANOSECOND_S / 1e3, rel=0)


def test_a_satellite_that_is_never_reached_is_infinitely_far():
    delay_s = delays_of(chain(satellites=2, hop_m=HOP_M, up=[[0], [0]]), gateways=[0], wire_bits=[8000])

    assert np.isinf(delay_s[:, 0, 1]).all()


@pytest.mark.parametrize("is_symmetric", [True, False])
def test_the_expected_path_latency_is_the_mean_way_to_a_satellite_and_on_to_the_next_gateway(is_symmetric):
    """A loop over layers and satellites; the last layer goes on to the first."""
    random = np.random.default_rng(3)
    outbound_s, inbound_s = random.random((2, 4, 3, 6))  # (T, L, S)
    outbound = MessageDelays(total_s=outbound_s, propagation_s=outbound_s)
    inbound = outbound if is_symmetric else MessageDelays(total_s=inbound_s, propagation_s=inbound_s)
    if is_symmetric:
        inbound_s = outbound_s

    latency_s = expected_path_latency(GatewayDelays(outbound=outbound, inbound=inbound))

    for layer in range(3):
        for satellite in range(6):
            ways = [
                outbound_s[slot, layer, satellite] + inbound_s[slot, (layer + 1) % 3, satellite]
                for slot in range(4)
            ]
            assert latency_s[layer, satellite] == pytest.approx(sum(ways) / 4, rel=1e-12)


def walked_s(network, next_hop, source, goal, wire_bits):
    """A message hop by hop: light and transmission of its first packet, the others at the slowest rate."""
    link_of = {}
    for link, (a, b) in enumerate(network.ends.tolist()):
        link_of[a, b] = link_of[b, a] = link
    here, total_s, slowest_bps = source, 0.0, math.inf
    while here != goal:
        if next_hop[here] == -1:
            return math.inf
        link, here = link_of[here, int(next_hop[here])], int(next_hop[here])
        total_s += float(network.delay_s[link]) + int(wire_bits[0]) / int(network.rate_bps[link])
        slowest_bps = min(slowest_bps, int(network.rate_bps[link]))
    return total_s + sum(wire_bits[1:].tolist()) / slowest_bps


def loads(network):
    """Every direction of every link is busy to another share."""
    directions = [pair for a, b in network.ends.tolist() for pair in ((a, b), (b, a))]
    return dict(zip(directions, np.random.default_rng(4).random(len(directions)).tolist(), strict=True))


@pytest.mark.parametrize("message_bytes", [1000, 5000])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["least delay", "fewest hops", "load aware"])
def test_delays_are_those_of_a_walk_to_and_from_each_gateway(message_bytes, seed, name):
    """Every link has its own rate; in one slot, some satellites are cut off for good."""
    timeline = random_network(seed, slots=1, density=0.15)
    gateways, wire_bits = np.array([2, 9, 17]), bits_of(message_bytes)
    here = timeline.network(0)
    router = {
        "least delay": LeastDelay(),
        "fewest hops": FewestHops(),
        "load aware": LoadAware(utilisation=loads(here)),
    }[name]

    delays = frozen_message_delays(timeline, router=router, gateways=gateways, wire_bits=wire_bits)

    next_hop = router.next_hops(here, destinations=np.arange(30), packet_bits=int(wire_bits[0]))
    for row, gateway in enumerate(gateways.tolist()):
        for satellite in range(30):
            there_s = walked_s(here, next_hop[satellite], gateway, satellite, wire_bits)
            back_s = walked_s(here, next_hop[gateway], satellite, gateway, wire_bits)
            assert delays.outbound.total_s[0, row, satellite] == pytest.approx(there_s, rel=RELATIVE)
            assert delays.inbound.total_s[0, row, satellite] == pytest.approx(back_s, rel=RELATIVE)
    assert np.array_equal(delays.outbound.total_s, delays.inbound.total_s) == router.is_symmetric


def test_a_way_there_that_is_not_the_way_back_has_its_own_delay():
    """Across first, then along: from 0 to 4 by way of 3, back by way of 1; the links of 3 are slower."""
    layout = WalkerShell(planes=3, satellites_per_plane=3, altitude_km=800, inclination_deg=60).build().layout
    ends = PlusGrid().wire(layout=layout, ephemeris=None, slots=None).ends
    rates_bps = np.where((ends == 3).any(axis=1), RATE_BPS, 2 * RATE_BPS)
    positions_m = np.random.default_rng(1).uniform(-1, 1, (9, 3))  # so near that light takes no time
    grid = dataclasses.replace(network(positions_m=positions_m, ends=ends, rate_bps=rates_bps), layout=layout)

    delays = frozen_message_delays(
        grid, router=DimensionOrder(), gateways=np.array([0]), wire_bits=np.array([8000, 8000])
    )

    packet_s = 8000 / RATE_BPS
    assert delays.outbound.total_s[0, 0, 4] == pytest.approx(3 * packet_s, abs=20 * A_NANOSECOND_S)
    assert delays.inbound.total_s[0, 0, 4] == pytest.approx(1.5 * packet_s, abs=20 * A_NANOSECOND_S)


def test_propagation_and_waiting_are_parts_of_the_delay():
    """Over two hops, in slots of 2 s; in the second slot there is no path until the third."""
    timeline = chain(
        satellites=3, hop_m=HOP_M, up=[[1, 1], [1, 0], [1, 1]], slot_ns=2 * 10**9, rate_bps=RATE_BPS
    )
    delays = frozen_message_delays(
        timeline, router=LeastDelay(), gateways=np.array([0]), wire_bits=np.array([8000])
    ).inbound

    light_s, packet_s = HOP_M / SPEED_OF_LIGHT_M_S, 8000 / RATE_BPS
    assert delays.propagation_s[:, 0, 2] == pytest.approx([2 * light_s] * 3, rel=RELATIVE)
    assert delays.waiting_s[:, 0, 2].tolist() == [0.0, 1.0, 0.0]
    assert delays.total_s[:, 0, 2] - delays.propagation_s[:, 0, 2] - delays.waiting_s[
        :, 0, 2
    ] == pytest.approx([2 * packet_s] * 3, rel=1e-9)


def test_without_waits_there_are_none():
    timeline = chain(satellites=3, hop_m=HOP_M, rate_bps=RATE_BPS)
    delays = frozen_message_delays(
        timeline, router=LeastDelay(), gateways=np.array([0, 0, 2]), wire_bits=np.array([8000])
    )

    assert delays.inbound.waiting_s is None
    assert np.array_equal(delays.inbound.total_s[:, 0], delays.inbound.total_s[:, 1])  # one gateway twice


def all_pairs_s(timeline, slot):
    """Delays of one packet by networkx."""
    graph = timeline.to_networkx(slot)
    graph.remove_edges_from([(a, b) for a, b, link in graph.edges(data=True) if not link["is_up"]])
    for _, _, link in graph.edges(data=True):
        link["hop_s"] = link["delay_s"] + 8000 / link["rate_bps"]
    table = np.full((30, 30), np.inf)
    for source, ways in nx.all_pairs_dijkstra_path_length(graph, weight="hop_s"):
        for goal, total_s in ways.items():
            table[source, goal] = total_s
    return table


def test_sampled_delays_are_those_of_the_sampled_slots():
    timeline = random_network(2, slots=6, density=0.3, up=1.0)
    chosen = np.array([3, 29, 11])

    sampled_s = sampled_delays(
        timeline, router=LeastDelay(), satellites=chosen, wire_bits=np.array([8000]), samples=3
    )

    for row, slot in enumerate((0, 2, 4)):
        assert sampled_s[row] == pytest.approx(all_pairs_s(timeline, slot)[np.ix_(chosen, chosen)], rel=1e-6)


@pytest.mark.parametrize("limit_s", [0.005, 0.02, 10.0])
def test_mean_least_delays_count_no_delay_beyond_the_limit(limit_s):
    timeline = random_network(2, slots=4, density=0.12)
    chosen = np.array([3, 29, 11, 0])

    mean_s = mean_least_delays(timeline, satellites=chosen, packet_bits=8000, limit_s=limit_s)

    clipped = [np.minimum(all_pairs_s(timeline, slot)[np.ix_(chosen, chosen)], limit_s) for slot in range(4)]
    assert mean_s == pytest.approx(np.mean(clipped, axis=0), rel=RELATIVE)
