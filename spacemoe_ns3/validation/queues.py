"""Every queue: how busy, how long jobs and packets wait there, and what theory expects of it."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.packet import JOB_COLUMNS, LINK_COLUMNS, Records
from spacemoe_ns3.validation.demand import Demand
from spacemoe_ns3.validation.packets import Simulated

SHOWN_QUEUES = 12  # computers, and as many lasers, of each placement


def busy_s(records: Records, *, satellites: int) -> np.ndarray:
    """Return for how long each resource was busy, in seconds, computers first, shape (R,).

    Parameters
    ----------
    records
        What ns-3 recorded.
    satellites
        Number of satellites S.
    """
    jobs = dict(zip(JOB_COLUMNS, records.jobs.T, strict=True))
    computers = np.bincount(jobs["satellite"], jobs["finished"] - jobs["started"], minlength=satellites)
    wires = records.links.reshape(-1, len(LINK_COLUMNS))[:, LINK_COLUMNS.index("busy_ns")]
    return np.concatenate([computers, wires]) / NANOSECONDS_PER_SECOND


def queue_table(simulated: Simulated, demand: Demand) -> dict[str, np.ndarray]:
    """Return the busiest computers and the busiest lasers: load, waits measured and expected.

    Parameters
    ----------
    simulated
        A case, with its records.
    demand
        What its steps ask of every resource.

    Returns
    -------
    A column a name, computers first, each kind from the busiest on: ``from_satellite``, ``to_satellite`` (of
    a computer the same), ``load``, ``served`` (jobs, or packets), ``wait_s`` (mean of those, behind anything)
    and ``expected_wait_s`` (mean of a visit behind other steps, by queueing theory).
    """
    assert simulated.records is not None
    satellites = simulated.case.experiment.sky.timeline.satellites
    served, waited_s = _waits(simulated.records, satellites=satellites)
    steps_per_s = simulated.case.regime.steps_per_s
    rate = np.nan if steps_per_s is None else steps_per_s
    order = np.argsort(-demand.busy_s, kind="stable")
    order = order[served[order] > 0]
    is_computer = order < satellites
    shown = np.concatenate([order[is_computer][:SHOWN_QUEUES], order[~is_computer][:SHOWN_QUEUES]])
    near, far = demand.ends.ravel(), demand.ends[:, ::-1].ravel()
    everyone = np.arange(satellites)
    return {
        "from_satellite": np.concatenate([everyone, near])[shown],
        "to_satellite": np.concatenate([everyone, far])[shown],
        "load": rate * demand.busy_s[shown] + demand.others[1, shown],
        "served": served[shown],
        "wait_s": waited_s[shown] / served[shown],
        "expected_wait_s": demand.waits_s(rate)[shown],
    }


def _waits(records: Records, *, satellites: int) -> tuple[np.ndarray, np.ndarray]:
    """Return jobs or packets that each resource served, and seconds that they waited in all, shape (R,)."""
    jobs = dict(zip(JOB_COLUMNS, records.jobs.T, strict=True))
    links = dict(zip(LINK_COLUMNS, records.links.reshape(-1, len(LINK_COLUMNS)).T, strict=True))
    count = np.bincount(jobs["satellite"], minlength=satellites)
    waited_ns = np.bincount(jobs["satellite"], jobs["started"] - jobs["submitted"], minlength=satellites)
    served = np.concatenate([count, links["packets"]])
    return served, np.concatenate([waited_ns, links["queue_ns"]]) / NANOSECONDS_PER_SECOND
