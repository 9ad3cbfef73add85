"""Satellites that fail, and their links with them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.constellation.slots import SlotGrid
from spacemoe_ns3.errors import require
from spacemoe_ns3.links.outages.base import (
    FAILURE,
    LONGEST_MEAN_S,
    SlotMask,
    check_rows,
    check_satellite,
    overlapped,
    spells,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SatelliteFailures:
    """Satellites that fail, with all their links, in every slot that a failure overlaps.

    Parameters
    ----------
    failures
        Named ones: satellite, when it fails in seconds, and when it works again, None for never.
    mean_time_between_failures_s
        Random ones, of every satellite independently: mean of the exponential time in seconds that a
        satellite works, from one repair to the next failure. None for no random failures.
    mean_time_to_repair_s
        Mean of the exponential time in seconds that a random failure lasts; the run then begins at a
        moment like any other, with the long-run share of satellites failed. None for no repair; the run
        then begins with all satellites at work.

    Raises
    ------
    ScenarioError
        If a value is out of its range, or there is a time to repair without one between failures.
    """

    failures: tuple[tuple[int, float, float | None], ...] = ()
    mean_time_between_failures_s: float | None = None
    mean_time_to_repair_s: float | None = None
    reason: ClassVar[str] = FAILURE

    def __post_init__(self) -> None:
        check_rows("links.outages.failures", self.failures, "satellite, at_s, until_s or None", length=3)
        for number, (satellite, at_s, until_s) in enumerate(self.failures):
            where = f"links.outages.failures[{number}]."
            check_whole(f"{where}satellite", satellite, least=0)
            check_number(f"{where}at_s", at_s, least=0)
            if until_s is not None:
                check_number(f"{where}until_s", until_s, above=at_s)
        for name in ("mean_time_between_failures_s", "mean_time_to_repair_s"):
            if getattr(self, name) is not None:
                check_number(f"links.outages.{name}", getattr(self, name), above=0, most=LONGEST_MEAN_S)
        require(
            self.mean_time_to_repair_s is None or self.mean_time_between_failures_s is not None,
            f"links.outages.mean_time_to_repair_s: {self.mean_time_to_repair_s!r} given, must go with "
            "mean_time_between_failures_s; give both",
        )

    def failed(self, *, slots: SlotGrid, satellites: int, random: np.random.Generator) -> np.ndarray:
        """Return which satellites are failed.

        Parameters
        ----------
        slots
            The time slots.
        satellites
            Number of satellites S.
        random
            The stream to draw from. :meth:`draw` gives the links of these very failures only with a
            stream in the same state: make it anew, or use :func:`links_of_failed`.

        Returns
        -------
        Whether a failure overlaps the slot, shape (T, S), bool.

        Raises
        ------
        ScenarioError
            If a named satellite does not exist.
        """
        mask = SlotMask(slots, satellites)
        for number, (satellite, at_s, until_s) in enumerate(self.failures):
            check_satellite(f"links.outages.failures[{number}].satellite", satellite, satellites)
            until = np.array([math.inf if until_s is None else until_s])
            mask.add(np.array([satellite]), *overlapped(slots, np.array([at_s]), until))
        if self.mean_time_between_failures_s is not None:
            to_repair_s = self.mean_time_to_repair_s
            for entity, from_s, back_s in spells(
                "links.outages.mean_time_between_failures_s",
                number=satellites,
                mean_up_s=self.mean_time_between_failures_s,
                mean_down_s=math.inf if to_repair_s is None else to_repair_s,
                is_stationary=to_repair_s is not None,
                end_s=slots.end_ns / NANOSECONDS_PER_SECOND,
                random=random,
            ):
                mask.add(entity, *overlapped(slots, from_s, back_s))
        return mask.down()

    def draw(
        self, *, slots: SlotGrid, ends: np.ndarray, satellites: int, random: np.random.Generator
    ) -> np.ndarray:
        """Return which links have a failed end: see :meth:`OutageModel.draw`."""
        return links_of_failed(self.failed(slots=slots, satellites=satellites, random=random), ends)


def links_of_failed(failed: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return which links have a failed end.

    Parameters
    ----------
    failed
        Whether a satellite is failed in a slot, shape (T, S), bool.
    ends
        Satellites of each link, shape (M, 2).

    Returns
    -------
    Shape (T, M), bool.
    """
    is_down: np.ndarray = failed[:, ends[:, 0]] | failed[:, ends[:, 1]]
    return is_down
