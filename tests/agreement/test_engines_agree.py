"""The formula on the packets' draws against the packets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from spacemoe_ns3 import Scenario, load_scenario, pipeline
from spacemoe_ns3.analytic import replay
from spacemoe_ns3.packet import LocalExecutor, Plan, Records
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.results import LEG_PARTS, Legs, TokenTrace

pytestmark = pytest.mark.packet


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
@pytest.mark.parametrize("top_k", [1, 2])
@pytest.mark.parametrize("sends_residual", [True, False])
def test_without_other_steps_both_engines_agree_to_the_nanosecond(
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
    mtu_bytes: int,
    survival: float,
    span_s: float,
    slots: int,
    top_k: int,
    sends_residual: bool,
) -> None:
    scenario = small_ring(
        top_k=top_k,
        sends_residual=sends_residual,
        mtu_bytes=mtu_bytes,
        survival=survival,
        span_s=span_s,
        slots=slots,
    )
    has_waited = []
    for formula, packets in traces_of(scenario, tmp_path, silent).values():
        assert_equal(formula, packets)
        has_waited.append(packets.dispatch.waiting.any() or packets.result.waiting.any())
    assert any(has_waited) or survival > 0.5  # the last case is about waiting


@pytest.mark.parametrize("rate_bps", [1e8, 1e9])
def test_on_slow_links_a_step_queues_behind_itself_alike_in_both_engines(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path, rate_bps: float
) -> None:
    queueing = 0
    for formula, packets in traces_of(small_ring(rate_bps=rate_bps, tokens=8), tmp_path, silent).values():
        assert_equal(formula, packets)
        queueing += packets.dispatch.queueing.sum() + packets.residual.queueing.sum()
    assert queueing > 0


@pytest.mark.parametrize("file", ["first_ring", "ring32"])
def test_on_the_scenarios_of_the_documentation_both_engines_agree_to_the_nanosecond(
    root: Path, silent: pipeline.Progress, tmp_path: Path, file: str
) -> None:
    scenario, _ = load_scenario(root / "scenarios" / f"{file}.py")
    few = replace(scenario, decoding=replace(scenario.decoding, tokens=4), placements=scenario.placements[:2])

    traces = traces_of(few, tmp_path, silent)

    assert len(traces) == 2
    for formula, packets in traces.values():
        assert_equal(formula, packets)


def test_each_message_is_the_sum_of_its_parts(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    for _, packets in traces_of(small_ring(rate_bps=1e8, survival=0.5), tmp_path, silent).values():
        for legs in (packets.dispatch, packets.result, packets.residual):
            parts = sum(getattr(legs, part) for part in LEG_PARTS)
            np.testing.assert_array_equal(legs.arrived - legs.sent, parts)
            assert (legs.queueing >= 0).all()
            assert (legs.serialisation > 0).all()
