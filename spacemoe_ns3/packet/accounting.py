"""From what ns-3 recorded to the schema of the results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spacemoe_ns3.constants import NO_EXPERT
from spacemoe_ns3.critical_path import Hops, LegLedgers
from spacemoe_ns3.errors import SimulationError, UndeliveredError
from spacemoe_ns3.event_tables import Happened, result_of
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.packet.by_step import by_step, late_results
from spacemoe_ns3.packet.intervals import check_sums, interval_columns, interval_sums
from spacemoe_ns3.packet.occupancy import Occupancy, both_traffics, occupancy_of, traffic_columns
from spacemoe_ns3.packet.plan import (
    BATCH_COLUMNS,
    DISPATCH,
    EXPERT,
    GATEWAY,
    HEAD,
    HOP_COLUMNS,
    JOB_COLUMNS,
    LINK_COLUMNS,
    RESIDUAL,
    RESULT,
    Events,
    Records,
)
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import (
    DROP_REASONS,
    LEG_PARTS,
    Account,
    BackgroundAccount,
    EngineResult,
    Legs,
    TokenTrace,
)


def result_from_records(
    records: Records, *, workload: Workload, placement: Placement, ends: np.ndarray
) -> EngineResult:
    """Return what the packet engine says of a placement, from records of which no part was given away.

    Parameters
    ----------
    records
        What ns-3 recorded.
    workload, placement
        What was simulated.
    ends
        Satellites of each link, shape (M, 2).

    Raises
    ------
    UndeliveredError
        If a message was lost; it carries the account.
    SimulationError
        If a message or a job is missing, or the account does not balance.
    """
    return Accountant(workload=workload, placement=placement, ends=ends).close(records)


class Accountant:
    """Makes tables of what ns-3 recorded of a placement, part by part.

    Parameters
    ----------
    workload, placement
        What is simulated.
    ends
        Satellites of each link, shape (M, 2).
    """

    def __init__(self, *, workload: Workload, placement: Placement, ends: np.ndarray) -> None:
        self._workload = workload
        self._placement = placement
        self._ends = ends
        self._link_sums: np.ndarray | int = 0
        self._occupancy: Occupancy | None = None
        self._traffic: dict[str, np.ndarray] | None = None

    def take(self, part: Events) -> EngineResult:
        """Return the tables of a part: those that have rows for its tokens.

        Parameters
        ----------
        part
            Of sequences that were not in a part before.

        Raises
        ------
        SimulationError
            If a message or a job is missing.
        """
        return self._tables(part, account=None)

    def close(self, records: Records) -> EngineResult:
        """Return the tables of what was not in a part, and those of the whole: links, satellites, traffic.

        Parameters
        ----------
        records
            The last.

        Raises
        ------
        UndeliveredError
            If a message was lost; it carries the account.
        SimulationError
            If a message or a job is missing, or the account does not balance.
        """
        account = _account(records)
        _check_balance(account, records)
        _check_links(account, records)
        if records.lost:
            raise UndeliveredError(_lost_words(records.lost, account), account=account.as_dict())
        result = self._tables(records, account=account)
        check_sums(np.asarray(self._link_sums), records)
        assert self._occupancy is not None
        return replace(
            result,
            links=_link_columns(records, self._ends),
            satellites=self._occupancy.columns(),
            traffic=self._traffic,
            engine_use=records.engine_use,
        )

    def _tables(self, part: Events, *, account: Account | None) -> EngineResult:
        events, workload = part.alone(self._workload)
        trace = trace_from_records(events, workload=workload)
        hops, ledgers = None, None
        if len(events.hops):
            log = dict(zip(HOP_COLUMNS, events.hops.T, strict=True))
            hops, ledgers = Hops.from_log(log, ends=self._ends), _ledgers(events, trace, workload)
        sequence, token = workload.token_rows()
        happened = Happened(
            trace=trace,
            placement=self._placement,
            activations=workload.activations,
            token_rows=(sequence + part.first_sequence, token),
        )
        result = result_of(happened, account=account, hops=hops, ledgers=ledgers)
        self._link_sums = self._link_sums + interval_sums(part, links=len(self._ends))
        if workload.tokens:
            occupancy = occupancy_of(events, placement=self._placement, trace=trace)
            self._occupancy = self._occupancy.plus(occupancy) if self._occupancy else occupancy
            traffic = traffic_columns(events, workload=workload)
            self._traffic = both_traffics(self._traffic, traffic) if self._traffic else traffic
        return replace(result, link_intervals=interval_columns(part, ends=self._ends))


def _account(records: Records) -> Account:
    """Return the account of messages, and of background traffic."""
    dropped = dict(zip(DROP_REASONS, map(_side, records.account[2:]), strict=True))
    again, control, duplicates = ((int(segments), int(octets)) for segments, octets in records.extras)
    return Account(
        sent=_side(records.account[0]),
        received=_side(records.account[1]),
        dropped=dropped,
        again=again,
        control=control,
        duplicates=duplicates,
        dispatched_again=len(records.abandoned),
        late_results=late_results(records),
        refused_jobs=records.refused_jobs,
        background=_background_account(records),
    )


def _background_account(records: Records) -> BackgroundAccount | None:
    """Return the account of background traffic, if there is any; raise unless it balances."""
    sent, received, *dropped = ((int(packets), int(octets)) for packets, octets in records.background)
    account = BackgroundAccount(
        sent=sent, received=received, dropped=dict(zip(DROP_REASONS, dropped, strict=True))
    )
    in_flight = account.as_dict()["packets"]["in_flight"]
    if in_flight != records.background_in_flight:
        raise SimulationError(
            f"accounting: {in_flight} packets of background traffic are neither received nor dropped, but "
            f"{records.background_in_flight} are in the network; report this bug"
        )
    return account if sent[0] else None


def count_finished(records: Records) -> int:
    """Return the number of steps that came to their end.

    Parameters
    ----------
    records
        What ns-3 recorded.
    """
    heads = records.jobs[:, JOB_COLUMNS.index("kind")] == HEAD
    others = records.batches[:, BATCH_COLUMNS.index("kind")] == HEAD
    return int(heads.sum() + others.sum())


def _ledgers(events: Events, trace: TokenTrace, workload: Workload) -> LegLedgers:
    """Return the ledger numbers of all messages, as the trace has them."""
    messages, _ = by_step(events, workload)
    numbers = {}
    for kind, legs in ((DISPATCH, trace.dispatch), (RESULT, trace.result), (RESIDUAL, trace.residual)):
        if legs is not None:
            chosen = messages["kind"] == kind
            numbers[kind] = np.zeros(legs.sent.shape, np.int64)
            where = _where(messages, chosen, legs.sent.shape, workload)
            numbers[kind][where] = messages["ledger"][chosen]
    return LegLedgers(dispatch=numbers[DISPATCH], result=numbers[RESULT], residual=numbers.get(RESIDUAL))


def _check_balance(account: Account, records: Records) -> None:
    """Raise unless what was sent has been received, or dropped, or is where it is counted to be in flight."""
    sides = account.as_dict()
    in_flight = sides["segments"]["in_flight"]
    received = sides["messages"]["received"]
    messages = records.messages_before + len(records.messages)
    if in_flight != records.in_flight or received != messages:
        raise SimulationError(
            f"accounting: {in_flight} segments are neither received nor dropped, but {records.in_flight} are "
            "in the network; report this bug"
        )
    # Copies and acknowledgements of messages that are there may be under way when the time span ends, and so
    # may what was abandoned.
    may_fly = ("segments", "bytes") if account.control[0] or len(records.abandoned) else ()
    if not records.lost and any(side["in_flight"] for unit, side in sides.items() if unit not in may_fly):
        raise SimulationError(
            f"accounting: the run has ended with {in_flight} segments in flight; report this bug"
        )


def _check_links(account: Account, records: Records) -> None:
    """Raise unless the links lost, and hold, what the accounts of messages and background say."""
    counters = dict(zip(LINK_COLUMNS, records.links.reshape(-1, len(LINK_COLUMNS)).sum(axis=0), strict=True))
    others = account.background.dropped if account.background else dict.fromkeys(DROP_REASONS, (0, 0))
    told = {reason: account.dropped[reason][1] + others[reason][0] for reason in DROP_REASONS}
    # ns-3 answers a packet that expires with an ICMP message, which is in nobody's account.
    has_answers = told["time to live"] > 0
    for reason in DROP_REASONS:
        lost = int(counters.get(f"lost_{reason.replace(' ', '_')}", told[reason]))
        if lost < told[reason] or (lost != told[reason] and not has_answers):
            raise SimulationError(
                f"accounting: the links lost {lost} packets ({reason}), but {told[reason]} are missing; "
                "report this bug"
            )
    there, due = (
        int(counters["in_flight"] + counters["queued"]),
        records.in_flight + records.background_in_flight,
    )
    if there > due and not has_answers:  # the others are held by satellites without a path
        raise SimulationError(
            f"accounting: {there} packets are on links, but {due} are in the network; report this bug"
        )


def _lost_words(lost: str, account: Account) -> str:
    """Say what was lost first, and how much in all."""
    sides = account.as_dict()
    segments, messages = sides["segments"], sides["messages"]
    reasons = ", ".join(f"{count} {reason}" for reason, count in segments["dropped_by_reason"].items())
    is_recovered = "given up" in messages["dropped_by_reason"]
    why = "" if is_recovered or not messages["dropped"] else ", as nothing is sent again"
    full = (
        f"; jobs refused in all: {account.refused_jobs}; give traffic.queue_jobs more room, or ask for less"
        if account.refused_jobs
        else ""
    )
    return (
        f"{lost}{full}; messages lost in all: {messages['dropped']}{why}; segments: "
        f"{segments['sent']} sent = {segments['received']} received + {segments['dropped']} dropped "
        f"({reasons}) + {segments['in_flight']} in flight"
    )


def _link_columns(records: Records, ends: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each direction of each link carried, a column a name, each of shape (2 M,)."""
    counters = records.links.reshape(-1, len(LINK_COLUMNS))
    columns = dict(zip(LINK_COLUMNS, counters.T, strict=True))
    return {
        "from_satellite": ends.ravel(),
        "to_satellite": ends[:, ::-1].ravel(),
        **columns,
        "utilisation": columns["busy_ns"] / max(records.ended_ns, 1),
        "queue_mean": columns["queue_ns"] / max(records.ended_ns, 1),
    }


