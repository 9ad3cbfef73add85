"""A second replay, event by event, one layer after the other, with nothing but Python's numbers."""

import heapq
import itertools
import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np

from spacemoe_ns3.links import DownReason

LIGHT_M_S = 299_792_458
WIRE_OVERHEAD_BYTES = 36 + 8 + 20 + 2  # ours, UDP, IPv4, PPP


class LostError(Exception):
    """A link has taken a segment with it."""


class OneByOne:
    """Sends each layer, or each message, through a network of its own, with nothing but numbers."""

    def __init__(self, *, workload, placement, routes, shares_lasers=True):
        self.shares_lasers = shares_lasers
        self.workload, self.placement, self.routes = workload, placement, routes
        self.timeline = routes.timeline
        computing, gateways = workload.computing, placement.gateways
        self.gateway_ns = computing.gateways_ns(gateways).tolist()
        self.expert_ns = computing.experts_ns(placement.experts, gateways).tolist()
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

    def segments_bits(self):
        room = self.timeline.mtu_bytes - WIRE_OVERHEAD_BYTES + 2
        left = self.workload.message_bytes
        while left > 0:
            yield 8 * (min(left, room) + WIRE_OVERHEAD_BYTES)
            left -= room

    def legs(self, messages):
        """Let messages, (source, goal, sent), share a network; return what completes each, in that order."""
        network = _Network(self)
        sent = [network.post(*message) for message in messages]
        network.run()
        return [self.leg(message) for message in sent]

    def leg(self, message):
        """What the segment that arrived last went through: the message is complete with it."""
        last = message.arrived[-1]
        rest = last.arrived - message.sent - last.propagation - last.waiting
        return SimpleNamespace(
            sent=message.sent,
            arrived=last.arrived,
            propagation=last.propagation,
            waiting=last.waiting,
            retransmission=0,
            transport=0,
            hops=last.hops,
            behind_transmitters=rest,  # serialisation and queueing
            serialisation=None if self.shares_lasers else rest,
        )

    def tokens(self):
        """Yield each token: its start, its layers, the end of its head."""
        work, token = self.workload, 0
        for start_ns, length in zip(work.starts_ns.tolist(), work.sequence_tokens.tolist(), strict=True):
            now = start_ns
            for _ in range(length):
                begun, layers = now, []
                for layer in range(work.layers):
                    layers.append(self.layer(token, layer, now))
                    now = layers[-1].end
                yield SimpleNamespace(start=begun, layers=layers, end=now + self.head_ns)
                now += self.head_ns
                token += 1

    def layer(self, token, layer, now):
        work, gateways = self.workload, self.placement.gateways.tolist()
        here, onward = gateways[layer], gateways[(layer + 1) % work.layers]
        done = now + self.gateway_ns[layer]
        experts = work.activations[token, layer].tolist()
        homes = [int(self.placement.experts[layer, expert]) for expert in experts]
        computing = [self.expert_ns[layer][expert] for expert in experts]
        residual = []
        if self.shares_lasers:
            network = _Network(self)
            results, free = {}, {}

            def compute(place, now):
                network.under_way += 1
                began = max(now, free.get(homes[place], 0))
                free[homes[place]] = began + computing[place]
                network.at(free[homes[place]], answer, place, free[homes[place]])

            def answer(place, now):
                network.under_way -= 1
                results[place] = network.post(homes[place], onward, now)

            sent = [
                network.post(here, home, done, then=lambda now, place=place: compute(place, now))
                for place, home in enumerate(homes)
            ]
            if work.sends_residual:
                residual = [network.post(here, onward, done)]
            network.run()
            dispatches = [self.leg(message) for message in sent]
            results = [self.leg(results[place]) for place in range(len(experts))]
            residual = [self.leg(message) for message in residual]
        else:
            dispatches = [self.legs([(here, home, done)])[0] for home in homes]
            results = [
                self.legs([(home, onward, dispatch.arrived + takes)])[0]
                for home, dispatch, takes in zip(homes, dispatches, computing, strict=True)
            ]
            if work.sends_residual:
                residual = self.legs([(here, onward, done)])
        ends = [leg.arrived for leg in (*results, *residual)]
        return SimpleNamespace(
            start=now,
            done=done,
            dispatches=dispatches,
            results=results,
            residual=residual[0] if residual else None,
            end=max(ends),
        )


