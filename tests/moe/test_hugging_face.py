"""Models from config.json: those of the zoo, and what is refused.

The files in ``configs`` are written after the public ones on huggingface.co, of
llama-moe/LLaMA-MoE-v1-3_5B-2_8 and -4_16, mistralai/Mixtral-8x7B-v0.1, deepseek-ai/DeepSeek-V3 and
DeepSeek-V2-Lite, Qwen/Qwen3-30B-A3B, openai/gpt-oss-120b and -20b, allenai/OLMoE-1B-7B-0924 and
microsoft/Phi-3.5-MoE-instruct; they are not copies. What vouches for the sizes in them are the parameters
of the published checkpoints, to the last one (``tests/reference``; for LLaMA-MoE to 0.1 %).
"""

import json
from pathlib import Path

import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import ZOO, GroupedQueryAttention, Precision, model_named
from spacemoe_ns3.moe.hugging_face import known_architectures, load_config

CONFIGS = Path(__file__).with_name("configs")
REMOVED = object()


@pytest.fixture
def changed(tmp_path):
    """Return a function that writes a model's config.json with some fields changed or removed."""

    def write(name, **changes):
        fields = {**json.loads((CONFIGS / f"{name}.json").read_text()), **changes}
        path = tmp_path / "config.json"
        path.write_text(json.dumps({key: value for key, value in fields.items() if value is not REMOVED}))
        return path

    return write


def test_every_model_of_the_zoo_has_a_file():
    assert sorted(path.stem for path in CONFIGS.iterdir()) == sorted(ZOO)


@pytest.mark.parametrize("name", ZOO)
def test_the_published_file_gives_the_model_of_the_zoo(name):
    """In every field, so in parameters, FLOPs and bytes."""
    assert load_config(CONFIGS / f"{name}.json") == ZOO[name]


def test_every_known_architecture_but_another_spelling_is_that_of_a_file():
    """Phi's own code spells it PhiMoE, the library Phimoe."""
    in_files = {json.loads(path.read_text())["architectures"][0] for path in CONFIGS.iterdir()}

    assert set(known_architectures()) - in_files == {"PhimoeForCausalLM"}


def test_the_other_spelling_of_phi_gives_the_same_model(changed):
    model = load_config(changed("phi-3.5-moe", architectures=["PhimoeForCausalLM"]))

    assert model.parameters() == ZOO["phi-3.5-moe"].parameters()


def test_a_model_is_named_after_its_folder_if_the_file_is_called_config(tmp_path):
    folder = tmp_path / "Mixtral-8x7B-v0.1"
    folder.mkdir()
    (folder / "config.json").write_text((CONFIGS / "mixtral-8x7b.json").read_text())

    assert model_named(str(folder / "config.json")).name == "Mixtral-8x7B-v0.1"


