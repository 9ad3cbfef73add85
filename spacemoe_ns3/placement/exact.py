"""Exact: SpaceMoE's subnets and gateways, and the experts where the expected latency is least.

What a token waits for is the last of its K experts: ``mean over slots and activated sets of the maximum``.
Where paths change from slot to slot, satellites differ, experts share satellites or are correlated, sorting
by mean path latency need not make it least.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from spacemoe_ns3.checks import check_whole
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.moe import ActivationSets, Gating
from spacemoe_ns3.placement.base import Hosts, PlacementProblem
from spacemoe_ns3.placement.bound import prefix_weights
from spacemoe_ns3.placement.branch_and_bound import MOST_EXPERTS, Solution, branch_and_bound
from spacemoe_ns3.placement.local_search import LayerTask, descend
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets

MOST_NODES = 5_000
_DRAWN_SETS = 4_096  # where there are too many to enumerate
_SAMPLED_SLOTS = 25  # of a first search for many experts
_MOST_VALUES = 2_000_000  # ways of all sets in all slots, for a second search on all of them
_REACH = 16  # of a change for many experts, in places of the order by mean way
_EXPERTS_TOGETHER = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 64)  # on a satellite, to begin with
_NEVER_S = 1e9  # where no slot has a path


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """A placement, and how far from the best of its kind it can be.

    Parameters
    ----------
    hosts
        Who hosts what.
    layers_s
        Expected latency of each layer after its gateway has computed, in seconds, shape (L,); an estimate
        where activated sets are sampled.
    bounds_s
        What no other assignment in the same subnet, with the same gateways, can beat, in seconds, shape (L,).
    is_proven
        Whether each layer's assignment is the best, shape (L,).
    nodes
        Partial assignments looked at in each layer, shape (L,).
    """

    hosts: Hosts
    layers_s: np.ndarray
    bounds_s: np.ndarray
    is_proven: np.ndarray
    nodes: np.ndarray

    @property
    def gap(self) -> float:
        """How much less all layers together might take, as a share of what they take; 0 if all are proven."""
        left_s = np.where(self.is_proven, 0.0, np.maximum(self.layers_s - self.bounds_s, 0.0))
        return float(left_s.sum() / self.layers_s.sum()) if left_s.any() else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Place experts so that the exact expected latency is least, in SpaceMoE's subnets, with its gateways.

    Branch and bound to proven optimality for up to 12 experts a layer. For more, a search that goes on until
    moving one expert, or swapping two, within 16 satellites in the order of their mean ways helps no more:
    first on 25 slots, then on all if sets are few. With more than 20,000 sets, experts are sorted, and only
    how many share a satellite is chosen, on 4,096 drawn sets. Activated experts on one satellite are computed
    one after the other. Layers that share a subnet are placed one after the other.

    Where optimality is not proven, a remark says how much could be gained at most; :meth:`solve` tells it
    layer by layer.

    Parameters
    ----------
    most_nodes
        Partial assignments of a layer to look at before giving up the proof; where many experts are
        activated, one counts as several, as it takes longer.

    Raises
    ------
    ScenarioError
        If ``most_nodes`` is not a whole number of at least 1.
    """

    most_nodes: int = MOST_NODES

    def __post_init__(self) -> None:
        check_whole("placements.exact.most_nodes", self.most_nodes, least=1)

    @property
    def name(self) -> str:
        """Name of the algorithm, with the limit if it is not the default."""
        return "exact" if self.most_nodes == MOST_NODES else f"exact-{self.most_nodes}"

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Place a model.

        Parameters
        ----------
        problem
            What to place, and where.
        random
            The stream to draw from.

        Raises
        ------
        PlacementError
            If the shell has too little room.
        """
        optimum = self.solve(problem, random)
        unproven = int((~optimum.is_proven).sum())
        if not unproven:
            return optimum.hosts
        remark = (
            f"{unproven} of {problem.layers} layers are not proven to be placed best; the best may be up to "
            f"{optimum.gap * 100:.2g} % faster"
        )
        if optimum.nodes.max() >= self.most_nodes:
            remark += f"; most_nodes={self.most_nodes}, raise it to search on"
        return replace(optimum.hosts, remarks=(remark,))

    def solve(self, problem: PlacementProblem, random: np.random.Generator) -> Optimum:
        """Place a model, and tell how far from the best the placement can be.

        Parameters
        ----------
        problem
            What to place, and where.
        random
            The stream to draw from.

        Raises
        ------
        PlacementError
            If the shell has too little room.
        """
        subnets, room = ring_of_subnets(problem), problem.room()
        gateways = central_gateways(problem, subnets, room=room)
        before = room.for_experts()
        all_sets, weights = problem.gating.sets(), prefix_weights(problem.gating)
        sets = all_sets or _drawn(problem.gating, random)
        alone = Counter(subnet.tobytes() for subnet in subnets)
        experts, solutions = [], []
        for layer, subnet in enumerate(subnets):
            whole = _task(problem, gateways, layer=layer, satellites=subnet, places=before)
            candidates = subnet[room.for_experts()[subnet] > 0]
            task = _task(problem, gateways, layer=layer, satellites=candidates, places=room.for_experts())
            likely = sets.probability[layer] > 0
            task = replace(
                task, members=sets.members[layer][likely], probability=sets.probability[layer][likely]
            )
            solution = self._solve_layer(task, has_all_sets=all_sets is not None)
            if alone[subnet.tobytes()] > 1 or task.experts > MOST_EXPERTS:
                solution = replace(solution, bound_s=_sorted_bound_s(whole, weights[layer]))
            solutions.append(solution)
            experts.append(candidates[solution.hosts])
            for satellite in experts[-1].tolist():
                room.take_expert(satellite)
        return Optimum(
            hosts=Hosts(gateways=gateways, experts=np.array(experts)),
            layers_s=np.array([solution.value_s for solution in solutions]),
            bounds_s=np.array([solution.bound_s for solution in solutions]),
            is_proven=np.array([solution.is_proven for solution in solutions]),
            nodes=np.array([solution.nodes for solution in solutions]),
        )

    def _solve_layer(self, task: LayerTask, *, has_all_sets: bool) -> Solution:
        """Return the best assignment of one layer, or for many experts one that no single change betters."""
        best = min(_starts(task), key=task.value_s)
        if task.experts <= MOST_EXPERTS:
            return branch_and_bound(task, descend(task, best)[0], most_nodes=self.most_nodes)
        if has_all_sets:
            slots = np.linspace(0, len(task.way_s) - 1, min(len(task.way_s), _SAMPLED_SLOTS))
            rough = replace(task, way_s=task.way_s[slots.astype(np.intp)])
            found, _ = descend(rough, best, reach=_REACH)
            if task.members.size * len(task.way_s) <= _MOST_VALUES:
                found, _ = descend(task, found, reach=_REACH)
            best = min(best, found, key=task.value_s)
        return Solution(hosts=best, value_s=task.value_s(best), bound_s=0.0)


def _task(
    problem: PlacementProblem, gateways: np.ndarray, *, layer: int, satellites: np.ndarray, places: np.ndarray
) -> LayerTask:
    """Return the task of a layer on some satellites, nothing being activated yet."""
    way_s = problem.way_s(gateways, layer, satellites)
    computing_ns = problem.computing.at_ns(satellites, layer=layer, gateways=gateways)
    return LayerTask(
        way_s=np.where(np.isfinite(way_s), way_s, _NEVER_S),
        computing_s=computing_ns / NANOSECONDS_PER_SECOND,
        room=places[satellites],
        experts=problem.experts,
        members=np.empty((0, problem.gating.top_k), np.intp),
        probability=np.empty(0),
    )


def _drawn(gating: Gating, random: np.random.Generator) -> ActivationSets:
    """Return drawn sets, each as likely, where there are too many for all."""
    drawn = gating.draw(_DRAWN_SETS, random).astype(np.intp)
    return ActivationSets(
        members=drawn.swapaxes(0, 1),
        probability=np.full((gating.layers, _DRAWN_SETS), 1 / _DRAWN_SETS),
    )


def _starts(task: LayerTask) -> list[np.ndarray]:
    """Return assignments to begin with: sorted, with at most 1, 2, 3, ... experts on a satellite."""
    most = min(int(task.room.max()), task.experts)
    limits = [at_most for at_most in _EXPERTS_TOGETHER if at_most < most]
    return [
        task.nearest(at_most=at_most)
        for at_most in (*limits, most)
        if np.minimum(task.room, at_most).sum() >= task.experts
    ]


def _sorted_bound_s(task: LayerTask, weights: np.ndarray) -> float:
    """Return what no assignment can beat: the maximum of the means of fixed ways, sorted.

    ``weights`` are those of :func:`spacemoe_ns3.placement.bound.prefix_weights`, where the proof is.
    """
    mean_s = np.sort(np.repeat(task.way_s.mean(axis=0), task.room))[: task.experts]
    return float(weights @ mean_s)
