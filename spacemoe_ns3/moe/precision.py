"""How many bytes the numbers of a model take."""

from __future__ import annotations

from dataclasses import dataclass

from spacemoe_ns3.checks import check_number, check_whole

# DeepSeek-V3: a byte a weight, and an FP32 scale for each block of 128 x 128; arXiv 2412.19437, section 3.3.
FP8_BLOCK_BYTES = 1 + 4 / (128 * 128)
# OCP Microscaling Formats 1.0: four bits a weight, and a scale of a byte for each 32.
MXFP4_BYTES = 4 / 8 + 1 / 32
_MOST_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Bytes of a number of each kind; the default is BF16 throughout.

    Parameters
    ----------
    attention_bytes
        Of a weight of the attention's matrices.
    expert_bytes
        Of a weight of the matrices of routed and shared experts and of dense FFNs.
    router_bytes
        Of a weight of the router.
    embedding_bytes
        Of a weight of the input embedding and of the language-model head.
    vector_bytes
        Of a weight of norms, biases and sinks.
    cache_bytes
        Of a value in the KV cache.
    hidden_bytes
        Of a value of a hidden state on the wire, a whole number.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    attention_bytes: float = 2
    expert_bytes: float = 2
    router_bytes: float = 2
    embedding_bytes: float = 2
    vector_bytes: float = 2
    cache_bytes: float = 2
    hidden_bytes: int = 2

    def __post_init__(self) -> None:
        for field in ("attention", "expert", "router", "embedding", "vector", "cache"):
            value = getattr(self, f"{field}_bytes")
            check_number(f"model.precision.{field}_bytes", value, above=0, most=_MOST_BYTES)
        check_whole("model.precision.hidden_bytes", self.hidden_bytes, least=1, most=_MOST_BYTES)


BF16 = Precision()
