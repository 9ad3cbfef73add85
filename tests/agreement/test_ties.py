"""Both engines where two things happen in one nanosecond: the tie rule of docs/links.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from agreement.test_living_links import agree, records_of
from builders import hosts, network, routes_to, work

from spacemoe_ns3.analytic import replay
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.packet import Plan

pytestmark = pytest.mark.packet

MILLISECOND_NS = 1_000_000
A_LIGHT_MILLISECOND_M = SPEED_OF_LIGHT_M_S / 1e3
GATEWAY_NS = 1000  # the builders' gateway: it sends then
FULL_BITS, SHORT_BITS = 1502 * 8, (100 + 66) * 8  # on the wire, of an MTU of 1500
FULL_PAYLOAD_BYTES = 1500 - 64


def plan(timeline, *, expert: int, message_bytes: int) -> Plan:
    """A gateway on satellite 0 and its only expert; the other layer is on the last two satellites."""
    there = timeline.satellites
    return Plan(
        workload=work(activations=[[[0], [0]]], experts=1, message_bytes=message_bytes),
        placement=hosts(gateways=[0, there - 2], experts=[[expert], [there - 1]]),
        routes=routes_to(timeline, [0, expert, there - 2, there - 1], packet_bits=FULL_BITS),
    )


def test_what_is_rerouted_leaves_before_what_arrives_in_that_nanosecond(tmp_path: Path) -> None:
    """Two long segments are re-routed at satellite 1 in the very nanosecond in which a short one comes there.

    The detour's second link is so slow that the message would be complete earlier were the short one first.
    """
    positions_m = A_LIGHT_MILLISECOND_M * np.array(
        [[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [1, 1, 0], [3, 0, 0], [4, 0, 0]]
    )
    first_bps, direct_bps, slow_bps = 10**9, 10**8, 10**7
    # 1 Gb/s: a bit a nanosecond.
    down_ns = GATEWAY_NS + 2 * FULL_BITS + SHORT_BITS + MILLISECOND_NS
    up = np.ones((60, 6), bool)
    up[1:, 2] = False
    timeline = network(
        positions_m=positions_m,
        ends=[(0, 1), (1, 3), (1, 2), (2, 3), (2, 4), (4, 5)],
        rate_bps=[first_bps, first_bps, direct_bps, slow_bps, first_bps, first_bps],
        up=up,
        slot_ns=down_ns,
        mtu_bytes=1500,
    )
    a_plan = plan(timeline, expert=2, message_bytes=2 * FULL_PAYLOAD_BYTES + 100)

    agree(a_plan, tmp_path)

    trace = replay(workload=a_plan.workload, placement=a_plan.placement, routes=a_plan.routes)
    light_to_3_ns, light_to_2_ns = MILLISECOND_NS, round(np.sqrt(2) * MILLISECOND_NS)
    slow_ns = (2 * FULL_BITS + SHORT_BITS) * (first_bps // slow_bps)
    due_ns = down_ns + FULL_BITS + light_to_3_ns + slow_ns + light_to_2_ns
    assert trace.dispatch.arrived[0, 0, 0] == due_ns


def two_satellites(slot_ns: int):
    """A link that is down in the second slot only, whose policy is to drop, and two satellites beyond it."""
    up = np.ones((60, 3), bool)
    up[1, 0] = False
    return network(
        positions_m=A_LIGHT_MILLISECOND_M * np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]]),
        ends=[(0, 1), (1, 2), (2, 3)],
        up=up,
        slot_ns=slot_ns,
        mtu_bytes=1500,
        policy="drop",
    )


@pytest.mark.parametrize("long_ones", [0, 1])
def test_a_message_that_arrives_as_its_link_goes_down_has_arrived(tmp_path: Path, long_ones: int) -> None:
    arrives_ns = GATEWAY_NS + long_ones * FULL_BITS + SHORT_BITS + MILLISECOND_NS
    message_bytes = long_ones * FULL_PAYLOAD_BYTES + 100

    agree(plan(two_satellites(arrives_ns), expert=1, message_bytes=message_bytes), tmp_path)


@pytest.mark.parametrize("long_ones", [0, 1])
def test_a_nanosecond_earlier_the_link_takes_it_along(tmp_path: Path, long_ones: int) -> None:
    arrives_ns = GATEWAY_NS + long_ones * FULL_BITS + SHORT_BITS + MILLISECOND_NS
    message_bytes = long_ones * FULL_PAYLOAD_BYTES + 100
    a_plan = plan(two_satellites(arrives_ns - 1), expert=1, message_bytes=message_bytes)

    assert "went down while it was on the wire" in records_of(a_plan, tmp_path).lost
    with pytest.raises(UndeliveredError, match=f"went down at {arrives_ns - 1} ns"):
        replay(workload=a_plan.workload, placement=a_plan.placement, routes=a_plan.routes)
