"""Runs compared: one figure of a token or a request, a row a run, placement and engine, with intervals."""

from spacemoe_ns3.comparison.compare import Comparison, Row, compare
from spacemoe_ns3.comparison.draws import why_not_shared
from spacemoe_ns3.comparison.metric import METRICS, Metric

__all__ = ["METRICS", "Comparison", "Metric", "Row", "compare", "why_not_shared"]
