"""The stages composed; the first file to read.

Scenario → Ephemeris → LinkTimeline → Workload → Placement → analytic and packet → Results
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from spacemoe_ns3.analytic import expected_s_per_token, replay
from spacemoe_ns3.constellation import propagate
from spacemoe_ns3.constellation.propagate import KNOT_STEP_NS
from spacemoe_ns3.errors import SpacemoeError, UndeliveredError, WriteError
from spacemoe_ns3.latency import expected_path_latency, frozen_message_delays, segment_wire_bits
from spacemoe_ns3.links import LinkTimeline, Routes, build_timeline
from spacemoe_ns3.moe import ActivationSets, Workload, activation_sets, build_workload
from spacemoe_ns3.packet import Executor, Plan, Records, parse_captures, result_from_records
from spacemoe_ns3.placement import Placement, PlacementProblem, check_capacity, place, placer_named
from spacemoe_ns3.results import PlacementResult, account_for
from spacemoe_ns3.scenario import Scenario
from spacemoe_ns3.streams import stream

ENGINES = ("analytic", "packet", "both")
_TASKS = "tasks"
_CAPTURES = "pcap"


class Progress(Protocol):
    """Whom a run tells how far it is."""

    def stage(self, text: str) -> None:
        """Take note of what is being done now."""
        ...

    def tokens(self, placement: str, done: int) -> None:
        """Take note of how many tokens of a placement have been simulated."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A scenario made concrete: sky, work and placements, before any engine.

    Parameters
    ----------
    timeline
        Satellites and links through time.
    workload
        What is computed and sent.
    sets
        The sets of experts that a token may activate.
    placements
        Who hosts what, a way each.
    wire_bits
        Bits of each packet of a message, shape (m,).
    gateway_delay_s
        From gateways, shape (L,), to message delays from them in seconds, shape (T, L, S).
    """

    timeline: LinkTimeline
    workload: Workload
    sets: ActivationSets
    placements: tuple[Placement, ...]
    wire_bits: np.ndarray
    gateway_delay_s: Callable[[np.ndarray], np.ndarray]

    def routes_to(self, placement: Placement) -> Routes:
        """Return the forwarding tables towards the hosts of a placement."""
        return Routes(
            timeline=self.timeline,
            destinations=np.unique(placement.hosts()),
            packet_bits=int(self.wire_bits[0]),
        )


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a run has found out so far.

    Parameters
    ----------
    results
        By placement, complete ones only.
    failures
        By placement, why its simulation failed.
    is_interrupted
        Whether the run was interrupted.
    """

    results: dict[str, PlacementResult] = field(default_factory=dict)
    failures: dict[str, SpacemoeError] = field(default_factory=dict)
    is_interrupted: bool = False


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
    shell, seed = scenario.constellation, scenario.seed
    check_capacity(shell, layers=scenario.architecture.layers, experts=scenario.architecture.experts)
    slots = scenario.slots.grid(shell.period_s)
    wire_bits = segment_wire_bits(
        message_bytes=scenario.architecture.message_bytes, mtu_bytes=scenario.links.mtu_bytes
    )
    workload = build_workload(
        model=scenario.architecture,
        hardware=scenario.hardware,
        activation=scenario.activation,
        decoding=scenario.decoding,
        end_ns=slots.end_ns,
        seed=seed,
    )
    sets = activation_sets(
        weights=workload.weights, top_k=workload.top_k, random=stream(seed, "activation.sets")
    )
    progress.stage(f"propagating {shell.satellites} satellites")
    # A packet that leaves in the last slot may queue beyond its end.
    ephemeris = propagate(shell, end_ns=slots.end_ns + KNOT_STEP_NS)
    progress.stage(f"evaluating laser links in {slots.count} slots")
    timeline = build_timeline(
        shell=shell,
        ephemeris=ephemeris,
        slots=slots,
        links=scenario.links,
        random=stream(seed, "links.outages"),
    )
    gateway_delay_s = _remember(
        lambda gateways: frozen_message_delays(timeline, sources=gateways, wire_bits=wire_bits)
    )
    problem = PlacementProblem(
        shell=shell,
        layers=workload.layers,
        experts=workload.experts,
        activation_probability=sets.activation_probability(workload.experts),
        path_latency=lambda gateways: expected_path_latency(gateway_delay_s(gateways)),
    )
    placements = []
    for name in scenario.placements:
        progress.stage(f"placing {name}")
        placements.append(place(name, placer_named(name), problem, seed=seed))
    return Experiment(
        timeline=timeline,
        workload=workload,
        sets=sets,
        placements=tuple(placements),
        wire_bits=wire_bits,
        gateway_delay_s=gateway_delay_s,
    )


