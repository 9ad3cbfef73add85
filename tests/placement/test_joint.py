"""Joint: never worse than the paper's, much better on real constellations, the best there is on tiny ones."""

import itertools

import numpy as np
import pytest
from placement.real_problems import real_problem
from placement.small_problems import any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import PlacementError, ScenarioError
from spacemoe_ns3.placement import Hosts, SpaceMoE, place
from spacemoe_ns3.placement.joint import Joint
from spacemoe_ns3.placement.scoring import expected_s

QUICK = Joint(effort=0.02)
ROUNDING_S = 1e-12
NEARLY = 0.02  # a search may miss the best placement by so much
A_SIXTH = 1 / 6


def tiny(seed):
    return problem_of(
        shell_layout(2, 3), gating=any_gating(2, 2, seed=seed), expert_s=(0.001, 0.001), delay_s=None
    )


def best_by_hand_s(problem):
    """Every way to put two gateways and four experts on six satellites."""
    return min(
        expected_s(problem, Hosts(gateways=np.array(each[:2]), experts=np.array(each[2:]).reshape(2, 2)))
        for each in itertools.permutations(range(6), 6)
    )


@pytest.mark.parametrize("seed", range(8))
def test_on_six_satellites_it_comes_near_the_best_of_all_placements(seed):
    problem = tiny(seed)

    found_s = expected_s(problem, place(QUICK, problem, seed=1))

    best_s = best_by_hand_s(problem)
    assert best_s - ROUNDING_S <= found_s <= best_s * (1 + NEARLY)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_never_worse_than_spacemoe(seed):
    problem = problem_of(shell_layout(5, 6), gating=any_gating(6, 3, seed=seed))

    assert expected_s(problem, place(QUICK, problem, seed=1)) <= expected_s(
        problem, place(SpaceMoE(), problem, seed=1)
    )


@pytest.mark.parametrize("survival", [0.95, 0.8])
def test_over_laser_links_it_saves_more_than_a_sixth_of_what_is_not_computing(survival):
    problem = real_problem(survival=survival)
    computing_s = problem.computing.expert_ns[1].sum() * 1e-9

    ours_s = expected_s(problem, place(QUICK, problem, seed=1)) - computing_s
    theirs_s = expected_s(problem, place(SpaceMoE(), problem, seed=1)) - computing_s

    assert ours_s < (1 - A_SIXTH) * theirs_s


def test_hosts_lie_side_by_side_and_not_around_the_earth():
    problem = real_problem(layers=4)
    layout = problem.layout

    def longest_gap(placement):
        places = np.unique(layout.place[placement.hosts()])
        return int(np.diff(np.append(places, places[0] + 12)).max())

    assert longest_gap(place(QUICK, problem, seed=1)) > longest_gap(place(SpaceMoE(), problem, seed=1))


def test_the_same_seed_places_the_same_way():
    problem = real_problem(layers=4)
    one, other = (place(QUICK, problem, seed=3) for _ in range(2))

    assert np.array_equal(one.gateways, other.gateways)
    assert np.array_equal(one.experts, other.experts)


def test_more_effort_is_not_worse_in_the_mean():
    problem = real_problem()
    little_s, much_s = (
        np.mean([expected_s(problem, place(Joint(effort=effort), problem, seed=seed)) for seed in range(3)])
        for effort in (0.005, 0.08)
    )

    assert much_s < little_s


@pytest.mark.parametrize("hosts_per_satellite", [1, 3])
def test_what_is_hosted_has_room(hosts_per_satellite):
    placement = place(QUICK, real_problem(hosts_per_satellite=hosts_per_satellite), seed=1)

    hosting = np.bincount(np.concatenate([placement.gateways, placement.experts.ravel()]))
    assert hosting.max() <= hosts_per_satellite


def test_many_experts_find_room_on_shared_satellites():
    problem = problem_of(
        shell_layout(6, 8), gating=any_gating(3, 40, top_k=4), expert_s=(0.0, 0.0001), hosts_per_satellite=5
    )

    ours_s, theirs_s = (expected_s(problem, place(each, problem, seed=1)) for each in (QUICK, SpaceMoE()))

    assert ours_s < theirs_s


def test_a_full_shell_is_placed_as_well():
    problem = problem_of(shell_layout(4, 5), gating=any_gating(5, 3))

    placement = place(QUICK, problem, seed=1)

    assert len(placement.hosts()) == 20


def test_what_fits_nowhere_is_told():
    settings = {"gateway_bytes": 10, "expert_bytes": 9, "capacity_bytes": (10, 8)}
    problem = problem_of(shell_layout(3, 4), gating=any_gating(2, 2), **settings)

    with pytest.raises(PlacementError, match="nor does spacemoe; raise hosts_per_satellite"):
        QUICK(problem, np.random.default_rng(1))


def test_settings_are_checked():
    with pytest.raises(ScenarioError, match=r"placements\.joint\.effort: 0 given, must be above 0"):
        Joint(effort=0)
    with pytest.raises(ScenarioError, match=r"placements\.joint\.samples"):
        Joint(samples=0)
