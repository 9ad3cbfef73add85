"""What a comparison prints: never a mean without its interval."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from made_runs import make_run
from rich.console import Console

from spacemoe_ns3 import load
from spacemoe_ns3.comparison import compare
from spacemoe_ns3.report.compare import comparison_object, render_comparison

NEAR = [[10.0, 12.0], [11.0, 13.0], [14.0, 14.0], [9.0, 11.0]]
FAR = [[20.0, 22.0], [21.5, 23.0], [24.0, 24.5], [19.0, 21.0]]


def printed(comparison, *, width=130) -> str:
    text = io.StringIO()
    render_comparison(comparison, console=Console(file=text, width=width, highlight=False))
    return text.getvalue()


@pytest.fixture
def run(tmp_path):
    return load(make_run(tmp_path / "a", {("near", "packet"): NEAR, ("far", "packet"): FAR}))


def test_rows_say_mean_and_difference_with_their_intervals(run):
    """By hand: sequences' means 11, 12, 14, 10, deviation 1.7078, over root 4, times 3.1824, is 2.7175.

    Differences 10, 10.25, 10.25, 10: mean 10.125, deviation 0.1443, half width 0.2297.
    """
    text = printed(compare([run]))

    assert text.startswith("Latency of a token, ms, with 95 % confidence intervals\n")
    assert re.search(r"^near +4 +8 +11\.8 ± 2\.7 ", text, re.MULTILINE)
    assert re.search(r"^far +\+10\.1[23] ± 0\.23 +.* paired", text, re.MULTILINE)


def test_nothing_is_printed_of_a_single_sequence(tmp_path):
    alone = load(make_run(tmp_path / "a", {("near", "packet"): NEAR[:1], ("far", "packet"): FAR[:1]}))

    text = printed(compare([alone]))

    assert text.count("1 sequence: no interval") == 2
    assert not re.search(r"\d\.\d", text)
    found = comparison_object(compare([alone]))
    assert [row["mean"] for row in found["rows"]] == [None, None]


def test_the_unit_is_one_in_which_the_mean_has_digits(tmp_path):
    for name, scale, unit in (("s", 1e3, "s"), ("ms", 1.0, "ms"), ("us", 1e-3, "µs"), ("ns", 5e-6, "ns")):
        values = [[ms * scale for ms in sequence] for sequence in NEAR]
        results = load(make_run(tmp_path / name, {("near", "packet"): values}))
        assert printed(compare([results])).startswith(f"Latency of a token, {unit}, ")


def test_an_end_that_nothing_bounds_is_said(run):
    text = printed(compare([run]))

    assert "≥ " in text
    assert "the 99th percentile 368" in text


def test_why_rows_are_not_paired_is_said(tmp_path, run):
    other = load(make_run(tmp_path / "b", {("near", "packet"): FAR}, seed=8))

    text = printed(compare([run, other]))

    assert "unpaired: other seed" in text
    assert "as samples that have nothing to do with each other" in text


def test_sequences_that_drift_are_told_about(tmp_path):
    drifting = [[10 + np.sin(step / 10)] for step in range(60)]
    results = load(make_run(tmp_path / "b", {("near", "packet"): drifting}))

    assert "resemble each other" in printed(compare([results]))


def test_a_row_alone_is_compared_with_nothing(run):
    text = printed(compare([run], placements=["near"]))

    assert "Compared with" not in text
    assert "difference" not in text


def test_tables_fit_eighty_columns_for_a_single_run(run):
    assert max(map(len, printed(compare([run]), width=80).split("\n\n")[1].splitlines())) <= 80


def test_the_object_holds_what_is_printed_and_no_infinite_number(run):
    found = json.loads(json.dumps(comparison_object(compare([run])), allow_nan=False))

    assert found["unit"] == "ns"
    assert found["baseline"] == {"run": "a", "placement": "near", "engine": "packet"}
    near, far = found["rows"]
    assert near["mean"]["low"] < near["mean"]["value"] == 11.75e6 < near["mean"]["high"]
    assert near["p99"]["high"] is None
    assert near["difference"] is near["ratio"] is None
    assert far["difference"]["value"] == pytest.approx(10.125e6)
    assert far["pairing"] == "paired"
