"""Is there a test that fails when the engine is broken? Break it in many ways, and see which one it is.

    .venv/bin/python benchmarks/mutations.py                      # some ten minutes
    .venv/bin/python benchmarks/mutations.py --json > docs/data/mutations.json
    .venv/bin/python benchmarks/mutations.py --write              # docs/mutations.md anew from docs/data
    .venv/bin/python benchmarks/mutations.py --only "ring closes" # those with these words in their names

The project is copied, built with its C++ tests, and found to pass. Then, for one mutation of ``mutants.py``
after the other, a text of a source file is replaced in the copy, what depends on it is built, and tests run
until one fails: first the C++ suites of the modules ``leo`` and ``moe`` and the suite ``referee``, then files
of pytest. The referee in SimPy (``tests/referee``) always runs, to say whether it alone would have seen it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mutants import MUTATIONS, Mutation

ROOT = Path(__file__).parents[1]
DATA = ROOT / "docs" / "data" / "mutations.json"
PAGE = ROOT / "docs" / "mutations.md"
COPIED = ("cmake", "ns3-modules", "spacemoe_ns3", "tests", "scenarios", "CMakeLists.txt", "pyproject.toml")
SUITES = ("leo", "moe", "referee")
REFEREE = "tests/referee"
FILES = (
    REFEREE,
    "tests/test_results.py",
    "tests/agreement/test_engines_agree.py",
    "tests/agreement/test_living_links.py",
    "tests/packet/test_accounting.py",
    "tests/packet/test_transport.py",
)
LONGEST_S = 300  # of one set of tests: what takes longer hangs, and is caught
LONGEST_BUILD_S = 3600


class Copy:
    """A copy of the project, with an environment of its own, built."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.build = folder / "build"
        self.python = folder / "venv" / "bin" / "python"
        self.root.mkdir()
        for name in COPIED:
            source, target = ROOT / name, self.root / name
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, ignore=ignored) if source.is_dir() else shutil.copy(
                source, target
            )
        venv.create(folder / "venv", with_pip=False, symlinks=True)
        # The packages of this environment, but not its hooks: those would import the original.
        (packages,) = (folder / "venv").glob("lib/python*/site-packages")
        shared = [path for path in sys.path if path.endswith("-packages")]
        (packages / "copy.pth").write_text("\n".join([str(self.root), *shared]))
        self._run(
            *("cmake", "-S", str(self.root), "-B", str(self.build), "-G", "Ninja"),
            *("-DCMAKE_BUILD_TYPE=Release", "-DSPACEMOE_TESTS=ON", f"-DPython_EXECUTABLE={self.python}"),
            f"-DCMAKE_INSTALL_PREFIX={self.root}",
        )
        if error := self.compile():
            sys.exit(f"unbroken, the copy does not compile:\n{error}")

    def compile(self) -> str:
        """Build what has changed; return what the compiler says if it fails."""
        command = ("cmake", "--build", str(self.build), "--parallel", "2")
        build = self._run(*command, may_fail=True, longest_s=LONGEST_BUILD_S)
        if build.returncode:
            return build.stdout[-2000:]
        self._run("cmake", "--install", str(self.build))
        return ""

    def suite(self, name: str) -> str:
        """Run a C++ suite; return the first case that fails, or an empty string."""
        runner = str(self.build / "spacemoe-test-runner")
        done = self._run(runner, f"--suite={name}", "--verbose", may_fail=True)
        failed = re.search(r"^  FAIL (.*) [\d.]+ s$", done.stdout, re.MULTILINE)
        if failed:
            return f"{name}: {failed[1]}"
        return "" if done.returncode == 0 else f"{name}: {_ended(done)}"

    def pytest(self, file: str) -> str:
        """Run a file or folder of tests; return the first test that fails, or an empty string."""
        options = ("-x", "-q", "-p", "no:cacheprovider")
        done = self._run(str(self.python), "-m", "pytest", *options, file, may_fail=True)
        failed = re.search(r"^(?:FAILED|ERROR) (\S+?)(?: - .*)?$", done.stdout, re.MULTILINE)
        if failed or done.returncode == 0:
            return failed[1] if failed else ""
        failed = re.search(r"^(?:FAILED|ERROR) (.*)$", done.stdout, re.MULTILINE)
        return failed[1] if failed else f"{file}: {_ended(done)}"

    def _run(
        self, *command: str, may_fail: bool = False, longest_s: float = LONGEST_S
    ) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            command,
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=longest_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
        if process.returncode and not may_fail:
            sys.exit(f"{' '.join(command)} failed:\n{said[-4000:]}")
        return subprocess.CompletedProcess(command, process.returncode, said)


