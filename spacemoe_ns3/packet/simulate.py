"""A plan through ns-3: built, run slot by slot, read once."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import SimulationError, UndeliveredError
from spacemoe_ns3.links import LossPolicy
from spacemoe_ns3.packet._ns import load_bridge
from spacemoe_ns3.packet.capture import open_files
from spacemoe_ns3.packet.capture_files import CAPTURE_COLUMNS, write_captures
from spacemoe_ns3.packet.failures import FailureTeller, serving_order
from spacemoe_ns3.packet.intervals import IntervalLog
from spacemoe_ns3.packet.plan import (
    ABANDONED_COLUMNS,
    BATCH_COLUMNS,
    ENGINE_VALUES,
    HOP_COLUMNS,
    JOB_COLUMNS,
    LINK_COLUMNS,
    MESSAGE_COLUMNS,
    Events,
    Plan,
    Records,
)
from spacemoe_ns3.results import DROP_REASONS
from spacemoe_ns3.streams import stream
from spacemoe_ns3.transport import Tcp

_TABLES_IN_USE = 3  # this slot's, the one before, which the simulation still looks into, and one to spare


def simulate(
    plan: Plan,
    *,
    folder: Path,
    report: Callable[[int], None],
    give: Callable[[Events], None] | None = None,
) -> Records:
    """Run a plan in this process.

    Parameters
    ----------
    plan
        What to simulate.
    folder
        Where captures go.
    report
        Called now and then with the number of tokens emitted.
    give
        Called with parts of what was recorded, if the plan asks for them.

    Returns
    -------
    The records, without those that were given away.

    Raises
    ------
    UndeliveredError
        If a message has not arrived when the time span ends.
    SimulationError
        If ns-3 throws.
    WriteError
        If a capture could not be written.
    """
    simulation = load_bridge()()
    shape = len(plan.routes.timeline.ends), 2, len(LINK_COLUMNS)
    log = IntervalLog(lambda end_ns: _filled(partial(simulation.TakeLinkCounters, end_ns), *shape))
    ephemeris = plan.routes.timeline.ephemeris
    # The simulation looks into these, and keeps no copy.
    views = np.ascontiguousarray(ephemeris.positions_m), np.ascontiguousarray(ephemeris.velocities_m_s)
    try:
        _build(simulation, plan, folder, views)
        parts = _Parts(simulation, plan, log, give)
        _run(simulation, plan, report, log, parts)
    except (SimulationError, MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        # cppyy puts the signature of the C++ method and the exception's class first.
        text = re.sub(r"^\w+: ", "", str(error).split("=>")[-1].strip())
        raise SimulationError(text) from error
    if plan.captures:
        counts = _filled(simulation.CloseCaptures, len(plan.captures), len(CAPTURE_COLUMNS))
        write_captures(folder, plan.captures, counts, names=plan.routes.timeline.layout.names)
    return _read(simulation, log, plan, parts)


def _build(simulation: Any, plan: Plan, folder: Path, views: tuple[np.ndarray, np.ndarray]) -> None:
    timeline = plan.routes.timeline
    ephemeris = timeline.ephemeris
    knots, satellites, _ = ephemeris.positions_m.shape
    simulation.ChooseEngine(
        plan.engine,
        plan.is_lean,
        timeline.mtu_bytes,
        timeline.queue_packets,
        list(LossPolicy).index(timeline.policy),
    )
    simulation.CreateSatellites(
        *views,
        knots,
        satellites,
        ephemeris.step_ns,
        timeline.slots.slot_ns,
    )
    simulation.CreateLinks(_some(timeline.ends, np.int32), len(timeline.ends))
    simulation.SetLinkSchedule(
        _some(timeline.up, np.uint8),
        _some(timeline.rate_bps, np.uint64),
        timeline.slots.count,
    )
    if timeline.packet_error_rate is not None and len(timeline.ends):
        simulation.SetPacketErrors(
            np.ascontiguousarray(timeline.packet_error_rate, np.float64), _ns3_seed(plan.seed)
        )
    if plan.records_hops:
        simulation.RecordHops()
    _set_transport(simulation, plan)
    destinations = np.ascontiguousarray(plan.routes.destinations, np.int32)
    simulation.SetDestinations(destinations, len(destinations))
    _place(simulation, plan)
    _add_background(simulation, plan)
    if plan.captures:
        open_files(len(plan.captures))
        simulation.BoundCaptures(plan.capture_bytes)
    for point in plan.captures:
        simulation.EnablePcap(point.satellite, point.port, str(folder / point.file_name))


def _ns3_seed(seed: int) -> int:
    """Return the seed that ns-3 gets: it takes 32 bits, and not 0."""
    return int(stream(seed, "packet.errors").integers(1, 2**32))


def _set_transport(simulation: Any, plan: Plan) -> None:
    transport = plan.transport
    if isinstance(transport, Tcp):
        simulation.SetTcp(
            transport.congestion_control,
            transport.buffer_bytes,
            transport.initial_window,
            max(1, round(transport.minimum_timeout_s * NANOSECONDS_PER_SECOND)),
            transport.retries,
        )
        return
    recovery = transport.recovery
    if recovery is not None:
        seconds = (recovery.timeout_s, recovery.asks_after_s, recovery.give_up_s)
        simulation.SetRecovery(*(max(1, round(each * NANOSECONDS_PER_SECOND)) for each in seconds))


def _place(simulation: Any, plan: Plan) -> None:
    """Place gateways and experts, with the times that they take where they are, and set the sequences."""
    workload, placement = plan.workload, plan.placement
    residents, gateways, computing = serving_order(plan), placement.gateways, workload.computing
    steps = np.arange(1, workload.batch + 1)
    simulation.PlaceModel(
        np.ascontiguousarray(gateways, np.int32),
        # Of each layer, for one step, two, ...
        np.ascontiguousarray(computing.gateways_ns(gateways, steps[:, np.newaxis]).T, np.int64),
        np.array([computing.head_at_ns(int(gateways[0]), int(step)) for step in steps], np.int64),
        workload.batch,
        workload.layers,
        workload.experts,
        workload.message_bytes,
        workload.sends_residual,
    )
    # Of a batch all steps may go to one expert.
    tokens = np.arange(1, max(workload.batch, int(workload.shares.max())) + 1)
    simulation.PlaceExperts(
        np.ascontiguousarray(residents, np.int32),
        np.ascontiguousarray(computing.residents_ns(residents, gateways, tokens[:, np.newaxis]).T, np.int64),
        len(residents),
        len(tokens),
    )
    for width in np.unique(workload.widths[workload.widths > 1]).tolist():
        simulation.SetPrefillTimes(
            width, np.ascontiguousarray(computing.prefill_gateways_ns(gateways, width), np.int64)
        )
    if workload.queue_jobs is not None:
        simulation.SetQueueJobs(workload.queue_jobs)
    if placement.dispatch is None:
        simulation.SetExpertHosts(placement.hosts_in(0))
    activations = np.ascontiguousarray(workload.activations, np.uint16)
    simulation.SetSequences(
        workload.starts_ns,
        workload.sequence_tokens,
        len(workload.starts_ns),
        activations,
        activations.size,
        workload.fan_out,
        np.ascontiguousarray(workload.widths, np.int32),
        np.ascontiguousarray(workload.shares, np.int32),
    )


def _add_background(simulation: Any, plan: Plan) -> None:
    """Add the flows of background traffic, from the first sequence's start on."""
    for flow in plan.background:
        like = flow.background
        simulation.AddBackground(
            flow.source,
            flow.destination,
            like.packet_bytes,
            like.interval_s,
            like.pattern == "poisson",
            like.on_s,
            like.off_s if like.is_on_off else 0.0,
            flow.starts_on,
            int(plan.workload.starts_ns[0]),
            _ns3_seed(plan.seed),
        )


