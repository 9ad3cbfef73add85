"""The knee: how many steps a second until the packets' latency leaves the formula.

Steps arrive at random (Poisson), each a sequence of its own, at shares of the capacity of the busiest
resource as the formula has it. The capacity itself is measured as well: by the utilisation law (Denning &
Buzen 1978, Computing Surveys 10(3)), steps a second that keep the busiest resource busy all the time are the
inverse of the seconds for which a step keeps it busy, whatever the load at which that is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spacemoe_ns3.analytic import replay
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.packet import Executor
from spacemoe_ns3.pipeline import Experiment, Progress
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import TokenTrace
from spacemoe_ns3.scenario import Scenario
from spacemoe_ns3.validation.demand import Demand, demand_of, resource_name
from spacemoe_ns3.validation.packets import Case, Simulated, simulate_all
from spacemoe_ns3.validation.queues import busy_s
from spacemoe_ns3.validation.regimes import Regime, loaded
from spacemoe_ns3.validation_results import Knee, LoadPoint

LOADS = (0.3, 0.5, 0.7, 0.8, 0.85, 0.9)
EXCESSES = (0.1, 1.0)  # at which the knees are
SWEEP_STEPS = 500
WARM_UP = 0.2  # of the steps, not measured: queues are still filling
DRAWS = 10_000  # steps from whose draws the capacity follows
RELAXATIONS = 3.0  # steps arrive for as many relaxation times of the busiest queue at least


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """A load on a placement, and what the formula says of its very steps."""

    case: Case
    load: float
    steps_per_s: float
    trace: TokenTrace
    demand: Demand


def sweep(
    scenario: Scenario,
    experiment: Experiment,
    *,
    loads: Sequence[float] = LOADS,
    steps: int = SWEEP_STEPS,
    start_s: float = 0.0,
    executor: Executor,
    folder: Path,
    progress: Progress,
) -> Iterator[LoadPoint | str]:
    """Put every placement under every load, and yield what the packets say of each, in no order.

    A load that fails is a sentence that says why; the others go on.

    Parameters
    ----------
    scenario, experiment
        What to load.
    loads
        Shares of the capacity by the formula.
    steps
        Steps that arrive under each load.
    start_s
        When the first may arrive.
    executor
        Where packets are simulated.
    folder
        For the tasks.
    progress
        Whom to tell.
    """
    points = {
        point.case.name: point
        for placement in experiment.placements
        for point in _points(
            scenario, experiment, placement, loads=loads, steps=steps, start_s=start_s, progress=progress
        )
    }
    cases = [point.case for point in points.values()]
    ended = simulate_all(cases, executor=executor, folder=folder, progress=progress)
    progress.stage("packets under load")
    for simulated in ended:
        point = points[simulated.case.name]
        if simulated.error is None:
            yield _measured(point, simulated)
        else:
            yield f"{simulated.case.placement.name} under {point.load:.0%}: {simulated.error}"


def in_order(points: Iterable[LoadPoint], placements: Iterable[Placement]) -> tuple[LoadPoint, ...]:
    """Return load points placement by placement, each from its least load on.

    Parameters
    ----------
    points
        In any order.
    placements
        Theirs, in order.
    """
    order = [placement.name for placement in placements]
    return tuple(sorted(points, key=lambda point: (order.index(point.placement), point.load)))


def _points(
    scenario: Scenario,
    experiment: Experiment,
    placement: Placement,
    *,
    loads: Sequence[float],
    steps: int,
    start_s: float,
    progress: Progress,
) -> Iterable[_Point]:
    """Yield what is to be simulated of a placement."""
    _, demand = under_load(scenario, experiment, placement, load=0.5, steps=DRAWS, start_s=start_s)
    for load in loads:
        progress.stage(f"{placement.name}: formula under {load:.0%}")
        regime, _ = under_load(
            scenario,
            experiment,
            placement,
            load=load,
            steps=max(steps, steps_until_steady(demand, load)),
            start_s=start_s,
            demand=demand,
        )
        trace = replay(
            workload=regime.experiment.workload,
            placement=placement,
            routes=regime.experiment.routes_to(placement),
        )
        yield _Point(
            case=Case(regime=replace(regime, name=f"{load:g}"), placement=placement),
            load=load,
            steps_per_s=load * demand.capacity_per_s,
            trace=trace,
            demand=demand,
        )


def under_load(
    scenario: Scenario,
    experiment: Experiment,
    placement: Placement,
    *,
    load: float,
    steps: int,
    start_s: float,
    demand: Demand | None = None,
) -> tuple[Regime, Demand]:
    """Return steps that arrive at random at a share of a placement's own capacity, and what they ask for.

    Parameters
    ----------
    scenario, experiment
        What to load.
    placement
        Whose capacity counts.
    load
        Share of it.
    steps
        Number of steps.
    start_s
        When the first may arrive.
    demand
        What steps ask of every resource; by the draws of so many steps if not given.
    """
    slots = experiment.sky.timeline.slots
    if demand is None:
        # What is drawn does not depend on the rate, only when it arrives: here well within the span.
        often_per_s = 10 * steps * NANOSECONDS_PER_SECOND / slots.end_ns
        draws = loaded(scenario, experiment, load=1.0, capacity_per_s=often_per_s, steps=steps, start_s=0.0)
        slot = int(start_s * NANOSECONDS_PER_SECOND) // slots.slot_ns
        demand = demand_of(draws.experiment, placement, slot=slot)
    regime = loaded(
        scenario,
        experiment,
        load=load,
        capacity_per_s=demand.capacity_per_s,
        steps=steps,
        start_s=start_s,
    )
    return regime, demand


def steps_until_steady(demand: Demand, load: float) -> int:
    """Return how many steps arrive until the busiest queue has forgotten how it began.

    The relaxation time of a queue is about its service time over the square of one less its load (Cohen 1982,
    The Single Server Queue, section III.7).

    Parameters
    ----------
    demand
        What steps ask of every resource.
    load
        Share of the capacity.
    """
    busiest = int(demand.busy_s.argmax())
    service_s = demand.busy_s[busiest] / demand.visits[busiest]
    span_s = RELAXATIONS * service_s / (1 - load) ** 2
    return int(np.ceil(load * demand.capacity_per_s * span_s))


def _measured(point: _Point, simulated: Simulated) -> LoadPoint:
    """Return what the packets of a point say."""
    packet, records, workload = simulated.result, simulated.records, point.case.experiment.workload
    assert packet is not None
    assert records is not None
    timeline = point.case.experiment.sky.timeline
    counted = slice(int(WARM_UP * workload.tokens), None)
    latency_s = packet.tokens["latency_ns"][counted] / NANOSECONDS_PER_SECOND
    formula_ns = point.trace.head_finished - point.trace.start
    added_ns = point.demand.queueing_ns(point.trace, workload.activations, steps_per_s=point.steps_per_s)
    # Of what background traffic leaves of each resource.
    others = point.demand.others[1]
    all_busy_s = busy_s(records, satellites=timeline.satellites)
    of_steps_s = all_busy_s - others * records.ended_ns / NANOSECONDS_PER_SECOND
    busy = of_steps_s / workload.tokens / np.maximum(1 - others, np.finfo(float).tiny)
    busiest = int(busy.argmax())
    return LoadPoint(
        placement=point.case.placement.name,
        load=point.load,
        steps_per_s=point.steps_per_s,
        latency_s=float(latency_s.mean()),
        latency_p99_s=float(np.quantile(latency_s, 0.99)),
        formula_s=float(formula_ns[counted].mean()) / NANOSECONDS_PER_SECOND,
        estimate_s=float((formula_ns + added_ns)[counted].mean()) / NANOSECONDS_PER_SECOND,
        busiest=resource_name(busiest, satellites=timeline.satellites, ends=timeline.ends),
        busy_s_per_step=float(busy[busiest]),
    )


def knees(points: Iterable[LoadPoint], *, excesses: Sequence[float] = EXCESSES) -> list[Knee]:
    """Return where each placement's latency leaves the formula, interpolated between the loads measured.

    Parameters
    ----------
    points
        What was measured.
    excesses
        Shares by which the latency is above the formula's.
    """
    by_placement: dict[str, list[LoadPoint]] = {}
    for point in points:
        by_placement.setdefault(point.placement, []).append(point)
    return [_knee(name, of_one, excesses) for name, of_one in by_placement.items()]


def _knee(name: str, points: list[LoadPoint], excesses: Sequence[float]) -> Knee:
    points = sorted(points, key=lambda point: point.steps_per_s)
    busiest = max(points, key=lambda point: point.busy_s_per_step)
    capacity = 1 / busiest.busy_s_per_step
    rate = np.array([0.0, *(point.steps_per_s for point in points)])
    excess = np.maximum.accumulate([0.0, *(point.excess for point in points)])
    found = {}
    for wanted in excesses:
        beyond = np.flatnonzero(excess >= wanted)
        if beyond.size == 0:
            found[wanted] = capacity  # where it grows without bound
            continue
        after = int(beyond[0])
        share = (wanted - excess[after - 1]) / (excess[after] - excess[after - 1])
        found[wanted] = float(rate[after - 1] + share * (rate[after] - rate[after - 1]))
    return Knee(
        placement=name,
        formula_s=points[0].formula_s,
        capacity_per_s=capacity,
        busiest=busiest.busiest,
        knees_per_s=found,
    )
