"""A scenario validated: both engines on the same draws, in three regimes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import require
from spacemoe_ns3.packet import Executor, check_installation
from spacemoe_ns3.pipeline import Experiment, Progress, expect
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.scenario import Scenario
from spacemoe_ns3.validation.idle import compare_idle
from spacemoe_ns3.validation.loaded import compare_loaded
from spacemoe_ns3.validation.lossy import judge_lossy
from spacemoe_ns3.validation.packets import Case, Simulated, simulate_all
from spacemoe_ns3.validation.regimes import (
    DEFAULT_LOAD,
    LOADED_STEPS,
    Regime,
    idle,
    lossy,
    own_load,
)
from spacemoe_ns3.validation.sweep import LOADS, SWEEP_STEPS, in_order, knees, sweep, under_load
from spacemoe_ns3.validation_results import REGIMES, LoadPoint, RegimeResult, Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a validation is asked for.

    Parameters
    ----------
    regimes
        Of :data:`REGIMES`.
    load
        Share of the capacity of the busiest resource, in the loaded regime, if the scenario has no load of
        its own.
    steps
        Steps of the loaded regime.
    start_s
        When the first of them may arrive.
    sweeps
        Whether the knees are looked for.
    loads
        Shares of the capacity that the sweep visits.
    sweep_steps
        Steps under each of them.
    """

    regimes: Sequence[str] = REGIMES
    load: float = DEFAULT_LOAD
    steps: int = LOADED_STEPS
    start_s: float = 0.0
    sweeps: bool = False
    loads: Sequence[float] = LOADS
    sweep_steps: int = SWEEP_STEPS


def validate(
    scenario: Scenario,
    experiment: Experiment,
    *,
    wishes: Wishes,
    executor: Executor,
    folder: Path,
    progress: Progress,
) -> Validation:
    """Run both engines on the same draws in every regime, and hold them against each other.

    Parameters
    ----------
    scenario, experiment
        What to validate.
    wishes
        Which regimes, and what load.
    executor
        Where packets are simulated; it is closed in the end.
    folder
        For the tasks; it is left without them.
    progress
        Whom to tell.

    Returns
    -------
    What was found out; on Ctrl-C, what was complete by then.

    Raises
    ------
    ScenarioError
        If the load would begin after the time span.
    InstallationError
        If ns-3 or the compiled modules are missing.
    WriteError
        If a simulation could not write its records.
    """
    check_installation()
    _check_start(experiment, wishes.start_s)
    found: dict[tuple[str, str], RegimeResult] = {}
    points: list[LoadPoint] = []
    failures: list[str] = []
    about: dict[str, str] = {}
    engine_use: dict[str, Mapping[str, str | int]] = {}
    is_interrupted = False
    try:
        cases = []
        for regime, placement in _wanted(scenario, experiment, wishes, progress=progress):
            about[regime.name] = regime.words
            cases.append(Case(regime=regime, placement=placement))
        progress.stage("packets")
        for simulated in simulate_all(cases, executor=executor, folder=folder, progress=progress):
            case = simulated.case
            progress.stage(f"{case.placement.name}: {case.regime.name}")
            found[case.regime.name, case.placement.name] = _judge(simulated)
            if simulated.records is not None:
                engine_use[case.name] = simulated.records.engine_use
        if wishes.sweeps:
            for point in sweep(
                scenario,
                experiment,
                loads=wishes.loads,
                steps=wishes.sweep_steps,
                start_s=wishes.start_s,
                executor=executor,
                folder=folder,
                progress=progress,
            ):
                if isinstance(point, str):
                    failures.append(point)
                else:
                    points.append(point)
    except KeyboardInterrupt:
        is_interrupted = True
    finally:
        executor.close()
    order = [(regime, placement.name) for regime in REGIMES for placement in experiment.placements]
    return Validation(
        scenario=scenario.name,
        about=about,
        regimes=tuple(found[key] for key in order if key in found),
        points=in_order(points, experiment.placements),
        knees=tuple(knees(in_order(points, experiment.placements))),
        failures=tuple(failures),
        engine_use={key: engine_use[key] for key in sorted(engine_use)},  # they end in any order
        is_interrupted=is_interrupted,
    )


def _check_start(experiment: Experiment, start_s: float) -> None:
    """Raise unless the load begins within the time span."""
    span_s = experiment.sky.timeline.slots.end_ns / NANOSECONDS_PER_SECOND
    require(
        start_s < span_s,
        f"--at: {start_s:g} s given, the time span ends at {span_s:g} s; let the load begin before",
    )


def _wanted(
    scenario: Scenario, experiment: Experiment, wishes: Wishes, *, progress: Progress
) -> Iterator[tuple[Regime, Placement]]:
    """Yield each regime of each placement."""
    placements = experiment.placements
    progress.stage("the formula's expectation")
    slowest_s = max(expect(experiment, placement).s_per_token for placement in placements)
    if "idle" in wishes.regimes:
        regime = idle(scenario, experiment, slowest_s=slowest_s)
        yield from ((regime, placement) for placement in placements)
    if "loaded" in wishes.regimes:
        own = own_load(scenario, experiment)
        for placement in placements:
            regime = (
                own
                or under_load(
                    scenario,
                    experiment,
                    placement,
                    load=wishes.load,
                    steps=wishes.steps,
                    start_s=wishes.start_s,
                )[0]
            )
            yield regime, placement
    if "lossy" in wishes.regimes:
        regime = lossy(scenario, experiment, slowest_s=slowest_s)
        yield from ((regime, placement) for placement in placements)


def _judge(simulated: Simulated) -> RegimeResult:
    """Return what a case says in its regime."""
    case = simulated.case
    if case.regime.name == "lossy":
        return judge_lossy(simulated)
    if simulated.result is None:
        return RegimeResult(
            placement=case.placement.name,
            regime=case.regime.name,
            figures={},
            checks=(),
            error=str(simulated.error),
        )
    return compare_loaded(simulated) if case.regime.name == "loaded" else compare_idle(simulated)
