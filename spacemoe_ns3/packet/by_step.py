"""Messages and jobs sorted by the steps that they are about; those of a batch are of all its steps."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constants import NO_EXPERT
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.packet.plan import (
    BATCH_COLUMNS,
    DISPATCH,
    EXPERT,
    HEAD,
    JOB_COLUMNS,
    MESSAGE_COLUMNS,
    RESULT,
    Events,
)


def by_step(records: Events, workload: Workload) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return messages and jobs, a record for each step that they are about.

    Parameters
    ----------
    records
        What ns-3 recorded.
    workload
        What was simulated.

    Returns
    -------
    By column, those of :data:`spacemoe_ns3.packet.plan.MESSAGE_COLUMNS` and
    :data:`spacemoe_ns3.packet.plan.JOB_COLUMNS`, and ``row``, that of the step; of any order.
    """
    messages = dict(zip(MESSAGE_COLUMNS, records.messages.T, strict=True))
    jobs = dict(zip(JOB_COLUMNS, records.jobs.T, strict=True))
    batches = dict(zip(BATCH_COLUMNS, records.batches.T, strict=True))
    # Of a dispatch that was abandoned nothing was used.
    messages = _without(messages, _is_of_abandoned(records, messages, _far_end(messages)))
    jobs = _without(jobs, _is_of_abandoned(records, jobs, jobs["satellite"]))
    first = np.cumsum(workload.sequence_tokens) - workload.sequence_tokens
    for table in (messages, jobs, batches):
        table["row"] = first[table["request"]] + table["token"]
    batches["member"] = first[batches["member_request"]] + batches["member_token"]
    is_head = batches["kind"] == HEAD
    formed = {name: column[~is_head] for name, column in batches.items()}
    messages = _with_members(messages, formed, workload)
    of_head = jobs["kind"] == HEAD
    return messages, _joined(
        _with_members({name: column[~of_head] for name, column in jobs.items()}, formed, workload),
        _with_members(
            {name: column[of_head] for name, column in jobs.items()},
            {name: column[is_head] for name, column in batches.items()},
            workload,
        ),
    )


def late_results(records: Events) -> int:
    """Return how many results came of dispatches that had been abandoned.

    Parameters
    ----------
    records
        What ns-3 recorded.
    """
    messages = dict(zip(MESSAGE_COLUMNS, records.messages.T, strict=True))
    is_result = messages["kind"] == RESULT
    return int((is_result & _is_of_abandoned(records, messages, _far_end(messages))).sum())


def _far_end(messages: dict[str, np.ndarray]) -> np.ndarray:
    """Return the satellite of the expert that each dispatch or result is of; -1 for residuals."""
    return np.select(
        [messages["kind"] == DISPATCH, messages["kind"] == RESULT],
        [messages["to_satellite"], messages["from_satellite"]],
        -1,
    )


def _is_of_abandoned(records: Events, table: dict[str, np.ndarray], satellite: np.ndarray) -> np.ndarray:
    """Return which messages or jobs, on experts at some satellites, are of abandoned dispatches."""
    if len(records.abandoned) == 0:
        return np.zeros(len(satellite), bool)
    names = ("request", "token", "layer", "expert")
    rows = np.stack([*(table[name] for name in names), satellite], axis=1)
    _, key = np.unique(np.concatenate([rows, records.abandoned]), axis=0, return_inverse=True)
    key = key.reshape(-1)  # numpy 2.0 gives it another shape
    is_of: np.ndarray = np.isin(key[: len(rows)], key[len(rows) :])
    return is_of


def _without(table: dict[str, np.ndarray], unwanted: np.ndarray) -> dict[str, np.ndarray]:
    """Return a table without some of its rows."""
    return {name: column[~unwanted] for name, column in table.items()}


def _with_members(
    table: dict[str, np.ndarray], batches: dict[str, np.ndarray], workload: Workload
) -> dict[str, np.ndarray]:
    """Return messages or jobs with a record for each step of their batch that they are about."""
    key = table["layer"] * workload.tokens + table["row"]
    order = np.argsort(batches["layer"] * workload.tokens + batches["row"], kind="stable")
    named = (batches["layer"] * workload.tokens + batches["row"])[order]
    begin, end = np.searchsorted(named, key, side="left"), np.searchsorted(named, key, side="right")
    source = np.repeat(np.arange(len(key)), end - begin)
    behind = np.arange(len(source)) - np.repeat(np.cumsum(end - begin) - (end - begin), end - begin)
    member = order[begin[source] + behind]
    copies = {name: column[source] for name, column in table.items()}
    copies["row"] = batches["member"][member]
    if "submitted" in table:
        copies["submitted"] = np.where(
            copies["kind"] == EXPERT, copies["submitted"], batches["submitted"][member]
        )
    everyone = _joined(table, copies)
    is_for_all = everyone["expert"] == NO_EXPERT
    chosen = workload.activations[everyone["row"], everyone["layer"]]
    concerns = is_for_all | (chosen == everyone["expert"][:, np.newaxis]).any(axis=1)
    return {name: column[concerns] for name, column in everyone.items()}


def _joined(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return two tables of the same columns, one after the other."""
    return {name: np.concatenate([column, other[name]]) for name, column in one.items()}
