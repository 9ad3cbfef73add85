"""How much links are used, and what waits at them, slot by slot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.run_results import Results
from spacemoe_ns3.trace.choice import Part
from spacemoe_ns3.trace.events import Event, Sample
from spacemoe_ns3.trace.tracks import Numbering

_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counter:
    """What is shown of links: a group of tracks, one a direction of a link."""

    name: str
    column: str
    unit: str
    scale: float
    rank: int


_COUNTERS = (
    _Counter(name="links, use in %", column="utilisation", unit="%", scale=_PERCENT, rank=2),
    _Counter(name="links, packets that wait", column="queue_mean", unit="packets", scale=1, rank=3),
)


def counter_events(results: Results, part: Part, numbering: Numbering, *, parent: int) -> Iterator[Event]:
    """Yield the counters of the links while the tokens of a part are about.

    Parameters
    ----------
    results
        The run.
    part
        The tokens, as packets.
    numbering
        Where to get tracks from.
    parent
        The track that they are below.

    Yields
    ------
    Tracks and samples: for every direction of a link means over each interval, in time, and zero where
    nothing happened, from the begin of the first token to the end of the last. Directions that are zero
    throughout have no track.
    """
    columns = results.columns("link_intervals", placement=part.placement, engine=part.engine)
    begin_ns, end_ns = _duration(results, part)
    is_about = (columns["end_ns"] > begin_ns) & (columns["start_ns"] < end_ns)
    columns = {name: values[is_about] for name, values in columns.items()}
    columns["start_ns"] = np.maximum(columns["start_ns"], begin_ns)  # a slot may be far longer than a token
    columns["end_ns"] = np.minimum(columns["end_ns"], end_ns)
    for counter in _COUNTERS:
        yield from _samples(columns, counter, numbering, parent)


def _duration(results: Results, part: Part) -> tuple[int, int]:
    """Return when the first token of a part begins and the last ends, in nanoseconds."""
    tokens = results.columns("tokens", placement=part.placement, engine=part.engine)
    kept = part.number(tokens["sequence"], tokens["token"]) >= 0
    starts, latencies = tokens["start_ns"][kept], tokens["latency_ns"][kept]
    return int(starts.min()), int((starts + latencies).max())


def _samples(
    columns: dict[str, np.ndarray], counter: _Counter, numbering: Numbering, parent: int
) -> Iterator[Event]:
    order = np.lexsort((columns["start_ns"], columns["to_satellite"], columns["from_satellite"]))
    ends = np.stack([columns["from_satellite"], columns["to_satellite"]], axis=1)[order]
    starts = np.flatnonzero(np.any(np.diff(ends, axis=0, prepend=-1), axis=1))
    group: int | None = None
    for rank, rows in enumerate(np.split(order, starts[1:])):
        values = columns[counter.column][rows] * counter.scale
        if not values.any():
            continue
        if group is None:
            group = numbering.add(counter.name, parent=parent, rank=counter.rank, is_process=True)
        source, target = columns["from_satellite"][rows[0]], columns["to_satellite"][rows[0]]
        track = numbering.add(
            f"{source} to {target}", parent=group, rank=rank, is_counter=True, unit=counter.unit
        )
        yield from numbering.take()
        yield from _changes(track, columns["start_ns"][rows], columns["end_ns"][rows], values)


def _changes(track: int, starts: np.ndarray, ends: np.ndarray, values: np.ndarray) -> Iterator[Sample]:
    """Yield a sample an interval, and a zero behind each that no other follows at once."""
    following = [*starts[1:].tolist(), None]
    for start, end, value, after in zip(
        starts.tolist(), ends.tolist(), values.tolist(), following, strict=True
    ):
        yield Sample(track=track, time_ns=start, value=value)
        if after != end:
            yield Sample(track=track, time_ns=end, value=0.0)
