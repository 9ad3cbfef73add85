"""A run on the disk while it goes on: whatever is complete can be read, should the run be killed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from spacemoe_ns3 import report
from spacemoe_ns3.links import sky_columns
from spacemoe_ns3.pipeline import Experiment
from spacemoe_ns3.running import Outcome
from spacemoe_ns3.scenario import Scenario

UNFINISHED = "running"
"""Status of a run that goes on, or was killed."""


class Recording:
    """Writes the tables, the summary and the manifest of a run as they come about.

    A :class:`spacemoe_ns3.running.Keeper`.

    Parameters
    ----------
    folder
        The run's.
    scenario, experiment
        What is run, laid out.
    about
        What the manifest says of it: arguments of :func:`spacemoe_ns3.report.manifest`.
    started
        When it was started: seconds of the monotonic clock, and ISO time, UTC.
    workers
        Simulations at a time.
    """

    def __init__(
        self,
        folder: report.RunFolder,
        *,
        scenario: Scenario,
        experiment: Experiment,
        about: Mapping[str, Any],
        started: tuple[float, str],
        workers: int,
    ) -> None:
        self._folder = folder
        self._scenario = scenario
        self._experiment = experiment
        self._about = about
        self._started = started
        self._workers = workers
        self._tables = report.TableWriter(folder.staging)
        for name, columns in sky_columns(experiment.sky.timeline).items():
            self._tables.write(name, columns)
        self.complete(Outcome())
        self._write_manifest(UNFINISHED, Outcome())

    def write(
        self, name: str, columns: Mapping[str, np.ndarray], *, placement: str = "", engine: str = ""
    ) -> None:
        """Write rows of a table (see :meth:`spacemoe_ns3.report.TableWriter.write`)."""
        self._tables.write(name, columns, placement=placement, engine=engine)

    def complete(self, outcome: Outcome) -> None:
        """Write the summary of what is complete."""
        self._folder.write_json("summary.json", self.summary(outcome))

    def finish(self, outcome: Outcome, *, summary: dict[str, Any], status: str) -> None:
        """Put the tables together, and write summary and manifest as they stay.

        Parameters
        ----------
        outcome
            What the run has found out.
        summary
            That of :meth:`summary`, with what others have added.
        status
            ``complete``, ``failed`` or ``interrupted``.
        """
        self._tables.finish(outcome.results)
        self._folder.write_json("summary.json", summary)
        self._write_manifest(status, outcome)

    def summary(self, outcome: Outcome) -> dict[str, Any]:
        """Return the summary of an outcome."""
        experiment = replace(self._experiment, placements=tuple(outcome.placements.values()))
        timeline = experiment.sky.timeline
        return report.summary(
            scenario=self._scenario.name,
            seed=self._scenario.seed,
            satellites=timeline.satellites,
            links=len(timeline.ends),
            results=list(outcome.results.values()),
            failures=outcome.failures,
            remarks=experiment.remarks,
            skew=experiment.problem.gating.skew(),
            epoch=experiment.sky.constellation.epoch,
            slots=timeline.slots,
            model=self._scenario.architecture,
            draws_sha256=experiment.workload.draws_sha256(),
        )

    def _write_manifest(self, status: str, outcome: Outcome) -> None:
        use = {
            name: result.packet.engine_use
            for name, result in outcome.results.items()
            if result.packet is not None and result.packet.engine_use is not None
        }
        files = [] if status == UNFINISHED else [*self._folder.files(), "manifest.json"]
        manifest = report.manifest(
            **self._about,
            status=status,
            started=self._started[1],
            duration_s=time.monotonic() - self._started[0],
            workers=self._workers,
            packet_engine=self._scenario.engine,
            engine_use=use,
            files=sorted(set(files)),
        )
        self._folder.write_json("manifest.json", manifest)
