"""The dissector on captures of real runs, against their bytes as Python reads them and the runs' tables."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import captured_packets as packets
import pyarrow.parquet as pq
import pytest
from captured_packets import DISPATCH, REPEAT, RESIDUAL

pytestmark = pytest.mark.packet

NS_PER_S = 10**9
HEADER_FIELDS = (
    *(
        "magic",
        "version",
        "kind",
        "layer",
        "request",
        "token",
        "expert",
        "segment",
        "segments",
        "about",
        "copy",
    ),
    *("message_bytes", "sent"),
)
HEADER_BYTES = 36


def nanoseconds(text: str) -> int:
    """Return what tshark prints of a time as whole nanoseconds."""
    seconds, _, fraction = text.partition(".")
    return int(seconds) * NS_PER_S + int(fraction.ljust(9, "0"))


def messages_of(run: Any) -> list[dict[str, Any]]:
    """Return what the run says of its messages."""
    table = pq.read_table(run.folder / "messages.parquet").to_pylist()
    return [row for row in table if row["engine"] == "packet"]


@pytest.mark.parametrize("name", ["plain", "lossy", "batched"])
def test_every_field_of_every_header_is_what_the_bytes_say(
    name: str, tshark: Any, request: pytest.FixtureRequest
) -> None:
    run = request.getfixturevalue(name)
    rows = tshark(
        run.merged, "frame.number", *(f"spacemoe.{field}" for field in HEADER_FIELDS), keep="spacemoe"
    )
    headers = {packet.number: vars(packet.header) for packet in run.ours()}
    assert len(headers) > 100
    assert rows == [
        [str(number), "SMoE", *(str(value) for value in list(header.values())[1:])]
        for number, header in headers.items()
    ]


@pytest.mark.parametrize("name", ["plain", "lossy", "tcp", "batched"])
def test_nothing_of_a_real_capture_is_malformed_and_all_checksums_hold(
    name: str, tshark: Any, request: pytest.FixtureRequest
) -> None:
    run = request.getfixturevalue(name)
    checks = tuple(f"-o{protocol}.check_checksum:TRUE" for protocol in ("ip", "udp", "tcp"))
    wrong = (
        "spacemoe.malformed || spacemoe.cut || spacemoe.clock || spacemoe.out_of_step || _ws.malformed || "
        "_ws.lua.error"
    )
    good = "ip.checksum.status == 1 && (udp.checksum.status == 1 || tcp.checksum.status == 1)"
    assert tshark(run.merged, keep=wrong, options=checks) == []
    assert len(tshark(run.merged, keep=good, options=checks)) == len(run.packets())


def test_a_filter_by_layer_and_expert_shows_just_these(plain: Any, tshark: Any) -> None:
    rows = tshark(plain.merged, "frame.number", keep="spacemoe.layer == 1 && spacemoe.expert == 2")
    headers = {packet.number: packet.header for packet in plain.ours()}
    expected = [number for number, header in headers.items() if (header.layer, header.expert) == (1, 2)]
    assert 0 < len(expected) < len(headers)
    assert [int(number) for (number,) in rows] == expected


def test_one_filter_follows_one_token(plain: Any, tshark: Any) -> None:
    rows = tshark(plain.merged, "frame.number", "spacemoe.stream", keep='spacemoe.token_id == "1.2"')
    headers = {packet.number: packet.header for packet in plain.ours()}
    expected = [number for number, header in headers.items() if (header.request, header.token) == (1, 2)]
    assert expected
    assert [int(number) for number, _ in rows] == expected
    streams = {stream for _, stream in rows}
    assert len(streams) == 1
    again = tshark(plain.merged, "frame.number", keep=f"spacemoe.stream == {streams.pop()}")
    assert [int(number) for (number,) in again] == expected


def test_the_info_column_names_request_and_token(plain: Any, tshark: Any) -> None:
    rows = tshark(plain.merged, "_ws.col.Protocol", "_ws.col.Info", "spacemoe.request", "spacemoe.token")
    assert rows
    for protocol, info, sequence, token in rows:
        assert protocol == "SpaceMoE"
        assert info.startswith(f"Request {sequence}, token {token}, layer ")


def test_each_message_is_put_together_once_wherever_it_was_seen(plain: Any, tshark: Any) -> None:
    """Without losses each place, of a link end and a number of hops, sees each message once and whole."""
    rows = tshark(
        plain.merged,
        *("frame.number", "frame.interface_id", "ip.ttl", "spacemoe.segments", "spacemoe.reassembled_bytes"),
        *("spacemoe.segment_frame", "spacemoe.reassembled_in", "spacemoe.message_bytes", "spacemoe.sent"),
        *("spacemoe.kind", "spacemoe.expert"),
        keep="spacemoe",
        options=("-2",),
    )
    seen: dict[tuple[str, ...], list[str]] = defaultdict(list)
    frames = {row[0]: row for row in rows}
    for row in rows:
        number, interface, ttl, segments, whole, parts, later, length, sent, kind, expert = row
        place = interface, ttl, sent, kind, expert
        seen[place].append(number)
        if whole:
            assert whole == length
            assert parts.split(",") == seen[place]
            assert len(seen[place]) == int(segments)
        else:
            assert int(later) > int(number)
            assert frames[later][4] == length
    assert all(frames[numbers[-1]][4] for numbers in seen.values())


def test_the_message_that_is_put_together_has_all_its_bytes(plain: Any, tshark: Any) -> None:
    rows = tshark(
        plain.merged, "spacemoe.message", "spacemoe.message_bytes", keep="spacemoe.reassembled_bytes"
    )
    assert rows
    for content, length in rows:
        assert content == "00" * int(length)


def test_the_age_of_a_complete_message_is_the_delay_that_the_run_recorded(plain: Any, tshark: Any) -> None:
    """Where messages arrive: at the experts of layer 1 and at the gateways of layers 1 and 2."""
    delays = Counter(
        (row["sent_ns"], row["arrived_ns"] - row["sent_ns"])
        for row in messages_of(plain)
        if row["layer"] == 1 and row["hops"]
    )
    rows = tshark(
        *(plain.merged, "spacemoe.sent", "spacemoe.age"),
        keep="spacemoe.reassembled_bytes && spacemoe.layer == 1",
    )
    ages = Counter((int(sent), nanoseconds(age)) for sent, age in rows)
    assert delays
    assert delays - ages == Counter()


def test_the_response_time_is_from_the_dispatch_to_the_arrival_of_the_result(plain: Any, tshark: Any) -> None:
    arrived: dict[tuple[int, int, int], int] = {}
    handed_over: dict[tuple[int, int, int], int] = {}
    for row in messages_of(plain):
        key = row["sequence"], row["token"], row["expert"]
        if row["layer"] == 1 and row["hops"]:
            if row["kind"] == "dispatch":
                handed_over[key] = row["sent_ns"]
            if row["kind"] == "result":
                arrived[key] = row["arrived_ns"]
    expected = {key: arrived[key] for key in arrived if key in handed_over}
    rows = tshark(
        *(plain.merged, "spacemoe.request", "spacemoe.token", "spacemoe.expert"),
        *("spacemoe.response_time", "spacemoe.response_to", "frame.number"),
        keep="spacemoe.response_time && spacemoe.layer == 1",
    )
    frames = {
        int(number): (nanoseconds(time), int(sent), int(kind))
        for number, time, sent, kind in tshark(
            *(plain.merged, "frame.number", "frame.time_epoch", "spacemoe.sent", "spacemoe.kind"),
            keep="spacemoe",
        )
    }
    last: dict[tuple[int, int, int], tuple[int, int]] = {}
    for sequence, token, expert, took, dispatch, _ in rows:
        last[int(sequence), int(token), int(expert)] = nanoseconds(took), int(dispatch)
    assert last.keys() >= expected.keys()
    at_once = 0
    for key, arrival in expected.items():
        took_ns, dispatch = last[key]
        left_ns, sent_ns, kind = frames[dispatch]
        assert (kind, sent_ns) == (DISPATCH, handed_over[key])
        assert left_ns + took_ns == arrival
        at_once += left_ns == sent_ns
    assert at_once  # the first dispatch of a layer finds its laser idle


def test_a_dispatch_leads_to_its_result(plain: Any, tshark: Any) -> None:
    rows = tshark(
        *(plain.merged, "frame.number", "spacemoe.response_in", "spacemoe.request", "spacemoe.token"),
        keep="spacemoe.layer == 1 && spacemoe.kind == 1",
        options=("-2",),
    )
    results = {
        row[0]: row[1:]
        for row in tshark(
            *(plain.merged, "frame.number", "spacemoe.request", "spacemoe.token"),
            keep="spacemoe.response_time",
        )
    }
    assert rows
    for _, result, sequence, token in rows:
        assert results[result] == [sequence, token]


def test_a_threshold_marks_late_results(plain: Any, tshark: Any) -> None:
    times = [
        nanoseconds(took)
        for (took,) in tshark(plain.merged, "spacemoe.response_time", keep="spacemoe.response_time")
    ]
    limit_ms = math.floor(sorted(times)[len(times) // 2] / 1e6)
    late = tshark(plain.merged, keep="spacemoe.late", options=("-o", f"spacemoe.late_ms:{limit_ms}"))
    assert len(late) == sum(took > limit_ms * 1_000_000 for took in times)
    assert tshark(plain.merged, keep="spacemoe.late") == []


def test_a_request_to_repeat_names_the_segments_that_its_bitmap_says(lossy: Any, tshark: Any) -> None:
    rows = tshark(lossy.merged, "frame.number", "spacemoe.missing", keep="spacemoe.kind == 5")
    expected = []
    for packet in lossy.ours():
        if packet.header.kind == REPEAT:
            bits = "".join(f"{byte:08b}" for byte in packet.payload[HEADER_BYTES:])
            missing = [packet.header.segment + place for place, bit in enumerate(bits) if bit == "1"]
            expected.append([str(packet.number), ",".join(map(str, missing))])
    assert expected
    assert rows == expected


def test_copies_are_told_from_what_is_there_for_the_first_time(lossy: Any, tshark: Any) -> None:
    rows = tshark(lossy.merged, "frame.number", "spacemoe.copy_of", keep="spacemoe.kind <= 3")
    first: dict[tuple[Any, ...], int] = {}
    sendings: Counter[tuple[Any, ...]] = Counter()
    expected = []
    for packet in lossy.ours():
        header = packet.header
        if header.kind > RESIDUAL:
            continue
        segment = (
            *(header.kind, header.layer, header.request, header.token, header.expert, header.segment),
            *(packet.end, packet.ttl, packet.source, packet.goal),
        )
        sendings[(*segment, header.copy)] += 1
        expected.append([str(packet.number), str(first.get(segment, ""))])
        first.setdefault(segment, packet.number)
    assert max(sendings.values()) == 1  # or this would not be the rule
    assert rows == expected
    assert any(copy for _, copy in rows)


def test_a_message_that_lost_a_segment_is_put_together_from_its_copies(lossy: Any, tshark: Any) -> None:
    rows = tshark(
        *(lossy.merged, "spacemoe.segment_frame", "spacemoe.reassembled_bytes", "spacemoe.message_bytes"),
        keep="spacemoe.reassembled_bytes && spacemoe.copy > 0",
    )
    copies = dict(tshark(lossy.merged, "frame.number", "spacemoe.copy", keep="spacemoe"))
    mixed = 0
    for parts, whole, length in rows:
        assert whole == length
        mixed += len({copies[number] for number in parts.split(",")}) > 1
    assert mixed


def stream_messages(path: Path) -> Counter[tuple[int, ...]]:
    """Return the messages in the TCP streams of a capture: kind, layer, request, token, expert and sent."""
    streams: dict[tuple[Any, ...], dict[int, bytes]] = defaultdict(dict)
    for packet in packets.read_pcap(path):
        if packet.protocol == packets.TCP and packet.payload:
            streams[packet.source, packet.goal, packet.ports][packet.sequence] = packet.payload
    found: Counter[tuple[int, ...]] = Counter()
    for parts in streams.values():
        content = b"".join(parts[sequence] for sequence in sorted(parts))
        place = 0
        while place < len(content):
            header = packets.Header.unpack(content[place:])
            assert header.magic == b"SMoE"
            found[header.kind, header.layer, header.request, header.token, header.expert, header.sent] += 1
            place += HEADER_BYTES + header.message_bytes
        assert place == len(content)
    return found


def test_messages_are_found_in_tcp_streams_wherever_packets_begin(tcp: Any, tshark: Any) -> None:
    names = ("kind", "layer", "request", "token", "expert", "sent")
    total = 0
    for capture in tcp.captures:
        rows = tshark(capture, *(f"spacemoe.{name}" for name in names), keep="spacemoe")
        found = Counter(
            tuple(map(int, message))
            for row in rows
            for message in zip(*(values.split(",") for values in row), strict=True)
        )
        assert found == stream_messages(capture)
        total += sum(found.values())
    assert total > 50


def test_a_batch_has_messages_of_several_tokens(batched: Any, tshark: Any) -> None:
    rows = tshark(batched.merged, "spacemoe.message_bytes", keep="spacemoe.reassembled_bytes")
    sizes = {int(size) for (size,) in rows}
    assert min(sizes) == 2048  # the hidden state of a token: 1024 values of 2 bytes
    assert max(sizes) > 2048
    assert all(size % 2048 == 0 for size in sizes)


def test_background_traffic_is_none_of_ours(batched: Any, tshark: Any) -> None:
    assert tshark(batched.merged, keep="udp.dstport == 9000")
    assert tshark(batched.merged, keep="udp.dstport == 9000 && spacemoe") == []
