"""The command line: what it refuses, what it writes, what it promises."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spacemoe_ns3.cli import EXIT_INPUT, EXIT_INTERRUPTED, EXIT_SIMULATION, EXIT_WRITE, main
from spacemoe_ns3.packet import PACKET_ENGINES

LONGEST_STOP_S = 1.0  # what a user is promised after Ctrl-C
AGREEMENT = 0.01  # of the two engines on an idle network
EXIT_CLOSED = 1  # click's, for a reader that is gone
PARTS = {"compute", "propagation", "serialisation", "queueing", "waiting", "retransmission", "transport"}
NANOSECOND_S = 1e-9


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that calls the command line here and returns exit code, output and errors."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["spacemoe-ns3", *map(str, arguments)])
        handler = signal.getsignal(signal.SIGTERM)
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        finally:
            signal.signal(signal.SIGTERM, handler)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def changed(root: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """Write first_ring.py with some of its text replaced."""
    text = (root / "scenarios" / "first_ring.py").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "changed.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("planes=6", "planes=0", ["constellation.planes", "0", "at least 1"]),
        ("planes=6", "planes=2", ["30 hosts", "24 satellites", "more planes"]),
        ("top_k=2", "top_k=5", ["model.top_k", "5", "4 experts"]),
        ("rate_bps=10e9", "rate_bps=-1e9", ["links.rate_bps", "-1", "at least"]),
        ("planes=6", "planes=1_000_000", ["constellation.planes", "1000000", "at most"]),
        ("phasing=1", "phasing=1e300", ["constellation.phasing", "1e+300", "at most"]),
        (
            "phasing=1,\n    ),\n    links=LaserLinks(\n        topology=PlusGrid(seam=True)",
            "phasing=0,\n raan_span_deg=1e-9), links=LaserLinks(topology=PlusGrid(seam=False)",
            ["links", "m apart", "phasing"],
        ),
        (
            "phasing=1",
            "phasing=1, raan_span_deg=180",
            ["links.topology.seam", "all the way around", "leave seam"],
        ),
        ("mtu_bytes=1500", "terminals=3", ["links.terminals", "3", "4 links"]),
        ("mtu_bytes=1500", "on_loss='rerout'", ["links.on_loss", "'rerout'", "reroute"]),
        ("mtu_bytes=1500", "routing='least'", ["links.routing", "'least'", "least-delay"]),
        (
            "mtu_bytes=1500",
            "routing=lambda sky, **rest: sky.ends",
            ["links.routing", "shape", "destinations"],
        ),
        ("outages=(Bernoulli(", "outages=(lambda *no: None, Bernoulli(", ["links.outages[0]", "Bernoulli"]),
        ("peak_flops=1e12", "peak_flops=1", ["gateway-computer", "at most a year", "faster"]),
        ("context_tokens=512", "context_tokens=10**30", ["decoding.context_tokens", "at most"]),
        ("seed=7", "seed=7, slots=__import__('spacemoe_ns3').Slots(span_s=1e10)", ["slots.span_s", "GiB"]),
        ("mtu_bytes=1500", "queue_packets=2**32 + 1", ["links.queue_packets", "4294967297", "at most"]),
        ("seed=7", "seed=-7", ["seed", "-7", "at least 0"]),
        ("layers=6", "layers=15", ["15", "placement"]),
        ("planes=6", "plains=6", ["plains", "changed.py:"]),
        ("scenario = Scenario", "scenario = (Scenario", ["not valid Python", "changed.py:"]),
        ("scenario = Scenario", "scenario = dict", ["0 scenarios", "exactly one"]),
        ("scenario = Scenario", "scenario = 1 / 0  # ", ["not valid Python"]),
    ],
)
def test_a_bad_scenario_gets_a_sentence_and_writes_nothing(
    call: Callable[..., tuple[int, str, str]],
    root: Path,
    tmp_path: Path,
    old: str,
    new: str,
    words: list[str],
) -> None:
    path = changed(root, tmp_path, (old, new))
    code, out, err = call("run", path, "--out", tmp_path / "out")
    assert code == EXIT_INPUT
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert [entry.name for entry in tmp_path.iterdir()] == ["changed.py"]


def test_a_missing_scenario_is_named(call: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    code, _, err = call("run", tmp_path / "missing.py")
    assert code == EXIT_INPUT
    assert "missing.py" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--placement", "spacemo"], ["'spacemo'", "did you mean spacemoe"]),
        (["--pcap", "gateway:99"], ["gateway:99", "6 layers"]),
        (["--pcap", "nonsense"], ["nonsense", "gateway:LAYER"]),
        (["--pcap", "link:0-70"], ["link:0-70", "no such link"]),
        (["--pcap", "gateway:0", "--engine", "analytic"], ["--pcap", "--engine analytic"]),
        (["--tokens", "0"], ["--tokens"]),
        (["--tokens", "1000000000000"], ["decoding.tokens", "at most"]),
        (["--engine", "magic"], ["analytic", "packet", "both"]),
    ],
)
def test_a_bad_option_gets_a_sentence_and_writes_nothing(
    call: Callable[..., tuple[int, str, str]],
    root: Path,
    tmp_path: Path,
    options: list[str],
    words: list[str],
) -> None:
    code, _, err = call("run", root / "scenarios" / "first_ring.py", "--out", tmp_path / "a" / "b", *options)
    assert code == EXIT_INPUT
    for word in words:
        assert word in err
    assert list(tmp_path.iterdir()) == []


def test_a_taken_folder_is_refused_unless_forced_and_only_if_it_is_a_run(
    call: Callable[..., tuple[int, str, str]], root: Path, tmp_path: Path
) -> None:
    scenario = root / "scenarios" / "first_ring.py"
    command = ["run", scenario, "--engine", "analytic", "--quiet", "--placement", "spacemoe"]
    assert call(*command, "--out", tmp_path / "run")[0] == 0
    code, _, err = call(*command, "--out", tmp_path / "run")
    assert code == EXIT_INPUT
    assert "--force" in err
    assert call(*command, "--out", tmp_path / "run", "--force")[0] == 0

    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter").write_text("years of work")
    code, _, err = call(*command, "--out", other, "--force")
    assert code == EXIT_INPUT
    assert "not a run" in err
    assert (other / "chapter").read_text() == "years of work"
    assert {entry.name for entry in tmp_path.iterdir()} == {"run", "thesis"}


def test_a_folder_that_cannot_be_made_is_refused_before_any_work(
    call: Callable[..., tuple[int, str, str]], root: Path
) -> None:
    code, _, err = call("run", root / "scenarios" / "first_ring.py", "--out", "/proc/run")
    assert code == EXIT_INPUT
    assert "/proc is not writable" in err


def test_two_runs_at_once_never_overwrite_one_another(root: Path, tmp_path: Path) -> None:
    scenario = root / "scenarios" / "first_ring.py"
    options = ["--out", str(tmp_path / "run"), "--engine", "analytic", "--placement", "spacemoe", "--quiet"]
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(scenario), *options]
    both = [subprocess.Popen([*command, "--seed", seed]) for seed in ("1", "2")]
    assert [process.wait() for process in both] == [0, 0]
    seeds = {json.loads(path.read_text())["seed"] for path in tmp_path.glob("*/summary.json")}
    assert seeds == {1, 2}
    assert {entry.name for entry in tmp_path.iterdir()} == {"run", "run-2"}


def test_what_a_scenario_prints_stays_out_of_the_json(
    call: Callable[..., tuple[int, str, str]], root: Path, tmp_path: Path
) -> None:
    path = changed(root, tmp_path, ("scenario = Scenario", "print('hello')\nscenario = Scenario"))
    code, out, err = call("run", path, "--out", tmp_path / "run", "--engine", "analytic", "--json")
    assert (code, err) == (0, "hello\n")
    assert json.loads(out)["scenario"] == "first-ring"


def test_a_scenario_may_import_what_lies_beside_it(
    call: Callable[..., tuple[int, str, str]], root: Path, tmp_path: Path
) -> None:
    (tmp_path / "my_seed.py").write_text("SEED = 11\n")
    path = changed(root, tmp_path, ("seed=7", "seed=__import__('my_seed').SEED"))
    _, out, _ = call("run", path, "--out", tmp_path / "run", "--engine", "analytic", "--json")
    assert json.loads(out)["seed"] == 11


@pytest.mark.parametrize(("sink", "code"), [("/dev/full", EXIT_WRITE), ("closed", EXIT_CLOSED)])
def test_a_broken_standard_output_is_no_traceback_and_loses_no_results(
    root: Path, tmp_path: Path, sink: str, code: int
) -> None:
    scenario = root / "scenarios" / "first_ring.py"
    options = ["--out", str(tmp_path / "run"), "--engine", "analytic", "--placement", "spacemoe"]
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(scenario), *options]
    if sink == "closed":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open(sink, os.O_WRONLY)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert (tmp_path / "run" / "summary.json").exists()


def test_the_default_folder_is_named_after_the_scenario_and_numbered(
    call: Callable[..., tuple[int, str, str]], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["run", root / "scenarios" / "first_ring.py", "--engine", "analytic", "--placement", "spacemoe"]
    assert "results/first-ring\n" in call(*command)[1]
    assert "results/first-ring-2\n" in call(*command)[1]


def test_a_full_disk_leaves_nothing_behind(root: Path, tmp_path: Path) -> None:
    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    scenario, out = root / "scenarios" / "first_ring.py", tmp_path / "deep" / "run"
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(scenario), "--out", str(out)]
    done = subprocess.run(
        [*command, "--engine", "analytic"],
        preexec_fn=small_files_only,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == EXIT_WRITE, done.stderr
    assert "File too large" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.packet
def test_a_failed_placement_leaves_the_others_and_an_exit_code(
    call: Callable[..., tuple[int, str, str]], root: Path, tmp_path: Path
) -> None:
    # Two of the three packets that a gateway sends at once fit where they share a laser; not all do.
    path = changed(root, tmp_path, ("mtu_bytes=1500", "mtu_bytes=9000, queue_packets=1"))
    code, out, err = call("run", path, "--out", tmp_path / "run", "--json", "--tokens", "2")
    summary = json.loads(out)
    names = {placement["name"] for placement in summary["placements"]}
    failed = {failure["name"] for failure in summary["failures"]}
    assert failed
    assert names
    assert not names & failed
    assert code == EXIT_SIMULATION
    for name in failed:
        assert re.search(rf"placement {name}: message lost \(request 0.*; messages lost in all: \d+, ", err)
    assert json.loads((tmp_path / "run" / "summary.json").read_text()) == summary
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["status"] == "failed"


@pytest.mark.packet
def test_the_summary_keeps_its_keys_and_its_sums(
    call: Callable[..., tuple[int, str, str]], root: Path, tmp_path: Path
) -> None:
    code, out, err = call(
        "run", root / "scenarios" / "first_ring.py", "--json", "--out", tmp_path / "run", "--tokens", "8"
    )
    assert (code, err) == (0, "")
    summary = json.loads(out)
    assert {"schema_version", "scenario", "seed", "satellites", "links", "placements"} <= summary.keys()
    assert (summary["scenario"], summary["satellites"]) == ("first-ring", 72)
    assert summary["links"] == 2 * 72  # a +Grid with seam
    names = [placement["name"] for placement in summary["placements"]]
    assert names == ["spacemoe", "rand-place", "rand-intra", "rand-intra-cg", "near-random"]
    for placement in summary["placements"]:
        assert placement["tokens"] == 8
        assert placement["breakdown_s"].keys() == PARTS
        assert sum(placement["breakdown_s"].values()) == pytest.approx(
            placement["packet_s_per_token"], abs=NANOSECOND_S
        )
        assert placement["analytic_s_per_token"] == pytest.approx(
            placement["packet_s_per_token"], rel=AGREEMENT
        )
        assert len(placement["hosts"]["gateways"]) == 6
        assert [len(layer) for layer in placement["hosts"]["experts"]] == [4] * 6
        for unit in placement["traffic"].values():
            assert unit["sent"] == unit["received"] + unit["dropped"] + unit["in_flight"]

    engine = json.loads((tmp_path / "run" / "manifest.json").read_text())["packet_engine"]
    assert engine["asked"] == "auto"
    assert list(engine["used"]) == names
    assert {use["engine"] for use in engine["used"].values()} <= set(PACKET_ENGINES) - {"auto"}

    tokens = pq.read_table(tmp_path / "run" / "tokens.parquet").to_pylist()
    assert len(tokens) == 5 * 2 * 8
    assert len(pq.read_table(tmp_path / "run" / "layers.parquet")) == 5 * 2 * 8 * 6
    for row in tokens:
        assert row["latency_ns"] == sum(row[f"{part}_ns"] for part in PARTS)


@pytest.mark.packet
def test_the_same_seed_gives_the_same_bytes_on_any_number_of_workers(
    call: Callable[..., tuple[int, str, str]], root: Path, tmp_path: Path
) -> None:
    summaries = []
    for workers, seed in ((1, 5), (2, 5), (2, 6)):
        out = tmp_path / f"{workers}-{seed}"
        options = ["--tokens", "4", "--workers", workers, "--seed", seed, "--quiet"]
        assert call("run", root / "scenarios" / "first_ring.py", "--out", out, *options)[0] == 0
        summaries.append((out / "summary.json").read_bytes())
    assert summaries[0] == summaries[1]
    assert summaries[0] != summaries[2]


@pytest.mark.packet
@pytest.mark.parametrize("placement", ["spacemoe", "rand-place"])
def test_a_placement_alone_gets_the_same_row_as_among_others(
    call: Callable[..., tuple[int, str, str]], root: Path, tmp_path: Path, placement: str
) -> None:
    command = ["run", root / "scenarios" / "first_ring.py", "--tokens", "4", "--json"]
    together = json.loads(call(*command, "--out", tmp_path / "all")[1])
    alone = json.loads(call(*command, "--out", tmp_path / "one", "--placement", placement)[1])
    assert alone["placements"] == [row for row in together["placements"] if row["name"] == placement]


@pytest.mark.packet
@pytest.mark.alone
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_stops_within_a_second_and_keeps_what_is_complete(
    root: Path, tmp_path: Path, sent: signal.Signals
) -> None:
    text = (root / "scenarios" / "first_ring.py").read_text()
    # The last placement takes long: its sequences fill the orbit.
    path = tmp_path / "long.py"
    path.write_text(text.replace("tokens=32", "tokens=2000"))
    out = tmp_path / "run"
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(path), "--out", str(out), "--workers", "1"]
    command += ["--engine", "packet"]  # a placement is complete with its packets
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=hear_interrupts
    ) as process:
        wait_for(lambda: any(tmp_path.glob(".run.partial-*/tasks/*/records.npz")))
        time.sleep(1.5)  # the parent takes note of it
        before = time.monotonic()
        process.send_signal(sent)
        _, err = process.communicate()
        elapsed_s = time.monotonic() - before
    assert process.returncode == EXIT_INTERRUPTED
    assert elapsed_s < LONGEST_STOP_S
    summary = json.loads((out / "summary.json").read_text())
    kept = [placement["name"] for placement in summary["placements"]]
    assert 1 <= len(kept) < 5
    assert err == f"interrupted: kept {', '.join(kept)} in {out}\n"
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"
    assert {entry.name for entry in tmp_path.iterdir()} == {"long.py", "run"}
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def hear_interrupts() -> None:
    """Let a child hear what a shell's background, or nohup, makes these tests ignore."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wait_for(condition: Callable[[], bool], *, longest_s: float = 60.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + longest_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_help_is_quick_to_read(call: Callable[..., tuple[int, str, str]]) -> None:
    for arguments in (["--help"], ["run", "--help"]):
        code, out, _ = call(*arguments)
        assert code == 0
        assert max(map(len, out.splitlines())) <= 80
        assert "\n  Exit codes:\n    0    done\n" in out
    assert "\n    spacemoe-ns3 run scenarios/first_ring.py\n" in out
