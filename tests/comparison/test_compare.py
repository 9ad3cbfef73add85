"""A comparison of runs made by hand: means, differences, pairs, baselines, and what is refused."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from made_runs import make_run, write_table
from scipy import stats

from spacemoe_ns3 import load
from spacemoe_ns3.comparison import METRICS, compare
from spacemoe_ns3.errors import InputError

NEAR = [[10.0, 12.0], [11.0, 13.0], [14.0, 14.0], [9.0, 11.0]]
FAR = [[20.0, 22.0], [21.5, 23.0], [24.0, 24.5], [19.0, 21.0]]
NEAR_MEANS, FAR_MEANS = np.array([11.0, 12.0, 14.0, 10.0]), np.array([21.0, 22.25, 24.25, 20.0])
MS = 1e6
BY_BOTH = {("near", "packet"): NEAR, ("near", "analytic"): NEAR, ("far", "packet"): FAR}


@pytest.fixture
def run(tmp_path):
    return load(make_run(tmp_path / "a", BY_BOTH))


def by_name(comparison):
    return {(row.run, row.placement, row.engine): row for row in comparison.rows}


def test_a_row_a_placement_with_the_packets_where_there_are_any(tmp_path):
    results = load(make_run(tmp_path / "a", {("near", "packet"): NEAR, ("far", "analytic"): FAR}))

    assert list(by_name(compare([results]))) == [("a", "near", "packet"), ("a", "far", "analytic")]


def test_means_and_paired_differences_are_students_of_the_sequences(run):
    near, far = compare([run]).rows
    mean = stats.ttest_1samp(NEAR_MEANS, 0).confidence_interval(0.95)
    difference = stats.ttest_rel(FAR_MEANS, NEAR_MEANS).confidence_interval(0.95)

    assert (near.mean.low / MS, near.mean.high / MS) == pytest.approx(tuple(mean))
    assert (far.difference.low / MS, far.difference.high / MS) == pytest.approx(tuple(difference))
    assert far.ratio.value == pytest.approx(FAR_MEANS.mean() / NEAR_MEANS.mean())
    assert (near.values, near.sequences) == (8, 4)
    assert [near.pairing, far.pairing] == ["baseline", "paired"]
    assert near.difference is near.ratio is None


def test_the_mean_is_that_of_all_tokens_where_sequences_differ_in_length(tmp_path):
    results = load(make_run(tmp_path / "a", {("near", "packet"): [[10.0, 10.0, 10.0], [30.0]]}))

    assert compare([results]).rows[0].mean.value / MS == pytest.approx(15.0)


def test_runs_of_other_seeds_are_compared_by_welch(tmp_path):
    first = load(make_run(tmp_path / "a", {("near", "packet"): NEAR}))
    second = load(make_run(tmp_path / "b", {("near", "packet"): FAR}, seed=8))
    expected = stats.ttest_ind(FAR_MEANS, NEAR_MEANS, equal_var=False).confidence_interval(0.95)

    row = compare([first, second]).rows[1]

    assert row.pairing == "unpaired: other seed"
    assert (row.difference.low / MS, row.difference.high / MS) == pytest.approx(tuple(expected))


def test_runs_with_the_same_draws_are_compared_sequence_by_sequence(tmp_path):
    faster = make_run(tmp_path / "b", {("near", "packet"): FAR})
    runs = [load(make_run(tmp_path / "a", {("near", "packet"): NEAR})), load(faster)]

    assert compare(runs).rows[1].pairing == "paired"


def test_with_fewer_tokens_there_are_no_pairs(tmp_path):
    fewer = make_run(tmp_path / "b", {("near", "packet"): NEAR[:3]})
    runs = [load(make_run(tmp_path / "a", {("near", "packet"): NEAR})), load(fewer)]

    assert compare(runs).rows[1].pairing == "unpaired: other tokens"


def test_rows_in_another_order_are_paired_by_sequence_and_token(tmp_path, run):
    folder = make_run(tmp_path / "b", {("near", "packet"): NEAR})
    write_table(folder, "tokens", load(folder).tokens.to_pylist()[::-1])

    row = compare([run, load(folder)], placements=["near"]).rows[1]

    assert row.pairing == "paired"
    assert (row.difference.low, row.difference.high) == (0, 0)


def test_a_single_sequence_has_no_figures_at_all(tmp_path):
    alone = {("near", "packet"): NEAR[:1], ("far", "packet"): FAR[:1]}

    for row in compare([load(make_run(tmp_path / "a", alone))]).rows:
        assert row.mean is row.median is row.p99 is row.difference is row.ratio is None
        assert row.sequences == 1


def test_four_sequences_do_not_bound_the_tail(run):
    near = compare([run]).rows[0]

    assert math.isinf(near.p99.high)


@pytest.mark.parametrize(
    ("metric", "means"),
    [
        ("first-token", [10.0, 11.0, 14.0, 9.0]),
        ("time-per-token", [12.0, 13.0, 14.0, 11.0]),
        ("request", [22.0, 24.0, 28.0, 20.0]),
        ("propagation", [11.0, 12.0, 14.0, 10.0]),
        ("queueing", [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_each_metric_is_its_column(run, metric, means):
    near = compare([run], metric=metric).rows[0]

    assert near.mean.value / MS == pytest.approx(np.mean(means))
    assert near.sequences == 4


def test_all_metrics_are_in_one_unit():
    assert {metric.unit for metric in METRICS.values()} == {"ns"}


def test_requests_of_one_token_have_no_time_per_token(tmp_path):
    mixed = load(make_run(tmp_path / "a", {("near", "packet"): [[10.0, 12.0], [11.0], [9.0, 9.0]]}))
    none = load(make_run(tmp_path / "b", {("near", "packet"): [[10.0], [11.0]]}))

    assert compare([mixed], metric="time-per-token").rows[0].values == 2
    with pytest.raises(InputError, match=re.escape("--metric time-per-token: run")):
        compare([mixed, none], metric="time-per-token")


@pytest.mark.parametrize(
    ("named", "row"),
    [
        (None, ("a", "near", "packet")),
        ("b", ("b", "near", "packet")),
        ("b:far", ("b", "far", "packet")),
        (":far", ("a", "far", "packet")),
    ],
)
def test_the_baseline_is_what_is_named(tmp_path, run, named, row):
    runs = [run, load(make_run(tmp_path / "b", BY_BOTH))]
    base = compare(runs, baseline=named).baseline

    assert (base.run, base.placement, base.engine) == row


def test_the_baseline_may_be_named_by_its_path(tmp_path, run):
    runs = [run, load(make_run(tmp_path / "sub:folder" / "b", BY_BOTH))]

    for named in (f"{runs[1].folder}", f"{runs[1].folder}/", f"{runs[1].folder}:near"):
        assert compare(runs, baseline=named).baseline.run == "b"


def test_runs_of_one_name_are_told_apart_by_their_paths(tmp_path, run):
    other = load(make_run(tmp_path / "x" / "a", BY_BOTH))

    assert {row.run for row in compare([run, other]).rows} == {str(run.folder), str(other.folder)}


def test_both_engines_on_request(run):
    rows = compare([run], engines=["analytic", "packet"], placements=["near"]).rows

    assert [row.engine for row in rows] == ["packet", "analytic"]
    assert rows[1].pairing == "paired"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"metric": "latencies"}, "--metric: 'latencies' is not known; did you mean latency"),
        ({"placements": ["nea"]}, "--placement: 'nea' is not known; did you mean near"),
        ({"baseline": "c"}, "--baseline: 'c' is not compared; name one of a:near, a:far"),
        ({"baseline": "a:fra"}, "--baseline: 'a:fra' is not compared"),
        ({"level": 95}, "--level: 95 given, must be between 0 and 1"),
        ({"placements": ["far"], "engines": ["analytic"]}, "has none of it; it has packet"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(run, options, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        compare([run], **options)


def test_a_run_without_any_of_the_placements_is_refused(tmp_path, run):
    other = load(make_run(tmp_path / "b", {("far", "packet"): FAR}))

    with pytest.raises(InputError, match="b: has no placement near; it has far"):
        compare([run, other], placements=["near"])


def test_a_run_given_twice_and_a_study_are_refused(tmp_path, run):
    study = load(make_run(tmp_path / "s", BY_BOTH, study={"seeds": [1, 2]}))

    with pytest.raises(InputError, match="a: given twice"):
        compare([run, run])
    with pytest.raises(InputError, match="s: is of a study"):
        compare([run, study])
    with pytest.raises(InputError, match="no run given"):
        compare([])


def test_another_unit_and_a_missing_column_or_table_are_refused(tmp_path, run):
    tokens = run.tokens.to_pylist()
    in_seconds, without = (make_run(tmp_path / name, BY_BOTH) for name in ("s", "w"))
    write_table(in_seconds, "tokens", tokens, unit="s")
    write_table(without, "tokens", [{**row} for row in tokens])
    write_table(without, "tokens", [{k: v for k, v in row.items() if k != "queueing_ns"} for row in tokens])
    (without / "requests.parquet").unlink()

    with pytest.raises(InputError, match=r"tokens\.latency_ns is in 's', must be in 'ns'"):
        compare([run, load(in_seconds)])
    with pytest.raises(InputError, match="tokens has no column queueing_ns"):
        compare([run, load(without)], metric="queueing")
    with pytest.raises(InputError, match="has no table 'requests'"):
        compare([run, load(without)], metric="request")
