"""What a simulation is given, and what it gives back: plain data, no ns-3."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spacemoe_ns3.links import Routes
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.packet.capture import CapturePoint
from spacemoe_ns3.placement import Placement

MESSAGE_COLUMNS = (
    *("request", "token", "layer", "kind", "expert", "from_satellite", "to_satellite", "hops"),
    *("sent", "arrived", "propagation", "serialisation", "queueing", "waiting"),
)
JOB_COLUMNS = (
    *("kind", "request", "token", "layer", "expert", "satellite", "submitted", "started", "finished"),
)
PLAN_FILE, RECORDS_FILE, ERROR_FILE = "plan.pickle", "records.npz", "error.json"  # of a task's folder
DISPATCH, RESULT, RESIDUAL = 1, 2, 3  # kinds of messages, as in the wire format
GATEWAY, EXPERT, HEAD = 0, 1, 2  # kinds of jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One simulation: everything it needs, and nothing shared with other processes.

    Parameters
    ----------
    workload
        What is computed and sent.
    placement
        Who hosts what.
    routes
        The links through time and the forwarding tables made so far; further ones are made as packets
        enter further slots.
    captures
        Link ends to capture.
    """

    workload: Workload
    placement: Placement
    routes: Routes
    captures: tuple[CapturePoint, ...] = ()

    def save(self, path: Path) -> None:
        """Write the plan to a file."""
        path.write_bytes(pickle.dumps(self, protocol=pickle.HIGHEST_PROTOCOL))

    @staticmethod
    def load(path: Path) -> Plan:
        """Read a plan that :meth:`save` wrote."""
        plan: Plan = pickle.loads(path.read_bytes())
        return plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a simulation recorded.

    Parameters
    ----------
    messages
        Messages received, shape (n, 14), int64; columns :data:`MESSAGE_COLUMNS`, times in nanoseconds.
    jobs
        Jobs finished, shape (n, 9), int64; columns :data:`JOB_COLUMNS`, times in nanoseconds.
    account
        Messages, segments, bytes of what was sent, received, dropped, shape (3, 3), int64.
    events
        Number of events that ns-3 executed.
    """

    messages: np.ndarray
    jobs: np.ndarray
    account: np.ndarray
    events: int

    def save(self, path: Path) -> None:
        """Write the records to a file."""
        with path.open("wb") as file:
            np.savez(
                file,
                messages=self.messages,
                jobs=self.jobs,
                account=self.account,
                events=np.array(self.events),
            )

    @staticmethod
    def load(path: Path) -> Records:
        """Read records that :meth:`save` wrote."""
        with np.load(path) as file:
            return Records(
                messages=file["messages"],
                jobs=file["jobs"],
                account=file["account"],
                events=int(file["events"]),
            )