def _ended(done: subprocess.CompletedProcess[str]) -> str:
    """Say how a set of tests ended that names no test."""
    if done.returncode == -signal.SIGKILL:
        return f"does not end within {LONGEST_S} s"
    if done.returncode < 0:
        return f"ended by {signal.Signals(-done.returncode).name}"
    return f"ended with code {done.returncode}"


@contextmanager
def broken(copy: Copy, mutation: Mutation) -> Iterator[None]:
    """Have a copy broken for a while."""
    path = copy.root / mutation.file
    sound = path.read_text()
    if sound.count(mutation.search) != 1:
        sys.exit(f"{mutation.file}: must contain once what is to be replaced: {mutation.search!r}")
    path.write_text(sound.replace(mutation.search, mutation.replace))
    try:
        yield
    finally:
        path.write_text(sound)


def first_to_fail(copy: Copy) -> tuple[str, str]:
    """Return the first test that fails, and the first of the referee's; empty strings if none does."""
    by_referee = copy.pytest(REFEREE)
    for suite in SUITES:
        if caught := copy.suite(suite):
            return caught, by_referee
    for file in FILES:
        if caught := by_referee if file == REFEREE else copy.pytest(file):
            return caught, by_referee
    return "", by_referee


def examine(copy: Copy, mutation: Mutation) -> dict[str, Any]:
    """Return what a mutation is caught by."""
    started_s = time.monotonic()
    with broken(copy, mutation):
        if error := copy.compile():  # what was broken before is mended by it, too
            sys.exit(f"{mutation.name}: does not compile:\n{error}")
        caught_by, by_referee = first_to_fail(copy)
    return {
        "name": mutation.name,
        "file": mutation.file,
        "caught_by": caught_by,
        "by_referee": by_referee,
        "seconds": round(time.monotonic() - started_s),
    }


def words(test: str) -> str:
    """Return the name of a test as a sentence, and where it stands."""
    if "::" not in test:
        return test.replace("|", "\\|") or "**none**"
    path, name = test.split("::", 1)
    name, _, case = name.removeprefix("test_").partition("[")
    return f"`{path}`: {name.replace('_', ' ')}" + (f" ({case.rstrip(']')})" if case else "")


def page(found: dict[str, Any]) -> str:
    """Return the page of the docs."""
    rows = found["mutations"]
    caught = sum(bool(row["caught_by"]) for row in rows)
    seen = sum(bool(row["by_referee"]) for row in rows)
    lines = [
        "# Mutations",
        "",
        "Does a test fail when the engine is broken? `benchmarks/mutations.py` breaks a copy of it on",
        "purpose, one text of one source file at a time, builds it, and runs tests until one fails: the C++",
        "suites",
        f"({', '.join(f'`{suite}`' for suite in SUITES)}), then {', '.join(f'`{file}`' for file in FILES)}.",
        "Unbroken, the copy passes them all.",
        "",
        f"**{caught} of {len(rows)} mutations are caught.** {seen} of them are seen by `tests/referee`",
        "alone, the simulation in SimPy that shares no code with the engine.",
        "",
        "| broken on purpose | in | first test that fails | seen by the referee alone |",
        "|---|---|---|:-:|",
    ]
    for row in rows:
        file = f"[{Path(row['file']).name}](../{row['file']})"
        seen_alone = "yes" if row["by_referee"] else "no"
        lines.append(f"| {row['name']} | {file} | {words(row['caught_by'])} | {seen_alone} |")
    lines += ["", "This page is made by `benchmarks/mutations.py --write`."]
    return "\n".join(lines) + "\n"


def run(names: list[str]) -> dict[str, Any]:
    """Examine all mutations whose names contain one of some words."""
    chosen = [mutation for mutation in MUTATIONS if any(name in mutation.name for name in names)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder))
        caught, _ = first_to_fail(copy)
        if caught:
            sys.exit(f"unbroken, the copy fails {caught}")
        for mutation in chosen:
            rows.append(examine(copy, mutation))
            print(f"{mutation.name}: {rows[-1]['caught_by'] or 'SURVIVES'}", file=sys.stderr, flush=True)
    return {"mutations": rows}


def main() -> None:
    """Break, and print a table or JSON; or write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=[""], help="words in the names of those to examine")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="write docs/mutations.md from docs/data")
    arguments = parser.parse_args()
    if arguments.write:
        PAGE.write_text(page(json.loads(DATA.read_text())))
        return
    found = run(arguments.only)
    if arguments.json:
        json.dump(found, sys.stdout, indent=1)
        print()
    else:
        for row in found["mutations"]:
            print(f"{row['seconds']:4} s  {row['name']}: {row['caught_by'] or 'SURVIVES'}")
    if not all(row["caught_by"] for row in found["mutations"]):
        sys.exit("a mutation survives: write the test that catches it")


if __name__ == "__main__":
    main()
