"""How fast are placements evaluated and made, against networkx and plain loops?

    .venv/bin/python benchmarks/placement.py                 # about ten minutes
    .venv/bin/python benchmarks/placement.py --json > docs/data/placement.benchmark.json
    .venv/bin/python benchmarks/placement.py --slots 10 --placements 5 --plane-list 33    # a small one

The paper's constellation and model (``scenarios/ring32.py``): 32 layers x 8 experts, 1056 satellites, 200
slots. *Evaluating* a placement gives the exact expectation, its parts, and 10,000 sampled tokens. Two kinds
of placements are evaluated: with the paper's gateways and other experts each time (``rand-intra-cg``), where
the ways around the gateways are found once for all, and with other gateways each time (``rand-place``).

The baseline is what one would write first: for each placement, in each slot, a networkx graph and Dijkstra
from each gateway; then a loop over tokens, layers and activated experts. It samples the same tokens and must
find the same mean. Its time is measured for some placements, the ratio is per placement. Processor time.

*Making* is one SpaceMoE placement, the ways around its gateways included, with the sky built beforehand.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from spacemoe_ns3 import Slots, pipeline
from spacemoe_ns3.analytic.sampled import sample_latency
from spacemoe_ns3.latency import GatewayDelays, frozen_message_delays
from spacemoe_ns3.placement import Placement, place, placer_named
from spacemoe_ns3.placement.objective import ways_of
from spacemoe_ns3.progress import silent
from spacemoe_ns3.scenario import Scenario, load_scenario

SCENARIO = Path(__file__).parents[1] / "scenarios" / "ring32.py"
KINDS = {"same gateways": "rand-intra-cg", "other gateways": "rand-place"}
PLACES_OF_LARGE = 100
ROUNDING = 1e-9


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return processor seconds and the result of some work."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def plain_mean_s(experiment: pipeline.Experiment, placement: Placement) -> float:
    """Return the mean latency of the sampled tokens by networkx and loops, gateways and head left out."""
    timeline, bits = experiment.sky.timeline, int(experiment.wire_bits[0])
    gateways, experts = placement.gateways.tolist(), placement.experts.tolist()
    expert_ns = experiment.workload.computing.experts_ns(placement.experts, placement.gateways).tolist()
    delays = []
    for slot in range(timeline.slots.count):
        network = timeline.network(slot)
        graph = nx.Graph()
        for (a, b), hop_s in zip(network.ends.tolist(), network.hop_s(bits).tolist(), strict=True):
            graph.add_edge(a, b, hop_s=hop_s)
        delays.append(
            [nx.single_source_dijkstra_path_length(graph, each, weight="hop_s") for each in gateways]
        )
    slots, slot_s = timeline.slots.count, timeline.slots.slot_ns / 1e9

    def delay_s(slot: int, layer: int, host: int) -> float:
        """Return a delay; without a path, after half a slot in the mean and whole slots."""
        ahead = 0
        while host not in delays[(slot + ahead) % slots][layer]:
            ahead += 1
        waiting_s = (ahead - 0.5) * slot_s if ahead else 0.0
        return waiting_s + float(delays[(slot + ahead) % slots][layer][host])

    total_s = 0.0
    layers = len(gateways)
    tokens = experiment.tokens
    for slot, activated in zip(tokens.slots.tolist(), tokens.activations.tolist(), strict=True):
        for layer in range(layers):
            onward = (layer + 1) % layers
            slowest_s = 0.0
            for expert in activated[layer]:
                host = experts[layer][expert]
                way_s = delay_s(slot, layer, host) + delay_s(slot, onward, host)
                way_s += expert_ns[layer][expert] / 1e9
                slowest_s = max(slowest_s, way_s)
            total_s += slowest_s
    return total_s / len(tokens.slots)


def sampled_mean_s(experiment: pipeline.Experiment, placement: Placement) -> float:
    """Return the same by the engine."""
    ways = ways_of(
        placement,
        delays=experiment.problem.gateway_delays(placement.gateways),
        computing=experiment.workload.computing,
    )
    return float(sample_latency(ways, experiment.tokens).token_s.mean())


def evaluation(
    experiment: pipeline.Experiment, kind: str, *, placements: int, baselines: int
) -> dict[str, float]:
    """Return seconds a placement, ours and the baseline's, and their ratio."""
    placer = placer_named(KINDS[kind])
    made = [place(placer, experiment.problem, seed=seed) for seed in range(1, placements + 1)]
    ours, _ = timed(lambda: [pipeline.expect(experiment, each) for each in made])
    theirs = []
    for placement in made[:baselines]:
        seconds, mean_s = timed(lambda chosen=placement: plain_mean_s(experiment, chosen))
        if abs(mean_s / sampled_mean_s(experiment, placement) - 1) > ROUNDING:
            sys.exit("the baseline and the engine differ: the comparison would mean nothing")
        theirs.append(seconds)
    each = ours / placements
    return {
        "ours_s": round(ours, 3),
        "ours_s_a_placement": round(each, 4),
        "baseline_s_a_placement": round(statistics.median(theirs), 2),
        "ratio_median": round(statistics.median(theirs) / each, 1),
        "ratio_min": round(min(theirs) / each, 1),
        "ratio_max": round(max(theirs) / each, 1),
    }


