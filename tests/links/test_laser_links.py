"""What a scenario may say of its laser links."""

import math

import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import Bernoulli, LaserLinks, LossPolicy


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("rate_bps", 0.5, "at least 1 and at most 1e+15"),
        ("rate_bps", 1.1e15, "at least 1 and at most 1e+15"),
        ("max_angular_rate_rad_s", 0, "above 0"),
        ("max_range_km", 0, "above 0"),
        ("max_range_km", math.inf, "above 0 and finite"),
        ("grazing_altitude_km", math.nan, "a finite number"),
        ("sun_exclusion_deg", 0, "above 0 and at most 180"),
        ("sun_exclusion_deg", 181, "above 0 and at most 180"),
        ("cross_plane_latitude_deg", 0, "above 0 and at most 90"),
        ("cross_plane_latitude_deg", 90.5, "above 0 and at most 90"),
        ("acquisition_s", -1, "at least 0"),
        ("terminals", 0, "a whole number, at least 1 and at most 250"),
        ("terminals", 251, "a whole number, at least 1 and at most 250"),
        ("mtu_bytes", 67, "a whole number, at least 68 and at most 65535"),
        ("mtu_bytes", 65_536, "a whole number, at least 68 and at most 65535"),
        ("mtu_bytes", 1500.0, "a whole number, at least 68 and at most 65535"),
        ("queue_packets", 0, "a whole number, at least 1 and at most 4294967295"),
        ("topology", "plus-grid", "a topology, such as PlusGrid()"),
        ("on_loss", None, "a name"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_path_and_rule(field, value, rule):
    with pytest.raises(ScenarioError) as caught:
        LaserLinks(**{field: value})

    assert str(caught.value) == f"links.{field}: {value!r} given, must be {rule}"


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (
            {"intra-plane": 0.5},
            "links.rate_bps['intra-plane']: 0.5 given, must be at least 1 and at most 1e+15",
        ),
        ({(0, 1): -1}, "links.rate_bps[(0, 1)]: -1 given, must be at least 1 and at most 1e+15"),
        ({"intra-plan": 1e9}, "links.rate_bps: 'intra-plan' is not known; did you mean intra-plane"),
        ({3: 1e9}, "links.rate_bps: 3 given, must be a kind of link, or a pair of satellites"),
        (
            {(0, 1, 2): 1e9},
            "links.rate_bps: (0, 1, 2) given, must be a kind of link, or a pair of satellites",
        ),
        (
            {(0, 1): 1e9, (1, 0): 2e9},
            "links.rate_bps: (0, 1) and (1, 0) given, which are one link; leave one out",
        ),
    ],
)
def test_a_mapping_of_rates_that_makes_no_sense_is_refused(rates, message):
    with pytest.raises(ScenarioError) as caught:
        LaserLinks(rate_bps=rates)

    assert str(caught.value).startswith(message)


def test_outages_without_their_comma_are_refused():
    """(Bernoulli()) is one outage and no tuple."""
    with pytest.raises(
        ScenarioError,
        match=r"^links\.outages: Bernoulli\(.*\) given, must be a tuple of outages; one needs a comma",
    ):
        LaserLinks(outages=(Bernoulli()))


def test_what_is_no_outage_is_refused_with_its_place():
    with pytest.raises(ScenarioError, match=r"^links\.outages\[1\]: 0\.95 given, must be an outage, such as"):
        LaserLinks(outages=(Bernoulli(), 0.95))


@pytest.mark.parametrize("policy", LossPolicy)
def test_a_loss_policy_goes_by_its_name(policy):
    assert LaserLinks(on_loss=policy.value).policy == policy


def test_an_unknown_loss_policy_is_refused_with_the_nearest():
    with pytest.raises(
        ScenarioError, match=r"^links\.on_loss: 'rerout' is not known; did you mean reroute\?$"
    ):
        LaserLinks(on_loss="rerout")


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (1.5, "links.packet_error_rate: 1.5 given, must be at least 0 and at most 1"),
        ({"seam": -0.1}, "links.packet_error_rate['seam']: -0.1 given, must be at least 0 and at most 1"),
        ({"seem": 0.1}, "links.packet_error_rate: 'seem' is not known; did you mean seam"),
    ],
)
def test_a_packet_error_rate_is_a_probability_of_a_link_that_there_is(rates, message):
    with pytest.raises(ScenarioError) as caught:
        LaserLinks(packet_error_rate=rates)

    assert str(caught.value).startswith(message)
