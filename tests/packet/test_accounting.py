"""What was sent is received, dropped for a reason, or in flight: one by one, in networks made by hand."""

from __future__ import annotations

import contextlib
import dataclasses

import numpy as np
import pytest
from builders import chain, hosts, network, routes_to, work

from spacemoe_ns3 import pipeline
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.errors import SimulationError, UndeliveredError
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.links import FewestHops
from spacemoe_ns3.links.routing.base import OwnFunction
from spacemoe_ns3.packet import LocalExecutor, Plan, Records, result_from_records
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.packet.plan import (
    DISPATCH,
    HEAD,
    INTERVAL_COLUMNS,
    JOB_COLUMNS,
    LINK_COLUMNS,
    MESSAGE_COLUMNS,
)
from spacemoe_ns3.results import DROP_REASONS

pytestmark = pytest.mark.packet

# Five packets of 1000 bytes in IPv4 and 1002 on the wire, at 1 Mb/s and over 10 ms of light. They leave from
# 1000 ns on; the link goes down at 20 ms, when the first has arrived (18.017 ms), the second is on the wire
# (16.033 to 26.033 ms), the third is being transmitted and two are in the queue.
SENT_NS, PACKET_NS, LIGHT_NS, DOWN_NS = 1000, 8_016_000, 10_000_000, 20_000_000
HOP_M = 0.01 * SPEED_OF_LIGHT_M_S
MTU_BYTES, HEADERS_BYTES, PAYLOAD_BYTES, WIRE_BYTES = 1000, 64, 972, 1002
FIVE_PACKETS_BYTES = 5 * (MTU_BYTES - HEADERS_BYTES)
DOWN_FOR_GOOD = [1] + [0] * 30
DOWN_FOR_A_WHILE = [1] + [0] * 9 + [1] * 40


def plan_over(
    timeline, *, experts=((1,), (3,)), gateways=(0, 2), message_bytes=FIVE_PACKETS_BYTES, **settings
):
    """A ring of two layers with an expert each; its first message goes from satellite 0 to 1."""
    tokens = len(settings.get("starts_ns", (0,)))
    workload = work(
        activations=np.zeros((tokens, 2, 1)),
        experts=1,
        message_bytes=message_bytes,
        sequence_tokens=[1] * tokens,
        **settings,
    )
    bits = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=timeline.mtu_bytes)
    placement = hosts(gateways=gateways, experts=experts)
    routes = routes_to(timeline, np.unique(placement.hosts()), packet_bits=int(bits[0]))
    return Plan(workload=workload, placement=placement, routes=routes)


def row_of_four(first_link, **settings):
    """Satellites 0 to 3 in a row; whether the link from 0 to 1 is up in each slot."""
    return chain(
        satellites=4,
        hop_m=HOP_M,
        up=[[up, 1, 1] for up in first_link],
        slot_ns=DOWN_NS,
        rate_bps=10**6,
        mtu_bytes=MTU_BYTES,
        **settings,
    )


def with_a_detour():
    """The same, but satellite 4 offers a way from 0 to 1, each leg of it 10 ms long."""
    side_m = HOP_M / 2
    return network(
        positions_m=[
            *([0, 0, 0], [HOP_M, 0, 0], [2 * HOP_M, 0, 0], [3 * HOP_M, 0, 0]),
            [side_m, np.sqrt(3) * side_m, 0],
        ],
        ends=[(0, 1), (0, 4), (1, 2), (1, 4), (2, 3)],
        up=[[up, 1, 1, 1, 1] for up in DOWN_FOR_GOOD],
        slot_ns=DOWN_NS,
        rate_bps=10**6,
        mtu_bytes=MTU_BYTES,
    )


