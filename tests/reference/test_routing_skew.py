"""How uneven experts are used, against measured counts."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from spacemoe_ns3.moe import Activation, activation_sets, model_named
from spacemoe_ns3.streams import stream

MEASURED = json.loads(Path(__file__).with_name("routing.json").read_text(encoding="utf-8"))
LAYERS = 400  # so many that their mean is sure to a percent
ROUNDING = 8 * 0.0005  # eight probabilities with three decimals
MIXTRAL = model_named("mixtral-8x7b")


def activation_probability(concentration):
    """Of the layers of a Mixtral with very many of them."""
    random = stream(1, "test.routing-skew")
    weights = Activation(concentration=concentration).weights(
        layers=LAYERS, experts=MIXTRAL.experts, random=random
    )
    sets = activation_sets(weights=weights, top_k=MIXTRAL.top_k, random=random)
    return weights, sets.activation_probability(MIXTRAL.experts)


def test_measured_and_modelled_activation_probabilities_sum_to_two():
    _, modelled = activation_probability(40)

    measured = sum(MEASURED["mixtral_c4_layer_0_activation_probability"])
    assert abs(measured - MIXTRAL.top_k) <= ROUNDING
    assert modelled.sum(axis=1) == pytest.approx(MIXTRAL.top_k, rel=1e-12)


def test_a_concentration_of_40_is_as_uneven_as_mixtral_was_measured():
    least, greatest = MEASURED["mixtral_5_domains"]["cv"]

    for values in activation_probability(40):  # weights, and probabilities
        variation = values.std(axis=1) / values.mean(axis=1)
        assert least <= variation.mean() <= greatest


@pytest.mark.parametrize("figure", ["max_over_mean", "min_over_mean"])
def test_the_extremes_of_a_concentration_of_40_are_those_of_mixtral(figure):
    _, probability = activation_probability(40)
    extreme = {"max_over_mean": np.max, "min_over_mean": np.min}[figure](probability, axis=1)

    least, greatest = MEASURED["mixtral_5_domains"][figure]
    assert least <= (extreme / probability.mean(axis=1)).mean() <= greatest


@pytest.mark.parametrize("concentration", [4, math.inf])
def test_a_clear_skew_and_no_skew_are_outside_what_was_measured(concentration):
    """The band is narrow enough to tell: a guard of the tests above."""
    weights, _ = activation_probability(concentration)
    least, greatest = MEASURED["mixtral_5_domains"]["cv"]

    variation = (weights.std(axis=1) / weights.mean(axis=1)).mean()
    assert not least <= variation <= greatest


def test_the_variation_of_the_weights_follows_the_dirichlet_law():
    """The variance of a Dirichlet weight in closed form: CV = sqrt((E - 1) / (E c + 1))."""
    weights, _ = activation_probability(40)
    experts = MIXTRAL.experts
    expected = np.sqrt((experts - 1) / (experts * 40 + 1))
    three_sigma = 3 * expected * np.sqrt(2 / (LAYERS * (experts - 1)))  # of a variance estimate

    measured = np.sqrt(((weights - 1 / experts) ** 2).mean()) * experts
    assert abs(measured - expected) <= three_sigma
