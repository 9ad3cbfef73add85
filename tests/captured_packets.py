"""Captures read and written byte by byte, as their formats are documented, and our header likewise."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

NS_PER_S = 10**9
NANOSECOND_MAGIC = 0xA1B23C4D
LINKTYPE_PPP = 9
PPP_IPV4 = b"\x00\x21"
TCP, UDP = 6, 17
HEADER = struct.Struct(">4sBBHIIHHHBBIQ")
DISPATCH, RESULT, RESIDUAL, ACKNOWLEDGEMENT, REPEAT = 1, 2, 3, 4, 5
NO_EXPERT = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class Header:
    """Our header."""

    magic: bytes = b"SMoE"
    version: int = 1
    kind: int = DISPATCH
    layer: int = 0
    request: int = 0
    token: int = 0
    expert: int = 0
    segment: int = 0
    segments: int = 1
    about: int = 0
    copy: int = 0
    message_bytes: int = 0
    sent: int = 0

    def pack(self) -> bytes:
        return HEADER.pack(*vars(self).values())

    @staticmethod
    def unpack(payload: bytes) -> Header:
        return Header(**dict(zip(Header.__dataclass_fields__, HEADER.unpack_from(payload), strict=True)))


@dataclass(frozen=True, kw_only=True)
class Captured:
    """A packet of a capture: its number from 1, when, hops left, and what follows the UDP or TCP header.

    Of several captures, ``end`` is the place of the packet's own among them.
    """

    number: int
    at_ns: int
    ttl: int
    source: str
    goal: str
    protocol: int
    ports: tuple[int, int]
    sequence: int
    payload: bytes
    end: int = 0

    @property
    def header(self) -> Header:
        return Header.unpack(self.payload)


def read_pcap(path: Path) -> Iterator[Captured]:
    """Yield the packets of a capture of nanoseconds over PPP, in order."""
    content = path.read_bytes()
    magic, _, _, _, _, _, link_type = struct.unpack_from("<IHHiIII", content)
    assert (magic, link_type) == (NANOSECOND_MAGIC, LINKTYPE_PPP)
    place, number = 24, 0
    while place < len(content):
        seconds, nanoseconds, captured, length = struct.unpack_from("<IIII", content, place)
        assert captured == length
        packet = content[place + 16 : place + 16 + captured]
        assert len(packet) == captured  # the file ends at a whole record
        place += 16 + captured
        number += 1
        assert packet[:2] == PPP_IPV4
        ip = packet[2:]
        ports = struct.unpack_from(">HH", ip, 20)
        protocol, sequence, start = ip[9], 0, 28
        if protocol == TCP:
            sequence = struct.unpack_from(">I", ip, 24)[0]
            start = 20 + (ip[32] >> 4) * 4
        yield Captured(
            number=number,
            at_ns=seconds * NS_PER_S + nanoseconds,
            ttl=ip[8],
            source=".".join(map(str, ip[12:16])),
            goal=".".join(map(str, ip[16:20])),
            protocol=protocol,
            ports=(ports[0], ports[1]),
            sequence=sequence,
            payload=ip[start : struct.unpack_from(">H", ip, 2)[0]],
        )


def read_together(paths: Sequence[Path]) -> list[Captured]:
    """Return the packets of several captures in order of time, numbered anew from 1."""
    found = [replace(packet, end=end) for end, path in enumerate(paths) for packet in read_pcap(path)]
    found.sort(key=lambda packet: (packet.at_ns, packet.end, packet.number))
    return [replace(packet, number=number) for number, packet in enumerate(found, start=1)]


def datagram(payload: bytes, *, ports: tuple[int, int] = (10_000, 20_000)) -> bytes:
    """Return a UDP datagram in IPv4 over PPP; checksums are left out."""
    udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    return PPP_IPV4 + _ipv4(UDP, udp)


def tcp_packet(payload: bytes, *, sequence: int, ports: tuple[int, int] = (49_153, 20_000)) -> bytes:
    """Return a TCP packet without options in IPv4 over PPP; checksums are left out."""
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, 1, 5 << 4, 0x18, 65_535, 0, 0) + payload
    return PPP_IPV4 + _ipv4(TCP, tcp)


def _ipv4(protocol: int, content: bytes) -> bytes:
    addresses = bytes([10, 0, 0, 1, 10, 0, 0, 2])
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(content), 0, 0, 255, protocol, 0) + addresses + content


def write_pcap(
    path: Path, packets: Iterable[bytes], *, most_bytes: int = 65_535, first_ns: int = 10**9
) -> Path:
    """Write packets, a microsecond from each to the next, each cut to so many bytes."""
    parts = [struct.pack("<IHHiIII", NANOSECOND_MAGIC, 2, 4, 0, 0, 65_535, LINKTYPE_PPP)]
    for number, packet in enumerate(packets):
        seconds, nanoseconds = divmod(first_ns + 1000 * number, NS_PER_S)
        kept = packet[:most_bytes]
        parts.append(struct.pack("<IIII", seconds, nanoseconds, len(kept), len(packet)) + kept)
    path.write_bytes(b"".join(parts))
    return path
