"""The paper's algorithms and ours: what each does with its freedom."""

import numpy as np
import pytest
from placement.small_problems import any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement import PLACERS, RandPlace, place
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets

LAYOUT = shell_layout(6, 12)
LAYERS, EXPERTS = 6, 4
NAMES = ["near-random", "rand-intra", "rand-intra-cg", "rand-place", "spacemoe"]
GB = 10**9


@pytest.fixture(scope="module")
def problem():
    return problem_of(LAYOUT, gating=any_gating(LAYERS, EXPERTS))


@pytest.fixture(scope="module")
def placements(problem):
    return {name: place(PLACERS[name], problem, seed=1) for name in NAMES}


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
    nearest = place(PLACERS["spacemoe"], problem, seed=1).experts[0]
    on_first = sum(
        int(place(PLACERS["near-random"], problem, seed=seed).experts[0, 0] == nearest[0])
        for seed in range(draws)
    )

    sigma = np.sqrt(draws * (1 / EXPERTS) * (1 - 1 / EXPERTS))
    assert abs(on_first - draws / EXPERTS) < 4 * sigma


def test_spacemoe_puts_the_most_active_expert_on_the_nearest_satellite(problem, placements, subnets):
    placement = placements["spacemoe"]
    path_s, activated = problem.path_latency_s(placement.gateways), problem.activation_probability()
    for layer, subnet in enumerate(subnets):
        free = sorted(set(subnet.tolist()) - {int(placement.gateways[layer])}, key=lambda s: path_s[layer, s])
        by_activity = sorted(range(EXPERTS), key=lambda expert: -activated[layer, expert])
        assert [int(placement.experts[layer, expert]) for expert in by_activity] == free[:EXPERTS]


def test_spacemoe_counts_how_long_an_expert_takes_where_it_is():
    """The nearest satellite has a computer that is slower by more than the longest way."""
    plain = problem_of(LAYOUT, gating=any_gating(LAYERS, EXPERTS))
    nearest = int(place(PLACERS["spacemoe"], plain, seed=1).experts[0].min())
    kind = np.full(LAYOUT.satellites, -1)
    kind[nearest] = 2
    three = {"gateway_s": (0, 0, 0), "head_s": (0, 0, 0)}
    some_problem = problem_of(LAYOUT, gating=plain.gating, kind=kind, expert_s=(0.001, 0.001, 1.0), **three)

    assert nearest not in place(PLACERS["spacemoe"], some_problem, seed=1).experts[0]


def test_one_host_a_satellite_takes_the_draws_that_it_always_took(problem, subnets):
    """Which draws are taken in which order is part of a run's seed: published results depend on it."""
    random = np.random.default_rng(7)
    expected = random.choice(np.arange(72), size=(LAYERS, EXPERTS + 1), replace=False)
    hosts = RandPlace()(problem, np.random.default_rng(7))
    assert np.array_equal(np.column_stack([hosts.gateways, hosts.experts]), expected)

    random = np.random.default_rng(7)
    expected = [random.choice(subnet, EXPERTS + 1, replace=False) for subnet in subnets]
    hosts = PLACERS["rand-intra"](problem, np.random.default_rng(7))
    assert np.array_equal(np.column_stack([hosts.gateways, hosts.experts]), expected)

    random = np.random.default_rng(7)
    gateways = central_gateways(problem, subnets)
    expected = [
        random.choice(subnet[subnet != gateway], EXPERTS, replace=False)
        for subnet, gateway in zip(subnets, gateways, strict=True)
    ]
    assert np.array_equal(PLACERS["rand-intra-cg"](problem, np.random.default_rng(7)).experts, expected)


