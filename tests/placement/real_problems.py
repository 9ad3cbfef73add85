"""Placement problems on small real constellations: orbits, laser links, outages, least-delay routing."""

import functools

from spacemoe_ns3 import (
    Bernoulli,
    Computer,
    Dirichlet,
    GroupedQueryAttention,
    Hardware,
    LaserLinks,
    MoEModel,
    PlusGrid,
    Scenario,
    Slots,
    WalkerShell,
    pipeline,
)
from spacemoe_ns3.progress import silent


@functools.cache
def real_problem(
    *,
    planes=13,
    places=12,
    layers=8,
    experts=4,
    survival=0.95,
    hosts_per_satellite=1,
    gateway="spacecloud-ix10",
    expert="sbc-2a72",
    rate_bps=100e9,
    slots=20,
    seed=1,
):
    """Without a seam, as in the paper, and a model as wide as LLaMA-MoE-3.5B."""
    model = MoEModel(
        name="small",
        layers=layers,
        hidden=4096,
        attention=GroupedQueryAttention(heads=32, kv_heads=32, head_dim=128),
        experts=experts,
        top_k=2,
        expert_ffn=1376,
        vocabulary=32_000,
    )
    scenario = Scenario(
        name="small",
        constellation=WalkerShell(
            planes=planes,
            satellites_per_plane=places,
            altitude_km=1200,
            inclination_deg=87,
            phasing=6,
            raan_span_deg=360,
        ),
        links=LaserLinks(
            topology=PlusGrid(seam=False),
            rate_bps=rate_bps,
            outages=(Bernoulli(survival_probability=survival),),
            mtu_bytes=9000,
        ),
        slots=Slots(count=slots),
        model=model,
        hardware=Hardware(gateway=gateway, expert=expert),
        activation=Dirichlet(concentration=10),
        placements=("rand-place",),
        hosts_per_satellite=hosts_per_satellite,
        seed=seed,
    )
    return pipeline.prepare(scenario, progress=silent()).problem


def computer(*, memory_gb, flops=7.28e9):
    """A computer as slow as the SBC-2A72, with so much memory."""
    return Computer(name="by-hand", peak_flops=flops, memory_bytes=memory_gb * 1e9)
