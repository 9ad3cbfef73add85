"""Mixture-of-experts inference over laser-linked satellites, checked packet by packet in ns-3."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spacemoe_ns3.errors import SpacemoeError

if TYPE_CHECKING:
    from spacemoe_ns3.constellation import (
        CloseFormation,
        MultiShell,
        SatelliteFile,
        Slots,
        WalkerShell,
        preset,
    )
    from spacemoe_ns3.links import (
        Bernoulli,
        DimensionOrder,
        FewestHops,
        GilbertElliott,
        IntraPlaneRing,
        LaserLinks,
        LeastDelay,
        LinkList,
        LoadAware,
        ModemTable,
        Motif,
        NearestNeighbours,
        OpticalLinkBudget,
        PlusGrid,
        SatelliteFailures,
        ScheduledOutages,
        ShannonModem,
    )
    from spacemoe_ns3.moe import Activation, Computer, Decoding, Hardware, MoEModel
    from spacemoe_ns3.scenario import Scenario, load

__all__ = [
    "Activation",
    "Bernoulli",
    "CloseFormation",
    "Computer",
    "Decoding",
    "DimensionOrder",
    "FewestHops",
    "GilbertElliott",
    "Hardware",
    "IntraPlaneRing",
    "LaserLinks",
    "LeastDelay",
    "LinkList",
    "LoadAware",
    "MoEModel",
    "ModemTable",
    "Motif",
    "MultiShell",
    "NearestNeighbours",
    "OpticalLinkBudget",
    "PlusGrid",
    "SatelliteFailures",
    "SatelliteFile",
    "Scenario",
    "ScheduledOutages",
    "ShannonModem",
    "Slots",
    "SpacemoeError",
    "WalkerShell",
    "load",
    "preset",
]
__version__ = "0.1.0"

# Loaded at first use, so that importing the package, and --help, take a blink.
_HOMES = {
    "constellation": ("CloseFormation", "MultiShell", "SatelliteFile", "Slots", "WalkerShell", "preset"),
    "links": (
        "Bernoulli",
        "DimensionOrder",
        "FewestHops",
        "GilbertElliott",
        "IntraPlaneRing",
        "LaserLinks",
        "LeastDelay",
        "LinkList",
        "LoadAware",
        "ModemTable",
        "Motif",
        "NearestNeighbours",
        "OpticalLinkBudget",
        "PlusGrid",
        "SatelliteFailures",
        "ScheduledOutages",
        "ShannonModem",
    ),
    "moe": ("Activation", "Computer", "Decoding", "Hardware", "MoEModel"),
    "scenario": ("Scenario", "load"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
