"""Exact: a whole model's layers, each where its expected latency is least, or as near as is said."""

import itertools

import numpy as np
import pytest
from placement.small_problems import any_delays, any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.placement import Exact, Hosts, SpaceMoE, place
from spacemoe_ns3.placement.objective import expected_layers_s
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets

ROUNDING = 1e-12


def solve(problem, *, most_nodes=5000, seed=1):
    return Exact(most_nodes=most_nodes).solve(problem, np.random.default_rng(seed))


def layers_s(problem, hosts):
    return expected_layers_s(
        hosts,
        delays=problem.gateway_delays(hosts.gateways),
        computing=problem.computing,
        gating=problem.gating,
    )


@pytest.fixture(scope="module")
def problem():
    """Three layers of three experts on five planes of three: each subnet has four free satellites."""
    return problem_of(shell_layout(5, 3), gating=any_gating(3, 3), delay_s=any_delays(15, slots=6))


def test_gateways_are_central_and_experts_stay_in_their_subnets(problem):
    hosts, subnets = solve(problem).hosts, ring_of_subnets(problem)

    assert np.array_equal(hosts.gateways, central_gateways(problem, subnets))
    for layer, subnet in enumerate(subnets):
        assert np.isin(hosts.experts[layer], np.setdiff1d(subnet, hosts.gateways)).all()
        assert len(set(hosts.experts[layer].tolist())) == 3


def test_every_layer_is_the_best_of_all_assignments_in_its_subnet(problem):
    """Against the objective that the analytic engine uses."""
    optimum = solve(problem)
    subnets, gateways = ring_of_subnets(problem), optimum.hosts.gateways
    free = [np.setdiff1d(subnet, gateways) for subnet in subnets]
    every = [np.array([some[list(order)] for some in free]) for order in itertools.permutations(range(4), 3)]
    best_s = np.min(
        [layers_s(problem, Hosts(gateways=gateways, experts=experts)) for experts in every], axis=0
    )

    assert optimum.is_proven.all()
    assert optimum.gap == 0.0
    assert optimum.layers_s == pytest.approx(layers_s(problem, optimum.hosts), rel=ROUNDING)
    assert optimum.layers_s == pytest.approx(best_s, rel=ROUNDING)


def test_a_proven_optimum_needs_no_remark(problem):
    assert place(Exact(), problem, seed=1).remarks == ()


@pytest.fixture(scope="module")
def noisy():
    """Eight experts, of which four are activated, and paths that change completely from slot to slot."""
    random = np.random.default_rng(1)
    delay_s = random.uniform(0.01, 0.03, (12, 28, 28))
    return problem_of(shell_layout(14, 3), gating=any_gating(1, 8, top_k=4), delay_s=_apart(delay_s, 42))


def _apart(delay_s, satellites):
    """The same delays for the first satellites, and others that are far from everything."""
    whole = np.full((len(delay_s), satellites, satellites), 1.0)
    whole[:, : delay_s.shape[1], : delay_s.shape[2]] = delay_s
    whole[:, range(satellites), range(satellites)] = 0.0
    return whole


def test_a_search_given_up_early_says_what_could_be_gained(noisy):
    placement = place(Exact(most_nodes=3), noisy, seed=1)
    optimum = solve(noisy, most_nodes=3)

    assert not optimum.is_proven.any()
    assert 0 < optimum.gap < 1
    assert (optimum.bounds_s < optimum.layers_s).all()
    assert placement.remarks == (
        "1 of 1 layers are not proven to be placed best; the best may be up to "
        f"{optimum.gap * 100:.2g} % faster; most_nodes=3, raise it to search on",
    )


def test_a_longer_search_is_never_worse_and_its_bound_never_lower(noisy):
    short, long = solve(noisy, most_nodes=3), solve(noisy, most_nodes=300)

    assert (long.layers_s <= short.layers_s).all()
    assert (long.bounds_s >= short.bounds_s * (1 - ROUNDING)).all()
    assert (long.layers_s >= short.bounds_s).all()


def test_the_limit_is_part_of_the_name_unless_it_is_the_default():
    assert Exact().name == "exact"
    assert Exact(most_nodes=20).name == "exact-20"


@pytest.mark.parametrize("most_nodes", [0, -1, 2.5, True])
def test_a_limit_that_is_no_whole_number_above_zero_is_refused(most_nodes):
    with pytest.raises(ScenarioError, match="most_nodes"):
        Exact(most_nodes=most_nodes)


