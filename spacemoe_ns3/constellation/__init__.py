"""Constellations: who flies where, and when."""

from spacemoe_ns3.constellation.base import (
    NOWHERE,
    Constellation,
    ConstellationSource,
    Layout,
    Shell,
)
from spacemoe_ns3.constellation.formation import CloseFormation
from spacemoe_ns3.constellation.multi_shell import MultiShell
from spacemoe_ns3.constellation.presets import PRESETS, preset
from spacemoe_ns3.constellation.propagate import Ephemeris, propagate, teme_positions
from spacemoe_ns3.constellation.satellite_file import SatelliteFile
from spacemoe_ns3.constellation.slots import SlotGrid, Slots
from spacemoe_ns3.constellation.walker import WalkerShell

__all__ = [
    "NOWHERE",
    "PRESETS",
    "CloseFormation",
    "Constellation",
    "ConstellationSource",
    "Ephemeris",
    "Layout",
    "MultiShell",
    "SatelliteFile",
    "Shell",
    "SlotGrid",
    "Slots",
    "WalkerShell",
    "preset",
    "propagate",
    "teme_positions",
]
