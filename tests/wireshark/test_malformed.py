"""What is malformed is shown as malformed, whatever the bytes are, and nothing breaks the dissector."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from captured_packets import (
    ACKNOWLEDGEMENT,
    DISPATCH,
    NO_EXPERT,
    REPEAT,
    RESIDUAL,
    RESULT,
    Header,
    datagram,
    read_pcap,
    tcp_packet,
    write_pcap,
)

HEADER_BYTES = 36
PLAIN = Header(kind=DISPATCH, layer=3, request=7, token=2, expert=5, message_bytes=100, sent=5)
HALF = replace(PLAIN, segments=2, message_bytes=150)  # 100 bytes, then 50
ASKS = replace(PLAIN, kind=REPEAT, about=RESULT, segments=20, segment=4, message_bytes=2)
HEARD = replace(PLAIN, kind=ACKNOWLEDGEMENT, about=DISPATCH, message_bytes=0)

GOOD = [
    (PLAIN, 100),
    (replace(PLAIN, message_bytes=0), 0),
    (replace(PLAIN, kind=RESIDUAL, expert=NO_EXPERT), 100),
    (HALF, 100),
    (replace(HALF, segment=1), 50),
    (replace(HALF, segment=1, message_bytes=200), 100),
    (replace(HALF, copy=255), 100),
    (ASKS, 2),
    (HEARD, 0),
    (replace(HEARD, about=RESIDUAL, expert=NO_EXPERT, segments=9), 0),
]
BAD = [
    (replace(PLAIN, version=2), 100, "version 2 is not 1"),
    (replace(PLAIN, kind=0), 100, "kind 0 is none of 1 to 5"),
    (replace(PLAIN, kind=6), 100, "kind 6 is none of 1 to 5"),
    (replace(PLAIN, segments=0), 100, "segment 0 of 0 segments, which are numbered from 0"),
    (replace(HALF, segment=2), 50, "segment 2 of 2 segments, which are numbered from 0"),
    (replace(PLAIN, about=1), 100, "about 1 in a message, must be 0"),
    (replace(HEARD, about=0), 0, "about 0 is none of 1 to 3"),
    (replace(HEARD, about=4), 0, "about 4 is none of 1 to 3"),
    (replace(PLAIN, kind=RESIDUAL), 100, "residual with expert 5"),
    (replace(PLAIN, expert=NO_EXPERT), 100, "dispatch with expert 65535"),
    (PLAIN, 99, "message of 100 bytes, 99 bytes behind the header"),
    (PLAIN, 101, "message of 100 bytes, 101 bytes behind the header"),
    (HALF, 75, None),  # two of 75 are 150
    (HALF, 74, "2 segments of 74 bytes make no message of 150 bytes"),
    (HALF, 150, "2 segments of 150 bytes make no message of 150 bytes"),
    (replace(HALF, segment=1), 80, "last of 2 segments of a message of 150 bytes has 80"),
    (replace(HALF, segments=4, segment=3), 49, "last of 4 segments of a message of 150 bytes has 49"),
    (ASKS, 3, "bitmap of 2 bytes, 3 bytes behind the header"),
    (replace(ASKS, message_bytes=0), 0, "bitmap of 0 bytes, 0 bytes behind the header"),
    (replace(ASKS, message_bytes=3), 3, "bitmap beyond the last segment"),
    (HEARD, 1, "acknowledgement with something behind it"),
]


def test_what_is_well_formed_is_not_called_malformed(tmp_path: Path, tshark: Any) -> None:
    capture = write_pcap(tmp_path / "a.pcap", [datagram(each.pack() + bytes(more)) for each, more in GOOD])
    assert len(tshark(capture, keep="spacemoe")) == len(GOOD)
    assert tshark(capture, "frame.number", "_ws.expert.message", keep="spacemoe.malformed") == []


def test_each_breach_of_a_rule_is_named(tmp_path: Path, tshark: Any) -> None:
    capture = write_pcap(tmp_path / "a.pcap", [datagram(each.pack() + bytes(more)) for each, more, _ in BAD])
    rows = tshark(capture, "_ws.expert.message", "_ws.col.Info")
    for (message, info), (_, _, rule) in zip(rows, BAD, strict=True):
        if rule is None:
            assert message == ""
        else:
            assert message == info == f"Malformed: {rule}"
    marked = tshark(capture, keep='_ws.expert.group == "Malformed" && spacemoe.malformed')
    assert len(marked) == sum(rule is not None for _, _, rule in BAD)


def test_a_header_that_is_short_is_malformed_at_every_length(tmp_path: Path, tshark: Any) -> None:
    whole = PLAIN.pack() + bytes(100)
    packets = [datagram(whole), *(datagram(whole[:length]) for length in range(1, HEADER_BYTES))]
    rows = tshark(write_pcap(tmp_path / "a.pcap", packets), "_ws.expert.message", "spacemoe.request")
    assert rows[0] == ["", "7"]
    for length, (message, request) in zip(range(1, HEADER_BYTES), rows[1:], strict=True):
        assert message == f"Malformed: {length} bytes, a header has 36"
        assert request == ("7" if length >= 12 else "")  # fields that are there are shown


def test_what_the_capture_cut_is_told_from_what_is_malformed(tmp_path: Path, tshark: Any) -> None:
    """Behind PPP, IPv4 and UDP there are 30 bytes, at every length of the cut beyond them that many more."""
    packet = datagram(PLAIN.pack() + bytes(100))
    for kept in (30 + 4, 30 + 20, 30 + HEADER_BYTES, 30 + HEADER_BYTES + 50):
        capture = write_pcap(tmp_path / "a.pcap", [packet], most_bytes=kept)
        ((message, token),) = tshark(capture, "spacemoe.malformed", "spacemoe.token")
        assert message == ""
        assert token == ("2" if kept >= 30 + 16 else "")
        assert len(tshark(capture, keep="spacemoe.cut")) == 1


def test_segments_that_the_capture_cut_are_still_put_together(tmp_path: Path, tshark: Any) -> None:
    halves = [
        datagram(replace(HALF, segment=number).pack() + bytes(more)) for number, more in ((0, 100), (1, 50))
    ]
    capture = write_pcap(tmp_path / "a.pcap", halves, most_bytes=30 + HEADER_BYTES)
    rows = tshark(capture, "spacemoe.reassembled_bytes", "spacemoe.segment_frame", "spacemoe.message")
    assert rows == [["", "", ""], ["150", "1,2", ""]]


def test_a_message_that_is_not_all_zeros_is_put_together_as_it_was(tmp_path: Path, tshark: Any) -> None:
    content = bytes(range(150))
    halves = [(1, content[100:]), (0, content[:100])]  # the last comes first
    packets = [datagram(replace(HALF, segment=number).pack() + part) for number, part in halves]
    capture = write_pcap(tmp_path / "a.pcap", packets)
    assert tshark(capture, "spacemoe.message", keep="spacemoe.reassembled_bytes") == [[content.hex()]]


def test_a_capture_without_nanoseconds_is_said_to_be_one(tmp_path: Path, tshark: Any) -> None:
    late = replace(PLAIN, sent=2 * 10**9)
    capture = write_pcap(tmp_path / "a.pcap", [datagram(late.pack() + bytes(100))], first_ns=10**9)
    assert tshark(capture, "spacemoe.age", keep="spacemoe.clock") == [[""]]


def ignored(payload: bytes) -> bool:
    """Return whether a receiver ignores a datagram, by the rule in docs/wire-format.md."""
    if len(payload) < HEADER_BYTES:
        return True
    header = Header.unpack(payload)
    is_control = header.kind in (ACKNOWLEDGEMENT, REPEAT)
    return (
        header.magic != b"SMoE"
        or header.version != 1
        or not DISPATCH <= header.kind <= REPEAT
        or header.segment >= header.segments
        or (is_control and not DISPATCH <= header.about <= RESIDUAL)
    )


def mutated(payload: bytes, dice: random.Random) -> bytes:
    """Return a payload with some bytes changed, cut off or put behind."""
    content = bytearray(payload)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(min(len(content), 48))
        content[place] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    if dice.random() < 0.3:
        del content[dice.randrange(len(content)) :]
    if dice.random() < 0.2:
        content += dice.randbytes(dice.randrange(60))
    return bytes(content) or b"S"


Make = Callable[[random.Random], bytes]


def look_at(capture: Path, tshark: Any) -> list[list[str]]:
    """Return number, whether it is ours, and whether it is malformed, of each packet; nothing must break."""
    shown = "\n".join(line for (line,) in tshark(capture, options=("-V", "-2")))
    for trouble in (
        "Lua Error",
        "Dissector bug",
        "[Malformed Packet: SpaceMoE",
        "[Malformed Packet: SPACEMOE",
    ):
        assert trouble not in shown, shown[max(0, shown.index(trouble) - 2000) :][:4000]
    return tshark(capture, "frame.number", "spacemoe", "spacemoe.malformed")  # type: ignore[no-any-return]


@pytest.mark.packet
@pytest.mark.parametrize("name", ["plain", "lossy"])
def test_mutated_datagrams_are_malformed_where_a_receiver_ignores_them(
    name: str, tmp_path: Path, tshark: Any, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(name)
    run = request.getfixturevalue(name)
    originals = [packet.payload[:200] for packet in run.ours()]
    payloads = [PLAIN.pack() + bytes(100)]  # so that these ports are known to be ours
    payloads += [mutated(dice.choice(originals), dice) for _ in range(1500)]
    rows = look_at(write_pcap(tmp_path / "a.pcap", map(datagram, payloads)), tshark)
    for payload, (number, is_ours, malformed) in zip(payloads, rows, strict=True):
        assert is_ours, number
        assert malformed or not ignored(payload), (number, payload.hex())


def test_random_bytes_are_malformed_or_none_of_ours(tmp_path: Path, tshark: Any) -> None:
    dice = random.Random(4)
    payloads = []
    for _ in range(1500):
        beginning = dice.choice((b"SMoE", b"SMoE\x01", b"", b"SMo", bytes([0x53, 0x4D, 0x6F, 0x45, 1, 2])))
        payloads.append(beginning + dice.randbytes(dice.randrange(1, 120)))
    packets = [datagram(payload, ports=(dice.randrange(20_000, 20_256), 9)) for payload in payloads]
    rows = look_at(write_pcap(tmp_path / "a.pcap", packets), tshark)
    for payload, (number, is_ours, malformed) in zip(payloads, rows, strict=True):
        if payload.startswith(b"SMoE"):
            assert is_ours, number
            assert malformed or not ignored(payload), (number, payload.hex())


@pytest.mark.packet
def test_mutated_captures_of_real_runs_break_nothing(plain: Any, tmp_path: Path, tshark: Any) -> None:
    """Bytes behind the file's header are changed, lengths of records and headers of IPv4 and UDP too."""
    dice = random.Random(5)
    source = next(path for path in plain.captures if sum(1 for _ in read_pcap(path)) > 30).read_bytes()
    for number in range(6):
        content = bytearray(source[: 24 + 40_000])
        for _ in range(200):
            place = dice.randrange(24, len(content))
            start = 24 + (place - 24) // 1518 * 1518
            if number % 2 == 0 and place - start < 16:
                continue  # the file stays readable to its end
            content[min(start + dice.randrange(16, 90), len(content) - 1)] = dice.randrange(256)
        path = tmp_path / f"{number}.pcap"
        path.write_bytes(content)
        shown = tshark(path, options=("-V", "-2"), may_fail=True)
        assert shown
        assert not any("Lua Error" in line for (line,) in shown)


