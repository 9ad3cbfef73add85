"""What a scenario says of its traffic: when sequences start, what waits together, and who else is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spacemoe_ns3.checks import check_kind, check_number, check_whole, look_up
from spacemoe_ns3.constants import (
    BITS_PER_BYTE,
    IPV4_HEADER_BYTES,
    NANOSECONDS_PER_SECOND,
    UDP_HEADER_BYTES,
)
from spacemoe_ns3.errors import require

PATTERNS = ("poisson", "constant", "on-off")
"""How the packets of background traffic follow each other."""

_MOST_S = 1e9
_LATEST_NS = 2.0**62
_LEAST_S = 1e-9  # ns-3 counts nanoseconds
_MOST_A_SECOND = 1e9
_MOST_TOKENS = 65_535
_LEAST_PACKET_BYTES = IPV4_HEADER_BYTES + UDP_HEADER_BYTES
_LARGEST_PACKET_BYTES = 65_535  # RFC 791
_LARGEST_RATE_BPS = 1e15


class Arrivals(Protocol):
    """When the sequences of a run start."""

    def starts_ns(self, sequences: int, *, end_ns: int, random: np.random.Generator) -> np.ndarray:
        """Return when each of Q sequences starts in nanoseconds, shape (Q,), int64, not descending.

        Parameters
        ----------
        sequences
            Number of sequences Q.
        end_ns
            End of the time span in nanoseconds.
        random
            The stream for what is drawn.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EvenlySpread:
    """Sequences start at evenly spaced times over the time span, so that most find the network idle.

    Examples
    --------
    >>> EvenlySpread().starts_ns(4, end_ns=1000, random=np.random.default_rng(1)).tolist()
    [0, 250, 500, 750]
    """

    def starts_ns(self, sequences: int, *, end_ns: int, random: np.random.Generator) -> np.ndarray:
        """Return when each sequence starts; see :class:`Arrivals`."""
        return np.array([end_ns * sequence // sequences for sequence in range(sequences)], np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """Sequences start together, or a little apart, and are decoded side by side.

    Parameters
    ----------
    start_s
        Seconds of simulation time at which the first one starts.
    apart_s
        Seconds from the start of one to the start of the next.

    Raises
    ------
    ScenarioError
        If a value is out of its range.

    Examples
    --------
    >>> late = Parallel(start_s=1, apart_s=0.5)
    >>> late.starts_ns(3, end_ns=10**10, random=np.random.default_rng(1)).tolist()
    [1000000000, 1500000000, 2000000000]
    """

    start_s: float = 0.0
    apart_s: float = 0.0

    def __post_init__(self) -> None:
        for field in ("start_s", "apart_s"):
            check_number(f"traffic.arrivals.{field}", getattr(self, field), least=0, most=_MOST_S)

    def starts_ns(self, sequences: int, *, end_ns: int, random: np.random.Generator) -> np.ndarray:
        """Return when each sequence starts; see :class:`Arrivals`."""
        starts: np.ndarray = _nanoseconds(self.start_s + self.apart_s * np.arange(sequences))
        return starts


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonArrivals:
    """Sequences start independently of each other, as customers come: exponential times from one to the next.

    Parameters
    ----------
    sequences_per_s
        Mean number of sequences that start in a second.
    start_s
        Seconds of simulation time from which on they come.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    sequences_per_s: float
    start_s: float = 0.0

    def __post_init__(self) -> None:
        path = "traffic.arrivals"
        check_number(f"{path}.sequences_per_s", self.sequences_per_s, least=1 / _MOST_S, most=_MOST_A_SECOND)
        check_number(f"{path}.start_s", self.start_s, least=0, most=_MOST_S)

    def starts_ns(self, sequences: int, *, end_ns: int, random: np.random.Generator) -> np.ndarray:
        """Return when each sequence starts; see :class:`Arrivals`."""
        apart_s = random.exponential(1 / self.sequences_per_s, sequences)
        starts: np.ndarray = _nanoseconds(self.start_s + np.cumsum(apart_s))
        return starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """UDP packets of others, between satellites of the constellation.

    Parameters
    ----------
    rate_bps
        Long-run mean rate of each flow, of whole IPv4 packets, in bits a second.
    pairs
        Number of flows, each between two satellites drawn from the run's seed; None: one, or ``flows``.
    flows
        Satellites from and to which a flow goes each, instead of drawn ones.
    packet_bytes
        Length of an IPv4 packet, headers included; it must fit the links' MTU.
    pattern
        ``"poisson"``: exponential times between packets; ``"constant"``: equal times, the first packet at a
        random time within one; ``"on-off"``: equal times during exponential periods, apart by exponential
        pauses.
    on_s, off_s
        Mean seconds of periods and pauses of ``"on-off"``. During a period packets are sent at
        ``rate_bps * (on_s + off_s) / on_s``.

    Raises
    ------
    ScenarioError
        If a value is out of its range, or two are given that exclude each other.

    Examples
    --------
    >>> Background(rate_bps=1e8, pattern="on-off", on_s=0.1, off_s=0.3).peak_bps
    400000000.0
    """

    rate_bps: float
    pairs: int | None = None
    flows: tuple[tuple[int, int], ...] = ()
    packet_bytes: int = 1500
    pattern: str = "poisson"
    on_s: float = 0.5
    off_s: float = 0.5

    def __post_init__(self) -> None:
        path = "traffic.background"
        check_number(f"{path}.rate_bps", self.rate_bps, least=1, most=_LARGEST_RATE_BPS)
        if self.pairs is not None:
            check_whole(f"{path}.pairs", self.pairs, least=1, most=_MOST_TOKENS)
        words = "a tuple of (from, to); a single one needs a comma behind it"
        check_kind(f"{path}.flows", self.flows, tuple, words)
        for flow in self.flows:
            require(
                isinstance(flow, tuple) and len(flow) == len(("from", "to")),
                f"{path}.flows: {flow!r} given, must be {words}",
            )
            for satellite in flow:
                check_whole(f"{path}.flows", satellite, least=0)
            require(
                flow[0] != flow[1],
                f"{path}.flows: {flow!r} given, must lead to another satellite; name two different ones",
            )
        require(
            self.pairs is None or not self.flows,
            f"{path}.pairs: {self.pairs} given besides flows, which say who sends; give one of the two",
        )
        check_whole(
            f"{path}.packet_bytes", self.packet_bytes, least=_LEAST_PACKET_BYTES, most=_LARGEST_PACKET_BYTES
        )
        check_kind(f"{path}.pattern", self.pattern, str, "a name")
        look_up(f"{path}.pattern", self.pattern, dict.fromkeys(PATTERNS))
        for field in ("on_s", "off_s"):
            check_number(f"{path}.{field}", getattr(self, field), least=_LEAST_S, most=_MOST_S)

    @property
    def peak_bps(self) -> float:
        """Bits a second while packets are sent."""
        return self.rate_bps * (self.on_s + self.off_s) / self.on_s if self.is_on_off else self.rate_bps

    @property
    def is_on_off(self) -> bool:
        """Whether periods of packets and pauses follow each other."""
        return self.pattern == "on-off"

    @property
    def interval_s(self) -> float:
        """Mean seconds from packet to packet while packets are sent."""
        return self.packet_bytes * BITS_PER_BYTE / self.peak_bps


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundFlow:
    """One flow of background traffic, its ends known.

    Parameters
    ----------
    source, destination
        Satellites.
    background
        What it is like.
    starts_on
        Whether ``"on-off"`` starts with a period, not with a pause.
    """

    source: int
    destination: int
    background: Background
    starts_on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What is about at the same time. The default is the paper's: one token at a time, and nobody else.

    Parameters
    ----------
    arrivals
        When sequences start: :class:`EvenlySpread`, :class:`Parallel` or :class:`PoissonArrivals`.
    batch
        How many decode steps that wait at a gateway it serves together at most; likewise the head.
    prompt_tokens
        Tokens of the prompt that the first step of each sequence reads, alone in its batch; 0: there is none,
        and the first step carries one token like the others.
    queue_jobs
        Jobs that may wait at a satellite's computer, besides the one in service; None: any number. A job that
        finds the queue full is refused, and its placement fails.
    background
        Traffic of others.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    arrivals: Arrivals = EvenlySpread()
    batch: int = 1
    prompt_tokens: int = 0
    queue_jobs: int | None = None
    background: tuple[Background, ...] = ()

    def __post_init__(self) -> None:
        require(
            hasattr(self.arrivals, "starts_ns"),
            f"traffic.arrivals: {self.arrivals!r} given, must be EvenlySpread(), Parallel() or "
            "PoissonArrivals(sequences_per_s=...)",
        )
        check_whole("traffic.batch", self.batch, least=1, most=_MOST_TOKENS)
        check_whole("traffic.prompt_tokens", self.prompt_tokens, least=0, most=_MOST_TOKENS)
        if self.queue_jobs is not None:
            check_whole("traffic.queue_jobs", self.queue_jobs, least=0, most=2**32 - 2)
        words = "a tuple of Background; a single one needs a comma behind it"
        check_kind("traffic.background", self.background, tuple, words)
        for each in self.background:
            check_kind("traffic.background", each, Background, words)

    def flows(
        self, *, satellites: int, mtu_bytes: int, random: np.random.Generator
    ) -> tuple[BackgroundFlow, ...]:
        """Return the flows of background traffic, those between any satellites drawn.

        Parameters
        ----------
        satellites
            Number of satellites S.
        mtu_bytes
            Largest IPv4 packet of the links.
        random
            The stream for what is drawn.

        Raises
        ------
        ScenarioError
            If there is no such satellite, or packets do not fit the links.
        """
        found = []
        for each in self.background:
            require(
                each.packet_bytes <= mtu_bytes,
                f"traffic.background.packet_bytes: {each.packet_bytes} given, must be at most "
                f"links.mtu_bytes, {mtu_bytes}; send smaller packets",
            )
            ends = each.flows or _draw_pairs(each.pairs or 1, satellites, random)
            for source, destination in ends:
                require(
                    max(source, destination) < satellites,
                    f"traffic.background.flows: satellite {max(source, destination)} given, the "
                    f"constellation has {satellites}, from 0; name one of them",
                )
                starts_on = not each.is_on_off or random.random() * (each.on_s + each.off_s) < each.on_s
                found.append(
                    BackgroundFlow(
                        source=source, destination=destination, background=each, starts_on=starts_on
                    )
                )
        return tuple(found)


def _draw_pairs(pairs: int, satellites: int, random: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """Return pairs of different satellites, each as likely as another."""
    require(
        satellites > 1,
        f"traffic.background.pairs: {pairs} given, the constellation has {satellites} satellite; background "
        "needs two",
    )
    sources = random.integers(satellites, size=pairs)
    destinations = (sources + random.integers(1, satellites, size=pairs)) % satellites
    return tuple(zip(sources.tolist(), destinations.tolist(), strict=True))


def _nanoseconds(seconds: np.ndarray) -> np.ndarray:
    """Return whole nanoseconds; what no clock of 64 bits holds stays far behind any time span."""
    whole: np.ndarray = np.rint(np.minimum(seconds * NANOSECONDS_PER_SECOND, _LATEST_NS)).astype(np.int64)
    return whole
