"""ns-3's packets against a simulation of the same rings that shares no code with us, to the nanosecond."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from agreement.test_living_links import records_of
from builders import hosts, network, routes_to, timeline_of, work
from referee.ring_in_simpy import Referee, Ring
from referee.skies import MovingSky, StillSky

from spacemoe_ns3.constellation import SlotGrid, WalkerShell
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.links import LaserLinks, LinkList
from spacemoe_ns3.packet import Plan
from spacemoe_ns3.packet.plan import JOB_COLUMNS, MESSAGE_COLUMNS

pytestmark = pytest.mark.packet

LAYERS, EXPERTS, TOP_K = 3, 3, 2
SATELLITES = 14
GATEWAYS, HOSTS = (0, 4, 9), ((1, 2, 3), (5, 6, 7), (10, 11, 12))
TIMES_NS = {"gateway_ns": 700_123, "expert_ns": 300_457, "head_ns": 150_011}
MESSAGE_KEY = ("request", "token", "layer", "kind", "expert")
MESSAGE_VALUES = ("from_satellite", "to_satellite", "sent", "arrived", "hops", "propagation", "waiting")
JOB_KEY = ("kind", "request", "token", "layer", "expert")
JOB_VALUES = ("satellite", "submitted", "started", "finished")
# Were the receiver to stand while light is under way, light times of some 20 ms would be off by up to 25 ppm.
A_HOP_WITHOUT_MOTION_NS = 100
TIME_PLACES = {"messages": (2, 3, 5, 6), "jobs": (1, 2, 3)}  # of the values


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """What is sent over which links; the times of a token are some 60 ms of light and computing."""

    starts_ns: tuple[int, ...] = (0,)
    tokens: int = 1  # of each sequence
    mtu_bytes: int = 9000
    rate_bps: int = 1_000_000_007
    sends_residual: bool = True
    slots: int = 1
    slot_ns: int = 10**10
    survival: float = 1.0
    gateways: tuple[int, ...] = GATEWAYS
    experts: tuple[tuple[int, ...], ...] = HOSTS
    message_bytes: int = 4096


def drawn_activations(case: Case) -> np.ndarray:
    """Draw experts, shape (sequences, tokens, L, K)."""
    shape = (len(case.starts_ns), case.tokens, LAYERS, EXPERTS)
    return np.random.default_rng(7).random(shape).argsort(axis=-1)[..., :TOP_K]


def table(rows: np.ndarray, columns, key, values) -> dict[tuple[int, ...], tuple[int, ...]]:
    """Return what ns-3 recorded as the referee has it."""
    index = [columns.index(name) for name in (*key, *values)]
    found = {tuple(row[: len(key)]): tuple(row[len(key) :]) for row in rows[:, index].tolist()}
    assert len(found) == len(rows), "one record for each message and each job"
    return found


def refereed(case: Case, timeline, sky, folder, *, ends, rates_bps):
    """Run ns-3 and the referee; return the tables of both, and the referee."""
    activations = drawn_activations(case)
    workload = work(
        activations=activations.reshape(-1, LAYERS, TOP_K),
        experts=EXPERTS,
        message_bytes=case.message_bytes,
        starts_ns=case.starts_ns,
        sequence_tokens=[case.tokens] * len(case.starts_ns),
        sends_residual=case.sends_residual,
        **TIMES_NS,
    )
    placement = hosts(gateways=case.gateways, experts=case.experts, hosts_per_satellite=None)
    bits = segment_wire_bits(message_bytes=case.message_bytes, mtu_bytes=case.mtu_bytes)
    routes = routes_to(timeline, placement.hosts(), packet_bits=int(bits[0]))
    records = records_of(Plan(workload=workload, placement=placement, routes=routes), folder)
    referee = Referee(
        Ring(
            ends=ends,
            rates_bps=rates_bps,
            light_ns=sky.light_ns,
            mid_slot_s=sky.mid_slot_s,
            up=timeline.up.tolist(),
            slot_ns=case.slot_ns,
            mtu_bytes=case.mtu_bytes,
            message_bytes=case.message_bytes,
            gateways=case.gateways,
            experts=case.experts,
            sends_residual=case.sends_residual,
            starts_ns=case.starts_ns,
            activations=activations.tolist(),
            **TIMES_NS,
        )
    )
    referee.run()
    ours = {
        "messages": table(records.messages, MESSAGE_COLUMNS, MESSAGE_KEY, MESSAGE_VALUES),
        "jobs": table(records.jobs, JOB_COLUMNS, JOB_KEY, JOB_VALUES),
    }
    return ours, {"messages": referee.messages, "jobs": referee.jobs}, referee


def still(case: Case):
    """Satellites anywhere in a box, four links each or so, with rates of their own; links go down and up."""
    random = np.random.default_rng(11)
    positions_m = random.uniform(-2e6, 2e6, (SATELLITES, 3))
    ring = [(a, (a + 1) % SATELLITES) for a in range(SATELLITES)]
    across = [(a, (a + 5) % SATELLITES) for a in range(0, SATELLITES, 2)]
    ends = sorted({(min(pair), max(pair)) for pair in ring + across})
    rates_bps = [int(case.rate_bps * share) for share in random.uniform(0.7, 1.3, len(ends))]
    timeline = network(
        positions_m=positions_m,
        ends=ends,
        up=random.random((case.slots, len(ends))) < case.survival,
        slot_ns=case.slot_ns,
        rate_bps=np.array(rates_bps),
        mtu_bytes=case.mtu_bytes,
    )
    return timeline, StillSky(positions_m), {"ends": ends, "rates_bps": rates_bps}


SIDE_BY_SIDE = (0, 1_000_003, 2_000_017, 2_500_029, 40_000_019)
AT_ONCE = tuple(range(0, 800_000, 50_021))  # sixteen within the time that a gateway computes for one
SLOW_BPS = 8_000_009  # a message of 4096 bytes takes 4 ms
SHARED = {"gateways": (0, 4, 0), "experts": ((0, 1, 1), (4, 5, 0), (9, 9, 4))}


@pytest.mark.parametrize(
    ("case", "meets"),
    [
        pytest.param(Case(), "nothing", id="one step alone"),
        pytest.param(Case(sends_residual=False), "nothing", id="one step, no residual"),
        pytest.param(Case(tokens=3, mtu_bytes=600), "links", id="several segments"),
        pytest.param(Case(tokens=2, rate_bps=SLOW_BPS), "links", id="slow links"),
        pytest.param(Case(tokens=3, starts_ns=SIDE_BY_SIDE), "computers", id="several sequences"),
        pytest.param(Case(starts_ns=AT_ONCE), "computers", id="sixteen sequences at once"),
        pytest.param(
            Case(tokens=2, starts_ns=SIDE_BY_SIDE, rate_bps=SLOW_BPS, mtu_bytes=1000),
            "links and computers",
            id="several sequences, several segments, slow links",
        ),
        pytest.param(
            Case(tokens=2, starts_ns=SIDE_BY_SIDE, rate_bps=SLOW_BPS, **SHARED),
            "links and computers",
            id="hosts that share satellites",
        ),
        pytest.param(
            Case(tokens=4, rate_bps=SLOW_BPS, slots=1200, slot_ns=3_000_000, survival=0.75, mtu_bytes=600),
            "outages",
            id="links that go down between slots",
        ),
        pytest.param(
            Case(
                starts_ns=SIDE_BY_SIDE,
                tokens=2,
                rate_bps=SLOW_BPS,
                slots=1500,
                slot_ns=5_000_000,
                survival=0.7,
            ),
            "outages",
            id="several sequences over links that go down",
        ),
    ],
)
def test_a_simulation_that_shares_no_code_with_us_has_every_message_and_job_at_the_same_nanosecond(
    case: Case, meets: str, tmp_path
) -> None:
    timeline, sky, links = still(case)

    ours, theirs, referee = refereed(case, timeline, sky, tmp_path, **links)

    steps = len(case.starts_ns) * case.tokens
    assert len(theirs["messages"]) == steps * LAYERS * (2 * TOP_K + case.sends_residual)
    assert ours["messages"] == theirs["messages"]
    assert ours["jobs"] == theirs["jobs"]
    # What the case is about has happened.
    jobs_wait = any(started > submitted for _, submitted, started, _ in theirs["jobs"].values())
    assert jobs_wait or "computers" not in meets
    assert referee.longest_queue > 1 or "links" not in meets
    assert (referee.rerouted > 0) == (meets == "outages")
    if meets == "outages":
        assert any(values[-1] for values in theirs["messages"].values()), "a message waits for a path"


def test_a_simulation_with_its_own_orbits_and_light_times_agrees_on_satellites_that_move(tmp_path) -> None:
    """Over ten minutes on a Walker shell, two segments a message, three sequences at different times."""
    shell = {"planes": 4, "phasing": 1, "inclination_deg": 63.0}
    places, rev_day, slots = 8, 12.5, 20
    case = Case(
        starts_ns=(0, 20_000_003, 400_000_000_019),
        tokens=2,
        slots=slots,
        slot_ns=30 * 10**9,
        mtu_bytes=3000,
    )
    satellites = shell["planes"] * places
    in_planes = [
        (plane * places + place, plane * places + (place + 1) % places)
        for plane, place in itertools.product(range(shell["planes"]), range(places))
    ]
    across = [(satellite, (satellite + places) % satellites) for satellite in range(satellites)]
    ends = sorted({(min(pair), max(pair)) for pair in in_planes + across})
    timeline = timeline_of(
        WalkerShell(
            **shell, satellites_per_plane=places, mean_motion_rev_day=rev_day, epoch="2026-01-01T00:00:00"
        ),
        links=LaserLinks(
            topology=LinkList(pairs=tuple(ends)),
            rate_bps=float(case.rate_bps),
            mtu_bytes=case.mtu_bytes,
            grazing_altitude_km=-1e5,
            max_angular_rate_rad_s=None,
        ),
        slots=SlotGrid(count=slots, slot_ns=case.slot_ns),
    )
    assert timeline.up.all()
    assert [tuple(pair) for pair in timeline.ends.tolist()] == ends
    sky = MovingSky(**shell, places=places, rev_day=rev_day, slot_ns=case.slot_ns)

    ours, theirs, _ = refereed(
        case, timeline, sky, tmp_path, ends=ends, rates_bps=[case.rate_bps] * len(ends)
    )

    slack_ns = sky.doubtful  # each may have been rounded otherwise, once
    hops = sum(values[4] for values in theirs["messages"].values())
    assert hops > 100
    assert slack_ns < A_HOP_WITHOUT_MOTION_NS / 4
    for what, places_of_times in TIME_PLACES.items():
        assert ours[what].keys() == theirs[what].keys()
        left, right = (np.array([found[what][key] for key in theirs[what]]) for found in (ours, theirs))
        off = np.abs(left - right)
        assert off[:, places_of_times].max() <= slack_ns
        off[:, places_of_times] = 0
        assert not off.any()
