"""Random streams: one seed fixes everything, and no use of chance disturbs another."""

import numpy as np
import pytest

from spacemoe_ns3.streams import stream

DRAWS = 20_000
FOUR_SIGMA = 4 / np.sqrt(DRAWS)  # of the correlation of independent draws


def test_the_same_seed_and_name_give_the_same_numbers():
    assert np.array_equal(stream(7, "links.outages").random(100), stream(7, "links.outages").random(100))


@pytest.mark.parametrize(
    "other", [(8, "links.outages"), (7, "activation.draws"), (7, "links.outage"), (2**40, "links.outages")]
)
def test_another_seed_or_name_gives_unrelated_numbers(other):
    one, another = stream(7, "links.outages").random(DRAWS), stream(*other).random(DRAWS)

    assert abs(np.corrcoef(one, another)[0, 1]) < FOUR_SIGMA


def test_drawing_from_one_stream_leaves_the_others_alone():
    undisturbed = stream(7, "activation.draws").random(10)

    stream(7, "links.outages").random(1000)

    assert np.array_equal(stream(7, "activation.draws").random(10), undisturbed)


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**64, 10**30])
def test_any_whole_seed_will_do(seed):
    assert 0 <= stream(seed, "x").random() < 1


def test_names_may_be_in_any_script():
    assert stream(1, "Platzierung äöü").random() != stream(1, "Platzierung aou").random()
