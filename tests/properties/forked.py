"""Simulations in forks of one process that has loaded ns-3: each is fresh, none waits for Python to start."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from spacemoe_ns3 import errors
from spacemoe_ns3.packet import Plan, Records
from spacemoe_ns3.packet.plan import ERROR_FILE, PLAN_FILE, RECORDS_FILE

MOST_CPU_S = 60  # of one simulation: what takes longer hangs


class Simulations:
    """A process that forks for each plan; a context manager."""

    def __enter__(self) -> Simulations:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, plan: Plan, folder: Path) -> Records | errors.SpacemoeError:
        """Return what ns-3 recorded of a plan, or the error that ended it; a crash is an AssertionError."""
        folder.mkdir(parents=True)
        plan.save(folder / PLAN_FILE)
        print(folder, file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        if code < 0:
            raise AssertionError(
                f"a simulation ended by {signal.Signals(-code).name}; SIGXCPU: it took {MOST_CPU_S} s"
            )
        if (folder / ERROR_FILE).exists():
            error = json.loads((folder / ERROR_FILE).read_text())
            return getattr(errors, error["kind"])(error["message"])
        return Records.load(folder / RECORDS_FILE)


def _simulate(folder: str) -> None:
    """Be the child: limited, silent, and gone when it is done."""
    from spacemoe_ns3.packet.worker import run_task

    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S + 1))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    try:
        run_task(Path(folder), report=lambda tokens: None)
    finally:
        os._exit(1)


def _serve() -> None:
    """Fork for each line of standard input, and say how each child ended."""
    from spacemoe_ns3.packet._ns import load_bridge

    load_bridge()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _simulate(line.rstrip("\n"))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
