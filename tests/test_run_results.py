"""What a run leaves is what one reads: tables, summary, labelled arrays, with any tool."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacemoe_ns3 import load
from spacemoe_ns3.errors import InputError
from spacemoe_ns3.results import LEG_PARTS, PARTS
from spacemoe_ns3.schema import PARTS_FOLDER, TABLES

ROOT = Path(__file__).parents[1]
TOKENS, LAYERS, TOP_K, PLACEMENTS = 6, 6, 2, 2
pytestmark = pytest.mark.packet


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of `first_ring.py`, two placements, both engines."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    command = ["run", "scenarios/first_ring.py", "--tokens", f"{TOKENS}", "--out", str(folder), "--quiet"]
    command += ["--placement", "spacemoe", "--placement", "rand-place"]
    subprocess.run([sys.executable, "-m", "spacemoe_ns3", *command], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def results(run):
    return load(run)


def test_every_table_is_there_with_the_columns_of_the_schema(results):
    assert results.table_names == tuple(TABLES)
    for name, table in TABLES.items():
        assert results.table(name).column_names == list(table.column_names())


def test_every_file_carries_units_and_definitions(run):
    for table in TABLES.values():
        schema = pq.read_schema(run / table.file_name)
        assert schema.metadata[b"row"].decode() == table.row
        for column in table.columns:
            metadata = schema.field(column.name).metadata
            assert (metadata[b"unit"].decode(), metadata[b"meaning"].decode()) == (
                column.unit,
                column.meaning,
            )


def test_a_unit_ends_the_name_of_a_column_that_has_one():
    """The unit that a name ends with is the one that the schema says."""
    endings = {"ns": "_ns", "s": "_s", "m": "_m", "m/s": "_m_s", "bytes": "bytes", "packets ns": "_ns"}
    for table in TABLES.values():
        for column in table.columns:
            if column.unit:
                assert column.name.endswith(endings[column.unit]), (table.name, column.name)


def test_rows_are_as_many_as_were_sent_and_computed(results):
    """Each token: in each layer K dispatches and results and a residual; a gateway, K experts; a head."""
    both = TOKENS * PLACEMENTS * 2
    assert results.tokens.num_rows == both
    assert results.layers.num_rows == both * LAYERS
    assert results.messages.num_rows == both * LAYERS * (2 * TOP_K + 1)
    assert results.jobs.num_rows == both * (LAYERS * (1 + TOP_K) + 1)
    assert results.requests.num_rows == len(set(results.columns("tokens")["sequence"])) * PLACEMENTS * 2


@pytest.mark.parametrize("name", ["tokens", "layers", "critical_path", "messages"])
def test_the_parts_of_every_row_sum_to_its_duration(results, name):
    columns = results.columns(name)
    parts = LEG_PARTS if name == "messages" else PARTS
    ends = {"critical_path": ("start_ns", "end_ns"), "messages": ("sent_ns", "arrived_ns")}
    duration = columns["latency_ns"] if name not in ends else columns[ends[name][1]] - columns[ends[name][0]]

    assert np.array_equal(sum(columns[f"{part}_ns"] for part in parts), duration)


def test_an_expert_is_ready_when_its_dispatch_has_arrived(results):
    """Two tables that were made apart meet: messages and jobs."""
    keys = ("placement", "engine", "sequence", "token", "layer", "expert")
    messages, jobs = results.columns("messages"), results.columns("jobs")

    def by_key(columns, kind, value):
        rows = np.flatnonzero(columns["kind"] == kind)
        return {tuple(columns[key][row] for key in keys): columns[value][row] for row in rows}

    assert by_key(messages, "dispatch", "arrived_ns") == by_key(jobs, "expert", "submitted_ns")
    assert by_key(messages, "result", "sent_ns") == by_key(jobs, "expert", "finished_ns")
    assert by_key(messages, "dispatch", "to_satellite") == by_key(jobs, "expert", "satellite")


def test_the_messages_of_the_packets_are_the_traffic_between_satellites(results):
    """`traffic` counts what the packet engine received; `messages` lists it one by one."""
    messages = results.columns("messages", placement="spacemoe", engine="packet")
    traffic = results.columns("traffic", placement="spacemoe", engine="packet")
    keys = ("from_satellite", "to_satellite", "kind")
    counted: dict[tuple, int] = {}
    for key in zip(*(messages[name] for name in keys), strict=True):
        counted[key] = counted.get(key, 0) + 1

    rows = zip(*(traffic[name] for name in (*keys, "messages")), strict=True)
    assert counted == {tuple(key): count for *key, count in rows}


def test_in_an_idle_network_both_engines_list_the_same_messages_and_jobs(results):
    for name in ("messages", "jobs", "requests"):
        formula, packets = (results.columns(name, engine=engine) for engine in ("analytic", "packet"))
        for column, values in formula.items():
            if column != "engine" and column not in {f"{part}_ns" for part in LEG_PARTS}:
                np.testing.assert_array_equal(values, packets[column], err_msg=f"{name}.{column}")


def test_the_summary_is_the_mean_of_the_table(results):
    for placement in results.placements:
        for engine in results.engines(placement):
            tokens = results.columns("tokens", placement=placement, engine=engine)
            told = results.placement(placement)[f"{engine}_s_per_token"]
            assert tokens["latency_ns"].sum() / TOKENS / 1e9 == pytest.approx(told, rel=1e-12)


def test_labelled_arrays_hold_the_tables(results):
    array = results.to_xarray()
    tokens = results.columns("tokens", placement="rand-place", engine="packet")

    picked = array.sel(placement="rand-place", engine="packet")
    assert picked["latency_ns"].values.tolist() == tokens["latency_ns"].tolist()
    assert np.array_equal(array["part_ns"].sum("part"), array["latency_ns"])
    assert np.array_equal(array["layer_part_ns"].sum("part"), array["layer_latency_ns"])
    assert array.sizes["layer"] == LAYERS
    by_hand = results.summary["placements"][1]["hosts"]["experts"]
    assert array["expert"].sel(placement="rand-place").values.tolist() == by_hand


def test_pandas_polars_and_duckdb_read_a_table_in_a_line(run, results):
    import duckdb
    import pandas as pd
    import polars as pl

    file = run / "tokens.parquet"
    total = int(pa.compute.sum(results.tokens["latency_ns"]).as_py())

    assert pd.read_parquet(file)["latency_ns"].sum() == total
    assert pl.read_parquet(file)["latency_ns"].sum() == total
    assert duckdb.sql(f"select sum(latency_ns) from '{file}'").fetchall() == [(total,)]


def test_a_notebook_shows_the_run_and_escapes_its_names(run, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("summary.json", "manifest.json"):
        (folder / name).write_text((run / name).read_text().replace('"first-ring"', '"<b>ring</b>"'))

    html = load(folder)._repr_html_()

    assert "&lt;b&gt;ring&lt;/b&gt;" in html
    assert "<b>ring</b>" not in html
    assert re.findall(r"<td>(spacemoe|rand-place)</td>", html) == ["spacemoe", "rand-place"]


def test_parts_of_a_run_that_goes_on_are_read_as_one_table(run, tmp_path, results):
    folder = tmp_path / "unfinished"
    (folder / PARTS_FOLDER / "tokens").mkdir(parents=True)
    for name in ("summary.json", "manifest.json"):
        (folder / name).write_text((run / name).read_text())
    for number, start in enumerate((0, 10)):
        part = results.tokens.slice(start, 10 if start == 0 else None)
        pq.write_table(part, folder / PARTS_FOLDER / "tokens" / f"a.packet.{number:06d}.parquet")

    assert load(folder).tokens["latency_ns"].to_pylist() == results.tokens["latency_ns"].to_pylist()
    assert load(folder).table_names == ("tokens",)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "has no manifest.json; name the folder of a run"),
        ({"manifest.json": "{}"}, "has no summary.json"),
        ({"manifest.json": "{", "summary.json": "{}"}, "manifest.json: cannot be read"),
        ({"manifest.json": "{}", "summary.json": "[]"}, "summary.json: is no object"),
        ({"manifest.json": "{}", "summary.json": '{"schema_version": 99}'}, "have version 99"),
    ],
)
def test_what_is_no_run_is_refused_in_a_sentence(tmp_path, files, sentence):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(InputError, match=re.escape(sentence)):
        load(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        load(tmp_path / "nowhere")


def test_unknown_names_are_refused_with_those_there_are(results):
    with pytest.raises(InputError, match="has no table 'token'; it has requests, tokens"):
        results.table("token")
    with pytest.raises(InputError, match="has no placement 'space'; it has spacemoe, rand-place"):
        results.placement("space")
    with pytest.raises(AttributeError, match="no attribute 'token'"):
        _ = results.token


def test_a_broken_file_is_refused_in_a_sentence(run, tmp_path):
    for name in ("summary.json", "manifest.json"):
        (tmp_path / name).write_text((run / name).read_text())
    (tmp_path / "tokens.parquet").write_bytes(b"PAR1 no more")

    with pytest.raises(InputError, match=r"tokens\.parquet: cannot be read"):
        load(tmp_path).table("tokens")


def test_the_manifest_names_scenario_seed_versions_command_and_duration(results):
    manifest = results.manifest
    source = (ROOT / "scenarios" / "first_ring.py").read_text()

    assert manifest["scenario"]["source"] == source
    assert manifest["options"]["seed"] == results.summary["seed"]
    assert manifest["command"][1:3] == ["run", "scenarios/first_ring.py"]
    assert manifest["duration_s"] > 0
    assert json.loads(json.dumps(manifest)) == manifest
