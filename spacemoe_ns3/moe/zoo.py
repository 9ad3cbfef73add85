"""Models by name."""

from __future__ import annotations

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.moe.model import MoEModel

ZOO: dict[str, MoEModel] = {
    model.name: model
    for model in (
        # Zhu et al. 2024, LLaMA-MoE, arXiv 2406.16554: the FFN of LLaMA-2 7B (11008 wide) split in 8 or 16.
        MoEModel(
            name="llama-moe-3.5b",
            layers=32,
            hidden=4096,
            heads=32,
            kv_heads=32,
            head_dim=128,
            experts=8,
            top_k=2,
            expert_ffn=1376,
            vocabulary=32_000,
        ),
        MoEModel(
            name="llama-moe-3.5b-4of16",
            layers=32,
            hidden=4096,
            heads=32,
            kv_heads=32,
            head_dim=128,
            experts=16,
            top_k=4,
            expert_ffn=688,
            vocabulary=32_000,
        ),
        # Jiang et al. 2024, Mixtral of Experts, arXiv 2401.04088.
        MoEModel(
            name="mixtral-8x7b",
            layers=32,
            hidden=4096,
            heads=32,
            kv_heads=8,
            head_dim=128,
            experts=8,
            top_k=2,
            expert_ffn=14_336,
            vocabulary=32_000,
        ),
    )
}


def model_named(name: str) -> MoEModel:
    """Return a model of the zoo.

    Parameters
    ----------
    name
        Its name, such as ``"llama-moe-3.5b"``.

    Raises
    ------
    ScenarioError
        If there is no such model; names the nearest.

    Examples
    --------
    >>> round(model_named("mixtral-8x7b").parameters() / 1e9, 1)
    46.7
    """
    return look_up("model", name, ZOO)
