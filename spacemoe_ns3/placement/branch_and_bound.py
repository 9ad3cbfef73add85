r"""One layer's experts on satellites, best first, until no assignment can be better.

The expected latency of a layer is ``sum over sets A of p(A) F(x(A))``, with x(e) the satellite of expert e
and ``F(S) = mean over slots of the last of S``. F grows with S, and for K = 2 the sum is a quadratic
assignment problem. With the experts D placed already, a set A = B + U has a part B in D and a part U that is
still to be placed. If U is empty its term is known; else it is shared out evenly among the experts of U, and

    F(x(A)) >= v_B(x(i), x(j)) = F(x(B) + x(i) + x(j))   for any i, j in U,

so for expert i at place s the others of U cost at least as much as if they were on the places j of the least
``v_B(s, j)``: of the sets that count, those whose others are all on the first r such places have at most the
probability of the most favourable r experts. That gives each expert a cost at each place, whatever the others
do, and the assignment of the least total cost bounds all assignments. While nobody is placed, v may be raised
to its least over a third place if K > 2, as so many are activated.

A satellite with room for several experts is as many places; F counts that it computes one after the other.

References
----------
For K = 2: Gilmore 1962, Optimal and suboptimal algorithms for the quadratic assignment problem, J. SIAM 10;
Lawler 1963, The quadratic assignment problem, Management Science 9.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.placement.local_search import ROUNDING, LayerTask

MOST_EXPERTS = 12  # tables have 2^E rows
_MOST_TRIPLES = 40_000_000  # numbers compared for triples of satellites: time
_SUBSETS_OF_A_NODE = 32  # a partial assignment with more subsets counts as several


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """An assignment, and what is known about better ones.

    Parameters
    ----------
    hosts
        Candidate of each expert, shape (E,).
    value_s
        Its expected latency in seconds.
    bound_s
        No assignment has less.
    nodes
        Partial assignments looked at, counted likewise.
    """

    hosts: np.ndarray
    value_s: float
    bound_s: float
    nodes: int = 0

    @property
    def is_proven(self) -> bool:
        """Whether no assignment is better, rounding aside."""
        return self.bound_s >= self.value_s * (1 - ROUNDING)


def branch_and_bound(task: LayerTask, hosts: np.ndarray, *, most_nodes: int) -> Solution:
    """Find the best assignment of a layer's experts.

    Parameters
    ----------
    task
        What to assign; at most 12 experts, and room for them.
    hosts
        Candidate of each expert, shape (E,): an assignment to begin with, the better the faster.
    most_nodes
        Partial assignments to look at before giving up; one with over 32 subsets counts as several.

    Returns
    -------
    The best assignment found, and a bound: its own latency if that is proven to be the least.
    """
    search = _Search(task=task, hosts=hosts, value_s=task.value_s(hosts))
    bound_s = search.run(most_nodes)
    return Solution(hosts=search.hosts, value_s=search.value_s, bound_s=bound_s, nodes=search.nodes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Node:
    """A partial assignment: candidates of the first k experts in the order of the search."""

    placed: tuple[int, ...]
    last_s: np.ndarray  # when the last of each subset of them is done, by bit mask, shape (2^k, T)
    value_s: float  # of the sets of which all are placed
    places: np.ndarray  # what is left for the others: candidates, each as often as it has room


@dataclass(slots=True, kw_only=True)
class _Search:
    """A search under way. Experts go by their place in its order: the least active first."""

    task: LayerTask
    hosts: np.ndarray
    value_s: float
    nodes: int = 0
    order: np.ndarray = field(init=False)  # experts
    chance: np.ndarray = field(init=False)  # of each set, by bit mask, shape (2^E,)
    twins: list[int] = field(init=False)  # the last expert before that is interchangeable with each, or -1
    weights: list[list[tuple[int, np.ndarray]]] = field(init=False)  # see _weights, by experts placed
    pair_s: np.ndarray = field(init=False)  # v of pairs of candidates while nobody is placed, shape (C, C)
    allowed: np.ndarray = field(init=False)  # candidates that each expert may be on, shape (E, C)

    def __post_init__(self) -> None:
        task = self.task
        self.order = np.argsort(task.activation_probability(), kind="stable")
        position = np.argsort(self.order)
        self.chance = np.zeros(2**task.experts)
        np.add.at(self.chance, (1 << position[task.members]).sum(axis=1), task.probability)
        self.twins = [_twin(self.chance, expert) for expert in range(task.experts)]
        self.weights = [_weights(self.chance, placed) for placed in range(task.experts)]
        self.pair_s = _pairs_s(task.way_s, task.way_s + task.computing_s)
        self.allowed = np.tile(_is_useful(task), (task.experts, 1))

    def run(self, most_nodes: int) -> float:
        """Search until nothing better is possible or the nodes are used up; return the bound."""
        self._rule_out()
        if self.task.top_k > 2 and self._raise_pairs():
            self._rule_out()
        waiting: list[tuple[float, int, int, tuple[int, ...]]] = [(0.0, 0, 0, ())]
        number = 0
        while waiting and not self._is_hopeless(waiting[0][0]):
            if self.nodes >= most_nodes:
                return min(waiting[0][0], self.value_s)
            *_, placed = heapq.heappop(waiting)
            self.nodes += 1 + len(self.weights[len(placed)]) // _SUBSETS_OF_A_NODE
            for bound_s, candidate in self._children(self._node(placed)):
                number += 1
                heapq.heappush(waiting, (bound_s, -len(placed), number, (*placed, candidate)))
        return self.value_s

    def _is_hopeless(self, bound_s: float) -> bool:
        return bound_s >= self.value_s * (1 - ROUNDING)

    def _node(self, placed: tuple[int, ...]) -> _Node:
        """Return what is known when the first experts are placed."""
        task, count = self.task, len(placed)
        last_s = np.full((2**count, len(task.way_s)), -np.inf)
        for expert, candidate in enumerate(placed):
            without, having = slice(0, 1 << expert), slice(1 << expert, 2 << expert)
            together = sum(1 << other for other in range(expert) if placed[other] == candidate)
            behind_s = _sizes(np.arange(1 << expert) & together) * task.computing_s[candidate]
            own_s = task.way_s[:, candidate] + behind_s[:, np.newaxis]
            np.maximum(last_s[without], own_s, out=last_s[having])
        left = task.room - np.bincount(np.array(placed, np.int64), minlength=len(task.room))
        left = np.where(self.allowed[count:].any(axis=0), np.minimum(left, task.experts - count), 0)
        return _Node(
            placed=placed,
            last_s=last_s,
            value_s=float(self.chance[1 : 2**count] @ last_s[1:].mean(axis=1)),
            places=np.repeat(np.arange(len(left)), left),
        )

    def _children(self, node: _Node) -> list[tuple[float, int]]:
        """Return the candidates of the next expert that may still be better, each with its bound."""
        expert = len(node.placed)
        least = node.placed[self.twins[expert]] if self.twins[expert] >= 0 else 0
        cost_s, children = self._cost_s(node), []
        for candidate, place in zip(*np.unique(node.places, return_index=True), strict=True):
            if candidate < least:
                continue
            bound_s, others = self._bound_s(node, cost_s, row=0, place=int(place))
            if self._is_hopeless(bound_s):
                continue
            whole = (*node.placed, int(candidate), *others)
            hosts = np.empty(len(whole), np.int64)
            hosts[self.order] = whole
            value_s = self.task.value_s(hosts)
            if value_s < self.value_s:
                self.hosts, self.value_s = hosts, value_s
            if others:
                children.append((bound_s, int(candidate)))
        return [child for child in children if not self._is_hopeless(child[0])]

    def _bound_s(
        self, node: _Node, cost_s: np.ndarray, *, row: int, place: int
    ) -> tuple[float, tuple[int, ...]]:
        """Return a bound with one more expert at a place, and where the others would be then."""
        from scipy.optimize import linear_sum_assignment

        bound_s = node.value_s + cost_s[row, place]
        if self._is_hopeless(bound_s):
            return bound_s, ()
        rest = np.delete(np.arange(len(node.places)), place)
        rest_s = np.delete(cost_s, row, axis=0)[:, rest]
        try:
            rows, columns = linear_sum_assignment(rest_s)
        except ValueError:  # nowhere is left for one of them
            return np.inf, ()
        bound_s = float(bound_s + rest_s[rows, columns].sum())
        return bound_s, tuple(node.places[rest[columns]].tolist())

    def _cost_s(self, node: _Node) -> np.ndarray:
        """Return what each expert to be placed costs at least at each place, shape (E - k, places)."""
        task, count = self.task, len(node.placed)
        some, which = np.unique(node.places, return_inverse=True)
        cost_s = np.zeros((task.experts - count, len(which)))
        if len(which) < len(cost_s):
            return np.full_like(cost_s, np.inf)
        for mask, weights in self.weights[count]:
            here = [node.placed[expert] for expert in range(count) if mask >> expert & 1]
            behind = np.bincount(np.array(here, np.int64), minlength=len(task.room))[some]
            way_s = np.maximum(node.last_s[mask][:, np.newaxis], _behind(task, some, behind))
            cost_s += weights[:, :1] * way_s.mean(axis=0)[which]
            if not weights[:, 1:].any():
                continue
            if mask:
                pair_s = _pairs_s(way_s, np.maximum(way_s, _behind(task, some, behind + 1)))
            else:
                pair_s = self.pair_s[np.ix_(some, some)]
            pair_s = pair_s[np.ix_(which, which)]
            np.fill_diagonal(pair_s, np.inf)
            pair_s.partition(len(cost_s) - 2, axis=1)
            cost_s += weights[:, 1:] @ np.sort(pair_s[:, : len(cost_s) - 1], axis=1).T
        cost_s[~self.allowed[count:, node.places]] = np.inf
        return cost_s

    def _rule_out(self) -> None:
        """Rule out candidates for experts that cannot be on them in a better assignment."""
        before = -1
        while self.allowed.sum() != before:
            before = self.allowed.sum()
            node = self._node(())
            cost_s = self._cost_s(node)
            for candidate, place in zip(*np.unique(node.places, return_index=True), strict=True):
                for expert in np.flatnonzero(self.allowed[:, candidate]):
                    bound_s, _ = self._bound_s(node, cost_s, row=int(expert), place=int(place))
                    self.allowed[expert, candidate] = not self._is_hopeless(bound_s)

    def _raise_pairs(self) -> bool:
        """Raise v of pairs to its least over a third candidate; return whether there was time for it."""
        task, some = self.task, np.flatnonzero(self.allowed.any(axis=0))
        if not 0 < len(some) ** 3 * len(task.way_s) <= _MOST_TRIPLES:
            return False
        way_s, room = task.way_s[:, some], task.room[some]
        twice_s, thrice_s = (_behind(task, some, np.full(len(some), count)) for count in (1, 2))
        # A third on the second.
        again_s = np.where(room >= 2, _pairs_s(way_s, way_s, others_s=twice_s), np.inf)
        for one, candidate in enumerate(some):
            third_s = _pairs_s(*(np.maximum(each, way_s[:, [one]]) for each in (way_s, twice_s)))
            third_s[:, one] = again_s[:, one]  # on the first itself
            np.fill_diagonal(third_s, again_s[one])
            third_s[one] = np.maximum(twice_s[:, [one]], way_s).mean(axis=0)
            third_s[one, one] = thrice_s[:, one].mean() if room[one] >= 3 else np.inf
            self.pair_s[candidate, some] = np.maximum(self.pair_s[candidate, some], third_s.min(axis=1))
        return True


def _behind(task: LayerTask, candidates: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Return the ways through candidates behind so many others, shape (T, n)."""
    ways: np.ndarray = task.way_s[:, candidates] + behind * task.computing_s[candidates]
    return ways


