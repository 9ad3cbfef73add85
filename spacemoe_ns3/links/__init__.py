"""Laser links: which exist, when they are up, how long light takes, which way packets go."""

from spacemoe_ns3.links.build import build_timeline
from spacemoe_ns3.links.laser_links import LaserLinks, LossPolicy
from spacemoe_ns3.links.link_budget import ModemTable, OpticalLinkBudget, ShannonModem
from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.outages import Bernoulli, GilbertElliott, SatelliteFailures, ScheduledOutages
from spacemoe_ns3.links.routes import Routes, checked_next_hops
from spacemoe_ns3.links.routing import DimensionOrder, FewestHops, LeastDelay, LoadAware, Router
from spacemoe_ns3.links.sky_tables import contact_columns, sky_columns
from spacemoe_ns3.links.timeline import DownReason, LinkTimeline
from spacemoe_ns3.links.topology import (
    IntraPlaneRing,
    LinkKind,
    LinkList,
    Motif,
    NearestNeighbours,
    PlusGrid,
    Topology,
)

__all__ = [
    "Bernoulli",
    "DimensionOrder",
    "DownReason",
    "FewestHops",
    "GilbertElliott",
    "IntraPlaneRing",
    "LaserLinks",
    "LeastDelay",
    "LinkKind",
    "LinkList",
    "LinkTimeline",
    "LoadAware",
    "LossPolicy",
    "ModemTable",
    "Motif",
    "NearestNeighbours",
    "OpticalLinkBudget",
    "PlusGrid",
    "Router",
    "Routes",
    "SatelliteFailures",
    "ScheduledOutages",
    "ShannonModem",
    "SlotNetwork",
    "Topology",
    "build_timeline",
    "checked_next_hops",
    "contact_columns",
    "sky_columns",
]
