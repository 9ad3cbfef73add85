"""A circle of satellites that any one link can leave, and the work of two sequences on it."""

from __future__ import annotations

import dataclasses

import numpy as np
from builders import hosts, network, routes_to, work

from spacemoe_ns3 import SelectiveRepeat, Udp
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.packet import LocalExecutor, Plan, Records, result_from_records
from spacemoe_ns3.packet.plan import JOB_COLUMNS

SATELLITES, LAYERS, EXPERTS, TOP_K, TOKENS = 8, 2, 3, 2, 12
HOP_M = 0.002 * SPEED_OF_LIGHT_M_S  # 2 ms of light
MTU_BYTES, MESSAGE_BYTES = 500, 2000  # five packets a message
SLOT_NS, SLOTS = 100_000_000, 400
LOSS = 0.05
RECOVERY = Udp(recovery=SelectiveRepeat(timeout_s=0.1, ask_s=0.03, give_up_s=5))
# Two neighbours each, and the one across: whatever link is gone, there is a way.
LINKS = sorted(
    {tuple(sorted((a, (a + step) % SATELLITES))) for a in range(SATELLITES) for step in (1, SATELLITES // 2)}
)
GONE_FROM_SLOT = 1  # of a link that goes; the first token is under way by then


def circle(*, gone=None, slots=SLOTS, **settings):
    """Satellites in a circle, three links each; one of the links may go for good, with what is on it."""
    angle = 2 * np.pi * np.arange(SATELLITES) / SATELLITES
    radius_m = HOP_M / (2 * np.sin(np.pi / SATELLITES))
    up = np.ones((slots, len(LINKS)), bool)
    if gone is not None:
        up[GONE_FROM_SLOT:, gone] = False
    return network(
        positions_m=radius_m * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1),
        ends=LINKS,
        up=up,
        slot_ns=SLOT_NS,
        rate_bps=10**7,
        mtu_bytes=MTU_BYTES,
        policy="drop",
        **settings,
    )


def plan_over(timeline, *, transport=RECOVERY, seed=1, busy=False, message_bytes=MESSAGE_BYTES):
    """Two sequences of six tokens at once; with ``busy`` the first message meets the end of a slot."""
    random = np.random.default_rng(5)
    activations = random.random((TOKENS, LAYERS, EXPERTS)).argsort(axis=-1)[..., :TOP_K]
    workload = work(
        activations=activations,
        experts=EXPERTS,
        message_bytes=message_bytes,
        starts_ns=(0, SLOT_NS - 3_000_000 if busy else 1_000_000),
        sequence_tokens=[TOKENS // 2] * 2,
        gateway_ns=1_000_000,
        expert_ns=500_000,
        sends_residual=True,
    )
    placement = hosts(gateways=(0, 4), experts=((1, 2, 3), (5, 6, 7)))
    bits = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=MTU_BYTES)
    routes = routes_to(timeline, placement.hosts(), packet_bits=int(bits[0]))
    return Plan(workload=workload, placement=placement, routes=routes, transport=transport, seed=seed)


def cut_off():
    """Expert 2 of layer 0, on satellite 3, loses all its links for good."""
    up = np.ones((SLOTS, len(LINKS)), bool)
    up[GONE_FROM_SLOT:, [link for link, ends in enumerate(LINKS) if 3 in ends]] = False
    timeline = circle()
    reason = np.where(up, timeline.reason, 11).astype(np.uint8)
    return dataclasses.replace(timeline, reason=reason)


def record_all(plans, folder):
    """What ns-3 recorded of each plan, or why it failed, by name."""
    with LocalExecutor(workers=2) as executor:
        for number, make in enumerate(plans.values()):
            executor.submit(str(number), make(), folder / str(number))
        outcomes = {event.name: event.outcome for event in executor.events(wait=True) if event.outcome}
    return {name: outcomes[str(number)] for number, name in enumerate(plans)}


def result_of(plan, records):
    """The result that is made of what was recorded."""
    assert isinstance(records, Records), records
    return result_from_records(
        records, workload=plan.workload, placement=plan.placement, ends=plan.routes.timeline.ends
    )


def column(table, columns, name):
    """One column of a table of records."""
    return table[:, columns.index(name)]


def outputs(records):
    """What was computed, where, sorted: request, token, layer, kind, expert, satellite."""
    names = ("request", "token", "layer", "kind", "expert", "satellite")
    jobs = np.stack([column(records.jobs, JOB_COLUMNS, name) for name in names], axis=1)
    return sorted(map(tuple, jobs.tolist()))
