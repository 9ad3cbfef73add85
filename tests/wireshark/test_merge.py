"""Captures in one file: the same packets, each at its interface."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from captured_packets import datagram, write_pcap

from spacemoe_ns3.errors import InputError, OutputError, WriteError
from spacemoe_ns3.packet.capture_files import CAPTURES_FILE
from spacemoe_ns3.wireshark import merge_captures


def folder_of(folder: Path, **captures: list[bytes]) -> Path:
    """Return a folder of captures, made by hand."""
    rows = []
    for place, (name, packets) in enumerate(captures.items()):
        write_pcap(folder / f"{name}.pcap", packets, first_ns=10**9 + 500 * place)
        rows.append({"file": f"{name}.pcap", "satellite": place, "peer": place + 1})
    (folder / CAPTURES_FILE).write_text(json.dumps({"captures": rows}))
    return folder


@pytest.mark.packet
def test_the_packets_are_those_of_the_captures_in_order_of_time(plain: Any, tshark: Any) -> None:
    rows = tshark(
        plain.merged,
        "frame.time_epoch",
        "frame.interface_id",
        "ip.ttl",
        "udp.payload",
        "frame.interface_name",
    )
    ends = [path.name for path in plain.captures]
    expected = plain.packets()
    assert len(rows) == len(expected)
    for (time, interface, ttl, payload, name), packet in zip(rows, expected, strict=True):
        assert time == f"{packet.at_ns // 10**9}.{packet.at_ns % 10**9:09d}"
        assert (int(interface), int(ttl), payload) == (packet.end, packet.ttl, packet.payload.hex())
        here, there = name.split("-")
        assert f"satellite-{here}_" in ends[packet.end]
        assert f"to-and-from_satellite-{there}_" in ends[packet.end]


def test_the_file_is_sound(tmp_path: Path, tool: Callable[[str], str]) -> None:
    """Capinfos, of Wireshark, reads it and finds what was put in."""
    folder = folder_of(tmp_path, one=[datagram(b"SMoE" + bytes(n)) for n in range(5)], two=[datagram(b"xyz")])
    merged = merge_captures(folder, tmp_path / "all.pcapng")
    assert (merged.captures, merged.packets) == (2, 6)
    said = subprocess.run(
        [tool("capinfos"), str(merged.path)], check=True, capture_output=True, text=True
    ).stdout
    for words in (
        "pcapng",
        "nanoseconds (9)",
        "Strict time order:   True",
        "Name = 0-1",
        "Description = two",
    ):
        assert words in said
    assert "Number of packets:   6\n" in said


def test_the_same_captures_give_the_same_bytes(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, one=[datagram(b"a")], two=[datagram(b"b")])
    first = merge_captures(folder, tmp_path / "a.pcapng").path.read_bytes()
    assert merge_captures(folder, tmp_path / "b.pcapng").path.read_bytes() == first
    kind, length = struct.unpack_from("<II", first)
    assert (kind, first[length - 4 : length]) == (
        0x0A0D0D0A,
        struct.pack("<I", length),
    )  # pcapng, section 4.1


def test_what_is_no_folder_of_captures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no captures of a run, there is no captures\.json"):
        merge_captures(tmp_path, tmp_path / "all.pcapng")
    folder_of(tmp_path, one=[datagram(b"a")])
    (tmp_path / "one.pcap").write_bytes(b"\xd4\xc3\xb2\xa1" + bytes(20))  # microseconds
    with pytest.raises(InputError, match="is no pcap file with nanoseconds"):
        merge_captures(tmp_path, tmp_path / "all.pcapng")
    (tmp_path / "one.pcap").unlink()
    with pytest.raises(InputError, match=r"one\.pcap: cannot be read"):
        merge_captures(tmp_path, tmp_path / "all.pcapng")
    assert not (tmp_path / "all.pcapng").exists()


def test_a_place_that_cannot_be_written_to_is_said_in_a_sentence(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, one=[datagram(b"a")])
    with pytest.raises(WriteError, match="could not be written"):
        merge_captures(folder, tmp_path / "nowhere" / "all.pcapng")


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """A pipe here; it could be a device."""
    folder = folder_of(tmp_path, one=[datagram(b"a")])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="is there and is no file"):
        merge_captures(folder, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()