@pytest.mark.parametrize(
    ("name", "changes", "field", "value"),
    [
        ("mixtral-8x7b", {"tie_word_embeddings": True}, "ties_embeddings", True),
        ("mixtral-8x7b", {"tie_word_embeddings": REMOVED}, "ties_embeddings", False),
        ("qwen3-30b-a3b", {"mlp_only_layers": [1, 0]}, "dense_layers", 2),
        ("qwen3-30b-a3b", {"mlp_only_layers": [0]}, "dense_ffn", 6144),
        ("qwen3-30b-a3b", {"mlp_only_layers": REMOVED, "decoder_sparse_step": REMOVED}, "dense_layers", 0),
        ("deepseek-v2-lite", {"n_shared_experts": None}, "shared_experts", 0),
        ("deepseek-v2-lite", {"first_k_dense_replace": 0}, "dense_layers", 0),
        ("deepseek-v2-lite", {"first_k_dense_replace": 0}, "dense_ffn", 0),
        ("deepseek-v2-lite", {"moe_layer_freq": REMOVED}, "moe_layers", 26),
        ("gpt-oss-20b", {"num_experts_per_tok": REMOVED}, "top_k", 4),
        ("phi-3.5-moe", {"lm_head_bias": False}, "biases", ("norms",)),
    ],
)
def test_a_field_means_what_the_models_code_makes_of_it(changed, name, changes, field, value):
    assert getattr(load_config(changed(name, **changes)), field) == value


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("mixtral-8x7b", {"sliding_window": 4096}, {"window": 4096, "full_every": None}),
        ("mixtral-8x7b", {"sliding_window": 32_768}, {"window": None}),  # as long as the longest sequence
        ("mixtral-8x7b", {"head_dim": 64}, {"head_dim": 64}),
        ("mixtral-8x7b", {"head_dim": None}, {"head_dim": 4096 // 32}),
        ("qwen3-30b-a3b", {"sliding_window": 4096}, {"window": None}),  # use_sliding_window is false
        ("qwen3-30b-a3b", {"sliding_window": 4096, "use_sliding_window": True}, {"window": 4096}),
        ("qwen3-30b-a3b", {"attention_bias": True}, {"has_biases": True}),
        ("gpt-oss-20b", {"attention_bias": REMOVED}, {"has_biases": True}),
        ("mixtral-8x7b", {"attention_bias": REMOVED}, {"has_biases": False}),
        ("gpt-oss-20b", {"layer_types": REMOVED}, {"window": 128, "full_every": 2}),
        (
            "gpt-oss-20b",
            {"layer_types": (["sliding_attention"] * 3 + ["full_attention"]) * 6},
            {"full_every": 4},
        ),
        ("gpt-oss-20b", {"layer_types": ["sliding_attention"] * 24}, {"window": 128, "full_every": None}),
        ("gpt-oss-20b", {"layer_types": ["full_attention"] * 24}, {"window": None, "full_every": None}),
    ],
)
def test_a_field_of_attention_means_what_the_models_code_makes_of_it(changed, name, changes, expected):
    attention = load_config(changed(name, **changes)).attention

    assert isinstance(attention, GroupedQueryAttention)
    assert {field: getattr(attention, field) for field in expected} == expected


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        (
            "mixtral-8x7b",
            {"torch_dtype": REMOVED, "dtype": "float32"},
            {"expert_bytes": 4, "hidden_bytes": 4, "cache_bytes": 4, "vector_bytes": 4},
        ),
        ("mixtral-8x7b", {"torch_dtype": REMOVED}, {"expert_bytes": 2}),
        (
            "mixtral-8x7b",
            {"quantization_config": {"quant_method": "fp8"}},
            {"expert_bytes": 1, "attention_bytes": 1, "router_bytes": 2, "embedding_bytes": 2},
        ),
        (
            "deepseek-v3",
            {"quantization_config": {"quant_method": "fp8", "weight_block_size": [1, 128]}},
            {"expert_bytes": 1 + 4 / 128, "attention_bytes": 1 + 4 / 128},
        ),
        ("deepseek-v3", {"quantization_config": REMOVED}, {"expert_bytes": 2, "attention_bytes": 2}),
        ("gpt-oss-20b", {"quantization_config": None}, {"expert_bytes": 2}),
    ],
)
def test_precision_is_that_of_the_published_weights(changed, name, changes, expected):
    precision = load_config(changed(name, **changes)).precision

    assert isinstance(precision, Precision)
    assert {field: getattr(precision, field) for field in expected} == expected


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("mixtral-8x7b", "num_local_experts", "num_local_experts is missing"),
        ("mixtral-8x7b", "num_key_value_heads", "num_key_value_heads is missing"),
        ("mixtral-8x7b", "vocab_size", "vocab_size is missing"),
        ("mixtral-8x7b", "architectures", "architectures is missing"),
        ("deepseek-v3", "kv_lora_rank", "kv_lora_rank is missing"),
        ("deepseek-v3", "first_k_dense_replace", "first_k_dense_replace is missing"),
        ("qwen3-30b-a3b", "moe_intermediate_size", "moe_intermediate_size is missing"),
        ("llama-moe-3.5b", "num_selects", "num_selects is missing"),
    ],
)
def test_a_field_that_is_missing_is_named_with_its_file(changed, name, field, words):
    path = changed(name, **{field: REMOVED})

    with pytest.raises(ScenarioError) as caught:
        load_config(path)

    assert str(caught.value).startswith(f"{path}: {words}")