class _Parts:
    """Gives away what was recorded, now and then, when nothing is under way.

    Then whatever was recorded is of sequences that have ended, and nothing that comes later is. Where that
    cannot be told, all is kept to the end: over TCP, with background traffic, where satellites fail. Likewise
    once a request has lost anything, whatever arrived later: it has steps that never end.
    """

    def __init__(
        self, simulation: Any, plan: Plan, log: IntervalLog, give: Callable[[Events], None] | None
    ) -> None:
        self._simulation = simulation
        self._log = log
        self._starts_ns = plan.workload.starts_ns
        self._part_tokens = plan.part_tokens
        self._give = give
        self._tokens = 0
        self.first_sequence = 0
        self.messages = 0
        is_in_order = bool((np.diff(self._starts_ns) >= 0).all())
        is_plain = not isinstance(plan.transport, Tcp) and not plan.background
        if not (is_in_order and is_plain):
            self._part_tokens = None

    def offer(self, end_ns: int) -> None:
        """Give a part away if it is large enough; the time is before that of the next event."""
        if self._part_tokens is None or self._give is None:
            return
        simulation = self._simulation
        emitted = int(simulation.GetTokensEmitted())
        if emitted - self._tokens < self._part_tokens:
            return
        if simulation.GetAbandonedCount() or str(simulation.DescribeFirstLost()):
            return
        end = int(np.searchsorted(self._starts_ns, end_ns))
        part = Events(**_events(simulation, self._log), first_sequence=self.first_sequence, end_sequence=end)
        self._give(part)
        simulation.ClearRecords()
        self.messages += len(part.messages)
        self._tokens, self.first_sequence = emitted, end


