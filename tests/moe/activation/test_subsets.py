"""Tables over subsets, and stragglers from them: against the definition."""

import numpy as np
import pytest
from moe.activation.oracle import set_probabilities, straggler_probabilities

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.moe.activation.subsets import containment_table, set_table, straggler_from_containment

ROUNDING = 1e-13


@pytest.mark.parametrize("top_k", [1, 2, 4, 6])
def test_the_table_gives_each_set_the_probability_of_the_definition(top_k):
    weights = 10.0 ** -np.random.default_rng(2).uniform(0, 6, (2, 6))

    table = set_table(weights, top_k)

    for layer, of_layer in enumerate(weights.tolist()):
        expected = np.zeros(2**6)
        for members, chance in set_probabilities(of_layer, top_k).items():
            expected[sum(1 << expert for expert in members)] = chance
        assert table[layer] == pytest.approx(expected, rel=1e-12)


def test_containment_adds_up_the_sets_inside_a_subset():
    """By masks, one by one: a set is in a subset if it has no bit outside."""
    of_sets = np.random.default_rng(3).dirichlet(np.ones(32), size=3)

    table = containment_table(of_sets)

    for subset in range(32):
        inside = [each for each in range(32) if each & ~subset == 0]
        assert table[:, subset] == pytest.approx(of_sets[:, inside].sum(axis=1), rel=ROUNDING)


@pytest.mark.parametrize("distinct_ways", [1, 3, 1000])
def test_the_straggler_is_the_lowest_of_the_experts_with_the_largest_way(distinct_ways):
    random = np.random.default_rng(4)
    weights = random.dirichlet(np.ones(7), size=3)
    ways = random.integers(distinct_ways, size=(5, 3, 7)).astype(float)

    found = straggler_from_containment(containment_table(set_table(weights, 3)), ways)

    for layer, of_layer in enumerate(weights.tolist()):
        sets = set_probabilities(of_layer, 3)
        for slot in range(5):
            expected = straggler_probabilities(sets, ways[slot, layer].tolist())
            assert found[slot, layer] == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("experts", [16, 13])
def test_tables_and_integrals_agree_on_the_most_experts_that_are_tabulated(experts):
    weights = 10.0 ** -np.random.default_rng(5).uniform(0, 4, (2, experts))
    gating = SuccessiveSampling(weights=weights, top_k=4)
    single = 2 ** np.arange(experts)
    everything = 2**experts - 1

    without_one = gating.containment()[:, everything - single]
    assert 1 - without_one == pytest.approx(gating.activation_probability(), abs=ROUNDING)


def test_a_table_of_too_many_experts_is_refused():
    gating = SuccessiveSampling(weights=np.ones((1, 17)), top_k=2)

    with pytest.raises(ScenarioError, match=r"all subsets of 17 experts .* at most 16 experts"):
        gating.containment()
