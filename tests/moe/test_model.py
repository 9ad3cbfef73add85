"""Architecture: parameters, FLOPs and bytes counted by hand on a model small enough to do so."""

import dataclasses

import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import GroupedQueryAttention, MoEModel, Precision, Work

SMALL_ATTENTION = GroupedQueryAttention(heads=4, kv_heads=2, head_dim=3)
SMALL = {
    "name": "small",
    "layers": 2,
    "hidden": 8,
    "attention": SMALL_ATTENTION,
    "experts": 4,
    "top_k": 2,
    "expert_ffn": 5,
    "vocabulary": 11,
}
# Two dense layers before three with shared experts.
DEEP = {"layers": 5, "dense_layers": 2, "dense_ffn": 13, "shared_experts": 2, "shared_ffn": 7}
# Matrices of one layer: queries 8 x 12, keys and values 8 x 6 each, output 12 x 8.
ATTENTION = 8 * 12 + 8 * 6 + 8 * 6 + 12 * 8
EXPERT = 8 * 5 + 8 * 5 + 5 * 8  # gate, up, down
SHARED = 3 * 8 * 7
DENSE = 3 * 8 * 13
ROUTER = 8 * 4
NORMS = 2 * 8
EMBEDDING = HEAD = 11 * 8
LAST_NORM = 8
CACHE = 2 * 6  # key and value of two heads of 3, a position
SIZES = ("hidden", "experts", "top_k", "expert_ffn", "vocabulary")


def small(**changes):
    return MoEModel(**{**SMALL, **changes})


def test_parameters_are_the_entries_of_all_matrices_and_norms():
    layer = ATTENTION + 4 * EXPERT + ROUTER + NORMS

    assert small().parameters() == 2 * layer + EMBEDDING + HEAD + LAST_NORM


def test_dense_layers_have_an_ffn_in_the_place_of_router_and_experts():
    layer = ATTENTION + 4 * EXPERT + 2 * SHARED + ROUTER + NORMS
    dense = ATTENTION + DENSE + NORMS

    assert small(**DEEP).parameters() == 2 * dense + 3 * layer + EMBEDDING + HEAD + LAST_NORM


def test_a_token_uses_only_the_experts_that_it_activates_and_all_shared_ones():
    for model in (small(), small(**DEEP)):
        idle = model.moe_layers * (4 - 2) * EXPERT
        assert model.parameters() - model.parameters(active_only=True) == idle


def test_tied_embeddings_are_counted_once():
    assert small().parameters() - small(ties_embeddings=True).parameters() == HEAD


def test_shared_experts_are_as_wide_as_routed_ones_unless_told():
    assert small(shared_experts=1).shared_work() == small().expert_work()
    assert small(shared_experts=2, shared_ffn=7).shared_work().flops == 2 * 2 * SHARED


@pytest.mark.parametrize(
    ("bias", "weights"),
    [
        ("router", 2 * 4),
        ("experts", 2 * 4 * (5 + 5 + 8)),  # of gate, up and down, in two layers of four
        ("head", 11),
        ("norms", (2 * 2 + 1) * 8),
    ],
)
def test_biases_add_their_values(bias, weights):
    assert small(biases=(bias,)).parameters() - small().parameters() == weights


def test_a_shared_expert_without_width_of_its_own_has_biases_as_a_routed_one():
    with_biases = small(shared_experts=1, biases=("experts",))

    assert with_biases.parameters_by_part()["shared expert"] == (2, EXPERT + 5 + 5 + 8)


def test_attention_multiplies_by_its_matrices_and_every_position():
    """Scores: each of 12 query values with every key; the same again for the values."""
    work = small().attention_work(7, layer=0)

    assert work.flops == 2 * (ATTENTION + 7 * 12 + 7 * 12)


def test_attention_reads_its_weights_its_norms_and_the_cache():
    work = small().attention_work(7, layer=0)

    assert work.bytes == 2 * (ATTENTION + NORMS + 7 * CACHE)


def test_experts_router_and_head_take_two_flops_and_two_bytes_a_weight():
    model = small()

    assert model.expert_work() == Work(2 * EXPERT, 2 * EXPERT)
    assert model.router_work() == Work(2 * ROUTER, 2 * ROUTER)
    assert model.head_work() == Work(2 * HEAD, 2 * (HEAD + LAST_NORM))


