"""The account of a model: its sums, and its times on computers."""

import math

import pytest

from spacemoe_ns3.moe import ZOO, Computer, GroupedQueryAttention, MoEModel, Work, model_named
from spacemoe_ns3.moe.account import account, decode_by_part, prefill_by_part

ROUNDING = 1e-12  # of sums of floating-point numbers in another order
OWN = Computer(name="own", peak_flops=1e12, memory_bytes=3e9, memory_bandwidth_bytes_s=1e12)


def windowed(**changes):
    attention = GroupedQueryAttention(heads=4, kv_heads=2, head_dim=3, **changes)
    return MoEModel(
        name="small",
        layers=2,
        hidden=8,
        attention=attention,
        experts=4,
        top_k=2,
        expert_ffn=5,
        vocabulary=11,
    )


def total(parts):
    return sum(parts.values(), Work(0, 0))


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("context", [1, 100, 4096])
def test_the_parts_of_a_decoded_token_sum_to_the_whole(name, context):
    model = model_named(name)
    by_part, whole = total(decode_by_part(model, context)), model.token_work(context)

    assert by_part.flops == pytest.approx(whole.flops, rel=ROUNDING)
    assert by_part.bytes == pytest.approx(whole.bytes, rel=ROUNDING)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("changes", [{}, {"window": 3}, {"window": 3, "full_every": 2}])
def test_reading_a_sequence_looks_at_positions_as_token_by_token_does(changes, causal):
    """The textbook count gives token i of s its i - 1/2 positions: s / 2 in the mean."""
    model, tokens = windowed(**changes), 10
    matrices = tokens * decode_by_part(model, 0)["attention"].flops
    windows = [model.attention.window_of(layer) or tokens for layer in range(2)]
    if causal:
        looked_at = sum(window * tokens - window * window / 2 for window in windows)
    else:
        looked_at = sum(window * tokens for window in windows)

    by_hand = matrices + looked_at * model.attention.prefill_flops_per_position
    assert prefill_by_part(model, tokens, causal=causal)["attention"].flops == pytest.approx(
        by_hand, rel=ROUNDING
    )


def test_the_count_over_a_window_is_within_half_a_position_of_counting_token_by_token():
    """Token i looks at itself and the i - 1 before it, at most a window: half a position more a token."""
    window, tokens = 128, 4096
    model = windowed(window=window)
    each = sum(min(i, window) for i in range(1, tokens + 1)) / tokens
    scores = (
        prefill_by_part(model, tokens)["attention"].flops
        - tokens * decode_by_part(model, 0)["attention"].flops
    )

    counted = scores / (2 * tokens * model.attention.prefill_flops_per_position)  # two layers
    assert abs(counted - each) <= 0.5


@pytest.mark.parametrize("name", ZOO)
def test_reading_one_token_does_what_decoding_does_but_for_scores(name):
    model = model_named(name)
    read, decoded = prefill_by_part(model, 1), decode_by_part(model, 1)

    for part in set(read) - {"attention"}:
        assert read[part] == decoded[part], part
    assert read["attention"].bytes == decoded["attention"].bytes


def test_reading_many_tokens_reads_every_expert_once():
    model = model_named("mixtral-8x7b")
    all_experts = 32 * 8 * model.expert_memory_bytes()

    assert prefill_by_part(model, 3)["routed expert"].bytes == all_experts * 6 / 8
    assert prefill_by_part(model, 4)["routed expert"].bytes == all_experts
    assert prefill_by_part(model, 4096)["routed expert"].bytes == all_experts


@pytest.mark.parametrize("part", ["router", "shared expert", "dense FFN", "head"])
def test_reading_many_tokens_computes_for_each_but_reads_other_weights_once(part):
    model = model_named("deepseek-v3")
    one, many = (prefill_by_part(model, tokens)[part] for tokens in (1, 500))

    assert many == Work(500 * one.flops, one.bytes)


