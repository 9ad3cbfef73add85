"""The packet engine: ns-3, one simulation a process."""

from spacemoe_ns3.packet._ns import check_installation, load_modules
from spacemoe_ns3.packet.accounting import count_finished, result_from_records
from spacemoe_ns3.packet.capture import CapturePoint, parse_captures
from spacemoe_ns3.packet.executor import Executor, LocalExecutor, TaskEvent
from spacemoe_ns3.packet.plan import JOB_COLUMNS, LINK_COLUMNS, PACKET_ENGINES, Plan, Records

__all__ = [
    "JOB_COLUMNS",
    "LINK_COLUMNS",
    "PACKET_ENGINES",
    "CapturePoint",
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
