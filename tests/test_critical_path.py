"""The critical path of a step made by hand, and of steps that are broken on purpose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from builders import hosts

from spacemoe_ns3.critical_path import Hops, LegLedgers, critical_path
from spacemoe_ns3.errors import SimulationError
from spacemoe_ns3.results import PARTS, Legs, TokenTrace

# One step, one layer: gateway on satellite 0, expert 0 on satellite 5, expert 1 on satellite 7; the head is
# on satellite 0. Expert 1 answers last. Its dispatch goes over links 3 and 4, its result comes over link 8.
GATEWAYS, EXPERTS = [0], [[5, 7]]
START, GATEWAY, SENT = 1000, 1010, 1060  # starts, is served from, sends at
LEDGER = {"dispatch": 11, "result": 12}


def legs(sent, arrived, **parts):
    """Messages to or from two experts."""
    filled = {part: np.array(parts.get(part, [0, 0])).reshape(1, 1, 2) for part in (*PARTS[1:], "hops")}
    return Legs(sent=np.array(sent).reshape(1, 1, 2), arrived=np.array(arrived).reshape(1, 1, 2), **filled)


def trace():
    """What happened."""
    return TokenTrace(
        start=np.array([START]),
        gateway_started=np.array([[GATEWAY]]),
        gateway_finished=np.array([[SENT]]),
        dispatch=legs(
            [SENT, SENT], [1100, 1190], propagation=[40, 100], serialisation=[0, 20], queueing=[0, 10]
        ),
        expert_started=np.array([[[1100, 1200]]]),
        expert_finished=np.array([[[1150, 1250]]]),
        result=legs(
            [1150, 1250], [1200, 1330], propagation=[50, 60], serialisation=[0, 15], transport=[0, 5]
        ),
        residual=None,
        head_started=np.array([1330]),
        head_finished=np.array([1400]),
    )


def hops():
    """The two hops of the dispatch to expert 1, and the one of its result."""
    return Hops(
        ledger=np.array([11, 11, 12]),
        link=np.array([3, 4, 8]),
        from_satellite=np.array([0, 6, 7]),
        to_satellite=np.array([6, 7, 0]),
        came=np.array([SENT, 1120, 1255]),
        arrived=np.array([1120, 1190, 1330]),
        parts={
            "propagation": np.array([45, 55, 60]),
            "serialisation": np.array([10, 10, 15]),
            "queueing": np.array([5, 5, 0]),
            "waiting": np.array([0, 0, 0]),
        },
    )


def ledgers():
    return LegLedgers(
        dispatch=np.array([[[0, LEDGER["dispatch"]]]]),
        result=np.array([[[0, LEDGER["result"]]]]),
        residual=None,
    )


def path(seen, **log):
    return critical_path(
        seen,
        placement=hosts(gateways=GATEWAYS, experts=EXPERTS),
        activations=np.array([[[0, 1]]]),
        token_rows=(np.array([2]), np.array([4])),
        **log,
    )


def test_each_piece_of_a_step_is_named():
    found = path(trace(), hops=hops(), ledgers=ledgers())

    names = ("piece", "kind", "layer", "satellite", "to_satellite", "link", "expert", "start_ns", "end_ns")
    assert list(zip(*(found[name].tolist() for name in names), strict=True)) == [
        ("gateway", "queue", 0, 0, -1, -1, -1, 1000, 1010),
        ("gateway", "compute", 0, 0, -1, -1, -1, 1010, 1060),
        ("dispatch", "hop", 0, 0, 6, 3, 1, 1060, 1120),
        ("dispatch", "hop", 0, 6, 7, 4, 1, 1120, 1190),
        ("expert", "queue", 0, 7, -1, -1, 1, 1190, 1200),
        ("expert", "compute", 0, 7, -1, -1, 1, 1200, 1250),
        ("result", "transport", 0, 7, 0, -1, 1, 1250, 1255),
        ("result", "hop", 0, 7, 0, 8, 1, 1255, 1330),
        ("head", "compute", -1, 0, -1, -1, -1, 1330, 1400),
    ]
    assert set(found["sequence"].tolist()) == {2}
    assert set(found["token"].tolist()) == {4}
    assert {part: int(found[f"{part}_ns"].sum()) for part in PARTS} == {
        **{"compute": 50 + 50 + 70, "propagation": 160, "serialisation": 35, "queueing": 10 + 10 + 10},
        **{"waiting": 0, "retransmission": 0, "transport": 5},
    }


def test_without_hops_a_message_is_one_piece():
    found = path(trace())

    legs_at = found["kind"] == "leg"
    assert found["start_ns"][legs_at].tolist() == [SENT, 1250]
    assert found["end_ns"][legs_at].tolist() == [1190, 1330]
    assert found["transport_ns"][legs_at].tolist() == [0, 5]


def changed(what, leg=None):
    """A trace in which one thing is a nanosecond late."""
    seen = trace()
    if leg is not None:
        of = getattr(seen, leg)
        return dataclasses.replace(seen, **{leg: dataclasses.replace(of, **{what: getattr(of, what) + 1})})
    return dataclasses.replace(seen, **{what: getattr(seen, what) + 1})


@pytest.mark.parametrize(
    ("what", "leg", "where"),
    [
        ("gateway_finished", None, "layer 0 at its dispatch leg"),
        ("sent", "dispatch", "layer 0 at its dispatch leg"),
        ("arrived", "dispatch", "layer 0 at its dispatch leg"),
        ("propagation", "dispatch", "layer 0 at its dispatch leg"),
        ("expert_finished", None, "layer 0 at its result leg"),
        ("queueing", "result", "layer 0 at its result leg"),
    ],
)
def test_a_broken_step_fails_with_its_place(what, leg, where):
    with pytest.raises(
        SimulationError, match=rf"^accounting: the critical path of step 0 is broken in {where}"
    ):
        path(changed(what, leg))


@pytest.mark.parametrize("column", ["came", "arrived"])
def test_hops_that_do_not_follow_each_other_fail(column):
    log = hops()
    late = getattr(log, column) + np.array([0, 1, 0])

    with pytest.raises(SimulationError, match=r"step 0 is broken in layer 0 at its dispatch hop, "):
        path(trace(), hops=dataclasses.replace(log, **{column: late}), ledgers=ledgers())


def test_hops_whose_parts_are_not_the_messages_fail():
    log = hops()
    parts = {**log.parts, "serialisation": log.parts["serialisation"] + np.array([1, 0, 0])}

    with pytest.raises(
        SimulationError, match=r"^accounting: the serialisation of a dispatch's hops is not the"
    ):
        path(trace(), hops=dataclasses.replace(log, parts=parts), ledgers=ledgers())


def test_a_message_without_hops_fails():
    """A ledger number that the log does not have."""
    unknown = dataclasses.replace(ledgers(), result=np.array([[[0, 99]]]))

    with pytest.raises(SimulationError, match=r"^accounting: the propagation of a result's hops is not the"):
        path(trace(), hops=hops(), ledgers=unknown)
