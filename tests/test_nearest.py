"""A wrong name gets the nearest valid one, wherever it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import spacemoe_ns3
from spacemoe_ns3.errors import InputError, ScenarioError
from spacemoe_ns3.moe.computers import COMPUTERS, computer_named
from spacemoe_ns3.moe.zoo import ZOO, model_named
from spacemoe_ns3.nearest import did_you_mean, misspelt, near_paths, near_runs, nearest
from spacemoe_ns3.placement.registry import PLACERS, placer_named
from spacemoe_ns3.report.path import read_path
from spacemoe_ns3.scenario import run_file

ROOT = Path(__file__).parents[1]


def slip(word: str) -> str:
    """Swap the two letters in the middle, as fingers do."""
    middle = len(word) // 2
    return word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]


@pytest.mark.parametrize("name", [*ZOO, *COMPUTERS, *PLACERS])
def test_a_name_finds_itself_first_whatever_its_capitals_and_hyphens(name: str) -> None:
    choices = [*ZOO, *COMPUTERS, *PLACERS]
    assert nearest(name, choices)[0] == name
    assert nearest(name.upper().replace("-", "_"), choices)[0] == name


@pytest.mark.parametrize(
    ("look_up", "names"), [(model_named, ZOO), (placer_named, PLACERS)], ids=["models", "placements"]
)
def test_two_letters_swapped_name_what_was_meant(look_up: Callable[[str], object], names: list[str]) -> None:
    for name in names:
        if slip(name) in names:
            continue
        with pytest.raises(ScenarioError) as error:
            look_up(slip(name))
        assert name in str(error.value).split("did you mean ")[1]


def test_a_wrong_computer_and_a_wrong_preset_get_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="'h010' is not known; did you mean h100"):
        computer_named("h010", field="--computer")
    with pytest.raises(ScenarioError, match="did you mean starlink"):
        spacemoe_ns3.preset("starlnik-gen1-550")


def test_what_begins_with_the_word_is_near_however_long_it_is() -> None:
    assert nearest("qwen", ["a-qwen-long-after-the-beginning", "qwen3-30b-a3b", "mixtral-8x7b"]) == (
        "qwen3-30b-a3b",
        "a-qwen-long-after-the-beginning",
    )


def test_without_a_near_choice_all_are_named_unless_they_are_many() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "did you mean a or b?"
    assert did_you_mean("zzz", [f"n{number:02}" for number in range(21)]) == (
        "did you mean n00 or n01 or n02 or one of 18 others?"
    )
    assert did_you_mean("zzz", []) == "there are none"


def test_paths_are_near_by_their_names() -> None:
    there = [Path("a/ring32.py"), Path("b/first_ring.py"), Path("c/first_ring.py")]
    assert near_paths(Path("elsewhere/firstring.py"), there) == (Path("b/first_ring.py"),)


SLIPS = {
    "from spacemoe_ns3 import WalkerShel": "did you mean WalkerShell?",
    "import spacemoe_ns3 as s\ns.PlusGird()": "did you mean PlusGrid?",
    "from spacemoe_ns3 import PlusGrid\nPlusGird()": "did you mean PlusGrid",
    "from spacemoe_ns3 import PlusGrid\nPlusGrid(seem=True)": "did you mean seam?",
    "from spacemoe_ns3 import preset\npreset('iridium-next').planez": "did you mean planes",
    "import spacemoe_ns3_": "",
    "1 / 0": "",
    "def f(*, seam): ...\nf(seem=1)": "",
}


@pytest.mark.parametrize(("text", "question"), SLIPS.items())
def test_a_slip_in_a_scenario_file_gets_the_nearest_name(tmp_path: Path, text: str, question: str) -> None:
    path = tmp_path / "slip.py"
    path.write_text(text)
    with pytest.raises(ScenarioError) as error:
        run_file(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}:{text.count(chr(10)) + 1}: ")
    assert sentence.casefold().count("did you mean") == bool(question)
    assert question in sentence


def test_python_is_not_asked_twice() -> None:
    asked = TypeError(
        "PlusGrid.__init__() got an unexpected keyword argument 'seem'. Did you mean 'seam'?"
    )  # as Python 3.13 says it
    assert misspelt(asked, package=spacemoe_ns3) == ""


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("scenarios/frist_ring.py", "did you mean scenarios/first_ring.py or scenarios/busy_ring.py?"),
        ("first_ring", "did you mean scenarios/first_ring.py?"),
        ("RING32.PY", "did you mean scenarios/ring32.py?"),
        ("scenarios", "name a scenario file in it, such as scenarios/busy_ring.py"),
        ("docs/data", "name a scenario file"),
        ("run", "it is a run, and `spacemoe-ns3 path run` looks into it; name a scenario file"),
    ],
)
def test_a_path_that_is_no_scenario_gets_the_nearest_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, remedy: str
) -> None:
    for folder in ("scenarios", "docs/data", "run"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("busy_ring", "first_ring", "ring32"):
        (tmp_path / "scenarios" / f"{name}.py").touch()
    (tmp_path / "run" / "manifest.json").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError) as error:
        run_file(Path(written))
    assert str(error.value).startswith(f"{written}: cannot be read (")
    assert str(error.value).endswith(f"; {remedy}")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make folders that look like runs, in the current folder."""
    for name in ("first-ring", "first-ring-2", "paper-table"):
        (tmp_path / "results" / name).mkdir(parents=True)
        (tmp_path / "results" / name / "manifest.json").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("results/first-rng", "is not a folder, which `spacemoe-ns3 run` writes; did you mean "),
        ("paper_table", "did you mean results/paper-table?"),
        ("results", "did you mean results/first-ring or results/first-ring-2 or results/paper-table?"),
        ("somewhere/else", "name that of a run"),
    ],
)
def test_a_path_that_is_no_run_gets_the_nearest_one(runs: Path, written: str, remedy: str) -> None:
    with pytest.raises(InputError) as error:
        read_path(Path(written))
    assert str(error.value).startswith(f"{written}: ")
    assert remedy in str(error.value)


def test_the_nearest_run_comes_first(runs: Path) -> None:
    assert near_runs(Path("results/first-rng"))[0] == Path("results/first-ring")


def test_results_name_the_nearest_run_table_placement_and_engine(tmp_path: Path, root: Path) -> None:
    from spacemoe_ns3.cli import cli

    run = tmp_path / "first-ring"
    options = ["--engine", "analytic", "--placement", "spacemoe", "--quiet", "--out", str(run)]
    cli(["run", str(root / "scenarios" / "first_ring.py"), *options], standalone_mode=False)
    results = spacemoe_ns3.load(run)
    with pytest.raises(InputError, match=f"there is no such folder; did you mean {run}"):
        spacemoe_ns3.load(tmp_path / "frist-ring")
    with pytest.raises(InputError, match=f"has no manifest.json; did you mean {run}"):
        spacemoe_ns3.load(tmp_path)
    with pytest.raises(InputError, match=r"has no table 'token'; .*did you mean tokens"):
        results.table("token")
    with pytest.raises(
        InputError, match="has no placement 'spacemo'; it has spacemoe; did you mean spacemoe"
    ):
        results.columns("tokens", placement="spacemo")
    with pytest.raises(InputError, match="engine: 'packets' is not known; did you mean packet"):
        results.columns("tokens", engine="packets")