def stream(parts: list[bytes]) -> list[bytes]:
    """Return TCP packets with these parts of a stream."""
    places = [sum(map(len, parts[:number])) for number in range(len(parts))]
    return [tcp_packet(part, sequence=1 + place) for part, place in zip(parts, places, strict=True)]


def test_messages_in_a_stream_are_found_however_it_is_cut_into_packets(tmp_path: Path, tshark: Any) -> None:
    dice = random.Random(6)
    sizes = [0, 100, 1, 3000, 70, 0, 0, 900]
    whole = b"".join(
        replace(PLAIN, token=token, message_bytes=size).pack() + bytes(size)
        for token, size in enumerate(sizes)
    )
    for most in (1, 7, 36, 100, 1448):
        parts, place = [], 0
        while place < len(whole):
            length = 5 if place == 0 else dice.randint(1, most)  # it is known by its first four bytes
            parts.append(whole[place : place + length])
            place += length
        capture = write_pcap(tmp_path / f"{most}.pcap", stream(parts))
        rows = tshark(capture, "spacemoe.token", "spacemoe.message_bytes", keep="spacemoe.token")
        found = [pair for row in rows for pair in zip(*(values.split(",") for values in row), strict=True)]
        assert found == [(str(token), str(size)) for token, size in enumerate(sizes)], most


