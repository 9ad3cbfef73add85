"""The work of a run: what is computed for how long, what is sent, which experts each token activates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.moe.activation import Gating
from spacemoe_ns3.moe.computing import Computing
from spacemoe_ns3.moe.model import MoEModel
from spacemoe_ns3.streams import stream

_MOST_TOKENS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """Which tokens are decoded: short sequences that start at evenly spaced times over the time span.

    Parameters
    ----------
    tokens
        Tokens in all, at least 1.
    tokens_per_sequence
        Tokens decoded one after the other in a sequence; the last sequence may be shorter.
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
    """What both engines run.

    Parameters
    ----------
    layers, experts, top_k
        Layers L, experts of a layer E, experts that a token activates K.
    message_bytes
        Length of a hidden state.
    sends_residual
        Whether a gateway sends the residual stream to the next one.
    computing
        Computing times on every satellite.
    starts_ns
        When each sequence starts in nanoseconds, shape (Q,), int64.
    sequence_tokens
        Tokens of each sequence, shape (Q,), int32; they sum to N.
    activations
        Experts of each token, sequence by sequence, shape (N, L, K), uint16.
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

    @property
    def tokens(self) -> int:
        """Number of tokens N."""
        return int(self.activations.shape[0])

    def token_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the sequence of each token and its place in it, both of shape (N,)."""
        sequence = np.repeat(np.arange(len(self.sequence_tokens)), self.sequence_tokens)
        first = np.cumsum(self.sequence_tokens) - self.sequence_tokens
        return sequence, np.arange(self.tokens) - first[sequence]


def build_workload(
    *, model: MoEModel, computing: Computing, gating: Gating, decoding: Decoding, end_ns: int, seed: int
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

    Returns
    -------
    The workload.
    """
    sequence_tokens = decoding.sequence_tokens()
    sequences = len(sequence_tokens)
    return Workload(
        layers=model.moe_layers,
        experts=model.experts,
        top_k=model.top_k,
        message_bytes=model.message_bytes,
        sends_residual=decoding.sends_residual,
        computing=computing,
        starts_ns=np.array([end_ns * sequence // sequences for sequence in range(sequences)], np.int64),
        sequence_tokens=sequence_tokens,
        activations=gating.draw(decoding.tokens, stream(seed, "activation.draws")),
    )
