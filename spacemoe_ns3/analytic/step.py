"""One layer of steps: dispatches, experts one after the other at their computers, results, residuals."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from spacemoe_ns3.analytic.transit import Loss, Transit
from spacemoe_ns3.analytic.walk import NEVER_NS, Network
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.results import Legs


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWork:
    """What G steps have to do in one layer each.

    Parameters
    ----------
    here, onward
        Satellites of the layer's gateway and of the next one, shape (G,).
    hosts
        Satellites of the activated experts, shape (G, M).
    dispatched_ns
        When the gateway has computed, in nanoseconds, shape (G,).
    computing_ns
        Of the experts, shape (G, M).
    share_bytes
        Length of the messages to and from each expert, shape (G, M); 0 where there is no expert.
    residual_bytes
        Length of the residual, shape (G,); 0 where none is sent.
    names
        Each step's name and its experts' numbers in words, for errors: ``(step, experts)``, shape (G,) and
        (G, M).
    """

    here: np.ndarray
    onward: np.ndarray
    hosts: np.ndarray
    dispatched_ns: np.ndarray
    computing_ns: np.ndarray
    share_bytes: np.ndarray
    residual_bytes: np.ndarray
    names: tuple[np.ndarray, np.ndarray]

    def rows(self, chosen: slice) -> LayerWork:
        """Return some of the steps."""
        values = {field.name: getattr(self, field.name)[chosen] for field in fields(self)[:-1]}
        return LayerWork(**values, names=(self.names[0][chosen], self.names[1][chosen]))


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTrace:
    """What became of G steps in one layer each; nanoseconds.

    Parameters
    ----------
    dispatch, result
        Messages, shape (G, M).
    residual
        Messages, shape (G,); zeros where none is sent.
    started, finished
        Computing of the experts, shape (G, M).
    """

    dispatch: Legs
    residual: Legs
    result: Legs
    started: np.ndarray
    finished: np.ndarray


def follow(network: Network, work: LayerWork, *, shares_lasers: bool) -> LayerTrace:
    """Follow the messages of steps, each step alone in the network.

    Parameters
    ----------
    network
        The links.
    work
        What the steps do.
    shares_lasers
        Whether the messages of a step share transmitters; otherwise each is alone in the network.

    Returns
    -------
    What became of them.

    Raises
    ------
    UndeliveredError
        If a message is under way when the time span ends, or is lost with a link: the first of all.
    """
    messages = 2 * work.hosts.shape[1] + 1
    at_once = Transit.lanes_at_once(network, messages=messages)
    steps = len(work.here)
    parts = []
    for first in range(0, steps, at_once):
        part = _Steps(network, work.rows(slice(first, first + at_once)), shares_lasers=shares_lasers)
        part.run()
        parts.append(part)
    losses = [(loss, part) for part in parts for loss in part.transit.losses]
    if losses:
        loss, part = min(losses, key=lambda each: each[0])
        raise part.undelivered(loss)
    return _joined([part.trace() for part in parts])


class _Steps:
    """The messages of G steps and the computers of their experts.

    A lane has the dispatches of its step, its residual, and its results, in this order: that in which those
    that set out in one nanosecond are handed to the network.
    """

    def __init__(self, network: Network, work: LayerWork, *, shares_lasers: bool) -> None:
        self._work = work
        self._lanes, self._fan_out = work.hosts.shape
        onward = work.onward[:, np.newaxis]
        self._goals = np.concatenate([work.hosts, onward, np.broadcast_to(onward, work.hosts.shape)], axis=1)
        lengths = np.concatenate(
            [work.share_bytes, work.residual_bytes[:, np.newaxis], work.share_bytes], axis=1
        )
        self.transit = Transit(
            network,
            goals=self._goals,
            bits=_segments(lengths, mtu_bytes=network.mtu_bytes),
            is_last=np.arange(self._goals.shape[1]) >= self._fan_out,
            shares_lasers=shares_lasers,
        )
        self._is_sent = lengths > 0
        self._due_ns = np.full(work.hosts.shape, NEVER_NS)  # jobs that are to be submitted
        self._started_ns = np.zeros(work.hosts.shape, np.int64)
        self._finished_ns = np.zeros(work.hosts.shape, np.int64)

    def run(self) -> None:
        """Go on until nothing is under way."""
        self._dispatch()
        while True:
            due_ns, packet_ns = self._due_ns.min(axis=1), self.transit.earliest_ns()
            serves = np.flatnonzero((due_ns <= packet_ns) & (due_ns < NEVER_NS))
            if serves.size:
                # Of those that come in one nanosecond, the earlier in the order of selection.
                self._serve(serves, self._due_ns[serves].argmin(axis=1))
            elif (packet_ns == NEVER_NS).all():
                return
            else:
                self._note(*self.transit.advance(packet_ns, due_ns))

    def _dispatch(self) -> None:
        """Let the gateways send."""
        width = self._fan_out + 1
        lane, message = np.nonzero(self._is_sent[:, :width])
        sent_ns = self._work.dispatched_ns[lane]
        ids = lane * self._goals.shape[1] + message
        there = self.transit.send(ids, source=self._work.here[lane], sent_ns=sent_ns, since_ns=sent_ns)
        self._note(there, self._work.dispatched_ns[there // self._goals.shape[1]])

    def _note(self, messages: np.ndarray, arrived_ns: np.ndarray) -> None:
        """Submit jobs for the dispatches among messages that are complete."""
        lane, message = np.divmod(messages, self._goals.shape[1])
        is_dispatch = message < self._fan_out
        self._due_ns[lane[is_dispatch], message[is_dispatch]] = arrived_ns[is_dispatch]

    def _serve(self, lane: np.ndarray, expert: np.ndarray) -> None:
        """Let one expert of each of some lanes compute, behind those before it, and send its result."""
        host = self._work.hosts[lane, expert]
        is_here = self._work.hosts[lane] == host[:, np.newaxis]
        free_ns = np.where(is_here, self._finished_ns[lane], 0).max(axis=1)
        started_ns = np.maximum(self._due_ns[lane, expert], free_ns)
        finished_ns = started_ns + self._work.computing_ns[lane, expert]
        self._due_ns[lane, expert] = NEVER_NS
        self._started_ns[lane, expert], self._finished_ns[lane, expert] = started_ns, finished_ns
        ids = lane * self._goals.shape[1] + self._fan_out + 1 + expert
        self.transit.send(ids, source=host, sent_ns=finished_ns, since_ns=started_ns)

    def undelivered(self, loss: Loss) -> UndeliveredError:
        """Return the error that says which message is lost, and why."""
        lane, message = divmod(loss.message, self._goals.shape[1])
        step, experts = self._work.names
        kind = "residual"
        if message != self._fan_out:
            kind = "dispatch" if message < self._fan_out else "result"
            kind += f" of expert {experts[lane, message % (self._fan_out + 1)]}"
        source, goal, sent_ns = self.transit.ends_of(loss.message)
        return UndeliveredError(
            f"message not delivered ({step[lane]}, {kind}, from satellite {source} to satellite {goal}, sent "
            f"at {sent_ns} ns): {loss.why}"
        )

    def trace(self) -> LayerTrace:
        """Return what became of the steps."""
        legs = self.transit.legs()

        def of(places: int | slice) -> Legs:
            return Legs(**{field.name: getattr(legs, field.name)[:, places] for field in fields(Legs)})

        return LayerTrace(
            dispatch=of(slice(self._fan_out)),
            residual=of(self._fan_out),
            result=of(slice(self._fan_out + 1, None)),
            started=self._started_ns,
            finished=self._finished_ns,
        )


def _segments(lengths: np.ndarray, *, mtu_bytes: int) -> np.ndarray:
    """Return the bits of the segments of messages, shape (R, M, S), 0 where there is none."""
    distinct, which = np.unique(lengths, return_inverse=True)
    cut = [
        segment_wire_bits(message_bytes=length, mtu_bytes=mtu_bytes) if length else np.zeros(1, np.int64)
        for length in distinct.tolist()
    ]
    table = np.zeros((len(cut), max(map(len, cut))), np.int64)
    for row, bits in zip(table, cut, strict=True):
        row[: len(bits)] = bits
    return table[which.reshape(lengths.shape)]


def _joined(parts: list[LayerTrace]) -> LayerTrace:
    """Return the traces of several groups of steps as one."""
    if len(parts) == 1:
        return parts[0]

    def legs(name: str) -> Legs:
        each = [getattr(part, name) for part in parts]
        return Legs(
            **{
                field.name: np.concatenate([getattr(one, field.name) for one in each])
                for field in fields(Legs)
            }
        )

    return LayerTrace(
        dispatch=legs("dispatch"),
        residual=legs("residual"),
        result=legs("result"),
        started=np.concatenate([part.started for part in parts]),
        finished=np.concatenate([part.finished for part in parts]),
    )
