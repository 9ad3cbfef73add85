"""Do two hundred small scenarios at random run without a crash, a hang, or a nanosecond unaccounted for?

    .venv/bin/python benchmarks/random_scenarios.py               # some ten minutes
    .venv/bin/python benchmarks/random_scenarios.py --json > docs/data/random_scenarios.json

What they are and what must hold of each is said in ``tests/properties/random_scenarios.py``; the tests look
at forty others. Draws are always the same.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from properties.forked import Simulations  # noqa: E402
from properties.random_scenarios import Outcome, examine, scenarios  # noqa: E402


def look_at(examples: int) -> dict[str, Any]:
    """Examine scenarios; the first of which something does not hold ends it."""
    outcomes: list[tuple[Any, Outcome]] = []
    warnings.simplefilter("error", RuntimeWarning)  # arithmetic that NumPy doubts, as in the tests
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Simulations() as simulations:
        folders = (Path(folder) / str(number) for number in itertools.count())

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(scenario=scenarios())
        def look(scenario: Any) -> None:
            outcome = examine(scenario, simulations=simulations, folder=next(folders))
            outcomes.append((scenario, outcome))
            print(f"{len(outcomes)}: {outcome.ended} {outcome.sentence}", file=sys.stderr, flush=True)

        look()

    ran = [(scenario, outcome) for scenario, outcome in outcomes if outcome.ended == "ran"]

    def count(words: Any) -> dict[str, int]:
        return dict(sorted(Counter(words(scenario) for scenario, _ in ran).items()))

    return {
        "scenarios": len(outcomes),
        "ended": dict(sorted(Counter(outcome.ended for _, outcome in outcomes).items())),
        "share_that_ran": round(len(ran) / len(outcomes), 3),
        "held_to_the_formula": sum(outcome.is_idle for _, outcome in ran),
        "with_losses": sum(outcome.lost > 0 for _, outcome in ran),
        "messages": sum(outcome.messages for _, outcome in ran),
        "segments": sum(outcome.segments for _, outcome in ran),
        "segments_lost": sum(outcome.lost for _, outcome in ran),
        "by_placement": count(lambda scenario: scenario.placers[0].name),
        "by_transport": count(lambda scenario: transport_words(scenario.transport)),
        "by_traffic": count(lambda scenario: traffic_words(scenario.traffic)),
        "by_loss_policy": count(lambda scenario: scenario.links.on_loss),
        "seconds": round(time.monotonic() - started_s),
    }


def traffic_words(traffic: Any) -> str:
    """Name a kind of traffic."""
    words = [type(traffic.arrivals).__name__]
    words += ["batches"] * (traffic.batch > 1) + ["prompts"] * (traffic.prompt_tokens > 0)
    return ", ".join(words + ["background"] * bool(traffic.background))


def transport_words(transport: Any) -> str:
    """Name a transport."""
    name = type(transport).__name__.upper()
    return f"{name} with recovery" if getattr(transport, "recovery", None) else name


def main() -> None:
    """Look, and print JSON or a few lines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    found = look_at(arguments.examples)
    if arguments.json:
        json.dump(found, sys.stdout, indent=1)
        print()
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
