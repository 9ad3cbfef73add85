"""The engines, and the endpoints that run on each."""

from __future__ import annotations

REFERENCE = ("reference", "socket")
FABRICS = tuple((engine, endpoints) for engine in ("reference",) for endpoints in ("socket",))
ALL = (REFERENCE, *FABRICS)
