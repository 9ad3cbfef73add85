"""The process that simulations are forked from: ``python -m spacemoe_ns3.packet.worker PARENT``.

It loads ns-3 once, and forks for each task, so a simulation starts at once, in a process of its own. Nothing
but the rehearsal has been simulated in it, of which ns-3 keeps nothing. A line of standard input,
``[number, folder]`` in JSON, asks for a task. Standard output has a line for each thing that happens to one:

``NUMBER tokens N``
    So many tokens have been emitted.
``NUMBER part N``
    Part N of its records is in its folder, counted from 0.
``NUMBER ended CODE``
    Its process has ended, by a signal if the code is negative.

A task reads ``plan.pickle`` from its folder and leaves ``records.npz`` there, or ``error.json``. What its
process says is in ``stderr.txt``. When standard input ends, or on SIGTERM, all end.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import itertools
import json
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from spacemoe_ns3.errors import SpacemoeError
from spacemoe_ns3.packet._ns import load_bridge
from spacemoe_ns3.packet.plan import (
    ERROR_FILE,
    LOG_FILE,
    PART_FILE,
    PLAN_FILE,
    RECORDS_FILE,
    Events,
    Plan,
)
from spacemoe_ns3.packet.rehearsal import rehearse
from spacemoe_ns3.packet.simulate import simulate

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_READ_BYTES = 65_536


def main(arguments: list[str]) -> None:
    """Load ns-3, then fork for each task that is asked for."""
    _die_with(int(arguments[0]))
    import scipy.sparse.csgraph  # noqa: F401  (or each task would import it for its first forwarding table)

    with contextlib.suppress(SpacemoeError):  # each task will say so
        load_bridge()
    gc.collect()
    gc.freeze()  # tasks share the pages of what is there by now
    faulthandler.enable()  # or cppyy's signal handler spends seconds on a crash
    _Nursery().serve()


def run_task(
    folder: Path, *, report: Callable[[int], None], tell_part: Callable[[int], None] = lambda part: None
) -> None:
    """Simulate the plan of a folder, and end this process.

    Parameters
    ----------
    folder
        The task's; records or an error are left there.
    report
        Called now and then with the number of tokens emitted.
    tell_part
        Called with the number of each part of the records that was left in the folder, from 0.
    """
    parts = itertools.count()

    def give(part: Events) -> None:
        number = next(parts)
        part.save(folder / PART_FILE.format(number))
        tell_part(number)

    try:
        plan = Plan.load(folder / PLAN_FILE)
        records = simulate(plan, folder=folder, report=report, give=give)
        records.save(folder / RECORDS_FILE)
    except SpacemoeError as error:
        text = json.dumps({"kind": type(error).__name__, "message": str(error)})
        (folder / ERROR_FILE).write_text(text)
    except OSError as error:
        text = json.dumps({"kind": "WriteError", "message": f"{folder}: {error.strerror or error}"})
        (folder / ERROR_FILE).write_text(text)
    sys.stdout.flush()
    sys.stderr.flush()
    # ns-3's static destructors have nothing left to do, and after an exception they may not survive it.
    os._exit(0)


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class _Nursery:
    """Tasks that have been asked for, each a child of this process."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}  # of tasks, by process
        self._asked = b""
        # Signals become readable: there is nothing else to wake a select when a child ends.
        self._signals, wake = os.pipe()
        os.set_blocking(wake, False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Fork for each line of standard input, and tell of each child's end, until all is over."""
        is_over = has_rehearsed = False
        while not is_over:
            ready, _, _ = select.select([0, self._signals], [], [], None if has_rehearsed else 0)
            if not ready:  # nobody waits
                with contextlib.suppress(KeyboardInterrupt):  # SIGTERM; it is among the signals too
                    _rehearse()
                has_rehearsed = True
            if self._signals in ready:
                is_over = signal.SIGTERM in os.read(self._signals, _READ_BYTES)
                self._reap()
            if 0 in ready and not is_over:
                is_over = not self._hear()
        for process in self._numbers:
            os.kill(process, signal.SIGKILL)
        for process in self._numbers:
            os.waitpid(process, 0)
        os._exit(0)

    def _hear(self) -> bool:
        """Fork for what has been asked for; return whether more may come."""
        said = os.read(0, _READ_BYTES)
        *lines, self._asked = (self._asked + said).split(b"\n")
        for line in lines:
            number, folder = json.loads(line)
            nursery, process = os.getpid(), os.fork()
            if process == 0:
                _be_task(number, Path(folder), nursery)
            self._numbers[process] = number
        return bool(said)

    def _reap(self) -> None:
        """Tell of the children that have ended."""
        for process in list(self._numbers):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                number = self._numbers.pop(process)
                _say(1, f"{number} ended {os.waitstatus_to_exitcode(status)}")


def _rehearse() -> None:
    """Rehearse, unless SIGTERM comes: then raise KeyboardInterrupt."""
    listener = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        rehearse()
    except SpacemoeError:
        return  # each task will say so
    finally:
        signal.signal(signal.SIGTERM, listener)


def _be_task(number: int, folder: Path, nursery: int) -> None:
    """Be the child that simulates, and end."""
    try:
        signal.set_wakeup_fd(-1)
        for each in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        _die_with(nursery)
        tell = os.dup(1)
        log = os.open(folder / LOG_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        # A user's routing function may print.
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        told = -1

        def report(tokens: int) -> None:
            nonlocal told
            if tokens != told:  # who is busy elsewhere lets the pipe fill
                told = tokens
                _say(tell, f"{number} tokens {tokens}")

        run_task(folder, report=report, tell_part=lambda part: _say(tell, f"{number} part {part}"))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(1)


def _say(to: int, line: str) -> None:
    """Write a line at once: shorter than a pipe's buffer, it never mixes with others'."""
    os.write(to, f"{line}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1:])
