"""Which satellites point lasers at each other."""

from spacemoe_ns3.links.topology.base import LinkKind, Topology, Wiring
from spacemoe_ns3.links.topology.link_list import LinkList
from spacemoe_ns3.links.topology.motif import IntraPlaneRing, Motif, PlusGrid
from spacemoe_ns3.links.topology.nearest import NearestNeighbours

__all__ = [
    "IntraPlaneRing",
    "LinkKind",
    "LinkList",
    "Motif",
    "NearestNeighbours",
    "PlusGrid",
    "Topology",
    "Wiring",
]
