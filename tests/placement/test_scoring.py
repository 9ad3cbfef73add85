"""What placements cost: exact where sets are few, sampled where they are many, by hand always."""

import numpy as np
import pytest
from placement.small_problems import any_gating, layer_by_hand_s, problem_of, shell_layout

from spacemoe_ns3.placement import Hosts, SpaceMoE
from spacemoe_ns3.placement.scoring import (
    _sampled_layers_s,
    best_of,
    expected_s,
    slot_layers_s,
    spacemoe_if_any,
)

ROUNDING_S = 1e-12
LAYERS, EXPERTS, GATEWAY_S = 3, 4, 0.25


@pytest.fixture(scope="module")
def problem():
    return problem_of(
        shell_layout(4, 6),
        gating=any_gating(LAYERS, EXPERTS),
        expert_s=(0.003, 0.003),
        gateway_s=(GATEWAY_S, 7.0),
        hosts_per_satellite=2,
    )


@pytest.fixture(scope="module")
def hosts():
    experts = np.array([[3, 3, 4, 5], [6, 7, 8, 9], [10, 10, 11, 11]])
    return Hosts(gateways=np.array([0, 1, 2]), experts=experts)


def test_a_token_costs_its_layers_and_gateways(problem, hosts):
    sets, everyone = problem.gating.sets(), np.arange(24)
    by_hand_s = sum(
        layer_by_hand_s(
            problem.way_s(hosts.gateways, layer, everyone),
            np.full(24, 0.003),
            hosts.experts[layer],
            members=sets.members[layer],
            probability=sets.probability[layer],
        )
        for layer in range(LAYERS)
    )

    assert expected_s(problem, hosts) == pytest.approx(by_hand_s + LAYERS * GATEWAY_S, abs=ROUNDING_S)
    assert slot_layers_s(problem, hosts).mean(axis=0).sum() == pytest.approx(by_hand_s, abs=ROUNDING_S)


def test_sampling_comes_near_what_is_exact(problem, hosts):
    exact_s = slot_layers_s(problem, hosts).mean(axis=0)
    spread_s = 0.02  # of a layer's latency over tokens and slots: less than the longest delay of any_delays

    sampled_s = _sampled_layers_s(problem, hosts)

    assert np.abs(sampled_s - exact_s).max() < 4 * spread_s / np.sqrt(4096)


def test_the_best_is_the_one_with_the_least_expectation(problem, hosts):
    ours = SpaceMoE()(problem, np.random.default_rng(1))
    far = Hosts(gateways=hosts.gateways, experts=np.roll(hosts.experts, 1, axis=0))
    candidates = [far, None, ours, hosts]

    best = best_of(problem, candidates)

    costs_s = {id(each): expected_s(problem, each) for each in candidates if each is not None}
    assert costs_s[id(best)] == min(costs_s.values())
    assert len(set(costs_s.values())) == 3
    assert best_of(problem, [None]) is None


def test_where_spacemoe_does_not_fit_there_is_none():
    full = problem_of(shell_layout(2, 3), gating=any_gating(2, 4))

    assert spacemoe_if_any(full) is None
