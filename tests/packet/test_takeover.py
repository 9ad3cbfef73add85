"""A satellite fails, and after the time of detection another one that has the expert takes over."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from builders import hosts, network, routes_to, work
from packet_circle import column, record_all, result_of

from spacemoe_ns3 import SelectiveRepeat, Tcp, Udp
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.packet import LocalExecutor, Plan
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.packet.plan import DISPATCH, EXPERT, JOB_COLUMNS, MESSAGE_COLUMNS
from spacemoe_ns3.results import LEG_PARTS

pytestmark = pytest.mark.packet

MS = 1_000_000  # nanoseconds
# Satellites 0 and 1 have the gateways, 2 and 3 the expert of layer 0, 4 that of layer 1. Corners of a cube:
# each link is an edge, but 4-0, which is a diagonal.
LIGHT_NS = 2 * MS
EDGE_M = LIGHT_NS * 1e-9 * SPEED_OF_LIGHT_M_S
CORNERS = [(0, 0, 0), (1, 1, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1)]
LINKS = [(0, 2), (0, 3), (1, 2), (1, 3), (1, 4), (0, 4)]
SLOT_NS, SLOTS = 100 * MS, 60
FAILS_SLOT, WORKS_SLOT = 3, 5  # of satellite 2; in the second case for a while only
FAILS_NS, DETECTION_NS = FAILS_SLOT * SLOT_NS, 150 * MS
TOLD_NS = FAILS_NS + DETECTION_NS
GATEWAY_NS, EXPERT_NS = 1 * MS, MS // 2
MESSAGE_BYTES, MTU_BYTES, RATE_BPS = 100, 500, 10**7
LATE_NS = 310 * MS  # the token begins when satellite 2 has failed
# The dispatch, of less than 0.2 ms, gets there before satellite 2 fails, but not the result out of it.
JUST_BEFORE_NS = FAILS_NS - GATEWAY_NS - LIGHT_NS - EXPERT_NS // 2
UNDER_WAY_NS = FAILS_NS - GATEWAY_NS - 2 * LIGHT_NS - EXPERT_NS  # its result is on the wire when it ends
NEXT_NS = 800 * MS
DETECTION_S = DETECTION_NS * 1e-9
TRANSPORTS = {
    "udp": Udp(recovery=SelectiveRepeat(timeout_s=0.1, ask_s=0.03, give_up_s=5), detection_s=DETECTION_S),
    "tcp": Tcp(minimum_timeout_s=0.3, detection_s=DETECTION_S),
}
NOBODY_TOLD = {name: dataclasses.replace(each, detection_s=None) for name, each in TRANSPORTS.items()}
LEAST_TRANSPORT_NS = {"udp": 0, "tcp": 1}  # ns-3's TCP sends in an event of its own


def plan_with(transport, *, start_ns, works_slot=SLOTS, fails=2, has_replica=True, policy="reroute"):
    """Two sequences of a token; the table of dispatches knows beforehand when satellite 2 is failed."""
    failed = np.zeros((SLOTS, len(CORNERS)), bool)
    failed[FAILS_SLOT:works_slot, fails] = True
    timeline = network(
        positions_m=EDGE_M * np.array(CORNERS, float),
        ends=LINKS,
        up=[[not row[a] and not row[b] for a, b in LINKS] for row in failed],
        slot_ns=SLOT_NS,
        rate_bps=RATE_BPS,
        mtu_bytes=MTU_BYTES,
        policy=policy,
    )
    timeline = dataclasses.replace(timeline, failed=failed)
    workload = work(
        activations=np.zeros((2, 2, 1)),
        experts=1,
        message_bytes=MESSAGE_BYTES,
        starts_ns=(start_ns, NEXT_NS),
        sequence_tokens=[1, 1],
        gateway_ns=GATEWAY_NS,
        expert_ns=EXPERT_NS,
    )
    dispatch = np.array([[[3 if row[2] else 2], [4]] for row in failed])
    placement = hosts(
        gateways=(0, 1),
        experts=((2,), (4,)),
        dispatch=dispatch if has_replica else None,
        slot_ns=SLOT_NS,
    )
    bits = segment_wire_bits(message_bytes=MESSAGE_BYTES, mtu_bytes=MTU_BYTES)
    routes = routes_to(timeline, placement.hosts(), packet_bits=int(bits[0]))
    return Plan(workload=workload, placement=placement, routes=routes, transport=transport)


PLANS = {
    f"{case}, {name}": lambda transports=transports, name=name, settings=settings: plan_with(
        transports[name], **settings
    )
    for name in TRANSPORTS
    for case, transports, settings in (
        ("dispatched to the dead", TRANSPORTS, {"start_ns": LATE_NS}),
        ("nobody told", NOBODY_TOLD, {"start_ns": LATE_NS}),
        ("under way", TRANSPORTS, {"start_ns": UNDER_WAY_NS, "policy": "deliver"}),
        ("late result", TRANSPORTS, {"start_ns": JUST_BEFORE_NS, "works_slot": WORKS_SLOT}),
        ("no replica", TRANSPORTS, {"start_ns": LATE_NS, "has_replica": False}),
        ("gateway", TRANSPORTS, {"start_ns": LATE_NS, "fails": 1}),
        ("after the end", TRANSPORTS, {"start_ns": 0}),
    )
}
FINISHING = [name for name in PLANS if not name.startswith(("no replica", "gateway"))]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What ns-3 recorded of each plan."""
    return record_all(PLANS, tmp_path_factory.mktemp("takeover"))


