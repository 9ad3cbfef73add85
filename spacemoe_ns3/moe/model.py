"""Architecture of a mixture-of-experts transformer, and what follows from it: parameters, FLOPs, bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.constants import FIRST_EXPERT_PORT, FIRST_GATEWAY_PORT
from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.attention import (
    FLOPS_PER_MULTIPLY_ADD,
    LARGEST_WIDTH,
    Attention,
    GroupedQueryAttention,
    LatentAttention,
)
from spacemoe_ns3.moe.precision import BF16, Precision

BIASES = ("router", "experts", "head", "norms")
_GATED_MATRICES = 3  # gate, up and down projection
_NORMS_OF_A_LAYER = 2  # before attention and before the FFN
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Work:
    """What a job asks of a computer.

    Parameters
    ----------
    flops
        Floating-point operations.
    bytes
        Bytes to be read from memory: weights and KV cache, once each; activations stay in the caches.
    """

    flops: float
    bytes: float

    def __add__(self, other: Work) -> Work:
        return Work(self.flops + other.flops, self.bytes + other.bytes)

    def times(self, count: float) -> Work:
        """Return the work of that many such jobs."""
        return Work(self.flops * count, self.bytes * count)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoEModel:
    """A decoder: first dense layers, if any, then L layers with a router and gated experts.

    FLOPs count a multiply-add as two, and matrix products only: norms, activation functions, rotary
    embeddings and the softmax are left out, as is usual. Works are those of decoding one token by itself.
    The *ring* of gateways has the L layers with experts: its layer 0 does the work of the dense layers, of
    the embedding and of the head besides its own.

    Parameters
    ----------
    name
        Name of the model.
    layers
        Number of layers, dense ones included; at least two have experts.
    hidden
        Width d of the hidden state.
    attention
        Attention of every layer.
    experts, top_k
        Routed experts E of a layer, and how many K a token activates.
    expert_ffn
        Inner width of a routed expert.
    vocabulary
        Size of the vocabulary.
    shared_experts
        Experts of a layer that every token passes through; its gateway computes them.
    shared_ffn
        Inner width of a shared expert; None for that of a routed one.
    dense_layers, dense_ffn
        How many layers, the first ones, have a dense FFN instead of experts, and its inner width.
    ties_embeddings
        Whether the head uses the weights of the input embedding.
    biases
        Which of ``"router"``, ``"experts"``, ``"head"``, ``"norms"`` have biases.
    precision
        Bytes of each kind of number.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    name: str
    layers: int
    hidden: int
    attention: Attention
    experts: int
    top_k: int
    expert_ffn: int
    vocabulary: int
    shared_experts: int = 0
    shared_ffn: int | None = None
    dense_layers: int = 0
    dense_ffn: int = 0
    ties_embeddings: bool = False
    biases: tuple[str, ...] = ()
    precision: Precision = BF16

    def __post_init__(self) -> None:
        check_whole("model.layers", self.layers, least=2)  # a ring of gateways
        for field in ("hidden", "experts", "top_k", "expert_ffn", "vocabulary"):
            check_whole(f"model.{field}", getattr(self, field), least=1, most=LARGEST_WIDTH)
        kinds = (GroupedQueryAttention, LatentAttention)
        check_kind("model.attention", self.attention, kinds, "GroupedQueryAttention or LatentAttention")
        check_kind("model.ties_embeddings", self.ties_embeddings, bool, "True or False")
        check_kind("model.precision", self.precision, Precision, "a Precision")
        self._check_ffns()
        words = "a tuple of names; a single one needs a comma behind it"
        check_kind("model.biases", self.biases, tuple, words)
        for bias in self.biases:
            require(bias in BIASES, f"model.biases: {bias!r} given, must be of {', '.join(BIASES)}")
        most = _LAST_PORT - FIRST_EXPERT_PORT + 1
        require(
            self.moe_layers * self.experts <= most
            and self.moe_layers <= FIRST_EXPERT_PORT - FIRST_GATEWAY_PORT,
            f"model: {self.moe_layers} layers x {self.experts} experts given, there are UDP ports for "
            f"{FIRST_EXPERT_PORT - FIRST_GATEWAY_PORT} layers and {most} experts; choose a smaller model",
        )
        require(
            self.top_k <= self.experts,
            f"model.top_k: {self.top_k} given, a layer has {self.experts} experts; activate at most as many",
        )

    def _check_ffns(self) -> None:
        check_whole("model.shared_experts", self.shared_experts, least=0, most=LARGEST_WIDTH)
        if self.shared_ffn is not None:
            check_whole("model.shared_ffn", self.shared_ffn, least=1, most=LARGEST_WIDTH)
        check_whole("model.dense_layers", self.dense_layers, least=0, most=self.layers - 2)
        if self.dense_layers:
            check_whole("model.dense_ffn", self.dense_ffn, least=1, most=LARGEST_WIDTH)
        require(
            self.dense_layers > 0 or self.dense_ffn == 0,
            f"model.dense_ffn: {self.dense_ffn} given, but no layer is dense; set dense_layers",
        )

    @property
    def moe_layers(self) -> int:
        """Number of layers with experts, L: those of the ring."""
        return self.layers - self.dense_layers

    @property
    def message_bytes(self) -> int:
        """Length of the hidden state of one token in bytes."""
        return self.hidden * self.precision.hidden_bytes

    def attention_work(self, context_tokens: float, *, layer: int) -> Work:
        """Return the work of one token's attention.

        Parameters
        ----------
        context_tokens
            Positions before it.
        layer
            Layer of the model, dense ones included, from 0: some look back at a window only.
        """
        positions = self._positions(context_tokens, layer)
        matrices = FLOPS_PER_MULTIPLY_ADD * self.attention.matrix_weights(self.hidden)
        return Work(
            matrices + positions * self.attention.decode_flops_per_position,
            self._attention_bytes + self._cache_bytes(positions),
        )

    def router_work(self) -> Work:
        """Return the work of routing one token in one layer."""
        weights = self.hidden * self.experts
        bias = self._vector_bytes(self.experts if "router" in self.biases else 0)
        return Work(FLOPS_PER_MULTIPLY_ADD * weights, weights * self.precision.router_bytes + bias)

    def expert_work(self) -> Work:
        """Return the work of one routed expert on one token."""
        return self._ffn_work(self.expert_ffn)

    def shared_work(self) -> Work:
        """Return the work of all shared experts of a layer on one token."""
        return self._ffn_work(self.shared_ffn or self.expert_ffn).times(self.shared_experts)

    def dense_work(self) -> Work:
        """Return the work of the FFN of one dense layer on one token; none without dense layers."""
        return self._ffn_work(self.dense_ffn) if self.dense_layers else Work(0, 0)

    def embedding_work(self) -> Work:
        """Return the work of looking one token up in the input embedding: a row is read."""
        return Work(0, self.hidden * self.precision.embedding_bytes)

    def head_work(self) -> Work:
        """Return the work of the last norm and the language-model head on one token."""
        weights = self.hidden * self.vocabulary
        vectors = self._norm_weights + (self.vocabulary if "head" in self.biases else 0)
        return Work(
            FLOPS_PER_MULTIPLY_ADD * weights,
            weights * self.precision.embedding_bytes + self._vector_bytes(vectors),
        )

    def gateway_work(self, layer: int, context_tokens: float) -> Work:
        """Return what the gateway of a layer computes for one token before it dispatches.

        Parameters
        ----------
        layer
            Layer of the ring, 0 to L - 1. That of layer 0 has the embedding and the dense layers too; the
            head is apart, see :meth:`head_work`.
        context_tokens
            Positions before the token.

        Returns
        -------
        The work of attention, router and shared experts.
        """
        work = self.router_work() + self.shared_work()
        for each in self._layers_at(layer):
            work += self.attention_work(context_tokens, layer=each)
        if layer == 0:
            work += self.embedding_work() + self.dense_work().times(self.dense_layers)
        return work

    def gateway_prefill_work(self, layer: int, width: int) -> Work:
        """Return what the gateway of a layer computes for a prompt before it dispatches.

        Parameters
        ----------
        layer
            Layer of the ring, as in :meth:`gateway_work`.
        width
            Tokens of the prompt. The i-th looks at i positions, itself included, so (width + 1) / 2 in the
            mean, or at no more than the window.

        Returns
        -------
        FLOPs of all tokens; weights and the prompt's KV cache read once, and an embedding row a token.
        """
        once = self.router_work() + self.shared_work()
        scores, cache_bytes = 0.0, 0.0
        for each in self._layers_at(layer):
            once += self.attention_work(0, layer=each)
            reach = int(self._positions(width, each))
            looks = reach * (reach + 1) / 2 + (width - reach) * reach
            scores += looks * self.attention.prefill_flops_per_position
            cache_bytes += self._cache_bytes(reach)
        embedding_bytes = 0.0
        if layer == 0:
            once += self.dense_work().times(self.dense_layers)
            embedding_bytes = self.embedding_work().times(min(width, self.vocabulary)).bytes
        return Work(once.flops * width + scores, once.bytes + cache_bytes + embedding_bytes)

    def token_work(self, context_tokens: float) -> Work:
        """Return the work of decoding one token through the whole model, head included."""
        work = self.expert_work().times(self.moe_layers * self.top_k) + self.head_work()
        for layer in range(self.moe_layers):
            work += self.gateway_work(layer, context_tokens)
        return work

    def cache_memory_bytes(self, layer: int, context_tokens: int) -> int:
        """Return the bytes of the KV cache that the gateway of a layer of the ring keeps of a sequence."""
        positions = sum(self._positions(context_tokens, each) for each in self._layers_at(layer))
        return math.ceil(self._cache_bytes(positions))

    def gateway_memory_bytes(self, layer: int, context_tokens: int) -> int:
        """Return the bytes that the gateway of a layer keeps: its weights, and the KV cache of a sequence.

        Parameters
        ----------
        layer
            Layer of the ring, 0 to L - 1. Layer 0 keeps the dense layers, both embeddings and the last norm
            besides its own attention, router, norms and shared experts.
        context_tokens
            Positions of the sequence.
        """
        weights = self.router_work().bytes + self.shared_work().bytes
        weights += len(self._layers_at(layer)) * self._attention_bytes
        if layer == 0:
            weights += self.dense_layers * self.dense_work().bytes + self.head_work().bytes
            if not self.ties_embeddings:
                weights += self.vocabulary * self.hidden * self.precision.embedding_bytes
        return math.ceil(weights) + self.cache_memory_bytes(layer, context_tokens)

    def expert_memory_bytes(self) -> int:
        """Return the bytes of the weights of one routed expert."""
        return math.ceil(self.expert_work().bytes)

    def parameters(self, *, active_only: bool = False) -> int:
        """Return the number of parameters.

        Parameters
        ----------
        active_only
            Count the ``top_k`` routed experts that a token activates instead of all.

        Returns
        -------
        Parameters, both embeddings (one if tied), routers, norms and biases included.
        """
        return sum(count * size for count, size in self.parameters_by_part(active_only=active_only).values())

    def parameters_by_part(self, *, active_only: bool = False) -> dict[str, tuple[int, int]]:
        """Return of each part how many there are, and the parameters of one of them."""
        routed = self.top_k if active_only else self.experts
        return {
            "attention": (
                self.layers,
                self.attention.matrix_weights(self.hidden) + self.attention.vector_weights(self.hidden),
            ),
            "router": (self.moe_layers, (self.hidden + ("router" in self.biases)) * self.experts),
            "routed expert": (self.moe_layers * routed, self._ffn_weights(self.expert_ffn)),
            "shared expert": (
                self.moe_layers * self.shared_experts,
                self._ffn_weights(self.shared_ffn or self.expert_ffn),
            ),
            "dense FFN": (self.dense_layers, self._ffn_weights(self.dense_ffn)),
            "norm": (_NORMS_OF_A_LAYER * self.layers + 1, self._norm_weights),
            "input embedding": (1, self.vocabulary * self.hidden),
            "head": (
                1,
                (0 if self.ties_embeddings else self.vocabulary * self.hidden)
                + (self.vocabulary if "head" in self.biases else 0),
            ),
        }

    def _layers_at(self, layer: int) -> range:
        """Return the layers of the model that the gateway of a layer of the ring computes."""
        own = self.dense_layers + layer
        return range(0 if layer == 0 else own, own + 1)

    def _positions(self, context_tokens: float, layer: int) -> float:
        window = self.attention.window_of(layer)
        return context_tokens if window is None else min(context_tokens, window)

    @property
    def _norm_weights(self) -> int:
        return self.hidden * (2 if "norms" in self.biases else 1)

    @property
    def _attention_bytes(self) -> float:
        """Bytes of a layer's attention and norms."""
        vectors = self.attention.vector_weights(self.hidden) + _NORMS_OF_A_LAYER * self._norm_weights
        matrices = self.attention.matrix_weights(self.hidden) * self.precision.attention_bytes
        return matrices + self._vector_bytes(vectors)

    def _cache_bytes(self, positions: float) -> float:
        return positions * self.attention.cache_values * self.precision.cache_bytes

    def _vector_bytes(self, weights: int) -> float:
        return weights * self.precision.vector_bytes

    def _ffn_biases(self, width: int) -> int:
        return 2 * width + self.hidden if "experts" in self.biases else 0

    def _ffn_weights(self, width: int) -> int:
        return _GATED_MATRICES * self.hidden * width + self._ffn_biases(width)

    def _ffn_work(self, width: int) -> Work:
        matrices = _GATED_MATRICES * self.hidden * width
        return Work(
            FLOPS_PER_MULTIPLY_ADD * matrices,
            matrices * self.precision.expert_bytes + self._vector_bytes(self._ffn_biases(width)),
        )
