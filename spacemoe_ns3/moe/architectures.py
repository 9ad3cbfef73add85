"""What the fields of each known architecture's ``config.json`` mean.

They mean what the model code of the ``transformers`` library, or the code in the repository, makes of them.
Where that code has a default for a field that is left out, it is the default here; others must be there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacemoe_ns3.checks import check_whole
from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.attention import GroupedQueryAttention, LatentAttention
from spacemoe_ns3.moe.config_file import ConfigFile

_LAYER_TYPES = ("full_attention", "sliding_attention")


def _grouped(
    config: ConfigFile,
    *,
    has_biases: bool = False,
    has_sinks: bool = False,
    norm: str | None = None,
    full_every: int | None = None,
) -> GroupedQueryAttention:
    heads, hidden = config.whole("num_attention_heads"), config.whole("hidden_size")
    if not config.has("head_dim"):
        require(
            hidden % heads == 0,
            f"{config.path}: num_attention_heads: {heads} given, must divide hidden_size, {hidden}, where "
            "there is no head_dim; give head_dim",
        )
    return GroupedQueryAttention(
        heads=heads,
        kv_heads=config.whole("num_key_value_heads"),
        head_dim=config.whole("head_dim") if config.has("head_dim") else hidden // heads,
        has_biases=config.truth("attention_bias", default=has_biases),
        query_key_norm=norm,
        has_sinks=has_sinks,
        **_windows(config, full_every),
    )


def _windows(config: ConfigFile, default: int | None) -> dict[str, int | None]:
    """Return the window of attention, and every how many layers one has none."""
    if not config.has("sliding_window") or not config.truth("use_sliding_window", default=True):
        return {}
    window = config.whole("sliding_window")
    if config.has("max_position_embeddings") and window >= config.whole("max_position_embeddings"):
        return {}  # longer than any sequence
    kinds = config.list_of("layer_types")
    if not kinds:
        return {"window": window, "full_every": default}
    layers = config.whole("num_hidden_layers")
    require(
        len(kinds) == layers,
        f"{config.path}: layer_types: {len(kinds)} given, must be one for each of {layers} layers",
    )
    for kind in kinds:
        require(
            kind in _LAYER_TYPES,
            f"{config.path}: layer_types: {kind!r} given, must be of {', '.join(_LAYER_TYPES)}",
        )
    full = [number for number, kind in enumerate(kinds, start=1) if kind == "full_attention"]
    if len(full) == len(kinds):
        return {}
    every = full[0] if full else len(kinds) + 1
    require(
        full == list(range(every, len(kinds) + 1, every)),
        f"{config.path}: layer_types: full_attention in layers {full}, counted from 1, must be in every n-th "
        "layer; take out sliding_window to count full attention throughout",
    )
    return {"window": window, "full_every": every if full else None}


def _mixtral(config: ConfigFile) -> dict[str, Any]:
    return {
        "attention": _grouped(config),
        "experts": config.whole("num_local_experts"),
        "top_k": config.whole("num_experts_per_tok"),
        "expert_ffn": config.whole("intermediate_size"),
    }


def _phi_moe(config: ConfigFile) -> dict[str, Any]:
    biases = ("head", "norms") if config.truth("lm_head_bias", default=False) else ("norms",)
    return {**_mixtral(config), "biases": biases}


def _gpt_oss(config: ConfigFile) -> dict[str, Any]:
    return {
        "attention": _grouped(config, has_biases=True, has_sinks=True, full_every=2),
        "experts": config.whole("num_local_experts"),
        "top_k": config.whole("num_experts_per_tok", "experts_per_token"),
        "expert_ffn": config.whole("intermediate_size"),
        "biases": ("router", "experts"),
    }


def _olmoe(config: ConfigFile) -> dict[str, Any]:
    return {
        "attention": _grouped(config, norm="projection"),
        "experts": config.whole("num_experts"),
        "top_k": config.whole("num_experts_per_tok"),
        "expert_ffn": config.whole("intermediate_size"),
    }


def _qwen3_moe(config: ConfigFile) -> dict[str, Any]:
    config.require_one("decoder_sparse_step")
    dense = config.list_of("mlp_only_layers")
    for layer in dense:
        check_whole(f"{config.path}: mlp_only_layers", layer, least=0)
    require(
        sorted(dense) == list(range(len(dense))),
        f"{config.path}: mlp_only_layers: {dense} given, must be the first layers, 0, 1, ...; dense layers "
        "in between are not modelled",
    )
    return {
        "attention": _grouped(config, norm="head"),
        "experts": config.whole("num_experts"),
        "top_k": config.whole("num_experts_per_tok"),
        "expert_ffn": config.whole("moe_intermediate_size"),
        "dense_layers": len(dense),
        "dense_ffn": config.whole("intermediate_size") if dense else 0,
    }


def _llama_moe(config: ConfigFile) -> dict[str, Any]:
    experts, whole = config.whole("num_experts"), config.whole("intermediate_size")
    sizes = set()
    for layer in config.list_of("size_experts"):
        for size in layer if isinstance(layer, list) else [layer]:
            check_whole(f"{config.path}: size_experts", size, least=1)
            sizes.add(size)
    require(
        sizes <= {whole // experts} and whole % experts == 0,
        f"{config.path}: size_experts: {sorted(sizes) or whole / experts} given, must be one whole number "
        f"for all, intermediate_size / num_experts = {whole} / {experts}",
    )
    return {
        "attention": _grouped(config),
        "experts": experts,
        "top_k": config.whole("num_selects"),
        "expert_ffn": whole // experts,
    }


def _deepseek(config: ConfigFile) -> dict[str, Any]:
    config.require_one("moe_layer_freq")
    require(
        not config.truth("attention_bias", default=False),
        f"{config.path}: attention_bias: True given, must be false: biases of latent attention are "
        "not modelled",
    )
    dense = config.whole("first_k_dense_replace", least=0)
    return {
        "attention": LatentAttention(
            heads=config.whole("num_attention_heads"),
            query_rank=config.whole("q_lora_rank") if config.has("q_lora_rank") else None,
            kv_rank=config.whole("kv_lora_rank"),
            nope_dim=config.whole("qk_nope_head_dim"),
            rope_dim=config.whole("qk_rope_head_dim"),
            value_dim=config.whole("v_head_dim"),
        ),
        "experts": config.whole("n_routed_experts"),
        "top_k": config.whole("num_experts_per_tok"),
        "expert_ffn": config.whole("moe_intermediate_size"),
        "shared_experts": config.whole("n_shared_experts", least=0) if config.has("n_shared_experts") else 0,
        "dense_layers": dense,
        "dense_ffn": config.whole("intermediate_size") if dense else 0,
    }


def _deepseek_v3(config: ConfigFile) -> dict[str, Any]:
    return {**_deepseek(config), "biases": ("router",)}


ARCHITECTURES: dict[str, Callable[[ConfigFile], dict[str, Any]]] = {
    "DeepseekV2ForCausalLM": _deepseek,
    "DeepseekV3ForCausalLM": _deepseek_v3,
    "GptOssForCausalLM": _gpt_oss,
    "LlamaMoEForCausalLM": _llama_moe,
    "MixtralForCausalLM": _mixtral,
    "OlmoeForCausalLM": _olmoe,
    "PhiMoEForCausalLM": _phi_moe,
    "PhimoeForCausalLM": _phi_moe,
    "Qwen3MoeForCausalLM": _qwen3_moe,
}
