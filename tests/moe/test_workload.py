"""The work of a run: shapes, starts and durations."""

import hashlib
import math
import struct
from collections import Counter

import numpy as np
import pytest

from spacemoe_ns3.constants import NO_EXPERT
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import (
    Computer,
    Decoding,
    Dirichlet,
    GroupedQueryAttention,
    Hardware,
    MoEModel,
    Uniform,
    build_computing,
    build_workload,
)
from spacemoe_ns3.streams import stream
from spacemoe_ns3.traffic import Parallel, Traffic

MODEL = MoEModel(
    name="small",
    layers=3,
    hidden=64,
    attention=GroupedQueryAttention(heads=4, kv_heads=2, head_dim=16),
    experts=6,
    top_k=2,
    expert_ffn=96,
    vocabulary=1000,
)
HARDWARE = Hardware(
    gateway=Computer(name="gateway", peak_flops=2e9, utilisation=0.5),
    expert=Computer(name="expert", peak_flops=1e8),
)
END_NS = 1_000_003
SATELLITES = 20


def build(
    *,
    activation=Dirichlet(concentration=2),
    end_ns=END_NS,
    seed=1,
    hardware=HARDWARE,
    traffic=None,
    **decoding,
):
    gating = activation.gating(layers=3, experts=6, top_k=2, random=stream(seed, "activation.weights"))
    return build_workload(
        model=MODEL,
        computing=build_computing(hardware=hardware, model=MODEL, context_tokens=100, satellites=SATELLITES),
        gating=gating,
        decoding=Decoding(**{"tokens": 11, "tokens_per_sequence": 4, "context_tokens": 100, **decoding}),
        end_ns=end_ns,
        seed=seed,
        traffic=traffic,
    )


def test_everything_has_its_shape():
    workload = build()

    assert (workload.layers, workload.experts, workload.top_k, workload.tokens) == (3, 6, 2, 11)
    assert workload.message_bytes == 64 * 2
    assert workload.computing.gateway_ns.shape == workload.computing.expert_ns.shape == (2, 3)
    assert workload.activations.shape == (11, 3, 2)
    assert workload.activations.max() < 6


@pytest.mark.parametrize(
    ("tokens", "lengths"), [(1, [1]), (4, [4]), (5, [4, 1]), (11, [4, 4, 3]), (12, [4, 4, 4])]
)
def test_the_last_sequence_takes_the_tokens_that_are_left(tokens, lengths):
    assert build(tokens=tokens).sequence_tokens.tolist() == lengths


def test_tokens_are_numbered_within_their_sequences():
    sequence, place = build().token_rows()

    assert sequence.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    assert place.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]


def test_sequences_start_at_evenly_spaced_times_over_the_time_span():
    starts_ns = build(tokens=40).starts_ns  # ten sequences

    exact_ns = END_NS * np.arange(10) / 10
    assert starts_ns[0] == 0
    assert (np.abs(starts_ns - exact_ns) < 1).all()  # whole nanoseconds


def test_the_same_seed_gives_the_same_work_and_another_seed_other_work():
    first, again, other = build(seed=5), build(seed=5), build(seed=6)

    assert np.array_equal(first.activations, again.activations)
    assert not np.array_equal(first.activations, other.activations)


def test_the_digest_of_the_draws_is_that_of_their_bytes():
    """Written out with struct, number by number."""
    work = build()
    values = [
        *work.sequence_tokens.tolist(),
        *work.widths.tolist(),
        *work.activations.ravel().tolist(),
        *work.shares.ravel().tolist(),
    ]
    by_hand = hashlib.sha256(b"".join(struct.pack("<i", value) for value in values)).hexdigest()

    assert work.draws_sha256() == by_hand


def test_the_digest_tells_draws_apart_and_nothing_else():
    digest = build().draws_sha256()

    assert build(end_ns=2 * END_NS).draws_sha256() == digest  # other starts
    assert build(seed=2).draws_sha256() != digest
    assert build(tokens=12).draws_sha256() != digest


def test_draws_do_not_disturb_each_other_under_equal_weights():
    """Weights need no chance at all then; the draws are those of a stream of their own."""
    first, again = build(activation=Uniform()), build(activation=Dirichlet(concentration=math.inf))

    assert np.array_equal(first.activations, again.activations)


@pytest.mark.parametrize("sends_residual", [True, False])
def test_the_residual_is_sent_if_asked_for(sends_residual):
    assert build(sends_residual=sends_residual).sends_residual is sends_residual


@pytest.mark.parametrize("field", ["tokens", "tokens_per_sequence", "context_tokens"])
@pytest.mark.parametrize("value", [0, 1.5, "3"])
def test_a_count_that_is_not_a_whole_number_of_at_least_one_is_refused(field, value):
    with pytest.raises(
        ScenarioError, match=rf"decoding\.{field}: {value!r} given, must be a whole number, at least 1"
    ):
        Decoding(**{field: value})


def test_a_residual_that_is_neither_sent_nor_not_is_refused():
    """A text such as "no" counts as true in Python."""
    with pytest.raises(ScenarioError, match=r"^decoding\.sends_residual: 'no' given"):
        Decoding(sends_residual="no")


def test_steps_of_one_token_have_a_share_of_one_at_each_expert():
    workload = build()

    assert workload.widths.tolist() == [1] * 11
    assert (workload.shares == 1).all()
    assert workload.shares.shape == workload.activations.shape


def test_a_prompt_is_the_first_step_of_each_sequence_and_nothing_else_is_drawn_differently():
    """A prompt of one token is a step like the others, and a wide one draws its tokens one by one."""
    narrow, wide = build(), build(traffic=Traffic(prompt_tokens=3))

    assert wide.widths.tolist() == [3, 1, 1, 1, 3, 1, 1, 1, 3, 1, 1]
    assert np.array_equal(build(traffic=Traffic(prompt_tokens=1)).activations, narrow.activations)


def test_a_prompt_sends_each_of_its_tokens_to_its_own_experts():
    """The tokens are those that the gating draws in a row; here they are counted one by one."""
    gating = Dirichlet(concentration=2).gating(
        layers=3, experts=6, top_k=2, random=stream(1, "activation.weights")
    )
    drawn = gating.draw(3 * 4 + 8, stream(1, "activation.draws")).tolist()
    workload = build(traffic=Traffic(prompt_tokens=4))

    first = 0
    for row, width in enumerate(workload.widths.tolist()):
        for layer in range(3):
            counted = Counter(expert for token in drawn[first : first + width] for expert in token[layer])
            chosen, shares = workload.activations[row, layer], workload.shares[row, layer]
            real = chosen != NO_EXPERT
            assert dict(zip(chosen[real].tolist(), shares[real].tolist(), strict=True)) == counted
            assert (shares[~real] == 0).all()
            assert (np.flatnonzero(real) == np.arange(real.sum())).all()  # padded behind
            if width > 1:
                assert (np.diff(chosen[real].astype(int)) > 0).all()
            else:
                assert chosen[real].tolist() == drawn[first][layer]
        first += width


def test_sequences_that_start_after_the_time_span_are_refused():
    with pytest.raises(ScenarioError, match=r"traffic\.arrivals: the last of 3 sequences starts at 5 s"):
        build(traffic=Traffic(arrivals=Parallel(start_s=5)))


def test_the_traffic_says_what_is_served_together():
    workload = build(traffic=Traffic(batch=5, queue_jobs=2))

    assert (workload.batch, workload.queue_jobs) == (5, 2)
