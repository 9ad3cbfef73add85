"""One token over four satellites: what a process simulates before others are forked from it.

cppyy compiles how a method is called when it is called first, which takes a fifth of a second for all that a
simulation calls. Forks of a process that has called them find them compiled.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import Ephemeris, Layout, Shell, SlotGrid
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.links import DownReason, LeastDelay, LinkKind, LinkTimeline, Routes
from spacemoe_ns3.moe import Computing, Workload
from spacemoe_ns3.packet.plan import Plan
from spacemoe_ns3.packet.simulate import simulate
from spacemoe_ns3.placement import Placement

_SATELLITES, _LAYERS = 4, 2
_HOP_S = 0.002
_SLOT_NS = 10**9
_COMPUTE_NS = 1000
_MTU_BYTES, _MESSAGE_BYTES = 1500, 2000


def rehearse() -> None:
    """Simulate one token in this process.

    Raises
    ------
    InstallationError
        If ns-3 or the compiled modules are missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        simulate(_plan(), folder=Path(folder), report=lambda tokens: None)


def _plan() -> Plan:
    """Return the plan of one token, over four satellites in a row that host one thing each."""
    placement = Placement(
        name="rehearsal", gateways=np.array([0, 2], np.int32), experts=np.array([[1], [3]], np.int32)
    )
    routes = Routes(
        timeline=_timeline(),
        router=LeastDelay(),
        destinations=placement.hosts(),
        packet_bits=int(segment_wire_bits(message_bytes=_MESSAGE_BYTES, mtu_bytes=_MTU_BYTES)[0]),
    )
    times_ns = np.full((2, _LAYERS), _COMPUTE_NS, np.int64)  # of a gateway's computer, and an expert's
    workload = Workload(
        layers=_LAYERS,
        experts=1,
        top_k=1,
        message_bytes=_MESSAGE_BYTES,
        sends_residual=False,
        computing=Computing(gateway_ns=times_ns, expert_ns=times_ns, head_ns=times_ns[:, 0]),
        starts_ns=np.zeros(1, np.int64),
        sequence_tokens=np.ones(1, np.int32),
        activations=np.zeros((1, _LAYERS, 1), np.uint16),
        widths=np.ones(1, np.int32),
        shares=np.ones((1, _LAYERS, 1), np.int32),
    )
    return Plan(workload=workload, placement=placement, routes=routes)


def _timeline() -> LinkTimeline:
    """Return satellites that hang still in a row, and the links between them."""
    positions_m = np.zeros((2, _SATELLITES, 3))
    places = np.arange(_SATELLITES, dtype=np.int32)
    positions_m[:, :, 0] = places * _HOP_S * SPEED_OF_LIGHT_M_S
    ends = np.stack([places[:-1], places[1:]], axis=1)
    nowhere_else = np.zeros(_SATELLITES, np.int32)
    return LinkTimeline(
        layout=Layout(
            names=("first", "second", "third", "fourth"),
            shells=(Shell(name="rehearsal", planes=1, places=_SATELLITES, is_closed=False),),
            shell=nowhere_else,
            plane=nowhere_else,
            place=places,
        ),
        ephemeris=Ephemeris(
            step_ns=2 * _SLOT_NS, positions_m=positions_m, velocities_m_s=np.zeros_like(positions_m)
        ),
        slots=SlotGrid(count=1, slot_ns=_SLOT_NS),
        ends=ends,
        kind=np.full(len(ends), LinkKind.INTRA_PLANE, np.uint8),
        rate_bps=np.full((1, len(ends)), 10**9, np.int64),
        delay_s=np.full((1, len(ends)), _HOP_S),
        reason=np.full((1, len(ends)), DownReason.UP, np.uint8),
        mtu_bytes=_MTU_BYTES,
        queue_packets=10,
    )
