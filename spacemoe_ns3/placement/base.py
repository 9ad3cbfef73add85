"""What a placement is, what an algorithm is given, and the protocol it follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.constellation import Layout
from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.latency import GatewayDelays, expected_path_latency
from spacemoe_ns3.moe import Computing, Footprint, Gating
from spacemoe_ns3.streams import stream

_BYTES_PER_GB = 1e9
# Seconds that a way counts for which there is no path in the whole time span: more than any that there is,
# but finite, as algorithms compare costs by their differences.
_NEVER_S = 1e6


def with_ways_for_all(ways_s: np.ndarray) -> np.ndarray:
    """Return ways or delays in seconds of which none is infinite, only as long as no path takes."""
    return np.where(np.isinf(ways_s), _NEVER_S, ways_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What re-placement over time costs.

    Parameters
    ----------
    count
        Experts moved over the time span.
    bytes
        Weights moved, in all.
    transfer_s
        Time on the way of all moves together, in seconds: transmission at the rate of the slowest link of
        each path, and its propagation.
    """

    count: int
    bytes: int
    transfer_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """What an algorithm returns: who hosts what.

    Parameters
    ----------
    gateways
        Satellite of each layer's gateway, shape (L,).
    experts
        Satellite where each expert lives at first, shape (L, E).
    dispatch
        Satellite that serves each expert for what is dispatched in each slot, shape (T, L, E); None if that
        is always the one of ``experts``.
    moves
        What re-placement over time costs; None without.
    remarks
        What a user must know, in sentences: an optimum that is not proven, for instance.
    """

    gateways: np.ndarray
    experts: np.ndarray
    dispatch: np.ndarray | None = None
    moves: Moves | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Who hosts what.

    Parameters
    ----------
    name
        Name of the algorithm.
    gateways
        Satellite of each layer's gateway, shape (L,), int32.
    experts
        Satellite where each expert lives at first, shape (L, E), int32.
    dispatch
        Satellite that serves each expert for what is dispatched in each slot, shape (T, L, E), int32; None
        if that is always the one of ``experts``.
    slot_ns
        Duration of the slots of ``dispatch`` in nanoseconds.
    moves
        What re-placement over time costs; None without.
    hosts_per_satellite
        Gateways and experts that a satellite may host; None for no limit.
    remarks
        What a user must know, in sentences.

    Raises
    ------
    PlacementError
        If a satellite hosts more.
    """

    name: str
    gateways: np.ndarray
    experts: np.ndarray
    dispatch: np.ndarray | None = None
    slot_ns: int = 1
    moves: Moves | None = None
    hosts_per_satellite: int | None = 1
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.hosts_per_satellite is None:
            return
        count = self.experts_held()
        count = (count + np.bincount(self.gateways, minlength=len(count[0]))).max(axis=0)
        worst = int(count.argmax())
        if count[worst] > self.hosts_per_satellite:
            most = (
                "one gateway or one expert is"
                if self.hosts_per_satellite == 1
                else f"{self.hosts_per_satellite} gateways and experts are"
            )
            raise PlacementError(
                f"placement {self.name}: satellite {worst} hosts {count[worst]} things, at most "
                f"{most} allowed; raise hosts_per_satellite"
            )

    def _repr_html_(self) -> str:
        """Return who hosts what as a notebook shows it."""
        from spacemoe_ns3.placement.notebook import placement_html

        return placement_html(self)

    @property
    def is_static(self) -> bool:
        """Whether each expert is always served by one satellite."""
        return self.dispatch is None

    def residents(self) -> np.ndarray:
        """Return all satellites that ever serve an expert: layer, expert, satellite, sorted, shape (n, 3)."""
        layers, experts = self.experts.shape
        serving = self.experts[np.newaxis] if self.dispatch is None else self.dispatch
        serving = np.concatenate([self.experts[np.newaxis], serving])
        layer = np.broadcast_to(np.arange(layers)[:, np.newaxis], serving.shape)
        expert = np.broadcast_to(np.arange(experts), serving.shape)
        rows = np.stack([layer.ravel(), expert.ravel(), serving.ravel()], axis=1)
        return np.unique(rows, axis=0).astype(np.int32)

    def experts_held(self) -> np.ndarray:
        """Return how many experts each satellite holds, shape (n, satellites up to the last host).

        Each row is a moment: one for all time, but a slot each if experts move. Then a satellite holds an
        expert in the slot before it first serves it, too, while the weights arrive.
        """
        size = int(self.hosts().max()) + 1
        if self.dispatch is None or self.moves is None:
            one: np.ndarray = np.bincount(self.residents()[:, 2], minlength=size)[np.newaxis]
            return one
        now, soon = self.dispatch, np.roll(self.dispatch, -1, axis=0)
        held = np.zeros((len(now), size), np.int64)
        slot = np.broadcast_to(np.arange(len(now))[:, np.newaxis, np.newaxis], now.shape)
        np.add.at(held, (slot, now), 1)
        moves = now != soon
        np.add.at(held, (slot[moves], soon[moves]), 1)
        return held

    def hosts(self) -> np.ndarray:
        """Return all satellites that ever host something, sorted, shape (n,)."""
        return np.unique(np.concatenate([self.gateways, self.residents()[:, 2]]))

    def serving(self, dispatched_ns: np.ndarray, *, layer: np.ndarray, expert: np.ndarray) -> np.ndarray:
        """Return who serves some experts.

        Parameters
        ----------
        dispatched_ns
            When the hidden state is dispatched in nanoseconds.
        layer, expert
            Which; the three broadcast together.

        Returns
        -------
        Satellites.
        """
        if self.dispatch is None:
            always: np.ndarray = self.experts[layer, expert]
            return always
        slot = np.minimum(dispatched_ns // self.slot_ns, len(self.dispatch) - 1)
        serving: np.ndarray = self.dispatch[slot, layer, expert]
        return serving

    def hosts_in(self, slot: int) -> np.ndarray:
        """Return who serves each expert in a slot, layer by layer, shape (L E,), int32."""
        serving = self.experts if self.dispatch is None else self.dispatch[slot]
        return np.ascontiguousarray(serving.ravel(), np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementProblem:
    """What an algorithm may use.

    Parameters
    ----------
    layout
        The satellites: S of them, in planes and places.
    shell
        Index of the shell that hosts the model.
    gating
        Which experts tokens activate; it knows the number of layers L and of experts of a layer E.
    computing
        Computing times on every satellite.
    footprint
        Memory that the model needs and that satellites have.
    hosts_per_satellite
        Gateways and experts that a satellite may host; None for as many as its memory holds.
    gateway_delays
        From gateways, shape (L,), to the message delays between them and everyone in every slot.
    sampled_delays
        From satellites, shape (C,), and a number of samples to message delays among all pairs of them in as
        many slots, shape (T', C, C), seconds; for searching.
    mean_delays
        From a limit in seconds to a lower bound of the mean message delay over *all* slots among all pairs of
        :attr:`members`, whatever the routing protocol, shape (C, C), seconds: in each slot the least delay,
        or the limit if that is less. The smaller the limit the faster.
    slot_s
        Duration of a slot in seconds.
    rate_bps
        Least rate of a link that is ever up.
    """

    layout: Layout
    shell: int
    gating: Gating
    computing: Computing
    footprint: Footprint
    gateway_delays: Callable[[np.ndarray], GatewayDelays]
    sampled_delays: Callable[[np.ndarray, int], np.ndarray]
    mean_delays: Callable[[float], np.ndarray]
    slot_s: float
    rate_bps: int
    hosts_per_satellite: int | None = 1

    @property
    def layers(self) -> int:
        """Number of layers L."""
        return self.gating.layers

    @property
    def experts(self) -> int:
        """Number of experts of a layer E."""
        return self.gating.experts

    @property
    def members(self) -> np.ndarray:
        """Satellites of the shell that hosts the model."""
        return self.layout.members(self.shell)

    def activation_probability(self) -> np.ndarray:
        """Return the probability that an expert is activated, shape (L, E)."""
        return self.gating.activation_probability()

    def path_latency_s(self, gateways: np.ndarray) -> np.ndarray:
        """Return the expected path latency of every satellite as host in every layer.

        Parameters
        ----------
        gateways
            Satellites, shape (L,).

        Returns
        -------
        Mean over slots of the way there and on, and the computing time of an expert there, in seconds,
        shape (L, S). Where all computers are equal the last is the same for all.
        """
        computing_ns = self.computing.everywhere_ns(gateways, satellites=self.layout.satellites)
        return expected_path_latency(self.gateway_delays(gateways)) + computing_ns / NANOSECONDS_PER_SECOND

    def way_s(self, gateways: np.ndarray, layer: int, satellites: np.ndarray) -> np.ndarray:
        """Return what the way through some satellites takes in every slot, an expert's computing included.

        Parameters
        ----------
        gateways
            Satellites, shape (L,).
        layer
            Which layer's.
        satellites
            Which hosts, shape (C,).

        Returns
        -------
        From the layer's gateway to each satellite and on to the next gateway, in seconds, shape (T, C);
        where there is no path in any slot, finite nevertheless, and longer than any path.
        """
        delays, onward = self.gateway_delays(gateways), (layer + 1) % self.layers
        computing_ns = self.computing.everywhere_ns(gateways, satellites=self.layout.satellites)
        way_s: np.ndarray = (
            delays.outbound.total_s[:, layer, satellites]
            + delays.inbound.total_s[:, onward, satellites]
            + computing_ns[layer, satellites] / NANOSECONDS_PER_SECOND
        )
        return with_ways_for_all(way_s)

    def room(self) -> Room:
        """Return what satellites can take before anything is placed."""
        return Room(problem=self)


@dataclass(slots=True, kw_only=True)
class Room:
    """What satellites can still take, while an algorithm goes on.

    Parameters
    ----------
    problem
        What to place, and where. Satellites of other shells take nothing.
    """

    problem: PlacementProblem
    hosts: np.ndarray = field(init=False)
    used_bytes: np.ndarray = field(init=False)
    gateways: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        satellites = self.problem.layout.satellites
        self.hosts, self.used_bytes = np.zeros(satellites, np.int64), np.zeros(satellites)

    def for_gateway(self, layer: int) -> np.ndarray:
        """Return which satellites can take the gateway of a layer, shape (S,)."""
        footprint = self.problem.footprint
        everyone = np.arange(len(self.hosts))
        capacity_bytes = footprint.capacities_bytes(everyone, satellites=len(self.hosts))
        fits = self.used_bytes + footprint.gateway_bytes[layer] <= capacity_bytes
        can_take: np.ndarray = fits & (self._places() >= 1)
        return can_take

    def for_experts(self) -> np.ndarray:
        """Return how many more experts each satellite can take, shape (S,), int64."""
        footprint = self.problem.footprint
        capacity_bytes = footprint.capacities_bytes(np.array(self.gateways), satellites=len(self.hosts))
        all_experts = self.problem.layers * self.problem.experts
        by_memory = (capacity_bytes - self.used_bytes) / max(footprint.expert_bytes, 1)
        by_memory = np.clip(np.floor(by_memory), 0, all_experts).astype(np.int64)
        room: np.ndarray = np.minimum(by_memory, self._places())
        return room

    def take_gateway(self, satellite: int, layer: int) -> None:
        """Put the gateway of a layer on a satellite."""
        self.hosts[satellite] += 1
        self.used_bytes[satellite] += self.problem.footprint.gateway_bytes[layer]
        self.gateways.append(int(satellite))

    def take_expert(self, satellite: int) -> None:
        """Put an expert on a satellite."""
        self.hosts[satellite] += 1
        self.used_bytes[satellite] += self.problem.footprint.expert_bytes

    def _places(self) -> np.ndarray:
        """Return how many more hosts each satellite may take, memory aside, shape (S,)."""
        limit = self.problem.hosts_per_satellite
        most = self.problem.layers * (self.problem.experts + 1) if limit is None else limit
        places = np.zeros(len(self.hosts), np.int64)
        members = self.problem.members
        places[members] = most - self.hosts[members]
        return places


@runtime_checkable
class Placer(Protocol):
    """A placement algorithm: from a problem and a random stream to hosts.

    The random stream is its own: it depends on the run's seed and the algorithm's name only. An algorithm may
    say ``asks_delays = False`` of itself: then it places before delays have been found, and its packets are
    on their way meanwhile.
    """

    @property
    def name(self) -> str:
        """Name of the algorithm with its settings; letters, digits and hyphens."""
        ...

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Place a model."""
        ...


def check_capacity(
    layout: Layout, *, shell: int, layers: int, experts: int, hosts_per_satellite: int | None = 1
) -> None:
    """Raise unless there is a place for every host.

    Parameters
    ----------
    layout, shell
        The constellation, and the index of the shell that hosts the model.
    layers, experts
        Layers L and experts of a layer E.
    hosts_per_satellite
        Gateways and experts that a satellite may host; None for no limit.

    Raises
    ------
    PlacementError
        If there are more hosts than places, or no such shell.
    """
    if not layout.shells:
        raise PlacementError(
            f"placement: none of {layout.satellites} satellites is in a plane, and only those in planes host "
            "a model; give more satellites, or a wider constellation.plane_gap_deg"
        )
    if shell >= len(layout.shells):
        raise PlacementError(
            f"host_shell: {shell} given, but the constellation has {len(layout.shells)} shells, from 0; "
            "name one of them"
        )
    hosts, satellites = layers * (experts + 1), len(layout.members(shell))
    if hosts_per_satellite is not None and hosts > satellites * hosts_per_satellite:
        whole = "constellation" if len(layout.shells) == 1 else f"shell {layout.shells[shell].name}"
        places = "" if hosts_per_satellite == 1 else f" of {hosts_per_satellite} hosts each"
        raise PlacementError(
            f"placement: {hosts} hosts needed ({layers} layers x ({experts} experts + 1 gateway)), "
            f"{whole} has {satellites} satellites{places}; use more planes or more satellites a plane, or "
            f"hosts_per_satellite={-(-hosts // satellites)}"
        )


def check_memory(placement: Placement, footprint: Footprint) -> None:
    """Raise unless what each satellite hosts fits its memory.

    Parameters
    ----------
    placement
        Who hosts what; an expert counts on every satellite that ever serves it.
    footprint
        What the parts need, and what satellites have.

    Raises
    ------
    PlacementError
        If it does not; gives the sum.
    """
    gateways = np.asarray(placement.gateways)
    expert_count = placement.experts_held().max(axis=0)
    size = len(expert_count)
    gateway_bytes = np.bincount(gateways, weights=footprint.gateway_bytes, minlength=size)
    needed_bytes = gateway_bytes + expert_count * float(footprint.expert_bytes)
    if footprint.kind is not None:
        size = max(size, len(footprint.kind))
    capacity_bytes = footprint.capacities_bytes(gateways, satellites=size)[: len(needed_bytes)]
    over = needed_bytes - capacity_bytes
    if (over > 0).any():
        worst = int(over.argmax())
        layers = np.flatnonzero(gateways == worst).tolist()
        parts = []
        if layers:
            of = ", ".join(map(str, layers))
            parts.append(f"{gateway_bytes[worst] / _BYTES_PER_GB:.3f} GB of the gateway of layer {of}")
        if expert_count[worst]:
            parts.append(
                f"{expert_count[worst]} experts of {footprint.expert_bytes / _BYTES_PER_GB:.3f} GB each"
            )
        raise PlacementError(
            f"placement {placement.name}: satellite {worst} would hold "
            f"{needed_bytes[worst] / _BYTES_PER_GB:.3f} GB ({' + '.join(parts)}), its computer has "
            f"{capacity_bytes[worst] / _BYTES_PER_GB:.3f} GB; choose a computer with more memory, fewer "
            "hosts a satellite, a smaller context or fewer bytes a weight"
        )


def place(placer: Placer, problem: PlacementProblem, *, seed: int) -> Placement:
    """Run an algorithm on a problem.

    Parameters
    ----------
    placer
        The algorithm.
    problem
        What to place, and where.
    seed
        The run's seed.

    Returns
    -------
    The placement.

    Raises
    ------
    PlacementError
        If there are more hosts than places, or they do not fit a memory.
    """
    limit = problem.hosts_per_satellite
    check_capacity(
        problem.layout,
        shell=problem.shell,
        layers=problem.layers,
        experts=problem.experts,
        hosts_per_satellite=limit,
    )
    hosts = placer(problem, stream(seed, f"placement.{placer.name}"))
    placement = Placement(
        name=placer.name,
        gateways=np.asarray(hosts.gateways, np.int32),
        experts=np.asarray(hosts.experts, np.int32),
        dispatch=None if hosts.dispatch is None else np.asarray(hosts.dispatch, np.int32),
        slot_ns=round(problem.slot_s * NANOSECONDS_PER_SECOND),
        moves=hosts.moves,
        hosts_per_satellite=limit,
        remarks=hosts.remarks,
    )
    check_memory(placement, problem.footprint)
    return placement
