"""The summary: the run in one object, whose keys others rely on."""

import json

import numpy as np
import pytest

from spacemoe_ns3.constellation import SlotGrid
from spacemoe_ns3.errors import SimulationError, UndeliveredError
from spacemoe_ns3.moe import model_named
from spacemoe_ns3.moe.activation import skew_of
from spacemoe_ns3.report import summary
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.schema import SCHEMA_VERSION

ROUNDING = 1e-12
ACCOUNT = {"messages": {"sent": 2, "received": 1}}


@pytest.fixture
def made(results):
    return summary(
        scenario="small",
        seed=7,
        satellites=60,
        links=110,
        results=results,
        failures={
            "rand-intra": UndeliveredError("lost", account=ACCOUNT),
            "rand-intra-cg": SimulationError("aborted"),
        },
        remarks=("a place is vacant",),
        skew=skew_of(np.array([[1.0, 1.0], [1.5, 0.5]])),
        epoch="2025-01-01T00:00:00+00:00",
        slots=SlotGrid(count=4, slot_ns=250),
        model=model_named("llama-moe-3.5b"),
        draws_sha256="0" * 64,
    )


def test_the_keys_of_the_run_are_there(made):
    assert made["schema_version"] == SCHEMA_VERSION == 1
    assert (made["scenario"], made["seed"], made["satellites"], made["links"]) == ("small", 7, 60, 110)
    assert made["failures"] == [
        {"name": "rand-intra", "error": "lost", "traffic": ACCOUNT},
        {"name": "rand-intra-cg", "error": "aborted", "traffic": None},
    ]
    assert made["remarks"] == ["a place is vacant"]


def test_the_keys_of_a_placement_are_there(made):
    """Keys are only ever added."""
    for placement in made["placements"]:
        assert set(placement) >= {
            "name",
            "expected_s_per_token",
            "analytic_s_per_token",
            "packet_s_per_token",
            "tokens",
            "breakdown_s",
            "hosts",
        }
        assert set(placement["hosts"]) == {"gateways", "experts"}
    assert set(made["placements"][0]["breakdown_s"]) == {
        "compute",
        "propagation",
        "serialisation",
        "queueing",
        "waiting",
        "retransmission",
        "transport",
    }


def test_the_skew_of_the_activation_is_there_layer_by_layer(made):
    assert made["activation"]["max_over_mean"] == [1.0, 1.5]
    assert made["activation"]["gini"] == [0.0, 0.25]


def test_what_the_formula_expects_is_there_with_its_accuracy_and_the_bound(made):
    exact, sampled = made["placements"]

    assert exact["expected"]["is_exact"]
    assert exact["expected"]["half_width_95_s"] == 0
    assert sum(exact["expected"]["breakdown_s"].values()) == exact["expected_s_per_token"] == 1.25
    assert exact["expected"]["quantiles_s"] == {"0.5": 1.25, "0.99": 2.5}
    assert exact["bound_s"] == 1.0
    assert not sampled["expected"]["is_exact"]
    assert sampled["expected"]["half_width_95_s"] == 0.01
    assert sampled["bound_s"] is None


def test_placements_keep_their_order(made):
    assert [placement["name"] for placement in made["placements"]] == ["spacemoe", "rand-place"]


def test_seconds_a_token_are_the_means_of_the_engines_tokens(made, results):
    for placement, result in zip(made["placements"], results, strict=True):
        assert placement["expected_s_per_token"] == result.expected.s_per_token
        assert placement["tokens"] == 4
        mean_s = sum(result.analytic.tokens["latency_ns"].tolist()) / 4 / 1e9
        assert placement["analytic_s_per_token"] == pytest.approx(mean_s, rel=ROUNDING)
    packets = results[0].packet.tokens["latency_ns"].tolist()
    assert made["placements"][0]["packet_s_per_token"] == pytest.approx(sum(packets) / 4 / 1e9, rel=ROUNDING)


def test_the_breakdown_is_that_of_the_packets(made, results):
    breakdown_s = made["placements"][0]["breakdown_s"]

    for part in PARTS:
        mean_s = sum(results[0].packet.tokens[f"{part}_ns"].tolist()) / 4 / 1e9
        assert breakdown_s[part] == pytest.approx(mean_s, rel=ROUNDING)
    assert sum(breakdown_s.values()) == pytest.approx(
        made["placements"][0]["packet_s_per_token"], rel=ROUNDING
    )


def test_what_was_not_asked_for_is_none(made):
    formula_alone = made["placements"][1]

    assert formula_alone["packet_s_per_token"] is None
    assert formula_alone["breakdown_s"] is None
    assert formula_alone["traffic"] is None
    assert all(placement["background"] is None for placement in made["placements"])


def test_hosts_are_satellites_by_layer_and_expert(made):
    assert made["placements"][0]["hosts"] == {"gateways": [0, 5, 10], "experts": [[1, 2], [6, 7], [11, 12]]}


def test_traffic_is_the_account_of_the_packets(made):
    assert made["placements"][0]["traffic"]["segments"] == {
        "sent": 72,
        "received": 70,
        "dropped": 1,
        "in_flight": 1,
        "dropped_by_reason": {"cut": 1},
        **{"sent_first": 72, "sent_again": 0, "sent_acknowledgements": 0, "received_duplicates": 0},
    }


def test_the_summary_is_json(made):
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_the_addressing_is_that_of_the_wire_format(made):
    assert made["addressing"] == {
        "satellite_0": "10.0.0.1",
        "gateway_port_0": 10_000,
        "expert_port_0": 20_000,
    }
