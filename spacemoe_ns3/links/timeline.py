"""The links through time: length, rate and state in every slot, and why a link is down."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import Ephemeris, Layout, SlotGrid
from spacemoe_ns3.links.laser_links import LossPolicy
from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.topology import LinkKind

if TYPE_CHECKING:
    import networkx


class DownReason(enum.IntEnum):
    """Why a link is down in a slot; the first that holds."""

    UP = 0
    UNASSIGNED = 1  # a terminal points elsewhere
    FAILURE = 2  # of a satellite
    RANGE = 3
    HORIZON = 4
    LATITUDE = 5
    ANGULAR_RATE = 6
    SUN = 7
    ACQUISITION = 8  # feasible, but not for long enough
    POWER = 9  # too little for any rate
    SCHEDULED = 10  # an outage from a list
    OUTAGE = 11  # a random one

    @property
    def words(self) -> str:
        """The reason as reports write it: ``"angular rate"``."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimeline:
    """State of every link in every slot.

    Parameters
    ----------
    layout
        Who is whose neighbour.
    ephemeris
        Where the satellites are.
    slots
        The time slots.
    ends
        Satellites of each link, shape (M, 2), int32; the order of the links gives a satellite's ports.
    kind
        :class:`LinkKind` of each link, shape (M,), uint8.
    rate_bps
        Bits a second in each slot, shape (T, M), int64; at least 1 where the link is up.
    delay_s
        Distance at the middle of each slot over the speed of light, in seconds, shape (T, M).
    reason
        :class:`DownReason` of each link in each slot, shape (T, M), uint8.
    mtu_bytes
        Largest IPv4 packet.
    queue_packets
        Capacity of each transmit queue, in packets.
    policy
        What becomes of packets when a link goes down.
    remarks
        What a user must know of the links.
    packet_error_rate
        Probability that a packet is corrupted on each link, shape (M,); None: none is.
    failed
        Whether a satellite is failed in a slot, with all its links, shape (T, S), bool; None: none ever is.
    """

    layout: Layout
    ephemeris: Ephemeris
    slots: SlotGrid
    ends: np.ndarray
    kind: np.ndarray
    rate_bps: np.ndarray
    delay_s: np.ndarray
    reason: np.ndarray
    mtu_bytes: int
    queue_packets: int
    policy: LossPolicy = LossPolicy.REROUTE
    remarks: tuple[str, ...] = ()
    packet_error_rate: np.ndarray | None = None
    failed: np.ndarray | None = None

    @property
    def satellites(self) -> int:
        """Number of satellites S."""
        return self.layout.satellites

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

    def goes_down(self) -> np.ndarray:
        """Return, for each slot and link, the first later slot in which the link is down.

        Returns
        -------
        Slots, shape (T, M), int32; T where the link stays up to the end.
        """
        count = self.slots.count
        following: np.ndarray = np.full(len(self.ends), count, np.int32)
        found = np.empty(self.reason.shape, np.int32)
        is_up = self.up
        for slot in reversed(range(count)):
            found[slot] = following
            following = np.where(is_up[slot], following, slot).astype(np.int32)
        return found

    def topology_epochs(self) -> np.ndarray:
        """Return, for each slot, the first slot since which the same links have been up, shape (T,)."""
        is_up = self.up
        changes = np.ones(self.slots.count, bool)
        changes[1:] = (is_up[1:] != is_up[:-1]).any(axis=1)
        epochs: np.ndarray = np.maximum.accumulate(np.where(changes, np.arange(self.slots.count), 0))
        return epochs

    def network(self, slot: int) -> SlotNetwork:
        """Return the network of a slot: the links that are up, with their delays and rates."""
        is_up = self.reason[slot] == DownReason.UP
        return SlotNetwork(
            slot=slot,
            layout=self.layout,
            ends=self.ends[is_up],
            delay_s=self.delay_s[slot, is_up],
            rate_bps=self.rate_bps[slot, is_up],
        )

    def to_networkx(self, slot: int) -> networkx.Graph:
        """Return the graph of a slot, for analyses of one's own.

        Parameters
        ----------
        slot
            Index of the slot.

        Returns
        -------
        A graph of all satellites (``name``, ``shell``, ``plane``, ``place``, ``position_m``) and all links,
        those that are down included (``is_up``, ``reason``, ``kind``, ``delay_s``, ``length_m``,
        ``rate_bps``).

        Raises
        ------
        IndexError
            If there is no such slot.

        Examples
        --------
        The links that are up, for networkx's own routines::

            graph = timeline.to_networkx(0)
            up = nx.edge_subgraph(graph, [edge for *edge, is_up in graph.edges.data("is_up") if is_up])
        """
        import networkx

        if not 0 <= slot < self.slots.count:
            raise IndexError(f"slot {slot}: there are {self.slots.count} slots, from 0")
        middle_ns = self.slots.middles_ns()[slot]
        everyone = np.arange(self.satellites)
        positions_m = self.ephemeris.positions_at(everyone, np.full(self.satellites, middle_ns))
        layout, graph = self.layout, networkx.Graph()
        for satellite in range(self.satellites):
            graph.add_node(
                satellite,
                name=layout.names[satellite],
                shell=int(layout.shell[satellite]),
                plane=int(layout.plane[satellite]),
                place=int(layout.place[satellite]),
                position_m=tuple(positions_m[satellite].tolist()),
            )
        for link, (a, b) in enumerate(self.ends.tolist()):
            reason = DownReason(self.reason[slot, link])
            delay_s = float(self.delay_s[slot, link])
            graph.add_edge(
                a,
                b,
                is_up=reason == DownReason.UP,
                reason=reason.words,
                kind=LinkKind(self.kind[link]).words,
                delay_s=delay_s,
                length_m=delay_s * SPEED_OF_LIGHT_M_S,
                rate_bps=int(self.rate_bps[slot, link]),
            )
        return graph
