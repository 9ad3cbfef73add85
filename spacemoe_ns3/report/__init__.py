"""Results to tables and files; computes nothing."""

from spacemoe_ns3.report.folder import RunFolder, check_out, numbered
from spacemoe_ns3.report.manifest import manifest
from spacemoe_ns3.report.sky import path_summary, render_path, render_sky, sky_summary
from spacemoe_ns3.report.summary import SCHEMA_VERSION, summary
from spacemoe_ns3.report.tables import write_tables
from spacemoe_ns3.report.terminal import render_skew, render_table

__all__ = [
    "SCHEMA_VERSION",
    "RunFolder",
    "check_out",
    "manifest",
    "numbered",
    "path_summary",
    "render_path",
    "render_skew",
    "render_sky",
    "render_table",
    "sky_summary",
    "summary",
    "write_tables",
]
