"""One layer's experts on satellites: the exact objective, and a search until no single change helps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.placement.objective import others_before

ROUNDING = 1e-12  # relative; of sums of some thousand numbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerTask:
    """The experts of one layer, to be put on satellites between two given gateways.

    Parameters
    ----------
    way_s
        From the layer's gateway through each candidate and on to the next gateway in each slot, an expert's
        computing included, in seconds, shape (T, C).
    computing_s
        Of an expert on each candidate, shape (C,), seconds.
    room
        Experts that each candidate may take, shape (C,).
    experts
        Number of experts E.
    members
        Sets of experts that tokens activate, shape (n, K).
    probability
        Of each set, shape (n,).
    """

    way_s: np.ndarray
    computing_s: np.ndarray
    room: np.ndarray
    experts: int
    members: np.ndarray
    probability: np.ndarray

    @property
    def top_k(self) -> int:
        """Experts that a token activates, K."""
        return int(self.members.shape[1])

    def activation_probability(self) -> np.ndarray:
        """Return the probability that an expert is activated, shape (E,)."""
        weights = np.repeat(self.probability, self.top_k)
        activated: np.ndarray = np.bincount(self.members.ravel(), weights, minlength=self.experts)
        return activated

    def sets_s(self, hosts: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Return the mean over slots of when the last expert of each set is done.

        Activated experts that share a satellite are computed one after the other.

        Parameters
        ----------
        hosts
            Candidate that each expert is on, shape (E,).
        members
            Sets, shape (n, K).

        Returns
        -------
        Seconds, shape (n,).
        """
        where = hosts[members]
        behind_s = others_before(where) * self.computing_s[where] if self.room.max() > 1 else None
        last_s = np.full((len(self.way_s), len(members)), -np.inf)
        for place in range(members.shape[1]):
            way_s = self.way_s[:, where[:, place]]
            np.maximum(last_s, way_s if behind_s is None else way_s + behind_s[:, place], out=last_s)
        mean: np.ndarray = last_s.mean(axis=0)
        return mean

    def value_s(self, hosts: np.ndarray) -> float:
        """Return the expected time until the last activated expert is done, in seconds.

        Parameters
        ----------
        hosts
            Candidate that each expert is on, shape (E,).
        """
        return float(self.probability @ self.sets_s(hosts, self.members))

    def nearest(self, *, at_most: int | None = None) -> np.ndarray:
        """Match experts by activation, descending, with candidates by mean way, ascending.

        Parameters
        ----------
        at_most
            Experts on a candidate; None for as many as it has room.

        Returns
        -------
        Candidate of each expert, shape (E,); the rule of arXiv 2605.00515.

        Raises
        ------
        ValueError
            If there is too little room.
        """
        room = self.room if at_most is None else np.minimum(self.room, at_most)
        order = np.argsort(self.way_s.mean(axis=0), kind="stable")
        places = np.repeat(order, room[order])[: self.experts]
        if len(places) < self.experts:
            raise ValueError(f"{len(places)} places for {self.experts} experts")
        hosts = np.empty(self.experts, np.int64)
        hosts[np.argsort(-self.activation_probability(), kind="stable")] = places
        return hosts


def descend(task: LayerTask, hosts: np.ndarray, *, reach: int | None = None) -> tuple[np.ndarray, float]:
    """Change an assignment while it gets better.

    A change moves one expert to a candidate with room, or swaps two experts; each expert in turn makes the
    best change it has, until none has any.

    Parameters
    ----------
    task
        What to assign.
    hosts
        Candidate that each expert is on, shape (E,), to begin with.
    reach
        How far a change goes at most, in places of the order of candidates by mean way; None for no limit.

    Returns
    -------
    hosts
        Shape (E,).
    value_s
        Its expected latency in seconds.
    """
    hosts, sets_s = hosts.copy(), task.sets_s(hosts, task.members)
    having = [np.flatnonzero((task.members == expert).any(axis=1)) for expert in range(task.experts)]
    rank = np.empty(task.way_s.shape[1], np.int64)
    rank[np.argsort(task.way_s.mean(axis=0), kind="stable")] = np.arange(len(rank))
    reach = len(rank) if reach is None else reach
    unchanged = 0
    for expert in itertools.cycle(range(task.experts)):
        if unchanged == task.experts:
            break
        unchanged += 1
        least_s = float(task.probability @ sets_s) * (1 - ROUNDING)
        best = None
        for candidate, other in _changes(task, hosts, expert, rank=rank, reach=reach):
            touched = having[expert] if other is None else np.union1d(having[expert], having[other])
            changed = _changed(hosts, expert, candidate, other)
            new_s = task.sets_s(changed, task.members[touched])
            value_s = task.probability @ sets_s + task.probability[touched] @ (new_s - sets_s[touched])
            if value_s < least_s:
                least_s, best = value_s, changed
        if best is not None:
            hosts, sets_s, unchanged = best, task.sets_s(best, task.members), 0
    return hosts, float(task.probability @ sets_s)


def _changes(
    task: LayerTask, hosts: np.ndarray, expert: int, *, rank: np.ndarray, reach: int
) -> Iterator[tuple[int, int | None]]:
    """Yield where an expert could go, and with whom it would swap; None if there is room."""
    used = np.bincount(hosts, minlength=len(rank))
    near = np.abs(rank - rank[hosts[expert]]) <= reach
    for candidate in np.flatnonzero(near & (used < task.room)).tolist():
        if candidate != hosts[expert]:
            yield candidate, None
    for other in np.flatnonzero(near[hosts] & (hosts != hosts[expert])).tolist():
        yield int(hosts[other]), other


def _changed(hosts: np.ndarray, expert: int, candidate: int, other: int | None) -> np.ndarray:
    changed = hosts.copy()
    changed[expert] = candidate
    if other is not None:
        changed[other] = hosts[expert]
    return changed
