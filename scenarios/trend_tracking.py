"""What does it cost if laser terminals turn too slowly to follow their peers, placed five ways?

The set-up of ring32.py with other limits on the angular rate of a link's line of sight. The SpaceMoE paper
(arXiv 2605.00515) reports that faster tracking lowers latency. Its limit of 0.12 rad/s never binds on this
+Grid, whose links turn at 1.9 milliradians a second at most: so the limits here are below that, where links
between planes drop out, first where they turn fastest. Three seeds: some minutes on two processors.
"""

from dataclasses import replace

from ring32 import scenario

from spacemoe_ns3 import Study, Sweep

SCHEMES = ("spacemoe", "rand-place", "rand-intra", "rand-intra-cg")

study = Study(
    name="trend-tracking",
    base=replace(scenario, placements=(*SCHEMES, "exact"), decoding=replace(scenario.decoding, tokens=32)),
    seeds=(1, 2, 3),
    sweep=Sweep(
        label="limit on the angular rate, mrad/s",
        points={
            limit: {"links.max_angular_rate_rad_s": limit / 1000}
            for limit in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
        },
        reported=dict.fromkeys(SCHEMES, "falls"),
    ),
)
