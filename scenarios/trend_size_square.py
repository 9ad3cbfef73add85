"""What do more satellites do to the latency of a token if planes and places grow alike, placed five ways?

The model of ring32.py, 32 layers of 8 experts, on shells of 25 x 24 to 49 x 48 satellites whose neighbouring
planes are shifted by half a slot, rounded up. With 32 places in a plane each layer has one of them in every
plane; with more, one or two; with fewer, rows are cut along the planes (docs/placement.md), and that changes
what a subnet is. trend_size.py keeps 32 places. Three seeds: some minutes on two processors.
"""

from dataclasses import replace

from ring32 import scenario

from spacemoe_ns3 import Study, Sweep

SCHEMES = ("spacemoe", "rand-place", "rand-intra", "rand-intra-cg")
PLACES = (24, 28, 32, 40, 48)  # in a plane; there is one plane more

study = Study(
    name="trend-size-square",
    base=replace(scenario, placements=(*SCHEMES, "exact"), decoding=replace(scenario.decoding, tokens=32)),
    seeds=(1, 2, 3),
    sweep=Sweep(
        label="satellites",
        points={
            places * (places + 1): {
                "constellation.planes": places + 1,
                "constellation.satellites_per_plane": places,
                "constellation.phasing": places // 2 + 1,
            }
            for places in PLACES
        },
        reported={"spacemoe": "falls", **dict.fromkeys(SCHEMES[1:], "rises")},
    ),
)
