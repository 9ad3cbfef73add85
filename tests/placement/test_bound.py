"""What no placement can beat: against all placements of tiny models, and all algorithms on larger ones."""

import itertools
from math import comb

import numpy as np
import pytest
from placement.small_problems import any_delays, any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.moe import ReplayedTrace, SuccessiveSampling
from spacemoe_ns3.placement import PLACERS, Hosts, lower_bound_s, place
from spacemoe_ns3.placement.bound import prefix_weights
from spacemoe_ns3.placement.objective import expected_layers_s

ROUNDING = 1e-9
QUICK = ["exact", "near-random", "rand-intra", "rand-intra-cg", "rand-place", "spacemoe"]
GB = 10**9


def expected_s(problem, hosts):
    """The exact expectation of a token: gateways, layers and head."""
    layers_s = expected_layers_s(
        hosts,
        delays=problem.gateway_delays(hosts.gateways),
        computing=problem.computing,
        gating=problem.gating,
    )
    gateways_s = problem.computing.gateways_ns(hosts.gateways).sum() / 1e9
    return layers_s.sum() + gateways_s + problem.computing.head_at_ns(int(hosts.gateways[0])) / 1e9


def best_placement_s(problem, *, layers, experts, limit):
    """The least expectation of all placements there are."""
    satellites, best_s = problem.layout.satellites, np.inf
    for where in itertools.product(range(satellites), repeat=layers * (experts + 1)):
        if limit is not None and np.bincount(where).max() > limit:
            continue
        gateways, hosts = np.array(where[:layers]), np.array(where[layers:]).reshape(layers, experts)
        best_s = min(best_s, expected_s(problem, Hosts(gateways=gateways, experts=hosts)))
    return best_s


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("layers", "experts", "limit", "satellites"),
    [(1, 2, 1, (1, 5)), (1, 3, 1, (1, 4)), (2, 1, 1, (1, 5)), (1, 2, 2, (1, 3)), (2, 1, None, (1, 3))],
)
def test_no_placement_of_a_tiny_model_beats_the_bound(seed, layers, experts, limit, satellites):
    layout = shell_layout(*satellites)
    problem = problem_of(
        layout,
        gating=any_gating(layers, experts, top_k=1 + seed % min(experts, 2), seed=seed),
        delay_s=any_delays(layout.satellites, slots=1 + seed % 3, seed=seed),
        expert_s=(0.002, 0.004),
        gateway_s=(0.001, 0.001),
        head_s=(0.003, 0.003),
        hosts_per_satellite=limit,
    )

    best_s = best_placement_s(problem, layers=layers, experts=experts, limit=limit)

    assert lower_bound_s(problem).token_s() <= best_s * (1 + ROUNDING)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("experts", [1, 2, 3])
def test_the_bound_of_one_layer_in_a_sky_that_stands_still_is_reached(seed, experts):
    layout = shell_layout(1, 5)
    problem = problem_of(
        layout,
        gating=any_gating(1, experts, seed=seed),
        delay_s=any_delays(5, slots=1, seed=seed),
        expert_s=(0.002, 0.004),
        gateway_s=(0.001, 0.005),
    )

    best_s = best_placement_s(problem, layers=1, experts=experts, limit=1)

    assert lower_bound_s(problem).token_s() == pytest.approx(best_s, rel=ROUNDING)


