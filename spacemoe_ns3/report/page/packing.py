"""Arrays as text: each in the fewest bytes that lose nothing, in base64."""

from __future__ import annotations

import base64
from typing import TypeAlias

import numpy as np

Packed: TypeAlias = dict[str, str]

_WHOLE_TYPES = ("u1", "i1", "u2", "i2", "u4", "i4")
_EXACT = 2**53  # whole numbers up to here are exact in JavaScript


def pack(values: np.ndarray) -> Packed:
    """Return an array as an object for JSON.

    Parameters
    ----------
    values
        Whole numbers, or float32 or float64 ones, any shape; read out row by row.

    Returns
    -------
    ``type``, of ``u1 i1 u2 i2 u4 i4 f4 f8``, and ``data``, its little-endian bytes in base64. Whole numbers
    get the narrowest type that holds all of them, ``f8`` beyond 32 bits.

    Raises
    ------
    ValueError
        If a whole number is beyond 2**53, where JavaScript would round it.

    Examples
    --------
    >>> pack(np.array([0, 1, 255]))
    {'type': 'u1', 'data': 'AAH/'}
    >>> pack(np.array([-1]))["type"], pack(np.array([70_000]))["type"], pack(np.array([2**40]))["type"]
    ('i1', 'u4', 'f8')
    """
    values = np.asarray(values)
    kind = f"f{values.dtype.itemsize}" if values.dtype.kind == "f" else _narrowest(values)
    data = np.ascontiguousarray(values, f"<{kind}").tobytes()
    return {"type": kind, "data": base64.b64encode(data).decode()}


def _narrowest(values: np.ndarray) -> str:
    """Return the narrowest type that holds whole numbers."""
    least, most = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if max(-least, most) > _EXACT:
        raise ValueError(f"pack: {least} to {most} given, must be within ±2**53")
    for kind in _WHOLE_TYPES:
        limits = np.iinfo(kind)
        if limits.min <= least and most <= limits.max:
            return kind
    return "f8"
