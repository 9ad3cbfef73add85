"""Hosts that share satellites, computers that differ, experts that are served elsewhere in another slot."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from builders import chain, hosts, network, routes_to, work

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.packet import LocalExecutor, Plan, Records, parse_captures, result_from_records
from spacemoe_ns3.packet.plan import DISPATCH, EXPERT, GATEWAY, HEAD, JOB_COLUMNS, MESSAGE_COLUMNS, RESULT

pytestmark = pytest.mark.packet

HOP_M = 0.01 * SPEED_OF_LIGHT_M_S  # 10 ms of light
SLOT_NS = 50_000_000
MESSAGE_BYTES = 1000
SEEDS = (1, 2, 3)


def plan_of(timeline, placement, **settings):
    """A plan with tables to all hosts."""
    bits = segment_wire_bits(message_bytes=MESSAGE_BYTES, mtu_bytes=timeline.mtu_bytes)
    routes = routes_to(timeline, placement.hosts(), packet_bits=int(bits[0]))
    experts = placement.experts.shape[1]
    workload = work(experts=experts, message_bytes=MESSAGE_BYTES, **settings)
    return Plan(workload=workload, placement=placement, routes=routes)


def one_satellite():
    """Two layers of three experts on the only satellite; two tokens."""
    placement = hosts(gateways=(0, 0), experts=np.zeros((2, 3)), hosts_per_satellite=None)
    return plan_of(
        network(positions_m=[[7e6, 0, 0]], ends=[]),
        placement,
        activations=[[[1, 0], [0, 2]], [[2, 1], [1, 0]]],
        gateway_ns=[1000, 1500],
        expert_ns=[2000, 700],
        head_ns=500,
        sends_residual=True,
        starts_ns=(5,),
    )


# Kinds of computers: of gateways, of experts, and that of satellite 1.
GATEWAY_NS = [[1000, 1100], [0, 0], [0, 0]]
EXPERT_NS = [[210, 220], [2100, 2200], [21000, 22000]]


def computers_that_differ():
    """Experts beside a gateway, on the named satellite 1, and on satellite 3, which is like others."""
    placement = hosts(gateways=(0, 2), experts=((0, 1), (1, 3)), hosts_per_satellite=None)
    return plan_of(
        chain(satellites=4, hop_m=HOP_M, slots=2),
        placement,
        activations=[[[0, 1], [0, 1]]],
        gateway_ns=GATEWAY_NS,
        expert_ns=EXPERT_NS,
        head_ns=[500, 0, 0],
        kind=np.array([-1, 2, -1, -1], np.int16),
    )


SERVING = (0, 2, 1, 0, 0, 2, 0, 0)  # expert of layer 0, by slot
# A token each. Gateways take 1000 ns, so the second is dispatched in the last nanosecond of slot 0 and the
# third in the first of slot 2; nothing goes on in slots 3 and 4.
STARTS_NS = (0, SLOT_NS - 1001, 2 * SLOT_NS - 1000, 5 * SLOT_NS + 7)


def served_elsewhere():
    """Both gateways and the expert of layer 1 on satellite 1, between 0 and 2."""
    placement = hosts(
        gateways=(1, 1),
        experts=((0,), (1,)),
        dispatch=[[[satellite], [1]] for satellite in SERVING],
        hosts_per_satellite=None,
    )
    return plan_of(
        chain(satellites=3, hop_m=HOP_M, slots=len(SERVING), slot_ns=SLOT_NS),
        placement,
        activations=np.zeros((4, 2, 1)),
        starts_ns=STARTS_NS,
        sequence_tokens=[1] * 4,
    )


def anywhere(seed):
    """Everything anywhere on five satellites, other hosts in every slot, many sequences at once."""
    random = np.random.default_rng(seed)
    slots, layers, experts, top_k, sequences = 400, 3, 4, 2, 8
    dispatch = random.integers(0, 5, (slots, layers, experts))
    placement = hosts(
        gateways=random.integers(0, 5, layers),
        experts=dispatch[0],
        dispatch=dispatch,
        hosts_per_satellite=None,
    )
    chosen = random.random((3 * sequences, layers, experts)).argsort(axis=-1)[..., :top_k]
    return plan_of(
        chain(satellites=5, hop_m=HOP_M, slots=slots, slot_ns=7_000_000),
        placement,
        activations=chosen,
        starts_ns=np.sort(random.integers(0, 20_000_000, sequences)),
        sequence_tokens=[3] * sequences,
        gateway_ns=random.integers(500_000, 3_000_000, (3, layers)),
        expert_ns=random.integers(500_000, 3_000_000, (3, layers)),
        head_ns=random.integers(500_000, 3_000_000, 3),
        kind=np.array([-1, 2, -1, 2, -1], np.int16),
        sends_residual=True,
    )


PLANS = {
    "one satellite": one_satellite,
    "computers": computers_that_differ,
    "elsewhere": served_elsewhere,
    **{f"anywhere {seed}": lambda seed=seed: anywhere(seed) for seed in SEEDS},
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What ns-3 recorded of each plan."""
    folder = tmp_path_factory.mktemp("shared")
    with LocalExecutor(workers=2) as executor:
        for name, make in PLANS.items():
            executor.submit(name, make(), folder / name)
        return {event.name: event.outcome for event in executor.events(wait=True) if event.outcome}


