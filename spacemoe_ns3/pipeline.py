"""The stages composed; the first file to read.

Scenario → Ephemeris → LinkTimeline → Workload → Placement → analytic and packet → Results
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from spacemoe_ns3.analytic import SampledTokens, expected_latency, replay, sample_tokens
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.constellation import Constellation, SlotGrid, propagate
from spacemoe_ns3.constellation.propagate import KNOT_STEP_NS
from spacemoe_ns3.event_tables import Happened, result_of
from spacemoe_ns3.latency import (
    GatewayDelays,
    frozen_message_delays,
    mean_least_delays,
    sampled_delays,
    segment_wire_bits,
)
from spacemoe_ns3.links import LinkTimeline, LossPolicy, Router, Routes, build_timeline
from spacemoe_ns3.moe import Gating, Workload, build_computing, build_footprint, build_workload
from spacemoe_ns3.packet import (
    CapturePoint,
    Plan,
)
from spacemoe_ns3.placement import Placement, PlacementProblem, check_capacity, host_columns, place
from spacemoe_ns3.placement.bound import Bound
from spacemoe_ns3.results import EngineResult, ExpectedLatency, PlacementResult, joined
from spacemoe_ns3.scenario import Scenario
from spacemoe_ns3.streams import stream
from spacemoe_ns3.traffic import BackgroundFlow
from spacemoe_ns3.transport import Transport

_NO_LINK_BPS = 10**18  # where no link is ever up, nothing is ever sent
_MOST_REMEMBERED = 4  # delays around gateways: at 1056 satellites and 200 slots 100 MB each


class Progress(Protocol):
    """Whom a run tells how far it is."""

    def stage(self, text: str) -> None:
        """Take note of what is being done now."""
        ...

    def expect(self, tokens: int) -> None:
        """Take note that so many more tokens will be simulated than was known."""
        ...

    def tokens(self, placement: str, done: int) -> None:
        """Take note of how many tokens of a placement have been simulated."""
        ...

    def count(self, done: int, total: int, words: str) -> None:
        """Take note of how many of something else are done, and what they are called."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """Satellites, their links through time, and how packets find their way.

    Parameters
    ----------
    constellation
        The satellites.
    timeline
        The links.
    router
        The routing protocol.
    """

    constellation: Constellation
    timeline: LinkTimeline
    router: Router

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user must know: what did not fit, and why."""
        return self.constellation.remarks + self.timeline.remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A scenario made concrete: sky, work and placements, before any engine.

    Parameters
    ----------
    sky
        Satellites and links through time.
    workload
        What is computed and sent.
    problem
        What the placements solve.
    placements
        Who hosts what, a way each.
    wire_bits
        Bits of each packet of a message, shape (m,).
    tokens
        Sampled tokens for the formula, the same for all placements.
    transport
        How messages get through.
    seed
        The run's seed.
    background
        Flows of background traffic.
    engine
        How packets are moved from hop to hop, one of :data:`spacemoe_ns3.packet.PACKET_ENGINES`.
    """

    sky: Sky
    workload: Workload
    problem: PlacementProblem
    placements: tuple[Placement, ...]
    wire_bits: np.ndarray
    tokens: SampledTokens
    transport: Transport
    seed: int
    background: tuple[BackgroundFlow, ...] = ()
    engine: str = "auto"

    def plan(self, placement: Placement, *, captures: tuple[CapturePoint, ...] = ()) -> Plan:
        """Return what the packet engine is given of a placement."""
        return Plan(
            workload=self.workload,
            placement=placement,
            routes=self.routes_to(placement),
            captures=captures,
            transport=self.transport,
            seed=self.seed,
            background=self.background,
            engine=self.engine,
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user must know: of the sky, and of each placement."""
        said = [
            f"placement {placement.name}: {remark}"
            for placement in self.placements
            for remark in placement.remarks
        ]
        return (*self.sky.remarks, *said)

    def routes_to(self, placement: Placement) -> Routes:
        """Return the forwarding tables towards the hosts of a placement, and where else packets go."""
        hosts, others = placement.hosts(), [flow.destination for flow in self.background]
        return Routes(
            timeline=self.sky.timeline,
            router=self.sky.router,
            destinations=np.union1d(hosts, others) if others else hosts,
            packet_bits=int(self.wire_bits[0]),
        )


def build_sky(scenario: Scenario, *, progress: Progress) -> Sky:
    """Build the satellites and laser links of a scenario.

    Parameters
    ----------
    scenario
        What to build.
    progress
        Whom to tell.

    Raises
    ------
    InputError
        If they cannot be built.
    """
    return _link(scenario, scenario.source.build(), progress=progress)


