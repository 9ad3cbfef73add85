"""One hop: what the tables, the schedule and the light make of packets that come to satellites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.latency import light_time_ns, transmission_ns
from spacemoe_ns3.links import LossPolicy, Routes

NEVER_NS = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What becomes of n packets at their transmitters; arrays of shape (n,).

    Parameters
    ----------
    wire
        Twice the link, and 1 more from the second of its ends to the first.
    far
        Satellite at the other end.
    start_ns, end_ns
        When the first bit would leave, and when the last would have.
    goes_down_ns
        When the link goes down.
    light_ns
        Light time of those that leave in time, else 0.
    """

    wire: np.ndarray
    far: np.ndarray
    start_ns: np.ndarray
    end_ns: np.ndarray
    goes_down_ns: np.ndarray
    light_ns: np.ndarray

    @property
    def leaves(self) -> np.ndarray:
        """Whether the last bit leaves before the link goes down."""
        in_time: np.ndarray = self.end_ns <= self.goes_down_ns
        return in_time


class Lasers:
    """The links of a run, asked for many packets at once.

    A packet is forwarded by the table of the slot in which it comes to a satellite. It takes as long as the
    light that leaves with its first bit.

    Parameters
    ----------
    routes
        The forwarding tables.
    """

    def __init__(self, routes: Routes) -> None:
        timeline = routes.timeline
        self.slots = timeline.slots
        self.policy = timeline.policy
        self.ends = timeline.ends
        self.mtu_bytes = timeline.mtu_bytes
        self._routes = routes
        self._ephemeris = timeline.ephemeris
        self._rate_bps = timeline.rate_bps
        self._goes_down = timeline.goes_down()
        self._neighbour, self._link = timeline.ports()
        self._row = np.full(timeline.satellites, -1)
        self._row[routes.destinations] = np.arange(len(routes.destinations))
        # The forwarding tables of the slots visited so far, stacked, and the place of each slot in them.
        self._tables = np.empty((0, len(routes.destinations), timeline.satellites), np.uint8)
        self._place_of_slot = np.full(timeline.slots.count, -1)

    def ports(self, node: np.ndarray, goal: np.ndarray, now_ns: np.ndarray) -> np.ndarray:
        """Return the output port of each packet, :data:`NO_PORT` without a path, shape (n,).

        Parameters
        ----------
        node, goal
            Where packets are, and where they go; satellites.
        now_ns
            When, within the time span.
        """
        slot = now_ns // self.slots.slot_ns
        for each in np.unique(slot[self._place_of_slot[slot] < 0]):
            self._place_of_slot[each] = len(self._tables)
            self._tables = np.concatenate([self._tables, self._routes.table(int(each))[np.newaxis]])
        port: np.ndarray = self._tables[self._place_of_slot[slot], self._row[goal], node]
        return port

    def wires(self, node: np.ndarray, port: np.ndarray) -> np.ndarray:
        """Return the direction of the link behind each port, shape (n,)."""
        link = self._link[node, port]
        wire: np.ndarray = 2 * link.astype(np.int64) + (self.ends[link, 0] != node)
        return wire

    def send(self, wire: np.ndarray, bits: np.ndarray, *, now_ns: np.ndarray, free_ns: np.ndarray) -> Hop:
        """Return what becomes of packets that come to their transmitters now.

        Parameters
        ----------
        wire
            Their links, up now, and directions.
        bits
            On the wire.
        now_ns
            When they come.
        free_ns
            When their transmitters have sent what came before.
        """
        link = wire // 2
        near, far = self.ends[link, wire % 2], self.ends[link, 1 - wire % 2]
        slot_ns = self.slots.slot_ns
        down = self._goes_down[now_ns // slot_ns, link].astype(np.int64)
        goes_down_ns = np.where(down == self.slots.count, NEVER_NS, down * slot_ns)
        start_ns = np.maximum(now_ns, free_ns)
        # A start after the link's end is refused anyway; take the last rate that the link had.
        starts_in = np.minimum(np.minimum(start_ns, goes_down_ns - 1) // slot_ns, self.slots.count - 1)
        end_ns = start_ns + transmission_ns(bits, self._rate_bps[starts_in, link])
        leaves = end_ns <= goes_down_ns
        light_ns = np.zeros(len(wire), np.int64)
        light_ns[leaves] = light_time_ns(
            self._ephemeris.positions_at(near[leaves], start_ns[leaves]),
            self._ephemeris.positions_at(far[leaves], start_ns[leaves]),
            self._ephemeris.velocities_at(far[leaves], start_ns[leaves]),
        )
        return Hop(
            wire=wire,
            far=far,
            start_ns=start_ns,
            end_ns=end_ns,
            goes_down_ns=goes_down_ns,
            light_ns=light_ns,
        )


__all__ = ["NEVER_NS", "NO_PORT", "Hop", "Lasers", "LossPolicy"]
