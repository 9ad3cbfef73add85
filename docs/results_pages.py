"""The tables of ``docs/results.md``, made from the schema of a run and from the published JSON Schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spacemoe_ns3.schema import TABLES, Table

MEMORY = Path(__file__).parent / "data" / "memory.benchmark.json"
SCHEMAS = Path(__file__).parents[1] / "spacemoe_ns3" / "json_schemas"


def files_table() -> str:
    """Return which table is in which file, in Markdown."""
    lines = ["| file | a row is | of |", "|---|---|---|"]
    for table in TABLES.values():
        of = {0: "the run", 1: "the packets", 2: "both engines"}[len(table.engines)]
        if not table.engines and table.columns[0].name == "placement":
            of = "the placements"
        lines.append(f"| [`{table.file_name}`](#{table.name}) | {table.row} | {of} |")
    return "\n".join(lines)


def columns_tables() -> str:
    """Return every column of every table, in Markdown."""
    return "\n\n".join("\n".join(_columns(table)) for table in TABLES.values())


def memory_table() -> str:
    """Return how much memory runs took, in Markdown."""
    rows = json.loads(MEMORY.read_text())["rows"]
    lines = ["| tokens | tables | the run, MB | its simulation, MB |", "|---:|---|---:|---:|"]
    for row in rows:
        lines.append(
            f"| {row['tokens']:,} | {row['way']} | {row['run_mb']:.0f} | {row['simulation_mb']:.0f} |"
        )
    return "\n".join(lines)


def keys_table(name: str) -> str:
    """Return the keys of a JSON file, in Markdown.

    Parameters
    ----------
    name
        ``summary`` or ``manifest``.
    """
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return "\n".join(["| key | meaning |", "|---|---|", *_keys(schema, "")])


def _columns(table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    yield ""
    yield f"`{table.file_name}`: a row is {table.row}."
    yield ""
    yield "| column | type | unit | meaning |"
    yield "|---|---|---|---|"
    for column in table.columns:
        yield f"| `{column.name}` | {column.kind} | {column.unit} | {column.meaning} |"


def _keys(schema: dict[str, Any], path: str) -> Iterator[str]:
    """Yield a row a key, those of objects and lists behind their own."""
    for key, about in schema.get("properties", {}).items():
        here = f"{path}{key}"
        is_list = about.get("type") == "array"
        yield f"| `{here}{'[]' if is_list else ''}` | {about.get('description', '')} |"
        for inner in (about, about.get("items", {}), *about.get("anyOf", ())):
            yield from _keys(inner, f"{here}{'[]' if is_list else ''}.")