def test_spacemoe_fills_the_nearest_satellite_before_the_next():
    some_problem = problem_of(LAYOUT, gating=any_gating(LAYERS, EXPERTS), hosts_per_satellite=3)
    placement = place(PLACERS["spacemoe"], some_problem, seed=1)
    path_s = some_problem.path_latency_s(placement.gateways)

    for layer, subnet in enumerate(ring_of_subnets(some_problem)):
        room = {int(satellite): 3 - int(satellite == placement.gateways[layer]) for satellite in subnet}
        order = sorted(room, key=lambda satellite: path_s[layer, satellite])
        places = [satellite for satellite in order for _ in range(room[satellite])][:EXPERTS]
        by_activity = np.argsort(-some_problem.activation_probability()[layer], kind="stable")
        assert placement.experts[layer, by_activity].tolist() == places


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("layers", "experts", "limit"), [(20, 20, 6), (13, 30, None), (30, 2, 2)])
def test_more_hosts_than_satellites_fit_where_satellites_have_room(name, layers, experts, limit):
    some_problem = problem_of(LAYOUT, gating=any_gating(layers, experts), hosts_per_satellite=limit)
    placement = place(PLACERS[name], some_problem, seed=1)  # refuses what is too much

    assert placement.experts.shape == (layers, experts)
    assert placement.gateways.shape == (layers,)


@pytest.mark.parametrize("name", NAMES)
def test_memory_is_respected(name):
    """72 satellites of 8 GB; 20 gateways of 2 GB and 200 experts of 1 GB are 240 of 576 GB."""
    some_problem = problem_of(
        LAYOUT,
        gating=any_gating(20, 10),
        hosts_per_satellite=None,
        gateway_bytes=2 * GB,
        expert_bytes=GB,
        capacity_bytes=[8 * GB, 8 * GB],
    )
    placement = place(PLACERS[name], some_problem, seed=1)
    held_gb = 2 * np.bincount(placement.gateways, minlength=72)
    held_gb += np.bincount(placement.experts.ravel(), minlength=72)

    assert held_gb.sum() == 240
    assert held_gb.max() <= 8


@pytest.mark.parametrize("name", NAMES)
def test_computers_without_memory_for_it_host_nothing(name):
    """Every third satellite has a computer too small for anything."""
    kind = np.where(np.arange(72) % 3 == 0, 2, -1)
    three = {"gateway_s": (0, 0, 0), "head_s": (0, 0, 0), "expert_s": (0, 0, 0)}
    some_problem = problem_of(
        LAYOUT,
        gating=any_gating(LAYERS, EXPERTS),
        kind=kind,
        gateway_bytes=2 * GB,
        expert_bytes=GB,
        capacity_bytes=[8 * GB, 8 * GB, GB // 2],
        **three,
    )
    placement = place(PLACERS[name], some_problem, seed=1)

    assert (kind[placement.hosts()] == -1).all()


def test_rand_place_draws_every_place_alike():
    """Two satellites with room for four experts and two: each is on the first two times in three."""
    some_problem = problem_of(
        shell_layout(1, 3),
        gating=any_gating(1, 4),
        kind=[2, 3, 4],
        expert_bytes=GB,
        capacity_bytes=[0, 0, 4 * GB, 2 * GB, 0],
        hosts_per_satellite=None,
        **dict.fromkeys(("gateway_s", "head_s", "expert_s"), (0,) * 5),
    )
    draws, chance = 1500, 2 / 3
    on_first = sum(
        int(RandPlace()(some_problem, np.random.default_rng(seed)).experts[0, 0] == 0)
        for seed in range(draws)
    )

    assert abs(on_first - draws * chance) < 4 * np.sqrt(draws * chance * (1 - chance))


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"rand-place"}))
def test_a_model_that_does_not_fit_the_memory_is_refused(name):
    some_problem = problem_of(
        LAYOUT,
        gating=any_gating(LAYERS, EXPERTS),
        hosts_per_satellite=None,
        gateway_bytes=GB,
        expert_bytes=9 * GB,
        capacity_bytes=[8 * GB, 8 * GB],
    )
    with pytest.raises(PlacementError, match="room for 0 experts"):
        place(PLACERS[name], some_problem, seed=1)
