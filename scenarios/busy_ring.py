"""A busy ring: what do queues cost, when sequences come at random, share their batches, and are not alone?

The sky and the model of ``first_ring.py``, on slower computers and links. Sixteen sequences come as a Poisson
process, faster than one is done; gateways serve up to eight steps together. Others send between satellites as
well: four flows without memory, and two that come in bursts.
"""

from dataclasses import replace

from first_ring import scenario as first_ring

from spacemoe_ns3 import Background, Computer, Decoding, Hardware, PoissonArrivals, Traffic

scenario = replace(
    first_ring,
    name="busy-ring",
    links=replace(first_ring.links, rate_bps=200e6),
    hardware=Hardware(
        gateway=Computer(name="gateway-computer", peak_flops=5e9),
        expert=Computer(name="expert-computer", peak_flops=1e9),
    ),
    decoding=Decoding(tokens=64, tokens_per_sequence=4, context_tokens=512),
    traffic=Traffic(
        arrivals=PoissonArrivals(sequences_per_s=20),
        batch=8,
        background=(
            Background(rate_bps=20e6, pairs=4),
            Background(rate_bps=20e6, pairs=2, pattern="on-off", on_s=0.1, off_s=0.4, packet_bytes=1000),
        ),
    ),
)
