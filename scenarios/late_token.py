"""A token that is late: which laser kept it waiting, and behind whom?

The sky and the model of ``first_ring.py`` on links of 100 Mb/s. One sequence of twelve tokens goes round
the ring of layers. Another user of the constellation sends bursts at twice the rate of a laser, two
links far: while the queue of that laser is long, whatever else must pass it waits. ``docs/wireshark.md``
finds it in the packets.
"""

from dataclasses import replace

from first_ring import scenario as first_ring

from spacemoe_ns3 import Background, Decoding, Traffic

BURSTS = Background(
    rate_bps=5e6, flows=((44, 46),), packet_bytes=1500, pattern="on-off", on_s=0.02, off_s=0.78
)

scenario = replace(
    first_ring,
    name="late-token",
    links=replace(first_ring.links, rate_bps=100e6, outages=()),
    decoding=Decoding(tokens=12, tokens_per_sequence=12, context_tokens=512),
    traffic=Traffic(background=(BURSTS,)),
    placements=("spacemoe",),
)