def test_a_token_takes_the_flops_of_its_layers_and_the_head():
    layer = 2 * (ATTENTION + 2 * 7 * 12) + 2 * ROUTER + 2 * 2 * EXPERT

    assert small().token_work(7).flops == 2 * layer + 2 * HEAD


def test_the_first_gateway_computes_the_dense_layers_too():
    model = small(**DEEP)
    first, second = model.gateway_work(0, 7), model.gateway_work(1, 7)

    assert second.flops == 2 * (ATTENTION + 2 * 7 * 12) + 2 * ROUTER + 2 * 2 * SHARED
    assert first.flops == second.flops + 2 * (2 * (ATTENTION + 2 * 7 * 12) + 2 * DENSE)
    assert model.gateway_work(2, 7) == second


def test_the_first_gateway_keeps_dense_layers_both_embeddings_and_the_last_norm():
    model = small(**DEEP)
    own = ATTENTION + NORMS + ROUTER + 2 * SHARED
    dense = ATTENTION + NORMS + DENSE

    assert model.gateway_memory_bytes(1, 7) == 2 * (own + 7 * CACHE)
    assert model.gateway_memory_bytes(0, 7) == 2 * (
        own + 2 * dense + EMBEDDING + HEAD + LAST_NORM + 3 * 7 * CACHE
    )


def test_tied_embeddings_are_kept_once():
    untied, tied = (small(ties_embeddings=ties).gateway_memory_bytes(0, 7) for ties in (False, True))

    assert untied - tied == 2 * HEAD


@pytest.mark.parametrize("changes", [{}, DEEP, {"biases": ("router", "experts", "head", "norms")}])
def test_gateways_and_experts_together_keep_every_parameter(changes):
    """In BF16, two bytes each."""
    model = small(**changes)
    gateways = sum(model.gateway_memory_bytes(layer, 0) for layer in range(model.moe_layers))
    experts = model.moe_layers * model.experts * model.expert_memory_bytes()

    assert gateways + experts == 2 * model.parameters()


@pytest.mark.parametrize("changes", [DEEP, {**DEEP, "biases": ("router", "experts")}])
def test_a_gateway_reads_all_that_it_keeps_for_one_token(changes):
    """But for the first: it reads one row of the embedding, and the head is work of its own."""
    model = small(**changes)

    assert model.gateway_work(1, 7).bytes == model.gateway_memory_bytes(1, 7)
    both = model.gateway_work(0, 7).bytes + model.head_work().bytes
    assert model.gateway_memory_bytes(0, 7) - both == 2 * (EMBEDDING - 8)


def test_each_part_has_its_own_precision():
    precision = Precision(
        attention_bytes=1, expert_bytes=0.5, router_bytes=4, embedding_bytes=3, vector_bytes=8, cache_bytes=6
    )
    model = small(precision=precision, biases=("experts",))

    assert model.attention_work(7, layer=0).bytes == ATTENTION + 8 * NORMS + 7 * 6 * CACHE
    assert model.expert_work().bytes == 0.5 * EXPERT + 8 * (5 + 5 + 8)
    assert model.router_work().bytes == 4 * ROUTER
    assert model.head_work().bytes == 3 * HEAD + 8 * LAST_NORM
    assert model.embedding_work() == Work(0, 3 * 8)


def test_a_part_of_a_byte_of_memory_is_a_whole_one():
    """4.25 bits a weight of 120: 63.75 bytes."""
    model = small(precision=Precision(expert_bytes=4.25 / 8), shared_experts=1)

    assert model.expert_memory_bytes() == 64
    assert model.gateway_memory_bytes(1, 0) == 2 * (ATTENTION + NORMS + ROUTER) + 64
    assert small(precision=Precision(cache_bytes=0.3)).cache_memory_bytes(0, 7) == 26  # of 25.2


def test_layers_with_a_window_look_back_at_the_window():
    windowed = GroupedQueryAttention(heads=4, kv_heads=2, head_dim=3, window=5, full_every=2)
    model = small(layers=4, attention=windowed)
    of_window, of_all = 2 * (ATTENTION + 2 * 5 * 12), 2 * (ATTENTION + 2 * 7 * 12)

    assert [model.attention_work(7, layer=layer).flops for layer in range(4)] == [of_window, of_all] * 2
    assert [model.cache_memory_bytes(layer, 7) for layer in range(4)] == [2 * 5 * CACHE, 2 * 7 * CACHE] * 2
    assert model.attention_work(3, layer=0) == model.attention_work(3, layer=1)


