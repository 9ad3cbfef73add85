"""Messages over idle links, hop by hop, many at once."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import light_time_ns, segment_wire_bits, transmission_ns
from spacemoe_ns3.links import LossPolicy, Routes
from spacemoe_ns3.results import Legs

_NO_LINK = -1
_NEVER_NS = np.iinfo(np.int64).max


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


class _StrandedError(Exception):
    """A message cannot arrive."""

    def __init__(self, message: int, why: str) -> None:
        super().__init__()
        self.message = message
        self.why = why


class Walker:
    """Walks messages over links that are idle but for the message's own packets.

    A packet is forwarded by the table of the slot in which it comes to a satellite, waits there for the next
    slot if there is no path, leaves when the earlier packets of its message have left the transmitter, and
    takes as long as the light at the moment of departure. If the link goes down before its last bit has left,
    the links' loss policy says what becomes of it.

    Parameters
    ----------
    routes
        The forwarding tables.
    message_bytes
        Length of every message.
    """

    def __init__(self, *, routes: Routes, message_bytes: int) -> None:
        timeline = routes.timeline
        self._bits = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=timeline.mtu_bytes)
        self._routes = routes
        self._ephemeris = timeline.ephemeris
        self._slots = timeline.slots
        self._policy = timeline.policy
        self._rate_bps = timeline.rate_bps
        self._goes_down = timeline.goes_down()
        self._ends = timeline.ends
        self._neighbour, self._link = timeline.ports()
        self._row = np.full(timeline.satellites, -1)
        self._row[routes.destinations] = np.arange(len(routes.destinations))
        # The forwarding tables of the slots visited so far, stacked, and the place of each slot in them.
        self._tables = np.empty((0, len(routes.destinations), timeline.satellites), np.uint8)
        self._place_of_slot = np.full(timeline.slots.count, -1)

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
            If a message is under way when the time span ends, or is lost with a link.
        """
        shape = goals.shape
        sent = np.broadcast_to(sent_ns, shape).ravel()
        try:
            state = self._walk_all(sources.ravel(), goals.ravel(), sent)
        except _StrandedError as stranded:
            lost = stranded.message
            ends = f"from satellite {sources.ravel()[lost]} to satellite {goals.ravel()[lost]}"
            raise UndeliveredError(
                f"message not delivered ({name_of(lost)}, {ends}, sent at {sent[lost]} ns): {stranded.why}"
            ) from stranded
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
        if len(self._bits) == 1:
            state = _Segments.at(sources, goals, sent)
            self._walk_single(state)
            return state
        # In one slot all segments take one way and keep their order. Elsewhere they may not.
        behind: list[tuple[np.ndarray, np.ndarray]] = []
        crosses = np.zeros(sent.size, bool)
        for bits in self._bits:
            state = _Segments.at(sources, goals, sent)
            self._walk_behind(state, int(bits), behind, crosses, sent // self._slots.slot_ns)
        start = _Segments.at(sources, goals, sent)
        for message in np.flatnonzero(crosses).tolist():
            try:
                state.put(message, self._walk_by_events(start.one(message)))
            except _StrandedError as stranded:
                raise _StrandedError(message, stranded.why) from stranded
        return state

    def _walk_single(self, state: _Segments) -> None:
        """Walk the only segment of each message to its goal."""
        while True:
            going = np.flatnonzero(state.node != state.goal)
            if going.size == 0:
                return
            port = self._ports(state, going)
            has_path = port != NO_PORT
            self._wait(state, going[~has_path])
            movers, port = going[has_path], port[has_path]
            start = state.time_ns[movers]
            near, link = state.node[movers], self._link[state.node[movers], port]
            transmission, ends = self._transmit(start, start, link, int(self._bits[0]))
            leaves = start + transmission <= ends
            if self._policy != LossPolicy.REROUTE and not leaves.all():
                self._lose(movers[~leaves], near[~leaves], link[~leaves], ends[~leaves])
            state.time_ns[movers[~leaves]] = ends[~leaves]
            self._hop(state, movers[leaves], port[leaves], start[leaves], transmission[leaves])
            if self._policy == LossPolicy.DROP:
                cut_off = state.time_ns[movers] > ends
                if cut_off.any():
                    self._lose(movers[cut_off], near[cut_off], link[cut_off], ends[cut_off])

    def _walk_behind(
        self,
        state: _Segments,
        bits: int,
        behind: list[tuple[np.ndarray, np.ndarray]],
        crosses: np.ndarray,
        slot: np.ndarray,
    ) -> None:
        """Walk one segment of each message, behind the earlier ones, as long as its slot lasts.

        ``behind`` has, along each message's way, the link of each hop and when its earlier segments leave it
        free. Messages that come into another slot are marked in ``crosses`` and go no further.
        """
        while True:
            going = np.flatnonzero((state.node != state.goal) & ~crosses)
            if going.size == 0:
                return
            port = self._ports(state, going)
            has_path = port != NO_PORT
            crosses[going[~has_path]] = True
            movers, port = going[has_path], port[has_path]
            link = self._link[state.node[movers], port]
            transmission = transmission_ns(bits, self._rate_bps[slot[movers], link])
            start = _start_behind(state, movers, link, transmission, behind)
            stays = (start + transmission) // self._slots.slot_ns == slot[movers]
            crosses[movers[~stays]] = True
            self._hop(state, movers[stays], port[stays], start[stays], transmission[stays])
            arrives = state.time_ns[movers] // self._slots.slot_ns
            crosses[movers[arrives != slot[movers]]] = True

    def _walk_by_events(self, first: _Segments) -> _Segments:
        """Walk the segments of one message in the order of time; return the one that arrives last.

        At the start of a slot, what is re-routed goes first, in the order of its links.
        """
        free_ns: dict[tuple[int, int], int] = {}
        count = len(self._bits)
        under_way: list[tuple[tuple[int, int, int, int, int], int, _Segments]] = []
        for segment in range(count):
            under_way.append(((int(first.time_ns[0]), 1, 0, 0, segment), segment, first.one(0)))
        order, here = count, np.array([0])
        while under_way:
            (now, *_), segment, state = heapq.heappop(under_way)
            if state.node[0] == state.goal[0]:
                continue
            port = self._ports(state, here)
            turn = (1, 0, 0)
            if port[0] == NO_PORT:
                self._wait(state, here)
            else:
                near = state.node.copy()
                wire = int(near[0]), int(port[0])
                link = self._link[near, port]
                start = np.array([max(now, free_ns.get(wire, 0))])
                transmission, ends = self._transmit(np.array([now]), start, link, int(self._bits[segment]))
                # A trap: one that is cut keeps a shorter one behind it from leaving in time.
                free_ns[wire] = int(min(start[0] + transmission[0], ends[0]))
                if start[0] + transmission[0] <= ends[0]:
                    self._hop(state, here, port, start, transmission)
                    if self._policy == LossPolicy.DROP and state.time_ns[0] > ends[0]:
                        self._lose(here, near, link, ends)
                elif self._policy == LossPolicy.REROUTE:
                    state.time_ns[0] = ends[0]
                    turn = (0, int(link[0]), int(self._ends[link[0], 0] != near[0]))
                else:
                    self._lose(here, near, link, ends)
            heapq.heappush(under_way, ((int(state.time_ns[0]), *turn, order), segment, state))
            order += 1
        return state

    def _transmit(
        self, now_ns: np.ndarray, start_ns: np.ndarray, link: np.ndarray, bits: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return how long transmissions take, and when the links they use go down, both in nanoseconds.

        The links are up at ``now_ns``; ``start_ns`` may be later.
        """
        slot_ns = self._slots.slot_ns
        slot = self._goes_down[now_ns // slot_ns, link].astype(np.int64)
        ends = np.where(slot == self._slots.count, _NEVER_NS, slot * slot_ns)
        # A start after the link's end is refused anyway; take the last rate that the link had.
        starts_in = np.minimum(np.minimum(start_ns, ends - 1) // slot_ns, self._slots.count - 1)
        return transmission_ns(bits, self._rate_bps[starts_in, link]), ends

    def _lose(self, messages: np.ndarray, near: np.ndarray, link: np.ndarray, ends_ns: np.ndarray) -> None:
        """Say which message a link has taken with it."""
        a, b = self._ends[link[0]].tolist()
        far = b if near[0] == a else a
        raise _StrandedError(
            int(messages[0]),
            f"the link from satellite {near[0]} to {far} went down at {ends_ns[0]} ns, and links.on_loss is "
            f"{self._policy.value!r}; choose 'reroute', as nothing is sent again",
        )

    def _ports(self, state: _Segments, going: np.ndarray) -> np.ndarray:
        """Return the output port of each segment, by the table of its slot."""
        slot = state.time_ns[going] // self._slots.slot_ns
        late = slot >= self._slots.count
        if late.any():
            message = int(going[late][0])
            raise _StrandedError(
                message,
                f"at satellite {state.node[message]} at the end of the time span there was no path or too "
                "little time; give slots.span_s a longer span or ask for fewer tokens",
            )
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
            self._ephemeris.positions_at(near, start_ns),
            self._ephemeris.positions_at(far, start_ns),
            self._ephemeris.velocities_at(far, start_ns),
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
