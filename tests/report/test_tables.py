"""The Parquet files: what was put in comes out."""

import dataclasses

import numpy as np
import pyarrow.parquet as pq
import pytest

from spacemoe_ns3.report import write_tables


@pytest.fixture
def folder(tmp_path, results):
    write_tables(tmp_path, results)
    return tmp_path


@pytest.mark.parametrize("name", ["tokens", "layers"])
def test_a_table_read_back_equals_the_arrays(folder, results, name):
    table = pq.read_table(folder / f"{name}.parquet")
    sides = [(results[0], "analytic"), (results[0], "packet"), (results[1], "analytic")]
    after = 0
    for result, engine in sides:
        columns = getattr(getattr(result, engine), name)
        rows = len(columns["latency_ns"])
        piece = table.slice(after, rows)
        assert set(piece["placement"].to_pylist()) == {result.placement.name}
        assert set(piece["engine"].to_pylist()) == {engine}
        for column, values in columns.items():
            assert np.array_equal(piece[column].to_numpy(), values)
        after += rows

    assert table.num_rows == after
    assert table.column_names == ["placement", "engine", *getattr(results[0].analytic, name)]


@pytest.mark.parametrize(
    ("name", "rows"), [("links", 4), ("link_intervals", 3), ("satellites", 5), ("traffic", 2)]
)
def test_a_table_of_the_packets_read_back_equals_the_arrays(folder, results, name, rows):
    """Of the placement that the packet engine has not simulated there are no rows."""
    table = pq.read_table(folder / f"{name}.parquet")
    columns = getattr(results[0].packet, name)

    assert table.column_names == ["placement", "engine", *columns]
    assert set(table["placement"].to_pylist()) == {"spacemoe"}
    assert table.num_rows == rows
    for column, values in columns.items():
        assert np.array_equal(table[column].to_numpy(), values)


@pytest.mark.parametrize("name", ["tokens", "layers", "links"])
def test_a_table_carries_the_version_of_its_schema(folder, name):
    assert pq.read_schema(folder / f"{name}.parquet").metadata[b"schema_version"] == b"1"


def test_the_largest_nanoseconds_come_out_as_they_went_in(tmp_path, results):
    """A float would lose the last digits of times above 2**53 ns."""
    long_ago = np.array([2**53 + 1, 2**62 + 1, 0, -1])
    tokens = {**results[1].analytic.tokens, "latency_ns": long_ago}
    changed = dataclasses.replace(
        results[1], analytic=dataclasses.replace(results[1].analytic, tokens=tokens)
    )

    write_tables(tmp_path, [changed])

    assert pq.read_table(tmp_path / "tokens.parquet")["latency_ns"].to_pylist() == long_ago.tolist()


def test_the_same_results_give_the_same_bytes(tmp_path, folder, results):
    again = tmp_path / "again"
    again.mkdir()
    write_tables(again, results)

    for name in ("tokens.parquet", "layers.parquet", "links.parquet"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_without_results_of_an_engine_there_is_no_table(tmp_path, results):
    write_tables(tmp_path, [dataclasses.replace(results[1], analytic=None)])

    assert not list(tmp_path.iterdir())


def test_a_fraction_is_not_cut_to_a_whole_number(tmp_path, results):
    tokens = {**results[1].analytic.tokens, "latency_ns": np.array([0.5, 1.0, 2.0, 3.0])}
    changed = dataclasses.replace(
        results[1], analytic=dataclasses.replace(results[1].analytic, tokens=tokens)
    )

    with pytest.raises(ValueError, match="column latency_ns: float64 given, must be whole numbers"):
        write_tables(tmp_path, [changed])


@pytest.mark.parametrize("change", ["a column more", "a column less"])
def test_columns_that_are_not_those_of_the_schema_are_refused(tmp_path, results, change):
    tokens = dict(results[1].analytic.tokens)
    if change == "a column more":
        tokens["surprise"] = tokens["latency_ns"]
    else:
        del tokens["compute_ns"]
    changed = dataclasses.replace(
        results[1], analytic=dataclasses.replace(results[1].analytic, tokens=tokens)
    )

    with pytest.raises(ValueError, match="table tokens: columns that are not in both"):
        write_tables(tmp_path, [changed])


def test_a_number_that_is_not_there_is_null(tmp_path, results):
    """One of three, so that the bits of what is there are not all equal."""
    hosts = {
        "layer": np.arange(3),
        "expert": np.array([-1, 0, 1]),
        "satellite": np.array([4, 5, 6]),
        "activation_probability": np.array([1.0, 0.25, 0.75]),
        "path_s": np.array([np.nan, 0.5, np.inf]),
    }
    write_tables(tmp_path, [dataclasses.replace(results[0], hosts=hosts)])

    assert pq.read_table(tmp_path / "hosts.parquet")["path_s"].to_pylist() == [None, 0.5, np.inf]
