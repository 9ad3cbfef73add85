"""How long do the packets of a run take, against the formula on the same tokens, and how soon do they start?

    .venv/bin/python benchmarks/engines.py                     # some minutes
    .venv/bin/python benchmarks/engines.py --json > docs/data/engines.benchmark.json
    .venv/bin/python benchmarks/engines.py scenarios/first_ring.py --rounds 1     # a small one

For ``scenarios/ring32.py``, unless another one is named; in rounds in which everything is measured once, one
after the other. Wall time; keys with *cpu* are of processor time, child processes included.

*packet* is what ``spacemoe-ns3 run --engine packet`` does once the placements are made: plans written,
processes forked, packets simulated side by side, records read and accounted for. *analytic* is the formula on
the same tokens, in this process: forwarding tables, replay, accounting, critical paths. The parts of *packet*
are those of one simulation after the other, summed: *start-up* until the first packet's slot begins,
*simulation* with the forwarding tables that it makes, until its records are there, and *reading* them.

*help* is ``spacemoe-ns3 --help`` from beginning to end. *first packet* is from the start of
``spacemoe-ns3 run`` to the moment at which the first slot of its first simulation begins.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from spacemoe_ns3 import pipeline, running
from spacemoe_ns3.analytic import replay
from spacemoe_ns3.critical_path import critical_path
from spacemoe_ns3.packet import LocalExecutor, result_from_records
from spacemoe_ns3.progress import silent
from spacemoe_ns3.results import account_for
from spacemoe_ns3.scenario import load_scenario

SCENARIO = Path(__file__).parents[1] / "scenarios" / "ring32.py"
COMMANDS = ("", "run", "sky", "path", "model", "validate")
# The command line itself, interrupted by the first news of a simulation.
UNTIL_FIRST_PACKET = """
import os, signal, sys, threading, time
began = float(sys.argv.pop(1))
from spacemoe_ns3.cli import main
from spacemoe_ns3.packet import executor
submit = executor.LocalExecutor.submit
def listen(nursery):
    while not nursery.has_news:
        time.sleep(0.002)
    print(time.monotonic() - began, flush=True)
    os.kill(os.getpid(), signal.SIGINT)
def submit_first(self, *arguments):
    submit(self, *arguments)
    executor.LocalExecutor.submit = submit
    threading.Thread(target=listen, args=[self._nursery], daemon=True).start()
executor.LocalExecutor.submit = submit_first
main()
"""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the wall seconds and the result of some work."""
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


def both_clocks(name: str, work: Callable[[], Any]) -> dict[str, float]:
    """Return wall seconds, and processor seconds with those of child processes, of some work."""
    before = sum(os.times()[:4])
    wall_s, _ = timed(work)
    return {f"{name}_s": wall_s, f"{name}_cpu_s": sum(os.times()[:4]) - before}


def packet(experiment: pipeline.Experiment) -> None:
    """Run the packets of all placements, as ``run`` does."""
    with tempfile.TemporaryDirectory() as folder, LocalExecutor() as executor:
        outcome = running.run(
            experiment,
            engine="packet",
            captures=(),
            executor=executor,
            folder=Path(folder),
            progress=silent(),
        )
    assert len(outcome.results) == len(experiment.placements), outcome.failures


def analytic(experiment: pipeline.Experiment) -> None:
    """Evaluate the formula on the tokens of all placements."""
    workload = experiment.workload
    for placement in experiment.placements:
        rows = {
            "placement": placement,
            "activations": workload.activations,
            "token_rows": workload.token_rows(),
        }
        trace = replay(workload=workload, placement=placement, routes=experiment.routes_to(placement))
        account_for(trace, **rows)
        critical_path(trace, **rows)


def parts(experiment: pipeline.Experiment) -> dict[str, float]:
    """Return the seconds of start-up, simulation and reading, summed over simulations one after the other."""
    found = {"start_up_s": 0.0, "simulation_s": 0.0, "reading_s": 0.0}
    records: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, LocalExecutor(workers=1) as executor:
        since, part = time.monotonic(), "start_up_s"
        for placement in experiment.placements:
            executor.submit(placement.name, experiment.plan(placement), Path(folder) / placement.name)
        for event in executor.events(wait=True):
            now = time.monotonic()
            found[part] += now - since
            since, part = now, "simulation_s" if event.outcome is None else "start_up_s"
            records[event.name] = event.outcome

    def read() -> None:
        for placement in experiment.placements:
            result_from_records(
                records[placement.name],
                workload=experiment.workload,
                placement=placement,
                ends=experiment.sky.timeline.ends,
            )

    found["reading_s"] = timed(read)[0]
    return found


def help_s(command: str) -> float:
    """Return the seconds of a command's ``--help``, from the start of its process to its end."""
    words = [sys.executable, "-m", "spacemoe_ns3", *command.split(), "--help"]
    return timed(lambda: subprocess.run(words, stdout=subprocess.DEVNULL, check=True))[0]


def first_packet_s(scenario: Path) -> float:
    """Return the seconds from the start of a run to its first simulation's."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["run", str(scenario.absolute()), "--out", str(Path(folder) / "run"), "--quiet"]
        command = [sys.executable, "-c", UNTIL_FIRST_PACKET, str(time.monotonic()), *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    return float(done.stdout.split()[0])


def measured(scenario: Path) -> Iterator[dict[str, float]]:
    """Yield the figures of one round after the other."""
    experiment = pipeline.prepare(load_scenario(scenario)[0], progress=silent())
    while True:
        found = both_clocks("packet", lambda: packet(experiment))
        found |= both_clocks("analytic", lambda: analytic(experiment))
        found["packet_over_analytic"] = found["packet_s"] / found["analytic_s"]
        found["packet_over_analytic_cpu"] = found["packet_cpu_s"] / found["analytic_cpu_s"]
        found |= parts(experiment)
        found["first_packet_s"] = first_packet_s(scenario)
        found |= {f"help_{command or 'all'}_s": help_s(command) for command in COMMANDS}
        yield found


def spread(values: list[float]) -> dict[str, float]:
    """Return median, least and most."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scenario", type=Path, nargs="?", default=SCENARIO)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON object: a key a figure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as bytecode:
        # Bytecode is there, as it is from the second start of an installation on.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = bytecode
        first_packet_s(options.scenario)
        for command in COMMANDS:
            help_s(command)
        rounds = list(itertools.islice(measured(options.scenario), options.rounds))
    figures = {key: spread([each[key] for each in rounds]) for key in rounds[0]}
    if options.json:
        about = {"scenario": options.scenario.stem, "rounds": options.rounds, "processors": os.cpu_count()}
        print(json.dumps({**about, **figures}, indent=2))
        return
    for key, each in figures.items():
        print(f"{key:24}{each['median']:9.3f}   {each['min']:.3f} to {each['max']:.3f}")


if __name__ == "__main__":
    main()
