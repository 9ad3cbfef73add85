"""The door to ns-3: the only place that touches cppyy.

Two ways in. The slim one, :func:`load_bridge`, parses one header without ns-3 includes and is ready in
half a second; ``run`` uses it. The open one, :func:`load_modules`, puts our classes beside the full ``ns``
bindings, for a user's own scripts.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from pathlib import Path
from typing import Any

from spacemoe_ns3.errors import InstallationError

# In the order of their dependencies. Loaded by absolute path, because an editable installation keeps our
# libraries elsewhere than the wheel's and no rpath serves both.
_WHEEL_LIBRARIES = (
    "core",
    "stats",
    "network",
    "mobility",
    "bridge",
    "traffic-control",
    "internet",
    "point-to-point",
)
_MODULES = ("leo", "moe")
_MODULE_HEADERS = (
    "channel-network.h",
    "constellation-helper.h",
    "fabric.h",
    "fabric-port.h",
    "hermite-mobility-model.h",
    "laser-channel.h",
    "link-schedule.h",
    "path-ledger-tag.h",
    "slot-routing-helper.h",
    "slot-routing-protocol.h",
    "moe-helper.h",
    "expert-application.h",
    "gateway-application.h",
)


def native_folder() -> Path:
    """Return the folder of the compiled modules; ``include/`` in it holds their headers.

    Raises
    ------
    InstallationError
        If the package was installed without building them.
    """
    spec = importlib.util.find_spec("spacemoe_ns3._native.libspacemoe_bridge")
    if spec is None or spec.origin is None:
        raise InstallationError(
            "installation: the compiled ns-3 modules are missing; reinstall with 'pip install .' "
            "in the project's folder"
        )
    return Path(spec.origin).parent


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec("ns3")
    if spec is None or not spec.submodule_search_locations:
        raise InstallationError("installation: the ns3 wheel is missing; 'pip install ns3==3.44.post0'")
    return Path(spec.submodule_search_locations[0])


def check_installation() -> None:
    """Raise an :class:`InstallationError` unless ns-3 and the compiled modules are there; load nothing."""
    _wheel_folder()
    native_folder()


def open_libraries(names: tuple[str, ...] = (*_MODULES, "bridge")) -> Path:
    """Load the wheel's libraries and ours, without cppyy.

    Parameters
    ----------
    names
        Of ours.

    Returns
    -------
    The folder of ours.

    Raises
    ------
    InstallationError
        If the wheel or the compiled modules are missing.
    OSError
        If one cannot be loaded, or lacks a symbol of another: they were not built against this wheel.
    """
    wheel = _wheel_folder()
    for name in _WHEEL_LIBRARIES:
        ctypes.CDLL(str(wheel / "lib64" / f"libns3.44-{name}.so"), mode=ctypes.RTLD_GLOBAL)
    native = native_folder()
    for name in names:
        ctypes.CDLL(str(native / f"libspacemoe_{name}.so"), mode=ctypes.RTLD_GLOBAL)
    return native


def compile_a_line() -> int:
    """Have cppyy compile a line of C++ that needs the standard library, and return its value, 42."""
    import cppyy

    cppyy.cppdef("#include <vector>\nint spacemoe_line() { return std::vector<int>{42}.front(); }")
    return int(cppyy.gbl.spacemoe_line())


def _load_libraries(names: tuple[str, ...]) -> Any:
    """Load the wheel's libraries and ours, then hand cppyy back.

    Libraries come before headers, or cppyy fails to resolve the headers' symbols.
    """
    native = open_libraries(names)

    import cppyy

    for name in names:
        cppyy.load_library(str(native / f"libspacemoe_{name}.so"))
    cppyy.add_include_path(str(native / "include"))
    return cppyy


@functools.cache
def load_bridge() -> Any:
    """Load the slim bridge.

    Returns
    -------
    The C++ class ``spacemoe::Simulation``, described in ``ns3-modules/bridge/spacemoe-simulation.h``.
    """
    cppyy = _load_libraries((*_MODULES, "bridge"))
    cppyy.include("spacemoe-simulation.h")
    return cppyy.gbl.spacemoe.Simulation


@functools.cache
def load_modules() -> Any:
    """Load the modules ``leo`` and ``moe`` beside the full bindings of ns-3.

    Returns
    -------
    The C++ namespace ``ns3``, the same object as ``from ns import ns``, with the classes of our modules
    in it: ``ns.LaserChannel``, ``ns.GatewayApplication``.

    Notes
    -----
    Importing ``ns`` reads every library of the wheel: it takes 10 to 20 seconds.
    """
    from ns import ns

    cppyy = _load_libraries(_MODULES)
    cppyy.add_include_path(str(_wheel_folder() / "include"))
    for header in _MODULE_HEADERS:
        cppyy.include(f"ns3/{header}")
    return ns
