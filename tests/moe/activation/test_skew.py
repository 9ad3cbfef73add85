"""Statistics of uneven use: against their definitions."""

import itertools

import numpy as np
import pytest

from spacemoe_ns3.moe import SuccessiveSampling, skew_of

ROUNDING = 1e-12


def test_the_gini_coefficient_is_half_the_relative_mean_difference():
    usage = np.random.default_rng(1).random((3, 9))

    for layer, gini in zip(usage, skew_of(usage).gini, strict=True):
        difference = np.mean([abs(one - other) for one, other in itertools.product(layer, layer)])
        assert gini == pytest.approx(difference / (2 * layer.mean()), rel=ROUNDING)


def test_alike_experts_are_not_uneven():
    skew = SuccessiveSampling(weights=np.ones((2, 6)), top_k=2).skew()

    assert skew.max_over_mean == pytest.approx([1, 1], rel=ROUNDING)
    assert skew.min_over_mean == pytest.approx([1, 1], rel=ROUNDING)
    assert skew.cv == pytest.approx([0, 0], abs=ROUNDING)
    assert skew.gini == pytest.approx([0, 0], abs=ROUNDING)


def test_one_expert_that_does_everything_is_as_uneven_as_can_be():
    skew = skew_of(np.array([[0.0, 1.0, 0.0, 0.0]]))

    assert skew.max_over_mean == pytest.approx(4)
    assert skew.min_over_mean == 0
    assert skew.cv == pytest.approx(np.sqrt(3))
    assert skew.gini == pytest.approx(3 / 4)


def test_skew_does_not_depend_on_the_unit():
    usage = np.random.default_rng(2).random((2, 5))

    for figure in ("max_over_mean", "min_over_mean", "cv", "gini"):
        assert getattr(skew_of(usage), figure) == pytest.approx(getattr(skew_of(usage * 1000), figure))
