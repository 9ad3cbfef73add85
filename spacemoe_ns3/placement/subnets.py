"""The ring of subnets: the shell cut along the orbiting direction, one piece a layer.

Neighbours in the ring are neighbours in the sky.

**One piece a row.** With at most as many layers as places, subnet r of R has the places
``[r n / R, (r + 1) n / R)`` of every plane, n being the places of a plane. With a layer a place, subnet l is
place l of every plane (arXiv 2605.00515).

**Several pieces a row.** With more layers than places, the places make an even number of rows, and each row
is cut along the planes. The ring goes to and fro: up the planes in one row, down them in the next; after an
even number of rows it is back where it began. In a formation, whose last row does not neighbour its first, it
comes back over the first pieces of all rows instead.

**Several layers a subnet.** Where subnets for single layers have too little room, there are fewer, larger
ones, and successive layers share them.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement.base import PlacementProblem, Room

_BYTES_PER_GB = 1e9


def ring_of_subnets(problem: PlacementProblem) -> list[np.ndarray]:
    """Cut the shell that hosts the model into a ring of subnets, and give each layer one.

    There are as many subnets as layers if each then has room for a layer: its central gateway and its
    experts. If not, there are fewer, as many as possible, and successive layers share them. Every satellite
    of the shell is in exactly one subnet; vacant places are in none.

    Parameters
    ----------
    problem
        What to place, and where.

    Returns
    -------
    Satellites of each layer's subnet, ascending, L arrays; layers that share a subnet have the same array.

    Raises
    ------
    PlacementError
        If even the whole shell has too little room.
    """
    for count in range(min(problem.layers, len(problem.members)), 0, -1):
        pieces = cut(problem, count)
        subnets = [pieces[layer * count // problem.layers] for layer in range(problem.layers)]
        if _have_room(problem, subnets):
            return subnets
    raise PlacementError(too_little_room(problem))


def cut(problem: PlacementProblem, count: int) -> list[np.ndarray]:
    """Cut the shell into a ring of pieces.

    Parameters
    ----------
    problem
        What to place, and where.
    count
        Number of pieces, at least 1.

    Returns
    -------
    Satellites of each piece, ascending, ``count`` arrays; empty only where satellites are missing. Neighbours
    in the list touch, and so do the last and the first, except where the shell leaves no way back: with one
    piece a row in a formation, or with a single place in planes that do not close.
    """
    shell, members = problem.layout.shells[problem.shell], problem.members
    plane, place = problem.layout.plane[members], problem.layout.place[members]
    if count <= shell.places:
        row = place * count // shell.places
        return [members[row == each] for each in range(count)]
    # The way back in a formation needs two pieces in each row.
    rows = shell.places if shell.is_ring else min(shell.places, max(count // 2, 2))
    rows = max(rows - rows % 2, 1)
    row = place * rows // shell.places
    from_one_end = np.lexsort((place, plane))
    pieces = []
    for each in range(rows):
        along = from_one_end[row[from_one_end] == each]
        in_row = (each + 1) * count // rows - each * count // rows
        pieces.append([np.sort(members[part]) for part in np.array_split(along, in_row)])
    return _to_and_fro(pieces) if shell.is_ring or rows <= 2 else _there_and_back(pieces)


def _to_and_fro(rows: list[list[np.ndarray]]) -> list[np.ndarray]:
    """Walk the pieces up the planes in even rows and down in odd ones."""
    return [piece for number, row in enumerate(rows) for piece in (row[::-1] if number % 2 else row)]


def _there_and_back(rows: list[list[np.ndarray]]) -> list[np.ndarray]:
    """Walk all pieces but the first of each row to and fro, and come back over these."""
    there = _to_and_fro([row[1:] for row in rows])
    return [*there, *(row[0] for row in reversed(rows))]


def central_gateways(
    problem: PlacementProblem, subnets: list[np.ndarray], *, room: Room | None = None
) -> np.ndarray:
    """Return the central satellite of each layer's subnet: middle plane, middle place.

    Where that satellite cannot take the gateway, the nearest plane's, and in it the nearest place.

    Parameters
    ----------
    problem
        What to place, and where.
    subnets
        Satellites of each layer's subnet.
    room
        What satellites can take; the gateways are put on them. None for what they can before anything is
        placed.

    Returns
    -------
    Satellites, shape (L,).

    Raises
    ------
    PlacementError
        If no satellite of a subnet can take its layer's gateway.
    """
    room = problem.room() if room is None else room
    layout, shell = problem.layout, problem.layout.shells[problem.shell]
    is_whole_rows = len({subnet.tobytes() for subnet in subnets}) <= shell.places
    gateways = []
    for layer, subnet in enumerate(subnets):
        candidates = subnet[room.for_gateway(layer)[subnet]]
        if not len(candidates):
            raise PlacementError(
                f"placement: no satellite of the subnet of layer {layer} can take its gateway; choose "
                "computers with more memory, or raise hosts_per_satellite"
            )
        plane, places = layout.plane[subnet], np.unique(layout.place[subnet])
        middle_plane = (shell.planes if is_whole_rows else int(plane.min()) + int(plane.max()) + 1) // 2
        off_plane = np.abs(layout.plane[candidates] - middle_plane)
        off_place = np.abs(layout.place[candidates] - places[len(places) // 2])
        gateway = int(candidates[np.lexsort((off_place, off_plane))[0]])
        room.take_gateway(gateway, layer)
        gateways.append(gateway)
    return np.array(gateways)


def _have_room(problem: PlacementProblem, subnets: list[np.ndarray]) -> bool:
    """Return whether each subnet takes its layers' central gateways and all their experts."""
    if min(len(subnet) for subnet in subnets) == 0:
        return False
    of_layers = Counter(int(subnet[0]) for subnet in subnets)
    room = problem.room()

    def take_experts() -> bool:
        places = room.for_experts()
        return all(places[subnet].sum() >= of_layers[int(subnet[0])] * problem.experts for subnet in subnets)

    if not take_experts():  # even without the gateways
        return False
    try:
        central_gateways(problem, subnets, room=room)
    except PlacementError:
        return False
    return take_experts()


def too_little_room(problem: PlacementProblem) -> str:
    """Return a sentence about a shell without room for a model, with the sum.

    Parameters
    ----------
    problem
        What to place, and where.
    """
    experts, satellites = problem.layers * problem.experts, len(problem.members)
    gateway_gb = int(problem.footprint.gateway_bytes.max()) / _BYTES_PER_GB
    expert_gb = problem.footprint.expert_bytes / _BYTES_PER_GB
    room = int(problem.room().for_experts().sum())
    return (
        f"placement: {problem.layers} gateways of at most {gateway_gb:.3f} GB and {experts} experts of "
        f"{expert_gb:.3f} GB to be placed, the {satellites} satellites of the shell have room for {room} "
        "experts before any gateway is placed; use more planes, computers with more memory, or raise "
        "hosts_per_satellite"
    )
