"""The critical path of each step: named pieces that follow each other from its start to its last nanosecond.

A piece begins when the one before it ends; the first begins with the step, the last ends with it. So the
pieces sum to the latency to the nanosecond, or the run fails. Queues that were empty have no piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.errors import SimulationError
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import LEG_PARTS, PARTS, RESIDUAL, Legs, TokenTrace

PIECES = ("gateway", "dispatch", "expert", "result", "residual", "head")
KINDS = ("queue", "compute", "hop", "leg", "retransmission", "transport")
NONE = -1  # of a piece without a layer, a link, an expert or a second satellite
_WHAT = ("row", "layer", "piece", "kind", "satellite", "to_satellite", "link", "expert", "start", "end")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hops:
    """Each hop of each segment, in order of ledger numbers and of time; int64, shape (n,), nanoseconds.

    Parameters
    ----------
    ledger
        Ledger numbers, ascending.
    link, from_satellite, to_satellite
        Where.
    came, arrived
        When the segment came to the satellite, or was handed over there, and when it was at the next.
    parts
        What the hop cost, by part: propagation, serialisation, queueing, waiting; they sum to
        ``arrived - came``. *queueing* is negative where a segment makes up for an earlier hop: its message's
        own bits would have held it up here.
    """

    ledger: np.ndarray
    link: np.ndarray
    from_satellite: np.ndarray
    to_satellite: np.ndarray
    came: np.ndarray
    arrived: np.ndarray
    parts: Mapping[str, np.ndarray]

    @classmethod
    def from_log(cls, log: Mapping[str, np.ndarray], *, ends: np.ndarray) -> Hops:
        """Return the hops of a log.

        Parameters
        ----------
        log
            A column a name, :data:`spacemoe_ns3.packet.plan.HOP_COLUMNS`, in order of first bits.
        ends
            Satellites of each link, shape (M, 2).
        """
        order = np.argsort(log["ledger"], kind="stable")
        row = {name: column[order] for name, column in log.items()}
        is_first = np.diff(row["ledger"], prepend=0) != 0

        def before(values: np.ndarray, at_first: np.ndarray | int) -> np.ndarray:
            return np.where(is_first, at_first, np.roll(values, 1))

        propagation = row["propagation"] - before(row["propagation"], 0)
        waiting = row["waiting"] - before(row["waiting"], 0)
        ready = row["ready"] - before(row["ready"], row["came"])
        link, direction = np.divmod(row["wire"], 2)
        return cls(
            ledger=row["ledger"],
            link=link,
            from_satellite=ends[link, direction].astype(np.int64),
            to_satellite=ends[link, 1 - direction].astype(np.int64),
            came=row["came"],
            arrived=row["arrived"],
            parts={
                "propagation": propagation,
                "serialisation": ready - propagation - waiting,
                "queueing": row["arrived"] - row["came"] - ready,
                "waiting": waiting,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LegLedgers:
    """Ledger numbers of the segments that completed the messages, int64; zero for none.

    Parameters
    ----------
    dispatch, result
        Shape (N, L, K).
    residual
        Shape (N, L); None if residuals are not sent.
    """

    dispatch: np.ndarray
    result: np.ndarray
    residual: np.ndarray | None


def critical_path(
    trace: TokenTrace,
    *,
    placement: Placement,
    activations: np.ndarray,
    token_rows: tuple[np.ndarray, np.ndarray],
    hops: Hops | None = None,
    ledgers: LegLedgers | None = None,
) -> dict[str, np.ndarray]:
    """Name every piece of the critical path of every step.

    Parameters
    ----------
    trace
        What an engine saw.
    placement
        Who hosted what.
    activations
        Experts of each step, shape (N, L, K).
    token_rows
        Sequence of each step and its place in it, both of shape (N,).
    hops, ledgers
        What the packets recorded. Without them a message is one piece, of kind ``leg``.

    Returns
    -------
    A column a name, a row a piece, in order of steps and of time: ``sequence``, ``token``, ``layer``,
    ``piece`` (:data:`PIECES`), ``kind`` (:data:`KINDS`), ``satellite``, ``to_satellite``, ``link``,
    ``expert`` (:data:`NONE` where there is none), ``start_ns``, ``end_ns`` and the parts.

    Raises
    ------
    SimulationError
        If the pieces of a step do not follow each other from its start to its end.
    """
    walk = _Walk(trace=trace, placement=placement, activations=activations, hops=hops, ledgers=ledgers)
    blocks = walk.blocks()
    names = (*_WHAT, *PARTS, "stage", "place")
    column = {name: np.concatenate([block[name] for block in blocks]) for name in names}
    # Some pieces may be empty: a queue that was, a transport that sent at once.
    is_there = (column["end"] != column["start"]) | np.isin(column["kind"], [KINDS.index("compute")])
    is_there |= np.isin(column["kind"], [KINDS.index("hop"), KINDS.index("leg")])
    column = {name: values[is_there] for name, values in column.items()}
    order = np.lexsort((column["place"], column["stage"], column["row"]))
    column = {name: values[order] for name, values in column.items()}
    _check(column, trace)
    sequence, token = token_rows
    return {
        "sequence": sequence[column["row"]],
        "token": token[column["row"]],
        "layer": column["layer"],
        "piece": np.array(PIECES)[column["piece"]],
        "kind": np.array(KINDS)[column["kind"]],
        **{name: column[name] for name in ("satellite", "to_satellite", "link", "expert")},
        "start_ns": column["start"],
        "end_ns": column["end"],
        **{f"{part}_ns": column[part] for part in PARTS},
    }


def _check(column: Mapping[str, np.ndarray], trace: TokenTrace) -> None:
    """Raise unless the pieces of each step fill its latency, and the parts of each piece its length."""
    row, start, end = column["row"], column["start"], column["end"]
    is_first = np.diff(row, prepend=-1) != 0
    is_last = np.diff(row, append=-1) != 0
    wrong = start != np.where(is_first, trace.start[row], np.roll(end, 1))
    wrong |= is_last & (end != trace.head_finished[row])
    wrong |= end - start != sum(column[part] for part in PARTS)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        piece = f"{PIECES[column['piece'][place]]} {KINDS[column['kind'][place]]}"
        raise SimulationError(
            f"accounting: the critical path of step {row[place]} is broken in layer {column['layer'][place]} "
            f"at its {piece}, {start[place]} to {end[place]} ns; please report this as a bug"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """The pieces of a trace, a block of rows a stage."""

    trace: TokenTrace
    placement: Placement
    activations: np.ndarray
    hops: Hops | None
    ledgers: LegLedgers | None

    def blocks(self) -> list[dict[str, np.ndarray]]:
        """Return all pieces, in no order."""
        trace, gateways = self.trace, self.placement.gateways.astype(np.int64)
        steps, layers = trace.gateway_started.shape
        row, layer = (each.ravel() for each in np.indices((steps, layers)))
        last = trace.result.arrived.argmax(axis=2).ravel()
        expert = self.activations[row, layer, last].astype(np.int64)
        host = self.placement.serving(
            trace.gateway_finished, layer=np.arange(layers), expert=expert.reshape(steps, layers)
        ).astype(np.int64)
        host = host.ravel()
        ahead = np.roll(gateways, -1)[layer]
        late = np.zeros(len(row), bool)
        if trace.residual is not None:
            late = (trace.residual.arrived > trace.result.arrived.max(axis=2)).ravel()
        here = {"row": row, "layer": layer, "expert": np.full(len(row), NONE)}
        blocks = self._served(
            "gateway",
            here,
            gateways[layer],
            trace.layer_start(),
            trace.gateway_started,
            trace.gateway_finished,
        )
        chosen = ~late
        way = {"row": row[chosen], "layer": layer[chosen], "expert": expert[chosen]}
        where = (row[chosen], layer[chosen], last[chosen])
        ledgers = self.ledgers
        blocks += self._carried(
            "dispatch", way, gateways[way["layer"]], host[chosen], trace.dispatch, where,
            ledgers.dispatch if ledgers else None,
        )  # fmt: skip
        blocks += self._served(
            "expert", way, host[chosen], trace.dispatch.arrived[where], trace.expert_started[where],
            trace.expert_finished[where],
        )  # fmt: skip
        blocks += self._carried(
            "result",
            way,
            host[chosen],
            ahead[chosen],
            trace.result,
            where,
            ledgers.result if ledgers else None,
        )
        if trace.residual is not None:
            way = {"row": row[late], "layer": layer[late], "expert": np.full(int(late.sum()), RESIDUAL)}
            blocks += self._carried(
                "residual", way, gateways[way["layer"]], ahead[late], trace.residual,
                (row[late], layer[late]), ledgers.residual if ledgers else None,
            )  # fmt: skip
        end = {"row": np.arange(steps), "layer": np.full(steps, NONE), "expert": np.full(steps, NONE)}
        head = np.full(steps, gateways[0])
        return blocks + self._served(
            "head", end, head, trace.layer_end()[:, -1], trace.head_started, trace.head_finished
        )

    def _served(
        self,
        piece: str,
        where: Mapping[str, np.ndarray],
        satellite: np.ndarray,
        submitted: np.ndarray,
        started: np.ndarray,
        finished: np.ndarray,
    ) -> list[dict[str, np.ndarray]]:
        """Return the queue and the computing of jobs."""
        submitted, started, finished = submitted.ravel(), started.ravel(), finished.ravel()
        place = {**where, "satellite": satellite}
        return [
            self._block(piece, "queue", place, submitted, started, {"queueing": started - submitted}),
            self._block(piece, "compute", place, started, finished, {"compute": finished - started}, place=1),
        ]

    def _carried(
        self,
        piece: str,
        where: Mapping[str, np.ndarray],
        satellite: np.ndarray,
        to_satellite: np.ndarray,
        legs: Legs,
        index: tuple[np.ndarray, ...],
        ledger: np.ndarray | None,
    ) -> list[dict[str, np.ndarray]]:
        """Return what came before the first hops of messages, and the hops; or the messages as a whole."""
        cost = {name: getattr(legs, name)[index] for name in LEG_PARTS}
        sent, arrived = legs.sent[index], legs.arrived[index]
        place = {**where, "satellite": satellite, "to_satellite": to_satellite}
        if self.hops is None or ledger is None:
            away = satellite != to_satellite
            kept = {name: values[away] for name, values in place.items()}
            parts = {name: values[away] for name, values in cost.items()}
            return [self._block(piece, "leg", kept, sent[away], arrived[away], parts)]
        blocks, begin = [], sent
        for number, kind in enumerate(("retransmission", "transport")):
            until = begin + cost[kind]
            blocks.append(self._block(piece, kind, place, begin, until, {kind: cost[kind]}, place=number))
            begin = until
        first = np.searchsorted(self.hops.ledger, ledger[index], side="left")
        count = np.searchsorted(self.hops.ledger, ledger[index], side="right") - first
        leg = np.repeat(np.arange(len(first)), count)
        within = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count)
        hop = first[leg] + within
        parts = {name: values[hop] for name, values in self.hops.parts.items()}
        for name, values in parts.items():
            total = np.bincount(leg, minlength=len(first)) * 0
            np.add.at(total, leg, values)
            if np.any(total != cost[name]):
                raise SimulationError(
                    f"accounting: the {name} of a {piece}'s hops is not the message's; "
                    "please report this as a bug"
                )
        along = {
            **{name: values[leg] for name, values in where.items()},
            "satellite": self.hops.from_satellite[hop],
            "to_satellite": self.hops.to_satellite[hop],
            "link": self.hops.link[hop],
        }
        came, there = self.hops.came[hop], self.hops.arrived[hop]
        return [*blocks, self._block(piece, "hop", along, came, there, parts, place=2 + within)]

    def _block(
        self,
        piece: str,
        kind: str,
        where: Mapping[str, np.ndarray],
        start: np.ndarray,
        end: np.ndarray,
        parts: Mapping[str, np.ndarray],
        *,
        place: np.ndarray | int = 0,
    ) -> dict[str, np.ndarray]:
        """Return rows of one kind; ``place`` orders them within their stage."""
        rows = len(start)
        layer = np.where(where["layer"] == NONE, self.trace.gateway_started.shape[1], where["layer"])
        none = np.full(rows, NONE)
        return {
            "to_satellite": none,
            "link": none,
            **where,
            "piece": np.full(rows, PIECES.index(piece)),
            "kind": np.full(rows, KINDS.index(kind)),
            "start": start,
            "end": end,
            "stage": layer * len(PIECES) + PIECES.index(piece),
            "place": np.broadcast_to(place, rows),
            **{part: parts.get(part, np.zeros(rows, np.int64)) for part in PARTS},
        }
