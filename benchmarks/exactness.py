"""Do ten thousand small networks at random have the same traces with the fabric as with the reference engine?

    .venv/bin/python benchmarks/exactness.py          # some minutes; interrupted, it goes on where it was
    .venv/bin/python benchmarks/exactness.py --json > docs/data/exactness.json
    .venv/bin/python benchmarks/exactness.py --network 4711           # this one, and where it differs
    .venv/bin/python benchmarks/exactness.py --network 4711 --shrink  # made as small as it still differs

What they are is said in ``tests/exact/random_networks.py``, and what is compared in
``tests/exact/traces.py``: each packet received, with its nanosecond, its satellite and its ledger; each hop;
the counters of each direction of each link at the ends of slots and at the end; what is captured. The tests
look at others.
Needs the C++ tests' build (``SPACEMOE_TESTS=ON``).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pprint
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from exact.engines import FABRICS, REFERENCE  # noqa: E402
from exact.random_networks import random_scenario  # noqa: E402
from exact.scenarios import TraceScenario  # noqa: E402
from exact.shrink import shrink  # noqa: E402
from exact.traces import LOST, PACKETS, REROUTED, Trace, Traces, differences, program  # noqa: E402

SEED = 20_261_124
NETWORKS = 10_000
BATCH = 250  # networks between two files
LOSSES = ("queue full", "on the wire", "cut", "queued", "link down", "corrupted")
ICMP = 1


def draw(number: int) -> TraceScenario:
    """Return the scenario of a number."""
    return random_scenario(Random(f"{SEED}-{number}"))


def describe(scenario: TraceScenario, trace: Trace) -> Iterator[tuple[str, int]]:
    """Return what happened in a network, as counts."""
    yield "networks", 1
    yield "networks with TCP", bool(scenario.transfers)
    yield "networks that move", scenario.velocities_m_s[0][0] != (0.0, 0.0, 0.0)
    yield "networks with links that go down", any(0 in rates for rates in scenario.rates_bps)
    yield "networks with packet errors", bool(scenario.errors)
    yield "networks with captures", bool(scenario.captures)
    yield "packet-hops", trace.counted(PACKETS)
    yield "UDP packets received", len(trace.of("got"))
    yield "answers among them", sum(row[3] != 9 or row[6] >= 16 for row in trace.of("got"))
    yield "TCP bytes received", sum(row[2] for row in trace.of("stream"))
    yield "ICMP messages received", sum(row[3] == ICMP for row in trace.of("ip"))
    for place, reason in enumerate(LOSSES):
        yield f"lost: {reason}", trace.counted(LOST.start + place)
    yield "re-routed", trace.counted(REROUTED)
    yield "received after waiting for a path", sum(len(row) > 9 and row[13] > 0 for row in trace.of("got"))
    yield "hops of ledgers", len(trace.of("hop"))
    arrivals = Counter((row[4], scenario.links[row[1] // 2][1 - row[1] % 2]) for row in trace.of("hop"))
    yield "of them with others at that satellite and nanosecond", sum(n for n in arrivals.values() if n > 1)
    yield "under way at the end", sum(row[0] for row in trace.of("left"))
    yield (
        "records captured",
        sum(len(rows) for word, rows in trace.rows.items() if word.startswith("capture")),
    )


def compare(first: int, last: int) -> dict[str, Any]:
    """Run some networks with all engines."""
    counts: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    found = []
    with Traces() as traces:
        for number in range(first, last):
            scenario = draw(number)
            reference = traces.run(scenario, engine=REFERENCE[0], endpoints=REFERENCE[1])
            counts.update(dict(describe(scenario, reference)))
            if reference.error:
                found.append({"network": number, "engine": "reference", "first": reference.error})
                continue
            for engine, endpoints in FABRICS:
                trace = traces.run(scenario, engine=engine, endpoints=endpoints)
                name = f"{engine}, {endpoints}"
                compared[name] += 1
                differing = differences(reference, trace, same_endpoints=endpoints == "socket")
                if differing:
                    found.append({"network": number, "engine": name, "first": differing[0]})
    return {"counts": counts, "compared": compared, "differences": found}


def fingerprint() -> str:
    """Return a hash of all that results depend on: the built programs and what draws and compares."""
    built = [program(), *program().parents[1].glob("leo/*.so")]
    sources = sorted((ROOT / "tests" / "exact").glob("*.py"))
    digest = hashlib.sha256()
    for path in (*built, *sources, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def run_batches(networks: int, jobs: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Run what no file says yet, and return all batches."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {
        first: folder / f"{first}-{min(first + BATCH, networks)}.json" for first in range(0, networks, BATCH)
    }
    due = [first for first, path in paths.items() if not path.exists()]
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(compare, first, min(first + BATCH, networks)): first for first in due}
        try:
            for done, future in enumerate(as_completed(running), start=1):
                path = paths[running[future]]
                unfinished = path.with_suffix(".unfinished")
                unfinished.write_text(json.dumps(future.result()))
                unfinished.rename(path)
                differing = len(future.result()["differences"])
                print(
                    f"{done} of {len(due)} batches; differences in this: {differing}",
                    file=sys.stderr,
                    flush=True,
                )
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for path in paths.values():
        yield json.loads(path.read_text())


def summarise(batches: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Add batches up."""
    counts: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    found = []
    for batch in batches:
        counts.update(batch["counts"])
        compared.update(batch["compared"])
        found += batch["differences"]
    differing = Counter(entry["engine"] for entry in found)
    return {
        "reference": dict(counts),
        "compared": dict(compared),
        "identical": {name: compared[name] - differing[name] for name in compared},
        "differences": found,
    }


def show(number: int, *, shrinks: bool) -> None:
    """Print where the engines differ on one network, and the network."""
    scenario = draw(number)
    with Traces() as traces:

        def differing(scenario: TraceScenario, engine: str, endpoints: str) -> list[str]:
            reference = traces.run(scenario, engine=REFERENCE[0], endpoints=REFERENCE[1])
            trace = traces.run(scenario, engine=engine, endpoints=endpoints)
            return differences(reference, trace, same_endpoints=endpoints == "socket")

        for engine, endpoints in FABRICS:
            found = differing(scenario, engine, endpoints)
            print(f"\n== {engine}, {endpoints}: {len(found)} differences", *found, sep="\n")
            if found and shrinks:
                small = shrink(scenario, lambda one: bool(differing(one, engine, endpoints)))  # noqa: B023
                print("\nSmallest:", *differing(small, engine, endpoints), pprint.pformat(small), sep="\n")
                return
    pprint.pprint(scenario)


def main() -> None:
    """Run, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--networks", type=int, default=NETWORKS)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "results" / "exactness", help="unfinished results"
    )
    parser.add_argument("--network", type=int, help="look at this one")
    parser.add_argument("--shrink", action="store_true")
    arguments = parser.parse_args()
    if arguments.network is not None:
        show(arguments.network, shrinks=arguments.shrink)
        return
    started_s = time.monotonic()
    summary = summarise(run_batches(arguments.networks, arguments.jobs, arguments.folder / fingerprint()))
    print(f"{time.monotonic() - started_s:.0f} s", file=sys.stderr)
    if arguments.json:
        print(json.dumps(summary, indent=1))
        return
    for name, count in summary["reference"].items():
        print(f"{name:55}{count:>12,}")
    for name, count in summary["compared"].items():
        print(f"{name:55}{count:>12,} compared, {summary['identical'][name]:,} identical")
    for entry in summary["differences"][:50]:
        print(entry)


if __name__ == "__main__":
    main()
