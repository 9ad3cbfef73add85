"""The accounts: every nanosecond of a token's latency belongs to one part."""

import dataclasses

import numpy as np
import pytest
from builders import hosts

from spacemoe_ns3.constants import NO_EXPERT
from spacemoe_ns3.errors import SimulationError
from spacemoe_ns3.results import (
    DROP_REASONS,
    LEG_PARTS,
    PARTS,
    RESIDUAL,
    Account,
    EngineResult,
    Legs,
    TokenTrace,
    account_for,
)

TOKENS, LAYERS, EXPERTS, TOP_K = 5, 3, 4, 2
ROWS = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 0, 1])
NOTHING = dict.fromkeys(DROP_REASONS, (0, 0, 0))
PLACEMENT = hosts(gateways=[100, 101, 102], experts=np.arange(LAYERS * EXPERTS).reshape(LAYERS, EXPERTS))


def random_legs(sent, random):
    parts = {name: random.integers(0, 1000, sent.shape) for name in LEG_PARTS}
    return Legs(
        sent=sent, arrived=sent + sum(parts.values()), hops=random.integers(1, 9, sent.shape), **parts
    )


def random_trace(*, seed=1, sends_residual=True, residual_ns=0):
    """A trace that obeys every definition, each duration drawn at random."""
    random = np.random.default_rng(seed)
    token, layer, expert = (TOKENS,), (TOKENS, LAYERS), (TOKENS, LAYERS, TOP_K)
    trace = TokenTrace.empty(tokens=TOKENS, layers=LAYERS, fan_out=TOP_K, sends_residual=sends_residual)
    trace.start[:] = random.integers(0, 10**6, token)
    filled = {
        name: np.zeros(shape, np.int64)
        for name, shape in (("gateway_started", layer), ("gateway_finished", layer))
    }
    now, dispatches, results, residuals, started, finished = trace.start, [], [], [], [], []
    for number in range(LAYERS):
        filled["gateway_started"][:, number] = now + random.integers(0, 100, token)
        done = filled["gateway_started"][:, number] + random.integers(1, 500, token)
        filled["gateway_finished"][:, number] = done
        dispatches.append(random_legs(np.repeat(done[:, np.newaxis], TOP_K, axis=1), random))
        started.append(dispatches[-1].arrived + random.integers(0, 100, expert[::2]))
        finished.append(started[-1] + random.integers(1, 500, expert[::2]))
        results.append(random_legs(finished[-1], random))
        residuals.append(random_legs(done, random))
        if residual_ns:
            late = {
                "propagation": residuals[-1].propagation + residual_ns,
                "arrived": residuals[-1].arrived + residual_ns,
            }
            residuals[-1] = dataclasses.replace(residuals[-1], **late)
        now = results[-1].arrived.max(axis=1)
        if sends_residual:
            now = np.maximum(now, residuals[-1].arrived)
    head_started = now + random.integers(0, 100, token)
    return dataclasses.replace(
        trace,
        **filled,
        dispatch=stacked(dispatches),
        result=stacked(results),
        residual=stacked(residuals) if sends_residual else None,
        expert_started=np.stack(started, axis=1),
        expert_finished=np.stack(finished, axis=1),
        head_started=head_started,
        head_finished=head_started + random.integers(1, 500, token),
    )


def stacked(legs):
    names = [field.name for field in dataclasses.fields(Legs)]
    return Legs(**{name: np.stack([getattr(each, name) for each in legs], axis=1) for name in names})


def activations(seed=1):
    random = np.random.default_rng(seed)
    return np.array(
        [[random.permutation(EXPERTS)[:TOP_K] for _ in range(LAYERS)] for _ in range(TOKENS)], dtype=np.uint16
    )


def accounted(trace, **settings):
    return account_for(trace, placement=PLACEMENT, activations=activations(), token_rows=ROWS, **settings)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("sends_residual", [True, False])
def test_the_parts_sum_to_the_latency_to_the_nanosecond(seed, sends_residual):
    trace = random_trace(seed=seed, sends_residual=sends_residual)
    result = accounted(trace)

    for table in (result.tokens, result.layers):
        assert (sum(table[f"{part}_ns"] for part in PARTS) == table["latency_ns"]).all()
    assert (result.tokens["latency_ns"] == trace.head_finished - trace.start).all()
    assert all((result.tokens[f"{part}_ns"] >= 0).all() for part in PARTS)


def test_a_layer_lasts_until_the_next_gateway_has_everything():
    trace = random_trace()
    layers = {name: column.reshape(TOKENS, LAYERS) for name, column in accounted(trace).layers.items()}

    assert (layers["start_ns"][:, 0] == trace.start).all()
    ends = layers["start_ns"] + layers["latency_ns"]
    assert (layers["start_ns"][:, 1:] == ends[:, :-1]).all()
    last = np.maximum(trace.result.arrived.max(axis=2), trace.residual.arrived)
    assert (ends == last).all()


