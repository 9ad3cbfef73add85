"""Results to tables and files; computes nothing."""

from spacemoe_ns3.report.folder import RunFolder, check_out, numbered
from spacemoe_ns3.report.manifest import manifest
from spacemoe_ns3.report.summary import SCHEMA_VERSION, summary
from spacemoe_ns3.report.tables import write_tables
from spacemoe_ns3.report.terminal import render_table

__all__ = [
    "SCHEMA_VERSION",
    "RunFolder",
    "check_out",
    "manifest",
    "numbered",
    "render_table",
    "summary",
    "write_tables",
]
