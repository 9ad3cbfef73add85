"""Routing protocols: from the network of a slot to next hops."""

from spacemoe_ns3.links.routing.base import Router
from spacemoe_ns3.links.routing.dimension_order import DimensionOrder
from spacemoe_ns3.links.routing.fewest_hops import FewestHops
from spacemoe_ns3.links.routing.least_delay import LeastDelay
from spacemoe_ns3.links.routing.load_aware import LoadAware
from spacemoe_ns3.links.routing.registry import ROUTERS, router_named

__all__ = ["ROUTERS", "DimensionOrder", "FewestHops", "LeastDelay", "LoadAware", "Router", "router_named"]
