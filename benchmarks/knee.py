"""How many tokens a second is the formula good for, on lasers of 1, 10 and 100 Gb/s?

    .venv/bin/python benchmarks/knee.py --keep docs/data/knee.json    # an hour or so on two processors
    .venv/bin/python benchmarks/knee.py --cases "decode, 100 Gb/s" --placements spacemoe --steps 200

The paper's constellation and model (scenarios/ring32.py) under load: decode steps, a token each, and
prefill steps, a prompt each, arrive at random. Every placement is loaded up to 95 % of what its busiest
computer or laser can serve by the formula, and simulated packet by packet. The *knee* is the number of steps
a second at which the packets' mean latency is 10 % or 100 % above the formula's; where that does not come
before the busiest resource is saturated, the knee is its capacity.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from spacemoe_ns3 import pipeline
from spacemoe_ns3.moe import Hardware
from spacemoe_ns3.packet import LocalExecutor
from spacemoe_ns3.progress import silent
from spacemoe_ns3.report.validation import validation_object
from spacemoe_ns3.scenario import Scenario, load_scenario
from spacemoe_ns3.traffic import Traffic
from spacemoe_ns3.validation.sweep import LOADS, SWEEP_STEPS, in_order, knees, sweep
from spacemoe_ns3.validation_results import Validation

SCENARIO = Path(__file__).parents[1] / "scenarios" / "ring32.py"
PLACEMENTS = ("spacemoe", "rand-place", "rand-intra", "rand-intra-cg")
PROMPT_TOKENS = 64
GIGABIT = 1e9
FEW_LOADS = (0.3, 0.5, 0.7, 0.8)
FAST = "h100"  # so that computers do not saturate first


@dataclasses.dataclass(frozen=True)
class Case:
    """One sweep: the lasers, the work, the computers.

    Parameters
    ----------
    name
        As the table has it.
    rate_gbps
        Of every laser.
    prompt_tokens
        Tokens of a step; 0: one, a decode step.
    computer
        Of gateways and experts; None: those of the scenario.
    share_of_steps
        How many of the steps asked for: large steps are many packets.
    loads
        Shares of the capacity.
    """

    name: str
    rate_gbps: int
    prompt_tokens: int = 0
    computer: str | None = None
    share_of_steps: float = 1.0
    loads: tuple[float, ...] = LOADS


CASES = (
    *(Case(name=f"decode, {rate} Gb/s", rate_gbps=rate) for rate in (1, 10, 100)),
    Case(
        name=f"prefill of {PROMPT_TOKENS}, 1 Gb/s",
        rate_gbps=1,
        prompt_tokens=PROMPT_TOKENS,
        share_of_steps=0.06,
        loads=FEW_LOADS,
    ),
    Case(name=f"decode on {FAST}, 1 Gb/s", rate_gbps=1, computer=FAST),
)


def scenario_of(case: Case, *, placements: tuple[str, ...]) -> Scenario:
    """Return the scenario of a case."""
    paper, _ = load_scenario(SCENARIO)
    hardware = (
        paper.hardware if case.computer is None else Hardware(gateway=case.computer, expert=case.computer)
    )
    return dataclasses.replace(
        paper,
        links=dataclasses.replace(paper.links, rate_bps=case.rate_gbps * GIGABIT, queue_packets=1_000_000),
        hardware=hardware,
        traffic=Traffic(prompt_tokens=case.prompt_tokens),
        placements=placements,
    )


def measure(case: Case, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the load points and the knees of a case."""
    scenario = scenario_of(case, placements=tuple(arguments.placements))
    experiment = pipeline.prepare(scenario, progress=silent())
    steps = max(20, round(arguments.steps * case.share_of_steps))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, LocalExecutor(arguments.workers) as executor:
        measured = sweep(
            scenario,
            experiment,
            loads=arguments.loads or case.loads,
            steps=steps,
            executor=executor,
            folder=Path(folder),
            progress=silent(),
        )
        found = list(measured)
    failures = [each for each in found if isinstance(each, str)]
    if failures:
        raise SystemExit("; ".join(failures))
    points = in_order((each for each in found if not isinstance(each, str)), experiment.placements)
    written_out = validation_object(
        Validation(scenario=scenario.name, about={}, regimes=(), points=points, knees=tuple(knees(points)))
    )
    print(f"{case.name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return {
        **dataclasses.asdict(case),
        "steps": steps,
        "load_points": written_out["load_points"],
        "knees": written_out["knees"],
    }


def written(rows: list[dict[str, Any]]) -> str:
    """Return what is kept of cases."""
    return json.dumps({"command": "benchmarks/knee.py --json", "cases": rows}, indent=1) + "\n"


def kept_rows(path: Path | None) -> dict[str, Any]:
    """Return the cases that a file has, by name."""
    if path is None or not path.exists():
        return {}
    return {row["name"]: row for row in json.loads(path.read_text())["cases"]}


def keep(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the cases measured so far, whole or not at all."""
    aside = path.with_suffix(".partial")
    aside.write_text(written(rows))
    aside.replace(path)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--cases", nargs="+", default=[case.name for case in CASES], help="names of cases")
    parser.add_argument("--placements", nargs="+", default=list(PLACEMENTS))
    parser.add_argument("--loads", nargs="+", type=float, default=None, help="instead of the cases' own")
    parser.add_argument("--steps", type=int, default=SWEEP_STEPS, help="decode steps under each load")
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--keep", type=Path, help="file for the cases measured; those in it are not repeated")
    arguments = parser.parse_args()
    kept = kept_rows(arguments.keep)
    rows = []
    for case in (case for case in CASES if case.name in arguments.cases):
        rows.append(kept.get(case.name) or measure(case, arguments))
        if arguments.keep is not None:
            keep(arguments.keep, rows)
    if arguments.json:
        print(written(rows))
        return
    for row in rows:
        print(row["name"])
        for knee in row["knees"]:
            rates = ", ".join(
                f"+{float(share):.0%} {rate:.4g}/s" for share, rate in knee["knees_per_s"].items()
            )
            capacity = f"capacity {knee['capacity_per_s']:.4g}/s ({knee['busiest']})"
            print(f"  {knee['placement']:15} {knee['formula_s']:.4f} s  {rates}  {capacity}")


if __name__ == "__main__":
    main()
