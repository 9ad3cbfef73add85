"""How close does a reading of the SpaceMoE paper come to its table, and what does each open point do to it?

The set-up is that of ring32.py. Its latency is set beside the table of arXiv 2605.00515, over ten seeds; then
each point that the paper leaves open is read otherwise, alone. Some ten minutes on two processors; with
``--seed 1`` one seed of everything, in one minute.
"""

from dataclasses import replace

from ring32 import scenario

from spacemoe_ns3 import (
    Alternative,
    Computer,
    Dirichlet,
    NearestNeighbours,
    PlusGrid,
    Published,
    Study,
    Uniform,
)

# Seconds a token: the least and the greatest of eight data sets.
PUBLISHED = Published(
    source="SpaceMoE, arXiv 2605.00515, table of its evaluation",
    s_per_token={
        "spacemoe": (1.02, 1.07),
        "rand-place": (5.28, 5.30),
        "rand-intra": (4.13, 4.16),
        "rand-intra-cg": (3.34, 3.37),
    },
)


def others(assumption: str, chosen: str, readings: dict[str, dict[str, object]]) -> tuple[Alternative, ...]:
    """Return the other readings of one assumption."""
    return tuple(
        Alternative(assumption=assumption, chosen=chosen, reading=reading, changes=changes)
        for reading, changes in readings.items()
    )


ALTERNATIVES = (
    *others(
        "span of the ascending nodes",
        "360 degrees",
        {
            "180 degrees": {"constellation.raan_span_deg": 180},
            "180 degrees, planes not shifted": {
                "constellation.raan_span_deg": 180,
                "constellation.phasing": 0,
            },
        },
    ),
    *others(
        "shift between planes, 1/1056 of a turn",
        "17",
        {f"{shift:g}": {"constellation.phasing": shift} for shift in (-17, 0, 8, 16, 16.5, 17.5, 18, 24)},
    ),
    *others(
        "links of a satellite",
        "+Grid, last and first plane not linked",
        {
            "+Grid, last and first plane linked": {"links.topology": PlusGrid(seam=True)},
            "to the nearest four, chosen anew in each slot": {
                "links.topology": NearestNeighbours(links=4, every_slots=1)
            },
        },
    ),
    *others(
        "links between planes near the poles",
        "up",
        {
            "down beyond 80 degrees": {"links.cross_plane_latitude_deg": 80},
            "down beyond 70 degrees": {"links.cross_plane_latitude_deg": 70},
        },
    ),
    *others(
        "limit of 0.12 on the angular rate",
        "rad/s, in the orbital frame",
        {
            "degrees/s, in the orbital frame": {"links.max_angular_rate_rad_s": 0.0020944},
            "none": {"links.max_angular_rate_rad_s": None},
        },
    ),
    *others(
        "computer of the gateways",
        "SpaceCloud iX10, context of 4096",
        {
            "SpaceCloud iX10, context of 512": {"decoding.context_tokens": 512},
            "SpaceCloud iX10, context of 8192": {"decoding.context_tokens": 8192},
            "SBC-2A72, context of 4096": {"hardware.gateway": "sbc-2a72"},
            "SBC-2A72, context of 512": {
                "hardware.gateway": "sbc-2a72",
                "decoding.context_tokens": 512,
            },
            "RAD5545, context of 512": {"hardware.gateway": "rad5545", "decoding.context_tokens": 512},
        },
    ),
    *others(
        "computer of the experts",
        "SBC-2A72 at 70 %",
        {
            "SBC-2A72 at 100 %": {
                "hardware.expert": Computer(name="sbc-2a72-whole", peak_flops=10.4e9, memory_bytes=8e9)
            },
            "RAD5545 at 70 %": {"hardware.expert": "rad5545"},
            "SpaceCloud iX10 at 70 %": {"hardware.expert": "spacecloud-ix10"},
        },
    ),
    *others(
        "activation of experts",
        "Dirichlet, concentration 40",
        {
            "uniform": {"activation": Uniform()},
            "Dirichlet, concentration 4": {"activation": Dirichlet(concentration=4)},
        },
    ),
    *others("residual stream", "one more message", {"none": {"decoding.sends_residual": False}}),
)

study = Study(
    name="paper-table",
    base=replace(scenario, placements=("spacemoe", "rand-place", "rand-intra", "rand-intra-cg")),
    seeds=tuple(range(1, 11)),
    published=PUBLISHED,
    alternatives=ALTERNATIVES,
)
