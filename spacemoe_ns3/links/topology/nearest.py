"""Links to whoever is near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.constants import METRES_PER_KILOMETRE
from spacemoe_ns3.constellation import Ephemeris, Layout, SlotGrid
from spacemoe_ns3.links.feasibility import grazing_altitude_m
from spacemoe_ns3.links.topology.base import Wiring, sorted_pairs

_CANDIDATES_A_TERMINAL = 4  # neighbours looked at for each terminal; further ones are hardly ever free


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestNeighbours:
    """Each satellite with its nearest ones, as far as both have a terminal free.

    The rule: all pairs of satellites, one among the ``4 * links`` nearest of the other, in the order of their
    distance; a pair is linked if both satellites still have a terminal free and the line between them
    stays above the grazing altitude. It is a greedy matching: the shortest possible links come first.

    Parameters
    ----------
    links
        Terminals that each satellite points at neighbours.
    every_slots
        The rule is applied anew every so many slots, so that terminals re-point; 0: once, in the first slot.
    max_range_km
        Farther satellites are not linked; None: any.
    grazing_altitude_km
        Lines of sight that come lower are not considered.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    links: int = 4
    every_slots: int = 0
    max_range_km: float | None = None
    grazing_altitude_km: float = 80.0

    def __post_init__(self) -> None:
        check_whole("links.topology.links", self.links, least=1, most=64)
        check_whole("links.topology.every_slots", self.every_slots, least=0)
        if self.max_range_km is not None:
            check_number("links.topology.max_range_km", self.max_range_km, above=0)
        check_number("links.topology.grazing_altitude_km", self.grazing_altitude_km)

    def wire(self, *, layout: Layout, ephemeris: Ephemeris, slots: SlotGrid) -> Wiring:
        """Return the links; see :meth:`Topology.wire`."""
        middles_ns = slots.middles_ns()
        every = self.every_slots or slots.count
        chosen = []
        for slot in range(0, slots.count, every):
            everyone = np.arange(layout.satellites)
            chosen.append(
                self._match(ephemeris.positions_at(everyone, np.full(layout.satellites, middles_ns[slot])))
            )
        if len(chosen) == 1:
            return Wiring(ends=chosen[0])
        ends = sorted_pairs(np.concatenate(chosen))
        place = {pair: link for link, pair in enumerate(map(tuple, ends.tolist()))}
        assigned = np.zeros((slots.count, len(ends)), bool)
        for number, pairs in enumerate(chosen):
            links = [place[pair] for pair in map(tuple, pairs.tolist())]
            assigned[number * every : (number + 1) * every, links] = True
        return Wiring(ends=ends, assigned=assigned)

    def _match(self, positions_m: np.ndarray) -> np.ndarray:
        """Return the pairs that the rule links, shape (n, 2), sorted."""
        from scipy.spatial import cKDTree

        satellites = len(positions_m)
        nearest = min(satellites, _CANDIDATES_A_TERMINAL * self.links + 1)
        _, near = cKDTree(positions_m).query(positions_m, k=np.arange(1, nearest + 1))
        pairs = sorted_pairs(np.stack([np.repeat(np.arange(satellites), nearest), near.ravel()], axis=1))
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        a, b = positions_m[pairs[:, 0]], positions_m[pairs[:, 1]]
        apart_m = np.linalg.norm(a - b, axis=1)
        is_allowed = grazing_altitude_m(a, b) >= self.grazing_altitude_km * METRES_PER_KILOMETRE
        if self.max_range_km is not None:
            is_allowed &= apart_m <= self.max_range_km * METRES_PER_KILOMETRE
        order = np.argsort(apart_m[is_allowed], kind="stable")
        free = [self.links] * satellites
        linked = []
        for one, other in pairs[is_allowed][order].tolist():
            if free[one] and free[other]:
                free[one] -= 1
                free[other] -= 1
                linked.append((one, other))
        return sorted_pairs(np.array(linked, np.int32))
