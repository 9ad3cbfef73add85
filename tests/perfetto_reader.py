"""A reader of Perfetto traces, by the rules that ``track_event.proto`` and ``track_descriptor.proto`` state.

It does what Perfetto's trace processor does with the packets that are written here, needs no browser, and
raises where that would count an error.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.unknown_fields import UnknownFieldSet
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as protos

KINDS = ("event_names", "event_categories", "debug_annotation_names")


@dataclass
class Slice:
    """A slice, as its table has it."""

    track: int
    name: str
    category: str
    start: int
    depth: int
    arguments: dict[str, int | str]
    end: int | None = None


@dataclass
class Read:
    """What a trace says."""

    tracks: dict[int, Any] = field(default_factory=dict)
    slices: list[Slice] = field(default_factory=list)
    flows: list[tuple[int, list[int]]] = field(default_factory=list)
    samples: dict[int, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    clocks: dict[int, int] = field(default_factory=dict)

    def path(self, track: int) -> tuple[str, ...]:
        """Names of a track and those above it, from the top."""
        about = self.tracks[track]
        above = self.path(about.parent_uuid) if about.HasField("parent_uuid") else ()
        return (*above, about.name)


@cache
def read(place: Path) -> Read:
    """Read a trace: packets in the order of the file, then events in that of their times."""
    trace = protos.Trace()
    trace.ParseFromString(place.read_bytes())
    assert not list(UnknownFieldSet(trace))
    found = Read()
    names: dict[str, dict[int, str]] = {kind: {} for kind in KINDS}
    is_valid = False
    events = []
    for packet in trace.packet:
        assert packet.IsInitialized()
        assert not list(UnknownFieldSet(packet))
        assert packet.trusted_packet_sequence_id == 1
        if packet.sequence_flags & protos.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED:
            is_valid, names = True, {kind: {} for kind in KINDS}
        for kind in KINDS:
            for entry in getattr(packet.interned_data, kind):
                assert entry.iid not in names[kind]
                names[kind][entry.iid] = entry.name
        if packet.sequence_flags & protos.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE:
            assert is_valid
        for clock in packet.clock_snapshot.clocks:
            found.clocks[clock.clock_id] = clock.timestamp
        if packet.HasField("track_descriptor"):
            about = packet.track_descriptor
            assert about.uuid not in found.tracks
            assert not about.HasField("parent_uuid") or about.parent_uuid in found.tracks
            found.tracks[about.uuid] = about
        if packet.HasField("track_event"):
            assert packet.track_event.track_uuid in found.tracks
            events.append(packet)
    events.sort(key=lambda packet: packet.timestamp)  # stable, as there
    _play(found, events, names)
    return found


def _play(found: Read, events: list[Any], names: dict[str, dict[int, str]]) -> None:
    open_slices: dict[int, list[int]] = defaultdict(list)
    active: dict[int, list[int]] = {}
    for packet in events:
        event = packet.track_event
        track = event.track_uuid
        if event.type == protos.TrackEvent.TYPE_COUNTER:
            assert found.tracks[track].HasField("counter")
            found.samples[track].append((packet.timestamp, event.double_counter_value))
        elif event.type == protos.TrackEvent.TYPE_SLICE_END:
            found.slices[open_slices[track].pop()].end = packet.timestamp
        else:
            assert event.type == protos.TrackEvent.TYPE_SLICE_BEGIN
            open_slices[track].append(len(found.slices))
            for flow in event.flow_ids:
                active.setdefault(flow, []).append(len(found.slices))
            for flow in event.terminating_flow_ids:
                found.flows.append((flow, [*active.pop(flow), len(found.slices)]))
            found.slices.append(
                Slice(
                    track=track,
                    name=names["event_names"][event.name_iid],
                    category=names["event_categories"][event.category_iids[0]],
                    start=packet.timestamp,
                    depth=len(open_slices[track]),
                    arguments={
                        names["debug_annotation_names"][each.name_iid]: (
                            each.string_value if each.HasField("string_value") else each.int_value
                        )
                        for each in event.debug_annotations
                    },
                )
            )
    assert not any(open_slices.values())
    assert not active  # every flow that began has ended
