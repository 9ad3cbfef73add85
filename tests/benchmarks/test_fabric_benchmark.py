"""The benchmark of the fabric runs, small, says all that it promises, and counts what it says it counts."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = {"planes": 6, "per_plane": 8, "phasing": 3, "flows": 10, "milliseconds": 2}
KEYS = {
    "stock_over_nix",
    "stock_over_peer",
    "lean_over_nix",
    "lean_over_peer",
    "transit_hop_instructions",
    "tcp_over_reference",
    "tcp_over_peer",
    "build_12000_s",
    "build_12000_mb",
    "routes_over_flat_dijkstra",
    "hops_4000_over_1056",
    "hops_12000_over_1056",
}


def test_a_small_run_has_a_spread_for_every_figure(programs, tool):
    tool("valgrind")
    done = subprocess.run(
        [sys.executable, "benchmarks/fabric.py", "--quick", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == KEYS
    for of in found.values():
        assert 0 < of["min"] <= of["median"] <= of["max"]


@pytest.mark.parametrize("way", ["nix", "peer", "reference", "stock", "lean"])
def test_all_ways_carry_the_same_datagrams_over_as_many_links(programs, way):
    found = programs.measure(way=way, seed=5, **SMALL)

    assert found["satellites"] == 48
    assert found["links"] == 48 + 5 * 8  # along six planes, and across where planes meet
    assert found["sent"] == found["received"] == 10 * 2000 // 100
    assert found["hops"] == pytest.approx(found["mean_hops"] * found["sent"])


def test_the_mean_of_the_fewest_hops_is_that_of_an_open_line_times_a_ring(programs):
    """Means over random pairs: P / 3 on a line of P, Q / 4 on a ring of Q (even), to first order."""
    planes, per_plane, flows = 12, 16, 2000
    found = programs.measure(
        way="reference", planes=planes, per_plane=per_plane, flows=flows, milliseconds=0.1, seed=2
    )

    of_all_pairs = (planes**2 - 1) / (3 * planes) + per_plane / 4
    exact = of_all_pairs * planes * per_plane / (planes * per_plane - 1)  # none is to itself
    spread = ((planes**2 / 18) + (per_plane**2 / 48)) ** 0.5  # of one draw, to first order
    assert found["mean_hops"] == pytest.approx(exact, abs=4 * spread / flows**0.5)


def test_longer_paths_are_as_long_as_asked_for(programs):
    found = programs.measure(way="reference", hops=7, **SMALL)

    assert found["mean_hops"] == 7


def test_a_way_that_there_is_not_is_refused_in_a_sentence(programs):
    with pytest.raises(programs.BenchmarkError, match=r"way: quick is none of nix, peer, reference"):
        programs.measure(way="quick")


def test_every_goal_of_the_table_has_a_figure(programs):
    text = (ROOT / "benchmarks" / "fabric.py").read_text()
    goals = re.search(r"GOALS = \{(.*?)\n\}", text, re.DOTALL)

    assert goals is not None
    assert set(re.findall(r'"(\w+)":', goals.group(1))) == KEYS