def test_of_two_names_of_a_field_both_are_named(changed):
    path = changed("gpt-oss-20b", num_experts_per_tok=REMOVED, experts_per_token=REMOVED)

    with pytest.raises(ScenarioError, match="num_experts_per_tok or experts_per_token is missing"):
        load_config(path)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("mixtral-8x7b", {"hidden_size": "4096"}, "hidden_size: '4096' given, must be a whole number"),
        (
            "mixtral-8x7b",
            {"hidden_size": 4097},
            "num_attention_heads: 32 given, must divide hidden_size, 4097",
        ),
        ("mixtral-8x7b", {"num_key_value_heads": 5}, "model.attention.heads: 32 given, must be a multiple"),
        ("mixtral-8x7b", {"num_experts_per_tok": 9}, "model.top_k: 9 given, a layer has 8 experts"),
        ("mixtral-8x7b", {"tie_word_embeddings": "no"}, "tie_word_embeddings: 'no' given, must be true or"),
        (
            "mixtral-8x7b",
            {"architectures": "MixtralForCausalLM"},
            "architectures: 'MixtralForCausalLM' given",
        ),
        ("mixtral-8x7b", {"torch_dtype": "int3"}, "torch_dtype: 'int3' given, must be one of bfloat16, "),
        ("mixtral-8x7b", {"torch_dtype": ["x"]}, "torch_dtype: ['x'] given, must be one of bfloat16, "),
        ("qwen3-30b-a3b", {"decoder_sparse_step": 2}, "decoder_sparse_step: 2 given, must be 1"),
        ("qwen3-30b-a3b", {"mlp_only_layers": [0, 5]}, "mlp_only_layers: [0, 5] given, must be the first"),
        (
            "qwen3-30b-a3b",
            {"mlp_only_layers": ["a", 5]},
            "mlp_only_layers: 'a' given, must be a whole number",
        ),
        ("qwen3-30b-a3b", {"mlp_only_layers": 3}, "mlp_only_layers: 3 given, must be a list"),
        ("deepseek-v3", {"attention_bias": True}, "attention_bias: True given, must be false"),
        ("gpt-oss-20b", {"num_hidden_layers": 20}, "layer_types: 24 given, must be one for each of 20"),
        ("deepseek-v3", {"moe_layer_freq": 2}, "moe_layer_freq: 2 given, must be 1"),
        ("deepseek-v3", {"first_k_dense_replace": 61}, "model.dense_layers: 61 given"),
        (
            "deepseek-v3",
            {"quantization_config": {"quant_method": "awq"}},
            "quantization_config.quant_method: 'awq' given, known are fp8 and mxfp4; take",
        ),
        (
            "deepseek-v3",
            {"quantization_config": "fp8"},
            "quantization_config: 'fp8' given, must be an object",
        ),
        (
            "deepseek-v3",
            {"quantization_config": {"quant_method": "fp8", "weight_block_size": 128}},
            "quantization_config.weight_block_size: 128 given, must be a list",
        ),
        ("llama-moe-3.5b", {"num_experts": 7, "size_experts": None}, "size_experts: 1572.57"),
        ("llama-moe-3.5b", {"size_experts": [[1376, 1377]]}, "size_experts: [1376, 1377] given, must be one"),
        ("llama-moe-3.5b", {"size_experts": [["a"]]}, "size_experts: 'a' given, must be a whole number"),
        (
            "gpt-oss-20b",
            {"layer_types": ["full_attention", "sliding_attention"] * 12},
            "layer_types: full_attention in layers [1, 3,",
        ),
        (
            "gpt-oss-20b",
            {"layer_types": ["linear_attention"] * 24},
            "layer_types: 'linear_attention' given, must be of full_attention, sliding_attention",
        ),
    ],
)
def test_what_is_not_modelled_is_refused_with_file_value_and_rule(changed, name, changes, words):
    path = changed(name, **changes)

    with pytest.raises(ScenarioError) as caught:
        load_config(path)

    assert str(caught.value).startswith(f"{path}: {words}")


def test_an_unknown_architecture_is_refused_with_the_known_ones_and_what_the_file_lacks(tmp_path):
    """Fields of a dense model, Llama."""
    path = tmp_path / "config.json"
    dense = {
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 4096,
        "intermediate_size": 11_008,
        "num_attention_heads": 32,
        "num_hidden_layers": 32,
        "vocab_size": 32_000,
    }
    path.write_text(json.dumps(dense))

    with pytest.raises(ScenarioError) as caught:
        load_config(path)

    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: architectures: LlamaForCausalLM given, known are Deepseek")
    assert all(name in sentence for name in known_architectures())
    lacks = sentence.partition("the file lacks ")[2]
    assert lacks.startswith(
        "the number of experts (num_experts or num_local_experts or n_routed_experts), experts"
    )
    assert "hidden_size" not in lacks


def test_an_unknown_architecture_that_lacks_nothing_is_refused_as_well(changed):
    path = changed("mixtral-8x7b", architectures=["NewMoeForCausalLM"])

    with pytest.raises(ScenarioError, match=r"NewMoeForCausalLM given, known are .*no field is missing"):
        load_config(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{\n  "a": 1,\n  "b": }', ":3: not valid JSON: Expecting value"),
        ("", ":1: not valid JSON"),
        ("[1, 2]", ": holds no JSON object; name a config.json"),
        ("[" * 100_000, ": nested too deeply"),
    ],
)
def test_a_file_that_is_no_json_object_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "config.json"
    path.write_text(text)

    with pytest.raises(ScenarioError) as caught:
        load_config(path)

    assert str(caught.value).startswith(f"{path}{words}")


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match=r"none\.json: cannot be read \(No such file"):
        model_named(str(tmp_path / "none.json"))
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match=r"bytes\.json: cannot be read \("):
        load_config(tmp_path / "bytes.json")
