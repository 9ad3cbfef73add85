"""``spacemoe-ns3 trace``: where files go, and what is said of what cannot be."""

from __future__ import annotations

import json
import os
import shutil

import click
import pytest
from trace_commands import command

from spacemoe_ns3.cli import cli
from spacemoe_ns3.cli.common import EXIT_INPUT, EXIT_INSTALLATION, EXIT_WRITE
from spacemoe_ns3.errors import InputError

pytestmark = pytest.mark.packet


@pytest.fixture(scope="module")
def run(run_of):
    return run_of("first")


def said(done, code=EXIT_INPUT):
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    return done.stderr


def test_the_trace_goes_into_the_folder_of_the_run_and_is_replaced(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "run")
    for _ in range(2):
        done = command("trace", copy, "--json")
        assert done.returncode == 0, done.stderr
        written = json.loads(done.stdout)
        assert written == {
            "trace": str(copy / "trace.pftrace"),
            "format": "perfetto",
            "bytes": (copy / "trace.pftrace").stat().st_size,
        }
    assert [path.name for path in copy.iterdir() if path.name.startswith(".")] == []


def test_another_file_is_replaced_only_when_asked(run, tmp_path):
    place = tmp_path / "mine"
    place.write_text("precious")
    assert "is there already; name another file, or replace it by --force" in said(
        command("trace", run, "--out", place)
    )
    assert place.read_text() == "precious"
    assert command("trace", run, "--out", place, "--force", "--quiet").returncode == 0
    assert place.read_bytes() != b"precious"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--placement", "spacemo"],
            "--placement: 'spacemo' given, the run has spacemoe, rand-place; did you mean",
        ),
        (["--tokens", "6:9"], "--tokens: 6 is the first, placement spacemoe has 6, counted from 0"),
        (["--tokens", "4:4"], "'4:4' given, must be A:B with A less than B"),
        (["--tokens", "four"], "'four' given, must be A:B"),
        (["--format", "czml"], "--placement: not given, this format shows one, and run"),
        (["--format", "netanim"], "has spacemoe, rand-place; name one of them"),
        (
            ["--format", "czml", "--placement", "spacemoe", "--tokens", "0:2"],
            "leave out --engine and --tokens",
        ),
        (["--out", "/"], "is a folder; name a file"),
        (["--out", "/nowhere/to/be/found"], "there is no folder /nowhere/to/be; make it first"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(run, options, sentence):
    with pytest.raises((InputError, click.UsageError)) as caught:
        cli(["trace", str(run), *options], standalone_mode=False)
    assert sentence in str(caught.value)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    assert f"{tmp_path}: has no manifest.json" in said(command("trace", tmp_path))


def test_a_file_that_cannot_grow_leaves_nothing(run, tmp_path):
    """As on a full disk."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
        "from spacemoe_ns3.cli import main; main()"
    )
    told = said(command("trace", run, "--out", tmp_path / "x", code=code), EXIT_WRITE)
    assert f"{tmp_path / 'x'}: could not be written (File too large); nothing is left there" in told
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_left_alone_even_when_forced(run, tmp_path):
    """A pipe stands for all of them, devices too: a file put in its place would be the end of it."""
    place = tmp_path / "pipe"
    os.mkfifo(place)
    with pytest.raises(InputError, match="is there and is no file; name a file"):
        cli(["trace", str(run), "--out", str(place), "--force"], standalone_mode=False)
    assert place.is_fifo()


@pytest.mark.parametrize(("module", "form"), [("perfetto", "perfetto"), ("czml3", "czml")])
def test_a_missing_package_is_named_with_the_way_to_get_it(run, tmp_path, module, form):
    code = f"import sys; sys.modules[{module!r}] = None; from spacemoe_ns3.cli import main; main()"
    arguments = ["trace", run, "--format", form, "--placement", "spacemoe", "--out", tmp_path / "x"]
    done = command(*arguments, code=code)
    assert f"python -m pip install {module}" in said(done, EXIT_INSTALLATION)
    assert list(tmp_path.iterdir()) == []