def rework(
    experiment: Experiment,
    scenario: Scenario,
    *,
    policy: LossPolicy,
    packet_error_rate: np.ndarray | None,
) -> Experiment:
    """Return an experiment with the same sky and placements, and other work.

    Parameters
    ----------
    experiment
        What there is.
    scenario
        One that differs from the experiment's in its traffic, its decoding and its transport only.
    policy
        What becomes of packets when a link goes down.
    packet_error_rate
        Probability that a packet is corrupted on each link, shape (M,); None: none is.
    """
    timeline = replace(experiment.sky.timeline, policy=policy, packet_error_rate=packet_error_rate)
    return replace(
        experiment,
        sky=replace(experiment.sky, timeline=timeline),
        workload=_workload(
            scenario,
            satellites=experiment.sky.constellation.satellites,
            gating=experiment.problem.gating,
            end_ns=timeline.slots.end_ns,
        ),
        transport=scenario.transport,
        background=_background(scenario, timeline),
    )


def _background(scenario: Scenario, timeline: LinkTimeline) -> tuple[BackgroundFlow, ...]:
    """Return the flows of background traffic."""
    return scenario.traffic.flows(
        satellites=timeline.satellites,
        mtu_bytes=timeline.mtu_bytes,
        random=stream(scenario.seed, "traffic.background"),
    )


def _workload(scenario: Scenario, *, satellites: int, gating: Gating, end_ns: int) -> Workload:
    """Build the work of a scenario."""
    model, traffic = scenario.architecture, scenario.traffic
    return build_workload(
        model=model,
        computing=build_computing(
            hardware=scenario.hardware,
            model=model,
            context_tokens=scenario.decoding.context_tokens,
            satellites=satellites,
            batch=traffic.batch,
            prompt_tokens=traffic.prompt_tokens,
        ),
        gating=gating,
        decoding=scenario.decoding,
        end_ns=end_ns,
        seed=scenario.seed,
        traffic=traffic,
    )


def _link(scenario: Scenario, constellation: Constellation, *, progress: Progress) -> Sky:
    """Propagate a constellation and evaluate its links."""
    slots = _slots(scenario, constellation)
    progress.stage(f"propagating {constellation.satellites} satellites")
    # A packet that leaves in the last slot may queue beyond its end.
    ephemeris = propagate(constellation, end_ns=slots.end_ns + KNOT_STEP_NS)
    progress.stage(f"evaluating laser links in {slots.count} slots")
    timeline = build_timeline(
        constellation=constellation,
        ephemeris=ephemeris,
        slots=slots,
        links=scenario.links,
        random=stream(scenario.seed, "links.outages"),
    )
    return Sky(constellation=constellation, timeline=timeline, router=scenario.links.router)


def _slots(scenario: Scenario, constellation: Constellation) -> SlotGrid:
    """Return the time slots: one orbit of the shell that hosts the model, if the scenario gives no span."""
    members = constellation.layout.members(scenario.host_shell)
    hosts = members if len(members) else np.arange(constellation.satellites)
    return scenario.slots.grid(float(np.median(constellation.periods_s()[hosts])))


def prepare(scenario: Scenario, *, progress: Progress) -> Experiment:
    """Build the sky, the work and the placements of a scenario.

    Parameters
    ----------
    scenario
        What to build.
    progress
        Whom to tell.

    Raises
    ------
    InputError
        If the scenario cannot be built.
    """
    experiment = lay_out(scenario, progress=progress)
    placed = {each.name: each for each in placements_of(scenario, experiment, progress=progress)}
    return replace(experiment, placements=tuple(placed[placer.name] for placer in scenario.placers))


def lay_out(scenario: Scenario, *, progress: Progress) -> Experiment:
    """Build the sky and the work of a scenario, and no placements yet.

    Parameters
    ----------
    scenario
        What to build.
    progress
        Whom to tell.

    Raises
    ------
    InputError
        If the scenario cannot be built.
    """
    seed, model = scenario.seed, scenario.architecture
    constellation = scenario.source.build()
    check_capacity(
        constellation.layout,
        shell=scenario.host_shell,
        layers=model.moe_layers,
        experts=model.experts,
        hosts_per_satellite=scenario.hosts_per_satellite,
    )
    wire_bits = segment_wire_bits(message_bytes=model.message_bytes, mtu_bytes=scenario.links.mtu_bytes)
    gating = scenario.activation.gating(
        layers=model.moe_layers,
        experts=model.experts,
        top_k=model.top_k,
        random=stream(seed, "activation.weights"),
    )
    slots = _slots(scenario, constellation)
    workload = _workload(scenario, satellites=constellation.satellites, gating=gating, end_ns=slots.end_ns)
    sky = _link(scenario, constellation, progress=progress)
    problem = PlacementProblem(
        layout=constellation.layout,
        shell=scenario.host_shell,
        gating=gating,
        computing=workload.computing,
        footprint=build_footprint(
            hardware=scenario.hardware,
            model=model,
            context_tokens=scenario.decoding.context_tokens,
            satellites=constellation.satellites,
        ),
        hosts_per_satellite=scenario.hosts_per_satellite,
        slot_s=slots.slot_ns / NANOSECONDS_PER_SECOND,
        rate_bps=int(sky.timeline.rate_bps[sky.timeline.up].min(initial=_NO_LINK_BPS)),
        **_delays(sky, wire_bits, constellation.layout.members(scenario.host_shell)),
    )
    return Experiment(
        sky=sky,
        workload=workload,
        problem=problem,
        placements=(),
        wire_bits=wire_bits,
        tokens=sample_tokens(gating, slots=slots.count, random=stream(seed, "activation.samples")),
        transport=scenario.transport,
        seed=seed,
        background=_background(scenario, sky.timeline),
        engine=scenario.engine,
    )


