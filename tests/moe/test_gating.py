"""Which experts a token activates: exact probabilities against draws, and against successive sampling."""

import itertools
import math

import numpy as np
import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import Activation, activation_sets, draw_activations
from spacemoe_ns3.streams import stream

ROUNDING = 1e-12
FIVE_SIGMA = 5.0  # of a binomial count: one in two million, over some hundred sets
WEIGHTS = np.array([[0.4, 0.3, 0.15, 0.1, 0.05], [0.2, 0.2, 0.2, 0.2, 0.2], [0.01, 0.01, 0.01, 0.01, 0.96]])


def exact(weights, top_k):
    return activation_sets(weights=np.asarray(weights), top_k=top_k, random=None)


def successive_sampling(weights, top_k):
    """Probability of each set: a sum over the orders in which its experts may be drawn."""
    probability = {}
    for members in itertools.combinations(range(len(weights)), top_k):
        total = 0.0
        for order in itertools.permutations(members):
            chance, left = 1.0, 1.0
            for expert in order:
                chance *= weights[expert] / left
                left -= weights[expert]
            total += chance
        probability[members] = total
    return probability


@pytest.mark.parametrize("top_k", [1, 2, 3, 4, 5])
def test_the_probabilities_of_all_sets_sum_to_one(top_k):
    sets = exact(WEIGHTS, top_k)

    assert sets.is_exact
    assert sets.members.shape == (3, math.comb(5, top_k), top_k)
    assert sets.probability.sum(axis=1) == pytest.approx(1.0, rel=ROUNDING)


@pytest.mark.parametrize("top_k", [1, 2, 3, 4])
def test_sets_are_as_probable_as_successive_sampling_makes_them(top_k):
    sets = exact(WEIGHTS, top_k)

    for layer, weights in enumerate(WEIGHTS.tolist()):
        expected = successive_sampling(weights, top_k)
        found = dict(zip(map(tuple, sets.members[layer].tolist()), sets.probability[layer], strict=True))
        assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("top_k", [1, 2, 3, 4, 5])
def test_activation_probabilities_sum_to_the_number_of_activated_experts(top_k):
    probability = exact(WEIGHTS, top_k).activation_probability(5)

    assert probability.sum(axis=1) == pytest.approx(top_k, rel=ROUNDING)
    assert (probability <= 1 + ROUNDING).all()


def test_with_one_expert_activated_its_probability_is_its_weight():
    assert exact(WEIGHTS, 1).activation_probability(5) == pytest.approx(WEIGHTS, rel=ROUNDING)


def test_with_all_experts_activated_each_is_certain():
    assert exact(WEIGHTS, 5).activation_probability(5) == pytest.approx(np.ones((3, 5)), rel=ROUNDING)


def test_with_two_activated_the_probabilities_are_not_the_weights_doubled():
    """Drawn without replacement, a heavy expert cannot come twice."""
    probability = exact(WEIGHTS, 2).activation_probability(5)

    assert probability[0, 0] < 2 * WEIGHTS[0, 0]
    assert probability[1] == pytest.approx(2 * WEIGHTS[1], rel=ROUNDING)


def test_relabelling_experts_relabels_their_probabilities():
    order = np.array([3, 0, 4, 1, 2])

    plain, relabelled = (
        exact(weights, 3).activation_probability(5) for weights in (WEIGHTS, WEIGHTS[:, order])
    )

    assert relabelled == pytest.approx(plain[:, order], rel=ROUNDING)


@pytest.mark.parametrize("top_k", [1, 2, 3])
def test_draws_come_up_as_often_as_the_exact_probabilities_say(top_k):
    tokens = 40_000
    drawn = draw_activations(weights=WEIGHTS, tokens=tokens, top_k=top_k, random=stream(1, "test"))
    sets = exact(WEIGHTS, top_k)

    for layer in range(len(WEIGHTS)):
        keys = np.sort(drawn[:, layer].astype(int), axis=1) @ 5 ** np.arange(top_k)
        for members, probability in zip(sets.members[layer], sets.probability[layer], strict=True):
            count = (keys == members @ 5 ** np.arange(top_k)).sum()
            sigma = math.sqrt(tokens * probability * (1 - probability))
            assert abs(count - tokens * probability) < FIVE_SIGMA * sigma + 1  # at least one draw


