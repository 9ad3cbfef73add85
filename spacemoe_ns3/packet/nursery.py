"""The process that simulations are forked from, as seen from outside.

Light to import: it is started before anything else that a run does, and loads ns-3 meanwhile.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

_READ_BYTES = 65_536
_PATIENCE_S = 0.5  # of the second within which a run stops
# Threads of BLAS would only stand in each other's way, and a process with threads is ill to fork.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Nursery:
    """The process that simulations are forked from (:mod:`spacemoe_ns3.packet.worker`), started and heard.

    A context manager.
    """

    def __init__(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._heard = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "spacemoe_ns3.packet.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
            env={**_ONE_THREAD, **os.environ},
            start_new_session=True,  # Ctrl-C reaches this process only, which then ends the other
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asks, self._tells = self._process.stdin, self._process.stdout

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def has_news(self) -> bool:
        """Whether :meth:`news` would return at once."""
        return bool(select.select([self._tells], [], [], 0)[0])

    def ask(self, number: int, folder: Path) -> None:
        """Have a task simulated; if the process has died, :meth:`news` will say so.

        Parameters
        ----------
        number
            Of the task, which news of it will give.
        folder
            The task's.
        """
        try:
            os.write(self._asks.fileno(), json.dumps([number, str(folder.absolute())]).encode() + b"\n")
        except BrokenPipeError:
            return

    def news(self) -> list[str]:
        """Return lines, of which there is at least one, or none if the process has died."""
        lines: list[bytes] = []
        while not lines:
            said = os.read(self._tells.fileno(), _READ_BYTES)
            if not said:
                return []
            *lines, self._heard = (self._heard + said).split(b"\n")
        return [line.decode() for line in lines]

    def end(self) -> tuple[int, str]:
        """Return the exit code of the process, which has died or is dying, and what it said."""
        code = self._process.wait()
        self._log.seek(0)
        said = self._log.read().decode(errors="replace")
        self._close_files()
        return code, said

    def close(self) -> None:
        """End the process, with all that it has forked."""
        self._asks.close()  # should SIGTERM be ignored, this is heard
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:  # amid a rehearsal, on a busy machine
            self._process.kill()  # its children die with it
            self._process.wait()
        self._close_files()

    def _close_files(self) -> None:
        for file in (self._asks, self._tells, self._log):
            file.close()
