"""Which experts a token activates by successive sampling: draws against exact probabilities, and rules."""

import math

import numpy as np
import pytest
from moe.activation.oracle import set_probabilities, straggler_probabilities

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import SuccessiveSampling, draw_activations
from spacemoe_ns3.streams import stream

ROUNDING = 1e-12
FIVE_SIGMA = 5.0  # of a binomial count: one in two million, over some hundred sets
WEIGHTS = np.array([[0.4, 0.3, 0.15, 0.1, 0.05], [0.2, 0.2, 0.2, 0.2, 0.2], [0.01, 0.01, 0.01, 0.01, 0.96]])


@pytest.mark.parametrize("top_k", [1, 2, 3, 4, 5])
def test_activation_probabilities_sum_to_the_number_of_activated_experts(top_k):
    probability = SuccessiveSampling(weights=WEIGHTS, top_k=top_k).activation_probability()

    assert probability.sum(axis=1) == pytest.approx(top_k, rel=ROUNDING)
    assert (probability <= 1 + ROUNDING).all()


def test_with_one_expert_activated_its_probability_is_its_weight():
    gating = SuccessiveSampling(weights=WEIGHTS, top_k=1)

    assert gating.activation_probability() == pytest.approx(WEIGHTS, rel=ROUNDING)


def test_with_all_experts_activated_each_is_certain():
    gating = SuccessiveSampling(weights=WEIGHTS, top_k=5)

    assert gating.activation_probability() == pytest.approx(np.ones((3, 5)), rel=ROUNDING)


def test_with_two_activated_the_probabilities_are_not_the_weights_doubled():
    """Drawn without replacement, a heavy expert cannot come twice."""
    probability = SuccessiveSampling(weights=WEIGHTS, top_k=2).activation_probability()

    assert probability[0, 0] < 2 * WEIGHTS[0, 0]
    assert probability[1] == pytest.approx(2 * WEIGHTS[1], rel=ROUNDING)


def test_only_ratios_of_weights_matter():
    plain, scaled = (
        SuccessiveSampling(weights=WEIGHTS * scale, top_k=2).activation_probability() for scale in (1, 1e307)
    )

    assert scaled == pytest.approx(plain, rel=ROUNDING)


@pytest.mark.parametrize("top_k", [1, 2, 3])
def test_draws_come_up_as_often_as_the_exact_probabilities_say(top_k):
    tokens = 40_000
    drawn = SuccessiveSampling(weights=WEIGHTS, top_k=top_k).draw(tokens, stream(1, "test"))

    for layer, weights in enumerate(WEIGHTS.tolist()):
        keys = np.sort(drawn[:, layer].astype(int), axis=1) @ 5 ** np.arange(top_k)
        for members, probability in set_probabilities(weights, top_k).items():
            count = (keys == np.array(members) @ 5 ** np.arange(top_k)).sum()
            sigma = math.sqrt(tokens * probability * (1 - probability))
            assert abs(count - tokens * probability) < FIVE_SIGMA * sigma + 1  # at least one draw


def test_the_first_expert_drawn_follows_the_weights_and_the_second_those_left():
    tokens = 40_000
    drawn = SuccessiveSampling(weights=WEIGHTS, top_k=3).draw(tokens, stream(2, "test"))

    for layer, weights in enumerate(WEIGHTS):
        second = [
            sum(weights * weights[expert] / (1 - weights) * (np.arange(5) != expert)) for expert in range(5)
        ]
        for place, expected in enumerate((weights, np.array(second))):
            count = np.bincount(drawn[:, layer, place], minlength=5)
            sigma = np.sqrt(tokens * expected * (1 - expected))
            assert (np.abs(count - tokens * expected) < FIVE_SIGMA * sigma).all()


def test_a_token_activates_distinct_experts():
    drawn = SuccessiveSampling(weights=WEIGHTS, top_k=4).draw(500, stream(1, "test"))

    assert drawn.shape == (500, 3, 4)
    assert drawn.dtype == np.uint16
    assert (np.diff(np.sort(drawn.astype(int), axis=-1), axis=-1) > 0).all()
    assert drawn.max() < 5


def test_an_expert_without_weight_is_never_activated():
    gating = SuccessiveSampling(weights=np.array([[0.0, 0.5, 0.5]]), top_k=2)

    assert set(np.unique(gating.draw(200, stream(1, "test")))) == {1, 2}
    assert gating.activation_probability() == pytest.approx(np.array([[0, 1, 1]]))


