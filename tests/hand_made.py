"""Links over satellites that stand, or fly straight, where a test puts them."""

import dataclasses

import numpy as np
from builders import one_plane, still_sky

from spacemoe_ns3.constellation import Ephemeris, SlotGrid, WalkerShell
from spacemoe_ns3.links import DownReason, LaserLinks, LinkList, build_timeline
from spacemoe_ns3.streams import stream

TEN_SECONDS = SlotGrid(count=12, slot_ns=10 * 10**9)
ANYWHERE_KM = -1e5  # a grazing altitude that hides nothing
# The Sun crosses the equator northwards: it stands where right ascensions are counted from. (Astronomical
# Almanac 2026: 20 March, 14:46 UTC.)
EQUINOX = "2026-03-20T14:46:00"


def hand_made(
    positions_m, *, ends=((0, 1),), layout=None, slots=TEN_SECONDS, moves_m_s=None, epoch=EQUINOX, **rules
):
    """A timeline over satellites at given places, or that fly straight from there, with links by a list."""
    positions_m = np.asarray(positions_m, float)
    some_shell = WalkerShell(
        planes=1,
        satellites_per_plane=max(3, len(positions_m)),
        altitude_km=550,
        inclination_deg=60,
        epoch=epoch,
    )
    constellation = some_shell.build()
    count = len(positions_m)
    constellation = dataclasses.replace(
        constellation, layout=layout or one_plane(count), elements=constellation.elements[:count]
    )
    sky = still_sky(positions_m, end_ns=slots.end_ns)
    if moves_m_s is not None:
        velocities = np.asarray(moves_m_s, float)
        sky = Ephemeris(
            step_ns=slots.end_ns,
            positions_m=np.stack([positions_m, positions_m + velocities * slots.end_ns / 1e9]),
            velocities_m_s=np.stack([velocities, velocities]),
        )
    settings = {"topology": LinkList(pairs=tuple(ends)), "grazing_altitude_km": ANYWHERE_KM, **rules}
    return build_timeline(
        constellation=constellation,
        ephemeris=sky,
        slots=slots,
        links=LaserLinks(**settings),
        random=stream(1, "links.outages"),
    )


def reasons(some_timeline, link=0):
    """Names of the reasons of a link, slot by slot."""
    return [DownReason(each).name for each in some_timeline.reason[:, link].tolist()]
