"""Progress: on a terminal how far, how fast and how long still; elsewhere, and when not wanted, nothing."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spacemoe_ns3.progress import account, progress_bar, rate, silent

ROOT = Path(__file__).parents[2]
COLUMNS = 80
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
FIRST_RING = ROOT / "scenarios" / "first_ring.py"
STUDY = """
from spacemoe_ns3 import Study, Sweep
points = {1: {"links.rate_bps": 1e9}, 2: {"links.rate_bps": 2e9}}
study = Study(name="rates", base=scenario, seeds=(1, 2), sweep=Sweep(label="rate, Gb/s", points=points))
"""
RATE = r"[\d,.]+/s, \d+:\d\d left, \d+:\d\d"


def on_a_terminal(*arguments: str | Path) -> tuple[int, str, list[str], str]:
    """Run the program with a terminal for its errors: exit code, output, lines shown, all that was sent."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "spacemoe_ns3", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        sent = b""
        while True:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not read:
                break
            sent += read
        out, _ = process.communicate()
    os.close(ours)
    text = sent.decode()
    lines = [line for line in re.split(r"[\r\n]+", ESCAPES.sub("", text)) if line.strip()]
    return process.returncode, out, lines, text


@pytest.mark.packet
def test_a_run_tells_how_far_and_how_fast_and_leaves_nothing(tmp_path: Path) -> None:
    options = ["--tokens", "4000", "--placement", "spacemoe", "--placement", "rand-place"]
    options += ["--engine", "packet", "--workers", "1"]  # which takes long enough for a rate
    code, out, lines, sent = on_a_terminal("run", FIRST_RING, "--out", tmp_path / "run", *options)
    assert code == 0
    assert any("placing spacemoe" in line for line in lines)
    assert any(re.search(rf"\d+/8000 tokens, {RATE}", line) for line in lines)
    assert max(map(len, lines)) <= COLUMNS
    assert sent.rstrip().endswith("\x1b[2K")  # the line is erased
    assert "Mean latency of a token" in out


@pytest.mark.packet
def test_a_validation_counts_the_tokens_of_all_its_simulations(tmp_path: Path) -> None:
    options = ["--regime", "idle", "--regime", "lossy", "--placement", "spacemoe", "--tokens", "8"]
    code, _, lines, _ = on_a_terminal("validate", FIRST_RING, "--out", tmp_path / "run", *options)
    assert code == 0
    counts = [re.search(r"(\d+)/(\d+) tokens", line) for line in lines]
    told = [(int(count[1]), int(count[2])) for count in counts if count]
    assert max(done for done, _ in told) == told[-1][1]  # all were seen to, and no more than all
    assert told[-1][1] >= 2 * 8
    assert any("spacemoe: lossy" in line for line in lines)


def test_a_study_counts_its_evaluations(tmp_path: Path) -> None:
    study = tmp_path / "study.py"
    study.write_text(f"{FIRST_RING.read_text()}\n{STUDY}")
    options = ["--engine", "analytic", "--placement", "spacemoe", "--out", tmp_path / "run"]
    code, _, lines, _ = on_a_terminal("run", study, *options)
    assert code == 0
    counts = {count[0] for line in lines if (count := re.search(r"\d+/\d+ evaluations", line))}
    assert counts
    assert {count.split("/")[1] for count in counts} == {"6 evaluations"}  # as it is and 2 points, 2 seeds
    assert not any("0/0" in line for line in lines)


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_who_asks_for_quiet_gets_it_on_a_terminal_too(option: str, tmp_path: Path) -> None:
    options = ["--engine", "analytic", "--placement", "spacemoe", "--out", tmp_path / "run"]
    code, out, lines, sent = on_a_terminal("run", FIRST_RING, *options, option)
    assert (code, lines, sent) == (0, [], "")
    assert (out == "") if option == "--quiet" else json.loads(out)


def test_without_a_terminal_nothing_is_told(
    program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    options = ["--engine", "analytic", "--placement", "spacemoe", "--out", tmp_path / "run"]
    assert program("run", FIRST_RING, *options).stderr == ""
    assert program("run", FIRST_RING, *options, "--force", FORCE_COLOR="1").stderr == ""


def test_the_sky_tells_its_stages() -> None:
    _, out, lines, _ = on_a_terminal("sky", ROOT / "scenarios" / "ring32.py")  # large enough to be seen
    assert "1056 satellites" in out
    assert any("evaluating laser links" in line for line in lines)
    assert not any("tokens" in line for line in lines)


def test_rates_and_times_are_what_arithmetic_says() -> None:
    assert rate(4.0, done=10) == 2.5
    assert rate(0.5, done=10) is None  # too short to say anything
    assert rate(4.0, done=0) is None
    line = account(done=250, total=1000, words="tokens", per_s=2.5, elapsed_s=100)
    assert line == "250/1000 tokens, 2.5/s, 5:00 left, 1:40"  # 750 tokens at 2.5 a second
    line = account(done=0, total=9000, words="tokens", per_s=1.25, elapsed_s=0)
    assert line == "0/9000 tokens, 1.2/s, 2:00:00 left, 0:00"
    line = account(done=3, total=3, words="evaluations", per_s=2.0, elapsed_s=61)
    assert line == "3/3 evaluations, 1:01"  # nothing is left


def test_silence_takes_everything_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar(is_shown=False) as hidden:
        for progress in (hidden, silent()):
            progress.stage("stage")
            progress.expect(3)
            progress.tokens("spacemoe", 1)
            progress.count(1, 2, "evaluations")
    assert capfd.readouterr() == ("", "")
