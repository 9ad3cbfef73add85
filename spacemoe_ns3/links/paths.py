"""Paths: next hops followed to their ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.routing.base import NO_HOP

_NO_LIMIT_BPS = np.inf  # of a path without links


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """What the paths of D destinations from S satellites add up to; arrays of shape (D, S).

    Parameters
    ----------
    end
        Satellite at which a path ends: the destination, or where packets have no next hop.
    total_s
        Sum over its hops in seconds.
    light_s
        Light time of its links in seconds.
    slowest_bps
        Least rate of its links in bits a second, infinite where there are none.
    hops
        Number of its links.
    """

    end: np.ndarray
    total_s: np.ndarray
    light_s: np.ndarray
    slowest_bps: np.ndarray
    hops: np.ndarray


def follow(network: SlotNetwork, next_hop: np.ndarray, *, hop_s: np.ndarray) -> Paths:
    """Follow next hops to their ends, for all satellites at once, twice as far in each round.

    Parameters
    ----------
    network
        The links that are up.
    next_hop
        Neighbours, shape (D, S), without loops; as routing protocols return them.
    hop_s
        What each link takes in seconds, shape (M,).
    """
    size = network.satellites
    everyone = np.broadcast_to(np.arange(size), next_hop.shape)
    jump = np.where(next_hop == NO_HOP, everyone, next_hop).astype(np.int64)
    moves = jump != everyone
    total_s, light_s = np.zeros(jump.shape), np.zeros(jump.shape)
    slowest_bps = np.full(jump.shape, _NO_LIMIT_BPS)
    hops = moves.astype(np.int32)
    link = link_between(network, everyone[moves], jump[moves])
    total_s[moves], light_s[moves] = hop_s[link], network.delay_s[link]
    slowest_bps[moves] = network.rate_bps[link]
    for _ in range(size.bit_length()):
        further = np.take_along_axis(hops, jump, axis=1)
        if not further.any():
            break
        total_s = total_s + np.take_along_axis(total_s, jump, axis=1)
        light_s = light_s + np.take_along_axis(light_s, jump, axis=1)
        slowest_bps = np.minimum(slowest_bps, np.take_along_axis(slowest_bps, jump, axis=1))
        hops = hops + further
        jump = np.take_along_axis(jump, jump, axis=1)
    return Paths(end=jump, total_s=total_s, light_s=light_s, slowest_bps=slowest_bps, hops=hops)


def link_between(network: SlotNetwork, near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Return the links between pairs of neighbours, indices into the network's links, shape (n,)."""
    size = network.satellites
    keys = network.ends[:, 0].astype(np.int64) * size + network.ends[:, 1]  # sorted, as the ends are
    wanted = np.minimum(near, far).astype(np.int64) * size + np.maximum(near, far)
    place: np.ndarray = np.searchsorted(keys, wanted)
    return place


def path_of(next_hop: np.ndarray, source: int) -> list[int]:
    """Return the satellites of one path, both ends included.

    Parameters
    ----------
    next_hop
        Neighbours towards one destination, shape (S,), without loops.
    source
        Where it begins.
    """
    way = [source]
    while next_hop[way[-1]] != NO_HOP:
        way.append(int(next_hop[way[-1]]))
    return way
