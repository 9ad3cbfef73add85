"""What links did in each slot: by hand, and recomputed from the log of every hop."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from builders import chain, hosts, routes_to, work
from packet_circle import LOSS, RECOVERY, SLOT_NS, circle, plan_over, record_all, result_of

from spacemoe_ns3 import Tcp, Udp, pipeline
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.critical_path import Hops
from spacemoe_ns3.errors import SimulationError
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.packet import Plan
from spacemoe_ns3.packet.plan import HOP_COLUMNS, INTERVAL_COLUMNS, LINK_COLUMNS
from spacemoe_ns3.scenario import load_scenario

pytestmark = pytest.mark.packet

ROOT = Path(__file__).parents[2]

# Five packets of 1000 bytes in IPv4 and 1002 on the wire, at 1 Mb/s; they come to the first link at 1000 ns,
# and leave one behind the other.
HAND_SLOT_NS, COME_NS, PACKET_NS, WIRE_BYTES = 20_000_000, 1000, 8_016_000, 1002
MTU_BYTES, HEADERS_BYTES = 1000, 64
IDLE_SLOTS = 30


def row_of_four():
    """Gateway 0, expert, gateway 1, expert in a row; a second request starts after many idle slots."""
    timeline = chain(
        satellites=4,
        hop_m=0.01 * SPEED_OF_LIGHT_M_S,
        rate_bps=10**6,
        mtu_bytes=MTU_BYTES,
        slots=4 * IDLE_SLOTS,
        slot_ns=HAND_SLOT_NS,
    )
    message_bytes = 5 * (MTU_BYTES - HEADERS_BYTES)
    workload = work(
        activations=np.zeros((2, 2, 1)),
        experts=1,
        message_bytes=message_bytes,
        sequence_tokens=[1, 1],
        starts_ns=[0, 2 * IDLE_SLOTS * HAND_SLOT_NS],
    )
    placement = hosts(gateways=(0, 2), experts=((1,), (3,)))
    bits = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=MTU_BYTES)
    routes = routes_to(timeline, placement.hosts(), packet_bits=int(bits[0]))
    return Plan(workload=workload, placement=placement, routes=routes)


def crowded(timeline=None, **settings):
    """Four sequences of three steps at once on a circle, whose packets meet in queues."""
    plan = plan_over(timeline or circle(), **settings)
    workload = dataclasses.replace(
        plan.workload, starts_ns=np.zeros(4, np.int64), sequence_tokens=np.full(4, 3, np.int32)
    )
    return dataclasses.replace(plan, workload=workload)


def first_ring(silent):
    """The packets of the scenario to learn from."""
    scenario, _ = load_scenario(ROOT / "scenarios" / "first_ring.py")
    decoding = dataclasses.replace(scenario.decoding, tokens=8, tokens_per_sequence=2)
    scenario = dataclasses.replace(scenario, decoding=decoding, placements=("rand-place",))
    experiment = pipeline.prepare(scenario, progress=silent)
    return experiment.plan(experiment.placements[0])


PLANS = {
    "by hand": row_of_four,
    "crowded": lambda: crowded(transport=Udp()),
    "corrupting": lambda: crowded(circle(packet_error_rate=LOSS), transport=RECOVERY),
    "a link goes": lambda: crowded(circle(gone=2), transport=RECOVERY),
    "tcp": lambda: crowded(transport=Tcp()),
}
LOGGED = ("by hand", "crowded", "corrupting", "first ring")  # all that links carry is in the log of hops


class Silent:
    """Progress that nobody watches."""

    def stage(self, text): ...

    def expect(self, tokens): ...

    def tokens(self, placement, done): ...

    def count(self, done, total, words): ...


@pytest.fixture(scope="module")
def plans():
    """All plans, by name."""
    return {**{name: make() for name, make in PLANS.items()}, "first ring": first_ring(Silent())}


@pytest.fixture(scope="module")
def recorded(plans, tmp_path_factory):
    """What ns-3 recorded of each plan."""
    return record_all(
        {name: lambda plan=plan: plan for name, plan in plans.items()}, tmp_path_factory.mktemp("intervals")
    )


def rows_of(records):
    return dict(zip(INTERVAL_COLUMNS, records.intervals.T, strict=True))


def test_a_link_by_hand(plans, recorded):
    """Two packets have left at 20 ms, four at 40 ms; four wait at first, then one less with each."""
    found = result_of(plans["by hand"], recorded["by hand"]).link_intervals
    away = (found["from_satellite"] == 0) & (found["to_satellite"] == 1) & (found["slot"] < IDLE_SLOTS)

    third_ns = COME_NS + 2 * PACKET_NS  # when the third packet begins, in the first slot
    waits_ns = [
        7 * PACKET_NS + 2 * (HAND_SLOT_NS - third_ns),
        2 * (third_ns + PACKET_NS - HAND_SLOT_NS) + PACKET_NS,
        0,
    ]
    expected = {
        "slot": [0, 1, 2],
        "start_ns": [0, HAND_SLOT_NS, 2 * HAND_SLOT_NS],
        "end_ns": [HAND_SLOT_NS, 2 * HAND_SLOT_NS, 3 * HAND_SLOT_NS],
        "link": [0, 0, 0],
        "packets": [2, 2, 1],
        "bytes": [2 * WIRE_BYTES, 2 * WIRE_BYTES, WIRE_BYTES],
        "busy_ns": [HAND_SLOT_NS - COME_NS, HAND_SLOT_NS, COME_NS + 5 * PACKET_NS - 2 * HAND_SLOT_NS],
        "queue_ns": waits_ns,
        "queue_max": [4, 2, 0],
    }
    assert {name: found[name][away].tolist() for name in expected} == expected
    assert found["utilisation"][away].tolist() == [busy / HAND_SLOT_NS for busy in expected["busy_ns"]]
    assert found["queue_mean"][away].tolist() == [wait / HAND_SLOT_NS for wait in waits_ns]


def test_idle_slots_have_no_rows(plans, recorded):
    """The second request does what the first did, as many slots later."""
    row = rows_of(recorded["by hand"])
    second = row["slot"] >= 2 * IDLE_SLOTS
    later_ns = 2 * IDLE_SLOTS * HAND_SLOT_NS

    assert np.array_equal(row["end_ns"] - row["start_ns"], np.full(len(second), HAND_SLOT_NS))
    assert np.array_equal(row["start_ns"], row["slot"] * HAND_SLOT_NS)
    assert row["slot"][~second].max() < IDLE_SLOTS
    for name, column in row.items():
        shift = {"slot": 2 * IDLE_SLOTS, "start_ns": later_ns, "end_ns": later_ns}.get(name, 0)
        assert np.array_equal(column[~second] + shift, column[second]), name


@pytest.mark.parametrize("name", [*PLANS, "first ring"])
def test_the_sum_over_slots_is_the_table_of_links(name, plans, recorded):
    result = result_of(plans[name], recorded[name])
    slots, links = result.link_intervals, result.links
    assert len(slots["slot"]) > 0
    wire = 2 * slots["link"] + (slots["from_satellite"] == plans[name].routes.timeline.ends[slots["link"], 1])
    summed = [each for each in LINK_COLUMNS if each in slots and each != "queue_max"]
    assert len(summed) == 11
    for each in summed:
        sums = np.zeros(len(links[each]), np.int64)
        np.add.at(sums, wire, slots[each])
        assert np.array_equal(sums, links[each]), each
    most = np.zeros(len(links["queue_max"]), np.int64)
    np.maximum.at(most, wire, slots["queue_max"])
    assert np.array_equal(most, links["queue_max"])


@pytest.mark.parametrize("name", [*PLANS, "first ring"])
def test_no_link_is_busier_than_time_passes_nor_a_queue_longer_in_the_mean_than_at_most(
    name, plans, recorded
):
    found = result_of(plans[name], recorded[name]).link_intervals

    assert (found["utilisation"] <= 1).all()
    assert found["utilisation"].max() > 0
    assert (found["queue_max"] >= found["queue_mean"]).all()
    assert ((found["queue_max"] > 0) == (found["queue_ns"] > 0)).all()
    assert found["queue_max"].max() > 0


@pytest.mark.parametrize("name", LOGGED)
def test_littles_law_holds_on_every_link(name, plans, recorded):
    """The integral of the queue's length is the sum of the waits of those that left it, to the nanosecond."""
    records = recorded[name]
    log = dict(zip(HOP_COLUMNS, records.hops.T, strict=True))
    waits_ns = np.zeros(2 * len(records.links), np.int64)
    np.add.at(waits_ns, log["wire"], log["started"] - log["came"])

    assert waits_ns.sum() > 0
    assert np.array_equal(
        waits_ns, records.links.reshape(-1, len(LINK_COLUMNS))[:, LINK_COLUMNS.index("queue_ns")]
    )


