"""What do more satellites do to the latency of a token, placed five ways?

The model of ring32.py, 32 layers of 8 experts, on 17 to 65 planes of 32 satellites whose neighbouring planes
are shifted by half a slot, rounded up. So each layer always has one place of every plane, as in the SpaceMoE
paper (arXiv 2605.00515), which reports that with more satellites SpaceMoE improves and the random schemes get
worse. trend_size_square.py lets planes and places grow alike. Three seeds: some minutes on two processors.
"""

from dataclasses import replace

from ring32 import scenario

from spacemoe_ns3 import Study, Sweep

SCHEMES = ("spacemoe", "rand-place", "rand-intra", "rand-intra-cg")
PLANES = (17, 25, 33, 41, 49, 57, 65)  # odd, so that one is in the middle

study = Study(
    name="trend-size",
    base=replace(scenario, placements=(*SCHEMES, "exact"), decoding=replace(scenario.decoding, tokens=32)),
    seeds=(1, 2, 3),
    sweep=Sweep(
        label="satellites",
        points={
            32 * planes: {"constellation.planes": planes, "constellation.phasing": planes // 2 + 1}
            for planes in PLANES
        },
        reported={"spacemoe": "falls", **dict.fromkeys(SCHEMES[1:], "rises")},
    ),
)
