"""What is to happen in a small network by the rule for ties: a third engine, plain and slow, without ns-3.

It knows UDP, ICMP, links that change, queues and times to live; no TCP, no packets larger than the MTU, and
no packet errors but of rate one. Both engines in C++ are held to it.

What happens at one nanosecond, in this order:

1. links change, in link order, direction 0 first;
2. transmissions that complete free their transmitter and their place in the queue;
3. what links gave back is forwarded;
4. what satellites do by themselves, in the order in which it was scheduled;
5. packets that waited for a path are forwarded if they have one now, then packets in transit in the order of
   wires;
6. packets that have come to their destination, or whose time to live ends, in the order of wires; what they
   cause is sent at once.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from exact.scenarios import LISTENING_PORT, NO_PORT, PPP_IPV4_UDP_BYTES, STOCK_TTL, TraceScenario

LIGHT_M_S = 299792458.0
ICMP_BYTES = 2 + 20 + 8 + 20 + 8  # PPP, IPv4, ICMP, and the beginning of what it is about
MTU_PAYLOAD_BYTES = 1472
FIRST_RATE_BPS = 100_000_000_000  # of a link that has not been up: how long it keeps what it loses
QUEUE_FULL, ON_WIRE, CUT, QUEUED, LINK_DOWN, CORRUPTED = range(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A packet, with its headers."""

    source: int
    destination: int
    ttl: int
    size_bytes: int  # on the wire
    port: int | None  # None for ICMP
    payload: tuple[int, ...] = ()  # burst, packet, replies, copies, step, think_ns


@dataclass(slots=True)
class Wire:
    """One direction of a link."""

    number: int
    sender: int
    receiver: int
    rate_bps: int = 0
    is_up: bool = True
    busy_until_ns: int | None = None
    queue: deque[tuple[int, Frame]] = field(default_factory=deque)  # since when, and what
    flights: list[tuple[int, int, int, Frame]] = field(default_factory=list)  # start, sent, arrival
    packets: int = 0
    size_bytes: int = 0
    busy_ns: int = 0
    lost: list[int] = field(default_factory=lambda: [0] * 6)
    rerouted: int = 0
    waited_ns: int = 0

    def transmission_ns(self, size_bytes: int) -> int:
        """Return the time on the transmitter, rounded as ns-3 does: to the nearest, from 64 binary places."""
        seconds = (size_bytes * 8 << 64) // self.rate_bps
        return (seconds * 1_000_000_000 + (1 << 63)) >> 64


def can_tell(scenario: TraceScenario) -> bool:
    """Return whether a scenario has nothing that this engine does not know."""
    return (
        not scenario.transfers
        and all(errors.rate == 1.0 for errors in scenario.errors)
        and all(burst.payload_bytes <= MTU_PAYLOAD_BYTES for burst in scenario.bursts)
    )


