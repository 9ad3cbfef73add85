"""The captures of a placement in one pcapng file, an interface a capture.

The format is that of draft-ietf-opsawg-pcapng; block and option numbers are from its sections 4 and 3.5.
"""

from __future__ import annotations

import heapq
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from spacemoe_ns3.errors import InputError, OutputError, WriteError
from spacemoe_ns3.packet.capture import open_files
from spacemoe_ns3.packet.capture_files import CAPTURES_FILE, read_captures

_NANOSECOND_PCAP = b"\x4d\x3c\xb2\xa1"  # as this machine writes it, least significant byte first
_PCAP_HEADER = struct.Struct("<4sHHiIII")
_PCAP_RECORD = struct.Struct("<IIII")
_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_OPT_END, _IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL = 0, 2, 3, 9
_NANOSECONDS = 9  # powers of ten
_UNKNOWN_LENGTH = 0xFFFF_FFFF_FFFF_FFFF
_NS_PER_S = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Captures in one file.

    Parameters
    ----------
    path
        The file.
    captures
        How many captures are in it.
    packets
        How many packets.
    """

    path: Path
    captures: int
    packets: int


def merge_captures(folder: Path, target: Path) -> Merged:
    """Put the captures of a placement into one pcapng file, in order of time.

    Each capture is an interface. Its name is that of the link end, ``"43-31"`` for the end at satellite 43 of
    the link to satellite 31, its description the name of the capture's file.

    Parameters
    ----------
    folder
        Such as ``results/first-ring/pcap/spacemoe``.
    target
        The file; replaced if it is there.

    Raises
    ------
    InputError
        If there are no captures, or one is none of a run.
    OutputError
        If what is at the file's place is no file.
    WriteError
        If the file cannot be written.
    """
    rows = read_captures(folder)
    if not rows:
        raise InputError(
            f"{folder}: no captures of a run, there is no {CAPTURES_FILE}; name a folder like "
            "results/first-ring/pcap/spacemoe, made by 'run --pcap'"
        )
    if target.exists() and not target.is_file():  # a device, say, whose place would be taken
        raise OutputError(f"--out {target}: is there and is no file; name a file")
    open_files(len(rows))
    with ExitStack() as opened:
        sources = [opened.enter_context(_open(folder / row["file"])) for row in rows]
        link_types = [
            _link_type(source, folder / row["file"]) for source, row in zip(sources, rows, strict=True)
        ]
        packets = heapq.merge(*(_records(source, number) for number, source in enumerate(sources)))
        try:
            handle, aside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.absolute().parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_section())
                    for row, link_type in zip(rows, link_types, strict=True):
                        name = f"{row['satellite']}-{row['peer']}"
                        file.write(_interface(link_type, name=name, description=Path(row["file"]).stem))
                    count = _write_packets(file, packets)
                Path(aside).chmod(0o644)
                Path(aside).replace(target)
            except BaseException:
                Path(aside).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise WriteError(f"{target}: could not be written ({error.strerror or error})") from error
    return Merged(path=target, captures=len(rows), packets=count)


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _link_type(source: IO[bytes], path: Path) -> int:
    """Read the header of a capture, and return its link type."""
    header = source.read(_PCAP_HEADER.size)
    if len(header) < _PCAP_HEADER.size or not header.startswith(_NANOSECOND_PCAP):
        raise InputError(f"{path}: is no pcap file with nanoseconds; run again with --pcap")
    link_type: int = _PCAP_HEADER.unpack(header)[-1]
    return link_type


def _records(source: IO[bytes], number: int) -> Iterator[tuple[int, int, int, int, bytes]]:
    """Yield the packets of a capture: time in nanoseconds, its number, place in it, length, and content."""
    place = 0
    while len(head := source.read(_PCAP_RECORD.size)) == _PCAP_RECORD.size:
        seconds, nanoseconds, captured, length = _PCAP_RECORD.unpack(head)
        content = source.read(captured)
        yield seconds * _NS_PER_S + nanoseconds, number, place, length, content
        place += 1


def _write_packets(file: IO[bytes], packets: Iterator[tuple[int, int, int, int, bytes]]) -> int:
    count = 0
    for at_ns, number, _, length, content in packets:
        head = struct.pack("<IIIII", number, at_ns >> 32, at_ns & 0xFFFFFFFF, len(content), length)
        file.write(_block(_PACKET, head + _padded(content)))
        count += 1
    return count


def _section() -> bytes:
    return _block(_SECTION, struct.pack("<IHHQ", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH))


def _interface(link_type: int, *, name: str, description: str) -> bytes:
    options = (
        _option(_IF_NAME, name.encode())
        + _option(_IF_DESCRIPTION, description.encode())
        + _option(_IF_TSRESOL, bytes([_NANOSECONDS]))
        + _option(_OPT_END, b"")
    )
    return _block(_INTERFACE, struct.pack("<HHI", link_type, 0, 0) + options)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 4)


def _block(kind: int, body: bytes) -> bytes:
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)
