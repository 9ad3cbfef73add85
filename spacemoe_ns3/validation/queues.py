"""Every queue: how busy, how long jobs and packets wait there, and what theory expects of it."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.packet import JOB_COLUMNS, LINK_COLUMNS, Records
from spacemoe_ns3.validation.demand import Demand
from spacemoe_ns3.validation.packets import Simulated

SHOWN_QUEUES = 12  # of each placement


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
    """Return the busiest computers: load, waits measured and expected.

    Parameters
    ----------
    simulated
        A case, with its records.
    demand
        What its steps ask of every resource.

    Returns
    -------
    A column a name, the busiest first: ``satellite``, ``load``, ``jobs``, ``wait_s``, ``expected_wait_s``.
    """
    assert simulated.records is not None
    satellites = simulated.case.experiment.sky.timeline.satellites
    jobs = dict(zip(JOB_COLUMNS, simulated.records.jobs.T, strict=True))
    count = np.bincount(jobs["satellite"], minlength=satellites)
    waited_s = np.bincount(jobs["satellite"], jobs["started"] - jobs["submitted"], minlength=satellites)
    order = np.argsort(-demand.busy_s[:satellites], kind="stable")[:SHOWN_QUEUES]
    order = order[count[order] > 0]
    steps_per_s = simulated.case.regime.steps_per_s
    rate = np.nan if steps_per_s is None else steps_per_s
    return {
        "satellite": order,
        "load": rate * demand.busy_s[order],
        "jobs": count[order],
        "wait_s": waited_s[order] / count[order] / NANOSECONDS_PER_SECOND,
        "expected_wait_s": demand.waits_s(rate)[order],
    }
