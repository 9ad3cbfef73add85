"""Packets of many experiments, side by side, in child processes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from spacemoe_ns3.errors import InstallationError, SpacemoeError, UndeliveredError, WriteError
from spacemoe_ns3.packet import Executor, Records, result_from_records
from spacemoe_ns3.pipeline import Experiment, Progress
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import EngineResult
from spacemoe_ns3.validation.regimes import Regime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One simulation that a validation asks for.

    Parameters
    ----------
    regime
        The work.
    placement
        Who hosts what.
    """

    regime: Regime
    placement: Placement

    @property
    def name(self) -> str:
        """Name of it, distinct among those asked for together."""
        return f"{self.regime.name}-{self.placement.name}"

    @property
    def experiment(self) -> Experiment:
        """What to simulate."""
        return self.regime.experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What the packets of a case say.

    Parameters
    ----------
    case
        The case.
    records
        What ns-3 recorded; None if it failed.
    result
        The records in the schema of the results; None if the case failed.
    error
        Why there is no result; None if there is one.
    """

    case: Case
    records: Records | None
    result: EngineResult | None
    error: SpacemoeError | None = None


def simulate_all(
    cases: Iterable[Case], *, executor: Executor, folder: Path, progress: Progress
) -> Iterator[Simulated]:
    """Simulate cases and yield each as it ends, in no order.

    Parameters
    ----------
    cases
        What to simulate.
    executor
        Where.
    folder
        For the tasks; it is left without them.
    progress
        Whom to tell.

    Raises
    ------
    InstallationError
        If ns-3 or the compiled modules are missing.
    WriteError
        If a simulation could not write its records.
    """
    asked = {}
    for case in cases:
        asked[case.name] = case
        plan = replace(case.experiment.plan(case.placement), records_hops=False)  # millions of them
        executor.submit(case.name, plan, folder / case.name)
        progress.expect(int(case.experiment.workload.sequence_tokens.sum()))
    for event in executor.events(wait=True):
        progress.tokens(event.name, event.tokens)
        if isinstance(event.outcome, (WriteError, InstallationError)):
            raise event.outcome
        if event.outcome is not None:
            shutil.rmtree(folder / event.name, ignore_errors=True)
            yield _simulated(asked[event.name], event.outcome)


def _simulated(case: Case, outcome: Records | SpacemoeError) -> Simulated:
    """Return the outcome of a case, sorted into the schema of the results."""
    if isinstance(outcome, SpacemoeError):
        return Simulated(case=case, records=None, result=None, error=outcome)
    try:
        result = result_from_records(
            outcome,
            workload=case.experiment.workload,
            placement=case.placement,
            ends=case.experiment.sky.timeline.ends,
        )
    except UndeliveredError as error:
        return Simulated(case=case, records=outcome, result=None, error=error)
    return Simulated(case=case, records=outcome, result=result)
