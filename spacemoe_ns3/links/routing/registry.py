"""The routing protocols by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.links.routing.base import NextHopFunction, OwnFunction, Router
from spacemoe_ns3.links.routing.dimension_order import DimensionOrder
from spacemoe_ns3.links.routing.fewest_hops import FewestHops
from spacemoe_ns3.links.routing.least_delay import LeastDelay

ROUTERS: Mapping[str, Callable[[], Router]] = {
    "least-delay": LeastDelay,
    "fewest-hops": FewestHops,
    "dimension-order": DimensionOrder,
}


def router_named(routing: str | Router | NextHopFunction) -> Router:
    """Return a routing protocol.

    Parameters
    ----------
    routing
        Its name; or one with its settings, or a function of one's own, which are handed back as protocols.

    Raises
    ------
    ScenarioError
        If there is no such name.

    Examples
    --------
    >>> router_named("fewest-hops")
    FewestHops()
    """
    if isinstance(routing, str):
        return look_up("links.routing", routing, ROUTERS)()
    if hasattr(routing, "next_hops"):
        return cast(Router, routing)
    return OwnFunction(function=routing)
