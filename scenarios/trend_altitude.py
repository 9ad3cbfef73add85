"""What does altitude do to the latency of a token, placed five ways?

The set-up of ring32.py from 300 to 1200 km; the span is one orbit of each altitude. The SpaceMoE paper (arXiv
2605.00515) reports that latency grows with altitude for every scheme. Three seeds: some minutes on two
processors.
"""

from dataclasses import replace

from ring32 import scenario

from spacemoe_ns3 import Study, Sweep

SCHEMES = ("spacemoe", "rand-place", "rand-intra", "rand-intra-cg")

study = Study(
    name="trend-altitude",
    base=replace(scenario, placements=(*SCHEMES, "exact"), decoding=replace(scenario.decoding, tokens=32)),
    seeds=(1, 2, 3),
    sweep=Sweep(
        label="altitude, km",
        points={km: {"constellation.altitude_km": km} for km in (300, 450, 600, 750, 900, 1050, 1200)},
        reported=dict.fromkeys(SCHEMES, "rises"),
    ),
)
