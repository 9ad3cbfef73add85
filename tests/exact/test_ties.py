"""What happens at one and the same nanosecond, worked by hand from the rule for ties.

The rule: (1) links change, and what they gave back is forwarded; (2) a transmission that completes frees its
transmitter and its place in the queue; (3) what satellites do by themselves; (4) when nothing of that is
left, packets that waited for a path, then packets in transit in the order of wire numbers (twice the link,
plus the direction); (5) packets that have come to their destination, likewise; what they cause comes last.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from exact.by_rule import ByRule
from exact.engines import ALL
from exact.networks import LIGHT_NS, PACKET_NS, PAYLOAD_BYTES, line, network, star, triangle
from exact.scenarios import NO_PORT, Burst, TraceScenario
from exact.traces import Traces

RULE = ("rule", "none")  # worked out in Python
pytestmark = pytest.mark.parametrize(("engine", "endpoints"), [RULE, *ALL])

Got = tuple[int, int, int, int]
HOP_NS = PACKET_NS + LIGHT_NS
SECOND_NS = 5 * HOP_NS  # when the tie is, in most cases


def burst(at_ns: int, sender: int, receiver: int, **others: object) -> Burst:
    """Return packets of a thousand bytes."""
    return Burst(at_ns=at_ns, sender=sender, receiver=receiver, payload_bytes=PAYLOAD_BYTES, **others)  # type: ignore[arg-type]


def run(traces: Traces, engine: str, endpoints: str, scenario: TraceScenario, *bursts: Burst) -> list[Got]:
    """Return what UDP receives: nanosecond, satellite, burst and packet."""
    sent = replace(scenario, bursts=bursts)
    if engine == RULE[0]:
        return [(row[0], row[1], row[5], row[6]) for row in ByRule(sent).got]
    trace = traces.run(sent, engine=engine, endpoints=endpoints)
    assert trace.error == ""
    return trace.got


def test_a_packet_that_comes_as_a_transmission_ends_finds_the_place_that_it_frees(
    traces, engine, endpoints
) -> None:
    # Satellite 1 sends two: one is being transmitted until T, one waits in the queue's only place. At T that
    # one starts, and the packet of satellite 0, which comes at T, takes the place.
    got = run(
        traces,
        engine,
        endpoints,
        line(3, queue="1p"),
        burst(SECOND_NS - HOP_NS, 0, 2),
        burst(SECOND_NS - PACKET_NS, 1, 2, packets=2),
    )
    assert got == [
        (SECOND_NS + LIGHT_NS, 2, 1, 0),
        (SECOND_NS + LIGHT_NS + PACKET_NS, 2, 1, 1),
        (SECOND_NS + LIGHT_NS + 2 * PACKET_NS, 2, 0, 0),
    ]


def test_a_packet_that_comes_a_nanosecond_before_a_transmission_ends_finds_the_queue_full(
    traces, engine, endpoints
) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        line(3, queue="1p"),
        burst(SECOND_NS - HOP_NS - 1, 0, 2),
        burst(SECOND_NS - PACKET_NS, 1, 2, packets=2),
    )
    assert [row[2:] for row in got] == [(1, 0), (1, 1)]


def test_a_packet_sent_as_a_transmission_ends_finds_the_place_that_it_frees(
    traces, engine, endpoints
) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        line(2, queue="1p"),
        burst(SECOND_NS + PACKET_NS, 0, 1),
        burst(SECOND_NS, 0, 1, packets=2),
    )
    assert got == [
        (SECOND_NS + HOP_NS, 1, 1, 0),
        (SECOND_NS + HOP_NS + PACKET_NS, 1, 1, 1),
        (SECOND_NS + HOP_NS + 2 * PACKET_NS, 1, 0, 0),
    ]


def test_what_a_satellite_sends_goes_before_what_comes_in_transit(traces, engine, endpoints) -> None:
    got = run(traces, engine, endpoints, line(3), burst(SECOND_NS - HOP_NS, 0, 2), burst(SECOND_NS, 1, 2))
    assert got == [
        (SECOND_NS + HOP_NS, 2, 1, 0),
        (SECOND_NS + HOP_NS + PACKET_NS, 2, 0, 0),
    ]


@pytest.mark.parametrize("arms", [(1, 2, 3, 4, 5), (5, 4, 3, 2, 1), (2, 4, 1, 5, 3)])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_packets_in_transit_go_in_the_order_of_the_wires_on_which_they_came(
    traces, engine, endpoints, arms, is_reversed
) -> None:
    senders = sorted((arm for arm in arms if arm != 4), reverse=is_reversed)
    got = run(
        traces,
        engine,
        endpoints,
        star(arms),
        *(burst(SECOND_NS - HOP_NS, sender, 4) for sender in senders),
    )
    by_wire = [arm for arm in arms if arm != 4]
    assert got == [
        (SECOND_NS + HOP_NS + place * PACKET_NS, 4, senders.index(arm), 0)
        for place, arm in enumerate(by_wire)
    ]


def test_a_packet_sent_earlier_over_a_longer_link_goes_in_the_order_of_the_wires_too(
    traces, engine, endpoints
) -> None:
    places_ns = [(0, 0, 0), (2 * LIGHT_NS, 0, 0), (-LIGHT_NS, 0, 0), (0, LIGHT_NS, 0)]
    got = run(
        traces,
        engine,
        endpoints,
        network(places_ns, [(2, 0), (1, 0), (3, 0)]),
        burst(SECOND_NS - HOP_NS - LIGHT_NS, 1, 3),
        burst(SECOND_NS - HOP_NS, 2, 3),
    )
    assert got == [(SECOND_NS + HOP_NS, 3, 1, 0), (SECOND_NS + HOP_NS + PACKET_NS, 3, 0, 0)]


def test_an_answer_comes_after_a_packet_in_transit_of_the_same_instant(traces, engine, endpoints) -> None:
    # Satellite 1 receives from 2 and answers at once; at that nanosecond a packet from 0 to 2 passes it.
    got = run(
        traces,
        engine,
        endpoints,
        line(3),
        burst(SECOND_NS - HOP_NS, 2, 1, replies=1),
        burst(SECOND_NS - HOP_NS, 0, 2),
    )
    assert got[1:] == [
        (SECOND_NS + HOP_NS, 2, 1, 0),
        (SECOND_NS + HOP_NS + PACKET_NS, 2, 0, 16),
    ]


def test_answers_of_one_instant_come_in_the_order_of_the_wires_on_which_their_causes_came(
    traces, engine, endpoints
) -> None:
    # Each packet that reaches satellite 0 makes it send one to satellite 1: its wire shows the order.
    got = run(
        traces,
        engine,
        endpoints,
        star((3, 2, 1)),
        *(burst(SECOND_NS - HOP_NS, arm, 0, replies=1, step=1) for arm in (2, 3)),
    )
    assert [(row[0], row[1], row[2]) for row in got] == [
        (SECOND_NS, 0, 1),
        (SECOND_NS, 0, 0),
        (SECOND_NS + HOP_NS, 1, 1),
        (SECOND_NS + HOP_NS + PACKET_NS, 1, 0),
    ]


def test_a_timer_set_by_a_packet_goes_off_before_what_comes_in_transit(traces, engine, endpoints) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        line(3),
        burst(SECOND_NS - HOP_NS - 500, 2, 1, replies=1, think_ns=500),
        burst(SECOND_NS - HOP_NS, 0, 2),
    )
    assert got[1:] == [
        (SECOND_NS + HOP_NS, 2, 0, 16),
        (SECOND_NS + HOP_NS + PACKET_NS, 2, 1, 0),
    ]


def test_a_packet_sent_at_the_start_of_a_slot_takes_the_new_way(traces, engine, endpoints) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        triangle(up=[(1, 1, 1), (0, 1, 1)], slot_ns=SECOND_NS),
        burst(SECOND_NS, 0, 1),
        burst(SECOND_NS - PACKET_NS, 0, 1),
    )
    assert got == [(SECOND_NS + LIGHT_NS, 1, 1, 0), (SECOND_NS + 2 * HOP_NS, 1, 0, 0)]


def test_a_packet_in_transit_that_comes_at_the_start_of_a_slot_takes_the_new_way(
    traces, engine, endpoints
) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        triangle(up=[(1, 1, 1), (0, 1, 1)], slot_ns=SECOND_NS),
        burst(SECOND_NS - HOP_NS, 3, 1),
    )
    assert got == [(SECOND_NS + 2 * HOP_NS, 1, 0, 0)]


@pytest.mark.parametrize("policy", ["Drop", "Deliver", "Reroute"])
def test_a_packet_whose_last_bit_leaves_as_the_link_goes_down_has_been_sent(
    traces, engine, endpoints, policy
) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        triangle(up=[(1, 1, 1), (0, 1, 1)], slot_ns=SECOND_NS, policy=policy),
        burst(SECOND_NS - PACKET_NS, 0, 1),
    )
    arrived = [(SECOND_NS + LIGHT_NS, 1, 0, 0)]
    assert got == ([] if policy == "Drop" else arrived)


@pytest.mark.parametrize("policy", ["Drop", "Deliver", "Reroute"])
def test_a_packet_that_arrives_as_the_link_goes_down_is_received(traces, engine, endpoints, policy) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        triangle(up=[(1, 1, 1), (0, 1, 1)], slot_ns=SECOND_NS, policy=policy),
        burst(SECOND_NS - HOP_NS, 0, 1),
    )
    assert got == [(SECOND_NS, 1, 0, 0)]


def test_what_waits_as_the_link_goes_down_is_not_sent_though_the_transmitter_is_free_at_that_instant(
    traces, engine, endpoints
) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        triangle(up=[(1, 1, 1), (0, 1, 1)], slot_ns=SECOND_NS),
        burst(SECOND_NS - PACKET_NS, 0, 1, packets=2),
    )
    assert got == [(SECOND_NS + LIGHT_NS, 1, 0, 0), (SECOND_NS + 2 * HOP_NS, 1, 0, 1)]


def test_what_a_link_gives_back_goes_before_what_is_sent_and_what_comes(traces, engine, endpoints) -> None:
    got = run(
        traces,
        engine,
        endpoints,
        triangle(up=[(1, 1, 1), (0, 1, 1)], slot_ns=SECOND_NS),
        burst(SECOND_NS - HOP_NS, 3, 1),
        burst(SECOND_NS, 0, 1),
        burst(SECOND_NS - PACKET_NS, 0, 1, packets=3),
    )
    assert got == [
        (SECOND_NS + LIGHT_NS, 1, 2, 0),
        (SECOND_NS + 2 * HOP_NS, 1, 2, 1),
        (SECOND_NS + 2 * HOP_NS + PACKET_NS, 1, 2, 2),
        (SECOND_NS + 2 * HOP_NS + 2 * PACKET_NS, 1, 1, 0),
        (SECOND_NS + 2 * HOP_NS + 3 * PACKET_NS, 1, 0, 0),
    ]


def test_what_a_link_gives_back_finds_the_place_that_a_transmission_frees_at_that_instant(
    traces, engine, endpoints
) -> None:
    # The detour's transmitter ends a packet as the direct link goes down, and another one waits for it in the
    # queue's only place.
    got = run(
        traces,
        engine,
        endpoints,
        triangle(up=[(1, 1, 1), (0, 1, 1)], slot_ns=SECOND_NS, queue="1p"),
        burst(SECOND_NS - PACKET_NS, 0, 2, packets=2),
        burst(SECOND_NS - PACKET_NS // 2, 0, 1),
    )
    assert got == [
        (SECOND_NS + LIGHT_NS, 2, 0, 0),
        (SECOND_NS + HOP_NS, 2, 0, 1),
        (SECOND_NS + 2 * HOP_NS + PACKET_NS, 1, 1, 0),
    ]


def test_packets_that_waited_for_a_path_go_after_what_is_sent_and_before_what_comes(
    traces, engine, endpoints
) -> None:
    # In slot 0 satellite 1 has no path to 2. Burst 1 comes there a packet before the slot ends, burst 2 is
    # sent there after it; burst 3 is sent, and burst 0 comes, at the nanosecond at which there is a path.
    to_zero_and_one = [NO_PORT, 0, 0], [0, NO_PORT, 0]
    ports = [[*to_zero_and_one, [0, first_slot, NO_PORT]] for first_slot in (NO_PORT, 1)]
    got = run(
        traces,
        engine,
        endpoints,
        line(3, slot_ns=SECOND_NS, slots=2, ports=ports),
        burst(SECOND_NS - HOP_NS, 0, 2),
        burst(SECOND_NS - HOP_NS - PACKET_NS, 0, 2),
        burst(SECOND_NS - 300, 1, 2),
        burst(SECOND_NS, 1, 2),
    )
    first_ns = SECOND_NS + HOP_NS
    assert got == [(first_ns + place * PACKET_NS, 2, number, 0) for place, number in enumerate((3, 1, 2, 0))]


def test_packets_whose_time_to_live_ends_take_no_place_from_those_in_transit(
    traces, engine, endpoints
) -> None:
    # The one whose time to live ends at satellite 0 causes an ICMP message to its sender, 3; it comes on the
    # first wire, and a packet in transit to 3 on the last: that goes first all the same.
    got = run(
        traces,
        engine,
        endpoints,
        star((3, 2, 1)),
        burst(SECOND_NS - HOP_NS, 3, 2, ttl=1),
        burst(SECOND_NS - HOP_NS, 1, 3),
    )
    assert got == [(SECOND_NS + HOP_NS, 3, 1, 0)]
