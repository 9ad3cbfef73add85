"""Laser links: which exist, when they are up, how long light takes, which way is shortest."""

from spacemoe_ns3.links.routing import Routes, delays_from
from spacemoe_ns3.links.timeline import DownReason, LaserLinks, LinkTimeline, build_timeline
from spacemoe_ns3.links.topology import plus_grid

__all__ = [
    "DownReason",
    "LaserLinks",
    "LinkTimeline",
    "Routes",
    "build_timeline",
    "delays_from",
    "plus_grid",
]
