"""Laws that give weights: their closed forms, and what they refuse."""

import math

import numpy as np
import pytest

from spacemoe_ns3 import Dirichlet, PowerLaw, Uniform, Weights, Zipf
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.streams import stream

ROUNDING = 1e-12
LAYERS = 400
MODEL = {"layers": LAYERS, "experts": 8, "top_k": 2}
DRAWN = [Dirichlet(concentration=2), Zipf(exponent=1), PowerLaw(exponent=2.5)]


def gating(law, *, seed=1, **model):
    return law.gating(**{**MODEL, **model}, random=stream(seed, "activation.weights"))


@pytest.mark.parametrize("law", [Uniform(), Dirichlet(concentration=math.inf), Zipf(exponent=0)])
def test_a_law_without_skew_activates_all_experts_alike(law):
    assert gating(law).activation_probability() == pytest.approx(2 / 8, rel=ROUNDING)


@pytest.mark.parametrize("law", [*DRAWN, Uniform(), Weights((1, 2, 3, 4, 5, 6, 7, 8))], ids=repr)
def test_each_layers_weights_are_above_zero_and_sum_to_one(law):
    weights = gating(law).weights

    assert weights.shape == (LAYERS, 8)
    assert weights.sum(axis=1) == pytest.approx(1.0, rel=ROUNDING)
    assert (weights > 0).all()


@pytest.mark.parametrize("law", DRAWN, ids=repr)
def test_the_same_seed_draws_the_same_weights_and_another_seed_others(law):
    first, again, other = (gating(law, seed=seed).weights for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("concentration", [0.5, 2, 40])
def test_the_variation_of_dirichlet_weights_is_that_of_the_closed_form(concentration):
    """CV = sqrt((E - 1) / (E c + 1)), from the variance of a Dirichlet variate."""
    weights = gating(Dirichlet(concentration=concentration), layers=4000).weights
    expected = math.sqrt(7 / (8 * concentration + 1))

    a_tenth = 0.1  # some 30,000 weights tell far less
    assert weights.std() * 8 == pytest.approx(expected, rel=a_tenth)


@pytest.mark.parametrize("exponent", [0.5, 1, 2.7])
def test_zipf_weights_are_powers_of_the_rank_in_an_order_of_each_layers_own(exponent):
    weights = gating(Zipf(exponent=exponent)).weights
    ranked = -np.sort(-weights, axis=1)

    assert ranked / ranked[:, :1] == pytest.approx(
        np.tile(np.arange(1.0, 9) ** -exponent, (LAYERS, 1)), rel=ROUNDING
    )
    most_popular = np.bincount(weights.argmax(axis=1), minlength=8)
    five_sigma = 5 * math.sqrt(LAYERS * 7 / 64)
    assert (np.abs(most_popular - LAYERS / 8) < five_sigma).all()


@pytest.mark.parametrize("exponent", [1.5, 2.5, 4])
def test_the_logarithm_of_a_ratio_of_power_law_weights_is_a_laplace_variate(exponent):
    """log W is exponential of rate exponent - 1; the difference of two is Laplace, so P(|.| > x) is known."""
    weights = gating(PowerLaw(exponent=exponent), layers=20_000, experts=2, top_k=1).weights
    ratio = np.abs(np.log(weights[:, 0] / weights[:, 1]))

    for level in (0.1, 0.5, 1.0, 3.0):
        expected = math.exp(-(exponent - 1) * level)
        five_sigma = 5 * math.sqrt(expected * (1 - expected) / len(ratio))
        assert abs((ratio > level).mean() - expected) < five_sigma


@pytest.mark.parametrize(
    "law", [Dirichlet(concentration=1e-3), PowerLaw(exponent=1.001), Zipf(exponent=50)], ids=repr
)
def test_a_law_with_overwhelming_skew_still_fills_all_places(law):
    probability = gating(law, layers=20).activation_probability()

    assert probability.sum(axis=1) == pytest.approx(2, rel=1e-9)


def test_weights_are_taken_as_they_are_for_every_layer_or_one_by_one():
    row = (1.0, 2.0, 5.0)
    alike = gating(Weights(row), layers=2, experts=3).weights
    each = gating(Weights([row, (3, 1, 4)]), layers=2, experts=3).weights

    assert alike == pytest.approx(np.array([row, row]) / 8, rel=ROUNDING)
    assert each == pytest.approx(np.array([row, (3, 1, 4)]) / 8, rel=ROUNDING)


@pytest.mark.parametrize(
    "values", [[1, 2.5], ((1, 2), [3, 4]), np.ones((2, 3))], ids=["row", "rows", "array"]
)
def test_weights_print_as_what_makes_them_again(values):
    law = Weights(values)

    assert eval(repr(law)) == law
    assert hash(law) == hash(eval(repr(law)))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"layers": 4, "experts": 2}, r"activation\.values: 3 layers given, must be 4 as the model has"),
        (
            {"layers": 3, "experts": 8},
            r"activation\.values: 2 experts given, must be 8 as the model routes to",
        ),
    ],
)
def test_weights_of_another_model_are_refused_with_both_numbers(model, words):
    with pytest.raises(ScenarioError, match=words):
        gating(Weights([[1, 2], [3, 4], [5, 6]]), **model)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Weights("abc"), r"activation\.values: 'abc' given, must be numbers"),
        (lambda: Weights([]), r"activation\.values: \[\] given, must be numbers"),
        (lambda: Weights([1, -1]), r"activation\.values\[1\]: -1 given, must be at least 0"),
        (lambda: Weights([[1, 2], [3, "4"]]), r"activation\.values\[1\]\[1\]: '4' given, must be at least 0"),
        (
            lambda: Weights([[1, 2], [3]]),
            r"activation\.values\[1\]: 1 experts given, must be 2 as in the first",
        ),
        (lambda: Weights([[1, 2], 3]), r"activation\.values\[1\]: 3 given, must be a row of numbers"),
        (lambda: Dirichlet(concentration=0), r"activation\.concentration: 0 given, must be above 0"),
        (lambda: Dirichlet(concentration=-1), r"activation\.concentration: -1 given, must be above 0"),
        (lambda: Dirichlet(concentration=math.nan), r"activation\.concentration: nan given, must be above 0"),
        (lambda: Dirichlet(concentration="2"), r"activation\.concentration: '2' given, must be above 0"),
        (lambda: Zipf(exponent=-0.1), r"activation\.exponent: -0\.1 given, must be at least 0"),
        (lambda: PowerLaw(exponent=1), r"activation\.exponent: 1 given, must be above 1"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(make, words):
    with pytest.raises(ScenarioError, match=words):
        make()
