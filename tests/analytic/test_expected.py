"""The expected latency, against a plain loop and against drawn tokens."""

import math

import numpy as np
import pytest
from builders import hosts, work

from spacemoe_ns3.analytic import expected_s_per_token
from spacemoe_ns3.latency import GatewayDelays
from spacemoe_ns3.moe import activation_sets, draw_activations
from spacemoe_ns3.streams import stream

SLOTS, LAYERS, EXPERTS, TOP_K, SATELLITES = 3, 3, 4, 2, 20
ROUNDING = 1e-12
FOUR_SIGMA = 4.0


@pytest.fixture(scope="module")
def instance():
    """Delays of a tenth of a second, drawn at random for every slot, gateway, satellite and direction."""
    random = np.random.default_rng(5)
    chosen = random.permutation(SATELLITES)[: LAYERS * (EXPERTS + 1)]
    weights = random.dirichlet(np.full(EXPERTS, 1.0), size=LAYERS)
    return {
        "weights": weights,
        "workload": work(
            activations=np.zeros((1, LAYERS, TOP_K)),
            experts=EXPERTS,
            gateway_ns=[10_000_000, 20_000_000, 30_000_000],
            expert_ns=[1_000_000, 2_000_000, 3_000_000],
            head_ns=5_000_000,
        ),
        "placement": hosts(gateways=chosen[:LAYERS], experts=chosen[LAYERS:].reshape(LAYERS, EXPERTS)),
        "sets": activation_sets(weights=weights, top_k=TOP_K, random=None),
        "delays": GatewayDelays(
            outbound_s=random.random((SLOTS, LAYERS, SATELLITES)) / 10,
            inbound_s=random.random((SLOTS, LAYERS, SATELLITES)) / 10,
        ),
    }


def way_s(instance, slot, layer, expert):
    host = instance["placement"].experts[layer, expert]
    delays = instance["delays"]
    return delays.outbound_s[slot, layer, host] + delays.inbound_s[slot, (layer + 1) % LAYERS, host]


def computed(instance):
    return expected_s_per_token(**{name: value for name, value in instance.items() if name != "weights"})


COMPUTING_S = (10 + 20 + 30 + 1 + 2 + 3 + 5) / 1e3


def test_the_expectation_is_the_sum_over_slots_layers_and_sets(instance):
    """T = head + sum over layers of [gateway + mean over slots and sets of the slowest way + expert]."""
    total_s = COMPUTING_S
    for slot in range(SLOTS):
        for layer in range(LAYERS):
            for one in range(EXPERTS):
                for other in range(one + 1, EXPERTS):
                    first, second = instance["weights"][layer, [one, other]]
                    # Either is drawn first, the other from what is left.
                    probability = first * second / (1 - first) + second * first / (1 - second)
                    slowest_s = max(way_s(instance, slot, layer, one), way_s(instance, slot, layer, other))
                    total_s += probability * slowest_s / SLOTS

    assert computed(instance) == pytest.approx(total_s, rel=ROUNDING)


def test_the_expectation_is_the_mean_over_drawn_tokens(instance):
    tokens = 20_000
    random = stream(1, "test")
    drawn = draw_activations(weights=instance["weights"], tokens=tokens, top_k=TOP_K, random=random)
    slots = random.integers(0, SLOTS, (tokens, LAYERS))
    ways_s = np.array(
        [
            [[way_s(instance, slot, layer, expert) for expert in range(EXPERTS)] for layer in range(LAYERS)]
            for slot in range(SLOTS)
        ]
    )
    layers = np.arange(LAYERS)[np.newaxis, :, np.newaxis]
    token_s = ways_s[slots[..., np.newaxis], layers, drawn].max(axis=2).sum(axis=1) + COMPUTING_S

    error_s = token_s.std() / math.sqrt(tokens)
    assert abs(computed(instance) - token_s.mean()) < FOUR_SIGMA * error_s


def test_with_one_expert_activated_the_expectation_is_linear(instance):
    """No maximum is left: weights times mean ways."""
    sets = activation_sets(weights=instance["weights"], top_k=1, random=None)
    total_s = COMPUTING_S + sum(
        instance["weights"][layer, expert] * way_s(instance, slot, layer, expert) / SLOTS
        for slot in range(SLOTS)
        for layer in range(LAYERS)
        for expert in range(EXPERTS)
    )

    assert computed({**instance, "sets": sets}) == pytest.approx(total_s, rel=ROUNDING)


def test_a_sample_of_sets_comes_near_the_exact_expectation(instance):
    from spacemoe_ns3.moe import ActivationSets

    tokens = 20_000
    drawn = draw_activations(
        weights=instance["weights"], tokens=tokens, top_k=TOP_K, random=stream(2, "test")
    )
    sampled = ActivationSets(
        members=drawn.transpose(1, 0, 2).astype(np.intp),
        probability=np.full((LAYERS, tokens), 1 / tokens),
        is_exact=False,
    )
    spread_s = 0.2 * LAYERS  # no way is longer than two tenths of a second

    off_s = computed({**instance, "sets": sampled}) - computed(instance)
    assert abs(off_s) < FOUR_SIGMA * spread_s / 2 / math.sqrt(tokens)


def test_longer_computing_adds_to_the_expectation(instance):
    longer = work(
        activations=np.zeros((1, LAYERS, TOP_K)), experts=EXPERTS, gateway_ns=10**9, expert_ns=0, head_ns=0
    )

    off_s = computed({**instance, "workload": longer}) - computed(instance)
    assert off_s == pytest.approx(LAYERS * 1.0 - COMPUTING_S, rel=1e-9)
