"""The query on the page, in SQLite on the tables of a trace: the dialect is the trace processor's."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from perfetto_reader import read

pytestmark = pytest.mark.packet
PAGE = Path(__file__).parents[2] / "docs" / "traces.md"
MILLISECOND_NS = 10**6


def test_the_query_finds_who_waited_where_and_how_long(run_of, trace_of):
    found = read(trace_of("busy"))
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE track (id INTEGER, name TEXT, parent_id INTEGER)")
    base.execute("CREATE TABLE slice (track_id INTEGER, category TEXT, dur INTEGER)")
    base.executemany(
        "INSERT INTO track VALUES (?, ?, ?)",
        [(track, about.name, about.parent_uuid or None) for track, about in found.tracks.items()],
    )
    base.executemany(
        "INSERT INTO slice VALUES (?, ?, ?)",
        [(each.track, each.category, each.end - each.start) for each in found.slices],
    )
    (query,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    rows = base.execute(query).fetchall()

    waits = defaultdict(list)
    for job in pq.read_table(run_of("busy") / "jobs.parquet").to_pylist():
        if job["engine"] == "packet" and job["started_ns"] > job["submitted_ns"]:
            waits[job["satellite"]].append(job["started_ns"] - job["submitted_ns"])
    assert len(rows) == min(len(waits), 10)
    for name, jobs, waited_ms in rows:
        expected = waits[int(name.split()[1].rstrip(":"))]
        assert jobs == len(expected)
        assert waited_ms == pytest.approx(sum(expected) / MILLISECOND_NS)
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)
