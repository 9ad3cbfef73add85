"""What a placement is, what an algorithm is given, and the protocol it follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spacemoe_ns3.constellation import Layout
from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.streams import stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Who hosts what: one gateway or one expert a satellite.

    Parameters
    ----------
    name
        Name of the algorithm.
    gateways
        Satellite of each layer's gateway, shape (L,), int32.
    experts
        Satellite of each expert, shape (L, E), int32.

    Raises
    ------
    PlacementError
        If a satellite hosts two things.
    """

    name: str
    gateways: np.ndarray
    experts: np.ndarray

    def __post_init__(self) -> None:
        hosts, count = np.unique(self.hosts(), return_counts=True)
        if (count > 1).any():
            raise PlacementError(
                f"placement {self.name}: satellite {hosts[count > 1][0]} hosts {count.max()} things, at most "
                "one gateway or one expert is allowed"
            )

    def hosts(self) -> np.ndarray:
        """Return all satellites that host something: gateways, then experts, shape (L (E + 1),)."""
        return np.concatenate([self.gateways, self.experts.ravel()])


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementProblem:
    """What an algorithm may use.

    Parameters
    ----------
    layout
        The satellites: S of them, in planes and places.
    shell
        Index of the shell that hosts the model.
    layers, experts
        Layers L and experts of a layer E.
    activation_probability
        Probability that an expert is activated, shape (L, E).
    path_latency
        From gateways, shape (L,), to the expected path latency of every satellite in every layer in
        seconds, shape (L, S).
    """

    layout: Layout
    shell: int
    layers: int
    experts: int
    activation_probability: np.ndarray
    path_latency: Callable[[np.ndarray], np.ndarray]


class Placer(Protocol):
    """A placement algorithm: a function from a problem and a random stream to hosts.

    It returns gateways of shape (L,) and experts of shape (L, E). The random stream is its own: it
    depends on the run's seed and the algorithm's name only.
    """

    def __call__(
        self, problem: PlacementProblem, random: np.random.Generator, /
    ) -> tuple[np.ndarray, np.ndarray]:
        """Place a model."""
        ...


def check_capacity(layout: Layout, *, shell: int, layers: int, experts: int) -> None:
    """Raise unless there is a satellite for every host.

    Parameters
    ----------
    layout, shell
        The constellation, and the index of the shell that hosts the model.
    layers, experts
        Layers L and experts of a layer E.

    Raises
    ------
    PlacementError
        If there are more hosts than satellites, or no such shell.
    """
    if not layout.shells:
        raise PlacementError(
            f"placement: none of {layout.satellites} satellites is in a plane, and only those in planes host "
            "a model; give more satellites, or a wider constellation.plane_gap_deg"
        )
    if shell >= len(layout.shells):
        raise PlacementError(
            f"host_shell: {shell} given, but the constellation has {len(layout.shells)} shells, from 0; "
            "name one of them"
        )
    hosts, satellites = layers * (experts + 1), len(layout.members(shell))
    if hosts > satellites:
        whole = "constellation" if len(layout.shells) == 1 else f"shell {layout.shells[shell].name}"
        raise PlacementError(
            f"placement: {hosts} hosts needed ({layers} layers x ({experts} experts + 1 gateway)), "
            f"{whole} has {satellites} satellites; use more planes or more satellites a plane"
        )


def place(name: str, placer: Placer, problem: PlacementProblem, *, seed: int) -> Placement:
    """Run an algorithm on a problem.

    Parameters
    ----------
    name
        Name of the algorithm; also of its random stream.
    placer
        The algorithm.
    problem
        What to place, and where.
    seed
        The run's seed.

    Returns
    -------
    The placement.

    Raises
    ------
    PlacementError
        If there are more hosts than satellites.
    """
    check_capacity(problem.layout, shell=problem.shell, layers=problem.layers, experts=problem.experts)
    gateways, experts = placer(problem, stream(seed, f"placement.{name}"))
    return Placement(name=name, gateways=gateways.astype(np.int32), experts=experts.astype(np.int32))
