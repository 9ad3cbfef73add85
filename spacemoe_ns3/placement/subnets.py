"""The ring of subnets: the constellation cut along the orbiting direction, one piece a layer."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.errors import PlacementError


def ring_of_subnets(shell: WalkerShell, *, layers: int, hosts: int) -> list[np.ndarray]:
    """Cut a shell into a ring of subnets.

    Subnet l has the places ``[l n / L, (l + 1) n / L)`` of every plane, n being the satellites of a
    plane. With as many layers as places, subnet l is place l of every plane (arXiv 2605.00515).

    Parameters
    ----------
    shell
        The shell.
    layers
        Number of subnets L.
    hosts
        Satellites that a subnet needs.

    Returns
    -------
    Satellites of each subnet, L arrays.

    Raises
    ------
    PlacementError
        If there are more layers than places in a plane, or a subnet is too small.

    Examples
    --------
    >>> shell = WalkerShell(planes=2, satellites_per_plane=4, altitude_km=550, inclination_deg=60)
    >>> [subnet.tolist() for subnet in ring_of_subnets(shell, layers=2, hosts=3)]
    [[0, 1, 4, 5], [2, 3, 6, 7]]
    """
    size = shell.satellites_per_plane
    if layers > size:
        raise PlacementError(
            f"placement: {layers} layers, but a plane has {size} satellites; a ring of subnets needs at "
            "least one place in each plane for a layer; use more satellites a plane"
        )
    _, place = shell.plane_and_slot()
    subnet = place * layers // size
    subnets = [np.flatnonzero(subnet == layer) for layer in range(layers)]
    smallest = min(len(members) for members in subnets)
    if smallest < hosts:
        raise PlacementError(
            f"placement: {hosts} hosts needed in each subnet ({hosts - 1} experts + 1 gateway), the smallest "
            f"of {layers} subnets has {smallest} satellites; use more planes"
        )
    return subnets


def central_gateways(shell: WalkerShell, subnets: list[np.ndarray]) -> np.ndarray:
    """Return the central satellite of each subnet: middle plane, middle place; shape (L,).

    Parameters
    ----------
    shell
        The shell.
    subnets
        Satellites of each subnet.
    """
    plane, place = shell.plane_and_slot()
    gateways = []
    for subnet in subnets:
        places = np.unique(place[subnet])
        middle = (plane[subnet] == shell.planes // 2) & (place[subnet] == places[len(places) // 2])
        gateways.append(subnet[middle][0])
    return np.array(gateways)
