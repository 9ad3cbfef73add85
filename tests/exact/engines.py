"""The engines, and the endpoints that run on each."""

from __future__ import annotations

REFERENCE = ("reference", "socket")
FABRICS = tuple(
    (engine, endpoints) for engine in ("hop", "window", "auto") for endpoints in ("socket", "lean", "mixed")
)
ALL = (REFERENCE, *FABRICS)