def test_reading_many_tokens_reads_attention_once_and_the_cache_of_all():
    model = model_named("mixtral-8x7b")
    one, many = (prefill_by_part(model, tokens)["attention"] for tokens in (1, 500))

    cache_of_a_token = 32 * 2 * 8 * 128 * 2  # layers, key and value, heads, width, BF16
    assert many.bytes - one.bytes == 499 * cache_of_a_token


@pytest.mark.parametrize(("tokens", "rows"), [(1, 1), (7, 7), (11, 11), (1000, 11)])
def test_reading_tokens_reads_at_most_every_row_of_the_embedding(tokens, rows):
    """Eleven words of eight values in BF16."""
    assert prefill_by_part(windowed(), tokens)["input embedding"] == Work(0, rows * 8 * 2)


@pytest.mark.parametrize("name", ZOO)
def test_weights_are_the_parameters_at_their_precision(name):
    """BF16 but for FP8 with scales (DeepSeek-V3) and MXFP4 experts (gpt-oss)."""
    model = model_named(name)
    found = account(model, context_tokens=4096)
    half_precision = 2 * model.parameters()

    if name == "deepseek-v3":
        assert 0.5 < found.weight_bytes / half_precision < 0.505
    elif name.startswith("gpt-oss"):
        assert 4.25 / 16 < found.weight_bytes / half_precision < 0.35
    else:
        assert found.weight_bytes == half_precision


def test_a_token_takes_every_gateway_an_expert_a_layer_and_the_head():
    model = model_named("qwen3-30b-a3b")
    found = account(model, context_tokens=4096, computers=[OWN]).computers[0]
    works = [model.gateway_work(layer, 4096) for layer in range(48)]
    works += [model.expert_work()] * 48 + [model.head_work()]

    by_flops = sum(work.flops for work in works) / 1e12
    by_roofline = sum(max(work.flops, work.bytes) for work in works) / 1e12
    assert found.token_s(roofline=False) == pytest.approx(by_flops, rel=ROUNDING)
    assert found.token_s(roofline=True) == pytest.approx(by_roofline, rel=ROUNDING)


def test_the_side_that_takes_longer_binds():
    model = model_named("llama-moe-3.5b")
    fast = Computer(name="fast", peak_flops=1e15, memory_bandwidth_bytes_s=1e12)
    slow = Computer(name="slow", peak_flops=1e9, memory_bandwidth_bytes_s=1e12)
    unknown = Computer(name="unknown", peak_flops=1e9)

    found = account(model, context_tokens=10, computers=[fast, slow, unknown]).computers

    assert [each.expert.binds for each in found] == ["memory", "compute", None]
    assert found[0].expert.roofline_s == found[0].expert.reading_s
    assert found[1].expert.roofline_s == found[1].expert.computing_s
    assert found[2].expert.roofline_s is None
    assert found[2].token_s(roofline=True) is None


def test_what_does_not_fit_the_memory_is_named_with_its_bytes():
    """3 GB: neither the first gateway of DeepSeek-V3 nor long contexts, but any expert."""
    model = model_named("deepseek-v3")
    short, long = (
        account(model, context_tokens=tokens, computers=[OWN]).computers[0] for tokens in (4096, 3_000_000)
    )

    assert short.misfits == (("the gateway of layer 0", model.gateway_memory_bytes(0, 4096)),)
    assert [name for name, _ in long.misfits] == ["the gateway of layer 0", "another gateway"]


def test_a_memory_that_is_not_known_fits_everything():
    unknown = Computer(name="unknown", peak_flops=1)

    assert (
        account(model_named("deepseek-v3"), context_tokens=1, computers=[unknown]).computers[0].misfits == ()
    )


def test_the_account_of_the_whole_zoo_is_finite():
    for model in ZOO.values():
        found = account(model, context_tokens=131_072, computers=[OWN])
        assert math.isfinite(total(found.decode).bytes + total(found.prefill).flops)
        assert found.prefill_without_mask > total(found.prefill).flops
