"""Placement problems made by hand: any shell, any delays, any gating."""

import itertools
from collections import Counter

import numpy as np

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.latency import GatewayDelays, MessageDelays
from spacemoe_ns3.moe import Computing, Footprint, SuccessiveSampling
from spacemoe_ns3.placement import PlacementProblem

SLOT_S = 30.0


def shell_layout(planes, places):
    """A Walker shell's."""
    shell = WalkerShell(planes=planes, satellites_per_plane=places, altitude_km=550, inclination_deg=87)
    return shell.build().layout


def any_delays(satellites, *, slots=3, seed=1):
    """Shortest paths over random symmetric direct delays, so that no detour is shorter, shape (T, S, S)."""
    random = np.random.default_rng(seed)
    delay_s = random.uniform(0.001, 0.02, (slots, satellites, satellites))
    delay_s = np.maximum(delay_s, delay_s.swapaxes(1, 2))
    delay_s[:, range(satellites), range(satellites)] = 0.0
    for by in range(satellites):
        np.minimum(delay_s, delay_s[:, :, [by]] + delay_s[:, [by]], out=delay_s)
    return delay_s


def any_gating(layers, experts, *, top_k=None, seed=1):
    """Successive sampling with weights of its own in every layer."""
    weights = np.random.default_rng(seed).dirichlet(np.full(experts, 2.0), size=layers)
    return SuccessiveSampling(weights=weights, top_k=min(2, experts) if top_k is None else top_k)


def problem_of(
    layout,
    *,
    gating,
    delay_s=None,
    expert_s=(0.0, 0.0),
    gateway_s=(0.0, 0.0),
    head_s=(0.0, 0.0),
    kind=None,
    gateway_bytes=0,
    expert_bytes=0,
    capacity_bytes=None,
    hosts_per_satellite=1,
    shell=0,
):
    """A problem with all delays given, shape (T, S, S), and computing times by kind: gateway, expert, others.

    No memory is known unless it is given.
    """
    delay_s = any_delays(layout.satellites) if delay_s is None else np.asarray(delay_s, float)
    kinds, members = len(expert_s), layout.members(shell)

    def each_layer_ns(values_s):
        return np.tile(np.round(np.array(values_s)[:, np.newaxis] * 1e9).astype(np.int64), gating.layers)

    def gateway_delays(gateways):
        to_all = np.ascontiguousarray(delay_s[:, gateways])
        from_all = np.ascontiguousarray(delay_s[:, :, gateways].swapaxes(1, 2))
        return GatewayDelays(
            outbound=MessageDelays(total_s=to_all, propagation_s=to_all),
            inbound=MessageDelays(total_s=from_all, propagation_s=from_all),
        )

    return PlacementProblem(
        layout=layout,
        shell=shell,
        gating=gating,
        computing=Computing(
            gateway_ns=each_layer_ns(gateway_s),
            expert_ns=each_layer_ns(expert_s),
            head_ns=each_layer_ns(head_s)[:, 0],
            kind=None if kind is None else np.asarray(kind, np.int16),
        ),
        footprint=Footprint(
            gateway_bytes=np.broadcast_to(np.asarray(gateway_bytes, np.int64), (gating.layers,)),
            expert_bytes=expert_bytes,
            capacity_bytes=np.full(kinds, np.inf) if capacity_bytes is None else np.array(capacity_bytes),
            kind=None if kind is None else np.asarray(kind, np.int16),
        ),
        gateway_delays=gateway_delays,
        sampled_delays=lambda satellites, samples: delay_s[:samples][:, satellites][:, :, satellites],
        mean_delays=lambda limit_s: np.minimum(delay_s, limit_s).mean(axis=0)[np.ix_(members, members)],
        slot_s=SLOT_S,
        rate_bps=10**9,
        hosts_per_satellite=hosts_per_satellite,
    )


def layer_by_hand_s(way_s, computing_s, hosts, *, members, probability):
    """The expected latency of a layer by its definition, in plain loops.

    ``way_s`` is of shape (T, C). Experts of one set on one satellite are computed one after the other.
    """
    mean_s = 0.0
    for chosen, chance in zip(members, probability, strict=True):
        on = Counter(int(hosts[expert]) for expert in chosen)
        for slot in way_s:
            mean_s += chance / len(way_s) * max(slot[c] + (n - 1) * computing_s[c] for c, n in on.items())
    return mean_s


def assignments(room, experts):
    """Every way to put experts on candidates with so much room."""
    for hosts in itertools.product(range(len(room)), repeat=experts):
        if all(count <= room[candidate] for candidate, count in Counter(hosts).items()):
            yield hosts


def best_by_hand_s(way_s, computing_s, room, *, experts, members, probability):
    """The least expected latency of a layer, of all assignments there are."""
    return min(
        layer_by_hand_s(way_s, computing_s, hosts, members=members, probability=probability)
        for hosts in assignments(room, experts)
    )