def _delays(sky: Sky, wire_bits: np.ndarray, members: np.ndarray) -> dict[str, Callable[..., Any]]:
    """Return what a placement problem asks of delays."""
    timeline, router = sky.timeline, sky.router
    return {
        "gateway_delays": _remember(
            lambda gateways: frozen_message_delays(
                timeline, router=router, gateways=gateways, wire_bits=wire_bits
            )
        ),
        "sampled_delays": lambda satellites, samples: sampled_delays(
            timeline, router=router, satellites=satellites, wire_bits=wire_bits, samples=samples
        ),
        "mean_delays": lambda limit_s: mean_least_delays(
            timeline, satellites=members, packet_bits=int(wire_bits[0]), limit_s=limit_s
        ),
    }


def placements_of(scenario: Scenario, experiment: Experiment, *, progress: Progress) -> Iterator[Placement]:
    """Yield the placements of a scenario, those first that need no delays and so are there at once.

    Parameters
    ----------
    scenario
        Whose algorithms place.
    experiment
        The scenario's, laid out.
    progress
        Whom to tell.

    Raises
    ------
    PlacementError
        If a placement cannot be made.
    """
    for placer in sorted(scenario.placers, key=lambda each: bool(getattr(each, "asks_delays", True))):
        progress.stage(f"placing {placer.name}")
        yield place(placer, experiment.problem, seed=scenario.seed)


def evaluate(
    experiment: Experiment,
    placement: Placement,
    routes: Routes,
    *,
    with_formula: bool,
    bound: Bound | None = None,
    part_tokens: int | None = None,
    keep: Callable[[EngineResult], EngineResult] = lambda part: part,
) -> PlacementResult:
    """Evaluate the formula for a placement, expected and on the draws; nothing without it.

    Parameters
    ----------
    experiment, placement
        What to evaluate.
    routes
        The forwarding tables towards the placement's hosts.
    with_formula
        Whether the formula is asked for.
    bound
        What no placement can beat, if that is known.
    part_tokens
        How many tokens, or some more, the formula is evaluated for at a time; None: for all.
    keep
        Called with the tables of each part of the tokens; what it returns is joined and returned.

    Raises
    ------
    UndeliveredError
        If a message finds no path before the time span ends.
    """
    hosts = host_columns(placement, experiment.problem, with_paths=with_formula)
    if not with_formula:
        return PlacementResult(
            placement=placement, expected=None, bound_s=None, analytic=None, packet=None, hosts=hosts
        )
    parts = [
        keep(_formula_of(experiment.workload, first, end, placement=placement, routes=routes))
        for first, end in experiment.workload.parts(part_tokens)
    ]
    return PlacementResult(
        placement=placement,
        hosts=hosts,
        expected=expect(experiment, placement),
        bound_s=bound.token_s(is_static=placement.is_static) if bound else None,
        analytic=joined(parts),
        packet=None,
    )


def _formula_of(
    workload: Workload, first: int, end: int, *, placement: Placement, routes: Routes
) -> EngineResult:
    """Evaluate the formula on the draws of some sequences, from the first to before the end."""
    part = workload.sequences(first, end)
    sequence, token = part.token_rows()
    return result_of(
        Happened(
            trace=replay(workload=part, placement=placement, routes=routes),
            placement=placement,
            activations=part.activations,
            token_rows=(sequence + first, token),
        )
    )


def expect(experiment: Experiment, placement: Placement) -> ExpectedLatency:
    """Average the formula for a placement over slots, link states and activations.

    Parameters
    ----------
    experiment, placement
        What to evaluate.

    Raises
    ------
    UndeliveredError
        If no slot has a path between a gateway and an expert.
    """
    return expected_latency(
        placement=placement,
        delays=experiment.problem.gateway_delays(placement.gateways),
        computing=experiment.workload.computing,
        gating=experiment.problem.gating,
        tokens=experiment.tokens,
    )


def _remember(function: Callable[[np.ndarray], GatewayDelays]) -> Callable[[np.ndarray], GatewayDelays]:
    """Remember what a function of gateways returned last: several placements share them."""
    known: dict[bytes, GatewayDelays] = {}

    def remembered(gateways: np.ndarray) -> GatewayDelays:
        key = np.ascontiguousarray(gateways, np.int64).tobytes()
        if key not in known:
            while len(known) >= _MOST_REMEMBERED:
                del known[next(iter(known))]
            known[key] = function(gateways)
        return known[key]

    return remembered
