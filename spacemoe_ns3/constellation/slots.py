"""Time slots: the time span of a run, cut into pieces with one set of links each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import require


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """How a scenario cuts its time span.

    Parameters
    ----------
    count
        Number of slots, at least 1.
    span_s
        Time span in seconds; one orbit if not given.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    count: int = 200
    span_s: float | None = None

    def __post_init__(self) -> None:
        check_whole("slots.count", self.count, least=1)
        if self.span_s is not None:
            check_number("slots.span_s", self.span_s, above=0)

    def grid(self, period_s: float) -> SlotGrid:
        """Return the slots in nanoseconds, for an orbital period in seconds."""
        span_s = period_s if self.span_s is None else self.span_s
        slot_ns = round(span_s * NANOSECONDS_PER_SECOND / self.count)
        require(slot_ns >= 1, f"slots: {self.count} slots in {span_s} s are shorter than a nanosecond")
        return SlotGrid(count=self.count, slot_ns=slot_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotGrid:
    """Slots in nanoseconds: slot n is ``[n * slot_ns, (n + 1) * slot_ns)``.

    Parameters
    ----------
    count
        Number of slots T.
    slot_ns
        Duration of one in nanoseconds.
    """

    count: int
    slot_ns: int

    @property
    def end_ns(self) -> int:
        """End of the last slot in nanoseconds."""
        return self.count * self.slot_ns

    def middles_ns(self) -> np.ndarray:
        """Return the middle of each slot in nanoseconds, shape (T,), int64."""
        return np.arange(self.count, dtype=np.int64) * self.slot_ns + self.slot_ns // 2