def _pairs_s(way_s: np.ndarray, again_s: np.ndarray, *, others_s: np.ndarray | None = None) -> np.ndarray:
    """Return the mean over slots of the later of two, shape (n, n).

    ``way_s`` is of the first, ``others_s`` of the second (as of the first if not given), ``again_s`` of the
    second where both are on one candidate, all of shape (T, n).
    """
    others_s = way_s if others_s is None else others_s
    pair_s = np.array([np.maximum(others_s, one[:, np.newaxis]).mean(axis=0) for one in way_s.T])
    np.fill_diagonal(pair_s, again_s.mean(axis=0))
    return pair_s


def _is_useful(task: LayerTask) -> np.ndarray:
    """Return which candidates some best assignment needs, shape (C,).

    Not one that has E others, each at least as near in every slot: one of them is empty whenever it is used.
    """
    useful = task.room > 0
    for candidate in np.flatnonzero(useful):
        own_s = task.way_s[:, [candidate]]
        is_nearer = (task.way_s <= own_s).all(axis=0) & (task.room > 0)
        is_equal = (task.way_s == own_s).all(axis=0)
        is_nearer[candidate:] &= ~is_equal[candidate:]  # of equal ones the first counts as nearer
        useful[candidate] = is_nearer.sum() < task.experts
    return useful


