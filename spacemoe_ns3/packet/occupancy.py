"""Where the work was done and what went between whom: satellites, and the traffic matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.moe import Workload
from spacemoe_ns3.packet.plan import (
    BATCH_COLUMNS,
    DISPATCH,
    EXPERT,
    JOB_COLUMNS,
    MESSAGE_COLUMNS,
    RESIDUAL,
    RESULT,
    Events,
)
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import TokenTrace

MESSAGE_KINDS = {DISPATCH: "dispatch", RESULT: "result", RESIDUAL: "residual"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """How busy each host's computer was, and what waited there, in sums that those of later parts add to.

    Parameters
    ----------
    satellite
        The satellites, ascending, shape (n,), as all others; int64.
    jobs, submitted
        Served; and steps whose waits count: a batch is one job, and each of its steps waits.
    busy_ns, waited_ns
        Nanoseconds computed; sum of the waits.
    waiting_max, wait_max_ns
        Most that waited at once; longest wait.
    start_ns, end_ns
        The time looked at.
    """

    satellite: np.ndarray
    jobs: np.ndarray
    submitted: np.ndarray
    busy_ns: np.ndarray
    waited_ns: np.ndarray
    waiting_max: np.ndarray
    wait_max_ns: np.ndarray
    start_ns: int
    end_ns: int

    def plus(self, other: Occupancy) -> Occupancy:
        """Return both together; nothing waits from one to the other."""
        satellite = np.union1d(self.satellite, other.satellite)

        def put(name: str, combine: np.ufunc) -> np.ndarray:
            values = np.zeros(len(satellite), np.int64)
            for each in (self, other):
                place = np.searchsorted(satellite, each.satellite)
                values[place] = combine(values[place], getattr(each, name))
            return values

        return Occupancy(
            satellite=satellite,
            **{name: put(name, np.add) for name in ("jobs", "submitted", "busy_ns", "waited_ns")},
            **{name: put(name, np.maximum) for name in ("waiting_max", "wait_max_ns")},
            start_ns=min(self.start_ns, other.start_ns),
            end_ns=max(self.end_ns, other.end_ns),
        )

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns of the table ``satellites`` (:data:`spacemoe_ns3.schema.TABLES`).

        Notes
        -----
        ``waiting_mean`` is the time integral of the number of those that wait over the time looked at. Each
        contributes its wait, so the integral is the sum of waits: Little's law [1]_, as none is left at the
        end.

        .. [1] J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9(3), 1961.
        """
        span_ns = self.end_ns - self.start_ns
        return {
            "satellite": self.satellite,
            "jobs": self.jobs,
            "submitted": self.submitted,
            "busy_ns": self.busy_ns,
            "busy_share": self.busy_ns / span_ns,
            "waiting_mean": self.waited_ns / span_ns,
            "waiting_max": self.waiting_max,
            "wait_mean_ns": self.waited_ns / np.maximum(self.submitted, 1),
            "wait_max_ns": self.wait_max_ns,
        }


def occupancy_of(events: Events, *, placement: Placement, trace: TokenTrace) -> Occupancy:
    """Return how busy the computer of each host was, and what waited there.

    A batch is one job; each of its steps waited by itself, from when it was ready to the start of the batch.

    Parameters
    ----------
    events
        What ns-3 recorded.
    placement
        Who hosted what.
    trace
        The steps; the time looked at is from the start of the first to the end of the last.

    Returns
    -------
    Of all satellites that hosted or computed something.
    """
    jobs = dict(zip(JOB_COLUMNS, events.jobs.T, strict=True))
    satellite = np.unique(np.concatenate([placement.hosts().ravel(), jobs["satellite"]])).astype(np.int64)
    row = np.searchsorted(satellite, jobs["satellite"])
    of, submitted, started = _waits(events, jobs, row)
    wait_ns = started - submitted
    longest_ns = np.zeros(len(satellite), np.int64)
    np.maximum.at(longest_ns, of, wait_ns)
    return Occupancy(
        satellite=satellite,
        jobs=np.bincount(row, minlength=len(satellite)),
        submitted=np.bincount(of, minlength=len(satellite)),
        busy_ns=_sums(row, jobs["finished"] - jobs["started"], len(satellite)),
        waited_ns=_sums(of, wait_ns, len(satellite)),
        waiting_max=_most_at_once(of, submitted, started, len(satellite)),
        wait_max_ns=longest_ns,
        start_ns=int(trace.start.min()),
        end_ns=int(trace.head_finished.max()),
    )