def test_two_layers_on_a_square_reach_the_bound():
    """Gateways and experts at the corners, 10 ms a side: each expert is 20 ms, both layers 40."""
    side_s, across_s = 0.010, 0.020
    corner = np.array([[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]])
    delay_s = np.choose(corner, [0.0, side_s, across_s])[np.newaxis]
    # The layout is of two planes of three; what the delays leave out is far from everything.
    everyone = np.full((1, 6, 6), 1.0)
    everyone[:, range(6), range(6)] = 0
    everyone[:, :4, :4] = delay_s
    problem = problem_of(shell_layout(2, 3), gating=any_gating(2, 1), delay_s=everyone)

    bound = lower_bound_s(problem)

    hosts = Hosts(gateways=np.array([0, 2]), experts=np.array([[1], [3]]))
    assert expected_s(problem, hosts) == pytest.approx(0.040, rel=ROUNDING)
    # Gateways that are neighbours have no satellite between them: 10 ms, and 20 over any other.
    assert bound.static_layers_s == pytest.approx([0.020, 0.020], rel=ROUNDING)
    assert bound.moving_layers_s == pytest.approx([0.010, 0.010], rel=ROUNDING)


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limit", [1, 3, None])
def test_no_algorithm_beats_the_bound(name, seed, limit):
    layout = shell_layout(4, 6)
    kind = np.where(np.random.default_rng(seed).random(24) < 0.3, 2, -1)
    problem = problem_of(
        layout,
        gating=any_gating(4, 4, top_k=1 + seed % 3, seed=seed),
        delay_s=any_delays(24, slots=4, seed=seed),
        kind=kind,
        expert_s=(0.001, 0.004, 0.002),
        gateway_s=(0.001, 0.002, 0.0005),
        head_s=(0.003, 0.003, 0.001),
        hosts_per_satellite=limit,
    )
    bound = lower_bound_s(problem)

    placement = place(PLACERS[name], problem, seed=seed)

    assert bound.token_s() <= expected_s(problem, placement) * (1 + ROUNDING)
    layers_s = expected_layers_s(
        placement,
        delays=problem.gateway_delays(placement.gateways),
        computing=problem.computing,
        gating=problem.gating,
    )
    assert (bound.static_layers_s <= layers_s * (1 + ROUNDING)).all()
    assert (bound.moving_layers_s <= bound.static_layers_s * (1 + ROUNDING)).all()


@pytest.mark.parametrize("seed", range(6))
def test_experts_chosen_anew_in_every_slot_do_not_beat_the_bound_for_them(seed):
    """For each slot the best host there is; the bound for experts that stay may be beaten."""
    layout = shell_layout(2, 3)
    delay_s = any_delays(6, slots=5, seed=seed)
    problem = problem_of(layout, gating=any_gating(2, 1, top_k=1), delay_s=delay_s)
    gateways = min(
        itertools.permutations(range(6), 2),
        key=lambda pair: delay_s[:, pair[0], pair[1]].mean(),
    )
    others = np.setdiff1d(np.arange(6), gateways)
    ways_s = [delay_s[:, a, others] + delay_s[:, others, b] for a, b in (gateways, reversed(list(gateways)))]
    dispatch = np.stack([others[way_s.argmin(axis=1)] for way_s in map(np.array, ways_s)], axis=1)
    hosts = Hosts(
        gateways=np.array(gateways), experts=dispatch[0][:, np.newaxis], dispatch=dispatch[..., np.newaxis]
    )

    assert lower_bound_s(problem).token_s(is_static=False) <= expected_s(problem, hosts) * (1 + ROUNDING)


def test_one_computer_takes_its_time_however_near_everything_is():
    """Six experts, three of which are activated, and the whole shell in one place: 3 x 4 ms on one computer.

    With three satellites that take two experts each, one computation each: 4 ms.
    """
    layout = shell_layout(1, 3)
    settings = {"gating": any_gating(1, 6, top_k=3), "expert_s": (0.004, 0.004)}
    far = np.full((1, 3, 3), 5.0)
    far[:, range(3), range(3)] = 0.0

    apart = problem_of(layout, delay_s=far, hosts_per_satellite=None, **settings)
    together = problem_of(layout, delay_s=np.zeros((1, 3, 3)), hosts_per_satellite=None, **settings)

    assert lower_bound_s(apart).token_s() == pytest.approx(0.012, rel=ROUNDING)
    assert lower_bound_s(together).token_s() == pytest.approx(0.004, rel=ROUNDING)


def test_delays_beyond_the_first_limit_count_in_full():
    """All satellites are 3 s apart: far more than the bound looks at first."""
    delay_s = np.full((2, 6, 6), 3.0)
    delay_s[:, range(6), range(6)] = 0.0
    problem = problem_of(shell_layout(2, 3), gating=any_gating(2, 2), delay_s=delay_s)

    assert lower_bound_s(problem).static_layers_s == pytest.approx([6.0, 6.0], rel=ROUNDING)


