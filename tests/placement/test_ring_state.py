"""States of a search: costs by definition, changes as predicted, and books that stay in balance."""

import numpy as np
import pytest
from placement.small_problems import any_gating, layer_by_hand_s, problem_of, shell_layout

from spacemoe_ns3.placement.ring_starts import draft, serpentine, settle, tours
from spacemoe_ns3.placement.ring_state import RingState, replacement_costs_s
from spacemoe_ns3.placement.search_space import search_space

ROUNDING_S = 1e-12
LAYERS, EXPERTS = 4, 3


def any_problem(*, hosts_per_satellite=1, seed=1, **settings):
    settings = {"expert_s": (0.001, 0.004), "gateway_s": (0.001, 0.004), **settings}
    layout = shell_layout(5, 6)
    gating = any_gating(LAYERS, EXPERTS, seed=seed)
    return problem_of(layout, gating=gating, hosts_per_satellite=hosts_per_satellite, **settings)


def any_state(space, *, seed=1):
    random = np.random.default_rng(seed)
    gateways = random.permutation(len(space.satellites))[:LAYERS]
    has_gateway = np.isin(np.arange(len(space.satellites)), gateways)
    room = np.full(len(space.satellites), space.places) - has_gateway
    return draft(space, gateways, room)


def rebuilt(state):
    return RingState(space=state.space, gateways=state.gateways, near=state.near)


def test_a_layer_costs_its_expected_slowest_expert_on_mean_ways():
    problem = any_problem()
    space = search_space(problem, samples=1)
    state = any_state(space)
    sets = problem.gating.sets()
    hosts = np.searchsorted(space.satellites, space.assign(state.near))

    for layer in range(LAYERS):
        by_hand_s = layer_by_hand_s(
            state.ways_s[layer][np.newaxis],
            np.zeros(len(space.satellites)),
            hosts[layer],
            members=sets.members[layer],
            probability=sets.probability[layer],
        )
        assert state.costs_s[layer] == pytest.approx(by_hand_s, abs=ROUNDING_S)


@pytest.mark.parametrize("experts", [1, 2, 5])
def test_replacing_a_host_costs_what_sorting_anew_costs(experts):
    random = np.random.default_rng(experts)
    ways_s, last_place = random.random(12), random.dirichlet(np.ones(experts))
    own_s = np.sort(random.random(experts))

    table = replacement_costs_s(ways_s, own_s, last_place)

    for place in range(experts):
        for satellite, way_s in enumerate(ways_s):
            sorted_s = np.sort(np.append(np.delete(own_s, place), way_s))
            assert table[place, satellite] == pytest.approx(last_place @ sorted_s, abs=ROUNDING_S)


@pytest.mark.parametrize("hosts_per_satellite", [1, 2, None])
@pytest.mark.parametrize("seed", range(5))
def test_books_balance_after_any_changes(hosts_per_satellite, seed):
    space = search_space(any_problem(hosts_per_satellite=hosts_per_satellite, seed=seed), samples=1)
    state, random = any_state(space, seed=seed), np.random.default_rng(seed)
    for _ in range(30):
        layer = int(random.integers(LAYERS))
        targets, exchanges = state.gateway_targets(layer, most=10)
        choice = int(random.integers(len(targets)))
        state.move_gateway(layer, int(targets[choice]), int(exchanges[choice]))
        before_s = state.total_s
        state.improve_experts(int(random.integers(LAYERS)))
        assert state.total_s <= before_s + ROUNDING_S

    anew = rebuilt(state)
    for name in ("ways_s", "costs_s", "held", "gates", "sharers", "gate_bytes", "expert_s"):
        assert np.allclose(getattr(anew, name), getattr(state, name), atol=ROUNDING_S), name
    assert ((state.held + state.gates) <= space.places).all()


