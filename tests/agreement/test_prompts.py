"""A sequence that reads a prompt, alone in the network: formula and packets agree in every array."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from packet_circle import circle, plan_over, record_all

from spacemoe_ns3.analytic import replay
from spacemoe_ns3.constants import NO_EXPERT
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.results import Legs, TokenTrace

pytestmark = pytest.mark.packet

WIDTH = 7
SHARES = [[7, 2, 5], [1, 7, 6]]  # tokens of the prompt at each expert, by layer; top-2, so 14 in all


def one_sequence(batch):
    """Six steps, the first one wide; nobody else is about, so that ``batch`` changes nothing."""
    plan = plan_over(circle())
    activations = np.full((6, 2, 3), NO_EXPERT, np.uint16)
    activations[:, :, :2] = plan.workload.activations[:6]
    activations[0] = [0, 1, 2]
    shares, widths = (activations != NO_EXPERT).astype(np.int32), np.ones(6, np.int32)
    shares[0], widths[0] = SHARES, WIDTH
    computing = plan.workload.computing
    workload = dataclasses.replace(
        plan.workload,
        activations=activations,
        shares=shares,
        widths=widths,
        starts_ns=np.zeros(1, np.int64),
        sequence_tokens=np.array([6], np.int32),
        computing=dataclasses.replace(computing, prefill_ns={WIDTH: 5 * computing.gateway_ns}),
        batch=batch,
    )
    return dataclasses.replace(plan, workload=workload)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    plans = {batch: lambda batch=batch: one_sequence(batch) for batch in (1, 8)}
    return record_all(plans, tmp_path_factory.mktemp("prompts"))


@pytest.mark.parametrize("batch", [1, 8])
def test_a_prompt_alone_takes_what_the_formula_says_to_the_nanosecond(batch, recorded):
    plan = one_sequence(batch)

    packets = trace_from_records(recorded[batch], workload=plan.workload)
    formula = replay(workload=plan.workload, placement=plan.placement, routes=plan.routes)

    for field in dataclasses.fields(TokenTrace):
        one, other = getattr(packets, field.name), getattr(formula, field.name)
        if isinstance(one, Legs):
            for part in dataclasses.fields(Legs):
                name = f"{field.name}.{part.name}"
                assert np.array_equal(getattr(one, part.name), getattr(other, part.name)), name
        else:
            assert np.array_equal(one, other), field.name
