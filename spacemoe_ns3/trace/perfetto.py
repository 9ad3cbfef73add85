"""A trace in Perfetto's own format: protocol buffers, times in whole nanoseconds.

The messages are those of ``perfetto_trace.proto``, as the package ``perfetto`` has them: track descriptors
and track events (https://perfetto.dev/docs/reference/synthetic-track-event).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import IO, Any

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import InstallationError
from spacemoe_ns3.trace.events import End, Event, Sample, Slice, Track

_SEQUENCE = 1  # all packets come from one writer
_PACKETS_AT_ONCE = 4096


def write_perfetto(events: Iterable[Event], file: IO[bytes], *, epoch: str) -> None:
    """Write events as a Perfetto trace, some at a time.

    Parameters
    ----------
    events
        What to write; tracks come before what is on them.
    file
        Where to.
    epoch
        What time 0 is, ISO 8601, UTC.

    Raises
    ------
    InstallationError
        If the package ``perfetto`` is not installed.
    """
    writer = _Writer(file)
    writer.begin(epoch)
    for event in events:
        writer.write(event)
    writer.flush()


class _Writer:
    """Makes packets of events. Names are written once, and are numbers from then on."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as protos
        except ImportError as error:
            raise InstallationError(
                "trace: perfetto is not installed; install it by python -m pip install perfetto, or write "
                "--format json"
            ) from error
        self._protos: Any = protos
        self._file = file
        self._trace = protos.Trace()
        self._interned: dict[str, dict[str, int]] = {}

    def begin(self, epoch: str) -> None:
        """Write that names begin anew, and which time is time 0."""
        protos = self._protos
        packet = self._packet()
        packet.sequence_flags = protos.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
        packet = self._packet()
        snapshot = packet.clock_snapshot
        zero = datetime.fromisoformat(epoch).replace(tzinfo=timezone.utc)
        elapsed = zero - datetime(1970, 1, 1, tzinfo=timezone.utc)
        since_1970_ns = (elapsed.days * 86_400 + elapsed.seconds) * NANOSECONDS_PER_SECOND
        since_1970_ns += elapsed.microseconds * 1000
        for clock, value in (
            (protos.BUILTIN_CLOCK_BOOTTIME, 0),
            (protos.BUILTIN_CLOCK_REALTIME, since_1970_ns),
        ):
            snapshot.clocks.add(clock_id=clock, timestamp=value)

    def write(self, event: Event) -> None:
        """Write an event."""
        if isinstance(event, Slice):
            self._write_slice(event)
        elif isinstance(event, Track):
            self._write_track(event)
        else:
            self._write_point(event)

    def flush(self) -> None:
        """Write what is left."""
        self._file.write(self._trace.SerializeToString(deterministic=True))
        self._trace = self._protos.Trace()  # clearing would keep its memory

    def _packet(self) -> Any:
        if len(self._trace.packet) >= _PACKETS_AT_ONCE:
            self.flush()
        return self._trace.packet.add(trusted_packet_sequence_id=_SEQUENCE)

    def _write_track(self, track: Track) -> None:
        descriptor = self._packet().track_descriptor
        descriptor.uuid = track.track
        descriptor.name = track.name
        descriptor.sibling_order_rank = track.rank
        descriptor.child_ordering = self._protos.TrackDescriptor.EXPLICIT
        if track.parent is not None:
            descriptor.parent_uuid = track.parent
        if track.about:
            descriptor.description = track.about
        if track.is_counter:
            descriptor.counter.unit_name = track.unit

    def _write_slice(self, slice_: Slice) -> None:
        packet = self._packet()
        packet.sequence_flags = self._protos.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
        packet.timestamp = slice_.start_ns
        event = packet.track_event
        event.type = self._protos.TrackEvent.TYPE_SLICE_BEGIN
        event.track_uuid = slice_.track
        event.name_iid = self._number(packet, "event_names", slice_.name)
        event.category_iids.append(self._number(packet, "event_categories", slice_.category))
        for name, value in slice_.arguments.items():
            annotation = event.debug_annotations.add(
                name_iid=self._number(packet, "debug_annotation_names", name)
            )
            if isinstance(value, str):
                annotation.string_value = value
            else:
                annotation.int_value = value
        event.flow_ids.extend((*slice_.sends, *slice_.passes))
        event.terminating_flow_ids.extend(slice_.receives)

    def _write_point(self, point: End | Sample) -> None:
        packet = self._packet()
        packet.timestamp = point.time_ns
        event = packet.track_event
        event.track_uuid = point.track
        if isinstance(point, End):
            event.type = self._protos.TrackEvent.TYPE_SLICE_END
        else:
            event.type = self._protos.TrackEvent.TYPE_COUNTER
            event.double_counter_value = point.value

    def _number(self, packet: Any, kind: str, name: str) -> int:
        """Return the number of a name; at its first use the packet says it."""
        numbers = self._interned.setdefault(kind, {})
        if name not in numbers:
            numbers[name] = len(numbers) + 1
            getattr(packet.interned_data, kind).add(iid=numbers[name], name=name)
        return numbers[name]
