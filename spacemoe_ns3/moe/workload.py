"""The work of a run: what is computed for how long, what is sent, which experts each token activates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.moe.compute import Hardware
from spacemoe_ns3.moe.gating import Activation, draw_activations
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
    gateway_ns, expert_ns
        Computing time of each layer's gateway and of one of its experts in nanoseconds, shape (L,), int64.
    head_ns
        Computing time of the language-model head in nanoseconds.
    weights
        Of the experts, shape (L, E).
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
    gateway_ns: np.ndarray
    expert_ns: np.ndarray
    head_ns: int
    weights: np.ndarray
    starts_ns: np.ndarray
    sequence_tokens: np.ndarray
    activations: np.ndarray

    @property
    def tokens(self) -> int:
        """Number of tokens N."""
        return int(self.activations.shape[0])

    @property
    def hosts(self) -> int:
        """Number of satellites that host something, L (E + 1)."""
        return self.layers * (self.experts + 1)

    def token_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the sequence of each token and its place in it, both of shape (N,)."""
        sequence = np.repeat(np.arange(len(self.sequence_tokens)), self.sequence_tokens)
        first = np.cumsum(self.sequence_tokens) - self.sequence_tokens
        return sequence, np.arange(self.tokens) - first[sequence]


def build_workload(
    *,
    model: MoEModel,
    hardware: Hardware,
    activation: Activation,
    decoding: Decoding,
    end_ns: int,
    seed: int,
) -> Workload:
    """Build the work of a run.

    Parameters
    ----------
    model, hardware, activation, decoding
        What the scenario says.
    end_ns
        End of the time span over which sequences start, in nanoseconds.
    seed
        The run's seed.

    Returns
    -------
    The workload.
    """
    weights = activation.weights(
        layers=model.layers, experts=model.experts, random=stream(seed, "activation.weights")
    )
    sequence_tokens = decoding.sequence_tokens()
    sequences = len(sequence_tokens)
    gateway_flops = model.attention_flops(decoding.context_tokens) + model.router_flops()
    return Workload(
        layers=model.layers,
        experts=model.experts,
        top_k=model.top_k,
        message_bytes=model.message_bytes,
        sends_residual=decoding.sends_residual,
        gateway_ns=np.full(model.layers, hardware.gateway_computer.duration_ns(gateway_flops), np.int64),
        expert_ns=np.full(model.layers, hardware.expert_computer.duration_ns(model.expert_flops()), np.int64),
        head_ns=hardware.gateway_computer.duration_ns(model.head_flops()),
        weights=weights,
        starts_ns=np.array([end_ns * sequence // sequences for sequence in range(sequences)], np.int64),
        sequence_tokens=sequence_tokens,
        activations=draw_activations(
            weights=weights,
            tokens=decoding.tokens,
            top_k=model.top_k,
            random=stream(seed, "activation.draws"),
        ),
    )
