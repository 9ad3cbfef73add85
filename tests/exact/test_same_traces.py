"""The fabric's traces are the reference engine's: each packet at each satellite, to the nanosecond."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from exact.engines import FABRICS, REFERENCE
from exact.networks import BYTE_A_NS_BPS, LIGHT_NS, PACKET_NS, PAYLOAD_BYTES, line, network, star, triangle
from exact.scenarios import Burst, Errors, TraceScenario, Transfer, Vector
from exact.traces import LOST, PACKETS, REROUTED, WAITED, Trace, Traces, differences

MILLISECOND_NS = 1_000_000
QUEUE_FULL, ON_WIRE, CUT, QUEUED, LINK_DOWN, CORRUPTED = range(LOST.start, LOST.stop)

Same = Callable[[TraceScenario], Trace]


@pytest.fixture(params=FABRICS, ids=lambda pair: "-".join(pair))
def same(request: pytest.FixtureRequest, traces: Traces) -> Same:
    """Return a function that holds an engine's trace against the reference's, and returns that."""
    engine, endpoints = request.param

    def check(scenario: TraceScenario) -> Trace:
        reference = traces.run(scenario, engine=REFERENCE[0], endpoints=REFERENCE[1])
        assert reference.error == ""
        trace = traces.run(scenario, engine=engine, endpoints=endpoints)
        assert differences(reference, trace, same_endpoints=endpoints == "socket") == []
        return reference

    return check


def ring(satellites: int = 6, **others: object) -> TraceScenario:
    """Return a ring of links that are all equally long and fast."""
    corners = [(LIGHT_NS * n, 0, 0) for n in range(satellites // 2)]
    far = [(LIGHT_NS * n, LIGHT_NS, 0) for n in reversed(range(satellites // 2))]
    links = [(n, (n + 1) % satellites) for n in range(satellites)]
    return network(corners + far, links, **others)  # type: ignore[arg-type]


def regular(scenario: TraceScenario, period_ns: int, rounds: int, **others: object) -> TraceScenario:
    """Return a scenario in which each satellite sends to the one two further on, all at the same instants."""
    bursts = tuple(
        Burst(
            at_ns=number * period_ns,
            sender=sender,
            receiver=(sender + 2) % scenario.satellites,
            payload_bytes=PAYLOAD_BYTES,
            **others,  # type: ignore[arg-type]
        )
        for number in range(rounds)
        for sender in range(scenario.satellites)
    )
    return replace(scenario, bursts=bursts)


def moving(scenario: TraceScenario, side_m: float = 300_000.0, seed: int = 1) -> TraceScenario:
    """Return a scenario whose satellites move at some kilometres a second, each its own way."""
    random = Random(seed)
    starts = [(side_m * (n % 3), side_m * (n // 3), 0.0) for n in range(scenario.satellites)]
    speeds = [tuple(random.uniform(-7e3, 7e3) for _ in range(3)) for _ in starts]
    knots = tuple(
        tuple(
            tuple(place + 50.0 * knot * speed for place, speed in zip(start, velocity, strict=True))
            for start, velocity in zip(starts, speeds, strict=True)
        )
        for knot in range(2)
    )
    return replace(scenario, positions_m=knots, velocities_m_s=(tuple(speeds),) * 2)


def test_idle_udp_arrives_when_the_closed_form_says(same: Same) -> None:
    trace = same(regular(ring(), 4 * (PACKET_NS + LIGHT_NS), 20))
    hops = [
        row for row in trace.of("got") if row[0] % (4 * (PACKET_NS + LIGHT_NS)) == 2 * (PACKET_NS + LIGHT_NS)
    ]
    assert len(hops) == len(trace.of("got")) == 120


def test_saturated_udp(same: Same) -> None:
    # Each link carries six packets, three from here and three from before, in every period of six.
    trace = same(regular(ring(), 6 * PACKET_NS, 100, packets=3))
    assert trace.counted(WAITED) > 0
    assert trace.counted(QUEUE_FULL) == 0
    assert len(trace.got) == 100 * 6 * 3


@pytest.mark.parametrize("queue", ["1p", "5p", "3500B"])
def test_queues_that_overflow(same: Same, queue: str) -> None:
    trace = same(regular(ring(queue=queue), PACKET_NS, 200))
    assert trace.counted(QUEUE_FULL) > 100
    assert len(trace.got) + trace.counted(QUEUE_FULL) == 200 * 6


def test_bursts_of_several_segments_with_ledgers(same: Same) -> None:
    trace = same(regular(ring(slot_ns=2 * MILLISECOND_NS), 7_300, 30, packets=5, has_ledger=True))
    assert len(trace.of("hop")) == trace.counted(PACKETS) == 2 * len(trace.got) == 2 * 30 * 6 * 5


def test_answers_at_once_and_after_a_while(same: Same) -> None:
    scenario = ring(slot_ns=4 * MILLISECOND_NS)
    bursts = tuple(
        burst
        for think_ns in (0, PACKET_NS, LIGHT_NS)
        for burst in regular(
            scenario, 60_000, 10, replies=3, copies=2, step=1, think_ns=think_ns, has_ledger=True
        ).bursts
    )
    trace = same(replace(scenario, bursts=bursts))
    assert len(trace.got) == len(bursts) * (1 + 2 + 4 + 8)


def transfers(size_bytes: int) -> tuple[Transfer, ...]:
    """Return three connections that share links, two of them begun at one instant."""
    return (
        Transfer(at_ns=0, sender=0, receiver=3, size_bytes=size_bytes),
        Transfer(at_ns=0, sender=1, receiver=3, size_bytes=size_bytes),
        Transfer(at_ns=5 * LIGHT_NS, sender=3, receiver=0, size_bytes=size_bytes, segment_bytes=536),
    )


def received(trace: Trace) -> list[int]:
    """Return the bytes that each connection delivered."""
    totals = [0, 0, 0]
    for _, number, size_bytes in trace.of("stream"):
        totals[number] += size_bytes
    return totals


def test_tcp_without_loss(same: Same) -> None:
    trace = same(replace(ring(slot_ns=100 * MILLISECOND_NS), transfers=transfers(300_000)))
    assert received(trace) == [300_000] * 3


def test_tcp_with_queues_that_overflow(same: Same) -> None:
    trace = same(replace(ring(slot_ns=1000 * MILLISECOND_NS, queue="5p"), transfers=transfers(300_000)))
    assert received(trace) == [300_000] * 3
    assert trace.counted(QUEUE_FULL) > 10


def test_tcp_over_links_that_corrupt(same: Same) -> None:
    scenario = ring(slot_ns=3000 * MILLISECOND_NS, errors=(Errors(link=2, rate=0.02, stream=7),))
    trace = same(replace(scenario, transfers=transfers(300_000)))
    assert received(trace) == [300_000] * 3
    assert trace.counted(CORRUPTED) > 5


@pytest.mark.parametrize("policy", ["Drop", "Deliver", "Reroute"])
def test_tcp_while_links_go_down(same: Same, policy: str) -> None:
    slow = BYTE_A_NS_BPS // 100
    rates = [[0 if (slot + link) % 7 == 0 else slow for link in range(6)] for slot in range(400)]
    scenario = ring(slot_ns=5 * MILLISECOND_NS, rates_bps=rates, policy=policy)
    trace = same(replace(scenario, transfers=transfers(200_000)))
    assert received(trace) == [200_000] * 3
    assert trace.counted(REROUTED if policy == "Reroute" else CUT) > 0


def test_delays_that_change_all_the_time(same: Same) -> None:
    trace = same(regular(moving(ring(slot_ns=50 * MILLISECOND_NS)), 100_000, 200, has_ledger=True))
    light_ns = {row[5] for row in trace.of("hop")}
    assert len(light_ns) > 500


def on_orbits(scenario: TraceScenario, knots: int, step_ns: int) -> TraceScenario:
    """Return a scenario whose satellites are on circles about the Earth, half of them on an inclined one."""
    radius_m, turns_a_second = 7.0e6, 1.0 / 5_829.0  # Kepler's third law at this radius

    def state(satellite: int, at_s: float) -> tuple[Vector, Vector]:
        angle = 2 * math.pi * (turns_a_second * at_s + satellite / 40)
        tilt = 1.2 * (satellite % 2)
        speed_m_s = 2 * math.pi * turns_a_second * radius_m
        place = (math.cos(angle), math.sin(angle) * math.cos(tilt), math.sin(angle) * math.sin(tilt))
        course = (-math.sin(angle), math.cos(angle) * math.cos(tilt), math.cos(angle) * math.sin(tilt))
        return scaled(radius_m, place), scaled(speed_m_s, course)

    def scaled(factor: float, vector: Vector) -> Vector:
        return factor * vector[0], factor * vector[1], factor * vector[2]

    rows = [
        [state(satellite, knot * step_ns / 1e9) for satellite in range(scenario.satellites)]
        for knot in range(knots)
    ]
    return replace(
        scenario,
        step_ns=step_ns,
        positions_m=tuple(tuple(place for place, _ in row) for row in rows),
        velocities_m_s=tuple(tuple(velocity for _, velocity in row) for row in rows),
    )


@pytest.mark.parametrize("step_ns", [15_000_000_000, 1_000_000_000, 70_000_000])
def test_light_times_on_orbits_across_many_knots(same: Same, step_ns: int) -> None:
    knots = 5
    scenario = on_orbits(ring(slot_ns=(knots - 1) * step_ns // 10, slots=10), knots, step_ns)
    rounds = 400
    period_ns = scenario.horizon_ns * 9 // 10 // rounds
    trace = same(regular(scenario, period_ns, rounds, has_ledger=True))
    assert len(trace.of("hop")) >= 1.9 * 6 * rounds  # the last ones are under way


def test_routes_that_change_every_few_milliseconds(same: Same) -> None:
    rates = [
        [0 if (slot + link) % 5 == 0 else BYTE_A_NS_BPS // 100 for link in range(6)] for slot in range(25)
    ]
    scenario = moving(ring(slot_ns=2 * MILLISECOND_NS, rates_bps=rates))
    trace = same(regular(scenario, 90_000, 300, has_ledger=True, replies=1))
    assert trace.counted(REROUTED) > 20


@pytest.mark.parametrize(
    ("policy", "columns"),
    [("Drop", (ON_WIRE, CUT, QUEUED)), ("Deliver", (CUT, QUEUED)), ("Reroute", (REROUTED,))],
)
def test_links_that_go_down_under_load(same: Same, policy: str, columns: tuple[int, ...]) -> None:
    up = [(slot % 3 != 1, slot % 5 != 2, slot % 4 != 3) for slot in range(60)]
    scenario = triangle(up=up, slot_ns=37 * PACKET_NS, policy=policy)
    bursts = tuple(
        Burst(
            at_ns=at * 800, sender=at % 2 * 3, receiver=1, payload_bytes=PAYLOAD_BYTES, has_ledger=at % 3 > 0
        )
        for at in range(2000)
    )
    trace = same(replace(scenario, bursts=bursts))
    for column in columns:
        assert trace.counted(column) > 10, column


def test_tables_that_send_to_links_that_are_down(same: Same) -> None:
    up = [(slot % 3 != 1, 1, 1) for slot in range(30)]
    all_up = triangle(up=[(1, 1, 1)] * 30, slot_ns=37 * PACKET_NS)
    scenario = replace(triangle(up=up, slot_ns=37 * PACKET_NS), ports=all_up.ports)
    bursts = tuple(
        Burst(at_ns=at * 500, sender=at % 2 * 3, receiver=1, payload_bytes=PAYLOAD_BYTES)
        for at in range(1500)
    )
    assert same(replace(scenario, bursts=bursts)).counted(LINK_DOWN) > 100


def test_packets_that_wait_for_a_path(same: Same) -> None:
    up = [(slot % 3 == 0, 0, 1) for slot in range(30)]
    scenario = triangle(up=up, slot_ns=37 * PACKET_NS)
    bursts = tuple(
        Burst(at_ns=at * 2500, sender=at % 2 * 3, receiver=1, payload_bytes=PAYLOAD_BYTES, has_ledger=True)
        for at in range(300)
    )
    trace = same(replace(scenario, bursts=bursts))
    assert sum(row[13] > 0 for row in trace.of("got")) > 100  # the ledgers' waiting


def test_rates_that_differ_by_link_and_by_slot(same: Same) -> None:
    rates = [
        [BYTE_A_NS_BPS // (1 + (slot + link) % 4) - 17 * link for link in range(6)] for slot in range(40)
    ]
    trace = same(regular(ring(slot_ns=23_450, rates_bps=rates), 3 * PACKET_NS, 200))
    assert trace.counted(WAITED) > 0


def test_links_far_shorter_than_a_packet(same: Same) -> None:
    places_ns = [(n, 0, 0) for n in range(5)]
    scenario = network(places_ns, [(n, n + 1) for n in range(4)], queue="3p", slot_ns=100_000, slots=10)
    trace = same(regular(scenario, 1_700, 200, replies=1))
    assert trace.counted(QUEUE_FULL) > 0


def test_packets_larger_than_the_mtu_are_cut_and_put_together(same: Same) -> None:
    scenario = regular(line(4, queue="20p"), 30_000, 20)
    bursts = tuple(replace(burst, payload_bytes=4_321, replies=1) for burst in scenario.bursts)
    trace = same(replace(scenario, bursts=bursts))
    assert {row[4] for row in trace.of("got")} == {4_321}


def test_times_to_live_that_end(same: Same) -> None:
    scenario = line(6)
    bursts = tuple(
        Burst(at_ns=5 * LIGHT_NS * ttl, sender=0, receiver=5, payload_bytes=PAYLOAD_BYTES, packets=3, ttl=ttl)
        for ttl in range(1, 8)
    )
    trace = same(replace(scenario, bursts=bursts))
    assert [row[2:] for row in trace.got] == [(n, k) for n in (4, 5, 6) for k in range(3)]
    assert {row[8] for row in trace.of("got")} == {
        1,
        2,
        3,
    }  # 5 to 7, less one at each of four satellites between


def test_ports_at_which_nobody_listens(same: Same) -> None:
    trace = same(regular(star((1, 2, 3)), 50_000, 20, port=4242))
    assert trace.got == []
    assert trace.counted(PACKETS) > 0


def test_captures_of_links(same: Same) -> None:
    scenario = regular(ring(captures=((0, 0), (3, 1)), queue="3p"), PACKET_NS, 50, ttl=30)
    trace = same(replace(scenario, transfers=transfers(5_000)))
    assert len(trace.of("capture-0-0")) > 50


def test_counters_at_the_ends_of_slots(same: Same) -> None:
    scenario = regular(ring(slot_ns=12_345, slots=30, takes_counters=True), 700, 300)
    trace = same(scenario)
    assert len(trace.of("slot")) == 29 * 12
