"""``spacemoe-ns3 run`` with a file that declares a study."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spacemoe_ns3.cli import EXIT_INTERRUPTED, EXIT_SIMULATION

LONGEST_STOP_S = 1.0  # what a user is promised after Ctrl-C
ADDITIONS = 1e-12  # rounding of five additions, relative
PARTS = ("compute", "propagation", "serialisation", "queueing", "waiting")
STUDY = """
from dataclasses import dataclass

from first_ring import scenario
from spacemoe_ns3 import Alternative, Published, Study, Sweep


{more}
study = Study(
    name="trial",
    base=scenario,
    seeds=(7, 8),
    published=Published(source="a paper", s_per_token={{"spacemoe": (0.1, 0.2), "rand-place": (0.3, 0.4)}}),
    alternatives=(
        Alternative(
            assumption="height", chosen="1000 km", reading="{reading}", changes={changes}
        ),
    ),
    sweep=Sweep(
        label="survival probability",
        points={{p: {{"links.outages.0.survival_probability": p}} for p in (0.9, 1)}},
        reported={{"spacemoe": "falls"}},
    ),
)
"""
HIGHER = "{'constellation.altitude_km': 1300}"
ONE_PLANE = "{'constellation.planes': 2}"  # 24 satellites, 30 hosts
SLOW = """
@dataclass(frozen=True)
class Slow:
    name: str = "near-random"

    def __call__(self, problem, random, /):
        import os, pathlib, time

        pathlib.Path(os.environ["SLOW_MARK"]).touch()
        time.sleep(600)
"""


@pytest.fixture
def write(root: Path, tmp_path: Path):
    """Return a function that writes a study of scenarios/first_ring.py beside a copy of it."""

    def make(*, changes: str = HIGHER, reading: str = "1300 km", more: str = "") -> Path:
        text = (root / "scenarios" / "first_ring.py").read_text()
        (tmp_path / "first_ring.py").write_text(text.replace("tokens=32", "tokens=4"))
        path = tmp_path / "trial.py"
        path.write_text(STUDY.format(changes=changes, reading=reading, more=more))
        return path

    return make


def command(path: Path, out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "spacemoe_ns3", "run", str(path), "--out", str(out), *options]


@pytest.mark.packet
def test_a_study_leaves_the_run_and_its_rows_and_figures(write, tmp_path: Path) -> None:
    done = subprocess.run(command(write(), tmp_path / "out"), capture_output=True, text=True, check=True)

    assert done.stderr == ""
    files = json.loads((tmp_path / "out" / "manifest.json").read_text())["files"]
    figures = {
        f"figures/{name}.{kind}" for name in ("published", "sensitivity", "sweep") for kind in ("svg", "png")
    }
    assert figures | {"study.parquet", "tokens.parquet", "links.parquet", "summary.json"} <= set(files)

    rows = pq.read_table(tmp_path / "out" / "study.parquet").to_pylist()
    assert len(rows) == 4 * 2 * 5  # variants, seeds, placements
    for row in rows:
        assert sum(row[f"{part}_s"] for part in PARTS) == pytest.approx(row["expected_s"], rel=ADDITIONS)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    (run,) = [each for each in summary["placements"] if each["name"] == "spacemoe"]
    (mine,) = [
        row
        for row in rows
        if (row["variant"], row["seed"], row["placement"]) == ("chosen", summary["seed"], "spacemoe")
    ]
    assert mine["expected_s"] == pytest.approx(run["expected_s_per_token"], rel=ADDITIONS)
    assert run["packet_s_per_token"] > 0
    names = [variant["name"] for variant in summary["study"]["variants"]]
    assert names == ["chosen", "height: 1300 km", "survival probability: 0.9", "survival probability: 1"]
    for words in ("a paper", "0.10 - 0.20", "height: 1000 km", "  1300 km", "survival probability", "falls"):
        assert words in done.stdout


def test_the_same_study_makes_the_same_bytes_on_any_number_of_workers(write, tmp_path: Path) -> None:
    path = write()
    for workers in ("1", "3"):
        options = ("--engine", "analytic", "--quiet", "--workers", workers)
        subprocess.run(command(path, tmp_path / workers, *options), check=True)

    for name in ("study.parquet", "summary.json", "figures/sweep.svg", "figures/published.png"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes(), name


def test_options_apply_to_the_scenario_and_a_seed_to_all_variants(write, tmp_path: Path) -> None:
    options = ("--engine", "analytic", "--json", "--seed", "3", "--placement", "spacemoe")
    done = subprocess.run(
        command(write(), tmp_path / "out", *options), capture_output=True, text=True, check=True
    )

    study = json.loads(done.stdout)["study"]
    assert study["seeds"] == [3]
    assert study["placements"] == ["spacemoe"]
    assert study["published"]["s_per_token"] == {"spacemoe": [0.1, 0.2]}
    assert all(row["seed"] == 3 for row in pq.read_table(tmp_path / "out" / "study.parquet").to_pylist())


def test_a_variant_that_fails_is_told_and_the_rest_is_written(write, tmp_path: Path) -> None:
    path = write(changes=ONE_PLANE, reading="two planes")
    options = ("--engine", "analytic", "--json", "--seed", "3", "--placement", "spacemoe")
    done = subprocess.run(command(path, tmp_path / "out", *options), capture_output=True, text=True)

    assert done.returncode == EXIT_SIMULATION
    assert done.stderr.startswith("error: height: two planes, seed 3: placement: 30 hosts needed")
    assert done.stderr.count("\n") == 1
    study = json.loads(done.stdout)["study"]
    assert [failure["variant"] for failure in study["failures"]] == ["height: two planes"]
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["status"] == "failed"


def test_a_change_that_leads_nowhere_is_an_error_before_any_work(write, tmp_path: Path) -> None:
    path = write(changes="{'constellation.altitude': 1}")
    done = subprocess.run(command(path, tmp_path / "out"), capture_output=True, text=True)

    assert done.returncode == 2
    assert "study.alternatives[0]" in done.stderr
    assert "did you mean altitude_km" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.alone
def test_ctrl_c_stops_a_study_within_a_second_and_keeps_what_is_done(write, tmp_path: Path) -> None:
    changes = "{'placements.4': Slow()}"
    path, out = write(changes=changes, reading="slow", more=SLOW), tmp_path / "out"
    with subprocess.Popen(
        command(path, out, "--engine", "analytic", "--workers", "1"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "SLOW_MARK": str(tmp_path / "mark")},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        wait_for(tmp_path / "mark")  # the second evaluation has begun
        before_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        elapsed_s = time.monotonic() - before_s

    assert elapsed_s < LONGEST_STOP_S
    assert process.returncode == EXIT_INTERRUPTED
    assert "5 evaluations of the study" in err
    summary = json.loads((out / "summary.json").read_text())
    assert summary["study"]["is_interrupted"]
    rows = pq.read_table(out / "study.parquet").to_pylist()
    assert {(row["variant"], row["seed"]) for row in rows} == {("chosen", 7)}
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"


def wait_for(path: Path, *, longest_s: float = 120.0) -> None:
    """Wait until a file is there."""
    deadline_s = time.monotonic() + longest_s
    while not path.exists():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
