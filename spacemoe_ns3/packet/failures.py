"""Satellites that fail while a simulation runs, and who is told of it when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.packet.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failure of one satellite.

    Parameters
    ----------
    slot
        The first slot in which it is failed.
    until_slot
        The first slot in which it works again; the number of slots if there is none.
    satellite
        Which.
    """

    slot: int
    until_slot: int
    satellite: int


def failures_of(failed: np.ndarray | None) -> list[Failure]:
    """Return the failures of all satellites.

    Parameters
    ----------
    failed
        Whether a satellite is failed in a slot, shape (T, S), bool; None: none ever is.

    Returns
    -------
    Failures by slot, then by satellite.
    """
    if failed is None:
        return []
    edge = np.zeros((1, failed.shape[1]), np.int8)
    change = np.diff(np.concatenate([edge, failed.astype(np.int8), edge]), axis=0)
    # By satellite, so that the n-th beginning and the n-th end belong together.
    satellite, begins = np.nonzero(change.T == 1)
    _, ends = np.nonzero(change.T == -1)
    return [
        Failure(slot=int(begins[each]), until_slot=int(ends[each]), satellite=int(satellite[each]))
        for each in np.lexsort((satellite, begins))
    ]


def serving_order(plan: Plan) -> np.ndarray:
    """Return the residents of a plan's experts in the order in which they take over from each other.

    Parameters
    ----------
    plan
        The plan.

    Returns
    -------
    Layer, expert, satellite, shape (n, 3): those of an expert to which the placement dispatches in more
    slots first, then by number.
    """
    placement = plan.placement
    residents = placement.residents()
    if placement.dispatch is None:
        return residents
    layer, expert, satellite = residents.T
    slots = (placement.dispatch[:, layer, expert] == satellite).sum(axis=0)
    order: np.ndarray = residents[np.lexsort((satellite, -slots, expert, layer))]
    return order


class FailureTeller:
    """Tells a simulation of the failures, each just before the slot in which it happens.

    Parameters
    ----------
    plan
        What is simulated. Where its transport has no ``detection_s``, nobody is ever told.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        detection_s = plan.transport.detection_s
        self._detection_ns = round((detection_s or 0) * NANOSECONDS_PER_SECOND)
        self._due = [] if detection_s is None else failures_of(plan.routes.timeline.failed)

    def before_slot(self, simulation: Any, slot: int) -> None:
        """Tell what happens up to a slot, with the hosts of the slot before each failure.

        Parameters
        ----------
        simulation
            The bridge.
        slot
            The slot that is simulated next.

        Raises
        ------
        UndeliveredError
            If the satellite of a gateway fails: none takes over.
        """
        placement, slots = self._plan.placement, self._plan.routes.timeline.slots
        while self._due and self._due[0].slot <= slot:
            failure = self._due.pop(0)
            failed_ns = failure.slot * slots.slot_ns
            self._check_gateway(failure.satellite, failed_ns)
            # What has failed from the beginning is known from the beginning.
            told_ns = failed_ns + self._detection_ns if failure.slot else 0
            if failure.slot and placement.dispatch is not None:
                simulation.SetExpertHosts(placement.hosts_in(failure.slot - 1))
            simulation.FailSatellite(failure.satellite, failed_ns, told_ns)
            if failure.until_slot < slots.count:
                works_ns = failure.until_slot * slots.slot_ns
                simulation.RepairSatellite(failure.satellite, works_ns + self._detection_ns)

    def _check_gateway(self, satellite: int, failed_ns: int) -> None:
        layers = np.flatnonzero(self._plan.placement.gateways == satellite)
        if len(layers):
            raise UndeliveredError(
                f"satellite {satellite} failed at {failed_ns} ns, with the gateway of layer "
                f"{', '.join(map(str, layers))}, and no other takes a gateway over; choose a placement with "
                "its gateways elsewhere, or end links.outages before"
            )
