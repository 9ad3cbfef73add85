"""A second replay, event by event, in Python's numbers: of messages alone, or of whole steps."""

import functools
import heapq
import itertools
import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np

from spacemoe_ns3.links import DownReason

LIGHT_M_S = 299_792_458
WIRE_OVERHEAD_BYTES = 36 + 8 + 20 + 2  # ours, UDP, IPv4, PPP

# What happens first in a nanosecond: links change, transmissions complete, messages are sent, packets that
# waited for a path go on, packets in transit arrive, others arrive, and then what has arrived is computed.
_LINKS, _COMPLETED, _SENT, _HELD, _TRANSIT, _FINAL, _COMPUTING = range(7)


class LostError(Exception):
    """A link has taken a segment with it."""


class OneByOne:
    """Sends each message through a network of its own, or those of a layer of a step through one."""

    def __init__(self, *, workload, placement, routes, shares_lasers=False):
        self.shares_lasers = shares_lasers
        self.workload, self.placement, self.routes = workload, placement, routes
        self.timeline = routes.timeline
        computing, gateways = workload.computing, placement.gateways
        self.gateway_ns = computing.steps_ns(gateways, workload.widths).tolist()
        self.head_ns = computing.head_at_ns(int(gateways[0]))
        self.row = {satellite: row for row, satellite in enumerate(routes.destinations.tolist())}
        self.ports = [[] for _ in range(self.timeline.satellites)]
        for link, (one, other) in enumerate(self.timeline.ends.tolist()):
            self.ports[one].append((other, link))
            self.ports[other].append((one, link))
        self.rerouted = {"cut": 0, "queued": 0}

    def motion(self, satellite, time_ns):
        """Position and velocity on the cubic through two knots, by Horner's rule, axis by axis."""
        sky = self.timeline.ephemeris
        knot = min(time_ns // sky.step_ns, len(sky.positions_m) - 2)
        s, step_s = (time_ns - knot * sky.step_ns) / sky.step_ns, sky.step_ns / 1e9
        p0, p1 = (sky.positions_m[each, satellite].tolist() for each in (knot, knot + 1))
        v0, v1 = (sky.velocities_m_s[each, satellite].tolist() for each in (knot, knot + 1))
        for a, b, u, v in zip(p0, p1, v0, v1, strict=True):
            second = 3 * (b - a) - step_s * (2 * u + v)
            third = 2 * (a - b) + step_s * (u + v)
            yield (
                a + s * (step_s * u + s * (second + s * third)),
                u + s * (2 * second + s * 3 * third) / step_s,
            )

    def light_ns(self, near, far, leaves_ns):
        """When light meets the far satellite, which flies on straight: the fixed point of |d + v t| / c."""
        source = [position for position, _ in self.motion(near, leaves_ns)]
        receiver = list(self.motion(far, leaves_ns))
        takes_s = 0.0
        for _ in range(8):  # each round gains a factor of v / c, 4e4
            meets = [position + velocity * takes_s for position, velocity in receiver]
            takes_s = math.dist(source, meets) / LIGHT_M_S
        return math.floor(takes_s * 1e9 + 0.5)

    def segments_bits(self, message_bytes):
        room = self.timeline.mtu_bytes - WIRE_OVERHEAD_BYTES + 2
        left = message_bytes
        while left > 0:
            yield 8 * (min(left, room) + WIRE_OVERHEAD_BYTES)
            left -= room

    def tokens(self):
        """Yield each step: its start, its layers, the end of its head."""
        work, step = self.workload, 0
        for start_ns, length in zip(work.starts_ns.tolist(), work.sequence_tokens.tolist(), strict=True):
            now = start_ns
            for _ in range(length):
                begun, layers = now, []
                for layer in range(work.layers):
                    layers.append(_Layer(self, step, layer, now).run())
                    now = layers[-1].end
                yield SimpleNamespace(start=begun, layers=layers, end=now + self.head_ns)
                now += self.head_ns
                step += 1


class _Layer:
    """One layer of one step."""

    def __init__(self, sky, step, layer, now):
        self.sky, self.now = sky, now
        work, gateways = sky.workload, sky.placement.gateways.tolist()
        self.here, self.onward = gateways[layer], gateways[(layer + 1) % work.layers]
        self.done = now + sky.gateway_ns[step][layer]
        self.width = int(work.widths[step])
        self.shares = [share for share in work.shares[step, layer].tolist() if share]
        experts = work.activations[step, layer, : len(self.shares)].tolist()
        self.hosts = [int(sky.placement.experts[layer, expert]) for expert in experts]
        self.takes = [
            int(
                work.computing.at_ns(
                    np.array([host]), layer=layer, gateways=sky.placement.gateways, tokens=np.array([share])
                )[0]
            )
            for host, share in zip(self.hosts, self.shares, strict=True)
        ]
        self.dispatches, self.results, self.started = ({} for _ in range(3))
        self.busy_until = {}
        self.common = _Network(sky, self.done) if sky.shares_lasers else None

    def network(self, sent_ns):
        return self.common or _Network(self.sky, sent_ns)

    def run(self):
        work, one = self.sky.workload, self.sky.workload.message_bytes
        residual = {}
        networks = []
        for place, host in enumerate(self.hosts):
            networks.append(self.network(self.done))
            there = functools.partial(self.dispatched, place)
            networks[-1].send(self.done, self.here, host, one * self.shares[place], there)
        if work.sends_residual:
            networks.append(self.network(self.done))
            there = functools.partial(residual.__setitem__, 0)
            networks[-1].send(self.done, self.here, self.onward, one * self.width, there)
        for each in networks:
            each.run()
        if not self.common:
            # The order in which dispatches come says who computes first.
            for place in sorted(self.dispatches, key=lambda place: (self.dispatches[place].arrived, place)):
                own = _Network(self.sky, self.dispatches[place].arrived)
                self.submitted(own, self.dispatches[place].arrived, place)
                own.run()
        ends = [leg.arrived for leg in (*self.results.values(), *residual.values())]
        places = range(len(self.hosts))
        return SimpleNamespace(
            start=self.now,
            done=self.done,
            dispatches=[self.dispatches[place] for place in places],
            started=[self.started[place] for place in places],
            results=[self.results[place] for place in places],
            residual=residual.get(0),
            end=max(ends),
        )

    def dispatched(self, place, leg):
        self.dispatches[place] = leg
        if self.common:
            # After all else of this nanosecond, in the order of selection.
            self.common.at(
                leg.arrived, self.submitted, self.common, leg.arrived, place, turn=_COMPUTING, number=place
            )

    def submitted(self, network, now, place):
        host = self.hosts[place]
        self.started[place] = max(now, self.busy_until.get(host, 0))
        done = self.busy_until[host] = self.started[place] + self.takes[place]
        length = self.sky.workload.message_bytes * self.shares[place]
        there = functools.partial(self.results.__setitem__, place)
        network.at(done, network.send, done, host, self.onward, length, there, turn=_SENT)


class _Network:
    """Transmitters with their queues, and links that change at the start of slots."""

    def __init__(self, sky, begins_ns):
        self.sky, self.slot_ns = sky, sky.timeline.slots.slot_ns
        self.up = sky.timeline.reason == DownReason.UP
        self.events, self.number = [], itertools.count()
        self.queues, self.sending, self.on_wire = {}, {}, {}
        self.pending = 0  # events, those that begin slots not counted
        boundary = (begins_ns // self.slot_ns + 1) * self.slot_ns
        self.at(boundary, self.slot_begins, boundary, turn=_LINKS)

    def at(self, time_ns, do, *arguments, turn, number=None):
        self.pending += turn != _LINKS
        number = next(self.number) if number is None else number
        heapq.heappush(self.events, (time_ns, turn, number, do, arguments))

    def run(self):
        while self.pending:
            _, turn, _, do, arguments = heapq.heappop(self.events)
            self.pending -= turn != _LINKS
            do(*arguments)

    def send(self, now, source, goal, message_bytes, there):
        """Hand a message to the network; ``there`` hears of the segment that completes it."""
        bits = list(self.sky.segments_bits(message_bytes)) if source != goal else [0]
        message = SimpleNamespace(missing=len(bits), is_cut_up=len(bits) > 1, sent=now, there=there, idle={})
        for each in bits:
            segment = SimpleNamespace(
                message=message,
                bits=each,
                node=source,
                goal=goal,
                propagation=0,
                waiting=0,
                hops=0,
                ready=now,
            )
            self.at(now, self.forward, now, segment, turn=_SENT)

    def slot_begins(self, now):
        slot = now // self.slot_ns
        self.at(now + self.slot_ns, self.slot_begins, now + self.slot_ns, turn=_LINKS)
        policy, stranded = self.sky.timeline.policy.value, []
        if slot < len(self.up):
            for link in np.flatnonzero(self.up[slot - 1] & ~self.up[slot]).tolist():
                a, b = self.sky.timeline.ends[link].tolist()
                rate_bps = int(self.sky.timeline.rate_bps[slot - 1, link])
                for wire in ((a, b), (b, a)):
                    stranded += self.taken_off(wire, now, rate_bps)
                    if policy == "drop" and max(self.on_wire.get(wire, [0])) > now:
                        raise LostError(wire, now)
                    if policy != "reroute" and stranded:
                        raise LostError(wire, now)
        for segment in stranded:
            self.forward(now, segment)

    def taken_off(self, wire, now, rate_bps):
        """Return what a link leaves behind: what is being sent, then the queue."""
        stranded = []
        if wire in self.sending and self.sending[wire].until > now and not self.sending[wire].is_cut:
            sending = self.sending[wire]
            sending.is_cut = True
            self.stays(now, wire, sending.segment, sending.takes)
            stranded.append(sending.segment)
            self.sky.rerouted["cut"] += 1
        queue = self.queues.get(wire, [])
        self.sky.rerouted["queued"] += len(queue)
        for segment in queue:
            self.stays(now, wire, segment, transmission(segment.bits, rate_bps))
        for segment in stranded + queue:
            segment.message.idle.pop(wire, None)
        stranded += queue
        queue.clear()
        return stranded

    def alone(self, wire, segment, takes):
        """Return when a segment's last bit would leave were its message alone."""
        left = max(segment.ready, segment.message.idle.get(wire, 0)) + takes
        if segment.message.is_cut_up:
            segment.message.idle[wire] = left
        return left

    def stays(self, now, wire, segment, takes):
        if self.alone(wire, segment, takes) > now:
            segment.ready = now

    def forward(self, now, segment):
        if segment.node == segment.goal:
            self.arrives(now, segment)
            return
        port = int(self.sky.routes.table(now // self.slot_ns)[self.sky.row[segment.goal], segment.node])
        if port == 255:
            rest_ns = self.slot_ns - now % self.slot_ns
            segment.waiting += rest_ns
            segment.ready += rest_ns
            self.at(now + rest_ns, self.forward, now + rest_ns, segment, turn=_HELD)
            return
        far, link = self.sky.ports[segment.node][port]
        wire = segment.node, far
        self.queues.setdefault(wire, []).append(segment)
        if wire not in self.sending:
            self.send_next(now, wire, link)

    def arrives(self, now, segment):
        message = segment.message
        message.missing -= 1
        if message.missing:
            return
        leg = SimpleNamespace(
            sent=message.sent,
            arrived=now,
            propagation=segment.propagation,
            serialisation=segment.ready - message.sent - segment.propagation - segment.waiting,
            queueing=now - segment.ready,
            waiting=segment.waiting,
            retransmission=0,
            transport=0,
            hops=segment.hops,
        )
        message.there(leg)

    def send_next(self, now, wire, link):
        self.sending.pop(wire, None)
        if not self.queues[wire]:
            return
        segment = self.queues[wire].pop(0)
        takes = transmission(segment.bits, int(self.sky.timeline.rate_bps[now // self.slot_ns, link]))
        sending = SimpleNamespace(segment=segment, takes=takes, until=now + takes, is_cut=False)
        self.sending[wire] = sending
        light_ns = self.sky.light_ns(*wire, now)
        self.at(now + takes, self.sent, now + takes, wire, link, light_ns, sending, turn=_COMPLETED)
        there_ns = now + takes + light_ns
        turn = _FINAL if segment.goal == wire[1] else _TRANSIT
        number = 2 * link + (int(self.sky.timeline.ends[link, 0]) != wire[0])
        self.at(there_ns, self.lands, there_ns, wire, sending, turn=turn, number=number)

    def sent(self, now, wire, link, light_ns, sending):
        if not sending.is_cut:
            segment = sending.segment
            segment.ready = self.alone(wire, segment, sending.takes) + light_ns
            segment.node, segment.hops = wire[1], segment.hops + 1
            segment.propagation += light_ns
            self.on_wire.setdefault(wire, []).append(now + light_ns)
        self.send_next(now, wire, link)

    def lands(self, now, wire, sending):
        if not sending.is_cut:
            self.forward(now, sending.segment)


def transmission(bits, rate_bps):
    """Whole nanoseconds, rounded half up."""
    return math.floor(Fraction(bits * 10**9, rate_bps) + Fraction(1, 2))
