"""One layer's experts on satellites: the objective by its definition, and a search that only improves."""

import itertools

import numpy as np
import pytest
from placement.small_problems import any_gating, layer_by_hand_s

from spacemoe_ns3.moe import ReplayedTrace
from spacemoe_ns3.placement.local_search import LayerTask, descend

ROUNDING_S = 1e-14


def any_task(seed, *, experts=5, candidates=7, top_k=2, slots=4, room=1, computing_s=0.0):
    """Random ways; gating is successive sampling, or from every third seed on a trace."""
    random = np.random.default_rng(seed)
    gating = any_gating(1, experts, top_k=top_k, seed=seed)
    if seed % 3 == 0:
        tokens = np.array([[random.permutation(experts)[:top_k]] for _ in range(6)])
        gating = ReplayedTrace(activations=tokens, experts=experts)
    sets = gating.sets()
    return LayerTask(
        way_s=random.uniform(0.01, 0.05, (slots, candidates)),
        computing_s=np.full(candidates, computing_s),
        room=np.full(candidates, room),
        experts=experts,
        members=np.array(sets.members[0]),
        probability=np.array(sets.probability[0]),
    ), gating


def by_hand_s(task, hosts):
    return layer_by_hand_s(
        task.way_s, task.computing_s, hosts, members=task.members, probability=task.probability
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("room", "computing_s"), [(1, 0.0), (3, 0.004)])
def test_the_value_is_the_mean_of_the_last_activated_expert(seed, room, computing_s):
    task, _ = any_task(seed, top_k=1 + seed % 5, room=room, computing_s=computing_s)
    places = np.repeat(np.arange(7), room)
    hosts = np.random.default_rng(seed).permutation(places)[:5]

    assert abs(task.value_s(hosts) - by_hand_s(task, hosts)) < ROUNDING_S


@pytest.mark.parametrize("seed", range(6))
def test_activation_probabilities_are_those_of_the_gating(seed):
    task, gating = any_task(seed)

    assert np.allclose(task.activation_probability(), gating.activation_probability()[0], atol=1e-12)


def test_the_most_active_expert_is_matched_with_the_nearest_candidate():
    task, _ = any_task(1)
    hosts = task.nearest()

    assert np.array_equal(
        hosts[np.argsort(-task.activation_probability())], np.argsort(task.way_s.mean(axis=0))[:5]
    )


def test_a_candidate_with_room_takes_as_many_as_it_may():
    task, _ = any_task(1, room=3)

    assert sorted(np.bincount(task.nearest(), minlength=7).tolist()) == [0, 0, 0, 0, 0, 2, 3]
    assert np.bincount(task.nearest(at_most=1)).max() == 1


def test_too_little_room_is_an_error():
    task, _ = any_task(1, candidates=4)

    with pytest.raises(ValueError, match="4 places for 5 experts"):
        task.nearest()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("room", "computing_s"), [(1, 0.0), (3, 0.004)])
def test_no_single_change_improves_what_the_search_ends_with(seed, room, computing_s):
    task, _ = any_task(seed, top_k=1 + seed % 4, room=room, computing_s=computing_s)
    start = np.random.default_rng(seed).permutation(np.repeat(np.arange(7), room))[:5]

    hosts, value_s = descend(task, start)

    assert abs(value_s - by_hand_s(task, hosts)) < ROUNDING_S
    assert value_s <= by_hand_s(task, start) + ROUNDING_S
    moves = [
        np.where(np.arange(5) == expert, candidate, hosts)
        for expert in range(5)
        for candidate in range(7)
        if np.count_nonzero(hosts == candidate) < room
    ]
    swaps = [
        hosts[[other if e == expert else expert if e == other else e for e in range(5)]]
        for expert, other in itertools.combinations(range(5), 2)
    ]
    assert min(by_hand_s(task, changed) for changed in moves + swaps) >= value_s - ROUNDING_S


def test_a_short_reach_changes_only_neighbours_in_the_order_of_the_ways():
    """One expert, on the farthest of seven satellites: with a reach of two it takes three moves."""
    task, _ = any_task(1, experts=1, top_k=1)
    order = np.argsort(task.way_s.mean(axis=0))

    assert descend(task, order[-1:], reach=2)[0] == order[0]
    assert descend(task, order[-1:], reach=0)[0] == order[-1]
