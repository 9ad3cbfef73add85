"""What happened to each request, message and job, as columns: of both engines, from one trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from spacemoe_ns3.constants import NO_EXPERT
from spacemoe_ns3.critical_path import Hops, LegLedgers, critical_path
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import LEG_PARTS, Account, EngineResult, Legs, TokenTrace, account_for

NONE = -1  # expert of a residual or a gateway, layer of the head


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What an engine saw, and what is needed to name it.

    Parameters
    ----------
    trace
        The steps N.
    placement
        Who hosted what.
    activations
        Experts of each step, shape (N, L, M), padded with ``NO_EXPERT`` behind.
    token_rows
        Sequence of each step and its place in it, both of shape (N,).
    """

    trace: TokenTrace
    placement: Placement
    activations: np.ndarray
    token_rows: tuple[np.ndarray, np.ndarray]


def result_of(
    happened: Happened,
    *,
    account: Account | None = None,
    hops: Hops | None = None,
    ledgers: LegLedgers | None = None,
) -> EngineResult:
    """Return what an engine says of a placement: all tables that both engines fill.

    Parameters
    ----------
    happened
        What the engine saw.
    account, hops, ledgers
        Of the packet engine (see :func:`spacemoe_ns3.critical_path.critical_path`).

    Raises
    ------
    SimulationError
        If the parts of a latency, or the pieces of a path, do not sum to it.
    """
    placement, activations, token_rows = happened.placement, happened.activations, happened.token_rows
    result = account_for(
        happened.trace, placement=placement, activations=activations, token_rows=token_rows, account=account
    )
    return replace(
        result,
        requests=request_columns(result.tokens),
        messages=message_columns(happened),
        jobs=job_columns(happened),
        critical_path=critical_path(
            happened.trace,
            placement=placement,
            activations=activations,
            token_rows=token_rows,
            hops=hops,
            ledgers=ledgers,
        ),
    )


