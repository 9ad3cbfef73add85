"""Whether everything is there that a run needs, and what to do if not."""

from spacemoe_ns3.installation.examinations import EXAMINATIONS, examine
from spacemoe_ns3.installation.finding import VERDICTS, Finding

__all__ = ["EXAMINATIONS", "VERDICTS", "Finding", "examine"]
