"""A first ring to learn from: how much of a token's time is light, on six layers over 72 satellites?

Small enough to read every number of it. A model of six layers with four experts each, on a Walker shell of
6 planes x 12 satellites. Packets are 1500 bytes, so that a hidden state of 2 KiB travels in two of them.
"""

from spacemoe_ns3 import (
    Bernoulli,
    Computer,
    Decoding,
    Dirichlet,
    GroupedQueryAttention,
    Hardware,
    LaserLinks,
    MoEModel,
    PlusGrid,
    Scenario,
    WalkerShell,
)

scenario = Scenario(
    name="first-ring",
    constellation=WalkerShell(
        planes=6,
        satellites_per_plane=12,
        altitude_km=1000,
        inclination_deg=60,
        phasing=1,
    ),
    links=LaserLinks(
        topology=PlusGrid(seam=True),
        rate_bps=10e9,
        outages=(Bernoulli(survival_probability=0.98),),
        mtu_bytes=1500,
    ),
    model=MoEModel(
        name="six-layers",
        layers=6,
        hidden=1024,
        attention=GroupedQueryAttention(heads=16, kv_heads=4, head_dim=64),
        experts=4,
        top_k=2,
        expert_ffn=2048,
        vocabulary=32_000,
    ),
    hardware=Hardware(
        gateway=Computer(name="gateway-computer", peak_flops=1e12),
        expert=Computer(name="expert-computer", peak_flops=50e9),
    ),
    activation=Dirichlet(concentration=2),  # a clear skew, so that matching experts to satellites shows
    decoding=Decoding(tokens=32, tokens_per_sequence=4, context_tokens=512),
    seed=7,
)
