"""Reading files of measured activation: layouts, and a sentence for whatever is wrong with one."""

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe.activation import read_counts, read_trace

EXPERTS = [[0, 3], [1, 2], [2, 1], [3, 0]]
TRACE = {"token": [0, 0, 1, 1], "layer": [0, 1, 0, 1], "experts": EXPERTS}
COUNTS = {"layer": [0, 0, 1, 1], "expert": [0, 1, 0, 1], "count": [3, 1, 2, 2]}


def table(path, columns, **changed):
    columns = {name: values for name, values in {**columns, **changed}.items() if values is not None}
    parquet.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.int16()), pa.large_list(pa.uint8()), pa.list_(pa.int64(), 2)], ids=str
)
def test_lists_of_any_kind_of_whole_numbers_are_read(tmp_path, kind):
    path = table(tmp_path / "t.parquet", TRACE, experts=pa.array(EXPERTS, kind))

    activations, row = read_trace(path)

    assert activations.tolist() == [EXPERTS[:2], EXPERTS[2:]]
    assert row.tolist() == [[0, 1], [2, 3]]


def test_a_column_for_each_place_does_as_well_as_lists(tmp_path):
    first, second = zip(*EXPERTS, strict=True)
    path = table(tmp_path / "t.parquet", TRACE, experts=None, expert_0=first, expert_1=second)

    assert read_trace(path)[0].tolist() == [EXPERTS[:2], EXPERTS[2:]]


def test_rows_may_be_in_any_order_and_layers_numbered_as_in_the_model(tmp_path):
    """Layers 1 and 4 have experts, the others are dense; tokens 7 and 9 were kept."""
    path = table(tmp_path / "t.parquet", {"token": [9, 7, 9, 7], "layer": [4, 4, 1, 1], "experts": EXPERTS})

    activations, row = read_trace(path)

    assert row.tolist() == [[3, 1], [2, 0]]
    assert activations.tolist() == [[[3, 0], [1, 2]], [[2, 1], [0, 3]]]


def test_counts_may_be_in_any_order(tmp_path):
    path = table(tmp_path / "c.parquet", COUNTS, layer=[5, 2, 2, 5], expert=[1, 1, 0, 0])

    assert read_counts(path).tolist() == [[2, 1], [2, 3]]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"layer": None}, r"columns token, experts given, must be token, layer and experts"),
        ({"experts": None, "expert_1": [1, 2, 3, 0]}, r"columns token, layer, expert_1 given, must be token"),
        ({"experts": ["0 3", "1 2", "2 1", "3 0"]}, r"column experts: string given, must be lists of whole"),
        ({"experts": [[0.5]] * 4}, r"column experts: list<.*double> given, must be lists of whole numbers"),
        ({"experts": [[0, 3], [1, 2], [2], [3, 0]]}, r"experts\[2\]: 1 experts given, .* first row, 2"),
        ({"experts": [[0, 3], None, [2, 1], [3, 0]]}, r"experts\[1\]: nothing given, must be a value"),
        ({"experts": [[0, 3], [1, None], [2, 1], [3, 0]]}, r"experts \(flattened\)\[3\]: nothing given"),
        ({"token": [0, None, 1, 1]}, r"token\[1\]: nothing given, must be a value"),
        ({"token": [0.5, 0.5, 1.0, 1.0]}, r"column token: double given, must be whole numbers"),
        ({"layer": [0, 1, 0, 0]}, r"rows 2 and 3: token 1, layer 0 given twice, must be once"),
        ({"token": [0, 0, 1, 2]}, r"no row for token 1, layer 1, must be one; leave out the token"),
        ({"token": [], "layer": [], "experts": []}, r"no rows given, must be at least one"),
    ],
)
def test_a_table_of_tokens_that_breaks_a_rule_is_refused(tmp_path, changed, words):
    path = table(tmp_path / "t.parquet", TRACE, **changed)

    with pytest.raises(ScenarioError, match=rf"t\.parquet: {words}"):
        read_trace(path)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"count": None}, r"columns layer, expert given, must be layer, expert, count"),
        ({"expert": [0, 2, 0, 2]}, r"column expert: numbers from 0 to 2 given, must be 0 to 1 without a gap"),
        ({"expert": [0, 1, 0, 0]}, r"rows 2 and 3: layer 1, expert 0 given twice"),
        ({"layer": [0, 0, 1, 2]}, r"no row for layer 1, expert 1, must be one"),
        ({"count": [1, 2, None, 4]}, r"count\[2\]: nothing given"),
        ({"count": ["1", "2", "3", "4"]}, r"counts: .* given, must be numbers, layers by experts"),
    ],
)
def test_a_table_of_counts_that_breaks_a_rule_is_refused(tmp_path, changed, words):
    path = table(tmp_path / "c.parquet", COUNTS, **changed)

    with pytest.raises(ScenarioError, match=rf"c\.parquet: {words}"):
        read_counts(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"expert": [[[0]]]}, r"key experts: 'experts' is not known; did you mean expert"),
        ([[[0]]], r'must be an object such as \{"experts": \[\.\.\.\]\}'),
        ({"experts": [[[0, 1], [2]]]}, r"experts: lists of different lengths given"),
        (
            {"experts": [[0, 1]]},
            r"experts: int64 of shape \(1, 2\) given, must be whole numbers, tokens by layers",
        ),
        ({"experts": [[[0.5, 1]]]}, r"experts: float64 of shape \(1, 1, 2\) given, must be whole numbers"),
        ({"experts": []}, r"experts: float64 of shape \(0,\) given"),
    ],
)
def test_json_that_breaks_a_rule_is_refused(tmp_path, content, words):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ScenarioError, match=rf"t\.json: {words}"):
        read_trace(path)


def test_an_archive_without_the_array_is_refused_with_what_it_has(tmp_path):
    np.savez(tmp_path / "t.npz", counts=np.ones((2, 2)))

    with pytest.raises(ScenarioError, match=r"array experts: 'experts' is not known; did you mean counts"):
        read_trace(tmp_path / "t.npz")


@pytest.mark.parametrize("read", [read_trace, read_counts])
@pytest.mark.parametrize("ending", ["npz", "json", "parquet"])
def test_a_file_that_is_missing_or_spoiled_is_refused(tmp_path, read, ending):
    path = tmp_path / f"file.{ending}"
    for content in (None, b"", b"spoiled, whatever it should be"):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ScenarioError, match=rf"activation\.path: .*file\.{ending} cannot be read \(.+\)"):
            read(path)


def test_an_archive_of_python_objects_is_not_unpickled(tmp_path):
    np.savez(tmp_path / "t.npz", experts=np.array([{"a": 1}], dtype=object))

    with pytest.raises(ScenarioError, match=r"cannot be read \(Object arrays cannot be loaded"):
        read_trace(tmp_path / "t.npz")


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(
        ScenarioError, match=r"activation\.path: .*t\.pt given, must end in \.parquet, \.npz or"
    ):
        read_trace(tmp_path / "t.pt")
