"""Several sequences at once, batches, full queues and background traffic, through ns-3."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from builders import chain, hosts, routes_to, work
from packet_circle import LOSS, RECOVERY, circle, plan_over, record_all, result_of

from spacemoe_ns3 import Background, Parallel, PoissonArrivals, Tcp, Traffic
from spacemoe_ns3.constants import NO_EXPERT, SPEED_OF_LIGHT_M_S
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.packet import Plan, Records
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.packet.plan import BATCH_COLUMNS, EXPERT, GATEWAY, HEAD, JOB_COLUMNS, MESSAGE_COLUMNS
from spacemoe_ns3.streams import stream

pytestmark = pytest.mark.packet

HOP_M, LIGHT_NS = 0.01 * SPEED_OF_LIGHT_M_S, 10_000_000
MESSAGE_BYTES, RATE_BPS = 1000, 10**7
WIRE_NS = (MESSAGE_BYTES + 36 + 30) * 800  # at 10 Mb/s
GATEWAY_NS, EXPERT_NS, HEAD_NS = (1_000_000, 2_500_000), (1_500_000, 700_000), 400_000
SEQUENCES, APART_NS = 7, 300_000
STEPS = 3  # of a sequence on the circle
FIVE_SIGMA = 5
PATTERNS = {
    "poisson": Background(rate_bps=1e6, packet_bytes=250, pattern="poisson", flows=((0, 3),)),
    "constant": Background(rate_bps=1e6, packet_bytes=250, pattern="constant", flows=((0, 3),)),
    "on-off": Background(
        rate_bps=1e6, packet_bytes=250, pattern="on-off", on_s=0.05, off_s=0.15, flows=((0, 3),)
    ),
}
ARRIVALS = {"parallel": Parallel(apart_s=0.001), "poisson": PoissonArrivals(sequences_per_s=200)}


def row_of_four(*, slots=4, background=(), seed=1, **settings):
    """Gateway 0, expert, gateway 1, expert on satellites 0 to 3 in a row; a result comes back over all."""
    timeline = chain(satellites=4, hop_m=HOP_M, rate_bps=RATE_BPS, mtu_bytes=9000, slots=slots, slot_ns=10**9)
    placement = hosts(gateways=(0, 2), experts=((1,), (3,)))
    settings = {
        "gateway_ns": GATEWAY_NS,
        "expert_ns": EXPERT_NS,
        "head_ns": HEAD_NS,
        "experts": 1,
        "message_bytes": MESSAGE_BYTES,
        **settings,
    }
    workload = work(**settings)
    bits = segment_wire_bits(message_bytes=MESSAGE_BYTES, mtu_bytes=9000)
    routes = routes_to(timeline, placement.hosts(), packet_bits=int(bits[0]))
    return Plan(workload=workload, placement=placement, routes=routes, background=background, seed=seed)


def side_by_side(**settings):
    """Sequences of a token each, a little apart."""
    return row_of_four(
        activations=np.zeros((SEQUENCES, 2, 1)),
        starts_ns=APART_NS * np.arange(SEQUENCES),
        sequence_tokens=[1] * SEQUENCES,
        **settings,
    )


def on_a_circle(*, batch=4, prompts=False, timeline=None, **settings):
    """Four sequences of three steps at once, on a circle of satellites; two may read a prompt first."""
    plan = plan_over(timeline or circle(), **settings)
    workload = plan.workload
    if prompts:
        computing = dataclasses.replace(workload.computing, prefill_ns={5: 3 * workload.computing.gateway_ns})
        activations = np.full((workload.tokens, 2, 3), NO_EXPERT, np.uint16)
        activations[:, :, :2] = workload.activations
        shares = (activations != NO_EXPERT).astype(np.int32)
        widths = np.ones(workload.tokens, np.int32)
        for row in (0, 3 * STEPS):  # a batch does not reach past a prompt
            activations[row], shares[row], widths[row] = [0, 1, 2], [4, 1, 5], 5
        workload = dataclasses.replace(
            workload, computing=computing, activations=activations, shares=shares, widths=widths
        )
    workload = dataclasses.replace(
        workload,
        batch=batch,
        starts_ns=np.zeros(4, np.int64),  # in one nanosecond, so that they share batches
        sequence_tokens=np.full(4, STEPS, np.int32),
    )
    return dataclasses.replace(plan, workload=workload)


def with_background(background, *, arrivals=None, seed=1):
    """Slow sequences, so that much of the background is seen."""
    sequences = 3
    arrivals = arrivals or Parallel()
    flows = Traffic(background=(background,)).flows(
        satellites=4, mtu_bytes=9000, random=stream(seed, "traffic.background")
    )
    return row_of_four(
        activations=np.zeros((2 * sequences, 2, 1)),
        starts_ns=arrivals.starts_ns(sequences, end_ns=10**10, random=stream(seed, "traffic.arrivals")),
        sequence_tokens=[2] * sequences,
        gateway_ns=300_000_000,
        slots=30,
        background=flows,
        seed=seed,
    )


PLANS = {
    "side by side": side_by_side,
    "batches": on_a_circle,
    "prompts": lambda: on_a_circle(prompts=True),
    "prompts lost": lambda: on_a_circle(
        prompts=True, timeline=circle(packet_error_rate=LOSS), transport=RECOVERY
    ),
    "prompts over tcp": lambda: on_a_circle(prompts=True, transport=Tcp()),
    "full": lambda: side_by_side(queue_jobs=0),
    **{pattern: lambda each=each: with_background(each) for pattern, each in PATTERNS.items()},
    "again": lambda: with_background(PATTERNS["poisson"]),
    "other seed": lambda: with_background(PATTERNS["poisson"], seed=2),
    **{
        f"arrivals {name}": lambda law=law: with_background(PATTERNS["poisson"], arrivals=law)
        for name, law in ARRIVALS.items()
    },
}
BATCHED = ("batches", "prompts", "prompts lost", "prompts over tcp")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What ns-3 recorded of each plan."""
    return record_all(PLANS, tmp_path_factory.mktemp("traffic"))


