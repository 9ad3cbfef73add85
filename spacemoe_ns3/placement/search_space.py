"""What a search for gateways and experts needs to know, in arrays over the satellites that may host."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.moe import Gating
from spacemoe_ns3.placement.base import PlacementProblem, with_ways_for_all

_WATCHERS = 4  # satellites that are asked whom they cannot reach
_REACH = 6  # delays are told apart up to where so many layers have room
_MARGIN = 1.25
_MOST_SATELLITES = 2000  # mean delays among more take minutes
_AMPLE = 1.5  # times the satellites that hosts need
_EVERYWHERE = slice(None)
_DRAWS, _SEED = 4096, 1  # of activated experts, for the number that meet on a satellite


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """A placement problem on mean delays, over the C satellites that may host; indices are into them.

    The expected maximum over the activated experts is taken of *mean* ways: with the experts in order of
    activation on hosts in order of way, it is the sum of ``last_place`` times the ways in order. The mean of
    the maximum over slots is larger (Jensen); what a search finds is to be evaluated on slots. Of several
    experts of a layer on one satellite, each counts as ``queue`` of its computing time further away than the
    one before. That is an estimate.

    Parameters
    ----------
    satellites
        Which, ascending, shape (C,).
    delay_s
        Mean message delay from the first axis to the second, shape (C, C), seconds.
    order
        Experts of each layer by activation probability, descending, shape (L, E).
    last_place
        Probability that the expert of each place in that order is the last activated one, shape (L, E).
    computing_s
        Computing time of an expert of each layer on a satellite without and with a gateway, shape (2, L, C).
    capacity_bytes
        Memory of a satellite without and with a gateway, shape (2, C).
    gateway_bytes
        Memory that each gateway needs, shape (L,).
    expert_bytes
        Memory that an expert needs.
    places
        Gateways and experts that a satellite may host.
    queue
        What an expert waits for those of its layer that came to its satellite before, by their number, in
        computing times of an expert, ascending from 0, shape (E + 1,).
    """

    satellites: np.ndarray
    delay_s: np.ndarray
    order: np.ndarray
    last_place: np.ndarray
    computing_s: np.ndarray
    capacity_bytes: np.ndarray
    gateway_bytes: np.ndarray
    expert_bytes: float
    places: int
    queue: np.ndarray

    @property
    def layers(self) -> int:
        """Number of layers L."""
        return int(self.last_place.shape[0])

    @property
    def experts(self) -> int:
        """Number of experts of a layer E."""
        return int(self.last_place.shape[1])

    @property
    def is_exclusive(self) -> bool:
        """Whether a satellite hosts one thing only."""
        return self.places == 1

    def way_s(
        self,
        layer: int,
        gateways: np.ndarray,
        has_gateway: np.ndarray,
        where: np.ndarray | slice = _EVERYWHERE,
    ) -> np.ndarray:
        """Return the mean way over satellites in a layer.

        Parameters
        ----------
        layer
            Which.
        gateways
            Indices, shape (L,).
        has_gateway
            Whether each satellite has the computer of a gateway, shape (C,). Where a satellite hosts one
            thing only, no expert is where a gateway is.
        where
            Indices of n satellites; all if not given.

        Returns
        -------
        Seconds, an expert's computing included, shape (n,).
        """
        near, far = gateways[layer], gateways[(layer + 1) % self.layers]
        there_and_on_s = self.delay_s[near, where] + self.delay_s[where, far]
        way_s: np.ndarray = there_and_on_s + self.expert_s(layer, has_gateway, where)
        return way_s

    def expert_s(
        self, layer: int, has_gateway: np.ndarray, where: np.ndarray | slice = _EVERYWHERE
    ) -> np.ndarray:
        """Return the computing time of an expert of a layer, shape (n,); see :meth:`way_s`."""
        computing_s: np.ndarray = self.computing_s[0, layer, where]
        if not self.is_exclusive:
            computing_s = np.where(has_gateway[where], self.computing_s[1, layer, where], computing_s)
        return computing_s

    def fits_expert(self, *, held: np.ndarray, gates: np.ndarray, gate_bytes: np.ndarray) -> np.ndarray:
        """Return which satellites have room for one more expert.

        Parameters
        ----------
        held, gates
            Experts and gateways on each satellite, shape (C,).
        gate_bytes
            Memory that its gateways need, shape (C,).

        Returns
        -------
        Shape (C,), bool.
        """
        capacity_bytes = np.where(gates > 0, self.capacity_bytes[1], self.capacity_bytes[0])
        used_bytes = gate_bytes + (held + 1) * self.expert_bytes
        fits: np.ndarray = (held + gates < self.places) & (used_bytes <= capacity_bytes)
        return fits

    def assign(self, near: np.ndarray) -> np.ndarray:
        """Return the satellite of each expert, the most active one on the nearest host.

        Parameters
        ----------
        near
            Indices of each layer's hosts, the nearest first, shape (L, E).

        Returns
        -------
        Satellites, by expert, shape (L, E).
        """
        experts = np.empty_like(near)
        np.put_along_axis(experts, self.order, near, axis=1)
        satellites: np.ndarray = self.satellites[experts]
        return satellites


def search_space(problem: PlacementProblem, *, samples: int) -> SearchSpace:
    """Return the space that algorithms search.

    Parameters
    ----------
    problem
        What to place, and where.
    samples
        Slots to average delays over, where a shell is too large to average over all.

    Returns
    -------
    The space.
    """
    satellites = _candidates(problem)
    order, last_place = last_place_probability(problem.gating)
    count = problem.layout.satellites
    computing, footprint, nobody = problem.computing, problem.footprint, np.empty(0, np.int64)
    computing_ns = [computing.everywhere_ns(hosts, satellites=count) for hosts in (nobody, satellites)]
    memory_bytes = [footprint.capacities_bytes(hosts, satellites=count) for hosts in (nobody, satellites)]
    limit = problem.hosts_per_satellite
    return SearchSpace(
        satellites=satellites,
        delay_s=_mean_delays_s(problem, satellites, samples=samples),
        order=order,
        last_place=last_place,
        computing_s=np.stack(computing_ns)[:, :, satellites] / NANOSECONDS_PER_SECOND,
        capacity_bytes=np.stack(memory_bytes)[:, satellites],
        gateway_bytes=np.asarray(footprint.gateway_bytes, float),
        expert_bytes=float(footprint.expert_bytes),
        places=problem.layers * (problem.experts + 1) if limit is None else limit,
        queue=queue_lengths(last_place.mean(axis=0), top_k=problem.gating.top_k),
    )


def last_place_probability(gating: Gating) -> tuple[np.ndarray, np.ndarray]:
    """Return experts by activation, and how likely each place in that order is the last activated.

    Parameters
    ----------
    gating
        Which experts tokens activate.

    Returns
    -------
    order
        Experts by activation probability, descending, shape (L, E).
    last_place
        Shape (L, E); each row sums to 1.
    """
    order = np.argsort(-gating.activation_probability(), axis=1, kind="stable")
    place = np.argsort(order, axis=1).astype(float)
    by_expert = gating.straggler_probability(place[np.newaxis])[0]
    return order, np.take_along_axis(by_expert, order, axis=1)


def queue_lengths(last_place: np.ndarray, *, top_k: int) -> np.ndarray:
    """Return how much further away the next expert on a satellite counts, by how many there are already.

    So that the sum of last-place probabilities times waits is right where m experts each are on E / m
    satellites equally far: there the last activated one waits for the most that meet on one, less itself.

    Parameters
    ----------
    last_place
        Probability that the expert of each place is the last activated one, shape (E,).
    top_k
        Experts activated, K.

    Returns
    -------
    In computing times of an expert, ascending from 0, shape (E + 1,).

    Examples
    --------
    Both of two experts are always activated: on one satellite, the second waits for the first.

    >>> queue_lengths(np.array([0.0, 1.0]), top_k=2).tolist()
    [0.0, 1.0, 1.0]
    """
    experts = len(last_place)
    place = np.arange(experts)
    drawn = np.random.default_rng(_SEED).random((_DRAWS, experts)).argsort(axis=1)[:, :top_k]
    queue = np.zeros(experts + 1)
    for most in range(2, experts + 1):
        satellites = -(-experts // most)
        meeting = np.zeros((_DRAWS, satellites), np.int64)
        np.add.at(meeting, (np.arange(_DRAWS)[:, np.newaxis], drawn % satellites), 1)
        wait = float(meeting.max(axis=1).mean()) - 1
        round_of = place // satellites
        is_last = round_of == most - 1
        if last_place[is_last].sum() > 0:
            before = last_place[~is_last] @ queue[round_of[~is_last]]
            queue[most - 1] = (wait - before) / last_place[is_last].sum()
        queue[most - 1] = max(queue[most - 1], queue[most - 2])
    queue[experts] = queue[experts - 1]
    return queue


def usual_room(problem: PlacementProblem) -> int:
    """Return how many things of one layer most satellites of the shell have room for, at least 1.

    Parameters
    ----------
    problem
        What to place, and where.
    """
    hosts = problem.experts + 1
    room = problem.room().for_experts()[problem.members]
    return int(np.clip(np.median(room), 1, min(problem.hosts_per_satellite or hosts, hosts)))


def _candidates(problem: PlacementProblem) -> np.ndarray:
    """Return the satellites of the shell, or of the middle of a large one, with ample room, shape (C,)."""
    members, layout = problem.members, problem.layout
    most = max(_MOST_SATELLITES, int(_AMPLE * problem.layers * (problem.experts + 1) / usual_room(problem)))
    if len(members) <= most:
        return members
    shell = layout.shells[problem.shell]
    share = math.sqrt(most / len(members))
    off_plane = np.abs(layout.plane[members] - (shell.planes - 1) / 2) / (shell.planes * share)
    off_place = np.abs(layout.place[members] - (shell.places - 1) / 2) / (shell.places * share)
    nearest = np.argsort(np.maximum(off_plane, off_place), kind="stable")[:most]
    return np.sort(members[nearest])


def _mean_delays_s(problem: PlacementProblem, satellites: np.ndarray, *, samples: int) -> np.ndarray:
    """Return mean delays among satellites, shape (C, C), what cannot be told apart counting alike."""
    if len(satellites) < len(problem.members):
        sampled_s: np.ndarray = problem.sampled_delays(satellites, samples).mean(axis=0, dtype=np.float64)
        return with_ways_for_all(sampled_s)
    one_slot_s = np.sort(problem.sampled_delays(satellites, 1)[0], axis=1)
    reach = min(len(satellites) - 1, -(-_REACH * (problem.experts + 1) // usual_room(problem)))
    limit_s = _MARGIN * float(np.median(one_slot_s[:, reach]))
    delay_s: np.ndarray = problem.mean_delays(limit_s) + _cut_off_s(problem, satellites)
    return with_ways_for_all(delay_s)


def _cut_off_s(problem: PlacementProblem, satellites: np.ndarray) -> np.ndarray:
    """Return the mean wait between satellites for slots in which one of them is cut off, shape (C, C)."""
    watchers = satellites[np.arange(_WATCHERS) * len(satellites) // _WATCHERS]
    waiting_s = problem.gateway_delays(watchers).inbound.waiting_s
    if waiting_s is None:
        return np.zeros((len(satellites), len(satellites)))
    alone_s = waiting_s.mean(axis=0)[:, satellites].min(axis=0)  # from everyone, unless a watcher is cut off
    both_s: np.ndarray = alone_s[:, np.newaxis] + alone_s
    np.fill_diagonal(both_s, 0.0)
    return both_s
