"""The work of a run: what is computed for how long, what is sent, which experts each step activates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND, NO_EXPERT
from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.activation import Gating
from spacemoe_ns3.moe.computing import Computing
from spacemoe_ns3.moe.model import MoEModel
from spacemoe_ns3.streams import stream
from spacemoe_ns3.traffic import Traffic

_MOST_TOKENS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """Which tokens are decoded: short sequences, by default at evenly spaced times over the time span.

    When they start, and whether they read a prompt first, is said by :class:`spacemoe_ns3.Traffic`.

    Parameters
    ----------
    tokens
        Tokens in all that are emitted, a step each, at least 1.
    tokens_per_sequence
        Tokens emitted one after the other in a sequence; the last sequence may be shorter.
    context_tokens
        Positions that attention looks back at, the same for every token.
    sends_residual
        Whether a gateway sends the residual stream to the next one.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    tokens: int = 32
    tokens_per_sequence: int = 2
    context_tokens: int = 4096
    sends_residual: bool = True

    def __post_init__(self) -> None:
        check_kind("decoding.sends_residual", self.sends_residual, bool, "True or False")
        for field in ("tokens", "tokens_per_sequence", "context_tokens"):
            check_whole(f"decoding.{field}", getattr(self, field), least=1, most=_MOST_TOKENS)

    def sequence_tokens(self) -> np.ndarray:
        """Return the number of tokens of each sequence, shape (Q,), int32."""
        full, rest = divmod(self.tokens, self.tokens_per_sequence)
        return np.array([self.tokens_per_sequence] * full + [rest] * (rest > 0), dtype=np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What both engines run: N steps, each one pass of the model for one sequence, which emits a token.

    A *decode* step carries one token; a *prefill* step carries all tokens of a prompt, more than one.

    Parameters
    ----------
    layers, experts, top_k
        Layers L, experts of a layer E, experts that a token activates K.
    message_bytes
        Length of the hidden state of one token; a message has as many as tokens travel in it.
    sends_residual
        Whether a gateway sends the residual stream to the next one.
    computing
        Computing times on every satellite.
    starts_ns
        When each sequence starts in nanoseconds, shape (Q,), int64.
    sequence_tokens
        Steps of each sequence, shape (Q,), int32; they sum to N.
    activations
        Experts that each step activates, sequence by sequence, shape (N, L, M), uint16, padded with
        ``NO_EXPERT`` behind: of a decode step in the order of selection, of a prefill step ascending.
        M is K if there are decode steps only.
    widths
        Tokens of each step, shape (N,), int32.
    shares
        How many tokens of each step go to each of its experts, shape (N, L, M), int32, 0 in padded places;
        they sum to K times the width.
    batch
        Decode steps that a gateway serves together at most.
    queue_jobs
        Jobs that may wait at a satellite's computer; None: any number.
    """

    layers: int
    experts: int
    top_k: int
    message_bytes: int
    sends_residual: bool
    computing: Computing
    starts_ns: np.ndarray
    sequence_tokens: np.ndarray
    activations: np.ndarray
    widths: np.ndarray
    shares: np.ndarray
    batch: int = 1
    queue_jobs: int | None = None

    @property
    def tokens(self) -> int:
        """Number of steps N, and of tokens emitted."""
        return int(self.activations.shape[0])

    @property
    def fan_out(self) -> int:
        """Most experts M that a step activates in a layer."""
        return int(self.activations.shape[2])

    def draws_sha256(self) -> str:
        """Return the SHA-256 of what was drawn of the tokens: their experts, and how many of each.

        It is that of the steps of each sequence, the tokens of each step, its experts and their shares, one
        after the other, row by row, as little-endian integers of 32 bits. When sequences start, and what is
        placed where, are no part of it.
        """
        digest = hashlib.sha256()
        for values in (self.sequence_tokens, self.widths, self.activations, self.shares):
            digest.update(np.ascontiguousarray(values, "<i4").tobytes())
        return digest.hexdigest()

    def sequences(self, first: int, end: int) -> Workload:
        """Return the work of some sequences alone, from the first to before the end, numbered from 0."""
        steps = np.concatenate([[0], np.cumsum(self.sequence_tokens)])
        chosen = slice(int(steps[first]), int(steps[end]))
        return replace(
            self,
            starts_ns=self.starts_ns[first:end],
            sequence_tokens=self.sequence_tokens[first:end],
            activations=self.activations[chosen],
            widths=self.widths[chosen],
            shares=self.shares[chosen],
        )

    def parts(self, tokens: int | None) -> list[tuple[int, int]]:
        """Return sequences in parts, the first and the end of each.

        Parameters
        ----------
        tokens
            Steps of a part at least, but for the last part; None: all sequences are one.

        Examples
        --------
        >>> from types import SimpleNamespace
        >>> Workload.parts(SimpleNamespace(sequence_tokens=np.array([2, 2, 1, 3, 1])), 3)
        [(0, 2), (2, 4), (4, 5)]
        """
        ends, steps = [], 0
        for sequence, length in enumerate(self.sequence_tokens.tolist(), 1):
            steps += length
            if tokens is not None and steps >= tokens:
                ends.append(sequence)
                steps = 0
        if steps:
            ends.append(len(self.sequence_tokens))
        return list(zip([0, *ends], ends, strict=False))

    def token_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the sequence of each step and its place in it, both of shape (N,)."""
        sequence = np.repeat(np.arange(len(self.sequence_tokens)), self.sequence_tokens)
        first = np.cumsum(self.sequence_tokens) - self.sequence_tokens
        return sequence, np.arange(self.tokens) - first[sequence]


def build_workload(
    *,
    model: MoEModel,
    computing: Computing,
    gating: Gating,
    decoding: Decoding,
    end_ns: int,
    seed: int,
    traffic: Traffic | None = None,
) -> Workload:
    """Build the work of a run.

    Parameters
    ----------
    model, decoding
        What the scenario says.
    computing
        Computing times on every satellite.
    gating
        Which experts tokens activate.
    end_ns
        End of the time span over which sequences start, in nanoseconds.
    seed
        The run's seed.
    traffic
        When sequences start, whether they read a prompt, what is served together; None: as in the paper.

    Returns
    -------
    The workload.

    Raises
    ------
    ScenarioError
        If a sequence starts after the time span.
    """
    traffic = traffic or Traffic()
    sequence_tokens = decoding.sequence_tokens()
    starts_ns = traffic.arrivals.starts_ns(
        len(sequence_tokens), end_ns=end_ns, random=stream(seed, "traffic.arrivals")
    )
    require(
        int(starts_ns[-1]) < end_ns,
        f"traffic.arrivals: the last of {len(starts_ns)} sequences starts at "
        f"{starts_ns[-1] / NANOSECONDS_PER_SECOND:.6g} s, the time span ends at "
        f"{end_ns / NANOSECONDS_PER_SECOND:.6g} s; let them start closer together, ask for fewer tokens or "
        "give slots.span_s",
    )
    widths = np.ones(decoding.tokens, np.int32)
    if traffic.prompt_tokens:
        widths[np.cumsum(sequence_tokens) - sequence_tokens] = traffic.prompt_tokens
    drawn = gating.draw(int(widths.sum()), stream(seed, "activation.draws"))
    activations, shares = _steps(drawn, widths, experts=model.experts)
    return Workload(
        layers=model.moe_layers,
        experts=model.experts,
        top_k=model.top_k,
        message_bytes=model.message_bytes,
        sends_residual=decoding.sends_residual,
        computing=computing,
        starts_ns=starts_ns,
        sequence_tokens=sequence_tokens,
        activations=activations,
        widths=widths,
        shares=shares,
        batch=traffic.batch,
        queue_jobs=traffic.queue_jobs,
    )


def _steps(drawn: np.ndarray, widths: np.ndarray, *, experts: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the experts of each step and how many of its tokens go to each, both of shape (N, L, M).

    Parameters
    ----------
    drawn
        Experts of each token, step by step, shape (sum of widths, L, K).
    widths
        Tokens of each step, shape (N,).
    experts
        Experts of a layer E.
    """
    steps, (_, layers, top_k) = len(widths), drawn.shape
    first = np.cumsum(widths) - widths
    is_wide = widths > 1
    # Of wide steps, by expert: how many of the tokens go there.
    counts = np.zeros((int(is_wide.sum()), layers, experts), np.int32)
    for count, row in zip(counts, np.flatnonzero(is_wide).tolist(), strict=True):
        mine = drawn[first[row] : first[row] + widths[row]].astype(np.int64)
        where = mine + np.arange(layers)[:, np.newaxis] * experts
        count += np.bincount(where.ravel(), minlength=count.size).reshape(count.shape).astype(np.int32)
    fan_out = max(top_k, int((counts > 0).sum(axis=2).max(initial=0)))
    activations = np.full((steps, layers, fan_out), NO_EXPERT, np.uint16)
    shares = np.zeros(activations.shape, np.int32)
    activations[~is_wide, :, :top_k] = drawn[first[~is_wide]]
    shares[~is_wide, :, :top_k] = 1
    chosen = np.argsort(counts == 0, axis=2, kind="stable")[:, :, :fan_out]  # activated ones, ascending
    of_chosen = np.take_along_axis(counts, chosen, axis=2)
    width = chosen.shape[2]  # a layer may have fewer experts than that
    activations[is_wide, :, :width] = np.where(of_chosen > 0, chosen, NO_EXPERT)
    shares[is_wide, :, :width] = of_chosen
    return activations, shares
