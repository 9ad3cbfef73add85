"""A run: the placements of a scenario through the formula and through the packets, side by side."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from spacemoe_ns3.errors import InstallationError, SpacemoeError, UndeliveredError, WriteError
from spacemoe_ns3.links import Routes
from spacemoe_ns3.packet import Accountant, Events, Executor, Records, check_installation, parse_captures
from spacemoe_ns3.packet.capture import DEFAULT_CAPTURE_BYTES
from spacemoe_ns3.packet.capture_files import keep_captures
from spacemoe_ns3.pipeline import Experiment, Progress, evaluate, placements_of
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.placement.bound import Bound, lower_bound_s
from spacemoe_ns3.results import EngineResult, PlacementResult, joined
from spacemoe_ns3.scenario import Scenario

ENGINES = ("analytic", "packet", "both")
PART_MESSAGES = 20_000
"""Of a part of the tables, about: some 30 MB of hops."""
_TASKS = "tasks"
CAPTURES = "pcap"
"""Folder of captures in that of a run."""


class Keeper(Protocol):
    """Takes what a run finds out as soon as it is there, so that memory need not hold it."""

    def write(
        self, name: str, columns: Mapping[str, np.ndarray], *, placement: str = "", engine: str = ""
    ) -> None:
        """Take rows of a table (see :class:`spacemoe_ns3.report.TableWriter`)."""
        ...

    def complete(self, outcome: Outcome) -> None:
        """Take note that one more placement is complete."""
        ...


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a run has found out so far.

    Parameters
    ----------
    results
        By placement, complete ones only.
    failures
        By placement, why its simulation failed.
    placements
        By name, those that have been made.
    is_interrupted
        Whether the run was interrupted.
    """

    results: dict[str, PlacementResult] = field(default_factory=dict)
    failures: dict[str, SpacemoeError] = field(default_factory=dict)
    placements: dict[str, Placement] = field(default_factory=dict)
    is_interrupted: bool = False

    def in_order(self, names: Iterable[str]) -> Outcome:
        """Return the same, in the order of some names of placements."""
        order = list(names)
        return Outcome(
            results={name: self.results[name] for name in order if name in self.results},
            failures={name: self.failures[name] for name in order if name in self.failures},
            placements={name: self.placements[name] for name in order if name in self.placements},
            is_interrupted=self.is_interrupted,
        )


def run_scenario(
    scenario: Scenario,
    experiment: Experiment,
    *,
    engine: str,
    captures: tuple[str, ...],
    capture_bytes: int = DEFAULT_CAPTURE_BYTES,
    executor: Executor,
    folder: Path,
    progress: Progress,
    keeper: Keeper | None = None,
) -> tuple[Experiment, Outcome]:
    """Place a scenario and evaluate its placements; the packets of one go while the next is placed.

    Parameters
    ----------
    scenario
        What to place.
    experiment
        The scenario's, laid out (see :func:`spacemoe_ns3.pipeline.lay_out`).
    engine, captures, capture_bytes, executor, folder, progress, keeper
        As for :func:`run`.

    Returns
    -------
    The experiment with its placements, and the outcome, both in the scenario's order.

    Raises
    ------
    PlacementError
        If a placement cannot be made.
    ScenarioError, InstallationError, WriteError
        As :func:`run` does.
    """
    outcome = run(
        experiment,
        placements_of(scenario, experiment, progress=progress),
        engine=engine,
        captures=captures,
        capture_bytes=capture_bytes,
        executor=executor,
        folder=folder,
        progress=progress,
        keeper=keeper,
    )
    outcome = outcome.in_order(placer.name for placer in scenario.placers)
    return replace(experiment, placements=tuple(outcome.placements.values())), outcome


def run(
    experiment: Experiment,
    placements: Iterable[Placement] | None = None,
    *,
    engine: str,
    captures: tuple[str, ...],
    capture_bytes: int = DEFAULT_CAPTURE_BYTES,
    executor: Executor,
    folder: Path,
    progress: Progress,
    keeper: Keeper | None = None,
) -> Outcome:
    """Evaluate placements.

    Parameters
    ----------
    experiment
        What to evaluate.
    placements
        The placements, made on the way perhaps; those of the experiment if not given.
    engine
        One of :data:`ENGINES`.
    captures
        Wishes for captures, of every placement (see :func:`spacemoe_ns3.packet.parse_captures`).
    capture_bytes
        Longest capture.
    executor
        Where simulations run.
    folder
        The run's folder; captures are left in it.
    progress
        Whom to tell.
    keeper
        Who takes the tables, part by part; the results have none then but that of the tokens. None: the
        results have them all.

    Returns
    -------
    The outcome, in the order of the placements; on Ctrl-C, what was complete by then.

    Raises
    ------
    ScenarioError
        If a wish for a capture cannot be granted.
    InstallationError
        If packets are asked for and ns-3 or the compiled modules are missing.
    WriteError
        If a simulation could not write its records.
    """
    if engine != "analytic":
        check_installation()
        executor.warm_up()
    evaluation = _Evaluation(
        experiment=experiment,
        engine=engine,
        executor=executor,
        folder=folder,
        progress=progress,
        keeper=keeper,
    )
    try:
        for placement in experiment.placements if placements is None else placements:
            evaluation.begin(placement, captures, capture_bytes)
            evaluation.listen(wait=False)
        if engine != "packet":
            evaluation.formulas()
        progress.stage("packets")
        evaluation.listen(wait=True)
    except KeyboardInterrupt:
        evaluation.outcome.is_interrupted = True
    finally:
        executor.close()
        shutil.rmtree(folder / _TASKS, ignore_errors=True)
    return evaluation.outcome.in_order(evaluation.outcome.placements)


