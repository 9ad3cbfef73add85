"""Local search for gateways and hosts of all layers at once, on mean delays, within a budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.placement.base import PlacementProblem
from spacemoe_ns3.placement.ring_starts import Tour, settle, tours
from spacemoe_ns3.placement.ring_state import WORTH_S, RingState
from spacemoe_ns3.placement.search_space import SearchSpace

_VISIT = 40_000  # exchanges that could be looked at while a visit's arrays are being set up
_KICKS = 8  # nearest satellites that a gateway is thrown to
_HEAT = 0.08  # what annealing first puts up with, in mean costs of a layer
_BEST = 5  # states that annealing returns
_SHAPES, _DESCENTS = 6, 4  # tours that are tried at several positions, and from which a descent begins
_POSITIONS = (0.25, 0.5, 0.75)  # of the middle of a tour, in planes of the shell
_TURNS = 4  # positions along a plane

_Settled = tuple[RingState, tuple[Tour, float, float]]


@dataclass(slots=True, kw_only=True)
class Budget:
    """What a search may still look at: a count, not a time, so that results can be repeated.

    Parameters
    ----------
    exchanges
        Exchanges of hosts.
    """

    exchanges: float

    def spend(self, space: SearchSpace) -> None:
        """Count one visit to a layer."""
        others = space.layers * space.experts + len(space.satellites)
        self.exchanges -= _VISIT + space.experts * others


def descend(state: RingState, layers: set[int], budget: Budget) -> None:
    """Improve a state until no move of one host or gateway, and no exchange of two, gains.

    Parameters
    ----------
    state
        Changed in place.
    layers
        Where to look first.
    budget
        What may be looked at; the state is whole whenever it runs out.
    """
    waiting = set(layers)
    while waiting and budget.exchanges > 0:
        layer = min(waiting)
        waiting.discard(layer)
        budget.spend(state.space)
        waiting |= state.improve_experts(layer) or state.improve_gateway(layer)


def anneal(state: RingState, random: np.random.Generator, budget: Budget) -> list[RingState]:
    """Throw one gateway after the other somewhere near, descend, and keep what is not much worse.

    Parameters
    ----------
    state
        Where to begin.
    random
        The stream to draw from.
    budget
        What may be looked at; all of it is used.

    Returns
    -------
    The best states seen, at most five, the best first. The exact objective may rank them otherwise.

    References
    ----------
    Kirkpatrick, Gelatt & Vecchi 1983, Optimization by simulated annealing, Science 220, with local minima
    for states (Martin, Otto & Felten 1991, Large-step Markov chains for the travelling salesman problem).
    """
    best, whole = _kept([], state), max(budget.exchanges, 1.0)
    heat_s = _HEAT * state.total_s / state.space.layers
    while budget.exchanges > 0:
        trial = state.copy()
        layer = int(random.integers(state.space.layers))
        targets, exchanges = trial.gateway_targets(layer, most=_KICKS)
        budget.spend(state.space)
        if not len(targets):
            continue
        choice = int(random.integers(len(targets)))
        changed = trial.move_gateway(layer, int(targets[choice]), int(exchanges[choice]))
        descend(trial, changed, budget)
        allowance_s = heat_s * max(budget.exchanges, 0.0) / whole * random.exponential()
        if trial.total_s < state.total_s + allowance_s:
            state = trial
            best = _kept(best, state)
    return best


def _kept(best: list[RingState], state: RingState) -> list[RingState]:
    """Return the best of some states and one more, of equal ones the first."""
    is_known = any(abs(each.total_s - state.total_s) <= WORTH_S for each in best)
    if is_known or (len(best) == _BEST and state.total_s >= best[-1].total_s):
        return best
    twin = state.copy()
    twin.tables = [None] * state.space.layers  # memory
    return sorted([*best, twin], key=lambda each: each.total_s)[:_BEST]


def best_starts(
    problem: PlacementProblem, space: SearchSpace, budget: Budget, *, apart: bool = False
) -> list[RingState]:
    """Return the best of many tours after a descent from each of a few, the best first.

    Parameters
    ----------
    problem, space
        What to place, and where.
    budget
        What the descents may look at.
    apart
        Whether no two are to have the same number of sites.
    """
    shell = problem.layout.shells[problem.shell]
    middle = ((shell.planes - 1) / 2, (shell.places - 1) / 2)
    shapes = _ranked([(tour, *middle) for tour in tours(problem)], problem, space)
    shapes = (_one_of_each(shapes) if apart else shapes)[:_SHAPES]
    turns = [place * shell.places / _TURNS for place in range(_TURNS if shell.is_ring else 0)]
    elsewhere = [
        (tour, share * (shell.planes - 1), place)
        for _, (tour, _, _) in shapes
        for share in _POSITIONS
        for place in turns
        if tour.extent[0] <= 2 * min(share, 1 - share) * shell.planes
    ]
    ranked = sorted(shapes + _ranked(elsewhere, problem, space), key=lambda each: each[0].total_s)
    states = [state for state, _ in (_one_of_each(ranked) if apart else ranked)[:_DESCENTS]]
    for state in states:
        descend(state, set(range(space.layers)), budget)
    return sorted(states, key=lambda each: each.total_s)


def _one_of_each(ranked: list[_Settled]) -> list[_Settled]:
    """Return the first with each number of sites."""
    first: dict[int, _Settled] = {}
    for each in ranked:
        first.setdefault(each[1][0].sites, each)
    return list(first.values())


def _ranked(
    positions: list[tuple[Tour, float, float]], problem: PlacementProblem, space: SearchSpace
) -> list[_Settled]:
    """Return what fits of some tours and their positions, the best first."""
    settled = []
    for tour, plane, place in positions:
        state = settle(tour, problem, space, plane=plane, place=place)
        if state is not None:
            settled.append((state, (tour, plane, place)))
    return sorted(settled, key=lambda each: each[0].total_s)
