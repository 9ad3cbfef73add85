#!/usr/bin/env python3
"""Set up ``.venv`` beside this script: the dependencies, then the package with its ns-3 modules.

Run it as often as you like: it does only what is due since the last run, and makes good a run that was
interrupted. It needs the standard library alone and keeps to the syntax of Python 3.6, so that an
unsupported interpreter is refused in a sentence rather than with a traceback.
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON, NEWEST_PYTHON, OLDEST_GLIBC = (3, 10), (3, 13), (2, 28)
PIP = "pip>=23.1"  # older ones, as in Ubuntu 22.04, lack --config-settings
# Run by the new environment's python: tomllib is missing in 3.10, for which pip brings its twin.
READ_REQUIREMENTS = """
import json, sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
with open("pyproject.toml", "rb") as file:
    table = tomllib.load(file)
requirements = table["build-system"]["requires"] + ["cmake", "ninja"] + table["project"]["dependencies"]
for extra in sys.argv[1:]:
    requirements += table["project"]["optional-dependencies"][extra]
print(json.dumps(requirements))
"""
REASONS = {
    "No space left on device": "a disk is full: free 2 GB here and in the folder for temporary files",
    "Killed signal|Cannot allocate memory|MemoryError": "the memory ran out: close other programs",
    "CMake Error|ninja: build stopped|error: command .* failed": "the C++ build ended with the error above",
    "ConnectionError|ResolutionError|ConnectTimeout|timed out|ProxyError|SSLError|ProtocolError": (
        "the package index cannot be reached: check the network and the proxy settings"
    ),
    "No matching distribution|ResolutionImpossible": "the package index lacks what pyproject.toml asks for",
    "": "pip ended with the error above",
}


class SetupError(Exception):
    """What to tell the user, and the exit code that goes with it."""

    def __init__(self, message: str, exit_code: int = 1):
        super().__init__(message)
        self.exit_code = exit_code


def say(line: str) -> None:
    """Print one line of progress."""
    print("bootstrap: " + line, file=sys.stderr, flush=True)


# What the machine must have: each check returns one sentence, or "" if all is well.


def interpreter() -> str:
    """Return the real interpreter, also when called from inside a virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def glibc_version() -> tuple:
    """Return glibc's version, or ``()`` where the C library is another one."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        match = re.match(r"glibc (\d+)\.(\d+)", os.confstr("CS_GNU_LIBC_VERSION") or "")
        return tuple(int(part) for part in match.groups()) if match else ()
    return ()


def platform_problem() -> str:
    """Check for 64-bit Linux on x86-64 with a glibc that the ns3 wheel runs on."""
    glibc = glibc_version()
    if platform.machine() == "x86_64" and sys.maxsize > 2**32 and glibc >= OLDEST_GLIBC:
        return ""
    library = "glibc {}.{}".format(*glibc) if glibc else "no glibc"
    return (
        f"this is {sys.platform} on {platform.machine()} with {library}, but the ns3 wheel needs 64-bit "
        "Linux on x86_64 with glibc {}.{} or newer: use such a machine or a container, "
        "as in `docker run --platform linux/amd64 -it python:3.12-bookworm`".format(*OLDEST_GLIBC)
    )


def python_problem() -> str:
    """Check for a Python that the ns3 wheel is made for."""
    found = f"{platform.python_implementation()} {platform.python_version()}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        found = "free-threaded " + found
    if found.startswith("CPython") and OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        return ""
    return (
        f"{sys.executable} is {found}, but the ns3 wheel needs CPython "
        "{}.{} to {}.{}: install one and name it, as in `make run PYTHON=python3.12`"
    ).format(*OLDEST_PYTHON + NEWEST_PYTHON)


def has_venv() -> bool:
    """Tell whether ``python -m venv`` works; Debian ships what it needs in a package of its own."""
    try:
        import ensurepip
        import venv  # noqa: F401

        return bool(ensurepip.version())
    except Exception:  # each distribution strips it in its own way
        return False


def compiler_command() -> list:
    """Return the C++ compiler as the builds will call it."""
    return shlex.split(os.environ.get("CXX", "")) or ["g++"]


def packages_problem() -> str:
    """Check for the compiler, the Python headers and venv."""
    is_default = interpreter() == os.path.realpath("/usr/bin/python3")
    python = "python3" if is_default else "python{}.{}".format(*sys.version_info)
    compiler = compiler_command()[0]
    header = Path(sysconfig.get_path("include"), "Python.h")
    missing = {}
    if not shutil.which(compiler):
        missing["g++"] = f"the C++ compiler `{compiler}`"
    if not header.is_file():
        missing[python + "-dev"] = str(header)
    if not has_venv():
        missing[python + "-venv"] = f"the venv module of {interpreter()}"
    if not missing:
        return ""
    packages = sorted([*missing, *([] if shutil.which("make") else ["make"])])
    remedy = "`sudo apt-get install -y {}`".format(" ".join(packages))
    if "g++" in missing and compiler != "g++":
        remedy += " and unset CXX"
    return "not found: {}, needed to compile cppyy and the ns-3 modules into .venv: run {}".format(
        " and ".join(missing.values()), remedy
    )


def compiler_problem() -> str:
    """Check that the compiler knows C++20, which ns-3's headers are written in."""
    command = compiler_command()
    probe = [*command, "-std=c++20", "-E", "-x", "c++", "-", "-o", os.devnull]
    if subprocess.run(probe, input=b"#include <compare>\n", stderr=subprocess.DEVNULL).returncode == 0:
        return ""
    version = subprocess.run([*command, "-dumpversion"], stdout=subprocess.PIPE).stdout.decode().strip()
    return (
        f"the C++ compiler `{' '.join(command)}` {version} cannot compile C++20, but ns-3's headers need it: "
        "install g++ 10 or newer and name it, as in `make run CXX=g++-12`"
    )