def columns(table, names):
    return dict(zip(names, table.T, strict=True))


def one_after_the_other(come_ns, service_ns):
    """When a single server is done with what comes in this order."""
    done, free = [], 0
    for come in come_ns:
        free = max(come, free) + service_ns
        done.append(free)
    return done


def over_links(come_ns, links):
    for _ in range(links):
        come_ns = [done + LIGHT_NS for done in one_after_the_other(come_ns, WIRE_NS)]
    return come_ns


def test_sequences_side_by_side_queue_at_computers_and_links_in_the_order_in_which_they_come(recorded):
    """A tandem of queues by hand: everything is done in the order of the sequences, the heads last."""
    come = [APART_NS * sequence for sequence in range(SEQUENCES)]
    for layer, links in ((0, 1), (1, 3)):
        come = over_links(one_after_the_other(come, GATEWAY_NS[layer]), 1)
        come = over_links(one_after_the_other(come, EXPERT_NS[layer]), links)
    assert come[0] > APART_NS * SEQUENCES + GATEWAY_NS[0] * SEQUENCES  # no head meets a gateway of layer 0
    emitted = one_after_the_other(come, HEAD_NS)

    trace = trace_from_records(recorded["side by side"], workload=side_by_side().workload)

    assert trace.head_finished.tolist() == emitted


@pytest.mark.parametrize("name", BATCHED)
def test_parts_sum_and_accounts_close_with_batches(name, recorded):
    """The accounting raises otherwise; and every step is emitted once."""
    plan = PLANS[name]()

    result = result_of(plan, recorded[name])

    assert len(result.tokens["latency_ns"]) == plan.workload.tokens
    assert all((result.tokens[part] >= 0).all() for part in result.tokens)
    messages = result.account.as_dict()["messages"]
    assert messages["sent"] == messages["received"] == len(recorded[name].messages)


@pytest.mark.parametrize("name", BATCHED)
def test_a_batch_is_of_decode_steps_and_no_larger_than_allowed(name, recorded):
    workload = PLANS[name]().workload
    jobs = columns(recorded[name].jobs, JOB_COLUMNS)
    rows = jobs["request"] * STEPS + jobs["token"]
    members = columns(recorded[name].batches, BATCH_COLUMNS)

    assert len(members["kind"]) > 0  # some are served together
    own = workload.widths[rows]
    assert (jobs["tokens"][(jobs["kind"] == GATEWAY) & (own > 1)] == 5).all()
    gateways = jobs["tokens"][(jobs["kind"] == GATEWAY) & (own == 1)]
    assert 1 < gateways.max() <= workload.batch
    assert jobs["tokens"][jobs["kind"] == HEAD].max() <= workload.batch
    is_gateway = members["kind"] == GATEWAY
    others = members["member_request"] * STEPS + members["member_token"]
    assert (workload.widths[others][is_gateway] == 1).all()


