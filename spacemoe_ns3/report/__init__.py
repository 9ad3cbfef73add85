"""Results to tables and files; computes nothing."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spacemoe_ns3.report.folder import RunFolder, check_out, left_behind, numbered
from spacemoe_ns3.report.manifest import manifest
from spacemoe_ns3.report.summary import summary

if TYPE_CHECKING:
    from spacemoe_ns3.report.sky import path_summary, render_path, render_sky, sky_summary
    from spacemoe_ns3.report.tables import TableWriter, write_tables
    from spacemoe_ns3.report.terminal import render_skew, render_table

__all__ = [
    "RunFolder",
    "TableWriter",
    "check_out",
    "left_behind",
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

# Loaded at first use: a run needs pyarrow and rich in the end only.
_HOMES = {
    "sky": ("path_summary", "render_path", "render_sky", "sky_summary"),
    "tables": ("TableWriter", "write_tables"),
    "terminal": ("render_skew", "render_table"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