def the_long_way():
    """From 0 to 299 hop by hop, though the two are neighbours.

    Nobody is far from satellite 0, to which ns-3 sends an ICMP message for each packet that expires.
    """

    def one_by_one(network, *, destinations, packet_bits):
        next_hop = FewestHops().next_hops(network, destinations=destinations, packet_bits=packet_bits)
        next_hop[np.asarray(destinations) == 299] = [*range(1, 300), -1, 299, 299][:302]
        return next_hop

    angle = np.arange(302) * 2 * np.pi / 300
    timeline = network(
        positions_m=1e7 * np.stack([np.cos(angle), np.sin(angle), np.arange(302) / 1e3], axis=1),
        ends=sorted(
            [
                *((each, each + 1) for each in range(299)),
                *((0, each) for each in (240, 255, 270, 299)),
                *((299, each) for each in (300, 301)),
            ]
        ),
        mtu_bytes=MTU_BYTES,
        slots=3,
    )
    plan = plan_over(timeline, gateways=(0, 300), experts=((299,), (301,)))
    router = OwnFunction(function=one_by_one)
    routes = routes_to(timeline, plan.routes.destinations, packet_bits=plan.routes.packet_bits, router=router)
    return dataclasses.replace(plan, routes=routes)


PLANS = {
    "drop": lambda: plan_over(row_of_four(DOWN_FOR_GOOD, policy="drop")),
    "deliver": lambda: plan_over(row_of_four(DOWN_FOR_GOOD, policy="deliver")),
    "reroute": lambda: plan_over(with_a_detour()),
    "queue of one": lambda: plan_over(row_of_four([1, 1, 1], queue_packets=1)),
    "cut short": lambda: plan_over(row_of_four([1], queue_packets=1)),
    "too many hops": lambda: the_long_way(),
    "two requests": lambda: plan_over(
        row_of_four(DOWN_FOR_A_WHILE, policy="drop"), starts_ns=[0, 10 * DOWN_NS]
    ),
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What ns-3 recorded of each plan."""
    folder = tmp_path_factory.mktemp("accounts")
    with LocalExecutor(workers=2) as executor:
        for name, make in PLANS.items():
            executor.submit(name, make(), folder / name)
        return {event.name: event.outcome for event in executor.events(wait=True) if event.outcome}


def account_of(records):
    """Messages, segments and bytes sent, received, and dropped by reason."""
    assert isinstance(records, Records), records
    sides = dict(zip(DROP_REASONS, records.account[2:].tolist(), strict=True))
    dropped = {reason: tuple(side) for reason, side in sides.items() if any(side)}
    return tuple(records.account[0].tolist()), tuple(records.account[1].tolist()), dropped


def lost(records, name):
    """The error that is made of it."""
    plan = PLANS[name]()
    with pytest.raises(UndeliveredError) as caught:
        result_from_records(
            records, workload=plan.workload, placement=plan.placement, ends=plan.routes.timeline.ends
        )
    return caught.value


def counters(records, link, direction):
    return dict(zip(LINK_COLUMNS, records.links[link, direction].tolist(), strict=True))


def test_a_link_that_drops_all_loses_what_is_on_the_wire_cut_and_queued(recorded):
    sent, received, dropped = account_of(recorded["drop"])

    assert sent == (1, 5, 5 * PAYLOAD_BYTES)
    assert received == (0, 1, PAYLOAD_BYTES)
    assert dropped == {
        "on the wire": (1, 1, PAYLOAD_BYTES),  # the message is lost with the first of its segments
        "cut": (0, 1, PAYLOAD_BYTES),
        "queued": (0, 2, 2 * PAYLOAD_BYTES),
    }
    assert recorded["drop"].in_flight == 0


def test_a_link_that_delivers_what_has_left_loses_what_is_cut_and_queued(recorded):
    sent, received, dropped = account_of(recorded["deliver"])

    assert sent == (1, 5, 5 * PAYLOAD_BYTES)
    assert received == (0, 2, 2 * PAYLOAD_BYTES)
    assert dropped == {"cut": (1, 1, PAYLOAD_BYTES), "queued": (0, 2, 2 * PAYLOAD_BYTES)}
    assert recorded["deliver"].in_flight == 0


@pytest.mark.parametrize("name", ["drop", "deliver"])
def test_what_was_lost_and_the_account_are_said(recorded, name):
    error = lost(recorded[name], name)
    segments = error.account["segments"]

    assert segments["sent"] == segments["received"] + sum(segments["dropped_by_reason"].values())
    assert segments["in_flight"] == 0
    assert "; messages lost in all: 1, as nothing is sent again; segments: 5 sent = " in str(error)
    for reason, count in segments["dropped_by_reason"].items():
        assert f"{count} {reason}" in str(error)
    assert str(error).startswith(
        "message lost (request 0, token 0, layer 0, dispatch of expert 0, segment 0/5, from satellite 0 to "
        "satellite 1, sent at 1000 ns): a laser link of satellite 0 went down while it was "
    )
    assert f" at {DOWN_NS} ns;" in str(error)


@pytest.mark.parametrize("name", ["drop", "deliver"])
def test_the_counters_of_the_link_tell_the_same(recorded, name):
    """What was cut counts for the time that the transmitter spent on it only."""
    away = counters(recorded[name], 0, 0)

    assert (away["packets"], away["bytes"]) == (2, 2 * WIRE_BYTES)
    assert away["busy_ns"] == DOWN_NS - SENT_NS
    assert away["lost_on_the_wire"] == (1 if name == "drop" else 0)
    assert (away["lost_cut"], away["lost_queued"]) == (1, 2)
    assert (away["lost_queue_full"], away["lost_link_down"]) == (0, 0)
    assert (away["rerouted"], away["in_flight"], away["queued"]) == (0, 0, 0)
    assert not any(counters(recorded[name], 0, 1).values())
    assert not recorded[name].links[1:].any()


def test_what_is_rerouted_is_received_and_none_is_dropped(recorded):
    """Two went over the link before it was down; the third was cut, and two were taken off the queue.

    All other messages go from 1 to 2, from 2 to 3, and from 3 back to 0 by the way around.
    """
    records = recorded["reroute"]
    sent, received, dropped = account_of(records)
    away, there, on = counters(records, 0, 0), counters(records, 1, 0), counters(records, 3, 1)

    assert sent == received == (4, 20, 20 * PAYLOAD_BYTES)
    assert dropped == {}
    assert (away["packets"], away["bytes"], away["rerouted"]) == (2, 2 * WIRE_BYTES, 3)
    assert away["busy_ns"] == DOWN_NS - SENT_NS
    assert (there["packets"], on["packets"]) == (3, 3)
    assert there["busy_ns"] == on["busy_ns"] == 3 * PACKET_NS
    for link, direction in ((1, 1), (3, 0), (2, 1), (4, 1)):
        assert counters(records, link, direction)["packets"] == 5
    assert records.in_flight == 0
    assert not records.lost


def test_a_rerouted_message_arrives_with_its_last_packet_by_the_way_around(recorded):
    """Three packets leave at 20 ms, one behind the other, over two hops of 10 ms."""
    (dispatch,) = (row for row in recorded["reroute"].messages if (row[2], row[3]) == (0, DISPATCH))
    arrived_ns = DOWN_NS + 3 * PACKET_NS + LIGHT_NS + PACKET_NS + LIGHT_NS
    expected = {
        "hops": 2,
        "sent": SENT_NS,
        "arrived": arrived_ns,
        "propagation": 2 * LIGHT_NS,
        "serialisation": arrived_ns
        - SENT_NS
        - 2 * LIGHT_NS,  # it was under its own transmission all the time
        "queueing": 0,
        "waiting": 0,
    }

    found = dict(zip(MESSAGE_COLUMNS, dispatch.tolist(), strict=True))
    assert {name: found[name] for name in expected} == expected


def test_utilisation_is_the_share_of_the_run_that_the_transmitter_was_busy(recorded):
    records, plan = recorded["reroute"], PLANS["reroute"]()

    links = result_from_records(
        records, workload=plan.workload, placement=plan.placement, ends=plan.routes.timeline.ends
    ).links

    assert links["from_satellite"].tolist() == [0, 1, 0, 4, 1, 2, 1, 4, 2, 3]
    assert links["to_satellite"].tolist() == [1, 0, 4, 0, 2, 1, 4, 1, 3, 2]
    assert links["packets"].tolist() == [2, 0, 3, 5, 5, 5, 5, 3, 5, 5]
    assert records.ended_ns % DOWN_NS == 0
    busy_ns = links["utilisation"] * records.ended_ns
    assert busy_ns[2] == pytest.approx(3 * PACKET_NS, rel=1e-12)
    assert busy_ns[8] == pytest.approx(5 * PACKET_NS, rel=1e-12)


def test_a_queue_of_one_keeps_two_of_five_packets(recorded):
    """One is transmitted at once, one waits, three find the queue full."""
    sent, received, dropped = account_of(recorded["queue of one"])

    assert sent == (1, 5, 5 * PAYLOAD_BYTES)
    assert received == (0, 2, 2 * PAYLOAD_BYTES)
    assert dropped == {"queue full": (1, 3, 3 * PAYLOAD_BYTES)}
    assert counters(recorded["queue of one"], 0, 0)["lost_queue_full"] == 3


def test_what_is_on_its_way_when_the_time_span_ends_is_in_flight(recorded):
    """The message is lost, nothing is left to wait for; the packet that queued is on the wire at 20 ms."""
    records = recorded["cut short"]
    sent, received, dropped = account_of(records)

    assert records.ended_ns == DOWN_NS
    assert sent == (1, 5, 5 * PAYLOAD_BYTES)
    assert received == (0, 1, PAYLOAD_BYTES)
    assert dropped == {"queue full": (1, 3, 3 * PAYLOAD_BYTES)}
    assert records.in_flight == 1
    assert counters(records, 0, 0)["in_flight"] == 1
    error = lost(records, "cut short")
    assert error.account["segments"]["in_flight"] == 1
    assert "segments: 5 sent = 1 received + 3 dropped (3 queue full) + 1 in flight" in str(error)


def test_a_way_longer_than_the_time_to_live_is_a_reason_of_its_own(recorded):
    """IPv4's time to live has eight bits (RFC 791): no packet comes over 299 hops."""
    sent, received, dropped = account_of(recorded["too many hops"])

    assert sent == (1, 5, 5 * PAYLOAD_BYTES)
    assert received == (0, 0, 0)
    assert dropped == {"time to live": (1, 5, 5 * PAYLOAD_BYTES)}


def test_the_other_requests_of_a_run_that_lost_a_message_go_on(recorded):
    """The link is up again when the second request starts: its token is emitted, the first's is not."""
    records = recorded["two requests"]
    sent, received, dropped = account_of(records)
    jobs = {name: records.jobs[:, column] for column, name in enumerate(JOB_COLUMNS)}

    assert sent == (5, 25, 25 * PAYLOAD_BYTES)
    assert received == (4, 21, 21 * PAYLOAD_BYTES)
    assert sum(segments for _, segments, _ in dropped.values()) == 4
    assert jobs["request"][jobs["kind"] == HEAD].tolist() == [1]
    assert "request 0" in str(lost(records, "two requests"))


def one_more(records, counter):
    """The counters of the links, one of them with one more."""
    links = records.links.copy()
    links[0, 0, LINK_COLUMNS.index(counter)] += 1
    return links


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda records: {"in_flight": records.in_flight + 1}, id="a packet more in the network"),
        pytest.param(lambda records: {"messages": records.messages[1:]}, id="a message less"),
        pytest.param(
            lambda records: {"links": one_more(records, "lost_cut")}, id="a packet cut, but not missing"
        ),
        pytest.param(
            lambda records: {"links": one_more(records, "queued")}, id="a packet on a link, but gone"
        ),
        pytest.param(lambda records: {"intervals": records.intervals[1:]}, id="a slot less"),
        pytest.param(
            lambda records: {"account": records.account + np.eye(len(records.account), 3, dtype=int)},
            id="one more sent",
        ),
    ],
)
def test_an_account_that_does_not_balance_fails_the_run(recorded, spoil):
    plan, records = PLANS["reroute"](), recorded["reroute"]

    with pytest.raises(SimulationError, match=r"^accounting: .*report this bug"):
        result_from_records(
            dataclasses.replace(records, **spoil(records)),
            workload=plan.workload,
            placement=plan.placement,
            ends=plan.routes.timeline.ends,
        )


