"""Small skies, networks and workloads made by hand, for the tests of several stages."""

from itertools import pairwise

import numpy as np

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import Ephemeris, SlotGrid
from spacemoe_ns3.links import DownReason, LinkTimeline
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.placement import Placement


def still_sky(positions_m, *, end_ns):
    """Satellites that hang where they are from time zero to ``end_ns``."""
    positions_m = np.asarray(positions_m, dtype=float)
    return Ephemeris(
        step_ns=end_ns,
        positions_m=np.stack([positions_m, positions_m]),
        velocities_m_s=np.zeros((2, *positions_m.shape)),
    )


def network(*, positions_m, ends, up=None, slots=1, slot_ns=10**9, rate_bps=10**9, mtu_bytes=9000):
    """A timeline over a still sky; ``up`` of shape (T, M) says which links there are in a slot."""
    ends = np.asarray(ends, np.int32).reshape(-1, 2)
    up = np.ones((slots, len(ends)), bool) if up is None else np.asarray(up, bool)
    grid = SlotGrid(count=len(up), slot_ns=slot_ns)
    sky = still_sky(positions_m, end_ns=grid.end_ns + slot_ns)
    a, b = sky.positions_m[0, ends[:, 0]], sky.positions_m[0, ends[:, 1]]
    light_s = np.linalg.norm(a - b, axis=1) / SPEED_OF_LIGHT_M_S
    return LinkTimeline(
        ephemeris=sky,
        slots=grid,
        ends=ends,
        rate_bps=np.broadcast_to(np.asarray(rate_bps, np.int64), (len(ends),)),
        delay_s=np.broadcast_to(light_s, up.shape),
        reason=np.where(up, DownReason.UP, DownReason.OUTAGE).astype(np.uint8),
        mtu_bytes=mtu_bytes,
        queue_packets=1000,
    )


def chain(*, satellites, hop_m, **settings):
    """A network of satellites in a row, ``hop_m`` metres apart."""
    positions_m = np.zeros((satellites, 3))
    positions_m[:, 0] = hop_m * np.arange(satellites)
    return network(positions_m=positions_m, ends=list(pairwise(range(satellites))), **settings)


def work(*, activations, experts, message_bytes=1000, starts_ns=(0,), sequence_tokens=None, **settings):
    """A workload whose gateways take 1000 ns, experts 2000 ns and head 500 ns, if not told otherwise."""
    activations = np.asarray(activations, np.uint16)
    tokens, layers, top_k = activations.shape
    durations = {"gateway_ns": 1000, "expert_ns": 2000, **settings}
    return Workload(
        layers=layers,
        experts=experts,
        top_k=top_k,
        message_bytes=message_bytes,
        sends_residual=durations.get("sends_residual", False),
        gateway_ns=np.broadcast_to(np.asarray(durations["gateway_ns"], np.int64), (layers,)),
        expert_ns=np.broadcast_to(np.asarray(durations["expert_ns"], np.int64), (layers,)),
        head_ns=durations.get("head_ns", 500),
        weights=np.full((layers, experts), 1.0 / experts),
        starts_ns=np.asarray(starts_ns, np.int64),
        sequence_tokens=np.asarray([tokens] if sequence_tokens is None else sequence_tokens, np.int32),
        activations=activations,
    )


def hosts(*, gateways, experts, name="by-hand"):
    """A placement by hand."""
    return Placement(name=name, gateways=np.array(gateways, np.int32), experts=np.array(experts, np.int32))
