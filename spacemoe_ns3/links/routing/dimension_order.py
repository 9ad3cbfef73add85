"""Dimension-order routing on a grid: first across planes, then along the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constellation import NOWHERE
from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.routing.base import NO_HOP

_EAST, _WEST, _NORTH, _SOUTH = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionOrder:
    """Dimension-order (XY) routing on the +Grid.

    A packet crosses planes the shorter way until it is in the plane of its destination, then follows the
    plane the shorter way round (Dally & Towles 2004, Principles and Practices of Interconnection Networks,
    8.4). Ties go east and forward. It adapts to nothing: where the link that the order asks for is down, the
    packet waits for a slot in which it is up.
    """

    follows_delay = False
    is_symmetric = False

    def next_hops(self, network: SlotNetwork, *, destinations: np.ndarray, packet_bits: int) -> np.ndarray:
        """Return where each satellite forwards packets; see :meth:`Router.next_hops`."""
        layout = network.layout
        toward = _neighbours(network)
        goal = np.asarray(destinations)[:, np.newaxis]
        planes, places = layout.of_shells("planes"), layout.of_shells("places")
        closes = layout.of_shells("is_closed").astype(bool) & _has_seam(network)
        rings = layout.of_shells("is_ring").astype(bool)

        across = layout.plane[goal] - layout.plane
        east = np.where(closes, across % planes, across)
        goes_east = np.where(closes, east * 2 <= planes, east > 0)
        along = layout.place[goal] - layout.place
        north = np.where(rings, along % places, along)
        goes_north = np.where(rings, north * 2 <= places, north > 0)
        direction = np.where(
            across != 0,
            np.where(goes_east, _EAST, _WEST),
            np.where(goes_north, _NORTH, _SOUTH),
        )
        hop = toward[direction, np.arange(network.satellites)]
        is_lost = (layout.shell[goal] != layout.shell) | (layout.shell == NOWHERE)
        is_there = goal == np.arange(network.satellites)
        return np.where(is_lost | is_there, NO_HOP, hop).astype(np.int32)


def _has_seam(network: SlotNetwork) -> bool:
    """Whether any link that is up joins a last plane to a first."""
    layout = network.layout
    apart = np.abs(layout.plane[network.ends[:, 0]] - layout.plane[network.ends[:, 1]])
    planes = layout.of_shells("planes")[network.ends[:, 0]]
    return bool(((apart == planes - 1) & (planes > 2)).any())


def _neighbours(network: SlotNetwork) -> np.ndarray:
    """Return the neighbour east, west, north, south of each satellite, shape (4, S); NO_HOP without one."""
    layout = network.layout
    toward = np.full((4, network.satellites), NO_HOP, np.int64)
    ends = np.concatenate([network.ends, network.ends[:, ::-1]])
    near, far = ends[:, 0], ends[:, 1]
    is_inside = (layout.shell[near] == layout.shell[far]) & (layout.shell[near] != NOWHERE)
    near, far = near[is_inside], far[is_inside]
    planes = layout.of_shells("planes")[near]
    across = (layout.plane[far] - layout.plane[near]) % planes
    for is_it, direction in ((across == 1, _EAST), ((across == planes - 1) & (planes > 2), _WEST)):
        toward[direction, near[is_it]] = far[is_it]
    # With two planes the neighbour east is the neighbour west.
    two = (planes == 2) & (across == 1)
    toward[_WEST, near[two]] = far[two]
    same = across == 0
    near, far = near[same], far[same]
    places = layout.of_shells("places")[near]
    ahead = (layout.place[far] - layout.place[near]) % places
    for direction, distance in ((_NORTH, ahead), (_SOUTH, places - ahead)):
        order = np.argsort(-distance, kind="stable")  # the nearest is written last
        half = distance[order] * 2 <= places[order]
        toward[direction, near[order][half]] = far[order][half]
    return toward
