"""The formula on the packets' draws, against a walk of one message after the other in plain Python."""

import heapq
import itertools
import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from builders import chain, hosts, network, work

from spacemoe_ns3.analytic import replay
from spacemoe_ns3.constellation import Slots, WalkerShell, propagate
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.links import LaserLinks, Routes, build_timeline
from spacemoe_ns3.moe import Activation, Computer, Decoding, Hardware, MoEModel, build_workload
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.streams import stream

LIGHT_M_S = 299_792_458
WIRE_OVERHEAD_BYTES = 36 + 8 + 20 + 2  # ours, UDP, IPv4, PPP
MODEL = {"heads": 16, "kv_heads": 4, "head_dim": 64, "expert_ffn": 2048, "vocabulary": 32_000}


class OneByOne:
    """Walks one segment after the other, hop by hop, with nothing but numbers."""

    def __init__(self, *, workload, placement, routes):
        self.workload, self.placement, self.routes = workload, placement, routes
        self.timeline = routes.timeline
        self.row = {satellite: row for row, satellite in enumerate(routes.destinations.tolist())}
        self.ports = [[] for _ in range(self.timeline.satellites)]
        for link, (one, other) in enumerate(self.timeline.ends.tolist()):
            self.ports[one].append((other, link))
            self.ports[other].append((one, link))

    def position_m(self, satellite, time_ns):
        """The cubic through two knots, by Horner's rule."""
        sky = self.timeline.ephemeris
        knot = min(time_ns // sky.step_ns, len(sky.positions_m) - 2)
        s, step_s = (time_ns - knot * sky.step_ns) / sky.step_ns, sky.step_ns / 1e9
        p0, p1 = sky.positions_m[knot, satellite].tolist(), sky.positions_m[knot + 1, satellite].tolist()
        v0, v1 = (
            sky.velocities_m_s[knot, satellite].tolist(),
            sky.velocities_m_s[knot + 1, satellite].tolist(),
        )
        return [
            a
            + s
            * (step_s * u + s * (3 * (b - a) - step_s * (2 * u + v) + s * (2 * (a - b) + step_s * (u + v))))
            for a, b, u, v in zip(p0, p1, v0, v1, strict=True)
        ]

    def segments_bits(self):
        room = self.timeline.mtu_bytes - WIRE_OVERHEAD_BYTES + 2
        left = self.workload.message_bytes
        while left > 0:
            yield 8 * (min(left, room) + WIRE_OVERHEAD_BYTES)
            left -= room

    def send(self, source, goal, sent_ns):
        """Return what the segment that arrives last went through: the message is complete with it.

        Segments are forwarded in the order in which they come to a satellite, which after a change of
        slots need not be that of the message; those that wait there for a slot leave in that order.
        """
        slot_ns, free_ns, ways = self.timeline.slots.slot_ns, {}, []
        # When, in which order it came, which segment, its bits, where; what it has gone through.
        under_way = [
            (sent_ns, number, number, bits, source, 0, 0, 0)
            for number, bits in enumerate(self.segments_bits())
        ]
        came = itertools.count(len(under_way))
        while under_way:
            now, _, number, bits, node, propagation, waiting, hops = heapq.heappop(under_way)
            if node == goal:
                ways.append((now, propagation, waiting, hops))
                continue
            port = int(self.routes.table(now // slot_ns)[self.row[goal], node])
            if port == 255:
                rest_ns = slot_ns - now % slot_ns
                heapq.heappush(
                    under_way,
                    (now + rest_ns, next(came), number, bits, node, propagation, waiting + rest_ns, hops),
                )
                continue
            far, link = self.ports[node][port]
            start = max(now, free_ns.get((node, far), 0))
            exact = Fraction(bits * 10**9, int(self.timeline.rate_bps[link]))
            free_ns[node, far] = start + math.floor(exact + Fraction(1, 2))
            apart_m = math.dist(self.position_m(node, start), self.position_m(far, start))
            light_ns = math.floor(apart_m / LIGHT_M_S * 1e9 + 0.5)
            there_ns = free_ns[node, far] + light_ns
            heapq.heappush(
                under_way,
                (there_ns, next(came), number, bits, far, propagation + light_ns, waiting, hops + 1),
            )
        arrived, propagation, waiting, hops = ways[-1]
        return SimpleNamespace(
            sent=sent_ns,
            arrived=arrived,
            propagation=propagation,
            serialisation=arrived - sent_ns - propagation - waiting,
            queueing=0,
            waiting=waiting,
            hops=hops,
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
                yield SimpleNamespace(start=begun, layers=layers, end=now + work.head_ns)
                now += work.head_ns
                token += 1

    def layer(self, token, layer, now):
        work, gateways = self.workload, self.placement.gateways.tolist()
        here, onward = gateways[layer], gateways[(layer + 1) % work.layers]
        done = now + int(work.gateway_ns[layer])
        dispatches, results = [], []
        for expert in work.activations[token, layer].tolist():
            host = int(self.placement.experts[layer, expert])
            dispatches.append(self.send(here, host, done))
            results.append(self.send(host, onward, dispatches[-1].arrived + int(work.expert_ns[layer])))
        residual = self.send(here, onward, done) if work.sends_residual else None
        ends = [result.arrived for result in results] + ([residual.arrived] if residual else [])
        return SimpleNamespace(
            start=now, done=done, dispatches=dispatches, results=results, residual=residual, end=max(ends)
        )


def assert_same(legs, where, expected):
    found = {name: int(getattr(legs, name)[where]) for name in vars(expected)}
    assert found == vars(expected), where


def assert_same_trace(trace, by_hand):
    for token, expected in enumerate(by_hand.tokens()):
        assert trace.start[token] == expected.start
        for number, layer in enumerate(expected.layers):
            where = token, number
            assert trace.gateway_started[where] == layer.start
            assert trace.gateway_finished[where] == layer.done
            for place, (dispatch, result) in enumerate(zip(layer.dispatches, layer.results, strict=True)):
                assert_same(trace.dispatch, (*where, place), dispatch)
                assert trace.expert_started[(*where, place)] == dispatch.arrived
                assert trace.expert_finished[(*where, place)] == result.sent
                assert_same(trace.result, (*where, place), result)
            if layer.residual is not None:
                assert_same(trace.residual, where, layer.residual)
        assert trace.head_started[token] == expected.layers[-1].end
        assert trace.head_finished[token] == expected.end


def ring(*, slots, tokens, tokens_per_sequence, sends_residual=True, seed=7, **links):
    """Six layers of four experts on 72 satellites, at random places."""
    shell = WalkerShell(planes=6, satellites_per_plane=12, altitude_km=1000, inclination_deg=60, phasing=1)
    grid = slots.grid(shell.period_s)
    rules = LaserLinks(seam=True, **links)
    timeline = build_timeline(
        shell=shell,
        ephemeris=propagate(shell, end_ns=grid.end_ns + 10**9),
        slots=grid,
        links=rules,
        random=stream(seed, "links.outages"),
    )
    workload = build_workload(
        model=MoEModel(name="six", layers=6, hidden=1024, experts=4, top_k=2, **MODEL),
        hardware=Hardware(
            gateway=Computer(name="gateway", peak_flops=1e12), expert=Computer(name="expert", peak_flops=50e9)
        ),
        activation=Activation(concentration=2),
        decoding=Decoding(
            tokens=tokens,
            tokens_per_sequence=tokens_per_sequence,
            context_tokens=512,
            sends_residual=sends_residual,
        ),
        end_ns=grid.end_ns,
        seed=seed,
    )
    chosen = np.random.default_rng(seed).permutation(72)[:30]
    return {
        "workload": workload,
        "placement": Placement(name="anywhere", gateways=chosen[:6], experts=chosen[6:].reshape(6, 4)),
        "routes": routes_over(timeline, chosen, message_bytes=2048),
    }


def routes_over(timeline, destinations, *, message_bytes):
    bits = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=timeline.mtu_bytes)
    return Routes(timeline=timeline, destinations=np.unique(destinations), packet_bits=int(bits[0]))


RINGS = {
    "one packet a message": {"slots": Slots(), "mtu_bytes": 9000, "rate_bps": 10e9},
    "two packets a message": {
        "slots": Slots(),
        "mtu_bytes": 1500,
        "rate_bps": 10e9,
        "survival_probability": 0.98,
    },
    "without residual": {"slots": Slots(), "sends_residual": False, "rate_bps": 1e9},
    "seven packets on slow links": {"slots": Slots(), "mtu_bytes": 364, "rate_bps": 3e6},
}


@pytest.mark.parametrize("name", RINGS)
def test_the_replay_is_the_walk_of_one_message_after_the_other(name):
    instance = ring(tokens=6, tokens_per_sequence=4, **RINGS[name])

    assert_same_trace(replay(**instance), OneByOne(**instance))


@pytest.mark.parametrize("mtu_bytes", [9000, 700])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_replay_is_that_walk_through_stormy_slots_of_20_milliseconds(mtu_bytes, seed):
    """Slots change while messages are under way, and at times there is no path at all."""
    instance = ring(
        slots=Slots(count=400, span_s=8.0),
        tokens=2,
        tokens_per_sequence=2,
        seed=seed,
        mtu_bytes=mtu_bytes,
        rate_bps=20e6,
        survival_probability=0.75,
    )
    trace = replay(**instance)

    assert_same_trace(trace, OneByOne(**instance))
    assert (trace.dispatch.waiting > 0).any()  # or the storm is not one
    slot_ns = instance["routes"].timeline.slots.slot_ns
    assert (trace.dispatch.arrived // slot_ns > trace.dispatch.sent // slot_ns).any()


# Two satellites a light time of 10 ms apart; 1000 bytes and 66 of headers at 1 Mb/s take 8.528 ms.
LIGHT_NS, PACKET_NS, HOP_M = 10_000_000, 8_528_000, 0.01 * LIGHT_M_S


def one_way(timeline, *, gateway, expert, **settings):
    """A ring of one layer with one expert; the trace of its only token."""
    workload = work(activations=np.zeros((1, 1, 1)), experts=1, **settings)
    routes = routes_over(timeline, [gateway, expert], message_bytes=workload.message_bytes)
    return replay(workload=workload, placement=hosts(gateways=[gateway], experts=[[expert]]), routes=routes)


def test_a_message_takes_its_transmission_and_its_light():
    trace = one_way(chain(satellites=2, hop_m=HOP_M, rate_bps=10**6), gateway=0, expert=1)

    assert trace.gateway_finished[0, 0] == 1000
    assert trace.dispatch.arrived[0, 0, 0] == 1000 + PACKET_NS + LIGHT_NS
    assert trace.result.arrived[0, 0, 0] == 1000 + 2 * (PACKET_NS + LIGHT_NS) + 2000
    assert trace.head_finished[0] == 1000 + 2 * (PACKET_NS + LIGHT_NS) + 2000 + 500


def test_a_message_waits_at_its_sender_for_the_first_slot_with_a_path():
    slot_ns = 50_000_000
    timeline = chain(satellites=2, hop_m=HOP_M, up=[[0], [0], [1], [1]], slot_ns=slot_ns, rate_bps=10**6)

    trace = one_way(timeline, gateway=0, expert=1)

    assert trace.dispatch.waiting[0, 0, 0] == 2 * slot_ns - 1000
    assert trace.dispatch.arrived[0, 0, 0] == 2 * slot_ns + PACKET_NS + LIGHT_NS
    assert trace.dispatch.serialisation[0, 0, 0] == PACKET_NS


def test_a_message_that_loses_its_path_under_way_waits_where_it_is():
    """It leaves satellite 0 while there is a path, and finds none at satellite 1."""
    slot_ns = 10_000_000
    timeline = chain(
        satellites=3, hop_m=HOP_M, up=[[1, 1]] + [[1, 0]] * 3 + [[1, 1]] * 16, slot_ns=slot_ns, rate_bps=10**6
    )

    dispatch = one_way(timeline, gateway=0, expert=2).dispatch

    at_satellite_1 = 1000 + PACKET_NS + LIGHT_NS
    assert dispatch.waiting[0, 0, 0] == 4 * slot_ns - at_satellite_1
    assert dispatch.arrived[0, 0, 0] == 4 * slot_ns + PACKET_NS + LIGHT_NS
    assert dispatch.hops[0, 0, 0] == 2


def test_a_message_is_complete_when_its_last_packet_is_there_whichever_that_is():
    """The first packet has to go around; when the second comes by, the short cut is open.

    Satellite 1 is joined to 3 by way of 2, far off, and from the second slot on directly.
    """
    slot_ns = 20_000_000
    up = np.ones((30, 4), bool)
    up[0, 3] = False
    timeline = network(
        positions_m=[[0, 0, 0], [HOP_M, 0, 0], [HOP_M, 5 * HOP_M, 0], [HOP_M, 0, HOP_M]],
        ends=[(0, 1), (1, 2), (2, 3), (1, 3)],
        up=up,
        slot_ns=slot_ns,
        rate_bps=10**6,
        mtu_bytes=1064,
    )
    around_ns = 5 * LIGHT_NS + round(math.sqrt(26) * LIGHT_NS)

    dispatch = one_way(timeline, gateway=0, expert=3, message_bytes=2000).dispatch

    first_packet_ns = 1000 + 3 * PACKET_NS + LIGHT_NS + around_ns
    assert dispatch.arrived[0, 0, 0] == first_packet_ns
    assert dispatch.hops[0, 0, 0] == 3
    assert dispatch.propagation[0, 0, 0] == LIGHT_NS + around_ns


def test_messages_do_not_queue_behind_one_another():
    """Two experts two hops away over the same first link: each as if it were alone."""
    timeline = network(
        positions_m=[[0, 0, 0], [HOP_M, 0, 0], [HOP_M, HOP_M, 0], [HOP_M, -HOP_M, 0]],
        ends=[(0, 1), (1, 2), (1, 3)],
        rate_bps=10**6,
    )
    workload = work(activations=[[[0, 1]]], experts=2)
    routes = routes_over(timeline, [0, 2, 3], message_bytes=1000)

    trace = replay(workload=workload, placement=hosts(gateways=[0], experts=[[2, 3]]), routes=routes)

    assert trace.dispatch.arrived[0, 0].tolist() == [1000 + 2 * (PACKET_NS + LIGHT_NS)] * 2
    assert not trace.dispatch.queueing.any()
    assert not trace.result.queueing.any()


def test_a_token_starts_when_the_one_before_it_is_emitted():
    timeline = chain(satellites=2, hop_m=HOP_M, rate_bps=10**6)
    workload = work(activations=np.zeros((3, 1, 1)), experts=1, starts_ns=[5, 700], sequence_tokens=[2, 1])
    routes = routes_over(timeline, [0, 1], message_bytes=1000)

    trace = replay(workload=workload, placement=hosts(gateways=[0], experts=[[1]]), routes=routes)

    assert trace.start.tolist() == [5, trace.head_finished[0], 700]


@pytest.mark.parametrize("up", [[[0], [0]], [[1], [0]]])
def test_a_message_that_finds_no_path_before_the_end_is_an_error_with_a_remedy(up):
    """The second network has one when the first message leaves, and none for the answer."""
    timeline = chain(satellites=2, hop_m=HOP_M, up=up, slot_ns=15_000_000, rate_bps=10**6)

    with pytest.raises(
        UndeliveredError, match=r"from satellite \d to satellite \d.*the end of the time span.*slots\.span_s"
    ):
        one_way(timeline, gateway=0, expert=1)
