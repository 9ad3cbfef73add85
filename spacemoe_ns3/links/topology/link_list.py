"""Links by a list, from the scenario or from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spacemoe_ns3.checks import check_kind
from spacemoe_ns3.constellation import Ephemeris, Layout, SlotGrid
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.links.table_file import read_rows
from spacemoe_ns3.links.topology.base import Wiring, sorted_pairs

_COLUMNS = ["satellite_a", "satellite_b"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkList:
    """The links, one by one.

    Parameters
    ----------
    pairs
        Pairs of satellites, each an index or a name.
    path
        Instead of ``pairs``, a CSV file with the columns ``satellite_a,satellite_b``.

    Raises
    ------
    ScenarioError
        If not exactly one of the two is given.
    """

    pairs: tuple[tuple[int | str, int | str], ...] | None = None
    path: str | Path | None = None

    def __post_init__(self) -> None:
        require(
            (self.pairs is None) != (self.path is None),
            "links.topology: LinkList needs either pairs or a path, and not both",
        )
        if self.pairs is not None:
            check_kind("links.topology.pairs", self.pairs, (tuple, list), "pairs such as ((0, 1), (1, 2))")

    def wire(self, *, layout: Layout, ephemeris: Ephemeris | None, slots: SlotGrid | None) -> Wiring:
        """Return the links; see :meth:`Topology.wire`."""
        pairs: dict[tuple[int, int], str] = {}
        entries = self._entries()
        for (where, entry), (one, other) in zip(entries, _resolve(entries, layout), strict=True):
            pair = (min(one, other), max(one, other))
            require(one != other, f"{where}: {entry[0]} is linked to itself; name two satellites")
            require(
                pair not in pairs,
                f"{where}: {entry[0]} and {entry[1]} are linked at {pairs.get(pair)} already",
            )
            pairs[pair] = where
        return Wiring(ends=sorted_pairs(np.array(list(pairs), np.int32).reshape(-1, 2)))

    def _entries(self) -> list[tuple[str, tuple[int | str, int | str]]]:
        """Return the pairs with where each stands."""
        if self.pairs is not None:
            entries = []
            for number, pair in enumerate(self.pairs):
                where = f"links.topology.pairs[{number}]"
                check_kind(where, pair, (tuple, list), "a pair of satellites")
                require(len(pair) == 2, f"{where}: {pair!r} given, must be a pair of satellites")
                entries.append((where, (pair[0], pair[1])))
            return entries
        rows = read_rows(Path(str(self.path)), columns=_COLUMNS, field="links.topology.path")
        return [(where, (one, other)) for where, (one, other) in rows]


def _resolve(entries: list[tuple[str, tuple[int | str, int | str]]], layout: Layout) -> list[tuple[int, int]]:
    """Return the satellites that entries name."""
    try:  # all at once, as building the index of names takes a while
        found = layout.find(*(name for _, entry in entries for name in entry), field="links.topology")
    except ScenarioError:
        for where, entry in entries:
            layout.find(*entry, field=where)
        raise
    return list(zip(found[::2], found[1::2], strict=True))
