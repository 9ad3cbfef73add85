"""Requests, messages and jobs of one step made by hand, and of a run that was simulated."""

from __future__ import annotations

import numpy as np
import pytest
from builders import hosts

from spacemoe_ns3.constants import NO_EXPERT
from spacemoe_ns3.event_tables import Happened, job_columns, message_columns, request_columns
from spacemoe_ns3.results import LEG_PARTS, Legs, TokenTrace

# One step, two layers: gateways on satellites 3 and 4, two experts a layer. Layer 0 activates both, expert 1
# first; layer 1 only expert 0, so that its second place is padded.
GATEWAYS, EXPERTS = [3, 4], [[5, 6], [7, 8]]
ACTIVATIONS = np.array([[[1, 0], [0, NO_EXPERT]]], dtype=np.int32)


def legs(sent, arrived, hops):
    """Messages that are only light on their way."""
    sent, arrived = np.array([sent]), np.array([arrived])
    parts = {part: np.zeros_like(sent) for part in LEG_PARTS}
    return Legs(sent=sent, arrived=arrived, hops=np.array([hops]), **{**parts, "propagation": arrived - sent})


def happened():
    """What happened, at times that can be followed by eye."""
    trace = TokenTrace(
        start=np.array([100]),
        gateway_started=np.array([[100, 200]]),
        gateway_finished=np.array([[110, 215]]),
        dispatch=legs([[110, 110], [215, 0]], [[120, 130], [235, 0]], [[1, 2], [3, 0]]),
        expert_started=np.array([[[125, 130], [235, 0]]]),
        expert_finished=np.array([[[150, 140], [240, 0]]]),
        result=legs([[150, 140], [240, 0]], [[190, 170], [260, 0]], [[4, 1], [2, 0]]),
        residual=legs([110, 215], [200, 230], [5, 1]),
        head_started=np.array([262]),
        head_finished=np.array([270]),
    )
    placement = hosts(gateways=GATEWAYS, experts=EXPERTS)
    rows = np.array([9]), np.array([2])
    return Happened(trace=trace, placement=placement, activations=ACTIVATIONS, token_rows=rows)


def rows_of(columns, *names):
    """Some columns as rows."""
    return list(zip(*(columns[name].tolist() for name in names), strict=True))


def test_messages_are_named_by_kind_expert_and_both_ends():
    columns = message_columns(happened())

    assert set(columns["sequence"]) == {9}
    assert set(columns["token"]) == {2}
    assert rows_of(columns, "layer", "kind", "expert", "from_satellite", "to_satellite") == [
        (0, "dispatch", 1, 3, 6),
        (0, "dispatch", 0, 3, 5),
        (0, "result", 1, 6, 4),
        (0, "result", 0, 5, 4),
        (0, "residual", -1, 3, 4),
        (1, "dispatch", 0, 4, 7),
        (1, "result", 0, 7, 3),
        (1, "residual", -1, 4, 3),
    ]


def test_messages_have_their_times_and_hops():
    columns = message_columns(happened())

    assert rows_of(columns, "sent_ns", "arrived_ns", "hops") == [
        (110, 120, 1),
        (110, 130, 2),
        (150, 190, 4),
        (140, 170, 1),
        (110, 200, 5),
        (215, 235, 3),
        (240, 260, 2),
        (215, 230, 1),
    ]
    parts = sum(columns[f"{part}_ns"] for part in LEG_PARTS)
    assert np.array_equal(parts, columns["arrived_ns"] - columns["sent_ns"])


def test_jobs_wait_from_when_all_they_need_is_there():
    """Layer 1 begins when the residual of layer 0 is there, the last of its three messages."""
    columns = job_columns(happened())

    assert rows_of(columns, "layer", "kind", "expert", "satellite") == [
        (0, "gateway", -1, 3),
        (0, "expert", 1, 6),
        (0, "expert", 0, 5),
        (1, "gateway", -1, 4),
        (1, "expert", 0, 7),
        (-1, "head", -1, 3),
    ]
    assert rows_of(columns, "submitted_ns", "started_ns", "finished_ns") == [
        (100, 100, 110),
        (120, 125, 150),
        (130, 130, 140),
        (200, 200, 215),
        (235, 235, 240),
        (260, 262, 270),
    ]


def test_a_request_lasts_from_its_first_start_to_its_last_emission():
    """Sequence 4 has three tokens, emitted at 30, 50 and 90 after its start at 1000; sequence 6 has one."""
    tokens = {
        "sequence": np.array([4, 4, 4, 6]),
        "token": np.array([0, 1, 2, 0]),
        "start_ns": np.array([1000, 1030, 1050, 7]),
        "latency_ns": np.array([30, 20, 40, 11]),
    }

    columns = request_columns(tokens)

    assert rows_of(columns, "sequence", "tokens", "start_ns", "first_token_ns", "latency_ns") == [
        (4, 3, 1000, 30, 90),
        (6, 1, 7, 11, 11),
    ]
    assert columns["time_per_token_ns"][0] == 30
    assert np.isnan(columns["time_per_token_ns"][1])


@pytest.mark.parametrize("table", [message_columns, job_columns])
def test_a_step_without_a_residual_has_no_such_message(table):
    seen = happened()
    trace = TokenTrace(
        **{name: None if name == "residual" else getattr(seen.trace, name) for name in TokenTrace.__slots__}
    )
    without = Happened(
        trace=trace,
        placement=seen.placement,
        activations=seen.activations,
        token_rows=seen.token_rows,
    )

    assert "residual" not in table(without)["kind"].tolist()