def _run(simulation: Any, plan: Plan, report: Callable[[int], None], log: IntervalLog, parts: _Parts) -> None:
    """Run slot by slot, with the table and the hosts of each slot set just before it begins; skip idle slots.

    What the links did is read at the end of each slot, and of each idle stretch; the log ends with the run.
    """
    slots = plan.routes.timeline.slots
    starts_ns = plan.workload.starts_ns
    # TCP opens its connections at time zero.
    slot = 0 if isinstance(plan.transport, Tcp) else int(starts_ns[0]) // slots.slot_ns
    teller = FailureTeller(plan)
    tables: deque[np.ndarray] = deque(maxlen=_TABLES_IN_USE)
    while True:
        teller.before_slot(simulation, slot)  # of idle slots too, before they are run through
        if slot * slots.slot_ns > log.end_ns:
            _run_until(simulation, slot * slots.slot_ns, log.end_ns // slots.slot_ns, log)
        table = np.ascontiguousarray(plan.routes.table(slot), np.uint8)
        tables.append(table)
        simulation.LoadTable(slot, table, table.size)
        if plan.placement.dispatch is not None:
            simulation.SetExpertHosts(plan.placement.hosts_in(slot))
        report(simulation.GetTokensEmitted())  # of a first slot that takes long, that it has begun
        _run_until(simulation, (slot + 1) * slots.slot_ns, slot, log)
        report(simulation.GetTokensEmitted())
        under_way = simulation.GetTokensUnderWay()
        later = starts_ns[starts_ns >= (slot + 1) * slots.slot_ns]
        # What is left of a request that lost a message is not under way, but travels, and computes, on. What
        # may be sent again needs the tables of its slot.
        has_lost = simulation.GetMessagesLost() or simulation.GetJobsRefused()
        # What was abandoned may be under way for good.
        is_left = simulation.GetAbandonedCount() or simulation.GetHomeless()
        if is_left and not under_way and not later.size:
            return
        busy = under_way or simulation.GetSegmentsInFlight() or simulation.GetMessagesPending()
        # A TCP socket that does not know yet that it is open speaks up whenever it likes, and so does
        # background traffic.
        is_restless = isinstance(plan.transport, Tcp) or bool(plan.background) or has_lost
        if later.size and not busy and not has_lost:
            parts.offer((slot + 1) * slots.slot_ns)
        if busy or (later.size and is_restless):
            slot += 1
        elif later.size:
            slot = int(later[0]) // slots.slot_ns
        else:
            return
        if slot >= slots.count:
            if not under_way:
                return
            message = str(simulation.DescribeOldestOutstanding()) or "none in flight, a computer is at work"
            raise UndeliveredError(
                f"{under_way} tokens are under way at {slots.end_ns} ns, the end of the time span; oldest "
                f"message without arrival: {message}; there is no path, or too little time: give "
                "slots.span_s a longer span or ask for fewer tokens"
            )


def _run_until(simulation: Any, end_ns: int, slot: int, log: IntervalLog) -> None:
    """Run up to a time, without what happens then, and read what the links did since the last reading."""
    simulation.RunUntil(end_ns - 1)
    log.read(slot, end_ns)


def _events(simulation: Any, log: IntervalLog) -> dict[str, Any]:
    """Return what was recorded and not forgotten, by field of :class:`Events`."""
    return {
        "messages": _filled(simulation.CopyMessages, simulation.GetMessageCount(), len(MESSAGE_COLUMNS)),
        "jobs": _filled(simulation.CopyJobs, simulation.GetJobCount(), len(JOB_COLUMNS)),
        "batches": _filled(simulation.CopyBatches, simulation.GetBatchMemberCount(), len(BATCH_COLUMNS)),
        "abandoned": _filled(
            simulation.CopyAbandoned, simulation.GetAbandonedCount(), len(ABANDONED_COLUMNS)
        ),
        "hops": _filled(simulation.CopyHops, simulation.GetHopCount(), len(HOP_COLUMNS)),
        "intervals": log.take_rows(),
    }


def _read(simulation: Any, log: IntervalLog, plan: Plan, parts: _Parts) -> Records:
    account = _filled(simulation.CopyAccount, 3, 3)
    drops = _filled(simulation.CopyDrops, len(DROP_REASONS), 3)
    extras = _filled(simulation.CopyExtras, 3, 2)
    return Records(
        **_events(simulation, log),
        first_sequence=parts.first_sequence,
        messages_before=parts.messages,
        account=np.concatenate([account[:2], drops]),
        extras=extras,
        links=log.totals(),
        in_flight=int(simulation.GetSegmentsInFlight()),
        refused_jobs=int(simulation.GetJobsRefused()),
        background=_filled(simulation.CopyBackground, 2 + len(DROP_REASONS), 2),
        background_in_flight=int(simulation.GetBackgroundInFlight()),
        events=int(simulation.GetEventCount()),
        ended_ns=log.end_ns,
        lost=str(simulation.DescribeFirstLost()),
        engine_use=_engine_use(simulation, plan),
    )


def _engine_use(simulation: Any, plan: Plan) -> dict[str, str | int]:
    """Return what carried the packets, and how."""
    if plan.engine == "reference":
        return {"engine": "reference", "endpoints": "sockets"}
    use = dict(
        zip(ENGINE_VALUES, _filled(simulation.CopyEngineUse, len(ENGINE_VALUES)).tolist(), strict=True)
    )
    is_lean = plan.is_lean and not isinstance(plan.transport, Tcp)
    mostly = "window" if use["window_hops"] > use["per_hop_hops"] else "per-hop"
    return {"engine": mostly, "endpoints": "lean" if is_lean else "sockets", **use}


def _some(values: np.ndarray, kind: type) -> np.ndarray:
    """Return values as the bridge wants them, row by row; an element that nobody reads if there are none."""
    array: np.ndarray = np.ascontiguousarray(values, kind)
    return array if array.size else np.zeros(1, kind)  # cppyy takes no empty arrays


def _filled(copy: Callable[[np.ndarray], None], *shape: int) -> np.ndarray:
    """Return what a method of the bridge copies into an array of a shape."""
    values = np.empty(shape, np.int64)
    if values.size:
        copy(values)
    return values
