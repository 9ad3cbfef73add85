"""Models from the ``config.json`` of a Hugging Face repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.moe.architectures import ARCHITECTURES
from spacemoe_ns3.moe.config_file import ConfigFile, read_config
from spacemoe_ns3.moe.model import MoEModel
from spacemoe_ns3.moe.precision import MXFP4_BYTES, Precision

# What must be known of any model, and how configurations call it.
_CONCEPTS = {
    "the number of layers": ("num_hidden_layers",),
    "the width of the hidden state": ("hidden_size",),
    "the number of heads": ("num_attention_heads",),
    "the vocabulary": ("vocab_size",),
    "the number of experts": ("num_experts", "num_local_experts", "n_routed_experts"),
    "experts a token": ("num_experts_per_tok", "experts_per_token", "num_selects"),
    "the width of an expert": ("moe_intermediate_size", "intermediate_size"),
}
_DTYPE_BYTES = {"bfloat16": 2, "float16": 2, "float32": 4}
_SCALE_BYTES = 4  # of an FP8 block: FP32


def load_config(path: Path) -> MoEModel:
    """Read a model from a ``config.json``.

    Parameters
    ----------
    path
        The file. The model is called after it, or after its folder if it is called ``config.json``.

    Returns
    -------
    The model. Its numbers have the precision of the published weights as the file gives it (``torch_dtype``,
    ``quantization_config``), BF16 where it does not.

    Raises
    ------
    ScenarioError
        If the file cannot be read, is no JSON, lacks a field, or describes what is not modelled.
    """
    config = read_config(path)
    names = config.list_of("architectures")
    require(
        len(names) > 0 and isinstance(names[0], str),
        f"{path}: architectures is missing; take the whole config.json of the model",
    )
    if names[0] not in ARCHITECTURES:
        raise ScenarioError(_unknown(config, names[0]))
    try:
        return MoEModel(**ARCHITECTURES[names[0]](config), **_common(config))
    except ScenarioError as error:
        whole = str(error)
        raise ScenarioError(whole if whole.startswith(str(path)) else f"{path}: {whole}") from error


def known_architectures() -> list[str]:
    """Return the architectures that :func:`load_config` knows, by the alphabet."""
    return sorted(ARCHITECTURES)


def _unknown(config: ConfigFile, name: str) -> str:
    missing = [
        f"{concept} ({' or '.join(fields)})"
        for concept, fields in _CONCEPTS.items()
        if not any(config.has(field) for field in fields)
    ]
    lacks = (
        f"the file lacks {', '.join(missing)}" if missing else "no field is missing, but their use is unknown"
    )
    return (
        f"{config.path}: architectures: {name} given, known are {', '.join(known_architectures())}; {lacks}; "
        "declare an MoEModel instead"
    )


def _common(config: ConfigFile) -> dict[str, Any]:
    path = config.path
    return {
        "name": path.absolute().parent.name if path.stem == "config" else path.stem,
        "layers": config.whole("num_hidden_layers"),
        "hidden": config.whole("hidden_size"),
        "vocabulary": config.whole("vocab_size"),
        "ties_embeddings": config.truth("tie_word_embeddings", default=False),
        "precision": _precision(config),
    }


def _precision(config: ConfigFile) -> Precision:
    dtype = config.fields.get("torch_dtype") or config.fields.get("dtype") or "bfloat16"
    require(
        isinstance(dtype, str) and dtype in _DTYPE_BYTES,
        f"{config.path}: torch_dtype: {dtype!r} given, must be one of {', '.join(_DTYPE_BYTES)}",
    )
    plain = _DTYPE_BYTES[dtype]
    attention: float = plain
    experts: float = plain
    quantization = config.fields.get("quantization_config") or {}
    check_kind(f"{config.path}: quantization_config", quantization, dict, "an object")
    method = quantization.get("quant_method")
    if method == "fp8":
        attention = experts = _fp8_bytes(config, quantization.get("weight_block_size"))
    elif method == "mxfp4":
        experts = MXFP4_BYTES
    else:
        require(
            not quantization,
            f"{config.path}: quantization_config.quant_method: {method!r} given, known are fp8 and mxfp4; "
            "take quantization_config out to count the weights as torch_dtype",
        )
    return Precision(
        attention_bytes=attention,
        expert_bytes=experts,
        router_bytes=plain,
        embedding_bytes=plain,
        vector_bytes=plain,
        cache_bytes=plain,
        hidden_bytes=plain,
    )


def _fp8_bytes(config: ConfigFile, block: object) -> float:
    """Return the bytes of a weight in FP8, with its share of the scale of its block."""
    if block is None:
        return 1.0
    field = f"{config.path}: quantization_config.weight_block_size"
    check_kind(field, block, list, "a list of two whole numbers")
    size = 1
    for side in block if isinstance(block, list) else []:
        check_whole(field, side, least=1)
        size *= side
    return 1 + _SCALE_BYTES / size
