"""Two runs share their draws if what these depend on is the same, and nothing else counts."""

from __future__ import annotations

import pytest
from made_runs import DECLARED, MODEL, make_run

from spacemoe_ns3 import load
from spacemoe_ns3.comparison import why_not_shared
from spacemoe_ns3.comparison.draws import scenario_part

SOME = {("near", "packet"): [[1.0], [2.0]]}


@pytest.fixture
def reason(tmp_path):
    """Return a function that gives the reason for a run made otherwise than the first."""

    def of(first=None, **second):
        runs = [make_run(tmp_path / "a", SOME, **(first or {})), make_run(tmp_path / "b", SOME, **second)]
        return why_not_shared(load(runs[0]), load(runs[1]))

    return of


def test_a_run_shares_its_own_draws(tmp_path):
    run = make_run(tmp_path / "a", SOME, declared="")

    assert why_not_shared(load(run), load(run)) == ""


@pytest.mark.parametrize(
    ("old", "new"), [("rate_bps=1e9", "rate_bps=2e9"), ("batch=1", "batch=8"), ("'made'", "'other'")]
)
def test_links_batches_and_names_do_not_count(reason, old, new):
    assert reason(declared=DECLARED.replace(old, new)) == ""


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("concentration=2", "concentration=3", "activation"),
        ("tokens=4", "tokens=6", "decoding.tokens"),
        ("per_sequence=2", "per_sequence=1", "decoding.tokens_per_sequence"),
        ("EvenlySpread()", "Parallel()", "traffic.arrivals"),
        ("prompt_tokens=0", "prompt_tokens=9", "traffic.prompt_tokens"),
    ],
)
def test_activation_tokens_and_arrivals_count(reason, old, new, field):
    assert reason(declared=DECLARED.replace(old, new)) == f"other {field}"


@pytest.mark.parametrize("key", ["layers", "experts", "top_k"])
def test_the_size_of_the_model_counts(reason, key):
    assert reason(model={**MODEL, key: 3}) == f"other {key}"


def test_the_seed_counts(reason):
    assert reason(seed=8) == "other seed"


def test_a_digest_of_the_draws_decides_alone(reason):
    assert reason({"draws_sha256": "ab"}, draws_sha256="ab", seed=8) == ""


@pytest.mark.parametrize(("change", "words"), [({}, "other draws"), ({"seed": 8}, "other seed")])
def test_another_digest_means_other_draws_and_the_reason_is_told_if_it_can_be(reason, change, words):
    assert reason({"draws_sha256": "ab"}, draws_sha256="cd", **change) == words


def test_a_file_that_has_changed_counts(reason):
    assert reason({"inputs": {"a.csv": "1"}}, inputs={"a.csv": "2"}) == "a.csv has changed"


@pytest.mark.parametrize("declared", ["", "Scenario(activation=<object at 0x7f>)", "Scenario()"])
def test_what_no_manifest_says_is_not_taken_as_shared(reason, declared):
    assert reason(declared=declared) == "manifests cannot be compared"


def test_two_manifests_that_say_nothing_are_not_taken_as_shared(reason):
    assert reason({"declared": ""}, declared="") == "manifests cannot be compared"


def test_a_part_of_what_is_declared_is_found():
    assert scenario_part(DECLARED, ("traffic", "arrivals")) == "EvenlySpread()"
    assert scenario_part(DECLARED, ("traffic", "arrivals", "start_s")) is None
    assert scenario_part("7", ("traffic",)) is None