def test_a_sky_without_any_path_has_a_bound_too():
    delay_s = np.full((2, 6, 6), np.inf)
    delay_s[:, range(6), range(6)] = 0.0
    problem = problem_of(shell_layout(2, 3), gating=any_gating(2, 2), delay_s=delay_s)

    assert lower_bound_s(problem).token_s() > 10.0


def test_the_fastest_computers_count():
    """Expert computers take 4 ms, but one satellite's takes 1 ms; its neighbours' 4 ms bound nothing."""
    layout, kind = shell_layout(1, 4), np.array([2, -1, -1, -1])
    problem = problem_of(
        layout,
        gating=any_gating(1, 1, top_k=1),
        delay_s=np.zeros((1, 4, 4)),
        kind=kind,
        expert_s=(0.004, 0.004, 0.001),
        gateway_s=(0.002, 0.009, 0.003),
        head_s=(0.005, 0.009, 0.001),
    )

    assert lower_bound_s(problem).token_s() == pytest.approx(0.001 + 0.002 + 0.001, rel=ROUNDING)


def test_a_shell_without_room_for_a_layer_is_refused():
    problem = problem_of(
        shell_layout(1, 3), gating=any_gating(1, 2), expert_bytes=9 * GB, capacity_bytes=[8 * GB, 8 * GB]
    )

    with pytest.raises(PlacementError, match="room for 0 experts"):
        lower_bound_s(problem)


@pytest.mark.parametrize(("experts", "top_k"), [(5, 1), (5, 2), (6, 4), (4, 4)])
def test_prefix_weights_are_the_most_favourable_experts_by_enumeration(experts, top_k):
    gating = any_gating(3, experts, top_k=top_k)
    sets = gating.sets()

    weights = prefix_weights(gating)

    for layer in range(3):
        for size in range(1, experts + 1):
            most = max(
                sum(
                    chance
                    for members, chance in zip(sets.members[layer], sets.probability[layer], strict=True)
                    if set(members.tolist()) <= set(some)
                )
                for some in itertools.combinations(range(experts), size)
            )
            assert weights[layer, :size].sum() == pytest.approx(most, abs=1e-12)


def test_prefix_weights_of_many_experts_are_those_of_the_heaviest_first():
    """Twenty experts, K = 2: the probability of two of the r heaviest by summation."""
    gating = any_gating(1, 20, top_k=2)
    sets, weights = gating.sets(), gating.weights[0]
    heaviest = np.argsort(-weights)

    found = np.cumsum(prefix_weights(gating)[0])

    for size in range(1, 21):
        inside = np.isin(sets.members[0], heaviest[:size]).all(axis=1)
        assert found[size - 1] == pytest.approx(sets.probability[0][inside].sum(), abs=1e-12)


def test_prefix_weights_of_a_trace_of_many_experts_are_not_too_small():
    """No set of experts of any size holds the activated ones more often than the weights say."""
    random = np.random.default_rng(1)
    tokens = np.array([[random.permutation(18)[:3]] for _ in range(40)])
    gating = ReplayedTrace(activations=tokens, experts=18)
    found = np.cumsum(prefix_weights(gating)[0])

    for size in range(3, 19):
        for _ in range(200):
            some = random.permutation(18)[:size]
            assert np.isin(tokens[:, 0], some).all(axis=1).mean() <= found[size - 1] + 1e-12
    assert found[-1] == pytest.approx(1.0)
    assert (found[:2] == 0).all()


def test_equal_experts_have_prefix_weights_in_closed_form():
    """P(A within r of E) = C(r, K) / C(E, K)."""
    for experts in (8, 24):
        gating = SuccessiveSampling(weights=np.full((1, experts), 1 / experts), top_k=3)
        closed = [comb(size, 3) / comb(experts, 3) for size in range(1, experts + 1)]
        assert np.cumsum(prefix_weights(gating)[0]) == pytest.approx(closed, abs=1e-12)