def first_dispatch(records, name):
    """The dispatch of layer 0 that the first token used, by name of its columns."""
    legs = trace_from_records(records, workload=PLANS[name]().workload).dispatch
    return {part: int(getattr(legs, part)[0, 0, 0]) for part in ("sent", "arrived", *LEG_PARTS)}


def expert_hosts(records):
    """Satellites on which the expert of layer 0 computed for the first token, in order."""
    names = {"kind": EXPERT, "layer": 0, "request": 0}
    chosen = np.logical_and.reduce(
        [column(records.jobs, JOB_COLUMNS, name) == of for name, of in names.items()]
    )
    return column(records.jobs[chosen], JOB_COLUMNS, "satellite").tolist()


@pytest.mark.parametrize("name", FINISHING)
def test_all_tokens_finish_once_and_everything_is_accounted_for(recorded, name):
    records = recorded[name]
    result = result_of(PLANS[name](), records)

    assert len(result.tokens["latency_ns"]) == 2
    for side in result.account.as_dict().values():
        assert side["sent"] == side["received"] + side["dropped"] + side["in_flight"]
    assert result.account.as_dict()["messages"]["in_flight"] == 0
    trace = trace_from_records(records, workload=PLANS[name]().workload)
    for legs in (trace.dispatch, trace.result):
        parts = sum(getattr(legs, part) for part in LEG_PARTS)
        np.testing.assert_array_equal(legs.arrived - legs.sent, parts)
        assert all((getattr(legs, part) >= 0).all() for part in LEG_PARTS)


@pytest.mark.parametrize("name", TRANSPORTS)
def test_a_replica_takes_over_when_all_are_told_and_the_time_until_then_is_retransmission(recorded, name):
    case = f"dispatched to the dead, {name}"
    leg = first_dispatch(recorded[case], case)

    # The gateway computes for 1 ms, and dispatches to satellite 2, which it does not know to be dead.
    assert leg["sent"] == LATE_NS + GATEWAY_NS
    assert leg["retransmission"] == TOLD_NS - leg["sent"]
    assert leg["propagation"] == pytest.approx(LIGHT_NS, abs=1)
    assert leg["transport"] == LEAST_TRANSPORT_NS[name]
    assert leg["queueing"] == leg["waiting"] == 0
    assert leg["arrived"] == TOLD_NS + leg["propagation"] + leg["serialisation"] + leg["transport"]
    assert expert_hosts(recorded[case]) == [3]
    account = result_of(PLANS[case](), recorded[case]).account.as_dict()["messages"]
    assert account["dispatched_again"] == account["dropped_by_reason"]["abandoned"] == 1
    assert account["received_late_results"] == 0


@pytest.mark.parametrize("name", TRANSPORTS)
def test_where_nobody_is_ever_told_the_table_of_the_placement_decides(recorded, name):
    case = f"nobody told, {name}"

    assert first_dispatch(recorded[case], case)["retransmission"] == 0
    assert expert_hosts(recorded[case]) == [3]
    assert result_of(PLANS[case](), recorded[case]).account.dispatched_again == 0


