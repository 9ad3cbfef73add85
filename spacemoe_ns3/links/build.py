"""From satellites and rules to the links through time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

import numpy as np

from spacemoe_ns3.constants import METRES_PER_KILOMETRE, NANOSECONDS_PER_SECOND, SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import Constellation, Ephemeris, SlotGrid
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.links.feasibility import (
    angular_rate_rad_s,
    geocentric_latitude_rad,
    grazing_altitude_m,
    is_sunlit,
    sun_separation_rad,
)
from spacemoe_ns3.links.laser_links import LaserLinks
from spacemoe_ns3.links.link_budget import OpticalLinkBudget
from spacemoe_ns3.links.outages import SatelliteFailures, links_of_failed
from spacemoe_ns3.links.timeline import DownReason, LinkTimeline
from spacemoe_ns3.links.topology import LinkKind
from spacemoe_ns3.links.topology.base import check_terminals, kinds_of

_CLOSEST_M = 1.0


def build_timeline(
    *,
    constellation: Constellation,
    ephemeris: Ephemeris,
    slots: SlotGrid,
    links: LaserLinks,
    random: np.random.Generator,
) -> LinkTimeline:
    """Wire a constellation and evaluate its links at the middle of every slot.

    Parameters
    ----------
    constellation, ephemeris, slots
        The satellites and their time span.
    links
        What links there are, and the rules for being up.
    random
        The stream that outages are drawn from.

    Returns
    -------
    The timeline.

    Raises
    ------
    ScenarioError
        If the topology does not fit the constellation, or two linked satellites are at one place.
    """
    layout = constellation.layout
    wiring = links.topology.wire(layout=layout, ephemeris=ephemeris, slots=slots)
    ends = wiring.ends
    check_terminals(wiring, satellites=layout.satellites, terminals=links.terminals)
    kind = kinds_of(ends, layout)
    failed_satellites, failed, outage = _outages(links, ends, slots, layout.satellites, random)
    delay_s, geometry = _evaluate(links, ends, kind, ephemeris, slots, constellation.start)
    reason = np.where(failed, np.uint8(DownReason.FAILURE), geometry)
    if wiring.assigned is not None:
        reason[~wiring.assigned] = DownReason.UNASSIGNED
    _acquire(reason, slots=slots, acquisition_s=links.acquisition_s)
    rate_bps = _rates(links, ends, kind, delay_s)
    reason[(reason == DownReason.UP) & (rate_bps < 1)] = DownReason.POWER
    reason = np.where(reason == DownReason.UP, outage, reason)
    return LinkTimeline(
        layout=layout,
        ephemeris=ephemeris,
        slots=slots,
        ends=ends,
        kind=kind,
        rate_bps=rate_bps,
        delay_s=delay_s,
        reason=reason,
        mtu_bytes=links.mtu_bytes,
        queue_packets=links.queue_packets,
        policy=links.policy,
        remarks=wiring.remarks,
        packet_error_rate=_error_rates(links, ends, kind),
        failed=failed_satellites if failed_satellites.any() else None,
    )


def _evaluate(
    links: LaserLinks,
    ends: np.ndarray,
    kind: np.ndarray,
    ephemeris: Ephemeris,
    slots: SlotGrid,
    start: datetime,
) -> tuple[np.ndarray, np.ndarray]:
    """Return delays in seconds, and the :class:`DownReason` by geometry alone; both of shape (T, M)."""
    delay_s = np.empty((slots.count, len(ends)))
    reason = np.empty(delay_s.shape, np.uint8)
    sun = _sun(links, start, slots)
    everyone = np.arange(ephemeris.satellites)
    for slot, middle_ns in enumerate(slots.middles_ns()):
        times_ns = np.full(ephemeris.satellites, middle_ns)
        position = ephemeris.positions_at(everyone, times_ns)
        velocity = ephemeris.velocities_at(everyone, times_ns)
        apart_m = np.linalg.norm(position[ends[:, 0]] - position[ends[:, 1]], axis=1)
        _check_apart(apart_m, ends, slot)
        delay_s[slot] = apart_m / SPEED_OF_LIGHT_M_S
        reason[slot] = _geometry(
            links, ends, kind, position, velocity, apart_m, None if sun is None else sun[slot]
        )
    return delay_s, reason


def _check_apart(apart_m: np.ndarray, ends: np.ndarray, slot: int) -> None:
    if apart_m.min(initial=np.inf) < _CLOSEST_M:
        one, other = ends[apart_m.argmin()]
        raise ScenarioError(
            f"links: satellites {one} and {other} are {apart_m.min():.3g} m apart in slot {slot}, linked "
            f"ones must be at least {_CLOSEST_M:g} m apart; choose another phasing or span of nodes"
        )


def _outages(
    links: LaserLinks, ends: np.ndarray, slots: SlotGrid, satellites: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return failed satellites (T, S), links of failed ones (T, M), and reasons of other outages (T, M)."""
    failed_satellites = np.zeros((slots.count, satellites), bool)
    failed = np.zeros((slots.count, len(ends)), bool)
    outage = np.zeros(failed.shape, np.uint8)
    for model in links.outages:
        if isinstance(model, SatelliteFailures):
            of_model = model.failed(slots=slots, satellites=satellites, random=random)
            failed_satellites |= of_model
            failed |= links_of_failed(of_model, ends)
            continue
        down = model.draw(slots=slots, ends=ends, satellites=satellites, random=random)
        reason = DownReason[model.reason.upper()]
        if reason == DownReason.FAILURE:
            failed |= down
        else:
            outage[down & ((outage == DownReason.UP) | (reason < outage))] = reason
    return failed_satellites, failed, outage


