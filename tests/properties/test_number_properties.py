"""What holds for every number: rounding, segments, probabilities, checks."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgp4.api import WGS72, Satrec

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.constellation.walker import kozai_mean_motion
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.latency import segment_wire_bits, transmission_ns
from spacemoe_ns3.moe import Decoding, SuccessiveSampling

A_MILLIMETRE_M = 1e-3
ROUNDING = 1e-9  # of a probability that a few hundred additions and divisions lead to
LONGEST_PACKET_BITS = 8 * (65_535 + 2)
QUICK = settings(deadline=None, max_examples=100)


@QUICK
@given(message_bytes=st.integers(1, 10**6), mtu_bytes=st.integers(100, 65_535))
def test_cutting_a_message_conserves_its_bytes(message_bytes, mtu_bytes):
    """Every packet carries its headers, 64 bytes in IPv4 and 2 of PPP; all but the last are full."""
    wire_bytes = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=mtu_bytes) / 8

    assert (wire_bytes - 66).sum() == message_bytes
    assert (wire_bytes[:-1] == mtu_bytes + 2).all()
    assert 66 < wire_bytes[-1] <= mtu_bytes + 2


@QUICK
@given(bits=st.integers(0, LONGEST_PACKET_BITS), rate_bps=st.integers(1, 10**15))
def test_transmission_times_are_exact_fractions_rounded_half_up(bits, rate_bps):
    exact_ns = Fraction(bits * 10**9, rate_bps)

    assert transmission_ns(bits, rate_bps) == math.floor(exact_ns + Fraction(1, 2))


@QUICK
@given(altitude_km=st.floats(120, 36_000), inclination_deg=st.floats(0, 180))
def test_sgp4_flies_at_the_semi_major_axis_that_was_asked_for(altitude_km, inclination_deg):
    axis_m = EARTH_RADIUS_M + altitude_km * 1e3
    motion = kozai_mean_motion(semi_major_axis_m=axis_m, inclination_rad=math.radians(inclination_deg))
    record = Satrec()
    record.sgp4init(WGS72, "i", 1, 27_760.0, 0, 0, 0, 0.0, 0, math.radians(inclination_deg), 0, motion, 0)

    assert abs(record.a * EARTH_RADIUS_M - axis_m) < A_MILLIMETRE_M


@st.composite
def weights_and_top_k(draw):
    """Weights of up to seven experts that differ by up to a factor of a thousand."""
    raw = draw(st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=7))
    return np.array([raw]) / sum(raw), draw(st.integers(1, len(raw)))


@QUICK
@given(instance=weights_and_top_k())
def test_set_probabilities_sum_to_one_and_activation_probabilities_to_k(instance):
    weights, top_k = instance
    gating = SuccessiveSampling(weights=weights, top_k=top_k)
    probability = gating.activation_probability()

    assert gating.sets().probability.sum() == pytest.approx(1.0, rel=ROUNDING)
    assert probability.sum() == pytest.approx(top_k, rel=ROUNDING)
    assert ((probability > 0) & (probability < 1 + ROUNDING)).all()


@QUICK
@given(instance=weights_and_top_k())
def test_sets_integrals_and_subsets_give_the_same_activation_probabilities(instance):
    """Three ways: the race with a clock left out, sets one by one, and the recursion over subsets."""
    weights, top_k = instance
    gating = SuccessiveSampling(weights=weights, top_k=top_k)
    experts = weights.shape[1]
    without = 2**experts - 1 - 2 ** np.arange(experts)

    integrated = gating.activation_probability()
    assert gating.sets().activation_probability(experts) == pytest.approx(integrated, rel=ROUNDING)
    assert 1 - gating.containment()[:, without] == pytest.approx(integrated, rel=ROUNDING)


@QUICK
@given(instance=weights_and_top_k())
def test_a_heavier_expert_is_never_activated_more_rarely(instance):
    weights, top_k = instance
    probability = SuccessiveSampling(weights=weights, top_k=top_k).activation_probability()

    order = np.argsort(weights[0])
    assert (np.diff(probability[0, order]) >= -ROUNDING).all()


@QUICK
@given(instance=weights_and_top_k(), seed=st.integers(0, 2**32 - 1))
def test_relabelling_experts_relabels_their_probabilities(instance, seed):
    weights, top_k = instance
    random = np.random.default_rng(seed)
    order = random.permutation(weights.shape[1])
    ways = random.random((2, *weights.shape))  # no two alike

    plain, relabelled = (
        SuccessiveSampling(weights=each, top_k=top_k) for each in (weights, weights[:, order])
    )

    assert relabelled.activation_probability() == pytest.approx(
        plain.activation_probability()[:, order], rel=ROUNDING
    )
    assert relabelled.straggler_probability(ways[..., order]) == pytest.approx(
        plain.straggler_probability(ways)[..., order], abs=ROUNDING
    )


@QUICK
@given(instance=weights_and_top_k(), seed=st.integers(0, 2**32 - 1))
def test_the_expected_largest_way_grows_with_every_way(instance, seed):
    weights, top_k = instance
    random = np.random.default_rng(seed)
    ways = random.integers(4, size=(1, *weights.shape)).astype(float)
    longer = ways + random.integers(3, size=ways.shape)
    gating = SuccessiveSampling(weights=weights, top_k=top_k)

    short, long = ((gating.straggler_probability(each) * each).sum() for each in (ways, longer))
    assert long >= short - ROUNDING
    assert ways.min() - ROUNDING <= short <= ways.max() + ROUNDING


@QUICK
@given(tokens=st.integers(1, 500), length=st.integers(1, 500))
def test_sequences_hold_all_tokens_and_only_the_last_is_shorter(tokens, length):
    lengths = Decoding(tokens=tokens, tokens_per_sequence=length).sequence_tokens().tolist()

    assert sum(lengths) == tokens
    assert all(each == length for each in lengths[:-1])
    assert 1 <= lengths[-1] <= length


@QUICK
@given(
    value=st.one_of(st.integers(-(10**300), 10**300), st.floats(), st.text(), st.none(), st.booleans()),
    least=st.integers(-5, 5),
    most=st.integers(5, 50),
)
def test_a_check_either_passes_within_the_bounds_or_raises_a_sentence(value, least, most):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    for check, is_right in (
        (check_whole, is_number and isinstance(value, int) and least <= value <= most),
        (check_number, is_number and least <= value <= most),
    ):
        if is_right:
            check("field", value, least=least, most=most)
        else:
            with pytest.raises(ScenarioError) as caught:
                check("field", value, least=least, most=most)
            assert str(caught.value).startswith(f"field: {value!r} given, must be ")
