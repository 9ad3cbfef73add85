"""Studies: a scenario seen from many sides."""

from spacemoe_ns3.studies.changes import changed
from spacemoe_ns3.studies.study import Alternative, Study, Sweep, load_either
from spacemoe_ns3.study_results import Published

__all__ = ["Alternative", "Published", "Study", "Sweep", "changed", "load_either"]
