"""Packed: a whole model on a satellite that holds it, and the best there is where sharing has a price."""

import dataclasses
import itertools

import numpy as np
import pytest
from placement.real_problems import computer, real_problem
from placement.small_problems import any_delays, any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import PlacementError, ScenarioError
from spacemoe_ns3.placement import Hosts, SpaceMoE, place
from spacemoe_ns3.placement.packed import Packed
from spacemoe_ns3.placement.scoring import expected_s

QUICK = Packed(effort=0.02)
ROUNDING_S = 1e-12
NEARLY = 0.02  # a search may miss the best placement by so much


def used(placement):
    """How many things each host has, most first."""
    counts = np.bincount(np.concatenate([placement.gateways, placement.experts.ravel()]))
    return sorted(counts[counts > 0].tolist(), reverse=True)


def tiny(seed, *, hosts_per_satellite, expert_s):
    return problem_of(
        shell_layout(1, 4),
        gating=any_gating(2, 2, seed=seed),
        delay_s=any_delays(4, slots=2, seed=seed),
        expert_s=(expert_s, expert_s),
        hosts_per_satellite=hosts_per_satellite,
    )


def best_by_hand_s(problem):
    """Every way to put two gateways and four experts on four satellites with room for some."""
    best_s = np.inf
    for each in itertools.product(range(4), repeat=6):
        if np.bincount(each).max() <= problem.hosts_per_satellite:
            hosts = Hosts(gateways=np.array(each[:2]), experts=np.array(each[2:]).reshape(2, 2))
            best_s = min(best_s, expected_s(problem, hosts))
    return best_s


@pytest.mark.parametrize("expert_s", [0.0005, 0.01])
@pytest.mark.parametrize("seed", range(6))
def test_on_four_satellites_it_comes_near_the_best_of_all_placements(seed, expert_s):
    """Both experts of a layer are always activated: sharing costs one computation, spreading light time."""
    problem = tiny(seed, hosts_per_satellite=2, expert_s=expert_s)

    found_s = expected_s(problem, place(QUICK, problem, seed=1))

    best_s = best_by_hand_s(problem)
    assert best_s - ROUNDING_S <= found_s <= best_s * (1 + NEARLY)


def test_a_model_that_fits_a_satellite_is_put_on_one():
    """Then there is no way at all: a layer takes its computing, and waiting for one other expert."""
    problem = real_problem(
        hosts_per_satellite=None, gateway=computer(memory_gb=24), expert=computer(memory_gb=24)
    )
    expert_s = problem.computing.expert_ns[0].sum() * 1e-9
    gateways_s = problem.computing.gateway_ns[0].sum() * 1e-9

    slow = place(QUICK, problem, seed=1)
    fast_computing = dataclasses.replace(problem.computing, expert_ns=problem.computing.expert_ns // 100)
    fast = place(QUICK, dataclasses.replace(problem, computing=fast_computing), seed=1)

    assert len(fast.hosts()) == 1
    assert expected_s(problem, fast) == pytest.approx(gateways_s + 2 * expert_s, abs=ROUNDING_S)
    assert expected_s(problem, slow) <= expected_s(problem, fast)


def test_memory_says_how_many_satellites_a_model_needs():
    settings = {"gateway_bytes": 10, "expert_bytes": 5, "capacity_bytes": (62, 62)}
    problem = problem_of(shell_layout(3, 4), gating=any_gating(4, 4), hosts_per_satellite=None, **settings)

    placement = place(QUICK, problem, seed=1)

    assert len(placement.hosts()) == 2  # 4 layers of 10 + 4 x 5 bytes, two of which fit 62
    assert expected_s(problem, placement) < expected_s(problem, place(SpaceMoE(), problem, seed=1))


def test_slow_computers_make_experts_of_a_layer_spread():
    def satellites_a_layer(expert_s):
        problem = problem_of(
            shell_layout(3, 4),
            gating=any_gating(2, 4, top_k=3),
            expert_s=(expert_s,) * 2,
            hosts_per_satellite=None,
        )
        placement = place(QUICK, problem, seed=1)
        return [len(set(row)) for row in placement.experts.tolist()]

    assert satellites_a_layer(1.0) == [4, 4]
    assert satellites_a_layer(0.0) == [1, 1]


@pytest.mark.parametrize("hosts_per_satellite", [2, 4])
def test_over_laser_links_it_is_faster_than_spacemoe_with_the_same_room(hosts_per_satellite):
    problem = real_problem(
        hosts_per_satellite=hosts_per_satellite, gateway=computer(memory_gb=8), expert=computer(memory_gb=8)
    )

    ours, theirs = (place(each, problem, seed=1) for each in (QUICK, SpaceMoE()))

    assert used(ours)[0] <= hosts_per_satellite
    assert expected_s(problem, ours) < expected_s(problem, theirs)


def test_the_same_seed_places_the_same_way():
    problem = real_problem(hosts_per_satellite=3)
    one, other = (place(QUICK, problem, seed=3) for _ in range(2))

    assert np.array_equal(one.gateways, other.gateways)
    assert np.array_equal(one.experts, other.experts)


def test_what_fits_nowhere_is_told():
    settings = {"gateway_bytes": 10, "expert_bytes": 9, "capacity_bytes": (10, 8)}
    problem = problem_of(shell_layout(3, 4), gating=any_gating(2, 2), **settings)

    with pytest.raises(PlacementError, match="do not fit 12 satellites; raise hosts_per_satellite"):
        QUICK(problem, np.random.default_rng(1))


def test_settings_are_checked():
    with pytest.raises(ScenarioError, match=r"placements\.packed\.effort: -1 given, must be above 0"):
        Packed(effort=-1)
