"""Replaying recorded tokens: what is drawn, and frequencies counted one by one."""

import itertools

import numpy as np
import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import ReplayedTrace
from spacemoe_ns3.streams import stream

ROUNDING = 1e-12
TOKENS, LAYERS = 60, 3


def recorded(experts, top_k=2, seed=1):
    """Layer 1 activates the neighbours of what layer 0 did; layer 2 a few sets only."""
    random = np.random.default_rng(seed)
    trace = np.stack([[random.permutation(experts)[:top_k] for _ in range(LAYERS)] for _ in range(TOKENS)])
    trace[:, 1] = (trace[:, 0] + 1) % experts
    trace[:, 2] = np.arange(top_k)[::-1] + (random.integers(3, size=TOKENS) * 2)[:, np.newaxis]
    return trace


@pytest.fixture(params=[8, 40], ids=["tabulated", "many"])
def trace(request):
    return ReplayedTrace(activations=recorded(request.param), experts=request.param)


@pytest.mark.parametrize("tokens", [1, 25, TOKENS, 3 * TOKENS + 7])
def test_tokens_are_replayed_in_a_run_that_wraps_round(trace, tokens):
    drawn = trace.draw(tokens, stream(1, "activation.draws"))

    assert drawn.shape == (tokens, LAYERS, 2)
    assert drawn.dtype == np.uint16
    runs = [
        np.take(trace.activations, np.arange(start, start + tokens), axis=0, mode="wrap")
        for start in range(TOKENS)
    ]
    assert sum(np.array_equal(drawn, run) for run in runs) >= 1


def test_the_place_where_the_replay_starts_depends_on_the_stream(trace):
    starts = {trace.draw(5, stream(seed, "activation.draws")).tobytes() for seed in range(20)}

    assert len(starts) > 5


def test_correlation_between_layers_is_replayed(trace):
    """Over whole rounds, the joint frequencies of experts of two layers are exactly those recorded."""
    drawn = trace.draw(3 * TOKENS, stream(2, "activation.draws"))
    experts = trace.experts

    joint = np.zeros((experts, experts), int)
    for token in recorded(experts):
        for one, other in itertools.product(token[0], token[1]):
            joint[one, other] += 3
    replayed = np.zeros_like(joint)
    for token in drawn:
        for one, other in itertools.product(token[0], token[1]):
            replayed[one, other] += 1

    assert np.array_equal(replayed, joint)
    independent = np.outer(joint.sum(axis=1), joint.sum(axis=0)) / joint.sum()
    assert np.abs(replayed - independent).max() > 2  # and there is a correlation to replay


def test_activation_probabilities_are_frequencies(trace):
    expected = np.zeros((LAYERS, trace.experts))
    for token in recorded(trace.experts):
        for layer, chosen in enumerate(token):
            expected[layer, chosen] += 1 / TOKENS

    assert trace.activation_probability() == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("distinct_ways", [1, 3, 1000])
def test_stragglers_are_as_frequent_as_among_the_tokens(trace, distinct_ways):
    ways = np.random.default_rng(3).integers(distinct_ways, size=(4, LAYERS, trace.experts)).astype(float)
    expected = np.zeros(ways.shape)
    for slot, layer in itertools.product(range(4), range(LAYERS)):
        for token in recorded(trace.experts):
            longest = ways[slot, layer, token[layer]].max()
            straggler = min(expert for expert in token[layer] if ways[slot, layer, expert] == longest)
            expected[slot, layer, straggler] += 1 / TOKENS

    assert trace.straggler_probability(ways) == pytest.approx(expected, abs=ROUNDING)


def test_sets_are_the_distinct_ones_with_their_frequencies(trace):
    sets = trace.sets()

    for layer in range(LAYERS):
        counts = {}
        for token in recorded(trace.experts):
            members = tuple(sorted(token[layer].tolist()))
            counts[members] = counts.get(members, 0) + 1 / TOKENS
        found = {}
        for members, probability in zip(sets.members[layer].tolist(), sets.probability[layer], strict=True):
            found[tuple(members)] = found.get(tuple(members), 0) + probability
        assert found == pytest.approx(counts, rel=ROUNDING)
    assert len({tuple(members) for members in sets.members[2].tolist()}) == 3  # fewer than in other layers
    assert sets.activation_probability(trace.experts) == pytest.approx(trace.activation_probability())


def test_containment_counts_the_tokens_inside_a_subset():
    activations = recorded(6)
    containment = ReplayedTrace(activations=activations, experts=6).containment()

    for subset in range(2**6):
        inside = {expert for expert in range(6) if subset >> expert & 1}
        expected = [
            np.mean([set(token[layer].tolist()) <= inside for token in activations])
            for layer in range(LAYERS)
        ]
        assert containment[:, subset] == pytest.approx(expected, rel=ROUNDING)


def test_a_trace_with_too_many_distinct_sets_is_not_enumerated():
    """20,001 different sets of 2 of 300 experts."""
    pairs = list(itertools.islice(itertools.combinations(range(300), 2), 20_001))

    def trace_of(sets):
        return ReplayedTrace(activations=np.array(sets)[:, np.newaxis], experts=300)

    assert trace_of(pairs).sets() is None
    assert len(trace_of(pairs[1:]).sets().members[0]) == 20_000


def test_skew_is_that_of_the_frequencies(trace):
    frequencies = trace.activation_probability()

    assert trace.skew().max_over_mean == pytest.approx(frequencies.max(axis=1) / (2 / trace.experts))


@pytest.mark.parametrize(
    ("activations", "words"),
    [
        ([[[0, 4]]], r"trace\.activations\[0\]\[0\]: expert 4 given, must be at least 0 and at most 3"),
        ([[[0, 1]], [[2, -1]]], r"trace\.activations\[1\]\[0\]: expert -1 given"),
        ([[[0, 1], [2, 2]]], r"trace\.activations\[0\]\[1\]: experts \[2, 2\] given, must be distinct"),
        ([[0, 1]], r"shape \(1, 2\) given, must be whole numbers, tokens by layers by experts"),
        ([[[0.5, 1.5]]], r"float64 of shape \(1, 1, 2\) given, must be whole numbers"),
        (np.zeros((0, 3, 2), int), r"shape \(0, 3, 2\) given, .* give at least one token"),
    ],
)
def test_a_trace_that_breaks_a_rule_is_refused(activations, words):
    with pytest.raises(ScenarioError, match=words):
        ReplayedTrace(activations=np.array(activations), experts=4)
