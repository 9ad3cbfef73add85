"""Replaced: experts are placed anew every so many slots, the bytes and the time of moving them charged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.constants import BITS_PER_BYTE, NANOSECONDS_PER_SECOND
from spacemoe_ns3.placement.base import Hosts, Moves, PlacementProblem, Placer
from spacemoe_ns3.placement.polish import MOST_EXPERTS, expected_slowest_s
from spacemoe_ns3.placement.scoring import best_of, check_base
from spacemoe_ns3.placement.search_space import last_place_probability
from spacemoe_ns3.placement.spacemoe import SpaceMoE

_CHOICES = 3  # times the experts of a layer: satellites that an expert may move to
_NEVER_S = 1e9
_PRICES = (0.0, 1.0, 3.0, 10.0)  # of a move while proposals are made, times what it costs a token


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """Move experts at the start of every epoch to where the epoch's slots want them.

    Gateways stay, as another placement has them, and so do experts in the first epoch. Then, for each layer,
    an assignment of experts to satellites (scipy.optimize.linear_sum_assignment) minimises activation
    probability times mean way in the epoch, plus a price of each move. Of proposals at several prices the one
    is taken whose expected latency in the epoch, plus what its moves cost a token, is least: in the exact
    objective over the epoch's slots for up to 16 experts a layer; for more, experts count by the places of
    their mean ways. If nothing has been gained in the end, experts stay where they were.

    A move carries the expert's weights from its last satellite to its next in the slot before it serves
    there. Packets follow one another over the hops, so that takes ``8 bytes / rate`` at the least rate of any
    link, and the message delay of the way over the layer's gateway, which is at least that of the shortest
    way. Moves that take longer than a slot are not made. A satellite that an expert moves to has room for it
    while the one before still serves; an expert's first satellite is kept for it.

    What a move costs a token is its transfer time over the tokens of an epoch, as if all moves were paid for
    one after the other in token time.

    Parameters
    ----------
    every
        Slots of an epoch, at least 1.
    tokens_per_slot
        Tokens that are decoded in a slot, above 0; None for one sequence that is decoded all the time.
    base
        Algorithm that places gateways, and experts in the first epoch.

    Raises
    ------
    ScenarioError
        If a value breaks a rule.

    Examples
    --------
    >>> Replaced(every=10).name
    're-placed-10'
    """

    every: int = 10
    tokens_per_slot: float | None = None
    base: Placer = field(default_factory=SpaceMoE)

    def __post_init__(self) -> None:
        check_whole("placements.replaced.every", self.every, least=1)
        if self.tokens_per_slot is not None:
            check_number("placements.replaced.tokens_per_slot", self.tokens_per_slot, above=0)
        check_base("placements.replaced.base", self.base)

    @property
    def name(self) -> str:
        """Name of the algorithm, with the settings that are not the usual ones."""
        parts = [f"re-placed-{self.every}"]
        if self.tokens_per_slot is not None:
            parts.append(f"tokens-{self.tokens_per_slot:g}".replace(".", "-"))
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
        first = np.asarray(base.experts)
        replacement = _Replacement(problem=problem, gateways=np.asarray(base.gateways), first=first)
        slots = len(replacement.ways_s[0])
        tokens = self.tokens_per_slot
        if tokens is None:
            tokens = problem.slot_s / replacement.token_s()
        dispatch = np.empty((slots, problem.layers, problem.experts), np.int64)
        for begin in range(0, slots, self.every):
            epoch = slice(begin, min(begin + self.every, slots))
            if begin:
                replacement.move(epoch, tokens=tokens * (epoch.stop - begin))
            dispatch[epoch] = problem.members[replacement.hosts]
        static = Hosts(gateways=replacement.gateways, experts=replacement.first)
        if not replacement.moved:
            return static
        moving = replace(static, dispatch=dispatch, moves=replacement.moves())
        return best_of(problem, [moving, static]) or static


@dataclass(slots=True, kw_only=True)
class _Replacement:
    """Who hosts what while slots go by; satellites are indices into the shell's members."""

    problem: PlacementProblem
    gateways: np.ndarray
    first: np.ndarray
    hosts: np.ndarray = field(init=False)  # (L, E)
    home: np.ndarray = field(init=False)  # (L, E)
    room: np.ndarray = field(init=False)  # (C,) experts that fit beside those that are there or belong there
    ways_s: list[np.ndarray] = field(init=False)  # (T, C) of each layer
    order: np.ndarray = field(init=False)
    last_place: np.ndarray = field(init=False)
    probability: np.ndarray = field(init=False)
    moved: int = field(init=False, default=0)
    transfer_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        problem, members = self.problem, self.problem.members
        room = problem.room()
        for layer, gateway in enumerate(self.gateways):
            room.take_gateway(int(gateway), layer)
        for satellite in self.first.ravel():
            room.take_expert(int(satellite))
        self.room = room.for_experts()[members]
        self.hosts = np.searchsorted(members, self.first)
        self.home = self.hosts.copy()
        self.ways_s = [problem.way_s(self.gateways, layer, members) for layer in range(problem.layers)]
        self.order, self.last_place = last_place_probability(problem.gating)
        self.probability = problem.activation_probability()

    def token_s(self) -> float:
        """Return about what a token takes, in seconds."""
        gateways_ns = self.problem.computing.gateways_ns(self.gateways)
        always = slice(None)
        layers_s = sum(self._cost_s(layer, hosts, always) for layer, hosts in enumerate(self.hosts))
        return layers_s + float(gateways_ns.sum()) / NANOSECONDS_PER_SECOND

    def moves(self) -> Moves:
        """Return what all moves cost."""
        total_bytes = self.moved * int(self.problem.footprint.expert_bytes)
        return Moves(count=self.moved, bytes=total_bytes, transfer_s=self.transfer_s)

    def move(self, epoch: slice, *, tokens: float) -> None:
        """Move experts for an epoch that serves so many tokens."""
        left = []
        for layer, now in enumerate(self.hosts.copy()):
            transfer_s, targets = self._targets(layer, epoch)
            best, best_s, best_transfer_s = now, self._cost_s(layer, now, epoch), 0.0
            for price in _PRICES:
                hosts, moving_s = self._proposal(layer, epoch, targets, transfer_s, price / tokens)
                charged_s = self._cost_s(layer, hosts, epoch) + moving_s / tokens
                if charged_s < best_s:
                    best, best_s, best_transfer_s = hosts, charged_s, moving_s
            moved = np.flatnonzero(best != now)
            self.moved += len(moved)
            self.transfer_s += best_transfer_s
            for old, new, home in zip(now[moved], best[moved], self.home[layer, moved], strict=True):
                if new != home:
                    self.room[new] -= 1
                if old != home:
                    left.append(old)
            self.hosts[layer] = best
        np.add.at(
            self.room, np.array(left, np.int64), 1
        )  # only now: until they arrive, both hold the weights

    def _targets(self, layer: int, epoch: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return what moving each expert takes, and where to: where it is, its home, others with room.

        Returns
        -------
        transfer_s
            Infinite where it cannot go, shape (E, n).
        targets
            Indices, shape (n,): the experts' own, their homes, others.
        """
        now, home = self.hosts[layer], self.home[layer]
        mean_s = self.ways_s[layer][epoch].mean(axis=0)
        free = np.setdiff1d(np.flatnonzero(self.room > 0), np.concatenate([now, home]))
        free = free[np.argsort(mean_s[free], kind="stable")[: _CHOICES * len(now)]]
        targets = np.concatenate([now, home, free])
        experts = np.arange(len(now))
        transfer_s = np.full((len(now), len(targets)), np.inf)
        transfer_s[experts, len(now) + experts] = self._transfers_s(layer, now, home, epoch.start - 1)
        transfer_s[:, 2 * len(now) :] = self._transfers_s(layer, now[:, np.newaxis], free, epoch.start - 1)
        transfer_s[transfer_s > self.problem.slot_s] = np.inf
        transfer_s[experts, experts] = 0.0
        is_home = now == home
        transfer_s[experts[is_home], len(now) + experts[is_home]] = np.inf
        return transfer_s, targets

    def _transfers_s(self, layer: int, old: np.ndarray, new: np.ndarray, slot: int) -> np.ndarray:
        """Return what weights take from satellites to others in a slot, over the gateway, in seconds."""
        problem, members = self.problem, self.problem.members
        delays = problem.gateway_delays(self.gateways)
        there_s = delays.inbound.total_s[slot, layer, members[old]]
        on_s = delays.outbound.total_s[slot, layer, members[new]]
        bits = problem.footprint.expert_bytes * BITS_PER_BYTE
        transfers_s: np.ndarray = bits / problem.rate_bps + there_s + on_s
        return transfers_s

    def _proposal(
        self, layer: int, epoch: slice, targets: np.ndarray, transfer_s: np.ndarray, price: float
    ) -> tuple[np.ndarray, float]:
        """Return hosts of a layer, shape (E,), and what moving there takes, in seconds.

        Parameters
        ----------
        layer, epoch
            Which, and when.
        targets, transfer_s
            Where experts can go, and what it takes.
        price
            Of a second of moving, in seconds of a token.
        """
        from scipy.optimize import linear_sum_assignment

        mean_s = self.ways_s[layer][epoch].mean(axis=0)[targets]
        can = np.isfinite(transfer_s)
        cost_s = self.probability[layer][:, np.newaxis] * mean_s + price * np.where(can, transfer_s, 0.0)
        cost_s = np.where(can, cost_s, _NEVER_S)
        row, column = linear_sum_assignment(cost_s)
        return targets[column], float(transfer_s[row, column].sum())

    def _cost_s(self, layer: int, hosts: np.ndarray, epoch: slice) -> float:
        """Return what a layer costs in some slots, apart from sharing."""
        ways_s = self.ways_s[layer][epoch][:, hosts]
        if self.problem.experts <= MOST_EXPERTS:
            return float(expected_slowest_s(ways_s, self.problem.gating.containment()[layer]).mean())
        return float(self.last_place[layer] @ np.sort(ways_s.mean(axis=0)))