def test_dense_layers_count_among_those_with_and_without_window():
    """One dense layer, then layers 1, 2, ... of the model: of the ring's layer 0 the gateway has both."""
    windowed = GroupedQueryAttention(heads=4, kv_heads=2, head_dim=3, window=5, full_every=2)
    model = small(layers=4, attention=windowed, dense_layers=1, dense_ffn=13)

    caches = [model.cache_memory_bytes(layer, 7) for layer in range(3)]
    assert caches == [2 * (5 + 7) * CACHE, 2 * 5 * CACHE, 2 * 7 * CACHE]


@pytest.mark.parametrize(("hidden_bytes", "message_bytes"), [(1, 8), (2, 16), (4, 32)])
def test_a_message_is_one_hidden_state(hidden_bytes, message_bytes):
    assert small(precision=Precision(hidden_bytes=hidden_bytes)).message_bytes == message_bytes


def test_works_add_up():
    assert Work(1, 2) + Work(10, 20) == Work(11, 22)
    assert Work(1, 2).times(3) == Work(3, 6)


@pytest.mark.parametrize("field", SIZES)
@pytest.mark.parametrize("value", [0, -1, 2.5, "4"])
def test_every_size_is_a_whole_number_of_at_least_one(field, value):
    with pytest.raises(
        ScenarioError, match=rf"model\.{field}: {value!r} given, must be a whole number, at least 1"
    ):
        small(**{field: value})


@pytest.mark.parametrize("field", ["attention", "expert", "router", "embedding", "vector", "cache"])
@pytest.mark.parametrize("value", [0, -1, 17, "2"])
def test_every_precision_is_a_number_of_bytes(field, value):
    with pytest.raises(
        ScenarioError, match=rf"model\.precision\.{field}_bytes: {value!r} given, must be above 0"
    ):
        Precision(**{f"{field}_bytes": value})


def test_a_value_on_the_wire_has_whole_bytes():
    with pytest.raises(ScenarioError, match=r"model\.precision\.hidden_bytes: 0\.5 given"):
        Precision(hidden_bytes=0.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layers": 1}, r"model\.layers: 1 given, must be a whole number, at least 2"),
        (
            {"dense_layers": 1, "dense_ffn": 5},
            r"model\.dense_layers: 1 given, .*at least 0 and at most 0",
        ),
        ({"layers": 4, "dense_layers": 1}, r"model\.dense_ffn: 0 given, .*at least 1"),
        ({"dense_ffn": 5}, r"model\.dense_ffn: 5 given, but no layer is dense; set dense_layers"),
        ({"shared_experts": -1}, r"model\.shared_experts: -1 given"),
        ({"shared_ffn": 0}, r"model\.shared_ffn: 0 given"),
        ({"ties_embeddings": "no"}, r"model\.ties_embeddings: 'no' given, must be True or False"),
        ({"attention": None}, r"model\.attention: None given, must be GroupedQueryAttention or Latent"),
        ({"precision": 2}, r"model\.precision: 2 given, must be a Precision"),
        ({"biases": ("gate",)}, r"model\.biases: 'gate' given, must be of router, experts, head, norms"),
        ({"biases": "router"}, r"model\.biases: 'router' given, must be a tuple"),
        ({"experts": 30_000}, r"model: 2 layers x 30000 experts given, there are UDP ports"),
    ],
)
def test_what_cannot_be_is_refused_with_path_value_and_rule(changes, words):
    with pytest.raises(ScenarioError, match=words):
        small(**changes)


def test_a_ring_needs_two_layers_with_experts():
    assert small(layers=3, dense_layers=1, dense_ffn=5).moe_layers == 2


def test_a_token_cannot_activate_more_experts_than_there_are():
    assert small(top_k=4).top_k == 4

    with pytest.raises(ScenarioError, match=r"model\.top_k: 5 given, a layer has 4 experts"):
        small(top_k=5)


def test_a_model_does_not_change_after_it_is_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        small().layers = 3
