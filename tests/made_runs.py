"""Folders of runs made by hand, with the tables that comparisons read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spacemoe_ns3.results import PARTS
from spacemoe_ns3.schema import TABLES

MS = 10**6  # nanoseconds
DECLARED = (
    "Scenario(name='made', links=LaserLinks(rate_bps=1e9), activation=Dirichlet(concentration=2), "
    "decoding=Decoding(tokens=4, tokens_per_sequence=2), traffic=Traffic(arrivals=EvenlySpread(), "
    "batch=1, prompt_tokens=0), seed=7)"
)
MODEL = {"name": "small", "layers": 2, "experts": 4, "top_k": 1}

Latencies = Mapping[tuple[str, str], list[list[float]]]
"""Milliseconds of each token of each sequence, by placement and engine."""


def make_run(
    folder: Path,
    latencies_ms: Latencies,
    *,
    seed: int = 7,
    declared: str = DECLARED,
    inputs: Mapping[str, str] | None = None,
    **summary: Any,
) -> Path:
    """Write the folder of a run.

    All of a token's latency is light time; further keys go into the summary.
    """
    folder.mkdir(parents=True)
    names = dict.fromkeys(placement for placement, _ in latencies_ms)
    told = [
        {
            "name": name,
            **{
                f"{engine}_s_per_token": _mean_s(latencies_ms, name, engine)
                for engine in ("analytic", "packet")
            },
        }
        for name in names
    ]
    about = {"schema_version": 1, "scenario": "made", "seed": seed, "model": MODEL, "placements": told}
    digests = [{"path": path, "sha256": digest} for path, digest in (inputs or {}).items()]
    scenario = {"declares": declared, "inputs": digests}
    (folder / "summary.json").write_text(json.dumps({**about, **summary}))
    (folder / "manifest.json").write_text(json.dumps({"status": "complete", "scenario": scenario}))
    for name, rows in (("tokens", _tokens(latencies_ms)), ("requests", _requests(latencies_ms))):
        write_table(folder, name, rows)
    return folder


def write_table(folder: Path, name: str, rows: list[dict[str, Any]], *, unit: str | None = None) -> None:
    """Write a table with the columns of the schema that the rows have; `unit` in place of theirs."""
    fields = [
        pa.field(
            column.name,
            {"name": pa.string(), "int": pa.int64(), "float": pa.float64()}[column.kind],
            metadata={"unit": column.unit if unit is None else unit},
        )
        for column in TABLES[name].columns
        if column.name in rows[0]
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(fields)), folder / f"{name}.parquet")


def _mean_s(latencies_ms: Latencies, placement: str, engine: str) -> float | None:
    sequences = latencies_ms.get((placement, engine))
    return None if sequences is None else float(np.mean(np.concatenate(sequences))) / 1e3


def _tokens(latencies_ms: Latencies) -> list[dict[str, Any]]:
    return [
        {
            **{"placement": placement, "engine": engine, "sequence": sequence, "token": token},
            **{f"{part}_ns": 0 for part in PARTS},
            **{name: round(ms * MS) for name in ("latency_ns", "propagation_ns")},
        }
        for (placement, engine), sequences in latencies_ms.items()
        for sequence, tokens in enumerate(sequences)
        for token, ms in enumerate(tokens)
    ]


def _requests(latencies_ms: Latencies) -> list[dict[str, Any]]:
    return [
        {
            **{"placement": placement, "engine": engine, "sequence": sequence, "tokens": len(tokens)},
            "first_token_ns": round(tokens[0] * MS),
            "latency_ns": round(sum(tokens) * MS),
            "time_per_token_ns": sum(tokens[1:]) * MS / (len(tokens) - 1) if len(tokens) > 1 else None,
        }
        for (placement, engine), sequences in latencies_ms.items()
        for sequence, tokens in enumerate(sequences)
    ]
