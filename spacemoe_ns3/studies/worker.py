"""The child process that evaluates scenarios: ``python -m spacemoe_ns3.studies.worker PARENT``.

Reads scenarios from standard input, one pickle each, and answers each by a pickle on standard output, until
the input ends.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
from typing import BinaryIO

from spacemoe_ns3.studies.answer import Answer, answer

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer until there is nothing more to read."""
    while True:
        try:
            scenario = pickle.load(incoming)
        except EOFError:
            return
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            found = Answer(
                failures={
                    None: f"the scenario cannot be sent to another process ({reason}); define in the "
                    "study's own file what it uses"
                }
            )
        else:
            found = answer(scenario)
        pickle.dump(found, outgoing, protocol=pickle.HIGHEST_PROTOCOL)
        outgoing.flush()


def main(arguments: list[str]) -> None:
    """Serve the parent whose process number is given."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # die with the parent
    if os.getppid() != int(arguments[0]):
        sys.exit(1)
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what an algorithm prints is no answer
    _serve(sys.stdin.buffer, outgoing)


if __name__ == "__main__":
    main(sys.argv[1:])
