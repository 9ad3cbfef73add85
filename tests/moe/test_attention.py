"""Attention: weights, FLOPs and cache, counted matrix by matrix."""

import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import GroupedQueryAttention, LatentAttention

GROUPED = {"heads": 4, "kv_heads": 2, "head_dim": 3}
LATENT = {"heads": 4, "kv_rank": 7, "nope_dim": 3, "rope_dim": 2, "value_dim": 5}
HIDDEN = 11


def grouped(**changes):
    return GroupedQueryAttention(**{**GROUPED, **changes})


def latent(**changes):
    return LatentAttention(**{**LATENT, **changes})


def test_grouped_query_attention_has_four_projections():
    query, keys = 4 * 3, 2 * 3

    assert grouped().matrix_weights(HIDDEN) == HIDDEN * query + 2 * HIDDEN * keys + query * HIDDEN


@pytest.mark.parametrize(
    ("changes", "weights"),
    [
        ({}, 0),
        ({"has_biases": True}, 12 + 6 + 6 + HIDDEN),
        ({"query_key_norm": "head"}, 3 + 3),
        ({"query_key_norm": "projection"}, 12 + 6),
        ({"has_sinks": True}, 4),
        ({"has_biases": True, "has_sinks": True}, 12 + 6 + 6 + HIDDEN + 4),
    ],
)
def test_biases_norms_and_sinks_add_their_values(changes, weights):
    assert grouped(**changes).vector_weights(HIDDEN) == weights


def test_each_position_costs_a_score_and_a_weighted_value_of_every_query_head():
    assert grouped().decode_flops_per_position == 4 * (2 * 3 + 2 * 3)
    assert grouped().prefill_flops_per_position == grouped().decode_flops_per_position


def test_the_cache_keeps_a_key_and_a_value_of_every_kv_head():
    assert grouped().cache_values == 2 * (3 + 3)


@pytest.mark.parametrize(
    ("changes", "windows"),
    [
        ({}, [None] * 6),
        ({"window": 128}, [128] * 6),
        ({"window": 128, "full_every": 2}, [128, None] * 3),
        ({"window": 128, "full_every": 3}, [128, 128, None] * 2),
    ],
)
def test_every_so_many_layers_one_has_no_window(changes, windows):
    assert [grouped(**changes).window_of(layer) for layer in range(6)] == windows


def test_latent_attention_projects_queries_directly_or_by_way_of_a_latent_vector():
    queries = 4 * (3 + 2)
    down = HIDDEN * (7 + 2)
    up = 7 * 4 * 3 + 7 * 4 * 5  # to keys without rotary embedding, to values
    out = 4 * 5 * HIDDEN

    assert latent().matrix_weights(HIDDEN) == HIDDEN * queries + down + up + out
    assert latent(query_rank=6).matrix_weights(HIDDEN) == HIDDEN * 6 + 6 * queries + down + up + out


def test_latent_vectors_have_norms():
    assert latent().vector_weights(HIDDEN) == 7
    assert latent(query_rank=6).vector_weights(HIDDEN) == 7 + 6


def test_decoding_scores_and_weighs_latent_vectors_and_reading_expanded_ones():
    """Absorbed: score over latent and rotary width, value over latent width. Plain: over those of a head."""
    assert latent().decode_flops_per_position == 4 * (2 * (7 + 2) + 2 * 7)
    assert latent().prefill_flops_per_position == 4 * (2 * (3 + 2) + 2 * 5)


def test_the_cache_of_latent_attention_keeps_the_latent_vector_and_one_rotary_key():
    assert latent().cache_values == 7 + 2


def test_absorbing_the_expansion_costs_less_than_expanding_every_position_anew():
    """For the sizes of DeepSeek-V3: why decoding is counted as absorbed, with a cache of latent vectors."""
    v3 = LatentAttention(heads=128, query_rank=1536, kv_rank=512, nope_dim=128, rope_dim=64, value_dim=128)
    expanding_a_position = 2 * 512 * 128 * (128 + 128)

    assert 100 * v3.decode_flops_per_position < v3.prefill_flops_per_position + expanding_a_position
    assert v3.prefill_flops_per_position < v3.decode_flops_per_position


@pytest.mark.parametrize("field", GROUPED)
@pytest.mark.parametrize("value", [0, 2.5, "4"])
def test_sizes_of_grouped_query_attention_are_whole_numbers_of_at_least_one(field, value):
    with pytest.raises(ScenarioError, match=rf"model\.attention\.{field}: {value!r} given"):
        grouped(**{field: value})


@pytest.mark.parametrize("field", [*LATENT, "query_rank"])
@pytest.mark.parametrize("value", [0, 2.5, "4"])
def test_sizes_of_latent_attention_are_whole_numbers_of_at_least_one(field, value):
    with pytest.raises(ScenarioError, match=rf"model\.attention\.{field}: {value!r} given"):
        latent(**{field: value})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kv_heads": 3}, "heads: 4 given, must be a multiple of kv_heads, 3"),
        ({"has_biases": "no"}, "has_biases: 'no' given, must be True or False"),
        ({"has_sinks": 1}, "has_sinks: 1 given, must be True or False"),
        ({"query_key_norm": "layer"}, "query_key_norm: 'layer' given, must be None, 'head' or 'projection'"),
        ({"window": 0}, "window: 0 given"),
        ({"window": 4, "full_every": 1}, "full_every: 1 given, must be a whole number, at least 2"),
        ({"full_every": 2}, "full_every: 2 given, means nothing without a window"),
    ],
)
def test_what_cannot_be_is_refused_with_path_value_and_rule(changes, words):
    with pytest.raises(ScenarioError) as caught:
        grouped(**changes)

    assert str(caught.value).startswith(f"model.attention.{words}")
