"""Where a search for gateways begins: closed tours through cells of satellites."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.placement.base import PlacementProblem
from spacemoe_ns3.placement.ring_state import RingState
from spacemoe_ns3.placement.search_space import SearchSpace, usual_room

_SMALLEST, _LARGEST = 0.6, 1.7  # area of a cell, times that of the hosts in it
_LONGEST = 6.0  # a cell may be so many times longer than wide
_FEW_SITES = 12  # numbers of sites that are tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """A closed walk through cells of planes by places, a site of gateways in the middle of each.

    Parameters
    ----------
    planes, places
        Of the middle of each layer's cell, less those of the whole tour's corner, shape (L,).
    extent
        Planes and places that the tour covers.
    sites
        Number of cells with gateways.
    """

    planes: np.ndarray
    places: np.ndarray
    extent: tuple[int, int]
    sites: int

    def centred(self, plane: float, place: float) -> tuple[np.ndarray, np.ndarray]:
        """Return planes and places, each of shape (L,), of the tour with its middle there."""
        return (
            np.rint(self.planes + plane - (self.extent[0] - 1) / 2).astype(int),
            np.rint(self.places + place - (self.extent[1] - 1) / 2).astype(int),
        )


def serpentine(rows: int, columns: int) -> list[tuple[int, int]]:
    """Return a closed walk through all cells of a grid with an even number of rows, neighbour to neighbour.

    Down the first column, and up again to and fro along the rows.

    Examples
    --------
    >>> serpentine(2, 3)
    [(0, 0), (1, 0), (1, 1), (1, 2), (0, 2), (0, 1)]
    """
    walk = [(row, 0) for row in range(rows)]
    for row in reversed(range(rows)):
        onward = range(1, columns)
        walk += [(row, column) for column in (onward if (rows - row) % 2 else reversed(onward))]
    return walk


def tours(problem: PlacementProblem) -> Iterator[Tour]:
    """Yield tours of many shapes: layers a site, sizes and numbers of cells.

    Parameters
    ----------
    problem
        What to place, and where.
    """
    shell, layers = problem.layout.shells[problem.shell], problem.layers
    room = usual_room(problem)
    few = {-(-layers // sites) for sites in range(1, _FEW_SITES + 1)} if room > 1 else set()
    for layers_a_site in sorted({1, *few}):
        sites = -(-layers // layers_a_site)
        # Other layers' hosts use up places only where the room is limited by more than one layer's hosts.
        area = max(1.0, min(layers_a_site, _layers_sharing(problem)) * (problem.experts + 1) / room)
        for long, wide in _cells(area):
            for rows in range(2, max(3, sites), 2):
                columns = -(-sites // rows)
                if rows > 2 and columns < 2:
                    break
                for tour in _both_ways(rows, columns, (long, wide), sites=sites, layers=layers):
                    if tour.extent[0] <= shell.planes and tour.extent[1] <= shell.places:
                        yield tour


def _layers_sharing(problem: PlacementProblem) -> int:
    """Return how many layers' hosts a satellite can take together, at least 1."""
    room = problem.room().for_experts()[problem.members]
    return max(1, int(np.median(room)) // (problem.experts + 1))


def _cells(area: float) -> Iterator[tuple[int, int]]:
    """Yield planes and places of cells about as large as an area."""
    most = max(1, math.ceil(math.sqrt(area * _LONGEST)))
    for planes in range(1, most + 1):
        for places in range(1, most + 1):
            size, shape = planes * places, planes / places
            is_fit = _SMALLEST * area <= size <= _LARGEST * area or size == 1
            if is_fit and 1 / _LONGEST <= shape <= _LONGEST:
                yield planes, places


def _both_ways(rows: int, columns: int, cell: tuple[int, int], *, sites: int, layers: int) -> Iterator[Tour]:
    """Yield a tour with its rows across planes, and one with them along planes."""
    walk = serpentine(rows, columns)
    spare = len(walk) - sites  # cells that the walk passes over, far from each other
    passed = set((np.arange(spare) * len(walk) // max(spare, 1)).tolist())
    stops = [cell_of for index, cell_of in enumerate(walk) if index not in passed]
    of_layer = np.arange(layers) * sites // layers
    for across in (0, 1):
        steps = np.array([(stop[across], stop[1 - across]) for stop in stops])[of_layer]
        count = (rows, columns) if across == 0 else (columns, rows)
        yield Tour(
            planes=steps[:, 0] * cell[0] + cell[0] // 2,
            places=steps[:, 1] * cell[1] + cell[1] // 2,
            extent=(count[0] * cell[0], count[1] * cell[1]),
            sites=sites,
        )


def settle(
    tour: Tour, problem: PlacementProblem, space: SearchSpace, *, plane: float, place: float
) -> RingState | None:
    """Put the gateways of a tour on the satellites nearest to its cells, and experts around them.

    Parameters
    ----------
    tour
        The tour.
    problem, space
        What to place, and where.
    plane, place
        Where the middle of the tour goes.

    Returns
    -------
    The state; None if it does not fit.
    """
    layout, shell = problem.layout, problem.layout.shells[problem.shell]
    room = problem.room()
    gateways = np.empty(space.layers, np.int64)
    planes, places = tour.centred(plane, place)
    for layer, (wanted_plane, wanted_place) in enumerate(zip(planes, places, strict=True)):
        off_plane = np.abs(layout.plane[space.satellites] - wanted_plane)
        off_place = np.abs(layout.place[space.satellites] - wanted_place)
        if shell.is_ring:
            off_place = off_place % shell.places
            off_place = np.minimum(off_place, shell.places - off_place)
        away = np.where(room.for_gateway(layer)[space.satellites], off_plane + off_place, np.inf)
        gateways[layer] = int(away.argmin())
        if math.isinf(away[gateways[layer]]):
            return None
        room.take_gateway(int(space.satellites[gateways[layer]]), layer)
    return draft(space, gateways, room.for_experts()[space.satellites])


def draft(space: SearchSpace, gateways: np.ndarray, room: np.ndarray) -> RingState | None:
    """Let the layers choose hosts in turn, each the nearest that has room.

    Parameters
    ----------
    space
        The problem.
    gateways
        Indices, shape (L,).
    room
        How many experts each satellite can take, shape (C,).

    Returns
    -------
    The state; None if there is too little room.
    """
    has_gateway = np.zeros(len(space.satellites), bool)
    has_gateway[gateways] = True
    ways_s = np.stack([space.way_s(layer, gateways, has_gateway) for layer in range(space.layers)])
    expert_s = np.stack([space.expert_s(layer, has_gateway) for layer in range(space.layers)])
    first_s, sharers = ways_s.copy(), np.zeros(ways_s.shape, np.int64)
    room = room.copy()
    ways_s[:, room <= 0] = np.inf
    near = np.empty((space.layers, space.experts), np.int64)
    for turn in range(space.experts):
        layers = range(space.layers)
        for layer in layers if turn % 2 == 0 else reversed(layers):
            host = int(ways_s[layer].argmin())
            if math.isinf(ways_s[layer, host]):
                return None
            near[layer, turn] = host
            sharers[layer, host] += 1
            waits_s = space.queue[sharers[layer, host]] * expert_s[layer, host]
            ways_s[layer, host] = first_s[layer, host] + waits_s
            room[host] -= 1
            if room[host] <= 0:
                ways_s[:, host] = np.inf
    return RingState(space=space, gateways=gateways, near=near)
