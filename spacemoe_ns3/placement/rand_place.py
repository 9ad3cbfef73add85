"""RandPlace: gateways and experts anywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement.base import Hosts, PlacementProblem, Room
from spacemoe_ns3.placement.subnets import too_little_room


@dataclass(frozen=True, slots=True, kw_only=True)
class RandPlace:
    """Place everything on satellites of the shell at random (arXiv 2605.00515, baseline).

    Where satellites have room for several hosts, each counts as many times as it has room.
    """

    asks_delays = False

    @property
    def name(self) -> str:
        """Name of the algorithm."""
        return "rand-place"

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Place a model.

        Parameters
        ----------
        problem
            What to place, and where.
        random
            The stream to draw from.

        Raises
        ------
        PlacementError
            If the gateways happen to leave too little room for the experts.
        """
        room, members = problem.room(), problem.members
        shape = (problem.layers, problem.experts + 1)
        if takes_one_of_anything(room, members):
            hosts = draw_places(members, room.for_experts()[members], shape[0] * shape[1], random)
            hosts = hosts.reshape(shape)
            return Hosts(gateways=hosts[:, 0], experts=hosts[:, 1:])
        gateways = [draw_gateway(room, layer, members, random) for layer in range(problem.layers)]
        experts = draw_experts(room, members, problem.layers * problem.experts, random)
        return Hosts(gateways=np.array(gateways), experts=experts.reshape(problem.layers, problem.experts))


def takes_one_of_anything(room: Room, satellites: np.ndarray) -> bool:
    """Return whether satellites may host one thing each, and have the memory for any.

    Parameters
    ----------
    room
        Before anything is placed.
    satellites
        Which.
    """
    layers = range(room.problem.layers)
    return (
        room.problem.hosts_per_satellite == 1
        and bool((room.for_experts()[satellites] == 1).all())
        and all(room.for_gateway(layer)[satellites].all() for layer in layers)
    )


def draw_places(
    satellites: np.ndarray, places: np.ndarray, count: int, random: np.random.Generator
) -> np.ndarray:
    """Draw places on satellites, each place as likely, no place twice.

    Parameters
    ----------
    satellites
        Which, shape (n,).
    places
        How many each has, shape (n,).
    count
        How many to draw.
    random
        The stream to draw from.

    Returns
    -------
    The satellites of the places in random order, shape (count,).
    """
    if places.max(initial=0) <= 1:
        return random.choice(satellites[places > 0], size=count, replace=False)
    taken = random.multivariate_hypergeometric(places, count)
    return random.permutation(np.repeat(satellites, taken))


def draw_gateway(room: Room, layer: int, satellites: np.ndarray, random: np.random.Generator) -> int:
    """Draw the satellite of a gateway, each as likely as it has room, and put it there.

    Parameters
    ----------
    room
        What satellites can still take; changed.
    layer
        The gateway's.
    satellites
        Which may take it.
    random
        The stream to draw from.

    Raises
    ------
    PlacementError
        If none can.
    """
    candidates = satellites[room.for_gateway(layer)[satellites]]
    if not len(candidates):
        raise PlacementError(too_little_room(room.problem))
    weights = np.maximum(room.for_experts()[candidates], 1).astype(float)
    gateway = int(random.choice(candidates, p=weights / weights.sum()))
    room.take_gateway(gateway, layer)
    return gateway


def draw_experts(room: Room, satellites: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Draw the satellites of experts, each as likely as it has room, and put them there.

    Parameters
    ----------
    room
        What satellites can still take; changed.
    satellites
        Which may take them.
    count
        Number of experts.
    random
        The stream to draw from.

    Returns
    -------
    Satellites in random order, shape (count,).

    Raises
    ------
    PlacementError
        If they cannot take as many.
    """
    places = room.for_experts()[satellites]
    if places.sum() < count:
        raise PlacementError(
            f"placement: {count} experts to be drawn, {len(satellites)} satellites have room for "
            f"{places.sum()} beside the gateways drawn; give another seed, or raise hosts_per_satellite"
        )
    hosts = draw_places(satellites, places, count, random)
    for satellite in hosts.tolist():
        room.take_expert(satellite)
    return hosts
