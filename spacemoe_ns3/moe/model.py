"""Architecture of a mixture-of-experts transformer, and what follows from it: parameters and FLOPs."""

from __future__ import annotations

from dataclasses import dataclass

from spacemoe_ns3.checks import check_whole
from spacemoe_ns3.constants import FIRST_EXPERT_PORT, FIRST_GATEWAY_PORT
from spacemoe_ns3.errors import require

FLOPS_PER_MULTIPLY_ADD = 2
_GATED_MATRICES = 3  # gate, up and down projection
_LARGEST_WIDTH = 10_000_000
_LAST_PORT = 65_535
_EMBEDDINGS = 2  # input embedding and language-model head, untied


@dataclass(frozen=True, slots=True, kw_only=True)
class MoEModel:
    """A decoder with grouped-query attention and gated experts in every layer.

    FLOPs count a multiply-add as two, and matrix products only: norms, activation functions, rotary
    embeddings and the softmax are left out, as is usual.

    Parameters
    ----------
    name
        Name of the model.
    layers
        Number of layers L, at least 2.
    hidden
        Width of the hidden state.
    heads, kv_heads, head_dim
        Query heads, key and value heads, width of a head.
    experts, top_k
        Routed experts of a layer, and how many a token activates.
    expert_ffn
        Inner width of an expert.
    vocabulary
        Size of the vocabulary; input embedding and head are untied.
    bytes_per_value
        Bytes of a value of a hidden state on the wire.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    experts: int
    top_k: int
    expert_ffn: int
    vocabulary: int
    bytes_per_value: int = 2

    def __post_init__(self) -> None:
        check_whole("model.layers", self.layers, least=2)  # a ring of gateways
        for field in (
            *("hidden", "heads", "kv_heads", "head_dim", "experts", "top_k", "expert_ffn"),
            *("vocabulary", "bytes_per_value"),
        ):
            check_whole(f"model.{field}", getattr(self, field), least=1, most=_LARGEST_WIDTH)
        most = _LAST_PORT - FIRST_EXPERT_PORT + 1
        require(
            self.layers * self.experts <= most and self.layers <= FIRST_EXPERT_PORT - FIRST_GATEWAY_PORT,
            f"model: {self.layers} layers x {self.experts} experts given, there are UDP ports for "
            f"{FIRST_EXPERT_PORT - FIRST_GATEWAY_PORT} layers and {most} experts; choose a smaller model",
        )
        require(
            self.top_k <= self.experts,
            f"model.top_k: {self.top_k} given, a layer has {self.experts} experts; activate at most as many",
        )

    @property
    def message_bytes(self) -> int:
        """Length of the hidden state of one token in bytes."""
        return self.hidden * self.bytes_per_value

    def attention_flops(self, context_tokens: float) -> float:
        """Return the FLOPs of one token's attention in one layer.

        Parameters
        ----------
        context_tokens
            Positions attended to. Over a causal prefill of s tokens the mean is s / 2.
        """
        query, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        projections = 2 * self.hidden * query + 2 * self.hidden * keys
        scores_and_values = 2 * context_tokens * query
        return FLOPS_PER_MULTIPLY_ADD * (projections + scores_and_values)

    def router_flops(self) -> float:
        """Return the FLOPs of routing one token in one layer."""
        return FLOPS_PER_MULTIPLY_ADD * self.hidden * self.experts

    def expert_flops(self) -> float:
        """Return the FLOPs of one expert on one token."""
        return FLOPS_PER_MULTIPLY_ADD * _GATED_MATRICES * self.hidden * self.expert_ffn

    def head_flops(self) -> float:
        """Return the FLOPs of the language-model head on one token."""
        return FLOPS_PER_MULTIPLY_ADD * self.hidden * self.vocabulary

    def token_flops(self, context_tokens: float) -> float:
        """Return the FLOPs of one token through the whole model, head included."""
        layer = self.attention_flops(context_tokens) + self.router_flops()
        return self.layers * (layer + self.top_k * self.expert_flops()) + self.head_flops()

    def parameters(self, *, active_only: bool = False) -> int:
        """Return the number of parameters.

        Parameters
        ----------
        active_only
            Count the ``top_k`` experts that a token activates instead of all.

        Returns
        -------
        Parameters, both embeddings, router matrices and norms included.
        """
        query, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        attention = 2 * self.hidden * query + 2 * self.hidden * keys
        experts = self.top_k if active_only else self.experts
        ffn = experts * _GATED_MATRICES * self.hidden * self.expert_ffn
        norms, router = 2 * self.hidden, self.hidden * self.experts
        embeddings = _EMBEDDINGS * self.vocabulary * self.hidden + self.hidden
        return self.layers * (attention + ffn + norms + router) + embeddings
