"""What does a token cost on Starlink's 550 km shell, as filed, on lasers that the filing does not describe?

72 planes of 22 satellites at 53 degrees, each with two neighbours in its plane and one in each plane beside
it (a closed +Grid; docs/constellation.md says what is filed and what is our reading). The model, the
computers and the activation are those of ring32: a plane has 22 places, so ten subnets have two layers.
"""

from spacemoe_ns3 import (
    Bernoulli,
    Decoding,
    Dirichlet,
    Hardware,
    LaserLinks,
    PlusGrid,
    Scenario,
    Slots,
)

scenario = Scenario(
    name="starlink-550",
    constellation="starlink-gen1-550",
    links=LaserLinks(
        topology=PlusGrid(seam=True),
        rate_bps=100e9,
        outages=(Bernoulli(survival_probability=0.95),),
    ),
    slots=Slots(count=50),  # over one orbit
    model="llama-moe-3.5b",
    hardware=Hardware(gateway="spacecloud-ix10", expert="sbc-2a72"),
    activation=Dirichlet(concentration=40),
    decoding=Decoding(tokens=32, tokens_per_sequence=2),
    placements=("spacemoe", "rand-place", "rand-intra", "rand-intra-cg"),
    seed=1,
)
