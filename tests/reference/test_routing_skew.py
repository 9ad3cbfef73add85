"""How uneven experts are used, against measured counts."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from spacemoe_ns3 import Dirichlet, MeasuredCounts, Uniform, Zipf
from spacemoe_ns3.moe import model_named, skew_of
from spacemoe_ns3.streams import stream

MEASURED = json.loads(Path(__file__).with_name("routing.json").read_text(encoding="utf-8"))
MIXTRAL_C4 = MEASURED["mixtral_c4_layer_0_activation_probability"]
FIGURES = ["max_over_mean", "min_over_mean", "cv", "gini"]
LAYERS = 400  # so many that their mean is sure to a percent
ROUNDING = 8 * 0.0005  # eight probabilities with three decimals
MIXTRAL = model_named("mixtral-8x7b")
MIXTRAL_SHAPE = {"experts": MIXTRAL.experts, "top_k": MIXTRAL.top_k}
OTHERS = [Dirichlet(concentration=4), Uniform(), Zipf(exponent=0.5), Zipf(exponent=1)]
OLMOE_SHAPE = {"experts": 64, "top_k": 8}


def gating(law, **shape):
    """Of a model with very many layers."""
    return law.gating(**{"layers": LAYERS, **MIXTRAL_SHAPE, **shape}, random=stream(1, "test.routing-skew"))


def is_as_measured(skew, model, figure):
    least, greatest = MEASURED[model][figure]
    return least <= getattr(skew, figure).mean() <= greatest


@pytest.mark.parametrize("figure", FIGURES)
def test_the_figures_of_measured_probabilities_are_within_those_reported_with_them(figure):
    """The probabilities are of one of the layers and domains that the ranges are over."""
    assert is_as_measured(skew_of(np.array([MIXTRAL_C4])), "mixtral_5_domains", figure)


def test_measured_and_modelled_activation_probabilities_sum_to_two():
    assert abs(sum(MIXTRAL_C4) - MIXTRAL.top_k) <= ROUNDING
    modelled = gating(Dirichlet(concentration=40)).activation_probability()
    assert modelled.sum(axis=1) == pytest.approx(MIXTRAL.top_k, rel=1e-12)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_concentration_of_40_is_as_uneven_as_mixtral_was_measured(figure):
    assert is_as_measured(gating(Dirichlet(concentration=40)).skew(), "mixtral_5_domains", figure)


@pytest.mark.parametrize("law", OTHERS, ids=repr)
def test_a_clear_skew_and_no_skew_are_outside_what_was_measured(law):
    """The band is narrow enough to tell: a guard of the test above. Mixtral does not follow Zipf's law."""
    skew = gating(law).skew()

    assert not any(is_as_measured(skew, "mixtral_5_domains", figure) for figure in ("max_over_mean", "cv"))


@pytest.mark.parametrize("figure", ["min_over_mean", "cv", "gini"])
def test_a_concentration_of_4_is_as_uneven_as_olmoe_was_measured_on_web_text(figure):
    assert is_as_measured(gating(Dirichlet(concentration=4), **OLMOE_SHAPE).skew(), "olmoe_c4", figure)


@pytest.mark.parametrize("exponent", np.arange(0.1, 2.0, 0.1).round(1).tolist())
def test_no_zipf_law_is_as_uneven_as_olmoe_at_both_ends(exponent):
    """Where its most active expert is as active as measured, its least active one is more so."""
    skew = gating(Zipf(exponent=exponent), layers=1, **OLMOE_SHAPE).skew()

    assert not all(is_as_measured(skew, "olmoe_c4", figure) for figure in ("max_over_mean", "min_over_mean"))


def test_weights_solved_for_mixtral_give_its_measured_probabilities(tmp_path):
    path = tmp_path / "counts.json"
    path.write_text(json.dumps({"counts": [MIXTRAL_C4]}), encoding="utf-8")

    measured = gating(MeasuredCounts(path=path), layers=1)

    assert measured.activation_probability()[0] == pytest.approx(MIXTRAL_C4, abs=1e-10)
    # Drawn without replacement, heavy experts come less often than their weight says, and light ones more.
    order = np.argsort(MIXTRAL_C4)
    excess = measured.activation_probability()[0] / (2 * measured.weights[0])
    assert (np.diff(excess[order]) < 0).all()


def test_the_variation_of_the_weights_follows_the_dirichlet_law():
    """The variance of a Dirichlet weight in closed form: CV = sqrt((E - 1) / (E c + 1))."""
    weights = gating(Dirichlet(concentration=40)).weights
    experts = MIXTRAL.experts
    expected = math.sqrt((experts - 1) / (experts * 40 + 1))
    three_sigma = 3 * expected * math.sqrt(2 / (LAYERS * (experts - 1)))  # of a variance estimate

    measured = math.sqrt(((weights - 1 / experts) ** 2).mean()) * experts
    assert abs(measured - expected) <= three_sigma
