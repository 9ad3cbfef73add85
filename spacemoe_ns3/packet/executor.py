"""Runs simulations somewhere else: here in child processes, later perhaps on a cluster.

A task is a folder with a plan in it; its result appears in the same folder. Nothing is shared in memory.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from spacemoe_ns3.errors import (
    InstallationError,
    SimulationError,
    SpacemoeError,
    UndeliveredError,
    WriteError,
)
from spacemoe_ns3.packet.nursery import Nursery
from spacemoe_ns3.packet.plan import (
    ERROR_FILE,
    LOG_FILE,
    PART_FILE,
    PLAN_FILE,
    RECORDS_FILE,
    Events,
    Plan,
    Records,
)

_LAST_LINES = 5
_ERRORS = {
    error.__name__: error for error in (InstallationError, SimulationError, UndeliveredError, WriteError)
}
_LEAST_FREE_BYTES = 1_000_000  # a disk with less is full; a child that found it so could not write why


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """News of a task.

    Parameters
    ----------
    name
        Name of the task.
    tokens
        Tokens emitted so far.
    part
        What of the records was given away just now, if anything.
    outcome
        None while it runs; then its records, or why there are none.
    """

    name: str
    tokens: int
    part: Events | None = None
    outcome: Records | SpacemoeError | None = None


class Executor(Protocol):
    """Where simulations run."""

    def warm_up(self) -> None:
        """Get ready for tasks to come, while the caller does something else."""
        ...

    def submit(self, name: str, plan: Plan, folder: Path) -> None:
        """Accept a task; ``folder`` is empty and the task's own."""
        ...

    def events(self, *, wait: bool) -> Iterator[TaskEvent]:
        """Yield news: what there is now, or, waiting, all until every task has ended."""
        ...

    def close(self) -> None:
        """Stop whatever runs, at once."""
        ...


@dataclass(slots=True)
class _Running:
    name: str
    folder: Path
    tokens: int = 0


class LocalExecutor:
    """Child processes on this machine, as many at a time as there are workers.

    They are forks of one process that has loaded ns-3 (:mod:`spacemoe_ns3.packet.worker`).

    Parameters
    ----------
    workers
        At least 1; the number of processors this process may use if not given.
    nursery
        The process to fork from, if there is one already; it is closed with the executor.
    """

    def __init__(self, workers: int | None = None, *, nursery: Nursery | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._queue: deque[tuple[str, Path]] = deque()
        self._running: dict[int, _Running] = {}
        self._started = 0
        self._nursery = nursery

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def warm_up(self) -> None:
        """Have ns-3 loaded, while the caller does something else."""
        if self._nursery is None:
            self._nursery = Nursery()

    def submit(self, name: str, plan: Plan, folder: Path) -> None:
        """Queue a task, and start it if a worker is free."""
        self.warm_up()
        folder.mkdir(parents=True)
        plan.save(folder / PLAN_FILE)
        self._queue.append((name, folder))
        self._start_queued()

    def events(self, *, wait: bool) -> Iterator[TaskEvent]:
        """Yield what has happened; with ``wait``, until no task is left."""
        while self._running and self._nursery is not None:
            if not (wait or self._nursery.has_news):
                return
            lines = self._nursery.news()
            yield from map(self._take, lines) if lines else self._all_ended()

    def close(self) -> None:
        """Kill the child processes that still run, and forget queued tasks."""
        self._queue.clear()
        self._running.clear()
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def _start_queued(self) -> None:
        while self._queue and len(self._running) < self.workers:
            name, folder = self._queue.popleft()
            self.warm_up()
            assert self._nursery is not None
            self._started += 1
            self._running[self._started] = _Running(name, folder)
            self._nursery.ask(self._started, folder)

    def _take(self, line: str) -> TaskEvent:
        """Return what a line of the nursery says."""
        number, what, value = line.split()
        task = self._running[int(number)]
        if what == "tokens":
            task.tokens = int(value)
            return TaskEvent(name=task.name, tokens=task.tokens)
        if what == "part":
            path = task.folder / PART_FILE.format(int(value))
            part = Events.load(path)
            path.unlink()
            return TaskEvent(name=task.name, tokens=task.tokens, part=part)
        del self._running[int(number)]
        self._start_queued()
        return TaskEvent(name=task.name, tokens=task.tokens, outcome=_outcome(task.folder, int(value)))

    def _all_ended(self) -> Iterator[TaskEvent]:
        """Yield the end of every task that ran: the nursery is dead, and with it its children."""
        assert self._nursery is not None
        code, said = self._nursery.end()
        self._nursery = None
        ended, self._running = self._running, {}
        self._start_queued()
        for task in ended.values():
            outcome = _outcome(task.folder, code or 1, said)
            yield TaskEvent(name=task.name, tokens=task.tokens, outcome=outcome)


def _outcome(folder: Path, code: int, said: str = "") -> Records | SpacemoeError:
    """Return what a task has left in its folder, or what ended it."""
    if code == 0 and (folder / RECORDS_FILE).exists():
        return Records.load(folder / RECORDS_FILE)
    if code == 0 and (folder / ERROR_FILE).exists():
        error = json.loads((folder / ERROR_FILE).read_text())
        return _ERRORS.get(error["kind"], SimulationError)(error["message"])
    if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
        return WriteError(f"{folder}: the disk is full; make room, or capture fewer links")
    log = folder / LOG_FILE
    lines = (said + (log.read_text(errors="replace") if log.exists() else "")).split("\n")
    # The first line of an ns-3 abort names its cause; what follows is a stack.
    last = " / ".join([line.strip() for line in lines if line.strip()][:_LAST_LINES])
    ended = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    return SimulationError(f"the simulation's process {ended}; it said: {last or 'nothing'}")