def _side(values: np.ndarray) -> tuple[int, int, int]:
    messages, segments, payload_bytes = values.tolist()
    return messages, segments, payload_bytes


def trace_from_records(events: Events, *, workload: Workload) -> TokenTrace:
    """Sort messages and jobs into the trace of the steps, those of a batch into that of each of its steps.

    Parameters
    ----------
    events
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
        fan_out=workload.fan_out,
        sends_residual=workload.sends_residual,
    )
    messages, jobs = by_step(events, workload)
    _fill_legs(trace.dispatch, messages, DISPATCH, workload)
    _fill_legs(trace.result, messages, RESULT, workload)
    if trace.residual is not None:
        _fill_legs(trace.residual, messages, RESIDUAL, workload)
    _fill_jobs(trace.gateway_started, trace.gateway_finished, jobs, GATEWAY, workload)
    _fill_jobs(trace.expert_started, trace.expert_finished, jobs, EXPERT, workload)
    _fill_jobs(trace.head_started, trace.head_finished, jobs, HEAD, workload)
    begins = (jobs["kind"] == GATEWAY) & (jobs["layer"] == 0)
    trace.start[jobs["row"][begins]] = jobs["submitted"][begins]
    return trace


def _fill_legs(legs: Legs, messages: dict[str, np.ndarray], kind: int, workload: Workload) -> None:
    chosen = messages["kind"] == kind
    where = _where(messages, chosen, legs.sent.shape, workload)
    for name in ("sent", "arrived", *LEG_PARTS, "hops"):
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
    due = np.ones(shape, bool) if len(shape) < 3 else workload.activations != NO_EXPERT
    if len(shape) == 3:
        place = (workload.activations[row, layer] == expert[:, np.newaxis]).argmax(axis=1)
        where = (row, layer, place)
    count = np.bincount(np.ravel_multi_index(where, shape), minlength=int(np.prod(shape)))
    is_wrong = count != due.ravel()
    if is_wrong.any():
        place = tuple(int(index) for index in np.unravel_index(np.flatnonzero(is_wrong)[0], shape))
        raise SimulationError(
            f"accounting: {count[is_wrong][0]} records where {due[place]:d} is due, at (token, layer, k) = "
            f"{place}; report this bug"
        )
    return where
