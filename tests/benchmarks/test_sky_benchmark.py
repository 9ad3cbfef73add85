"""The benchmark of a large sky runs, small, and says all that it promises."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_small_sky_is_measured_step_by_step():
    command = [
        sys.executable,
        "benchmarks/sky.py",
        "--json",
        "--planes",
        "6",
        "--places",
        "8",
        "--slots",
        "5",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["satellites"], found["links"], found["slots"], found["destinations"]) == (48, 96, 5, 48)
    assert set(found["steps_s"]) == {"mean elements", "SGP4 at knots", "links and feasibility", "routes"}
    assert found["networkx_over_ours"].keys() == {"median", "min", "max"}


def test_the_committed_figures_are_of_the_sky_that_is_asked_for():
    found = json.loads((ROOT / "docs" / "data" / "sky.benchmark.json").read_text())

    assert (found["satellites"], found["slots"], found["destinations"]) == (10_000, 200, 288)
