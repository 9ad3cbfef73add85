"""Child processes that evaluate scenarios, as many at a time as there are workers."""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO

import cloudpickle

from spacemoe_ns3.scenario import Scenario
from spacemoe_ns3.studies.answer import Answer

_LAST_LETTERS = 500
# A child has one processor: threads of its own would get in the others' way, and sums made by another number
# of threads differ in their last digit.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    task: int


class Workers:
    """A context manager around child processes; nothing is shared in memory.

    Parameters
    ----------
    workers
        At least 1; the number of processors this process may use if not given.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._children: list[_Child] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def answers(self, scenarios: Sequence[Scenario]) -> Iterator[tuple[int, Answer]]:
        """Yield the index of a scenario and its answer as soon as there is one.

        Parameters
        ----------
        scenarios
            What to evaluate; begun in this order.
        """
        # A placement algorithm of the user's own lives in the study file, which a child does not import.
        tasks = deque(
            (number, cloudpickle.dumps(scenario, protocol=pickle.HIGHEST_PROTOCOL))
            for number, scenario in enumerate(scenarios)
        )
        while tasks and len(self._children) < self.workers:
            self._give(self._start(), tasks)
        while self._children:
            for key, _ in self._selector.select():
                child: _Child = key.data
                number = child.task
                found, is_alive = self._hear(child)
                if tasks:
                    self._give(child if is_alive else self._start(), tasks)
                elif is_alive:
                    self._end(child)
                yield number, found

    def close(self) -> None:
        """Kill the child processes that still run."""
        for child in self._children:
            child.process.kill()
        for child in list(self._children):
            self._end(child)
        self._selector.close()

    def _start(self) -> _Child:
        log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with its child)
        process = subprocess.Popen(
            [sys.executable, "-m", "spacemoe_ns3.studies.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **_ONE_THREAD},
            start_new_session=True,  # Ctrl-C reaches this process only, which then kills them
        )
        child = _Child(process, log, -1)
        self._children.append(child)
        assert process.stdout is not None
        self._selector.register(process.stdout, selectors.EVENT_READ, child)
        return child

    def _give(self, child: _Child, tasks: deque[tuple[int, bytes]]) -> None:
        child.task, scenario = tasks.popleft()
        assert child.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died; its closed output will tell
            child.process.stdin.write(scenario)
            child.process.stdin.flush()

    def _hear(self, child: _Child) -> tuple[Answer, bool]:
        """Return what a child says, and whether it still lives."""
        assert child.process.stdout is not None
        try:
            found: Answer = pickle.load(child.process.stdout)
        except (EOFError, pickle.UnpicklingError):
            child.process.kill()
            return Answer(failures={None: self._end(child)}), False
        return found, True

    def _end(self, child: _Child) -> str:
        """Let a child end, and return a sentence on how it did."""
        process = child.process
        assert process.stdin is not None
        assert process.stdout is not None
        self._selector.unregister(process.stdout)
        self._children.remove(child)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        code = process.wait()
        child.log.seek(0)
        said = child.log.read().decode(errors="replace").strip()[-_LAST_LETTERS:]
        child.log.close()
        ended = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return f"its process {ended}; it said: {said or 'nothing'}"
