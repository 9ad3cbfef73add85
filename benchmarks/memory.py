"""How much memory a run needs as it gets longer: peaks of the run and of its simulation, by tokens.

Runs the ring of ``scenarios/first_ring.py``, one placement, both engines, over fourteen hours, each number
of tokens in a process of its own: as ``spacemoe-ns3 run`` does, which writes tables in parts, and with all
tables in memory until the end.

    .venv/bin/python benchmarks/memory.py --json > docs/data/memory.benchmark.json
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / "first_ring.py"
LENGTHS = (400, 3200, 25_600)
WAYS = ("in parts", "at once")
SPAN_S, SLOT_S = 2.0 * LENGTHS[-1], 30.0
ALL = 10**12  # messages, more than any run has
KILOBYTE = 1024  # getrusage counts in these


def measure(tokens: int, way: str) -> dict[str, float]:
    """Run in a process of its own; return its peak and its simulation's in megabytes, and its seconds."""
    command = [sys.executable, __file__, "--child", str(tokens), way]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def child(tokens: int, way: str) -> dict[str, float]:
    """Be the process that runs."""
    import time

    from spacemoe_ns3 import Slots, running
    from spacemoe_ns3.cli import cli
    from spacemoe_ns3.scenario import load_scenario

    if way == "at once":
        running.PART_MESSAGES = ALL
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long_ring.py"
        declared, _ = load_scenario(SCENARIO)
        slots = Slots(count=round(SPAN_S / SLOT_S), span_s=SPAN_S)
        assert replace(declared, slots=slots).slots == slots
        file.write_text(
            "import sys\n"
            f"sys.path.append({str(SCENARIO.parent)!r})\n"
            "from dataclasses import replace\n"
            "from spacemoe_ns3 import Slots\n"
            "from first_ring import scenario as ring\n"
            f"scenario = replace(ring, slots=Slots(count={slots.count}, span_s={SPAN_S}))\n"
            "del ring\n"
        )
        begin_s = time.monotonic()
        arguments = ["run", str(file), "--tokens", str(tokens), "--placement", "spacemoe"]
        cli([*arguments, "--out", str(Path(folder) / "run"), "--quiet"], standalone_mode=False)
        elapsed_s = time.monotonic() - begin_s
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    run_mb, simulation_mb = (peak * KILOBYTE / 1e6 for peak in peaks)
    return {
        "run_mb": round(run_mb, 1),
        "simulation_mb": round(simulation_mb, 1),
        "seconds": round(elapsed_s, 1),
    }


def main() -> None:
    """Measure all lengths, both ways."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(int(options.child[0]), options.child[1])))
        return
    rows: list[dict[str, Any]] = [
        {"tokens": tokens, "way": way, **measure(tokens, way)} for tokens in LENGTHS for way in WAYS
    ]
    if options.json:
        print(json.dumps({"scenario": SCENARIO.stem, "rows": rows}, indent=1))
        return
    for row in rows:
        print(
            "{tokens:8,} tokens, {way:9}: run {run_mb:7.1f} MB, simulation {simulation_mb:7.1f} MB".format(
                **row
            )
        )


if __name__ == "__main__":
    main()
