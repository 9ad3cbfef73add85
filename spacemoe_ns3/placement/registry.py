"""The placement algorithms by name: a new one is its file and a line here."""

from __future__ import annotations

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.placement.base import Placer
from spacemoe_ns3.placement.near_random import place_near_random
from spacemoe_ns3.placement.rand_intra import place_rand_intra, place_rand_intra_cg
from spacemoe_ns3.placement.rand_place import place_rand_place
from spacemoe_ns3.placement.spacemoe import place_spacemoe

PLACERS: dict[str, Placer] = {
    "spacemoe": place_spacemoe,
    "rand-place": place_rand_place,
    "rand-intra": place_rand_intra,
    "rand-intra-cg": place_rand_intra_cg,
    "near-random": place_near_random,
}


def placer_named(name: str) -> Placer:
    """Return a placement algorithm.

    Parameters
    ----------
    name
        Its name, such as ``"spacemoe"``.

    Raises
    ------
    ScenarioError
        If there is no such algorithm; names the nearest.
    """
    return look_up("placement", name, PLACERS)
