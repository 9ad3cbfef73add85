"""The benchmark of the engines runs, small, and says all that it promises."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = (
    *("packet_s", "analytic_s", "start_up_s", "simulation_s", "reading_s"),
    *("first_packet_s", "help_all_s"),
)


@pytest.mark.packet
def test_a_small_run_is_measured_part_by_part():
    command = [sys.executable, "benchmarks/engines.py", "scenarios/first_ring.py", "--rounds", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["scenario"], found["rounds"]) == ("first_ring", 1)
    for key in (*SECONDS, "packet_over_analytic"):
        assert found[key].keys() == {"median", "min", "max"}
        assert 0 < found[key]["min"] <= found[key]["median"] <= found[key]["max"]
    assert found["packet_over_analytic"]["median"] == pytest.approx(
        found["packet_s"]["median"] / found["analytic_s"]["median"]
    )
