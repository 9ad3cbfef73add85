"""The child process of one simulation: ``python -m spacemoe_ns3.packet.worker FOLDER``.

Reads ``plan.pickle`` from the folder and leaves ``records.npz`` there, or ``error.json``. Progress goes to
standard output, a number of tokens a line.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import signal
import sys
from pathlib import Path

from spacemoe_ns3.errors import SpacemoeError
from spacemoe_ns3.packet.plan import ERROR_FILE, PLAN_FILE, RECORDS_FILE, Plan
from spacemoe_ns3.packet.simulate import simulate

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Simulate the plan of a folder."""
    folder, parent = Path(arguments[0]), int(arguments[1])
    _die_with(parent)
    try:
        plan = Plan.load(folder / PLAN_FILE)
        records = simulate(plan, folder=folder, report=lambda tokens: print(tokens, flush=True))
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


if __name__ == "__main__":
    faulthandler.enable()  # or cppyy's signal handler spends seconds on a crash
    main(sys.argv[1:])
