"""Parameters and FLOPs of the zoo against what the makers and the paper state."""

import json
from pathlib import Path

import pytest

from spacemoe_ns3.moe import ZOO, model_named

PUBLISHED = json.loads(Path(__file__).with_name("models.json").read_text(encoding="utf-8"))
NAMES = sorted(set(PUBLISHED) - {"source"})
A_TENTH_OF_A_PERCENT = 1e-3
LAST_PUBLISHED_DECIMAL = 0.05  # half a unit of a figure in billions with one decimal
LAST_DECIMAL_OF_THE_PAPER = 0.05e12  # it quotes 36.3 TFLOP


def test_every_model_of_the_zoo_has_published_figures():
    assert sorted(ZOO) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("key", "active_only", "place"), [("total", False, 0), ("active", True, 1)])
def test_parameters_are_those_published(name, key, active_only, place):
    billions = model_named(name).parameters(active_only=active_only) / 1e9

    assert billions == pytest.approx(PUBLISHED[name][key], rel=A_TENTH_OF_A_PERCENT)
    assert abs(billions - PUBLISHED[name]["published"][place]) <= LAST_PUBLISHED_DECIMAL


def test_a_whole_non_causal_sequence_takes_the_flops_that_the_paper_quotes():
    """36.3 TFLOP for 4096 tokens, head included (arXiv 2605.00515)."""
    flops = 4096 * model_named("llama-moe-3.5b").token_flops(4096)

    assert abs(flops - 36.3e12) <= LAST_DECIMAL_OF_THE_PAPER


@pytest.mark.parametrize(
    ("tokens", "context", "flops", "half_a_last_digit"),
    [
        pytest.param(4096, 4096, 36.335e12, 0.0005e12, id="sequence, non-causal"),
        pytest.param(4096, 2048, 31.94e12, 0.005e12, id="sequence, causal: half the positions in the mean"),
        pytest.param(1, 4096, 8.871e9, 0.0005e9, id="decoded token"),
    ],
)
def test_llama_moe_takes_the_flops_of_the_textbook_count(tokens, context, flops, half_a_last_digit):
    """Hidden width 4096 in 32 heads of 128, 2 of 8 experts of 3 matrices 4096 x 1376, 32,000 words."""
    d, heads_d, words = 4096, 32 * 128, 32_000
    projections, scores_and_values = 4 * 2 * d * heads_d, 2 * 2 * context * heads_d
    experts, router, head = 2 * 3 * 2 * d * 1376, 2 * d * 8, 2 * d * words
    by_hand = tokens * (32 * (projections + scores_and_values + experts + router) + head)

    computed = tokens * model_named("llama-moe-3.5b").token_flops(context)

    assert computed == by_hand  # whole numbers below 2**53: no rounding
    assert abs(computed - flops) <= half_a_last_digit


def test_one_expert_takes_33_82_mflop():
    """Three matrices of 4096 x 1376, a multiply-add being two FLOPs."""
    flops = model_named("llama-moe-3.5b").expert_flops()

    assert flops == 3 * 4096 * 1376 * 2
    assert abs(flops - 33.82e6) <= 0.005e6
