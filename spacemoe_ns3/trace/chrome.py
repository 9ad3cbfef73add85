"""A trace as JSON in Chrome's Trace Event Format, for programs that do not read Perfetto's own.

Processes and threads are all the rows that it knows: satellites and groups are processes. Times are
microseconds; they are written with three digits behind the point, so that no nanosecond is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.trace.events import End, Event, Sample, Slice, Track

_NS_A_MICROSECOND = NANOSECONDS_PER_SECOND // 10**6
_TIMES = "ts", "dur"


def write_chrome(events: Iterable[Event], file: IO[bytes], *, epoch: str) -> None:
    """Write events as a JSON trace, some at a time.

    Parameters
    ----------
    events
        What to write; tracks come before what is on them.
    file
        Where to.
    epoch
        What time 0 is, ISO 8601, UTC.
    """
    writer = _Writer(file)
    about = json.dumps({"epoch": f"{epoch}Z"})
    file.write(f'{{"displayTimeUnit":"ns","otherData":{about},"traceEvents":['.encode())
    for event in events:
        writer.write(event)
    file.write(b"\n]}\n")


class _Writer:
    """Makes entries of events."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._tracks: dict[int, Track] = {}
        self._process_of: dict[int, int] = {}
        self._threads: set[int] = set()
        self._separator = "\n"

    def write(self, event: Event) -> None:
        """Write an event. The end of a slice is written with its begin."""
        if isinstance(event, Slice):
            self._write_slice(event)
        elif isinstance(event, Track):
            self._add_track(event)
        elif isinstance(event, Sample):
            track = self._tracks[event.track]
            self._entry(
                {
                    **{"ph": "C", "name": track.name, "pid": self._process_of[event.track]},
                    **{"ts": event.time_ns, "args": {track.unit: event.value}},
                }
            )
        else:
            assert isinstance(event, End)

    def _add_track(self, track: Track) -> None:
        self._tracks[track.track] = track
        above = self._process_of.get(track.parent or 0, 0)
        self._process_of[track.track] = track.track if track.is_process else above
        if track.is_process:
            title = self._top(track).name
            self._about("process_name", track.track, {"name": f"{title}: {track.name}"})
            self._about("process_sort_index", track.track, {"sort_index": track.track})

    def _top(self, track: Track) -> Track:
        while track.parent is not None:
            track = self._tracks[track.parent]
        return track

    def _about(self, name: str, process: int, arguments: Mapping[str, Any], **thread: int) -> None:
        self._entry({"ph": "M", "name": name, "pid": process, **thread, "args": arguments})

    def _write_slice(self, slice_: Slice) -> None:
        track = self._tracks[slice_.track]
        process, thread = self._process_of[slice_.track], slice_.track
        if thread not in self._threads:
            self._threads.add(thread)
            name = "computing" if track.is_process else track.name
            self._about("thread_name", process, {"name": name}, tid=thread)
            rank = 0 if track.is_process else track.rank
            self._about("thread_sort_index", process, {"sort_index": rank}, tid=thread)
        where = {"pid": process, "tid": thread, "ts": slice_.start_ns}
        self._entry(
            {
                **{"ph": "X", "name": slice_.name, "cat": slice_.category},
                **{**where, "dur": slice_.end_ns - slice_.start_ns, "args": dict(slice_.arguments)},
            }
        )
        for phase, flows in (("s", slice_.sends), ("t", slice_.passes), ("f", slice_.receives)):
            for flow in flows:
                bound = {"bp": "e"} if phase == "f" else {}
                self._entry({"ph": phase, "id": flow, "name": "message", "cat": "message", **where, **bound})

    def _entry(self, entry: Mapping[str, Any]) -> None:
        times = {key: entry[key] for key in _TIMES if key in entry}
        text = json.dumps(
            {key: value for key, value in entry.items() if key not in times}, separators=(",", ":")
        )
        for key, time_ns in times.items():  # as numbers, whose digits a float would lose
            text = f'{text[:-1]},"{key}":{_microseconds(time_ns)}}}'
        self._file.write(f"{self._separator}{text}".encode())
        self._separator = ",\n"


def _microseconds(time_ns: int) -> str:
    """Return nanoseconds as microseconds, every digit.

    >>> _microseconds(1_000_007), _microseconds(-1)
    ('1000.007', '-0.001')
    """
    whole, rest = divmod(abs(time_ns), _NS_A_MICROSECOND)
    return f"{'-' if time_ns < 0 else ''}{whole}.{rest:03d}"
