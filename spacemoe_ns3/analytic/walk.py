"""Messages over idle links, hop by hop, many at once."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import light_time_ns, segment_wire_bits, transmission_ns
from spacemoe_ns3.links import Routes
from spacemoe_ns3.results import Legs

_NO_LINK = -1


@dataclass(slots=True)
class _Segments:
    """One segment of each of n messages, on its way; arrays of shape (n,)."""

    node: np.ndarray
    goal: np.ndarray
    time_ns: np.ndarray
    propagation_ns: np.ndarray
    waiting_ns: np.ndarray
    hops: np.ndarray

    @classmethod
    def at(cls, node: np.ndarray, goal: np.ndarray, time_ns: np.ndarray) -> _Segments:
        """Return segments that set out."""
        zeros = [np.zeros(node.size, np.int64) for _ in range(3)]
        return cls(node.copy(), goal.copy(), time_ns.copy(), *zeros)

    def one(self, message: int) -> _Segments:
        """Return a copy of one of them."""
        return _Segments(*(getattr(self, field.name)[[message]].copy() for field in fields(self)))

    def put(self, message: int, other: _Segments) -> None:
        """Replace one of them."""
        for field in fields(self):
            getattr(self, field.name)[message] = getattr(other, field.name)[0]


class _OutOfTimeError(Exception):
    """A message is under way when the time span ends."""

    def __init__(self, message: int, node: int) -> None:
        super().__init__()
        self.message = message
        self.node = node


class Walker:
    """Walks messages over links that are idle but for the message's own packets.

    A packet is forwarded by the table of the slot in which it comes to a satellite, waits there for the next
    slot if there is no path, leaves when the earlier packets of its message have left the transmitter, and
    takes as long as the light at the moment of departure.

    Parameters
    ----------
    routes
        The forwarding tables.
    message_bytes
        Length of every message.
    """

    def __init__(self, *, routes: Routes, message_bytes: int) -> None:
        timeline = routes.timeline
        bits = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=timeline.mtu_bytes)
        self._routes = routes
        self._ephemeris = timeline.ephemeris
        self._slots = timeline.slots
        self._neighbour, self._link = timeline.ports()
        self._row = np.full(timeline.satellites, -1)
        self._row[routes.destinations] = np.arange(len(routes.destinations))
        # The forwarding tables of the slots visited so far, stacked, and the place of each slot in them.
        self._tables = np.empty((0, len(routes.destinations), timeline.satellites), np.uint8)
        self._place_of_slot = np.full(timeline.slots.count, -1)
        # Segment by segment and link by link, shape (m, M).
        self._transmission_ns = transmission_ns(bits[:, np.newaxis], timeline.rate_bps)

    def walk(
        self,
        legs: Legs,
        where: tuple[np.ndarray, int],
        sources: np.ndarray,
        goals: np.ndarray,
        sent_ns: np.ndarray,
        name_of: Callable[[int], str],
    ) -> None:
        """Walk messages and write them down.

        Parameters
        ----------
        legs, where
            Arrays to write to, and the place in them.
        sources, goals
            Satellites, of one shape.
        sent_ns
            When they are handed to the network in nanoseconds; broadcasts to that shape.
        name_of
            From the index of a message, counted through that shape, to its name in words.

        Raises
        ------
        UndeliveredError
            If a message is under way when the time span ends.
        """
        shape = goals.shape
        sent = np.broadcast_to(sent_ns, shape).ravel()
        try:
            state = self._walk_all(sources.ravel(), goals.ravel(), sent)
        except _OutOfTimeError as late:
            ends = (
                f"from satellite {sources.ravel()[late.message]} to satellite {goals.ravel()[late.message]}"
            )
            raise UndeliveredError(
                f"message not delivered ({name_of(late.message)}, {ends}, sent at {sent[late.message]} ns): "
                f"at satellite {late.node} at the end of the time span there was no path or too little time; "
                "give slots.span_s a longer span or ask for fewer tokens"
            ) from late
        for name, values in (
            ("sent", sent),
            ("arrived", state.time_ns),
            ("propagation", state.propagation_ns),
            ("serialisation", state.time_ns - sent - state.propagation_ns - state.waiting_ns),
            ("waiting", state.waiting_ns),
            ("hops", state.hops),
        ):
            getattr(legs, name)[where] = values.reshape(shape)

    def _walk_all(self, sources: np.ndarray, goals: np.ndarray, sent: np.ndarray) -> _Segments:
        """Return the segments that complete the messages."""
        # Along each message's way: the link of each hop and when its earlier segments leave it free.
        behind: list[tuple[np.ndarray, np.ndarray]] = []
        latest = sent
        for transmission in self._transmission_ns:
            state = _Segments.at(sources, goals, sent)
            self._walk_segment(state, transmission, behind)
            latest = np.maximum(latest, state.time_ns)
        if len(self._transmission_ns) > 1:
            # In one slot all segments take one way and keep their order. Elsewhere they may not.
            start = _Segments.at(sources, goals, sent)
            for message in np.flatnonzero(
                sent // self._slots.slot_ns != latest // self._slots.slot_ns
            ).tolist():
                try:
                    state.put(message, self._walk_by_events(start.one(message)))
                except _OutOfTimeError as late:
                    raise _OutOfTimeError(message, late.node) from late
        return state

    def _walk_segment(
        self, state: _Segments, transmission: np.ndarray, behind: list[tuple[np.ndarray, np.ndarray]]
    ) -> None:
        """Walk one segment of each message to its goal."""
        while True:
            going = np.flatnonzero(state.node != state.goal)
            if going.size == 0:
                return
            port = self._ports(state, going)
            has_path = port != NO_PORT
            self._wait(state, going[~has_path])
            movers, port = going[has_path], port[has_path]
            link = self._link[state.node[movers], port]
            start = state.time_ns[movers]
            if len(self._transmission_ns) > 1:
                start = _start_behind(state, movers, link, transmission[link], behind)
            self._hop(state, movers, port, start, transmission[link])

    def _walk_by_events(self, start: _Segments) -> _Segments:
        """Walk the segments of one message in the order of time; return the one that arrives last."""
        free_ns: dict[tuple[int, int], int] = {}
        under_way = [
            (int(start.time_ns[0]), order, order, start.one(0)) for order in range(len(self._transmission_ns))
        ]
        order, here = len(under_way), np.array([0])
        while under_way:
            now, _, segment, state = heapq.heappop(under_way)
            if state.node[0] == state.goal[0]:
                continue
            port = self._ports(state, here)
            if port[0] == NO_PORT:
                self._wait(state, here)
            else:
                wire = int(state.node[0]), int(port[0])
                transmission = self._transmission_ns[segment, self._link[wire]]
                departure = max(now, free_ns.get(wire, 0))
                free_ns[wire] = departure + int(transmission)
                self._hop(state, here, port, np.array([departure]), transmission)
            heapq.heappush(under_way, (int(state.time_ns[0]), order, segment, state))
            order += 1
        return state

    def _ports(self, state: _Segments, going: np.ndarray) -> np.ndarray:
        """Return the output port of each segment, by the table of its slot."""
        slot = state.time_ns[going] // self._slots.slot_ns
        late = slot >= self._slots.count
        if late.any():
            message = int(going[late][0])
            raise _OutOfTimeError(message, int(state.node[message]))
        for each in np.unique(slot[self._place_of_slot[slot] < 0]):
            self._place_of_slot[each] = len(self._tables)
            self._tables = np.concatenate([self._tables, self._routes.table(int(each))[np.newaxis]])
        port: np.ndarray = self._tables[
            self._place_of_slot[slot], self._row[state.goal[going]], state.node[going]
        ]
        return port

    def _wait(self, state: _Segments, messages: np.ndarray) -> None:
        """Let segments wait for the next slot."""
        slot_ns = self._slots.slot_ns
        stay = slot_ns - state.time_ns[messages] % slot_ns
        state.time_ns[messages] += stay
        state.waiting_ns[messages] += stay

    def _hop(
        self,
        state: _Segments,
        messages: np.ndarray,
        port: np.ndarray,
        start_ns: np.ndarray,
        transmission_ns: np.ndarray,
    ) -> None:
        """Move segments over one link, their first bits leaving at ``start_ns``."""
        near = state.node[messages]
        far = self._neighbour[near, port]
        light = light_time_ns(
            self._ephemeris.positions_at(near, start_ns), self._ephemeris.positions_at(far, start_ns)
        )
        state.time_ns[messages] = start_ns + transmission_ns + light
        state.propagation_ns[messages] += light
        state.hops[messages] += 1
        state.node[messages] = far


def _start_behind(
    state: _Segments,
    movers: np.ndarray,
    link: np.ndarray,
    transmission_ns: np.ndarray,
    behind: list[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Return when segments leave, behind the earlier ones of their own message; note it in ``behind``."""
    start: np.ndarray = state.time_ns[movers]
    hop = state.hops[movers]
    while len(behind) <= hop.max(initial=0):
        behind.append((np.full(state.node.size, _NO_LINK), np.zeros(state.node.size, np.int64)))
    for each in np.unique(hop):
        chosen = np.flatnonzero(hop == each)
        messages = movers[chosen]
        links, free_ns = behind[each]
        is_same = links[messages] == link[chosen]
        start[chosen] = np.where(is_same, np.maximum(start[chosen], free_ns[messages]), start[chosen])
        links[messages] = link[chosen]
        free_ns[messages] = start[chosen] + transmission_ns[chosen]
    return start