def traffic_columns(events: Events, *, workload: Workload) -> dict[str, np.ndarray]:
    """Return what went from which satellite to which.

    Parameters
    ----------
    events
        What ns-3 recorded.
    workload
        What was simulated.

    Returns
    -------
    A column a name, a row a pair and kind that had messages, in order: ``from_satellite``,
    ``to_satellite`` (the same where a message stays), ``kind`` (:data:`MESSAGE_KINDS`),
    ``messages`` received, ``tokens`` in them, and ``bytes`` of their hidden states, without headers.
    """
    messages = dict(zip(MESSAGE_COLUMNS, events.messages.T, strict=True))
    satellites, kinds = int(messages["to_satellite"].max(initial=0)) + 1, max(MESSAGE_KINDS) + 1
    pair = messages["from_satellite"] * satellites + messages["to_satellite"]
    keys, row = np.unique(pair * kinds + messages["kind"], return_inverse=True)
    pairs, kind = np.divmod(keys, kinds)
    tokens = _sums(row, messages["tokens"], len(keys))
    return {
        "from_satellite": pairs // satellites,
        "to_satellite": pairs % satellites,
        "kind": np.array([MESSAGE_KINDS[each] for each in kind.tolist()], dtype=str),
        "messages": np.bincount(row, minlength=len(keys)),
        "tokens": tokens,
        "bytes": tokens * workload.message_bytes,
    }


def both_traffics(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the traffic of two parts together, as :func:`traffic_columns` would of both."""
    kinds = {kind: number for number, kind in MESSAGE_KINDS.items()}
    joined = {name: np.concatenate([one[name], other[name]]) for name in one}
    number = np.array([kinds[kind] for kind in joined["kind"].tolist()], np.int64)
    keys = np.stack([joined["from_satellite"], joined["to_satellite"], number], axis=1)
    found, row = np.unique(keys, axis=0, return_inverse=True)
    row = row.reshape(-1)  # numpy 2.0 gives it another shape
    return {
        "from_satellite": found[:, 0],
        "to_satellite": found[:, 1],
        "kind": np.array([MESSAGE_KINDS[each] for each in found[:, 2].tolist()], dtype=str),
        **{name: _sums(row, joined[name], len(found)) for name in ("messages", "tokens", "bytes")},
    }


def _waits(
    events: Events, jobs: dict[str, np.ndarray], row: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of all that was submitted: the satellite's row, when it was, and when its job started."""
    batches = dict(zip(BATCH_COLUMNS, events.batches.T, strict=True))
    # A step heads one batch at most of a kind in a layer; jobs of experts have no members.
    names = ("kind", "layer", "request", "token")
    heading = np.flatnonzero(jobs["kind"] != EXPERT)
    place = dict(
        zip(zip(*(jobs[name][heading].tolist() for name in names), strict=True), heading, strict=True)
    )
    of = [place[key] for key in zip(*(batches[name].tolist() for name in names), strict=True)]
    job = np.concatenate([np.arange(len(row)), np.array(of, np.int64)])
    return row[job], np.concatenate([jobs["submitted"], batches["submitted"]]), jobs["started"][job]


def _sums(row: np.ndarray, values: np.ndarray, rows: int) -> np.ndarray:
    """Return the sums of integers by row; bincount would go through floats."""
    sums = np.zeros(rows, np.int64)
    np.add.at(sums, row, values)
    return sums


def _most_at_once(row: np.ndarray, since: np.ndarray, until: np.ndarray, rows: int) -> np.ndarray:
    """Return how many intervals ``[since, until)`` overlap at most, by row."""
    change = np.concatenate([np.ones(len(since), np.int64), -np.ones(len(until), np.int64)])
    at, of = np.concatenate([since, until]), np.concatenate([row, row])
    order = np.lexsort((change, at, of))  # who leaves in a nanosecond leaves before others come
    # Each row's changes sum to zero, so one running sum serves all.
    level = np.cumsum(change[order])
    most = np.zeros(rows, np.int64)
    np.maximum.at(most, of[order], level)
    return most
