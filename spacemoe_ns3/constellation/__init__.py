"""Constellations: who flies where, and when."""

from spacemoe_ns3.constellation.propagate import Ephemeris, propagate
from spacemoe_ns3.constellation.slots import SlotGrid, Slots
from spacemoe_ns3.constellation.walker import WalkerShell

__all__ = ["Ephemeris", "SlotGrid", "Slots", "WalkerShell", "propagate"]
