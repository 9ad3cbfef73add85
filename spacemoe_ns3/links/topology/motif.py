"""Links by a motif of offsets, the same at every satellite; the +Grid is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.constellation import NOWHERE, Ephemeris, Layout, Shell, SlotGrid
from spacemoe_ns3.errors import require
from spacemoe_ns3.links.topology.base import Wiring, sorted_pairs

_TWO_PLANES = 2  # each is the other's only neighbour
_NO_PAIRS: np.ndarray = np.empty((0, 2), np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraPlaneRing:
    """Each satellite with its two neighbours in the plane, and no links between planes.

    Where a place is vacant, the satellites on either side of the gap are neighbours.

    Examples
    --------
    >>> from spacemoe_ns3 import WalkerShell
    >>> shell = WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=60)
    >>> layout = shell.build().layout
    >>> len(IntraPlaneRing().wire(layout=layout, ephemeris=None, slots=None).ends)
    12
    """

    def wire(self, *, layout: Layout, ephemeris: Ephemeris | None, slots: SlotGrid | None) -> Wiring:
        """Return the links; see :meth:`Topology.wire`."""
        rings = [_ring(grid, shell) for shell, grid in _grids(layout)]
        return Wiring(ends=sorted_pairs(np.concatenate(rings)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlusGrid:
    """The +Grid: each satellite with its two neighbours in the plane and one in each next plane.

    Parameters
    ----------
    seam
        Whether the last plane is linked to the first; only where planes go all the way around. Its
        satellites then point at those of the first plane that the phasing has put beside them.
    phase_shift
        By how many places the satellite in the next plane is ahead of the one that points at it.

    Raises
    ------
    ScenarioError
        If a value is of the wrong kind.

    Examples
    --------
    >>> from spacemoe_ns3 import WalkerShell
    >>> shell = WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=60)
    >>> layout = shell.build().layout
    >>> len(PlusGrid().wire(layout=layout, ephemeris=None, slots=None).ends)
    20
    >>> len(PlusGrid(seam=True).wire(layout=layout, ephemeris=None, slots=None).ends)
    24
    """

    seam: bool = False
    phase_shift: int = 0

    def __post_init__(self) -> None:
        check_kind("links.topology.seam", self.seam, bool, "True or False")
        check_whole("links.topology.phase_shift", self.phase_shift, least=-1000, most=1000)

    def wire(self, *, layout: Layout, ephemeris: Ephemeris | None, slots: SlotGrid | None) -> Wiring:
        """Return the links; see :meth:`Topology.wire`."""
        _check_seam(layout, seam=self.seam)
        pairs, remarks = [_NO_PAIRS], []
        for shell, grid in _grids(layout):
            across, missing = _offset(grid, shell, planes=1, places=self.phase_shift, seam=self.seam)
            pairs += [_ring(grid, shell), across]
            if missing:
                remarks.append(
                    f"shell {shell.name}: {missing} cross-plane links are missing, for want of a satellite "
                    "at one end"
                )
        return Wiring(ends=sorted_pairs(np.concatenate(pairs)), remarks=tuple(remarks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Motif:
    """Links by offsets, the same at every satellite.

    An offset ``(planes, places)`` links the satellite at plane p, place s with the one at plane
    ``p + planes``, place ``s + places`` (Bhattacherjee & Singla 2019, Network topology design at 27,000
    km/hour, CoNEXT). Vacant places leave links out.

    Parameters
    ----------
    offsets
        Pairs of whole numbers, not both zero; each gives a satellite two links, there and back.
    seam
        Whether offsets reach over the seam, from the last planes to the first.

    Raises
    ------
    ScenarioError
        If an offset is no pair of whole numbers, or links a satellite to itself.

    Examples
    --------
    >>> from spacemoe_ns3 import WalkerShell
    >>> shell = WalkerShell(planes=3, satellites_per_plane=5, altitude_km=550, inclination_deg=60)
    >>> layout = shell.build().layout
    >>> len(Motif(offsets=((0, 2), (1, 1))).wire(layout=layout, ephemeris=None, slots=None).ends)
    25
    """

    offsets: tuple[tuple[int, int], ...]
    seam: bool = False

    def __post_init__(self) -> None:
        check_kind("links.topology.seam", self.seam, bool, "True or False")
        check_kind("links.topology.offsets", self.offsets, (tuple, list), "pairs such as ((0, 1), (1, 0))")
        for offset in self.offsets:
            check_kind("links.topology.offsets", offset, (tuple, list), "pairs such as ((0, 1), (1, 0))")
            require(
                len(offset) == 2 and tuple(offset) != (0, 0),
                f"links.topology.offsets: {offset!r} given, must be planes and places, not both 0",
            )
            for number in offset:
                check_whole("links.topology.offsets", number, least=-10_000, most=10_000)

    def wire(self, *, layout: Layout, ephemeris: Ephemeris | None, slots: SlotGrid | None) -> Wiring:
        """Return the links; see :meth:`Topology.wire`."""
        _check_seam(layout, seam=self.seam)
        pairs, remarks = [_NO_PAIRS], []
        for shell, grid in _grids(layout):
            missing = 0
            for planes, places in self.offsets:
                found, absent = _offset(grid, shell, planes=planes, places=places, seam=self.seam)
                pairs.append(found)
                missing += absent
            if missing:
                remarks.append(
                    f"shell {shell.name}: {missing} links of the motif lack a satellite at one end"
                )
        return Wiring(ends=sorted_pairs(np.concatenate(pairs)), remarks=tuple(remarks))


def _grids(layout: Layout) -> Iterator[tuple[Shell, np.ndarray]]:
    """Yield each shell with its grid of satellites, shape (planes, places)."""
    for index, shell in enumerate(layout.shells):
        yield shell, layout.grid(index)


def _check_seam(layout: Layout, *, seam: bool) -> None:
    for shell in layout.shells:
        why = (
            "has no more than two planes, whose links exist already; leave seam out"
            if shell.planes <= _TWO_PLANES
            else "has planes that do not go all the way around: at the seam satellites fly against each "
            "other and have no neighbour to keep; leave seam out, or use NearestNeighbours"
        )
        require(shell.is_closed or not seam, f"links.topology.seam: True given, but shell {shell.name} {why}")


def _ring(grid: np.ndarray, shell: Shell) -> np.ndarray:
    """Return the pairs of neighbours in the planes, shape (n, 2), vacant places skipped."""
    pairs = [_NO_PAIRS]
    for plane in grid:
        there = plane[plane != NOWHERE]
        around = np.stack([there, np.roll(there, -1)], axis=1)
        pairs.append(around if shell.is_ring and len(there) > 2 else around[:-1])
    return np.concatenate(pairs)


def _offset(
    grid: np.ndarray, shell: Shell, *, planes: int, places: int, seam: bool
) -> tuple[np.ndarray, int]:
    """Return the pairs at an offset, shape (n, 2), and how many lack a satellite at one end."""
    plane, place = (axis.ravel() for axis in np.indices(grid.shape))
    other_plane, other_place = plane + planes, place + places
    turns = np.floor_divide(other_plane, shell.planes)
    # Once around, the places of the first plane are seam_shift ahead.
    other_place = other_place + turns * shell.seam_shift
    exists = (turns == 0) | seam
    if not shell.is_ring:
        exists &= (other_place >= 0) & (other_place < shell.places)
    here = grid.ravel()[exists]
    there = grid[other_plane[exists] % shell.planes, other_place[exists] % shell.places]
    is_whole = (here != NOWHERE) & (there != NOWHERE)
    pairs = np.stack([here, there], axis=1)[is_whole & (here != there)]
    # A place that is vacant at both ends misses no link.
    missing = int(((here == NOWHERE) ^ (there == NOWHERE)).sum())
    return pairs, missing
