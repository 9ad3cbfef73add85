"""What a simulation is given, and what it gives back: plain data, no ns-3."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np

from spacemoe_ns3.links import Routes
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.packet.capture import DEFAULT_CAPTURE_BYTES, CapturePoint
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import LEG_PARTS
from spacemoe_ns3.traffic import BackgroundFlow
from spacemoe_ns3.transport import Transport, Udp

if TYPE_CHECKING:
    from typing_extensions import Self

MESSAGE_COLUMNS = (
    *("request", "token", "layer", "kind", "expert", "from_satellite", "to_satellite", "hops"),
    *("sent", "arrived", *LEG_PARTS, "tokens", "ledger"),
)
JOB_COLUMNS = (
    *("kind", "request", "token", "layer", "expert", "satellite", "submitted", "started", "finished"),
    "tokens",
)
ABANDONED_COLUMNS = ("request", "token", "layer", "expert", "satellite")
BATCH_COLUMNS = ("kind", "layer", "request", "token", "member_request", "member_token", "submitted")
# A hop of a segment; the last three are sums from the sender on (ns3-modules/leo/model/hop-log.h).
HOP_COLUMNS = ("ledger", "wire", "came", "started", "arrived", "propagation", "waiting", "ready")
LINK_COLUMNS = (
    *("packets", "bytes", "busy_ns"),
    *("lost_queue_full", "lost_on_the_wire", "lost_cut", "lost_queued", "lost_link_down", "lost_corrupted"),
    *("rerouted", "in_flight", "queued", "queue_ns", "queue_max"),
)
# What the fabric's schedulers have done (ns3-modules/leo/model/fabric.h).
ENGINE_VALUES = ("window_hops", "per_hop_hops", "windows", "switches", "least_window_ns")
# Of a slot and a direction of a link: the counters' growth.
INTERVAL_COLUMNS = (
    *("slot", "start_ns", "end_ns", "wire"),
    *(name for name in LINK_COLUMNS if name not in ("in_flight", "queued")),
)
PLAN_FILE, RECORDS_FILE, ERROR_FILE, LOG_FILE = (  # of a task's folder
    *("plan.pickle", "records.npz", "error.json"),
    "stderr.txt",
)
PART_FILE = "part-{:06d}.npz"
DISPATCH, RESULT, RESIDUAL = 1, 2, 3  # kinds of messages, as in the wire format
GATEWAY, EXPERT, HEAD = 0, 1, 2  # kinds of jobs
TO_THE_LAST = -1
_REQUEST_COLUMNS = {
    "messages": (MESSAGE_COLUMNS.index("request"),),
    "jobs": (JOB_COLUMNS.index("request"),),
    "batches": (BATCH_COLUMNS.index("request"), BATCH_COLUMNS.index("member_request")),
    "abandoned": (ABANDONED_COLUMNS.index("request"),),
}
PACKET_ENGINES = ("auto", "window", "per-hop", "reference")
"""Ways to move packets from hop to hop, all with the same results; ``auto`` takes the fastest that fits."""


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
    capture_bytes
        Longest capture, in bytes; what does not fit is left out.
    transport
        How messages get through.
    seed
        Fixes which packets are corrupted, and when background packets are sent, at least 0.
    background
        Flows of background traffic.
    is_lean
        Whether UDP endpoints do without sockets where the engine lets them; changes no result.
    records_hops
        Whether every hop of every segment is recorded; the critical path by link needs it.
    engine
        One of :data:`PACKET_ENGINES`.
    part_tokens
        After how many tokens, or more, what was recorded is given away, in the next moment in which nothing
        is under way; None: all at the end.
    """

    workload: Workload
    placement: Placement
    routes: Routes
    captures: tuple[CapturePoint, ...] = ()
    capture_bytes: int = DEFAULT_CAPTURE_BYTES
    transport: Transport = Udp()
    seed: int = 1
    background: tuple[BackgroundFlow, ...] = ()
    records_hops: bool = True
    engine: str = "auto"
    is_lean: bool = True
    part_tokens: int | None = None

    def save(self, path: Path) -> None:
        """Write the plan to a file."""
        # A routing function of the user's own lives in the scenario file, which a child does not import.
        path.write_bytes(cloudpickle.dumps(self, protocol=pickle.HIGHEST_PROTOCOL))

    @staticmethod
    def load(path: Path) -> Plan:
        """Read a plan that :meth:`save` wrote."""
        plan: Plan = pickle.loads(path.read_bytes())
        return plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What a simulation recorded of some sequences: all of them, or a part that was given away on the way.

    Parameters
    ----------
    messages
        Messages received, shape (n, 18), int64; columns :data:`MESSAGE_COLUMNS`, times in nanoseconds.
        Those of a batch have the request and the token of its first step.
    jobs
        Jobs finished, shape (n, 10), int64; columns :data:`JOB_COLUMNS`, times in nanoseconds. A batch is one
        job, with the request and the token of its first step.
    batches
        Steps that were served together with a first one, shape (n, 7), int64; columns :data:`BATCH_COLUMNS`:
        kind, layer, request and token of the batch's job, and when the member was submitted.
    abandoned
        Dispatches that were abandoned, as their satellites had failed, shape (n, 5), int64; columns
        :data:`ABANDONED_COLUMNS`. Messages and jobs of them are among the others.
    hops
        Hops of segments in order of their first bits, shape (n, 8), int64; columns :data:`HOP_COLUMNS`, times
        in nanoseconds. Without rows unless the plan asks for them.
    intervals
        What each direction of each link did from the end of a slot to that of the next one looked at, if
        anything, shape (n, columns), int64; columns :data:`INTERVAL_COLUMNS`. ``wire`` is twice the link plus
        the direction. Idle slots that were skipped are looked at together; ``slot`` is the first of them.
    first_sequence, end_sequence
        The sequences, from the first to before the end; an end of :data:`TO_THE_LAST` means all from there.
    """

    messages: np.ndarray
    jobs: np.ndarray
    batches: np.ndarray
    abandoned: np.ndarray
    hops: np.ndarray = field(default_factory=lambda: np.zeros((0, len(HOP_COLUMNS)), np.int64))
    intervals: np.ndarray = field(default_factory=lambda: np.zeros((0, len(INTERVAL_COLUMNS)), np.int64))
    first_sequence: int = 0
    end_sequence: int = TO_THE_LAST

    def alone(self, workload: Workload) -> tuple[Events, Workload]:
        """Return the same as if nothing else had been simulated, and the work that it is of.

        Parameters
        ----------
        workload
            All that was simulated.
        """
        first, end = self.first_sequence, self.end_sequence
        if (first, end) == (0, TO_THE_LAST):
            return self, workload
        end = len(workload.starts_ns) if end == TO_THE_LAST else end
        shifted = {}
        for name, columns in _REQUEST_COLUMNS.items():
            shifted[name] = getattr(self, name).copy()
            for column in columns:
                shifted[name][:, column] -= first
        events = replace(self, **shifted, first_sequence=0, end_sequence=TO_THE_LAST)
        return events, workload.sequences(first, end)

    def save(self, path: Path) -> None:
        """Write the records to a file."""
        with path.open("wb") as file:
            values: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
            if "engine_use" in values:
                values["engine_use"] = json.dumps(dict(values["engine_use"]))
            np.savez(file, **values)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read records that :meth:`save` wrote."""
        with np.load(path) as file:
            values = {name: file[name] if file[name].ndim else file[name].item() for name in file.files}
        if "engine_use" in values:
            values["engine_use"] = json.loads(values["engine_use"])
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records(Events):
    """What a simulation recorded, and the accounts of it all.

    Its events are those that were not given away before.

    Parameters
    ----------
    account
        Messages, segments, bytes of what was sent and received, and of what was dropped by reason
        (:data:`spacemoe_ns3.results.DROP_REASONS`), shape (2 + reasons, 3), int64.
    extras
        Segments and bytes of copies sent, of acknowledgements and requests sent, and of duplicates received,
        shape (3, 2), int64.
    links
        What each direction of each link carried, shape (M, 2, columns), int64; columns :data:`LINK_COLUMNS`.
        ``queue_ns`` is the time integral of the number of packets in the transmit queue.
    in_flight
        Segments in the network at the end, counted where they are.
    refused_jobs
        Jobs that found the queue of a computer full.
    background
        Packets and bytes of UDP payload that background traffic sent, received, and lost by reason
        (:data:`spacemoe_ns3.results.DROP_REASONS`), shape (2 + reasons, 2), int64.
    background_in_flight
        Its packets in the network at the end, counted where they are.
    events
        Number of events that ns-3 executed.
    ended_ns
        Simulation time at the end.
    lost
        The first message that was lost, and why; empty if none was.
    messages_before
        Messages received in the parts that were given away.
    engine_use
        Which of :data:`PACKET_ENGINES` moved the packets (``engine``), and what else there is to say of it.
    """

    account: np.ndarray
    extras: np.ndarray
    links: np.ndarray
    in_flight: int
    refused_jobs: int
    background: np.ndarray
    background_in_flight: int
    events: int
    ended_ns: int
    lost: str = ""
    messages_before: int = 0
    engine_use: Mapping[str, str | int] = field(default_factory=dict)
