"""Forwarding tables: the next hops of a routing protocol, checked, as output ports."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.routing.base import NO_HOP, Router
from spacemoe_ns3.links.timeline import LinkTimeline

_LONGEST_LOOP_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Forwarding tables, made when first asked for, and kept.

    Both engines forward by these tables, so that a tie between two paths is broken once. A protocol that
    does not follow delays is asked once for as long as the same links are up; equal tables are kept once.

    Parameters
    ----------
    timeline
        The links.
    router
        The routing protocol.
    destinations
        Satellites that messages are sent to, shape (D,), distinct.
    packet_bits
        Length of a packet on the wire.
    """

    timeline: LinkTimeline
    router: Router
    destinations: np.ndarray
    packet_bits: int
    _tables: dict[int, np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    _distinct: dict[bytes, np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    _epochs: list[int] = field(default_factory=list, repr=False, compare=False)

    def table(self, slot: int) -> np.ndarray:
        """Return the table of a slot.

        Parameters
        ----------
        slot
            Index of the slot.

        Returns
        -------
        Output port of each satellite towards each destination, shape (D, S), uint8; 255 where there is
        no path, and at the destination itself.

        Raises
        ------
        ScenarioError
            If the protocol forwards over a link that is not up, or in a loop.
        """
        if slot not in self._tables:
            asked = slot if self.router.follows_delay else self._same_links_since(slot)
            if asked not in self._tables:
                self._tables[asked] = self._make(asked)
            self._tables[slot] = self._tables[asked]
        return self._tables[slot]

    def wires(self, slot: int, sources: np.ndarray, goals: np.ndarray) -> list[np.ndarray]:
        """Return the directions of links that packets pass in a slot.

        Parameters
        ----------
        slot
            Index of the slot.
        sources, goals
            Satellites, shape (n,); the goals are among the destinations.

        Returns
        -------
        For each pair, in the order of passing, twice the index of the link, and 1 more from the second of
        its ends to the first; empty where there is no path.
        """
        table = self.table(slot)
        neighbour, links = self.timeline.ports()
        row = np.searchsorted(self.destinations, goals, sorter=np.argsort(self.destinations))
        row = np.argsort(self.destinations)[row]
        here, passed = np.asarray(sources).copy(), []
        is_stranded = np.zeros(len(here), bool)
        while True:
            going = np.flatnonzero((here != goals) & ~is_stranded)
            if going.size == 0:
                break
            port = table[row[going], here[going]]
            is_stranded[going[port == NO_PORT]] = True
            going, port = going[port != NO_PORT], port[port != NO_PORT]
            link = links[here[going], port]
            passed.append((going, 2 * link + (self.timeline.ends[link, 0] != here[going])))
            here[going] = neighbour[here[going], port]
        ways: list[list[int]] = [[] for _ in here]
        for going, wires in passed:
            for pair, wire in zip(going.tolist(), wires.tolist(), strict=True):
                ways[pair].append(wire)
        return [np.array([] if lost else way, np.int64) for way, lost in zip(ways, is_stranded, strict=True)]

    def _same_links_since(self, slot: int) -> int:
        """Return the first slot since which the same links have been up."""
        if not self._epochs:
            self._epochs.extend(self.timeline.topology_epochs().tolist())
        return self._epochs[slot]

    def _make(self, slot: int) -> np.ndarray:
        network = self.timeline.network(slot)
        next_hop = checked_next_hops(
            self.router, network, destinations=self.destinations, packet_bits=self.packet_bits
        )
        neighbour, _ = self.timeline.ports()
        table = _as_ports(next_hop, neighbour)
        return self._distinct.setdefault(hashlib.sha256(table.data).digest(), table)


def _as_ports(next_hop: np.ndarray, neighbour: np.ndarray) -> np.ndarray:
    """Return next hops, shape (D, S), as output ports, uint8; NO_PORT where there is none.

    Parameters
    ----------
    next_hop
        As :meth:`Router.next_hops` returns them.
    neighbour
        Satellite behind each port, shape (S, P), -1 where there is no such port; a satellite's are distinct.
    """
    table = np.full(next_hop.shape, NO_PORT, np.uint8)
    is_behind = np.empty(next_hop.shape, bool)
    behind = np.ascontiguousarray(np.where(neighbour < 0, NO_HOP - 1, neighbour).T)
    for port, satellites in enumerate(behind):
        np.equal(next_hop, satellites, out=is_behind)
        # Without a mask, which would cost eight times as much: at most one port of a satellite matches.
        table -= is_behind.view(np.uint8) * np.uint8(NO_PORT - port)
    return table


def checked_next_hops(
    router: Router, network: SlotNetwork, *, destinations: np.ndarray, packet_bits: int
) -> np.ndarray:
    """Ask a routing protocol for next hops and check them.

    Protocols that find shortest paths over positive weights, by their own word
    (``finds_shortest_paths``), are spared the check: such paths have no loops.

    Parameters
    ----------
    router
        The protocol.
    network
        The links that are up.
    destinations
        Satellites, shape (D,).
    packet_bits
        Length of a packet on the wire.

    Returns
    -------
    Neighbours, shape (D, S), as :meth:`Router.next_hops` returns them.

    Raises
    ------
    ScenarioError
        If the protocol forwards over a link that is not up, or in a loop, or fails.
    """
    next_hop = _asked(router, network, destinations=destinations, packet_bits=packet_bits)
    shape = (len(destinations), network.satellites)
    require(
        next_hop.shape == shape and np.issubdtype(next_hop.dtype, np.integer),
        f"links.routing: returned {next_hop.dtype} of shape {next_hop.shape} in slot {network.slot}, must be "
        f"whole numbers of shape {shape}: destinations x satellites",
    )
    if not getattr(router, "finds_shortest_paths", False):
        _check_neighbours(next_hop, network, destinations)
        _check_loops(next_hop, network, destinations)
    return next_hop


def _asked(router: Router, network: SlotNetwork, *, destinations: np.ndarray, packet_bits: int) -> np.ndarray:
    """Return a protocol's next hops; a failure of a user's own becomes a sentence."""
    try:
        return router.next_hops(network, destinations=destinations, packet_bits=packet_bits)
    except (ScenarioError, MemoryError):
        raise
    except Exception as error:
        raise ScenarioError(
            f"links.routing: failed in slot {network.slot} ({type(error).__name__}: {error}); it is called "
            "as function(network, destinations=..., packet_bits=...)"
        ) from error


def _check_neighbours(next_hop: np.ndarray, network: SlotNetwork, destinations: np.ndarray) -> None:
    """Raise unless every next hop is a neighbour by a link that is up."""
    size = network.satellites
    a, b = network.ends[:, 0].astype(np.int64), network.ends[:, 1].astype(np.int64)
    links = np.concatenate([a * size + b, b * size + a])
    forwards = next_hop != NO_HOP
    near = np.broadcast_to(np.arange(size), next_hop.shape)[forwards]
    far = next_hop[forwards].astype(np.int64)
    is_link = (far >= 0) & (far < size) & np.isin(near * size + far, links)
    if not is_link.all():
        goal, satellite = (axis[~is_link][0] for axis in np.nonzero(forwards))
        require(
            False,
            f"links.routing: in slot {network.slot} satellite {satellite} forwards packets for satellite "
            f"{destinations[goal]} to {next_hop[goal, satellite]}, to which it has no link that is up; "
            f"return {NO_HOP} where there is no path",
        )


def _check_loops(next_hop: np.ndarray, network: SlotNetwork, destinations: np.ndarray) -> None:
    """Raise if a packet could go around in circles."""
    everyone = np.arange(network.satellites)
    # Where packets stop: at the destination, or without a path. Jump twice as far in each round.
    jump = np.where(next_hop == NO_HOP, everyone, next_hop).astype(np.int64)
    for _ in range(int(network.satellites).bit_length()):
        jump = np.take_along_axis(jump, jump, axis=1)
    still_moves = np.take_along_axis(next_hop, jump, axis=1) != NO_HOP
    if still_moves.any():
        goal, satellite = np.argwhere(still_moves)[0]
        way = [int(jump[goal, satellite])]
        while len(way) == 1 or way[-1] != way[0]:
            way.append(int(next_hop[goal, way[-1]]))
        shown = way if len(way) <= _LONGEST_LOOP_SHOWN else [*way[: _LONGEST_LOOP_SHOWN - 1], "...", way[-1]]
        require(
            False,
            f"links.routing: in slot {network.slot} packets for satellite {destinations[goal]} go around in "
            f"a loop: {' -> '.join(map(str, shown))}; a next hop must be nearer to the destination",
        )
