"""``spacemoe-ns3 validate``: the verdict, the files, and what makes it fail."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spacemoe_ns3.cli.common import EXIT_INTERRUPTED
from spacemoe_ns3.packet import PACKET_ENGINES

ROOT = Path(__file__).parents[2]
SCENARIO = """
from spacemoe_ns3 import *

scenario = Scenario(
    name="small",
    constellation=WalkerShell(
        planes=4, satellites_per_plane=8, altitude_km=1200, inclination_deg=60, phasing=1,
    ),
    links=LaserLinks(topology=PlusGrid(seam=True), rate_bps=1e8, mtu_bytes=1500, max_angular_rate_rad_s=None,
                     grazing_altitude_km=-1e4),
    slots=Slots(count=40),
    model=MoEModel(
        name="three-layers", layers=3, hidden=1024,
        attention=GroupedQueryAttention(heads=16, kv_heads=4, head_dim=64),
        experts=4, top_k=2, expert_ffn=2048, vocabulary=32_000,
    ),
    hardware=Hardware(
        gateway=Computer(name="g", peak_flops=1e12), expert=Computer(name="e", peak_flops=5e10),
    ),
    decoding=Decoding(tokens=6, tokens_per_sequence=2, context_tokens=512),
    placements=("spacemoe", "rand-place"),
    {more}
)
"""
LONGEST_START_S, LONGEST_STOP_S = 60.0, 2.0  # a second, and as much again on a busy machine
A_FEW_PER_CENT = 0.05  # the load is that of these very draws
HALF = 0.5  # 600 arrivals, a third of them at this queue, and not quite at random
pytestmark = pytest.mark.packet


def validate(
    folder: Path, *options: str, more: str = "", slow: bool = False, narrow: bool = False
) -> subprocess.CompletedProcess[str]:
    """Validate a small scenario, with slow experts or not; the results are in ``run``."""
    path = folder / "small.py"
    text = SCENARIO.replace("{more}", more)
    text = text.replace("mtu_bytes=1500", "mtu_bytes=9000, queue_packets=1") if narrow else text
    path.write_text(text.replace("peak_flops=5e10", "peak_flops=1e9") if slow else text)
    command = [sys.executable, "-m", "spacemoe_ns3", "validate", str(path), "--out", str(folder / "run")]
    return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)


def test_three_regimes_hold_and_the_idle_one_to_the_nanosecond(tmp_path: Path) -> None:
    done = validate(tmp_path, "--steps", "200", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found == json.loads((tmp_path / "run" / "validation.json").read_text())
    assert found["holds"]
    by_regime = {(row["regime"], row["placement"]): row for row in found["regimes"]}
    assert len(by_regime) == 6
    for placement in ("spacemoe", "rand-place"):
        idle = by_regime["idle", placement]["figures"]
        assert idle["worst_token_s"] == idle["worst_layer_s"] == 0
        assert idle["equal_tokens"] == idle["tokens"] == 6
        assert idle["own_messages_s"] > 0  # links of 0.1 Gb/s
        loaded = by_regime["loaded", placement]["figures"]
        assert loaded["difference_s"] > 0
        lossy = by_regime["lossy", placement]["figures"]
        assert lossy["availability"] == 1
        assert lossy["sent_again"] > 0
    tokens = pq.read_table(tmp_path / "run" / "validation_tokens.parquet").to_pylist()
    idle_rows = [row for row in tokens if row["regime"] == "idle"]
    assert len(idle_rows) == 2 * 6
    assert all(row["packets_ns"] == row["formula_ns"] for row in idle_rows)
    assert (tmp_path / "run" / "validation_layers.parquet").exists()
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["status"] == "complete"
    used = manifest["packet_engine"]["used"]
    assert used.keys() == {f"{regime}-{placement}" for regime, placement in by_regime}
    assert {each["engine"] for each in used.values()} <= set(PACKET_ENGINES) - {"auto"}


def test_a_placement_that_loses_tokens_is_outside_and_the_exit_code_says_so(tmp_path: Path) -> None:
    """Without a second try in time, a message is given up, and with it its token."""
    impatient = "transport=Udp(recovery=SelectiveRepeat(timeout_s=0.2, give_up_s=0.2)),"
    done = validate(tmp_path, "--regime", "lossy", more=impatient)

    assert done.returncode == 1
    assert "FAILS  spacemoe: tokens lost" in done.stdout
    assert "given up" in done.stdout
    found = json.loads((tmp_path / "run" / "validation.json").read_text())
    assert not found["holds"]
    assert found["regimes"][0]["figures"]["availability"] < 1


def test_a_sweep_finds_the_knee_and_draws_it(tmp_path: Path) -> None:
    options = ("--load-sweep", "--loads", "0.2,0.6", "--sweep-steps", "60", "--placement", "spacemoe")
    done = validate(tmp_path, *options, "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [point["load"] for point in found["load_points"]] == [0.2, 0.6]
    (knee,) = found["knees"]
    assert 0 < knee["knees_per_s"]["0.1"] <= knee["knees_per_s"]["1"] <= knee["capacity_per_s"] * (1 + 1e-9)
    assert (tmp_path / "run" / "figures" / "load-sweep.svg").exists()


def test_a_load_that_fails_is_told_and_the_others_are_kept(tmp_path: Path) -> None:
    """A transmit queue of one packet loses messages under load, and nothing is sent again."""
    options = ("--load-sweep", "--loads", "0.02,0.9", "--sweep-steps", "60", "--placement", "spacemoe")
    done = validate(tmp_path, *options, narrow=True)

    assert done.returncode == 1
    assert "FAILS  spacemoe under 90%: message lost" in done.stdout
    found = json.loads((tmp_path / "run" / "validation.json").read_text())
    assert not found["holds"]
    assert len(found["failures"]) + len(found["load_points"]) == 2


def test_a_load_after_the_time_span_is_refused(tmp_path: Path) -> None:
    done = validate(tmp_path, "--regime", "loaded", "--at", "1e6")

    assert done.returncode == 2
    assert done.stderr.startswith("error: --at: 1e+06 s given, the time span ends at 65")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--loads", "0.5,2"), "must be shares between 0 and 1"),
        (("--load", "1"), "0<x<1"),
        (("--regime", "busy"), "'busy' is not one of"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    done = validate(tmp_path, *options)

    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "run").exists()


def test_an_interrupt_stops_a_validation_at_once(tmp_path: Path) -> None:
    """Its simulations are under way, and would take long."""
    path = tmp_path / "small.py"
    path.write_text(SCENARIO.replace("{more}", "").replace("tokens=6", "tokens=3000"))
    command = [sys.executable, "-m", "spacemoe_ns3", "validate", str(path), "--out", str(tmp_path / "run")]
    options = ["--regime", "idle", "--workers", "1"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + LONGEST_START_S
        while not any(tmp_path.glob(".run.partial-*/tasks/idle-rand-place/*")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate()
        elapsed_s = time.monotonic() - before

    assert process.returncode == EXIT_INTERRUPTED
    assert elapsed_s < LONGEST_STOP_S
    assert err.startswith("interrupted: ")


def test_the_busiest_queues_wait_about_as_long_as_theory_expects(tmp_path: Path) -> None:
    """Half of the capacity, slow computers: the busiest is an M/D/1 queue in all but its arrivals."""
    done = validate(
        tmp_path, "--regime", "loaded", "--placement", "spacemoe", "--steps", "600", "--quiet", slow=True
    )

    assert done.returncode == 0, done.stderr
    rows = pq.read_table(tmp_path / "run" / "validation_queues.parquet").to_pylist()
    computers = [row for row in rows if row["from_satellite"] == row["to_satellite"]]
    lasers = [row for row in rows if row["from_satellite"] != row["to_satellite"]]
    assert computers[0]["load"] == pytest.approx(0.5, rel=A_FEW_PER_CENT)  # as asked for
    assert max(row["load"] for row in rows) == computers[0]["load"]
    assert computers[0]["wait_s"] == pytest.approx(computers[0]["expected_wait_s"], rel=HALF)
    assert all(row["wait_s"] >= 0 for row in lasers)
    assert len(lasers) > 0
