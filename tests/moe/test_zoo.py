"""Models by name."""

from pathlib import Path

import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import COMPUTERS, ZOO, LatentAttention, model_named
from spacemoe_ns3.moe.account import account


def test_every_model_of_the_zoo_is_found_by_its_name():
    assert [model_named(name).name for name in ZOO] == list(ZOO)


def test_the_papers_model_is_found_by_its_long_name_too():
    assert model_named("llama-moe-3.5b-2of8") is ZOO["llama-moe-3.5b"]


def test_an_unknown_model_is_refused_with_the_nearest_names():
    with pytest.raises(ScenarioError, match="model: 'mixtral-8x22b' is not known; did you mean mixtral-8x7b"):
        model_named("mixtral-8x22b")


def test_a_name_like_no_other_is_refused_with_all_names():
    with pytest.raises(ScenarioError) as caught:
        model_named("???")

    assert all(name in str(caught.value) for name in ZOO)


def test_what_is_no_name_is_refused():
    with pytest.raises(ScenarioError, match=r"^model: 7 given, must be the name of a model in the zoo, or"):
        model_named(7)


@pytest.mark.parametrize("name", ZOO)
def test_every_model_rings_through_each_layer_that_has_experts(name):
    model = ZOO[name]

    works = [model.gateway_work(layer, 4096) for layer in range(model.moe_layers)]
    assert len(works) >= 2
    assert all(work.flops > 0 and work.bytes > 0 for work in works)
    assert sum(work.flops for work in works) < model.token_work(4096).flops


def rows_of_the_page(table):
    """Return the rows of a table of docs/models.md, cell by cell."""
    text = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    lines = text.partition(f"<!-- begin {table} -->\n")[2].partition("<!-- end")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def zoo_row(model):
    attention = model.attention
    if isinstance(attention, LatentAttention):
        words = f"latent, {attention.kv_rank} + {attention.rope_dim}"
    else:
        words = f"{attention.heads} / {attention.kv_heads} heads of {attention.head_dim}"
        words += f", window {attention.window}" if attention.window else ""
    return [
        f"`{model.name}`",
        f"{model.dense_layers} + {model.moe_layers}" if model.dense_layers else f"{model.layers}",
        f"{model.experts} + {model.shared_experts}" if model.shared_experts else f"{model.experts}",
        f"{model.top_k}",
        words,
        f"{model.parameters() / 1e9:.3f}",
        f"{model.parameters(active_only=True) / 1e9:.3f}",
        f"{account(model, context_tokens=1).weight_bytes / 1e9:.2f}",
    ]


def computer_row(computer):
    bandwidth = computer.memory_bandwidth_bytes_s
    return [
        f"`{computer.name}`",
        f"{computer.peak_flops / 1e12:g}",
        f"{computer.utilisation:.0%}",
        f"{computer.memory_bytes / 1e9:g}",
        f"{bandwidth / 1e9:g}" if bandwidth else "not known",
        computer.source,
    ]


def test_the_page_of_models_lists_the_zoo():
    assert rows_of_the_page("zoo") == [zoo_row(model) for model in ZOO.values()]


def test_the_page_of_models_lists_the_computers():
    assert rows_of_the_page("computers") == [computer_row(computer) for computer in COMPUTERS.values()]