class _Network:
    """Transmitters with their queues, links that change at the start of slots, and the messages under way."""

    def __init__(self, sky):
        self.sky, self.slot_ns = sky, sky.timeline.slots.slot_ns
        self.up = sky.timeline.reason == DownReason.UP
        self.events, self.number = [], itertools.count()
        self.queues, self.sending, self.on_wire = {}, {}, {}
        self.under_way = 0  # messages, and jobs whose results are to come

    def at(self, time_ns, do, *arguments, first=False):
        heapq.heappush(self.events, (time_ns, not first, next(self.number), do, arguments))

    def post(self, source, goal, sent_ns, *, then=None):
        """Hand a message to the network; ``then`` is called when it is complete."""
        bits = list(self.sky.segments_bits())
        message = SimpleNamespace(sent=sent_ns, goal=goal, segments=len(bits), arrived=[], then=then)
        self.under_way += 1
        for each in bits:
            segment = SimpleNamespace(
                bits=each, node=source, propagation=0, waiting=0, hops=0, message=message
            )
            self.at(sent_ns, self.forward, sent_ns, segment)
        return message

    def run(self):
        boundary = (self.events[0][0] // self.slot_ns + 1) * self.slot_ns
        self.at(boundary, self.slot_begins, boundary, first=True)
        while self.under_way:
            _, _, _, do, arguments = heapq.heappop(self.events)
            do(*arguments)

    def slot_begins(self, now):
        slot = now // self.slot_ns
        self.at(now + self.slot_ns, self.slot_begins, now + self.slot_ns, first=True)
        policy, stranded = self.sky.timeline.policy.value, []
        if slot < len(self.up):
            for link in np.flatnonzero(self.up[slot - 1] & ~self.up[slot]).tolist():
                a, b = self.sky.timeline.ends[link].tolist()
                for wire in ((a, b), (b, a)):
                    stranded += self.taken_off(wire, now)
                    if policy == "drop" and max(self.on_wire.get(wire, [0])) > now:
                        raise LostError(wire, now)
                    if policy != "reroute" and stranded:
                        raise LostError(wire, now)
        for segment in stranded:
            self.forward(now, segment)

    def taken_off(self, wire, now):
        """Return what a link leaves behind: what is being sent, then the queue."""
        stranded = []
        if wire in self.sending and self.sending[wire].until > now and not self.sending[wire].is_cut:
            self.sending[wire].is_cut = True
            stranded.append(self.sending[wire].segment)
            self.sky.rerouted["cut"] += 1
        queue = self.queues.get(wire, [])
        self.sky.rerouted["queued"] += len(queue)
        stranded += queue
        queue.clear()
        return stranded

    def forward(self, now, segment):
        message = segment.message
        if segment.node == message.goal:
            segment.arrived = now
            message.arrived.append(segment)
            if len(message.arrived) == message.segments:
                if message.then is not None:
                    message.then(now)
                self.under_way -= 1
            return
        port = int(self.sky.routes.table(now // self.slot_ns)[self.sky.row[message.goal], segment.node])
        if port == 255:
            rest_ns = self.slot_ns - now % self.slot_ns
            segment.waiting += rest_ns
            self.at(now + rest_ns, self.forward, now + rest_ns, segment)
            return
        far, link = self.sky.ports[segment.node][port]
        wire = segment.node, far
        self.queues.setdefault(wire, []).append(segment)
        if wire not in self.sending:
            self.send_next(now, wire, link)

    def send_next(self, now, wire, link):
        self.sending.pop(wire, None)
        if not self.queues[wire]:
            return
        segment = self.queues[wire].pop(0)
        rate_bps = int(self.sky.timeline.rate_bps[now // self.slot_ns, link])
        until = now + math.floor(Fraction(segment.bits * 10**9, rate_bps) + Fraction(1, 2))
        sending = SimpleNamespace(segment=segment, until=until, is_cut=False)
        self.sending[wire] = sending
        light_ns = self.sky.light_ns(*wire, now)
        self.at(until, self.sent, until, wire, link, light_ns, sending)

    def sent(self, now, wire, link, light_ns, sending):
        if not sending.is_cut:
            segment = sending.segment
            segment.node, segment.hops = wire[1], segment.hops + 1
            segment.propagation += light_ns
            self.on_wire.setdefault(wire, []).append(now + light_ns)
            self.at(now + light_ns, self.forward, now + light_ns, segment)
        self.send_next(now, wire, link)
