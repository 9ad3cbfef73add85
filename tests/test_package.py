"""The package's face: quick to import, and every name in its place."""

import subprocess
import sys
from pathlib import Path

import pytest

import spacemoe_ns3
from spacemoe_ns3 import errors
from spacemoe_ns3.cli.registry import SUMMARIES

HEAVY = ("astropy", "cppyy", "matplotlib", "networkx", "numpy", "pyarrow", "rich", "scipy", "sgp4")
SOURCES = Path(spacemoe_ns3.__file__).parent


def modules_after(statement):
    """Modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint('MODULES', *sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(shown.stdout.rpartition("MODULES")[2].split())  # the statement may print, too


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_after("import spacemoe_ns3")

    assert "spacemoe_ns3" in loaded
    assert not loaded.intersection(HEAVY)


@pytest.mark.parametrize(
    "statement", ["import spacemoe_ns3.cli", "from spacemoe_ns3 import *", "import spacemoe_ns3.pipeline"]
)
def test_nothing_but_a_simulation_loads_ns3(statement):
    loaded = modules_after(statement)

    assert not loaded.intersection({"cppyy", "ns", "matplotlib"})


@pytest.mark.parametrize("command", [[], *([name] for name in SUMMARIES)])
def test_help_loads_nothing_heavy(command):
    """What makes it quick; benchmarks/engines.py measures how quick."""
    loaded = modules_after(
        f"from spacemoe_ns3.cli import cli\ncli({[*command, '--help']}, standalone_mode=False)"
    )

    assert {"spacemoe_ns3.cli", *(f"spacemoe_ns3.cli.{name}" for name in command)} <= loaded
    assert not loaded.intersection(HEAVY)


def test_the_public_names_are_sorted():
    assert spacemoe_ns3.__all__ == sorted(spacemoe_ns3.__all__)


@pytest.mark.parametrize("name", spacemoe_ns3.__all__)
def test_every_public_name_is_there(name):
    assert getattr(spacemoe_ns3, name).__name__ == name


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'spacemoe_ns3' has no attribute 'WalkerShel'"):
        spacemoe_ns3.WalkerShel  # noqa: B018


@pytest.mark.parametrize(
    "name", ["constellation", "links", "moe", "placement", "analytic", "packet", "report"]
)
def test_every_stage_lists_its_names_sorted_and_has_them(name):
    stage = __import__(f"spacemoe_ns3.{name}", fromlist=["__all__"])

    # Constants first, then classes, then functions, each by the alphabet.
    assert stage.__all__ == sorted(
        stage.__all__, key=lambda each: (not each.isupper(), not each[0].isupper(), each)
    )
    assert all(hasattr(stage, each) for each in stage.__all__)


def test_only_one_module_imports_ns3():
    importers = [
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if any(
            line.split()[:2] in (["import", "cppyy"], ["from", "ns"])
            for line in path.read_text().splitlines()
        )
    ]

    assert importers == ["packet/_ns.py"]


def test_every_error_of_the_package_is_in_the_tree_that_its_module_draws():
    kinds = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    }

    assert kinds == {word for word in errors.__doc__.split() if word.endswith("Error")}
    assert all(issubclass(getattr(errors, name), errors.SpacemoeError) for name in kinds)