def _sun(links: LaserLinks, start: datetime, slots: SlotGrid) -> np.ndarray | None:
    """Return the direction of the Sun in each slot, shape (T, 3); None where no rule needs it."""
    if links.sun_exclusion_deg is None:
        return None
    from spacemoe_ns3.constellation.frames import sun_direction

    return sun_direction(start, slots.middles_ns())


def _geometry(
    links: LaserLinks,
    ends: np.ndarray,
    kind: np.ndarray,
    position: np.ndarray,
    velocity: np.ndarray,
    apart_m: np.ndarray,
    sun: np.ndarray | None,
) -> np.ndarray:
    """Return the :class:`DownReason` that geometry gives each link at one moment, shape (M,)."""
    a, b = ends[:, 0], ends[:, 1]
    rules = [
        (
            grazing_altitude_m(position[a], position[b]) < links.grazing_altitude_km * METRES_PER_KILOMETRE,
            DownReason.HORIZON,
        )
    ]
    if links.max_range_km is not None:
        rules.insert(0, (apart_m > links.max_range_km * METRES_PER_KILOMETRE, DownReason.RANGE))
    if links.cross_plane_latitude_deg is not None:
        is_high = np.abs(geocentric_latitude_rad(position)) > math.radians(links.cross_plane_latitude_deg)
        rules.append(((kind != LinkKind.INTRA_PLANE) & (is_high[a] | is_high[b]), DownReason.LATITUDE))
    if links.max_angular_rate_rad_s is not None:
        rate = np.maximum(
            *(
                angular_rate_rad_s(
                    position_m=position[near],
                    velocity_m_s=velocity[near],
                    peer_m=position[far],
                    peer_velocity_m_s=velocity[far],
                )
                for near, far in ((a, b), (b, a))
            )
        )
        rules.append((rate >= links.max_angular_rate_rad_s, DownReason.ANGULAR_RATE))
    if sun is not None and links.sun_exclusion_deg is not None:
        exclusion_rad = math.radians(links.sun_exclusion_deg)
        lit = is_sunlit(position, sun)
        is_dazzled = np.zeros(len(ends), bool)
        for near, far in ((a, b), (b, a)):
            is_dazzled |= lit[near] & (sun_separation_rad(position[near], position[far], sun) < exclusion_rad)
        rules.append((is_dazzled, DownReason.SUN))
    return np.select([holds for holds, _ in rules], [reason for _, reason in rules], DownReason.UP)


def _acquire(reason: np.ndarray, *, slots: SlotGrid, acquisition_s: float) -> None:
    """Let links wait for their acquisition, shape (T, M), in place.

    A link carries data from the first slot that begins at least ``acquisition_s`` after the beginning of the
    slot in which its terminals could see each other again.
    """
    if acquisition_s == 0:
        return
    acquisition_ns = acquisition_s * NANOSECONDS_PER_SECOND
    since = np.full(reason.shape[1], -np.inf)  # links of the first slot have been acquired before
    for slot in range(slots.count):
        begins_ns = slot * slots.slot_ns
        could = reason[slot] == DownReason.UP
        was_lost = np.isnan(since)
        since = np.where(could, np.where(was_lost, begins_ns, since), np.nan)
        reason[slot, could & (begins_ns - since < acquisition_ns)] = DownReason.ACQUISITION


def _rates(links: LaserLinks, ends: np.ndarray, kind: np.ndarray, delay_s: np.ndarray) -> np.ndarray:
    """Return bits a second of each link in each slot, shape (T, M), int64; 0 where there are none."""
    rate = links.rate_bps
    if isinstance(rate, OpticalLinkBudget):
        return rate.rate_bps(delay_s * SPEED_OF_LIGHT_M_S)
    if isinstance(rate, Mapping):
        return np.broadcast_to(_mapped_rates(rate, ends, kind), delay_s.shape)
    return np.broadcast_to(np.int64(round(rate)), delay_s.shape)


def _mapped_rates(
    rates: Mapping[str | tuple[int, int], float], ends: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """Return the rate that a mapping gives each link, shape (M,), int64."""
    found = np.round(_by_link("rate_bps", rates, ends, kind)).astype(np.int64)
    if not found.all():
        link = int(np.flatnonzero(found == 0)[0])
        raise ScenarioError(
            f"links.rate_bps: gives no rate to the {LinkKind(kind[link]).words} link "
            f"{ends[link, 0]}-{ends[link, 1]}; add its kind, or the pair"
        )
    return found


def _error_rates(links: LaserLinks, ends: np.ndarray, kind: np.ndarray) -> np.ndarray | None:
    """Return the probability that each link corrupts a packet, shape (M,); None if no link does."""
    rate = links.packet_error_rate
    found = (
        _by_link("packet_error_rate", rate, ends, kind)
        if isinstance(rate, Mapping)
        else np.full(len(ends), float(rate))
    )
    return found if found.any() else None


def _by_link(
    field: str, values: Mapping[str | tuple[int, int], float], ends: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """Return what a mapping gives each link, the pair first, shape (M,); 0 where it gives nothing."""
    found = np.zeros(len(ends))
    for each in LinkKind:
        if each.words in values:
            found[kind == each] = values[each.words]
    link_of = {pair: link for link, pair in enumerate(map(tuple, ends.tolist()))}
    for key, value in values.items():
        if not isinstance(key, str):
            pair = (min(key), max(key))
            require(pair in link_of, f"links.{field}: {key} given, but these two satellites have no link")
            found[link_of[pair]] = value
    return found