# What is due.


def build_files(root: Path) -> list:
    """List what the C++ build reads, in a fixed order; documentation is left out."""
    found = [root / "CMakeLists.txt", *(root / "cmake").rglob("*"), *(root / "ns3-modules").rglob("*")]
    return sorted(
        path
        for path in found
        if path.is_file() and path.suffix not in {".md", ".rst"} and "doc" not in path.relative_to(root).parts
    )


def fingerprint(root: Path, dev: bool) -> dict:
    """Return a SHA-256 of what each step starts from, and ``dev``: whether tools and C++ tests are wanted.

    The path of the project is among them: an editable install holds it, so that a moved one is made anew.
    """

    def digest(*parts: bytes) -> str:
        return hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()

    identity = (interpreter(), sys.version, str(root))
    sources = ((str(path.relative_to(root)).encode(), path.read_bytes()) for path in build_files(root))
    return {
        "create": digest((root / "bootstrap.py").read_bytes(), *(part.encode() for part in identity)),
        "install": digest((root / "pyproject.toml").read_bytes()),
        "build": digest(*(part for source in sources for part in source)),
        "dev": dev,
    }


def due_steps(stamp: dict, wanted: dict) -> list:
    """Return the steps that lead from the recorded fingerprint (empty: there is none) to the wanted one."""
    if stamp.get("create") != wanted["create"]:
        return ["create", "install", "build"]
    if stamp.get("install") != wanted["install"] or (wanted["dev"] and not stamp.get("dev")):
        return ["install", "build"]
    return ["build"] if stamp.get("build") != wanted["build"] else []


def read_stamp(root: Path) -> dict:
    """Return the record of the last run, less what has been lost since."""
    venv = root / ".venv"
    if (venv / ".incomplete").exists() or not (venv / "bin" / "python").exists():
        return {}
    try:
        stamp = json.loads((venv / "bootstrap.json").read_text())
    except (OSError, ValueError):
        return {}
    if not any(root.glob("build/*/CMakeCache.txt")):
        stamp.pop("build", None)
    return stamp


def write_stamp(root: Path, stamp: dict) -> None:
    """Record the steps that are done, in full or not at all."""
    partial = root / ".venv" / "bootstrap.json.partial"
    partial.write_text(json.dumps(stamp, indent=1))
    os.sync()  # or a power cut could keep the stamp and lose what it vouches for
    partial.replace(partial.with_suffix(""))


# The steps.


def stop(child: subprocess.Popen) -> None:
    """End a child and its compilers: politely, so that pip tidies up, then for certain."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def run(root: Path, lock: int, *command: str) -> None:
    """Run a command, with its output in the log; it shares the lock, lest this process be killed."""
    log = root / ".venv" / "bootstrap.log"
    strays = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX")
    environment = {name: value for name, value in os.environ.items() if name not in strays}
    environment.update(PIP_USER="0", PIP_NO_INPUT="1", PIP_PROGRESS_BAR="off")
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    with log.open("ab") as output:
        start = output.tell()
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # one that comes now would leave the child behind
        child = subprocess.Popen(
            command,
            cwd=str(root),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, signals),
        )
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            exit_code = child.wait()
        except BaseException:
            stop(child)
            raise
    if exit_code:
        raise SetupError(failure(log.read_bytes()[start:].decode("utf-8", "replace"), root))


def failure(output: str, root: Path) -> str:
    """Return the end of a failed command's output and one sentence of what went wrong."""
    is_disk_full = shutil.disk_usage(str(root)).free < 50e6  # then the log could not be written either
    searched = "No space left on device" if is_disk_full else output
    reason = next(sentence for pattern, sentence in REASONS.items() if re.search(pattern, searched))
    tail = "\n".join(output.splitlines()[-30:])
    return f"the output of the failed step ends:\n{tail}\nbootstrap: {reason} (in full: .venv/bootstrap.log)"