@pytest.mark.parametrize("part", ["propagation", "serialisation", "waiting", "retransmission", "transport"])
def test_a_part_is_that_of_the_expert_that_arrives_last(part):
    trace = random_trace(sends_residual=False)
    layers = accounted(trace).layers
    last = trace.result.arrived.argmax(axis=2)

    for row in range(TOKENS * LAYERS):
        where = (*divmod(row, LAYERS), last.ravel()[row])
        expected = getattr(trace.dispatch, part)[where] + getattr(trace.result, part)[where]
        assert layers[f"{part}_ns"][row] == expected
        assert layers["hops"][row] == trace.dispatch.hops[where] + trace.result.hops[where]


def test_computing_is_that_of_the_gateway_and_the_last_expert_and_of_the_head():
    trace = random_trace(sends_residual=False)
    result = accounted(trace)
    last = trace.result.arrived.argmax(axis=2)[..., np.newaxis]
    expert_ns = np.take_along_axis(trace.expert_finished - trace.expert_started, last, axis=2)[..., 0]
    layer_ns = trace.gateway_finished - trace.gateway_started + expert_ns

    assert (result.layers["compute_ns"] == layer_ns.ravel()).all()
    assert (
        result.tokens["compute_ns"] == layer_ns.sum(axis=1) + trace.head_finished - trace.head_started
    ).all()


def test_queueing_is_before_computers_and_at_transmitters():
    trace = random_trace(sends_residual=False)
    last = trace.result.arrived.argmax(axis=2)[..., np.newaxis]
    at_links = trace.dispatch.queueing + trace.result.queueing
    at_expert = trace.expert_started - trace.dispatch.arrived
    begin = np.concatenate([trace.start[:, np.newaxis], trace.result.arrived.max(axis=2)[:, :-1]], axis=1)
    expected = np.take_along_axis(at_links + at_expert, last, axis=2)[..., 0] + trace.gateway_started - begin

    assert (accounted(trace).layers["queueing_ns"] == expected.ravel()).all()


def test_the_straggler_is_the_expert_whose_result_arrives_last():
    trace = random_trace(sends_residual=False)
    layers = accounted(trace).layers

    for row in range(TOKENS * LAYERS):
        token, layer = divmod(row, LAYERS)
        place = int(trace.result.arrived[token, layer].argmax())
        expert = int(activations()[token, layer, place])
        assert layers["straggler_expert"][row] == expert
        assert layers["straggler_satellite"][row] == PLACEMENT.experts[layer, expert]


def test_a_residual_that_arrives_last_is_the_straggler():
    trace = random_trace(residual_ns=10**6)
    layers = accounted(trace).layers

    assert (layers["straggler_expert"] == RESIDUAL).all()
    assert layers["straggler_satellite"].tolist() == [100, 101, 102] * TOKENS
    assert (layers["propagation_ns"] == trace.residual.propagation.ravel()).all()
    assert (layers["hops"] == trace.residual.hops.ravel()).all()
    assert (layers["compute_ns"] == (trace.gateway_finished - trace.gateway_started).ravel()).all()


def test_a_residual_that_arrives_with_the_last_result_is_not_the_straggler():
    trace = random_trace()
    tied = dataclasses.replace(trace.residual, arrived=trace.result.arrived.max(axis=2))

    layers = accounted(dataclasses.replace(trace, residual=tied)).layers

    assert (layers["straggler_expert"] != RESIDUAL).all()


def test_gateways_are_those_of_the_layer_and_the_one_after_it_around_the_ring():
    layers = accounted(random_trace()).layers

    assert layers["gateway"].tolist() == [100, 101, 102] * TOKENS
    assert layers["next_gateway"].tolist() == [101, 102, 100] * TOKENS
    assert layers["layer"].tolist() == [0, 1, 2] * TOKENS
    assert layers["sequence"].tolist() == np.repeat(ROWS[0], LAYERS).tolist()
    assert layers["token"].tolist() == np.repeat(ROWS[1], LAYERS).tolist()


@pytest.mark.parametrize(
    "doctor",
    [
        pytest.param(lambda trace: trace.dispatch.propagation, id="dispatch light"),
        pytest.param(lambda trace: trace.result.serialisation, id="result transmission"),
        pytest.param(lambda trace: trace.result.queueing, id="result queueing"),
        pytest.param(lambda trace: trace.dispatch.waiting, id="dispatch waiting"),
    ],
)
@pytest.mark.parametrize("off_ns", [1, -1])
def test_a_nanosecond_that_is_missing_fails_the_run(doctor, off_ns):
    trace = random_trace(sends_residual=False)
    doctor(trace)[2, 1, :] += off_ns

    with pytest.raises(
        SimulationError, match=rf"accounting: the parts of token \[2\] miss its latency by {-off_ns} ns"
    ):
        accounted(trace)