def _sizes(masks: np.ndarray) -> np.ndarray:
    """Return how many bits are set in each mask."""
    sizes = np.zeros(masks.shape, np.int64)
    for expert in range(MOST_EXPERTS):
        sizes += masks >> expert & 1
    return sizes


def _twin(chance: np.ndarray, expert: int) -> int:
    """Return the last expert before one that may be swapped with it: no probability changes; -1 if none."""
    masks = np.arange(len(chance))
    for other in reversed(range(expert)):
        differs = (masks >> expert ^ masks >> other) & 1
        swapped = masks ^ (differs << expert | differs << other)
        if np.allclose(chance[swapped], chance, rtol=ROUNDING, atol=0):
            return other
    return -1


def _weights(chance: np.ndarray, placed: int) -> list[tuple[int, np.ndarray]]:
    """Return how much each of the least v counts, when the first experts are placed.

    Returns
    -------
    For each set B of placed ones that is part of a set with others: its mask, and weights of shape (E - k,
    E - k): for each expert i to be placed, that of v with no other (the way itself), and those of the least,
    second least, ... v over the others.
    """
    remaining = (len(chance) - 1).bit_length() - placed
    masks = np.arange(2**remaining)
    sizes, table = _sizes(masks), []
    for mask in range(2**placed):
        share = chance[masks << placed | mask] / np.maximum(sizes, 1)
        share[0] = 0.0
        if not share.any():
            continue
        for bit in range(remaining):  # sum over subsets
            halves = share.reshape(-1, 2, 1 << bit)
            halves[:, 1] += halves[:, 0]
        most = np.zeros((remaining, remaining))
        for expert in range(remaining):
            others = masks[masks >> expert & 1 == 0]
            np.maximum.at(most[expert], sizes[others], share[others | 1 << expert] - share[others])
        table.append((mask, np.diff(most, axis=1, prepend=0.0)))
    return table
