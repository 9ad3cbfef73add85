"""Replicated: experts live on several satellites, and a hidden state goes to the copy that is nearest now."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.placement.base import Hosts, PlacementProblem, Placer, Room
from spacemoe_ns3.placement.polish import MOST_EXPERTS, expected_slowest_s
from spacemoe_ns3.placement.scoring import best_of, check_base
from spacemoe_ns3.placement.spacemoe import SpaceMoE

_CHOICES = 3  # times the experts of a layer: satellites that a replica may go to
_WORTH_S = 1e-10  # smaller gains are rounding
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicated:
    """Give experts replicas on further satellites.

    In each slot a gateway dispatches to the copy with the shortest way there and on to the next gateway among
    those with a path now; gateways know the links of the slot, as routing does. Another placement says where
    gateways and first copies are. Replicas are added one by one, each where the expected latency falls most
    (greedily, as facilities are located: Cornuejols, Fisher & Nemhauser 1977), until nothing gains, or every
    hot expert has its copies, or the extra hosts are used up. For up to 16 experts a layer the gain is that
    of the exact objective, slot by slot; for more it is taken to first order: the probability that an expert
    was the last activated one without replicas, times what its way gets shorter.

    A replica goes to a satellite with room that has no other expert of its layer. A replica that is never the
    nearest is not kept.

    Parameters
    ----------
    copies
        Most satellites that an expert lives on, at least 2.
    hot
        Share of each layer's experts that may have replicas, the most active first, above 0 and at most 1.
    extra_hosts
        Most replicas in all; None for as many as gain.
    base
        Algorithm that places gateways and first copies.

    Raises
    ------
    ScenarioError
        If a value breaks a rule.

    Examples
    --------
    >>> Replicated(copies=3, hot=0.25).name
    'replicated-3-hot-25'
    """

    copies: int = 2
    hot: float = 1.0
    extra_hosts: int | None = None
    base: Placer = field(default_factory=SpaceMoE)

    def __post_init__(self) -> None:
        check_whole("placements.replicated.copies", self.copies, least=2)
        check_number("placements.replicated.hot", self.hot, above=0, most=1)
        if self.extra_hosts is not None:
            check_whole("placements.replicated.extra_hosts", self.extra_hosts, least=1)
        check_base("placements.replicated.base", self.base)

    @property
    def name(self) -> str:
        """Name of the algorithm, with the settings that are not the usual ones."""
        parts = [f"replicated-{self.copies}"]
        if self.hot < 1:
            parts.append(f"hot-{self.hot * _PERCENT:.0f}")
        if self.extra_hosts is not None:
            parts.append(f"extra-{self.extra_hosts}")
        if self.base.name != "spacemoe":
            parts.append(self.base.name)
        return "-".join(parts)

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Place a model.

        Parameters
        ----------
        problem
            What to place, and where.
        random
            The stream of the base algorithm.

        Raises
        ------
        PlacementError
            If the base algorithm cannot place the model.
        """
        base = self.base(problem, random)
        first = Hosts(gateways=np.asarray(base.gateways), experts=np.asarray(base.experts))
        replication = _Replication(problem=problem, base=first, copies=self.copies, hot=self._hot(problem))
        left = (
            self.extra_hosts
            if self.extra_hosts is not None
            else problem.layers * problem.experts * self.copies
        )
        while left > 0 and replication.add():
            left -= 1
        if not replication.has_replicas:
            return first
        return best_of(problem, [replace(first, dispatch=replication.nearest), first]) or first

    def _hot(self, problem: PlacementProblem) -> np.ndarray:
        """Return which experts may have replicas, shape (L, E)."""
        order = np.argsort(-problem.activation_probability(), axis=1, kind="stable")
        hot = np.zeros(order.shape, bool)
        np.put_along_axis(hot, order[:, : max(1, math.ceil(self.hot * problem.experts))], True, axis=1)
        return hot


