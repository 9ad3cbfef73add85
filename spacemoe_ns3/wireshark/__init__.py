"""What Wireshark needs to read a run's captures: a dissector, its installation, and captures in one file."""

from spacemoe_ns3.wireshark.merge import Merged, merge_captures
from spacemoe_ns3.wireshark.plugin import dissector_path, install, is_current, plugin_folder, uninstall

__all__ = [
    "Merged",
    "dissector_path",
    "install",
    "is_current",
    "merge_captures",
    "plugin_folder",
    "uninstall",
]