@pytest.mark.parametrize("limit", [1, 2])
def test_many_experts_are_searched_until_no_single_change_helps(limit):
    """Sixteen experts: no swap of two, and no move to a free satellite, is better by the exact objective."""
    gating = any_gating(1, 16, top_k=2)
    some_problem = problem_of(
        shell_layout(7, 3),
        gating=gating,
        delay_s=any_delays(21, slots=5),
        expert_s=(0.003, 0.003),
        hosts_per_satellite=limit,
    )
    optimum = solve(some_problem)
    hosts, room = optimum.hosts, some_problem.room()
    room.take_gateway(int(hosts.gateways[0]), 0)
    for satellite in hosts.experts[0].tolist():
        room.take_expert(satellite)

    own_s = layers_s(some_problem, hosts)[0]
    swaps, moves = [], []
    for one, other in itertools.combinations(range(16), 2):
        swaps.append(hosts.experts[0].copy())
        swaps[-1][[one, other]] = swaps[-1][[other, one]]
    for expert, satellite in itertools.product(range(16), np.flatnonzero(room.for_experts())):
        moves.append(hosts.experts[0].copy())
        moves[-1][expert] = satellite
    assert len(moves) >= 16
    for changed in swaps + moves:
        changed_s = layers_s(some_problem, Hosts(gateways=hosts.gateways, experts=changed[np.newaxis]))[0]
        assert changed_s >= own_s * (1 - ROUNDING)
    assert optimum.layers_s[0] == pytest.approx(own_s, rel=ROUNDING)
    assert optimum.bounds_s[0] <= own_s
    assert own_s <= layers_s(some_problem, SpaceMoE()(some_problem, np.random.default_rng(1)))[0]


def test_experts_with_too_many_sets_share_satellites_no_more_than_is_good():
    """24 experts, 8 at a time: 735,471 sets. All fit one satellite, but are computed in turn there.

    Satellites are 1 ms apart and an expert takes 5 ms, so one expert a satellite is by far the best.
    """
    delay_s = np.full((2, 30, 30), 0.001)
    delay_s[:, range(30), range(30)] = 0.0
    some_problem = problem_of(
        shell_layout(10, 3),
        gating=SuccessiveSampling(weights=np.full((1, 24), 1 / 24), top_k=8),
        delay_s=delay_s,
        expert_s=(0.005, 0.005),
        hosts_per_satellite=None,
    )
    assert some_problem.gating.sets() is None

    optimum = solve(some_problem)

    assert len(set(optimum.hosts.experts[0].tolist())) == 24
    assert optimum.layers_s[0] == pytest.approx(0.007, rel=ROUNDING)
    assert place(Exact(), some_problem, seed=1).remarks[0].startswith("1 of 1 layers are not proven")
    assert np.array_equal(solve(some_problem).hosts.experts, optimum.hosts.experts)


def test_layers_that_share_a_subnet_are_placed_apart_and_nothing_is_claimed_for_them():
    """Three planes of four: a layer needs four satellites, a place has three."""
    some_problem = problem_of(shell_layout(3, 4), gating=any_gating(3, 3), delay_s=any_delays(12))
    subnets = ring_of_subnets(some_problem)
    shared = np.array([sum(np.array_equal(subnet, other) for other in subnets) > 1 for subnet in subnets])
    optimum = solve(some_problem)
    everyone = [*optimum.hosts.gateways.tolist(), *optimum.hosts.experts.ravel().tolist()]

    assert shared.any()
    assert len(set(everyone)) == 12
    # The bound is of sorting by mean paths: only by chance is it reached.
    assert (optimum.bounds_s <= optimum.layers_s * (1 + ROUNDING)).all()


def test_satellites_without_a_path_are_avoided_where_there_are_others():
    """No slot has a path to two of the eight candidates."""
    delay_s = any_delays(9, slots=3)
    delay_s[:, [6, 7], :] = delay_s[:, :, [6, 7]] = np.inf
    delay_s[:, range(9), range(9)] = 0.0
    some_problem = problem_of(shell_layout(3, 3), gating=any_gating(1, 4), delay_s=delay_s)

    hosts = solve(some_problem).hosts

    assert not np.isin([6, 7], hosts.experts).any()
    assert np.isfinite(layers_s(some_problem, hosts)).all()


@pytest.mark.parametrize("seed", range(6))
def test_room_for_several_is_used_where_it_pays(seed):
    """One expert a satellite, or two on a near one, whichever is better; never worse than either rule."""
    settings = {
        "gating": any_gating(2, 4, seed=seed),
        "delay_s": any_delays(12, slots=3, seed=seed),
        "expert_s": (0.002, 0.002),
    }
    alone, shared = (
        problem_of(shell_layout(6, 3), hosts_per_satellite=limit, **{**settings, "delay_s": any_delays(18)})
        for limit in (1, 4)
    )

    best_s = solve(shared).layers_s

    assert solve(shared).is_proven.all()
    spacemoe_s = layers_s(shared, SpaceMoE()(shared, np.random.default_rng(1)))
    alone_s = layers_s(shared, solve(alone).hosts)
    assert (best_s <= np.minimum(spacemoe_s, alone_s) * (1 + ROUNDING)).all()
