"""How often is sorting optimal, and how far from it where it is not?

    .venv/bin/python benchmarks/optimality.py                 # three minutes
    .venv/bin/python benchmarks/optimality.py --json > docs/data/optimality.json
    .venv/bin/python benchmarks/optimality.py --instances 50  # a small one

Random layers of 2 to 8 experts, two of them activated, on four more satellites than experts. Experts by
activation probability on satellites by mean path latency, as arXiv 2605.00515 sorts them, against the proven
optimum, under the paper's assumptions and with each given up in turn. Last, the layers of ring32.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.pipeline import prepare
from spacemoe_ns3.placement import Exact
from spacemoe_ns3.placement.branch_and_bound import branch_and_bound
from spacemoe_ns3.placement.local_search import LayerTask, descend
from spacemoe_ns3.placement.objective import expected_layers_s
from spacemoe_ns3.scenario import load_scenario

ROOT = Path(__file__).parents[1]
RING32 = ROOT / "scenarios" / "ring32.py"
SEED = 1
TOP_K = 2
SLOTS = 20
NEAREST_S, FARTHEST_S = 0.010, 0.050  # path latencies
COMPUTING_S = 0.005  # about an expert of LLaMA-MoE-3.5B on an SBC-2A72
TOPICS = 3
MOST_NODES = 200_000
OPTIMAL = 1e-9  # a smaller gap is rounding


class Silent:
    """Progress that nobody watches."""

    def stage(self, text: str) -> None:
        """Take no note."""

    def expect(self, tokens: int) -> None:
        """Take no note."""

    def tokens(self, placement: str, done: int) -> None:
        """Take no note."""

    def count(self, done: int, total: int, words: str) -> None:
        """Take no note."""


def plain(random: np.random.Generator, experts: int) -> LayerTask:
    """A layer under the paper's assumptions."""
    way_s = random.uniform(NEAREST_S, FARTHEST_S, experts + 4)
    members, probability = sets_of(random.dirichlet(np.full(experts, 5.0)))
    return LayerTask(
        way_s=np.tile(way_s + COMPUTING_S, (SLOTS, 1)),
        computing_s=np.full(len(way_s), COMPUTING_S),
        room=np.ones(len(way_s), np.int64),
        experts=experts,
        members=members,
        probability=probability,
    )


