"""Parameters, FLOPs and bytes of the zoo against what the makers and the paper state."""

import json
from pathlib import Path

import pytest

from spacemoe_ns3.moe import ZOO, model_named
from spacemoe_ns3.moe.account import account, prefill_by_part

PUBLISHED = json.loads(Path(__file__).with_name("models.json").read_text(encoding="utf-8"))
NAMES = sorted(set(PUBLISHED) - {"source"})
A_TENTH_OF_A_PERCENT = 1e-3
LAST_DECIMAL_OF_THE_PAPER = 0.05e12  # it quotes 36.3 TFLOP
BILLION = 1e9
GIBIBYTE = 2**30


def prefill_flops(name, *, tokens, causal):
    parts = prefill_by_part(model_named(name), tokens, causal=causal)
    return sum(work.flops for work in parts.values())


def test_every_model_of_the_zoo_has_published_figures():
    assert sorted(ZOO) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("key", "active_only"), [("total", False), ("active", True)])
def test_parameters_are_those_of_the_configuration_files(name, key, active_only):
    billions = model_named(name).parameters(active_only=active_only) / BILLION

    assert billions == pytest.approx(PUBLISHED[name][key], rel=A_TENTH_OF_A_PERCENT)


@pytest.mark.parametrize("name", [name for name in NAMES if "checkpoint" in PUBLISHED[name]])
def test_parameters_are_the_elements_of_the_published_tensors_to_the_last_one(name):
    assert model_named(name).parameters() == PUBLISHED[name]["checkpoint"]


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_those_that_the_makers_state(name):
    """To one unit of the last digit: some makers round, others cut off."""
    model, stated = model_named(name), PUBLISHED[name]
    number, size = model.parameters_by_part().get(stated.get("leaves_out"), (0, 0))
    total, active = model.parameters(), model.parameters(active_only=True) - number * size

    for computed, published, unit in zip((total, active), stated["published"], stated["units"], strict=True):
        assert abs(computed / BILLION - published) < unit


@pytest.mark.parametrize(
    ("name", "mlp", "attention", "embeddings"),
    [("gpt-oss-120b", 114.71, 0.96, 1.16), ("gpt-oss-20b", 19.12, 0.64, 1.16)],
)
def test_the_parts_of_gpt_oss_are_those_of_its_model_card(name, mlp, attention, embeddings):
    """Table 1 of arXiv 2508.10925, billions to two decimals; its MLP is experts and router."""
    parts = {
        part: number * size / BILLION
        for part, (number, size) in model_named(name).parameters_by_part().items()
    }
    half_a_last_digit = 0.005

    assert abs(parts["routed expert"] + parts["router"] - mlp) <= half_a_last_digit
    assert abs(parts["attention"] - attention) <= half_a_last_digit
    assert abs(parts["input embedding"] + parts["head"] - embeddings) <= half_a_last_digit


@pytest.mark.parametrize(("name", "gibibytes"), [("gpt-oss-120b", 60.8), ("gpt-oss-20b", 12.8)])
def test_the_weights_of_gpt_oss_take_the_bytes_of_its_checkpoint(name, gibibytes):
    """Table 1 of arXiv 2508.10925: experts in MXFP4, the rest in BF16."""
    weights = account(model_named(name), context_tokens=1).weight_bytes

    assert abs(weights / GIBIBYTE - gibibytes) <= 0.05  # half a last digit


def test_the_kv_cache_of_deepseek_v3_takes_the_bytes_that_its_makers_state():
    """70.272 KB a token in BF16: table 1 of arXiv 2505.09343."""
    model = model_named("deepseek-v3")

    assert sum(model.cache_memory_bytes(layer, 1) for layer in range(model.moe_layers)) == 70_272


def test_reading_a_sequence_takes_deepseek_v3_a_third_of_the_training_that_its_makers_state():
    """250 GFLOP a token at 4096 tokens, causal (table 2 of arXiv 2505.09343); backward is twice forward."""
    a_token = prefill_flops("deepseek-v3", tokens=4096, causal=True) / 4096

    assert abs(3 * a_token - 250e9) <= 0.5e9  # half a last digit


def test_a_whole_non_causal_sequence_takes_the_flops_that_the_paper_quotes():
    """36.3 TFLOP for 4096 tokens, head included (arXiv 2605.00515)."""
    flops = prefill_flops("llama-moe-3.5b", tokens=4096, causal=False)

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

    if tokens == 1:
        computed = model_named("llama-moe-3.5b").token_work(context).flops
    else:
        computed = prefill_flops("llama-moe-3.5b", tokens=tokens, causal=context < tokens)

    assert computed == by_hand  # whole numbers below 2**53: no rounding
    assert abs(computed - flops) <= half_a_last_digit


def test_one_expert_takes_33_82_mflop():
    """Three matrices of 4096 x 1376, a multiply-add being two FLOPs."""
    flops = model_named("llama-moe-3.5b").expert_work().flops

    assert flops == 3 * 4096 * 1376 * 2
    assert abs(flops - 33.82e6) <= 0.005e6