@dataclass(slots=True, kw_only=True)
class _Replication:
    """Copies of experts while they are being added."""

    problem: PlacementProblem
    base: Hosts
    copies: int
    hot: np.ndarray
    room: Room = field(init=False)
    ways_s: list[np.ndarray] = field(init=False, default_factory=list)  # (T, C) of each layer's choices
    choices: list[np.ndarray] = field(init=False, default_factory=list)
    best_s: np.ndarray = field(init=False)  # (T, L, E) over the nearest copy
    nearest: np.ndarray = field(init=False)  # (T, L, E) satellites
    count: np.ndarray = field(init=False)  # (L, E) copies
    gains_s: list[np.ndarray] = field(init=False, default_factory=list)  # (E, C) of each layer
    last: np.ndarray | None = field(
        init=False, default=None
    )  # (T, L, E) that an expert is the last, at first

    def __post_init__(self) -> None:
        problem, base = self.problem, self.base
        self.room = problem.room()
        for layer, gateway in enumerate(base.gateways):
            self.room.take_gateway(int(gateway), layer)
        for satellite in base.experts.ravel():
            self.room.take_expert(int(satellite))
        free, members = self.room.for_experts(), problem.members
        home_s = []
        for layer, hosts in enumerate(base.experts):
            ways_s = problem.way_s(base.gateways, layer, members)
            open_to = np.flatnonzero((free[members] > 0) & ~np.isin(members, hosts))
            near = open_to[np.argsort(ways_s[:, open_to].mean(axis=0), kind="stable")]
            near = near[: _CHOICES * problem.experts]
            self.choices.append(members[near])
            self.ways_s.append(ways_s[:, near])
            home_s.append(ways_s[:, np.searchsorted(members, hosts)])
        self.best_s = np.stack(home_s, axis=1)
        self.nearest = np.broadcast_to(base.experts, self.best_s.shape).copy()
        self.count = np.ones(base.experts.shape, np.int64)
        self.gains_s = [np.empty(0)] * problem.layers
        self._tabulate(range(problem.layers))

    @property
    def has_replicas(self) -> bool:
        """Whether any expert has a replica."""
        return bool((self.count > 1).any())

    def add(self) -> bool:
        """Add the replica that gains most; return whether one gains."""
        free = self.room.for_experts()
        best = (_WORTH_S, -1, -1, -1)
        for layer, gains_s in enumerate(self.gains_s):
            can = (self.hot[layer] & (self.count[layer] < self.copies))[:, np.newaxis]
            open_to = (free[self.choices[layer]] > 0) & ~np.isin(self.choices[layer], self.nearest[:, layer])
            gains_s = np.where(can & open_to, gains_s, 0.0)
            if gains_s.size and gains_s.max() > best[0]:
                expert, choice = np.unravel_index(int(gains_s.argmax()), gains_s.shape)
                best = (float(gains_s[expert, choice]), layer, int(expert), int(choice))
        return self._copy(*best[1:]) if best[1] >= 0 else False

    def _copy(self, layer: int, expert: int, choice: int) -> bool:
        """Add a replica."""
        satellite, way_s = int(self.choices[layer][choice]), self.ways_s[layer][:, choice]
        is_nearer = way_s < self.best_s[:, layer, expert]
        self.nearest[is_nearer, layer, expert] = satellite
        self.best_s[is_nearer, layer, expert] = way_s[is_nearer]
        self.count[layer, expert] += 1
        self.room.take_expert(satellite)
        self._tabulate(range(layer, layer + 1))
        return True

    def _tabulate(self, layers: range) -> None:
        """Bring what each replica of some layers would gain up to date."""
        if self.problem.experts > MOST_EXPERTS:
            for layer in layers:
                self.gains_s[layer] = self._first_order_s(layer)
            return
        for layer in layers:
            containment = self.problem.gating.containment()[layer]
            own_s, ways_s = self.best_s[:, layer], self.ways_s[layer]
            now_s = expected_slowest_s(own_s, containment).mean()
            gains_s = np.empty((own_s.shape[1], ways_s.shape[1]))
            trial_s = np.repeat(own_s[:, np.newaxis], ways_s.shape[1], axis=1)
            for expert in range(len(gains_s)):
                trial_s[:, :, expert] = np.minimum(own_s[:, [expert]], ways_s)
                gains_s[expert] = now_s - expected_slowest_s(trial_s, containment).mean(axis=0)
                trial_s[:, :, expert] = own_s[:, [expert]]
            self.gains_s[layer] = gains_s

    def _first_order_s(self, layer: int) -> np.ndarray:
        """Return what each replica of a layer gains to first order, shape (E, C)."""
        own_s, ways_s = self.best_s[:, layer], self.ways_s[layer]
        if self.last is None:
            self.last = self.problem.gating.straggler_probability(self.best_s)
        last = self.last[:, layer]
        gains_s = np.empty((own_s.shape[1], ways_s.shape[1]))
        for expert in range(len(gains_s)):
            shorter_s = np.maximum(own_s[:, [expert]] - ways_s, 0.0)
            gains_s[expert] = last[:, expert] @ shorter_s / len(own_s)
        return gains_s
