"""Models by name, as their makers publish them.

Sizes are those of the makers' ``config.json`` and model cards; precision is that of the published
checkpoints, with a KV cache and hidden states in BF16.
"""

from __future__ import annotations

from pathlib import Path

from spacemoe_ns3.checks import check_kind, look_up
from spacemoe_ns3.moe.attention import GroupedQueryAttention, LatentAttention
from spacemoe_ns3.moe.hugging_face import load_config
from spacemoe_ns3.moe.model import MoEModel
from spacemoe_ns3.moe.precision import FP8_BLOCK_BYTES, MXFP4_BYTES, Precision

_LLAMA_2_7B = GroupedQueryAttention(heads=32, kv_heads=32, head_dim=128)
_GPT_OSS = GroupedQueryAttention(
    heads=64, kv_heads=8, head_dim=64, has_biases=True, has_sinks=True, window=128, full_every=2
)

ZOO: dict[str, MoEModel] = {
    model.name: model
    for model in (
        # Zhu et al. 2024, LLaMA-MoE, arXiv 2406.16554: the FFN of LLaMA-2 7B, 11008 wide, split in 8.
        MoEModel(
            name="llama-moe-3.5b",
            layers=32,
            hidden=4096,
            attention=_LLAMA_2_7B,
            experts=8,
            top_k=2,
            expert_ffn=11_008 // 8,
            vocabulary=32_000,
        ),
        # The same, split in 16.
        MoEModel(
            name="llama-moe-3.5b-4of16",
            layers=32,
            hidden=4096,
            attention=_LLAMA_2_7B,
            experts=16,
            top_k=4,
            expert_ffn=11_008 // 16,
            vocabulary=32_000,
        ),
        # Jiang et al. 2024, Mixtral of Experts, arXiv 2401.04088.
        MoEModel(
            name="mixtral-8x7b",
            layers=32,
            hidden=4096,
            attention=GroupedQueryAttention(heads=32, kv_heads=8, head_dim=128),
            experts=8,
            top_k=2,
            expert_ffn=14_336,
            vocabulary=32_000,
        ),
        # DeepSeek-AI 2024, DeepSeek-V3 technical report, arXiv 2412.19437. The multi-token-prediction module
        # is left out. Weights ship in FP8 but for embeddings, head, router and norms.
        MoEModel(
            name="deepseek-v3",
            layers=61,
            hidden=7168,
            attention=LatentAttention(
                heads=128, query_rank=1536, kv_rank=512, nope_dim=128, rope_dim=64, value_dim=128
            ),
            experts=256,
            top_k=8,
            expert_ffn=2048,
            vocabulary=129_280,
            shared_experts=1,
            dense_layers=3,
            dense_ffn=18_432,
            biases=("router",),
            precision=Precision(attention_bytes=FP8_BLOCK_BYTES, expert_bytes=FP8_BLOCK_BYTES),
        ),
        # DeepSeek-AI 2024, DeepSeek-V2, arXiv 2405.04434, appendix B.
        MoEModel(
            name="deepseek-v2-lite",
            layers=27,
            hidden=2048,
            attention=LatentAttention(heads=16, kv_rank=512, nope_dim=128, rope_dim=64, value_dim=128),
            experts=64,
            top_k=6,
            expert_ffn=1408,
            vocabulary=102_400,
            shared_experts=2,
            dense_layers=1,
            dense_ffn=10_944,
        ),
        # Qwen Team 2025, Qwen3 technical report, arXiv 2505.09388.
        MoEModel(
            name="qwen3-30b-a3b",
            layers=48,
            hidden=2048,
            attention=GroupedQueryAttention(heads=32, kv_heads=4, head_dim=128, query_key_norm="head"),
            experts=128,
            top_k=8,
            expert_ffn=768,
            vocabulary=151_936,
        ),
        # OpenAI 2025, gpt-oss-120b & gpt-oss-20b model card, arXiv 2508.10925: odd layers, the first among
        # them, look back at 128 positions. Experts ship in MXFP4, the rest in BF16.
        MoEModel(
            name="gpt-oss-120b",
            layers=36,
            hidden=2880,
            attention=_GPT_OSS,
            experts=128,
            top_k=4,
            expert_ffn=2880,
            vocabulary=201_088,
            biases=("router", "experts"),
            precision=Precision(expert_bytes=MXFP4_BYTES),
        ),
        MoEModel(
            name="gpt-oss-20b",
            layers=24,
            hidden=2880,
            attention=_GPT_OSS,
            experts=32,
            top_k=4,
            expert_ffn=2880,
            vocabulary=201_088,
            biases=("router", "experts"),
            precision=Precision(expert_bytes=MXFP4_BYTES),
        ),
        # Muennighoff et al. 2024, OLMoE, arXiv 2409.02060.
        MoEModel(
            name="olmoe-1b-7b",
            layers=16,
            hidden=2048,
            attention=GroupedQueryAttention(heads=16, kv_heads=16, head_dim=128, query_key_norm="projection"),
            experts=64,
            top_k=8,
            expert_ffn=1024,
            vocabulary=50_304,
        ),
        # Abdin et al. 2024, Phi-3 technical report, arXiv 2404.14219, and its config.json.
        MoEModel(
            name="phi-3.5-moe",
            layers=32,
            hidden=4096,
            attention=GroupedQueryAttention(heads=32, kv_heads=8, head_dim=128, has_biases=True),
            experts=16,
            top_k=2,
            expert_ffn=6400,
            vocabulary=32_064,
            biases=("head", "norms"),
        ),
    )
}
_OTHER_NAMES = {"llama-moe-3.5b-2of8": "llama-moe-3.5b"}


def model_named(name: str) -> MoEModel:
    """Return a model of the zoo, or the model of a Hugging Face ``config.json``.

    Parameters
    ----------
    name
        Its name, such as ``"llama-moe-3.5b"``, or the path of a local file that ends in ``.json``.

    Raises
    ------
    ScenarioError
        If there is no such model (names the nearest), or the file does not describe a known one.

    Examples
    --------
    >>> round(model_named("mixtral-8x7b").parameters() / 1e9, 1)
    46.7
    """
    check_kind("model", name, str, "the name of a model in the zoo, or the path of a config.json")
    if name.endswith(".json"):
        return load_config(Path(name))
    return look_up("model", _OTHER_NAMES.get(name, name), ZOO)