def request_columns(tokens: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return a row a sequence.

    Parameters
    ----------
    tokens
        Columns of :class:`spacemoe_ns3.results.EngineResult`, each of shape (N,): ``sequence`` ascending,
        ``token``, ``start_ns``, ``latency_ns``.

    Returns
    -------
    Columns of the table ``requests`` (:data:`spacemoe_ns3.schema.TABLES`), each of shape (Q,), int64;
    ``time_per_token_ns`` float64, nan where there is one token.

    Examples
    --------
    Two tokens, emitted 100 and 160 ns after the start:

    >>> tokens = {"sequence": [0, 0], "token": [0, 1], "start_ns": [5, 105], "latency_ns": [100, 60]}
    >>> columns = request_columns({name: np.array(values) for name, values in tokens.items()})
    >>> [columns[name].tolist() for name in ("first_token_ns", "latency_ns", "time_per_token_ns")]
    [[100], [160], [60.0]]
    """
    sequence, first, count = np.unique(tokens["sequence"], return_index=True, return_counts=True)
    last = first + count - 1
    emitted_ns = tokens["start_ns"] + tokens["latency_ns"]
    start_ns = tokens["start_ns"][first]
    between = np.where(count > 1, emitted_ns[last] - emitted_ns[first], np.nan)
    return {
        "sequence": sequence.astype(np.int64),
        "tokens": count.astype(np.int64),
        "start_ns": start_ns,
        "first_token_ns": emitted_ns[first] - start_ns,
        "latency_ns": emitted_ns[last] - start_ns,
        "time_per_token_ns": between / np.maximum(count - 1, 1),
    }


def message_columns(happened: Happened) -> dict[str, np.ndarray]:
    """Return a row a message about a step: of a batch, a message has a row for each step it is about.

    Parameters
    ----------
    happened
        What an engine saw.

    Returns
    -------
    Columns of the table ``messages`` (:data:`spacemoe_ns3.schema.TABLES`), by step, layer and kind; int64,
    ``kind`` strings.
    """
    trace, gateways = happened.trace, happened.placement.gateways
    step, layer, expert, host = _activated(happened)
    is_there = happened.activations != NO_EXPERT
    gateway, onward = gateways[layer], np.roll(gateways, -1)[layer]
    kinds = [
        _messages("dispatch", trace.dispatch, is_there, (step, layer, expert), (gateway, host)),
        _messages("result", trace.result, is_there, (step, layer, expert), (host, onward)),
    ]
    if trace.residual is not None:
        shape = trace.residual.sent.shape
        steps, layers = (axis.ravel() for axis in np.indices(shape))
        ends = gateways[layers], np.roll(gateways, -1)[layers]
        none = np.full(len(steps), NONE)
        kinds.append(_messages("residual", trace.residual, np.ones(shape, bool), (steps, layers, none), ends))
    return _in_order(kinds, happened.token_rows)


def job_columns(happened: Happened) -> dict[str, np.ndarray]:
    """Return a row a computation of a step: of a batch, a job has a row for each of its steps.

    Parameters
    ----------
    happened
        What an engine saw.

    Returns
    -------
    Columns of the table ``jobs`` (:data:`spacemoe_ns3.schema.TABLES`), by step, layer and kind, a step's
    head last; int64, ``kind`` strings.
    """
    trace, gateways = happened.trace, happened.placement.gateways
    step, layer, expert, host = _activated(happened)
    is_there = happened.activations != NO_EXPERT
    steps, layers = (axis.ravel() for axis in np.indices(trace.gateway_started.shape))
    every = np.arange(len(trace.start))
    kinds = [
        _jobs(
            "gateway",
            (steps, layers, np.full(len(steps), NONE), gateways[layers]),
            (trace.layer_start().ravel(), trace.gateway_started.ravel(), trace.gateway_finished.ravel()),
        ),
        _jobs(
            "expert",
            (step, layer, expert, host),
            tuple(
                times[is_there]
                for times in (trace.dispatch.arrived, trace.expert_started, trace.expert_finished)
            ),
        ),
        _jobs(
            "head",
            (every, np.full(len(every), NONE), np.full(len(every), NONE), np.full(len(every), gateways[0])),
            (trace.layer_end()[:, -1], trace.head_started, trace.head_finished),
        ),
    ]
    return _in_order(kinds, happened.token_rows)


def _activated(happened: Happened) -> tuple[np.ndarray, ...]:
    """Return step, layer, expert and satellite of each activated expert, by step, layer and selection."""
    step, layer, place = np.nonzero(happened.activations != NO_EXPERT)
    expert = happened.activations[step, layer, place].astype(np.int64)
    dispatched_ns = happened.trace.gateway_finished[step, layer]
    host = happened.placement.serving(dispatched_ns, layer=layer, expert=expert)
    return step, layer, expert, host


def _messages(
    kind: str, legs: Legs, where: np.ndarray, names: tuple[np.ndarray, ...], ends: tuple[np.ndarray, ...]
) -> dict[str, np.ndarray]:
    """Return messages of a kind, before they are in order."""
    return {
        **dict(zip(("step", "layer", "expert"), names, strict=True)),
        "kind": np.full(len(names[0]), kind),
        "from_satellite": ends[0],
        "to_satellite": ends[1],
        "hops": legs.hops[where],
        "sent_ns": legs.sent[where],
        "arrived_ns": legs.arrived[where],
        **{f"{part}_ns": getattr(legs, part)[where] for part in LEG_PARTS},
    }


def _jobs(kind: str, names: tuple[np.ndarray, ...], times: tuple[np.ndarray, ...]) -> dict[str, np.ndarray]:
    """Return jobs of a kind, before they are in order."""
    return {
        **dict(zip(("step", "layer", "expert", "satellite"), names, strict=True)),
        "kind": np.full(len(names[0]), kind),
        **dict(zip(("submitted_ns", "started_ns", "finished_ns"), times, strict=True)),
    }


def _in_order(
    kinds: list[dict[str, np.ndarray]], token_rows: tuple[np.ndarray, np.ndarray]
) -> dict[str, np.ndarray]:
    """Put rows of several kinds together, by step, layer (the head's last) and kind, and name the steps."""
    columns = {name: np.concatenate([kind[name] for kind in kinds]) for name in kinds[0]}
    rank = np.repeat(np.arange(len(kinds)), [len(kind["step"]) for kind in kinds])
    layer = np.where(columns["layer"] == NONE, np.iinfo(np.int64).max, columns["layer"])
    order = np.lexsort((rank, layer, columns["step"]))
    step = columns.pop("step")[order]
    sequence, place = token_rows
    return {
        "sequence": sequence[step],
        "token": place[step],
        **{name: values[order] for name, values in columns.items()},
    }