def found_anew(experiment: pipeline.Experiment) -> Callable[[np.ndarray], GatewayDelays]:
    """Return what finds ways around gateways without remembering any."""
    sky = experiment.sky
    return lambda gateways: frozen_message_delays(
        sky.timeline, router=sky.router, gateways=gateways, wire_bits=experiment.wire_bits
    )


def with_size(scenario: Scenario, *, planes: int, slots: int) -> Scenario:
    """Return the scenario with so many planes, of 100 places if there are more than the paper's 33."""
    shell = scenario.source
    if planes > shell.planes:
        shell = dataclasses.replace(
            shell, planes=planes, satellites_per_plane=PLACES_OF_LARGE, phasing=planes // 2
        )
    return dataclasses.replace(
        scenario, constellation=shell, slots=Slots(count=slots), placements=("near-random",)
    )


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Do everything once and return what it took."""
    scenario, _ = load_scenario(SCENARIO)
    found: dict[str, Any] = {
        "slots": arguments.slots,
        "placements": arguments.placements,
        "evaluation": {},
        "spacemoe_s": {},
    }
    for planes in arguments.plane_list:
        sized = with_size(scenario, planes=planes, slots=arguments.slots)
        experiment = pipeline.prepare(sized, progress=silent())
        if planes == arguments.plane_list[0]:
            found["tokens"] = len(experiment.tokens.slots)
            for kind in KINDS:
                found["evaluation"][kind] = evaluation(
                    experiment, kind, placements=arguments.placements, baselines=arguments.baselines
                )
        fresh = dataclasses.replace(experiment.problem, gateway_delays=found_anew(experiment))
        seconds, _ = timed(lambda problem=fresh: place(placer_named("spacemoe"), problem, seed=1))
        found["spacemoe_s"][str(experiment.sky.timeline.satellites)] = round(seconds, 2)
    return found


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slots", type=int, default=200)
    parser.add_argument("--placements", type=int, default=100)
    parser.add_argument("--baselines", type=int, default=3, help="placements that the baseline evaluates")
    parser.add_argument("--plane-list", type=int, nargs="+", default=[33, 100])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    found = measure(arguments)
    if arguments.json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return
    for kind, row in found["evaluation"].items():
        print(
            f"{kind}: {row['ours_s_a_placement']} s a placement, baseline {row['baseline_s_a_placement']} s, "
            f"ratio {row['ratio_median']} ({row['ratio_min']} to {row['ratio_max']})"
        )
    for satellites, seconds in found["spacemoe_s"].items():
        print(f"one SpaceMoE placement on {satellites} satellites: {seconds} s")


if __name__ == "__main__":
    main()
