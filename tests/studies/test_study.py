"""What a study may declare, and the sentence for what it may not."""

from __future__ import annotations

import dataclasses

import pytest

from spacemoe_ns3 import Alternative, Published, Study, Sweep
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.scenario import load_scenario
from spacemoe_ns3.studies import load_either

SHIFT = Alternative(assumption="phasing", chosen="1", reading="2", changes={"constellation.phasing": 2})
HEIGHTS = Sweep(label="altitude, km", points={km: {"constellation.altitude_km": km} for km in (1200, 1400.5)})
FILE = """\
from spacemoe_ns3 import Hardware, LaserLinks, Scenario, Study, WalkerShell

scenario = Scenario(
    name="small",
    constellation=WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=60),
    links=LaserLinks(),
    model="llama-moe-3.5b",
    hardware=Hardware(gateway="rad5545", expert="rad5545"),
)
"""


def test_variants_are_the_scenario_then_alternatives_then_points(small_ring) -> None:
    base = small_ring()

    variants = Study(name="s", base=base, alternatives=(SHIFT,), sweep=HEIGHTS).scenarios()

    names = ["chosen", "phasing: 2", "altitude, km: 1200", "altitude, km: 1400.5"]
    assert [variant.name for variant, _ in variants] == names
    scenarios = [scenario for _, scenario in variants]
    assert scenarios[0] == base
    shell = base.constellation
    assert scenarios[1] == dataclasses.replace(base, constellation=dataclasses.replace(shell, phasing=2))
    assert [each.constellation.altitude_km for each in scenarios[2:]] == [1200, 1400.5]
    assert [variant.point for variant, _ in variants] == [None, None, 1200, 1400.5]
    assert (variants[1][0].assumption, variants[1][0].chosen, variants[1][0].reading) == ("phasing", "1", "2")


def with_changes(changes):
    return dataclasses.replace(SHIFT, changes=changes)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"name": "a b"}, r"study\.name: 'a b' given"),
        ({"seeds": ()}, r"study\.seeds: none given"),
        ({"seeds": (1, 1)}, r"study\.seeds: 1, 1 given, must be distinct"),
        ({"seeds": 3}, r"study\.seeds: 3 given.*comma"),
        ({"seeds": (-1,)}, r"study\.seeds: -1 given"),
        ({"alternatives": SHIFT}, r"study\.alternatives: .*comma"),
        ({"alternatives": (SHIFT, SHIFT)}, r"'phasing: 2' is there twice"),
        (
            {"alternatives": (SHIFT, dataclasses.replace(SHIFT, chosen="9", reading="3"))},
            r"study\.alternatives\[1\] \(3\): '9' chosen, but '1' above",
        ),
        (
            {"alternatives": (with_changes({"constellation.phazing": 2}),)},
            r"study\.alternatives\[0\] \(2\)\.changes: constellation\.phazing: .*did you mean phasing\?",
        ),
        (
            {"alternatives": (with_changes({"links.mtu_bytes": 1}),)},
            r"study\.alternatives\[0\] \(2\)\.changes: links\.mtu_bytes: 1 given",
        ),
        ({"alternatives": (with_changes({"seed": 4}),)}, r"seed given, which the study sets"),
        (
            {"alternatives": (with_changes({"placements": ("near-random",)}),)},
            r"makes the placements near-random, must leave their names as they are \(spacemoe, rand-place\)",
        ),
        (
            {"sweep": Sweep(label="x", points={1: {"links.mtu": 1}, 2: {"links.mtu_bytes": 99}})},
            r"study\.sweep\.points\[1\]: links\.mtu: ",
        ),
        (
            {"sweep": dataclasses.replace(HEIGHTS, reported={"spacemo": "rises"})},
            r"study\.sweep\.reported: 'spacemo' is not known; did you mean spacemoe",
        ),
        (
            {"published": Published(source="p", s_per_token={"rand-plac": (1, 2)})},
            r"'rand-plac' is not known; did you mean rand-place",
        ),
        (
            {"published": Published(source="p", s_per_token={"spacemoe": (2, 1)})},
            r"s_per_token\['spacemoe'\]: 1 given, must be at least 2",
        ),
        ({"published": Published(source="p", s_per_token={"spacemoe": (2,)})}, r"must be two numbers"),
    ],
)
def test_a_study_that_breaks_a_rule_gets_a_sentence(small_ring, settings, sentence) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        Study(**{"name": "s", "base": small_ring(), **settings})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: with_changes({}), r"changes: none given, must change something"),
        (lambda: dataclasses.replace(SHIFT, reading=""), r"alternatives\.reading: nothing given"),
        (lambda: Sweep(label="", points=HEIGHTS.points), r"sweep\.label: nothing given"),
        (lambda: Sweep(label="x", points={1: {"seed": 1}}), r"sweep\.points: 1 given, must be at least two"),
        (lambda: Sweep(label="x", points={"a": {"b": 1}, 1: {"b": 2}}), r"sweep\.points: 'a' given"),
        (lambda: Sweep(label="x", points={1: {}, 2: {"b": 2}}), r"sweep\.points\[1\]: none given"),
        (lambda: dataclasses.replace(HEIGHTS, reported={"x": "up"}), r"'up' is not known"),
    ],
)
def test_a_part_that_breaks_a_rule_gets_a_sentence(make, sentence) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        make()


def test_another_base_keeps_what_is_reported_of_its_placements(small_ring) -> None:
    study = Study(
        name="s",
        base=small_ring(placements=("spacemoe", "rand-place")),
        published=Published(source="p", s_per_token={"spacemoe": (1, 2), "rand-place": (3, 4)}),
        sweep=dataclasses.replace(HEIGHTS, reported={"rand-place": "rises"}),
    )

    near = study.with_base(small_ring(placements=("spacemoe",)), seeds=(5,))
    none = study.with_base(small_ring(placements=("near-random",)))

    assert near.published == Published(source="p", s_per_token={"spacemoe": (1, 2)})
    assert near.seeds == (5,)
    assert near.sweep is not None
    assert near.sweep.reported == {}
    assert none.published is None
    assert none.seeds == study.seeds


def declared(tmp_path, text):
    path = tmp_path / "declared.py"
    path.write_text(FILE + text)
    return path


def test_a_file_with_a_study_declares_that_whatever_scenarios_lie_beside_it(tmp_path) -> None:
    path = declared(tmp_path, "study = Study(name='s', base=scenario)\nother = None\n")

    found, source = load_either(path)

    assert isinstance(found, Study)
    assert source == path.read_text()
    assert load_scenario(path)[0] == found.base  # what `sky` looks at


def test_a_file_without_a_study_declares_its_scenario(tmp_path) -> None:
    path = declared(tmp_path, "")

    assert load_either(path)[0] == load_scenario(path)[0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = Study(name='a', base=scenario)\nb = Study(name='b', base=scenario)\n", "declares 2 studies"),
        ("del scenario\n", "declares 0 scenarios, must be exactly one"),
        ("study = Study(name='s', base=scenario, seeds=())\n", r"declared\.py: study\.seeds: none given"),
    ],
)
def test_a_file_that_declares_something_else_gets_a_sentence(tmp_path, text, sentence) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        load_either(declared(tmp_path, text))
