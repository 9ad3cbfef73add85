"""Files of measured activation, counts or what each token activated: Parquet, npz or JSON."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.moe.activation.parquet import parquet_counts, parquet_trace

_FIELD = "activation.path"
_Content = TypeVar("_Content")


def read_trace(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Read the experts that each token activated.

    Parameters
    ----------
    path
        An ``.npz`` or ``.json`` file with ``experts``, tokens by layers by K; or a ``.parquet`` file with a
        row for each token and layer: ``token``, ``layer``, and ``experts`` (a list of K) or ``expert_0``,
        ``expert_1``, ...

    Returns
    -------
    Experts in order of selection, shape (N0, L, K), whole numbers; and, of a Parquet file, the row that each
    token and layer stands in, shape (N0, L).

    Raises
    ------
    ScenarioError
        If the file cannot be read or its content breaks a rule.
    """
    if _ending(path) == ".parquet":
        return _guarded(path, parquet_trace)
    experts = _guarded(path, lambda file: _array(file, "experts"))
    require(
        experts.ndim == 3 and experts.size > 0 and np.issubdtype(experts.dtype, np.integer),
        f"{path}: experts: {experts.dtype} of shape {experts.shape} given, must be whole numbers, tokens by "
        "layers by experts; write one list of experts for each token and layer",
    )
    return experts, None


def read_counts(path: Path) -> np.ndarray:
    """Read how often each expert was activated.

    Parameters
    ----------
    path
        An ``.npz`` or ``.json`` file with ``counts``, layers by experts; or a ``.parquet`` file with a row
        for each layer and expert: ``layer``, ``expert``, ``count``.

    Returns
    -------
    Finite, at least 0, shape (L, E), float64.

    Raises
    ------
    ScenarioError
        If the file cannot be read or its content breaks a rule.
    """
    if _ending(path) == ".parquet":
        counts = _guarded(path, parquet_counts)
    else:
        counts = _guarded(path, lambda file: _array(file, "counts"))
    is_number = np.issubdtype(counts.dtype, np.integer) or np.issubdtype(counts.dtype, np.floating)
    require(
        counts.ndim == 2 and counts.size > 0 and is_number,
        f"{path}: counts: {counts.dtype} of shape {counts.shape} given, must be numbers, layers by experts; "
        "sum them over steps",
    )
    counts = counts.astype(np.float64)
    is_wrong = ~((counts >= 0) & (counts < np.inf))
    if is_wrong.any():
        layer, expert = np.argwhere(is_wrong)[0]
        raise ScenarioError(
            f"{path}: counts[{layer}][{expert}]: {float(counts[layer, expert])} given, must be finite and "
            "at least 0; write how often the expert was activated"
        )
    return counts


def _ending(path: Path) -> str:
    """Return the file's ending, one of those known."""
    endings = {".parquet": ".parquet", ".npz": ".npz", ".json": ".json"}
    require(
        path.suffix.lower() in endings,
        f"{_FIELD}: {path} given, must end in .parquet, .npz or .json; convert it as docs/activation.md does",
    )
    return path.suffix.lower()


def _guarded(path: Path, read: Callable[[Path], _Content]) -> _Content:
    """Read a file; whatever goes wrong becomes a sentence."""
    try:
        return read(path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise ScenarioError(
            f"{_FIELD}: {path} cannot be read ({reason}); write it as docs/activation.md shows"
        ) from error


def _array(path: Path, name: str) -> np.ndarray:
    """Return an array of an npz or JSON file."""
    if _ending(path) == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            present = {each: each for each in arrays.files}
            array: np.ndarray = arrays[look_up(f"{path}: array {name}", name, present)]
            return array
    content = json.loads(path.read_text(encoding="utf-8"))
    require(isinstance(content, dict), f'{path}: must be an object such as {{"{name}": [...]}}; write one')
    look_up(f"{path}: key {name}", name, content)
    try:
        return np.array(content[name])
    except ValueError as error:
        raise ScenarioError(
            f"{path}: {name}: lists of different lengths given, must be as long as each other; a token "
            "activates the same number of experts in every layer"
        ) from error
