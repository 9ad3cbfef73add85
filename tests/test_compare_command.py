"""``spacemoe-ns3 compare``, of real runs: what it prints, refuses, and exits with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from spacemoe_ns3 import load
from spacemoe_ns3.cli.common import EXIT_INPUT

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "compare.md"
SCENARIO = "scenarios/first_ring.py"
TOKENS_PER_SEQUENCE = 4
pytestmark = pytest.mark.packet


def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in the project's folder."""
    command = [sys.executable, "-m", "spacemoe_ns3", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of a scenario: as it is, and with another seed and only two sequences and placements."""
    folder = tmp_path_factory.mktemp("runs")
    few = ["--seed", "8", "--tokens", "8", "--placement", "spacemoe", "--placement", "rand-place"]
    for name, options in (("first-ring", []), ("other", few)):
        done = call("run", SCENARIO, "--out", folder / name, "--quiet", *options)
        assert done.returncode == 0, done.stderr
    return folder / "first-ring", folder / "other"


def test_the_page_shows_what_is_printed(runs):
    done = call("compare", runs[0])

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines()) in PAGE.read_text()


def test_the_object_is_scipys_of_the_tables(runs):
    found = json.loads(call("compare", runs[0], "--json").stdout)
    tokens = {
        name: load(runs[0]).columns("tokens", placement=name, engine="packet")["latency_ns"]
        for name in ("spacemoe", "rand-place")
    }
    means = {name: values.reshape(-1, TOKENS_PER_SEQUENCE).mean(axis=1) for name, values in tokens.items()}
    expected = stats.ttest_rel(means["rand-place"], means["spacemoe"]).confidence_interval(0.95)

    row = found["rows"][1]

    assert (row["placement"], row["pairing"]) == ("rand-place", "paired")
    assert [row["difference"]["low"], row["difference"]["high"]] == pytest.approx(list(expected))
    assert row["mean"]["value"] == pytest.approx(np.mean(tokens["rand-place"]))


def test_runs_of_two_seeds_are_compared_unpaired(runs):
    done = call("compare", *runs, "--placement", "spacemoe", "--baseline", "other", "--level", "0.9")

    assert done.returncode == 0, done.stderr
    assert "with 90 % confidence intervals" in done.stdout
    assert "Compared with other, spacemoe, packets" in done.stdout
    assert "unpaired: other seed" in done.stdout


def test_the_mean_over_all_tokens_is_the_summarys(runs):
    found = json.loads(call("compare", *runs, "--json", "--engine", "packet", "--engine", "analytic").stdout)
    results = {run.name: load(run) for run in runs}

    assert {row["engine"] for row in found["rows"]} == {"packet", "analytic"}
    for row in found["rows"]:
        told_s = results[row["run"]].placement(row["placement"])[f"{row['engine']}_s_per_token"]
        assert row["mean"]["value"] == pytest.approx(told_s * 1e9)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "there is no such folder; name the folder of a run"),
        (["docs"], "has no manifest.json"),
        (["RUN", "--metric", "latncy"], "--metric: 'latncy' is not known; did you mean latency?"),
        (["RUN", "--placement", "spacmoe"], "did you mean spacemoe"),
        (["RUN", "RUN"], "given twice"),
        (["RUN", "--level", "1.5"], "1.5"),
        ([], "RUN"),
    ],
)
def test_what_cannot_be_compared_exits_with_a_sentence(runs, arguments, sentence):
    done = call("compare", *(runs[0] if each == "RUN" else each for each in arguments))

    assert done.returncode == EXIT_INPUT
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_help_fits_eighty_columns():
    out = call("compare", "--help").stdout

    assert max(map(len, out.splitlines())) <= 80
    assert "--baseline RUN[:PLACEMENT]" in out