def overlap_ns(start, end, slot_start, slot_end):
    return np.maximum(np.minimum(end, slot_end) - np.maximum(start, slot_start), 0)


@pytest.mark.parametrize("name", LOGGED)
def test_each_slot_is_what_the_log_of_hops_says_of_it(name, plans, recorded):
    """Every hop waits from when it came to its first bit, and is sent until its last one has left."""
    records = recorded[name]
    log = dict(zip(HOP_COLUMNS, records.hops.T, strict=True))
    light = Hops.from_log(log, ends=plans[name].routes.timeline.ends).parts["propagation"]
    order = np.argsort(log["ledger"], kind="stable")
    came, started, sent = log["came"][order], log["started"][order], log["arrived"][order] - light
    wire = log["wire"][order]
    for row in records.intervals:
        told = dict(zip(INTERVAL_COLUMNS, row.tolist(), strict=True))
        start, end = told["start_ns"], told["end_ns"]
        own = wire == told["wire"]
        assert told["packets"] == ((start < sent[own]) & (sent[own] <= end)).sum()
        assert told["busy_ns"] == overlap_ns(started[own], sent[own], start, end).sum()
        waits = overlap_ns(came[own], started[own], start, end)
        assert told["queue_ns"] == waits.sum()
        since, until = came[own][waits > 0], started[own][waits > 0]
        levels = [((since <= at) & (at < until)).sum() for at in np.maximum(since, start)]
        assert told["queue_max"] == max(levels, default=0)


