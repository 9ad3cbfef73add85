"""The formula on the packets' draws, against a walk of one message after the other in plain Python."""

import dataclasses
import functools
import math

import numpy as np
import pytest
from builders import chain, hosts, network, routes_to, timeline_of, work
from one_by_one import LIGHT_M_S, LostError, OneByOne

from spacemoe_ns3.analytic import replay
from spacemoe_ns3.constellation import Slots, WalkerShell
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.links import (
    Bernoulli,
    DimensionOrder,
    FewestHops,
    LaserLinks,
    LeastDelay,
    PlusGrid,
)
from spacemoe_ns3.moe import (
    Computer,
    Decoding,
    Dirichlet,
    GroupedQueryAttention,
    Hardware,
    MoEModel,
    build_computing,
    build_workload,
)
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.streams import stream

ATTENTION = GroupedQueryAttention(heads=16, kv_heads=4, head_dim=64)
MODEL = {"attention": ATTENTION, "expert_ffn": 2048, "vocabulary": 32_000}


def assert_same(legs, where, expected):
    """Compare a message; where messages share transmitters, what is queueing is not told apart by hand."""
    behind = int(legs.serialisation[where] + legs.queueing[where])
    found = {name: int(getattr(legs, name)[where]) for name in vars(expected) if name in vars_of(legs)}
    assert {**found, "behind_transmitters": behind} == {
        **found,
        **{name: value for name, value in vars(expected).items() if value is not None},
    }, where


def vars_of(legs):
    return {field.name for field in dataclasses.fields(legs)}


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


def ring(
    *,
    slots,
    tokens,
    tokens_per_sequence,
    sends_residual=True,
    top_k=2,
    seed=7,
    survival=1.0,
    router=None,
    **links,
):
    """Six layers of four experts on 72 satellites, at random places."""
    shell = WalkerShell(planes=6, satellites_per_plane=12, altitude_km=1000, inclination_deg=60, phasing=1)
    grid = slots.grid(shell.period_s)
    weather = (Bernoulli(survival_probability=survival),)
    rules = LaserLinks(topology=PlusGrid(seam=True), outages=weather, **links)
    timeline = timeline_of(shell, links=rules, slots=grid, seed=seed)
    model = MoEModel(name="six", layers=6, hidden=1024, experts=4, top_k=top_k, **MODEL)
    hardware = Hardware(
        gateway=Computer(name="gateway", peak_flops=1e12), expert=Computer(name="expert", peak_flops=50e9)
    )
    workload = build_workload(
        model=model,
        computing=build_computing(hardware=hardware, model=model, context_tokens=512, satellites=72),
        gating=Dirichlet(concentration=2).gating(
            layers=6, experts=4, top_k=top_k, random=stream(seed, "activation.weights")
        ),
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
        "routes": routes_over(timeline, chosen, message_bytes=2048, router=router),
    }


def routes_over(timeline, destinations, *, message_bytes, router=None):
    bits = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=timeline.mtu_bytes)
    return routes_to(timeline, np.unique(destinations), packet_bits=int(bits[0]), router=router)


RINGS = {
    "one packet a message": {"slots": Slots(), "mtu_bytes": 9000, "rate_bps": 10e9},
    "two packets a message": {
        "slots": Slots(),
        "mtu_bytes": 1500,
        "rate_bps": 10e9,
        "survival": 0.98,
    },
    "without residual": {"slots": Slots(), "sends_residual": False, "rate_bps": 1e9},
    "seven packets on slow links": {"slots": Slots(), "mtu_bytes": 364, "rate_bps": 3e6},
}


@pytest.mark.parametrize("shares_lasers", [True, False])
@pytest.mark.parametrize("name", RINGS)
def test_the_replay_is_the_walk_of_one_layer_after_the_other(name, shares_lasers):
    instance = ring(tokens=6, tokens_per_sequence=4, **RINGS[name])
    trace = replay(**instance, shares_lasers=shares_lasers)

    assert_same_trace(trace, OneByOne(**instance, shares_lasers=shares_lasers))
    assert trace.dispatch.queueing.any() == shares_lasers