def create(root: Path, lock: int, dev: bool) -> None:
    """Make an empty environment; what was built into the old one goes with it."""
    venv, discarded = root / ".venv", root / ".venv.discarded"
    marks = {".incomplete", "bootstrap.json"}
    if venv.is_dir() and any(venv.iterdir()) and not any((venv / mark).exists() for mark in marks):
        raise SetupError(
            f"{venv} was not made by bootstrap.py: move it away or remove it (`rm -rf .venv`)", 2
        )
    shutil.rmtree(str(root / "build"), ignore_errors=True)
    shutil.rmtree(str(discarded), ignore_errors=True)
    if venv.exists():
        venv.rename(discarded)  # at once: half a removed one would bear no mark
        shutil.rmtree(str(discarded))
    venv.mkdir()
    (venv / ".incomplete").touch()
    run(root, lock, interpreter(), "-m", "venv", str(venv))


def requirements(root: Path, python: str, dev: bool) -> list:
    """Return all that pyproject.toml asks for, and the build tools that CMake projects take for granted."""
    reader = [python, "-c", READ_REQUIREMENTS, *(["dev"] if dev else [])]
    return json.loads(subprocess.check_output(reader, cwd=str(root)).decode())


def install(root: Path, lock: int, dev: bool) -> None:
    """Install all that pyproject.toml names, to build with and to run with, in one resolution."""
    python = str(root / ".venv" / "bin" / "python")
    (root / ".venv" / ".incomplete").touch()
    run(root, lock, python, "-m", "pip", "install", PIP)
    run(root, lock, python, "-m", "pip", "install", *requirements(root, python, dev))


def build(root: Path, lock: int, dev: bool) -> None:
    """Build the ns-3 modules and install the package in place; its dependencies are there."""
    interrupted = root / "build" / ".incomplete"
    if interrupted.exists():
        shutil.rmtree(str(interrupted.parent))
    interrupted.parent.mkdir(exist_ok=True)
    interrupted.touch()
    tests = "cmake.define.SPACEMOE_TESTS=" + ("ON" if dev else "OFF")
    editable = ("install", "--no-build-isolation", "--no-deps", "--config-settings", tests, "--editable", ".")
    try:
        run(root, lock, str(root / ".venv" / "bin" / "python"), "-m", "pip", *editable)
    finally:  # not reached by kill -9 or a power cut, after which objects may be there in part
        interrupted.unlink()


STEPS = {
    "create": (create, "creating .venv"),
    "install": (install, "installing dependencies (cppyy is compiled: 2-4 minutes the first time)"),
    "build": (build, "building the ns-3 modules"),
}


@contextlib.contextmanager
def locked(root: Path):
    """Keep a second bootstrap waiting; yield the lock's file descriptor."""
    import fcntl  # here, because Windows lacks it and is to be told so by the checks

    with (root / ".bootstrap.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another bootstrap of this folder, or for what a killed one left running")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def set_up(root: Path, dev: bool) -> None:
    """Check the machine, then do what is due and record each step when it is done."""
    for problem in (platform_problem, python_problem, packages_problem, compiler_problem):
        sentence = problem()
        if sentence:
            raise SetupError(sentence, exit_code=2)
    started_s = time.monotonic()
    with locked(root) as lock:
        stamp = read_stamp(root)
        wanted = fingerprint(root, dev or stamp.get("dev", False))
        steps = due_steps(stamp, wanted)
        done = {name: value for name, value in wanted.items() if name not in steps}
        if steps and "create" not in steps:
            write_stamp(root, done)
        for step in steps:
            action, line = STEPS[step]
            say(line)
            action(root, lock, wanted["dev"])
            done[step] = wanted[step]
            write_stamp(root, done)
            if step == "install":
                (root / ".venv" / ".incomplete").unlink()
    say(f"ready in {time.monotonic() - started_s:.0f} s" if steps else ".venv is up to date")


def main() -> int:
    """Run from the command line; the exit code is 2 if the machine lacks something, 1 if a step failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-dev", action="store_true", help="leave out development tools and C++ tests")
    no_dev = parser.parse_args().no_dev
    for name in {"SIGTERM", "SIGHUP"} & set(dir(signal)):
        signal.signal(getattr(signal, name), lambda number, frame: sys.exit(128 + number))
    try:
        set_up(ROOT, dev=not no_dev)
    except KeyboardInterrupt:
        say("interrupted; the next run makes it good")
        return 130
    except SetupError as error:
        say(str(error))
        return error.exit_code
    except (OSError, subprocess.SubprocessError) as error:
        say(f"cannot go on: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
