"""Laws from files: counts give activation probabilities, traces are replayed, in each format alike."""

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from spacemoe_ns3 import MeasuredCounts, RoutingTrace
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.streams import stream

TOLERANCE = 1e-10  # what MeasuredCounts promises
COUNTS = np.array([[30, 50, 20, 100], [200, 0, 25, 175]])  # of 100 and 200 tokens, two experts each
EXPERTS = np.array([[[0, 3], [1, 2]], [[2, 1], [3, 0]], [[3, 1], [0, 1]]])  # three tokens, two layers
MODEL = {"layers": 2, "experts": 4, "top_k": 2}


def gating(law, **model):
    return law.gating(**{**MODEL, **model}, random=stream(1, "activation.weights"))


def write(path, *, values, name):
    """Write an array as the format that the path ends in."""
    if path.suffix == ".npz":
        np.savez(path, **{name: values})
    elif path.suffix == ".json":
        path.write_text(json.dumps({name: values.tolist()}), encoding="utf-8")
    else:
        first, second = (each.ravel() for each in np.indices(values.shape[:2]))
        if name == "counts":
            columns = {"layer": first, "expert": second, "count": values.ravel()}
        else:
            columns = {
                "token": first,
                "layer": second,
                "experts": values.reshape(-1, values.shape[2]).tolist(),
            }
        parquet.write_table(pa.table(columns), path)
    return path


@pytest.fixture(params=["npz", "json", "parquet"])
def ending(request):
    return request.param


def test_counts_come_out_as_the_activation_probabilities(tmp_path, ending):
    path = write(tmp_path / f"counts.{ending}", values=COUNTS, name="counts")

    probability = gating(MeasuredCounts(path=path)).activation_probability()

    assert probability == pytest.approx(COUNTS / [[100], [200]], abs=TOLERANCE)


def test_tokens_are_drawn_as_often_as_counted(tmp_path):
    path = write(tmp_path / "counts.npz", values=COUNTS, name="counts")
    tokens, five_sigma = 40_000, 5.0

    drawn = gating(MeasuredCounts(path=path)).draw(tokens, stream(1, "test"))

    for layer, expected in enumerate(COUNTS / [[100], [200]]):
        counts = np.bincount(drawn[:, layer].ravel(), minlength=4)
        sigma = np.sqrt(tokens * expected * (1 - expected))
        assert (np.abs(counts - tokens * expected) <= five_sigma * sigma + 1).all()


def test_shares_do_as_well_as_counts(tmp_path):
    path = write(tmp_path / "counts.json", values=COUNTS / COUNTS.sum(axis=1, keepdims=True), name="counts")

    assert gating(MeasuredCounts(path=str(path))).activation_probability() == pytest.approx(
        COUNTS / [[100], [200]], abs=TOLERANCE
    )


def test_a_trace_is_replayed_token_by_token(tmp_path, ending):
    path = write(tmp_path / f"trace.{ending}", values=EXPERTS, name="experts")

    drawn = gating(RoutingTrace(path=path)).draw(3, stream(1, "test"))

    assert any(np.array_equal(drawn, np.roll(EXPERTS, shift, axis=0)) for shift in range(3))


@pytest.mark.parametrize("law", [MeasuredCounts, RoutingTrace])
def test_a_file_of_another_model_is_refused_with_both_numbers(tmp_path, ending, law):
    name, values = ("counts", COUNTS) if law is MeasuredCounts else ("experts", EXPERTS)
    path = write(tmp_path / f"file.{ending}", values=values, name=name)

    with pytest.raises(
        ScenarioError, match=rf"file\.{ending}: {name}: 2 layers given, must be 32 as the model has"
    ):
        gating(law(path=path), layers=32)


def test_counts_of_more_or_fewer_experts_are_refused(tmp_path):
    path = write(tmp_path / "counts.npz", values=COUNTS, name="counts")

    with pytest.raises(ScenarioError, match=r"counts: 4 experts given, must be 8 as the model routes to"):
        gating(MeasuredCounts(path=path), experts=8)


def test_a_trace_of_another_top_k_is_refused(tmp_path):
    path = write(tmp_path / "trace.npz", values=EXPERTS, name="experts")

    with pytest.raises(
        ScenarioError, match=r"experts: 2 experts a token given, must be 3 as the model activates"
    ):
        gating(RoutingTrace(path=path), top_k=3)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            [[30, 50, 20, 101], [1, 1, 1, 1]],
            r"counts\[0\]\[3\]: 101 of 201 activations given, must be at most one in 2",
        ),
        ([[1, 1, 1, 1], [0, 0, 0, 0]], r"counts\[1\]: all are 0, .* leave out dense layers"),
        ([[1, 1, 1, 1], [1, 2, -3, 4]], r"counts\[1\]\[2\]: -3\.0 given, must be finite and at least 0"),
        ([[1, 1, 1, 1], [5, 0, 0, 0]], r"counts\[1\]\[0\]: 5 of 5 activations given"),
    ],
)
def test_impossible_counts_are_refused(tmp_path, ending, values, words):
    path = write(tmp_path / f"counts.{ending}", values=np.array(values), name="counts")

    with pytest.raises(ScenarioError, match=words):
        gating(MeasuredCounts(path=path))


def test_an_expert_out_of_range_or_twice_is_refused_with_its_place(tmp_path):
    twice = EXPERTS.copy()
    twice[2, 1] = 3
    for values, experts, words in (
        (EXPERTS, 3, r"expert 3 given, must be at least 0 and at most 2"),
        (twice, 4, r"experts \[3, 3\] given, must be distinct"),
    ):
        for ending, place in (("npz", r"\[\d\]\[\d\]"), ("json", r"\[\d\]\[\d\]"), ("parquet", r"\[\d\]")):
            path = write(tmp_path / f"trace.{ending}", values=values, name="experts")
            with pytest.raises(ScenarioError, match=rf"trace\.{ending}: experts{place}: {words}"):
                gating(RoutingTrace(path=path), experts=experts)


@pytest.mark.parametrize("law", [MeasuredCounts, RoutingTrace])
def test_a_path_that_is_none_is_refused_when_the_law_is_made(law):
    with pytest.raises(ScenarioError, match=r"activation\.path: 3 given, must be the path of a \.parquet"):
        law(path=3)
