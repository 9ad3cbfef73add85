"""Links that are down though geometry would let them be up: chance, plans and failures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacemoe_ns3.constellation import SlotGrid
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links.outages import (
    Bernoulli,
    GilbertElliott,
    SatelliteFailures,
    ScheduledOutages,
    links_of_failed,
)
from spacemoe_ns3.streams import stream

FOUR_SIGMA = 4.0  # of a mean of thousands of independent links: one in 16,000
SECOND_NS = 10**9
RING = np.array([(0, 1), (0, 4), (1, 2), (2, 3), (3, 4)], np.int32)
TEN_OF_TEN_SECONDS = SlotGrid(count=10, slot_ns=10 * SECOND_NS)
HEADER = "from_s,until_s,satellite_a,satellite_b\n"


def pairs(links):
    """So many links, of satellites that do not matter."""
    return np.stack([np.arange(links), np.arange(links) + 1], axis=1)


def drawn(model, *, slots=TEN_OF_TEN_SECONDS, ends=RING, satellites=5, seed=1):
    return model.draw(slots=slots, ends=ends, satellites=satellites, random=stream(seed, "test"))


def slots_down(mask, link):
    return np.flatnonzero(mask[:, link]).tolist()


def off_in_sigma(samples, expected):
    """How far a mean of independent samples is off, in its standard errors."""
    return abs(samples.mean() - expected) / (samples.std(ddof=1) / math.sqrt(len(samples)))


@pytest.mark.parametrize("survival", [0.1, 0.5, 0.95])
def test_bernoulli_links_are_out_as_often_as_they_should(survival):
    down = drawn(
        Bernoulli(survival_probability=survival),
        slots=SlotGrid(count=200, slot_ns=1),
        ends=pairs(1000),
        satellites=1001,
    )

    assert off_in_sigma(down.ravel(), 1 - survival) < FOUR_SIGMA


def test_bernoulli_draws_anew_in_every_slot():
    """Neighbouring slots agree as often as independent draws do: p^2 + (1 - p)^2."""
    down = drawn(
        Bernoulli(survival_probability=0.7),
        slots=SlotGrid(count=400, slot_ns=1),
        ends=pairs(500),
        satellites=501,
    )

    agrees = (down[1:] == down[:-1]).mean(axis=0)
    assert off_in_sigma(agrees, 0.7**2 + 0.3**2) < FOUR_SIGMA


def test_bernoulli_uses_one_uniform_number_for_each_slot_and_link_in_that_order():
    """Results of earlier versions stand: a link survives where its number is below the probability."""
    down = drawn(Bernoulli(survival_probability=0.8))

    assert np.array_equal(down, ~(stream(1, "test").random((10, 5)) < 0.8))


def test_bernoulli_links_that_always_survive_are_never_out():
    assert not drawn(Bernoulli(survival_probability=1.0)).any()


@pytest.mark.parametrize(("mean_up_s", "mean_down_s"), [(60.0, 20.0), (5.0, 50.0), (0.3, 0.1)])
def test_fading_links_are_out_for_their_share_of_the_time(mean_up_s, mean_down_s):
    """Down for mean_down / (mean_up + mean_down) of the time, in the last case at 25 fades a slot too."""
    down = drawn(
        GilbertElliott(mean_up_s=mean_up_s, mean_down_s=mean_down_s),
        slots=SlotGrid(count=60, slot_ns=10 * SECOND_NS),
        ends=pairs(3000),
        satellites=3001,
    )

    assert off_in_sigma(down.mean(axis=0), mean_down_s / (mean_up_s + mean_down_s)) < FOUR_SIGMA


@pytest.mark.parametrize("lag", [1, 2, 5, 10])
def test_the_state_of_a_fading_link_is_forgotten_exponentially(lag):
    """The autocovariance of the two-state chain is p (1 - p) exp(-t (1 / mean_up + 1 / mean_down))."""
    share, rate_hz = 20.0 / 80.0, 1 / 60.0 + 1 / 20.0
    down = drawn(
        GilbertElliott(mean_up_s=60.0, mean_down_s=20.0),
        slots=SlotGrid(count=100, slot_ns=3 * SECOND_NS),
        ends=pairs(4000),
        satellites=4001,
    )

    products = ((down[lag:] - share) * (down[:-lag] - share)).mean(axis=0)
    expected = share * (1 - share) * math.exp(-3.0 * lag * rate_hz)
    assert off_in_sigma(products, expected) < FOUR_SIGMA


@pytest.mark.parametrize("slot", [0, 1, 5, 19])
def test_links_that_start_up_approach_the_long_run_share_exponentially(slot):
    """From up at time zero, down with probability p (1 - exp(-t (1 / mean_up + 1 / mean_down)))."""
    share, rate_hz = 20.0 / 80.0, 1 / 60.0 + 1 / 20.0
    down = drawn(
        GilbertElliott(mean_up_s=60.0, mean_down_s=20.0, starts="up"),
        slots=SlotGrid(count=20, slot_ns=4 * SECOND_NS),
        ends=pairs(20_000),
        satellites=20_001,
    )

    middle_s = 4.0 * slot + 2.0
    assert off_in_sigma(down[slot], share * (1 - math.exp(-rate_hz * middle_s))) < FOUR_SIGMA


def test_a_stationary_link_is_as_often_out_in_the_first_slot_as_ever():
    down = drawn(
        GilbertElliott(mean_up_s=60.0, mean_down_s=20.0),
        slots=SlotGrid(count=1, slot_ns=1),
        ends=pairs(20_000),
        satellites=20_001,
    )

    assert off_in_sigma(down[0], 0.25) < FOUR_SIGMA


def test_links_fade_independently_of_each_other():
    down = drawn(
        GilbertElliott(mean_up_s=60.0, mean_down_s=20.0),
        slots=SlotGrid(count=1, slot_ns=1),
        ends=pairs(20_000),
        satellites=20_001,
    )

    products = (down[0, ::2] - 0.25) * (down[0, 1::2] - 0.25)
    assert off_in_sigma(products, 0.0) < FOUR_SIGMA


def test_finer_slots_see_the_same_fades():
    """The middle of a slot is that of the middle one of its thirds."""
    model = GilbertElliott(mean_up_s=30.0, mean_down_s=10.0)
    coarse = drawn(model, slots=SlotGrid(count=40, slot_ns=9 * SECOND_NS))
    fine = drawn(model, slots=SlotGrid(count=120, slot_ns=3 * SECOND_NS))

    assert np.array_equal(fine[1::3], coarse)
    assert coarse.any()
    assert not coarse.all()


def test_a_longer_span_begins_with_the_fades_of_a_shorter_one():
    model = GilbertElliott(mean_up_s=3.0, mean_down_s=1.0)
    short, long = (drawn(model, slots=SlotGrid(count=count, slot_ns=SECOND_NS)) for count in (30, 900))

    assert np.array_equal(long[:30], short)


def test_fades_too_many_to_draw_are_refused():
    with pytest.raises(ScenarioError) as caught:
        drawn(GilbertElliott(mean_up_s=1e-9, mean_down_s=1e-9))

    assert str(caught.value) == (
        "links.outages.mean_up_s: 1e-09 given, makes 2.5e+11 turns of 5 in 100 s, at most 1e+08 are allowed; "
        "choose longer means or a shorter span"
    )


@given(
    from_ns=st.integers(0, 120),
    length_ns=st.integers(1, 200),
    slot_ns=st.integers(1, 30),
)
def test_a_window_takes_exactly_the_slots_that_it_overlaps(from_ns, length_ns, slot_ns):
    slots = SlotGrid(count=10, slot_ns=slot_ns)
    until_ns = from_ns + length_ns
    model = ScheduledOutages(windows=((from_ns / 1e9, until_ns / 1e9, 0, 1),))

    down = drawn(model, slots=slots, ends=RING[:1], satellites=2)[:, 0]

    overlaps_ns = [min(until_ns, (n + 1) * slot_ns) - max(from_ns, n * slot_ns) for n in range(10)]
    assert down.tolist() == [overlap_ns > 0 for overlap_ns in overlaps_ns]


def test_a_window_shorter_than_a_nanosecond_takes_the_slot_it_begins_in():
    mask = drawn(ScheduledOutages(windows=((20.0, 20.0 + 1e-12, 0, 1),)))

    assert slots_down(mask, 0) == [2]


def test_a_plan_takes_down_one_link_or_all_links_of_a_satellite():
    mask = drawn(
        ScheduledOutages(windows=((0, 10, 1, 0), (20, 40, 3, None), (35, 45, 3, 4), (5e300, 1e301, 2, 3)))
    )

    assert [slots_down(mask, link) for link in range(5)] == [[0], [], [], [2, 3], [2, 3, 4]]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_plan_in_a_file_is_the_same_plan(tmp_path, line_end):
    rows = ["from_s,until_s,satellite_a,satellite_b", "0,10,1,0", "", "20,4e1,3,", " 35.0 ,45,3,4", ""]
    path = tmp_path / "plan.csv"
    path.write_bytes("\ufeff".encode() + line_end.join(rows).encode())

    from_file = drawn(ScheduledOutages(path=path))

    assert np.array_equal(
        from_file, drawn(ScheduledOutages(windows=((0, 10, 1, 0), (20, 40, 3, None), (35, 45, 3, 4))))
    )
    assert from_file.any()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "",
            ":1: '' given, must be the columns from_s,until_s,satellite_a,satellite_b; write them as they "
            "are",
        ),
        (
            "from,until,a,b\n",
            ":1: 'from,until,a,b' given, must be the columns from_s,until_s,satellite_a,satellite_b; "
            "write them as they are",
        ),
        (HEADER + "0,10,1,0\n\n0,10,1\n", ":4: 3 columns given, must be 4; add or remove some"),
        (HEADER + "zero,10,1,0\n", ":2: from_s: 'zero' given, must be a number"),
        (HEADER + "nan,10,1,0\n", ":2: from_s: nan given, must be at least 0"),
        (HEADER + "-1,10,1,0\n", ":2: from_s: -1.0 given, must be at least 0"),
        (HEADER + "10,10,1,0\n", ":2: until_s: 10.0 given, must be above 10"),
        (HEADER + "0,inf,1,0\n", ":2: until_s: inf given, must be above 0 and finite"),
        (HEADER + "0,10,1.5,0\n", ":2: satellite_a: '1.5' given, must be a whole number"),
        (HEADER + "0,10,,0\n", ":2: satellite_a: '' given, must be a whole number"),
        (HEADER + "0,10,1,-1\n", ":2: satellite_b: -1 given, must be a whole number, at least 0"),
        (
            HEADER + "0,10,5,\n",
            ":2: satellite_a: 5 given, must be one of 5 satellites, 0 to 4; name one that exists",
        ),
        (
            HEADER + "0,10,1,0\n0,10,1,7\n",
            ":3: satellite_b: 7 given, must be one of 5 satellites, 0 to 4; name one that exists",
        ),
        (
            HEADER + "0,10,1,3\n",
            ":2: satellite_b: 3 given, must be linked to satellite_a, 1; name two that are linked, or leave "
            "satellite_b empty for all links of satellite_a",
        ),
    ],
)
def test_a_wrong_plan_is_refused_with_file_and_line(tmp_path, text, sentence):
    path = tmp_path / "plan.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ScenarioError) as caught:
        drawn(ScheduledOutages(path=path))

    assert str(caught.value) == f"{path}{sentence}"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", HEADER.encode() + b'0,10,"1,0'])
def test_a_plan_that_cannot_be_read_is_refused_by_name(tmp_path, content):
    path = tmp_path / "plan.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(
        ScenarioError, match=r"^links\.outages\.path: .*plan\.csv cannot be read \(.+\); name a CSV"
    ):
        drawn(ScheduledOutages(path=str(path)))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "links.outages: a schedule needs either a path or windows; give one of the two"),
        (
            {"path": "plan.csv", "windows": ()},
            "links.outages: a schedule needs either a path or windows; give one of the two",
        ),
        ({"path": 3}, "links.outages.path: 3 given, must be a path"),
        (
            {"windows": ((0, 1, 2),)},
            "links.outages.windows[0]: (0, 1, 2) given, must be from_s, until_s, satellite_a, satellite_b",
        ),
        (
            {"windows": ((0, 1, 2, None), (0, 1, "2", None))},
            "links.outages.windows[1].satellite_a: '2' given, must be a whole number, at least 0",
        ),
    ],
)
def test_a_wrong_schedule_is_refused_when_made(fields, sentence):
    with pytest.raises(ScenarioError) as caught:
        ScheduledOutages(**fields)

    assert str(caught.value) == sentence


def test_a_failed_satellite_takes_its_links_down_until_it_works_again():
    model = SatelliteFailures(failures=((0, 15.0, 30.0), (3, 75.0, None)))

    failed = model.failed(slots=TEN_OF_TEN_SECONDS, satellites=5, random=stream(1, "test"))
    down = drawn(model)

    assert [slots_down(failed, satellite) for satellite in range(5)] == [[1, 2], [], [], [7, 8, 9], []]
    assert [slots_down(down, link) for link in range(5)] == [[1, 2], [1, 2], [], [7, 8, 9], [7, 8, 9]]


def test_links_are_down_where_a_failed_satellite_is_at_either_end():
    failed = np.random.default_rng(1).random((10, 5)) < 0.3

    down = links_of_failed(failed, RING)

    for slot in range(10):
        for link, (a, b) in enumerate(RING.tolist()):
            assert down[slot, link] == (failed[slot, a] or failed[slot, b])


def test_random_failures_with_repair_overlap_their_share_of_the_slots():
    """A slot is free of failure if the satellite works at its start and through it: (1 - p) exp(-d / up)."""
    model = SatelliteFailures(mean_time_between_failures_s=90.0, mean_time_to_repair_s=30.0)
    failed = model.failed(
        slots=SlotGrid(count=50, slot_ns=10 * SECOND_NS), satellites=4000, random=stream(1, "test")
    )

    assert off_in_sigma(failed.mean(axis=0), 1 - 0.75 * math.exp(-10.0 / 90.0)) < FOUR_SIGMA


@pytest.mark.parametrize("slot", [0, 4, 9])
def test_without_repair_satellites_are_lost_one_by_one(slot):
    """Lost by the end of a slot with probability 1 - exp(-t / mean)."""
    model = SatelliteFailures(mean_time_between_failures_s=200.0)
    failed = model.failed(slots=TEN_OF_TEN_SECONDS, satellites=20_000, random=stream(1, "test"))

    assert off_in_sigma(failed[slot], 1 - math.exp(-10.0 * (slot + 1) / 200.0)) < FOUR_SIGMA
    assert (failed[:-1] <= failed[1:]).all()


def test_named_failures_join_random_ones():
    both, named, by_chance = (
        SatelliteFailures(**fields).failed(slots=TEN_OF_TEN_SECONDS, satellites=40, random=stream(2, "test"))
        for fields in (
            {"failures": ((7, 0.0, None),), "mean_time_between_failures_s": 300.0},
            {"failures": ((7, 0.0, None),)},
            {"mean_time_between_failures_s": 300.0},
        )
    )

    assert np.array_equal(both, named | by_chance)
    assert by_chance.any()


def test_the_links_drawn_are_those_of_the_satellites_failed_on_an_equal_stream():
    model = SatelliteFailures(mean_time_between_failures_s=60.0, mean_time_to_repair_s=20.0)
    failed = model.failed(slots=TEN_OF_TEN_SECONDS, satellites=5, random=stream(1, "test"))

    assert np.array_equal(drawn(model), links_of_failed(failed, RING))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: Bernoulli(survival_probability=0),
            "links.outages.survival_probability: 0 given, must be above 0 and at most 1",
        ),
        (
            lambda: GilbertElliott(mean_up_s=0, mean_down_s=1),
            "links.outages.mean_up_s: 0 given, must be above 0 and at most 1e+15",
        ),
        (
            lambda: GilbertElliott(mean_up_s=1, mean_down_s=math.inf),
            "links.outages.mean_down_s: inf given, must be above 0 and at most 1e+15",
        ),
        (
            lambda: GilbertElliott(mean_up_s=1, mean_down_s=1, starts="stationry"),
            "links.outages.starts: 'stationry' is not known; did you mean stationary?",
        ),
        (
            lambda: SatelliteFailures(failures=((1, 5.0),)),
            "links.outages.failures[0]: (1, 5.0) given, must be satellite, at_s, until_s or None",
        ),
        (
            lambda: SatelliteFailures(failures=((1, 5.0, 5.0),)),
            "links.outages.failures[0].until_s: 5.0 given, must be above 5",
        ),
        (
            lambda: SatelliteFailures(failures=((0.5, 5.0, None),)),
            "links.outages.failures[0].satellite: 0.5 given, must be a whole number, at least 0",
        ),
        (
            lambda: SatelliteFailures(mean_time_between_failures_s=-1),
            "links.outages.mean_time_between_failures_s: -1 given, must be above 0 and at most 1e+15",
        ),
        (
            lambda: SatelliteFailures(mean_time_to_repair_s=60),
            "links.outages.mean_time_to_repair_s: 60 given, must go with "
            "mean_time_between_failures_s; give both",
        ),
        (
            lambda: drawn(SatelliteFailures(failures=((5, 0.0, None),))),
            "links.outages.failures[0].satellite: 5 given, must be one of 5 satellites, 0 to 4; name one "
            "that exists",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_path_and_rule(make, sentence):
    with pytest.raises(ScenarioError) as caught:
        make()

    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Bernoulli(), "outage"),
        (GilbertElliott(mean_up_s=10, mean_down_s=5), "outage"),
        (ScheduledOutages(windows=((0, 50, 0, None),)), "scheduled"),
        (SatelliteFailures(failures=((0, 0, 50),)), "failure"),
    ],
)
def test_every_cause_names_its_reason_and_gives_a_state_for_each_slot_and_link(model, reason):
    again, mask = drawn(model), drawn(model)
    nothing = drawn(model, ends=RING[:0]) if reason != "scheduled" else mask[:, :0]

    assert model.reason == reason
    assert mask.shape == (10, 5)
    assert mask.dtype == bool
    assert nothing.shape == (10, 0)
    assert np.array_equal(mask, again)
