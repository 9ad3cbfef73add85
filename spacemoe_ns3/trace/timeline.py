"""A run as events in the order of time: what satellites compute and send, what became of each request."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.run_results import Results
from spacemoe_ns3.trace.choice import Part
from spacemoe_ns3.trace.counters import counter_events
from spacemoe_ns3.trace.events import End, Event, Slice
from spacemoe_ns3.trace.flows import Flows
from spacemoe_ns3.trace.roles import roles_of
from spacemoe_ns3.trace.rows import Rows, spans
from spacemoe_ns3.trace.tracks import Lanes, Numbering, OneTrack

_PART_COLUMNS = tuple(f"{part}_ns" for part in PARTS)
_WAY_COLUMNS = _PART_COLUMNS[1:]
# Of what begins in one nanosecond, that comes first which the rest follows from: a layer before its pieces, a
# message before the computation that it is for.
_STAGES_A_LAYER = 8
_WHOLE, _GATEWAY, _SENT, _EXPERT, _RESULT, _PIECE = range(6)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Begin:
    """A slice that has no track yet, in the order in which slices are written."""

    start_ns: int
    stage: int
    number: int
    end_ns: int = field(compare=False)
    lanes: Lanes | OneTrack = field(compare=False)
    about: Mapping[str, Any] = field(compare=False)


def timeline(results: Results, parts: Sequence[Part]) -> Iterator[Event]:
    """Yield a run as events, part by part, each in the order of time.

    Parameters
    ----------
    results
        The run.
    parts
        What of it; see :func:`spacemoe_ns3.trace.choice.choose`.

    Yields
    ------
    Tracks, each before what is on it. Slices, and their ends: on every track they are in the order in which
    they happen, an end before what begins in the same nanosecond. Samples of counters come last.

    Raises
    ------
    InputError
        If the run lacks a table that is needed.
    """
    numbering, first_flow = Numbering(), 1
    for rank, part in enumerate(parts):
        made = _PartTimeline(results, part, numbering, rank=rank, first_flow=first_flow)
        first_flow = made.flows.next
        yield from numbering.take()
        yield from made.events()
        if part.engine == "packet" and "link_intervals" in results.table_names:
            yield from counter_events(results, part, numbering, parent=made.root)


class _PartTimeline:
    """The events of one part."""

    def __init__(
        self, results: Results, part: Part, numbering: Numbering, *, rank: int, first_flow: int
    ) -> None:
        self._results, self._part, self._numbering = results, part, numbering
        hosts = results.columns("hosts", placement=part.placement)
        if not len(hosts["layer"]):
            raise InputError(
                f"run {results.folder}: has no hosts of {part.placement}; run the scenario again"
            )
        self._layers = int(hosts["layer"].max()) + 1
        self.flows = Flows(
            results, part, layers=self._layers, experts=int(hosts["expert"].max()) + 1, first=first_flow
        )
        self.root = numbering.add(part.title, rank=rank)
        self._requests = numbering.add("requests", parent=self.root, is_process=True)
        self._lanes: dict[tuple[str, int], Lanes | OneTrack] = {}
        self._add_satellites(hosts)

    def _add_satellites(self, hosts: Mapping[str, np.ndarray]) -> None:
        """Add a track for each satellite that hosts something, in the order of the ring."""
        self._satellites = self._numbering.add("satellites", parent=self.root, rank=1)
        names = self._results.columns("constellation")["name"]
        for rank, (satellite, roles) in enumerate(roles_of(hosts).items()):
            track = self._numbering.add(
                f"satellite {satellite}: {roles.short}",
                parent=self._satellites,
                rank=rank,
                is_process=True,
                about=f"{names[satellite]} hosts {roles.long}.",
            )
            self._lanes["computing", satellite] = Lanes(
                numbering=self._numbering, name="computing", parent=track, rank=0, first=track
            )
            for place, name in enumerate(("waiting", "messages sent"), start=1):
                self._lanes[name, satellite] = Lanes(
                    numbering=self._numbering, name=name, parent=track, rank=place
                )

    def events(self) -> Iterator[Event]:
        """Yield slices and their ends, in the order of time."""
        open_until: list[tuple[int, int]] = []
        for start_ns, end_ns in spans(self._results, self._part, layers=self._layers):
            for begin in sorted(self._begins(start_ns, end_ns)):
                while open_until and open_until[0][0] <= begin.start_ns:
                    time_ns, track = heapq.heappop(open_until)
                    yield End(track=track, time_ns=time_ns)
                track = begin.lanes.place(begin.start_ns, begin.end_ns)
                yield from self._numbering.take()
                yield Slice(track=track, start_ns=begin.start_ns, end_ns=begin.end_ns, **begin.about)
                if begin.end_ns == begin.start_ns:
                    yield End(track=track, time_ns=begin.end_ns)
                else:
                    heapq.heappush(open_until, (begin.end_ns, track))
        while open_until:
            time_ns, track = heapq.heappop(open_until)
            yield End(track=track, time_ns=time_ns)

    def _begins(self, start_ns: int, end_ns: int) -> Iterator[_Begin]:
        """Yield what begins in a span of time."""
        yield from self._computations(start_ns, end_ns)
        yield from self._waits(start_ns, end_ns)
        yield from self._messages(start_ns, end_ns)
        yield from self._tokens(start_ns, end_ns)
        yield from self._layers_of_tokens(start_ns, end_ns)
        yield from self._pieces(start_ns, end_ns)

    def _rows(
        self, table: str, time: str, span: tuple[int, int], columns: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Return the rows of a table with a time in a span, as objects."""
        rows = Rows(results=self._results, part=self._part, table=table, columns=(time, *columns))
        found = rows.between(time, *span)
        names, values = list(found), [array.tolist() for array in found.values()]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]

    def _merged(self, rows: list[dict[str, Any]], keys: Sequence[str]) -> list[list[dict[str, Any]]]:
        """Return rows in groups about one thing: with packets, the steps of a batch have a row each."""
        if self._part.engine != "packet":
            return [[row] for row in rows]
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in rows:
            groups.setdefault(tuple(row[key] for key in keys), []).append(row)
        return list(groups.values())

    def _computations(self, start_ns: int, end_ns: int) -> Iterator[_Begin]:
        columns = ("layer", "kind", "expert", "satellite", "finished_ns")
        rows = self._rows("jobs", "started_ns", (start_ns, end_ns), columns)
        for group in self._merged(rows, ("started_ns", *columns)):
            job = group[0]
            flows = [
                self.flows.of_job(row["number"], row["layer"], row["kind"], row["expert"]) for row in group
            ]
            yield _Begin(
                start_ns=job["started_ns"],
                end_ns=job["finished_ns"],
                stage=self._stage(job, _EXPERT if job["kind"] == "expert" else _GATEWAY),
                number=job["number"],
                lanes=self._lanes["computing", job["satellite"]],
                about={
                    "name": _job_name(job) if len(group) == 1 else f"{_job_name(job)}, {len(group)} tokens",
                    "category": "compute",
                    "arguments": _job_arguments(group),
                    "sends": tuple(flow for sends, _ in flows for flow in sends),
                    "receives": tuple(flow for _, receives in flows for flow in receives),
                },
            )

    def _waits(self, start_ns: int, end_ns: int) -> Iterator[_Begin]:
        columns = ("layer", "kind", "expert", "satellite", "started_ns")
        for job in self._rows("jobs", "submitted_ns", (start_ns, end_ns), columns):
            if job["started_ns"] > job["submitted_ns"]:
                yield _Begin(
                    start_ns=job["submitted_ns"],
                    end_ns=job["started_ns"],
                    stage=self._stage(job, _WHOLE),
                    number=job["number"],
                    lanes=self._lanes["waiting", job["satellite"]],
                    about={
                        "name": _job_name(job),
                        "category": "wait",
                        "arguments": _job_arguments([job]),
                    },
                )

    def _messages(self, start_ns: int, end_ns: int) -> Iterator[_Begin]:
        columns = ("layer", "kind", "expert", "from_satellite", "to_satellite", "hops", "arrived_ns")
        rows = self._rows("messages", "sent_ns", (start_ns, end_ns), (*columns, *_WAY_COLUMNS))
        for group in self._merged(rows, ("sent_ns", *columns)):
            sent = group[0]
            yield _Begin(
                start_ns=sent["sent_ns"],
                end_ns=sent["arrived_ns"],
                stage=self._stage(sent, _RESULT if sent["kind"] == "result" else _SENT),
                number=sent["number"],
                lanes=self._lanes["messages sent", sent["from_satellite"]],
                about={
                    "name": _message_name(sent),
                    "category": "message",
                    "arguments": {
                        **_steps(group),
                        **{key: sent[key] for key in ("layer", "expert", "to_satellite", "hops")},
                        **_nonzero(sent, _WAY_COLUMNS),
                    },
                    "passes": tuple(
                        self.flows.of_message(row["number"], row["layer"], row["kind"], row["expert"])
                        for row in group
                    ),
                },
            )

    def _tokens(self, start_ns: int, end_ns: int) -> Iterator[_Begin]:
        for token in self._rows("tokens", "start_ns", (start_ns, end_ns), ("latency_ns", *_PART_COLUMNS)):
            yield _Begin(
                start_ns=token["start_ns"],
                end_ns=token["start_ns"] + token["latency_ns"],
                stage=-_STAGES_A_LAYER,
                number=token["number"],
                lanes=self._request(token),
                about={
                    "name": f"token {token['token']}",
                    "category": "token",
                    "arguments": {**_steps([token]), **_nonzero(token, _PART_COLUMNS)},
                },
            )

    def _layers_of_tokens(self, start_ns: int, end_ns: int) -> Iterator[_Begin]:
        about = ("gateway", "next_gateway", "straggler_expert", "straggler_satellite", "hops")
        columns = ("layer", "latency_ns", *about, *_PART_COLUMNS)
        for layer in self._rows("layers", "start_ns", (start_ns, end_ns), columns):
            yield _Begin(
                start_ns=layer["start_ns"],
                end_ns=layer["start_ns"] + layer["latency_ns"],
                stage=self._stage(layer, _WHOLE),
                number=layer["number"],
                lanes=self._request(layer),
                about={
                    "name": f"layer {layer['layer']}",
                    "category": "layer",
                    "arguments": {
                        **{key: layer[key] for key in about},
                        **_nonzero(layer, _PART_COLUMNS),
                    },
                },
            )

    def _pieces(self, start_ns: int, end_ns: int) -> Iterator[_Begin]:
        about = ("layer", "piece", "kind", "satellite", "to_satellite", "link", "expert")
        columns = (*about, "end_ns", *_PART_COLUMNS)
        for piece in self._rows("critical_path", "start_ns", (start_ns, end_ns), columns):
            if piece["end_ns"] == piece["start_ns"]:
                continue  # a message that stays on its satellite takes no time
            yield _Begin(
                start_ns=piece["start_ns"],
                end_ns=piece["end_ns"],
                stage=self._stage(piece, _PIECE),
                number=piece["number"],
                lanes=self._request(piece),
                about={
                    "name": _piece_name(piece),
                    "category": "path",
                    "arguments": {
                        **{key: piece[key] for key in about if piece[key] != -1},
                        **_nonzero(piece, _PART_COLUMNS),
                    },
                },
            )

    def _stage(self, row: Mapping[str, Any], stage: int) -> int:
        """Return the place of something among what begins in one nanosecond; the head's layer is the last."""
        layer = self._layers if row["layer"] < 0 else row["layer"]
        return int(layer) * _STAGES_A_LAYER + stage

    def _request(self, row: Mapping[str, Any]) -> Lanes | OneTrack:
        sequence = row["sequence"]
        if ("request", sequence) not in self._lanes:
            self._lanes["request", sequence] = OneTrack(
                numbering=self._numbering,
                name=f"request {sequence}",
                parent=self._requests,
                rank=sequence,
            )
        return self._lanes["request", sequence]


