"""Copies that are sent while no token is under way: slots without work still have their tables."""

from __future__ import annotations

import numpy as np
import pytest
from builders import chain, hosts, routes_to, work
from packet_circle import column, outputs, record_all, result_of

from spacemoe_ns3 import SelectiveRepeat, Tcp, Udp
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.packet import Plan
from spacemoe_ns3.packet.plan import MESSAGE_COLUMNS, RESULT

pytestmark = pytest.mark.packet

SLOT_NS, SLOTS = 100_000_000, 100
GONE_SLOT = 1  # of the only link
LIGHT_NS = 2_000_000
MESSAGE_BYTES, MTU_BYTES, RATE_BPS = 100, 500, 10**7
COMPUTING_NS = 2 * (1_000_000 + 500_000)
# Before the last result is there, the token has waited for light twice, its computers, and two packets of
# less than 0.2 ms each. So it comes in the last 2 ms of slot 0, and its acknowledgement is on the wire when
# the link goes.
START_NS = SLOT_NS - 2 * LIGHT_NS - COMPUTING_NS - 1_500_000
NEXT_NS = 80 * SLOT_NS  # long after; nothing is under way between
WAIT_S = 0.35  # the copy is sent in slot 4
LAST_RESULT = {"kind": RESULT, "request": 0, "layer": 1}
TRANSPORTS = {
    "udp": Udp(recovery=SelectiveRepeat(timeout_s=WAIT_S, ask_s=0.3, give_up_s=5)),
    "tcp": Tcp(minimum_timeout_s=WAIT_S),
}


def plan_with(transport):
    """A layer on each of two satellites, a token early and one late, and a link that is away for a slot."""
    timeline = chain(
        satellites=2,
        hop_m=LIGHT_NS * 1e-9 * SPEED_OF_LIGHT_M_S,
        up=[[slot != GONE_SLOT] for slot in range(SLOTS)],
        slot_ns=SLOT_NS,
        rate_bps=RATE_BPS,
        mtu_bytes=MTU_BYTES,
        policy="drop",
    )
    workload = work(
        activations=[[[0], [0]], [[0], [0]]],
        experts=1,
        message_bytes=MESSAGE_BYTES,
        starts_ns=(START_NS, NEXT_NS),
        sequence_tokens=[1, 1],
        gateway_ns=1_000_000,
        expert_ns=500_000,
    )
    placement = hosts(gateways=(0, 1), experts=((0,), (1,)), hosts_per_satellite=2)
    bits = segment_wire_bits(message_bytes=MESSAGE_BYTES, mtu_bytes=MTU_BYTES)
    routes = routes_to(timeline, placement.hosts(), packet_bits=int(bits[0]))
    return Plan(workload=workload, placement=placement, routes=routes, transport=transport)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What ns-3 recorded over each transport."""
    plans = {name: lambda each=each: plan_with(each) for name, each in TRANSPORTS.items()}
    return record_all(plans, tmp_path_factory.mktemp("late"))


@pytest.mark.parametrize("name", TRANSPORTS)
def test_a_copy_between_two_sequences_finds_its_tables(recorded, name):
    records = recorded[name]
    result = result_of(plan_with(TRANSPORTS[name]), records)
    again, _, duplicates = records.extras.tolist()

    assert again[0] == duplicates[0] == 1  # of the result whose acknowledgement was lost
    is_last_result = np.logical_and.reduce(
        [column(records.messages, MESSAGE_COLUMNS, name) == of for name, of in LAST_RESULT.items()]
    )
    (arrived,) = column(records.messages[is_last_result], MESSAGE_COLUMNS, "arrived")
    assert SLOT_NS - LIGHT_NS < arrived < SLOT_NS
    assert len(result.tokens["latency_ns"]) == 2
    # What is lost is an acknowledgement, and nobody waits for that.
    assert result.tokens["latency_ns"].max() < 2 * LIGHT_NS + COMPUTING_NS + 1_500_000


def test_both_transports_compute_the_same(recorded):
    assert outputs(recorded["udp"]) == outputs(recorded["tcp"])
