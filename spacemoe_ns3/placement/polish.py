"""Local search of the hosts of experts on the exact objective, slot by slot, the gateways being given."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.moe import ActivationSets
from spacemoe_ns3.placement.base import Hosts, PlacementProblem
from spacemoe_ns3.placement.objective import others_before
from spacemoe_ns3.placement.ring_state import RingState
from spacemoe_ns3.placement.search_space import SearchSpace

MOST_EXPERTS = 16  # of a layer: the probabilities of all subsets are tabulated
_WORTH_S = 1e-10  # smaller gains are rounding
_CHOICES, _SHARED_CHOICES = 4, 2  # times the experts of a layer: satellites that are looked at
_MOST_IN_SETS = 1000  # experts in all sets of a layer together
_MOST_AT_ONCE = 1_000_000  # values of an array: memory, and slots are skipped where it takes more


def expected_slowest_s(ways_s: np.ndarray, containment: np.ndarray) -> np.ndarray:
    """Return the expected largest way of the activated experts of one layer.

    Parameters
    ----------
    ways_s
        Of each expert, shape (..., E), any unit.
    containment
        Probability that all activated experts are in a subset, by bit mask, shape (2^E,).

    Returns
    -------
    Shape (...).

    Examples
    --------
    Two of three experts alike: the slowest is activated with probability 2/3.

    >>> containment = np.array([0, 0, 0, 1 / 3, 0, 1 / 3, 1 / 3, 1.0])
    >>> float(expected_slowest_s(np.array([1.0, 2.0, 5.0]), containment).round(6))
    4.0
    """
    order = np.argsort(ways_s, axis=-1)
    inside = containment[np.cumsum(1 << order, axis=-1)]
    ordered = np.take_along_axis(ways_s, order, axis=-1)
    slowest: np.ndarray = ordered[..., -1] - (inside[..., :-1] * np.diff(ordered, axis=-1)).sum(axis=-1)
    return slowest


@dataclass(slots=True, kw_only=True)
class Polish:
    """A placement with given gateways whose experts are being moved.

    Experts of a layer that share a satellite are computed one after the other, as in
    :mod:`spacemoe_ns3.placement.objective`; where the sets that tokens activate are too many to go through,
    none come to share one.

    Parameters
    ----------
    problem, space
        What to place, and where; at most :data:`MOST_EXPERTS` experts a layer.
    gateways
        Indices of the gateways' satellites in the space, shape (L,).
    hosts
        Index of each expert's satellite, shape (L, E); changed in place.
    """

    problem: PlacementProblem
    space: SearchSpace
    gateways: np.ndarray
    hosts: np.ndarray
    costs_s: np.ndarray = field(init=False)
    sets: ActivationSets | None = field(init=False)
    choices: list[np.ndarray] = field(init=False, default_factory=list)
    tables: list[np.ndarray] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        layers = self.space.layers
        self.costs_s = np.zeros(layers)
        sets = self.problem.gating.sets()
        self.sets = sets if sets is not None and sets.members[0].size <= _MOST_IN_SETS else None
        for layer in range(layers):
            self.choices.append(np.empty(0, np.int64))
            self.tables.append(np.empty(0))
            self._tabulate(layer)

    def run(self) -> np.ndarray:
        """Move and exchange experts until nothing gains; return the hosts."""
        waiting = set(range(self.space.layers))
        while waiting:
            layer = min(waiting)
            waiting.discard(layer)
            waiting |= self._improve(layer)
        return self.hosts

    def _ways_s(self, layer: int, indices: np.ndarray) -> np.ndarray:
        """Return ways over satellites in some slots, shape (T', n)."""
        satellites = self.space.satellites
        ways_s = self.problem.way_s(satellites[self.gateways], layer, satellites[indices])
        in_sets = 0 if self.space.is_exclusive or self.sets is None else self.sets.members[layer].size
        values = ways_s.shape[0] * self._looked_at() * self.space.experts * max(in_sets, self.space.experts)
        return ways_s[:: max(1, round(values / _MOST_AT_ONCE))]

    def _looked_at(self) -> int:
        """Return how many satellites are looked at for an expert."""
        return (_CHOICES if self.space.is_exclusive else _SHARED_CHOICES) * self.space.experts

    def _means_s(self, layer: int, ways_s: np.ndarray, hosts: np.ndarray) -> np.ndarray:
        """Return the expected latency of a layer hosted in several ways.

        Parameters
        ----------
        layer
            Which.
        ways_s, hosts
            Of each expert, shapes (T', n, E) and (n, E).

        Returns
        -------
        Mean over slots, shape (n,); infinite where experts share satellites and sets are too many.
        """
        ordered = np.sort(hosts, axis=1)
        shares = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
        means_s = np.full(len(hosts), np.inf)
        containment = self.problem.gating.containment()[layer]
        means_s[~shares] = expected_slowest_s(ways_s[:, ~shares], containment).mean(axis=0)
        if self.sets is not None and shares.any():
            members, chance = self.sets.members[layer], self.sets.probability[layer]
            expert_s = self.space.expert_s(layer, self._has_gateway())[hosts[shares]]
            behind_s = others_before(hosts[shares][:, members]) * expert_s[:, members]  # (n', sets, K)
            for index, which in enumerate(np.flatnonzero(shares)):
                finish_s = ways_s[:, which][:, members] + behind_s[index]
                means_s[which] = finish_s.max(axis=2).mean(axis=0) @ chance
        return means_s

    def _tabulate(self, layer: int) -> None:
        """Bring the cost of a layer, and what it would be with each expert elsewhere, up to date."""
        hosts = self.hosts[layer]
        mean_s = self.space.way_s(layer, self.gateways, self._has_gateway())
        near = np.argsort(mean_s, kind="stable")[: self._looked_at()]
        if self.space.is_exclusive:
            near = np.setdiff1d(near, self.gateways)
        choices = np.union1d(near, hosts)
        ways_s = self._ways_s(layer, choices)
        own_s = ways_s[:, np.searchsorted(choices, hosts)]
        trial_s = np.repeat(own_s[:, np.newaxis], len(choices), axis=1)  # (T', F, E)
        elsewhere = np.repeat(hosts[np.newaxis], len(choices), axis=0)
        table = np.empty((self.space.experts, len(choices)))
        for expert in range(self.space.experts):
            trial_s[:, :, expert], elsewhere[:, expert] = ways_s, choices
            table[expert] = self._means_s(layer, trial_s, elsewhere)
            trial_s[:, :, expert], elsewhere[:, expert] = own_s[:, expert, np.newaxis], hosts[expert]
        self.costs_s[layer] = self._means_s(layer, own_s[:, np.newaxis], hosts[np.newaxis])[0]
        self.choices[layer], self.tables[layer] = choices, table

    def _improve(self, layer: int) -> set[int]:
        """Make the best change of a layer, if any gains, and return the layers that changed."""
        best = min(self._within(layer), self._elsewhere(layer), self._exchanged(layer))
        if best[0] >= -_WORTH_S:
            return set()
        _, expert, satellite, theirs, other = best
        if theirs >= 0:
            self.hosts[theirs, other] = self.hosts[layer, expert]
        self.hosts[layer, expert] = satellite
        changed = {layer} | ({theirs} if theirs >= 0 else set())
        for each in changed:
            self._tabulate(each)
        return changed

    def _within(self, layer: int) -> tuple[float, int, int, int, int]:
        """Return the best exchange of two experts of a layer: gain, expert, satellite, layer, expert."""
        hosts = self.hosts[layer]
        one, other = np.triu_indices(len(hosts), 1)
        if not len(one):
            return (0.0, 0, int(hosts[0]), -1, -1)
        swapped = np.repeat(np.arange(len(hosts))[np.newaxis], len(one), axis=0)
        row = np.arange(len(one))
        swapped[row, one], swapped[row, other] = other, one
        cost_s = self._means_s(layer, self._ways_s(layer, hosts)[:, swapped], hosts[swapped])
        best = int(cost_s.argmin())
        gain_s = float(cost_s[best] - self.costs_s[layer])
        return (gain_s, int(one[best]), int(hosts[other[best]]), layer, int(other[best]))

    def _elsewhere(self, layer: int) -> tuple[float, int, int, int, int]:
        """Return the best move of an expert of a layer to a satellite with room."""
        choices = self.choices[layer]
        free = self._fits_expert()[choices]
        if not free.any():
            return (0.0, 0, int(self.hosts[layer, 0]), -1, -1)
        table = np.where(free, self.tables[layer], np.inf)
        expert, choice = np.unravel_index(int(table.argmin()), table.shape)
        return (float(table[expert, choice] - self.costs_s[layer]), int(expert), int(choices[choice]), -1, -1)

    def _exchanged(self, layer: int) -> tuple[float, int, int, int, int]:
        """Return the best exchange of an expert with another layer's."""
        best = (0.0, 0, int(self.hosts[layer, 0]), -1, -1)
        hosts, choices = self.hosts[layer], self.choices[layer]
        inside = np.isin(self.hosts, choices)
        inside[layer] = False
        for theirs, other in np.argwhere(inside):
            satellite, their_choices = self.hosts[theirs, other], self.choices[theirs]
            place = np.minimum(np.searchsorted(their_choices, hosts), len(their_choices) - 1)
            can = (their_choices[place] == hosts) & (hosts != satellite)
            ours_s = self.tables[layer][:, np.searchsorted(choices, satellite)]
            cost_s = np.where(can, ours_s + self.tables[theirs][other, place], np.inf)
            expert = int(cost_s.argmin())
            gain_s = float(cost_s[expert] - self.costs_s[layer] - self.costs_s[theirs])
            best = min(best, (gain_s, expert, int(satellite), int(theirs), int(other)))
        return best

    def _has_gateway(self) -> np.ndarray:
        return np.bincount(self.gateways, minlength=len(self.space.satellites)) > 0

    def _fits_expert(self) -> np.ndarray:
        """Return which satellites have room for one more expert, shape (C,)."""
        size = len(self.space.satellites)
        return self.space.fits_expert(
            held=np.bincount(self.hosts.ravel(), minlength=size),
            gates=np.bincount(self.gateways, minlength=size),
            gate_bytes=np.bincount(self.gateways, weights=self.space.gateway_bytes, minlength=size),
        )


def polished(problem: PlacementProblem, space: SearchSpace, state: RingState) -> Hosts:
    """Return the hosts of a state, experts moved until nothing gains slot by slot.

    Parameters
    ----------
    problem, space
        What to place, and where; with more than 16 experts a layer nothing is moved.
    state
        Gateways and hosts.
    """
    gateways, experts = space.satellites[state.gateways], space.assign(state.near)
    if space.experts <= MOST_EXPERTS:
        hosts = np.searchsorted(space.satellites, experts)
        polishing = Polish(problem=problem, space=space, gateways=state.gateways, hosts=hosts)
        experts = space.satellites[polishing.run()]
    return Hosts(gateways=gateways, experts=experts)
