"""Captures of real runs, and tshark with the dissector."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from captured_packets import Captured, read_together

from spacemoe_ns3.packet.capture_files import read_captures
from spacemoe_ns3.wireshark import dissector_path, merge_captures

SCENARIOS = Path(__file__).parents[2] / "scenarios"
VARIANT = """
from dataclasses import replace
from first_ring import scenario as first_ring
from spacemoe_ns3 import Background, Decoding, Parallel, SelectiveRepeat, Tcp, Traffic, Udp
scenario = replace(first_ring, {changes})
"""
LOSES = (
    "name='loses', links=replace(first_ring.links, packet_error_rate=0.1), "
    "transport=Udp(recovery=SelectiveRepeat(timeout_s=0.4, ask_s=0.15, give_up_s=60))"
)
STREAMS = "name='streams', transport=Tcp()"
BATCHES = (
    "name='batches', decoding=Decoding(tokens=12, tokens_per_sequence=2, context_tokens=512), "
    "traffic=Traffic(arrivals=Parallel(), batch=8, background=(Background(rate_bps=1e6, flows=((37, 38),)),))"
)


@dataclass(frozen=True)
class Run:
    """A run with captures."""

    folder: Path

    @property
    def captures(self) -> list[Path]:
        """The captures, in the order in which they are merged."""
        folder = self.folder / "pcap" / "spacemoe"
        return [folder / row["file"] for row in read_captures(folder)]

    def packets(self) -> list[Captured]:
        """Return the packets of the merged file."""
        return read_together(self.captures)

    def ours(self) -> list[Captured]:
        """Return those that have our header."""
        return [packet for packet in self.packets() if packet.payload.startswith(b"SMoE")]

    @property
    def merged(self) -> Path:
        """All of them in one file."""
        target = self.folder / "merged.pcapng"
        if not target.exists():
            merge_captures(self.folder / "pcap" / "spacemoe", target)
        return target


def run_captured(scenario: Path, out: Path, *options: str) -> Run:
    """Run a scenario, one placement only."""
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(scenario), "--out", str(out), "--quiet"]
    subprocess.run([*command, "--engine", "packet", "--placement", "spacemoe", *options], check=True)
    return Run(out)


def variant(folder: Path, changes: str) -> Path:
    """Write a scenario like first_ring.py, but for some changes."""
    shutil.copy(SCENARIOS / "first_ring.py", folder)
    path = folder / "variant.py"
    path.write_text(VARIANT.format(changes=changes))
    return path


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run over UDP without losses: a layer is captured."""
    out = tmp_path_factory.mktemp("plain") / "run"
    return run_captured(SCENARIOS / "first_ring.py", out, "--tokens", "8", "--pcap", "layer:1")


@pytest.fixture(scope="session")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run over UDP that loses packets, and sends them again."""
    folder = tmp_path_factory.mktemp("lossy")
    return run_captured(variant(folder, LOSES), folder / "run", "--tokens", "8", "--pcap", "layer:1")


@pytest.fixture(scope="session")
def tcp(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run over TCP."""
    folder = tmp_path_factory.mktemp("tcp")
    # The port of gateway 0 over TCP is that of NDMP.
    return run_captured(variant(folder, STREAMS), folder / "run", "--tokens", "8", "--pcap", "gateway:0")


@pytest.fixture(scope="session")
def batched(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run with batches and background traffic."""
    folder = tmp_path_factory.mktemp("batched")
    return run_captured(variant(folder, BATCHES), folder / "run", "--pcap", "gateway:0")


Tshark = Callable[..., list[list[str]]]


@pytest.fixture
def tshark(tool: Callable[[str], str]) -> Tshark:
    """Return a function that reads a capture with the dissector, and returns fields of its packets."""

    def read(
        capture: Path,
        *fields: str,
        keep: str = "",
        options: tuple[str, ...] = (),
        may_fail: bool = False,
        script: Path | None = None,
    ) -> list[list[str]]:
        command = [
            tool("tshark"),
            "-X",
            f"lua_script:{script or dissector_path()}",
            "-r",
            str(capture),
            *options,
        ]
        if keep:
            command += ["-Y", keep]
        if fields:
            command += ["-T", "fields", "-E", "occurrence=a", *(f"-e{name}" for name in fields)]
        done = subprocess.run(command, check=not may_fail, capture_output=True, text=True)
        assert "Lua" not in done.stderr, done.stderr
        return [line.split("\t") if fields else [line] for line in done.stdout.splitlines()]

    return read
