"""Least-delay paths in the network of a slot."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.links.timeline import LinkTimeline


def slot_graph(timeline: LinkTimeline, *, slot: int, packet_bits: int) -> csr_matrix:
    """Return the network of a slot.

    Parameters
    ----------
    timeline
        The links.
    slot
        Index of the slot.
    packet_bits
        Length of a packet on the wire; its transmission time is part of the weight of a hop.

    Returns
    -------
    Symmetric matrix of shape (S, S): seconds a hop, over the links that are up.
    """
    up = timeline.reason[slot] == 0
    a, b = timeline.ends[up, 0], timeline.ends[up, 1]
    weight = timeline.delay_s[slot, up] + packet_bits / timeline.rate_bps[up]
    size = timeline.satellites
    return csr_matrix(
        (np.tile(weight, 2), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(size, size)
    )


def delays_from(timeline: LinkTimeline, *, sources: np.ndarray, packet_bits: int) -> np.ndarray:
    """Return the least delays between sources and everyone, in every slot.

    Parameters
    ----------
    timeline
        The links.
    sources
        Satellites, shape (n,).
    packet_bits
        Length of a packet on the wire.

    Returns
    -------
    Seconds, shape (T, n, S), infinite where there is no path. Links are symmetric, so these are the
    delays in both directions.
    """
    delay = np.empty((timeline.slots.count, len(sources), timeline.satellites))
    for slot in range(timeline.slots.count):
        graph = slot_graph(timeline, slot=slot, packet_bits=packet_bits)
        delay[slot] = dijkstra(graph, directed=False, indices=sources)
    return delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Forwarding tables of least-delay paths, made slot by slot when first asked for, and kept.

    Both engines forward by these tables, so that a tie between two paths is broken once.

    Parameters
    ----------
    timeline
        The links.
    destinations
        Satellites that messages are sent to, shape (D,), distinct.
    packet_bits
        Length of a packet on the wire.
    """

    timeline: LinkTimeline
    destinations: np.ndarray
    packet_bits: int
    _tables: dict[int, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def table(self, slot: int) -> np.ndarray:
        """Return the table of a slot.

        Parameters
        ----------
        slot
            Index of the slot.

        Returns
        -------
        Output port of each satellite towards each destination, shape (D, S), uint8; 255 where there is
        no path, and at the destination itself.
        """
        if slot not in self._tables:
            self._tables[slot] = self._make(slot)
        return self._tables[slot]

    def _make(self, slot: int) -> np.ndarray:
        graph = slot_graph(self.timeline, slot=slot, packet_bits=self.packet_bits)
        # Searched from the destination, the predecessor of a satellite is its next hop.
        _, next_hop = dijkstra(graph, directed=False, indices=self.destinations, return_predecessors=True)
        neighbour, _ = self.timeline.ports()
        table = np.full(next_hop.shape, NO_PORT, np.uint8)
        for port in range(neighbour.shape[1]):
            table[(next_hop == neighbour[:, port]) & (next_hop >= 0)] = port
        return table
