"""What a routing protocol is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spacemoe_ns3.links.network import SlotNetwork

NO_HOP = -1  # no path to the destination, or the destination itself


class Router(Protocol):
    """A routing protocol: from the network of a slot to the next hop of every satellite.

    A user's own is an object with these members, or simply a function with the arguments and the result of
    :meth:`next_hops`.
    """

    @property
    def follows_delay(self) -> bool:
        """Whether its next hops depend on delays or rates; if not, they hold while the same links are up."""
        ...

    @property
    def is_symmetric(self) -> bool:
        """Whether the path from a to b is the path from b to a, walked backwards."""
        ...

    def next_hops(self, network: SlotNetwork, *, destinations: np.ndarray, packet_bits: int) -> np.ndarray:
        """Return where each satellite forwards packets.

        Parameters
        ----------
        network
            The links that are up.
        destinations
            Satellites, shape (D,).
        packet_bits
            Length of a packet on the wire.

        Returns
        -------
        Neighbour of each satellite towards each destination, shape (D, S), int; :data:`NO_HOP` where there
        is no path, and at the destination itself.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFunction:
    """A user's function as a routing protocol.

    Parameters
    ----------
    function
        Called as ``function(network, destinations=..., packet_bits=...)``.
    """

    function: NextHopFunction
    follows_delay = True
    is_symmetric = False

    def next_hops(self, network: SlotNetwork, *, destinations: np.ndarray, packet_bits: int) -> np.ndarray:
        """Return where each satellite forwards packets; see :meth:`Router.next_hops`."""
        return np.asarray(self.function(network, destinations=destinations, packet_bits=packet_bits))


class NextHopFunction(Protocol):
    """A function that routes."""

    def __call__(self, network: SlotNetwork, /, *, destinations: np.ndarray, packet_bits: int) -> np.ndarray:
        """Return next hops, as :meth:`Router.next_hops` does."""
        ...


def search_back(
    network: SlotNetwork, *, there: np.ndarray, back: np.ndarray, destinations: np.ndarray
) -> np.ndarray:
    """Return the next hops of shortest paths, by SciPy's Dijkstra from the destinations.

    Parameters
    ----------
    network
        The links that are up.
    there, back
        Weight of each link from its first end to its second, and the other way, shape (M,), positive.
    destinations
        Satellites, shape (D,).

    Returns
    -------
    Shape (D, S), int32, as :meth:`Router.next_hops` returns.
    """
    from scipy.sparse.csgraph import dijkstra

    # Searched from the destination against the travel, a satellite's predecessor is its next hop.
    # Both directions of a link are in the matrix; undirected, SciPy would look at each of them twice.
    graph = network.matrix(back, there)
    _, next_hop = dijkstra(graph, directed=True, indices=destinations, return_predecessors=True)
    found: np.ndarray = np.maximum(next_hop, NO_HOP, out=next_hop)  # SciPy says -9999 where there is none
    return found.astype(np.int32, copy=False)
