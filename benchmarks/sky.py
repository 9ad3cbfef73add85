"""How long does the sky of 10,000 satellites take, and what of it takes the longest?

    .venv/bin/python benchmarks/sky.py                 # ten to fifteen minutes
    .venv/bin/python benchmarks/sky.py --json > docs/data/sky.benchmark.json
    .venv/bin/python benchmarks/sky.py --planes 33 --places 32 --slots 20    # a small one

A Walker shell of 100 planes x 100 places, 200 slots over one orbit, the +Grid with its seam, every
feasibility rule, Bernoulli outages, and forwarding tables towards 288 destinations in every slot. Processor
time of each step, and the peak memory of the process. In the same run, the routing step of a few slots by
networkx, for the ratio: predecessors and distances from the same destinations, in pure Python.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import networkx as nx
import numpy as np

from spacemoe_ns3.constellation import Slots, WalkerShell, propagate
from spacemoe_ns3.links import (
    Bernoulli,
    LaserLinks,
    LeastDelay,
    LinkTimeline,
    PlusGrid,
    Routes,
    build_timeline,
)
from spacemoe_ns3.links.survey import packet_bits

SEED = 1
NETWORKX_SLOTS = 3
_Result = TypeVar("_Result")


def timed(steps: dict[str, float], name: str, work: Callable[[], _Result]) -> _Result:
    """Do some work and note the processor seconds that it took."""
    started = time.process_time()
    result = work()
    steps[name] = time.process_time() - started
    return result


def build(arguments: argparse.Namespace, steps: dict[str, float]) -> LinkTimeline:
    """Build satellites and links, step by step."""
    shell = WalkerShell(
        planes=arguments.planes,
        satellites_per_plane=arguments.places,
        altitude_km=550,
        inclination_deg=53,
        phasing=arguments.planes // 2,
    )
    links = LaserLinks(
        topology=PlusGrid(seam=True),
        max_range_km=5000,
        max_angular_rate_rad_s=0.12,
        sun_exclusion_deg=5,
        cross_plane_latitude_deg=70,
        acquisition_s=10,
        outages=(Bernoulli(survival_probability=0.95),),
    )
    constellation = timed(steps, "mean elements", shell.build)
    grid = Slots(count=arguments.slots).grid(shell.period_s)
    ephemeris = timed(
        steps, "SGP4 at knots", lambda: propagate(constellation, end_ns=grid.end_ns + 10 * 10**9)
    )
    return timed(
        steps,
        "links and feasibility",
        lambda: build_timeline(
            constellation=constellation,
            ephemeris=ephemeris,
            slots=grid,
            links=links,
            random=np.random.default_rng(SEED),
        ),
    )


def networkx_ratio(timeline: LinkTimeline, destinations: np.ndarray) -> list[float]:
    """Return, slot by slot, networkx's processor time over ours, for the same shortest paths."""
    ratios = []
    bits = packet_bits(timeline)
    for slot in np.linspace(0, timeline.slots.count - 1, NETWORKX_SLOTS).astype(int).tolist():
        network = timeline.network(slot)
        graph = nx.Graph()
        graph.add_nodes_from(range(network.satellites))
        graph.add_weighted_edges_from(
            (a, b, weight)
            for (a, b), weight in zip(network.ends.tolist(), network.hop_s(bits).tolist(), strict=True)
        )
        started = time.process_time()
        for destination in destinations.tolist():
            nx.dijkstra_predecessor_and_distance(graph, destination)
        theirs = time.process_time() - started
        router = LeastDelay()
        started = time.process_time()
        router.next_hops(network, destinations=destinations, packet_bits=bits)
        ratios.append(theirs / (time.process_time() - started))
    return ratios


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Do everything once and return what it took."""
    steps: dict[str, float] = {}
    timeline = build(arguments, steps)
    destinations = np.unique(
        np.linspace(0, timeline.satellites - 1, min(arguments.destinations, timeline.satellites)).astype(int)
    )
    routes = Routes(
        timeline=timeline, router=LeastDelay(), destinations=destinations, packet_bits=packet_bits(timeline)
    )
    table_bytes = timed(
        steps,
        "routes",
        lambda: sum(routes.table(slot).nbytes for slot in range(timeline.slots.count)),
    )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ratios = networkx_ratio(timeline, destinations)
    return {
        "satellites": timeline.satellites,
        "links": len(timeline.ends),
        "slots": timeline.slots.count,
        "destinations": len(destinations),
        "steps_s": {name: round(seconds, 3) for name, seconds in steps.items()},
        "total_s": round(sum(steps.values()), 3),
        "routes_ms_a_slot": round(steps["routes"] / timeline.slots.count * 1e3, 3),
        "peak_mb": round(peak_mb),
        "tables_mb": round(table_bytes / 2**20),
        "positions_mb": round(timeline.ephemeris.positions_m.nbytes * 2 / 2**20),
        "networkx_over_ours": {
            "median": round(statistics.median(ratios), 2),
            "min": round(min(ratios), 2),
            "max": round(max(ratios), 2),
        },
    }


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--planes", type=int, default=100)
    parser.add_argument("--places", type=int, default=100)
    parser.add_argument("--slots", type=int, default=200)
    parser.add_argument("--destinations", type=int, default=288)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    found = measure(arguments)
    if arguments.json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return
    print(f"{found['satellites']} satellites, {found['links']} links, {found['slots']} slots\n")
    for name, seconds in found["steps_s"].items():
        print(f"{name:24} {seconds:9.2f} s  {seconds / found['total_s'] * 100:5.1f} %")
    print(f"{'total':24} {found['total_s']:9.2f} s")
    print(
        f"\npeak memory {found['peak_mb']} MB; tables {found['tables_mb']} MB, "
        f"ephemeris {found['positions_mb']} MB"
    )
    ratio = found["networkx_over_ours"]
    print(f"routing step, networkx over ours: {ratio['median']} ({ratio['min']} to {ratio['max']})")


if __name__ == "__main__":
    main()
