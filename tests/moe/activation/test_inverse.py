"""Weights that give measured activation probabilities: there and back."""

import numpy as np
import pytest
from moe.activation.oracle import activation_probabilities

from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.moe.activation import weights_for

TOLERANCE = 1e-10  # what weights_for promises
ROUNDING = 1e-12


@pytest.mark.parametrize("decades", [1, 3, 6])
@pytest.mark.parametrize(("experts", "top_k"), [(2, 1), (3, 2), (8, 2), (8, 5), (7, 6)])
def test_weights_give_back_the_probabilities_of_the_definition(experts, top_k, decades):
    for seed in range(5):
        given = 10.0 ** -np.random.default_rng(seed).uniform(0, decades, experts)
        probability = np.array(activation_probabilities(given.tolist(), top_k))

        weights = weights_for(probability, top_k)

        found = activation_probabilities(weights.tolist(), top_k)
        assert found == pytest.approx(probability, abs=TOLERANCE + ROUNDING)


def test_the_weights_themselves_are_found_where_they_are_well_conditioned():
    given = np.random.default_rng(3).dirichlet(np.full(64, 5.0))
    probability = SuccessiveSampling(weights=given[np.newaxis], top_k=6).activation_probability()[0]

    a_millionth = 1e-6
    assert weights_for(probability, 6) == pytest.approx(given, rel=a_millionth)


def test_with_one_expert_activated_the_weights_are_the_probabilities():
    probability = np.array([0.5, 0.3, 0.2])

    assert weights_for(probability, 1) == pytest.approx(probability, abs=TOLERANCE)


def test_experts_that_are_always_activated_or_never_come_out_so():
    probability = np.array([1.0, 0.0, 0.75, 0.25, 1.0])

    weights = weights_for(probability, 3)

    assert weights[1] == 0
    assert activation_probabilities(weights.tolist(), 3) == pytest.approx(probability, abs=TOLERANCE)


@pytest.mark.parametrize("probability", [[1.0, 1.0], [1.0, 0.0, 1.0]])
def test_experts_all_certain_need_no_more_than_some_weight(probability):
    weights = weights_for(np.array(probability), 2)

    assert ((weights > 0) == (np.array(probability) > 0)).all()
