"""Scenario files: what loads, and the sentence for what does not."""

import dataclasses
import os
from pathlib import Path

import pytest

from spacemoe_ns3.constellation import Slots, WalkerShell
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import LaserLinks
from spacemoe_ns3.moe import Decoding, Hardware, Uniform, model_named
from spacemoe_ns3.scenario import Scenario, load_scenario
from spacemoe_ns3.studies import load_either

SCENARIOS = sorted(Path(__file__).parents[1].glob("scenarios/*.py"))
GOOD = """\
from spacemoe_ns3 import Hardware, LaserLinks, Scenario, WalkerShell

scenario = Scenario(
    name="small",
    constellation=WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=60),
    links=LaserLinks(),
    model="llama-moe-3.5b",
    hardware=Hardware(gateway="rad5545", expert="rad5545"),
)
"""


def small(**changes):
    settings = {
        "name": "small",
        "constellation": WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=60),
        "links": LaserLinks(),
        "model": "llama-moe-3.5b",
        "hardware": Hardware(gateway="rad5545", expert="rad5545"),
    }
    return Scenario(**{**settings, **changes})


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "scenario.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def sentence_for(path):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return str(caught.value)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_of_the_repository_loads(path):
    declared, source = load_either(path)  # a scenario, or a study of one

    assert source == path.read_text(encoding="utf-8")
    assert declared.name.replace("-", "_") == path.stem
    assert source.startswith('"""')  # a scenario states its question
    assert "?" in source.split('"""')[1]


def test_there_are_scenarios_in_the_repository():
    assert {"first_ring", "ring32"} <= {path.stem for path in SCENARIOS}


def test_a_file_gives_the_scenario_that_it_declares_and_its_text(file):
    scenario, source = load_scenario(file(GOOD))

    assert scenario == small()
    assert source == GOOD


def test_a_scenario_may_have_two_names(file):
    assert load_scenario(file(GOOD + "again = scenario\n"))[0].name == "small"


def test_what_is_not_given_has_its_default():
    scenario = small()

    paper = ("spacemoe", "rand-place", "rand-intra", "rand-intra-cg")
    assert scenario.placements == (*paper, "near-random")
    assert scenario.activation == Uniform()
    assert scenario.decoding == Decoding()
    assert scenario.slots == Slots()
    assert scenario.seed == 1


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "nowhere.py"

    assert sentence_for(path) == f"{path}: cannot be read (No such file or directory); name a scenario file"


def test_a_folder_is_not_a_scenario_file(tmp_path):
    assert sentence_for(tmp_path) == f"{tmp_path}: cannot be read (Is a directory); name a scenario file"


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "binary.py"
    path.write_bytes(b"\xff\xfe\x00")

    assert sentence_for(path).startswith(f"{path}: cannot be read (")


def test_a_syntax_error_is_given_with_its_line(file):
    path = file("x = 1\ny = (\n")

    assert sentence_for(path).startswith(f"{path}:2: not valid Python: ")


def test_a_file_without_a_scenario_is_refused(file):
    path = file("x = 1\n")

    assert sentence_for(path).startswith(f"{path}: declares 0 scenarios, must be exactly one")


def test_a_file_with_two_scenarios_is_refused(file):
    path = file(GOOD.replace("scenario = ", "one = ") + GOOD.replace("scenario = ", "other = "))

    assert sentence_for(path).startswith(f"{path}: declares 2 scenarios, must be exactly one")


def test_a_file_may_vary_a_scenario_that_it_imports(file):
    path = file(
        GOOD + "import dataclasses\nbase, scenario = scenario, dataclasses.replace(scenario, seed=77)\n"
    )

    assert load_scenario(path)[0].seed == 77


def test_an_exception_in_the_file_is_given_with_its_line(file):
    path = file("def divide(n):\n    return 1 / n\n\ndivide(0)\n")

    assert sentence_for(path) == f"{path}:2: ZeroDivisionError: division by zero"


