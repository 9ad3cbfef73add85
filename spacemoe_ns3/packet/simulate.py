"""A plan through ns-3: built, run slot by slot, read once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from spacemoe_ns3.errors import SimulationError, UndeliveredError
from spacemoe_ns3.packet._ns import load_bridge
from spacemoe_ns3.packet.plan import JOB_COLUMNS, MESSAGE_COLUMNS, Plan, Records


def simulate(plan: Plan, *, folder: Path, report: Callable[[int], None]) -> Records:
    """Run a plan in this process.

    Parameters
    ----------
    plan
        What to simulate.
    folder
        Where captures go.
    report
        Called now and then with the number of tokens emitted.

    Returns
    -------
    The records.

    Raises
    ------
    UndeliveredError
        If a message can never arrive.
    SimulationError
        If ns-3 throws.
    """
    simulation = load_bridge()()
    try:
        _build(simulation, plan, folder)
        _run(simulation, plan, report)
    except (SimulationError, MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        # cppyy puts the signature of the C++ method and the exception's class first.
        text = re.sub(r"^\w+: ", "", str(error).split("=>")[-1].strip())
        kind = UndeliveredError if "message lost" in text else SimulationError
        raise kind(text) from error
    return _read(simulation)


def _build(simulation: Any, plan: Plan, folder: Path) -> None:
    workload, placement, timeline = plan.workload, plan.placement, plan.routes.timeline
    ephemeris = timeline.ephemeris
    knots, satellites, _ = ephemeris.positions_m.shape
    simulation.CreateSatellites(
        np.ascontiguousarray(ephemeris.positions_m),
        np.ascontiguousarray(ephemeris.velocities_m_s),
        knots,
        satellites,
        ephemeris.step_ns,
        timeline.slots.slot_ns,
    )
    simulation.CreateLinks(
        np.ascontiguousarray(timeline.ends, np.int32),
        np.ascontiguousarray(timeline.rate_bps, np.uint64),
        len(timeline.ends),
        timeline.mtu_bytes,
        timeline.queue_packets,
    )
    destinations = np.ascontiguousarray(plan.routes.destinations, np.int32)
    simulation.SetDestinations(destinations, len(destinations))
    simulation.PlaceModel(
        np.ascontiguousarray(placement.gateways, np.int32),
        np.ascontiguousarray(placement.experts, np.int32),
        workload.layers,
        workload.experts,
        workload.gateway_ns,
        workload.expert_ns,
        int(workload.head_ns),
        workload.message_bytes,
        workload.sends_residual,
    )
    activations = np.ascontiguousarray(workload.activations, np.uint16)
    simulation.SetSequences(
        workload.starts_ns,
        workload.sequence_tokens,
        len(workload.starts_ns),
        activations,
        activations.size,
        workload.top_k,
    )
    for point in plan.captures:
        simulation.EnablePcap(point.satellite, point.port, str(folder / point.file_name))


def _run(simulation: Any, plan: Plan, report: Callable[[int], None]) -> None:
    """Run slot by slot, loading the table of each slot just before it begins; skip idle slots."""
    slots = plan.routes.timeline.slots
    starts_ns = plan.workload.starts_ns
    slot = int(starts_ns[0]) // slots.slot_ns
    while True:
        table = plan.routes.table(slot)
        simulation.LoadTable(slot, table, table.size)
        simulation.RunUntil((slot + 1) * slots.slot_ns - 1)
        report(simulation.GetTokensEmitted())
        under_way = simulation.GetTokensUnderWay()
        later = starts_ns[starts_ns >= (slot + 1) * slots.slot_ns]
        if under_way:
            slot += 1
        elif later.size:
            slot = int(later[0]) // slots.slot_ns
        else:
            return
        if slot >= slots.count:
            message = str(simulation.DescribeOldestOutstanding()) or "none in flight, a computer is at work"
            raise UndeliveredError(
                f"{under_way} tokens are under way at {slots.end_ns} ns, the end of the time span; oldest "
                f"message without arrival: {message}; there is no path, or too little time: give "
                "slots.span_s a longer span or ask for fewer tokens"
            )


def _read(simulation: Any) -> Records:
    messages = np.empty((simulation.GetMessageCount(), len(MESSAGE_COLUMNS)), np.int64)
    simulation.CopyMessages(messages)
    jobs = np.empty((simulation.GetJobCount(), len(JOB_COLUMNS)), np.int64)
    simulation.CopyJobs(jobs)
    account = np.empty((3, 3), np.int64)
    simulation.CopyAccount(account)
    return Records(messages=messages, jobs=jobs, account=account, events=int(simulation.GetEventCount()))
