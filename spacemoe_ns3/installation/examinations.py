"""All examinations, in an order in which each has what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from spacemoe_ns3.installation.finding import Finding
from spacemoe_ns3.installation.machine import compiler, disk, memory, python_itself, system
from spacemoe_ns3.installation.packages import python_packages
from spacemoe_ns3.installation.simulator import cppyy, modules, trial_run, wheel
from spacemoe_ns3.installation.tools import dissector, valgrind, wireshark

EXAMINATIONS: Mapping[str, Callable[[], Finding | None]] = {
    "Python": python_itself,
    "system": system,
    "Python packages": python_packages,
    "ns-3 wheel": wheel,
    "compiled modules": modules,
    "cppyy": cppyy,
    "trial run": trial_run,
    "C++ compiler": compiler,
    "memory": memory,
    "disk": disk,
    "Wireshark": wireshark,
    "dissector": dissector,
    "valgrind": valgrind,
}
"""By what is looked at. One that returns nothing has nothing to look at."""

_NEEDS = {
    "compiled modules": ("ns-3 wheel",),
    "trial run": ("Python packages", "ns-3 wheel", "compiled modules", "cppyy"),
}


def examine(*, tell: Callable[[str], None]) -> Iterator[Finding]:
    """Examine the installation, one thing after the other.

    Parameters
    ----------
    tell
        Called with what is looked at next.

    Yields
    ------
    What has been found. What needs something that failed is not tried.
    """
    failed: set[str] = set()
    for what, look in EXAMINATIONS.items():
        lacking = [each for each in _NEEDS.get(what, ()) if each in failed]
        if lacking:
            failed.add(what)  # for what needs it in turn
            yield Finding(what=what, found=f"needs: {', '.join(lacking)}", verdict="skipped")
            continue
        tell(what)
        found = _seen(what, look)
        if found is None:
            continue
        if found.verdict == "failed":
            failed.add(what)
        yield found


def _seen(what: str, look: Callable[[], Finding | None]) -> Finding | None:
    """Look at something; a failure to look is a finding too."""
    try:
        return look()
    except Exception as error:  # whatever a broken installation may raise
        return Finding(
            what=what,
            found=f"{type(error).__name__}: {error}",
            verdict="failed",
            remedy="report this, with what `spacemoe-ns3 doctor --json` prints",
        )
