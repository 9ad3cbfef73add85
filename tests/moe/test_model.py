"""Architecture: parameters and FLOPs counted by hand on a model small enough to do so."""

import dataclasses

import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import ZOO, MoEModel, model_named

SMALL = {
    "name": "small",
    "layers": 2,
    "hidden": 8,
    "heads": 4,
    "kv_heads": 2,
    "head_dim": 3,
    "experts": 4,
    "top_k": 2,
    "expert_ffn": 5,
    "vocabulary": 11,
}
# Matrices of one layer: queries 8 x 12, keys and values 8 x 6 each, output 12 x 8.
ATTENTION = 8 * 12 + 8 * 6 + 8 * 6 + 12 * 8
EXPERT = 8 * 5 + 8 * 5 + 5 * 8  # gate, up, down
ROUTER = 8 * 4


def small(**changes):
    return MoEModel(**{**SMALL, **changes})


def test_parameters_are_the_entries_of_all_matrices_and_norms():
    norms = 2 * 8
    layer = ATTENTION + 4 * EXPERT + ROUTER + norms
    embedding_head_and_last_norm = 11 * 8 + 11 * 8 + 8

    assert small().parameters() == 2 * layer + embedding_head_and_last_norm


def test_a_token_uses_only_the_experts_that_it_activates():
    assert small().parameters() - small().parameters(active_only=True) == 2 * (4 - 2) * EXPERT


def test_attention_multiplies_by_its_matrices_and_every_position():
    """Scores: each of 12 query values with every key; the same again for the values."""
    assert small().attention_flops(context_tokens=7) == 2 * (ATTENTION + 7 * 12 + 7 * 12)


def test_experts_router_and_head_take_two_flops_a_weight():
    assert small().expert_flops() == 2 * EXPERT
    assert small().router_flops() == 2 * ROUTER
    assert small().head_flops() == 2 * 8 * 11


def test_a_token_takes_the_flops_of_its_layers_and_the_head():
    layer = 2 * (ATTENTION + 2 * 7 * 12) + 2 * ROUTER + 2 * 2 * EXPERT

    assert small().token_flops(context_tokens=7) == 2 * layer + 2 * 8 * 11


@pytest.mark.parametrize(("bytes_per_value", "message_bytes"), [(1, 8), (2, 16), (4, 32)])
def test_a_message_is_one_hidden_state(bytes_per_value, message_bytes):
    assert small(bytes_per_value=bytes_per_value).message_bytes == message_bytes


@pytest.mark.parametrize("field", sorted(set(SMALL) - {"name", "layers"}))
@pytest.mark.parametrize("value", [0, -1, 2.5, "4"])
def test_every_size_is_a_whole_number_of_at_least_one(field, value):
    with pytest.raises(
        ScenarioError, match=rf"model\.{field}: {value!r} given, must be a whole number, at least 1"
    ):
        small(**{field: value})


def test_a_ring_needs_two_layers():
    with pytest.raises(ScenarioError, match=r"model\.layers: 1 given, must be a whole number, at least 2"):
        small(layers=1)


def test_a_token_cannot_activate_more_experts_than_there_are():
    assert small(top_k=4).top_k == 4

    with pytest.raises(ScenarioError, match=r"model\.top_k: 5 given, a layer has 4 experts"):
        small(top_k=5)


def test_a_model_does_not_change_after_it_is_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        small().layers = 3


def test_every_model_of_the_zoo_is_found_by_its_name():
    assert [model_named(name).name for name in ZOO] == list(ZOO)


def test_an_unknown_model_is_refused_with_the_nearest_names():
    with pytest.raises(ScenarioError, match="model: 'mixtral-8x22b' is not known; did you mean mixtral-8x7b"):
        model_named("mixtral-8x22b")


def test_a_name_like_no_other_is_refused_with_all_names():
    with pytest.raises(ScenarioError) as caught:
        model_named("???")

    assert all(name in str(caught.value) for name in ZOO)