class ByRule:
    """A network, run to its horizon when made."""

    def __init__(self, scenario: TraceScenario) -> None:
        assert can_tell(scenario)
        self.scenario = scenario
        self.now_ns = -1
        self.got: list[tuple[int, ...]] = []  # as lines "got", up to the time to live
        self.hops: list[tuple[int, int, int]] = []  # wire, started, arrived
        self.wires = []
        self.ports: list[list[Wire]] = [[] for _ in range(scenario.satellites)]
        for link, ends in enumerate(scenario.links):
            for direction in (0, 1):
                wire = Wire(2 * link + direction, ends[direction], ends[1 - direction])
                self.wires.append(wire)
                self.ports[wire.sender].append(wire)
        self.corrupts = {errors.link for errors in scenario.errors}
        # By satellite, and whether its time to live becomes less when it leaves.
        self.held: list[list[tuple[Frame, bool]]] = [[] for _ in range(scenario.satellites)]
        self.answers = [0] * scenario.satellites
        self.order = itertools.count()
        self.events: list[tuple[int, int, Callable[[], None]]] = []
        self.run()

    # What happens when

    def run(self) -> None:
        """Go from instant to instant."""
        for number, burst in enumerate(self.scenario.bursts):
            self.schedule(burst.at_ns, partial(self.send_burst, number))
        slot_ns = self.scenario.slot_ns
        while (next_ns := self.next_instant()) < self.scenario.horizon_ns:
            self.now_ns = next_ns
            starts_slot = next_ns % slot_ns == 0
            given_back = self.change_links(next_ns // slot_ns) if starts_slot else []
            for wire in self.wires:
                if wire.busy_until_ns == next_ns:
                    self.complete(wire)
            for wire, frame in given_back:
                wire.rerouted += 1
                self.forward(wire.sender, frame)
            while self.events and self.events[0][0] == next_ns:
                heapq.heappop(self.events)[2]()
            if starts_slot:
                self.forward_held()
            self.arrivals()

    def next_instant(self) -> int:
        """Return when something happens next."""
        times = [(self.now_ns // self.scenario.slot_ns + 1) * self.scenario.slot_ns]
        times += [self.events[0][0]] if self.events else []
        times += [wire.busy_until_ns for wire in self.wires if wire.busy_until_ns is not None]
        times += [wire.flights[0][2] for wire in self.wires if wire.flights]
        return min(times)

    def schedule(self, at_ns: int, action: Callable[[], None]) -> None:
        """Let a satellite do something by itself at a time."""
        heapq.heappush(self.events, (at_ns, next(self.order), action))

    # Links

    def change_links(self, slot: int) -> list[tuple[Wire, Frame]]:
        """Begin a slot; return what links give back."""
        given_back: list[tuple[Wire, Frame]] = []
        for link, rate_bps in enumerate(self.scenario.rates_bps[slot]):
            for wire in self.wires[2 * link : 2 * link + 2]:
                if wire.is_up and rate_bps == 0:
                    given_back += self.take_down(wire)
                elif not wire.is_up and rate_bps > 0:
                    while wire.queue:
                        self.leave_queue(wire)
                        wire.lost[LINK_DOWN] += 1
                wire.is_up = rate_bps > 0
                wire.rate_bps = rate_bps or wire.rate_bps or FIRST_RATE_BPS
        return given_back

    def take_down(self, wire: Wire) -> list[tuple[Wire, Frame]]:
        """Take a direction down; return what it gives back."""
        policy = self.scenario.policy
        given_back = []
        flights, wire.flights = wire.flights, []
        for start_ns, sent_ns, arrival_ns, frame in flights:
            if sent_ns > self.now_ns:
                wire.packets -= 1
                wire.size_bytes -= frame.size_bytes
                wire.busy_ns -= sent_ns - self.now_ns
                self.hops.remove((wire.number, start_ns, arrival_ns))
                if policy == "Reroute":
                    given_back.append((wire, frame))
                else:
                    wire.lost[CUT] += 1
            elif policy == "Drop" and arrival_ns > self.now_ns:
                wire.lost[ON_WIRE] += 1
                self.hops.remove((wire.number, start_ns, arrival_ns))
            else:
                wire.flights.append((start_ns, sent_ns, arrival_ns, frame))
        while wire.queue:
            frame = self.leave_queue(wire)
            if policy == "Reroute":
                given_back.append((wire, frame))
            else:
                wire.lost[QUEUED] += 1
        return given_back

    def leave_queue(self, wire: Wire) -> Frame:
        """Take the first packet off a queue."""
        since_ns, frame = wire.queue.popleft()
        wire.waited_ns += self.now_ns - since_ns
        return frame

    def complete(self, wire: Wire) -> None:
        """Free a transmitter, and start what waits for it."""
        wire.busy_until_ns = None
        if wire.queue:
            self.transmit(wire, self.leave_queue(wire))

    def transmit(self, wire: Wire, frame: Frame) -> None:
        """Start a transmission. A link that is down loses the packet, which keeps its transmitter busy."""
        sent_ns = self.now_ns + wire.transmission_ns(frame.size_bytes)
        wire.busy_until_ns = sent_ns
        if not wire.is_up:
            wire.lost[LINK_DOWN] += 1
            return
        arrival_ns = sent_ns + self.light_ns(wire)
        wire.packets += 1
        wire.size_bytes += frame.size_bytes
        wire.busy_ns += sent_ns - self.now_ns
        wire.flights.append((self.now_ns, sent_ns, arrival_ns, frame))
        self.hops.append((wire.number, self.now_ns, arrival_ns))

    def enqueue(self, wire: Wire, frame: Frame) -> None:
        """Hand a packet to a transmitter."""
        size, unit = int(self.scenario.queue[:-1]), self.scenario.queue[-1]
        taken = sum(1 if unit == "p" else queued.size_bytes for _, queued in wire.queue)
        if taken + (1 if unit == "p" else frame.size_bytes) > size:
            wire.lost[QUEUE_FULL] += 1
        elif wire.busy_until_ns is None:
            self.transmit(wire, frame)
        else:
            wire.queue.append((self.now_ns, frame))

    def light_ns(self, wire: Wire) -> int:
        """Return the light time of what leaves now; a cubic Hermite spline between knots."""
        scenario = self.scenario
        knot = min(self.now_ns // scenario.step_ns, len(scenario.positions_m) - 2)
        step_s = scenario.step_ns / 1e9
        s = (self.now_ns - knot * scenario.step_ns) / scenario.step_ns
        rest = 1.0 - s
        h00, h10 = (1.0 + 2.0 * s) * (rest * rest), (s * (rest * rest)) * step_s
        h01, h11 = (s * s) * (3.0 - 2.0 * s), ((s * s) * (s - 1.0)) * step_s
        d00, d10, d11 = (6.0 * s * s - 6.0 * s) / step_s, 3.0 * s * s - 4.0 * s + 1.0, 3.0 * s * s - 2.0 * s

        def state(satellite: int) -> tuple[list[float], list[float]]:
            p0, p1 = (scenario.positions_m[knot + one][satellite] for one in (0, 1))
            v0, v1 = (scenario.velocities_m_s[knot + one][satellite] for one in (0, 1))
            axes = list(zip(p0, p1, v0, v1, strict=True))
            places = [((h00 * a + h10 * u) + h01 * b) + h11 * w for a, b, u, w in axes]
            return places, [d00 * (a - b) + d10 * u + d11 * w for a, b, u, w in axes]

        (place, _), (other, velocity) = state(wire.sender), state(wire.receiver)
        d = [to - at for at, to in zip(place, other, strict=True)]
        b = (d[0] * velocity[0] + d[1] * velocity[1]) + d[2] * velocity[2]
        dd = (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2]
        vv = (velocity[0] * velocity[0] + velocity[1] * velocity[1]) + velocity[2] * velocity[2]
        q = LIGHT_M_S * LIGHT_M_S - vv
        return math.floor((b + math.sqrt(b * b + q * dd)) / q * 1e9 + 0.5)

    # Satellites

    def route(self, satellite: int, frame: Frame) -> Wire | None:
        """Return where a packet goes in this slot."""
        port = self.scenario.ports[self.now_ns // self.scenario.slot_ns][frame.destination][satellite]
        return None if port == NO_PORT else self.ports[satellite][port]

    def forward(self, satellite: int, frame: Frame) -> None:
        """Send a packet of the satellite's own, or one that a link gave back; or let it wait."""
        wire = self.route(satellite, frame)
        if wire:
            self.enqueue(wire, frame)
        else:
            self.held[satellite].append((frame, False))

    def forward_held(self) -> None:
        """Send what has a path now."""
        for satellite, frames in enumerate(self.held):
            waiting, self.held[satellite] = frames, []
            for frame, takes_one in waiting:
                if self.route(satellite, frame) is None:
                    self.held[satellite].append((frame, takes_one))
                else:
                    self.forward(satellite, replace(frame, ttl=frame.ttl - takes_one))

    def arrivals(self) -> None:
        """Take what comes now: first what goes on, then what stays."""
        stays: list[tuple[int, Frame]] = []
        for wire in self.wires:
            if not wire.flights or wire.flights[0][2] != self.now_ns:
                continue
            frame = wire.flights.pop(0)[3]
            if wire.number // 2 in self.corrupts:
                wire.lost[CORRUPTED] += 1
            elif frame.destination == wire.receiver or frame.ttl == 1:
                stays.append((wire.receiver, frame))
            elif self.route(wire.receiver, frame) is None:
                self.held[wire.receiver].append((frame, True))
            else:
                self.forward(wire.receiver, replace(frame, ttl=frame.ttl - 1))
        for satellite, frame in stays:
            if frame.destination != satellite or (frame.port is not None and frame.port != LISTENING_PORT):
                self.send_icmp(satellite, frame)
            elif frame.port is not None:
                self.receive(satellite, frame)

    def send_icmp(self, satellite: int, about: Frame) -> None:
        """Tell a sender what became of its packet, unless that told something itself."""
        if about.port is None:
            return
        frame = Frame(
            source=satellite, destination=about.source, ttl=STOCK_TTL, size_bytes=ICMP_BYTES, port=None
        )
        self.forward(satellite, frame)

    def send(self, satellite: int, to: int, port: int, ttl: int, payload_bytes: int, *payload: int) -> None:
        """Send a UDP packet."""
        frame = Frame(
            source=satellite,
            destination=to,
            ttl=ttl,
            size_bytes=payload_bytes + PPP_IPV4_UDP_BYTES,
            port=port,
            payload=payload,
        )
        self.forward(satellite, frame)

    def send_burst(self, number: int) -> None:
        """Send a burst."""
        burst = self.scenario.bursts[number]
        self.answers[burst.sender] += 1
        for packet in range(burst.packets):
            self.send(
                burst.sender,
                burst.receiver,
                burst.port,
                burst.ttl,
                burst.payload_bytes,
                *(number, packet, burst.replies, burst.copies, burst.step, burst.think_ns),
            )

    def receive(self, satellite: int, frame: Frame) -> None:
        """Note what came, and answer."""
        burst, packet, replies, _, _, think_ns = frame.payload
        size_bytes = frame.size_bytes - PPP_IPV4_UDP_BYTES
        row = (satellite, frame.source, LISTENING_PORT, size_bytes, burst, packet, replies, frame.ttl)
        self.got.append((self.now_ns, *row))
        if replies > 0 and think_ns > 0:
            self.schedule(self.now_ns + think_ns, partial(self.answer, satellite, frame))
        elif replies > 0:
            self.answer(satellite, frame)

    def answer(self, satellite: int, frame: Frame) -> None:
        """Send what a packet causes."""
        burst, _, replies, copies, step, think_ns = frame.payload
        to = (satellite + step) % self.scenario.satellites
        to = frame.source if to == satellite else to
        self.answers[satellite] += 1
        for copy in range(copies):
            packet = self.answers[satellite] * 16 + copy
            size_bytes = frame.size_bytes - PPP_IPV4_UDP_BYTES
            self.send(
                satellite,
                to,
                LISTENING_PORT,
                STOCK_TTL,
                size_bytes,
                *(burst, packet, replies - 1, copies, step, think_ns),
            )

    def counters(self) -> list[tuple[int, ...]]:
        """Return the counters of all wires up to the horizon, up to what waited, as lines "wire"."""
        end_ns = self.scenario.horizon_ns
        rows = []
        for wire in self.wires:
            ahead = [(sent_ns, frame) for _, sent_ns, _, frame in wire.flights if sent_ns > end_ns]
            rows.append(
                (
                    wire.number,
                    wire.packets - len(ahead),
                    wire.size_bytes - sum(frame.size_bytes for _, frame in ahead),
                    wire.busy_ns - sum(sent_ns - end_ns for sent_ns, _ in ahead),
                    *wire.lost,
                    wire.rerouted,
                    len(wire.flights),
                    len(wire.queue),
                    wire.waited_ns + sum(end_ns - since_ns for since_ns, _ in wire.queue),
                )
            )
        return rows