@pytest.mark.parametrize("shares_lasers", [True, False])
@pytest.mark.parametrize("mtu_bytes", [9000, 700])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_replay_is_that_walk_through_stormy_slots_of_20_milliseconds(mtu_bytes, seed, shares_lasers):
    """Slots change while messages are under way, and at times there is no path at all."""
    instance = ring(
        slots=Slots(count=400, span_s=8.0),
        tokens=2,
        tokens_per_sequence=2,
        seed=seed,
        mtu_bytes=mtu_bytes,
        rate_bps=20e6,
        survival=0.75,
    )
    trace = replay(**instance, shares_lasers=shares_lasers)

    assert_same_trace(trace, OneByOne(**instance, shares_lasers=shares_lasers))
    assert (trace.dispatch.waiting > 0).any()  # or the storm is not one
    slot_ns = instance["routes"].timeline.slots.slot_ns
    assert (trace.dispatch.arrived // slot_ns > trace.dispatch.sent // slot_ns).any()


def living(instance, *, seed=1):
    """The ring with rates that are drawn anew for each link in each slot."""
    routes = instance["routes"]
    drawn = np.random.default_rng(seed).integers(10_000_000, 60_000_000, routes.timeline.rate_bps.shape)
    timeline = dataclasses.replace(routes.timeline, rate_bps=drawn)
    chosen, bits = routes.destinations, routes.packet_bits
    return {**instance, "routes": routes_to(timeline, chosen, packet_bits=bits, router=routes.router)}


@pytest.mark.parametrize("shares_lasers", [True, False])
@pytest.mark.parametrize("mtu_bytes", [9000, 700])
@pytest.mark.parametrize("has_living_rates", [False, True])
@pytest.mark.parametrize("router", [LeastDelay(), FewestHops(), DimensionOrder()], ids=repr)
def test_the_replay_reroutes_what_links_leave_behind(mtu_bytes, has_living_rates, router, shares_lasers):
    """Slots of 2 ms; packets of 0.03 to 1.7 ms: links go down while they are sent, and while they queue."""
    instance = ring(
        slots=Slots(count=3000, span_s=6.0),
        tokens=2,
        tokens_per_sequence=2,
        mtu_bytes=mtu_bytes,
        rate_bps=20e6,
        survival=0.85,
        router=router,
        # Dimension order does not go around links that are hidden for long.
        grazing_altitude_km=-1e4,
        max_angular_rate_rad_s=None,
    )
    if has_living_rates:
        instance = living(instance)
    by_hand = OneByOne(**instance, shares_lasers=shares_lasers)

    assert_same_trace(replay(**instance, shares_lasers=shares_lasers), by_hand)
    assert by_hand.rerouted["cut"] > 0
    assert by_hand.rerouted["queued"] > 0 or mtu_bytes == 9000


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


@pytest.mark.parametrize(("shares_lasers", "behind_ns"), [(True, PACKET_NS), (False, 0)])
def test_messages_of_one_step_queue_behind_one_another_if_they_share_lasers(shares_lasers, behind_ns):
    """Two experts two hops away over the same first link: the second waits for the first, or is alone."""
    timeline = network(
        positions_m=[[0, 0, 0], [HOP_M, 0, 0], [HOP_M, HOP_M, 0], [HOP_M, -HOP_M, 0]],
        ends=[(0, 1), (1, 2), (1, 3)],
        rate_bps=10**6,
    )
    workload = work(activations=[[[0, 1]]], experts=2)
    routes = routes_over(timeline, [0, 2, 3], message_bytes=1000)

    trace = replay(
        workload=workload,
        placement=hosts(gateways=[0], experts=[[2, 3]]),
        routes=routes,
        shares_lasers=shares_lasers,
    )

    alone_ns = 1000 + 2 * (PACKET_NS + LIGHT_NS)
    assert trace.dispatch.arrived[0, 0].tolist() == [alone_ns, alone_ns + behind_ns]
    assert trace.dispatch.queueing[0, 0].tolist() == [0, behind_ns]
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


# A link goes down at the second slot's start, 10 ms after zero: what becomes of a packet there and then. The
# packet's first bit leaves at 1000 ns, its last 8.528 ms later, or 17.056 ms later at half the rate.
ONE_SLOT_NS = 10_000_000
DETOUR_M = math.sqrt(2) * HOP_M


def detour(*, policy, rate_bps=10**6, slot_ns=ONE_SLOT_NS, **settings):
    """Satellites 0 and 1, and 2 on a detour of two hops; the direct link goes down and stays down."""
    up = np.ones((40, 3), bool)
    up[1:, 0] = False
    timeline = network(
        positions_m=[[0, 0, 0], [DETOUR_M, 0, 0], [DETOUR_M / 2, DETOUR_M / 2, 0]],
        ends=[(0, 1), (0, 2), (1, 2)],
        up=up,
        slot_ns=slot_ns,
        rate_bps=rate_bps,
        policy=policy,
        **settings,
    )
    return one_way(timeline, gateway=0, expert=1)


@pytest.mark.parametrize("policy", ["deliver", "reroute"])
def test_what_has_left_when_its_link_goes_down_arrives(policy):
    dispatch = detour(policy=policy).dispatch

    assert dispatch.arrived[0, 0, 0] == 1000 + PACKET_NS + round(math.sqrt(2) * LIGHT_NS)
    assert dispatch.hops[0, 0, 0] == 1


def test_what_is_cut_goes_the_other_way_and_its_stay_is_serialisation():
    """The slot ends a nanosecond before the last bit has left."""
    slot_ns = 1000 + PACKET_NS - 1

    dispatch = detour(policy="reroute", slot_ns=slot_ns).dispatch

    assert dispatch.arrived[0, 0, 0] == slot_ns + 2 * (PACKET_NS + LIGHT_NS)
    assert dispatch.hops[0, 0, 0] == 2
    assert dispatch.serialisation[0, 0, 0] == slot_ns - 1000 + 2 * PACKET_NS
    assert dispatch.propagation[0, 0, 0] == 2 * LIGHT_NS
    assert dispatch.waiting[0, 0, 0] == 0


@pytest.mark.parametrize("policy", ["drop", "deliver", "reroute"])
def test_what_leaves_in_the_very_nanosecond_has_left(policy):
    slot_ns = 1000 + PACKET_NS
    if policy == "drop":
        with pytest.raises(
            UndeliveredError, match=rf"the link from satellite 0 to 1 went down at {slot_ns} ns"
        ):
            detour(policy=policy, slot_ns=slot_ns)
        return

    assert detour(policy=policy, slot_ns=slot_ns).dispatch.hops[0, 0, 0] == 1


def test_what_arrives_in_the_very_nanosecond_has_arrived_even_if_links_drop_all():
    slot_ns = 1000 + PACKET_NS + round(math.sqrt(2) * LIGHT_NS)

    dispatch = detour(policy="drop", slot_ns=slot_ns).dispatch
    assert dispatch.arrived[0, 0, 0] == slot_ns
    with pytest.raises(UndeliveredError, match=r"dispatch of expert 0.*links\.on_loss is 'drop'"):
        detour(policy="drop", slot_ns=slot_ns - 1)


def test_what_is_cut_is_lost_unless_it_is_rerouted():
    with pytest.raises(
        UndeliveredError,
        match=r"message not delivered \(request 0, token 0, layer 0, dispatch of expert 0, from satellite 0 "
        r"to satellite 1, sent at 1000 ns\): .*went down at 8528999 ns.*'deliver'; choose 'reroute'",
    ):
        detour(policy="deliver", slot_ns=1000 + PACKET_NS - 1)


def lossy(policy, mtu_bytes, seed):
    """One message after the other over links that take packets with them, in slots of 2 ms."""
    return ring(
        slots=Slots(count=1500, span_s=3.0),
        tokens=1,
        tokens_per_sequence=1,
        sends_residual=False,
        top_k=1,
        seed=seed,
        mtu_bytes=mtu_bytes,
        rate_bps=20e6,
        survival=0.99 if policy == "drop" else 0.9,
        on_loss=policy,
    )


@functools.cache
def first_lost(policy, mtu_bytes, seed):
    """Whose link takes the first segment with it, and when; None if none does."""
    try:
        list(OneByOne(**lossy(policy, mtu_bytes, seed)).tokens())
    except LostError as lost:
        return lost.args
    return None


@pytest.mark.parametrize("policy", ["drop", "deliver"])
@pytest.mark.parametrize("mtu_bytes", [9000, 700])
@pytest.mark.parametrize("seed", range(4))
def test_the_replay_loses_a_message_where_that_walk_does(policy, mtu_bytes, seed):
    """Either both arrive, token by token the same, or both lose a message, at the same link and time."""
    instance = lossy(policy, mtu_bytes, seed)
    lost = first_lost(policy, mtu_bytes, seed)
    if lost is None:
        assert_same_trace(replay(**instance), OneByOne(**instance))
        return

    (near, far), at_ns = lost
    with pytest.raises(UndeliveredError, match=rf"from satellite {near} to {far} went down at {at_ns} ns"):
        replay(**instance)


@pytest.mark.parametrize("policy", ["drop", "deliver"])
def test_of_those_walks_most_lose_a_message(policy):
    """A guard of the test above."""
    lost = [first_lost(policy, mtu_bytes, seed) for mtu_bytes in (9000, 700) for seed in range(4)]

    assert sum(each is not None for each in lost) >= 5