@dataclass(slots=True, kw_only=True)
class _Evaluation:
    """A run under way: what has been asked of the executor, and what has come of it."""

    experiment: Experiment
    engine: str
    executor: Executor
    folder: Path
    progress: Progress
    keeper: Keeper | None = None
    outcome: Outcome = field(default_factory=Outcome)
    _routes: dict[str, Routes] = field(default_factory=dict)
    _formulas: dict[str, PlacementResult] = field(default_factory=dict)
    _accountants: dict[str, Accountant] = field(default_factory=dict)
    _parts: dict[str, list[EngineResult]] = field(default_factory=dict)
    _packets: dict[str, EngineResult] = field(default_factory=dict)

    @property
    def part_tokens(self) -> int | None:
        """Tokens of a part of the tables; None: there are no parts."""
        if self.keeper is None:
            return None
        workload = self.experiment.workload
        return max(1, PART_MESSAGES // (workload.layers * (2 * workload.fan_out + 1)))

    def begin(self, placement: Placement, captures: tuple[str, ...], capture_bytes: int) -> None:
        """Take a placement in, and have its packets simulated."""
        name, routes = placement.name, self.experiment.routes_to(placement)
        self.outcome.placements[name] = placement
        self._routes[name] = routes
        if self.engine == "analytic":
            return
        points = parse_captures(captures, placement=placement, timeline=self.experiment.sky.timeline)
        plan = self.experiment.plan(placement, captures=points)
        plan = replace(plan, routes=routes, capture_bytes=capture_bytes, part_tokens=self.part_tokens)
        self.executor.submit(name, plan, self.folder / _TASKS / name)
        if self.engine == "packet":
            self._formulas[name] = evaluate(self.experiment, placement, routes, with_formula=False)

    def formulas(self) -> None:
        """Evaluate the formula for every placement, those first whose packets have arrived."""
        self.progress.stage("bound")
        bound = lower_bound_s(self.experiment.problem)
        left = dict(self.outcome.placements)
        while left:
            placement = left.pop(next((name for name in left if name in self._packets), next(iter(left))))
            self._formula(placement, bound)
            self.listen(wait=False)

    def _formula(self, placement: Placement, bound: Bound | None) -> None:
        name = placement.name
        self.progress.stage(f"{name}: formula")
        try:
            self._formulas[name] = evaluate(
                self.experiment,
                placement,
                self._routes[name],
                with_formula=True,
                bound=bound,
                part_tokens=self.part_tokens,
                keep=partial(self._keep, name, "analytic"),
            )
        except UndeliveredError as error:
            self.outcome.failures[name] = error  # whatever the packets said, which may be there or not yet
            return
        self._join(name)

    def listen(self, *, wait: bool) -> None:
        """Take news from the executor: progress, records, failures."""
        for event in self.executor.events(wait=wait):
            self.progress.tokens(event.name, event.tokens)
            if event.part is not None:
                self._take(event.name, event.part)
            if isinstance(event.outcome, (WriteError, InstallationError)):
                raise event.outcome
            if isinstance(event.outcome, SpacemoeError):
                self.outcome.failures.setdefault(event.name, event.outcome)
            elif isinstance(event.outcome, Records):
                self._take(event.name, event.outcome)

    def _take(self, name: str, events: Events) -> None:
        """Make a result of what a simulation recorded: of a part, or of the rest and the whole."""
        accountant = self._accountants.setdefault(
            name,
            Accountant(
                workload=self.experiment.workload,
                placement=self.outcome.placements[name],
                ends=self.experiment.sky.timeline.ends,
            ),
        )
        parts = self._parts.setdefault(name, [])
        if not isinstance(events, Records):
            parts.append(self._keep(name, "packet", accountant.take(events)))
            return
        try:
            parts.append(self._keep(name, "packet", accountant.close(events)))
        except UndeliveredError as error:
            self.outcome.failures.setdefault(name, error)
            return
        self._packets[name] = joined(parts)
        self._join(name)

    def _keep(self, name: str, engine: str, part: EngineResult) -> EngineResult:
        """Give tables away, if there is somebody who takes them; return what is left."""
        if self.keeper is None:
            return part
        for table, columns in part.tables().items():
            self.keeper.write(table, columns, placement=name, engine=engine)
        return part.without_tables()

    def _join(self, name: str) -> None:
        """Keep the result of a placement, if all that was asked for is there."""
        formula, packet = self._formulas.get(name), self._packets.get(name)
        if formula is None or (packet is None and self.engine != "analytic"):
            return
        result = replace(formula, packet=packet)
        self.outcome.results[name] = result
        keep_captures(self.folder / _TASKS / name, self.folder / CAPTURES / name)
        if self.keeper is not None and result.hosts is not None:
            self.keeper.write("hosts", result.hosts, placement=name)
            self.keeper.complete(self.outcome)