@pytest.mark.parametrize("name", ["drop", "deliver", "reroute", "queue of one", "too many hops"])
def test_records_come_back_from_their_file_as_they_were(recorded, tmp_path, name):
    records = recorded[name]
    records.save(tmp_path / "records.npz")

    again = Records.load(tmp_path / "records.npz")

    for field in dataclasses.fields(Records):
        one, other = getattr(records, field.name), getattr(again, field.name)
        assert np.array_equal(one, other)
        assert type(one) is type(other)


@pytest.mark.parametrize("on_loss", ["drop", "deliver", "reroute"])
@pytest.mark.parametrize("queue_packets", [3, 1000])
def test_every_segment_of_busy_traffic_is_accounted_for(small_ring, silent, tmp_path, on_loss, queue_packets):
    """Messages meet, links go down, queues are full: nothing escapes the account, and links tell the same."""
    scenario = small_ring(
        **{"mtu_bytes": 600, "rate_bps": 5e6, "survival": 0.8, "span_s": 9.0, "slots": 1800},
        **{"tokens": 8, "placements": ("rand-place",), "on_loss": on_loss, "queue_packets": queue_packets},
    )
    one_token_each = dataclasses.replace(scenario.decoding, tokens_per_sequence=1)
    experiment = pipeline.prepare(dataclasses.replace(scenario, decoding=one_token_each), progress=silent)
    (placement,) = experiment.placements
    plan = Plan(workload=experiment.workload, placement=placement, routes=experiment.routes_to(placement))
    with LocalExecutor(workers=1) as executor:
        executor.submit("busy", plan, tmp_path / "busy")
        (records,) = [event.outcome for event in executor.events(wait=True) if event.outcome]
    sent, received, dropped = account_of(records)

    with contextlib.suppress(UndeliveredError):  # tables that do not balance are another error
        result_from_records(
            records, workload=plan.workload, placement=placement, ends=plan.routes.timeline.ends
        )
    assert records.intervals[:, INTERVAL_COLUMNS.index("queue_ns")].sum() > 0
    lost_segments = sum(side[1] for side in dropped.values())
    assert sent[1] == received[1] + lost_segments + records.in_flight
    assert sent[0] > 15
    assert records.in_flight == 0
    assert sent[2] == received[2] + sum(side[2] for side in dropped.values())
    for reason in ("queue full", "on the wire", "cut", "queued", "link down"):
        of_links = records.links[..., LINK_COLUMNS.index(f"lost_{reason.replace(' ', '_')}")].sum()
        assert of_links == dropped.get(reason, (0, 0, 0))[1]
    expected = {"drop": {"on the wire", "cut", "queued"}, "deliver": {"cut", "queued"}, "reroute": set()}[
        on_loss
    ]
    assert ("queue full" in dropped) == (queue_packets == 3)
    if queue_packets == 3:
        assert set(dropped) - {"queue full"} <= expected
        return
    assert set(dropped) == expected
    rerouted = records.links[..., LINK_COLUMNS.index("rerouted")].sum()
    assert (rerouted > 0) == (on_loss == "reroute")
    if not dropped:
        trace = trace_from_records(records, workload=plan.workload)
        for legs in (trace.dispatch, trace.result, trace.residual):
            parts = legs.propagation + legs.serialisation + legs.queueing + legs.waiting
            assert np.array_equal(legs.arrived - legs.sent, parts)
            assert (legs.queueing >= 0).all()
            assert (legs.serialisation > 0).all()
