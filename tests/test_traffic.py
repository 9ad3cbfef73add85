"""Traffic: when sequences start, and who sends in the background."""

import numpy as np
import pytest

from spacemoe_ns3 import Background, EvenlySpread, Parallel, PoissonArrivals, Traffic
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.streams import stream

HOUR_NS = 3600 * 10**9
FIVE_SIGMA = 5


def starts(arrivals, sequences=10, seed=1):
    return arrivals.starts_ns(sequences, end_ns=HOUR_NS, random=stream(seed, "traffic.arrivals"))


def test_parallel_sequences_start_together():
    assert starts(Parallel(start_s=2)).tolist() == [2 * 10**9] * 10


def test_parallel_sequences_may_start_a_little_apart():
    assert starts(Parallel(apart_s=1e-6), sequences=4).tolist() == [0, 1000, 2000, 3000]


def test_poisson_arrivals_come_at_their_rate():
    """The n-th of a Poisson process comes at n / rate, with a standard deviation of sqrt(n) / rate."""
    count, rate = 10_000, 50

    last_s = starts(PoissonArrivals(sequences_per_s=rate, start_s=3), count)[-1] / 1e9

    assert abs(last_s - 3 - count / rate) < FIVE_SIGMA * np.sqrt(count) / rate


def test_times_between_poisson_arrivals_are_exponential():
    """Their standard deviation is their mean, which no regular process has; error of a mean of squares."""
    count, rate = 10_000, 50
    apart_s = np.diff(starts(PoissonArrivals(sequences_per_s=rate), count)) / 1e9

    second_moment = np.mean(apart_s**2) * rate**2  # 2, with a variance of 4! - 2² = 20 a sample

    assert abs(second_moment - 2) < FIVE_SIGMA * np.sqrt(20 / count)


def test_the_seed_fixes_the_arrivals():
    law = PoissonArrivals(sequences_per_s=1)

    assert np.array_equal(starts(law, seed=4), starts(law, seed=4))
    assert not np.array_equal(starts(law, seed=4), starts(law, seed=5))


def flows(*background, satellites=6, mtu_bytes=9000, seed=1):
    traffic = Traffic(background=background)
    found = traffic.flows(
        satellites=satellites, mtu_bytes=mtu_bytes, random=stream(seed, "traffic.background")
    )
    return [(flow.source, flow.destination) for flow in found]


def test_named_flows_go_where_they_are_named_to_go():
    assert flows(Background(rate_bps=1e6, flows=((0, 5), (3, 1)))) == [(0, 5), (3, 1)]


def test_drawn_flows_lead_to_another_satellite_and_every_pair_comes_up():
    drawn = flows(Background(rate_bps=1e6, pairs=2000), satellites=4)

    assert set(drawn) == {(a, b) for a in range(4) for b in range(4) if a != b}


def test_a_period_sends_faster_than_the_mean_so_that_pauses_are_made_up_for():
    background = Background(rate_bps=1e8, packet_bytes=1000, pattern="on-off", on_s=1, off_s=3)

    assert background.peak_bps == 4e8
    assert background.interval_s == 8000 / 4e8
    assert Background(rate_bps=1e8, packet_bytes=1000).interval_s == 8000 / 1e8


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Traffic(arrivals="poisson"), r"traffic\.arrivals: 'poisson' given, must be EvenlySpread"),
        (lambda: Traffic(batch=0), r"traffic\.batch: 0 given, must be a whole number, at least 1"),
        (lambda: Traffic(prompt_tokens=-1), r"traffic\.prompt_tokens: -1 given"),
        (lambda: Traffic(queue_jobs=1.5), r"traffic\.queue_jobs: 1\.5 given, must be a whole number"),
        (lambda: Traffic(background=Background(rate_bps=1e6)), r"traffic\.background: .* needs a comma"),
        (lambda: Traffic(background=("much",)), r"traffic\.background: 'much' given"),
        (lambda: Parallel(start_s=-1), r"traffic\.arrivals\.start_s: -1 given, must be at least 0"),
        (lambda: PoissonArrivals(sequences_per_s=0), r"traffic\.arrivals\.sequences_per_s: 0 given"),
        (lambda: Background(rate_bps=0), r"traffic\.background\.rate_bps: 0 given"),
        (lambda: Background(rate_bps=1e6, pairs=0), r"traffic\.background\.pairs: 0 given"),
        (lambda: Background(rate_bps=1e6, flows=((1, 1),)), r"flows: \(1, 1\) given, must lead to another"),
        (lambda: Background(rate_bps=1e6, flows=(1, 2)), r"flows: 1 given, must be a tuple of \(from, to\)"),
        (lambda: Background(rate_bps=1e6, flows=((1, 2),), pairs=3), r"pairs: 3 given besides flows"),
        (lambda: Background(rate_bps=1e6, packet_bytes=27), r"packet_bytes: 27 given"),
        (lambda: Background(rate_bps=1e6, pattern="onoff"), r"pattern: 'onoff' is not known; did you mean"),
        (lambda: Background(rate_bps=1e6, on_s=0), r"traffic\.background\.on_s: 0 given"),
        (lambda: flows(Background(rate_bps=1e6, flows=((0, 6),))), r"flows: satellite 6 given, .* has 6"),
        (
            lambda: flows(Background(rate_bps=1e6, packet_bytes=9001)),
            r"packet_bytes: 9001 given, must be at most links\.mtu_bytes, 9000",
        ),
        (lambda: flows(Background(rate_bps=1e6), satellites=1), r"pairs: 1 given, the constellation has 1"),
    ],
)
def test_what_breaks_a_rule_is_refused(make, words):
    with pytest.raises(ScenarioError, match=words):
        make()


def test_nothing_else_is_about_if_nothing_is_said():
    traffic = Traffic()

    assert traffic.arrivals == EvenlySpread()
    assert (traffic.batch, traffic.prompt_tokens, traffic.queue_jobs) == (1, 0, None)
    assert flows() == []
