"""All sets that a token may activate: against the definition of successive sampling."""

import math

import numpy as np
import pytest
from moe.activation.oracle import set_probabilities

from spacemoe_ns3.moe import Dirichlet, SuccessiveSampling, activation_sets
from spacemoe_ns3.streams import stream

ROUNDING = 1e-12
WEIGHTS = np.array([[0.4, 0.3, 0.15, 0.1, 0.05], [0.2, 0.2, 0.2, 0.2, 0.2], [0.01, 0.01, 0.01, 0.01, 0.96]])


@pytest.mark.parametrize("top_k", [1, 2, 3, 4, 5])
def test_sets_are_as_probable_as_successive_sampling_makes_them(top_k):
    sets = activation_sets(weights=WEIGHTS, top_k=top_k)

    assert sets.members.shape == (3, math.comb(5, top_k), top_k)
    for layer, weights in enumerate(WEIGHTS.tolist()):
        found = dict(zip(map(tuple, sets.members[layer].tolist()), sets.probability[layer], strict=True))
        assert found == pytest.approx(set_probabilities(weights, top_k), rel=ROUNDING)


@pytest.mark.parametrize("concentration", [1.0, 0.1, 0.02, 0.01])
def test_the_probabilities_sum_to_one_however_uneven_the_weights_are(concentration):
    """Almost all weight on one expert: the others still share the second place."""
    law = Dirichlet(concentration=concentration)
    gating = law.gating(layers=200, experts=8, top_k=2, random=stream(1, "test"))

    sets = gating.sets()

    assert sets.probability.sum(axis=1) == pytest.approx(1.0, rel=1e-9)


def test_activation_probabilities_add_up_the_sets():
    """Of 24 experts, as many sets as are enumerated: C(24, 4) = 10,626."""
    gating = SuccessiveSampling(weights=np.random.default_rng(1).random((2, 24)), top_k=4)

    found = gating.sets().activation_probability(24)

    assert found == pytest.approx(gating.activation_probability(), rel=ROUNDING)


def test_too_many_sets_are_not_enumerated():
    """C(24, 6) = 134,596."""
    assert SuccessiveSampling(weights=np.ones((1, 24)), top_k=6).sets() is None