def test_an_exception_deeper_down_is_given_with_the_line_that_led_there(file):
    path = file("import json\n\njson.loads('[')\n")

    assert sentence_for(path).startswith(f"{path}:3: JSONDecodeError: ")


def test_a_misspelt_field_is_given_with_its_line(file):
    path = file(GOOD.replace("links=", "lnks="))

    message = sentence_for(path)
    assert message.startswith(f"{path}:3: TypeError: ")
    assert "lnks" in message


def test_a_file_that_leaves_is_refused(file):
    path = file("import sys\n\nsys.exit(3)\n")

    assert sentence_for(path) == f"{path}:3: SystemExit: 3"


def test_a_value_that_breaks_a_rule_is_given_with_the_file(file):
    path = file(GOOD.replace("planes=3", "planes=0"))

    assert sentence_for(path) == (
        f"{path}: constellation.planes: 0 given, must be a whole number, at least 1 and at most 100000"
    )


def test_a_syntax_error_of_an_imported_module_does_not_get_the_scenarios_line(file, tmp_path, monkeypatch):
    (tmp_path / "broken_neighbour.py").write_text("\n\n\n\n(\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = file("import broken_neighbour\n")

    message = sentence_for(path)
    assert not message.startswith(f"{path}:5")
    assert "broken_neighbour" in message


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../a", "a.b"])
def test_a_name_that_is_no_good_as_a_folder_is_refused(name):
    with pytest.raises(ScenarioError, match=r"name: .* given, must consist of letters, digits, - and _"):
        small(name=name)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("seed", -1, "seed: -1 given, must be a whole number, at least 0"),
        ("seed", 1.5, "seed: 1.5 given, must be a whole number, at least 0"),
        ("engine", "windows", "engine: 'windows' is not known; did you mean window"),
        ("engine", 3, "engine: 3 given, must be a string"),
        ("model", "gpt-5", "model: 'gpt-5' is not known; did you mean"),
        ("placements", (), "placements: none given, must name at least one"),
        ("placements", ("spacemo",), "placement: 'spacemo' is not known; did you mean spacemoe"),
        ("placements", ("spacemoe", "spacemoe"), "placements: spacemoe, spacemoe given, must be distinct"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused_with_its_path(field, value, message):
    with pytest.raises(ScenarioError) as caught:
        small(**{field: value})

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "field", ["constellation", "links", "model", "hardware", "activation", "decoding", "slots"]
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_path(field):
    with pytest.raises(ScenarioError, match=f"^{field}: 3 given"):
        small(**{field: 3})


@pytest.mark.parametrize("value", [None, ("spacemoe", 3)], ids=repr)
def test_placements_that_are_not_names_are_refused_with_their_path(value):
    with pytest.raises(ScenarioError, match=r"^placements?: "):
        small(placements=value)


def test_a_single_placement_without_its_comma_is_not_taken_for_letters():
    """("spacemoe") is a text, not a tuple."""
    with pytest.raises(ScenarioError, match=r"^placements: 'spacemoe' given"):
        small(placements=("spacemoe"))


def test_a_name_that_is_not_text_is_refused_with_its_path():
    with pytest.raises(ScenarioError, match=r"^name: 7 given"):
        small(name=7)


def test_a_model_may_be_given_by_name_or_whole():
    model = model_named("mixtral-8x7b")

    assert small(model="mixtral-8x7b").architecture is model
    assert small(model=model).architecture is model


@pytest.mark.parametrize(
    "record",
    [small(), small().constellation, small().links, small().hardware, Uniform(), Decoding(), Slots()],
    ids=lambda record: type(record).__name__,
)
def test_a_record_does_not_change_after_it_is_made(record):
    for field in dataclasses.fields(record):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, field.name, None)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not stop the superuser")
def test_a_file_that_may_not_be_read_is_refused(file):
    path = file(GOOD)
    path.chmod(0)

    assert sentence_for(path) == f"{path}: cannot be read (Permission denied); name a scenario file"
