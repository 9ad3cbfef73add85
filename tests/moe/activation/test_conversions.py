"""The conversions that docs/activation.md shows: run as printed, on files laid out as their sources say."""

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from spacemoe_ns3.moe.activation import ReplayedTrace, read_counts, read_trace

PAGE = Path(__file__).parents[3] / "docs" / "activation.md"
STAT, PER_TOKEN, VLLM, FLAME = re.findall(r"```py\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
TOKENS, LAYERS, EXPERTS, TOP_K = 9, 4, 64, 6


@pytest.fixture
def trace():
    random = np.random.default_rng(1)
    return np.stack(
        [[random.permutation(EXPERTS)[:TOP_K] for _ in range(LAYERS)] for _ in range(TOKENS)]
    ).astype(np.int16)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a block in an empty folder, with what torch.load would return."""
    monkeypatch.chdir(tmp_path)

    def run_block(block, *, loaded=None, **names):
        torch = ModuleType("torch")
        torch.load = lambda path, **options: loaded
        monkeypatch.setitem(sys.modules, "torch", torch)
        exec(compile(block, str(PAGE), "exec"), names)

    return run_block


def test_counts_of_sglang(run):
    """One dense layer, then two with experts; three steps."""
    counts = np.random.default_rng(2).integers(50, size=(3, 3, EXPERTS))
    counts[:, 0] = 0

    run(STAT, loaded={"rank": 0, "logical_count": counts})

    assert read_counts(Path("counts.npz")).tolist() == counts.sum(axis=0)[1:].tolist()


def test_tokens_of_sglang(run, trace):
    """Forward passes of 4 and 5 tokens; the first layer is dense; 8 places, of which 6 are used."""
    padded = np.full((LAYERS + 1, TOKENS, 8), -1, np.int32)
    padded[1:, :, :TOP_K] = trace.transpose(1, 0, 2)

    run(
        PER_TOKEN, loaded={"records": [{"topk_ids_of_layer": each} for each in np.split(padded, [4], axis=1)]}
    )

    assert np.array_equal(read_trace(Path("trace.npz"))[0], trace)


def test_completions_of_vllm(run, trace):
    outputs = [
        SimpleNamespace(outputs=[SimpleNamespace(routed_experts=each)]) for each in np.split(trace, [2, 7])
    ]
    llm = SimpleNamespace(generate=lambda prompts, sampling: outputs)

    run(VLLM, llm=llm, prompts=None, sampling=None)

    assert np.array_equal(read_trace(Path("trace.npz"))[0], trace)


def test_layers_of_flame(run, trace):
    folder = Path("iter_5473")
    folder.mkdir()
    for layer in range(LAYERS):
        indices = pa.array(trace[:, layer].tolist(), pa.list_(pa.int16()))
        scores = pa.array([[0.1] * TOP_K] * TOKENS, pa.list_(pa.float32()))
        parquet.write_table(
            pa.table({"scores": scores, "indices": indices}), folder / f"layer_{layer + 2:02}.parquet"
        )

    run(FLAME)

    activations, _ = read_trace(Path("trace.npz"))
    assert np.array_equal(ReplayedTrace(activations=activations, experts=EXPERTS).activations, trace)