def test_what_is_malformed_in_a_stream_is_shown_and_what_follows_found(tmp_path: Path, tshark: Any) -> None:
    good = PLAIN.pack() + bytes(100)
    bad_kind = replace(PLAIN, kind=9).pack() + bytes(100)
    far_too_long = replace(PLAIN, message_bytes=0xFFFFFFFF).pack()
    parts = [good, bad_kind, b"no beginning at all", good, far_too_long, good]
    capture = write_pcap(tmp_path / "a.pcap", stream(parts))
    look_at(capture, tshark)
    assert tshark(capture, "frame.number", keep="spacemoe.out_of_step") == [["3"]]
    assert tshark(capture, "frame.number", keep="spacemoe.malformed") == [["2"], ["5"]]
    assert tshark(capture, "frame.number", keep="spacemoe.age") == [["1"], ["4"], ["6"]]


def test_random_streams_break_nothing(tmp_path: Path, tshark: Any) -> None:
    dice = random.Random(8)
    for number in range(4):
        parts = [PLAIN.pack() + bytes(100)]
        for _ in range(150):
            header = replace(PLAIN, kind=dice.randrange(7), message_bytes=dice.choice((0, 50, 2**31, 100)))
            part = mutated(header.pack() + bytes(dice.randrange(120)), dice)
            parts.append(part if dice.random() < 0.8 else dice.randbytes(dice.randrange(1, 90)))
        look_at(write_pcap(tmp_path / f"{number}.pcap", stream(parts)), tshark)
