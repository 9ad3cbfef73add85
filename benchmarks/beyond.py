"""What do replicas, moving experts and hosts chosen by bad slots gain, over laser links that fail?

    .venv/bin/python benchmarks/beyond.py             # some minutes on two processors
    .venv/bin/python benchmarks/beyond.py --json > docs/data/beyond.json

The paper's constellation and model (scenarios/ring32.py), links up with probability 0.95 as there, or 0.8.
Expected latency of a token, and of it what messages wait for a slot with a path, in the sky that hosts were
chosen in; and of static placements, the same, and the mean of the worst tenth of slots, in other draws of
outages. Last, replicas for hosts that were chosen in another sky. Seeds draw link outages and expert weights,
the same for all.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from spacemoe_ns3 import Bernoulli, Slots, pipeline
from spacemoe_ns3.placement import Hosts, Placement, PlacementProblem, Placer, SpaceMoE, place
from spacemoe_ns3.placement.joint import Joint
from spacemoe_ns3.placement.objective import stragglers, ways_of
from spacemoe_ns3.placement.replaced import Replaced
from spacemoe_ns3.placement.replicated import Replicated
from spacemoe_ns3.placement.robust import Robust, mean_of_worst
from spacemoe_ns3.placement.scoring import expected_s, slot_layers_s
from spacemoe_ns3.progress import silent
from spacemoe_ns3.scenario import load_scenario

SCENARIO = Path(__file__).parents[1] / "scenarios" / "ring32.py"
OTHER_SKIES, WORST = 3, 0.9
PLACERS: tuple[Placer, ...] = (
    SpaceMoE(),
    Replicated(),
    Replicated(hot=0.25),
    Replicated(copies=3),
    Replaced(every=10),
    Replaced(every=1),
    Robust(),
    Robust(quantile=0.5),
    Joint(),
    Replicated(base=Joint()),
    Replaced(every=10, base=Joint()),
)


@dataclasses.dataclass(frozen=True)
class Elsewhere:
    """Hosts that SpaceMoE chose in another sky: here some of them are cut off at times."""

    hosts: Hosts
    name: str = "elsewhere"

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Return them."""
        return self.hosts


def problem_of(survival: float, seed: int, slots: int) -> PlacementProblem:
    """Return the paper's problem with another draw of outages."""
    paper, _ = load_scenario(SCENARIO)
    scenario = dataclasses.replace(
        paper,
        links=dataclasses.replace(paper.links, outages=(Bernoulli(survival_probability=survival),)),
        slots=Slots(count=slots),
        placements=("rand-place",),
        seed=seed,
    )
    return pipeline.prepare(scenario, progress=silent()).problem


def waiting_s(problem: PlacementProblem, placement: Placement) -> float:
    """Return what of a token is waiting for a slot with a path."""
    delays = problem.gateway_delays(placement.gateways)
    ways = ways_of(placement, delays=delays, computing=problem.computing)
    last = stragglers(ways, problem.gating)
    return 0.0 if last is None else float(last.mean_s(ways.waiting_s).sum())


def tail_s(problem: PlacementProblem, placement: Placement) -> float:
    """Return the mean token of the worst tenth of slots, static placements only."""
    layers_s = slot_layers_s(problem, placement)
    return float("nan") if layers_s is None else float(mean_of_worst(layers_s.sum(axis=1)[:, None], WORST)[0])


def evaluate(task: tuple[float, int, int]) -> list[dict[str, Any]]:
    """Return a row a placement."""
    survival, seed, slots = task
    problem = problem_of(survival, seed, slots)
    others = [problem_of(survival, 100 * seed + each, slots) for each in range(OTHER_SKIES)]
    # Outages are drawn anew, activation is not: the same gating everywhere.
    others = [dataclasses.replace(each, gating=problem.gating) for each in others]
    elsewhere = Elsewhere(SpaceMoE()(others[0], np.random.default_rng(1)))
    rows = []
    for placer in (*PLACERS, elsewhere, Replicated(base=elsewhere), Replicated(copies=3, base=elsewhere)):
        placement = place(placer, problem, seed=seed)
        row = {"survival": survival, "placement": placer.name, "seed": seed}
        row |= {"s": expected_s(problem, placement), "waiting_s": waiting_s(problem, placement)}
        if placement.is_static:
            row["elsewhere_s"] = float(np.mean([expected_s(each, placement) for each in others]))
            row["tail_elsewhere_s"] = float(np.mean([tail_s(each, placement) for each in others]))
        if placement.moves is not None:
            row |= {"moves": placement.moves.count, "transfer_s": placement.moves.transfer_s}
            row["gigabytes"] = placement.moves.bytes / 1e9
        row["satellites"] = len(placement.hosts())
        rows.append(row)
    return rows


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slots", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    tasks = [
        (survival, seed, arguments.slots)
        for survival in (0.95, 0.8)
        for seed in range(1, arguments.seeds + 1)
    ]
    with ProcessPoolExecutor(arguments.workers) as pool:
        rows = [row for found in pool.map(evaluate, tasks) for row in found]
    keys = dict.fromkeys((row["survival"], row["placement"]) for row in rows)
    figures = (
        "s",
        "waiting_s",
        "elsewhere_s",
        "tail_elsewhere_s",
        "moves",
        "transfer_s",
        "gigabytes",
        "satellites",
    )
    table = []
    for survival, name in keys:
        mine = [row for row in rows if (row["survival"], row["placement"]) == (survival, name)]
        means = {
            figure: round(float(np.mean([row[figure] for row in mine])), 4)
            for figure in figures
            if all(figure in row for row in mine)
        }
        table.append({"survival": survival, "placement": name, **means})
    if arguments.json:
        json.dump({"slots": arguments.slots, "seeds": arguments.seeds, "rows": table}, sys.stdout, indent=1)
        print()
        return
    for row in table:
        print(*(f"{key}={value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
