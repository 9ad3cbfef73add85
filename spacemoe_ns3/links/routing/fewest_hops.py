"""The path of the fewest hops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.routing.base import search_back


@dataclass(frozen=True, slots=True, kw_only=True)
class FewestHops:
    """The path of the fewest hops, whatever their length.

    Among equal ones, the one whose links have the least sum of marks. A link's mark depends on its two ends
    only, looks random, and sums to less than a hop on any path; so ties spread over the network, and stay as
    they are while the same links are up.
    """

    follows_delay = False
    is_symmetric = True
    finds_shortest_paths = True

    def next_hops(self, network: SlotNetwork, *, destinations: np.ndarray, packet_bits: int) -> np.ndarray:
        """Return where each satellite forwards packets; see :meth:`Router.next_hops`."""
        a, b = network.ends[:, 0].astype(np.uint64), network.ends[:, 1].astype(np.uint64)
        # A scramble of the two ends (Knuth's multiplicative hash), so that ties spread over the network.
        mixed = (a * np.uint64(0x9E3779B97F4A7C15) ^ b * np.uint64(0xC2B2AE3D27D4EB4F)) >> np.uint64(32)
        fraction = (mixed.astype(np.float64) + 1.0) / 2**32 / max(network.satellites, 1)
        weight = 1.0 + fraction
        return search_back(network, there=weight, back=weight, destinations=destinations)
