"""From what ns-3 recorded to the schema of the results."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.errors import SimulationError
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.packet.plan import (
    DISPATCH,
    EXPERT,
    GATEWAY,
    HEAD,
    JOB_COLUMNS,
    MESSAGE_COLUMNS,
    RESIDUAL,
    RESULT,
    Records,
)
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import Account, EngineResult, Legs, TokenTrace, account_for


def result_from_records(records: Records, *, workload: Workload, placement: Placement) -> EngineResult:
    """Return what the packet engine says of a placement.

    Parameters
    ----------
    records
        What ns-3 recorded.
    workload, placement
        What was simulated.

    Raises
    ------
    SimulationError
        If a message or a job is missing, or the account does not balance.
    """
    account = Account(
        sent=_side(records.account[0]),
        received=_side(records.account[1]),
        dropped=_side(records.account[2]),
    )
    in_flight = [unit["in_flight"] for unit in account.as_dict().values()]
    if any(in_flight) or account.received[0] != len(records.messages):
        raise SimulationError(f"accounting: the run has ended, but {in_flight} is in flight; report this bug")
    return account_for(
        trace_from_records(records, workload=workload),
        placement=placement,
        activations=workload.activations,
        token_rows=workload.token_rows(),
        account=account,
    )


def _side(values: np.ndarray) -> tuple[int, int, int]:
    messages, segments, payload_bytes = values.tolist()
    return messages, segments, payload_bytes


def trace_from_records(records: Records, *, workload: Workload) -> TokenTrace:
    """Sort messages and jobs into the trace of the tokens.

    Parameters
    ----------
    records
        What ns-3 recorded.
    workload
        What was simulated.

    Raises
    ------
    SimulationError
        If a message or a job is missing or came twice.
    """
    trace = TokenTrace.empty(
        tokens=workload.tokens,
        layers=workload.layers,
        top_k=workload.top_k,
        sends_residual=workload.sends_residual,
    )
    messages = dict(zip(MESSAGE_COLUMNS, records.messages.T, strict=True))
    jobs = dict(zip(JOB_COLUMNS, records.jobs.T, strict=True))
    for table in (messages, jobs):
        table["row"] = (np.cumsum(workload.sequence_tokens) - workload.sequence_tokens)[
            table["request"]
        ] + table["token"]
    _fill_legs(trace.dispatch, messages, DISPATCH, workload)
    _fill_legs(trace.result, messages, RESULT, workload)
    if trace.residual is not None:
        _fill_legs(trace.residual, messages, RESIDUAL, workload)
    _fill_jobs(trace.gateway_started, trace.gateway_finished, jobs, GATEWAY, workload)
    _fill_jobs(trace.expert_started, trace.expert_finished, jobs, EXPERT, workload)
    _fill_jobs(trace.head_started, trace.head_finished, jobs, HEAD, workload)
    first = jobs["kind"] == GATEWAY
    first &= jobs["layer"] == 0
    trace.start[jobs["row"][first]] = jobs["submitted"][first]
    return trace


def _fill_legs(legs: Legs, messages: dict[str, np.ndarray], kind: int, workload: Workload) -> None:
    chosen = messages["kind"] == kind
    where = _where(messages, chosen, legs.sent.shape, workload)
    for name in ("sent", "arrived", "propagation", "serialisation", "queueing", "waiting", "hops"):
        getattr(legs, name)[where] = messages[name][chosen]


def _fill_jobs(
    started: np.ndarray, finished: np.ndarray, jobs: dict[str, np.ndarray], kind: int, workload: Workload
) -> None:
    chosen = jobs["kind"] == kind
    where = _where(jobs, chosen, started.shape, workload)
    started[where] = jobs["started"][chosen]
    finished[where] = jobs["finished"][chosen]


def _where(
    table: dict[str, np.ndarray], chosen: np.ndarray, shape: tuple[int, ...], workload: Workload
) -> tuple[np.ndarray, ...]:
    """Return the places of records in arrays of a shape (N,), (N, L) or (N, L, K), each filled once."""
    row, layer, expert = table["row"][chosen], table["layer"][chosen], table["expert"][chosen]
    where: tuple[np.ndarray, ...] = (row, layer)[: len(shape)]
    if len(shape) == 3:
        place = (workload.activations[row, layer] == expert[:, np.newaxis]).argmax(axis=1)
        where = (row, layer, place)
    count = np.bincount(np.ravel_multi_index(where, shape), minlength=int(np.prod(shape)))
    if (count != 1).any():
        place = tuple(int(index) for index in np.unravel_index(np.flatnonzero(count != 1)[0], shape))
        raise SimulationError(
            f"accounting: {count[count != 1][0]} records where one is due, at (token, layer, k) = {place}; "
            "report this bug"
        )
    return where
