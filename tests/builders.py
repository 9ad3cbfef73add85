"""Small skies, networks and workloads made by hand, for the tests of several stages."""

import dataclasses
from itertools import pairwise

import numpy as np

from spacemoe_ns3.constants import NO_EXPERT, SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import Ephemeris, Layout, Shell, SlotGrid, propagate
from spacemoe_ns3.links import (
    DownReason,
    LeastDelay,
    LinkKind,
    LinkTimeline,
    LossPolicy,
    Routes,
    build_timeline,
    checked_next_hops,
)
from spacemoe_ns3.links.paths import follow
from spacemoe_ns3.moe import Computing, Workload
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.streams import stream


def still_sky(positions_m, *, end_ns):
    """Satellites that hang where they are from time zero to ``end_ns``."""
    positions_m = np.asarray(positions_m, dtype=float)
    return Ephemeris(
        step_ns=end_ns,
        positions_m=np.stack([positions_m, positions_m]),
        velocities_m_s=np.zeros((2, *positions_m.shape)),
    )


def one_plane(satellites):
    """The layout of satellites that share one plane, in the order of their numbers."""
    places = np.arange(satellites, dtype=np.int32)
    return Layout(
        names=tuple(f"sat-{place}" for place in places),
        shells=(Shell(name="shell", planes=1, places=satellites, is_closed=False),),
        shell=np.zeros(satellites, np.int32),
        plane=np.zeros(satellites, np.int32),
        place=places,
    )


class WithGaps:
    """A constellation some of whose places are vacant."""

    def __init__(self, source, *, vacant):
        self.source, self.vacant = source, vacant

    def build(self):
        whole = self.source.build()
        kept = np.setdiff1d(np.arange(whole.satellites), self.vacant)
        layout = dataclasses.replace(
            whole.layout,
            names=tuple(whole.layout.names[satellite] for satellite in kept),
            **{name: getattr(whole.layout, name)[kept] for name in ("shell", "plane", "place")},
        )
        elements = tuple(whole.elements[satellite] for satellite in kept)
        return dataclasses.replace(whole, layout=layout, elements=elements)


def network(
    *,
    positions_m,
    ends,
    up=None,
    slots=1,
    slot_ns=10**9,
    rate_bps=10**9,
    mtu_bytes=9000,
    queue_packets=1000,
    policy="reroute",
    packet_error_rate=None,
):
    """A timeline over a still sky; ``up`` of shape (T, M) says which links there are in a slot.

    ``rate_bps`` is one number, or of shape (M,) or (T, M).
    """
    ends = np.asarray(ends, np.int32).reshape(-1, 2)
    up = np.ones((slots, len(ends)), bool) if up is None else np.asarray(up, bool)
    grid = SlotGrid(count=len(up), slot_ns=slot_ns)
    sky = still_sky(positions_m, end_ns=grid.end_ns + slot_ns)
    a, b = sky.positions_m[0, ends[:, 0]], sky.positions_m[0, ends[:, 1]]
    light_s = np.linalg.norm(a - b, axis=1) / SPEED_OF_LIGHT_M_S
    return LinkTimeline(
        layout=one_plane(sky.satellites),
        ephemeris=sky,
        slots=grid,
        ends=ends,
        kind=np.full(len(ends), LinkKind.INTRA_PLANE, np.uint8),
        rate_bps=np.broadcast_to(np.asarray(rate_bps, np.int64), up.shape),
        delay_s=np.broadcast_to(light_s, up.shape),
        reason=np.where(up, DownReason.UP, DownReason.OUTAGE).astype(np.uint8),
        mtu_bytes=mtu_bytes,
        queue_packets=queue_packets,
        policy=LossPolicy(policy),
        packet_error_rate=None if packet_error_rate is None else np.full(len(ends), packet_error_rate),
    )


def routes_to(timeline, destinations, *, packet_bits, router=None):
    """Forwarding tables of least-delay paths, or of another routing protocol."""
    return Routes(
        timeline=timeline,
        router=router or LeastDelay(),
        destinations=np.asarray(destinations),
        packet_bits=packet_bits,
    )


