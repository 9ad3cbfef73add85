"""Where the work was done and what went between whom: satellites, and the traffic matrix."""

from __future__ import annotations

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
    Records,
)
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import TokenTrace

MESSAGE_KINDS = {DISPATCH: "dispatch", RESULT: "result", RESIDUAL: "residual"}


def satellite_columns(records: Records, *, placement: Placement, trace: TokenTrace) -> dict[str, np.ndarray]:
    """Return how busy the computer of each host was, and what waited there.

    A batch is one job; each of its steps waited by itself, from when it was ready to the start of the batch.

    Parameters
    ----------
    records
        What ns-3 recorded.
    placement
        Who hosted what.
    trace
        The steps; the time looked at is from the start of the first to the end of the last.

    Returns
    -------
    A column a name, a row a satellite that hosted or computed something, in order of satellites:
    ``satellite``, ``jobs``, ``submitted`` (those whose waits count: a batch has one a step), ``busy_ns``,
    ``busy_share`` of the time looked at, ``waiting_mean`` and ``waiting_max`` (how many waited),
    ``wait_mean_ns``, ``wait_max_ns``.

    Notes
    -----
    ``waiting_mean`` is the time integral of the number of those that wait over the time looked at. Each
    contributes its wait, so the integral is the sum of waits: Little's law [1]_, as none is left at the end.

    .. [1] J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9(3), 1961.
    """
    jobs = dict(zip(JOB_COLUMNS, records.jobs.T, strict=True))
    satellite = np.unique(np.concatenate([placement.hosts().ravel(), jobs["satellite"]])).astype(np.int64)
    row = np.searchsorted(satellite, jobs["satellite"])
    span_ns = int(trace.head_finished.max() - trace.start.min())
    busy_ns = _sums(row, jobs["finished"] - jobs["started"], len(satellite))
    of, submitted, started = _waits(records, jobs, row)
    wait_ns = started - submitted
    count, total_ns = np.bincount(of, minlength=len(satellite)), _sums(of, wait_ns, len(satellite))
    longest_ns = np.zeros(len(satellite), np.int64)
    np.maximum.at(longest_ns, of, wait_ns)
    return {
        "satellite": satellite,
        "jobs": np.bincount(row, minlength=len(satellite)),
        "submitted": count,
        "busy_ns": busy_ns,
        "busy_share": busy_ns / span_ns,
        "waiting_mean": total_ns / span_ns,
        "waiting_max": _most_at_once(of, submitted, started, len(satellite)),
        "wait_mean_ns": total_ns / np.maximum(count, 1),
        "wait_max_ns": longest_ns,
    }


def traffic_columns(records: Records, *, workload: Workload) -> dict[str, np.ndarray]:
    """Return what went from which satellite to which.

    Parameters
    ----------
    records
        What ns-3 recorded.
    workload
        What was simulated.

    Returns
    -------
    A column a name, a row a pair and kind that had messages, in order: ``from_satellite``,
    ``to_satellite`` (the same where a message stays), ``kind`` (:data:`MESSAGE_KINDS`),
    ``messages`` received, ``tokens`` in them, and ``bytes`` of their hidden states, without headers.
    """
    messages = dict(zip(MESSAGE_COLUMNS, records.messages.T, strict=True))
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


def _waits(
    records: Records, jobs: dict[str, np.ndarray], row: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of all that was submitted: the satellite's row, when it was, and when its job started."""
    batches = dict(zip(BATCH_COLUMNS, records.batches.T, strict=True))
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
