"""The JSON trace keeps to the Trace Event Format, and says what the Perfetto trace says."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator
from perfetto_reader import read

pytestmark = pytest.mark.packet

# "Trace Event Format", Google: the fields of complete, flow, counter and metadata events.
WHERE = {"pid": {"type": "integer"}, "tid": {"type": "integer"}, "ts": {"type": "number"}}
NAME = {"name": {"type": "string", "minLength": 1}, "cat": {"type": "string", "minLength": 1}}
ARGS = {"args": {"type": "object"}}


def entry(phase, required, **properties):
    """The schema of entries of a phase: these fields and no others."""
    return {
        "type": "object",
        "properties": {"ph": {"const": phase}, **properties},
        "required": ["ph", *required],
        "additionalProperties": False,
    }


FLOW = {**NAME, **WHERE, "id": {"type": "integer"}}
METADATA = ["process_name", "process_sort_index", "thread_name", "thread_sort_index"]
SCHEMA = {
    "type": "object",
    "required": ["traceEvents"],
    "properties": {
        "displayTimeUnit": {"enum": ["ms", "ns"]},
        "otherData": {"type": "object"},
        "traceEvents": {
            "type": "array",
            "items": {
                "oneOf": [
                    entry(
                        "X",
                        [*NAME, *WHERE, "dur"],
                        **NAME,
                        **WHERE,
                        **ARGS,
                        dur={"type": "number", "minimum": 0},
                    ),
                    entry("s", FLOW, **FLOW),
                    entry("t", FLOW, **FLOW),
                    entry("f", FLOW, **FLOW, bp={"const": "e"}),
                    entry(
                        "C",
                        ["name", "pid", "ts", "args"],
                        **{"name": NAME["name"], "pid": WHERE["pid"], "ts": WHERE["ts"]},
                        args={"type": "object", "additionalProperties": {"type": "number"}},
                    ),
                    entry(
                        "M",
                        ["name", "pid", "args"],
                        name={"enum": METADATA},
                        pid=WHERE["pid"],
                        tid=WHERE["tid"],
                        **ARGS,
                    ),
                ]
            },
        },
    },
}


@pytest.fixture(scope="module")
def text(trace_of):
    return trace_of("busy", "--format", "json").read_text()


@pytest.fixture(scope="module")
def events(text):
    """The entries, numbers as they are written."""
    return json.loads(text, parse_float=Decimal)["traceEvents"]


def test_entries_have_the_fields_of_the_format(text):
    Draft202012Validator.check_schema(SCHEMA)
    content = json.loads(text)
    assert {event["ph"] for event in content["traceEvents"]} == set("XstfCM")
    Draft202012Validator(SCHEMA).validate(content)


def test_slices_are_those_of_the_perfetto_trace(events, trace_of):
    seen = Counter(
        (event["name"], event["cat"], event["ts"] * 1000, (event["ts"] + event["dur"]) * 1000)
        for event in events
        if event["ph"] == "X"
    )
    found = read(trace_of("busy"))
    assert seen == Counter((each.name, each.category, each.start, each.end) for each in found.slices)


def test_a_float_keeps_every_nanosecond(text, events):
    for event, exact in zip(json.loads(text)["traceEvents"], events, strict=True):
        if "ts" in event:
            assert round(event["ts"] * 1000) == exact["ts"] * 1000


def test_each_flow_begins_once_and_ends_once_on_slices(events):
    slices = {(event["pid"], event["tid"], event["ts"]) for event in events if event["ph"] == "X"}
    phases = {phase: [event for event in events if event["ph"] == phase] for phase in "stf"}
    for flows in phases.values():
        assert all((flow["pid"], flow["tid"], flow["ts"]) in slices for flow in flows)
        numbers = [flow["id"] for flow in flows]
        assert len(numbers) == len(set(numbers))
    assert len({frozenset(flow["id"] for flow in flows) for flows in phases.values()}) == 1


def test_every_row_has_a_name_and_its_process_one(events):
    named = {
        what: {(event["pid"], event.get("tid")) for event in events if event["name"] == f"{what}_name"}
        for what in ("process", "thread")
    }
    for event in events:
        if event["ph"] in "XC":
            assert (event["pid"], None) in named["process"]
        if event["ph"] == "X":
            assert (event["pid"], event["tid"]) in named["thread"]
