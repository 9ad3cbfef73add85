"""Every scenario of the project runs at smoke size, formula and packets; so does every kind of sky."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "scenarios").glob("*.py"))
BUSY = ("busy_ring",)  # where the formula follows each step alone, packets do not
# Studies are run by test_every_study.py.
SCENARIOS = [path.stem for path in FILES if "Study(" not in path.read_text() and path.stem not in BUSY]
AN_IDLE_NETWORK = 1e-4  # queueing behind a gateway's own messages, of a token's latency

TRIAL = """
from spacemoe_ns3 import *

scenario = Scenario(
    name="trial",
    constellation={constellation},
    host_shell={host_shell},
    links=LaserLinks({links}),
    slots=Slots(count=20),
    model=MoEModel(
        name="four-layers", layers=4, hidden=1024,
        attention=GroupedQueryAttention(heads=16, kv_heads=4, head_dim=64),
        experts=4, top_k=2, expert_ffn=2048, vocabulary=32_000,
    ),
    hardware=Hardware(gateway="spacecloud-ix10", expert="sbc-2a72"),
    decoding=Decoding(tokens=4, tokens_per_sequence=1, context_tokens=512),
    placements=("spacemoe",),
)
"""
SHELLS = (
    "MultiShell(shells=(WalkerShell.delta('53: 40/5/1', altitude_km=1550, name='low'), "
    "WalkerShell.delta('60: 60/6/1', altitude_km=1600, name='high')))"
)
SHELL = "WalkerShell(planes=6, satellites_per_plane=12, altitude_km=1500, inclination_deg=60, phasing=1)"
SKIES = {
    "the second of two shells": (SHELLS, 1, "topology=PlusGrid(seam=True)"),
    "a formation": ("'suncatcher'", 0, "rate_bps=1e12, max_angular_rate_rad_s=None"),
    "a star preset, dimension order": ("'iridium-next'", 0, "routing='dimension-order'"),
    "an eccentric shell with a motif": (
        SHELL.replace("phasing=1", "eccentricity=0.05, argument_of_perigee_deg=90"),
        0,
        "topology=Motif(offsets=((0, 1), (1, 1)), seam=True)",
    ),
    "neighbours that change, acquired anew": (
        SHELL,
        0,
        "topology=NearestNeighbours(links=4, every_slots=5), acquisition_s=5, max_angular_rate_rad_s=None",
    ),
    "rates by kind, fewest hops": (
        SHELL,
        0,
        "topology=PlusGrid(seam=True), routing='fewest-hops', "
        "rate_bps={'intra-plane': 1e9, 'cross-plane': 2e8, 'seam': 1e8}",
    ),
}


def run(scenario: Path, out: Path, *options: str) -> dict[str, object]:
    """Run a scenario and return its summary."""
    command = [
        sys.executable,
        "-m",
        "spacemoe_ns3",
        "run",
        str(scenario),
        "--out",
        str(out),
        "--json",
        *options,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    summary: dict[str, object] = json.loads(done.stdout)
    return summary


def check(summary: dict[str, object]) -> None:
    """Compare formula and packets, and see that the account closes."""
    (row,) = summary["placements"]
    assert row["packet_s_per_token"] == row["analytic_s_per_token"]  # an idle network: to the nanosecond
    for unit in row["traffic"].values():
        assert unit["sent"] == unit["received"] > 0
        assert unit["dropped"] == unit["in_flight"] == 0


@pytest.mark.packet
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_runs(name: str, tmp_path: Path) -> None:
    path = ROOT / "scenarios" / f"{name}.py"

    check(run(path, tmp_path / "run", "--tokens", "2", "--placement", "spacemoe"))


@pytest.mark.packet
@pytest.mark.parametrize("name", BUSY)
def test_every_busy_scenario_runs(name: str, tmp_path: Path) -> None:
    """Steps wait for each other; nothing is lost, and the account of others closes."""
    path = ROOT / "scenarios" / f"{name}.py"

    (row,) = run(path, tmp_path / "run", "--tokens", "24", "--placement", "spacemoe")["placements"]

    assert row["breakdown_s"]["queueing"] > AN_IDLE_NETWORK * row["packet_s_per_token"]
    for unit in row["traffic"].values():
        assert unit["sent"] == unit["received"] > 0
    others = row["background"]["packets"]
    assert others["sent"] == others["received"] + others["dropped"] + others["in_flight"] > 0


def test_a_run_says_what_did_not_fit(tmp_path: Path) -> None:
    """Nothing is dropped in silence: spares and satellites in no plane are named, printed and kept."""
    command = [
        sys.executable,
        "-m",
        "spacemoe_ns3",
        "run",
        "scenarios/real_shell.py",
        "--out",
        str(tmp_path / "run"),
    ]
    options = ["--engine", "analytic", "--tokens", "1", "--placement", "spacemoe"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)

    kept = json.loads((tmp_path / "run" / "summary.json").read_text())["remarks"]
    assert any("SYN RAISING 1, SYN RAISING 2" in remark for remark in kept)
    for remark in kept:
        assert f"Note: {remark}" in done.stdout


@pytest.mark.packet
@pytest.mark.parametrize("sky", SKIES, ids=str)
def test_every_kind_of_sky_carries_packets(sky: str, tmp_path: Path) -> None:
    constellation, host_shell, links = SKIES[sky]
    path = tmp_path / "trial.py"
    path.write_text(TRIAL.format(constellation=constellation, host_shell=host_shell, links=links))

    check(run(path, tmp_path / "run"))
    assert (tmp_path / "run" / "links.parquet").exists()