def _job_name(job: Mapping[str, Any]) -> str:
    if job["kind"] == "head":
        return "head"
    return f"layer {job['layer']} {job['kind']}" + (f" {job['expert']}" if job["expert"] >= 0 else "")


def _message_name(message: Mapping[str, Any]) -> str:
    layer, expert = message["layer"], message["expert"]
    ways = {"dispatch": f"dispatch to expert {expert}", "result": f"result of expert {expert}"}
    return f"layer {layer} {ways.get(message['kind'], message['kind'])}"


def _piece_name(piece: Mapping[str, Any]) -> str:
    if piece["kind"] == "compute":
        return str(piece["piece"])
    if piece["to_satellite"] < 0:
        return f"{piece['piece']}: {piece['kind']}"
    way = f"{piece['satellite']} to {piece['to_satellite']}"
    return (
        f"{piece['piece']}: {way}"
        if piece["kind"] in ("hop", "leg")
        else f"{piece['piece']}: {piece['kind']}"
    )


def _job_arguments(group: Sequence[Mapping[str, Any]]) -> dict[str, int | str]:
    job = group[0]
    return {**_steps(group), **{key: job[key] for key in ("layer", "expert") if job[key] >= 0}}


def _steps(group: Sequence[Mapping[str, Any]]) -> dict[str, int | str]:
    """Return which tokens something is about."""
    if len(group) == 1:
        return {key: group[0][key] for key in ("sequence", "token")}
    return {"tokens": ", ".join(f"{row['sequence']}.{row['token']}" for row in group)}


def _nonzero(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, int]:
    return {name: row[name] for name in names if row[name]}
