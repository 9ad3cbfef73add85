"""Computing times and memory on every satellite: whose computer does what."""

import numpy as np
import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import (
    Computer,
    GroupedQueryAttention,
    Hardware,
    MoEModel,
    OnBoard,
    build_computing,
    build_footprint,
)

LAYERS, EXPERTS, SATELLITES = 3, 6, 20
MODEL = MoEModel(
    name="small",
    layers=LAYERS,
    hidden=64,
    attention=GroupedQueryAttention(heads=4, kv_heads=2, head_dim=16),
    experts=EXPERTS,
    top_k=2,
    expert_ffn=96,
    vocabulary=1000,
)
GATEWAY = Computer(name="gateway", peak_flops=2e9, utilisation=0.5, memory_bytes=8e9)  # a nanosecond a FLOP
EXPERT = Computer(name="expert", peak_flops=1e8)  # ten
OWN = Computer(name="own", peak_flops=1e7, memory_bytes=4e9)  # a hundred
GATEWAYS = np.array([4, 9, 14])
PROJECTIONS_FLOPS = 2 * (64 * 64 + 2 * 64 * 32 + 64 * 64)
GATEWAY_FLOPS = PROJECTIONS_FLOPS + 4 * 100 * 64 + 2 * 64 * EXPERTS  # scores and values, and router
EXPERT_FLOPS = 2 * 3 * 64 * 96
HEAD_FLOPS = 2 * 64 * 1000


def made(build=build_computing, **settings):
    hardware = Hardware(gateway=GATEWAY, expert=EXPERT, **settings)
    return build(hardware=hardware, model=MODEL, context_tokens=100, satellites=SATELLITES)


def test_without_further_computers_the_role_decides():
    computing = made()

    assert computing.gateways_ns(GATEWAYS).tolist() == [GATEWAY_FLOPS] * LAYERS
    assert computing.head_at_ns(4) == HEAD_FLOPS
    experts = np.arange(18).reshape(LAYERS, EXPERTS)
    beside = np.isin(experts, GATEWAYS)  # they compute on the gateway's computer
    expected = np.where(beside, EXPERT_FLOPS, 10 * EXPERT_FLOPS)
    assert beside.sum() == 3
    assert computing.experts_ns(experts, GATEWAYS).tolist() == expected.tolist()


def test_a_satellite_with_a_computer_of_its_own_does_everything_on_it():
    computing = made(satellites=(OnBoard(computer=OWN, satellites=(9, 7)),))

    assert computing.gateways_ns(GATEWAYS).tolist() == [GATEWAY_FLOPS, 100 * GATEWAY_FLOPS, GATEWAY_FLOPS]
    assert computing.head_at_ns(9) == 100 * HEAD_FLOPS
    everywhere = computing.everywhere_ns(GATEWAYS, satellites=SATELLITES)
    assert everywhere.shape == (LAYERS, SATELLITES)
    assert everywhere[1, [4, 7, 9, 8]].tolist() == [n * EXPERT_FLOPS for n in (1, 100, 100, 10)]


def test_one_by_one_and_all_at_once_are_the_same_times():
    computing = made(satellites=(OnBoard(computer=OWN, satellites=(9, 7)),))
    experts = np.random.default_rng(1).integers(0, SATELLITES, (5, LAYERS, EXPERTS))

    times = computing.experts_ns(experts, GATEWAYS)

    everywhere = computing.everywhere_ns(GATEWAYS, satellites=SATELLITES)
    for slot in range(5):
        rows = [
            (layer, expert, experts[slot, layer, expert])
            for layer in range(LAYERS)
            for expert in range(EXPERTS)
        ]
        assert computing.residents_ns(np.array(rows), GATEWAYS).tolist() == times[slot].ravel().tolist()
    for layer in range(LAYERS):
        at = computing.at_ns(experts[:, layer], layer=layer, gateways=GATEWAYS)
        assert at.tolist() == times[:, layer].tolist()
        assert everywhere[layer, experts[:, layer]].tolist() == times[:, layer].tolist()


def test_memory_is_what_the_model_needs_and_each_computer_has():
    footprint = made(build_footprint, satellites=(OnBoard(computer=OWN, satellites=(9, 7)),))

    assert footprint.expert_bytes == 2 * 3 * 64 * 96
    attention_bytes = 2 * (2 * 64 * 64 + 2 * 64 * 32)
    norms_bytes, router_bytes, cache_bytes = 2 * 2 * 64, 2 * 64 * EXPERTS, 100 * 2 * 2 * 32
    plain = attention_bytes + norms_bytes + router_bytes + cache_bytes
    embeddings_and_last_norm = 2 * 2 * 1000 * 64 + 2 * 64
    assert footprint.gateway_bytes.tolist() == [plain + embeddings_and_last_norm, plain, plain]
    capacities = footprint.capacities_bytes(GATEWAYS, satellites=SATELLITES)
    assert capacities[[4, 7, 9]].tolist() == [8e9, 4e9, 4e9]
    assert np.isinf(capacities[8])  # nobody knows


