"""What figures of a sky show: where links are over the Earth, and how long they are through time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND, SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import Constellation
from spacemoe_ns3.links.timeline import DownReason, LinkTimeline
from spacemoe_ns3.links.topology import LinkKind

_COSINE_OF_A_FORMATION = np.cos(np.radians(5.0))
_ONE_PLACE_M = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class SkyMap:
    """Where satellites and links are over the Earth, at the middle of a slot.

    Parameters
    ----------
    slot
        Index of the slot.
    time_s
        Since the epoch, in seconds.
    latitude_deg, longitude_deg
        Geodetic, WGS 84, of each satellite, shape (S,); longitudes of -180 to 180.
    altitude_m
        Of each satellite over the ellipsoid, in metres, shape (S,).
    shell
        Index of each satellite's shell, shape (S,).
    shell_names
        Of the shells.
    local_m
        Of a close formation, all of which is within 5 degrees of its middle: where its satellites are from
        there, in metres, radially, along the track and across it, shape (S, 3); None of any other sky.
    ends, kind, reason
        Of each link, shapes (M, 2), (M,), (M,).
    """

    slot: int
    time_s: float
    latitude_deg: np.ndarray
    longitude_deg: np.ndarray
    altitude_m: np.ndarray
    shell: np.ndarray
    shell_names: tuple[str, ...]
    local_m: np.ndarray | None
    ends: np.ndarray
    kind: np.ndarray
    reason: np.ndarray


def sky_map(constellation: Constellation, timeline: LinkTimeline, *, slot: int) -> SkyMap:
    """Return where satellites and links are over the Earth, at the middle of a slot."""
    from spacemoe_ns3.constellation.frames import earth_fixed, geodetic

    middle_ns = timeline.slots.middles_ns()[slot : slot + 1]
    everyone = np.arange(timeline.satellites)
    times_ns = np.full(timeline.satellites, middle_ns[0])
    positions_m = timeline.ephemeris.positions_at(everyone, times_ns)
    velocities_m_s = timeline.ephemeris.velocities_at(everyone, times_ns)
    fixed_m = earth_fixed(positions_m[np.newaxis], start=constellation.start, times_ns=middle_ns)
    latitude_deg, longitude_deg, altitude_m = geodetic(fixed_m)
    return SkyMap(
        slot=slot,
        time_s=float(middle_ns[0]) / NANOSECONDS_PER_SECOND,
        latitude_deg=latitude_deg[0],
        longitude_deg=longitude_deg[0],
        altitude_m=altitude_m[0],
        shell=timeline.layout.shell,
        shell_names=tuple(shell.name for shell in timeline.layout.shells),
        local_m=formation_positions_m(positions_m, velocities_m_s),
        ends=timeline.ends,
        kind=timeline.kind,
        reason=timeline.reason[slot],
    )


def formation_positions_m(positions_m: np.ndarray, velocities_m_s: np.ndarray) -> np.ndarray | None:
    """Return where the satellites of a close formation are, in the orbital frame of its middle.

    Parameters
    ----------
    positions_m, velocities_m_s
        Inertial, shape (S, 3).

    Returns
    -------
    Metres from the mean position, radially, along the track and across it, shape (S, 3); None if a satellite
    is more than 5 degrees from the middle, or all are at one place.
    """
    middle_m = positions_m.mean(axis=0)
    middle_radius_m, radii_m = np.linalg.norm(middle_m), np.linalg.norm(positions_m, axis=1)
    if middle_radius_m < _COSINE_OF_A_FORMATION * radii_m.min():  # nor is there a direction to 0
        return None
    radial = middle_m / middle_radius_m
    directions = positions_m / radii_m[:, np.newaxis]
    apart_m = np.linalg.norm(positions_m - middle_m, axis=1).max()
    if (directions @ radial).min() < _COSINE_OF_A_FORMATION or apart_m < _ONE_PLACE_M:
        return None
    across = np.cross(radial, velocities_m_s.mean(axis=0))
    across /= np.linalg.norm(across)
    axes = np.stack([radial, np.cross(across, radial), across], axis=1)
    local_m: np.ndarray = (positions_m - middle_m) @ axes
    return local_m


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthHistory:
    """How long the links of one kind are, and how many are up, through time; arrays of shape (T,).

    Parameters
    ----------
    kind
        What they join.
    time_s
        Middle of each slot, since the epoch, in seconds.
    shortest_m, mean_m, longest_m
        Over all links of the kind that are assigned, up or down, in metres.
    share_up
        Of those, the share that is up.
    one, one_m
        The two satellites of one link of the kind, as an example, and its length in metres, NaN while no
        terminal points along it: the first of the links that are assigned in the most slots.
    """

    kind: LinkKind
    time_s: np.ndarray
    shortest_m: np.ndarray
    mean_m: np.ndarray
    longest_m: np.ndarray
    share_up: np.ndarray
    one: tuple[int, int]
    one_m: np.ndarray


def length_history(timeline: LinkTimeline) -> tuple[LengthHistory, ...]:
    """Return the history of lengths, by kind of link."""
    time_s = timeline.slots.middles_ns() / NANOSECONDS_PER_SECOND
    found = []
    for kind in LinkKind:
        links = timeline.kind == kind
        if not links.any():
            continue
        is_assigned = timeline.reason[:, links] != DownReason.UNASSIGNED
        count = np.maximum(is_assigned.sum(axis=1), 1)
        length_m = timeline.delay_s[:, links] * SPEED_OF_LIGHT_M_S
        one = int(is_assigned.sum(axis=0).argmax())
        a, b = timeline.ends[links][one].tolist()
        found.append(
            LengthHistory(
                kind=kind,
                time_s=time_s,
                shortest_m=np.where(is_assigned, length_m, np.inf).min(axis=1),
                mean_m=np.where(is_assigned, length_m, 0.0).sum(axis=1) / count,
                longest_m=np.where(is_assigned, length_m, -np.inf).max(axis=1),
                share_up=(timeline.reason[:, links] == DownReason.UP).sum(axis=1) / count,
                one=(a, b),
                one_m=np.where(is_assigned[:, one], length_m[:, one], np.nan),
            )
        )
    return tuple(found)
