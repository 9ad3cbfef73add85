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
    size, rates_bps = network.satellites, network.rate_bps
    everyone = np.broadcast_to(np.arange(size), next_hop.shape)
    is_end = next_hop == NO_HOP
    first = np.where(is_end, everyone, next_hop).astype(np.int64)
    # What has arrived passes a last link, of no length.
    link = np.where(is_end, len(network.ends), link_between(network, everyone, first))
    total_s, light_s = np.append(hop_s, 0.0).take(link), np.append(network.delay_s, 0.0).take(link)
    slowest_bps = np.append(rates_bps, _NO_LIMIT_BPS).take(link)
    hops = (~is_end).astype(np.int32)
    # Indices into the raveled arrays: taking by them is several times as fast as by row and column.
    row = np.arange(len(next_hop))[:, np.newaxis] * size
    jump = first + row
    differ = bool(len(rates_bps)) and bool((rates_bps != rates_bps[0]).any())
    for _ in range(size.bit_length()):
        further = hops.take(jump)
        if not further.any():
            break
        total_s = total_s + total_s.take(jump)
        light_s = light_s + light_s.take(jump)
        if differ:
            slowest_bps = np.minimum(slowest_bps, slowest_bps.take(jump))
        hops = hops + further
        jump = jump.take(jump)
    return Paths(end=jump - row, total_s=total_s, light_s=light_s, slowest_bps=slowest_bps, hops=hops)


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