def test_a_computer_on_a_satellite_that_there_is_not_is_refused():
    with pytest.raises(ScenarioError, match=r"satellite 20 given, the constellation has 20, from 0"):
        made(satellites=(OnBoard(computer=OWN, satellites=(20,)),))


BANDWIDTH_BYTES_S = 1e9  # a nanosecond a byte
EXPERT_BYTES = 2 * 3 * 64 * 96


def prompted(tokens):
    hardware = Hardware(gateway=GATEWAY, expert=EXPERT)
    return build_computing(
        hardware=hardware, model=MODEL, context_tokens=100, satellites=SATELLITES, prompt_tokens=tokens
    )


def test_several_tokens_compute_as_many_times_longer():
    computing = made()

    assert computing.gateways_ns(GATEWAYS, 7).tolist() == [7 * GATEWAY_FLOPS] * LAYERS
    assert computing.head_at_ns(4, 3) == 3 * HEAD_FLOPS
    tokens = np.array([0, 1, 2, 5])
    at = computing.at_ns(np.array([3, 3, 4, 3]), layer=1, gateways=GATEWAYS, tokens=tokens)
    assert at.tolist() == [0, 10 * EXPERT_FLOPS, 2 * EXPERT_FLOPS, 50 * EXPERT_FLOPS]
    many = computing.residents_ns(np.array([[1, 0, 3]]), GATEWAYS, tokens[:, np.newaxis])
    assert many.tolist() == [[0], [10 * EXPERT_FLOPS], [20 * EXPERT_FLOPS], [50 * EXPERT_FLOPS]]


def test_under_a_roofline_weights_are_read_once_for_all_tokens():
    """An expert of 36,864 bytes and as many FLOPs a token: reading binds until FLOPs take longer."""
    quick = Computer(name="quick", peak_flops=4e9, memory_bandwidth_bytes_s=BANDWIDTH_BYTES_S)
    hardware = Hardware(gateway=quick, expert=quick, roofline=True)
    computing = build_computing(
        hardware=hardware, model=MODEL, context_tokens=100, satellites=SATELLITES, batch=8
    )

    times = [
        int(computing.at_ns(np.array(3), layer=0, gateways=GATEWAYS, tokens=tokens)) for tokens in (1, 4, 5)
    ]

    assert EXPERT_FLOPS == EXPERT_BYTES
    assert times == [EXPERT_BYTES, EXPERT_BYTES, EXPERT_FLOPS * 5 // 4]


def test_under_a_roofline_each_sequence_has_its_own_cache_to_be_read():
    bound = Computer(name="bound", peak_flops=1e15, memory_bandwidth_bytes_s=BANDWIDTH_BYTES_S)
    hardware = Hardware(gateway=bound, expert=bound, roofline=True)
    computing = build_computing(
        hardware=hardware, model=MODEL, context_tokens=100, satellites=SATELLITES, batch=8
    )
    cache_bytes, row_bytes = 100 * 2 * 2 * 32, 64 * 2
    one, three = computing.gateways_ns(GATEWAYS), computing.gateways_ns(GATEWAYS, 3)

    assert (three - one).tolist() == [2 * (cache_bytes + row_bytes), 2 * cache_bytes, 2 * cache_bytes]


def test_a_prompt_looks_back_at_what_came_before_in_it():
    """Five tokens look at 1, 2, 3, 4 and 5 positions, whatever the context of decoding."""
    computing = prompted(5)
    flops = 5 * (PROJECTIONS_FLOPS + 2 * 64 * EXPERTS) + 4 * 64 * (1 + 2 + 3 + 4 + 5)

    assert computing.prefill_gateways_ns(GATEWAYS, 5).tolist() == [flops] * LAYERS
    steps = computing.steps_ns(GATEWAYS, np.array([5, 1, 5]))
    assert steps.tolist() == [[flops] * LAYERS, [GATEWAY_FLOPS] * LAYERS, [flops] * LAYERS]


def test_a_prompt_whose_times_are_not_known_is_refused():
    with pytest.raises(ScenarioError, match=r"traffic\.prompt_tokens: 6 given, .* prompts of 5 tokens"):
        prompted(5).prefill_gateways_ns(GATEWAYS, 6)
