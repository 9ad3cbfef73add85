"""Small scenarios at random, and what must hold of each, whatever it says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from properties.forked import Simulations

from spacemoe_ns3 import (
    Background,
    Bernoulli,
    Computer,
    Decoding,
    Dirichlet,
    GilbertElliott,
    GroupedQueryAttention,
    Hardware,
    LaserLinks,
    MoEModel,
    Parallel,
    PlusGrid,
    PoissonArrivals,
    SatelliteFailures,
    Scenario,
    SelectiveRepeat,
    Slots,
    Tcp,
    Traffic,
    Udp,
    WalkerShell,
    pipeline,
)
from spacemoe_ns3.analytic import replay
from spacemoe_ns3.errors import InputError, SpacemoeError, UndeliveredError
from spacemoe_ns3.packet import Plan, Records, result_from_records
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.placement.registry import PLACERS
from spacemoe_ns3.progress import silent
from spacemoe_ns3.results import LEG_PARTS, PARTS, EngineResult, Legs, TokenTrace

ANYWHERE_KM = -1e5  # a grazing altitude that hides nothing: in small shells the Earth hides neighbours
MOST_EVENTS = 20_000_000  # far beyond what four tokens need


@st.composite
def skies(draw: st.DrawFn) -> dict[str, Any]:
    """Shells of two to six planes of three to eight satellites, laser links over them, and a transport.

    Packets are corrupted only where what is lost is sent again.
    """
    planes = draw(st.integers(2, 6))
    shell = WalkerShell(
        planes=planes,
        satellites_per_plane=draw(st.integers(3, 8)),
        altitude_km=draw(st.sampled_from([550, 900, 1400])),
        inclination_deg=draw(st.sampled_from([53, 70, 87])),
        phasing=draw(st.integers(0, 3)),
    )
    transport = draw(transports())
    error_rates = [0.0] if transport == Udp() else [0.0, 0.01, 0.05]
    links = LaserLinks(
        topology=PlusGrid(seam=planes > 2 and draw(st.booleans())),
        rate_bps=draw(st.sampled_from([2e6, 1e7, 1e8, 1e10])),
        packet_error_rate=draw(st.sampled_from(error_rates)),
        grazing_altitude_km=draw(st.sampled_from([ANYWHERE_KM, ANYWHERE_KM, ANYWHERE_KM, 80.0])),
        max_angular_rate_rad_s=draw(st.sampled_from([None, None, 0.12])),
        acquisition_s=draw(st.sampled_from([0.0, 0.0, 2.0])),
        outages=draw(outages()),
        on_loss=draw(st.sampled_from(["drop", "deliver", "reroute", "reroute"])),
        routing=draw(st.sampled_from(["least-delay", "least-delay", "fewest-hops", "dimension-order"])),
        mtu_bytes=draw(st.sampled_from([300, 1500, 9000])),
        queue_packets=draw(st.sampled_from([8, 1000, 1000, 1000])),
    )
    return {"constellation": shell, "links": links, "transport": transport}


def outages() -> st.SearchStrategy[tuple[Any, ...]]:
    """None, fades, or satellites that fail."""
    return st.one_of(
        st.just(()),
        st.builds(Bernoulli, survival_probability=st.sampled_from([0.6, 0.9, 0.99])).map(lambda one: (one,)),
        st.builds(
            GilbertElliott,
            mean_up_s=st.sampled_from([5.0, 50.0]),
            mean_down_s=st.sampled_from([0.5, 5.0]),
        ).map(lambda one: (one,)),
        st.just((SatelliteFailures(mean_time_between_failures_s=300.0, mean_time_to_repair_s=5.0),)),
    )


def transports() -> st.SearchStrategy[Udp | Tcp]:
    """UDP with and without recovery, and TCP."""
    recovery = SelectiveRepeat(timeout_s=0.6, give_up_s=40)
    return st.sampled_from([Udp(), Udp(), Udp(recovery=recovery), Tcp(minimum_timeout_s=0.6)])


@st.composite
def models(draw: st.DrawFn) -> MoEModel:
    """Two to four layers of one to four experts."""
    experts = draw(st.integers(1, 4))
    return MoEModel(
        name="small",
        layers=draw(st.integers(2, 4)),
        hidden=draw(st.sampled_from([64, 500, 1024])),
        attention=GroupedQueryAttention(heads=4, kv_heads=2, head_dim=16),
        experts=experts,
        top_k=draw(st.integers(1, experts)),
        expert_ffn=draw(st.sampled_from([64, 1024])),
        vocabulary=1000,
    )


def hardware() -> st.SearchStrategy[Hardware]:
    """Computers slow and fast."""
    speeds = st.sampled_from([1e9, 1e12])
    return st.builds(
        lambda gateway, expert: Hardware(
            gateway=Computer(name="gateway", peak_flops=gateway),
            expert=Computer(name="expert", peak_flops=expert),
        ),
        speeds,
        speeds,
    )


def decodings() -> st.SearchStrategy[Decoding]:
    """One to four tokens."""
    return st.builds(
        Decoding,
        tokens=st.integers(1, 4),
        tokens_per_sequence=st.integers(1, 3),
        context_tokens=st.just(64),
        sends_residual=st.booleans(),
    )


def traffic() -> st.SearchStrategy[Traffic]:
    """One token at a time, or side by side, at random, in batches, as prompts, among other packets."""
    others = st.builds(
        Background,
        rate_bps=st.sampled_from([1e4, 1e6]),
        pairs=st.integers(1, 3),
        packet_bytes=st.just(200),  # they fit every MTU that is drawn
        pattern=st.sampled_from(["poisson", "constant", "on-off"]),
    ).map(lambda one: (one,))
    busy = st.builds(
        Traffic,
        arrivals=st.one_of(
            st.builds(Parallel, apart_s=st.sampled_from([0.0, 0.01])),
            st.builds(PoissonArrivals, sequences_per_s=st.sampled_from([2.0, 50.0])),
        ),
        batch=st.sampled_from([1, 1, 2, 8]),
        prompt_tokens=st.sampled_from([0, 0, 5]),
        queue_jobs=st.sampled_from([None, None, None, 1]),
        background=st.one_of(st.just(()), others),
    )
    alone = st.builds(Traffic, prompt_tokens=st.sampled_from([0, 0, 7]))
    return st.one_of(alone, busy)


# What else a scenario says, field by field; a field more is a line more.
FIELDS: Mapping[str, st.SearchStrategy[Any]] = {
    "model": models(),
    "hardware": hardware(),
    "activation": st.sampled_from([Dirichlet(concentration=0.5), Dirichlet(concentration=20)]),
    "decoding": decodings(),
    "traffic": traffic(),
    "slots": st.builds(Slots, count=st.sampled_from([1, 7, 60]), span_s=st.sampled_from([20.0, 300.0])),
    "placements": st.sampled_from(sorted(PLACERS)).map(lambda name: (name,)),
    "hosts_per_satellite": st.sampled_from([None, None, 1, 3]),
    "seed": st.integers(0, 2**31),
}


def scenarios() -> st.SearchStrategy[Scenario]:
    """Small scenarios of all kinds."""
    return st.builds(
        lambda sky, said: Scenario(name="random", **sky, **said),
        skies(),
        st.fixed_dictionaries(dict(FIELDS)),
    )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a scenario.

    Parameters
    ----------
    ended
        ``"ran"``, or the name of the error that explains why it could not.
    sentence
        The error's.
    is_idle
        Whether there was never more than one step at a time, so that the formula was held to the packets.
    messages, segments, lost
        What was sent, and the segments of it that were dropped.
    """

    ended: str
    sentence: str = ""
    is_idle: bool = False
    messages: int = 0
    segments: int = 0
    lost: int = 0


