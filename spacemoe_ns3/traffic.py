"""What a scenario says of its traffic: when sequences arrive, what is served together, what else is under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spacemoe_ns3.checks import check_kind, check_number, check_whole, look_up
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import require

PATTERNS = ("poisson", "constant", "on-off")
_MOST_PER_S = 1e9  # ns-3 counts nanoseconds
_MOST_S = 1e9
_MOST_TOKENS = 10_000_000
_LARGEST_PAYLOAD = 65_507  # of UDP over IPv4
_LEAST_PAYLOAD = 12


class Arrivals(Protocol):
    """When sequences start."""

    def starts_ns(self, sequences: int, *, end_ns: int, random: np.random.Generator) -> np.ndarray:
        """Return when each sequence starts.

        Parameters
        ----------
        sequences
            Number of sequences Q.
        end_ns
            End of the time span in nanoseconds.
        random
            The stream to draw from.

        Returns
        -------
        Nanoseconds, ascending, shape (Q,), int64.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EvenlySpread:
    """Sequences start at evenly spaced times over the time span: one at a time, as in the paper."""

    def starts_ns(self, sequences: int, *, end_ns: int, random: np.random.Generator) -> np.ndarray:
        """Return when each sequence starts, shape (Q,); nothing is drawn."""
        return np.array([end_ns * sequence // sequences for sequence in range(sequences)], np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """All sequences are decoded side by side.

    Parameters
    ----------
    start_s
        When the first starts, in seconds.
    apart_s
        From one start to the next.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    start_s: float = 0.0
    apart_s: float = 0.0

    def __post_init__(self) -> None:
        check_number("traffic.arrivals.start_s", self.start_s, least=0, most=_MOST_S)
        check_number("traffic.arrivals.apart_s", self.apart_s, least=0, most=_MOST_S)

    def starts_ns(self, sequences: int, *, end_ns: int, random: np.random.Generator) -> np.ndarray:
        """Return when each sequence starts, shape (Q,); nothing is drawn."""
        return _whole_ns(self.start_s + self.apart_s * np.arange(sequences))


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonArrivals:
    """Sequences arrive at random, each without regard to the others.

    Parameters
    ----------
    sequences_per_s
        Mean number that arrive in a second.
    start_s
        When the first may arrive, in seconds.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    sequences_per_s: float
    start_s: float = 0.0

    def __post_init__(self) -> None:
        check_number("traffic.arrivals.sequences_per_s", self.sequences_per_s, above=0, most=_MOST_PER_S)
        check_number("traffic.arrivals.start_s", self.start_s, least=0, most=_MOST_S)

    def starts_ns(self, sequences: int, *, end_ns: int, random: np.random.Generator) -> np.ndarray:
        """Return when each sequence arrives, shape (Q,)."""
        gaps_s = random.exponential(1 / self.sequences_per_s, sequences)
        return _whole_ns(self.start_s + np.cumsum(gaps_s))


def _whole_ns(seconds: np.ndarray) -> np.ndarray:
    return np.rint(seconds * NANOSECONDS_PER_SECOND).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """UDP packets between satellites that have nothing to do with the model.

    Parameters
    ----------
    rate_bps
        Mean bits a second of each flow, UDP payload.
    flows
        Satellites from and to, a pair a flow; None: ``pairs`` of them, drawn at random.
    pairs
        Number of random flows, without ``flows``.
    packet_bytes
        UDP payload of a packet.
    pattern
        ``"poisson"``: packets at random; ``"constant"``: at even intervals; ``"on-off"``: at even intervals
        while on, and on and off for exponential times, of the mean rate all told.
    on_s, off_s
        Mean seconds of being on and off, with ``"on-off"``.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    rate_bps: float
    flows: tuple[tuple[int, int], ...] | None = None
    pairs: int = 1
    packet_bytes: int = 1000
    pattern: str = "poisson"
    on_s: float = 0.01
    off_s: float = 0.01

    def __post_init__(self) -> None:
        path = "traffic.background"
        check_number(f"{path}.rate_bps", self.rate_bps, above=0, most=1e15)
        check_whole(f"{path}.pairs", self.pairs, least=1, most=_MOST_TOKENS)
        check_whole(f"{path}.packet_bytes", self.packet_bytes, least=_LEAST_PAYLOAD, most=_LARGEST_PAYLOAD)
        check_kind(f"{path}.pattern", self.pattern, str, "a name")
        look_up(f"{path}.pattern", self.pattern, dict.fromkeys(PATTERNS))
        for name in ("on_s", "off_s"):
            check_number(f"{path}.{name}", getattr(self, name), above=0, most=_MOST_S)
        for flow in self.flows or ():
            check_kind(f"{path}.flows", flow, tuple, "pairs of satellites, such as ((3, 17),)")
            require(len(flow) == 2, f"{path}.flows: {flow} given, must be pairs of satellites")
            for satellite in flow:
                check_whole(f"{path}.flows", satellite, least=0)
            require(flow[0] != flow[1], f"{path}.flows: {flow} given, the two satellites must differ")

    def drawn(self, satellites: int, random: np.random.Generator) -> np.ndarray:
        """Return the satellites from and to of each flow.

        Parameters
        ----------
        satellites
            Number of satellites S.
        random
            The stream to draw from.

        Returns
        -------
        Shape (F, 2), int64.

        Raises
        ------
        ScenarioError
            If a satellite is named that there is not.
        """
        if self.flows is not None:
            flows = np.array(self.flows, np.int64).reshape(-1, 2)
            require(
                bool((flows < satellites).all()),
                f"traffic.background.flows: satellite {flows.max(initial=0)} given, the constellation has "
                f"{satellites}, from 0; name one of them",
            )
            return flows
        source = random.integers(satellites, size=self.pairs)
        other = random.integers(satellites - 1, size=self.pairs)
        return np.stack([source, other + (other >= source)], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """When sequences arrive, what is served together, and what else is under way.

    A *step* is one pass of the model for a sequence: of one token when it decodes, of a whole prompt when it
    is prefilled.

    Parameters
    ----------
    arrivals
        When sequences start: :class:`EvenlySpread`, :class:`Parallel` or :class:`PoissonArrivals`.
    batch
        Steps that a gateway serves together at most, of those that wait; prefill steps go alone.
    prompt_tokens
        Tokens of the first step of each sequence: a prompt that is prefilled; 0: it decodes one token like
        the others.
    queue_jobs
        Jobs that may wait at each satellite's computer; a job that finds no room is refused, and its
        placement fails; None: any number.
    background
        Flows of packets beside the model's.

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
            "PoissonArrivals(...)",
        )
        check_whole("traffic.batch", self.batch, least=1, most=_MOST_TOKENS)
        check_whole("traffic.prompt_tokens", self.prompt_tokens, least=0, most=_MOST_TOKENS)
        require(
            self.prompt_tokens != 1,
            "traffic.prompt_tokens: 1 given, a prompt has at least 2 tokens; 0 is without prefill",
        )
        if self.queue_jobs is not None:
            check_whole("traffic.queue_jobs", self.queue_jobs, least=0, most=_MOST_TOKENS)
        words = "a tuple of Background; a single one needs a comma behind it"
        check_kind("traffic.background", self.background, tuple, words)
        for each in self.background:
            check_kind("traffic.background", each, Background, words)
