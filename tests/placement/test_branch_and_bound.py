"""Branch and bound against every assignment that there is."""

import numpy as np
import pytest
from placement.small_problems import any_gating, best_by_hand_s

from spacemoe_ns3.moe import ReplayedTrace, SuccessiveSampling
from spacemoe_ns3.placement.branch_and_bound import branch_and_bound
from spacemoe_ns3.placement.local_search import LayerTask

ROUNDING_S = 1e-13
ENOUGH_NODES = 100_000
INSTANCES = range(300)


def instance(seed):
    """1 to 5 experts, any K, 1 to 4 slots, room for none to all; with ties, equal weights and traces."""
    random = np.random.default_rng(seed)
    experts = int(random.integers(1, 6))
    top_k = int(random.integers(1, experts + 1))
    candidates = int(random.integers(max(1, experts - 1), 7))
    room = random.integers(0, 3, candidates) if seed % 2 else np.ones(candidates, int)
    if seed % 5 == 0:
        room = np.full(candidates, experts)
    room[0] += max(0, experts - int(room.sum()))
    way_s = random.uniform(0.01, 0.05, (int(random.integers(1, 5)), candidates))
    if seed % 3 == 0:
        way_s = np.round(way_s, 2)
    gating = (
        any_gating(1, experts, top_k=top_k, seed=seed),
        SuccessiveSampling(weights=np.full((1, experts), 0.2), top_k=top_k),
        ReplayedTrace(
            activations=np.array([[random.permutation(experts)[:top_k]] for _ in range(5)]), experts=experts
        ),
    )[int(random.integers(0, 3))]
    sets = gating.sets()
    return LayerTask(
        way_s=way_s,
        computing_s=random.uniform(0, 0.02, candidates),
        room=room,
        experts=experts,
        members=np.array(sets.members[0]),
        probability=np.array(sets.probability[0]),
    )


def brute_force_s(task):
    return best_by_hand_s(
        task.way_s,
        task.computing_s,
        task.room,
        experts=task.experts,
        members=task.members,
        probability=task.probability,
    )


@pytest.mark.parametrize("seed", INSTANCES)
def test_no_assignment_is_better(seed):
    task = instance(seed)

    solution = branch_and_bound(task, task.nearest(), most_nodes=ENOUGH_NODES)

    assert solution.is_proven
    assert (np.bincount(solution.hosts, minlength=len(task.room)) <= task.room).all()
    assert abs(task.value_s(solution.hosts) - solution.value_s) < ROUNDING_S
    assert abs(solution.value_s - brute_force_s(task)) < ROUNDING_S


@pytest.mark.parametrize("seed", INSTANCES[::5])
@pytest.mark.parametrize("most_nodes", [1, 2])
def test_what_is_given_up_early_is_still_bounded(seed, most_nodes):
    task = instance(seed)

    solution = branch_and_bound(task, task.nearest(), most_nodes=most_nodes)

    best_s = brute_force_s(task)
    assert solution.bound_s - ROUNDING_S <= best_s <= solution.value_s + ROUNDING_S
    assert solution.nodes <= most_nodes  # of so few experts none counts as several
    if solution.is_proven:
        assert abs(solution.value_s - best_s) < ROUNDING_S


def test_some_searches_are_given_up_early_and_say_so():
    """A guard of the test above: six experts in the noisiest sky."""
    gating = any_gating(1, 7, top_k=3)
    sets = gating.sets()
    task = LayerTask(
        way_s=np.random.default_rng(1).random((20, 10)),
        computing_s=np.zeros(10),
        room=np.ones(10, int),
        experts=7,
        members=np.array(sets.members[0]),
        probability=np.array(sets.probability[0]),
    )
    cut_short = branch_and_bound(task, task.nearest(), most_nodes=3)
    whole = branch_and_bound(task, task.nearest(), most_nodes=ENOUGH_NODES)

    assert not cut_short.is_proven
    assert cut_short.bound_s < whole.value_s <= cut_short.value_s
    assert whole.is_proven
