"""Laws from measurements: counts of activations, or what each token activated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spacemoe_ns3.checks import check_kind
from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.activation.base import Gating
from spacemoe_ns3.moe.activation.inverse import weights_for
from spacemoe_ns3.moe.activation.laws import check_shape
from spacemoe_ns3.moe.activation.successive_sampling import SuccessiveSampling
from spacemoe_ns3.moe.activation.trace import ReplayedTrace, check_activations
from spacemoe_ns3.moe.activation.trace_file import read_counts, read_trace

_WORDS = "the path of a .parquet, .npz or .json file"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCounts:
    """Successive sampling with the activation probabilities that were counted.

    A count gives the probability that an expert is among the K, not the weight it was drawn with; the weights
    are solved for, so that the exact activation probabilities are the measured ones to 1e-10.

    Parameters
    ----------
    path
        Counts by layer and expert; see :func:`read_counts`. Each layer's sum is K times the tokens counted.

    Raises
    ------
    ScenarioError
        If the path is none; when a model is known, if the file cannot be read, its shape is not the model's,
        or counts are impossible: an expert more often than once a token.
    """

    path: str | Path

    def __post_init__(self) -> None:
        check_kind("activation.path", self.path, (str, Path), _WORDS)

    def gating(self, *, layers: int, experts: int, top_k: int, random: np.random.Generator) -> Gating:
        """Return the gating of a model; see :meth:`ActivationLaw.gating`."""
        counts = read_counts(Path(self.path))
        check_shape(f"{self.path}: counts", counts.shape, layers=layers, experts=experts)
        weights = []
        for layer, of_layer in enumerate(counts):
            where = f"{self.path}: counts[{layer}]"
            scale = of_layer.max()
            require(
                bool(scale > 0),
                f"{where}: all are 0, must be above 0 for some experts; leave out dense layers",
            )
            share = of_layer / scale
            probability = share * (top_k / share.sum())
            expert = int(probability.argmax())
            require(
                bool(probability[expert] <= 1 + 1e-9),  # rounding of the division
                f"{where}[{expert}]: {of_layer[expert]:g} of {of_layer.sum():g} activations given, must be "
                f"at most one in {top_k}, as a token activates {top_k} different experts; correct the count, "
                "or choose the model that was counted",
            )
            weights.append(weights_for(np.minimum(probability, 1.0), top_k))
        return SuccessiveSampling(weights=np.array(weights), top_k=top_k)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingTrace:
    """Recorded tokens are replayed, all layers of a token together, from a place drawn by the run's seed.

    Parameters
    ----------
    path
        What each token activated; see :func:`read_trace`.

    Raises
    ------
    ScenarioError
        If the path is none; when a model is known, if the file cannot be read, its layers or K are not the
        model's, or an expert is out of range or twice among a token's K.
    """

    path: str | Path

    def __post_init__(self) -> None:
        check_kind("activation.path", self.path, (str, Path), _WORDS)

    def gating(self, *, layers: int, experts: int, top_k: int, random: np.random.Generator) -> Gating:
        """Return the gating of a model; see :meth:`ActivationLaw.gating`."""
        activations, row = read_trace(Path(self.path))
        where = f"{self.path}: experts"
        check_activations(activations, experts, where=where, row=row)
        check_shape(where, (activations.shape[1], experts), layers=layers, experts=experts)
        require(
            activations.shape[2] == top_k,
            f"{where}: {activations.shape[2]} experts a token given, must be {top_k} as the model activates; "
            "leave out shared experts, or choose the model that was traced",
        )
        return ReplayedTrace(activations=activations, experts=experts)
