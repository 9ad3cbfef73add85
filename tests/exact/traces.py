"""Run small scenarios with the engines named, and tell where what happened differs."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from exact.scenarios import TraceScenario

ROOT = Path(__file__).parents[2]
NUMBER = 16  # of the words of a line "got", the ledger's number
TTL = 8  # the same, of a received packet
UNKNOWN = -1
LOST_ID = (7,)  # in lines "lost", the identification of the IP packet
CAPTURED_ID = (8, 9, 36, 37)  # its two bytes in a captured packet, and in what an ICMP message quotes
IP_UDP_BYTES = 28
SHOWN = 3  # differences of a kind
CAPTURED_BYTES = 100  # of a packet that are compared: its headers, and what its payload says first


def program() -> Path:
    """Return the newest build of the program."""
    found = ROOT.glob("build/*/ns3-modules/traces/fabric-traces")
    return max(found, key=lambda path: path.stat().st_mtime)


class Trace:
    """What happened in one run: rows of numbers by the word that says what they tell."""

    def __init__(self, lines: list[str]) -> None:
        self.rows: dict[str, list[tuple[int, ...]]] = {}
        self.has_fragments = False
        self.error = ""
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "error":
                self.error = rest
                continue
            self.rows.setdefault(word, []).append(tuple(int(number) for number in rest.split()))
        self.rows["lost"] = sorted(self.rows.get("lost", []))  # may be told late
        self._number_ledgers()

    def _number_ledgers(self) -> None:
        """Give ledgers in lines "got" their numbers of lines "hop", which do not depend on the engine."""
        numbers = dict(self.rows.pop("ledger", []))  # none if the run ended with an error
        self.rows["got"] = [
            (*row[:NUMBER], numbers.get(row[NUMBER], UNKNOWN)) if len(row) > NUMBER else row
            for row in self.rows.get("got", [])
        ]

    def of(self, word: str) -> list[tuple[int, ...]]:
        """Return the rows of a word."""
        return self.rows.get(word, [])

    @property
    def got(self) -> list[tuple[int, int, int, int]]:
        """Return what UDP received: nanosecond, satellite, burst and packet."""
        return [(row[0], row[1], row[5], row[6]) for row in self.of("got")]

    def counted(self, column: int) -> int:
        """Return the sum over all wires of a column of the counters."""
        return sum(row[1 + column] for row in self.of("wire"))


PACKETS, LOST, REROUTED, WAITED, LONGEST = 0, slice(3, 9), 9, 12, 13


class Traces:
    """The program ``fabric-traces``, running; a context manager."""

    def __enter__(self) -> Traces:
        self._folder = Path(tempfile.mkdtemp(prefix="fabric-traces-"))
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        shutil.rmtree(self._folder)

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, scenario: TraceScenario, *, engine: str, endpoints: str = "socket") -> Trace:
        """Return what happens; a crash is an error of the trace."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        folder = str(self._folder)
        text = scenario.text(engine=engine, endpoints=endpoints, folder=folder if scenario.captures else "")
        self._process.stdin.write(text)
        self._process.stdin.flush()
        lines = []
        while (line := self._process.stdout.readline()) != "done\n":
            if not line:
                error = self._process.communicate()[1].strip().replace("\n", "; ")
                lines.append(f"error it ended with {self._process.returncode}: {error}")
                self._start()
                break
            lines.append(line)
        trace = Trace(lines)
        sizes = [burst.payload_bytes + IP_UDP_BYTES for burst in scenario.bursts]
        trace.has_fragments = max(sizes, default=0) > scenario.mtu_bytes
        if trace.has_fragments:
            # What waits for a path at its sender waits whole in one engine and in fragments in the other.
            trace.rows.pop("left", None)
        for satellite, port in scenario.captures:
            records = read_capture(self._folder / f"{satellite}-{port}.pcap")
            trace.rows[f"capture-{satellite}-{port}"] = records
        return trace


def read_capture(path: Path) -> list[tuple[int, ...]]:
    """Return the records of a pcap file of nanoseconds: time, and each byte of the packet's headers.

    Records of one nanosecond are sorted: one that comes and one that leaves may be written either way.
    """
    content = path.read_bytes()
    assert content[:4] == b"\x4d\x3c\xb2\xa1", "no pcap of nanoseconds in this machine's byte order"
    records = []
    place = 24
    while place < len(content):
        seconds, nanoseconds, captured, _ = struct.unpack_from("<IIII", content, place)
        packet = content[place + 16 : place + 16 + captured]
        records.append((seconds * 1_000_000_000 + nanoseconds, len(packet), *packet[:CAPTURED_BYTES]))
        place += 16 + captured
    times = [record[0] for record in records]
    assert times == sorted(times), "a capture is not in the order of time"
    return sorted(records)


def differences(one: Trace, other: Trace, *, same_endpoints: bool = True) -> list[str]:
    """Return where two traces differ, some lines; empty if nowhere.

    Between endpoints of different kinds some is not compared: packets that an IP stack sees and times to live
    in received ones, for lean endpoints pass the stack by; and identifications of IP packets where there are
    fragments, for large packets go through sockets, which number theirs apart.
    """
    found = []
    if bool(one.error) != bool(other.error):
        found.append(f"error: {one.error!r} and {other.error!r}")
    words = (set(one.rows) | set(other.rows)) - {"ran"} - (set() if same_endpoints else {"ip"})
    for word in sorted(words):
        hidden = () if same_endpoints else _hidden(word, has_fragments=one.has_fragments)
        rows = [[_hide(row, hidden) for row in trace.of(word)] for trace in (one, other)]
        if hidden and word != "got":
            rows = [sorted(side) for side in rows]  # as they were, with what is hidden now
        if rows[0] != rows[1]:
            found += _differing(word, *rows)
    return found


def _hidden(word: str, *, has_fragments: bool) -> tuple[int, ...]:
    """Return the places of numbers in rows of a word that endpoints of different kinds need not share."""
    if word == "got":
        return (TTL,)
    if not has_fragments:
        return ()
    return LOST_ID if word == "lost" else CAPTURED_ID if word.startswith("capture") else ()


def _hide(row: tuple[int, ...], places: tuple[int, ...]) -> tuple[int, ...]:
    """Return a row without what is at some places."""
    return tuple(0 if place in places else number for place, number in enumerate(row)) if places else row


def _differing(word: str, one: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> list[str]:
    """Return some of the rows that only one side has, or the first that is out of order."""
    only = [sorted((Counter(a) - Counter(b)).elements()) for a, b in ((one, other), (other, one))]
    if not any(only):
        place = next(place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
        return [f"{word}: in another order from place {place} on, {one[place]} and {other[place]}"]
    return [
        f"{word} only in {side}: {row}" for side, rows in zip("12", only, strict=True) for row in rows[:SHOWN]
    ]