def table(records, columns, name):
    """Messages or jobs, a column a name."""
    assert isinstance(records, Records), records
    return dict(zip(columns, getattr(records, name).T, strict=True))


def rows_of(jobs, **wanted):
    chosen = np.logical_and.reduce([jobs[name] == value for name, value in wanted.items()])
    return {name: column[chosen] for name, column in jobs.items()}


def test_a_ring_on_one_satellite_without_links_takes_its_computing_and_nothing_else(recorded):
    plan, records = one_satellite(), recorded["one satellite"]
    result = result_from_records(
        records, workload=plan.workload, placement=plan.placement, ends=plan.routes.timeline.ends
    )
    computed_on_the_path_ns = 1000 + 2000 + 1500 + 700 + 500
    behind_the_other_expert_ns = 2000 + 700

    assert result.tokens["compute_ns"].tolist() == [computed_on_the_path_ns] * 2
    assert result.tokens["queueing_ns"].tolist() == [behind_the_other_expert_ns] * 2
    for part in ("propagation_ns", "serialisation_ns", "waiting_ns"):
        assert result.tokens[part].tolist() == [0, 0]
    assert result.tokens["start_ns"].tolist() == [
        5,
        5 + computed_on_the_path_ns + behind_the_other_expert_ns,
    ]
    # Two tokens of two layers: two dispatches, two results, a residual. They never meet the network.
    assert records.account[:2].tolist() == [[20, 0, 0], [20, 0, 0]]
    assert not records.account[2:].any()
    assert not result.layers["hops"].any()


def test_experts_of_one_token_on_one_satellite_are_served_in_the_order_of_selection(recorded):
    jobs = table(recorded["one satellite"], JOB_COLUMNS, "jobs")
    experts = rows_of(jobs, kind=EXPERT)

    assert experts["expert"].tolist() == [1, 0, 0, 2, 2, 1, 1, 0]


def test_everything_on_a_satellite_takes_the_time_of_its_one_computer(recorded):
    jobs = table(recorded["computers"], JOB_COLUMNS, "jobs")
    took_ns = {
        tuple(where): duration
        for *where, duration in zip(
            *(jobs[name].tolist() for name in ("kind", "layer", "satellite")),
            (jobs["finished"] - jobs["started"]).tolist(),
            strict=True,
        )
    }

    assert took_ns == {
        (GATEWAY, 0, 0): 1000,
        (GATEWAY, 1, 2): 1100,
        (EXPERT, 0, 0): 210,  # on the gateway's computer
        (EXPERT, 0, 1): 21000,
        (EXPERT, 1, 1): 22000,
        (EXPERT, 1, 3): 2200,
        (HEAD, 1, 0): 500,
    }


def test_a_dispatch_goes_to_who_serves_the_expert_in_the_slot_in_which_it_leaves(recorded):
    jobs = table(recorded["elsewhere"], JOB_COLUMNS, "jobs")
    messages = table(recorded["elsewhere"], MESSAGE_COLUMNS, "messages")
    left = rows_of(messages, kind=DISPATCH, layer=0)
    expected = [SERVING[0], SERVING[0], SERVING[2], SERVING[5]]

    assert np.sort(left["sent"]).tolist() == [1000, SLOT_NS - 1, 2 * SLOT_NS, 5 * SLOT_NS + 1007]
    assert left["to_satellite"][np.argsort(left["request"])].tolist() == expected
    served = rows_of(jobs, kind=EXPERT, layer=0)
    assert served["satellite"][np.argsort(served["request"])].tolist() == expected
    assert rows_of(jobs, kind=EXPERT, layer=1)["satellite"].tolist() == [1] * 4


