"""The doctor: what is whole is ok, and what is broken on purpose is found, with what to do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

import spacemoe_ns3
from spacemoe_ns3.installation import VERDICTS, Finding, examinations
from spacemoe_ns3.installation.simulator import WHEEL_VERSION
from spacemoe_ns3.installation.tools import dissector
from spacemoe_ns3.packet._ns import native_folder

ROOT = Path(__file__).parents[2]
PACKAGE = Path(spacemoe_ns3.__file__).parent
NEEDED = ("Python", "system", "Python packages", "ns-3 wheel", "compiled modules", "cppyy", "trial run")
# Python reads it at its start: modules named in the variable are hidden, in child processes too.
HIDING = """
import os, sys

class Hiding:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, *others):
        hidden = os.environ["HIDDEN"].split(",")
        is_hidden = any(name == each or name.startswith(f"{each}.") for each in hidden)
        return None if is_hidden else self.finder.find_spec(name, *others)

sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]
"""
# An editable installation finds the package before PYTHONPATH does.
NOT_EDITABLE = """
import sys

sys.meta_path[:] = [each for each in sys.meta_path if not type(each).__name__.startswith("ScikitBuild")]
"""
Examined = Callable[..., tuple[int, dict[str, dict[str, str]]]]


@pytest.fixture
def examined(tmp_path: Path) -> Examined:
    """Return a function that calls the doctor of a package: exit code, and findings by name."""

    def call(*, package: Path = PACKAGE, **environment: str) -> tuple[int, dict[str, dict[str, str]]]:
        path = os.pathsep.join([str(tmp_path / "hiding"), str(package.parent)])
        done = subprocess.run(
            [sys.executable, "-m", "spacemoe_ns3", "doctor", "--json"],
            cwd=tmp_path,  # where no other package lies
            env={**os.environ, "PYTHONPATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        found = json.loads(done.stdout)
        assert found["is_complete"] == (done.returncode == 0)
        assert {each["verdict"] for each in found["findings"]} <= set(VERDICTS)
        for each in found["findings"]:
            assert bool(each["remedy"]) == (each["verdict"] in {"failed", "absent"})
        return done.returncode, {each["what"]: each for each in found["findings"]}

    (tmp_path / "hiding").mkdir()
    return call


@pytest.fixture
def hide(tmp_path: Path, examined: Examined, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that hides modules from the doctor."""

    def hiding(names: str) -> None:
        (tmp_path / "hiding" / "sitecustomize.py").write_text(HIDING)
        monkeypatch.setenv("HIDDEN", names)

    return hiding


@pytest.fixture
def copy(tmp_path: Path, examined: Examined) -> Path:
    """Return a copy of the package, its compiled modules included, to break."""
    (tmp_path / "hiding" / "sitecustomize.py").write_text(NOT_EDITABLE)
    package = tmp_path / "copy" / "spacemoe_ns3"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "_native"))
    (package / "_native").mkdir()
    (package / "_native" / "__init__.py").touch()
    native = native_folder()
    for library in native.glob("*.so"):
        shutil.copy(library, package / "_native")
    (package / "_native" / "include").symlink_to(native / "include")
    return package


@pytest.mark.packet
def test_a_whole_installation_is_ok_to_the_nanosecond(examined: Examined) -> None:
    code, found = examined()
    assert code == 0
    assert [found[what]["verdict"] for what in NEEDED] == ["ok"] * len(NEEDED)
    assert re.fullmatch(r"4 tokens in \d+\.\d s, packets less formula [+-]0 ns", found["trial run"]["found"])
    assert found["ns-3 wheel"]["found"].startswith(WHEEL_VERSION)
    assert sys.executable in found["Python"]["found"]


def test_the_wheel_that_it_asks_for_is_the_one_that_is_built_against() -> None:
    assert f'"ns3=={WHEEL_VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_a_missing_wheel_is_found_and_what_needs_it_is_skipped(
    examined: Examined, hide: Callable[[str], None]
) -> None:
    hide("ns3")
    code, found = examined()
    assert code == 5
    assert (found["ns-3 wheel"]["verdict"], found["ns-3 wheel"]["found"]) == ("failed", "none")
    assert found["ns-3 wheel"]["remedy"] == f"pip install ns3=={WHEEL_VERSION}"
    assert found["compiled modules"]["verdict"] == "skipped"
    assert found["trial run"]["verdict"] == "skipped"
    assert "ns-3 wheel" in found["trial run"]["found"]
    assert found["cppyy"]["verdict"] == "ok"  # which needs no ns-3


def test_missing_packages_are_named(examined: Examined, hide: Callable[[str], None]) -> None:
    hide("numpy,scipy")
    code, found = examined()
    assert code == 5
    assert found["Python packages"]["found"] == "numpy is missing; scipy is missing"
    assert "pip install" in found["Python packages"]["remedy"]


