"""Laws that give the weights of successive sampling: as they are, alike, or drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spacemoe_ns3.checks import check_kind, check_number
from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.activation.base import Gating
from spacemoe_ns3.moe.activation.successive_sampling import LEAST_WEIGHT, SuccessiveSampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """All experts of a layer have the same weight, so each is activated with probability K / E."""

    def gating(self, *, layers: int, experts: int, top_k: int, random: np.random.Generator) -> Gating:
        """Return the gating of a model; see :meth:`ActivationLaw.gating`."""
        return SuccessiveSampling(weights=np.full((layers, experts), 1.0 / experts), top_k=top_k)


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights as they are given.

    Parameters
    ----------
    values
        Of the experts, in every layer the same (E numbers), or layer by layer (L rows of E numbers); finite,
        at least 0. Only ratios in a layer matter. Weights are not activation probabilities: see
        :class:`MeasuredCounts` for those.

    Raises
    ------
    ScenarioError
        If values are no such numbers; when a model is known, if there are not as many layers and experts.

    Examples
    --------
    >>> Weights([0.5, 0.25, 0.25])
    Weights(values=(0.5, 0.25, 0.25))
    """

    values: Sequence[float] | Sequence[Sequence[float]]

    def __post_init__(self) -> None:
        words = "numbers, one an expert, or rows of them, one a layer"
        given: Any = self.values.tolist() if isinstance(self.values, np.ndarray) else self.values
        check_kind("activation.values", given, (tuple, list), words)
        require(len(given) > 0, f"activation.values: {given!r} given, must be {words}")
        if isinstance(given[0], (tuple, list)):
            width, rows = len(given[0]), []
            for layer, row in enumerate(given):
                path = f"activation.values[{layer}]"
                check_kind(path, row, (tuple, list), "a row of numbers, as the first is")
                require(
                    len(row) == width,
                    f"{path}: {len(row)} experts given, must be {width} as in the first row; even them out",
                )
                rows.append(_numbers(path, row))
            object.__setattr__(self, "values", tuple(rows))
        else:
            object.__setattr__(self, "values", _numbers("activation.values", given))

    def gating(self, *, layers: int, experts: int, top_k: int, random: np.random.Generator) -> Gating:
        """Return the gating of a model; see :meth:`ActivationLaw.gating`."""
        weights = np.atleast_2d(np.array(self.values))
        if np.ndim(self.values) == 1:
            weights = np.repeat(weights, layers, axis=0)
        check_shape("activation.values", weights.shape, layers=layers, experts=experts)
        return SuccessiveSampling(weights=weights, top_k=top_k)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirichlet:
    """Each layer's weights are drawn from a symmetric Dirichlet distribution.

    Parameters
    ----------
    concentration
        Above 0; infinite gives equal weights. With E experts the coefficient of variation of a weight is
        ``sqrt((E - 1) / (E * concentration + 1))``; 40 is about as uneven as Mixtral was measured.

    Raises
    ------
    ScenarioError
        If the concentration is not positive.
    """

    concentration: float

    def __post_init__(self) -> None:
        check_number("activation.concentration", self.concentration, above=0, may_be_infinite=True)

    def gating(self, *, layers: int, experts: int, top_k: int, random: np.random.Generator) -> Gating:
        """Return the gating of a model; see :meth:`ActivationLaw.gating`."""
        if math.isinf(self.concentration):
            return Uniform().gating(layers=layers, experts=experts, top_k=top_k, random=random)
        weights = random.dirichlet(np.full(experts, self.concentration), size=layers)
        # A tiny concentration underflows to zero; top_k experts must remain to be chosen.
        return SuccessiveSampling(weights=np.maximum(weights, LEAST_WEIGHT), top_k=top_k)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zipf:
    """The r-th most popular expert of a layer has weight ``r ** -exponent``; which one is it is drawn.

    Parameters
    ----------
    exponent
        At least 0, which gives equal weights, and at most 50. There is no evidence of such a law for models
        of eight experts, which are nearly uniform.

    Raises
    ------
    ScenarioError
        If the exponent is out of its range.
    """

    exponent: float

    def __post_init__(self) -> None:
        check_number("activation.exponent", self.exponent, least=0, most=50)

    def gating(self, *, layers: int, experts: int, top_k: int, random: np.random.Generator) -> Gating:
        """Return the gating of a model; see :meth:`ActivationLaw.gating`."""
        by_rank = np.arange(1.0, experts + 1) ** -self.exponent
        weights = random.permuted(np.tile(by_rank / by_rank.sum(), (layers, 1)), axis=1)
        return SuccessiveSampling(weights=weights, top_k=top_k)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """Weights are drawn independently from a power law.

    The density is proportional to ``w ** -exponent`` for w above 1, so P(W > w) = w ** (1 - exponent): a
    Pareto distribution with tail index ``exponent - 1``.

    Parameters
    ----------
    exponent
        Of the density, above 1; the smaller, the more uneven. Weights below 1e-300 times the layer's greatest
        are raised to that, which matters for exponents below 1.1 only.

    Raises
    ------
    ScenarioError
        If the exponent is not above 1.

    References
    ----------
    Clauset, Shalizi & Newman 2009, Power-law distributions in empirical data, SIAM Review 51, equation 2.2.
    """

    exponent: float

    def __post_init__(self) -> None:
        check_number("activation.exponent", self.exponent, above=1)

    def gating(self, *, layers: int, experts: int, top_k: int, random: np.random.Generator) -> Gating:
        """Return the gating of a model; see :meth:`ActivationLaw.gating`."""
        # log W is exponential; in logarithms, as a small exponent overflows.
        log_weights = random.exponential(size=(layers, experts)) / (self.exponent - 1)
        weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
        return SuccessiveSampling(weights=np.maximum(weights, LEAST_WEIGHT), top_k=top_k)


def check_shape(path: str, given: tuple[int, ...], *, layers: int, experts: int) -> None:
    """Raise unless there are as many layers and experts as the model has.

    Parameters
    ----------
    path
        Path of the field, or name of the file.
    given
        Layers and experts given.
    layers, experts
        Of the model.

    Raises
    ------
    ScenarioError
        With both numbers.
    """
    require(
        given[0] == layers,
        f"{path}: {given[0]} layers given, must be {layers} as the model has with experts; leave out dense "
        "layers, or choose the model that it is of",
    )
    require(
        given[1] == experts,
        f"{path}: {given[1]} experts given, must be {experts} as the model routes to in a layer; leave out "
        "shared experts, or choose the model that it is of",
    )


def _numbers(path: str, values: Sequence[object]) -> tuple[float, ...]:
    """Return weights as floats, checked."""
    for expert, value in enumerate(values):
        check_number(f"{path}[{expert}]", value, least=0)
    return tuple(float(value) for value in values)  # type: ignore[arg-type]
