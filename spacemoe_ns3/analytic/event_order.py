"""Which event of each group is next: the order in which ns-3 would have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.analytic.laser_walk import NEVER_NS

ORDINARY = NEVER_NS  # turn of what is not re-routed: after what is


@dataclass(slots=True)
class Agenda:
    """When each of P packets of each of G groups is to be seen to next; arrays of shape (G, P), int64.

    Of events in one nanosecond, packets taken off a link that went down go first, link by link; of the
    others, those that were scheduled first, as ns-3 does: an arrival is scheduled when its transmission
    begins.

    Parameters
    ----------
    time_ns
        When; :data:`NEVER_NS` for packets that have arrived or have not set out.
    turn
        The wire that a packet was taken off, or :data:`ORDINARY`.
    scheduled_ns
        When the event was scheduled.
    order
        Counts the events as they were scheduled.
    """

    time_ns: np.ndarray
    turn: np.ndarray
    scheduled_ns: np.ndarray
    order: np.ndarray
    count: int = 0

    @classmethod
    def empty(cls, groups: int, packets: int) -> Agenda:
        """Return an agenda without events."""
        shape = groups, packets
        return cls(
            time_ns=np.full(shape, NEVER_NS),
            turn=np.full(shape, ORDINARY),
            scheduled_ns=np.zeros(shape, np.int64),
            order=np.zeros(shape, np.int64),
        )

    def schedule(
        self,
        group: np.ndarray,
        packet: np.ndarray,
        time_ns: np.ndarray,
        *,
        scheduled_ns: np.ndarray,
        turn: np.ndarray | int = ORDINARY,
    ) -> None:
        """Put events in, those of a group in the order in which they stand here."""
        where = group, packet
        self.time_ns[where] = time_ns
        self.turn[where] = turn
        self.scheduled_ns[where] = scheduled_ns
        self.order[where] = self.count + np.arange(len(group))
        self.count += len(group)

    def next(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the groups that have events, and the packet that is next in each."""
        groups = np.arange(len(self.time_ns))
        packet = self.time_ns.argmin(axis=1)
        first_ns = self.time_ns[groups, packet]
        going = first_ns != NEVER_NS
        groups, packet, first_ns = groups[going], packet[going], first_ns[going]
        tied = np.flatnonzero((self.time_ns[groups] == first_ns[:, np.newaxis]).sum(axis=1) > 1)
        is_next = self.time_ns[groups[tied]] == first_ns[tied, np.newaxis]
        for column in (self.turn, self.scheduled_ns, self.order):
            key = np.where(is_next, column[groups[tied]], NEVER_NS)
            is_next &= key == key.min(axis=1, initial=NEVER_NS)[:, np.newaxis]
        packet[tied] = is_next.argmax(axis=1)
        return groups, packet
