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
    from spacemoe_ns3.moe import (
        Computer,
        Decoding,
        Dirichlet,
        GroupedQueryAttention,
        Hardware,
        LatentAttention,
        MeasuredCounts,
        MoEModel,
        OnBoard,
        PowerLaw,
        Precision,
        RoutingTrace,
        Uniform,
        Weights,
        Zipf,
    )
    from spacemoe_ns3.run_results import Results, load
    from spacemoe_ns3.scenario import Scenario, load_scenario
    from spacemoe_ns3.studies import Alternative, Published, Study, Sweep
    from spacemoe_ns3.traffic import Background, EvenlySpread, Parallel, PoissonArrivals, Traffic
    from spacemoe_ns3.transport import SelectiveRepeat, Tcp, Udp

__all__ = [
    "Alternative",
    "Background",
    "Bernoulli",
    "CloseFormation",
    "Computer",
    "Decoding",
    "DimensionOrder",
    "Dirichlet",
    "EvenlySpread",
    "FewestHops",
    "GilbertElliott",
    "GroupedQueryAttention",
    "Hardware",
    "IntraPlaneRing",
    "LaserLinks",
    "LatentAttention",
    "LeastDelay",
    "LinkList",
    "LoadAware",
    "MeasuredCounts",
    "MoEModel",
    "ModemTable",
    "Motif",
    "MultiShell",
    "NearestNeighbours",
    "OnBoard",
    "OpticalLinkBudget",
    "Parallel",
    "PlusGrid",
    "PoissonArrivals",
    "PowerLaw",
    "Precision",
    "Published",
    "Results",
    "RoutingTrace",
    "SatelliteFailures",
    "SatelliteFile",
    "Scenario",
    "ScheduledOutages",
    "SelectiveRepeat",
    "ShannonModem",
    "Slots",
    "SpacemoeError",
    "Study",
    "Sweep",
    "Tcp",
    "Traffic",
    "Udp",
    "Uniform",
    "WalkerShell",
    "Weights",
    "Zipf",
    "load",
    "load_scenario",
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
    "moe": (
        "Computer",
        "Decoding",
        "Dirichlet",
        "GroupedQueryAttention",
        "Hardware",
        "LatentAttention",
        "MeasuredCounts",
        "MoEModel",
        "OnBoard",
        "PowerLaw",
        "Precision",
        "RoutingTrace",
        "Uniform",
        "Weights",
        "Zipf",
    ),
    "run_results": ("Results", "load"),
    "scenario": ("Scenario", "load_scenario"),
    "studies": ("Alternative", "Published", "Study", "Sweep"),
    "traffic": ("Background", "EvenlySpread", "Parallel", "PoissonArrivals", "Traffic"),
    "transport": ("SelectiveRepeat", "Tcp", "Udp"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
