"""The ring of subnets: the constellation cut along the orbiting direction, one piece a layer."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement.base import PlacementProblem


def ring_of_subnets(problem: PlacementProblem) -> list[np.ndarray]:
    """Cut the shell that hosts the model into a ring of subnets.

    Subnet l has the places ``[l n / L, (l + 1) n / L)`` of every plane, n being the places of a plane.
    With as many layers as places, subnet l is place l of every plane (arXiv 2605.00515). Vacant places
    belong to no subnet.

    Parameters
    ----------
    problem
        What to place, and where; a subnet needs a satellite for each expert of a layer and its gateway.

    Returns
    -------
    Satellites of each subnet, L arrays.

    Raises
    ------
    PlacementError
        If there are more layers than places in a plane, or a subnet is too small.
    """
    layers, hosts = problem.layers, problem.experts + 1
    size = problem.layout.shells[problem.shell].places
    if layers > size:
        raise PlacementError(
            f"placement: {layers} layers, but a plane has {size} satellites; a ring of subnets needs at "
            "least one place in each plane for a layer; use more satellites a plane"
        )
    members = problem.layout.members(problem.shell)
    subnet = problem.layout.place[members] * layers // size
    subnets = [members[subnet == layer] for layer in range(layers)]
    smallest = min(len(each) for each in subnets)
    if smallest < hosts:
        raise PlacementError(
            f"placement: {hosts} hosts needed in each subnet ({hosts - 1} experts + 1 gateway), the smallest "
            f"of {layers} subnets has {smallest} satellites; use more planes"
        )
    return subnets


def central_gateways(problem: PlacementProblem, subnets: list[np.ndarray]) -> np.ndarray:
    """Return the central satellite of each subnet, shape (L,): middle plane, middle place.

    Where that place is vacant, the nearest plane's, and in it the nearest place.

    Parameters
    ----------
    problem
        What to place, and where.
    subnets
        Satellites of each subnet.
    """
    layout = problem.layout
    middle_plane = layout.shells[problem.shell].planes // 2
    gateways = []
    for subnet in subnets:
        places = np.unique(layout.place[subnet])
        middle_place = places[len(places) // 2]
        off_plane = np.abs(layout.plane[subnet] - middle_plane)
        off_place = np.abs(layout.place[subnet] - middle_place)
        gateways.append(subnet[np.lexsort((off_place, off_plane))[0]])
    return np.array(gateways)
