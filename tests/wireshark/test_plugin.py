"""Where the dissector goes, and what is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spacemoe_ns3.errors import OutputError, WriteError
from spacemoe_ns3.wireshark import dissector_path, install, is_current, plugin_folder, uninstall

EXIT_INPUT = 2


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that calls the command as a user whose home is empty."""

    def call(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "spacemoe_ns3", "wireshark", *options]
        return subprocess.run(
            command, env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True
        )

    return call


def test_what_is_installed_is_found_by_tshark(
    call: Callable[..., subprocess.CompletedProcess[str]], tool: Callable[[str], str], tmp_path: Path
) -> None:
    tshark = tool("tshark")
    assert json.loads(call("--json").stdout)["is_installed"] is False
    done = call("--install", "--json")
    assert done.returncode == 0
    assert Path(json.loads(done.stdout)["path"]).read_bytes() == dissector_path().read_bytes()
    fields = subprocess.run(
        [tshark, "-G", "fields"], env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True
    ).stdout
    assert "\tspacemoe.response_time\t" in fields
    assert json.loads(call("--json").stdout)["is_installed"] is True
    assert call("--uninstall").stdout.startswith("Removed from ")
    assert call("--uninstall").stdout.startswith("It was not in ")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_path_is_printed_and_nothing_else(call: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert call("--print-path").stdout == f"{dissector_path()}\n"
    assert json.loads(call("--print-path", "--json").stdout) == {"path": str(dissector_path())}


@pytest.mark.parametrize(
    ("options", "word"), [(("--install", "--print-path"), "one of"), (("--out", "a.pcapng"), "--merge")]
)
def test_options_that_do_not_fit_together_are_refused(
    options: tuple[str, ...], word: str, call: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = call(*options)
    assert done.returncode == EXIT_INPUT
    assert word in done.stderr


def test_a_file_of_somebody_else_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    other = tmp_path / "spacemoe.lua"
    other.write_text("-- my own dissector\n")
    for action in (install, uninstall):
        with pytest.raises(OutputError, match="is not the dissector of spacemoe-ns3; move it away"):
            action(tmp_path)
    assert other.read_text() == "-- my own dissector\n"


def test_an_older_version_is_replaced(tmp_path: Path) -> None:
    old = tmp_path / "spacemoe.lua"
    old.write_bytes(dissector_path().read_bytes()[:1000])
    assert not is_current(tmp_path)
    assert install(tmp_path) == old
    assert is_current(tmp_path)
    assert list(tmp_path.iterdir()) == [old]  # nothing is left aside


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="could not be written"):
        install(tmp_path / "file" / "plugins")


def test_without_wireshark_the_folder_is_where_it_would_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wireshark User's Guide, appendix B: personal plug-ins on Unix."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert plugin_folder() == tmp_path / ".local" / "lib" / "wireshark" / "plugins"


def test_with_tshark_the_folder_is_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tshark"
    program.write_text("#!/bin/sh\nprintf 'Temp:\\t/tmp\\nPersonal Lua Plugins:\\t/somewhere/else\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert plugin_folder() == Path("/somewhere/else")