def path_delays(timeline, *, packet_bits, destinations=None, router=None):
    """Seconds from everyone to destinations in every slot, shape (T, D, S), infinite without a path."""
    destinations = np.arange(timeline.satellites) if destinations is None else np.asarray(destinations)
    delays_s = []
    for slot in range(timeline.slots.count):
        sky = timeline.network(slot)
        next_hop = checked_next_hops(
            router or LeastDelay(), sky, destinations=destinations, packet_bits=packet_bits
        )
        paths = follow(sky, next_hop, hop_s=sky.hop_s(packet_bits))
        delays_s.append(np.where(paths.end == destinations[:, np.newaxis], paths.total_s, np.inf))
    return np.array(delays_s)


def timeline_of(source, *, links, slots, seed=1):
    """The links of a constellation through time, as a scenario has them."""
    constellation = source.build()
    return build_timeline(
        constellation=constellation,
        ephemeris=propagate(constellation, end_ns=slots.end_ns + 10**9),
        slots=slots,
        links=links,
        random=stream(seed, "links.outages"),
    )


def chain(*, satellites, hop_m, **settings):
    """A network of satellites in a row, ``hop_m`` metres apart."""
    positions_m = np.zeros((satellites, 3))
    positions_m[:, 0] = hop_m * np.arange(satellites)
    return network(positions_m=positions_m, ends=list(pairwise(range(satellites))), **settings)


def work(
    *,
    activations,
    experts,
    message_bytes=1000,
    starts_ns=(0,),
    sequence_tokens=None,
    widths=None,
    shares=None,
    batch=1,
    queue_jobs=None,
    **settings,
):
    """A workload whose gateways take 1000 ns, experts 2000 ns and head 500 ns, if not told otherwise.

    A token to each expert that a step activates, if ``shares`` does not say otherwise.
    """
    activations = np.asarray(activations, np.uint16)
    tokens, layers, top_k = activations.shape
    durations = {"gateway_ns": 1000, "expert_ns": 2000, **settings}
    return Workload(
        layers=layers,
        experts=experts,
        top_k=top_k,
        message_bytes=message_bytes,
        sends_residual=durations.get("sends_residual", False),
        computing=computers(layers=layers, **durations),
        starts_ns=np.asarray(starts_ns, np.int64),
        sequence_tokens=np.asarray([tokens] if sequence_tokens is None else sequence_tokens, np.int32),
        activations=activations,
        widths=np.ones(tokens, np.int32) if widths is None else np.asarray(widths, np.int32),
        shares=np.asarray(activations != NO_EXPERT if shares is None else shares, np.int32),
        batch=batch,
        queue_jobs=queue_jobs,
    )


def computers(*, layers, gateway_ns=1000, expert_ns=2000, head_ns=500, kind=None, prefill_ns=None, **_):
    """Computing times alike on all satellites, or with ``kind`` those of rows 0, 1, ... of what is given."""

    def each(values):
        values = np.asarray(values, np.int64)
        return np.broadcast_to(values, (2, layers)) if values.ndim < 2 else values

    head_ns = np.broadcast_to(np.asarray(head_ns, np.int64), (len(each(gateway_ns)),))
    return Computing(
        gateway_ns=each(gateway_ns),
        expert_ns=each(expert_ns),
        head_ns=head_ns,
        kind=kind,
        prefill_ns={width: each(values) for width, values in (prefill_ns or {}).items()},
    )


def hosts(*, gateways, experts, name="by-hand", dispatch=None, **settings):
    """A placement by hand."""
    return Placement(
        name=name,
        gateways=np.array(gateways, np.int32),
        experts=np.array(experts, np.int32),
        dispatch=None if dispatch is None else np.array(dispatch, np.int32),
        **settings,
    )


def random_network(seed, *, satellites=30, slots=3, density=0.09, up=0.8, **settings):
    """Satellites anywhere in a box; sparse, so that some are cut off; every link has a rate of its own."""
    random = np.random.default_rng(seed)
    ends = np.argwhere(np.triu(random.random((satellites, satellites)) < density, k=1))
    return network(
        positions_m=random.uniform(-5e6, 5e6, (satellites, 3)),
        ends=ends,
        up=random.random((slots, len(ends))) < up,
        rate_bps=random.integers(10**6, 10**8, len(ends)),
        **settings,
    )
