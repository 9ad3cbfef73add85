"""Attention: its weights, its FLOPs, and what it keeps of each position."""

from __future__ import annotations

from dataclasses import dataclass

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.errors import require

LARGEST_WIDTH = 10_000_000
FLOPS_PER_MULTIPLY_ADD = 2
_QUERY_KEY_NORMS = (None, "head", "projection")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedQueryAttention:
    """Attention whose query heads share key and value heads (Ainslie et al. 2023, arXiv 2305.13245).

    With as many key and value heads as query heads it is multi-head attention.

    Parameters
    ----------
    heads, kv_heads
        Query heads; key and value heads, of which the first is a multiple.
    head_dim
        Width of a head.
    has_biases
        Whether the four projections have biases.
    query_key_norm
        Norm of queries and keys: None, ``"head"`` (one of a head's width each, as in Qwen3) or
        ``"projection"`` (one over all heads each, as in OLMoE).
    has_sinks
        Whether each query head has a learned sink, as in gpt-oss.
    window
        Positions that a layer looks back at, where it does not look back at all of them.
    full_every
        Every how many layers one has no window: with 2 the second, fourth, ...; None: none.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    heads: int
    kv_heads: int
    head_dim: int
    has_biases: bool = False
    query_key_norm: str | None = None
    has_sinks: bool = False
    window: int | None = None
    full_every: int | None = None

    def __post_init__(self) -> None:
        path = "model.attention"
        for field in ("heads", "kv_heads", "head_dim"):
            check_whole(f"{path}.{field}", getattr(self, field), least=1, most=LARGEST_WIDTH)
        require(
            self.heads % self.kv_heads == 0,
            f"{path}.heads: {self.heads} given, must be a multiple of kv_heads, {self.kv_heads}",
        )
        for field in ("has_biases", "has_sinks"):
            check_kind(f"{path}.{field}", getattr(self, field), bool, "True or False")
        require(
            self.query_key_norm in _QUERY_KEY_NORMS,
            f"{path}.query_key_norm: {self.query_key_norm!r} given, must be None, 'head' or 'projection'",
        )
        if self.window is not None:
            check_whole(f"{path}.window", self.window, least=1)
        if self.full_every is not None:
            check_whole(f"{path}.full_every", self.full_every, least=2)
            require(
                self.window is not None,
                f"{path}.full_every: {self.full_every} given, means nothing without a window; give window",
            )

    def matrix_weights(self, hidden: int) -> int:
        """Return the weights of the four projections, for a hidden state of a width."""
        return 2 * hidden * self._queries + 2 * hidden * self._keys

    def vector_weights(self, hidden: int) -> int:
        """Return the weights that multiply no matrix: biases, norms of queries and keys, sinks."""
        biases = self._queries + 2 * self._keys + hidden if self.has_biases else 0
        norms = {None: 0, "head": 2 * self.head_dim, "projection": self._queries + self._keys}
        return biases + norms[self.query_key_norm] + (self.heads if self.has_sinks else 0)

    @property
    def decode_flops_per_position(self) -> int:
        """FLOPs of one token's scores and values at each position that it looks back at."""
        return FLOPS_PER_MULTIPLY_ADD * 2 * self._queries

    @property
    def prefill_flops_per_position(self) -> int:
        """The same while a whole sequence is read."""
        return self.decode_flops_per_position

    @property
    def cache_values(self) -> int:
        """Values that the KV cache of a layer keeps of each position."""
        return 2 * self._keys

    def window_of(self, layer: int) -> int | None:
        """Return how many positions a layer of the model, counted from 0, looks back at; None for all."""
        is_full = self.full_every is not None and (layer + 1) % self.full_every == 0
        return None if is_full else self.window

    @property
    def _queries(self) -> int:
        return self.heads * self.head_dim

    @property
    def _keys(self) -> int:
        return self.kv_heads * self.head_dim


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentAttention:
    """Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1).

    Keys and values are expanded from one latent vector of a position, and the cache keeps that vector and the
    shared rotary key only. Reading a sequence expands them, which costs least there (the *plain* form). To
    decode, the expanding matrices are applied to the query and to the result instead (the *absorbed* form):
    the same weights, no position expanded again, and scores and values over the latent width. These are the
    forms that inference engines run, and the ones counted here.

    Parameters
    ----------
    heads
        Heads.
    kv_rank
        Width of the latent vector of keys and values.
    query_rank
        Width of the latent vector of queries; None where queries are projected directly.
    nope_dim, rope_dim
        Width of a head's query and key without rotary embedding, and with it.
    value_dim
        Width of a head's value.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    heads: int
    kv_rank: int
    nope_dim: int
    rope_dim: int
    value_dim: int
    query_rank: int | None = None

    def __post_init__(self) -> None:
        for field in ("heads", "kv_rank", "nope_dim", "rope_dim", "value_dim"):
            check_whole(f"model.attention.{field}", getattr(self, field), least=1, most=LARGEST_WIDTH)
        if self.query_rank is not None:
            check_whole("model.attention.query_rank", self.query_rank, least=1, most=LARGEST_WIDTH)

    def matrix_weights(self, hidden: int) -> int:
        """Return the weights of all projections, for a hidden state of a width."""
        queries = self.heads * (self.nope_dim + self.rope_dim)
        if self.query_rank is None:
            query = hidden * queries
        else:
            query = hidden * self.query_rank + self.query_rank * queries
        down = hidden * (self.kv_rank + self.rope_dim)
        up = self.kv_rank * self.heads * (self.nope_dim + self.value_dim)
        return query + down + up + self.heads * self.value_dim * hidden

    def vector_weights(self, hidden: int) -> int:
        """Return the weights that multiply no matrix: the norms of the latent vectors."""
        return self.kv_rank + (self.query_rank or 0)

    @property
    def decode_flops_per_position(self) -> int:
        """FLOPs of one token's scores and values at each position, absorbed: over the latent width."""
        return FLOPS_PER_MULTIPLY_ADD * self.heads * (2 * self.kv_rank + self.rope_dim)

    @property
    def prefill_flops_per_position(self) -> int:
        """The same while a whole sequence is read, plain: over the width of a head."""
        return FLOPS_PER_MULTIPLY_ADD * self.heads * (self.nope_dim + self.rope_dim + self.value_dim)

    @property
    def cache_values(self) -> int:
        """Values that the KV cache of a layer keeps of each position: latent vector and rotary key."""
        return self.kv_rank + self.rope_dim

    def window_of(self, layer: int) -> int | None:
        """Return None: every layer looks back at all positions."""
        return None


Attention = GroupedQueryAttention | LatentAttention
