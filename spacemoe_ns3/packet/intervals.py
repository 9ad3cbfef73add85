"""What the links did in each slot: counters that only grow, read at the slots' ends and differenced."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spacemoe_ns3.errors import SimulationError
from spacemoe_ns3.packet.plan import INTERVAL_COLUMNS, LINK_COLUMNS, Events, Records

_GROWING = [name for name in LINK_COLUMNS if name not in ("in_flight", "queued", "queue_max")]
_GROWING_PLACES = [LINK_COLUMNS.index(name) for name in _GROWING]
_MOST_PLACE = LINK_COLUMNS.index("queue_max")


class IntervalLog:
    """Reads the counters of all links at instants, and keeps what happened in between.

    Parameters
    ----------
    take
        Returns the counters up to a simulation time in nanoseconds, shape (M, 2, columns), int64; columns
        :data:`spacemoe_ns3.packet.plan.LINK_COLUMNS`, ``queue_max`` being since its last call.
    """

    def __init__(self, take: Callable[[int], np.ndarray]) -> None:
        self._take = take
        self._end_ns = 0
        self._now: np.ndarray | None = None
        self._most: np.ndarray | None = None
        self._blocks: list[np.ndarray] = []

    @property
    def end_ns(self) -> int:
        """Up to when the counters have been read, in nanoseconds."""
        return self._end_ns

    def read(self, slot: int, end_ns: int) -> None:
        """Read the counters.

        Parameters
        ----------
        slot
            The slot that ends, or the first of a stretch in which nothing was to happen.
        end_ns
            Simulation time, after that of the last call.
        """
        now = self._take(end_ns)
        counters = now.reshape(-1, len(LINK_COLUMNS))
        before = np.zeros_like(counters) if self._now is None else self._now.reshape(counters.shape)
        changes = counters[:, _GROWING_PLACES] - before[:, _GROWING_PLACES]
        wire = np.flatnonzero(changes.any(axis=1))
        block = np.empty((len(wire), len(INTERVAL_COLUMNS)), np.int64)
        for name, values in (("slot", slot), ("start_ns", self._end_ns), ("end_ns", end_ns), ("wire", wire)):
            block[:, INTERVAL_COLUMNS.index(name)] = values
        block[:, [INTERVAL_COLUMNS.index(name) for name in _GROWING]] = changes[wire]
        block[:, INTERVAL_COLUMNS.index("queue_max")] = counters[wire, _MOST_PLACE]
        self._blocks.append(block)
        most = now[..., _MOST_PLACE]
        self._most = most if self._most is None else np.maximum(self._most, most)
        self._now, self._end_ns = now, end_ns

    def take_rows(self) -> np.ndarray:
        """Return what happened since the last call, and forget it.

        Returns
        -------
        Shape (n, columns), int64; columns INTERVAL_COLUMNS, in order of time.
        """
        rows = np.concatenate([np.zeros((0, len(INTERVAL_COLUMNS)), np.int64), *self._blocks])
        self._blocks.clear()
        return rows

    def totals(self) -> np.ndarray:
        """Return the counters up to :attr:`end_ns`, shape (M, 2, columns), int64; at least one was read."""
        assert self._now is not None
        assert self._most is not None
        totals = self._now.copy()
        totals[..., _MOST_PLACE] = self._most
        return totals


def interval_columns(events: Events, *, ends: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each direction of each link did in each slot.

    Parameters
    ----------
    events
        What ns-3 recorded, or a part of it.
    ends
        Satellites of each link, shape (M, 2).

    Returns
    -------
    A column a name, a row a slot and direction in which something happened, in order of slots: ``slot``,
    ``start_ns``, ``end_ns``, ``from_satellite``, ``to_satellite``, ``link``, ``packets``, ``bytes``,
    ``busy_ns``, ``utilisation``, ``queue_ns`` (the integral of the queue's length), ``queue_mean``,
    ``queue_max``, packets lost by reason, ``rerouted``.
    """
    row = dict(zip(INTERVAL_COLUMNS, events.intervals.T, strict=True))
    link, direction = np.divmod(row["wire"], 2)
    length_ns = row["end_ns"] - row["start_ns"]
    return {
        **{name: row[name] for name in ("slot", "start_ns", "end_ns")},
        "from_satellite": ends[link, direction].astype(np.int64),
        "to_satellite": ends[link, 1 - direction].astype(np.int64),
        "link": link,
        **{name: row[name] for name in ("packets", "bytes", "busy_ns")},
        "utilisation": row["busy_ns"] / length_ns,
        "queue_ns": row["queue_ns"],
        "queue_mean": row["queue_ns"] / length_ns,
        "queue_max": row["queue_max"],
        **{name: row[name] for name in _GROWING if name.startswith("lost_")},
        "rerouted": row["rerouted"],
    }


def interval_sums(events: Events, *, links: int) -> np.ndarray:
    """Return the sums of intervals, none of which is busier than it is long.

    Parameters
    ----------
    events
        What ns-3 recorded, or a part of it.
    links
        Number of links M.

    Returns
    -------
    Of each direction of each link, shape (2 M, columns), int64: what only grows.

    Raises
    ------
    SimulationError
        If a link cannot have done what it says.
    """
    row = dict(zip(INTERVAL_COLUMNS, events.intervals.T, strict=True))
    length_ns = row["end_ns"] - row["start_ns"]
    sums = np.zeros((2 * links, len(_GROWING)), np.int64)
    for place, name in enumerate(_GROWING):
        np.add.at(sums[:, place], row["wire"], row[name])
    is_wrong = (row["busy_ns"] > length_ns) | (row["queue_ns"] > row["queue_max"] * length_ns)
    is_wrong |= np.any([row[name] < 0 for name in _GROWING], axis=0)
    if is_wrong.any():
        place = int(np.flatnonzero(is_wrong)[0])
        found = {name: int(column[place]) for name, column in row.items()}
        raise SimulationError(f"accounting: a link cannot have done this: {found}; report this bug")
    return sums


def check_sums(sums: np.ndarray, records: Records) -> None:
    """Raise unless the intervals of all parts sum to the links' counters.

    Parameters
    ----------
    sums
        Those of :func:`interval_sums`, of all parts together.
    records
        The last records.

    Raises
    ------
    SimulationError
        If they do not.
    """
    totals = records.links.reshape(-1, len(LINK_COLUMNS))[:, _GROWING_PLACES]
    if np.any(sums != totals):
        wire, place = (int(index) for index in np.argwhere(sums != totals)[0])
        raise SimulationError(
            f"accounting: {_GROWING[place]} of link {wire // 2}, direction {wire % 2}, is "
            f"{totals[wire, place]}, but its slots sum to {sums[wire, place]}; report this bug"
        )