def examine(scenario: Scenario, *, simulations: Simulations, folder: Path) -> Outcome:
    """Run a scenario, and raise an AssertionError if anything does not hold.

    Parameters
    ----------
    scenario
        What to run, with one placement.
    simulations
        Where.
    folder
        For its files; must not be there.
    """
    try:
        experiment = pipeline.prepare(scenario, progress=silent())
    except InputError as error:  # the model does not fit the satellites, and the like
        check_sentence(error)
        return Outcome(ended=type(error).__name__, sentence=str(error))
    plan = experiment.plan(experiment.placements[0])
    records = simulations.run(plan, folder / "once")
    again = simulations.run(plan, folder / "again")
    if isinstance(records, SpacemoeError):
        assert isinstance(records, UndeliveredError), records
        assert str(again) == str(records), "the same seed says the same"
        return undelivered(records, plan)
    check_same(records, again)
    assert records.events < MOST_EVENTS
    check_conservation(records)
    ends = plan.routes.timeline.ends
    try:
        result = result_from_records(records, workload=plan.workload, placement=plan.placement, ends=ends)
    except UndeliveredError as error:
        return undelivered(error, plan)
    check_sums(result)
    return Outcome(
        ended="ran",
        is_idle=check_against_formula(records, plan),
        messages=int(records.account[0, 0]),
        segments=int(records.account[0, 1]),
        lost=int(records.account[2:, 1].sum()),
    )


