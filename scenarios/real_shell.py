"""What does a token cost on a shell as catalogues have it: noisy orbits, vacant places, epochs of their own?

The satellites come from a file of two-line elements. Planes and places are recovered from the elements;
spares, and satellites that still raise their orbits, fit into none and are named. No public catalogue comes
with the project, so the file is synthetic: Starlink's shell at 570 km with what real elements have
(``benchmarks/generate_tles.py``). Put a file of your own in its place.
"""

from pathlib import Path

from spacemoe_ns3 import (
    Decoding,
    Dirichlet,
    GilbertElliott,
    GroupedQueryAttention,
    Hardware,
    LaserLinks,
    MoEModel,
    PlusGrid,
    SatelliteFile,
    Scenario,
    Slots,
)

scenario = Scenario(
    name="real-shell",
    constellation=SatelliteFile(path=Path(__file__).parent / "data" / "starlink-570-synthetic.tle"),
    links=LaserLinks(
        topology=PlusGrid(seam=True),
        rate_bps=100e9,
        max_range_km=5000,
        outages=(GilbertElliott(mean_up_s=900, mean_down_s=30),),
    ),
    slots=Slots(count=200),
    model=MoEModel(
        name="twenty-layers",
        layers=20,  # a plane of this shell has 20 places
        hidden=4096,
        attention=GroupedQueryAttention(heads=32, kv_heads=32, head_dim=128),
        experts=8,
        top_k=2,
        expert_ffn=1376,
        vocabulary=32_000,
    ),
    hardware=Hardware(gateway="spacecloud-ix10", expert="sbc-2a72"),
    activation=Dirichlet(concentration=40),
    decoding=Decoding(tokens=32, tokens_per_sequence=2, context_tokens=4096),
    seed=1,
)
