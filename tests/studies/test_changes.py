"""Dotted paths into frozen records, against records written by hand."""

from __future__ import annotations

import dataclasses

import pytest

from spacemoe_ns3 import (
    Bernoulli,
    Decoding,
    GilbertElliott,
    LaserLinks,
    MultiShell,
    PlusGrid,
    Uniform,
    WalkerShell,
)
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.studies import changed


def test_changes_make_the_scenario_that_one_writes_by_hand(small_ring) -> None:
    before = small_ring(survival=0.95, tokens=6, seed=3)

    after = changed(
        before,
        {
            "links.outages.0.survival_probability": 0.8,
            "decoding.tokens": 9,
            "links.queue_packets": 7,
            "activation": Uniform(),
        },
    )

    by_hand = small_ring(survival=0.8, tokens=9, queue_packets=7, seed=3)
    assert after == dataclasses.replace(by_hand, activation=Uniform())
    assert before == small_ring(survival=0.95, tokens=6, seed=3)


def test_an_item_of_a_tuple_is_replaced_whole_or_in_part() -> None:
    links = LaserLinks(outages=(Bernoulli(survival_probability=0.9), Bernoulli(survival_probability=0.8)))
    fades = GilbertElliott(mean_up_s=9, mean_down_s=1)

    both = changed(links, {"outages.0": fades, "outages.1.survival_probability": 0.5})

    assert both == LaserLinks(outages=(fades, Bernoulli(survival_probability=0.5)))


def test_changes_of_one_record_are_made_at_once() -> None:
    """Neither half alone would do: 16.2 rev/day is no orbit at 1000 km, nor 13.7 one at 300."""
    shell = WalkerShell(
        planes=3, satellites_per_plane=4, inclination_deg=60, altitude_km=1000, mean_motion_rev_day=13.6954
    )
    moved = {"altitude_km": 300, "mean_motion_rev_day": 15.9068}

    assert changed(shell, moved) == dataclasses.replace(shell, **moved)
    for half in moved:
        with pytest.raises(ScenarioError, match="must agree"):
            changed(shell, {half: moved[half]})


def test_records_inside_tuples_inside_records_are_reached() -> None:
    low = WalkerShell.delta("53: 40/5/1", altitude_km=550, name="low")
    high = WalkerShell.delta("60: 60/6/1", altitude_km=1600, name="high")

    found = changed(MultiShell(shells=(low, high)), {"shells.1.phasing": 3})

    assert found == MultiShell(shells=(low, dataclasses.replace(high, phasing=3)))


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("links.mtu_byte", 1500, r"links\.mtu_byte: 'mtu_byte' is not known; did you mean mtu_bytes\?"),
        ("linkz.mtu_bytes", 1500, r"linkz: 'linkz' is not known; did you mean links\?"),
        (
            "links.outages.1.survival_probability",
            0.5,
            r"links\.outages\.1: '1' given, must be the index of one",
        ),
        ("links.outages.-1", None, r"links\.outages\.-1: '-1' given, must be the index"),
        ("links.outages.first", None, r"links\.outages\.first: 'first' given, must be the index"),
        ("name.first", "x", r"name: 'small-ring' has no fields of its own.*change name as a whole"),
        ("seed.bits", 3, r"seed: 3 has no fields of its own"),
        ("", 3, r"'' is not known"),
        ("links..mtu_bytes", 3, r"'' is not known"),
    ],
)
def test_a_path_that_leads_nowhere_gets_a_sentence(small_ring, path, value, sentence) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        changed(small_ring(), {path: value})


def test_a_value_that_breaks_a_rule_gets_the_sentence_of_its_record(small_ring) -> None:
    with pytest.raises(ScenarioError, match=r"decoding\.tokens: 0 given, must be a whole number"):
        changed(small_ring(), {"decoding.tokens": 0})


@pytest.mark.parametrize("first", ["decoding", "decoding.tokens"])
def test_a_value_changed_as_a_whole_and_in_part_is_refused(small_ring, first) -> None:
    changes = {"decoding": Decoding(), "decoding.tokens": 3}

    with pytest.raises(ScenarioError, match=r"decoding.*: changed twice"):
        changed(small_ring(), {first: changes[first], **changes})


def test_a_record_without_changes_is_equal() -> None:
    links = LaserLinks(topology=PlusGrid(seam=True))

    assert changed(links, {}) == links