def test_a_cppyy_that_cannot_be_imported_is_found(examined: Examined, hide: Callable[[str], None]) -> None:
    hide("cppyy")
    code, found = examined()
    assert code == 5
    assert found["cppyy"]["verdict"] == "failed"
    assert "No module named 'cppyy'" in found["cppyy"]["found"]
    assert "g++" in found["cppyy"]["remedy"]


def test_modules_that_were_not_built_are_found(examined: Examined, copy: Path) -> None:
    (copy / "_native" / "libspacemoe_bridge.so").unlink()
    code, found = examined(package=copy)
    assert code == 5
    assert (found["compiled modules"]["verdict"], found["compiled modules"]["found"]) == ("failed", "none")
    assert "pip install ." in found["compiled modules"]["remedy"]


def test_modules_that_are_damaged_are_found(examined: Examined, copy: Path) -> None:
    library = copy / "_native" / "libspacemoe_leo.so"
    library.write_bytes(b"no library")
    code, found = examined(package=copy)
    assert code == 5
    assert found["compiled modules"]["verdict"] == "failed"
    assert "libspacemoe_leo.so" in found["compiled modules"]["found"]


def test_a_crash_is_a_finding(examined: Examined, copy: Path) -> None:
    library = copy / "_native" / "libspacemoe_leo.so"
    library.write_bytes(library.read_bytes()[:1000])  # its header promises more
    code, found = examined(package=copy)
    assert code == 5
    assert found["compiled modules"]["verdict"] == "failed"


def test_modules_of_another_wheel_are_found(examined: Examined, copy: Path) -> None:
    """They want a symbol that this wheel has not: here one of another name, of the same length."""
    library = copy / "_native" / "libspacemoe_leo.so"
    content, symbol = library.read_bytes(), b"_ZN3ns36ObjectD2Ev"
    assert symbol in content
    library.write_bytes(content.replace(symbol, b"_ZN3ns36OtherrD2Ev"))
    code, found = examined(package=copy)
    assert code == 5
    assert found["compiled modules"]["verdict"] == "failed"
    assert "undefined symbol" in found["compiled modules"]["found"]


@pytest.mark.packet
def test_without_any_program_runs_go_on_and_the_programs_are_named(examined: Examined) -> None:
    code, found = examined(PATH="/nonexistent")
    assert code == 0
    for what, package in (("C++ compiler", "g++"), ("Wireshark", "tshark"), ("valgrind", "valgrind")):
        assert found[what]["verdict"] == "absent"
        assert package in found[what]["remedy"]


def test_a_run_that_fails_is_told_in_its_own_words(examined: Examined, copy: Path) -> None:
    (copy / "packet" / "worker.py").write_text("raise SystemExit('the worker is broken')\n")
    code, found = examined(package=copy)
    assert code == 5
    assert found["trial run"]["verdict"] == "failed"
    assert "the worker is broken" in found["trial run"]["found"]


def test_what_cannot_even_be_looked_at_is_a_finding_and_the_rest_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> Finding:
        raise PermissionError("no")

    good = Finding(what="good", found="here")
    looks = {"bad": broken, "none": lambda: None, "good": lambda: good}
    monkeypatch.setattr(examinations, "EXAMINATIONS", looks)
    told: list[str] = []
    bad, last = examinations.examine(tell=told.append)
    assert (bad.what, bad.found, bad.verdict) == ("bad", "PermissionError: no", "failed")
    assert last == good
    assert told == ["bad", "none", "good"]


@pytest.mark.parametrize("is_current", [True, False])
def test_the_dissector_is_looked_for_where_it_belongs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_current: bool
) -> None:
    module = types.ModuleType("spacemoe_ns3.wireshark")
    vars(module).update(plugin_folder=lambda: tmp_path, is_current=lambda folder: is_current)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    found = dissector()
    assert found is not None
    assert found.verdict == ("ok" if is_current else "absent")
    assert str(tmp_path) in found.found
    assert found.remedy == ("" if is_current else "spacemoe-ns3 wireshark --install")


def test_people_get_a_table_and_what_to_do(
    program: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = program("doctor", PATH="/nonexistent")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^ok +Python +C", done.stdout, re.MULTILINE)
    assert re.search(r"^absent +valgrind +no valgrind *\n +to do: sudo apt-get", done.stdout, re.MULTILINE)
    assert "Runs have all that they need." in done.stdout


def test_a_finding_takes_no_other_verdict() -> None:
    with pytest.raises(ValueError, match="verdict 'fine' given, must be one of ok, failed, absent, skipped"):
        Finding(what="Python", found="3.12", verdict="fine")
