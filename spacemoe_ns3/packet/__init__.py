"""The packet engine: ns-3, one simulation a process."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacemoe_ns3.packet._ns import check_installation, load_modules
    from spacemoe_ns3.packet.accounting import Accountant, count_finished, result_from_records
    from spacemoe_ns3.packet.capture import CapturePoint, parse_captures
    from spacemoe_ns3.packet.executor import Executor, LocalExecutor, TaskEvent
    from spacemoe_ns3.packet.plan import JOB_COLUMNS, LINK_COLUMNS, PACKET_ENGINES, Events, Plan, Records

__all__ = [
    "JOB_COLUMNS",
    "LINK_COLUMNS",
    "PACKET_ENGINES",
    "Accountant",
    "CapturePoint",
    "Events",
    "Executor",
    "LocalExecutor",
    "Plan",
    "Records",
    "TaskEvent",
    "check_installation",
    "count_finished",
    "load_modules",
    "parse_captures",
    "result_from_records",
]

# Loaded at first use: the process that simulations are forked from is started before all else.
_HOMES = {
    "_ns": ("check_installation", "load_modules"),
    "accounting": ("Accountant", "count_finished", "result_from_records"),
    "capture": ("CapturePoint", "parse_captures"),
    "executor": ("Executor", "LocalExecutor", "TaskEvent"),
    "plan": ("JOB_COLUMNS", "LINK_COLUMNS", "PACKET_ENGINES", "Events", "Plan", "Records"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
