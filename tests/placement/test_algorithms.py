"""The algorithms: what each does with its freedom, and SpaceMoE against all assignments there are."""

import itertools

import numpy as np
import pytest

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.moe import activation_sets
from spacemoe_ns3.placement import PLACERS, PlacementProblem, place
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets

LAYOUT = WalkerShell(planes=6, satellites_per_plane=12, altitude_km=550, inclination_deg=87).build().layout
LAYERS, EXPERTS = 6, 4
INSTANCES = range(240)
ROUNDING = 1e-12


def latency(gateways):
    """Any path latency will do, as long as it tells satellites and layers apart."""
    return np.random.default_rng(int(np.sum(gateways))).random((len(gateways), LAYOUT.satellites))


@pytest.fixture(scope="module")
def problem():
    weights = np.random.default_rng(1).dirichlet(np.full(EXPERTS, 2.0), size=LAYERS)
    sets = activation_sets(weights=weights, top_k=2, random=None)
    return PlacementProblem(
        layout=LAYOUT,
        shell=0,
        layers=LAYERS,
        experts=EXPERTS,
        activation_probability=sets.activation_probability(EXPERTS),
        path_latency=latency,
    )


@pytest.fixture(scope="module")
def placements(problem):
    return {name: place(name, placer, problem, seed=1) for name, placer in PLACERS.items()}


@pytest.fixture(scope="module")
def subnets(problem):
    return ring_of_subnets(problem)


@pytest.mark.parametrize("name", ["spacemoe", "near-random", "rand-intra-cg"])
def test_the_gateways_are_the_central_satellites(problem, placements, subnets, name):
    assert placements[name].gateways.tolist() == central_gateways(problem, subnets).tolist()


@pytest.mark.parametrize("name", ["spacemoe", "near-random", "rand-intra", "rand-intra-cg"])
def test_a_layer_stays_inside_its_subnet(placements, subnets, name):
    for layer, subnet in enumerate(subnets):
        assert placements[name].gateways[layer] in subnet
        assert set(placements[name].experts[layer].tolist()) <= set(subnet.tolist())


def test_rand_place_does_not_stay_inside_subnets(placements, subnets):
    inside = [
        np.isin(placements["rand-place"].experts[layer], subnet).all() for layer, subnet in enumerate(subnets)
    ]

    assert not any(inside)


def test_rand_intra_has_gateways_off_the_centre(problem, placements, subnets):
    assert placements["rand-intra"].gateways.tolist() != central_gateways(problem, subnets).tolist()


def test_near_random_takes_exactly_the_satellites_of_spacemoe(placements):
    near, best = placements["near-random"].experts, placements["spacemoe"].experts

    assert np.array_equal(np.sort(near, axis=1), np.sort(best, axis=1))
    assert not np.array_equal(near, best)


def test_near_random_puts_each_expert_on_each_satellite_alike(problem):
    """Over many seeds, expert 0 is on the nearest satellite as often as one in E."""
    draws = 800
    nearest = place("spacemoe", PLACERS["spacemoe"], problem, seed=1).experts[0]
    on_first = sum(
        int(place("near-random", PLACERS["near-random"], problem, seed=seed).experts[0, 0] == nearest[0])
        for seed in range(draws)
    )

    sigma = np.sqrt(draws * (1 / EXPERTS) * (1 - 1 / EXPERTS))
    assert abs(on_first - draws / EXPERTS) < 4 * sigma


def test_spacemoe_puts_the_most_active_expert_on_the_nearest_satellite(problem, placements, subnets):
    placement = placements["spacemoe"]
    path_s = latency(placement.gateways)
    for layer, subnet in enumerate(subnets):
        free = sorted(set(subnet.tolist()) - {int(placement.gateways[layer])}, key=lambda s: path_s[layer, s])
        by_activity = sorted(
            range(EXPERTS), key=lambda expert: -problem.activation_probability[layer, expert]
        )
        assert [int(placement.experts[layer, expert]) for expert in by_activity] == free[:EXPERTS]


def small_instance(seed):
    """One layer of 2 to 5 experts on six satellites, one of them the gateway."""
    random = np.random.default_rng(seed)
    experts = int(random.integers(2, 6))
    top_k = int(random.integers(1, experts + 1))
    weights = random.dirichlet(np.full(experts, random.choice([0.5, 2.0, 40.0])), size=1)
    path_s = random.random((1, 6))
    sets = activation_sets(weights=weights, top_k=top_k, random=None)
    return PlacementProblem(
        layout=WalkerShell(planes=2, satellites_per_plane=3, altitude_km=550, inclination_deg=87)
        .build()
        .layout,
        shell=0,
        layers=1,
        experts=experts,
        activation_probability=sets.activation_probability(experts),
        path_latency=lambda gateways: path_s,
    ), sets


def expected_slowest_s(hosts, *, path_s, sets):
    """The paper's objective with the path latencies frozen: the mean of the slowest activated expert."""
    return sum(
        probability * max(path_s[hosts[expert]] for expert in members)
        for members, probability in zip(sets.members[0].tolist(), sets.probability[0].tolist(), strict=True)
    )


@pytest.mark.parametrize("seed", INSTANCES)
def test_no_assignment_of_equal_satellites_beats_spacemoe(seed):
    """Every way to put the experts on the five free satellites (arXiv 2605.00515, optimality)."""
    problem, sets = small_instance(seed)
    placement = place("spacemoe", PLACERS["spacemoe"], problem, seed=1)
    path_s = problem.path_latency(placement.gateways)[0].tolist()
    free = sorted(set(range(6)) - set(placement.gateways.tolist()))

    best_s = min(
        expected_slowest_s(hosts, path_s=path_s, sets=sets)
        for hosts in itertools.permutations(free, problem.experts)
    )

    ours_s = expected_slowest_s(placement.experts[0].tolist(), path_s=path_s, sets=sets)
    assert ours_s <= best_s * (1 + ROUNDING)


def test_the_small_instances_cover_every_number_of_experts_and_of_activated_ones():
    """A guard of the test above."""
    seen = {(problem.experts, sets.members.shape[2]) for problem, sets in map(small_instance, INSTANCES)}

    assert seen == {(experts, top_k) for experts in range(2, 6) for top_k in range(1, experts + 1)}
