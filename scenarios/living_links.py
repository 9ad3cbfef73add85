"""How much do links that come and go for physical reasons cost a token?

A polar shell whose links between planes switch off beyond 70 degrees of latitude, whose receivers must not
look within 10 degrees of the Sun, whose terminals need 20 s to acquire a link anew, and whose rate follows
from an optical link budget. Two satellites fail during the run, links fade at random, and one link is down by
schedule.
"""

from spacemoe_ns3 import (
    Decoding,
    Dirichlet,
    GilbertElliott,
    GroupedQueryAttention,
    Hardware,
    LaserLinks,
    ModemTable,
    MoEModel,
    OpticalLinkBudget,
    PlusGrid,
    SatelliteFailures,
    Scenario,
    ScheduledOutages,
    Slots,
    WalkerShell,
)

scenario = Scenario(
    name="living-links",
    constellation=WalkerShell.star("86.4: 240/12/2", altitude_km=780, name="polar"),
    links=LaserLinks(
        topology=PlusGrid(),
        rate_bps=OpticalLinkBudget(
            transmit_power_w=1.0,
            transmit_aperture_m=0.08,
            receive_aperture_m=0.08,
            transmit_efficiency=0.8,
            receive_efficiency=0.8,
            pointing_error_urad=2.0,
            modem=ModemTable(modes=((-26.0, 100e9), (-34.0, 25e9), (-42.0, 10e9))),
        ),
        max_range_km=6000,
        max_angular_rate_rad_s=0.02,
        sun_exclusion_deg=10,
        cross_plane_latitude_deg=70,
        acquisition_s=20,
        outages=(
            GilbertElliott(mean_up_s=600, mean_down_s=15),
            ScheduledOutages(windows=((600, 900, 0, 1),)),
            SatelliteFailures(failures=((30, 1000, 2000), (100, 3000, None))),
        ),
        on_loss="reroute",
    ),
    slots=Slots(count=600),  # ten seconds each, so that acquisition and fades show
    model=MoEModel(
        name="ten-layers",
        layers=10,
        hidden=2048,
        attention=GroupedQueryAttention(heads=16, kv_heads=4, head_dim=128),
        experts=8,
        top_k=2,
        expert_ffn=1376,
        vocabulary=32_000,
    ),
    hardware=Hardware(gateway="spacecloud-ix10", expert="sbc-2a72"),
    activation=Dirichlet(concentration=40),
    decoding=Decoding(tokens=32, tokens_per_sequence=2, context_tokens=2048),
    placements=("spacemoe", "rand-intra-cg", "near-random"),
    seed=3,
)