@pytest.mark.parametrize("seed", SEEDS)
def test_wherever_hosts_are_each_job_runs_where_its_slot_says_and_as_long_as_it_takes_there(recorded, seed):
    plan, records = anywhere(seed), recorded[f"anywhere {seed}"]
    placement, computing = plan.placement, plan.workload.computing
    jobs = table(records, JOB_COLUMNS, "jobs")
    messages = table(records, MESSAGE_COLUMNS, "messages")
    dispatches, results = rows_of(messages, kind=DISPATCH), rows_of(messages, kind=RESULT)
    slot = dispatches["sent"] // plan.routes.timeline.slots.slot_ns
    serving = placement.dispatch[slot, dispatches["layer"], dispatches["expert"]]

    def keys(rows):
        return list(
            zip(*(rows[name].tolist() for name in ("request", "token", "layer", "expert")), strict=True)
        )

    assert len(np.unique(slot)) > 10
    assert dispatches["to_satellite"].tolist() == serving.tolist()
    where = dict(zip(keys(dispatches), serving.tolist(), strict=True))
    experts = rows_of(jobs, kind=EXPERT)
    assert len(where) == len(experts["kind"]) == 24 * 3 * 2
    assert experts["satellite"].tolist() == [where[key] for key in keys(experts)]
    assert results["from_satellite"].tolist() == [where[key] for key in keys(results)]

    is_named = np.isin(experts["satellite"], (1, 3))
    is_gateway = np.isin(experts["satellite"], placement.gateways)
    kind = np.where(is_named, 2, np.where(is_gateway, 0, 1))
    took_ns = experts["finished"] - experts["started"]
    assert took_ns.tolist() == computing.expert_ns[kind, experts["layer"]].tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_satellite_serves_one_job_at_a_time_first_come_first_served_and_never_idles(recorded, seed):
    """Lindley's recursion: a job starts when it has come and the one before it is done."""
    jobs = table(recorded[f"anywhere {seed}"], JOB_COLUMNS, "jobs")
    queued = 0
    for satellite in range(5):
        here = rows_of(jobs, satellite=satellite)
        order = np.argsort(here["submitted"], kind="stable")  # the records are in the order of service
        done = 0
        for submitted, started, finished in zip(
            *(here[name][order].tolist() for name in ("submitted", "started", "finished")), strict=True
        ):
            assert started == max(submitted, done)
            queued += started > submitted
            done = finished
    assert queued > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_that_stay_take_no_time_and_no_segments(recorded, seed):
    records = recorded[f"anywhere {seed}"]
    messages = table(records, MESSAGE_COLUMNS, "messages")
    stays = messages["from_satellite"] == messages["to_satellite"]

    assert 0 < stays.sum() < len(stays)
    assert ((messages["arrived"] == messages["sent"]) == stays).all()
    assert ((messages["hops"] == 0) == stays).all()
    for part in ("propagation", "serialisation", "queueing", "waiting"):
        assert not messages[part][stays].any()
    sent, received = records.account[:2].tolist()
    assert sent == received
    assert sent[:2] == [len(stays), (~stays).sum()]
    assert records.in_flight == 0


def test_an_expert_is_captured_on_every_satellite_where_it_lives():
    plan = served_elsewhere()
    points = parse_captures(
        ("expert:0:0", "gateway:0"), placement=plan.placement, timeline=plan.routes.timeline
    )

    every_role = "expert-0-0+gateway-0+gateway-1+1-more"
    assert [(point.satellite, point.file_name) for point in points] == [
        (0, "expert-0-0_satellite-0_sat-0_laser-0_to-and-from_satellite-1_sat-1.pcap"),
        (1, f"{every_role}_satellite-1_sat-1_laser-0_to-and-from_satellite-0_sat-0.pcap"),
        (1, f"{every_role}_satellite-1_sat-1_laser-1_to-and-from_satellite-2_sat-2.pcap"),
        (2, "expert-0-0_satellite-2_sat-2_laser-0_to-and-from_satellite-1_sat-1.pcap"),
    ]


def test_a_host_where_the_expert_does_not_live_is_refused_in_a_sentence(tmp_path):
    script = """
import numpy as np
from spacemoe_ns3.packet._ns import load_bridge
simulation = load_bridge()()
simulation.PlaceModel(np.array([0, 1], np.int32), np.array([1, 1]), np.array([1]), 1, 2, 1, 1000, True)
simulation.PlaceExperts(np.array([[0, 0, 2], [1, 0, 3], [1, 0, 4]], np.int32), np.array([1, 1, 1]), 3, 1)
simulation.SetExpertHosts(np.array([2, 4], np.int32))
try:
    simulation.SetExpertHosts(np.array([2, 2], np.int32))
except Exception as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert "expert 0 of layer 1 does not live on satellite 2; list it among the residents" in done.stdout
