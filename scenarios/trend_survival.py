"""What do links that fail at random do to the latency of a token, placed five ways?

The set-up of ring32.py with links that are up in a slot with probability 0.7 to 1. The SpaceMoE paper (arXiv
2605.00515) reports that better survival lowers latency. Where a satellite loses all its links in a slot,
messages wait for the next slot: half of 29 seconds in the mean, which outweighs all else as soon as it is not
rare. Three seeds: some minutes on two processors.
"""

from dataclasses import replace

from ring32 import scenario

from spacemoe_ns3 import Study, Sweep

SCHEMES = ("spacemoe", "rand-place", "rand-intra", "rand-intra-cg")

study = Study(
    name="trend-survival",
    base=replace(scenario, placements=(*SCHEMES, "exact"), decoding=replace(scenario.decoding, tokens=32)),
    seeds=(1, 2, 3),
    sweep=Sweep(
        label="probability that a link is up in a slot",
        points={
            probability: {"links.outages.0.survival_probability": probability}
            for probability in (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
        },
        reported=dict.fromkeys(SCHEMES, "falls"),
    ),
)
