"""The one schema that both engines fill.

Definitions, all times in nanoseconds:

- A *layer* lasts from the moment its gateway has everything to the moment the next gateway has everything.
- Its *critical path* is gateway, dispatch, expert, result of the expert that arrives last; or gateway and
  residual, should the residual arrive later.
- *compute*: gateway and expert on the critical path; for a token also the head.
- *propagation*: light time. *serialisation*: transmission of the message's own bits on idle links.
- *queueing*: behind other messages at transmitters, behind other jobs at computers.
- *waiting*: at a satellite without a path, for a slot that has one.
- *retransmission*: from the sending of a message to the sending of the copy that completed it.
- *transport*: from the handing of a message to TCP to TCP's sending of the packet that completed it.

The parts sum to the latency, to the nanosecond, or the run fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import SimulationError
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.schema import TABLES

LEG_PARTS = ("propagation", "serialisation", "queueing", "waiting", "retransmission", "transport")
PARTS = ("compute", *LEG_PARTS)
# Why packets are lost: at a full transmit queue; with a link that went down, on the wire, being transmitted,
# in the queue, or handed to it later; with bit errors; out of hops; whatever else. A message that is
# recovered is dropped when its sender gives it up. Messages to and from a satellite that is known to have
# failed are abandoned.
DROP_REASONS = (
    *("queue full", "on the wire", "cut", "queued", "link down", "corrupted", "time to live", "other"),
    *("given up", "abandoned"),
)
RESIDUAL = -1  # straggler of a layer that waited for its residual


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Messages of one kind; arrays of one shape, int64, nanoseconds except ``hops``.

    ``arrived - sent`` is the sum of :data:`LEG_PARTS`.
    """

    sent: np.ndarray
    arrived: np.ndarray
    propagation: np.ndarray
    serialisation: np.ndarray
    queueing: np.ndarray
    waiting: np.ndarray
    retransmission: np.ndarray
    transport: np.ndarray
    hops: np.ndarray

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> Legs:
        """Return legs to be filled in by an engine."""
        return cls(**{field.name: np.zeros(shape, np.int64) for field in fields(cls)})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTrace:
    """Everything that happened to N steps in L layers with up to M experts each; nanoseconds, int64.

    Places of a step that activates fewer than M experts hold zeros, behind those of its experts.

    Parameters
    ----------
    start
        Start of each token, shape (N,).
    gateway_started, gateway_finished
        Computing of the gateway, shape (N, L).
    dispatch, result
        Messages to and from the activated experts, shape (N, L, M).
    expert_started, expert_finished
        Computing of the activated experts, shape (N, L, M).
    residual
        Messages from gateway to gateway, shape (N, L); None if they are not sent.
    head_started, head_finished
        Computing of the head, shape (N,); the token is emitted when it is finished.
    """

    start: np.ndarray
    gateway_started: np.ndarray
    gateway_finished: np.ndarray
    dispatch: Legs
    expert_started: np.ndarray
    expert_finished: np.ndarray
    result: Legs
    residual: Legs | None
    head_started: np.ndarray
    head_finished: np.ndarray

    @classmethod
    def empty(cls, *, tokens: int, layers: int, fan_out: int, sends_residual: bool) -> TokenTrace:
        """Return a trace to be filled in by an engine."""
        token, layer, expert = (tokens,), (tokens, layers), (tokens, layers, fan_out)
        return cls(
            start=np.zeros(token, np.int64),
            gateway_started=np.zeros(layer, np.int64),
            gateway_finished=np.zeros(layer, np.int64),
            dispatch=Legs.empty(expert),
            expert_started=np.zeros(expert, np.int64),
            expert_finished=np.zeros(expert, np.int64),
            result=Legs.empty(expert),
            residual=Legs.empty(layer) if sends_residual else None,
            head_started=np.zeros(token, np.int64),
            head_finished=np.zeros(token, np.int64),
        )

    def layer_end(self) -> np.ndarray:
        """Return when the next gateway has everything, shape (N, L)."""
        end: np.ndarray = self.result.arrived.max(axis=2)
        return end if self.residual is None else np.maximum(end, self.residual.arrived)

    def layer_start(self) -> np.ndarray:
        """Return when each gateway has everything, shape (N, L)."""
        return np.concatenate([self.start[:, np.newaxis], self.layer_end()[:, :-1]], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundAccount:
    """What background traffic sent, received and lost: packets, and bytes of UDP payload.

    Parameters
    ----------
    sent, received
        Packets and bytes.
    dropped
        The same, by reason; the keys are :data:`DROP_REASONS`.
    """

    sent: tuple[int, int]
    received: tuple[int, int]
    dropped: Mapping[str, tuple[int, int]]

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the account by unit and side, with what is in flight."""
        return {
            unit: _sides(place, self.sent, self.received, self.dropped)
            for place, unit in enumerate(("packets", "bytes"))
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What was sent, received, dropped: messages, segments, bytes of UDP payload.

    Parameters
    ----------
    sent, received
        Messages, segments and bytes.
    dropped
        The same, by reason; the keys are :data:`DROP_REASONS`. A message is dropped with its first segment
        or, if it is recovered, when it is given up.
    again, control, duplicates
        Segments and bytes of what was sent: copies; acknowledgements and requests; and of what was received:
        copies of what was there already.
    dispatched_again, late_results
        Messages: dispatches that were abandoned, as their satellites had failed, and made again to others;
        results of abandoned dispatches that came nevertheless, and were dropped.
    refused_jobs
        Jobs whose message arrived, but found the queue of a computer full.
    background
        The account of background traffic; None without any. It is not part of the others.
    """

    sent: tuple[int, int, int]
    received: tuple[int, int, int]
    dropped: Mapping[str, tuple[int, int, int]]
    again: tuple[int, int] = (0, 0)
    control: tuple[int, int] = (0, 0)
    duplicates: tuple[int, int] = (0, 0)
    dispatched_again: int = 0
    late_results: int = 0
    refused_jobs: int = 0
    background: BackgroundAccount | None = None

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the account by unit and side, with what is in flight."""
        account: dict[str, dict[str, Any]] = {}
        for place, unit in enumerate(("messages", "segments", "bytes")):
            account[unit] = _sides(place, self.sent, self.received, self.dropped)
        account["messages"]["dispatched_again"] = self.dispatched_again
        account["messages"]["received_late_results"] = self.late_results
        for place, unit in enumerate(("segments", "bytes")):
            again, control = self.again[place], self.control[place]
            account[unit]["sent_first"] = account[unit]["sent"] - again - control
            account[unit]["sent_again"] = again
            account[unit]["sent_acknowledgements"] = control
            account[unit]["received_duplicates"] = self.duplicates[place]
        return account


def _sides(
    place: int, sent: tuple[int, ...], received: tuple[int, ...], dropped: Mapping[str, tuple[int, ...]]
) -> dict[str, Any]:
    """Return the sides of an account in one of its units."""
    by_reason = {reason: side[place] for reason, side in dropped.items() if any(side)}
    lost = sum(by_reason.values())
    return {
        "sent": sent[place],
        "received": received[place],
        "dropped": lost,
        "in_flight": sent[place] - received[place] - lost,
        "dropped_by_reason": by_reason,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineResult:
    """What one engine says of one placement.

    Parameters
    ----------
    tokens
        A column a name, each of shape (N,): sequence, token, start_ns, latency_ns and the parts.
    layers
        A column a name, each of shape (N * L,), token by token.
    account
        Messages of the packet engine; None for the analytic one.
    links
        What each direction of each link carried in the packet engine, a column a name, each of shape (2 M,);
        None for the analytic engine.
    critical_path
        Each piece of each token's critical path, a column a name (see
        :func:`spacemoe_ns3.critical_path.critical_path`).
    satellites
        How busy each host's computer was in the packet engine, and what waited there, a column a name (see
        :meth:`spacemoe_ns3.packet.occupancy.Occupancy.columns`); None for the analytic engine.
    link_intervals
        What each direction of each link did in each slot of the packet engine, a column a name (see
        :func:`spacemoe_ns3.packet.intervals.interval_columns`); None for the analytic engine.
    traffic
        What went from which satellite to which in the packet engine, a column a name (see
        :func:`spacemoe_ns3.packet.occupancy.traffic_columns`); None for the analytic engine.
    requests, messages, jobs
        What happened to each sequence, message and computation, a column a name (see
        :mod:`spacemoe_ns3.event_tables`); None if nobody asked.
    engine_use
        How the packet engine moved packets from hop to hop; None for the analytic engine. The other results
        do not depend on it.
    """

    tokens: Mapping[str, np.ndarray]
    layers: Mapping[str, np.ndarray]
    account: Account | None = None
    links: Mapping[str, np.ndarray] | None = None
    critical_path: Mapping[str, np.ndarray] | None = None
    satellites: Mapping[str, np.ndarray] | None = None
    link_intervals: Mapping[str, np.ndarray] | None = None
    traffic: Mapping[str, np.ndarray] | None = None
    requests: Mapping[str, np.ndarray] | None = None
    messages: Mapping[str, np.ndarray] | None = None
    jobs: Mapping[str, np.ndarray] | None = None
    engine_use: Mapping[str, str | int] | None = None

    def tables(self) -> dict[str, Mapping[str, np.ndarray]]:
        """Return the tables that are there, by name (:data:`spacemoe_ns3.schema.TABLES`)."""
        found = {table.name: getattr(self, table.name) for table in TABLES.values() if table.engines}
        return {name: columns for name, columns in found.items() if columns}

    def without_tables(self) -> EngineResult:
        """Return the same without all tables but that of the tokens, which the means are of."""
        others: dict[str, Any] = {name: None for name in self.tables() if name not in ("tokens", "layers")}
        return replace(self, layers={}, **others)

    @property
    def s_per_token(self) -> float:
        """Mean latency of a token in seconds."""
        return float(self.tokens["latency_ns"].mean()) / NANOSECONDS_PER_SECOND

    def breakdown_s(self) -> dict[str, float]:
        """Return the mean of each part per token in seconds."""
        return {part: float(self.tokens[f"{part}_ns"].mean()) / NANOSECONDS_PER_SECOND for part in PARTS}


def joined(parts: Sequence[EngineResult]) -> EngineResult:
    """Return several parts of a result as one: the last, with the rows of all in every table that all have.

    Parameters
    ----------
    parts
        In order, at least one.
    """
    last = parts[-1]
    shared = [name for name in last.tables() if all(name in part.tables() for part in parts)]
    tables: dict[str, Any] = {
        name: {
            column: np.concatenate([part.tables()[name][column] for part in parts])
            for column in last.tables()[name]
        }
        for name in shared
    }
    return replace(last, **tables) if len(parts) > 1 else last


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLatency:
    """What the formula expects of a token.

    Parameters
    ----------
    parts_s
        Mean seconds by part (:data:`PARTS`); they sum to the latency. *queueing* is
        waiting for a computer that several activated experts share.
    layers_s
        Mean of each layer, shape (L,), without the head.
    half_width_s
        Of the 95 % confidence interval of the mean; 0 where it is exact.
    quantiles_s
        Seconds within which a share of sampled tokens is done, by share.
    waiting_probability
        That a token waits on its critical path for a slot that has a path, layers being independent.
    """

    parts_s: Mapping[str, float]
    layers_s: np.ndarray
    half_width_s: float
    quantiles_s: Mapping[float, float]
    waiting_probability: float

    @property
    def s_per_token(self) -> float:
        """Mean latency of a token in seconds: the sum of the parts."""
        return sum(self.parts_s.values())

    @property
    def is_exact(self) -> bool:
        """Whether all activations were enumerated; otherwise they were sampled."""
        return self.half_width_s == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementResult:
    """All that a run found out about one placement.

    Parameters
    ----------
    placement
        Who hosted what.
    expected
        The formula averaged over slots, link states and activations; None if it was not asked for.
    bound_s
        A lower bound of the expected latency of any placement, in seconds; None where there is none for
        placements like this one.
    analytic
        The formula on the very draws that the packets used; None if it was not asked for.
    packet
        The packet engine; None if it was not asked for.
    hosts
        Who lives where, how often it is activated and how long the way there is, a column a name (see
        :func:`spacemoe_ns3.placement.host_columns`); None if nobody asked.
    """

    placement: Placement
    expected: ExpectedLatency | None
    bound_s: float | None
    analytic: EngineResult | None
    packet: EngineResult | None
    hosts: Mapping[str, np.ndarray] | None = None


def account_for(
    trace: TokenTrace,
    *,
    placement: Placement,
    activations: np.ndarray,
    token_rows: tuple[np.ndarray, np.ndarray],
    account: Account | None = None,
) -> EngineResult:
    """Follow the critical path of every token and split its latency.

    Parameters
    ----------
    trace
        What an engine saw.
    placement
        Who hosted what.
    activations
        Experts of each step, shape (N, L, M), padded with ``NO_EXPERT`` behind.
    token_rows
        Sequence of each token and its place in it, both of shape (N,).
    account
        Messages of the packet engine.

    Returns
    -------
    The tables of tokens and of layers.

    Raises
    ------
    SimulationError
        If the parts of a latency do not sum to it.
    """
    layers = _layer_columns(trace, placement=placement, activations=activations)
    shape = trace.gateway_started.shape
    head_ns = trace.head_finished - trace.head_started
    head_queue_ns = trace.head_started - trace.layer_end()[:, -1]
    parts = {part: layers[f"{part}_ns"].sum(axis=1) for part in PARTS}
    parts["compute"] = parts["compute"] + head_ns
    parts["queueing"] = parts["queueing"] + head_queue_ns
    sequence, place_in_sequence = token_rows
    tokens = {
        "sequence": sequence,
        "token": place_in_sequence,
        "start_ns": trace.start,
        "latency_ns": trace.head_finished - trace.start,
        **{f"{part}_ns": values for part, values in parts.items()},
    }
    layers = {
        "sequence": np.broadcast_to(sequence[:, np.newaxis], shape),
        "token": np.broadcast_to(place_in_sequence[:, np.newaxis], shape),
        "layer": np.broadcast_to(np.arange(shape[1]), shape),
        **layers,
    }
    _check_sums(tokens, "token")
    _check_sums(layers, "layer")
    return EngineResult(
        tokens=tokens, layers={name: column.ravel() for name, column in layers.items()}, account=account
    )


def _check_sums(table: Mapping[str, np.ndarray], what: str) -> None:
    """Raise unless the parts of every row sum to its latency."""
    difference = table["latency_ns"] - sum(table[f"{part}_ns"] for part in PARTS)
    if np.any(difference):
        row = np.argwhere(difference)[0].tolist()
        raise SimulationError(
            f"accounting: the parts of {what} {row} miss its latency by {difference[tuple(row)]} ns; "
            "please report this as a bug"
        )


def _layer_columns(
    trace: TokenTrace, *, placement: Placement, activations: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the columns of the critical path of each layer, each of shape (N, L)."""
    start, end = trace.layer_start(), trace.layer_end()
    last = trace.result.arrived.argmax(axis=2)[..., np.newaxis]

    def of_last(values: np.ndarray) -> np.ndarray:
        return np.take_along_axis(values, last, axis=2)[..., 0]

    way = {
        name: of_last(getattr(trace.dispatch, name)) + of_last(getattr(trace.result, name))
        for name in (*LEG_PARTS, "hops")
    }
    way["queueing"] = way["queueing"] + of_last(trace.expert_started - trace.dispatch.arrived)
    expert_ns = of_last(trace.expert_finished - trace.expert_started)
    layer = np.arange(start.shape[1])
    expert = of_last(activations.astype(np.int64))
    host = placement.serving(trace.gateway_finished, layer=layer, expert=expert).astype(np.int64)
    if trace.residual is not None:
        is_late = trace.residual.arrived > trace.result.arrived.max(axis=2)
        way = {name: np.where(is_late, getattr(trace.residual, name), value) for name, value in way.items()}
        expert_ns = np.where(is_late, 0, expert_ns)
        expert = np.where(is_late, RESIDUAL, expert)
        host = np.where(is_late, placement.gateways[layer], host)
    return {
        "start_ns": start,
        "latency_ns": end - start,
        "compute_ns": trace.gateway_finished - trace.gateway_started + expert_ns,
        "propagation_ns": way["propagation"],
        "serialisation_ns": way["serialisation"],
        "queueing_ns": way["queueing"] + trace.gateway_started - start,
        "waiting_ns": way["waiting"],
        "retransmission_ns": way["retransmission"],
        "transport_ns": way["transport"],
        "gateway": np.broadcast_to(placement.gateways, start.shape),
        "next_gateway": np.broadcast_to(np.roll(placement.gateways, -1), start.shape),
        "straggler_expert": expert,
        "straggler_satellite": host,
        "hops": way["hops"],
    }