def test_slots_are_told_from_the_first_nanosecond_to_the_last(recorded):
    """What tcp does is read slot by slot from zero on, without gaps."""
    row = rows_of(recorded["tcp"])

    assert np.array_equal(row["start_ns"], row["slot"] * SLOT_NS)
    assert np.array_equal(row["end_ns"], row["start_ns"] + SLOT_NS)
    assert recorded["tcp"].ended_ns == row["end_ns"].max()


@pytest.mark.parametrize(
    ("column", "change"),
    [("packets", 1), ("busy_ns", -1), ("queue_ns", -1), ("lost_cut", 1)],
)
def test_slots_that_do_not_sum_to_the_links_fail_the_run(plans, recorded, column, change):
    records = recorded["crowded"]
    intervals = records.intervals.copy()
    intervals[0, INTERVAL_COLUMNS.index(column)] += change

    with pytest.raises(SimulationError, match=rf"^accounting: {column} of link .*report this bug"):
        result_of(plans["crowded"], dataclasses.replace(records, intervals=intervals))


@pytest.mark.parametrize(("column", "change"), [("busy_ns", SLOT_NS), ("queue_ns", 10**12)])
def test_a_link_that_does_more_than_it_can_fails_the_run(plans, recorded, column, change):
    records = recorded["crowded"]
    intervals, links = records.intervals.copy(), records.links.copy()
    intervals[0, INTERVAL_COLUMNS.index(column)] += change
    wire = intervals[0, INTERVAL_COLUMNS.index("wire")]
    links[wire // 2, wire % 2, LINK_COLUMNS.index(column)] += change

    with pytest.raises(
        SimulationError, match=r"^accounting: a link cannot have done this: .*report this bug"
    ):
        result_of(plans["crowded"], dataclasses.replace(records, intervals=intervals, links=links))
