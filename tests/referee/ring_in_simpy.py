"""A ring of gateways and experts on satellites, packet for packet, in SimPy: a referee of the engines.

It imports nothing of the project. Its rules are those of ``docs/packet.md`` and ``docs/wire-format.md``, its
routes come from networkx, its clock counts whole nanoseconds:

- a light time is rounded to the nearest nanosecond, hop by hop, when the first bit leaves;
- a transmission is bits over rate, rounded to the nearest nanosecond, as ns-3's ``DataRate`` does;
- all else is a sum of these and of computing times, which are whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import networkx
import simpy

PPP_BYTES, IPV4_BYTES, UDP_BYTES, OWN_HEADER_BYTES = 2, 20, 8, 36  # docs/wire-format.md
DISPATCH, RESULT, RESIDUAL = 1, 2, 3
GATEWAY, EXPERT, HEAD = 0, 1, 2
NO_EXPERT = 0xFFFF


def nearest(value: Fraction) -> int:
    """Round to the nearest whole number, halves up."""
    return math.floor(value + Fraction(1, 2))


@dataclass(frozen=True, kw_only=True)
class Ring:
    """Raw numbers of a scenario; a satellite is an int, all times are nanoseconds."""

    ends: Sequence[tuple[int, int]]
    rates_bps: Sequence[int]  # of each link
    light_ns: Callable[[int, int, int], int]  # from, to, when the first bit leaves
    mid_slot_s: Callable[[int, int, int], float]  # distance over c of two satellites in a slot
    up: Sequence[Sequence[bool]]  # [slot][link]
    slot_ns: int
    mtu_bytes: int
    message_bytes: int
    gateways: Sequence[int]  # satellite of each layer
    experts: Sequence[Sequence[int]]  # satellite, [layer][expert]
    gateway_ns: int
    expert_ns: int
    head_ns: int
    sends_residual: bool
    starts_ns: Sequence[int]  # of each sequence
    activations: Sequence[Sequence[Sequence[Sequence[int]]]]  # experts, [sequence][token][layer][k]


@dataclass(kw_only=True)
class Message:
    """A hidden state on its way."""

    key: tuple[int, int, int, int, int]  # request, token, layer, kind, expert
    here: int
    to: int
    sent_ns: int
    missing: int
    received: Callable[[], None]


@dataclass(kw_only=True, eq=False)
class Packet:
    """One segment of a message, and what it has been through."""

    message: Message
    wire_bytes: int
    hops: int = 0
    propagation_ns: int = 0
    waiting_ns: int = 0


@dataclass(kw_only=True, eq=False)
class Flight:
    """A packet that a transmitter has begun to send."""

    packet: Packet
    sent_ns: int
    light_ns: int
    is_cut: bool = False


@dataclass(kw_only=True)
class Wire:
    """One direction of a link: a transmitter that serves its queue first in, first out."""

    here: int
    to: int
    rate_bps: int
    queue: simpy.Store
    flights: list[Flight] = field(default_factory=list)


class Referee:
    """Runs a ring.

    Afterwards ``messages`` has, by request, token, layer, kind and expert: from, to, sent, arrived, hops,
    propagation, waiting; and ``jobs``, by kind, request, token, layer and expert: satellite, submitted,
    started, finished.
    """

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.clock = simpy.Environment()
        self.messages: dict[tuple[int, ...], tuple[int, ...]] = {}
        self.jobs: dict[tuple[int, ...], tuple[int, ...]] = {}
        self.rerouted = 0
        self.longest_queue = 0
        self._heard: dict[tuple[int, int, int], int] = {}
        self._held: list[tuple[int, int, Packet]] = []  # satellite, since when, what
        self._tables: dict[tuple[int, int], Mapping[int, int]] = {}
        self._computers: dict[int, simpy.Resource] = {}
        self._wires: dict[tuple[int, int], Wire] = {}
        self.clock.process(self._slots())  # first of all, so that a slot begins before what happens in it
        for (a, b), rate_bps in zip(ring.ends, ring.rates_bps, strict=True):
            for here, to in ((a, b), (b, a)):
                wire = Wire(here=here, to=to, rate_bps=rate_bps, queue=simpy.Store(self.clock))
                self._wires[here, to] = wire
                self.clock.process(self._transmit(wire))
        for request, start_ns in enumerate(ring.starts_ns):
            self.clock.process(self._begin(request, start_ns))

    def run(self) -> None:
        """Run to the end of the last slot; every token must be out by then."""
        self.clock.run(until=len(self.ring.up) * self.ring.slot_ns)
        heads = sum(key[0] == HEAD for key in self.jobs)
        assert heads == sum(map(len, self.ring.activations)), "the referee's own tokens must come out"

    # Links and routes.

    def _slots(self):
        """At the start of each slot, take links down, and send on what has been without a path."""
        ring = self.ring
        for slot in range(1, len(ring.up)):
            yield self.clock.timeout(ring.slot_ns)
            stranded = []
            for link, ends in enumerate(ring.ends):
                if ring.up[slot - 1][link] and not ring.up[slot][link]:
                    for here, to in (ends, ends[::-1]):
                        stranded += [(here, packet) for packet in self._take_down(self._wires[here, to])]
            self.rerouted += len(stranded)
            held, self._held = self._held, []
            for here, packet in stranded:
                self._forward(here, packet)
            for here, since_ns, packet in held:
                self._forward(here, packet, since_ns=since_ns)

    def _take_down(self, wire: Wire) -> list[Packet]:
        """Return what has not left by now: the packet that is being transmitted, then the queue."""
        cut = [flight for flight in wire.flights if flight.sent_ns > self.clock.now]
        for flight in cut:
            flight.is_cut = True
        queued, wire.queue.items = wire.queue.items, []
        return [flight.packet for flight in cut] + queued

    def _next_hop(self, here: int, to: int) -> int | None:
        """Return the neighbour on the way on which a full packet is fastest in this slot."""
        ring = self.ring
        slot = self.clock.now // ring.slot_ns
        if (slot, to) not in self._tables:
            full_bits = 8 * max(self._wire_bytes())
            graph = networkx.Graph()
            for link, (a, b) in enumerate(ring.ends):
                if ring.up[slot][link]:
                    hop_s = ring.mid_slot_s(a, b, slot) + full_bits / ring.rates_bps[link]
                    graph.add_edge(a, b, weight=hop_s)
            paths = networkx.single_source_dijkstra_path(graph, to) if to in graph else {}
            self._tables[slot, to] = {a: path[-2] for a, path in paths.items() if len(path) > 1}
        return self._tables[slot, to].get(here)

    def _forward(self, here: int, packet: Packet, *, since_ns: int | None = None) -> None:
        """Queue a packet for its next hop; without one it is held until the next slot."""
        hop = self._next_hop(here, packet.message.to)
        if hop is None:
            self._held.append((here, self.clock.now if since_ns is None else since_ns, packet))
            return
        if since_ns is not None:
            packet.waiting_ns += self.clock.now - since_ns
        queue = self._wires[here, hop].queue
        queue.put(packet)
        self.longest_queue = max(self.longest_queue, len(queue.items))

    def _transmit(self, wire: Wire):
        while True:
            packet = yield wire.queue.get()
            bits = 8 * packet.wire_bytes
            transmission_ns = nearest(Fraction(bits * 10**9, wire.rate_bps))
            light_ns = self.ring.light_ns(wire.here, wire.to, self.clock.now)
            flight = Flight(packet=packet, sent_ns=self.clock.now + transmission_ns, light_ns=light_ns)
            wire.flights.append(flight)
            self.clock.process(self._fly(wire, flight, transmission_ns + light_ns))
            yield self.clock.timeout(transmission_ns)

    def _fly(self, wire: Wire, flight: Flight, duration_ns: int):
        yield self.clock.timeout(duration_ns)
        wire.flights.remove(flight)
        if flight.is_cut:
            return
        packet = flight.packet
        packet.hops += 1
        packet.propagation_ns += flight.light_ns
        if wire.to == packet.message.to:
            self._arrive(packet)
        else:
            self._forward(wire.to, packet)

    # Messages.

    def _wire_bytes(self) -> list[int]:
        """Return the lengths of a message's packets on the wire."""
        headers = IPV4_BYTES + UDP_BYTES + OWN_HEADER_BYTES
        left, lengths = self.ring.message_bytes, []
        while left > 0:
            part = min(left, self.ring.mtu_bytes - headers)
            lengths.append(PPP_BYTES + headers + part)
            left -= part
        return lengths

    def _send(self, key, *, here: int, to: int, received: Callable[[], None]) -> None:
        now_ns = self.clock.now
        if here == to:
            self.messages[key] = (here, to, now_ns, now_ns, 0, 0, 0)
            received()
            return
        lengths = self._wire_bytes()
        message = Message(key=key, here=here, to=to, sent_ns=now_ns, missing=len(lengths), received=received)
        for wire_bytes in lengths:
            self._forward(here, Packet(message=message, wire_bytes=wire_bytes))

    def _arrive(self, packet: Packet) -> None:
        message = packet.message
        message.missing -= 1
        if message.missing == 0:
            times = (message.sent_ns, self.clock.now, packet.hops, packet.propagation_ns, packet.waiting_ns)
            self.messages[message.key] = (message.here, message.to, *times)
            message.received()

    # The model.

    def _compute(self, key, *, satellite: int, duration_ns: int, done: Callable[[], None]) -> None:
        """Let a satellite's computer do a job; it does one at a time, first come, first served."""
        computer = self._computers.setdefault(satellite, simpy.Resource(self.clock, capacity=1))
        submitted_ns, turn = self.clock.now, computer.request()  # takes its place in the queue now

        def job():
            yield turn
            started_ns = self.clock.now
            yield self.clock.timeout(duration_ns)
            computer.release(turn)
            self.jobs[key] = (satellite, submitted_ns, started_ns, self.clock.now)
            done()

        self.clock.process(job())

    def _begin(self, request: int, start_ns: int):
        yield self.clock.timeout(start_ns)
        self._enter(request, 0, 0)

    def _enter(self, request: int, token: int, layer: int) -> None:
        """Let the gateway of a layer compute, and then dispatch."""
        self._compute(
            (GATEWAY, request, token, layer, NO_EXPERT),
            satellite=self.ring.gateways[layer],
            duration_ns=self.ring.gateway_ns,
            done=lambda: self._dispatch(request, token, layer),
        )

    def _dispatch(self, request: int, token: int, layer: int) -> None:
        ring = self.ring
        here, behind = ring.gateways[layer], self._next_gateway(layer)
        for expert in ring.activations[request][token][layer]:
            self._send(
                (request, token, layer, DISPATCH, expert),
                here=here,
                to=ring.experts[layer][expert],
                received=lambda expert=expert: self._ask(request, token, layer, expert),
            )
        if ring.sends_residual:
            self._send(
                (request, token, layer, RESIDUAL, NO_EXPERT),
                here=here,
                to=behind,
                received=lambda: self._hear(request, token, layer),
            )

    def _next_gateway(self, layer: int) -> int:
        """Return the satellite that combines the outputs of a layer: the ring closes at the first."""
        return self.ring.gateways[(layer + 1) % len(self.ring.gateways)]

    def _ask(self, request: int, token: int, layer: int, expert: int) -> None:
        host = self.ring.experts[layer][expert]
        self._compute(
            (EXPERT, request, token, layer, expert),
            satellite=host,
            duration_ns=self.ring.expert_ns,
            done=lambda: self._send(
                (request, token, layer, RESULT, expert),
                here=host,
                to=self._next_gateway(layer),
                received=lambda: self._hear(request, token, layer),
            ),
        )

    def _hear(self, request: int, token: int, layer: int) -> None:
        """Go on once all results, and the residual if there is one, are there."""
        ring, step = self.ring, (request, token, layer)
        self._heard[step] = self._heard.get(step, 0) + 1
        if self._heard[step] < len(ring.activations[request][token][layer]) + ring.sends_residual:
            return
        if layer + 1 < len(ring.gateways):
            self._enter(request, token, layer + 1)
            return
        self._compute(
            (HEAD, request, token, layer, NO_EXPERT),
            satellite=ring.gateways[0],
            duration_ns=ring.head_ns,
            done=lambda: self._follow(request, token),
        )

    def _follow(self, request: int, token: int) -> None:
        """Begin the next token of a sequence, if it has one."""
        if token + 1 < len(self.ring.activations[request]):
            self._enter(request, token + 1, 0)
