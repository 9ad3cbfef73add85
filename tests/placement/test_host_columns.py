"""Who lives where, as a table."""

from __future__ import annotations

import numpy as np
import pytest

from spacemoe_ns3 import pipeline
from spacemoe_ns3.placement import host_columns
from spacemoe_ns3.schema import TABLES

A_NANOSECOND_S = 1e-9


@pytest.fixture
def experiment(small_ring, silent):
    return pipeline.prepare(small_ring(), progress=silent)


def test_every_gateway_and_expert_has_a_row(experiment):
    for placement in experiment.placements:
        columns = host_columns(placement, experiment.problem, with_paths=True)
        rows = dict(
            zip(zip(columns["layer"], columns["expert"], strict=True), columns["satellite"], strict=True)
        )

        assert ("placement", *columns) == TABLES["hosts"].column_names()
        assert len(rows) == 3 * (1 + 3) == len(columns["layer"])
        for layer in range(3):
            assert rows[layer, -1] == placement.gateways[layer]
            assert [rows[layer, expert] for expert in range(3)] == placement.experts[layer].tolist()


def test_an_expert_is_activated_as_often_as_top_k_says(experiment):
    """The probabilities of a layer sum to the number of experts activated, here two."""
    columns = host_columns(experiment.placements[0], experiment.problem, with_paths=True)
    is_expert = columns["expert"] >= 0

    sums = np.bincount(columns["layer"][is_expert], columns["activation_probability"][is_expert])
    assert sums == pytest.approx([2.0, 2.0, 2.0])
    assert set(columns["activation_probability"][~is_expert]) == {1.0}


def test_a_path_is_the_mean_over_slots_there_and_on(experiment):
    """From the gateway's delays to the host and from it to the next gateway, and the computing between."""
    placement, problem = experiment.placements[0], experiment.problem
    columns = host_columns(placement, problem, with_paths=True)
    delays = problem.gateway_delays(placement.gateways)
    computing_s = 3 * 2 * 2048 * 1024 / 1e10  # three matrices of an expert, its computer's FLOP/s

    for row in np.flatnonzero(columns["expert"] >= 0):
        layer, satellite = columns["layer"][row], columns["satellite"][row]
        there = delays.outbound.total_s[:, layer, satellite]
        onward = delays.inbound.total_s[:, (layer + 1) % 3, satellite]
        by_hand = (there + onward).mean() + computing_s
        assert columns["path_s"][row] == pytest.approx(by_hand, abs=A_NANOSECOND_S)


def test_spacemoe_gives_more_active_experts_shorter_paths(experiment):
    """The rule of the paper, layer by layer: sorted by activation, paths never get shorter."""
    (spacemoe,) = (each for each in experiment.placements if each.name == "spacemoe")
    columns = host_columns(spacemoe, experiment.problem, with_paths=True)

    for layer in range(3):
        rows = np.flatnonzero((columns["layer"] == layer) & (columns["expert"] >= 0))
        by_activation = rows[np.argsort(-columns["activation_probability"][rows], kind="stable")]
        assert np.all(np.diff(columns["path_s"][by_activation]) >= -A_NANOSECOND_S)


def test_gateways_have_no_path_and_nobody_without_the_formula(experiment):
    placement, problem = experiment.placements[0], experiment.problem
    columns = host_columns(placement, problem, with_paths=True)

    assert np.array_equal(np.isnan(columns["path_s"]), columns["expert"] < 0)
    assert np.isnan(host_columns(placement, problem, with_paths=False)["path_s"]).all()
