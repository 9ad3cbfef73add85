"""Links that are down though geometry would let them be up: weather, fades, plans and failures."""

from spacemoe_ns3.links.outages.base import FAILURE, OUTAGE, SCHEDULED, OutageModel
from spacemoe_ns3.links.outages.fades import Bernoulli, GilbertElliott
from spacemoe_ns3.links.outages.failures import SatelliteFailures, links_of_failed
from spacemoe_ns3.links.outages.schedule import ScheduledOutages

__all__ = [
    "FAILURE",
    "OUTAGE",
    "SCHEDULED",
    "Bernoulli",
    "GilbertElliott",
    "OutageModel",
    "SatelliteFailures",
    "ScheduledOutages",
    "links_of_failed",
]