def test_errors_that_cancel_in_the_token_are_found_in_the_layers():
    trace = random_trace(sends_residual=False)
    trace.dispatch.propagation[2, 1, :] += 5
    trace.dispatch.propagation[2, 2, :] -= 5

    with pytest.raises(SimulationError, match=r"the parts of layer \[2, 1\] miss its latency by -5 ns"):
        accounted(trace)


def test_means_are_of_the_tokens_in_seconds():
    result = EngineResult(
        tokens={
            "latency_ns": np.array([10**9, 2 * 10**9]),
            **{f"{part}_ns": np.array([10**8, 0]) for part in PARTS},
        },
        layers={},
    )

    assert result.s_per_token == 1.5
    assert result.breakdown_s() == dict.fromkeys(PARTS, 0.05)


def test_the_means_of_the_parts_sum_to_the_mean_latency():
    result = accounted(random_trace())

    assert sum(result.breakdown_s().values()) == pytest.approx(result.s_per_token, rel=1e-12)


def test_what_is_neither_received_nor_dropped_is_in_flight():
    dropped = {**NOTHING, "cut": (1, 2, 300)}
    account = Account(sent=(10, 20, 3000), received=(7, 15, 2000), dropped=dropped).as_dict()

    assert account["messages"] == {
        "sent": 10,
        "received": 7,
        "dropped": 1,
        "in_flight": 2,
        "dropped_by_reason": {"cut": 1},
        "dispatched_again": 0,
        "received_late_results": 0,
    }
    assert account["segments"]["in_flight"] == 3
    assert account["bytes"]["in_flight"] == 700


def test_what_was_dropped_is_the_sum_over_its_reasons():
    """A message counts with its first segment, so a reason may have segments and no message."""
    dropped = {**NOTHING, "queue full": (2, 5, 700), "time to live": (1, 1, 40), "queued": (0, 3, 60)}
    account = Account(sent=(9, 30, 4000), received=(6, 20, 3000), dropped=dropped).as_dict()

    assert {unit: side["dropped"] for unit, side in account.items()} == {
        "messages": 3,
        "segments": 9,
        "bytes": 800,
    }
    assert account["segments"]["in_flight"] == 1
    assert account["segments"]["dropped_by_reason"] == {"queue full": 5, "queued": 3, "time to live": 1}


def test_what_is_sent_again_and_what_came_twice_stand_apart():
    account = Account(
        sent=(2, 20, 3000),
        received=(2, 18, 2700),
        dropped={**NOTHING, "corrupted": (0, 2, 300)},
        again=(4, 700),
        control=(3, 120),
        duplicates=(1, 200),
    ).as_dict()

    segments, octets = account["segments"], account["bytes"]
    assert (segments["sent_first"], segments["sent_again"], segments["sent_acknowledgements"]) == (13, 4, 3)
    assert (octets["sent_first"], octets["sent_again"], octets["sent_acknowledgements"]) == (2180, 700, 120)
    assert (segments["received_duplicates"], octets["received_duplicates"]) == (1, 200)
    assert segments["in_flight"] == octets["in_flight"] == 0
    assert "sent_again" not in account["messages"]


def test_the_account_is_handed_on():
    account = Account(sent=(1, 1, 1), received=(1, 1, 1), dropped=NOTHING)

    assert accounted(random_trace(), account=account).account is account


def test_a_padded_place_is_never_the_one_that_a_layer_waited_for():
    """The second expert of one layer taken away: all that is left of it is the first."""
    trace, chosen = random_trace(sends_residual=False), activations()
    place = 0, LAYERS - 1, 1
    for legs in (trace.dispatch, trace.result):
        for field in dataclasses.fields(Legs):
            getattr(legs, field.name)[place] = 0
    trace.expert_started[place] = trace.expert_finished[place] = 0
    chosen[place] = NO_EXPERT
    head_started = trace.head_started.copy()
    head_started[0] = trace.result.arrived[0, -1, 0]
    trace = dataclasses.replace(trace, head_started=head_started, head_finished=head_started + 1)

    layers = account_for(trace, placement=PLACEMENT, activations=chosen, token_rows=ROWS).layers

    row = LAYERS - 1
    assert layers["straggler_expert"][row] == chosen[0, -1, 0]
    assert layers["start_ns"][row] + layers["latency_ns"][row] == trace.result.arrived[0, -1, 0]
