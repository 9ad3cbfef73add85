"""Does a run work at all: three layers on a few satellites, from Python to packets and back?"""

from spacemoe_ns3 import (
    Computer,
    Decoding,
    GroupedQueryAttention,
    Hardware,
    LaserLinks,
    MoEModel,
    PlusGrid,
    Scenario,
    Slots,
    WalkerShell,
)

scenario = Scenario(
    name="trial",
    constellation=WalkerShell(
        planes=6, satellites_per_plane=8, altitude_km=1400, inclination_deg=70, phasing=1
    ),
    links=LaserLinks(topology=PlusGrid(seam=True), rate_bps=1e9, mtu_bytes=1500),
    model=MoEModel(
        name="trial",
        layers=3,
        hidden=256,
        attention=GroupedQueryAttention(heads=4, kv_heads=1, head_dim=64),
        experts=3,
        top_k=2,
        expert_ffn=256,
        vocabulary=1000,
    ),
    hardware=Hardware(
        gateway=Computer(name="gateway-computer", peak_flops=1e12),
        expert=Computer(name="expert-computer", peak_flops=1e12),
    ),
    decoding=Decoding(tokens=4, tokens_per_sequence=2, context_tokens=64),
    slots=Slots(count=20, span_s=300.0),
    placements=("spacemoe",),
    seed=1,
)
