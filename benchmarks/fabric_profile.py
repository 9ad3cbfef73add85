"""Where do the instructions of a packet-hop go?

    .venv/bin/python benchmarks/fabric_profile.py                # two minutes or so
    .venv/bin/python benchmarks/fabric_profile.py --json > docs/data/fabric.profile.json

The workload of ``benchmarks/fabric.py`` for 100 ms, under callgrind, within ``Simulator::Run``: instructions
a packet-hop by what they are spent on, for the fabric under stock sockets and under lean endpoints. Counts
are exact; they depend on compiler and libraries, not on the load of the machine. The share of the beginning,
in which rings grow and light times are fitted for the first time, falls with the time simulated.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from fabric import FIRST_SEED, Sizes, options_of
from fabric_programs import COUNTED, BenchmarkError, build, program

WAYS = ("lean", "stock")
# The first that matches a function or its library says what it is for.
PARTS = (
    ("light times", r"LightTimes|light-times|EphemerisKnots|GetLightNanoseconds|Vector3D|std_abs"),
    ("a hop in the fabric", r"Fabric::Process|Fabric::Transit|Fabric::Forward|Fabric::Advance|FabricWire"),
    ("sending and delivering in the fabric", r"Fabric|EndOfInstant|Parcel|PathLedgerTag"),
    ("allocation", r"malloc|operator new|operator delete|memset|memcpy|memmove|libc\.so|_dl_"),
    ("the application", r"spacemoe::benchmark|fabric-benchmark\]"),
    ("IPv4, UDP and sockets", r"libns3\.44-internet|libns3\.44-traffic-control"),
    ("packets and nodes", r"libns3\.44-network|ns3::Packet|ns3::Buffer"),
    ("events", r"libns3\.44-core|libstdc\+\+|EventImpl|Simulator|make-event"),
)


def profile(way: str) -> dict[str, float]:
    """Return instructions a packet-hop by what they are spent on, and in all."""
    valgrind, annotate = shutil.which("valgrind"), shutil.which("callgrind_annotate")
    if valgrind is None or annotate is None:
        raise BenchmarkError("valgrind is not installed; 'apt-get install valgrind'")
    sizes = Sizes()
    options = {
        **{"way": way, "workload": "udp", "flows": sizes.flows, "milliseconds": sizes.milliseconds},
        **{"seed": FIRST_SEED, **options_of(sizes.shape)},
    }
    command = [str(program("fabric-benchmark"))]
    command += [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "callgrind.out"
        tool = [valgrind, "--tool=callgrind", f"--callgrind-out-file={file}", f"--toggle-collect={COUNTED}"]
        done = subprocess.run([*tool, *command], capture_output=True, text=True, check=True)
        listed = subprocess.run(
            [annotate, "--threshold=100", "--auto=no", str(file)], capture_output=True, text=True, check=True
        ).stdout
    hops = json.loads(done.stdout)["hops"]
    parts = dict.fromkeys([name for name, _ in PARTS] + ["other"], 0.0)
    for line in listed.splitlines():
        found = re.match(r"\s*([\d,]+) \(\s*[\d.]+%\)\s+(\S+:.*)", line)
        if found:
            text = found.group(2)
            part = next((name for name, pattern in PARTS if re.search(pattern, text)), "other")
            parts[part] += int(found.group(1).replace(",", "")) / hops
    return {**parts, "all": sum(parts.values())}


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    try:
        build(programs=("fabric-benchmark",))
        found = {way: profile(way) for way in WAYS}
    except BenchmarkError as error:
        raise SystemExit(f"fabric_profile: {error}") from error
    if arguments.json:
        rounded = {way: {part: round(n, 1) for part, n in parts.items()} for way, parts in found.items()}
        print(json.dumps(rounded, indent=1))
        return
    print(f"{'instructions a packet-hop':38s}" + "".join(f"{way:>8s}" for way in WAYS))
    for part in found[WAYS[0]]:
        print(f"{part:38s}" + "".join(f"{found[way][part]:8.1f}" for way in WAYS))


if __name__ == "__main__":
    main()
