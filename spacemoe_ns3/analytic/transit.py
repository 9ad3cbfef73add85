"""Messages that share transmitters, packet by packet: many small networks side by side.

A *lane* is a network that nobody but its own messages uses. Each round takes in every lane the packets
whose next hop nothing can come before, at most one a transmitter, and moves all of them at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.analytic.walk import NEVER_NS, Network
from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.links import LossPolicy
from spacemoe_ns3.results import Legs

# What a link leaves behind goes first in its nanosecond, in the order of the links; then all the rest: what
# is sent here, what has waited for a path, what arrives by transmitter.
_NO_TURN = 1 << 40
_SENT, _HELD, _FIRST_WIRE = 0, 1, 2
_MOST_PASSAGES = 1 << 23  # messages times transmitters of one object: 64 MiB a table, touched here and there


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """The end of a message that does not arrive; the first of several is the smallest.

    Parameters
    ----------
    at_ns
        When.
    turn
        Place among those of that nanosecond.
    message
        Which, counted through lanes and messages.
    why
        In words.
    """

    at_ns: int
    turn: int
    message: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hops:
    """Hops that packets are about to make, arrays of shape (n,)."""

    packet: np.ndarray
    at: np.ndarray  # whose transmitter, and which
    wire: np.ndarray
    link: np.ndarray
    near: np.ndarray
    far: np.ndarray
    now_ns: np.ndarray
    start_ns: np.ndarray
    transmission_ns: np.ndarray
    ends_ns: np.ndarray
    light_ns: np.ndarray

    @property
    def leaves(self) -> np.ndarray:
        """Whether the last bit has left when the link goes down."""
        leaves: np.ndarray = self.start_ns + self.transmission_ns <= self.ends_ns
        return leaves

    @property
    def next_ns(self) -> np.ndarray:
        """When packets are there, or are left behind here."""
        there = self.start_ns + self.transmission_ns + self.light_ns
        next_ns: np.ndarray = np.where(self.leaves, there, self.ends_ns)
        return next_ns

    def chosen(self, which: np.ndarray) -> _Hops:
        """Return some of them."""
        return _Hops(**{name: getattr(self, name)[which] for name in self.__dataclass_fields__})


class Transit:
    """The messages of R lanes, M in each, of up to S segments.

    A packet is forwarded by the table of the slot in which it comes to a satellite, waits there for the next
    slot if there is no path, leaves when the packets before it have left the transmitter, first come first
    served, and takes as long as the light at the moment of departure. If the link goes down before its last
    bit has left, the links' loss policy says what becomes of it. Queues hold any number of packets.

    Each packet keeps the time at which it would be where it is had its message been alone; what it is behind
    that is queueing (``PathLedgerTag`` in ``ns3-modules/leo``).

    Parameters
    ----------
    network
        The links.
    goals
        Satellite to which each message goes, shape (R, M).
    bits
        Bits of each segment on the wire, shape (R, M, S), int64; 0 where there is none.
    is_last
        Whether nothing comes of a message's arrival, shape (M,).
    shares_lasers
        Whether the messages of a lane share its transmitters; otherwise each has its own.
    """

    def __init__(
        self,
        network: Network,
        *,
        goals: np.ndarray,
        bits: np.ndarray,
        is_last: np.ndarray,
        shares_lasers: bool,
    ) -> None:
        lanes, messages, segments = self._shape = bits.shape
        count = bits.size
        self._network = network
        self._bits = bits.ravel()
        self._goal = goals.ravel().astype(np.intp)
        self._is_last = np.tile(is_last, lanes)
        self._lane = np.repeat(np.arange(lanes), messages * segments)
        self._message = np.repeat(np.arange(lanes * messages), segments)
        self._segments = np.count_nonzero(bits, axis=2).ravel()
        self._missing = self._segments.copy()
        self._next_ns = np.full(count, NEVER_NS)
        self._turn = np.full(count, _NO_TURN)
        # Or _HELD, or _FIRST_WIRE plus twice the link plus the direction.
        self._came_by = np.full(count, _SENT)
        self._since_ns = np.zeros(count, np.int64)  # of those sent: when that was settled
        # Place among those of one time and scheduling: as they were sent or, while they are held or have been
        # left behind, as they came to wait.
        self._order = np.arange(count)
        self._given = count
        self._node = np.zeros(count, np.intp)
        self._ready_ns = np.zeros(count, np.int64)
        self._propagation_ns = np.zeros(count, np.int64)
        self._waiting_ns = np.zeros(count, np.int64)
        self._hops = np.zeros(count, np.int64)
        self._arrived_ns = np.zeros(count, np.int64)
        self._sent_ns = np.zeros(lanes * messages, np.int64)
        self._source = np.zeros(lanes * messages, np.intp)
        self._owner = self._lane if shares_lasers else self._message  # of the transmitters
        owners = lanes if shares_lasers else lanes * messages
        self._free_ns = np.zeros(owners * network.wires, np.int64)
        # Per message and transmitter: until when the message alone would keep it busy, and the end of the
        # link's time up, with which that is forgotten.
        passages = lanes * messages * network.wires if segments > 1 else 0
        self._idle_until_ns = np.zeros(passages, np.int64)
        self._idle_ends_ns = np.zeros(passages, np.int64)
        self.losses: list[Loss] = []

    @staticmethod
    def lanes_at_once(network: Network, *, messages: int) -> int:
        """Return how many lanes one object should have, for the sake of its memory."""
        return max(1, _MOST_PASSAGES // (network.wires * messages))

    def ends_of(self, message: int) -> tuple[int, int, int]:
        """Return whence and whither a message goes, and when it was sent in nanoseconds."""
        return int(self._source[message]), int(self._goal[message]), int(self._sent_ns[message])

    def send(
        self, messages: np.ndarray, *, source: np.ndarray, sent_ns: np.ndarray, since_ns: np.ndarray
    ) -> np.ndarray:
        """Hand messages to the network; return those that are there already, as they stay where they are.

        Parameters
        ----------
        messages
            Which, counted through lanes and messages, shape (n,), ascending in each lane.
        source
            Satellites, shape (n,).
        sent_ns, since_ns
            When, and when that was settled, in nanoseconds, shape (n,).

        Returns
        -------
        Some of ``messages``.
        """
        self._sent_ns[messages], self._source[messages] = sent_ns, source
        stays = self._goal[messages] == source
        segments = self._shape[2]
        packets = messages[:, np.newaxis] * segments + np.arange(segments)
        for values, given in (
            (self._next_ns, np.where(stays, NEVER_NS, sent_ns)),
            (self._ready_ns, sent_ns),
            (self._arrived_ns, sent_ns),
            (self._since_ns, since_ns),
            (self._node, source),
        ):
            values[packets] = given[:, np.newaxis]
        self._next_ns[packets[self._bits[packets] == 0]] = NEVER_NS
        self._missing[messages[stays]] = 0
        there: np.ndarray = messages[stays]
        return there

    def earliest_ns(self) -> np.ndarray:
        """Return when the next packet of each lane is to be forwarded, shape (R,)."""
        earliest: np.ndarray = self._next_ns.reshape(self._shape[0], -1).min(axis=1, initial=NEVER_NS)
        return earliest

    def advance(self, earliest_ns: np.ndarray, until_ns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Move packets one hop.

        Parameters
        ----------
        earliest_ns
            As :meth:`earliest_ns` has just returned it.
        until_ns
            Packets that are to be forwarded then or later stay where they are, shape (R,).

        Returns
        -------
        Messages that have been completed, and when they are there.
        """
        slot_ns = self._network.slot_ns
        # Tables change, links go down and what they leave behind is forwarded at the start of a slot.
        slot_ends_ns = np.where(earliest_ns < NEVER_NS, earliest_ns, 0) // slot_ns * slot_ns + slot_ns
        until_ns = np.minimum(until_ns, slot_ends_ns)
        next_ns = self._next_ns.reshape(self._shape[0], -1)
        packets = np.flatnonzero(next_ns < until_ns[:, np.newaxis])
        packets = self._hold(packets)
        if packets.size == 0:
            return packets, packets
        hops = self._hops_of(packets)
        # A packet may go if none that goes now can come before it, or what it brings about.
        message, lane = self._message[hops.packet], self._lane[hops.packet]
        goes_on = hops.far != self._goal[message]
        goes_on |= ~self._is_last[message] | ~hops.leaves
        soonest_ns = np.full(self._shape[0], NEVER_NS)
        np.minimum.at(soonest_ns, lane[goes_on], hops.next_ns[goes_on])
        is_first = hops.now_ns < soonest_ns[lane]
        return self._move(hops if is_first.all() else hops.chosen(is_first))

    def _hold(self, packets: np.ndarray) -> np.ndarray:
        """Let those without a path wait for the next slot; return the others, with their wires set."""
        now_ns, slot_ns = self._next_ns[packets], self._network.slot_ns
        is_late = now_ns >= self._network.slots * slot_ns
        for packet in packets[is_late].tolist():
            self._lose(
                packet,
                int(self._next_ns[packet]),
                _NO_TURN,
                f"at satellite {self._node[packet]} at the end of the time span there was no path or too "
                "little time; give slots.span_s a longer span or ask for fewer tokens",
            )
        if is_late.any():
            packets, now_ns = packets[~is_late], now_ns[~is_late]
        node = self._node[packets]
        port = self._network.ports(now_ns, node, self._goal[self._message[packets]])
        has_path = port != NO_PORT
        self._wire = self._network.wire(node, port)
        if has_path.all():
            return packets
        self._wire = self._wire[has_path]
        held, stay_ns = packets[~has_path], slot_ns - now_ns[~has_path] % slot_ns
        self._queue_up(held)
        self._next_ns[held] += stay_ns
        self._waiting_ns[held] += stay_ns
        self._ready_ns[held] += stay_ns
        others: np.ndarray = packets[has_path]
        return others

    def _queue_up(self, held: np.ndarray) -> None:
        """Put packets behind those that wait at their satellites; those that go on waiting stay in place."""
        new = held[(self._order[held] < self._bits.size) | (self._turn[held] < _NO_TURN)]
        new = new[np.lexsort(self._keys(new))]
        self._order[new] = self._places(new.size)
        self._since_ns[new] = self._next_ns[new]
        self._came_by[new] = _HELD
        self._turn[new] = _NO_TURN

    def _keys(self, packets: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return what orders packets at a transmitter, the most important last."""
        by = (self._order, self._since_ns, self._came_by, self._turn, self._next_ns)
        return tuple(values[packets] for values in by)

    def _places(self, count: int) -> np.ndarray:
        """Return places behind all that have been given so far."""
        self._given += count
        places: np.ndarray = np.arange(self._given - count, self._given)
        return places

    def _hops_of(self, packets: np.ndarray) -> _Hops:
        """Return the next hop of the first packet at each transmitter."""
        at = self._owner[packets] * self._network.wires + self._wire
        order = np.lexsort((*self._keys(packets), at))
        at = at[order]
        is_first = np.concatenate([[True], at[1:] != at[:-1]])
        order, at = order[is_first], at[is_first]
        packets, wire = packets[order], self._wire[order]
        now_ns, near = self._next_ns[packets], self._node[packets]
        link, far = self._network.behind(wire)
        start_ns = np.maximum(now_ns, self._free_ns[at])
        transmission_ns, ends_ns = self._network.transmit(now_ns, start_ns, link, self._bits[packets])
        return _Hops(
            packet=packets,
            at=at,
            wire=wire,
            link=link,
            near=near,
            far=far,
            now_ns=now_ns,
            start_ns=start_ns,
            transmission_ns=transmission_ns,
            ends_ns=ends_ns,
            light_ns=self._network.light_ns(near, far, np.minimum(start_ns, ends_ns)),
        )

    def _move(self, hops: _Hops) -> tuple[np.ndarray, np.ndarray]:
        """Let packets go; return messages that this completes, and when they are there."""
        leaves, next_ns = hops.leaves, hops.next_ns
        packet = hops.packet
        # What is cut keeps the transmitter busy to its end; what is queued behind it never begins.
        is_begun = hops.start_ns < hops.ends_ns
        self._free_ns[hops.at[is_begun]] = (hops.start_ns + hops.transmission_ns)[is_begun]
        self._charge(hops, leaves)
        self._since_ns[packet], self._order[packet] = 0, packet
        self._came_by[packet] = _FIRST_WIRE + self._network.turn(hops.link, hops.near)
        self._next_ns[packet] = next_ns
        self._turn[packet] = _NO_TURN
        if not leaves.all():
            left = packet[~leaves]
            self._turn[left] = self._network.turn(hops.link[~leaves], hops.near[~leaves])
            self._order[left] = self._places(left.size)
        self._lose_by_policy(hops, leaves)
        gone, far = packet[leaves], hops.far[leaves]
        self._propagation_ns[gone] += hops.light_ns[leaves]
        self._hops[gone] += 1
        self._node[gone] = far
        is_there = (far == self._goal[self._message[gone]]) & (self._next_ns[gone] < NEVER_NS)
        there = gone[is_there]
        self._arrived_ns[there] = self._next_ns[there]
        self._next_ns[there] = NEVER_NS
        messages = self._message[there]
        np.subtract.at(self._missing, messages, 1)
        messages = np.unique(messages[self._missing[messages] == 0])
        return messages, self._arrived_ns.reshape(-1, self._shape[2])[messages].max(axis=1)

    def _charge(self, hops: _Hops, leaves: np.ndarray) -> None:
        """Carry on the time at which each packet would be here had its message been alone."""
        packet, message = hops.packet, self._message[hops.packet]
        ready_ns = self._ready_ns[packet]
        start_ns = ready_ns.copy()
        is_cut = self._segments[message] > 1
        if is_cut.any():
            passage = message[is_cut] * self._network.wires + hops.wire[is_cut]
            ends_ns = hops.ends_ns[is_cut]
            before_ns = np.where(self._idle_ends_ns[passage] == ends_ns, self._idle_until_ns[passage], 0)
            start_ns[is_cut] = np.maximum(start_ns[is_cut], before_ns)
            self._idle_until_ns[passage] = start_ns[is_cut] + hops.transmission_ns[is_cut]
            self._idle_ends_ns[passage] = ends_ns
        gone_ns = start_ns + hops.transmission_ns
        left_behind_ns = np.where(gone_ns > hops.ends_ns, hops.ends_ns, ready_ns)
        self._ready_ns[packet] = np.where(leaves, gone_ns + hops.light_ns, left_behind_ns)

    def _lose_by_policy(self, hops: _Hops, leaves: np.ndarray) -> None:
        """Take out the packets that links take with them."""
        policy = self._network.policy
        if policy == LossPolicy.REROUTE:
            return
        is_lost = ~leaves
        if policy == LossPolicy.DROP:
            is_lost = is_lost | (hops.next_ns > hops.ends_ns)
        for place in np.flatnonzero(is_lost).tolist():
            near, far, ends_ns = (int(getattr(hops, name)[place]) for name in ("near", "far", "ends_ns"))
            turn = self._network.turn(hops.link[[place]], hops.near[[place]])
            self._lose(
                int(hops.packet[place]),
                ends_ns,
                int(turn[0]),
                f"the link from satellite {near} to {far} went down at {ends_ns} ns, and links.on_loss is "
                f"{policy.value!r}; choose 'reroute', as nothing is sent again",
            )

    def _lose(self, packet: int, at_ns: int, turn: int, why: str) -> None:
        self._next_ns[packet] = NEVER_NS
        self.losses.append(Loss(at_ns, turn, int(self._message[packet]), why))

    def legs(self) -> Legs:
        """Return what became of the messages, arrays of shape (R, M); all are there."""
        lanes, messages, segments = self._shape
        # Complete with the segment that arrives last; of several in one nanosecond, by the last transmitter.
        arrived = self._arrived_ns.reshape(-1, segments)
        came_by = np.where(
            arrived == arrived.max(axis=1, keepdims=True), self._came_by.reshape(arrived.shape), -1
        )
        last = np.arange(lanes * messages) * segments + came_by.argmax(axis=1)
        legs = Legs.empty((lanes, messages))
        ready_ns, propagation_ns, waiting_ns = (
            values[last] for values in (self._ready_ns, self._propagation_ns, self._waiting_ns)
        )
        for name, values in (
            ("sent", self._sent_ns),
            ("arrived", self._arrived_ns[last]),
            ("propagation", propagation_ns),
            ("serialisation", ready_ns - self._sent_ns - propagation_ns - waiting_ns),
            ("queueing", self._arrived_ns[last] - ready_ns),
            ("waiting", waiting_ns),
            ("hops", self._hops[last]),
        ):
            getattr(legs, name)[:] = values.reshape(lanes, messages)
        return legs