def check_sentence(error: SpacemoeError) -> None:
    """An error says where, what and what to do, in a sentence of words."""
    assert len(str(error)) > 20, error
    assert "Traceback" not in str(error)
    assert "report this bug" not in str(error)


def undelivered(error: UndeliveredError, plan: Plan) -> Outcome:
    """A message is missing: it must be named, and there must be a reason in the scenario."""
    check_sentence(error)
    assert "layer" in str(error), error
    timeline = plan.routes.timeline
    has_errors = timeline.packet_error_rate is not None and timeline.packet_error_rate.any()
    is_told = not timeline.up.all() or has_errors or "queue" in str(error)
    assert is_told, f"all links are up, none corrupts packets, and yet: {error}"
    return Outcome(ended=type(error).__name__, sentence=str(error))


def check_same(one: Records, other: object) -> None:
    """The same seed gives the same records, byte by byte."""
    assert isinstance(other, Records), other
    for field in fields(Records):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, np.ndarray):
            assert left.tobytes() == right.tobytes(), field.name
        else:
            assert left == right, field.name


def check_conservation(records: Records) -> None:
    """What was sent was received, or dropped, or is in flight: messages, segments, bytes."""
    sent, received, dropped = records.account[0], records.account[1], records.account[2:].sum(axis=0)
    flying = sent - received - dropped
    assert (flying >= 0).all(), records.account
    assert flying[1] == records.in_flight
    assert (flying[1] == 0) == (flying[2] == 0)
    assert received[0] == len(records.messages)
    if not records.lost:
        assert flying[0] == 0, "all messages are there when all tokens are"


def check_sums(result: EngineResult) -> None:
    """The parts of each token and each layer sum to its latency, to the nanosecond, and none is negative."""
    for table in (result.tokens, result.layers):
        parts = [table[f"{part}_ns"] for part in PARTS]
        np.testing.assert_array_equal(sum(parts), table["latency_ns"])
        assert min(part.min() for part in parts) >= 0
    layers, tokens = result.layers, result.tokens
    steps = len(tokens["latency_ns"])
    of_layers = layers["latency_ns"].reshape(steps, -1).sum(axis=1)
    assert (of_layers <= tokens["latency_ns"]).all(), "the head comes last"


def check_against_formula(records: Records, plan: Plan) -> bool:
    """Where no step met another, the formula has every time; return whether none did."""
    if plan.transport != Udp() or plan.background or records.lost or records.account[2:].any():
        return False
    packets = trace_from_records(records, workload=plan.workload)
    legs = [packets.dispatch, packets.result] + ([packets.residual] if packets.residual else [])
    for leg in legs:
        np.testing.assert_array_equal(
            leg.arrived - leg.sent, sum(getattr(leg, part) for part in LEG_PARTS), "parts of a message"
        )
    order = np.argsort(packets.start, kind="stable")
    if (packets.start[order][1:] < packets.head_finished[order][:-1]).any():
        return False
    formula = replay(workload=plan.workload, placement=plan.placement, routes=plan.routes)
    for field in dataclasses.fields(TokenTrace):
        left, right = getattr(formula, field.name), getattr(packets, field.name)
        if isinstance(left, Legs):
            for name in ("sent", "arrived", *LEG_PARTS, "hops"):
                np.testing.assert_array_equal(getattr(left, name), getattr(right, name), field.name)
        else:
            np.testing.assert_array_equal(left, right, field.name)
    return True
