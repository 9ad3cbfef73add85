"""Placements: which satellite is whose gateway, which holds which expert."""

from spacemoe_ns3.placement.base import Placement, PlacementProblem, Placer, check_capacity, place
from spacemoe_ns3.placement.registry import PLACERS, placer_named

__all__ = ["PLACERS", "Placement", "PlacementProblem", "Placer", "check_capacity", "place", "placer_named"]
