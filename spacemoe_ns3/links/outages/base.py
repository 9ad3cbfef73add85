"""What a cause of outages is, and what several of them share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Protocol

import numpy as np

from spacemoe_ns3.checks import check_kind
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.constellation.slots import SlotGrid
from spacemoe_ns3.errors import require

OUTAGE = "outage"  # by chance
SCHEDULED = "scheduled"
FAILURE = "failure"  # of a satellite at one end

LONGEST_MEAN_S = 1e15  # far beyond any span
_BLOCK = 16  # sojourns drawn at once; part of what a seed means
_MOST_SPELLS = 1e8  # a few seconds of drawing


class OutageModel(Protocol):
    """What a scenario may declare as a cause of outages."""

    reason: ClassVar[str]
    """:data:`OUTAGE`, :data:`SCHEDULED` or :data:`FAILURE`."""

    def draw(
        self, *, slots: SlotGrid, ends: np.ndarray, satellites: int, random: np.random.Generator
    ) -> np.ndarray:
        """Return which links the outages take down.

        Parameters
        ----------
        slots
            The time slots.
        ends
            Satellites of each link, shape (M, 2).
        satellites
            Number of satellites S.
        random
            The stream to draw from.

        Returns
        -------
        Whether a link is taken down in a slot, shape (T, M), bool.

        Raises
        ------
        ScenarioError
            If the declaration does not fit the constellation.
        """
        ...


class SlotMask:
    """Counts of the windows over each slot of each entity, kept as steps at their first and last slots."""

    def __init__(self, slots: SlotGrid, entities: int) -> None:
        self._steps = np.zeros((slots.count + 1, entities), np.int32)

    def add(self, entity: np.ndarray, first: np.ndarray, past: np.ndarray) -> None:
        """Cover slots ``first`` to ``past - 1``, all of shape (n,)."""
        np.add.at(self._steps, (first, entity), 1)
        np.add.at(self._steps, (past, entity), -1)

    def down(self) -> np.ndarray:
        """Return what is covered, shape (T, entities), bool."""
        return np.cumsum(self._steps, axis=0)[:-1] > 0


def overlapped(slots: SlotGrid, from_s: np.ndarray, until_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first slot that ``[from_s, until_s)`` overlaps, and the slot past the last one.

    Times are rounded to nanoseconds; however short, a window takes the slot that it begins in.
    """
    end_s = slots.end_ns / NANOSECONDS_PER_SECOND
    from_ns, until_ns = (
        np.rint(np.minimum(time_s, end_s) * NANOSECONDS_PER_SECOND).astype(np.int64)
        for time_s in (from_s, until_s)
    )
    first = np.minimum(from_ns // slots.slot_ns, slots.count)
    past = np.maximum(-(-until_ns // slots.slot_ns), first + 1)
    return first, np.minimum(past, slots.count)


def spells(
    path: str,
    *,
    number: int,
    mean_up_s: float,
    mean_down_s: float,
    is_stationary: bool,
    end_s: float,
    random: np.random.Generator,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Draw alternating exponential turns; yield entity, begin and end of those down, block by block.

    Every entity gets as many draws as any other, so that a longer span only appends to the turns.
    """
    turns = number * end_s / (mean_up_s + mean_down_s)
    require(
        turns <= _MOST_SPELLS,
        f"{path}: {mean_up_s:g} given, makes {turns:.3g} turns of {number} in {end_s:g} s, at most "
        f"{_MOST_SPELLS:g} are allowed; choose longer means or a shorter span",
    )
    is_down = random.random(number) < (mean_down_s / (mean_up_s + mean_down_s) if is_stationary else 0.0)
    clock_s = np.zeros(number)
    while clock_s.min(initial=math.inf) < end_s:
        turns_s = random.standard_exponential((_BLOCK, 2, number))
        turns_s[:, 0] *= mean_up_s
        turns_s[:, 1] *= mean_down_s
        # What is down at time zero has no first turn up; exponential turns have no memory.
        turns_s[0, 0, is_down] = 0.0
        is_down = np.zeros(number, bool)
        edges_s = clock_s + np.cumsum(turns_s.reshape(-1, number), axis=0)
        clock_s = edges_s[-1]
        row, entity = np.nonzero(edges_s[::2] < end_s)
        yield entity, edges_s[::2][row, entity], edges_s[1::2][row, entity]


def check_rows(path: str, rows: object, words: str, *, length: int) -> None:
    """Raise unless there are rows of one length."""
    check_kind(path, rows, (tuple, list), f"rows {words}")
    for number, row in enumerate(rows if isinstance(rows, (tuple, list)) else ()):
        is_row = isinstance(row, (tuple, list)) and len(row) == length
        require(is_row, f"{path}[{number}]: {row!r} given, must be {words}")


def check_satellite(where: str, satellite: int, satellites: int) -> None:
    """Raise unless there is such a satellite."""
    require(
        satellite < satellites,
        f"{where}: {satellite} given, must be one of {satellites} satellites, 0 to {satellites - 1}; "
        "name one that exists",
    )
