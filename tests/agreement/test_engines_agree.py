"""The formula on the packets' draws against the packets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from spacemoe_ns3 import Scenario, pipeline
from spacemoe_ns3.analytic import replay
from spacemoe_ns3.packet import LocalExecutor, Plan, Records
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.results import LEG_PARTS, Legs, TokenTrace

pytestmark = pytest.mark.packet

# A departure that queueing moves by some microseconds meets a link that has changed by less than this: the
# range rate of two satellites is below 16 km/s, so a microsecond changes a light time by 0.05 ns a hop.
MOVED_DEPARTURE_NS_PER_US_AND_HOP = 0.06
ROUNDING_NS_PER_HOP = 1


def traces_of(
    scenario: Scenario, folder: Path, silent: pipeline.Progress
) -> dict[str, tuple[TokenTrace, TokenTrace]]:
    """Run both engines; return the formula's trace and the packets', by placement."""
    experiment = pipeline.prepare(scenario, progress=silent)
    formula = {}
    with LocalExecutor() as executor:
        for placement in experiment.placements:
            routes = experiment.routes_to(placement)
            formula[placement.name] = replay(workload=experiment.workload, placement=placement, routes=routes)
            plan = Plan(workload=experiment.workload, placement=placement, routes=routes)
            executor.submit(placement.name, plan, folder / placement.name)
        outcomes = {event.name: event.outcome for event in executor.events(wait=True) if event.outcome}
    result = {}
    for name, outcome in outcomes.items():
        assert isinstance(outcome, Records), outcome
        result[name] = formula[name], trace_from_records(outcome, workload=experiment.workload)
    return result


def assert_equal(formula: TokenTrace, packets: TokenTrace) -> None:
    """Compare two traces array by array."""
    for field in fields(TokenTrace):
        left, right = getattr(formula, field.name), getattr(packets, field.name)
        if isinstance(left, Legs):
            for leg in fields(Legs):
                np.testing.assert_array_equal(
                    getattr(left, leg.name), getattr(right, leg.name), err_msg=f"{field.name}.{leg.name}"
                )
        else:
            np.testing.assert_array_equal(left, right, err_msg=field.name)


@pytest.mark.parametrize(
    ("mtu_bytes", "survival", "span_s", "slots"),
    [
        pytest.param(9000, 1.0, 600.0, 40, id="one segment"),
        pytest.param(600, 1.0, 600.0, 40, id="eight segments"),
        pytest.param(1500, 0.8, 12.0, 400, id="slots shorter than a token, outages"),
        pytest.param(300, 0.7, 24.0, 2400, id="slots shorter than a message, packets overtake"),
        pytest.param(1500, 0.35, 60.0, 2000, id="so many outages that messages wait for a path"),
    ],
)
def test_without_messages_that_meet_both_engines_agree_to_the_nanosecond(
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
    mtu_bytes: int,
    survival: float,
    span_s: float,
    slots: int,
) -> None:
    scenario = small_ring(
        top_k=1, sends_residual=False, mtu_bytes=mtu_bytes, survival=survival, span_s=span_s, slots=slots
    )
    has_waited = []
    for formula, packets in traces_of(scenario, tmp_path, silent).values():
        assert_equal(formula, packets)
        has_waited.append(packets.dispatch.waiting.any() or packets.result.waiting.any())
    assert any(has_waited) or survival > 0.5  # the last case is about waiting


def test_with_messages_that_meet_queueing_explains_the_difference(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    for formula, packets in traces_of(small_ring(rate_bps=1e8), tmp_path, silent).values():
        np.testing.assert_array_equal(formula.start[::2], packets.start[::2])  # the first of each sequence
        latency = [trace.head_finished - trace.start for trace in (formula, packets)]
        queueing = packets.dispatch.queueing + packets.result.queueing
        queueing += packets.expert_started - packets.dispatch.arrived
        queueing_ns = np.maximum(queueing.max(axis=2), packets.residual.queueing).sum(axis=1)
        hops = (packets.dispatch.hops + packets.result.hops).max(axis=2).sum(axis=1)
        # The second token of a sequence starts later by the queueing of the first.
        delayed_us = (packets.start - formula.start + queueing_ns) / 1000
        slack_ns = hops * (ROUNDING_NS_PER_HOP + MOVED_DEPARTURE_NS_PER_US_AND_HOP * delayed_us)
        difference = latency[1] - latency[0]
        assert queueing_ns.max() > 0
        assert (difference <= queueing_ns + slack_ns).all()
        assert (difference >= -slack_ns).all()


def test_each_message_is_the_sum_of_its_parts(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    for _, packets in traces_of(small_ring(rate_bps=1e8, survival=0.5), tmp_path, silent).values():
        for legs in (packets.dispatch, packets.result, packets.residual):
            parts = sum(getattr(legs, part) for part in LEG_PARTS)
            np.testing.assert_array_equal(legs.arrived - legs.sent, parts)
            assert (legs.queueing >= 0).all()
            assert (legs.serialisation > 0).all()
