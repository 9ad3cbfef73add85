"""The main job, whole: what scenarios/ring32.py must show."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packet

LEAST_GAIN = 3.0  # in propagation, over each of the paper's baselines; arXiv 2605.00515 reports threefold
PAPER_BASELINES = ("rand-place", "rand-intra", "rand-intra-cg")
SAME_ON_ANOTHER_MACHINE = 1e-6  # relative: another SciPy may break ties between equal paths otherwise


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return the rows of ``spacemoe-ns3 run scenarios/ring32.py --json``, by name."""
    out = tmp_path_factory.mktemp("ring32") / "run"
    scenario = Path(__file__).parents[1] / "scenarios" / "ring32.py"
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(scenario), "--json", "--out", str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return {row["name"]: row for row in json.loads(done.stdout)["placements"]}


def test_all_five_placements_are_there_with_their_tokens_and_hosts(rows: dict[str, dict[str, Any]]) -> None:
    assert list(rows) == ["spacemoe", "rand-place", "rand-intra", "rand-intra-cg", "near-random"]
    for row in rows.values():
        assert row["tokens"] >= 32
        hosts = row["hosts"]["gateways"] + [host for layer in row["hosts"]["experts"] for host in layer]
        assert len(set(hosts)) == 32 * (8 + 1)


def test_formula_and_packets_agree(rows: dict[str, dict[str, Any]]) -> None:
    for row in rows.values():
        assert (
            row["packet_s_per_token"] == row["analytic_s_per_token"]
        )  # one token at a time: to the nanosecond


def test_spacemoe_is_the_fastest_and_three_times_nearer(rows: dict[str, dict[str, Any]]) -> None:
    best = rows["spacemoe"]
    assert best["packet_s_per_token"] == min(row["packet_s_per_token"] for row in rows.values())
    for name in PAPER_BASELINES:
        gain = rows[name]["breakdown_s"]["propagation"] / best["breakdown_s"]["propagation"]
        assert gain >= LEAST_GAIN, name


def test_the_figures_in_the_documentation_are_what_the_command_gives(rows: dict[str, dict[str, Any]]) -> None:
    kept = Path(__file__).parents[1] / "docs" / "data" / "ring32.summary.json"
    for row in json.loads(kept.read_text())["placements"]:
        for key in ("expected_s_per_token", "analytic_s_per_token", "packet_s_per_token"):
            assert rows[row["name"]][key] == pytest.approx(row[key], rel=SAME_ON_ANOTHER_MACHINE)
