"""What a topology gives: pairs of satellites, of what kind, and when they point at each other."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spacemoe_ns3.constellation import NOWHERE, Ephemeris, Layout, SlotGrid
from spacemoe_ns3.errors import require


class LinkKind(enum.IntEnum):
    """What a link joins."""

    INTRA_PLANE = 0
    CROSS_PLANE = 1
    SEAM = 2  # the last plane and the first
    INTER_SHELL = 3  # two shells, or a satellite that is in none

    @property
    def words(self) -> str:
        """The kind as users write it: ``"intra-plane"``."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The links of a constellation.

    Parameters
    ----------
    ends
        Satellites of each of M links, lower index first, shape (M, 2), int32, sorted, each pair once.
    assigned
        Whether both terminals are pointed at each other in each slot, shape (T, M); None: always.
    remarks
        What a user must know, such as links that a vacant place leaves out.
    """

    ends: np.ndarray
    assigned: np.ndarray | None = None
    remarks: tuple[str, ...] = ()


class Topology(Protocol):
    """A rule for which satellites point lasers at each other."""

    def wire(self, *, layout: Layout, ephemeris: Ephemeris, slots: SlotGrid) -> Wiring:
        """Return the links.

        Raises
        ------
        ScenarioError
            If the rule cannot be applied to this constellation.
        """
        ...


def sorted_pairs(pairs: np.ndarray) -> np.ndarray:
    """Return pairs of satellites, shape (n, 2), lower index first, sorted, each once, int32."""
    ordered: np.ndarray = np.unique(np.sort(pairs.reshape(-1, 2), axis=1), axis=0).astype(np.int32)
    return ordered


def kinds_of(ends: np.ndarray, layout: Layout) -> np.ndarray:
    """Return the :class:`LinkKind` of each link, shape (M,), uint8."""
    shell, plane = layout.shell[ends], layout.plane[ends]
    planes = layout.of_shells("planes")[ends[:, 0]]
    apart = np.abs(plane[:, 0] - plane[:, 1])
    is_between = (shell[:, 0] != shell[:, 1]) | (shell == NOWHERE).any(axis=1)
    is_seam = (planes > 2) & (apart == planes - 1)
    kinds: np.ndarray = np.select(
        [is_between, apart == 0, is_seam],
        [LinkKind.INTER_SHELL, LinkKind.INTRA_PLANE, LinkKind.SEAM],
        LinkKind.CROSS_PLANE,
    ).astype(np.uint8)
    return kinds


def check_terminals(wiring: Wiring, *, satellites: int, terminals: int) -> None:
    """Raise unless every satellite has a terminal for each of its links at any one time.

    Raises
    ------
    ScenarioError
        If one has too few.
    """
    used = np.ones((1, len(wiring.ends)), bool) if wiring.assigned is None else wiring.assigned
    for slot, links in enumerate(used):
        count = np.bincount(wiring.ends[links].ravel(), minlength=satellites)
        require(
            bool(count.max(initial=0) <= terminals),
            f"links.terminals: {terminals} given, but the topology gives satellite {count.argmax()} "
            f"{count.max(initial=0)} links in slot {slot}; give it more, or choose another topology",
        )
