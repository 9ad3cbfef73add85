"""What runs do without: programs that look at captures, and that check the code."""

from __future__ import annotations

import importlib
import re
import shutil
from pathlib import Path

from spacemoe_ns3.installation.finding import Finding
from spacemoe_ns3.installation.machine import said_by, version_of


def wireshark() -> Finding:
    """Look for Wireshark, or its sister for terminals, and whether it has Lua, which our dissector needs."""
    path = shutil.which("tshark") or shutil.which("wireshark")
    if path is None:
        return Finding(
            what="Wireshark",
            found="no tshark, no wireshark",
            verdict="absent",
            remedy="sudo apt-get install -y tshark wireshark (they read captures)",
        )
    if re.search(r"\bwith Lua\b", " ".join(said_by(path, "--version").split())):
        return Finding(what="Wireshark", found=f"{version_of(path)}, with Lua")
    return Finding(
        what="Wireshark",
        found=f"{version_of(path)}, without Lua",
        verdict="absent",
        remedy="install one with Lua, or it shows no more than UDP and TCP",
    )


def valgrind() -> Finding:
    """Look for valgrind, which tests and benchmarks count with."""
    path = shutil.which("valgrind")
    if path is not None:
        return Finding(what="valgrind", found=version_of(path))
    return Finding(
        what="valgrind",
        found="no valgrind",
        verdict="absent",
        remedy="sudo apt-get install -y valgrind (some tests and benchmarks need it)",
    )


def dissector() -> Finding | None:
    """Look whether Wireshark has been told of our header; None if this version cannot tell it."""
    try:
        module = importlib.import_module("spacemoe_ns3.wireshark")
    except ImportError:
        return None
    folder: Path = module.plugin_folder()
    if module.is_current(folder):
        return Finding(what="dissector", found=str(folder))
    return Finding(
        what="dissector",
        found=f"not in {folder}, or of another version",
        verdict="absent",
        remedy="spacemoe-ns3 wireshark --install",
    )