@pytest.mark.parametrize("name", TRANSPORTS)
def test_what_is_under_way_from_the_dead_counts_if_it_comes_before_all_are_told(recorded, name):
    case = f"under way, {name}"
    account = result_of(PLANS[case](), recorded[case]).account

    assert first_dispatch(recorded[case], case)["retransmission"] == 0
    assert expert_hosts(recorded[case]) == [2]
    assert account.dispatched_again == account.late_results == 0


@pytest.mark.parametrize("name", TRANSPORTS)
def test_a_result_that_comes_after_the_takeover_is_dropped_and_counted(recorded, name):
    case = f"late result, {name}"
    leg = first_dispatch(recorded[case], case)
    account = result_of(PLANS[case](), recorded[case]).account.as_dict()["messages"]

    assert leg["sent"] == JUST_BEFORE_NS + GATEWAY_NS
    assert leg["retransmission"] == TOLD_NS - leg["sent"]
    assert expert_hosts(recorded[case]) == [2, 3]
    assert account["dispatched_again"] == account["received_late_results"] == 1
    assert account["dropped_by_reason"] == {}  # all of it has come in the end
    # The satellite works again, and everyone has been told: the second token goes there.
    messages = recorded[case].messages
    is_second = (column(messages, MESSAGE_COLUMNS, "request") == 1) & (
        column(messages, MESSAGE_COLUMNS, "kind") == DISPATCH
    )
    of_layer = column(messages[is_second], MESSAGE_COLUMNS, "layer")
    assert column(messages[is_second], MESSAGE_COLUMNS, "to_satellite")[of_layer == 0].tolist() == [2]


@pytest.mark.parametrize("name", TRANSPORTS)
def test_what_fails_while_nothing_is_under_way_costs_the_next_token_nothing(recorded, name):
    case = f"after the end, {name}"

    assert expert_hosts(recorded[case]) == [2]
    assert result_of(PLANS[case](), recorded[case]).account.dispatched_again == 0
    second = trace_from_records(recorded[case], workload=PLANS[case]().workload).dispatch
    assert not second.retransmission.any()


@pytest.mark.parametrize("name", TRANSPORTS)
def test_an_expert_without_a_replica_fails_its_tokens_and_is_named(recorded, name):
    case = f"no replica, {name}"
    with pytest.raises(UndeliveredError) as caught:
        result_of(PLANS[case](), recorded[case])

    for words in (
        f"(request 0, token 0, layer 0, expert 0, at {TOLD_NS} ns)",
        f"satellite 2 failed at {FAILS_NS} ns",
        "lives on no other that works",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize("name", TRANSPORTS)
def test_the_failure_of_a_gateways_satellite_is_fatal_and_says_so(recorded, name):
    error = recorded[f"gateway, {name}"]

    assert isinstance(error, UndeliveredError)
    assert f"satellite 1 failed at {FAILS_NS} ns, with the gateway of layer 1" in str(error)


def test_records_of_a_request_that_lost_its_expert_are_not_given_away(tmp_path):
    """The second of four requests finds nobody; the third is served again, and then there are two tokens."""
    plan = plan_with(TRANSPORTS["udp"], start_ns=0, works_slot=6, has_replica=False)
    workload = work(
        activations=np.zeros((4, 2, 1)),
        experts=1,
        message_bytes=MESSAGE_BYTES,
        starts_ns=(0, TOLD_NS + 50 * MS, NEXT_NS, NEXT_NS + 500 * MS),
        sequence_tokens=[1, 1, 1, 1],
        gateway_ns=GATEWAY_NS,
        expert_ns=EXPERT_NS,
    )
    plan = dataclasses.replace(plan, workload=workload, part_tokens=2)
    with LocalExecutor(1) as executor:
        executor.submit("ring", plan, tmp_path / "ring")
        events = list(executor.events(wait=True))

    assert not [event for event in events if event.part is not None]
    assert events[-1].outcome.lost.startswith("no satellite left (request 1, ")
    assert events[-1].outcome.messages_before == 0