def test_the_same_stream_draws_the_same_experts():
    gating = SuccessiveSampling(weights=WEIGHTS, top_k=2)
    first, again = (gating.draw(50, stream(4, "activation.draws")) for _ in range(2))

    assert np.array_equal(first, again)


def test_the_first_tokens_are_the_same_however_many_are_drawn():
    """They are drawn in pieces of a million numbers: 600 tokens of 2000 experts are more than one."""
    weights = np.random.default_rng(1).random((1, 2000))
    few, many = (
        draw_activations(weights=weights, tokens=tokens, top_k=3, random=stream(1, "test"))
        for tokens in (600, 1300)
    )

    assert np.array_equal(few, many[:600])


@pytest.mark.parametrize("distinct_ways", [1, 4, 1000])
@pytest.mark.parametrize(("experts", "top_k"), [(6, 2), (20, 2), (20, 3)])
def test_the_straggler_is_the_lowest_of_the_experts_with_the_largest_way(experts, top_k, distinct_ways):
    """By a table up to 16 experts, by integration beyond."""
    random = np.random.default_rng(4)
    weights = random.dirichlet(np.ones(experts), size=2)
    ways = random.integers(distinct_ways, size=(4, 2, experts)).astype(float)
    ways[3] = ways[1]  # slots may repeat each other

    found = SuccessiveSampling(weights=weights, top_k=top_k).straggler_probability(ways)

    for layer, of_layer in enumerate(weights.tolist()):
        sets = set_probabilities(of_layer, top_k)
        for slot in range(4):
            expected = straggler_probabilities(sets, ways[slot, layer].tolist())
            assert found[slot, layer] == pytest.approx(expected, abs=ROUNDING)


def test_of_alike_experts_the_straggler_by_closed_form_is_that_by_integration():
    alike = np.ones((1, 24))
    nearly = alike * (1 + 1e-13 * np.arange(24))  # too little to tell, but not alike
    ways = np.random.default_rng(1).random((3, 1, 24))

    closed, integrated = (
        SuccessiveSampling(weights=each, top_k=5).straggler_probability(ways) for each in (alike, nearly)
    )

    assert closed == pytest.approx(integrated, abs=ROUNDING)


def test_the_expected_largest_way_is_the_mean_over_draws():
    random = np.random.default_rng(6)
    gating = SuccessiveSampling(weights=random.dirichlet(np.ones(64), size=2), top_k=6)
    ways = random.random((1, 2, 64))
    tokens = 40_000

    expected = (gating.straggler_probability(ways) * ways).sum(axis=-1)[0]
    drawn = gating.draw(tokens, stream(1, "test"))

    largest = np.stack([ways[0, layer][drawn[:, layer]].max(axis=-1) for layer in range(2)])
    assert (
        np.abs(largest.mean(axis=1) - expected) < FIVE_SIGMA * largest.std(axis=1) / math.sqrt(tokens)
    ).all()


@pytest.mark.parametrize(
    ("weights", "top_k", "words"),
    [
        ([0.5, 0.5], 1, r"activation\.weights: shape \(2,\) given, must be layers by experts"),
        ([[0.5, 0.5]], 3, r"activation\.top_k: 3 given, must be a whole number, at least 1 and at most 2"),
        (
            [[1, 1], [0.5, -0.5]],
            1,
            r"activation\.weights\[1\]\[1\]: -0\.5 given, must be finite and at least 0",
        ),
        ([[0.5, math.nan]], 1, r"weights\[0\]\[1\]: nan given, must be finite"),
        ([[math.inf, 1]], 1, r"weights\[0\]\[0\]: inf given, must be finite"),
        ([[1, 1, 0], [1, 0, 0]], 2, r"weights\[1\]: 1 weights above 0 given, must be at least 2"),
        ([[1, 1e-301]], 1, r"weights\[0\]\[1\]: 1e-301 given, must be 0 or at least 1e-300 times"),
    ],
)
def test_weights_that_break_a_rule_are_refused(weights, top_k, words):
    with pytest.raises(ScenarioError, match=words):
        SuccessiveSampling(weights=np.array(weights), top_k=top_k)


def test_ways_of_another_shape_are_refused():
    gating = SuccessiveSampling(weights=WEIGHTS, top_k=2)

    with pytest.raises(ScenarioError, match=r"ways: shape \(2, 5, 3\) given, must be \(slots, 3, 5\)"):
        gating.straggler_probability(np.zeros((2, 5, 3)))


def test_a_gating_cannot_be_changed():
    gating = SuccessiveSampling(weights=WEIGHTS, top_k=2)

    for array in (gating.weights, gating.activation_probability(), gating.containment()):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1.0