@pytest.mark.parametrize("hosts_per_satellite", [1, 3])
def test_an_improvement_gains_what_the_tables_say(hosts_per_satellite):
    space = search_space(any_problem(hosts_per_satellite=hosts_per_satellite), samples=1)
    state = any_state(space)
    improved = 0
    for layer in range(LAYERS):
        table, cost_s = state.table(layer).copy(), float(state.costs_s[layer])
        free = state.fits_expert()
        promised_s = table[:, free].min() - cost_s
        before_s = state.total_s
        improved += bool(state.improve_experts(layer))
        assert state.total_s <= before_s + min(promised_s, 0.0) + ROUNDING_S
    assert improved


def test_a_copy_changes_on_its_own():
    state = any_state(search_space(any_problem(), samples=1))
    before = rebuilt(state)
    twin = state.copy()
    while any(twin.improve_experts(layer) or twin.improve_gateway(layer) for layer in range(LAYERS)):
        pass

    assert twin.total_s < state.total_s
    assert np.array_equal(before.near, state.near)
    assert np.array_equal(before.gateways, state.gateways)
    assert before.total_s == pytest.approx(state.total_s, abs=ROUNDING_S)


def test_a_gateway_goes_only_where_memory_holds_it():
    settings = {"gateway_bytes": 6, "expert_bytes": 4, "capacity_bytes": (10, 8)}
    problem = any_problem(hosts_per_satellite=None, **settings)
    state = settle_any(problem, search_space(problem, samples=1))
    looked_at = 0
    for layer in range(LAYERS):
        targets, exchanges = state.gateway_targets(layer, most=30)
        for target, exchange in zip(targets, exchanges, strict=True):
            trial = state.copy()
            trial.move_gateway(layer, int(target), int(exchange))
            capacity = np.where(trial.gates > 0, 10, 8)
            assert (6 * trial.gates + 4 * trial.held <= capacity).all()
            looked_at += 1
    assert looked_at > LAYERS


def settle_any(problem, space):
    states = (settle(tour, problem, space, plane=2, place=2.5) for tour in tours(problem))
    return next(state for state in states if state is not None)


@pytest.mark.parametrize(("rows", "columns"), [(2, 1), (2, 5), (4, 3), (6, 4), (8, 2)])
def test_a_serpentine_visits_every_cell_once_from_neighbour_to_neighbour(rows, columns):
    walk = serpentine(rows, columns)

    assert sorted(walk) == [(row, column) for row in range(rows) for column in range(columns)]
    for (row, column), (next_row, next_column) in zip(walk, [*walk[1:], walk[0]], strict=True):
        assert abs(row - next_row) + abs(column - next_column) == 1


@pytest.mark.parametrize("hosts_per_satellite", [1, 3, None])
def test_every_tour_has_a_site_for_each_layer_and_fits_the_shell(hosts_per_satellite):
    problem = any_problem(hosts_per_satellite=hosts_per_satellite)
    found = list(tours(problem))

    assert found
    for tour in found:
        assert len(tour.planes) == len(tour.places) == LAYERS
        assert len(set(zip(tour.planes.tolist(), tour.places.tolist(), strict=True))) == tour.sites
        assert tour.extent[0] <= 5
        assert tour.extent[1] <= 6


@pytest.mark.parametrize("hosts_per_satellite", [1, 3, None])
def test_what_settles_has_room(hosts_per_satellite):
    problem = any_problem(hosts_per_satellite=hosts_per_satellite)
    state = settle_any(problem, search_space(problem, samples=1))

    assert (state.held + state.gates).max() <= (hosts_per_satellite or 100)
    assert state.held.sum() == LAYERS * EXPERTS


def test_an_expert_that_is_put_where_it_is_counts_once():
    space = search_space(any_problem(hosts_per_satellite=3), samples=1)
    state = any_state(space)
    before = state.sharers.copy()

    for place in range(EXPERTS):
        state._rehost(0, place, int(state.near[0, place]))

    np.testing.assert_array_equal(state.sharers, before)
    np.testing.assert_array_equal(state.sharers, rebuilt(state).sharers)
