"""The work of a run: what is computed for how long, what is sent, which experts each token activates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.constants import NO_EXPERT
from spacemoe_ns3.moe.activation import Gating
from spacemoe_ns3.moe.computing import Computing
from spacemoe_ns3.moe.model import MoEModel
from spacemoe_ns3.streams import stream
from spacemoe_ns3.traffic import Traffic

_MOST_TOKENS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """Which tokens are decoded, in short sequences; ``Scenario.traffic`` says when those start.

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
    """What both engines run: N steps, each a pass of the model for a sequence.

    A step decodes one token, or prefills a prompt of several. Where all decode, a step activates M = K experts
    of a layer, in the order of their selection.

    Parameters
    ----------
    layers, experts, top_k
        Layers L, experts of a layer E, experts that a token activates K.
    message_bytes
        Length of the hidden state of a token.
    sends_residual
        Whether a gateway sends the residual stream to the next one.
    computing
        Computing times on every satellite.
    starts_ns
        When each sequence starts in nanoseconds, shape (Q,), int64.
    sequence_tokens
        Steps of each sequence, shape (Q,), int32; they sum to N.
    activations
        Experts of each step, sequence by sequence, shape (N, L, M), uint16; padded with
        :data:`spacemoe_ns3.constants.NO_EXPERT` behind.
    widths
        Tokens of each step, shape (N,), int32; one each if not given.
    shares
        Tokens of a step that go to each of its experts, shape (N, L, M), int32, 0 where there is none; one each
        if not given.
    batch
        Steps of one token that a gateway serves together at most.
    queue_jobs
        Jobs that may wait at each satellite's computer; None: any number.
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
    widths: np.ndarray = None  # type: ignore[assignment]
    shares: np.ndarray = None  # type: ignore[assignment]
    batch: int = 1
    queue_jobs: int | None = None

    def __post_init__(self) -> None:
        if self.widths is None:
            object.__setattr__(self, "widths", np.ones(len(self.activations), np.int32))
        if self.shares is None:
            object.__setattr__(self, "shares", (self.activations != NO_EXPERT).astype(np.int32))

    @property
    def tokens(self) -> int:
        """Number of steps N."""
        return int(self.activations.shape[0])

    @property
    def fan_out(self) -> int:
        """Most experts that a step activates in a layer, M."""
        return int(self.activations.shape[2])

    def token_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the sequence of each step and its place in it, both of shape (N,)."""
        sequence = np.repeat(np.arange(len(self.sequence_tokens)), self.sequence_tokens)
        first = np.cumsum(self.sequence_tokens) - self.sequence_tokens
        return sequence, np.arange(self.tokens) - first[sequence]

    def gateway_times_ns(self, gateways: np.ndarray) -> np.ndarray:
        """Return what each step takes at each layer's gateway when it is served alone.

        Parameters
        ----------
        gateways
            Satellites, shape (L,).

        Returns
        -------
        Nanoseconds, shape (N, L), int64.
        """
        one = self.computing.gateways_ns(gateways)
        if not (self.widths > 1).any():
            return np.broadcast_to(one, (self.tokens, self.layers))
        prompt = self.computing.prefill_gateways_ns(gateways)
        return np.where(self.widths[:, np.newaxis] > 1, prompt, one)


def build_workload(
    *,
    model: MoEModel,
    computing: Computing,
    gating: Gating,
    decoding: Decoding,
    end_ns: int,
    seed: int,
    traffic: Traffic = Traffic(),
) -> Workload:
    """Build the work of a run.

    Parameters
    ----------
    model, decoding, traffic
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
    random = stream(seed, "traffic.arrivals")
    widths = np.ones(decoding.tokens, np.int32)
    if traffic.prompt_tokens:
        widths[np.cumsum(sequence_tokens) - sequence_tokens] = traffic.prompt_tokens
    drawn = gating.draw(int(widths.sum()), stream(seed, "activation.draws"))
    activations, shares = (drawn, None) if (widths == 1).all() else _merged(drawn, widths, gating.experts)
    return Workload(
        layers=model.moe_layers,
        experts=model.experts,
        top_k=model.top_k,
        message_bytes=model.message_bytes,
        sends_residual=decoding.sends_residual,
        computing=computing,
        starts_ns=traffic.arrivals.starts_ns(len(sequence_tokens), end_ns=end_ns, random=random),
        sequence_tokens=sequence_tokens,
        activations=activations,
        widths=widths,
        **({} if shares is None else {"shares": shares}),
        batch=traffic.batch,
        queue_jobs=traffic.queue_jobs,
    )


def _merged(drawn: np.ndarray, widths: np.ndarray, experts: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the experts of steps, and how many tokens go to each, from those of their tokens, (tokens, L, K).

    A step of one token keeps the order of selection; wider ones have their experts in ascending order.
    """
    _, layers, top_k = drawn.shape
    ends = np.cumsum(widths)
    counts = np.zeros((len(widths), layers, experts), np.int32)
    for step, (first, end) in enumerate(zip(ends - widths, ends, strict=True)):
        where = drawn[first:end].astype(np.int64) + np.arange(layers)[:, np.newaxis] * experts
        counts[step] = np.bincount(where.ravel(), minlength=layers * experts).reshape(layers, experts)
    fan_out = max(top_k, int((counts > 0).sum(axis=2).max()))
    # Experts with tokens first, each kind in ascending order.
    activations = np.argsort(counts == 0, axis=2, kind="stable")[..., :fan_out]
    shares = np.take_along_axis(counts, activations, axis=2)
    activations = np.where(shares > 0, activations, NO_EXPERT).astype(np.uint16)
    single = widths == 1
    activations[single, :, :top_k] = drawn[(ends - 1)[single]]
    return activations, shares