def sets_of(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sets that successive sampling with these weights activates, and their probabilities."""
    sets = SuccessiveSampling(weights=weights[np.newaxis], top_k=TOP_K).sets()
    if sets is None:
        raise ValueError(f"{len(weights)} experts are too many to enumerate")
    return np.array(sets.members[0]), np.array(sets.probability[0])


def changing(spread: float) -> Callable[[np.random.Generator, int], LayerTask]:
    """Path latencies that differ from slot to slot by so much, as a share."""

    def make(random: np.random.Generator, experts: int) -> LayerTask:
        task = plain(random, experts)
        path_s = task.way_s - task.computing_s
        return replace(task, way_s=path_s * random.lognormal(0, spread, path_s.shape) + task.computing_s)

    return make


def computers(random: np.random.Generator, experts: int) -> LayerTask:
    """Every satellite has a computer of its own."""
    task = plain(random, experts)
    computing_s = COMPUTING_S * random.uniform(0.5, 3, len(task.room))
    return replace(task, way_s=task.way_s - task.computing_s + computing_s, computing_s=computing_s)


def shared(random: np.random.Generator, experts: int) -> LayerTask:
    """Every satellite has room for three experts."""
    task = plain(random, experts)
    return replace(task, room=np.full(len(task.room), 3))


def correlated(random: np.random.Generator, experts: int) -> LayerTask:
    """Tokens are of three topics, each with weights of its own."""
    task = plain(random, experts)
    topics = [sets_of(weights)[1] for weights in random.dirichlet(np.ones(experts), TOPICS) + 1e-6]
    return replace(task, probability=np.mean(topics, axis=0))


def by_path_alone(task: LayerTask) -> LayerTask:
    """Return the task as one sees it who sorts by path latency without computing."""
    return replace(task, way_s=task.way_s - task.computing_s)


KINDS: dict[str, tuple[Callable[[np.random.Generator, int], LayerTask], Callable[[LayerTask], LayerTask]]] = {
    "the paper's assumptions": (plain, lambda task: task),
    "paths change by 10 % from slot to slot": (changing(0.1), lambda task: task),
    "paths change by 30 %": (changing(0.3), lambda task: task),
    "computers differ, sorted by path latency alone": (computers, by_path_alone),
    "computers differ, sorted by path latency and computing": (computers, lambda task: task),
    "three experts fit a satellite": (shared, lambda task: task),
    "activations are correlated": (correlated, lambda task: task),
}


def gaps(kind: str, instances: int) -> Iterator[float]:
    """Yield by how much sorting is slower than the optimum, as a share of it."""
    make, seen = KINDS[kind]
    for instance in range(instances):
        random = np.random.default_rng([SEED, list(KINDS).index(kind), instance])
        task = make(random, 2 + instance % 7)
        hosts = seen(task).nearest()
        best = branch_and_bound(task, descend(task, hosts)[0], most_nodes=MOST_NODES)
        if not best.is_proven:
            raise RuntimeError(f"{kind}: instance {instance} is not proven; raise MOST_NODES")
        yield task.value_s(hosts) / best.value_s - 1


def ring32() -> list[float]:
    """Return the same for each layer of SpaceMoE's placement of the paper's constellation."""
    scenario, _ = load_scenario(RING32)
    experiment = prepare(replace(scenario, placements=("spacemoe",)), progress=Silent())
    problem, placement = experiment.problem, experiment.placements[0]
    best = Exact().solve(problem, np.random.default_rng(SEED))
    if not best.is_proven.all():
        raise RuntimeError("ring32: not every layer is proven")
    layers_s = expected_layers_s(
        placement,
        delays=problem.gateway_delays(placement.gateways),
        computing=problem.computing,
        gating=problem.gating,
    )
    if layers_s is None:
        raise RuntimeError("ring32: the objective cannot be enumerated")
    return [float(gap) for gap in layers_s / best.layers_s - 1]


def row(kind: str, found: list[float]) -> dict[str, Any]:
    """Return one row of the table."""
    return {
        "kind": kind,
        "instances": len(found),
        "optimal": sum(gap <= OPTIMAL for gap in found) / len(found),
        "mean_gap": float(f"{max(sum(found) / len(found), 0.0):.3g}"),
        "largest_gap": float(f"{max(*found, 0.0):.3g}"),
    }


def measure(instances: int) -> dict[str, Any]:
    """Return all rows."""
    rows = [row(kind, list(gaps(kind, instances))) for kind in KINDS]
    return {"rows": [*rows, row("the 32 layers of ring32", ring32())]}


def table(found: dict[str, Any]) -> str:
    """Return the rows as a table of Markdown."""
    lines = [
        "| layers | sorting is optimal in | slower in the mean by | at most by |",
        "| --- | --: | --: | --: |",
    ]
    for each in found["rows"]:
        gap, largest = (percent(each[key]) for key in ("mean_gap", "largest_gap"))
        lines.append(f"| {each['kind']} | {each['optimal'] * 100:.1f} % | {gap} | {largest} |")
    return "\n".join(lines)


def percent(share: float) -> str:
    """Return a share with two significant digits; rounding as zero."""
    return "0" if share <= OPTIMAL else f"{share * 100:.2g} %"


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--instances", type=int, default=1000, help="random layers of each kind")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    found = measure(arguments.instances)
    print(json.dumps(found, indent=2) if arguments.json else table(found), file=sys.stdout)


if __name__ == "__main__":
    main()
