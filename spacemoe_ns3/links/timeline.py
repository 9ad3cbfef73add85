"""The links through time: length, rate and state in every slot, and why a link is down."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_kind, check_number, check_whole
from spacemoe_ns3.constants import METRES_PER_KILOMETRE, SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import Ephemeris, SlotGrid, WalkerShell
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links.feasibility import angular_rate_rad_s, grazing_altitude_m
from spacemoe_ns3.links.outages import bernoulli
from spacemoe_ns3.links.topology import plus_grid

_HIGHEST_BPS = 1e15  # beyond it, packets take no whole nanosecond
_LARGEST_MTU = 65_535
_LONGEST_QUEUE = 2**32 - 1  # ns-3's QueueSize
_CLOSEST_M = 1.0
_SMALLEST_MTU = 68  # RFC 791: every link must carry this much


class DownReason(enum.IntEnum):
    """Why a link is down in a slot; the first that holds."""

    UP = 0
    HORIZON = 1
    ANGULAR_RATE = 2
    OUTAGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LaserLinks:
    """The +Grid of laser links of a scenario.

    Parameters
    ----------
    rate_bps
        Bits a second, each direction.
    seam
        Whether the last plane is linked to the first.
    survival_probability
        Probability that a feasible link is up in a slot.
    max_angular_rate_rad_s
        A link is feasible while its line of sight turns slower than this, in the orbital frames of both
        ends.
    grazing_altitude_km
        A link is feasible while its line of sight stays above this altitude.
    mtu_bytes
        Largest IPv4 packet, 68 to 65535.
    queue_packets
        Capacity of each transmit queue, in packets.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    rate_bps: float = 100e9
    seam: bool = False
    survival_probability: float = 1.0
    max_angular_rate_rad_s: float = 0.12
    grazing_altitude_km: float = 80.0
    mtu_bytes: int = 9000
    queue_packets: int = 1000

    def __post_init__(self) -> None:
        check_kind("links.seam", self.seam, bool, "True or False")
        check_number("links.rate_bps", self.rate_bps, least=1, most=_HIGHEST_BPS)
        check_number("links.survival_probability", self.survival_probability, above=0, most=1)
        check_number("links.max_angular_rate_rad_s", self.max_angular_rate_rad_s, above=0)
        check_number("links.grazing_altitude_km", self.grazing_altitude_km)
        check_whole("links.mtu_bytes", self.mtu_bytes, least=_SMALLEST_MTU, most=_LARGEST_MTU)
        check_whole("links.queue_packets", self.queue_packets, least=1, most=_LONGEST_QUEUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimeline:
    """State of every link in every slot.

    Parameters
    ----------
    ephemeris
        Where the satellites are.
    slots
        The time slots.
    ends
        Satellites of each link, shape (M, 2), int32; the order of the links gives a satellite's ports.
    rate_bps
        Bits a second, shape (M,), int64.
    delay_s
        Light time at the middle of each slot in seconds, shape (T, M).
    reason
        :class:`DownReason` of each link in each slot, shape (T, M), uint8.
    mtu_bytes
        Largest IPv4 packet.
    queue_packets
        Capacity of each transmit queue, in packets.
    """

    ephemeris: Ephemeris
    slots: SlotGrid
    ends: np.ndarray
    rate_bps: np.ndarray
    delay_s: np.ndarray
    reason: np.ndarray
    mtu_bytes: int
    queue_packets: int

    @property
    def satellites(self) -> int:
        """Number of satellites S."""
        return self.ephemeris.satellites

    @property
    def up(self) -> np.ndarray:
        """Whether each link is up in each slot, shape (T, M), bool."""
        is_up: np.ndarray = self.reason == DownReason.UP
        return is_up

    def ports(self) -> tuple[np.ndarray, np.ndarray]:
        """Return neighbour and link behind each port.

        A satellite's ports are its links in the order of :attr:`ends`.

        Returns
        -------
        Satellite and link of each port, both of shape (S, P), int32, -1 where there is no such port.
        """
        links = np.arange(len(self.ends), dtype=np.int32)
        near = np.concatenate([self.ends[:, 0], self.ends[:, 1]])
        far = np.concatenate([self.ends[:, 1], self.ends[:, 0]])
        link = np.concatenate([links, links])
        order = np.lexsort((link, near))
        near, far, link = near[order], far[order], link[order]
        degree = np.bincount(near, minlength=self.satellites)
        port = np.arange(len(near)) - np.repeat(np.cumsum(degree) - degree, degree)
        shape = (self.satellites, int(degree.max(initial=1)))
        neighbour, link_of = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
        neighbour[near, port], link_of[near, port] = far, link
        return neighbour, link_of


def build_timeline(
    *,
    shell: WalkerShell,
    ephemeris: Ephemeris,
    slots: SlotGrid,
    links: LaserLinks,
    random: np.random.Generator,
) -> LinkTimeline:
    """Build the +Grid and evaluate it at the middle of every slot.

    Parameters
    ----------
    shell, ephemeris, slots
        The constellation and its time span.
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
        If two linked satellites are at one place.
    """
    ends = plus_grid(shell, seam=links.seam)
    shape = (slots.count, len(ends))
    survives = bernoulli(slots=shape[0], links=shape[1], survival=links.survival_probability, random=random)
    delay_s = np.empty(shape)
    reason = np.empty(shape, np.uint8)
    everyone = np.arange(ephemeris.satellites)
    for slot, middle_ns in enumerate(slots.middles_ns()):
        times_ns = np.full(ephemeris.satellites, middle_ns)
        position = ephemeris.positions_at(everyone, times_ns)
        velocity = ephemeris.velocities_at(everyone, times_ns)
        apart_m = np.linalg.norm(position[ends[:, 0]] - position[ends[:, 1]], axis=1)
        if apart_m.min(initial=np.inf) < _CLOSEST_M:
            one, other = ends[apart_m.argmin()]
            raise ScenarioError(
                f"links: satellites {one} and {other} are {apart_m.min():.3g} m apart in slot {slot}, linked "
                f"ones must be at least {_CLOSEST_M:g} m apart; choose another phasing or span of nodes"
            )
        delay_s[slot] = apart_m / SPEED_OF_LIGHT_M_S
        reason[slot] = _reasons(links, ends, position, velocity, survives[slot])
    return LinkTimeline(
        ephemeris=ephemeris,
        slots=slots,
        ends=ends,
        rate_bps=np.full(len(ends), round(links.rate_bps), np.int64),
        delay_s=delay_s,
        reason=reason,
        mtu_bytes=links.mtu_bytes,
        queue_packets=links.queue_packets,
    )


def _reasons(
    links: LaserLinks, ends: np.ndarray, position: np.ndarray, velocity: np.ndarray, survives: np.ndarray
) -> np.ndarray:
    """Return the :class:`DownReason` of each link at one moment, shape (M,)."""
    a, b = ends[:, 0], ends[:, 1]
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
    lowest_m = links.grazing_altitude_km * METRES_PER_KILOMETRE
    return np.select(
        [
            grazing_altitude_m(position[a], position[b]) < lowest_m,
            rate >= links.max_angular_rate_rad_s,
            ~survives,
        ],
        [DownReason.HORIZON, DownReason.ANGULAR_RATE, DownReason.OUTAGE],
        DownReason.UP,
    )
