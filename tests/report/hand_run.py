"""A run written by hand: only the tables and columns that a test needs."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spacemoe_ns3 import load
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.schema import SCHEMA_VERSION, TABLES

SLOT_NS = 10 * 10**9


def hand_run(
    folder, *, tables, placements=("spacemoe",), engines=("analytic", "packet"), bound_s=1.0, **more
):
    """Write a run and return its results.

    Tables are columns by name, without placement and engine, for all placements and those engines that the
    schema gives them; or a function of placement and engine that returns such columns.
    """
    folder.mkdir(exist_ok=True)
    for name, given in tables.items():
        schema = TABLES[name]
        has_placement = schema.columns[0].name == "placement"
        parts = []
        for placement in placements if has_placement else ("",):
            for engine in [each for each in engines if each in schema.engines] if schema.engines else ("",):
                columns = given(placement, engine) if callable(given) else given
                rows = len(next(iter(columns.values())))
                keys = {"placement": [placement] * rows} if has_placement else {}
                if schema.engines:
                    keys["engine"] = [engine] * rows
                parts.append(pa.table({**keys, **{key: np.asarray(each) for key, each in columns.items()}}))
        pq.write_table(pa.concat_tables(parts), folder / schema.file_name)
    summary = {
        "schema_version": SCHEMA_VERSION,
        "scenario": "by-hand",
        "seed": 1,
        "satellites": 4,
        "links": 3,
        "slots": 12,
        "slot_ns": SLOT_NS,
        "end_ns": 12 * SLOT_NS,
        "epoch": "2026-01-01T00:00:00",
        "placements": [
            {
                "name": name,
                "bound_s": bound_s,
                "expected_s_per_token": 1.5 if "analytic" in engines else None,
                "analytic_s_per_token": 1.5 if "analytic" in engines else None,
                "packet_s_per_token": 1.5 if "packet" in engines else None,
                "background": None,
            }
            for name in placements
        ],
    }
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return load(folder)


def steps(latency_ns, **parts_ns):
    """Columns of tokens of one sequence; parts that are not given are zero, the rest is light."""
    latency_ns = np.asarray(latency_ns)
    given = {part: np.asarray(parts_ns.get(part, np.zeros_like(latency_ns))) for part in PARTS}
    given["propagation"] = latency_ns - sum(each for part, each in given.items() if part != "propagation")
    return {
        "sequence": np.zeros(len(latency_ns), int),
        "token": np.arange(len(latency_ns)),
        "start_ns": np.zeros(len(latency_ns), int),
        "latency_ns": latency_ns,
        **{f"{part}_ns": each for part, each in given.items()},
    }