def test_the_first_expert_drawn_follows_the_weights():
    tokens = 40_000
    drawn = draw_activations(weights=WEIGHTS, tokens=tokens, top_k=3, random=stream(2, "test"))

    for layer, weights in enumerate(WEIGHTS):
        count = np.bincount(drawn[:, layer, 0], minlength=5)
        sigma = np.sqrt(tokens * weights * (1 - weights))
        assert (np.abs(count - tokens * weights) < FIVE_SIGMA * sigma).all()


def test_a_token_activates_distinct_experts():
    drawn = draw_activations(weights=WEIGHTS, tokens=500, top_k=4, random=stream(1, "test"))

    assert drawn.shape == (500, 3, 4)
    assert (np.diff(np.sort(drawn.astype(int), axis=-1), axis=-1) > 0).all()
    assert drawn.max() < 5


def test_an_expert_without_weight_is_activated_only_if_there_is_no_other():
    drawn = draw_activations(
        weights=np.array([[0.0, 0.5, 0.5]]), tokens=200, top_k=2, random=stream(1, "test")
    )

    assert set(np.unique(drawn)) == {1, 2}


def test_the_same_stream_draws_the_same_experts():
    first, again = (
        draw_activations(weights=WEIGHTS, tokens=50, top_k=2, random=stream(4, "activation.draws"))
        for _ in range(2)
    )

    assert np.array_equal(first, again)


def test_too_many_sets_to_enumerate_are_sampled():
    """C(24, 6) = 134,596 sets. The sample's activation probabilities are the draws' relative frequencies."""
    weights = np.full((2, 24), 1 / 24)

    sets = activation_sets(weights=weights, top_k=6, random=stream(1, "activation.sets"))

    draws = sets.members.shape[1]
    sigma = math.sqrt(0.25 * 0.75 / draws)
    assert not sets.is_exact
    assert sets.probability.sum(axis=1) == pytest.approx(1.0, rel=ROUNDING)
    assert np.abs(sets.activation_probability(24) - 6 / 24).max() < FIVE_SIGMA * sigma


@pytest.mark.parametrize("concentration", [1.0, 0.1, 0.02, 0.01])
def test_the_probabilities_sum_to_one_however_uneven_the_weights_are(concentration):
    """Almost all weight on one expert: the others still share the second place."""
    weights = Activation(concentration=concentration).weights(layers=200, experts=8, random=stream(1, "test"))

    sets = exact(weights, 2)

    assert np.isfinite(sets.probability).all()
    assert sets.probability.sum(axis=1) == pytest.approx(1.0, rel=1e-9)


def test_the_second_place_is_shared_by_the_weights_that_are_left():
    """The first expert all but certain, the others tiny: 3 to 1, as their weights are."""
    sets = exact([[1 - 4e-20, 3e-20, 1e-20]], 2)

    assert sets.probability[0] == pytest.approx([0.75, 0.25, 0.0], abs=1e-9)


def test_an_infinite_concentration_gives_equal_weights():
    weights = Activation().weights(layers=3, experts=4, random=stream(1, "test"))

    assert weights == pytest.approx(np.full((3, 4), 0.25), rel=ROUNDING)


@pytest.mark.parametrize("concentration", [0.5, 2, 40])
def test_each_layers_weights_sum_to_one(concentration):
    weights = Activation(concentration=concentration).weights(layers=30, experts=8, random=stream(1, "test"))

    assert weights.shape == (30, 8)
    assert weights.sum(axis=1) == pytest.approx(1.0, rel=ROUNDING)


@pytest.mark.parametrize("concentration", [0, -1, math.nan, "2"])
def test_a_concentration_that_is_not_positive_is_refused(concentration):
    with pytest.raises(ScenarioError, match=r"activation\.concentration: .* given, must be above 0"):
        Activation(concentration=concentration)
