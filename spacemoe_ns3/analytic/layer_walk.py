"""Layers of steps walked through a network that is idle but for their own messages, many layers at once.

A *group* is one layer of one step: its gateway dispatches to M experts and sends the residual, each expert
computes when its message is there, and its result goes to the next gateway. The messages of a group share
transmitters and computers, first come, first served; groups never meet. All groups are walked side by side:
each round takes the next event of every group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.analytic.event_order import Agenda
from spacemoe_ns3.analytic.laser_walk import NEVER_NS, NO_PORT, Hop, Lasers, LossPolicy
from spacemoe_ns3.latency import segment_wire_bits

_NO_KEY = -1


class StrandedError(Exception):
    """A message of a group cannot arrive.

    Parameters
    ----------
    group, message
        Which; the messages of a group are M dispatches, M results, the residual.
    why
        In words.
    """

    def __init__(self, group: int, message: int, why: str) -> None:
        super().__init__(why)
        self.group = group
        self.message = message
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWork:
    """What G groups are to do.

    Parameters
    ----------
    sent_ns
        When their gateways dispatch, shape (G,).
    here, onward
        Satellites of the gateway and of the next, shape (G,).
    hosts
        Satellites of the experts, shape (G, M).
    message_bytes
        Of dispatch and result of each expert, shape (G, M); 0 where there is no expert.
    residual_bytes
        Of the residual, shape (G,); 0 where none is sent.
    computing_ns
        Of each expert, shape (G, M).
    shares_lasers
        Whether the messages of a group share transmitters; otherwise each is alone in the network.
    """

    sent_ns: np.ndarray
    here: np.ndarray
    onward: np.ndarray
    hosts: np.ndarray
    message_bytes: np.ndarray
    residual_bytes: np.ndarray
    computing_ns: np.ndarray
    shares_lasers: bool


class LayerWalk:
    """The walk of some groups.

    Parameters
    ----------
    work
        What they do.
    lasers
        The links.

    Attributes
    ----------
    sent_ns, arrived_ns, propagation_ns, serialisation_ns, queueing_ns, waiting_ns, hops
        Of each message, shape (G, 2 M + 1); zero where there is none.
    started_ns, finished_ns
        Of each expert, shape (G, M).
    """

    def __init__(self, work: LayerWork, lasers: Lasers) -> None:
        self._work, self._lasers = work, lasers
        groups, self._experts = work.hosts.shape
        size = np.concatenate([work.message_bytes, work.message_bytes, work.residual_bytes[:, np.newaxis]], 1)
        self._segments, self._bits = _cut(size, lasers.mtu_bytes)
        most = self._segments.max(axis=0, initial=0)
        self._first = np.cumsum(most) - most  # packet of each message's first segment
        self._message = np.repeat(np.arange(len(most)), most)  # of each packet
        shape = groups, len(most)
        self.sent_ns, self.arrived_ns = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.propagation_ns, self.serialisation_ns = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.queueing_ns, self.waiting_ns = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.hops = np.zeros(shape, np.int64)
        self.started_ns = np.zeros((groups, self._experts), np.int64)
        self.finished_ns = np.zeros((groups, self._experts), np.int64)
        self._received = np.zeros(shape, np.int64)
        self._came_ns = np.full((groups, self._experts), NEVER_NS)  # of the dispatches
        self._due_ns = np.full((groups, self._experts), NEVER_NS)  # of the results
        onward = np.broadcast_to(work.onward[:, np.newaxis], work.hosts.shape)
        self._source = np.concatenate(
            [
                np.broadcast_to(work.here[:, np.newaxis], work.hosts.shape),
                work.hosts,
                work.here[:, np.newaxis],
            ],
            1,
        )
        self._goal = np.concatenate([work.hosts, onward, work.onward[:, np.newaxis]], 1)
        self._packets = _Packets.empty(groups, len(self._message))
        self._agenda = Agenda.empty(groups, len(self._message))
        self._transmitters = _FreeTimes(groups)
        self._passages = _FreeTimes(groups)

    def run(self) -> None:
        """Walk all messages to their ends.

        Raises
        ------
        StrandedError
            If one is under way when the time span ends, or is lost with a link.
        """
        groups = np.arange(len(self._work.sent_ns))
        for message in (*range(self._experts), 2 * self._experts):
            self._set_out(groups, np.full(len(groups), message), self._work.sent_ns)
        while True:
            group, packet = self._agenda.next()
            if group.size == 0:
                return
            self._see_to(group, packet)

    def ends_of(self, group: int, message: int) -> tuple[int, int]:
        """Return the satellites that a message goes from and to."""
        return int(self._source[group, message]), int(self._goal[group, message])

    def _set_out(self, group: np.ndarray, message: np.ndarray, now_ns: np.ndarray) -> None:
        """Hand messages to the network, all their segments at once."""
        exists = self._segments[group, message] > 0
        group, message, now_ns = group[exists], message[exists], now_ns[exists]
        self.sent_ns[group, message] = now_ns
        for segment in range(int(self._segments[group, message].max(initial=0))):
            some = self._segments[group, message] > segment
            where = group[some], self._first[message[some]] + segment
            self._packets.place(where, self._source[group[some], message[some]], now_ns[some])
            self._agenda.schedule(*where, now_ns[some], scheduled_ns=now_ns[some])

    def _see_to(self, group: np.ndarray, packet: np.ndarray) -> None:
        """Handle one event of each of some groups."""
        now_ns = self._agenda.time_ns[group, packet]
        message = self._message[packet]
        node, goal = self._packets.node[group, packet], self._goal[group, message]
        is_there = node == goal
        self._receive(group[is_there], packet[is_there], now_ns[is_there])
        group, packet, now_ns = group[~is_there], packet[~is_there], now_ns[~is_there]
        if group.size == 0:
            return
        node, goal, message = node[~is_there], goal[~is_there], message[~is_there]
        slots = self._lasers.slots
        late = now_ns >= slots.end_ns
        if late.any():
            raise StrandedError(
                int(group[late][0]),
                int(message[late][0]),
                f"at satellite {node[late][0]} at the end of the time span there was no path or too little "
                "time; give slots.span_s a longer span or ask for fewer tokens",
            )
        port = self._lasers.ports(node, goal, now_ns)
        stays = port == NO_PORT
        self._wait(group[stays], packet[stays], now_ns[stays])
        go = ~stays
        if go.any():
            self._send(group[go], packet[go], message[go], self._lasers.wires(node[go], port[go]), now_ns[go])

    def _wait(self, group: np.ndarray, packet: np.ndarray, now_ns: np.ndarray) -> None:
        """Let packets wait for the next slot."""
        slot_ns = self._lasers.slots.slot_ns
        stay_ns = slot_ns - now_ns % slot_ns
        self._packets.waiting_ns[group, packet] += stay_ns
        self._packets.ready_ns[group, packet] += stay_ns
        self._agenda.schedule(group, packet, now_ns + stay_ns, scheduled_ns=now_ns)

    def _send(
        self, group: np.ndarray, packet: np.ndarray, message: np.ndarray, wire: np.ndarray, now_ns: np.ndarray
    ) -> None:
        """Hand packets to transmitters, behind what those have to send."""
        own = wire * len(self._first) + message  # the same transmitter, for this message only
        key = wire if self._work.shares_lasers else own
        hop = self._lasers.send(
            wire,
            self._bits[group, packet],
            now_ns=now_ns,
            free_ns=self._transmitters.get(group, key),
        )
        # A trap: one that is cut keeps a shorter one behind it from leaving in time.
        self._transmitters.set(group, key, np.minimum(hop.end_ns, hop.goes_down_ns))
        # What the message alone would have done: the packet's ledger.
        transmission_ns = hop.end_ns - hop.start_ns
        alone_ns = self._packets.ready_ns[group, packet]
        if len(self._message) > len(self._first):
            alone_ns = np.maximum(alone_ns, self._passages.get(group, own))
            self._passages.set(group, own, alone_ns + transmission_ns)
        leaves = hop.leaves
        self._move(
            group[leaves], packet[leaves], hop, leaves, (alone_ns + transmission_ns + hop.light_ns)[leaves]
        )
        if not leaves.all():
            self._take_off(group, packet, message, hop, alone_ns + transmission_ns)
        if self._lasers.policy == LossPolicy.DROP:
            self._lose(group, message, hop, leaves & (hop.end_ns + hop.light_ns > hop.goes_down_ns))

    def _move(
        self, group: np.ndarray, packet: np.ndarray, hop: Hop, leaves: np.ndarray, ready_ns: np.ndarray
    ) -> None:
        """Move packets that leave in time to the far ends of their links."""
        packets, where = self._packets, (group, packet)
        packets.node[where] = hop.far[leaves]
        packets.hops[where] += 1
        packets.propagation_ns[where] += hop.light_ns[leaves]
        packets.ready_ns[where] = ready_ns
        self._agenda.schedule(
            group,
            packet,
            (hop.end_ns + hop.light_ns)[leaves],
            scheduled_ns=hop.start_ns[leaves],
        )

    def _take_off(
        self, group: np.ndarray, packet: np.ndarray, message: np.ndarray, hop: Hop, alone_until_ns: np.ndarray
    ) -> None:
        """Take packets off links that go down before they have left."""
        stay = ~hop.leaves
        if self._lasers.policy != LossPolicy.REROUTE:
            self._lose(group, message, hop, stay)
        group, packet, down_ns = group[stay], packet[stay], hop.goes_down_ns[stay]
        # Alone it would have left already, or would be taken off here too.
        is_cut = alone_until_ns[stay] > down_ns
        ready_ns = self._packets.ready_ns[group, packet]
        self._packets.ready_ns[group, packet] = np.where(is_cut, down_ns, ready_ns)
        self._agenda.schedule(group, packet, down_ns, scheduled_ns=down_ns, turn=hop.wire[stay])

    def _lose(self, group: np.ndarray, message: np.ndarray, hop: Hop, lost: np.ndarray) -> None:
        """Raise if a link has taken a packet with it."""
        if lost.any():
            first = int(np.flatnonzero(lost)[0])
            wire = int(hop.wire[first])
            near = self._lasers.ends[wire // 2, wire % 2]
            raise StrandedError(
                int(group[first]),
                int(message[first]),
                f"the link from satellite {near} to {hop.far[first]} went down at "
                f"{hop.goes_down_ns[first]} ns, and links.on_loss is {self._lasers.policy.value!r}; choose "
                "'reroute', as nothing is sent again",
            )

    def _receive(self, group: np.ndarray, packet: np.ndarray, now_ns: np.ndarray) -> None:
        """Take packets that have come to their goals; complete messages are written down."""
        self._agenda.time_ns[group, packet] = NEVER_NS
        message = self._message[packet]
        self._received[group, message] += 1
        whole = self._received[group, message] == self._segments[group, message]
        group, packet, message, now_ns = group[whole], packet[whole], message[whole], now_ns[whole]
        packets, where, at = self._packets, (group, message), (group, packet)
        self.arrived_ns[where] = now_ns
        self.propagation_ns[where] = packets.propagation_ns[at]
        self.waiting_ns[where] = packets.waiting_ns[at]
        self.queueing_ns[where] = now_ns - packets.ready_ns[at]
        parts = self.propagation_ns[where] + self.waiting_ns[where] + self.queueing_ns[where]
        self.serialisation_ns[where] = now_ns - self.sent_ns[where] - parts
        self.hops[where] = packets.hops[at]
        is_dispatch = message < self._experts
        self._compute(group[is_dispatch], message[is_dispatch], now_ns[is_dispatch])

    def _compute(self, group: np.ndarray, expert: np.ndarray, now_ns: np.ndarray) -> None:
        """Let experts compute; those of one satellite one after the other, first come, first served.

        Of those that come in one nanosecond the one selected first goes first, even if another has begun.
        """
        self._came_ns[group, expert] = now_ns
        rows = np.arange(len(group))
        here = self._work.hosts[group, expert]
        free_ns = np.zeros(len(group), np.int64)
        for each in np.argsort(self._came_ns[group], axis=1, kind="stable").T:
            came_ns = self._came_ns[group, each]
            some = (came_ns != NEVER_NS) & (self._work.hosts[group, each] == here)
            started_ns = np.maximum(came_ns, free_ns)
            finished_ns = started_ns + self._work.computing_ns[group, each]
            free_ns = np.where(some, finished_ns, free_ns)
            changed = rows[some & (self._due_ns[group, each] != finished_ns)]
            where = group[changed], each[changed]
            self._due_ns[where] = self.finished_ns[where] = finished_ns[changed]
            self.started_ns[where] = started_ns[changed]
            self._set_out(group[changed], self._experts + each[changed], finished_ns[changed])


@dataclass(slots=True)
class _Packets:
    """Where P packets of each of G groups are, and what their ways have cost; shape (G, P), int64."""

    node: np.ndarray
    ready_ns: np.ndarray  # when it would be here had its message been alone in the network
    propagation_ns: np.ndarray
    waiting_ns: np.ndarray
    hops: np.ndarray

    @classmethod
    def empty(cls, groups: int, packets: int) -> _Packets:
        """Return packets that have not set out."""
        return cls(*(np.zeros((groups, packets), np.int64) for _ in range(5)))

    def place(self, where: tuple[np.ndarray, np.ndarray], node: np.ndarray, now_ns: np.ndarray) -> None:
        """Let packets set out."""
        self.node[where], self.ready_ns[where] = node, now_ns
        for column in (self.propagation_ns, self.waiting_ns, self.hops):
            column[where] = 0


class _FreeTimes:
    """Until when transmitters are busy, by group and a key that names the transmitter."""

    def __init__(self, groups: int) -> None:
        self._keys = np.full((groups, 8), _NO_KEY)
        self._until_ns = np.zeros((groups, 8), np.int64)
        self._count = np.zeros(groups, np.int64)

    def get(self, group: np.ndarray, key: np.ndarray) -> np.ndarray:
        """Return when they are free, 0 if they have not been used, shape (n,)."""
        is_it = self._keys[group] == key[:, np.newaxis]
        place = is_it.argmax(axis=1)
        return np.where(is_it[np.arange(len(group)), place], self._until_ns[group, place], 0)

    def set(self, group: np.ndarray, key: np.ndarray, until_ns: np.ndarray) -> None:
        """Note until when they are busy; groups are distinct."""
        is_it = self._keys[group] == key[:, np.newaxis]
        is_new = ~is_it.any(axis=1)
        if (self._count[group[is_new]] == self._keys.shape[1]).any():
            self._keys = np.concatenate([self._keys, np.full_like(self._keys, _NO_KEY)], axis=1)
            self._until_ns = np.concatenate([self._until_ns, np.zeros_like(self._until_ns)], axis=1)
            is_it = self._keys[group] == key[:, np.newaxis]
        place = np.where(is_new, self._count[group], is_it.argmax(axis=1))
        self._keys[group, place] = key
        self._until_ns[group, place] = until_ns
        self._count[group[is_new]] += 1


def _cut(message_bytes: np.ndarray, mtu_bytes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the segments of messages, shape (G, J), and the bits of each packet on the wire, shape (G, P).

    Packets stand message by message, each with room for the most segments that it has in any group.
    """
    sizes, place = np.unique(message_bytes, return_inverse=True)
    none = np.zeros(0, np.int64)
    cut = [
        segment_wire_bits(message_bytes=int(size), mtu_bytes=mtu_bytes) if size else none for size in sizes
    ]
    longest = max(len(bits) for bits in cut)
    table = np.zeros((len(cut), longest), np.int64)
    for row, bits in enumerate(cut):
        table[row, : len(bits)] = bits
    segments = np.array([len(bits) for bits in cut])[place].reshape(message_bytes.shape)
    bits = table[place].reshape(*message_bytes.shape, longest)
    parts = [bits[:, message, :most] for message, most in enumerate(segments.max(axis=0, initial=0))]
    return segments, np.concatenate(parts, axis=1)
