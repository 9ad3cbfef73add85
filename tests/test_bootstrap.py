"""The set-up script: what it refuses, what it finds due, and what an interruption leaves behind."""

import ast
import contextlib
import fcntl
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "bootstrap.py"
PYPROJECT = SCRIPT.with_name("pyproject.toml")
ALL_STEPS = ["create", "install", "build"]
# Should a check or an interruption be missed, the script gets no further than this.
NO_NETWORK = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}
LEO_SOURCE = "ns3-modules/leo/model/leo.cc"


@pytest.fixture
def bootstrap():
    """A module of its own for each test, so that no patch outlives it."""
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path):
    """A checkout with nothing but what the set-up script reads."""
    root = tmp_path / "checkout"
    for name in ("CMakeLists.txt", "cmake/ns3.cmake", LEO_SOURCE, "README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("first\n")
    shutil.copy(SCRIPT, root)
    shutil.copy(PYPROJECT, root)
    return root


def contents(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def refusal(bootstrap, project):
    """The sentence with which the script stops, having written nothing."""
    bootstrap.run = None
    before = contents(project)
    with pytest.raises(bootstrap.SetupError) as refused:
        bootstrap.set_up(project, dev=True)
    assert refused.value.exit_code == 2
    assert contents(project) == before
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence


@contextlib.contextmanager
def started(project, **environment):
    """Start the script as a user does, with Ctrl-C at work even where the tests run in the background."""
    process = subprocess.Popen(
        [sys.executable, project / "bootstrap.py"],
        env={**os.environ, **NO_NETWORK, **environment},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    overdue = threading.Timer(20, process.kill)
    overdue.start()
    with process:
        yield process
    overdue.cancel()


# The machine


def test_a_missing_compiler_is_named_with_its_apt_line(project, tmp_path):
    before = contents(project)
    with started(project, PATH=str(tmp_path / "nowhere"), CXX="") as process:
        said = process.stderr.read()
    assert process.returncode == 2
    assert "the C++ compiler `g++`" in said
    assert "`sudo apt-get install -y g++ make`" in said
    assert said.count("\n") == 1
    assert contents(project) == before


def test_a_missing_compiler_of_ones_own_choice_is_named(bootstrap, project, monkeypatch):
    monkeypatch.setenv("CXX", "clang++-99 -stdlib=libc++")
    sentence = refusal(bootstrap, project)
    assert "`clang++-99`" in sentence
    assert sentence.endswith("and unset CXX")


@pytest.mark.parametrize(("is_default", "package"), [(True, "python3-dev"), (False, "python3.12-dev")])
def test_missing_python_headers_are_named_with_their_apt_line(
    bootstrap, project, monkeypatch, tmp_path, is_default, package
):
    default = str(Path("/usr/bin/python3").resolve())
    monkeypatch.setattr(bootstrap, "interpreter", lambda: default if is_default else "/opt/python3.12")
    monkeypatch.setattr(bootstrap, "python_problem", str)
    monkeypatch.setattr(bootstrap, "sys", SimpleNamespace(**vars(sys) | {"version_info": (3, 12)}))
    monkeypatch.setattr(bootstrap.sysconfig, "get_path", lambda name: str(tmp_path / name))
    sentence = refusal(bootstrap, project)
    assert str(tmp_path / "include" / "Python.h") in sentence
    assert f"`sudo apt-get install -y {package}`" in sentence


def test_an_unusable_venv_module_is_named_with_its_apt_line(bootstrap, project, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    sentence = refusal(bootstrap, project)
    assert bootstrap.interpreter() in sentence
    assert re.search(r"`sudo apt-get install -y python3(\.\d+)?-venv`", sentence)


def test_all_missing_packages_come_in_one_apt_line(bootstrap, project, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    monkeypatch.setattr(bootstrap.sysconfig, "get_path", lambda name: str(tmp_path / name))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert re.search(r"`sudo apt-get install -y g\+\+ make (\S+)-dev \1-venv`", refusal(bootstrap, project))


def test_a_compiler_without_cpp20_is_named_with_its_version(bootstrap, project, monkeypatch, tmp_path):
    compiler = tmp_path / "g++-9"
    compiler.write_text('#!/bin/sh\n[ "$1" = -dumpversion ] && echo 9.4.0 || exit 1\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    sentence = refusal(bootstrap, project)
    assert "g++-9` 9.4.0 cannot compile C++20" in sentence
    assert "g++ 10 or newer" in sentence


@pytest.mark.parametrize(
    ("system", "machine", "c_library", "found"),
    [
        ("linux", "aarch64", "glibc 2.36", "linux on aarch64"),
        ("darwin", "x86_64", "", "darwin on x86_64"),
        ("linux", "x86_64", "glibc 2.17", "glibc 2.17"),
        ("linux", "x86_64", "", "no glibc"),
    ],
)
def test_a_machine_without_an_ns3_wheel_is_refused(
    bootstrap, project, monkeypatch, system, machine, c_library, found
):
    monkeypatch.setattr(bootstrap, "sys", SimpleNamespace(**vars(sys) | {"platform": system}))
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    monkeypatch.setattr(bootstrap.os, "confstr", lambda name: c_library)
    sentence = refusal(bootstrap, project)
    assert found in sentence
    assert "x86_64 with glibc 2.28 or newer" in sentence
    assert "docker run" in sentence


@pytest.mark.parametrize(
    ("implementation", "version", "is_accepted"),
    [
        ("CPython", (3, 9, 18), False),
        ("CPython", (3, 10, 0), True),
        ("CPython", (3, 13, 9), True),
        ("CPython", (3, 14, 0), False),
        ("PyPy", (3, 10, 0), False),
    ],
)
def test_only_pythons_with_an_ns3_wheel_are_accepted(
    bootstrap, monkeypatch, implementation, version, is_accepted
):
    monkeypatch.setattr(bootstrap, "sys", SimpleNamespace(version_info=version, executable="/opt/python"))
    monkeypatch.setattr(bootstrap.platform, "python_implementation", lambda: implementation)
    monkeypatch.setattr(bootstrap.platform, "python_version", lambda: "{}.{}.{}".format(*version))
    sentence = bootstrap.python_problem()
    assert (sentence == "") is is_accepted
    if not is_accepted:
        assert "/opt/python is {} {}.{}.{},".format(implementation, *version) in sentence
        assert "CPython 3.10 to 3.13" in sentence
        assert "PYTHON=python3.12" in sentence


def test_a_free_threaded_python_is_refused(bootstrap, project, monkeypatch):
    monkeypatch.setattr(bootstrap.sysconfig, "get_config_var", {"Py_GIL_DISABLED": 1}.get)
    assert "free-threaded CPython" in refusal(bootstrap, project)


def test_the_pythons_accepted_are_those_of_pyproject(bootstrap):
    bounds = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', PYPROJECT.read_text())
    oldest, newest = (3, int(bounds[1])), (3, int(bounds[2]) - 1)
    assert (oldest, newest) == (bootstrap.OLDEST_PYTHON, bootstrap.NEWEST_PYTHON)


def test_the_script_starts_on_old_pythons_to_refuse_them():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 7))


def test_a_venv_of_someone_elses_making_is_left_alone(bootstrap, project):
    (project / ".venv").mkdir()
    (project / ".venv" / "precious").touch()
    (project / ".bootstrap.lock").touch()
    assert "was not made by bootstrap.py" in refusal(bootstrap, project)


# What is due


def due_after(bootstrap, project, change, dev=True):
    """The steps that a change makes due in an environment that was up to date."""
    stamp = bootstrap.fingerprint(project, dev)
    change()
    return bootstrap.due_steps(stamp, bootstrap.fingerprint(project, dev))


@pytest.mark.parametrize(
    ("name", "due"),
    [
        (LEO_SOURCE, ["build"]),
        ("CMakeLists.txt", ["build"]),
        ("cmake/ns3.cmake", ["build"]),
        ("ns3-modules/moe/model/token.h", ["build"]),
        ("ns3-modules/leo/doc/orbit.svg", []),
        ("ns3-modules/leo/README.md", []),
        ("README.md", []),
        ("pyproject.toml", ["install", "build"]),
        ("bootstrap.py", ALL_STEPS),
    ],
)
def test_a_change_makes_due_what_depends_on_it(bootstrap, project, name, due):
    def change():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("second\n")

    assert due_after(bootstrap, project, lambda: None) == []
    assert due_after(bootstrap, project, change) == due


def test_a_renamed_source_is_built_again(bootstrap, project):
    source = project / LEO_SOURCE
    assert due_after(bootstrap, project, lambda: source.rename(source.with_name("geo.cc"))) == ["build"]


def test_a_moved_checkout_is_made_anew(bootstrap, project):
    stamp = bootstrap.fingerprint(project, dev=True)
    moved = project.rename(project.with_name("elsewhere"))
    assert bootstrap.due_steps(stamp, bootstrap.fingerprint(moved, dev=True)) == ALL_STEPS


@pytest.mark.parametrize(
    "change", [{"interpreter": lambda: "/opt/python3.12"}, {"sys": SimpleNamespace(version="3.12.9")}]
)
def test_another_interpreter_makes_everything_anew(bootstrap, project, monkeypatch, change):
    monkeypatch.setattr(bootstrap, "interpreter", lambda: "/usr/bin/python3.11")
    ((name, value),) = change.items()
    assert due_after(bootstrap, project, lambda: monkeypatch.setattr(bootstrap, name, value)) == ALL_STEPS


def test_a_run_without_dev_is_content_with_a_dev_environment(bootstrap, project):
    with_dev, without = (bootstrap.fingerprint(project, dev) for dev in (True, False))
    assert bootstrap.due_steps(with_dev, without) == []
    assert bootstrap.due_steps(without, with_dev) == ["install", "build"]


# Runs and interruptions


@pytest.fixture
def commands(bootstrap, monkeypatch):
    """The commands a set-up runs, carried out only as far as the script looks at what they leave."""
    ran = []

    def carry_out(root, lock, *command):
        ran.append(command)
        if "venv" in command:
            (root / ".venv" / "bin").mkdir()
            (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
        if "--editable" in command:
            (root / "build" / "py3").mkdir(exist_ok=True)
            (root / "build" / "py3" / "CMakeCache.txt").touch()
        if len(ran) == commands.interrupted_at:
            raise KeyboardInterrupt

    commands = SimpleNamespace(ran=ran, interrupted_at=None)
    monkeypatch.setattr(bootstrap, "run", carry_out)
    for check in ("platform_problem", "python_problem", "packages_problem", "compiler_problem"):
        monkeypatch.setattr(bootstrap, check, str)
    monkeypatch.setattr(bootstrap, "requirements", lambda root, python, dev: ["numpy"])
    monkeypatch.setattr(bootstrap.os, "sync", lambda: None)
    return commands


def due(bootstrap, project, dev=True):
    return bootstrap.due_steps(bootstrap.read_stamp(project), bootstrap.fingerprint(project, dev))


def test_the_first_run_does_everything_and_the_second_nothing(bootstrap, project, commands, capsys):
    bootstrap.set_up(project, dev=True)
    assert len(commands.ran) == 4
    assert "cmake.define.SPACEMOE_TESTS=ON" in commands.ran[-1]
    assert not (project / ".venv" / ".incomplete").exists()
    bootstrap.set_up(project, dev=True)
    assert len(commands.ran) == 4
    assert "up to date" in capsys.readouterr().err


def test_what_is_installed_is_what_pyproject_names(bootstrap, project):
    text = PYPROJECT.read_text()
    lists = re.findall(r"^(requires|dependencies|dev) = (\[.*?\])$", text, re.MULTILINE | re.DOTALL)
    named = {name: ast.literal_eval(entries) for name, entries in lists}
    without_dev = bootstrap.requirements(project, sys.executable, dev=False)
    assert sorted(without_dev) == sorted(["cmake", "ninja", *named["requires"], *named["dependencies"]])
    with_dev = bootstrap.requirements(project, sys.executable, dev=True)
    assert with_dev == [*without_dev, *named["dev"]]


def test_a_changed_source_is_built_without_touching_the_dependencies(bootstrap, project, commands):
    bootstrap.set_up(project, dev=True)
    (project / LEO_SOURCE).write_text("second\n")
    bootstrap.set_up(project, dev=False)
    assert len(commands.ran) == 5
    assert "--editable" in commands.ran[-1]
    assert "cmake.define.SPACEMOE_TESTS=ON" in commands.ran[-1], "a dev environment stays one"


@pytest.mark.parametrize(
    ("interrupted_at", "left"), [(1, ALL_STEPS), (2, ALL_STEPS), (3, ALL_STEPS), (4, ["build"]), (None, [])]
)
def test_an_interrupted_first_run_is_made_good(bootstrap, project, commands, interrupted_at, left):
    commands.interrupted_at = interrupted_at
    with contextlib.suppress(KeyboardInterrupt):
        bootstrap.set_up(project, dev=True)
    assert due(bootstrap, project) == left
    bootstrap.set_up(project, dev=True)
    assert due(bootstrap, project) == []


@pytest.mark.parametrize(
    ("name", "interrupted_at", "left"),
    [("pyproject.toml", 6, ALL_STEPS), ("pyproject.toml", 7, ["build"]), (LEO_SOURCE, 5, ["build"])],
)
def test_an_interrupted_later_run_is_made_good_even_if_the_change_is_undone(
    bootstrap, project, commands, name, interrupted_at, left
):
    bootstrap.set_up(project, dev=True)
    original = (project / name).read_text()
    (project / name).write_text(original + "\n")
    commands.interrupted_at = interrupted_at
    with pytest.raises(KeyboardInterrupt):
        bootstrap.set_up(project, dev=True)
    assert due(bootstrap, project) == left
    if name == LEO_SOURCE:
        (project / name).write_text(original)
        assert due(bootstrap, project) == left


def test_a_build_that_was_killed_starts_from_nothing(bootstrap, project, commands):
    bootstrap.set_up(project, dev=True)
    (project / "build" / ".incomplete").touch()
    (project / "build" / "half-written.o").touch()
    (project / LEO_SOURCE).write_text("second\n")
    bootstrap.set_up(project, dev=True)
    assert contents(project / "build") == ["py3", "py3/CMakeCache.txt"]


def test_the_stamp_is_there_in_full_or_not_at_all(bootstrap, project, monkeypatch):
    stamp = project / ".venv" / "bootstrap.json"
    stamp.parent.mkdir()
    monkeypatch.setattr(bootstrap.os, "sync", lambda: None)
    bootstrap.write_stamp(project, {"create": "old"})
    with stamp.open() as old:
        bootstrap.write_stamp(project, {"create": "new"})
        assert json.load(old) == {"create": "old"}, (
            "the new stamp replaces the old one and does not overwrite it"
        )

    monkeypatch.setattr(bootstrap.os, "sync", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bootstrap.write_stamp(project, {"create": "newest"})
    assert json.loads(stamp.read_text()) == {"create": "new"}


@pytest.mark.parametrize(
    ("lose", "left"),
    [
        (lambda root: (root / ".venv" / ".incomplete").touch(), ALL_STEPS),
        (lambda root: (root / ".venv" / "bin" / "python").unlink(), ALL_STEPS),
        (lambda root: (root / ".venv" / "bootstrap.json").write_text("{"), ALL_STEPS),
        (lambda root: shutil.rmtree(root / "build"), ["build"]),
    ],
)
def test_what_has_been_lost_since_is_due(bootstrap, project, commands, lose, left):
    bootstrap.set_up(project, dev=True)
    lose(project)
    assert due(bootstrap, project) == left


def test_ctrl_c_ends_the_child_and_says_so_without_a_traceback(project):
    with started(project) as process:
        assert process.stderr.readline() == "bootstrap: creating .venv\n"
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert said == "bootstrap: interrupted; the next run makes it good\n"
    with (project / ".bootstrap.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while a child lives, for it shares the lock


def test_a_second_bootstrap_waits_for_the_first(bootstrap, project, commands):
    bootstrap.set_up(project, dev=True)
    with (project / ".bootstrap.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with started(project) as process:
            assert "waiting for another bootstrap" in process.stderr.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.2)
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert process.stderr.read() == "bootstrap: .venv is up to date\n"
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("OSError: [Errno 28] No space left on device", "a disk is full"),
        (
            "g++: fatal error: Killed signal terminated program cc1plus\nninja: build stopped",
            "memory ran out",
        ),
        ("leo.cc:8:13: error: expected ';'\nninja: build stopped: subcommand failed.", "the C++ build"),
        ("WARNING: NewConnectionError\nERROR: No matching distribution found for ns3", "cannot be reached"),
        ("ERROR: No matching distribution found for ns3==99", "lacks what pyproject.toml asks for"),
        ("Segmentation fault", "pip ended with the error above"),
    ],
)
def test_a_failure_ends_in_one_sentence_of_what_went_wrong(bootstrap, project, output, reason):
    lines = bootstrap.failure("first line\n" * 50 + output, project).splitlines()
    assert len(lines) == 1 + 30 + 1
    assert reason in lines[-1]
    assert output.splitlines()[-1] == lines[-2]
