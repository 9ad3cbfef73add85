"""The last touch: expectations by definition, and no single change that gains."""

import itertools

import numpy as np
import pytest
from placement.small_problems import any_gating, layer_by_hand_s, problem_of, shell_layout

from spacemoe_ns3.placement.polish import Polish, expected_slowest_s
from spacemoe_ns3.placement.search_space import search_space

ROUNDING_S = 1e-9  # smaller gains are not looked for
LAYERS, EXPERTS = 2, 3


@pytest.mark.parametrize("seed", range(4))
def test_the_expected_slowest_is_the_mean_over_all_sets(seed):
    gating = any_gating(1, 5, top_k=3, seed=seed)
    ways_s = np.random.default_rng(seed).random((7, 5))
    sets = gating.sets()

    found = expected_slowest_s(ways_s, gating.containment()[0])

    by_hand = [
        sum(
            chance * max(way[list(members)])
            for members, chance in zip(sets.members[0], sets.probability[0], strict=True)
        )
        for way in ways_s
    ]
    assert np.allclose(found, by_hand, atol=1e-12)


def by_hand_s(problem, space, gateways, hosts):
    sets, total_s = problem.gating.sets(), 0.0
    has_gateway = np.isin(np.arange(len(space.satellites)), gateways)
    for layer in range(LAYERS):
        total_s += layer_by_hand_s(
            problem.way_s(space.satellites[gateways], layer, space.satellites),
            space.expert_s(layer, has_gateway),
            hosts[layer],
            members=sets.members[layer],
            probability=sets.probability[layer],
        )
    return total_s


def changes(hosts, free):
    """Every move of one expert, and every exchange of two."""
    places = list(np.ndindex(hosts.shape))
    for place in places:
        for satellite in free:
            changed = hosts.copy()
            changed[place] = satellite
            yield changed
    for one, other in itertools.combinations(places, 2):
        changed = hosts.copy()
        changed[one], changed[other] = hosts[other], hosts[one]
        yield changed


@pytest.mark.parametrize("hosts_per_satellite", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_no_single_change_gains_any_more(seed, hosts_per_satellite):
    problem = problem_of(
        shell_layout(3, 3),
        gating=any_gating(LAYERS, EXPERTS, seed=seed),
        expert_s=(0.002, 0.002),
        hosts_per_satellite=hosts_per_satellite,
    )
    space = search_space(problem, samples=1)
    places = np.random.default_rng(seed).permutation(9)
    gateways, hosts = places[:2], places[2:8].reshape(LAYERS, EXPERTS)
    before_s = by_hand_s(problem, space, gateways, hosts)

    polish = Polish(problem=problem, space=space, gateways=gateways, hosts=hosts.copy())
    found = polish.run()

    after_s = by_hand_s(problem, space, gateways, found)
    assert polish.costs_s.sum() == pytest.approx(after_s, abs=ROUNDING_S)
    assert after_s <= before_s
    used = np.bincount(np.concatenate([gateways, found.ravel()]), minlength=9)
    assert used.max() <= hosts_per_satellite
    for changed in changes(found, np.flatnonzero(used < hosts_per_satellite)):
        assert by_hand_s(problem, space, gateways, changed) >= after_s - ROUNDING_S
