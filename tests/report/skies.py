"""Skies and histories made by hand, to draw."""

import numpy as np

from spacemoe_ns3.links import DownReason, LinkKind
from spacemoe_ns3.links.picture import (
    LengthHistory,
    SkyMap,
)

UP, OUTAGE, HORIZON, UNASSIGNED = DownReason.UP, DownReason.OUTAGE, DownReason.HORIZON, DownReason.UNASSIGNED
INTRA, CROSS, SEAM, INTER = LinkKind

NAMES = ("low", "middle", "a-constellation-with-a-long-name-1200")
#: As of shells recovered from a catalogue, twelve of them.
CATALOGUE = tuple(f"{400 + 75 * number} km, 97.6 deg, {number}" for number in range(12))


def sky(places, *, links=(), shell=None, local_m=None, names=NAMES):
    """Satellites at (latitude, longitude) in degrees, and links (end, end, kind, reason)."""
    latitude_deg, longitude_deg = np.array(places, float).T
    table = np.array(links, int).reshape(-1, 4)
    return SkyMap(
        slot=3,
        time_s=87.5,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        altitude_m=np.full(len(places), 550e3),
        shell=np.zeros(len(places), np.int32) if shell is None else np.array(shell, np.int32),
        shell_names=names,
        local_m=local_m,
        ends=table[:, :2].astype(np.int32),
        kind=table[:, 2].astype(np.uint8),
        reason=table[:, 3].astype(np.uint8),
    )


#: Links of all kinds, in all conditions, one of them across the antimeridian.
PLACES = [(0, 0), (40, 10), (40, 70), (-50, 170), (-40, -170), (85, 20), (85, -150), (-20, -60)]
LINKS = [
    (0, 1, INTRA, UP),
    (1, 2, CROSS, UP),
    (3, 4, CROSS, UP),
    (5, 6, SEAM, UP),
    (4, 7, INTER, UP),
    (0, 7, INTRA, OUTAGE),
    (2, 3, CROSS, HORIZON),
    (0, 3, CROSS, HORIZON),
    (1, 5, INTER, UNASSIGNED),
]
SHELLS = [0, 0, 0, 1, 1, 2, 2, -1]


def history(kind, *, slots=4, shortest_m=1e6, longest_m=3e6):
    return LengthHistory(
        kind=kind,
        time_s=60.0 * np.arange(slots),
        shortest_m=np.full(slots, shortest_m),
        mean_m=np.full(slots, (shortest_m + longest_m) / 2),
        longest_m=np.full(slots, longest_m),
        share_up=np.full(slots, 0.75),
        one=(3, 7),
        one_m=np.linspace(shortest_m, longest_m, slots),
    )
