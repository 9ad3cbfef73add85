"""Run every check of the project: the static ones, the C++ tests and, last, pytest.

A check that fails does not keep the next one from running. ``make test`` and ``make lint`` call this with the
python of ``.venv``; it needs the standard library alone. ``--lint`` leaves out the tests; all other arguments
go to pytest.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTEST = (sys.executable, "-m", "pytest")
NO_TESTS = 5  # of pytest, where the arguments choose none of a kind


def tool(name: str) -> str:
    """Return the path of a program that is installed beside this python."""
    return str(Path(sys.executable).with_name(name))


def ctest_folder(root: Path) -> Path:
    """Return the newest C++ build folder: one of another Python or compiler may lie beside it."""
    found = root.glob("build/*/CTestTestfile.cmake")
    newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    return newest.parent if newest else root / "build" / "none-with-tests"


def static_checks(root: Path) -> dict[str, list[str]]:
    """Return the checks that only read the sources, by name."""
    cpp = sorted(
        str(path)
        for folder in ("ns3-modules", "benchmarks")
        for end in ("h", "cc")
        for path in root.glob(f"{folder}/**/*.{end}")
    )
    return {
        "ruff check": [tool("ruff"), "check", "."],
        "ruff format": [tool("ruff"), "format", "--check", "."],
        "mypy": [tool("mypy")],
        "lint-imports": [tool("lint-imports")],
        "clang-format": [tool("clang-format"), "--dry-run", "-Werror", *cpp],
    }


def tests(root: Path, pytest_arguments: list[str]) -> dict[str, list[str]]:
    """Return the checks that run the project, by name."""
    folder = str(ctest_folder(root))
    return {
        "ctest": [tool("ctest"), "--test-dir", folder, "--output-on-failure", "--no-tests=error"],
        "pytest, alone": [*PYTEST, "-m", "alone", *pytest_arguments],
        "pytest": [*PYTEST, "-m", "not alone", "-n", str(processors()), *pytest_arguments],
    }


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def run(name: str, command: list[str]) -> tuple[int, float]:
    """Run one check with its output in the open; return its exit code and its seconds."""
    print(f"\n== {name}", flush=True)
    started_s = time.monotonic()
    return subprocess.run(command, cwd=ROOT).returncode, time.monotonic() - started_s


def main(arguments: list[str]) -> int:
    """Run the checks; return 1 if any of them failed, whatever pytest says in the end."""
    checks = static_checks(ROOT)
    if "--lint" not in arguments:
        checks |= tests(ROOT, arguments)
    failed, summary = [], ["\n== summary before pytest" if "pytest" in checks else "\n== summary"]
    for name, command in checks.items():
        if name == "pytest":
            print(*summary, sep="\n")
        exit_code, elapsed_s = run(name, command)
        exit_code *= exit_code != NO_TESTS or name != "pytest, alone"
        summary.append(f"{name:13} {elapsed_s:6.1f} s  {'FAILED' if exit_code else 'passed'}")
        failed += [name] if exit_code else []
    if "pytest" not in checks:
        print(*summary, sep="\n")
    if failed:  # after pytest's own line, which may say that all is well
        print(f"\nFAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
