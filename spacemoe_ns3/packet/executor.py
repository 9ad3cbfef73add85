"""Runs simulations somewhere else: here in child processes, later perhaps on a cluster.

A task is a folder with a plan in it; its result appears in the same folder. Nothing is shared in memory.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
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
from spacemoe_ns3.packet.plan import ERROR_FILE, PLAN_FILE, RECORDS_FILE, Plan, Records

_LOG_FILE = "stderr.txt"
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
    outcome
        None while it runs; then its records, or why there are none.
    """

    name: str
    tokens: int
    outcome: Records | SpacemoeError | None = None


class Executor(Protocol):
    """Where simulations run."""

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
    process: subprocess.Popen[bytes]
    tokens: int = 0


class LocalExecutor:
    """Child processes of this one, as many at a time as there are workers.

    Parameters
    ----------
    workers
        At least 1; the number of processors this process may use if not given.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._queue: deque[tuple[str, Path]] = deque()
        self._running: list[_Running] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, name: str, plan: Plan, folder: Path) -> None:
        """Queue a task, and start it if a worker is free."""
        folder.mkdir(parents=True)
        plan.save(folder / PLAN_FILE)
        self._queue.append((name, folder))
        self._start_queued()

    def events(self, *, wait: bool) -> Iterator[TaskEvent]:
        """Yield what has happened; with ``wait``, until no task is left."""
        while self._running:
            ready = self._selector.select(None if wait else 0)
            if not ready:
                return
            for key, _ in ready:
                yield self._hear(key.data)

    def close(self) -> None:
        """Kill the child processes that still run, and forget queued tasks."""
        self._queue.clear()
        for task in self._running:
            task.process.kill()
        for task in self._running:
            task.process.wait()
        self._running.clear()
        self._selector.close()

    def _start_queued(self) -> None:
        while self._queue and len(self._running) < self.workers:
            name, folder = self._queue.popleft()
            with (folder / _LOG_FILE).open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "spacemoe_ns3.packet.worker", str(folder), str(os.getpid())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    bufsize=0,
                    start_new_session=True,  # Ctrl-C reaches this process only, which then kills them
                )
            task = _Running(name, folder, process)
            self._running.append(task)
            assert process.stdout is not None
            self._selector.register(process.stdout, selectors.EVENT_READ, task)

    def _hear(self, task: _Running) -> TaskEvent:
        """Read what a child has said, or see that it has ended."""
        assert task.process.stdout is not None
        said = os.read(task.process.stdout.fileno(), 65_536)
        if said:
            numbers = [word for word in said.split() if word.isdigit()]
            task.tokens = int(numbers[-1]) if numbers else task.tokens
            return TaskEvent(name=task.name, tokens=task.tokens)
        self._selector.unregister(task.process.stdout)
        task.process.stdout.close()
        code = task.process.wait()
        self._running.remove(task)
        self._start_queued()
        return TaskEvent(name=task.name, tokens=task.tokens, outcome=_outcome(task.folder, code))


def _outcome(folder: Path, code: int) -> Records | SpacemoeError:
    """Return what a task has left in its folder, or what ended it."""
    if code == 0 and (folder / RECORDS_FILE).exists():
        return Records.load(folder / RECORDS_FILE)
    if code == 0 and (folder / ERROR_FILE).exists():
        error = json.loads((folder / ERROR_FILE).read_text())
        return _ERRORS.get(error["kind"], SimulationError)(error["message"])
    if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
        return WriteError(f"{folder}: the disk is full; make room, or capture fewer links")
    lines = (folder / _LOG_FILE).read_text(errors="replace").split("\n")
    # The first line of an ns-3 abort names its cause; what follows is a stack.
    said = " / ".join([line.strip() for line in lines if line.strip()][:_LAST_LINES])
    ended = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    return SimulationError(f"the simulation's process {ended}; it said: {said or 'nothing'}")
