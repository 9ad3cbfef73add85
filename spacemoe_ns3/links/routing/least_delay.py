"""The path on which a packet is fastest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_kind
from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.routing.base import search_back


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastDelay:
    """The path of least delay: light time at mid-slot plus the transmission of a full packet, hop by hop.

    Parameters
    ----------
    holds
        Whether paths are kept while the same links are up, though satellites move meanwhile. Otherwise they
        are found anew in every slot.

    Raises
    ------
    ScenarioError
        If ``holds`` is neither True nor False.
    """

    holds: bool = False
    is_symmetric = True
    finds_shortest_paths = True

    def __post_init__(self) -> None:
        check_kind("links.routing.holds", self.holds, bool, "True or False")

    @property
    def follows_delay(self) -> bool:
        """Whether next hops depend on delays; held ones do only at the moment at which they are found."""
        return not self.holds

    def next_hops(self, network: SlotNetwork, *, destinations: np.ndarray, packet_bits: int) -> np.ndarray:
        """Return where each satellite forwards packets; see :meth:`Router.next_hops`."""
        hop_s = network.hop_s(packet_bits)
        return search_back(network, there=hop_s, back=hop_s, destinations=destinations)
