"""Captures as Wireshark sees them."""

from __future__ import annotations

import ipaddress
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.packet

NANOSECOND_MAGIC = 0xA1B23C4D  # pcap with nanosecond time stamps
LINKTYPE_PPP = 9  # https://www.tcpdump.org/linktypes.html
DISPATCH, RESULT, RESIDUAL = 1, 2, 3
CHECKSUMS = ("-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of first_ring.py with the gateway of layer 0 captured."""
    out = tmp_path_factory.mktemp("captured") / "run"
    scenario = Path(__file__).parents[2] / "scenarios" / "first_ring.py"
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(scenario), "--out", str(out), "--quiet"]
    options = ["--pcap", "gateway:0", "--placement", "spacemoe", "--tokens", "4"]
    subprocess.run([*command, *options], check=True)
    return out


def fields(tshark: str, capture: Path, *names: str, display_filter: str = "") -> list[list[str]]:
    """Return fields of the packets of a capture."""
    command = [tshark, "-r", str(capture), *CHECKSUMS, "-T", "fields", *(f"-e{name}" for name in names)]
    if display_filter:
        command += ["-Y", display_filter]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in output.splitlines()]


def test_captures_have_nanosecond_time_stamps_and_the_ppp_link_type(run_folder: Path) -> None:
    captures = sorted((run_folder / "pcap" / "spacemoe").glob("*.pcap"))
    assert len(captures) == 4  # the four lasers of a satellite of the +Grid
    for capture in captures:
        magic, _, _, _, _, _, link_type = struct.unpack("<IHHiIII", capture.read_bytes()[:24])
        assert (magic, link_type) == (NANOSECOND_MAGIC, LINKTYPE_PPP)


def test_tshark_finds_nothing_malformed_and_all_checksums_good(
    run_folder: Path, tool: Callable[[str], str]
) -> None:
    tshark = tool("tshark")
    for capture in (run_folder / "pcap" / "spacemoe").glob("*.pcap"):
        rows = fields(
            *(tshark, capture, "_ws.malformed", "frame.protocols"),
            *("ip.checksum.status", "udp.checksum.status", "frame.len", "ip.len"),
        )
        for malformed, protocols, ip_checksum, udp_checksum, frame_bytes, ip_bytes in rows:
            assert malformed == ""
            assert protocols.startswith("ppp:ip:udp")
            assert (ip_checksum, udp_checksum) == ("1", "1")  # good
            assert int(frame_bytes) == int(ip_bytes) + 2  # PPP's protocol field


def test_addresses_and_ports_are_those_of_the_placement_in_the_summary(
    run_folder: Path, tool: Callable[[str], str]
) -> None:
    tshark = tool("tshark")
    summary = json.loads((run_folder / "summary.json").read_text())
    addressing = summary["addressing"]
    (placement,) = summary["placements"]
    gateways, experts = placement["hosts"]["gateways"], placement["hosts"]["experts"]

    def address(satellite: int) -> str:
        return str(ipaddress.ip_address(addressing["satellite_0"]) + satellite)

    def gateway(layer: int) -> tuple[str, int]:
        layer %= len(gateways)
        return address(gateways[layer]), addressing["gateway_port_0"] + layer

    def expert(layer: int, number: int) -> tuple[str, int]:
        port = addressing["expert_port_0"] + layer * len(experts[0]) + number
        return address(experts[layer][number]), port

    kinds = set()
    for capture in (run_folder / "pcap" / "spacemoe").glob("*.pcap"):
        names = ("ip.src", "udp.srcport", "ip.dst", "udp.dstport", "udp.payload")
        for source, source_port, goal, goal_port, payload in fields(tshark, capture, *names):
            magic, version, kind, layer = struct.unpack(">4sBBH", bytes.fromhex(payload)[:8])
            number = struct.unpack(">H", bytes.fromhex(payload)[16:18])[0]
            assert (magic, version) == (b"SMoE", 1)
            ends = {
                DISPATCH: lambda layer, number: (gateway(layer), expert(layer, number)),
                RESULT: lambda layer, number: (expert(layer, number), gateway(layer + 1)),
                RESIDUAL: lambda layer, number: (gateway(layer), gateway(layer + 1)),
            }[kind](layer, number)
            assert ends == ((source, int(source_port)), (goal, int(goal_port)))
            kinds.add((kind, layer))
    # All that the gateway of layer 0 takes part in: its own layer and the results of the last.
    last = len(gateways) - 1
    assert {(DISPATCH, 0), (RESIDUAL, 0), (RESULT, last), (RESIDUAL, last)} <= kinds


def test_a_message_takes_as_long_on_the_wire_as_its_header_and_the_table_say(
    run_folder: Path, tool: Callable[[str], str]
) -> None:
    """The residual of layer 0 to a neighbouring gateway leaves when its header says it was sent."""
    tshark = tool("tshark")
    sent = set()
    for capture in (run_folder / "pcap" / "spacemoe").glob("*.pcap"):
        rows = fields(
            tshark, capture, "frame.time_epoch", "udp.payload", display_filter="udp.srcport == 10000"
        )
        for time_s, payload in rows:
            header = bytes.fromhex(payload)
            segment = struct.unpack(">H", header[18:20])[0]
            sent_ns = struct.unpack(">Q", header[28:36])[0]
            seconds, nanoseconds = time_s.split(".")
            on_wire_ns = int(seconds) * 10**9 + int(nanoseconds)
            assert on_wire_ns >= sent_ns
            if segment == 0:
                sent.add(on_wire_ns - sent_ns)
    assert 0 in sent  # the first dispatch of a layer finds its laser idle