@pytest.mark.parametrize("name", BATCHED)
def test_each_expert_is_sent_as_many_tokens_as_go_there(name, recorded):
    """Over a layer, the tokens of all dispatches to an expert are the shares of all steps."""
    workload = PLANS[name]().workload
    messages = columns(recorded[name].messages, MESSAGE_COLUMNS)
    jobs = columns(recorded[name].jobs, JOB_COLUMNS)
    for layer in range(2):
        for expert in range(3):
            due = workload.shares[:, layer][workload.activations[:, layer] == expert].sum()
            for kind in (1, 2):
                of_expert = (messages["layer"] == layer) & (messages["expert"] == expert)
                assert messages["tokens"][of_expert & (messages["kind"] == kind)].sum() == due
            computed = (jobs["kind"] == EXPERT) & (jobs["layer"] == layer) & (jobs["expert"] == expert)
            assert jobs["tokens"][computed].sum() == due
        residual = (messages["layer"] == layer) & (messages["kind"] == 3)
        assert messages["tokens"][residual].sum() == workload.widths.sum()


def test_a_job_that_finds_the_queue_full_fails_the_placement_in_a_sentence(recorded):
    """The second sequence comes while the first is in service, and nothing may wait."""
    with pytest.raises(UndeliveredError) as failure:
        result_of(PLANS["full"](), recorded["full"])

    words = str(failure.value)
    assert words.startswith(
        "job refused (request 1, token 0, layer 0, gateway, at 300000 ns): the queue of satellite 0's "
        "computer was full; jobs refused in all: "
    )
    assert "traffic.queue_jobs" in words


def measured(name, recorded):
    """Packets that were sent, and seconds from the first start to the last emission."""
    records, plan = recorded[name], PLANS[name]()
    assert isinstance(records, Records), records
    trace = trace_from_records(records, workload=plan.workload)
    return int(records.background[0, 0]), (trace.head_finished.max() - trace.start.min()) / 1e9


def test_poisson_background_has_its_rate(recorded):
    """As many packets as the rate says, with the standard deviation of a Poisson process."""
    packets, seconds = measured("poisson", recorded)
    due = seconds / PATTERNS["poisson"].interval_s

    assert abs(packets - due) < FIVE_SIGMA * np.sqrt(due)


def test_constant_background_has_its_rate(recorded):
    """To the packet: the first comes within an interval."""
    packets, seconds = measured("constant", recorded)

    assert abs(packets - seconds / PATTERNS["constant"].interval_s) <= 1


def test_bursts_have_their_rate(recorded):
    """The time in periods of an alternating renewal process: variance 2 t a² b² / (a + b)³ (Cox 1962)."""
    like = PATTERNS["on-off"]
    packets, seconds = measured("on-off", recorded)
    spread_s = np.sqrt(2 * seconds * (like.on_s * like.off_s) ** 2 / (like.on_s + like.off_s) ** 3)

    due = seconds * like.rate_bps / (8 * like.packet_bytes)

    assert abs(packets - due) < FIVE_SIGMA * spread_s / like.interval_s


@pytest.mark.parametrize("name", [*PATTERNS, *(f"arrivals {name}" for name in ARRIVALS)])
def test_the_account_of_the_background_closes(name, recorded):
    """Packets in flight are counted where they are, and the accounting compares."""
    plan = PLANS[name]()

    account = result_of(plan, recorded[name]).account

    packets = account.background.as_dict()["packets"]
    assert packets["sent"] == packets["received"] + packets["dropped"] + packets["in_flight"]
    assert packets["received"] > 0
    size = plan.background[0].background.packet_bytes - 28
    assert account.background.as_dict()["bytes"]["received"] == packets["received"] * size
    assert account.as_dict()["segments"]["in_flight"] == 0  # of the ring


def test_the_seed_fixes_the_background(recorded):
    first, again, other = (recorded[name] for name in ("poisson", "again", "other seed"))

    for field in dataclasses.fields(Records):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name)), field.name
    assert not np.array_equal(first.background, other.background)


def test_messages_wait_behind_packets_of_others(recorded):
    """Others send from satellite 0 to 3; nobody but the ring does the other way."""
    plan = PLANS["poisson"]()
    trace = trace_from_records(recorded["poisson"], workload=plan.workload)

    assert trace.dispatch.queueing[:, 0].max() > 0  # from satellite 0 on, where others send, too
    assert (trace.result.queueing[:, 1] == 0).all()  # back, where nobody else does
