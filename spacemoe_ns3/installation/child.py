"""Python in a child process: what crashes there, only says so here."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import dataclass

PATIENCE_S = 120.0
_MODULE = "spacemoe_ns3.installation.probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a child process has come to.

    Parameters
    ----------
    output
        Its standard output; what went wrong, in one line, if something did.
    is_good
        Whether it ended with code 0.
    seconds
        How long it took.
    """

    output: str
    is_good: bool
    seconds: float


def probe(name: str) -> Answer:
    """Call a function of :mod:`spacemoe_ns3.installation.probe` in a child process.

    Parameters
    ----------
    name
        Its name.
    """
    return python("-m", _MODULE, name)


def python(*arguments: str) -> Answer:
    """Run this Python with some arguments.

    Parameters
    ----------
    arguments
        Of its command line.
    """
    started_s = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        output = f"no answer within {PATIENCE_S:.0f} s"
        return Answer(output=output, is_good=False, seconds=time.monotonic() - started_s)
    is_good = done.returncode == 0
    output = done.stdout.strip() if is_good else _last_words(done.stderr, done.returncode)
    return Answer(output=output, is_good=is_good, seconds=time.monotonic() - started_s)


def _last_words(said: str, code: int) -> str:
    """Return what ended a process: the last line of a traceback, or the signal."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else f"ended with code {code} and said nothing"
