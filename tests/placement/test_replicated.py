"""Replicated: each slot's nearest copy, replicas where they gain most, and less waiting when links fail."""

import itertools

import numpy as np
import pytest
from placement.real_problems import real_problem
from placement.small_problems import any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.placement import Hosts, SpaceMoE, place
from spacemoe_ns3.placement.joint import Joint
from spacemoe_ns3.placement.objective import stragglers, ways_of
from spacemoe_ns3.placement.replicated import Replicated
from spacemoe_ns3.placement.scoring import expected_s

ROUNDING_S = 1e-12
FAR_S, NEAR_S = 0.010, 0.002


def waiting_s(problem, placement):
    """Mean waiting of a token for slots with a path."""
    ways = ways_of(placement, delays=problem.gateway_delays(placement.gateways), computing=problem.computing)
    return float(stragglers(ways, problem.gating).mean_s(ways.waiting_s).sum())


class ByHand:
    """A base that places as it is told."""

    name = "by-hand"

    def __init__(self, gateways, experts):
        self.hosts = Hosts(gateways=np.array(gateways), experts=np.array(experts))

    def __call__(self, problem, random):
        return self.hosts


def alternating():
    """One gateway, one expert; satellite 1 is near in even slots, satellite 2 in odd ones."""
    delay_s = np.full((4, 3, 3), FAR_S)
    delay_s[:, range(3), range(3)] = 0.0
    for slot in range(4):
        satellite = 1 + slot % 2
        delay_s[slot, 0, satellite] = delay_s[slot, satellite, 0] = NEAR_S
    gating = SuccessiveSampling(weights=np.array([[1.0]]), top_k=1)
    return problem_of(shell_layout(1, 3), gating=gating, delay_s=delay_s)


def test_each_slot_is_served_by_the_copy_that_is_near_in_it():
    problem = alternating()
    base = ByHand([0], [[1]])

    placement = place(Replicated(base=base), problem, seed=1)

    assert placement.dispatch[:, 0, 0].tolist() == [1, 2, 1, 2]
    assert placement.residents().tolist() == [[0, 0, 1], [0, 0, 2]]
    assert expected_s(problem, base.hosts) == pytest.approx(FAR_S + NEAR_S, abs=ROUNDING_S)
    assert expected_s(problem, placement) == pytest.approx(2 * NEAR_S, abs=ROUNDING_S)


def test_a_replica_that_gains_nothing_is_not_made():
    problem = alternating()
    fixed = problem_of(
        problem.layout,
        gating=problem.gating,
        delay_s=np.repeat(problem.sampled_delays(np.arange(3), 1), 4, axis=0),
    )

    placement = place(Replicated(base=ByHand([0], [[1]])), fixed, seed=1)

    assert placement.is_static


@pytest.mark.parametrize("seed", range(4))
def test_the_first_replica_is_the_one_that_gains_most(seed):
    """Every expert and every satellite tried by hand, in the exact objective."""
    problem = problem_of(shell_layout(3, 4), gating=any_gating(2, 2, seed=seed))
    base = SpaceMoE()(problem, np.random.default_rng(1))
    taken = {*base.gateways.tolist(), *base.experts.ravel().tolist()}
    best_s = expected_s(problem, base)
    for layer, expert, satellite in itertools.product(range(2), range(2), range(12)):
        if satellite in taken:
            continue
        dispatch = np.repeat(base.experts[np.newaxis], 3, axis=0)
        ways_s = problem.way_s(base.gateways, layer, np.array([base.experts[layer, expert], satellite]))
        dispatch[ways_s[:, 1] < ways_s[:, 0], layer, expert] = satellite
        tried = Hosts(gateways=base.gateways, experts=base.experts, dispatch=dispatch)
        best_s = min(best_s, expected_s(problem, tried))

    found_s = expected_s(problem, place(Replicated(extra_hosts=1), problem, seed=1))

    assert found_s == pytest.approx(best_s, abs=ROUNDING_S)


@pytest.mark.parametrize("survival", [0.95, 0.8])
def test_replicas_shorten_ways_and_more_so_where_more_links_fail(survival):
    problem = real_problem(survival=survival)
    base_s, two_s, three_s = (
        expected_s(problem, place(each, problem, seed=1))
        for each in (SpaceMoE(), Replicated(), Replicated(copies=3))
    )

    assert three_s <= two_s < base_s


def test_replicas_avoid_waiting_for_hosts_that_are_cut_off():
    """Over three skies with every fourth link down: hosts chosen in one sky, links of another."""
    base_s = ours_s = 0.0
    for seed in range(1, 4):
        problem, chosen_in = (
            real_problem(survival=0.75, seed=seed),
            real_problem(survival=0.75, seed=seed + 10),
        )
        hosts = SpaceMoE()(chosen_in, np.random.default_rng(1))
        base = ByHand(hosts.gateways, hosts.experts)
        base_s += waiting_s(problem, place(base, problem, seed=1))
        ours_s += waiting_s(problem, place(Replicated(base=base), problem, seed=1))

    assert base_s > 0
    assert ours_s < base_s


def test_hot_experts_come_first_and_budgets_hold():
    problem = real_problem(survival=0.8)
    probability = problem.activation_probability()

    placement = place(Replicated(hot=0.25), problem, seed=1)
    capped = place(Replicated(extra_hosts=5), problem, seed=1)

    layer, expert, _ = placement.residents().T
    copies = np.zeros(probability.shape, int)
    np.add.at(copies, (layer, expert), 1)
    assert copies.max() == 2
    assert (probability[copies == 2] == probability.max(axis=1)[(copies == 2).any(axis=1)]).all()
    assert len(capped.residents()) <= capped.experts.size + 5


def test_every_copy_has_a_satellite_of_its_own():
    placement = place(Replicated(copies=3), real_problem(survival=0.8), seed=1)

    satellites = [*placement.gateways.tolist(), *placement.residents()[:, 2].tolist()]
    assert len(satellites) == len(set(satellites))


def test_many_experts_are_replicated_too():
    problem = problem_of(shell_layout(6, 8), gating=any_gating(2, 18))

    ours, base = (place(each, problem, seed=1) for each in (Replicated(), SpaceMoE()))

    assert not ours.is_static
    assert expected_s(problem, ours) < expected_s(problem, base)


def test_names_tell_the_settings():
    assert Replicated(extra_hosts=9, base=Joint()).name == "replicated-2-extra-9-joint"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"copies": 1}, "placements.replicated.copies: 1 given, must be a whole number, at least 2"),
        ({"hot": 0}, "placements.replicated.hot: 0 given, must be above 0 and at most 1"),
        ({"extra_hosts": 0}, "placements.replicated.extra_hosts"),
        ({"base": "spacemoe"}, "placements.replicated.base"),
    ],
)
def test_settings_are_checked(settings, words):
    with pytest.raises(ScenarioError, match=words):
        Replicated(**settings)
