"""The network that packets cross in the formula: tables, links, light, and how long a hop takes."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.latency import light_time_ns, transmission_ns
from spacemoe_ns3.links import LossPolicy, Routes

NEVER_NS = int(np.iinfo(np.int64).max)


class Network:
    """What a packet finds at a satellite at a time.

    Parameters
    ----------
    routes
        The forwarding tables.
    """

    def __init__(self, *, routes: Routes) -> None:
        timeline = routes.timeline
        self.slot_ns = timeline.slots.slot_ns
        self.slots = timeline.slots.count
        self.mtu_bytes = timeline.mtu_bytes
        self.policy: LossPolicy = timeline.policy
        self._routes = routes
        self._ephemeris = timeline.ephemeris
        self._rate_bps = timeline.rate_bps
        self._goes_down = timeline.goes_down()
        self._ends = timeline.ends
        self._neighbour, self._link = timeline.ports()
        self._row = np.full(timeline.satellites, -1)
        self._row[routes.destinations] = np.arange(len(routes.destinations))
        # The forwarding tables of the slots visited so far, stacked, and the place of each slot in them.
        self._tables = np.empty((0, len(routes.destinations), timeline.satellites), np.uint8)
        self._place_of_slot = np.full(timeline.slots.count, -1)

    @property
    def wires(self) -> int:
        """Number of transmitters, those that do not exist included."""
        return self._link.size

    def ports(self, now_ns: np.ndarray, node: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """Return output ports by the tables of the slots.

        Parameters
        ----------
        now_ns
            When packets are forwarded, before the end of the time span, in nanoseconds, shape (n,).
        node, goal
            Where they are and where they go, shape (n,).

        Returns
        -------
        Ports, shape (n,), uint8; ``NO_PORT`` without a path.
        """
        slot = now_ns // self.slot_ns
        for each in np.unique(slot[self._place_of_slot[slot] < 0]):
            self._place_of_slot[each] = len(self._tables)
            self._tables = np.concatenate([self._tables, self._routes.table(int(each))[np.newaxis]])
        port: np.ndarray = self._tables[self._place_of_slot[slot], self._row[goal], node]
        return port

    def wire(self, node: np.ndarray, port: np.ndarray) -> np.ndarray:
        """Return the number of the transmitter behind each port, below :attr:`wires`."""
        wire: np.ndarray = node * self._link.shape[1] + port
        return wire

    def behind(self, wire: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the link of each transmitter, and the satellite at its far end."""
        return self._link.ravel()[wire], self._neighbour.ravel()[wire]

    def turn(self, link: np.ndarray, near: np.ndarray) -> np.ndarray:
        """Return the order in which links that go down in one nanosecond leave their packets behind."""
        turn: np.ndarray = 2 * link.astype(np.int64) + (self._ends[link, 0] != near)
        return turn

    def transmit(
        self, now_ns: np.ndarray, start_ns: np.ndarray, link: np.ndarray, bits: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return how long transmissions take, and when the links they use go down.

        Parameters
        ----------
        now_ns
            When packets come to the transmitters, in nanoseconds; the links are up then.
        start_ns
            When their first bits are to leave; it may be too late.
        link, bits
            Which link, and the length of the packet on the wire.

        Returns
        -------
        Nanoseconds from the first bit to the last, and times in nanoseconds.
        """
        slot = self._goes_down[now_ns // self.slot_ns, link].astype(np.int64)
        ends_ns = np.where(slot == self.slots, NEVER_NS, slot * self.slot_ns)
        # A start after the link's end is refused anyway; take the last rate that the link had.
        starts_in = np.minimum(np.minimum(start_ns, ends_ns - 1) // self.slot_ns, self.slots - 1)
        return transmission_ns(bits, self._rate_bps[starts_in, link]), ends_ns

    def light_ns(self, near: np.ndarray, far: np.ndarray, start_ns: np.ndarray) -> np.ndarray:
        """Return light times between satellites in nanoseconds, at the moment of departure."""
        both = np.concatenate([near, far])
        positions_m = self._ephemeris.positions_at(both, np.concatenate([start_ns, start_ns]))
        velocities_m_s = self._ephemeris.velocities_at(far, start_ns)
        return light_time_ns(positions_m[: len(near)], positions_m[len(near) :], velocities_m_s)
