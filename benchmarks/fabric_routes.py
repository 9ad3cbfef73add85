"""One slot's forwarding table: what the package takes for it, against a flat Dijkstra in C++."""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fabric_programs import BenchmarkError, program

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.constellation import Slots, WalkerShell, propagate
from spacemoe_ns3.links import LaserLinks, LeastDelay, LinkTimeline, PlusGrid, Routes, build_timeline
from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.survey import packet_bits

DESTINATIONS = 288  # 32 layers x (8 experts and a gateway)
ROUNDING_S = 1e-12  # of a path's delay, summed in another order


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """A sky whose links are up in every slot.

    Parameters
    ----------
    timeline
        The links.
    destinations
        Satellites, shape (D,).
    repetitions
        Tables that the C++ program makes of a slot, so that its time can be measured.
    """

    timeline: LinkTimeline
    destinations: np.ndarray
    repetitions: int

    def ratio(self) -> float:
        """Return processor time of the package's tables of all slots over the flat Dijkstra's.

        Raises
        ------
        BenchmarkError
            If the two find paths of different delays.
        """
        bits = packet_bits(self.timeline)
        routes = Routes(
            timeline=self.timeline, router=LeastDelay(), destinations=self.destinations, packet_bits=bits
        )
        ours_s = flat_s = 0.0
        for slot in range(self.timeline.slots.count):
            started = time.process_time()
            table = routes.table(slot)
            ours_s += time.process_time() - started
            network = self.timeline.network(slot)
            taken_s, flat = self._flat(network, network.hop_s(bits))
            flat_s += taken_s
            self._check(table, flat, network, network.hop_s(bits))
        return ours_s / flat_s

    def _flat(self, network: SlotNetwork, weight: np.ndarray) -> tuple[float, np.ndarray]:
        """Return seconds and table of the flat Dijkstra."""
        with tempfile.TemporaryDirectory() as folder:
            graph, table = Path(folder) / "graph", Path(folder) / "table"
            links = zip(*network.ends.T.tolist(), weight.tolist(), strict=True)
            graph.write_text(
                f"{network.satellites} {len(network.ends)} {len(self.destinations)} {self.repetitions}\n"
                + "".join(f"{a} {b} {weight!r}\n" for a, b, weight in links)
                + "\n".join(map(str, self.destinations.tolist()))
            )
            done = subprocess.run(
                [str(program("flat-dijkstra")), str(graph), str(table)], capture_output=True, text=True
            )
            if done.returncode != 0:
                raise BenchmarkError(done.stderr)
            ports = np.fromfile(table, np.uint8).reshape(len(self.destinations), network.satellites)
        return float(done.stdout), ports

    def _check(self, ours: np.ndarray, flat: np.ndarray, network: SlotNetwork, weight: np.ndarray) -> None:
        """Raise unless both tables lead everywhere, with equal delays."""
        neighbour, link = self.timeline.ports()
        ours_s, flat_s = (
            self._delays(np.where(table == NO_PORT, -1, table.astype(int)), neighbour, link, weight)
            for table in (ours, flat)
        )
        if not np.allclose(ours_s, flat_s, rtol=0, atol=ROUNDING_S):
            raise BenchmarkError(f"routes: in slot {network.slot} the flat Dijkstra finds other delays")

    def _delays(
        self, port: np.ndarray, neighbour: np.ndarray, link: np.ndarray, weight: np.ndarray
    ) -> np.ndarray:
        """Return the delay of the paths of a table in seconds, shape (D, S); -1 stands for no port."""
        everyone = np.arange(port.shape[1])
        stops = port < 0
        jump = np.where(stops, everyone, neighbour[everyone, port])
        delay = np.where(stops, 0.0, weight[link[everyone, port]])
        for _ in range(int(port.shape[1]).bit_length()):
            delay = delay + np.take_along_axis(delay, jump, axis=1)
            jump = np.take_along_axis(jump, jump, axis=1)
        if not (jump == self.destinations[:, np.newaxis]).all():
            raise BenchmarkError("routes: a table does not lead to the destination from everywhere")
        return delay


def build_sky(*, slots: int, repetitions: int) -> Sky:
    """Build the sky of the paper's constellation, every link up, with 288 destinations.

    Parameters
    ----------
    slots
        Number of time slots over one orbit.
    repetitions
        See :class:`Sky`.
    """
    shell = WalkerShell(planes=33, satellites_per_plane=32, altitude_km=550, inclination_deg=53, phasing=16)
    constellation = shell.build()
    grid = Slots(count=slots).grid(shell.period_s)
    timeline = build_timeline(
        constellation=constellation,
        ephemeris=propagate(constellation, end_ns=grid.end_ns + 10 * 10**9),
        slots=grid,
        links=LaserLinks(topology=PlusGrid(seam=True)),
        random=np.random.default_rng(1),
    )
    sky = Sky(
        timeline=timeline,
        destinations=np.linspace(0, timeline.satellites - 1, DESTINATIONS).astype(int),
        repetitions=repetitions,
    )
    if any(len(timeline.network(slot).ends) != len(timeline.ends) for slot in range(slots)):
        raise BenchmarkError("routes: a link of the sky is down; ports would differ")
    return sky
