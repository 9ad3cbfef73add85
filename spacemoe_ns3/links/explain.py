"""Why two satellites have the path they have, or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import NOWHERE
from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.paths import link_between, path_of
from spacemoe_ns3.links.routes import checked_next_hops
from spacemoe_ns3.links.routing import Router
from spacemoe_ns3.links.survey import packet_bits
from spacemoe_ns3.links.timeline import DownReason, LinkTimeline
from spacemoe_ns3.links.topology import LinkKind

_MOST_LINKS_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One hop of a path.

    Parameters
    ----------
    from_satellite, to_satellite
        Its ends.
    kind
        Of the link.
    length_m
        At the middle of the slot.
    delay_s
        Light time and transmission of a full packet.
    """

    from_satellite: int
    to_satellite: int
    kind: LinkKind
    length_m: float
    delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PathExplanation:
    """The path between two satellites in one slot, or why there is none.

    Parameters
    ----------
    slot
        Index of the slot.
    hops
        The path; empty if there is none.
    why_not
        Sentences that say why there is no path; empty if there is one.
    """

    slot: int
    hops: tuple[Hop, ...]
    why_not: tuple[str, ...]

    @property
    def delay_s(self) -> float | None:
        """Delay of a full packet in seconds; None without a path."""
        return sum(hop.delay_s for hop in self.hops) if self.hops else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSpell:
    """A run of slots with one path, or with none.

    Parameters
    ----------
    first_slot, last_slot
        The run, both included.
    way
        Satellites of the path, both ends included; empty if there is none.
    delay_s
        Least and greatest delay of a full packet in the run; None without a path.
    """

    first_slot: int
    last_slot: int
    way: tuple[int, ...]
    delay_s: tuple[float, float] | None


def explain_path(
    timeline: LinkTimeline, router: Router, *, source: int, destination: int, slot: int
) -> PathExplanation:
    """Return the path between two satellites in a slot, or why there is none.

    Parameters
    ----------
    timeline, router
        Links and routing protocol.
    source, destination
        Two different satellites.
    slot
        Index of the slot.

    Raises
    ------
    ScenarioError
        If the routing protocol breaks a rule.
    """
    network, way = _way(timeline, router, source, destination, slot)
    if way[-1] != destination:
        why = _why_not(timeline, network, way, destination)
        return PathExplanation(slot=slot, hops=(), why_not=why)
    near, far = np.array(way[:-1]), np.array(way[1:])
    link = link_between(network, near, far)
    hop_s = network.hop_s(packet_bits(timeline))[link]
    kinds = timeline.kind[timeline.reason[slot] == DownReason.UP][link]
    rows = zip(near, far, kinds, network.delay_s[link] * SPEED_OF_LIGHT_M_S, hop_s, strict=True)
    hops = tuple(
        Hop(
            from_satellite=int(one),
            to_satellite=int(other),
            kind=LinkKind(kind),
            length_m=float(length_m),
            delay_s=float(delay_s),
        )
        for one, other, kind, length_m, delay_s in rows
    )
    return PathExplanation(slot=slot, hops=hops, why_not=())


def path_through_time(
    timeline: LinkTimeline, router: Router, *, source: int, destination: int
) -> tuple[PathSpell, ...]:
    """Return the paths between two satellites through all slots, in runs of equal ones.

    Parameters
    ----------
    timeline, router
        Links and routing protocol.
    source, destination
        Two different satellites.

    Raises
    ------
    ScenarioError
        If the routing protocol breaks a rule.
    """
    spells: list[PathSpell] = []
    bits = packet_bits(timeline)
    for slot in range(timeline.slots.count):
        network, found = _way(timeline, router, source, destination, slot)
        way = tuple(found) if found[-1] == destination else ()
        delay_s = None
        if way:
            link = link_between(network, np.array(way[:-1]), np.array(way[1:]))
            total_s = float(network.hop_s(bits)[link].sum())
            delay_s = (total_s, total_s)
        if spells and spells[-1].way == way:
            last = spells.pop()
            if delay_s and last.delay_s:
                delay_s = (min(last.delay_s[0], delay_s[0]), max(last.delay_s[1], delay_s[1]))
            spells.append(PathSpell(first_slot=last.first_slot, last_slot=slot, way=way, delay_s=delay_s))
        else:
            spells.append(PathSpell(first_slot=slot, last_slot=slot, way=way, delay_s=delay_s))
    return tuple(spells)


def _way(
    timeline: LinkTimeline, router: Router, source: int, destination: int, slot: int
) -> tuple[SlotNetwork, list[int]]:
    """Return the network of a slot, and the satellites that a packet comes to in it."""
    network = timeline.network(slot)
    next_hop = checked_next_hops(
        router, network, destinations=np.array([destination]), packet_bits=packet_bits(timeline)
    )
    return network, path_of(next_hop[0], source)


def _why_not(
    timeline: LinkTimeline, network: SlotNetwork, way: list[int], destination: int
) -> tuple[str, ...]:
    """Say why a packet that comes as far as the end of ``way`` comes no further."""
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(network.matrix(np.ones(len(network.ends))), directed=False)
    source, slot = way[0], network.slot
    if part[source] == part[destination]:
        stuck = way[-1]
        return (
            f"the network is whole, but the routing protocol has no next hop at satellite {stuck}, "
            f"{len(way) - 1} hops on; its links:",
            *_name_links(timeline, slot, (timeline.ends == stuck).any(axis=1)),
        )
    sizes = {satellite: int((part == part[satellite]).sum()) for satellite in (source, destination)}
    smaller = min(sizes, key=lambda satellite: sizes[satellite])
    inside = part == part[smaller]
    crossing = inside[timeline.ends[:, 0]] != inside[timeline.ends[:, 1]]
    sentences = [
        f"the network is in parts: that of satellite {source} has {sizes[source]} of "
        f"{timeline.satellites} satellites, that of satellite {destination} {sizes[destination]}"
    ]
    if crossing.any():
        sentences.append(f"every link out of the part of satellite {smaller} is down:")
        sentences += _name_links(timeline, slot, crossing)
    else:
        where = ", as it is in no plane" if timeline.layout.plane[smaller] == NOWHERE else ""
        sentences.append(f"the topology has no link out of the part of satellite {smaller}{where}")
    return tuple(sentences)


def _name_links(timeline: LinkTimeline, slot: int, chosen: np.ndarray) -> list[str]:
    """Say of each link, or of many by number, what state it is in."""
    links = np.flatnonzero(chosen)
    reasons = timeline.reason[slot, links]
    if len(links) > _MOST_LINKS_NAMED:
        count = np.bincount(reasons, minlength=len(DownReason))
        return [f"  {count[each]} links: {each.words}" for each in DownReason if count[each]]
    lines = []
    for link, reason in zip(links.tolist(), reasons.tolist(), strict=True):
        a, b = timeline.ends[link].tolist()
        kind, length_km = (
            LinkKind(timeline.kind[link]).words,
            timeline.delay_s[slot, link] * SPEED_OF_LIGHT_M_S / 1e3,
        )
        lines.append(f"  {a}-{b} ({kind}, {length_km:.0f} km): {DownReason(reason).words}")
    return lines or ["  none"]
