"""Placements: which satellite is whose gateway, which holds which expert."""

from spacemoe_ns3.placement.base import (
    Hosts,
    Moves,
    Placement,
    PlacementProblem,
    Placer,
    Room,
    check_capacity,
    check_memory,
    place,
)
from spacemoe_ns3.placement.bound import Bound, lower_bound_s
from spacemoe_ns3.placement.exact import Exact, Optimum
from spacemoe_ns3.placement.host_columns import host_columns
from spacemoe_ns3.placement.joint import Joint
from spacemoe_ns3.placement.near_random import NearRandom
from spacemoe_ns3.placement.packed import Packed
from spacemoe_ns3.placement.rand_intra import RandIntra, RandIntraCG
from spacemoe_ns3.placement.rand_place import RandPlace
from spacemoe_ns3.placement.registry import PLACERS, placer_named
from spacemoe_ns3.placement.replaced import Replaced
from spacemoe_ns3.placement.replicated import Replicated
from spacemoe_ns3.placement.robust import Robust
from spacemoe_ns3.placement.spacemoe import SpaceMoE

__all__ = [
    "PLACERS",
    "Bound",
    "Exact",
    "Hosts",
    "Joint",
    "Moves",
    "NearRandom",
    "Optimum",
    "Packed",
    "Placement",
    "PlacementProblem",
    "Placer",
    "RandIntra",
    "RandIntraCG",
    "RandPlace",
    "Replaced",
    "Replicated",
    "Robust",
    "Room",
    "SpaceMoE",
    "check_capacity",
    "check_memory",
    "host_columns",
    "lower_bound_s",
    "place",
    "placer_named",
]
