"""The integer linear programme against all assignments there are."""

import itertools
from collections import Counter

import numpy as np
import pytest
from placement.small_problems import any_gating, problem_of, shell_layout

from spacemoe_ns3.placement.assignment import pack
from spacemoe_ns3.placement.ring_starts import draft
from spacemoe_ns3.placement.ring_state import RingState
from spacemoe_ns3.placement.search_space import search_space

GAP = 1e-3  # of the optimum: where the solver stops
LAYERS, EXPERTS = 2, 2


def start(seed, hosts_per_satellite):
    problem = problem_of(
        shell_layout(2, 3),
        gating=any_gating(LAYERS, EXPERTS, seed=seed),
        expert_s=(0.001, 0.004),
        hosts_per_satellite=hosts_per_satellite,
    )
    space = search_space(problem, samples=1)
    gateways = np.random.default_rng(seed).permutation(6)[:LAYERS]
    room = np.full(6, hosts_per_satellite) - np.bincount(gateways, minlength=6)
    return draft(space, gateways, room), room


def best_by_hand_s(state, room):
    """Every way to host all experts of both layers."""
    costs_s = []
    for hosts in itertools.product(range(6), repeat=LAYERS * EXPERTS):
        if all(count <= room[satellite] for satellite, count in Counter(hosts).items()):
            near = np.array(hosts).reshape(LAYERS, EXPERTS)
            costs_s.append(RingState(space=state.space, gateways=state.gateways, near=near).total_s)
    return min(costs_s)


@pytest.mark.parametrize("hosts_per_satellite", [1, 2])
@pytest.mark.parametrize("seed", range(6))
def test_no_assignment_beats_the_programme(seed, hosts_per_satellite):
    state, room = start(seed, hosts_per_satellite)

    packed = pack(state)

    assert packed.total_s <= best_by_hand_s(state, room) * (1 + GAP)
    assert ((packed.held + packed.gates) <= hosts_per_satellite).all()
    assert np.array_equal(packed.gateways, state.gateways)


def test_it_finds_what_layers_that_choose_in_turn_miss():
    gains_s = []
    for seed in range(6):
        state, _ = start(seed, 1)
        gains_s.append(state.total_s - pack(state).total_s)

    assert min(gains_s) >= 0
    assert max(gains_s) > 0
