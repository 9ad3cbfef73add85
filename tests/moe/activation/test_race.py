"""Probabilities of successive sampling by integration: against its definition and closed forms."""

import math

import numpy as np
import pytest
from moe.activation.oracle import activation_probabilities, set_probabilities, straggler_probabilities
from scipy.special import loggamma

from spacemoe_ns3.moe.activation.race import (
    activation_probability,
    last_place_probability,
    set_probability,
    time_step,
)

ROUNDING = 1e-13  # absolute, of a probability: some hundred sums and products
RELATIVE_ROUNDING = 1e-11  # also of the least probable: products of K factors, exponents up to a thousand
SKEWS = {"level": 0.0, "decades": 3.0, "ratio-1e6": 6.0, "ratio-1e12": 12.0}


def weights_of(experts, decades, seed=5):
    return 10.0 ** -np.random.default_rng(seed).uniform(0, decades, experts)


@pytest.mark.parametrize("decades", SKEWS.values(), ids=SKEWS)
@pytest.mark.parametrize(("experts", "top_k"), [(2, 1), (5, 3), (8, 2), (9, 5), (7, 7), (12, 3), (40, 2)])
def test_sets_and_experts_are_as_probable_as_the_definition_makes_them(experts, top_k, decades):
    weights = weights_of(experts, decades)
    expected = set_probabilities(weights.tolist(), top_k)

    found = set_probability(weights, top_k, np.array(list(expected)))

    assert found == pytest.approx(list(expected.values()), rel=RELATIVE_ROUNDING, abs=ROUNDING * 1e-3)
    assert activation_probability(weights, top_k) == pytest.approx(
        activation_probabilities(weights.tolist(), top_k), abs=ROUNDING
    )


@pytest.mark.parametrize("decades", SKEWS.values(), ids=SKEWS)
@pytest.mark.parametrize(("experts", "top_k"), [(5, 1), (8, 3), (12, 2), (30, 3)])
def test_the_last_place_is_as_probable_as_the_definition_makes_it(experts, top_k, decades):
    weights = weights_of(experts, decades)
    sets = set_probabilities(weights.tolist(), top_k)
    order = np.stack([np.random.default_rng(seed).permutation(experts) for seed in range(3)])

    found = last_place_probability(weights, top_k, order)

    for each, places in zip(found, order, strict=True):
        ways = np.argsort(places)  # of an expert: its place
        expected = np.array(straggler_probabilities(sets, ways.tolist()))
        assert each == pytest.approx(expected[places], abs=ROUNDING)


@pytest.mark.parametrize(("experts", "top_k"), [(8, 2), (64, 6), (128, 8), (60, 30), (257, 40), (20, 19)])
def test_of_alike_experts_the_last_of_k_places_is_hypergeometric(experts, top_k):
    """All sets are alike: place j is last in C(j - 1, K - 1) of C(E, K)."""
    weights = np.full(experts, 0.3)
    expected = [math.comb(place, top_k - 1) / math.comb(experts, top_k) for place in range(experts)]

    assert last_place_probability(weights, top_k, np.arange(experts)[np.newaxis])[0] == pytest.approx(
        expected, abs=ROUNDING
    )
    assert activation_probability(weights, top_k) == pytest.approx(top_k / experts, abs=ROUNDING)


@pytest.mark.parametrize("decades", SKEWS.values(), ids=SKEWS)
def test_with_one_expert_activated_its_probability_is_its_weight(decades):
    weights = weights_of(200, decades)

    assert activation_probability(weights, 1) == pytest.approx(weights / weights.sum(), rel=1e-12)


@pytest.mark.parametrize("decades", SKEWS.values(), ids=SKEWS)
@pytest.mark.parametrize(("experts", "top_k"), [(64, 6), (128, 8), (256, 8), (64, 63), (64, 64)])
def test_probabilities_of_many_experts_sum_to_what_they_must(experts, top_k, decades):
    weights = weights_of(experts, decades)
    order = np.random.default_rng(1).permutation(experts)[np.newaxis]

    assert activation_probability(weights, top_k).sum() == pytest.approx(top_k, rel=ROUNDING)
    assert last_place_probability(weights, top_k, order).sum() == pytest.approx(1.0, rel=ROUNDING)


def test_experts_are_activated_as_often_as_numpy_draws_them_without_replacement():
    """Generator.choice with weights draws one after the other, without any clocks."""
    weights = weights_of(128, 2.0)
    draws, top_k, five_sigma = 20_000, 8, 5.0
    random = np.random.default_rng(11)
    order = random.permutation(128)
    place = np.argsort(order)
    drawn = np.stack(
        [random.choice(128, size=top_k, replace=False, p=weights / weights.sum()) for _ in range(draws)]
    )

    for expected, counts in (
        (activation_probability(weights, top_k), np.bincount(drawn.ravel(), minlength=128)),
        (
            last_place_probability(weights, top_k, order[np.newaxis])[0],
            np.bincount(place[drawn].max(axis=1), minlength=128),
        ),
    ):
        sigma = np.sqrt(draws * expected * (1 - expected))
        assert (np.abs(counts - draws * expected) <= five_sigma * sigma + 1).all()  # one draw, of the rarest


@pytest.mark.parametrize("top_k", [1, 2, 3, 8, 10, 32, 100, 300])
def test_the_step_aliases_no_more_than_a_rounding_error(top_k):
    """By SciPy's gamma function: the transform of the logarithm of an Erlang time at 2 pi / h and beyond."""
    frequency = 2 * math.pi / time_step(top_k)
    aliases = [
        math.exp((loggamma(top_k + 1j * multiple * frequency) - loggamma(top_k)).real)
        for multiple in (1, 2, 3, 4)
    ]

    assert 2 * sum(aliases) <= 1e-15


def test_the_second_place_is_shared_by_the_weights_that_are_left():
    """The first expert all but certain, the others tiny: 3 to 1, as their weights are."""
    probability = activation_probability(np.array([1 - 4e-20, 3e-20, 1e-20]), 2)

    assert probability == pytest.approx([1.0, 0.75, 0.25], abs=ROUNDING)


def test_an_expert_without_weight_is_never_activated():
    weights = np.array([0.5, 0.0, 0.3, 0.2])

    assert activation_probability(weights, 2)[[0, 2, 3]] == pytest.approx(
        activation_probabilities([0.5, 0.3, 0.2], 2), abs=ROUNDING
    )
    assert activation_probability(weights, 2)[1] == 0.0
    assert last_place_probability(weights, 2, np.array([[0, 2, 1, 3]]))[0, 2] == 0.0
