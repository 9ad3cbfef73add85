"""What a sky is like: shells, links by kind, paths; figures to print and to draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import BITS_PER_BYTE, NANOSECONDS_PER_SECOND, PPP_HEADER_BYTES, SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import NOWHERE, Constellation
from spacemoe_ns3.links.paths import follow
from spacemoe_ns3.links.routes import checked_next_hops
from spacemoe_ns3.links.routing import Router
from spacemoe_ns3.links.timeline import DownReason, LinkTimeline
from spacemoe_ns3.links.topology import LinkKind

_PATH_SLOTS = 8  # all pairs in all slots would take minutes
_PATH_DESTINATIONS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSurvey:
    """One shell, or the satellites that are in none.

    Parameters
    ----------
    name
        Of the shell; ``"in no plane"`` for satellites that fit nowhere.
    satellites, planes, places
        Numbers; planes, and places in each, are 0 for satellites that fit nowhere.
    altitude_m
        Least, mean and greatest mean altitude.
    inclination_rad
        Least, mean and greatest mean inclination.
    period_s
        Mean orbital period.
    """

    name: str
    satellites: int
    planes: int
    places: int
    altitude_m: tuple[float, float, float]
    inclination_rad: tuple[float, float, float]
    period_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSurvey:
    """The links of one kind, over all slots.

    Parameters
    ----------
    kind
        What they join.
    links
        How many there are.
    length_m
        Shortest, mean and longest, over the slots in which they are up; None if they never are.
    rate_bps
        Least and greatest, over the slots in which they are up; None if they never are.
    share
        Of the links' time, by state: up, and each reason for being down that occurs; they sum to 1.
    """

    kind: LinkKind
    links: int
    length_m: tuple[float, float, float] | None
    rate_bps: tuple[int, int] | None
    share: dict[DownReason, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSurvey:
    """Paths of the routing protocol, from all satellites to some, in some slots.

    Parameters
    ----------
    slots
        The slots looked at.
    destinations
        Number of satellites that paths lead to, evenly spread; from all satellites each.
    reachable
        Share of the pairs that have a path.
    delay_s
        Least, median, mean, 99th percentile and greatest delay of a full packet; None without any path.
    hops
        Mean and greatest number of hops; None without any path.
    components
        Parts that the network falls into, the most in any of the slots; 1: it is connected.
    """

    slots: tuple[int, ...]
    destinations: int
    reachable: float
    delay_s: tuple[float, float, float, float, float] | None
    hops: tuple[float, int] | None
    components: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkySurvey:
    """What a sky is like.

    Parameters
    ----------
    shells
        The shells, and what is in none.
    kinds
        The links by kind.
    paths
        The paths.
    slots, slot_s
        Number of slots and their duration.
    epoch
        ISO date and time, UTC, of the beginning of the first.
    satellites, links
        Their numbers.
    remarks
        What did not fit, and why.
    """

    shells: tuple[ShellSurvey, ...]
    kinds: tuple[KindSurvey, ...]
    paths: PathSurvey
    slots: int
    slot_s: float
    epoch: str
    satellites: int
    links: int
    remarks: tuple[str, ...]


def survey(constellation: Constellation, timeline: LinkTimeline, router: Router) -> SkySurvey:
    """Survey a sky.

    Parameters
    ----------
    constellation, timeline, router
        Its satellites, links and paths.

    Raises
    ------
    ScenarioError
        If the routing protocol breaks a rule.
    """
    return SkySurvey(
        shells=_shells(constellation),
        kinds=tuple(_kind(timeline, kind) for kind in LinkKind if (timeline.kind == kind).any()),
        paths=_paths(timeline, router),
        slots=timeline.slots.count,
        slot_s=timeline.slots.slot_ns / NANOSECONDS_PER_SECOND,
        epoch=constellation.epoch,
        satellites=timeline.satellites,
        links=len(timeline.ends),
        remarks=constellation.remarks + timeline.remarks,
    )


def packet_bits(timeline: LinkTimeline) -> int:
    """Return the bits of a full packet on the wire."""
    return (timeline.mtu_bytes + PPP_HEADER_BYTES) * BITS_PER_BYTE


def _shells(constellation: Constellation) -> tuple[ShellSurvey, ...]:
    layout = constellation.layout
    altitude_m, inclination_rad = constellation.altitudes_m(), constellation.inclinations_rad()
    period_s = constellation.periods_s()
    found = []
    groups = [(shell.name, shell.planes, shell.places) for shell in layout.shells]
    for index, (name, planes, places) in [*enumerate(groups), (NOWHERE, ("in no plane", 0, 0))]:
        members = layout.members(index)
        if members.size:
            found.append(
                ShellSurvey(
                    name=name,
                    satellites=len(members),
                    planes=planes,
                    places=places,
                    altitude_m=_spread(altitude_m[members]),
                    inclination_rad=_spread(inclination_rad[members]),
                    period_s=float(period_s[members].mean()),
                )
            )
    return tuple(found)


def _spread(values: np.ndarray) -> tuple[float, float, float]:
    return float(values.min()), float(values.mean()), float(values.max())


def _kind(timeline: LinkTimeline, kind: LinkKind) -> KindSurvey:
    links = timeline.kind == kind
    reason = timeline.reason[:, links]
    is_up = reason == DownReason.UP
    length_m = timeline.delay_s[:, links][is_up] * SPEED_OF_LIGHT_M_S
    rate_bps = timeline.rate_bps[:, links][is_up]
    count = np.bincount(reason.ravel(), minlength=len(DownReason))
    return KindSurvey(
        kind=kind,
        links=int(links.sum()),
        length_m=_spread(length_m) if length_m.size else None,
        rate_bps=(int(rate_bps.min()), int(rate_bps.max())) if rate_bps.size else None,
        share={each: float(count[each] / reason.size) for each in DownReason if count[each]},
    )


def _paths(timeline: LinkTimeline, router: Router) -> PathSurvey:
    from scipy.sparse.csgraph import connected_components

    slots = np.unique(np.linspace(0, timeline.slots.count - 1, _PATH_SLOTS).astype(int))
    wanted = min(timeline.satellites, _PATH_DESTINATIONS)
    destinations = np.unique(np.linspace(0, timeline.satellites - 1, wanted).astype(int))
    bits = packet_bits(timeline)
    delays, hops, pairs, components = [], [], 0, 1
    for slot in slots.tolist():
        network = timeline.network(slot)
        next_hop = checked_next_hops(router, network, destinations=destinations, packet_bits=bits)
        paths = follow(network, next_hop, hop_s=network.hop_s(bits))
        is_other = destinations[:, np.newaxis] != np.arange(timeline.satellites)
        arrives = is_other & (paths.end == destinations[:, np.newaxis])
        pairs += int(is_other.sum())
        delays.append(paths.total_s[arrives])
        hops.append(paths.hops[arrives])
        parts, _ = connected_components(network.matrix(np.ones(len(network.ends))), directed=False)
        components = max(components, int(parts))
    delay_s, hop = np.concatenate(delays), np.concatenate(hops)
    is_any = delay_s.size > 0
    return PathSurvey(
        slots=tuple(slots.tolist()),
        destinations=len(destinations),
        reachable=delay_s.size / max(pairs, 1),
        delay_s=(
            float(delay_s.min()),
            float(np.median(delay_s)),
            float(delay_s.mean()),
            float(np.percentile(delay_s, 99)),
            float(delay_s.max()),
        )
        if is_any
        else None,
        hops=(float(hop.mean()), int(hop.max())) if is_any else None,
        components=components,
    )