def run(
    experiment: Experiment,
    *,
    engine: str,
    captures: tuple[str, ...],
    executor: Executor,
    folder: Path,
    progress: Progress,
) -> Outcome:
    """Evaluate every placement of an experiment.

    Parameters
    ----------
    experiment
        What to evaluate.
    engine
        One of :data:`ENGINES`.
    captures
        Wishes for captures, of every placement (see :func:`spacemoe_ns3.packet.parse_captures`).
    executor
        Where simulations run.
    folder
        The run's folder; captures are left in it.
    progress
        Whom to tell.

    Returns
    -------
    The outcome; on Ctrl-C, what was complete by then.

    Raises
    ------
    ScenarioError
        If a wish for a capture cannot be granted; nothing has been done by then.
    WriteError
        If a simulation could not write its records.
    """
    points = {
        placement.name: parse_captures(captures, placement=placement, timeline=experiment.timeline)
        for placement in experiment.placements
    }
    outcome = Outcome()
    partial: dict[str, PlacementResult] = {}
    try:
        for placement in experiment.placements:
            progress.stage(f"{placement.name}: formula")
            routes = experiment.routes_to(placement)
            try:
                result = evaluate(experiment, placement, routes, with_formula=engine != "packet")
            except UndeliveredError as error:
                outcome.failures[placement.name] = error
                continue
            if engine == "analytic":
                outcome.results[placement.name] = result
                continue
            partial[placement.name] = result
            plan = Plan(
                workload=experiment.workload,
                placement=placement,
                routes=routes,
                captures=points[placement.name],
            )
            executor.submit(placement.name, plan, folder / _TASKS / placement.name)
            _listen(executor, outcome, partial, experiment, progress, folder, wait=False)
        progress.stage("packets")
        _listen(executor, outcome, partial, experiment, progress, folder, wait=True)
    except KeyboardInterrupt:
        outcome.is_interrupted = True
    finally:
        executor.close()
        shutil.rmtree(folder / _TASKS, ignore_errors=True)
    order = [placement.name for placement in experiment.placements]
    outcome.results = {name: outcome.results[name] for name in order if name in outcome.results}
    return outcome


def evaluate(
    experiment: Experiment, placement: Placement, routes: Routes, *, with_formula: bool
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

    Raises
    ------
    UndeliveredError
        If a message finds no path before the time span ends.
    """
    if not with_formula:
        return PlacementResult(placement=placement, expected_s_per_token=None, analytic=None, packet=None)
    workload = experiment.workload
    expected = expected_s_per_token(
        workload=workload,
        placement=placement,
        sets=experiment.sets,
        gateway_delay_s=experiment.gateway_delay_s(placement.gateways),
    )
    analytic = account_for(
        replay(workload=workload, placement=placement, routes=routes),
        placement=placement,
        activations=workload.activations,
        token_rows=workload.token_rows(),
    )
    return PlacementResult(placement=placement, expected_s_per_token=expected, analytic=analytic, packet=None)


def _remember(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Remember what a function of gateways returned: several placements share them."""
    known: dict[bytes, np.ndarray] = {}

    def remembered(gateways: np.ndarray) -> np.ndarray:
        key = np.ascontiguousarray(gateways, np.int64).tobytes()
        if key not in known:
            known[key] = function(gateways)
        return known[key]

    return remembered


def _listen(
    executor: Executor,
    outcome: Outcome,
    partial: dict[str, PlacementResult],
    experiment: Experiment,
    progress: Progress,
    folder: Path,
    *,
    wait: bool,
) -> None:
    """Take news from the executor: progress, records, failures."""
    for event in executor.events(wait=wait):
        progress.tokens(event.name, event.tokens)
        if isinstance(event.outcome, WriteError):
            raise event.outcome
        if isinstance(event.outcome, SpacemoeError):
            outcome.failures[event.name] = event.outcome
        elif isinstance(event.outcome, Records):
            before = partial[event.name]
            packet = result_from_records(
                event.outcome, workload=experiment.workload, placement=before.placement
            )
            outcome.results[event.name] = PlacementResult(
                placement=before.placement,
                expected_s_per_token=before.expected_s_per_token,
                analytic=before.analytic,
                packet=packet,
            )
            _keep_captures(folder, event.name)


def _keep_captures(folder: Path, name: str) -> None:
    for capture in sorted((folder / _TASKS / name).glob("*.pcap")):
        kept = folder / _CAPTURES / name
        kept.mkdir(parents=True, exist_ok=True)
        capture.rename(kept / capture.name)
